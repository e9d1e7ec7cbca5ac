"""tariff-engine caseload."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.api.conftest import NATIONAL, Command
from tests.scenarios.plans_by_hand import (
    AUTHORITIES,
    DEVON,
    NEEDS,
    SPECIAL,
    as_table,
    by_need_rows,
    plans_of,
    replaced,
    table_rows,
)

PLANS = sum(map(plans_of, AUTHORITIES))


@pytest.fixture(autouse=True)
def plans(tmp_path: Path) -> None:
    rows = replaced(table_rows(), DEVON, SPECIAL, **{f"number_{need}": "x" for need in NEEDS})
    as_table(rows).write_csv(tmp_path / "plans.csv")
    as_table(by_need_rows()).write_csv(tmp_path / "by_need.csv")


def test_a_table_becomes_a_caseload_that_can_be_priced(command: Command) -> None:
    said = command("caseload", "plans.csv", "--by-need", "by_need.csv", "--out", "made", "--framework", NATIONAL)
    assert (said.status, said.err) == (0, "")
    assert f"{PLANS:,} plans read" in said.out
    assert "Set aside: The young person is not in education" in said.out
    assert "In the caseload, imputed (need filled in)" in said.out
    assert "info needs_unavailable: 1, row " in said.out
    for name in ("made.csv", "made.set_aside.csv", "made.findings.csv", "made.provenance.json"):
        assert Path(name).is_file()
        assert name in said.out
    priced = command("price", "made.csv", "--framework", NATIONAL, "--period", "FY2025-26", "--out", "costing.csv")
    assert priced.status == 0
    assert "error" not in priced.out


def test_the_same_can_be_had_as_json(command: Command) -> None:
    arguments = ("caseload", "plans.csv", "--by-need", "by_need.csv", "--out", "made.parquet", "--impute", "--json")
    document = command(*arguments).document
    assert document["totals"]["england"]["read"] == PLANS
    assert document["impute"] is True
    assert document["framework"]["legal_status"] == "illustrative"
    assert document["rows"] == pl.read_parquet("made.parquet").height
    assert {finding["code"] for finding in document["findings"]} == {"missing_authority", "needs_unavailable"}


def test_a_difference_from_england_is_said(command: Command) -> None:
    as_table([row for row in table_rows() if row["old_la_code"] != DEVON]).write_csv("part.csv")
    said = command("caseload", "part.csv", "--out", "made.csv")
    assert said.status == 0
    assert f"The table's own rows for England have {PLANS:,} plans." in said.out


def test_england_needs_no_file(command: Command) -> None:
    said = command("caseload", "--england", "--out", "england.parquet")
    assert (said.status, said.err) == (0, "")
    assert "638,745 plans read" in said.out
    assert "Findings: none" in said.out
    assert pl.read_parquet("england.parquet")["home_la"].n_unique() == 153


def test_it_can_be_quiet(command: Command) -> None:
    said = command("caseload", "plans.csv", "--out", "made.csv", "--quiet")
    assert (said.status, said.out, said.err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--out", "made.csv"), "--england"),
        (("plans.csv", "--england", "--out", "made.csv"), "not both"),
        (("--england", "--by-need", "by_need.csv", "--out", "made.csv"), "go with a table"),
        (("--england", "--time-period", "202425", "--out", "made.csv"), "go with a table"),
        (("plans.csv", "--out", "plans.csv"), "Choose another name"),
        (("plans.csv", "--out", "made.pdf"), "must end in"),
        (("plans.csv", "--out", "made.csv", "--time-period", "2019"), "no time_period"),
    ],
)
def test_what_can_not_be_done_is_said(command: Command, arguments: tuple[str, ...], word: str) -> None:
    said = command("caseload", *arguments)
    assert (said.status, said.out) == (2, "")
    assert word in said.err
    assert not Path("made.csv").exists()


def test_a_table_of_which_nothing_is_left_is_a_failure(command: Command) -> None:
    rows = [{**row, "ehc_plans": "x"} for row in table_rows()]
    as_table(rows).write_csv("nothing.csv")
    said = command("caseload", "nothing.csv", "--out", "made.csv")
    assert said.status == 1
    assert "error plans_unavailable" in said.out
