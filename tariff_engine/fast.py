"""The innermost loops compiled by numba: the same figures as the NumPy ones, to the bit.

numba is the optional extra ``fast``. Where it is installed it is used for caseloads that are large enough to pay for
loading it; ``TARIFF_ENGINE_FAST=off`` in the environment switches it off. What is compiled is kept on disk.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from tariff_engine import instalments
from tariff_engine.instalments import LARGEST_TABLE, Spread, shares_table
from tariff_engine.money import Ints

FAST_FROM = 200_000
"""The fewest stints for which compiled loops are loaded, which takes about as long as pricing so many without."""


def compiled_spread(stints: int) -> Spread | None:
    """The compiled form of ``instalments.spread_over`` for a job of some stints; None where it isn't to be used."""
    if stints < FAST_FROM or os.environ.get("TARIFF_ENGINE_FAST", "") == "off":
        return None
    try:
        return _compile()
    except ImportError:
        return None


@cache
def _compile() -> Spread:
    from numba import njit

    loop: Any = njit(cache=True, nogil=True)(spread_loop)

    def spread(annual: Ints, before: Ints, within: Ints, marks: Ints, whole: int, parts: Ints) -> None:
        if whole > LARGEST_TABLE:
            instalments.spread_over(annual, before, within, marks, whole, parts)
        else:
            loop(annual, before, within, marks, shares_table(whole), parts)

    return spread


def spread_loop(annual: Ints, before: Ints, within: Ints, marks: Ints, table: Ints, parts: Ints) -> None:
    """Fill ``parts`` stint by stint."""
    whole = len(table)
    for stint in range(len(annual)):
        sign = 1 if annual[stint] >= 0 else -1
        quotient = abs(annual[stint]) // whole
        shares = table[abs(annual[stint]) - quotient * whole]
        earlier = 0
        for mark in range(len(marks)):
            passed = min(max(marks[mark] - before[stint], 0), within[stint])
            earned = quotient * passed + shares[passed]
            if mark > 0:
                parts[mark - 1, stint] = sign * (earned - earlier)
            earlier = earned
