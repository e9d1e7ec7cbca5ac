"""What pricing reads and what it fills in: a caseload cut into stints, and the price of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tariff_engine.columns import Column, placement_columns
from tariff_engine.compiled import BLANK_BAND, NO_ROW, CompiledVersion, RulesForCaseload
from tariff_engine.encoding import EncodedCaseload, Mask
from tariff_engine.errors import PeriodError
from tariff_engine.fast.months import compiled_spread
from tariff_engine.framework import Framework
from tariff_engine.instalments import Spread, day_number
from tariff_engine.money import Ints
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import need_columns
from tariff_engine.stints import (
    NO_VERSION,
    Coverage,
    PhaseCalendar,
    Segment,
    Stints,
    coverage,
    cut_stints,
    segments,
)

Flags = npt.NDArray[np.int32]


class Said(IntFlag):
    """What is to be said of a stint, in the order in which it is said."""

    NO_VERSION = 1 << 0
    NEED_MISSING = 1 << 1
    NEED_MISSING_PANEL = 1 << 2
    BAND_DIFFERS = 1 << 3
    BAND_NOT_IN_VERSION = 1 << 4
    BAND_NOT_PERMITTED = 1 << 5
    PHASE_MISSING = 1 << 6
    NO_RATE_FOR_NONE = 1 << 7
    NO_TARIFF = 1 << 8
    NO_HOURS = 1 << 9
    NO_AREA_COST = 1 << 10
    NO_AGREED_PRICE = 1 << 11
    ESTIMATED = 1 << 12
    AGREED_PRICE_IGNORED = 1 << 13
    UNITS_IGNORED = 1 << 14
    TOP_UP_TOO_LARGE = 1 << 15
    UPLIFT_ON_UNITS = 1 << 16
    UPLIFT_REPEATED = 1 << 17
    UPLIFT_FOR_OTHERS = 1 << 18
    UNKNOWN_UPLIFT = 1 << 19
    YEAR_TOO_LARGE = 1 << 20
    NO_REASON = 1 << 21
    NOBODY_NAMED = 1 << 22
    OPEN_ENDED = 1 << 23
    SPELL_TOO_LARGE = 1 << 24
    NO_TERMS = 1 << 25


NO_PRICE = (
    Said.NO_VERSION
    | Said.NEED_MISSING
    | Said.NO_TARIFF
    | Said.NO_HOURS
    | Said.NO_AREA_COST
    | Said.NO_AGREED_PRICE
    | Said.TOP_UP_TOO_LARGE
    | Said.UNKNOWN_UPLIFT
    | Said.YEAR_TOO_LARGE
    | Said.OPEN_ENDED
    | Said.SPELL_TOO_LARGE
    | Said.NO_TERMS
)
"""What leaves a stint without a price."""


@dataclass(frozen=True)
class Priced:
    """What each stint comes to; where ``known`` is False it has no price, and its amounts mean nothing.

    Attributes
    ----------
    said : what is to be said of it, as Said.
    rules : the version that prices it: its own, or that of the first day of a spell bought by the unit.
    phase : the phase that its rate is for.
    band_assessed, band : indexes into the version's bands, or a code of compiled.py. tariff : row, or NO_ROW.
    top_up, uplifts, annual, over_limit, place_value : a full year of one child; no place rate is -1. [pence]
    months : one row a month of the period, one column a stint. [pence]
    """

    said: Flags
    rules: Ints
    phase: Ints
    by_unit: Mask
    band_assessed: Ints
    band: Ints
    tariff: Ints
    top_up: Ints
    uplifts: Ints
    annual: Ints
    over_limit: Ints
    place_value: Ints
    months: Ints

    @property
    def known(self) -> Mask:
        """Which stints have a price."""
        priced: Mask = (self.said & NO_PRICE) == 0
        return priced

    @classmethod
    def blank(cls, rules: Ints, phase: Ints, months: int) -> Priced:
        """Nothing priced yet."""
        count = len(rules)

        def filled(value: int = 0) -> Ints:
            return np.full(count, value, np.int64)

        return cls(
            said=np.where(rules == NO_VERSION, np.int32(Said.NO_VERSION), np.int32(0)),
            rules=rules.copy(),
            phase=phase.copy(),
            by_unit=np.zeros(count, bool),
            band_assessed=filled(BLANK_BAND),
            band=filled(BLANK_BAND),
            tariff=filled(NO_ROW),
            top_up=filled(),
            uplifts=filled(),
            annual=filled(),
            over_limit=filled(),
            place_value=filled(-1),
            months=np.zeros((months, count), np.int64),
        )


@dataclass(frozen=True)
class CompiledRules:
    """The versions that a period falls under, as tables, and the days that each of them covers."""

    versions: Sequence[CompiledVersion]
    covered: Coverage
    segments: Sequence[Segment]
    period: FundingPeriod
    as_if: bool = False

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns of placements that the versions read."""
        return [*placement_columns().values(), *need_columns([version.framework for version in self.versions])]

    @cached_property
    def month_days(self) -> tuple[Ints, Ints]:
        """The first and the last day of each of the period's months, cut to the period."""
        first = [day_number(month.start) for month in self.period.months]
        return np.array(first, np.int64), np.array([day_number(month.end) for month in self.period.months], np.int64)


def compile_rules(frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool = False) -> CompiledRules:
    """Compile versions for a period; ``as_if`` lets the only one cover every day.

    Raises
    ------
    PeriodError : the period cuts a month that a version can't.
    """
    covered = coverage(frameworks, as_if)
    parts = segments(frameworks, covered, period)
    for version in sorted({part.version for part in parts if part.version >= 0}):
        proration, name = frameworks[version].header.proration, frameworks[version].name
        if proration.needs_whole_months and not period.is_whole_months:
            how = f"the method {proration.method}" if proration.method in ("months", "terms") else 'remainder "last"'
            raise PeriodError(f"Period {period.name}: {name} has {how}, so it must start and end at month ends.")
    return CompiledRules([CompiledVersion(framework) for framework in frameworks], covered, parts, period, as_if)


@dataclass(frozen=True)
class Job:
    """Everything that pricing reads: the caseload, its stints, and the versions' rules for it.

    ``spread`` is the compiled form of the loop over months, where there is one.
    """

    caseload: EncodedCaseload
    stints: Stints
    phases: PhaseCalendar
    rules: Sequence[RulesForCaseload]
    compiled: CompiledRules
    spread: Spread | None

    @property
    def versions(self) -> Sequence[CompiledVersion]:
        """The versions."""
        return self.compiled.versions

    @property
    def segments(self) -> Sequence[Segment]:
        """The parts of the period, each under one version and in one of its years."""
        return self.compiled.segments

    @property
    def period(self) -> FundingPeriod:
        """What is priced."""
        return self.compiled.period


def job_of(caseload: EncodedCaseload, compiled: CompiledRules) -> Job:
    """Cut a caseload into the stints that meet the period."""
    reference = np.maximum(caseload.start, day_number(compiled.period.start))
    phases = PhaseCalendar(caseload.nc_year, caseload.nc_year_known, reference)
    stints = cut_stints(caseload.start, caseload.end, phases, compiled.segments, compiled.period)
    rules = [RulesForCaseload(version, caseload) for version in compiled.versions]
    return Job(caseload, stints, phases, rules, compiled, compiled_spread(len(stints)))
