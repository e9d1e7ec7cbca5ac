"""Spread the annual price of every stint, and the amount of every spell bought by the unit, over months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np

from tariff_engine.instalments import YearWeights, day_number, month_instalments, spell_instalments
from tariff_engine.job import Job, Priced, refuse_too_large
from tariff_engine.money import MILLION, Ints, multiply_arrays
from tariff_engine.stints import LAST_DAY, NO_VERSION

CHUNK = 65_536


def spread_over_months(job: Job, priced: Priced) -> None:
    """Spread every stint's price over the months of the period."""
    months = job.period.months
    first = np.array([day_number(month.start) for month in months], np.int64)
    last = np.array([day_number(month.end) for month in months], np.int64)
    _spread_spells(job, priced, first, last)
    for index, segment in enumerate(job.segments):
        if segment.version == NO_VERSION or segment.year is None:
            continue
        at = np.flatnonzero((job.stints.segment == index) & ~priced.by_unit)
        weights = job.versions[segment.version].weights(segment.year)
        if weights.whole == 0:
            _note_no_terms(job, at, segment.year, segment.version)
            priced.known[at] = False
            continue
        _in_chunks(at[priced.known[at]], partial(_year, job, priced, weights, first, last), priced.months)


def _year(job: Job, priced: Priced, weights: YearWeights, first: Ints, last: Ints, part: Ints) -> Ints:
    return month_instalments(priced.annual[part], weights, job.stints.start[part], job.stints.end[part], first, last)


def _spread_spells(job: Job, priced: Priced, first: Ints, last: Ints) -> None:
    table = job.placements
    at = np.flatnonzero(priced.by_unit)
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
    refuse_too_large(job, at, priced, amounts)
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
