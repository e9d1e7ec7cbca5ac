"""Price stints: a gather and integer arithmetic over whole columns, with every reason noted.

Amounts are pence for one child; a stint without a price is marked, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tariff_engine import pricing
from tariff_engine.compiled import (
    BLANK_BAND,
    NO_ROW,
    NONE_REACHED,
    OTHER_VERSION,
    CompiledVersion,
    codes_of,
    distinct,
)
from tariff_engine.findings import FindingsLog
from tariff_engine.instalments import day_number, month_instalments, spell_instalments
from tariff_engine.money import MAX_YEAR_PENCE, MILLION, Ints, multiply_arrays, show_pounds
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import Mask, Placements
from tariff_engine.stints import LAST_DAY, NO_VERSION, Coverage, PhaseCalendar, Segment, Stints

CHUNK = 65_536


@dataclass
class Priced:
    """What each stint comes to; ``known`` is False where it has no price, and its amounts then mean nothing.

    ``rules`` is the version that prices the stint: its own, or that of the first day of a spell bought by the
    unit. ``place_value`` is -1 where there is no place rate.
    """

    known: Mask
    rules: Ints
    phase: Ints
    band_assessed: Ints
    band: Ints
    from_panel: Mask
    tariff: Ints
    top_up: Ints
    uplifts: Ints
    annual: Ints
    over_limit: Ints
    place_value: Ints
    by_unit: Mask
    months: Ints


@dataclass(frozen=True)
class Job:
    """Everything that pricing reads: the caseload, its stints, and the versions' rules."""

    placements: Placements
    stints: Stints
    segments: Sequence[Segment]
    versions: Sequence[CompiledVersion]
    covered: Coverage
    phases: PhaseCalendar
    period: FundingPeriod
    log: FindingsLog

    def note(
        self, code: str, stints: Ints, column: str, message: str | Sequence[str], show: str | None = None
    ) -> None:
        """Add a finding for each of some stints, with the cell of a column as its value."""
        rows = self.stints.row[stints]
        cells = self.placements.table[show].gather(rows).cast(pl.String) if show else None
        self.log.add(code, self.placements.visible_rows(rows), column, message, cells)


def price_stints(job: Job) -> Priced:
    """Band, price and spread every stint."""
    count = len(job.stints)
    own = np.array([segment.version for segment in job.segments], np.int64)[job.stints.segment]
    blank = np.full(count, -1, np.int64)
    priced = Priced(
        known=own != NO_VERSION, rules=own.copy(), phase=job.stints.phase.copy(), band_assessed=np.full(count, BLANK_BAND), band=np.full(count, BLANK_BAND),
        from_panel=np.zeros(count, bool), tariff=blank.copy(), top_up=np.zeros(count, np.int64), uplifts=np.zeros(count, np.int64), annual=np.zeros(count, np.int64),
        over_limit=np.zeros(count, np.int64), place_value=blank.copy(), by_unit=np.zeros(count, bool), months=np.zeros((count, len(job.period.months)), np.int64),
    )  # fmt: skip
    _note_days_without_version(job, own)
    _choose_spells_by_unit(job, own, priced)
    for version in range(len(job.versions)):
        at = np.flatnonzero((priced.rules == version) & priced.known)
        _band(job, version, at, priced)
        _price(job, version, at, priced)
    _note_incomplete_overrides(job)
    _spread(job, priced)
    return priced


def _note_days_without_version(job: Job, own: Ints) -> None:
    bare = np.flatnonzero(own == NO_VERSION)
    first, last = day_number(job.period.start), day_number(job.period.end)
    starts = np.maximum(job.stints.start[bare], first).astype("datetime64[D]")
    ends = np.minimum(job.stints.end[bare], last).astype("datetime64[D]")
    names = ", ".join(version.framework.name for version in job.versions)
    messages = [
        f"no chosen version ({names}) is in effect from {s} to {e}" for s, e in zip(starts, ends, strict=True)
    ]
    job.note("no_version", bare, "start_date", messages, "start_date")


