"""Price Parquet files of growing size as a whole process, beside a process that only reads and writes as much.

python -m benchmarks.files --rows 10000 100000 1000000 10000000 --rounds 3
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.placements import random_placements, with_names
from benchmarks.results import Results, rounded
from benchmarks.timing import Measured, context, timed_process
from tariff_engine import FundingPeriod, load_frameworks

FRAMEWORK, PERIOD = "national-illustrative@2025-26", "FY2025-26"
THREADS = 2
AT_ONCE = 1_000_000
"""How many placements are made at a time."""
PRICE, BARE = "price", "read and write"
_PRICE = """
from api.cli import main
sys.exit(main())
"""
_READ_AND_WRITE = """
import polars as pl
frame = pl.read_parquet(sys.argv[1])
months = [((pl.int_range(pl.len()) * (7919 + month)) % 3_000_017).alias(str(month)) for month in range(12)]
frame.with_columns(months).write_parquet(sys.argv[2])
"""


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    runs: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in given.rows:
            source = _write_placements(rows, Path(folder))
            for number in range(given.rounds):
                names = (PRICE, BARE) if number % 2 == 0 else (BARE, PRICE)
                runs += [_run(name, rows, source, Path(folder)) for name in names]
            source.unlink()
    about = {
        **context("numba", "numpy", "polars"),
        "command": f"python -m benchmarks.files --rows {' '.join(map(str, given.rows))} --rounds {given.rounds}",
        "framework": FRAMEWORK,
        "period": PERIOD,
        "rows": given.rows,
        "rounds": given.rounds,
        "threads": THREADS,
    }
    print(Results(about, rounded(runs)).write("files"))


def name_of(name: str, rows: int) -> str:
    """What one size of one thing is called in the results."""
    return f"{name}, {rows} rows"


def _write_placements(rows: int, folder: Path) -> Path:
    framework = load_frameworks(FRAMEWORK)[0]
    period, parts = FundingPeriod.parse(PERIOD), []
    for start in range(0, rows, AT_ONCE):
        part = random_placements(min(AT_ONCE, rows - start), framework, period, seed=start)
        parts.append(folder / f"part-{start}.parquet")
        with_names(part, first_row=start).write_parquet(parts[-1])
    source = folder / "placements.parquet"
    pl.scan_parquet(parts).sink_parquet(source)
    for path in parts:
        path.unlink()
    return source


def _run(name: str, rows: int, source: Path, folder: Path) -> Measured:
    out = folder / "out.parquet"
    rules = ["--framework", FRAMEWORK, "--as-if", "--period", PERIOD]
    code, given = {
        PRICE: (_PRICE, ["price", str(source), *rules, "--out", str(out), "--quiet"]),
        BARE: (_READ_AND_WRITE, [str(source), str(out)]),
    }[name]
    measured = timed_process(name_of(name, rows), code, *given, POLARS_MAX_THREADS=str(THREADS))
    if pl.scan_parquet(out).select(pl.len()).collect().item() != rows:
        raise ValueError(f"{name}: not one row out a row in")
    for path in folder.glob("out*"):
        path.unlink()
    print(measured, flush=True)
    return measured


if __name__ == "__main__":
    main()
