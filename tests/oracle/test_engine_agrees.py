"""The engine and the oracle agree on every cell, finding and total of random caseloads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tariff_engine import cost

from .compare import differences
from .generate import write_case

CASES = 60
PLACEMENTS_A_CASE = 350


@pytest.mark.parametrize("seed", range(CASES))
def test_the_engine_agrees_with_the_oracle_to_the_penny(seed: int, tmp_path: Path) -> None:
    case = write_case(seed, tmp_path, PLACEMENTS_A_CASE)
    out = tmp_path / "out.csv"
    costing = cost(
        case.placements_csv, case.framework_path, case.period, providers=case.providers_csv, as_if=case.as_if
    )
    costing.write(out)
    assert differences(case, out) == []
