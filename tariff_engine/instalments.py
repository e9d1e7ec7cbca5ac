"""Part of a year, month by month, exactly: every method is a weight for each day of the year.

A method gives each day of a year a weight: 1 a calendar day, 1 a school day, 1 on each month's count day, a term's
share on its count date. With W(x) the weight of a stint's days up to day x and Y the weight of the whole year,

    C(x) = round(annual x W(x) / Y)

is what has been earned by day x, and a month's instalment is C at its end less C before its start. The parts
add to the whole because each is a difference of the same running figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tariff_engine.framework import Framework
from tariff_engine.money import Ints, round_half_away, round_half_away_array
from tariff_engine.periods import Month, months_between

if TYPE_CHECKING:
    from tariff_engine.framework_header import Proration

_EPOCH = date(1970, 1, 1).toordinal()
LARGEST_TABLE = 400
"""The heaviest year, in days, terms or months, whose shares stand in a table."""
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)

Spread = Callable[[Ints, Ints, Ints, Ints, int, Ints], None]
"""What spreads annual amounts over the parts of a year, in the form of ``spread_over``."""


def day_number(day: date) -> int:
    """Days since 1 January 1970, as NumPy counts them."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """The day of a day number."""
    return date.fromordinal(number + _EPOCH)


@dataclass(frozen=True)
class YearWeights:
    """The weight of the days of one year of a version's basis.

    Attributes
    ----------
    start : the first day of the year, as a day number.
    running : weight of the days from the start up to and including each; one longer than the year, from 0.
    whole : the weight of the whole year; 0 where the version has no terms for it.
    ends : the last day of each of the year's months, as day numbers.
    last_takes_rest : whether the stint's last month takes the remainder.
    """

    start: int
    running: Ints
    whole: int
    ends: Ints
    last_takes_rest: bool

    def upto(self, day: Ints) -> Ints:
        """The weight of the year's days up to and including ``day``; 0 before the year, all of it after."""
        return self.running[np.clip(day - self.start + 1, 0, len(self.running) - 1)]

    def between(self, first: date, last: date) -> int:
        """The weight of the days from ``first`` to ``last``; 0 where there are none."""
        most = len(self.running) - 1
        before, after = (
            int(self.running[min(max(day - self.start + 1, 0), most)])
            for day in (day_number(first) - 1, day_number(last))
        )
        return max(after - before, 0)


def year_weights(framework: Framework, year_start: date, year_end: date) -> YearWeights:
    """The weight of each day of a year, by the version's method."""
    return _weights_of(framework.header.proration, year_start, year_end)


@lru_cache(maxsize=256)
def _weights_of(proration: Proration, year_start: date, year_end: date) -> YearWeights:
    days = [year_start + timedelta(days=n) for n in range((year_end - year_start).days + 1)]
    months = list(months_between(year_start, year_end))
    if proration.method == "calendar_days":
        weights, whole = [1] * len(days), len(days)
    elif proration.method == "school_days":
        closed = set(proration.closed)
        weights = [
            int(
                day.weekday() < _SATURDAY
                and day not in closed
                and any(t.start <= day <= t.end for t in proration.school_terms)
            )
            for day in days
        ]
        whole = sum(weights)
    elif proration.method == "months":
        counted = {
            m.end if proration.count_day == "last" else m.start.replace(day=int(proration.count_day or 1))
            for m in months
        }
        weights, whole = [int(day in counted) for day in days], len(months)
    else:
        shares: dict[date, Fraction] = {}
        for term in proration.terms:
            shares[term.count_date] = shares.get(term.count_date, Fraction(0)) + term.share
        whole = lcm(*(share.denominator for day, share in shares.items() if year_start <= day <= year_end))
        weights = [int(shares.get(day, Fraction(0)) * whole) for day in days]
        whole = sum(weights)
    running = np.concatenate([[0], np.cumsum(weights, dtype=np.int64)]).astype(np.int64)
    running.flags.writeable = False
    return YearWeights(
        start=day_number(year_start),
        running=running,
        whole=whole,
        ends=np.array([day_number(month.end) for month in months], np.int64),
        last_takes_rest=proration.remainder == "last",
    )


def earned(annual: Ints, weights: YearWeights, start: Ints, upto: Ints) -> Ints:
    """C at ``upto`` for stints from ``start``: round(annual x weight of the days between / whole year)."""
    passed = weights.upto(upto) - weights.upto(start - 1)
    return shares_of(annual, np.maximum(passed, 0), weights.whole)


