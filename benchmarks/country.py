"""Price England, every plan as a row of its own.

python -m benchmarks.country --rounds 7
"""

from __future__ import annotations

import argparse
import os
from typing import Any

THREADS = 2
os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))

import numpy as np  # noqa: E402  the number of threads is settled before the libraries are loaded
import polars as pl  # noqa: E402

from benchmarks.results import Results, rounded  # noqa: E402
from benchmarks.timing import context, interleaved  # noqa: E402
from scenarios.caseload import england_caseload  # noqa: E402
from tariff_engine import FundingPeriod, cost, load_frameworks  # noqa: E402
from tariff_engine.encoded import Reason, compile_rules, encode, price_encoded  # noqa: E402

FRAMEWORK, PERIOD = "national-illustrative@2025-26", "FY2025-26"
ENGINE, AGAIN, COSTING = "encode and price", "price again", "cost()"


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    frameworks, period = load_frameworks(FRAMEWORK), FundingPeriod.parse(PERIOD)
    made = england_caseload(frameworks[0], impute=True)
    counted = made.placements
    children = one_row_a_child(counted)
    kept, rules = encode(children, frameworks), compile_rules(frameworks, period)
    total = cost(counted, frameworks, period).total

    def check(name: str, result: Any) -> None:
        found = result.total if name == COSTING else int(result.months[result.reason == Reason.PRICED].sum())
        if found != total:
            raise ValueError(f"{name}: {found} pence, and {total} by rows with counts")
        print(f"{name}: the same pence", flush=True)

    runs = {
        ENGINE: lambda: price_encoded(encode(children, frameworks), compile_rules(frameworks, period)),
        AGAIN: lambda: price_encoded(kept, rules),
        COSTING: lambda: cost(children, frameworks, period),
    }
    about = {
        **context("numba", "numpy", "polars"),
        "command": f"python -m benchmarks.country --rounds {rounds}",
        "framework": FRAMEWORK,
        "period": PERIOD,
        "rows": children.height,
        "plans": made.totals["read"],
        "rounds": rounds,
        "threads": THREADS,
        "total_pence": total,
        "order": list(runs),
    }
    print(Results(about, rounded(interleaved(runs, rounds, check))).write("country"))


def one_row_a_child(counted: pl.DataFrame) -> pl.DataFrame:
    """A caseload of counts with a row for each child, who is in a place of their own."""
    children = counted[np.repeat(np.arange(counted.height), counted["count"].cast(pl.Int64).to_numpy())]
    number = pl.int_range(children.height, eager=True).cast(pl.String)
    return children.with_columns(
        ("P" + number).alias("placement_id"),
        ("C" + number).alias("child_id"),
        pl.col("provider_id").fill_null("agg-" + pl.col("home_la")),
        pl.lit("1").alias("count"),
    )


if __name__ == "__main__":
    main()