def _choose_spells_by_unit(job: Job, own: Ints, priced: Priced) -> None:
    """Mark the spells bought by the week or the day, and price them by the rules of their first covered day."""
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
    messages = [
        f"the panel's band differs from the assessed one, {compiled.band_name(int(priced.band_assessed[s]))}, and band_reason is blank"
        for s in differs
    ]
    job.note("band_differs", differs, "band", messages, "band")
    job.note(
        "band_not_in_version",
        at[band == OTHER_VERSION],
        "band",
        f"the panel's band is no band of {name}",
        "band",
    )
    outside = at[~bands.permitted[rows] & priced.known[at]]
    provision = table.table["provision"].gather(job.stints.row[outside])
    messages = [
        f"band {compiled.band_name(int(priced.band[s]))} is not one that {p} may have in {name}"
        for s, p in zip(outside, provision, strict=True)
    ]
    job.note("band_not_permitted", outside, "band", messages)


def _price(job: Job, version: int, at: Ints, priced: Priced) -> None:
    compiled = job.versions[version]
    at = at[priced.known[at]]
    rows = job.stints.row[at]
    tariff, phased = compiled.tariff_rows(rows, priced.band[at], priced.phase[at])
    priced.tariff[at] = tariff
    priced.place_value[at] = compiled.place_values(rows, priced.phase[at])
    name = compiled.framework.name
    job.note(
        "phase_missing",
        at[phased],
        "nc_year",
        f"nc_year is blank, and {name} has a rate for a phase; only rates for any phase were looked at",
    )
    free = (tariff == NO_ROW) & (priced.band[at] == NONE_REACHED)
    ignored = at[free & job.placements.filled("agreed_price")[rows]]
    job.note(
        "agreed_price_ignored",
        ignored,
        "agreed_price",
        "no band was reached and no rate is for that, so the price is 0 and the agreed price isn't used",
        "agreed_price",
    )
    unfit = (tariff == NO_ROW) & ~free
    _note_no_tariff(job, compiled, at[unfit], priced)
    priced.known[at[unfit]] = False
    at = at[tariff != NO_ROW]
    _top_up(job, compiled, at, priced)
    _refuse_too_large(job, at, priced, priced.top_up)
    _add_uplifts(job, compiled, at, priced)
    annual = ~priced.by_unit[at] & priced.known[at]
    priced.annual[at] = priced.top_up[at] + priced.uplifts[at]
    limited = at[annual]
    rows = job.stints.row[limited]
    table = job.placements
    overridden = (table.filled("override_by") & table.filled("override_reason"))[rows].astype(np.int64)
    payable, over = pricing.limits_applied(
        compiled.columns,
        priced.tariff[limited],
        priced.annual[limited],
        table.ints("fte", MILLION)[rows],
        overridden,
    )
    priced.annual[limited], priced.over_limit[limited] = payable, over
    _refuse_too_large(job, at, priced, priced.annual)


def _note_no_tariff(job: Job, compiled: CompiledVersion, stints: Ints, priced: Priced) -> None:
    table = job.placements.table
    rows = job.stints.row[stints]
    first, last = day_number(job.period.start), day_number(job.period.end)
    messages = []
    for stint, provision in zip(stints, table["provision"].gather(rows), strict=True):
        band = compiled.band_name(int(priced.band[stint])) or "no band"
        start = np.datetime64(int(max(job.stints.start[stint], first)), "D")
        end = np.datetime64(int(min(job.stints.end[stint], last)), "D")
        messages.append(
            f"{compiled.framework.name} has no rate for {provision}, {band}, from {start} to {end}"
        )
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


def _add_uplifts(job: Job, compiled: CompiledVersion, at: Ints, priced: Priced) -> None:
    """Add each uplift code once where it is for the provision; a code that nobody knows loses the price."""
    table = job.placements
    at = at[table.filled("uplifts")[job.stints.row[at]]]
    name = compiled.framework.name
    job.note(
        "uplift_on_units",
        at[priced.by_unit[at]],
        "uplifts",
        "a spell bought by the unit has no uplifts, so none is added",
        "uplifts",
    )
    at = at[~priced.by_unit[at]]
    if not len(at):
        return
    rows = job.stints.row[at]
    texts = table.table["uplifts"].gather(rows).unique().to_list()
    provisions = table.table["provision"].gather(rows).unique().to_list()
    text, provision = (
        codes_of(table.table["uplifts"].gather(rows), texts),
        codes_of(table.table["provision"].gather(rows), provisions),
    )
    first, which = distinct(text, provision)
    fte = table.ints("fte", MILLION)
    for position, index in enumerate(first):
        here = at[which == position]
        codes, repeated = pricing.split_uplifts(texts[text[index]])
        where = provisions[provision[index]]
        unknown = [code for code in codes if code not in compiled.framework.uplifts]
        other = [code for code in codes if code not in unknown and not _is_for(compiled, code, where)]
        if repeated:
            job.note(
                "uplift_repeated",
                here,
                "uplifts",
                f"{', '.join(repeated)} is given more than once, and added once",
                "uplifts",
            )
        if other:
            job.note(
                "uplift_not_for_provision",
                here,
                "uplifts",
                f"{', '.join(other)} isn't for {where} in {name}, and isn't added",
                "uplifts",
            )
        if unknown:
            job.note(
                "unknown_uplift",
                here,
                "uplifts",
                f"{', '.join(code[:40] for code in unknown)} is no uplift of {name}",
                "uplifts",
            )
            priced.known[here] = False
            continue
        for code in codes:
            if code not in other:
                uplift = compiled.framework.uplifts[code]
                top_up = np.where(priced.known[here], priced.top_up[here], 0)
                priced.uplifts[here] += pricing.uplift_amounts(uplift, fte[job.stints.row[here]], top_up)


