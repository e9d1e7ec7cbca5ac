"""The days that a payment is for: read from a month, a period's number, a date, a term, or two dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from tariff_engine.cells import read_date
from tariff_engine.periods import EARLIEST, LATEST, FundingPeriod, Month
from tariff_engine.remittance.headings import headings

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORD = (
    r"(jan|january|feb|february|mar|march|apr|april|may|jun|june|jul|july|aug|august|sep|sept|september|oct|october"
    r"|nov|november|dec|december)"
)
_NAMED = re.compile(rf"(?<![a-z]){_MONTH_WORD}(?![a-z])[\s'./_-]*(\d{{4}}|\d{{2}})?(?!\d)")
_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}})[\s./_-]+{_MONTH_WORD}(?![a-z])")
_NUMERIC = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})|(\d{4})(\d{2})")
_NUMBERED = re.compile(
    r"(?:\d{2,4}[/-]\d{2,4}\s+)?(?:p|pd|per|period|m|mth|month|instalment|payment|four[ -]week(?:ly)?(?: period)?"
    r"|4[ -]week(?:ly)?(?: period)?)\s*(?:no\.?\s*)?0?(\d{1,2})(?:\s+\d{2,4}[/-]\d{2,4})?"
)
_DAY = (
    rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[\s-]+{_MONTH_WORD}[\s-]+\d{{4}})"
)
_RANGE = re.compile(rf"({_DAY})\s*(?:-|to|until|/)\s*({_DAY})")
_ONE_DAY = re.compile(_DAY)
_WRITTEN = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH_WORD}[\s-]+(\d{{4}})")
_ENDING = re.compile(r"week|w/e|\bwe\b|4w")
_TERM = re.compile(r"(autumn|spring|summer)(?:\s+term)?\s*(\d{4}|\d{2})?(?:\s*[/-]\s*\d{2,4})?")
_QUARTER = re.compile(r"(?:q|quarter\s*)([1-4])(?:\s+\d{2,4}[/-]\d{2,4})?")
_DASHES = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-"})
_FOUR_WEEKS, _STEPS = 28, (7, 14, 28)
_DAY_LONG = timedelta(days=1)
_MONTHS_A_YEAR = 12
_CENTURY = 2000

Kind = Literal["month", "number", "four weeks", "date", "ending", "range", "term", "quarter"]


@dataclass(frozen=True)
class Label:
    """What a text says about a period, before it is known what the others of its remittance say.

    ``number`` is that of a month, a period or a quarter; ``year`` is 0 where none is given.
    """

    kind: Kind
    number: int = 0
    year: int = 0
    first: date = EARLIEST
    last: date = EARLIEST
    name: str = ""


@dataclass(frozen=True)
class Span:
    """The days that a payment is for, both included."""

    first: date
    last: date


@lru_cache(maxsize=4096)
def find_label(text: str) -> Label | None:
    """What a text, such as a header or a cell, says about a period; None where it says nothing of one."""
    body = " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).casefold().split())
    if not body or len(body) > _LONGEST:
        return None
    for find in (_range, _date, _numbered, _term, _month):
        label = find(body)
        if label is not None:
            return label
    return None


_LONGEST = 80


@dataclass(frozen=True)
class Calendar:
    """How the labels of one remittance are read: all of them together say whether it is paid every few weeks.

    ``step`` is the days from one payment to the next, 0 where they are months; ``dates_end`` whether a date is the last
    day that its payment is for, and not the first.
    """

    period: FundingPeriod
    step: int
    dates_end: bool

    @classmethod
    def of(cls, labels: Collection[Label], period: FundingPeriod) -> Calendar:
        """Tell the rhythm from every label of a remittance."""
        dates = sorted({label.last for label in labels if label.kind in ("date", "ending")})
        step = _step(dates)
        numbers = [label.number for label in labels if label.kind == "number"]
        if not step and numbers and max(numbers) > _MONTHS_A_YEAR:
            step = _FOUR_WEEKS
        starts = bool(dates) and dates[0] == period.start
        return cls(period, step, not starts)

    def span(self, label: Label) -> Span | None:
        """The days that a label stands for, or None where the period has no such days."""
        if label.kind == "range":
            return Span(label.first, label.last)
        if label.kind in ("date", "ending"):
            return self._dated(label)
        if label.kind == "number" and not self.step:
            return self._numbered_month(label.number)
        if label.kind in ("number", "four weeks"):
            return self._four_weeks(label.number)
        if label.kind == "quarter":
            months = [self._numbered_month(3 * label.number - back) for back in (2, 1, 0)]
            first, last = months[0], months[-1]
            return Span(first.first, last.last) if first and last else None
        if label.kind == "term":
            return self._term(label)
        return self._month(label.number, label.year)

    def _dated(self, label: Label) -> Span:
        step = self.step or (_FOUR_WEEKS if label.kind == "ending" else 0)
        if not step:
            return _whole_month(label.last)
        length = timedelta(days=step - 1)
        ends = self.dates_end or label.kind == "ending"
        return Span(label.last - length, label.last) if ends else Span(label.last, label.last + length)

    def _numbered_month(self, number: int) -> Span | None:
        months = self.period.months
        return _of(months[number - 1]) if 1 <= number <= len(months) else None

    def _four_weeks(self, number: int) -> Span | None:
        step = timedelta(days=_FOUR_WEEKS)
        first = self.period.start + step * (number - 1)
        last = first + step - _DAY_LONG
        if number < 1 or first > self.period.end:
            return None
        # A year is a day or two longer than thirteen times four weeks; they are the last payment's.
        return Span(first, self.period.end if self.period.end - last < timedelta(days=7) else last)

    def _month(self, number: int, year: int) -> Span | None:
        if year:
            return _whole_month(date(year, number, 1))
        found = [month for month in self.period.months if month.start.month == number]
        return _whole_month(found[0].start) if len(found) == 1 else None

    def _term(self, label: Label) -> Span | None:
        first, last = headings().terms[label.name]
        years = {month.start.year for month in self.period.months} if not label.year else {label.year}
        spans = [Span(date(year, first, 1), _whole_month(date(year, last, 1)).last) for year in sorted(years)]
        inside = [span for span in spans if span.first <= self.period.end and span.last >= self.period.start]
        return inside[0] if len(inside) == 1 else spans[0] if len(spans) == 1 else None


def _of(month: Month) -> Span:
    return Span(month.start, month.end)


def _whole_month(day: date) -> Span:
    following = date(day.year + day.month // _MONTHS_A_YEAR, day.month % _MONTHS_A_YEAR + 1, 1)
    return Span(day.replace(day=1), following - _DAY_LONG)


def is_a_month(span: Span, period: FundingPeriod) -> bool:
    """Whether a span is a calendar month, or the part of one that the period has."""
    cut = (max(span.first, period.start), min(span.last, period.end))
    return span == _whole_month(span.first) or any((month.start, month.end) == cut for month in period.months)


def _step(dates: Sequence[date]) -> int:
    """The days between payments that come every week, every two or every four; 0 where the dates are months."""
    gaps = [(later - earlier).days for earlier, later in pairwise(dates)]
    if not gaps or min(gaps) not in _STEPS or any(gap % min(gaps) for gap in gaps):
        return 0
    # From February to March is four weeks too.
    by_month = len({day.day for day in dates}) == 1 or all((day + _DAY_LONG).day == 1 for day in dates)
    return 0 if by_month else min(gaps)


def _range(text: str) -> Label | None:
    found = _RANGE.search(text)
    if found is None:
        return None
    first, last = _day(found[1]), _day(found[3])
    return Label("range", first=first, last=last) if first and last and first <= last else None


def _date(text: str) -> Label | None:
    found = _ONE_DAY.search(text)
    if found is None:
        return None
    day = _day(found[0])
    if day is None:
        return None
    return Label("ending" if _ENDING.search(text[: found.start()]) else "date", first=day, last=day)


def _numbered(text: str) -> Label | None:
    found = _NUMBERED.fullmatch(text)
    if found is not None:
        weekly = "week" in text
        return Label("four weeks" if weekly else "number", number=int(found[1]))
    found = _QUARTER.fullmatch(text)
    return Label("quarter", number=int(found[1])) if found else None


def _term(text: str) -> Label | None:
    found = _TERM.search(text)
    return Label("term", name=found[1], year=_year(found[2])) if found else None


def _month(text: str) -> Label | None:
    if found := _NUMERIC.fullmatch(text):
        year, month = (int(part) for part in (found[1] or found[4] or found[5], found[2] or found[3] or found[6]))
        valid = 1 <= month <= _MONTHS_A_YEAR and EARLIEST.year <= year <= LATEST.year
        return Label("month", number=month, year=year) if valid else None
    if found := _YEAR_FIRST.search(text):
        return Label("month", number=_MONTHS.index(found[2][:3]) + 1, year=_year(found[1]))
    found = _NAMED.search(text)
    return Label("month", number=_MONTHS.index(found[1][:3]) + 1, year=_year(found[2])) if found else None


def _year(text: str | None) -> int:
    """A year of two or four digits, or 0; one that the calendar doesn't have counts as none."""
    year = int(text or 0)
    year += _CENTURY if 0 < year < _CENTURY // 20 else 0
    return year if EARLIEST.year <= year <= LATEST.year else 0


def _day(text: str) -> date | None:
    if found := _WRITTEN.fullmatch(text):
        text = f"{int(found[3]):04d}-{_MONTHS.index(found[2][:3]) + 1:02d}-{int(found[1]):02d}"
    try:
        day: date = read_date(text).value
    except ValueError:
        return None
    return day
