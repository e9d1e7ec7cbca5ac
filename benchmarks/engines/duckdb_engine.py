"""DuckDB: one query over a table in its own memory, in whole numbers; joins with small tables, or arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl

from benchmarks.rules import Rules
from tariff_engine.money import MILLION, Ints


def prepare(
    placements: pl.DataFrame, rules: Rules, banding: str = "joined", into: str = "table", threads: int = 2
) -> Callable[[], Any]:
    """A connection with the placements as a table of its own, numbered, and the rules as tables."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET preserve_insertion_order = false")
    for name, frame in _tables(placements, rules).items():
        _create(connection, name, frame)
    query = _query(rules, banding)

    def run() -> Any:
        if into == "table":
            connection.execute(f"CREATE OR REPLACE TEMP TABLE months AS {query}")
            return connection
        if into == "arrow":
            return connection.execute(query).to_arrow_table()
        return connection.execute(query).fetchnumpy()

    return run


def months_of(result: Any) -> Ints:
    """The months as an array, one row a placement."""
    if isinstance(result, duckdb.DuckDBPyConnection):
        result = result.execute("SELECT * FROM months").fetchnumpy()
    elif not isinstance(result, dict):
        result = {name: column.to_numpy() for name, column in zip(result.column_names, result.columns, strict=True)}
    months = np.column_stack([column for name, column in result.items() if name != "number"]).astype(np.int64)
    return months[np.argsort(result["number"])]


def _create(connection: Any, name: str, frame: pl.DataFrame) -> None:
    types = {pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Boolean: "BOOLEAN"}
    columns = ", ".join(f"{column} {types[type(dtype)]}" for column, dtype in frame.schema.items())
    arrow = frame.to_arrow()
    connection.register("source", arrow)
    connection.execute(f"CREATE TABLE {name} ({columns})")
    connection.execute(f"INSERT INTO {name} SELECT * FROM source")
    connection.unregister("source")


def _tables(placements: pl.DataFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    combinations = np.indices(rules.levels).reshape(len(rules.levels), -1)
    low = min(rules.shifts)
    shifted = [
        pl.DataFrame(
            {
                **{f"need_{a}": combinations[n].astype(str) for n, a in enumerate(rules.areas)},
                "shift": np.full(combinations.shape[1], shift),
                "band": rules.band_of.reshape(max(rules.shifts) - low + 1, -1)[shift - low],
            }
        )
        for shift in range(low, max(rules.shifts) + 1)
    ]
    years = range(-4, 21)
    phases = [sum(year >= first for first in rules.phase_starts) for year in years]
    return {
        "placements": placements.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64)),
        "banded": pl.concat(shifted),
        "shifts": pl.DataFrame({"provision": rules.provisions, "shift": rules.shifts}),
        "phases": pl.DataFrame({"nc_year": [str(y) for y in years], "phase": [rules.phases[p] for p in phases]}),
        "factors": pl.DataFrame({"home_la": list(rules.area_costs), "area_cost": list(rules.area_costs.values())}),
        "prices": rules.price_frame,
    }


def _query(rules: Rules, banding: str) -> str:
    needs = [f"need_{area}" for area in rules.areas]
    if banding == "joined":
        band, joined = "banded.band", f"LEFT JOIN banded USING (shift, {', '.join(needs)})"
    else:
        band, joined = _band_by_arithmetic(rules, needs), ""
    day = "date_diff('day', DATE '1970-01-01', {})"
    marks = [f"greatest(least(until, {mark}) - before, 0)" for mark in rules.marks]
    year = rules.year_days
    earned = ", ".join(f"(2 * annual * {passed} + {year}) // {2 * year} AS c{n}" for n, passed in enumerate(marks))
    months = ", ".join(f'c{n + 1} - c{n} AS "{name}"' for n, name in enumerate(rules.months))
    return f"""
    WITH typed AS (
        SELECT number, provision, phase, {band} AS band, area_cost,
            CAST(CAST(fte AS DECIMAL(9, 6)) * {MILLION} AS BIGINT) AS fte,
            CAST(CAST(agreed_price AS DECIMAL(11, 2)) * 100 AS BIGINT) AS agreed_price,
            greatest({day.format("CAST(start_date AS DATE)")} - {rules.first}, 0) AS before,
            least(coalesce({day.format("CAST(end_date AS DATE)")}, {rules.last}), {rules.last})
                - {rules.first} + 1 AS until
        FROM placements LEFT JOIN shifts USING (provision) LEFT JOIN phases USING (nc_year)
            LEFT JOIN factors USING (home_la) {joined}
    ), rated AS (
        SELECT typed.*, rate * CASE WHEN by_area THEN area_cost ELSE {MILLION} END AS base, agreed, minimum, maximum
        FROM typed LEFT JOIN prices USING (provision, band, phase)
    ), formula AS (
        SELECT *, ((base // {MILLION}) * fte + (base % {MILLION}) * fte // {MILLION} + {MILLION // 2}) // {MILLION}
            AS top_up
        FROM rated
    ), raised AS (
        SELECT *, greatest(CASE WHEN agreed THEN coalesce(agreed_price, top_up) ELSE top_up END,
            (minimum * fte + {MILLION // 2}) // {MILLION}) AS lifted
        FROM formula
    ), yearly AS (
        SELECT number, before, until, CASE WHEN maximum >= 0
            THEN least(lifted, (maximum * fte + {MILLION // 2}) // {MILLION}) ELSE lifted END AS annual
        FROM raised
    ), earned AS (SELECT number, {earned} FROM yearly)
    SELECT number, {months} FROM earned
    """


def _band_by_arithmetic(rules: Rules, needs: list[str]) -> str:
    scores = " + ".join(
        f"list_extract({weights}::BIGINT[], CAST({need} AS INTEGER) + 1)"
        for need, weights in zip(needs, rules.weights, strict=True)
    )
    high = " + ".join(f"CAST(CAST({need} AS TINYINT) >= {rules.raised_from} AS INTEGER)" for need in needs)
    steps = " ".join(
        f"WHEN {scores} >= {minimum} THEN {band + 1}"
        for band, minimum in reversed(list(enumerate(rules.minimum_scores)))
    )
    raised = f"least(reached + CASE WHEN {high} >= {rules.raised_in} THEN {rules.raise_by} ELSE 0 END, {rules.top})"
    shifted = f"greatest(least({raised} + shift, {rules.top}), 1)"
    return f"(SELECT CASE WHEN reached = 0 THEN 0 ELSE {shifted} END FROM (SELECT CASE {steps} ELSE 0 END AS reached))"
