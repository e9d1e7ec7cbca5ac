"""Price the same placements by the same rules with each engine, in turn, and write down how long each took.

python -m benchmarks.pricing --rows 1000000 --rounds 7
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

THREADS = 2
os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
os.environ.setdefault("NUMBA_NUM_THREADS", str(THREADS))

import numpy as np  # noqa: E402  the number of threads is settled before the libraries are loaded
import polars as pl  # noqa: E402

from benchmarks.engines import (  # noqa: E402
    bare,
    decimal_engine,
    duckdb_engine,
    openfisca_engine,
    pandas_engine,
    polars_engine,
    tariff_engine_arrays,
)
from benchmarks.placements import random_placements  # noqa: E402
from benchmarks.results import Results, rounded  # noqa: E402
from benchmarks.rules import Rules  # noqa: E402
from benchmarks.timing import context, interleaved  # noqa: E402
from tariff_engine import FundingPeriod, load_frameworks  # noqa: E402
from tariff_engine.money import Ints  # noqa: E402

FRAMEWORK, PERIOD = "national-illustrative@2025-26", "FY2025-26"
IN_PYTHON = 10_000
"""How many rows the loop in plain Python prices."""
PACKAGES = ("duckdb", "numba", "numpy", "openfisca-core", "pandas", "polars", "pyarrow")


@dataclass(frozen=True)
class Engine:
    """A way to price placements: what makes it ready, untimed; and its months as an array, to be checked."""

    prepare: Callable[[pl.DataFrame, Rules], Callable[[], Any]]
    months_of: Callable[[Any], Ints]
    rows: int | None = None


def _arrays(fast: bool) -> Engine:
    return Engine(lambda f, r: tariff_engine_arrays.prepare(f, r, fast), tariff_engine_arrays.months_of)


ENGINES: Mapping[str, Engine] = {
    "tariff-engine, with fast": _arrays(fast=True),
    "tariff-engine, NumPy alone": _arrays(fast=False),
    "tariff-engine, cost()": Engine(tariff_engine_arrays.prepare_costing, tariff_engine_arrays.months_of_costing),
    "Polars": Engine(lambda f, r: polars_engine.prepare_gather(f, r, "streaming"), polars_engine.months_of),
    "DuckDB": Engine(duckdb_engine.prepare, duckdb_engine.months_of),
    "pandas": Engine(pandas_engine.prepare_gather, pandas_engine.months_of),
    "OpenFisca-Core": Engine(openfisca_engine.prepare, openfisca_engine.months_of),
    "Plain Python": Engine(decimal_engine.prepare, decimal_engine.months_of, IN_PYTHON),
}
BARE = "Read and write alone"

TRIED: Mapping[str, Engine] = {
    "Polars, gather, streaming": ENGINES["Polars"],
    "Polars, gather, in memory": Engine(polars_engine.prepare_gather, polars_engine.months_of),
    "Polars, joins, in memory": Engine(polars_engine.prepare_joins, polars_engine.months_of),
    "Polars, joins, streaming": Engine(
        lambda f, r: polars_engine.prepare_joins(f, r, "streaming"), polars_engine.months_of
    ),
    "DuckDB, bands joined, into a table": ENGINES["DuckDB"],
    "DuckDB, bands joined, to NumPy": Engine(
        lambda f, r: duckdb_engine.prepare(f, r, into="numpy"), duckdb_engine.months_of
    ),
    "DuckDB, bands by arithmetic, into a table": Engine(
        lambda f, r: duckdb_engine.prepare(f, r, "arithmetic"), duckdb_engine.months_of
    ),
    "pandas, categories and gathers": ENGINES["pandas"],
    "pandas, merges": Engine(pandas_engine.prepare_merges, pandas_engine.months_of),
}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tried", action="store_true", help="the ways that were tried for each of the others, instead")
    given = parser.parse_args()
    measure(TRIED if given.tried else ENGINES, given.rows, given.rounds, "tried" if given.tried else "pricing")


def measure(engines: Mapping[str, Engine], rows: int, rounds: int, script: str) -> None:
    """Time engines on the same placements; every month of every row has to be the same pence in each."""
    rules = Rules(load_frameworks(FRAMEWORK)[0], FundingPeriod.parse(PERIOD))
    placements = random_placements(rows, rules.framework, rules.period)
    parts = {name: placements.head(engine.rows or rows) for name, engine in engines.items()}
    runs = {name: engine.prepare(parts[name], rules) for name, engine in engines.items()}
    wanted = tariff_engine_arrays.months_of(tariff_engine_arrays.prepare(placements, rules, fast=False)())

    def check(name: str, result: Any) -> None:
        if name != BARE and not np.array_equal(engines[name].months_of(result), wanted[: parts[name].height]):
            raise ValueError(f"{name} gives other pence")
        print(f"{name}: the same pence", flush=True)

    if script == "pricing":
        runs[BARE] = bare.prepare(placements, rules)
    found = interleaved(runs, rounds, check)
    about = {
        **context(*PACKAGES),
        "command": f"python -m benchmarks.pricing --rows {rows} --rounds {rounds}"
        + (" --tried" if script == "tried" else ""),
        "framework": FRAMEWORK,
        "period": PERIOD,
        "rows": rows,
        "rounds": rounds,
        "threads": THREADS,
        "total_pence": int(wanted.sum()),
        "order": list(runs),
        "rows_of": {name: frame.height for name, frame in parts.items()},
    }
    print(Results(about, rounded(found)).write(script))


if __name__ == "__main__":
    main()
