"""From a year's price to months."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import lru_cache

from .calendars import ONE_DAY, Month, Stint, days_in, last_of_month, months_between, year_holding
from .exact import round_half_away
from .rules import Version


def instalments(annual: int, stint: Stint, months: tuple[Month, ...]) -> list[int]:
    """What a stint pays in each month, for one child at an annual price. [pence]

    The stint is whole, so the months of a costing period are read off it and never worked out anew.
    """
    if _plan_remainder(stint) == "last":
        return [_remainder_last(annual, stint, month) for month in months]
    return [
        _cumulative(annual, stint, month.last) - _cumulative(annual, stint, month.first - ONE_DAY) for month in months
    ]


def spell_instalments(amount: int, start: date, end: date, stint: Stint, months: tuple[Month, ...]) -> list[int]:
    """What a stint of a commissioned spell pays in each month: the spell's amount by its own days. [pence]"""
    year = days_in(start, end)

    def cumulative(day: date) -> int:
        """C for the whole spell, read no earlier and no later than the stint's own days."""
        inside = max(stint.first - ONE_DAY, min(day, stint.last))
        return round_half_away(Fraction(amount * days_in(start, inside), year))

    return [cumulative(month.last) - cumulative(month.first - ONE_DAY) for month in months]


def share_of_year(stint: Stint, first: date, last: date) -> Fraction:
    """The part of a year's price that falls on some days of a stint, by the version's method."""
    version = _version(stint)
    plan = version.proration
    year_first, year_last = year_holding(stint.first, version.year_basis)
    if plan.method == "school_days":
        year = school_days_in(version, year_first, year_last)
        return Fraction(school_days_in(version, first, last), year)
    if plan.method == "months":
        return Fraction(_months_counted(plan.count_day, first, last), 12)
    if plan.method == "terms":
        # The stint lies in one year of the basis, so only that year's terms can have count dates in it.
        shares = (term.share for term in plan.terms if first <= term.count_date <= last)
        return sum(shares, Fraction(0))
    return Fraction(days_in(first, last), days_in(year_first, year_last))


def has_calendar(stint: Stint) -> bool:
    """Whether the version's terms reach the stint's year; other methods need none."""
    version = _version(stint)
    year_first, year_last = year_holding(stint.first, version.year_basis)
    if version.proration.method == "school_days":
        return school_days_in(version, year_first, year_last) > 0
    if version.proration.method == "terms":
        return any(year_first <= term.count_date <= year_last for term in version.proration.terms)
    return True


@lru_cache(maxsize=100_000)
def school_days_in(version: Version, first: date, last: date) -> int:
    """School days from one day to another: weekdays inside a school term that are not closed. [days]"""
    days: set[date] = set()
    for start, end in version.proration.school_terms:
        day = max(start, first)
        while day <= min(end, last):
            if day.weekday() < 5 and day not in version.proration.closed:
                days.add(day)
            day += ONE_DAY
    return len(days)


def _cumulative(annual: int, stint: Stint, day: date) -> int:
    """C at the end of a day: the rounded share of the stint's days up to it."""
    if day < stint.first:
        return 0
    return round_half_away(annual * share_of_year(stint, stint.first, min(day, stint.last)))


def _remainder_last(annual: int, stint: Stint, month: Month) -> int:
    """One month under `last`: its own rounded share, or in the stint's last month what is left."""
    first, last = max(month.first, stint.first), min(month.last, stint.last)
    if first > last:
        return 0
    if last < stint.last:
        return round_half_away(annual * share_of_year(stint, first, last))
    before = months_between(stint.first, first - ONE_DAY)
    paid = sum(round_half_away(annual * share_of_year(stint, m.first, m.last)) for m in before)
    return round_half_away(annual * share_of_year(stint, stint.first, stint.last)) - paid


def _months_counted(count_day: int | str, first: date, last: date) -> int:
    """Months whose count day is among some days."""
    counted = 0
    for month in months_between(first, last):
        end = last_of_month(month.first)
        day = end if count_day == "last" else end.replace(day=int(count_day))
        counted += first <= day <= last
    return counted


def _plan_remainder(stint: Stint) -> str:
    plan = _version(stint).proration
    return plan.remainder if plan.method in ("calendar_days", "school_days") else "spread"


def _version(stint: Stint) -> Version:
    assert stint.version is not None
    return stint.version
