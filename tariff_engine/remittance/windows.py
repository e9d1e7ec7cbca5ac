"""The parts of a period that are compared: the months, or the payments where they come otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from tariff_engine.instalments import day_number
from tariff_engine.money import Ints
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.spans import Span, is_a_month

_ONE_DAY = timedelta(days=1)
_MOST_WINDOWS = 60
_LONGEST, _LEFT_OVER = timedelta(days=190), timedelta(days=2)


@dataclass(frozen=True)
class Windows:
    """Parts of a period one after another, from its first day to the last one that a payment is for.

    Each is named by its month where it is one, else by its days.
    """

    spans: tuple[Span, ...]
    monthly: bool

    def __len__(self) -> int:
        return len(self.spans)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What a person calls each part."""
        return tuple(self.name(at, at) for at in range(len(self)))

    @cached_property
    def lasts(self) -> Ints:
        """The last day of each part. [day numbers]"""
        return np.array([day_number(span.last) for span in self.spans], np.int64)

    def at(self, day: date) -> int:
        """The part that a day is in; the first or last one for a day outside."""
        return min(int(np.searchsorted(self.lasts, day_number(day))), len(self) - 1)

    def name(self, first: int, last: int) -> str:
        """What a person calls the days from one part to another."""
        start, end = self.spans[first].first, self.spans[last].last
        if self.monthly:
            return f"{start:%B %Y}" if first == last else f"{start:%B %Y} to {end:%B %Y}"
        return f"{start.day} {start:%B %Y} to {end.day} {end:%B %Y}"


def windows_of(lines: pl.DataFrame, period: FundingPeriod, until: date | None = None) -> Windows:
    """The parts of a period by which a remittance's payments are compared.

    They are the months, unless most payments are for other days: then they end where those payments end. The last part
    ends where the last payment does, or ``until``.
    """
    inside = lines.filter((pl.col("from") <= period.end) & (pl.col("to") >= period.start))
    spans = [
        Span(max(first, period.start), min(last, period.end)) for first, last in inside.select("from", "to").rows()
    ]
    last = until or max((span.last for span in spans), default=period.end)
    last = min(last, period.end)
    others = [span for span in spans if not is_a_month(span, period)]
    short = {span.last for span in others if span.last - span.first <= _LONGEST and span.last <= last}
    monthly = 2 * len(others) <= len(spans) or not 0 < len(short) <= _MOST_WINDOWS
    if not monthly and period.end - last <= _LEFT_OVER:
        # Thirteen times four weeks are a day or two short of a year; they are the last payment's.
        short, last = {*(day for day in short if day != last), period.end}, period.end
    ends = {month.end for month in period.months if month.end <= last} if monthly else short
    return Windows(tuple(_between(period.start, sorted({*ends, last}))), monthly)


def _between(start: date, ends: Sequence[date]) -> list[Span]:
    starts = [start, *(end + _ONE_DAY for end in ends[:-1])]
    return [Span(first, last) for first, last in zip(starts, ends, strict=True)]
