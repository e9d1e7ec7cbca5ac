"""This engine as its users call it: text to arrays of prices, or the whole costing with its findings."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.placements import with_names
from benchmarks.rules import Rules
from tariff_engine import Costing, cost
from tariff_engine.encoded import EncodedPrices, Reason, compile_rules, encode, price_encoded
from tariff_engine.money import Ints

_SWITCH = "TARIFF_ENGINE_FAST"


def prepare(placements: pl.DataFrame, rules: Rules, fast: bool) -> Callable[[], EncodedPrices]:
    """Encode, compile and price, all of it every time; ``fast`` lets numba in."""
    frameworks = [rules.framework]

    def run() -> EncodedPrices:
        os.environ[_SWITCH] = "" if fast else "off"
        compiled = compile_rules(frameworks, rules.period, as_if=True)
        return price_encoded(encode(placements, frameworks), compiled)

    return run


def prepare_costing(placements: pl.DataFrame, rules: Rules) -> Callable[[], Costing]:
    """A costing of the placements as a whole file: lines, findings, who pays whom, and what stands there twice."""
    frame = with_names(placements)

    def run() -> Costing:
        os.environ[_SWITCH] = ""
        return cost(frame, rules.framework, rules.period, as_if=True)

    return run


def months_of(result: EncodedPrices) -> Ints:
    """The months as an array, one row a placement."""
    if (result.reason != Reason.PRICED).any():
        raise ValueError("a placement has no price")
    return result.months


def months_of_costing(result: Costing) -> Ints:
    """The months of a costing's lines, one row a placement."""
    return np.column_stack([result.lines[name].to_numpy() for name in result.months])
