"""Draws by name: the same seed gives the same numbers on every machine and with every release of NumPy.

Only the raw bits of the generator are used, whose stream NumPy promises to keep, and whole-number arithmetic on
them. Each name has a stream of its own, so a new column leaves the others as they were.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariff_engine.money import Ints

Mask = npt.NDArray[np.bool_]

_PER_MILLE = 1000
_PERCENT = 100
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Draws:
    """Streams of whole numbers under one seed, 0 or more."""

    seed: int

    def below(self, name: str, limit: int | Ints, size: int) -> Ints:
        """Whole numbers from 0 to below ``limit``, which is above 0 and below 2^31, for all or for each."""
        high = np.asarray(limit).astype(np.uint64)
        return (((self._raw(name, size) >> _HALF) * high) >> _HALF).astype(np.int64)

    def choose(self, name: str, shares: Sequence[int], size: int) -> Ints:
        """Places in ``shares``, each as often as its share of their sum."""
        steps = np.cumsum(np.array(shares, np.int64))
        return np.searchsorted(steps, self.below(name, int(steps[-1]), size), side="right").astype(np.int64)

    def hits(self, name: str, per_mille: int, size: int) -> Mask:
        """Which of ``size`` things happen, so many of 1,000 on average."""
        return self.below(name, _PER_MILLE, size) < per_mille

    def hits_percent(self, name: str, percent: int, size: int) -> Mask:
        """Which of ``size`` things happen, so many of 100 on average."""
        return self.below(name, _PERCENT, size) < percent

    def order(self, name: str, size: int) -> Ints:
        """The numbers from 0 to below ``size`` in an order of chance."""
        return np.argsort(self._raw(name, size), kind="stable").astype(np.int64)

    def _raw(self, name: str, size: int) -> npt.NDArray[np.uint64]:
        stream = np.random.SeedSequence([self.seed, zlib.crc32(name.encode())])
        return np.asarray(np.random.PCG64(stream).random_raw(size), np.uint64).reshape(size)