def month_instalments(
    annual: Ints,
    weights: YearWeights,
    start: Ints,
    end: Ints,
    first: Ints,
    last: Ints,
    spread: Spread | None = None,
    into: Ints | None = None,
) -> Ints:
    """The instalments of stints for each of some months.

    Parameters
    ----------
    annual : what a full year costs. [pence]
    weights : the year that the stints lie in, its whole above 0.
    start, end : each stint's own first and last day. [day numbers]
    first, last : first and last day of each month, cut to the costing period. [day numbers]
    spread : what spreads over the marks of a year, in the form of ``spread_over``.
    into : where to put the instalments, one row a month and one column a stint; else in an array of their own.

    Returns
    -------
    One row a stint, one column a month; 0 where a stint doesn't meet the month. [pence]
    """
    if weights.last_takes_rest:
        found = _instalments_last_takes_rest(annual, weights, start, end, last)
        if into is not None:
            into[:] = found.T
        return found
    before = weights.upto(start - 1)
    marks = weights.upto(np.concatenate([first[:1] - 1, last]))
    parts = np.empty((len(last), len(annual)), np.int64) if into is None else into
    (spread or spread_over)(annual, before, weights.upto(end) - before, marks, weights.whole, parts)
    return parts.T


def spread_over(annual: Ints, before: Ints, within: Ints, marks: Ints, whole: int, parts: Ints) -> None:
    """Spread annual amounts over the parts of a year between some marks.

    With annual = q x whole + r, a share of e in whole is q x e + round(r x e / whole), and the second term comes
    from a small table: one division a stint does for all its months, and no product can wrap.

    Parameters
    ----------
    annual : what a full year costs. [pence]
    before, within : the weight of the year's days before each stint, and in it.
    marks : the weight of the year's days up to each mark, not falling; a part lies between two of them.
    whole : the weight of the whole year, above 0.
    parts : takes the parts, one row a part, one column a stint. [pence]
    """
    quotient, rest = _divided(annual, whole)
    full = (before == 0) & (within >= marks[-1])
    some = np.flatnonzero(~full)
    if 2 * len(some) < len(annual) and whole <= LARGEST_TABLE:
        _spread_full_years(quotient, rest, marks, whole, parts)
        if len(some):
            parts[:, some] = _spread_any(quotient[some], rest[some], before[some], within[some], marks, whole)
    else:
        parts[:] = _spread_any(quotient, rest, before, within, marks, whole)
    negative = annual < 0
    if negative.any():
        parts *= np.where(negative, -1, 1)


def shares_of(annual: Ints, passed: Ints, whole: int) -> Ints:
    """round(annual x passed / whole), halves away from zero, without a product that could wrap."""
    quotient, rest = _divided(annual, whole)
    share = quotient * passed + _rest_shares(rest, passed, whole)
    return np.where(annual < 0, -share, share)


def _divided(annual: Ints, whole: int) -> tuple[Ints, Ints]:
    size = np.abs(annual)
    quotient = size // whole
    return quotient, size - quotient * whole


def _spread_full_years(quotient: Ints, rest: Ints, marks: Ints, whole: int, parts: Ints) -> None:
    """Stints that are there at every mark: each part is the same share of all of them."""
    table = shares_table(whole)
    for part, (earlier, later) in enumerate(zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True)):
        np.multiply(quotient, later - earlier, out=parts[part])
        parts[part] += np.take(table[:, later] - table[:, earlier], rest)


def _spread_any(quotient: Ints, rest: Ints, before: Ints, within: Ints, marks: Ints, whole: int) -> Ints:
    running = np.empty((len(marks), len(quotient)), np.int64)
    for index, mark in enumerate(marks.tolist()):
        passed = np.minimum(np.maximum(mark - before, 0), within)
        np.multiply(quotient, passed, out=running[index])
        running[index] += _rest_shares(rest, passed, whole)
    return np.diff(running, axis=0)


def _rest_shares(rest: Ints, passed: Ints, whole: int) -> Ints:
    """round(rest x passed / whole), where 0 <= rest < whole and 0 <= passed <= whole."""
    if whole <= LARGEST_TABLE:
        return np.take(shares_table(whole).reshape(-1), rest * (whole + 1) + passed)
    if whole < 1 << 31:
        return round_half_away_array(rest * passed, whole)
    exact = [round_half_away(r * p, whole) for r, p in zip(rest.tolist(), passed.tolist(), strict=True)]
    return np.array(exact, np.int64)


@cache
def shares_table(whole: int) -> npt.NDArray[np.int32]:
    """round(r x e / whole) for each rest r below the whole and each weight e up to it."""
    rest, passed = np.arange(whole, dtype=np.int64), np.arange(whole + 1, dtype=np.int64)
    return round_half_away_array(rest[:, None] * passed, whole).astype(np.int32)


