"""Funding periods and the two calendars: financial years from 1 April, academic years from 1 September."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from tariff_engine.errors import PeriodError

EARLIEST = date(1950, 1, 1)
LATEST = date(2150, 12, 31)
MOST_MONTHS = 120
ACADEMIC_YEAR_STARTS_IN = 9

_YEAR = re.compile(r"(FY|AY)(\d{4})-(\d{2})", re.ASCII)
_PAIR = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
_ONE_DAY = timedelta(days=1)


class YearBasis(StrEnum):
    """The calendar that a version's annual rates are for."""

    FINANCIAL = "financial"
    ACADEMIC = "academic"

    @property
    def first_month(self) -> int:
        """The month (1 to 12) on whose first day the year begins."""
        return 4 if self is YearBasis.FINANCIAL else ACADEMIC_YEAR_STARTS_IN

    def year_of(self, day: date) -> tuple[date, date]:
        """The first and last day of the year that holds ``day``."""
        start_year = day.year if day.month >= self.first_month else day.year - 1
        start = date(start_year, self.first_month, 1)
        return start, date(start_year + 1, self.first_month, 1) - _ONE_DAY


@dataclass(frozen=True)
class Month:
    """A calendar month, or the part of it inside a period. Both days are included."""

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class FundingPeriod:
    """The days that a costing covers, both ends included.

    Parameters
    ----------
    name : ``FY2025-26``, ``AY2025-26``, or the pair of dates itself.
    start, end : first and last day.
    """

    name: str
    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodError(f"Period {self.name}: it ends before it starts.")
        if self.start < EARLIEST or self.end > LATEST:
            raise PeriodError(f"Period {self.name}: dates run from {EARLIEST} to {LATEST}.")
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        if months > MOST_MONTHS:
            raise PeriodError(f"Period {self.name}: it has {months} months, and the most is {MOST_MONTHS}.")

    @classmethod
    def parse(cls, text: str) -> FundingPeriod:
        """Read ``FY2025-26``, ``AY2025-26`` or ``2025-04-01..2026-03-31``."""
        body = text.strip()
        if year := _YEAR.fullmatch(body):
            kind, first, second = year.groups()
            following = f"{(int(first) + 1) % 100:02d}"
            if second != following:
                raise PeriodError(
                    f"Period {body!r}: the two years must follow each other, as in {kind}{first}-{following}."
                )
            basis = YearBasis.FINANCIAL if kind == "FY" else YearBasis.ACADEMIC
            if not EARLIEST.year <= int(first) < LATEST.year:
                raise PeriodError(f"Period {body!r}: dates run from {EARLIEST} to {LATEST}.")
            return cls(body, *basis.year_of(date(int(first), basis.first_month, 1)))
        if pair := _PAIR.fullmatch(body):
            try:
                start, end = (date.fromisoformat(part) for part in pair.groups())
            except ValueError:
                raise PeriodError(f"Period {body!r}: one of the dates does not exist.") from None
            return cls(body, start, end)
        raise PeriodError(f"Period {body!r}: expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31.")

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """The calendar months that the period meets, in order, each cut to the period."""
        return tuple(months_between(self.start, self.end))

    @property
    def is_whole_months(self) -> bool:
        """Whether the period starts on the first and ends on the last day of a month."""
        return self.start.day == 1 and self.end.day == monthrange(self.end.year, self.end.month)[1]


def months_between(start: date, end: date) -> Iterable[Month]:
    """Each calendar month that meets the days from ``start`` to ``end``, cut to them."""
    day = start
    while day <= end:
        last = date(day.year, day.month, monthrange(day.year, day.month)[1])
        yield Month(f"{day.year:04d}-{day.month:02d}", day, min(last, end))
        day = last + _ONE_DAY


def academic_year(day: date) -> int:
    """The calendar year in which the academic year that holds ``day`` began."""
    return day.year if day.month >= ACADEMIC_YEAR_STARTS_IN else day.year - 1
