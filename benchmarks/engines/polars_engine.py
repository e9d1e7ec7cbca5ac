"""Polars: one lazy query in whole numbers. Rates by a gather from dense columns, or by joins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl

from benchmarks.rules import Rules
from tariff_engine.money import MILLION, Ints

Collect = Literal["in-memory", "streaming"]


def prepare_gather(placements: pl.DataFrame, rules: Rules, engine: Collect = "in-memory") -> Callable[[], pl.DataFrame]:
    """Numbers from closed lists and dense columns of rates."""
    tables = {name: pl.lit(pl.Series(values)) for name, values in rules.price_arrays.items()}
    band_of = pl.lit(pl.Series(rules.band_of))
    shifts = pl.lit(pl.Series(rules.shifts) - min(rules.shifts))
    areas = list(rules.area_costs)
    factors = pl.lit(pl.Series([rules.area_costs[area] for area in areas]))

    def query() -> pl.LazyFrame:
        provision = _number("provision", rules.provisions)
        key = shifts.gather(provision)
        for area, count in zip(rules.areas, rules.levels, strict=True):
            key = key * count + _number(f"need_{area}", [str(level) for level in range(count)])
        phase = _phase(pl.col("nc_year").cast(pl.Int8), rules)
        row = (provision * (rules.top + 1) + band_of.gather(key)) * len(rules.phases) + phase
        frame = placements.lazy().select(
            row.cast(pl.Int32).alias("row"),
            factors.gather(_number("home_la", areas)).alias("area_cost"),
            *_typed(rules),
        )
        frame = frame.with_columns(**{name: table.gather(pl.col("row")) for name, table in tables.items()})
        frame = frame.with_columns(pl.col("agreed") > 0, pl.col("by_area") > 0)
        return _months(frame, rules)

    return lambda: query().collect(engine=engine)


def prepare_joins(placements: pl.DataFrame, rules: Rules, engine: Collect = "in-memory") -> Callable[[], pl.DataFrame]:
    """Left joins with a table of scores, one of area costs and one of rates."""
    weights = [
        pl.LazyFrame(
            {
                f"need_{area}": [str(level) for level in range(count)],
                f"weight_{n}": weights,
                f"high_{n}": [int(level >= rules.raised_from) for level in range(count)],
            }
        )
        for n, (area, count, weights) in enumerate(zip(rules.areas, rules.levels, rules.weights, strict=True))
    ]
    shifts = pl.LazyFrame({"provision": rules.provisions, "shift": rules.shifts})
    factors = pl.LazyFrame({"home_la": list(rules.area_costs), "area_cost": list(rules.area_costs.values())})
    years = [str(year) for year in range(-4, 21)]
    phases = pl.LazyFrame({"nc_year": years}).with_columns(
        phase=_phase(pl.col("nc_year").cast(pl.Int8), rules).replace_strict(dict(enumerate(rules.phases)))
    )
    prices = rules.price_frame.lazy()

    def query() -> pl.LazyFrame:
        frame = placements.lazy()
        for table in (*weights, shifts, factors, phases):
            frame = frame.join(table, on=table.collect_schema().names()[0], how="left", maintain_order="left")
        score = pl.sum_horizontal(f"weight_{n}" for n in range(len(weights)))
        high = pl.sum_horizontal(f"high_{n}" for n in range(len(weights)))
        reached = pl.sum_horizontal((score >= minimum).cast(pl.Int64) for minimum in rules.minimum_scores)
        raised = pl.min_horizontal(
            reached + pl.when(high >= rules.raised_in).then(rules.raise_by).otherwise(0), rules.top
        )
        band = pl.when(reached == 0).then(0).otherwise((raised + pl.col("shift")).clip(1, rules.top))
        frame = frame.with_columns(band=band.cast(pl.Int64), **{e.meta.output_name(): e for e in _typed(rules)})
        frame = frame.join(prices, on=["provision", "band", "phase"], how="left", maintain_order="left")
        return _months(frame, rules)

    return lambda: query().collect(engine=engine)


def months_of(result: pl.DataFrame) -> Ints:
    """The months as an array, one row a placement."""
    return np.column_stack([column.to_numpy() for column in result])


def _number(column: str, values: list[str]) -> pl.Expr:
    """The place of each cell in a closed list."""
    return pl.col(column).cast(pl.Enum(values)).to_physical().cast(pl.Int32)


def _phase(year: pl.Expr, rules: Rules) -> pl.Expr:
    return pl.sum_horizontal((year >= first).cast(pl.Int32) for first in rules.phase_starts)


def _typed(rules: Rules) -> list[pl.Expr]:
    """fte in millionths, the agreed price in pence, and the days of the year before and to the end of each stint."""
    start = pl.col("start_date").str.to_date("%Y-%m-%d").to_physical().cast(pl.Int64) - rules.first
    end = pl.col("end_date").str.to_date("%Y-%m-%d").to_physical().cast(pl.Int64).fill_null(rules.last)
    return [
        (pl.col("fte").cast(pl.Decimal(12, 6)).to_physical().cast(pl.Int64)).alias("fte"),
        pl.col("agreed_price").cast(pl.Decimal(12, 2)).to_physical().cast(pl.Int64).alias("agreed_price"),
        start.clip(lower_bound=0).alias("before"),
        (end.clip(upper_bound=rules.last) - rules.first + 1).alias("until"),
    ]


def _months(frame: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The annual price, and its instalments."""
    fte, million = pl.col("fte"), MILLION
    base = pl.col("rate") * pl.when("by_area").then("area_cost").otherwise(million)
    product = base // million * fte + base % million * fte // million
    formula = (product + million // 2) // million
    annual = pl.when("agreed").then(pl.coalesce("agreed_price", formula)).otherwise(formula)
    frame = frame.select("before", "until", "minimum", "maximum", "fte", annual=annual)
    frame = frame.with_columns(annual=pl.max_horizontal("annual", (pl.col("minimum") * fte + million // 2) // million))
    most = (pl.col("maximum") * fte + million // 2) // million
    frame = frame.with_columns(
        annual=pl.when(pl.col("maximum") >= 0).then(pl.min_horizontal("annual", most)).otherwise("annual")
    )
    twice, year = pl.col("annual") * 2, rules.year_days
    earned = {
        f"_{n}": (twice * (pl.min_horizontal("until", mark) - pl.col("before")).clip(lower_bound=0) + year)
        // (2 * year)
        for n, mark in enumerate(rules.marks)
    }
    frame = frame.select(**earned)
    return frame.select(**{name: pl.col(f"_{n + 1}") - pl.col(f"_{n}") for n, name in enumerate(rules.months)})
