"""From a band to an annual price under one version, and who pays it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from .banding import Banded, band_of
from .exact import round_half_away
from .placements import Findings, Placement
from .rules import Tariff, Version

_PAYERS_BY_PROVISION = {
    "hospital": "1.2.6",
    "eotas": "1.2.11",
    "ap_targeted": "1.2.4",
    "nmss": "1.2.3",
    "independent_special": "1.2.3",
    "independent_mainstream": "1.2.3",
    "further_education": "1.2.2",
    "specialist_post16": "1.2.2",
    "supported_internship": "1.2.2",
}
_PAYERS_BY_TYPE = {
    "maintained": "1.2.1",
    "academy": "1.2.2",
    "college": "1.2.2",
    "non_maintained": "1.2.3",
    "independent": "1.2.3",
}


@dataclass(frozen=True)
class Quote:
    """What a version says about one child for a full year. [pence, None where there is no answer]"""

    banded: Banded
    row: Tariff | None
    top_up: int | None
    uplifts: int | None
    price: int | None
    over_limit: int | None
    place_value: int | None
    commissioned_amount: int | None
    findings: Findings = field(default_factory=dict)


def quote(placement: Placement, version: Version, phase: str, *, deciding: bool = False) -> Quote:
    """Price a placement for a full year under one version and in one phase.

    ``deciding`` says that this is the day that decides whether units are commissioned: only then is a
    `week` or `day` row on tariff basis taken as the price of the spell.
    """
    findings: Findings = {}
    banded = band_of(placement, version, findings)
    place_value = _place_value(placement.provision, phase, version)
    row = None if banded.price_unknown else _most_specific(placement, banded.band, phase, version, findings)
    if deciding and is_commissioned(row, placement):
        assert row is not None
        return _commissioned(placement, version, row, banded, place_value, findings)
    if banded.band == "none" and row is None:
        # reading: an agreed price beside an answer of nothing is left unused, with a finding of its own.
        if placement.agreed_price is not None:
            findings["no_rate_for_none"] = "warning"
        return Quote(banded, None, 0, 0, 0, 0, place_value, None, findings)
    if placement.units is not None and row is not None:
        findings["units_ignored"] = "warning"
    top_up = None
    if row is not None:
        top_up = _top_up(placement, version, row, findings)
    elif not banded.price_unknown:
        findings["no_tariff"] = "error"
    # reading: uplift codes are read whether or not there is a top-up; only a `none` without a row is exempt.
    uplifts = _uplifts(placement, version, top_up, findings)
    if row is None or top_up is None or uplifts is None:
        return Quote(banded, row, None, None, None, None, place_value, None, findings)
    price, over_limit = _limited(top_up + uplifts, row, placement)
    return Quote(banded, row, top_up, uplifts, price, over_limit, place_value, None, findings)


def is_commissioned(row: Tariff | None, placement: Placement) -> bool:
    """Whether a row prices the placement's units: by the week or day, on tariff basis."""
    by_unit = row is not None and row.unit in ("week", "day") and row.price_basis == "tariff"
    return by_unit and placement.units is not None


def payer_of(placement: Placement, findings: Findings) -> tuple[str, str]:
    """Who pays, and the section 251 line."""
    alternative = placement.provision.startswith("ap_")
    if placement.payer and not alternative:
        findings["payer_ignored"] = "warning"
    if placement.provision == "respite":
        return "social_care", "none"
    if alternative and placement.payer == "commissioning_school":
        return "commissioning_school", "none"
    line = _PAYERS_BY_PROVISION.get(placement.provision) or _PAYERS_BY_TYPE.get(placement.provider_type)
    if line is None and placement.provider_type == "other" and alternative:
        line = "1.2.7"
    if line is None:
        findings["line_unresolved"] = "warning"
    return "la_high_needs", line or "unresolved"


def _most_specific(placement: Placement, band: str, phase: str, version: Version, findings: Findings) -> Tariff | None:
    """The row that fits and names the most: a provider beats a band, a band beats a phase."""
    but_for_phase = [
        row
        for row in version.tariffs
        if row.provision == placement.provision
        and row.provider_id in ("", placement.provider_id)
        and (row.band == "" or (row.band == band and band != "none"))
    ]
    # reading: a known phase that fits no row isn't a missing one.
    if phase == "" and any(row.phase for row in but_for_phase):
        findings["phase_missing"] = "warning"
    fitting = [row for row in but_for_phase if row.phase in ("", phase)]
    return max(fitting, key=lambda r: (r.provider_id != "", r.band != "", r.phase != ""), default=None)


