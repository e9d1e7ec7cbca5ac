"""What is due for each placement in each part of a period. [pence]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.costing import Costing, cost
from tariff_engine.framework import Framework
from tariff_engine.instalments import day_number
from tariff_engine.money import Ints
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.windows import Windows
from tariff_engine.vocabulary import vocabulary

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Due:
    """What placements come to: one row a placement, one column a part of the period.

    ``known`` is False where a placement has no price; its amounts then mean nothing.
    """

    at: Mapping[str, int]
    pence: Ints
    known: Mask

    def of(self, placement_ids: Sequence[str]) -> tuple[Ints, Mask]:
        """The rows of some placements, in their order; one that isn't there isn't known."""
        rows = np.array([self.at.get(name, len(self.known)) for name in placement_ids], np.int64)
        nothing = np.zeros((1, self.pence.shape[1]), np.int64)
        return np.concatenate([self.pence, nothing])[rows], np.append(self.known, False)[rows]


@dataclass(frozen=True)
class Pricer:
    """Prices placements for the parts of a period, under one set of rules.

    Attributes
    ----------
    windows : the parts; they begin with the period.
    """

    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    windows: Windows
    providers: pl.DataFrame | str | Path | None = None
    as_if: bool = False

    def under(self, frameworks: Sequence[Framework]) -> Pricer:
        """The same under other rules."""
        return replace(self, frameworks=tuple(frameworks))

    def due(self, placements: pl.DataFrame) -> Due:
        """Price placements and share what they come to over the windows.

        Where a part ends inside a month, and the rules don't say what is due by then, it takes what is due by the end
        of the last month before; what is left of the month is the next part's.
        """
        if not placements.height:
            return Due({}, np.zeros((0, len(self.windows)), np.int64), np.zeros(0, bool))
        whole = self._costing(placements, self.period)
        ids, known, months = _by_placement(whole)
        running = np.zeros((len(ids), len(self.windows)), np.int64)
        so_far = np.cumsum(months, axis=1)
        for column, day in enumerate(self._cuts):
            ended = int(np.searchsorted(self._month_ends, day_number(day), side="right"))
            if ended and self._month_ends[ended - 1] == day_number(day):
                running[:, column] = so_far[:, ended - 1]
            elif self._cuts_months:
                part = FundingPeriod(f"until {day}", self.period.start, day)
                _, _, upto = _by_placement(self._costing(placements, part))
                running[:, column] = upto.sum(axis=1)
            elif ended:
                running[:, column] = so_far[:, ended - 1]
        pence = np.diff(running, axis=1, prepend=0)
        return Due({name: at for at, name in enumerate(ids)}, pence, known)

    def _costing(self, placements: pl.DataFrame, period: FundingPeriod) -> Costing:
        return cost(placements, self.frameworks, period, providers=self.providers, as_if=self.as_if)

    @cached_property
    def _cuts(self) -> list[date]:
        return [span.last for span in self.windows.spans]

    @cached_property
    def _month_ends(self) -> Ints:
        return np.array([day_number(month.end) for month in self.period.months], np.int64)

    @cached_property
    def _cuts_months(self) -> bool:
        """Whether the rules say what is due by any day of a month."""
        return not any(framework.header.proration.needs_whole_months for framework in self.frameworks)


def _by_placement(costing: Costing) -> tuple[list[str], Mask, Ints]:
    """Placements in their order, whether each has a price, and what the high needs budget pays for it each month."""
    ours = pl.col("payer") == vocabulary().high_needs_payer
    paid = [pl.when(ours).then(pl.col(month)).otherwise(0).sum().alias(month) for month in costing.months]
    known = pl.col("amount").is_not_null().all().alias("_known")
    grouped = costing.lines.group_by("placement_id", maintain_order=True).agg(known, *paid)
    months = grouped.select(costing.months).to_numpy().astype(np.int64)
    return grouped["placement_id"].to_list(), grouped["_known"].to_numpy(), months
