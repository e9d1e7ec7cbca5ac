"""Spread the annual price of stints, and the amount of spells bought by the unit, over the months of a period."""

from __future__ import annotations

import numpy as np

from tariff_engine.compiled import At, RulesForCaseload
from tariff_engine.instalments import month_instalments, spell_instalments
from tariff_engine.job import NO_PRICE, Job, Priced, Said
from tariff_engine.money import MAX_YEAR_PENCE, MILLION, Ints, multiply_arrays
from tariff_engine.stints import LAST_DAY, Segment


def spread_annual(job: Job, priced: Priced, segment: Segment, at: At) -> None:
    """Spread the annual price of stints of one segment."""
    if segment.year is None:
        raise ValueError("a segment without a version has no year to spread over")
    weights = job.versions[segment.version].weights(segment.year)
    if weights.whole == 0:
        priced.said[at] |= Said.NO_TERMS
        return
    annual = np.where((priced.said[at] & NO_PRICE) == 0, priced.annual[at], 0)
    spans = (job.stints.start[at], job.stints.end[at])
    into = priced.months[:, at] if isinstance(at, slice) else None
    months = month_instalments(annual, weights, *spans, *job.compiled.month_days, job.spread, into)
    if into is None:
        priced.months[:, at] = months.T


def spread_spells(rules: RulesForCaseload, job: Job, priced: Priced, at: Ints) -> None:
    """Spread the amounts of spells bought by the unit, each over its own days."""
    caseload = job.caseload
    open_ended = caseload.end[job.stints.row[at]] == LAST_DAY
    priced.said[at[open_ended]] |= Said.OPEN_ENDED
    at = at[(priced.said[at] & NO_PRICE) == 0]
    rows, tariff = job.stints.row[at], priced.tariff[at]
    columns = rules.version.columns
    factor = np.where(columns.whole_area[tariff], MILLION, rules.area_factor(rows))
    amounts = multiply_arrays(columns.rate[tariff], caseload.units[rows], factor, caseload.fte[rows])
    large = np.abs(amounts) > MAX_YEAR_PENCE
    priced.said[at[large]] |= Said.SPELL_TOO_LARGE
    at, rows, amounts = at[~large], rows[~large], amounts[~large]
    spans = (caseload.start[rows], caseload.end[rows], job.stints.start[at], job.stints.end[at])
    priced.months[:, at] = spell_instalments(amounts, *spans, *job.compiled.month_days).T
