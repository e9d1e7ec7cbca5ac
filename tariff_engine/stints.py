"""Cut placements into stints: unbroken days under one version, inside one year of its basis, in one phase.

Days are whole numbers since 1 January 1970. All pence are worked out on a stint, so they don't depend on the
period that is asked for; the period only chooses which stints, and which of their months, are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tariff_engine.framework import Framework
from tariff_engine.instalments import day_number, day_of
from tariff_engine.money import Ints
from tariff_engine.periods import ACADEMIC_YEAR_STARTS_IN, FundingPeriod
from tariff_engine.vocabulary import vocabulary

NO_VERSION = -1
NO_PHASE = -1
FIRST_DAY = day_number(date(1900, 1, 1))
LAST_DAY = day_number(date(2200, 12, 31))


@dataclass(frozen=True)
class Segment:
    """Days under one version inside one year of its basis; ``version`` is its index, or NO_VERSION."""

    version: int
    start: int
    end: int
    year: tuple[date, date] | None


@dataclass(frozen=True)
class Coverage:
    """Which version every day falls under: pieces in order, each from its start to the next one's."""

    starts: Ints
    versions: Ints

    def version_on(self, days: Ints) -> Ints:
        """The version's index on each day, or NO_VERSION."""
        return self.versions[np.searchsorted(self.starts, days, side="right") - 1]

    def first_covered(self, start: Ints, end: Ints) -> Ints:
        """The first day from ``start`` to ``end`` that a version covers; LAST_DAY where none does."""
        piece = np.searchsorted(self.starts, start, side="right") - 1
        covered = self.versions != NO_VERSION
        following = np.full(len(self.starts) + 1, LAST_DAY, np.int64)
        for index in range(len(self.starts) - 1, -1, -1):
            following[index] = self.starts[index] if covered[index] else following[index + 1]
        first = np.where(covered[piece], start, following[piece + 1])
        return np.where(first <= end, first, LAST_DAY)


def coverage(frameworks: Sequence[Framework], as_if: bool) -> Coverage:
    """The version of each day: in effect, with the latest start; as if, the only one covers every day."""
    if as_if:
        return Coverage(np.array([FIRST_DAY], np.int64), np.zeros(1, np.int64))
    edges = {FIRST_DAY}
    for framework in frameworks:
        edges.add(max(day_number(framework.header.effective_from), FIRST_DAY))
        if framework.header.effective_to is not None:
            edges.add(day_number(framework.header.effective_to) + 1)
    starts: list[int] = []
    versions: list[int] = []
    for edge in sorted(edges):
        day = date.fromordinal(edge + date(1970, 1, 1).toordinal())
        in_effect = [(f.header.effective_from, index) for index, f in enumerate(frameworks) if f.in_effect(day)]
        version = max(in_effect)[1] if in_effect else NO_VERSION
        if not versions or versions[-1] != version:
            starts.append(edge)
            versions.append(version)
    return Coverage(np.array(starts, np.int64), np.array(versions, np.int64))


def segments(frameworks: Sequence[Framework], covered: Coverage, period: FundingPeriod) -> list[Segment]:
    """The segments that meet the period, in order, each with its whole extent."""
    found: list[Segment] = []
    first, last = day_number(period.start), day_number(period.end)
    ends = [*(int(start) - 1 for start in covered.starts[1:]), LAST_DAY]
    for start, end, version in zip(covered.starts.tolist(), ends, covered.versions.tolist(), strict=True):
        if version == NO_VERSION:
            if start <= last and end >= first:
                found.append(Segment(NO_VERSION, start, end, None))
            continue
        day = max(start, first)
        while day <= min(end, last):
            year = frameworks[version].header.year_basis.year_of(day_of(day))
            year_end = day_number(year[1])
            found.append(Segment(version, max(start, day_number(year[0])), min(end, year_end), year))
            day = year_end + 1
    return found


@dataclass(frozen=True)
class Stints:
    """Stints as columns, in the order of the placements and then of their days.

    Attributes
    ----------
    row : which placement. segment : which segment. phase : index of the phase, or NO_PHASE.
    start, end : the stint's own first and last day.
    """

    row: Ints
    segment: Ints
    phase: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.row)


class PhaseCalendar:
    """The phase of each placement on any day, from its year group on its reference day.

    ``nc_year`` is the year group on the first day of the period, or on the start date if that is later.
    """

    def __init__(self, nc_year: Ints, known: np.ndarray[tuple[int], np.dtype[np.bool_]], reference_day: Ints) -> None:
        self._known = known
        born = academic_years(reference_day) - nc_year
        phases = list(vocabulary().phases.values())
        firsts = [phase.from_nc_year for phase in phases]
        if firsts[0] is not None or any(first is None for first in firsts[1:]):
            raise ValueError("the vocabulary's phases must stand in the order of year groups, the first open below")
        self.cuts = [first_of_academic_year(born + first) for first in firsts if first is not None]

    def on(self, day: Ints, rows: Ints) -> Ints:
        """The index of each row's phase on its day, or NO_PHASE where the year group is blank."""
        phase = np.zeros(len(rows), np.int64)
        for cut in self.cuts:
            phase += day >= cut[rows]
        return np.where(self._known[rows], phase, NO_PHASE)

    def span(self, phase: int) -> tuple[Ints | int, Ints | int]:
        """The first and last day of a phase for every placement."""
        start = FIRST_DAY if phase == 0 else self.cuts[phase - 1]
        end = LAST_DAY if phase == len(self.cuts) else self.cuts[phase] - 1
        return start, end


def cut_stints(
    start: Ints, end: Ints, phases: PhaseCalendar, parts: Sequence[Segment], period: FundingPeriod
) -> Stints:
    """The stints of every placement that meet the period.

    Parameters
    ----------
    start, end : each placement's first and last day; LAST_DAY where it goes on.
    """
    first, last = day_number(period.start), day_number(period.end)
    columns: list[tuple[Ints, ...]] = []
    for index, part in enumerate(parts):
        meets = np.flatnonzero((start <= min(part.end, last)) & (end >= max(part.start, first)))
        begins, ends = np.maximum(start[meets], part.start), np.minimum(end[meets], part.end)
        from_phase, to_phase = phases.on(begins, meets), phases.on(ends, meets)
        one = from_phase == to_phase
        columns.append((meets[one], np.full(one.sum(), index), from_phase[one], begins[one], ends[one]))
        changes = np.flatnonzero(~one)
        rows = meets[changes]
        for phase in range(len(phases.cuts) + 1):
            low, high = phases.span(phase)
            phase_start = np.maximum(begins[changes], low if isinstance(low, int) else low[rows])
            phase_end = np.minimum(ends[changes], high if isinstance(high, int) else high[rows])
            kept = (phase_start <= phase_end) & (phase_start <= last) & (phase_end >= first)
            columns.append(
                (
                    rows[kept],
                    np.full(kept.sum(), index),
                    np.full(kept.sum(), phase),
                    phase_start[kept],
                    phase_end[kept],
                )
            )
    joined = (
        [np.concatenate(column).astype(np.int64) for column in zip(*columns, strict=True)]
        if columns
        else [np.empty(0, np.int64)] * 5
    )
    order = np.lexsort((joined[3], joined[0]))
    return Stints(*(column[order] for column in joined))


def academic_years(days: Ints) -> Ints:
    """The calendar year in which each day's academic year began."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months - (ACADEMIC_YEAR_STARTS_IN - 1)) // 12 + 1970


def first_of_academic_year(years: Ints) -> Ints:
    """The first day of each academic year."""
    months = (years - 1970) * 12 + ACADEMIC_YEAR_STARTS_IN - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
