"""Price stints: a gather and integer arithmetic over whole columns, with every reason noted.

Amounts are pence for one child; a stint without a price is marked, never 0.
"""

from __future__ import annotations

import numpy as np

from tariff_engine import pricing
from tariff_engine.compiled import (
    BLANK_BAND,
    NO_ROW,
    NONE_REACHED,
    OTHER_VERSION,
    CompiledVersion,
)
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced, refuse_too_large
from tariff_engine.money import MILLION, Ints
from tariff_engine.spreading import spread_over_months
from tariff_engine.stints import LAST_DAY, NO_VERSION
from tariff_engine.uplifting import add_uplifts


def price_stints(job: Job) -> Priced:
    """Band, price and spread every stint."""
    own = np.array([segment.version for segment in job.segments], np.int64)[job.stints.segment]
    priced = _blank(job, own)
    _note_days_without_version(job, own)
    _choose_spells_by_unit(job, own, priced)
    for version in range(len(job.versions)):
        at = np.flatnonzero((priced.rules == version) & priced.known)
        _band(job, version, at, priced)
        _price(job, version, at, priced)
    _note_incomplete_overrides(job)
    spread_over_months(job, priced)
    return priced


def _blank(job: Job, own: Ints) -> Priced:
    """Nothing priced yet: every stint under its own version, in its own phase."""
    count = len(job.stints)

    def zeros() -> Ints:
        return np.zeros(count, np.int64)

    return Priced(
        known=own != NO_VERSION,
        rules=own.copy(),
        phase=job.stints.phase.copy(),
        band_assessed=np.full(count, BLANK_BAND, np.int64),
        band=np.full(count, BLANK_BAND, np.int64),
        from_panel=np.zeros(count, bool),
        tariff=np.full(count, NO_ROW, np.int64),
        top_up=zeros(),
        uplifts=zeros(),
        annual=zeros(),
        over_limit=zeros(),
        place_value=np.full(count, -1, np.int64),
        by_unit=np.zeros(count, bool),
        months=np.zeros((count, len(job.period.months)), np.int64),
    )


def _note_days_without_version(job: Job, own: Ints) -> None:
    bare = np.flatnonzero(own == NO_VERSION)
    first, last = day_number(job.period.start), day_number(job.period.end)
    starts = np.maximum(job.stints.start[bare], first).astype("datetime64[D]")
    ends = np.minimum(job.stints.end[bare], last).astype("datetime64[D]")
    names = ", ".join(version.framework.name for version in job.versions)
    messages = [f"no chosen version ({names}) is in effect from {s} to {e}" for s, e in zip(starts, ends, strict=True)]
    job.note("no_version", bare, "start_date", messages, "start_date")


def _choose_spells_by_unit(job: Job, own: Ints, priced: Priced) -> None:
    """Mark the spells bought by the unit, and price them by the rules of their first covered day."""
    table = job.placements
    rows = np.unique(job.stints.row[table.filled("units")[job.stints.row]])
    if not len(rows):
        return
    start, end = table.ints("start_date")[rows], table.ints("end_date", LAST_DAY)[rows]
    day = job.covered.first_covered(start, end)
    version = np.where(day == LAST_DAY, NO_VERSION, job.covered.version_on(day))
    phase = job.phases.on(day, rows)
    by_unit = np.zeros(table.table.height, bool)
    rules, in_phase = np.full(table.table.height, NO_VERSION), np.zeros(table.table.height, np.int64)
    for index, compiled in enumerate(job.versions):
        at = np.flatnonzero(version == index)
        bands = compiled.bands
        tariff, _ = compiled.tariff_rows(rows[at], bands.band[rows[at]], phase[at])
        priceable = (tariff != NO_ROW) & ~(bands.missing & ~bands.from_panel)[rows[at]]
        by_unit[rows[at]] = priceable & (compiled.columns.commissioned[tariff] == 1)
        rules[rows[at]], in_phase[rows[at]] = index, phase[at]
    priced.by_unit = by_unit[job.stints.row] & (own != NO_VERSION)
    priced.rules = np.where(priced.by_unit, rules[job.stints.row], priced.rules)
    priced.phase = np.where(priced.by_unit, in_phase[job.stints.row], priced.phase)