def spell_instalments(
    amount: Ints, spell_start: Ints, spell_end: Ints, start: Ints, end: Ints, first: Ints, last: Ints
) -> Ints:
    """The instalments of spells bought by the unit, over calendar days, the year being its own length.

    ``start`` and ``end`` are the stint's days inside the spell; it takes C at its end less C before its start.
    """
    length = spell_end - spell_start + 1
    result = np.empty((len(amount), len(last)), np.int64)

    def at(day: Ints) -> Ints:
        return round_half_away_array(amount * np.clip(day - spell_start + 1, 0, length), length)

    before = at(np.clip(first[0] - 1, start - 1, end))
    for column, day in enumerate(last):
        after = at(np.clip(day, start - 1, end))
        result[:, column] = after - before
        before = after
    return result


@dataclass(frozen=True)
class MonthEarned:
    """One month of a stint: its instalment, and what has been earned since the stint or spell began. [pence]"""

    name: str
    so_far: int
    instalment: int


def month_by_month(
    annual_pence: int,
    weights: YearWeights,
    start: date,
    end: date,
    months: Sequence[Month],
    origin: date | None = None,
) -> list[MonthEarned]:
    """The instalments of one stint in plain integers, for the months that it meets; they follow one another.

    ``origin`` is where the running figure starts: the stint's own first day, or that of the spell it is part of.
    """
    began = origin or start

    def running(day: date) -> int:
        return round_half_away(annual_pence * weights.between(began, day), weights.whole)

    def alone(month: Month) -> int:
        return round_half_away(annual_pence * weights.between(month.start, month.end), weights.whole)

    found: list[MonthEarned] = []
    for month in months:
        first, last = max(month.start, start), min(month.end, end)
        if first > last:
            continue
        so_far = running(last)
        if not weights.last_takes_rest:
            instalment = so_far - (found[-1].so_far if found else running(first - _ONE_DAY))
        elif end > last:
            instalment = alone(Month(month.name, first, last))
        else:
            earlier = list(months_between(start, end))[:-1]
            instalment = so_far - sum(alone(before) for before in earlier)
        found.append(MonthEarned(month.name, so_far, instalment))
    return found


def spell_weights(start: date, end: date) -> YearWeights:
    """A spell bought by the unit as a year of its own length, in calendar days."""
    length = (end - start).days + 1
    ends = np.array([day_number(end)], np.int64)
    return YearWeights(day_number(start), np.arange(length + 1, dtype=np.int64), length, ends, last_takes_rest=False)


def settle_paid_months(due: Mapping[str, int], paid: Mapping[str, int]) -> tuple[dict[str, int], int, int]:
    """Put what is still owed for months already paid into the next open month, without rewriting them.

    Parameters
    ----------
    due : what each month comes to now, in order. [pence]
    paid : what was paid for each of the first months; the months after the last of these are open. [pence]

    Returns
    -------
    The open months as they stand without the difference, the difference that is a line of its own in the first of
    them, and the carry-over where no month is open. Paid + open + difference + carry-over = due. [pence]
    """
    unknown = [month for month in paid if month not in due]
    if unknown:
        raise ValueError(f"paid months outside the period: {', '.join(unknown)}")
    last_paid = max(paid, default="")
    open_months = {month: pence for month, pence in due.items() if month > last_paid}
    difference = sum(pence for month, pence in due.items() if month <= last_paid) - sum(paid.values())
    return (open_months, difference, 0) if open_months else (open_months, 0, difference)


def _instalments_last_takes_rest(annual: Ints, weights: YearWeights, start: Ints, end: Ints, last: Ints) -> Ints:
    """Each month rounded by itself, over the whole stint, and the stint's last month takes what is left."""
    year = np.zeros((len(annual), len(weights.ends)), np.int64)
    month_start = np.concatenate([[weights.start], weights.ends[:-1] + 1])
    total = earned(annual, weights, start, end)
    taken = np.zeros(len(annual), np.int64)
    for column, (month_first, month_last) in enumerate(zip(month_start, weights.ends, strict=True)):
        begins, ends = np.maximum(start, month_first), np.minimum(end, month_last)
        weight = np.maximum(weights.upto(ends) - weights.upto(begins - 1), 0)
        own = shares_of(annual, np.where(ends >= begins, weight, 0), weights.whole)
        is_last = (end >= month_first) & (end <= month_last)
        year[:, column] = np.where(is_last, total - taken, own)
        taken += own
    at = np.searchsorted(weights.ends, last)
    inside = (last >= weights.start) & (last <= weights.ends[-1])
    return np.where(inside, year[:, np.minimum(at, len(weights.ends) - 1)], 0)
