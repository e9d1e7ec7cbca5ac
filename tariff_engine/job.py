"""What pricing reads and what it fills in: a caseload cut into stints, and the price of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tariff_engine.compiled import CompiledVersion
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.instalments import day_number
from tariff_engine.money import MAX_YEAR_PENCE, Ints, show_pounds
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import Mask, Placements
from tariff_engine.stints import LAST_DAY, Coverage, PhaseCalendar, Segment, Stints, coverage, cut_stints, segments


@dataclass
class Priced:
    """What each stint comes to; ``known`` is False where it has no price, and its amounts then mean nothing.

    ``rules`` is the version that prices the stint: its own, or that of the first day of a spell bought by the
    unit. ``place_value`` is -1 where there is no place rate.
    """

    known: Mask
    rules: Ints
    phase: Ints
    band_assessed: Ints
    band: Ints
    from_panel: Mask
    tariff: Ints
    top_up: Ints
    uplifts: Ints
    annual: Ints
    over_limit: Ints
    place_value: Ints
    by_unit: Mask
    months: Ints


@dataclass(frozen=True)
class Job:
    """Everything that pricing reads: the caseload, its stints, and the versions' rules."""

    placements: Placements
    stints: Stints
    segments: Sequence[Segment]
    versions: Sequence[CompiledVersion]
    covered: Coverage
    phases: PhaseCalendar
    period: FundingPeriod
    log: FindingsLog

    def note(self, code: str, stints: Ints, column: str, message: str | Sequence[str], show: str | None = None) -> None:
        """Add a finding for each of some stints, with the cell of a column as its value."""
        if not len(stints):
            return
        rows = self.stints.row[stints]
        cells = self.placements.as_given(show, rows) if show else None
        self.log.add(code, self.placements.visible_rows(rows), column, message, cells)


def job_of(
    placements: Placements, frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool, log: FindingsLog
) -> Job:
    """Cut a caseload into stints under the versions of its days, ready to be priced."""
    covered = coverage(frameworks, as_if)
    parts = segments(frameworks, covered, period)
    start, end = placements.ints("start_date"), placements.ints("end_date", LAST_DAY)
    reference = np.maximum(start, day_number(period.start))
    phases = PhaseCalendar(placements.ints("nc_year", 0), placements.filled("nc_year"), reference)
    stints = cut_stints(start, end, phases, parts, period)
    versions = [CompiledVersion(version, placements) for version in frameworks]
    return Job(placements, stints, parts, versions, covered, phases, period, log)


def refuse_too_large(job: Job, at: Ints, priced: Priced, amount: Ints) -> None:
    """Take the price from stints whose amount is beyond what one child's year can be. [pence]"""
    large = at[priced.known[at] & (np.abs(amount[at]) > MAX_YEAR_PENCE)]
    job.note(
        "amount_too_large", large, "provision", f"one child's year comes to more than {show_pounds(MAX_YEAR_PENCE)}"
    )
    priced.known[large] = False
