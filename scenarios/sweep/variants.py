"""Variants of one version that differ in the money of its tariff rows alone, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tariff_engine import Framework
from tariff_engine.errors import UsageError
from tariff_engine.framework import Tariff
from tariff_engine.money import MAX_RATE_PENCE, MILLION, Ints, round_half_away_array, show_pounds

_MONEY = ("rate_pence", "minimum_pence", "maximum_pence")
_LARGEST_FACTOR = 1_000


@dataclass(frozen=True, eq=False, repr=False)
class RateVariants:
    """A version of a framework, and what its tariff rows hold in each variant; all else is the version's.

    Attributes
    ----------
    base : the version.
    rates, minimums, maximums : one row a variant, one column a row of ``tariffs.csv``; -1 is blank. [pence]
    """

    base: Framework
    rates: Ints
    minimums: Ints
    maximums: Ints

    def __post_init__(self) -> None:
        blank = _money_of(self.base) < 0
        for values, name, empty in zip((self.rates, self.minimums, self.maximums), _MONEY, blank, strict=True):
            if values.shape != (len(self), len(self.base.tariffs)):
                raise UsageError(f"{name} of variants: expected one column for each of {len(empty)} tariff rows.")
            if ((values < 0) != empty).any():
                raise UsageError(f"{name} of variants: a row has a value where {self.base.name} has none, or none.")
            if values.max(initial=0) > MAX_RATE_PENCE:
                raise UsageError(f"{name} of variants: the most is {show_pounds(MAX_RATE_PENCE)}.")
        both = (self.minimums >= 0) & (self.maximums >= 0)
        if (both & (self.minimums > self.maximums)).any():
            raise UsageError("A variant has a minimum above its maximum.")

    def __len__(self) -> int:
        return len(self.rates)

    def __repr__(self) -> str:
        return f"RateVariants({self.base.name}, {len(self):,} variants)"

    @classmethod
    def repeated(cls, framework: Framework, number: int) -> RateVariants:
        """A version, as it is, a number of times: what ``scaled`` starts from."""
        rates, minimums, maximums = (np.tile(values, (number, 1)) for values in _money_of(framework))
        return cls(framework, rates, minimums, maximums)

    @classmethod
    def of(cls, frameworks: Sequence[Framework]) -> RateVariants:
        """Variants from versions that differ in nothing that a price comes from but their rates and limits."""
        if not frameworks:
            raise UsageError("No variant was given.")
        if len({structure(framework) for framework in frameworks}) > 1:
            raise UsageError("The variants differ in more than the money of their tariff rows.")
        money = np.stack([_money_of(framework) for framework in frameworks], axis=1)
        return cls(frameworks[0], *money)

    def scaled(
        self, factors: npt.ArrayLike, where: Callable[[Tariff], bool] = lambda _: True, *, limits: bool = False
    ) -> RateVariants:
        """The variants with the rates of some tariff rows multiplied.

        Parameters
        ----------
        factors : one a variant, or one a variant and chosen row; held to a millionth. Each rate is rounded once, half
            away from zero, to the penny.
        where : says which rows; all where it is left out.
        limits : whether minimums and maximums are multiplied too.
        """
        chosen = np.array([at for at, tariff in enumerate(self.base.tariffs) if where(tariff)], np.int64)
        by = np.asarray(factors, np.float64)
        by = by[:, None] if by.ndim == 1 else by
        if by.ndim != 2 or by.shape[0] != len(self) or by.shape[1] not in (1, len(chosen)):
            raise UsageError(f"Expected a factor for each of {len(self):,} variants, or for each of them and each row.")
        if not ((by >= 0) & (by <= _LARGEST_FACTOR)).all():
            raise UsageError(f"A factor of a rate is from 0 to {_LARGEST_FACTOR:,}.")
        millionths = np.rint(by * MILLION).astype(np.int64)

        def multiplied(values: Ints) -> Ints:
            result = values.copy()
            old = values[:, chosen]
            result[:, chosen] = np.where(old < 0, old, round_half_away_array(np.maximum(old, 0) * millionths, MILLION))
            return result

        changed: dict[str, Any] = {"rates": multiplied(self.rates)}
        if limits:
            changed |= {"minimums": multiplied(self.minimums), "maximums": multiplied(self.maximums)}
        return replace(self, **changed)

    def framework(self, variant: int) -> Framework:
        """One variant as a version of its own, marked illustrative, for ``cost``."""
        money = [values[variant] for values in (self.rates, self.minimums, self.maximums)]
        digest = hashlib.sha256(self.base.content_hash.encode())
        for values in money:
            digest.update(b"\0" + values.astype("<i8").tobytes())
        tariffs = tuple(
            replace(tariff, **_given(row))
            for tariff, row in zip(self.base.tariffs, np.stack(money, axis=1).tolist(), strict=True)
        )
        update = {"version": f"{self.base.version} + variant {variant}", "legal_status": "illustrative"}
        header = self.base.header.model_copy(update=update)
        return replace(self.base, header=header, tariffs=tariffs, content_hash=digest.hexdigest())

    def __iter__(self) -> Iterator[Framework]:
        return (self.framework(variant) for variant in range(len(self)))


def structure(framework: Framework) -> Hashable:
    """All that a price comes from but the money of tariff rows: versions alike in it are variants of one another."""
    header = framework.header
    return (
        *(header.effective_from, header.effective_to, header.year_basis, header.weeks_per_year, header.days_per_year),
        *(header.need_areas, header.banding, header.proration),
        tuple((band.code, band.minimum_score, band.level) for band in framework.bands),
        tuple(
            (*row.key, row.price_basis, row.unit, row.area_cost, *(getattr(row, name) is None for name in _MONEY))
            for row in framework.tariffs
        ),
        tuple((code, uplift.kind, uplift.value, uplift.provisions) for code, uplift in framework.uplifts.items()),
        tuple((code, area.factor_millionths) for code, area in framework.area_costs.items()),
    )


def _money_of(framework: Framework) -> Ints:
    """Rates, minimums and maximums, one row each; -1 is blank. [pence]"""
    values = [[getattr(tariff, name) for tariff in framework.tariffs] for name in _MONEY]
    return np.array([[-1 if pence is None else pence for pence in row] for row in values], np.int64)


def _given(row: Sequence[int]) -> dict[str, Any]:
    return {name: None if pence < 0 else pence for name, pence in zip(_MONEY, row, strict=True)}
