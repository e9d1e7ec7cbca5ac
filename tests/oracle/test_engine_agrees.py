"""The engine and the oracle agree on every cell, finding and total of random caseloads."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tariff_engine import cost

from .compare import differences, read_csv
from .generate import Case, write_case

CASES = 60
PLACEMENTS_A_CASE = 350


@pytest.mark.parametrize("seed", range(CASES))
def test_the_engine_agrees_with_the_oracle_to_the_penny(seed: int, tmp_path: Path) -> None:
    case = write_case(seed, tmp_path, PLACEMENTS_A_CASE)
    assert differences(case, _written(case, tmp_path)) == []


@pytest.mark.parametrize("column", ["amount", "annual_price", "version", "days"])
def test_one_cell_that_differs_is_seen(column: str, tmp_path: Path) -> None:
    case = write_case(1, tmp_path, PLACEMENTS_A_CASE)
    out = _written(case, tmp_path)
    header, lines = read_csv(out)
    filled = next(cells for cells in lines if cells["amount"] not in ("", "0.00"))
    filled[column] += "1"
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(lines)
    (difference,) = differences(case, out)
    assert f"{column} is " in difference


def _written(case: Case, folder: Path) -> Path:
    """Cost a case with the engine and give the path of the costing that it wrote."""
    out = folder / "out.csv"
    costing = cost(
        case.placements_csv, case.framework_path, case.period, providers=case.providers_csv, as_if=case.as_if
    )
    costing.write(out)
    return out
