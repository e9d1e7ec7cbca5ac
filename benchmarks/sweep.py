"""Time a sweep: variants of the illustrative rates x England's authorities x years.

    python -m benchmarks.sweep --variants 10000 --years 10 --rounds 3

The caseload is England's plans as the project carries them, each authority fitted, with 3% more children a year. In
each round one variant and year is held against its costing, to the penny, outside the time.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np
import polars as pl

from scenarios import RateVariants, sweep
from scenarios.caseload import england_caseload
from tariff_engine import cost, load_frameworks

FRAMEWORK, FIRST_YEAR, GROWTH = "national-illustrative@2026-27", 2026, 1.03


def main() -> None:
    """Run the rounds and print one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--variants", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    (framework,) = load_frameworks(FRAMEWORK)
    caseload = england_caseload(framework).placements
    periods = [f"FY{year}-{(year + 1) % 100:02d}" for year in range(FIRST_YEAR, FIRST_YEAR + asked.years)]
    stock = caseload["count"].cast(pl.Int64).to_numpy()
    counts = np.rint(stock[:, None] * GROWTH ** np.arange(asked.years)).astype(np.int64)
    for number in range(asked.rounds):
        draws = np.random.default_rng(number)
        variants = RateVariants.repeated(framework, asked.variants).scaled(draws.uniform(0.9, 1.1, asked.variants))
        wall, cpu = time.perf_counter(), time.process_time()
        swept = sweep(variants, caseload, periods, counts=counts, as_if=True)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        which, year = int(draws.integers(asked.variants)), int(draws.integers(asked.years))
        grown = caseload.with_columns(count=pl.Series(counts[:, year]).cast(pl.String))
        costing = cost(grown, variants.framework(which), periods[year], as_if=True)
        if int(swept.totals[which, :, year].sum()) != costing.total:
            raise SystemExit(f"variant {which} of {periods[year]} isn't what a costing comes to")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        shape = dict(zip(("variants", "authorities", "years"), swept.totals.shape, strict=True))
        figures = {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2), "peak_mb": peak // 1024}
        print(json.dumps({**shape, "rows": caseload.height, "exact": int(swept.exact.sum()), **figures}))


if __name__ == "__main__":
    main()
