"""Worked rows for a template: invented ones, which the framework has a price for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from tariff_engine.banding import assess, is_permitted
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.framework import NO_BAND, Framework, Tariff
from tariff_engine.framework_header import NeedArea
from tariff_engine.money import format_pounds
from tariff_engine.tables.template_fields import Layout
from tariff_engine.vocabulary import vocabulary

_AUTHORITY = "330"
_FIRST_PROVIDER = 100_001
_A_PRIMARY_NEED, _A_YEAR_GROUP = "SLCN", 5
_AN_AGREED_PRICE = 1_234_500
_STARTS_AFTER, _LASTS = timedelta(days=150), timedelta(days=160)
_SHORT, _PAID_AFTER, _ONE_DAY = timedelta(days=41), timedelta(days=14), timedelta(days=1)


@dataclass(frozen=True)
class Example:
    """A worked row: its filled cells as text, dates in ISO form, and what it shows."""

    cells: Mapping[str, str]
    shows: str


def examples(layout: Layout, framework: Framework, *, levels: bool = True) -> tuple[Example, ...]:
    """Worked rows of a template for a framework version, within its dates.

    Without ``levels`` no placement is banded by its levels of need.
    """
    if layout is Layout.PLACEMENTS:
        return tuple(_placements(framework, levels))
    rows = {Layout.PLACES: _places, Layout.PROVIDERS: _providers, Layout.REMITTANCE: _remittance}[layout]
    return tuple(rows(framework))


def _placements(framework: Framework, levels: bool) -> Iterator[Example]:
    """One row a kind of price that the framework has, after one that is banded by need."""
    number = count(1)
    assessed = _assessed(framework) if levels else None
    if assessed is not None:
        tariff, cells = assessed
        known = _child(framework, tariff, next(number)) | cells
        uplift = next((u for u in framework.uplifts.values() if tariff.provision in u.provisions), None)
        known |= {"uplifts": uplift.code} if uplift else {}
        yield Example(known, "The band follows from the levels of need; all year, full time.")
    elif plain := [row for row in _usual(framework) if _is_plain(row)]:
        yield Example(_banded(framework, plain[0], next(number)), "All year, full time.")
    for tariff in _kinds(framework):
        more, shows = _priced(framework, tariff)
        yield Example(_banded(framework, tariff, next(number)) | more, shows)


def _banded(framework: Framework, tariff: Tariff, number: int) -> dict[str, str]:
    """A child with the panel's band, where the rate is for one."""
    panel = {"band": tariff.band, "band_reason": "Agreed by the panel"} if tariff.band not in ("", NO_BAND) else {}
    return _child(framework, tariff, number) | panel


def _priced(framework: Framework, tariff: Tariff) -> tuple[dict[str, str], str]:
    """The cells that a kind of price needs, and what they show."""
    if tariff.price_basis == "agreed":
        limits = [pence for pence in (tariff.rate_pence, tariff.maximum_pence, tariff.minimum_pence) if pence]
        price = format_pounds(limits[0] if limits else _AN_AGREED_PRICE)
        return {"agreed_price": price}, "A price that was agreed for this child, for a full year."
    if tariff.unit == "hour":
        return {"support_hours": "15"}, "Support by the hour: 15 hours a week."
    start = framework.header.effective_from + _STARTS_AFTER
    if tariff.unit in ("week", "day"):
        units = "6" if tariff.unit == "week" else "30"
        spell = {"start_date": start.isoformat(), "end_date": (start + _SHORT).isoformat()}
        return spell | {"units": units}, f"Bought by the {tariff.unit}: {units} {tariff.unit}s in this spell."
    spell = {"start_date": start.isoformat(), "end_date": (start + _LASTS).isoformat(), "fte": "0.6"}
    if tariff.band in ("", NO_BAND):
        return spell, "Part of the year, three days of five; the rate needs no band."
    return spell, "The panel's band; part of the year, three days of five."


def _child(framework: Framework, tariff: Tariff, number: int) -> dict[str, str]:
    """The cells that every placement has; the levels of need are low ones."""
    header = framework.header
    cells = {
        "placement_id": f"EXAMPLE-{number}",
        "child_id": f"pseudonym-{number}",
        "home_la": _authority(framework),
        "provision": tariff.provision,
        "nc_year": str(_year_group(tariff.phase)),
        "primary_need": next((need for area in header.need_areas for need in area.primary_needs), _A_PRIMARY_NEED),
        "start_date": header.effective_from.isoformat(),
        "fte": "1",
        "count": "1",
    }
    if vocabulary().provisions[tariff.provision].has_provider:
        cells["provider_id"] = tariff.provider_id or str(_FIRST_PROVIDER + number - 1)
        cells["provider_type"] = _provider_type(tariff.provision)
    return cells | {NEED_PREFIX + area.code: str(min(1, area.highest_level)) for area in header.need_areas}


def _assessed(framework: Framework) -> tuple[Tariff, dict[str, str]] | None:
    """A row with a band, and levels of need that lead to it; None where no such levels are found."""
    areas = framework.header.need_areas
    rows = [row for row in framework.tariffs if row.band and not row.phase and _is_plain(row)]
    for first in (area for area in areas if area.primary_needs):
        for level in sorted(range(1, first.highest_level + 1), key=lambda level: abs(level - 3)):
            levels = {area.code: level if area is first else min(1, area.highest_level) for area in areas}
            found = _row_for(framework, rows, levels, first)
            if found is not None:
                cells = {NEED_PREFIX + code: str(level) for code, level in levels.items()}
                return found, cells | {"primary_need": first.primary_needs[0]}
    return None


