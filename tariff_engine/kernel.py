"""Price stints: gathers from the versions' tables and integer arithmetic, in chunks that stay in the cache.

Amounts are pence for one child. Nothing here knows a text: what is to be said of a stint is a bit (job.Said).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from tariff_engine import pricing
from tariff_engine.compiled import BLANK_BAND, NO_ROW, NONE_REACHED, OTHER_VERSION, At, RulesForCaseload
from tariff_engine.encoding import OVERRIDE_BY, OVERRIDE_REASON, Mask
from tariff_engine.job import NO_PRICE, Flags, Job, Priced, Said
from tariff_engine.lookups import picked
from tariff_engine.money import MAX_YEAR_PENCE, MILLION, Ints
from tariff_engine.spreading import spread_annual, spread_spells
from tariff_engine.stints import LAST_DAY, NO_VERSION

CHUNK = 32_768
_THREADS = min(2, os.cpu_count() or 1)
_BOTH = OVERRIDE_BY + OVERRIDE_REASON


def price_stints(job: Job) -> Priced:
    """Band, price and spread every stint."""
    own = np.array([segment.version for segment in job.segments], np.int64)[job.stints.segment]
    priced = Priced.blank(own, job.stints.phase, len(job.period.months))
    _choose_spells_by_unit(job, own, priced)
    chunks = [slice(at, at + CHUNK) for at in range(0, len(job.stints), CHUNK)]
    if len(chunks) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda chunk: _price_chunk(job, priced, chunk), chunks))
    elif chunks:
        _price_chunk(job, priced, chunks[0])
    return priced


def _choose_spells_by_unit(job: Job, own: Ints, priced: Priced) -> None:
    """Mark the spells bought by the unit, and price them by the rules of their first covered day."""
    caseload = job.caseload
    if not (caseload.units >= 0).any():
        return
    rows = np.unique(job.stints.row[caseload.units[job.stints.row] >= 0])
    start, end = caseload.start[rows], caseload.end[rows]
    day = job.compiled.covered.first_covered(start, end)
    version = np.where(day == LAST_DAY, NO_VERSION, job.compiled.covered.version_on(day))
    phase = job.phases.on(day, rows)
    by_unit = np.zeros(len(caseload), bool)
    rules, in_phase = np.full(len(caseload), NO_VERSION), np.zeros(len(caseload), np.int64)
    for index, compiled in enumerate(job.rules):
        at = np.flatnonzero(version == index)
        tariff, *_ = compiled.fit(rows[at], compiled.band(rows[at]), phase[at])
        missing = compiled.assessed(rows[at])[1] != 0
        priceable = (tariff != NO_ROW) & (~missing | (compiled.panel(rows[at]) != BLANK_BAND))
        by_unit[rows[at]] = priceable & np.take(compiled.version.columns.commissioned, tariff)
        rules[rows[at]], in_phase[rows[at]] = index, phase[at]
    bought = by_unit[job.stints.row] & (own != NO_VERSION)
    priced.by_unit[:] = bought
    priced.rules[bought] = rules[job.stints.row[bought]]
    priced.phase[bought] = in_phase[job.stints.row[bought]]


def _price_chunk(job: Job, priced: Priced, chunk: slice) -> None:
    """Price the stints of a chunk: those of a segment together, then those bought by the unit."""
    _say_incomplete_overrides(job, priced, chunk)
    for index, at in _by_segment(job, priced, chunk):
        segment = job.segments[index]
        _price(job.rules[segment.version], job, priced, at, by_unit=False)
        spread_annual(job, priced, segment, at)
    bought = np.flatnonzero(priced.by_unit[chunk]) + chunk.start
    for version, rules in enumerate(job.rules):
        at = bought[priced.rules[bought] == version]
        if len(at):
            _price(rules, job, priced, at, by_unit=True)
            spread_spells(rules, job, priced, at)


def _by_segment(job: Job, priced: Priced, chunk: slice) -> Iterator[tuple[int, At]]:
    """The stints of each segment: the chunk as it is, where they are all of it."""
    segment, by_unit = job.stints.segment[chunk], priced.by_unit[chunk]
    for index, part in enumerate(job.segments):
        if part.version == NO_VERSION:
            continue
        here = (segment == index) & ~by_unit
        if here.all():
            yield index, chunk
        elif here.any():
            yield index, np.flatnonzero(here) + chunk.start


def _price(rules: RulesForCaseload, job: Job, priced: Priced, at: At, *, by_unit: bool) -> None:
    """The annual price of stints under one version."""
    rows = _placements(job, at)
    said = np.zeros(len(priced.annual[at]), np.int32)
    band = _settle_bands(rules, rows, priced, at, said)
    tariff, phased, outside, place = rules.fit(rows, band, priced.phase[at])
    settled = (said & NO_PRICE) == 0
    unfit = tariff == NO_ROW
    _say(said, Said.BAND_NOT_PERMITTED, outside)
    _say(said, Said.PHASE_MISSING, phased & settled)
    free = unfit & settled & (band == NONE_REACHED)
    if free.any():
        _say(said, Said.NO_RATE_FOR_NONE, free & (picked(job.caseload.agreed_price, rows) >= 0))
    _say(said, Said.NO_TARIFF, unfit & settled & ~free)
    rated = settled & ~unfit
    fte = picked(job.caseload.fte, rows)
    top_up = _top_ups(rules, rows, tariff, fte, rated, said, by_unit)
    uplifts = _uplifts(rules, rows, fte, top_up, free, said, by_unit)
    annual = top_up + uplifts
    over = np.zeros(len(said), np.int64)
    if rules.version.columns.limited and not by_unit:
        overridden = picked(job.caseload.override, rows) == _BOTH
        annual, over = pricing.limits_applied(rules.version.columns, tariff, annual, fte, overridden)
    _say(said, Said.YEAR_TOO_LARGE, rated & ((said & NO_PRICE) == 0) & _too_large(annual))
    priced.said[at] |= said
    for column, values in (
        (priced.tariff, tariff),
        (priced.place_value, place),
        (priced.top_up, top_up),
        (priced.uplifts, uplifts),
        (priced.annual, annual),
        (priced.over_limit, over),
    ):
        column[at] = values


def _placements(job: Job, at: At) -> At:
    """Which placements stints are of: an unbroken run, where a run of stints has one of each."""
    rows = job.stints.row[at]
    in_turn = isinstance(at, slice) and len(rows) and int(rows[-1] - rows[0]) == len(rows) - 1
    if in_turn and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _settle_bands(rules: RulesForCaseload, rows: At, priced: Priced, at: At, said: Flags) -> Ints:
    """The band that prices each stint: the panel's, which is final, else the assessed one."""
    assessed, missing = rules.assessed(rows)
    panel = rules.panel(rows)
    from_panel = panel != BLANK_BAND
    is_missing = missing != 0
    _say(said, Said.NEED_MISSING, is_missing & ~from_panel)
    band = assessed
    if from_panel.any():
        band = np.where(from_panel, panel, assessed)
        _say(said, Said.NEED_MISSING_PANEL, is_missing & from_panel)
        differs = from_panel & (assessed != BLANK_BAND) & (assessed != panel)
        _say(said, Said.BAND_DIFFERS, differs & ~picked(rules.caseload.has_band_reason, rows))
        _say(said, Said.BAND_NOT_IN_VERSION, panel == OTHER_VERSION)
    priced.band_assessed[at], priced.band[at] = assessed, band
    return band