def _top_up(placement: Placement, version: Version, row: Tariff, findings: Findings) -> int | None:
    if row.price_basis == "tariff":
        if placement.agreed_price is not None:
            findings["agreed_price_ignored"] = "warning"
        return _by_formula(placement, version, row, findings)
    if placement.agreed_price is not None:
        return placement.agreed_price
    top_up = None if row.rate is None else _by_formula(placement, version, row, findings)
    if top_up is None:
        findings["no_agreed_price"] = "error"
    else:
        findings["estimated"] = "warning"
    return top_up


def _by_formula(placement: Placement, version: Version, row: Tariff, findings: Findings) -> int | None:
    """round( rate x quantity x area_cost x fte ), None where a factor is missing. [pence a year]"""
    assert row.rate is not None
    area = _area_cost(placement, version, row, findings)
    quantity: Fraction | None = Fraction(1)
    fte = placement.fte
    if row.unit == "week":
        quantity = version.weeks_per_year
    elif row.unit == "day":
        quantity = version.days_per_year
    elif row.unit == "hour":
        fte = Fraction(1)  # hours are already the child's
        quantity = None
        if placement.support_hours is None:
            findings["no_hours"] = "error"
        elif version.weeks_per_year is not None:
            quantity = placement.support_hours * version.weeks_per_year
    if area is None or quantity is None:
        return None
    return round_half_away(row.rate * quantity * area * fte)


def _area_cost(placement: Placement, version: Version, row: Tariff, findings: Findings) -> Fraction | None:
    if not row.area_cost:
        return Fraction(1)
    factor = version.area_costs.get(placement.provider_la)
    if factor is None:
        findings["no_area_cost"] = "error"
    return factor


def _uplifts(placement: Placement, version: Version, top_up: int | None, findings: Findings) -> int | None:
    """The sum of the uplifts, each rounded by itself; None where a code is unknown. [pence a year]"""
    total = 0
    unknown = False
    seen: set[str] = set()
    for code in placement.uplifts:
        uplift = version.uplifts.get(code)
        if uplift is None:
            findings["unknown_uplift"] = "error"
            unknown = True
        elif code in seen:
            findings["uplift_repeated"] = "warning"
        elif uplift.provisions and placement.provision not in uplift.provisions:
            findings["uplift_not_for_provision"] = "warning"
        elif uplift.kind == "amount":
            total += round_half_away(uplift.amount * placement.fte)
        elif top_up is not None:
            total += round_half_away(top_up * uplift.percent / 100)
        seen.add(code)
    return None if unknown else total


def _limited(payable: int, row: Tariff, placement: Placement) -> tuple[int, int]:
    """Lift to the minimum, cut to the maximum; the second figure is what was cut. [pence a year]"""
    if row.minimum is not None:
        payable = max(payable, round_half_away(row.minimum * placement.fte))
    overridden = placement.override_by != "" and placement.override_reason != ""
    if row.maximum is None or overridden:
        return payable, 0
    price = min(payable, round_half_away(row.maximum * placement.fte))
    return price, payable - price


def _commissioned(
    placement: Placement,
    version: Version,
    row: Tariff,
    banded: Banded,
    place_value: int | None,
    findings: Findings,
) -> Quote:
    """The price of a spell that is bought by the week or the day: uplifts and limits don't apply."""
    if placement.uplifts:
        findings["uplift_on_units"] = "warning"
    if placement.end is None:
        findings["units_open_ended"] = "error"
    top_up = _top_up(placement, version, row, findings)
    area = _area_cost(placement, version, row, {})
    if top_up is None or area is None or placement.end is None:
        return Quote(banded, row, None, None, None, None, place_value, None, findings)
    assert row.rate is not None
    assert placement.units is not None
    amount = round_half_away(row.rate * placement.units * area * placement.fte)
    return Quote(banded, row, top_up, 0, top_up, 0, place_value, amount, findings)


def _place_value(provision: str, phase: str, version: Version) -> int | None:
    """The annual rate of one child's place: occupied, else commissioned. [pence a year]"""
    # reading: a blank phase fits no place row, and every phase but post16 is pre-16.
    if phase == "":
        return None
    half = "post16" if phase == "post16" else "pre16"
    occupied = version.place_rates.get((provision, half, "occupied"))
    if occupied is not None:
        return occupied
    return version.place_rates.get((provision, half, "commissioned"))
