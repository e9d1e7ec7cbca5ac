"""The pence of keys under variants: the kernel's own arithmetic, each variant's rates as tariff rows of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.sweep.keys import AnnualKeys, Keys
from scenarios.sweep.variants import RateVariants
from tariff_engine import pricing
from tariff_engine.money import MAX_YEAR_PENCE, MILLION, Ints, multiply_arrays
from tariff_engine.pricing import Mask, TariffColumns

_SAME = ("by_hour", "whole_area", "agreed", "commissioned")
_BLOCK = 1 << 15
"""Prices worked out at once: few enough to stay in the cache."""


class PricesOfKeys:
    """Works out keys under some of the variants at a time."""

    def __init__(self, keys: Keys, variants: RateVariants) -> None:
        self.keys, self._variants = keys, variants
        self._columns = TariffColumns.of(variants.base)
        self._uplifts = variants.base.uplifts

    def under(self, some: slice) -> tuple[Ints, Mask]:
        """The pence of each key under some variants, and which variants leave one out of bounds.

        Returns
        -------
        One row a key, one column a variant; and one truth a variant.
        """
        columns = self._columns_of(some)
        number = len(range(*some.indices(len(self._variants))))
        annual = np.empty((len(self.keys.annual), number), np.int64)
        too_large = np.zeros(number, bool)
        step = max(1, _BLOCK // max(number, 1))
        for first in range(0, len(annual), step):
            block = slice(first, first + step)
            prices, large = self._annual(columns, self.keys.annual.at(block), number)
            annual[block] = prices
            too_large |= large
        return self._shared(annual), too_large

    def _columns_of(self, some: slice) -> TariffColumns:
        """The tariff rows of all of some variants under one another, each variant's followed by the blank row."""
        one, variants = self._columns, self._variants
        number = len(variants.rates[some])

        def flat(values: Ints) -> Ints:
            blank = np.full((number, 1), -1, np.int64)
            return np.concatenate([values[some], blank], axis=1).reshape(-1)

        rate = flat(variants.rates)
        quantity = np.tile(one.yearly, number)
        whole = np.tile(one.base >= 0, number)
        same: dict[str, Any] = {name: np.tile(getattr(one, name), number) for name in _SAME}
        return replace(
            one,
            rate=rate,
            minimum=flat(variants.minimums),
            maximum=flat(variants.maximums),
            yearly=quantity,
            base=np.where(whole, rate * (quantity // MILLION), -1),
            **same,
        )

    def _annual(self, columns: TariffColumns, keys: AnnualKeys, number: int) -> tuple[Ints, Mask]:
        each = keys.for_each(number, len(self._columns.rate))
        top_up = self._top_ups(columns, each)
        large = np.abs(top_up) > MAX_YEAR_PENCE
        annual = top_up + self._uplifted(each, np.where(large, 0, top_up))
        by_unit = each.units >= 0
        if self._columns.limited:
            overridden = each.overridden == 1
            limited, _ = pricing.limits_applied(columns, each.tariff, annual, each.fte, overridden)
            annual = np.where(by_unit, annual, limited)
        large |= np.abs(annual) > MAX_YEAR_PENCE
        if by_unit.any():
            factors = (each.units[by_unit], each.area[by_unit], each.fte[by_unit])
            annual[by_unit] = multiply_arrays(columns.rate[each.tariff[by_unit]], *factors)
            large |= np.abs(annual) > MAX_YEAR_PENCE
        annual[large] = 0
        some_large = np.logical_or.reduce(large.reshape(len(keys), number), axis=0)
        return annual.reshape(len(keys), number), some_large

    def _top_ups(self, columns: TariffColumns, each: AnnualKeys) -> Ints:
        formula = (each.agreed < 0) & (np.take(columns.rate, each.tariff) >= 0)
        if formula.all():
            return pricing.annual_top_ups(columns, each.tariff, each.fte, each.hours, each.area)
        top_up = np.where(each.agreed >= 0, each.agreed, 0)
        of = [values[formula] for values in (each.tariff, each.fte, each.hours, each.area)]
        top_up[formula] = pricing.annual_top_ups(columns, *of)
        return top_up

    def _uplifted(self, each: AnnualKeys, top_up: Ints) -> Ints:
        total = np.zeros(len(each), np.int64)
        for index, codes in enumerate(self.keys.codes):
            here = np.flatnonzero(each.uplifts == index) if codes else ()
            for code in codes if len(here) else ():
                total[here] += pricing.uplift_amounts(self._uplifts[code], each.fte[here], top_up[here])
        return total

    def _shared(self, annual: Ints) -> Ints:
        """What falls into the period of each key, one piece of a year after the other."""
        keys, number = self.keys, annual.shape[1]
        amounts = annual[keys.which]
        for index, piece in enumerate(keys.pieces):
            at = np.flatnonzero(keys.piece == index)
            step = max(1, _BLOCK // max(number, 1))
            for first in range(0, len(at), step):
                some = at[first : first + step]
                days = (np.repeat(d[some], number) for d in (keys.start, keys.end, keys.spell_start, keys.spell_end))
                amounts[some] = piece.shares(amounts[some].reshape(-1), *days).reshape(len(some), number)
        return amounts