def _top_ups(
    rules: RulesForCaseload, rows: At, tariff: Ints, fte: Ints, rated: Mask, said: Flags, by_unit: bool
) -> Ints:
    """The annual top-up: agreed, or by the formula; 0 where there is neither."""
    columns, caseload = rules.version.columns, rules.caseload
    price, hours = picked(caseload.agreed_price, rows), picked(caseload.support_hours, rows)
    agreed, given = np.take(columns.agreed, tariff) & rated, price >= 0
    taken = agreed & given
    formula = rated & (np.take(columns.rate, tariff) >= 0) & ~taken
    no_hours = formula & np.take(columns.by_hour, tariff) & (hours < 0)
    _say(said, Said.NO_HOURS, no_hours)
    factor = np.full(len(said), MILLION, np.int64)
    if not columns.whole_area.all():
        factor = np.where(np.take(columns.whole_area, tariff), MILLION, rules.area_factor(rows))
        _say(said, Said.NO_AREA_COST, formula & (factor < 0))
        formula &= factor >= 0
    formula &= ~no_hours
    if agreed.any():
        _say(said, Said.NO_AGREED_PRICE, agreed & ~given & ~formula)
        _say(said, Said.ESTIMATED, agreed & ~given & formula)
    _say(said, Said.AGREED_PRICE_IGNORED, rated & ~agreed & given)
    if not by_unit:
        _say(said, Said.UNITS_IGNORED, rated & (picked(caseload.units, rows) >= 0))
    if formula.all():
        top_up = pricing.annual_top_ups(columns, tariff, fte, hours, factor)
    else:
        top_up = np.where(taken, price, 0)
        top_up[formula] = pricing.annual_top_ups(
            columns, tariff[formula], fte[formula], hours[formula], factor[formula]
        )
    _say(said, Said.TOP_UP_TOO_LARGE, _too_large(top_up))
    return top_up


def _uplifts(
    rules: RulesForCaseload, rows: At, fte: Ints, top_up: Ints, free: Mask, said: Flags, by_unit: bool
) -> Ints:
    """What the uplifts of each stint add; a code that the version doesn't know leaves it without a price."""
    caseload = rules.caseload
    total = np.zeros(len(said), np.int64)
    blank = len(caseload.uplifts.names)
    if not blank:
        return total
    at = np.flatnonzero((picked(caseload.uplifts.codes, rows) != blank) & ~free)
    if by_unit:
        said[at] |= Said.UPLIFT_ON_UNITS
        return total
    which = rules.uplift_cell(rows.start + at if isinstance(rows, slice) else rows[at])
    cells = rules.uplift_cells
    for bit, spoken in (
        (Said.UPLIFT_REPEATED, [bool(cell.repeated) for cell in cells]),
        (Said.UPLIFT_FOR_OTHERS, [bool(cell.for_others) for cell in cells]),
        (Said.UNKNOWN_UPLIFT, [bool(cell.unknown) for cell in cells]),
    ):
        said[at[np.array(spoken, bool)[which]]] |= bit
    known = (said[at] & NO_PRICE) == 0
    for code in dict.fromkeys(code for cell in cells for code in cell.added):
        has = np.array([code in cell.added for cell in cells], bool)
        here = at[has[which] & known]
        total[here] += pricing.uplift_amounts(rules.version.framework.uplifts[code], fte[here], top_up[here])
    return total


def _say_incomplete_overrides(job: Job, priced: Priced, chunk: slice) -> None:
    override = job.caseload.override[job.stints.row[chunk]]
    if override.any():
        _say(priced.said[chunk], Said.NO_REASON, override == OVERRIDE_BY)
        _say(priced.said[chunk], Said.NOBODY_NAMED, override == OVERRIDE_REASON)


def _say(said: Flags, what: Said, where: Mask) -> None:
    if where.any():
        np.bitwise_or(said, np.int32(what), out=said, where=where)


def _too_large(amount: Ints) -> Mask:
    return (amount > MAX_YEAR_PENCE) | (amount < -MAX_YEAR_PENCE)
