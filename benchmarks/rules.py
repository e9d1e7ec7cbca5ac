"""A framework's rules in the plain tables that a person would write them in for another tool.

What fits most specifically is settled here, once, so that every engine has one row of rates for each provision, band
and phase. Making these tables is not timed; the engine's own tables are, because its users wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import polars as pl

from tariff_engine import Framework, FundingPeriod
from tariff_engine.framework import NO_BAND
from tariff_engine.instalments import day_number
from tariff_engine.money import MILLION, Ints
from tariff_engine.pricing import TariffTable
from tariff_engine.vocabulary import vocabulary


@dataclass(frozen=True)
class Price:
    """What a provision, band and phase cost; a limit of -1 is none. [pence a year]"""

    rate: int
    minimum: int
    maximum: int
    by_area: bool
    agreed: bool


class Rules:
    """One version's rules for one financial year, in which every placement has one stint.

    Bands are numbered from 0 for none, levels from 0, provisions and phases as in the vocabulary.
    """

    def __init__(self, framework: Framework, period: FundingPeriod) -> None:
        header = framework.header
        self.framework, self.period = framework, period
        self.areas = [area.code for area in header.need_areas]
        self.levels = [area.highest_level + 1 for area in header.need_areas]
        self.weights = [[weight // MILLION for weight in header.banding.weights[area]] for area in self.areas]
        self.minimum_scores = [(band.minimum_score or 0) // MILLION for band in framework.bands]
        self.raised_from, self.raised_in, self.raise_by = _raise(framework)
        self.provisions, self.phases = list(vocabulary().provisions), list(vocabulary().phases)
        self.shifts = [header.banding.provision_shift.get(code, 0) for code in self.provisions]
        self.phase_starts = [p.from_nc_year for p in vocabulary().phases.values() if p.from_nc_year is not None]
        self.area_costs = {code: area.factor_millionths for code, area in framework.area_costs.items()}
        self.first, self.last = day_number(period.start), day_number(period.end)
        self.year_days = self.last - self.first + 1
        self.marks = [0, *(day_number(month.end) - self.first + 1 for month in period.months)]
        self.months = [month.name for month in period.months]

    @property
    def top(self) -> int:
        """The number of the highest band."""
        return len(self.minimum_scores)

    @cached_property
    def prices(self) -> dict[tuple[str, int, str], Price]:
        """The price of each provision, band number and phase that has one."""
        table, bands = TariffTable(self.framework), [NO_BAND, *(band.code for band in self.framework.bands)]
        found = {}
        for provision, (number, band), phase in product(self.provisions, enumerate(bands), self.phases):
            row = table.find(provision, None, band, phase)
            if row is not None and row.unit == "year":
                rate, least, most = (
                    -1 if pence is None else pence for pence in (row.rate_pence, row.minimum_pence, row.maximum_pence)
                )
                found[provision, number, phase] = Price(rate, least, most, row.area_cost, row.price_basis == "agreed")
            elif row is None and band == NO_BAND:
                found[provision, number, phase] = Price(0, -1, -1, False, False)
        return found

    @cached_property
    def price_frame(self) -> pl.DataFrame:
        """The prices as a table: provision, band, phase, rate, minimum, maximum, by_area, agreed."""
        rows = [(*key, *vars(price).values()) for key, price in self.prices.items()]
        names = ["provision", "band", "phase", "rate", "minimum", "maximum", "by_area", "agreed"]
        return pl.DataFrame(rows, names, orient="row")

    @cached_property
    def price_arrays(self) -> dict[str, Ints]:
        """The columns of the prices as dense arrays by (provision x bands + band) x phases + phase."""
        size = (len(self.provisions), self.top + 1, len(self.phases))
        arrays = {name: np.full(size, -1, np.int64) for name in ("rate", "minimum", "maximum", "by_area", "agreed")}
        for (provision, band, phase), price in self.prices.items():
            at = self.provisions.index(provision), band, self.phases.index(phase)
            for name, array in arrays.items():
                array[at] = getattr(price, name)
        return {name: array.reshape(-1) for name, array in arrays.items()}

    @cached_property
    def band_of(self) -> Ints:
        """The band by shift of the provision (from its lowest) and the four levels, as one dense array."""
        low = min(self.shifts)
        size = (max(self.shifts) - low + 1, *self.levels)
        answers = np.empty(size, np.int64)
        for shift, *levels in product(*(range(n) for n in size)):
            answers[shift, *levels] = self.band(levels, shift + low)
        return answers.reshape(-1)

    def band(self, levels: list[int], shift: int) -> int:
        """The band of a child with these levels, in plain steps."""
        score = sum(weights[level] for weights, level in zip(self.weights, levels, strict=True))
        reached = sum(minimum <= score for minimum in self.minimum_scores)
        if not reached:
            return 0
        high = sum(level >= self.raised_from for level in levels)
        raised = min(reached + (self.raise_by if high >= self.raised_in else 0), self.top)
        return min(max(raised + shift, 1), self.top)


def _raise(framework: Framework) -> tuple[int, int, int]:
    rule = framework.header.banding.co_occurrence
    return (0, 0, 0) if rule is None else (rule.level, rule.areas, rule.steps)