def _is_for(compiled: CompiledVersion, code: str, provision: str) -> bool:
    provisions = compiled.framework.uplifts[code].provisions
    return not provisions or provision in provisions


def _refuse_too_large(job: Job, at: Ints, priced: Priced, amount: Ints) -> None:
    large = at[priced.known[at] & (np.abs(amount[at]) > MAX_YEAR_PENCE)]
    message = f"one child's year comes to more than {show_pounds(MAX_YEAR_PENCE)}"
    job.note("amount_too_large", large, "provision", message)
    priced.known[large] = False


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


def _spread(job: Job, priced: Priced) -> None:
    """Spread every stint's price over the months of the period."""
    months = job.period.months
    first = np.array([day_number(month.start) for month in months], np.int64)
    last = np.array([day_number(month.end) for month in months], np.int64)
    _spread_spells(job, priced, first, last)
    for index, segment in enumerate(job.segments):
        if segment.version == NO_VERSION or segment.year is None:
            continue
        at = np.flatnonzero((job.stints.segment == index) & priced.known & ~priced.by_unit)
        weights = job.versions[segment.version].weights(segment.year)
        if weights.whole == 0:
            _note_no_terms(job, at, segment.year, segment.version)
            priced.known[at] = False
            continue

        def spread(part: Ints) -> Ints:
            return month_instalments(
                priced.annual[part], weights, job.stints.start[part], job.stints.end[part], first, last
            )  # noqa: B023

        _in_chunks(at, spread, priced.months)


def _spread_spells(job: Job, priced: Priced, first: Ints, last: Ints) -> None:
    table = job.placements
    at = np.flatnonzero(priced.by_unit & priced.known)
    endless = at[~table.filled("end_date")[job.stints.row[at]]]
    job.note(
        "units_open_ended",
        endless,
        "end_date",
        "the spell is bought by the unit and has no end date, so it can't be priced",
    )
    priced.known[endless] = False
    at = at[priced.known[at]]
    start, end = table.ints("start_date"), table.ints("end_date", LAST_DAY)
    amounts = np.zeros(len(job.stints), np.int64)
    for index, compiled in enumerate(job.versions):
        here = at[priced.rules[at] == index]
        rows, tariff = job.stints.row[here], priced.tariff[here]
        factors = (
            table.ints("units")[rows],
            compiled.area_factors(rows, tariff),
            table.ints("fte", MILLION)[rows],
        )
        amounts[here] = multiply_arrays(compiled.columns.rate[tariff], *factors)
    _refuse_too_large(job, at, priced, amounts)
    at = at[priced.known[at]]

    def spread(part: Ints) -> Ints:
        rows = job.stints.row[part]
        return spell_instalments(
            amounts[part], start[rows], end[rows], job.stints.start[part], job.stints.end[part], first, last
        )

    _in_chunks(at, spread, priced.months)


def _note_no_terms(job: Job, at: Ints, year: tuple[date, date], version: int) -> None:
    name = job.versions[version].framework.name
    job.note("no_terms", at, "start_date", f"{name} has no terms for the year from {year[0]} to {year[1]}")


def _in_chunks(at: Ints, spread: Callable[[Ints], Ints], months: Ints) -> None:
    for begin in range(0, len(at), CHUNK):
        part = at[begin : begin + CHUNK]
        months[part] = spread(part)