def _band(job: Job, version: int, at: Ints, priced: Priced) -> None:
    compiled = job.versions[version]
    bands, rows, table = compiled.bands, job.stints.row[at], job.placements
    priced.band_assessed[at], priced.band[at], priced.from_panel[at] = (
        bands.assessed[rows],
        bands.band[rows],
        bands.from_panel[rows],
    )
    missing, panel = bands.missing[rows], bands.from_panel[rows]
    name = compiled.framework.name
    for column, blank in bands.missing_columns.items():
        here = blank[rows]
        job.note(
            "need_missing",
            at[here & ~panel],
            column,
            f"{column} is blank, and {name} needs it for the band; a blank is not 0",
        )
        job.note(
            "need_missing_panel",
            at[here & panel],
            column,
            f"{column} is blank, so the panel's band can't be checked against {name}",
        )
    priced.known[at[missing & ~panel]] = False
    reason = table.filled("band_reason")[rows]
    assessed, band = bands.assessed[rows], bands.band[rows]
    differs = at[panel & (assessed != BLANK_BAND) & (assessed != band) & ~reason]
    names = [compiled.band_name(int(band)) for band in priced.band_assessed[differs]]
    messages = [f"the panel's band differs from the assessed one, {name}, and band_reason is blank" for name in names]
    job.note("band_differs", differs, "band", messages, "band")
    job.note(
        "band_not_in_version",
        at[band == OTHER_VERSION],
        "band",
        f"the panel's band is no band of {name}",
        "band",
    )
    outside = at[~bands.permitted[rows]]
    provision = table.table["provision"].gather(job.stints.row[outside])
    messages = [
        f"{compiled.band_name(int(priced.band[s])) or 'this'} is not a band that {p} may have in {name}"
        for s, p in zip(outside, provision, strict=True)
    ]
    job.note("band_not_permitted", outside, "band", messages)


def _price(job: Job, version: int, at: Ints, priced: Priced) -> None:
    """The annual price of stints whose band is settled; a stint may have lost its price before this."""
    compiled = job.versions[version]
    tariff, phased = compiled.tariff_rows(job.stints.row[at], priced.band[at], priced.phase[at])
    priced.tariff[at] = tariff
    priced.place_value[at] = compiled.place_values(job.stints.row[at], priced.phase[at])
    name = compiled.framework.name
    settled = priced.known[at]
    message = f"nc_year is blank, and {name} has a rate for a phase; only rates for any phase were looked at"
    job.note("phase_missing", at[phased & settled], "nc_year", message)
    free = (tariff == NO_ROW) & (priced.band[at] == NONE_REACHED) & settled
    ignored = at[free & job.placements.filled("agreed_price")[job.stints.row[at]]]
    message = "no band was reached and no rate is for that, so the price is 0 and the agreed price isn't used"
    job.note("no_rate_for_none", ignored, "agreed_price", message, "agreed_price")
    unfit = at[(tariff == NO_ROW) & ~free & settled]
    _note_no_tariff(job, compiled, unfit, priced)
    priced.known[unfit] = False
    rated = at[(tariff != NO_ROW) & settled]
    _top_up(job, compiled, rated, priced)
    refuse_too_large(job, rated, priced, priced.top_up)
    add_uplifts(job, compiled, at[~free], priced)
    priced.annual[rated] = priced.top_up[rated] + priced.uplifts[rated]
    _limit(job, compiled, rated[~priced.by_unit[rated] & priced.known[rated]], priced)
    refuse_too_large(job, rated, priced, priced.annual)


