"""OpenFisca-Core: variables with vectorised formulas, rates by direct array lookups.

OpenFisca takes numbers, not text, so the text is numbered by Polars first, which is the quickest of the others at it.
Whole numbers are 32 bits there and amounts 32-bit floats, so every amount is a whole number, made in 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit, period
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks.rules import Rules
from tariff_engine.money import MILLION, Ints

_PLACEMENT = build_entity(key="placement", plural="placements", label="A placement", is_person=True)
_INPUTS = ("provision", "nc_year", "area", "start", "end", "fte", "agreed_price")


def prepare(placements: pl.DataFrame, rules: Rules) -> Callable[[], list[Ints]]:
    """A tax and benefit system of the rules, and a simulation for every run."""
    system = _system(rules)
    ever = period(DateUnit.ETERNITY)
    months = [period(name) for name in rules.months]

    def run() -> list[Ints]:
        simulation = SimulationBuilder().build_default_simulation(system, placements.height)
        for name, values in _numbered(placements, rules).items():
            simulation.set_input(name, ever, values)
        return [simulation.calculate("instalment", month) for month in months]

    return run


def months_of(result: list[Ints]) -> Ints:
    """The months as an array, one row a placement."""
    return np.column_stack(result).astype(np.int64)


def _numbered(placements: pl.DataFrame, rules: Rules) -> dict[str, Ints]:
    def number(column: str, values: list[str]) -> pl.Expr:
        return pl.col(column).cast(pl.Enum(values)).to_physical().cast(pl.Int32)

    def day(column: str) -> pl.Expr:
        return pl.col(column).str.to_date("%Y-%m-%d").to_physical()

    levels = {
        f"level_{n}": number(f"need_{area}", [str(level) for level in range(count)])
        for n, (area, count) in enumerate(zip(rules.areas, rules.levels, strict=True))
    }
    numbered = placements.lazy().select(
        provision=number("provision", rules.provisions),
        nc_year=pl.col("nc_year").cast(pl.Int32),
        area=number("home_la", list(rules.area_costs)),
        start=day("start_date"),
        end=day("end_date").fill_null(rules.last),
        fte=pl.col("fte").cast(pl.Decimal(12, 6)).to_physical().cast(pl.Int32),
        agreed_price=pl.col("agreed_price").cast(pl.Decimal(12, 2)).to_physical().cast(pl.Int32).fill_null(-1),
        **levels,
    )
    return {column.name: column.to_numpy() for column in numbered.collect(engine="streaming")}


def _system(rules: Rules) -> TaxBenefitSystem:
    """Inputs, the band, the price of a year, and what is earned by the end of each month."""
    system = TaxBenefitSystem([_PLACEMENT])
    levels = [f"level_{n}" for n in range(len(rules.areas))]
    for name in (*_INPUTS, *levels):
        system.add_variable(_variable(name, DateUnit.ETERNITY))
    shifts = np.array(rules.shifts) - min(rules.shifts)
    arrays, factors = rules.price_arrays, np.array(list(rules.area_costs.values()))
    firsts, marks = np.array(rules.phase_starts), dict(zip(rules.months, rules.marks[1:], strict=True))

    def band(placement: Any, when: Any) -> Any:
        key = np.take(shifts, placement("provision", when))
        for level, count in zip(levels, rules.levels, strict=True):
            key = key * count + placement(level, when)
        return np.take(rules.band_of, key)

    def annual(placement: Any, when: Any) -> Any:
        phase = np.searchsorted(firsts, placement("nc_year", when), side="right")
        row = (placement("provision", when) * (rules.top + 1) + placement("band", when)) * len(rules.phases) + phase
        fte, agreed_price = placement("fte", when).astype(np.int64), placement("agreed_price", when)
        rate, minimum, maximum = (np.take(arrays[name], row) for name in ("rate", "minimum", "maximum"))
        by_area = np.take(arrays["by_area"], row) > 0
        base = rate * np.where(by_area, np.take(factors, placement("area", when)), MILLION)
        whole = base // MILLION
        price = (whole * fte + (base - whole * MILLION) * fte // MILLION + MILLION // 2) // MILLION
        price = np.where((np.take(arrays["agreed"], row) > 0) & (agreed_price >= 0), agreed_price, price)
        price = np.maximum(price, (minimum * fte + MILLION // 2) // MILLION)
        most = (maximum * fte + MILLION // 2) // MILLION
        return np.where(maximum >= 0, np.minimum(price, most), price)

    def earned(placement: Any, when: Any) -> Any:
        before = np.maximum(placement("start", when) - rules.first, 0)
        until = np.minimum(placement("end", when), rules.last) - rules.first + 1
        passed = np.maximum(np.minimum(until, marks[str(when)]) - before, 0)
        return (2 * placement("annual", when).astype(np.int64) * passed + rules.year_days) // (2 * rules.year_days)

    def instalment(placement: Any, when: Any) -> Any:
        so_far = placement("earned", when)
        return so_far if str(when) == rules.months[0] else so_far - placement("earned", when.last_month)

    for formula, kind in (
        (band, DateUnit.ETERNITY),
        (annual, DateUnit.ETERNITY),
        (earned, DateUnit.MONTH),
        (instalment, DateUnit.MONTH),
    ):
        system.add_variable(_variable(formula.__name__, kind, formula))
    return system


def _variable(name: str, unit: Any, formula: Callable[[Any, Any], Any] | None = None) -> type[Variable]:
    """A whole-number variable of a placement, given or worked out."""
    content: dict[str, Any] = {
        "value_type": int,
        "entity": _PLACEMENT,
        "definition_period": unit,
        "label": name,
    }
    if formula is not None:
        content["formula"] = formula
    return type(name, (Variable,), content)
