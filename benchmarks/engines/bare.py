"""What no engine can be quicker than: look at every cell once, and fill twelve columns of whole numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.rules import Rules
from tariff_engine.money import Ints


def prepare(placements: pl.DataFrame, rules: Rules) -> Callable[[], Ints]:
    """Compare every cell with a text, and write the number of equal ones into every month."""

    def run() -> Ints:
        equal = sum(int((column == "x").sum()) for column in placements)
        months = np.empty((len(rules.months), placements.height), np.int64)
        months[:] = equal
        return months.T

    return run