def _limit(job: Job, compiled: CompiledVersion, at: Ints, priced: Priced) -> None:
    table, rows = job.placements, job.stints.row[at]
    overridden = (table.filled("override_by") & table.filled("override_reason"))[rows].astype(np.int64)
    fte = table.ints("fte", MILLION)[rows]
    limited = pricing.limits_applied(compiled.columns, priced.tariff[at], priced.annual[at], fte, overridden)
    priced.annual[at], priced.over_limit[at] = limited


def _note_no_tariff(job: Job, compiled: CompiledVersion, stints: Ints, priced: Priced) -> None:
    table = job.placements.table
    rows = job.stints.row[stints]
    first, last = day_number(job.period.start), day_number(job.period.end)
    messages = []
    for stint, provision in zip(stints, table["provision"].gather(rows), strict=True):
        band = compiled.band_name(int(priced.band[stint])) or "no band"
        start = np.datetime64(int(max(job.stints.start[stint], first)), "D")
        end = np.datetime64(int(min(job.stints.end[stint], last)), "D")
        messages.append(f"{compiled.framework.name} has no rate for {provision}, {band}, from {start} to {end}")
    job.note("no_tariff", stints, "provision", messages, "provision")


def _top_up(job: Job, compiled: CompiledVersion, at: Ints, priced: Priced) -> None:
    """The annual top-up: agreed, or by the formula; what can't be worked out loses its price."""
    table, columns, rows, tariff = job.placements, compiled.columns, job.stints.row[at], priced.tariff[at]
    price, hours, fte = table.ints("agreed_price"), table.ints("support_hours"), table.ints("fte", MILLION)
    agreed, given, rated = (
        columns.agreed[tariff] == 1,
        table.filled("agreed_price")[rows],
        columns.rate[tariff] >= 0,
    )
    factor = compiled.area_factors(rows, tariff)
    name = compiled.framework.name
    by_formula = rated & ~(agreed & given)
    no_hours = by_formula & (columns.by_hour[tariff] == 1) & (hours[rows] < 0)
    no_area = by_formula & (factor < 0)
    job.note(
        "no_hours",
        at[no_hours],
        "support_hours",
        f"{name} prices this by the hour, and support_hours is blank",
    )
    areas = table.table["area"].gather(job.stints.row[at[no_area]])
    job.note(
        "no_area_cost",
        at[no_area],
        "provider_la",
        [f"{name} has no area cost for local authority {area}" for area in areas],
    )
    formula = by_formula & ~no_hours & ~no_area
    nothing = agreed & ~given & ~formula
    job.note(
        "no_agreed_price",
        at[nothing],
        "agreed_price",
        f"{name} has the price agreed child by child, and agreed_price is blank",
    )
    job.note(
        "estimated",
        at[agreed & ~given & formula],
        "agreed_price",
        f"agreed_price is blank, so the rate of {name} stands in for it",
    )
    job.note(
        "agreed_price_ignored",
        at[~agreed & given],
        "agreed_price",
        f"{name} sets the price for this, so the agreed price isn't used",
        "agreed_price",
    )
    ignored = table.filled("units")[rows] & ~priced.by_unit[at]
    job.note(
        "units_ignored",
        at[ignored],
        "units",
        f"{name} doesn't sell this by the week or day, so the units aren't used",
        "units",
    )
    priced.known[at[~formula & ~(agreed & given)]] = False
    priced.top_up[at[agreed & given]] = price[rows[agreed & given]]
    chosen = at[formula]
    priced.top_up[chosen] = pricing.annual_top_ups(
        columns, tariff[formula], fte[rows[formula]], hours[rows[formula]], factor[formula]
    )


def _note_incomplete_overrides(job: Job) -> None:
    table = job.placements
    by, reason = table.filled("override_by"), table.filled("override_reason")
    for half, column in ((by & ~reason, "override_reason"), (reason & ~by, "override_by")):
        at = np.flatnonzero(half[job.stints.row])
        job.note(
            "override_incomplete",
            at,
            column,
            f"{column} is blank, so the override doesn't count and the maximum stands",
        )
