"""Cut placements into stints: unbroken days under one version, inside one year of its basis, in one phase.

Days are whole numbers since 1 January 1970. All pence are worked out on a stint, so they don't depend on the
period that is asked for; the period only chooses which stints, and which of their months, are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

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

    def __init__(self, nc_year: Ints, known: npt.NDArray[np.bool_], reference_day: Ints) -> None:
        firsts = [phase.from_nc_year for phase in vocabulary().phases.values()]
        if firsts[0] is not None or any(first is None for first in firsts[1:]):
            raise ValueError("the vocabulary's phases must stand in the order of year groups, the first open below")
        self._firsts = [first for first in firsts if first is not None]
        self._phase_count = len(firsts)
        self._all_known = bool(known.all())
        self._known = known
        self._born = academic_years(reference_day) - nc_year

    def on(self, day: Ints, rows: Ints) -> Ints:
        """The index of each row's phase on its day, or NO_PHASE where the year group is blank."""
        group = academic_years(day) - np.take(self._born, rows)
        phase = np.zeros(len(rows), np.int64)
        for first in self._firsts:
            phase += group >= first
        return phase if self._all_known else np.where(np.take(self._known, rows), phase, NO_PHASE)

    def phases(self) -> range:
        """Every phase's index."""
        return range(self._phase_count)

    def span(self, phase: int, rows: Ints) -> tuple[Ints, Ints]:
        """The first and last day of a phase for some placements."""
        start, end = np.full(len(rows), FIRST_DAY, np.int64), np.full(len(rows), LAST_DAY, np.int64)
        born = np.take(self._born, rows)
        if phase > 0:
            start = first_of_academic_year(born + self._firsts[phase - 1])
        if phase < len(self._firsts):
            end = first_of_academic_year(born + self._firsts[phase]) - 1
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
    pieces: list[_Piece] = []
    for index, part in enumerate(parts):
        meets = np.flatnonzero((start <= min(part.end, last)) & (end >= max(part.start, first)))
        begins, ends = np.maximum(start[meets], part.start), np.minimum(end[meets], part.end)
        from_phase, to_phase = phases.on(begins, meets), phases.on(ends, meets)
        changes = from_phase != to_phase
        if not changes.any():
            pieces.append((index, meets, from_phase, begins, ends))
            continue
        pieces.append((index, *(column[~changes] for column in (meets, from_phase, begins, ends))))
        rows, begins, ends = meets[changes], begins[changes], ends[changes]
        for phase in phases.phases():
            phase_start, phase_end = phases.span(phase, rows)
            phase_start, phase_end = np.maximum(begins, phase_start), np.minimum(ends, phase_end)
            kept = (phase_start <= phase_end) & (phase_start <= last) & (phase_end >= first)
            in_phase = np.full(kept.sum(), phase, np.int64)
            pieces.append((index, rows[kept], in_phase, phase_start[kept], phase_end[kept]))
    return _in_order(pieces, len(start))


_Piece = tuple[int, Ints, Ints, Ints, Ints]


def _in_order(pieces: Sequence[_Piece], placements: int) -> Stints:
    """Stints in the order of the placements, from pieces in the order of days, in which a placement stands once.

    Each placement's stints have their places from how many it has, so nothing is sorted.
    """
    if len(pieces) == 1:
        index, rows, phase, start, end = pieces[0]
        return Stints(rows, np.full(len(rows), index, np.int64), phase, start, end)
    number = np.zeros(placements + 1, np.int64)
    for _, rows, *_ in pieces:
        number[rows + 1] += 1
    following = np.cumsum(number)
    columns = tuple(np.empty(int(following[-1]), np.int64) for _ in range(5))
    for index, rows, phase, start, end in pieces:
        at = following[rows]
        following[rows] = at + 1
        whole = (rows, np.full(len(rows), index, np.int64), phase, start, end)
        for column, values in zip(columns, whole, strict=True):
            column[at] = values
    return Stints(*columns)


def academic_years(days: Ints) -> Ints:
    """The calendar year in which each day's academic year began; days from FIRST_DAY to LAST_DAY."""
    return np.take(_academic_year_of_day(), days - FIRST_DAY)


def first_of_academic_year(years: Ints) -> Ints:
    """The first day of each academic year."""
    months = (years - 1970) * 12 + ACADEMIC_YEAR_STARTS_IN - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@cache
def _academic_year_of_day() -> Ints:
    days = np.arange(FIRST_DAY, LAST_DAY + 1)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months - (ACADEMIC_YEAR_STARTS_IN - 1)) // 12 + 1970