def _row_for(framework: Framework, rows: Sequence[Tariff], levels: Mapping[str, int], area: NeedArea) -> Tariff | None:
    """The first row whose band is the one that the levels lead to."""
    return next(
        (row for row in rows if assess(framework, row.provision, levels, area.primary_needs[0]).band == row.band), None
    )


def _kinds(framework: Framework) -> list[Tariff]:
    """A row of each kind of price, the plainest first; of the yearly ones the second provision's, if there is one."""
    rows = _usual(framework)
    kinds = {(row.price_basis, row.unit): row for row in reversed(rows)}
    yearly = [row for row in rows if _is_plain(row)]
    if yearly:
        kinds["tariff", "year"] = next((row for row in yearly if row.provision != yearly[0].provision), yearly[-1])
    return [kinds[kind] for kind in dict.fromkeys((row.price_basis, row.unit) for row in rows)]


def _usual(framework: Framework) -> list[Tariff]:
    """Rows whose band the provision may have, yearly tariffs first and agreed prices last."""
    rows = [row for row in framework.tariffs if is_permitted(framework, row.provision, row.band or None)]
    return sorted(rows or framework.tariffs, key=lambda row: (row.price_basis != "tariff", row.unit != "year"))


def _is_plain(tariff: Tariff) -> bool:
    return tariff.price_basis == "tariff" and tariff.unit == "year"


def _places(framework: Framework) -> Iterator[Example]:
    """A row for each occupancy that the framework has a rate for."""
    rates = {(rate.occupancy, rate.provision, rate.phase): None for rate in framework.place_rates}
    first = framework.tariffs[0].provision if framework.tariffs else next(iter(vocabulary().provisions))
    for number, (occupancy, shows) in enumerate(_OCCUPANCIES.items()):
        provision, phase = next(((p, f) for o, p, f in rates if o == occupancy), (first, "pre16"))
        if rates and (occupancy, provision, phase) not in rates:
            continue
        yield Example(
            {
                "provider_id": str(_FIRST_PROVIDER + bool(number)),
                "la_code": _authority(framework),
                "provision": provision,
                "phase": phase,
                "occupancy": occupancy,
                "places_first": str(40 - 15 * number),
                "places_second": str(42 - 15 * number),
            },
            shows,
        )
        if not rates:
            return


_OCCUPANCIES = {
    "commissioned": "All the places of a provider, where they have one rate.",
    "occupied": "Places with a pupil on roll.",
    "unoccupied": "Places of the same provider without a pupil, at their own rate.",
}


def _providers(framework: Framework) -> Iterator[Example]:
    """A provider with its type, one with the register's type that closes, and the one that takes over."""
    ids = [str(_FIRST_PROVIDER + at) for at in range(3)]
    closed = framework.header.effective_from + _STARTS_AFTER
    where = {"la_code": _authority(framework), "provisions": "mainstream", "phases": "primary"}
    school, academy = (_gias_name("mainstream", kind) for kind in ("maintained", "academy"))
    open_all_year = {"provider_id": ids[0], "name": "Example Primary School", "provider_type": "maintained", **where}
    open_all_year |= {"places": "12", "provisions": "mainstream;sen_unit"}
    yield Example(open_all_year, "The type of provider is given.")
    closing = {"provider_id": ids[1], "name": "Old Example School", "gias_type": school, **where}
    closing |= {"closed": closed.isoformat(), "successor": ids[2]}
    yield Example(closing, "The register's type is given; it closes, and another provider takes over.")
    opening = {"provider_id": ids[2], "name": "New Example Academy", "gias_type": academy, **where}
    opening |= {"opened": (closed + _ONE_DAY).isoformat()}
    yield Example(opening, "The provider that takes over.")


def _remittance(framework: Framework) -> Iterator[Example]:
    """A payment, another month of it, and money taken back."""
    first = framework.header.effective_from
    lines = (
        (0, "1052.37", "", "One month of one placement."),
        (31, "1052.37", "", "The next month of the same placement."),
        (31, "-350.79", "Left on the 21st", "Money that was taken back, as a line of its own."),
    )
    for days, amount, note, shows in lines:
        day = first + timedelta(days=days)
        cells = {
            "provider_id": str(_FIRST_PROVIDER),
            "placement_id": "EXAMPLE-1",
            "child_id": "pseudonym-1",
            "month": f"{day:%Y-%m}",
            "amount": amount,
            "paid_on": (day + _PAID_AFTER).isoformat(),
            "reference": "RA-20417",
        }
        yield Example(cells | ({"note": note} if note else {}), shows)


def _authority(framework: Framework) -> str:
    """The framework's own authority, else one that it has an area cost for."""
    header = framework.header
    if header.jurisdiction in vocabulary().local_authorities:
        return header.jurisdiction
    known = framework.area_costs
    return _AUTHORITY if not known or _AUTHORITY in known else next(iter(known))


def _provider_type(provision: str) -> str:
    """The type of most providers of a provision, by the register's types."""
    rows = vocabulary().gias_types.values()
    return next((str(row["provider_type"]) for row in rows if row.get("provision") == provision), "maintained")


def _gias_name(provision: str, provider_type: str) -> str:
    rows = vocabulary().gias_types.values()
    kind = (provision, provider_type)
    return next(str(row["name"]) for row in rows if (row.get("provision"), row.get("provider_type")) == kind)


def _year_group(phase: str) -> int:
    """A year group in a phase, or one of the primary years where the phase doesn't matter."""
    if not phase:
        return _A_YEAR_GROUP
    known = vocabulary().phases[phase]
    if known.from_nc_year is not None:
        return known.from_nc_year + (known.to_nc_year is not None)
    return known.to_nc_year if known.to_nc_year is not None else 0
