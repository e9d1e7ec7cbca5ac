"""Days: costing periods, the years of a basis, phases, which version covers a day, and stints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from .rules import Version

ONE_DAY = timedelta(days=1)
_FIRST_MONTH = {"financial": 4, "academic": 9}
_PHASES = (("early_years", -99, -1), ("primary", 0, 6), ("secondary", 7, 11), ("post16", 12, 99))


class PeriodRefusedError(ValueError):
    """The period can't be costed under a chosen version's rule for months."""


@dataclass(frozen=True)
class Month:
    """A month of a costing period, or the part of it that the period holds; both ends included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Period:
    """A costing period, both ends included."""

    start: date
    end: date

    @property
    def months(self) -> tuple[Month, ...]:
        """The months that meet the period, cut to it."""
        return months_between(self.start, self.end)


@dataclass(frozen=True)
class Run:
    """An unbroken run of days that one version covers; None where no chosen version does."""

    first: date
    last: date
    version: Version | None


@dataclass(frozen=True)
class Stint:
    """A placement's unbroken run of days under one version, in one year of its basis and one phase."""

    first: date
    last: date
    version: Version | None
    phase: str


def parse_period(text: str) -> Period:
    """Read ``FY2025-26``, ``AY2025-26`` or ``2025-04-01..2026-03-31``."""
    if match := re.fullmatch(r"(FY|AY)(\d{4})-(\d{2})", text):
        basis = "financial" if match[1] == "FY" else "academic"
        return Period(*year_holding(date(int(match[2]), 12, 1), basis))
    start, end = text.split("..")
    return Period(date.fromisoformat(start), date.fromisoformat(end))


def check_period(period: Period, versions: tuple[Version, ...]) -> None:
    """Refuse a period that isn't at month ends where a rule for months can't cut a month."""
    whole = period.start.day == 1 and (period.end + ONE_DAY).day == 1
    for version in versions:
        plan = version.proration
        if not whole and (plan.method in ("months", "terms") or plan.remainder == "last"):
            raise PeriodRefusedError(f"version {version.version} needs a period at month ends")


def months_between(first: date, last: date) -> tuple[Month, ...]:
    """The calendar months from one day to another, the first and last cut to those days."""
    months = []
    day = first
    while day <= last:
        end = min(last_of_month(day), last)
        months.append(Month(f"{day.year:04d}-{day.month:02d}", day, end))
        day = end + ONE_DAY
    return tuple(months)


def last_of_month(day: date) -> date:
    """The last day of a day's month."""
    if day.month == 12:
        return date(day.year, 12, 31)
    return date(day.year, day.month + 1, 1) - ONE_DAY


def year_holding(day: date, basis: str) -> tuple[date, date]:
    """First and last day of the financial (1 April) or academic (1 September) year that holds a day."""
    month = _FIRST_MONTH[basis]
    start_year = day.year if day.month >= month else day.year - 1
    return date(start_year, month, 1), date(start_year + 1, month, 1) - ONE_DAY


def days_in(first: date, last: date) -> int:
    """Days from one to another, both counted; 0 where the second is earlier. [days]"""
    return max(0, (last - first).days + 1)


def covering_runs(versions: tuple[Version, ...], as_if: bool) -> tuple[Run, ...]:
    """Every day there is, cut into runs: each day goes to the version in effect with the latest start."""
    if as_if:
        (only,) = versions
        return (Run(date.min, date.max, only),)
    starts = {date.min} | {version.effective_from for version in versions}
    starts |= {v.effective_to + ONE_DAY for v in versions if v.effective_to < date.max}
    ordered = sorted(starts)
    runs: list[Run] = []
    for number, first in enumerate(ordered):
        last = ordered[number + 1] - ONE_DAY if number + 1 < len(ordered) else date.max
        version = _version_on(first, versions)
        if runs and runs[-1].version is version:
            runs[-1] = Run(runs[-1].first, last, version)
        else:
            runs.append(Run(first, last, version))
    return tuple(runs)


def run_holding(day: date, runs: tuple[Run, ...]) -> Run:
    """The run that a day lies in."""
    return next(run for run in runs if run.first <= day <= run.last)


def first_covered_day(start: date, end: date | None, runs: tuple[Run, ...]) -> date | None:
    """The first day of a spell that a chosen version covers, inside the costing period or not."""
    for run in runs:
        day = max(run.first, start)
        if run.version is not None and day <= run.last and (end is None or day <= end):
            return day
    return None


def phase_span(day: date, nc_year: int | None, known_on: date) -> tuple[str, date, date]:
    """The phase on a day with the first and last day of it, for a year group that is known on some day.

    The year group rises each 1 September; a blank year group has no phase and never changes.
    """
    if nc_year is None:
        return "", date.min, date.max
    known_september = year_holding(known_on, "academic")[0].year
    group = nc_year + year_holding(day, "academic")[0].year - known_september
    phase, lowest, highest = next(item for item in _PHASES if item[1] <= group <= item[2])
    first = date(known_september + lowest - nc_year, 9, 1) if lowest > -99 else date.min
    last = date(known_september + highest - nc_year + 1, 8, 31) if highest < 99 else date.max
    return phase, first, last


def stints_in(period: Period, start: date, end: date | None, nc_year: int | None, runs: tuple[Run, ...]) -> list[Stint]:
    """The stints of a spell that meet the period, whole: they may begin before it and end after it."""
    stints = []
    known_on = max(period.start, start)
    spell_end = end or date.max
    day = max(period.start, start)
    while day <= min(period.end, spell_end):
        run = run_holding(day, runs)
        phase, phase_first, phase_last = phase_span(day, nc_year, known_on)
        first, last = max(start, run.first, phase_first), min(spell_end, run.last, phase_last)
        # reading: a stint under no version has no basis, so no year end cuts it; a change of phase does.
        if run.version is not None:
            year_first, year_last = year_holding(day, run.version.year_basis)
            first, last = max(first, year_first), min(last, year_last)
        stints.append(Stint(first, last, run.version, phase))
        if last == date.max:
            break
        day = last + ONE_DAY
    return stints


def _version_on(day: date, versions: tuple[Version, ...]) -> Version | None:
    in_effect = [v for v in versions if v.effective_from <= day <= v.effective_to]
    return max(in_effect, key=lambda v: v.effective_from, default=None)
