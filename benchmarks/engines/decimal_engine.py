"""Plain Python: a loop over rows with dictionaries and Decimal, as a careful person writes it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import numpy as np
import polars as pl

from benchmarks.rules import Rules
from tariff_engine.instalments import day_number
from tariff_engine.money import MILLION, PENCE, Ints

_PENNY = Decimal("0.01")


def prepare(placements: pl.DataFrame, rules: Rules) -> Callable[[], list[list[Decimal]]]:
    """Rows as dictionaries, rates in pounds."""
    rows = placements.to_dicts()
    loop = _Loop(rules)
    return lambda: [loop.months(row) for row in rows]


def months_of(result: list[list[Decimal]]) -> Ints:
    """The months as an array in pence, one row a placement."""
    return np.array([[int(amount * PENCE) for amount in months] for months in result], np.int64)


class _Loop:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.shifts = dict(zip(rules.provisions, rules.shifts, strict=True))
        self.area_costs = {area: Decimal(factor) / MILLION for area, factor in rules.area_costs.items()}
        self.prices = rules.prices

    def months(self, row: Mapping[str, str | None]) -> list[Decimal]:
        rules = self.rules
        levels = [int(row[f"need_{area}"] or 0) for area in rules.areas]
        provision = row["provision"] or ""
        band = rules.band(levels, self.shifts[provision])
        year_group = int(row["nc_year"] or 0)
        phase = rules.phases[sum(year_group >= first for first in rules.phase_starts)]
        price = self.prices[provision, band, phase]
        fte = Decimal(row["fte"] or "1")
        area_cost = self.area_costs[row["home_la"] or ""] if price.by_area else 1
        if price.agreed and row["agreed_price"]:
            annual = Decimal(row["agreed_price"])
        else:
            annual = _rounded(Decimal(price.rate) / PENCE * area_cost * fte)
        if price.minimum >= 0:
            annual = max(annual, _rounded(Decimal(price.minimum) / PENCE * fte))
        if price.maximum >= 0:
            annual = min(annual, _rounded(Decimal(price.maximum) / PENCE * fte))
        start, end = row["start_date"] or "", row["end_date"]
        before = max(day_number(date.fromisoformat(start)) - rules.first, 0)
        last = rules.last if end is None else min(day_number(date.fromisoformat(end)), rules.last)
        until = last - rules.first + 1
        running = [_rounded(annual * max(min(until, mark) - before, 0) / rules.year_days) for mark in rules.marks]
        return [later - earlier for earlier, later in pairwise(running)]


def _rounded(pounds: Decimal) -> Decimal:
    return pounds.quantize(_PENNY, ROUND_HALF_UP)
