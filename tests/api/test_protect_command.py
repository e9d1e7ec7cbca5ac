"""tariff-engine protect and notional-sen: what they say, what they write, and how they end."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tariff_engine import compare_notional_sen, protect
from tests.api.conftest import DEVON, Command

LAST = "devon@2022-23"
CASELOAD = """\
placement_id,child_id,home_la,provider_id,provider_type,provision,band,start_date,end_date,count
P1,C1,878,113636,maintained,special,,2022-09-01,,10
P2,C2,878,131552,academy,special,,2022-09-01,,10
P3,C3,878,100001,maintained,mainstream,banding_1,2022-09-01,,2
"""
PLACES = """\
provider_id,provision,phase,occupancy,places_first,places_second
113636,special,pre16,commissioned,10,10
"""
SCHOOLS = "provider_id,pupils,notional_sen_budget\n100001,100,14000.00\n"
RULE = 'title = "Beyond one in a hundred"\nsource = "A forum"\nrule = "beyond_ratio"\nlevel = "0.01"\n'
YEAR = ("--framework", DEVON, "--period", "FY2023-24")
GUARANTEE = (*YEAR, "--last-year", LAST, "--guarantee")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (
        ("caseload.csv", CASELOAD),
        ("wrong.csv", CASELOAD + "P4,C4,878,131552,academy,special,,2022-09-31,,1\n"),
        ("places.csv", PLACES),
        ("schools.csv", SCHOOLS),
        ("rule.toml", RULE),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_protections_are_said_and_written(command: Command, files: Path) -> None:
    said = command("protect", "caseload.csv", *GUARANTEE, "3%", "--out", "out.csv")
    assert (said.status, said.err) == (0, "")
    assert "No places were given" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 80
    expected = protect(files / "caseload.csv", DEVON, LAST, "0.03", "FY2023-24")
    with (files / "out.csv").open(encoding="utf-8", newline="") as file:
        written = [row["protection"] for row in csv.DictReader(file)]
    assert written == [f"{pence / 100:.2f}" for pence in expected.lines["protection"]]
    for name in ("out.placements.csv", "out.findings.csv", "out.provenance.json"):
        assert (files / name).is_file()


def test_protections_as_json_are_the_engine_s(command: Command, files: Path) -> None:
    said = command(
        "protect", "caseload.csv", *GUARANTEE, "-0.015", "--places", "places.csv", "--out", "out.xlsx", "--json"
    )
    expected = protect(files / "caseload.csv", DEVON, LAST, "-1.5%", "FY2023-24", places=files / "places.csv")
    assert said.status == 0
    assert said.document["providers"] == expected.lines.to_dicts()
    assert said.document["protection"]["protection_pence"] == expected.total
    assert said.document["protection"]["guarantee"] == "-3/200"


def test_a_provider_that_can_t_be_told_is_said_beside_the_totals(command: Command, files: Path) -> None:
    said = command("protect", "wrong.csv", *GUARANTEE, "0", "--out", "out.csv")
    assert said.status == 0
    assert "The protection of 1 provider can't be told" in said.out
    assert "error protection_unknown: 1" in said.out
    strict = command("protect", "wrong.csv", *GUARANTEE, "0", "--out", "strict.csv", "--strict")
    assert strict.status == 1
    assert "nothing was written" in strict.err
    assert not (files / "strict.csv").exists()


def test_where_no_protection_can_be_told_it_ends_with_1(command: Command, files: Path) -> None:
    said = command("protect", "caseload.csv", *YEAR[:2], "--period", "FY2030-31", *GUARANTEE[4:], "0", "--out", "o.csv")
    assert said.status == 1
    assert (files / "o.csv").is_file()


@pytest.mark.parametrize(
    ("guarantee", "last", "word"), [("3", LAST, "0.03"), ("half", LAST, "Guarantee"), ("0", "devon", "one version")]
)
def test_a_wrong_command_line_ends_with_2(command: Command, files: Path, guarantee: str, last: str, word: str) -> None:
    options = (*YEAR, "--last-year", last, "--guarantee", guarantee, "--out", "out.csv")
    said = command("protect", "caseload.csv", *options)
    assert (said.status, said.out) == (2, "")
    assert word in said.err
    assert not (files / "out.csv").exists()


def test_notional_budgets_are_said_and_written(command: Command, files: Path) -> None:
    said = command(
        "notional-sen", "caseload.csv", "--schools", "schools.csv", *YEAR, "--rule", "rule.toml", "--out", "out.csv"
    )
    assert (said.status, said.err) == (0, "")
    # Two children, one of them beyond 1% of 100 pupils.
    assert "£12,000.00" in said.out
    assert "£6,000.00" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 80
    with (files / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["first_part"], row["remaining"], row["targeted_help"]) == ("12000.00", "2000.00", "6000.00")


def test_notional_budgets_as_json_are_the_engine_s(command: Command, files: Path) -> None:
    said = command("notional-sen", "caseload.csv", "--schools", "schools.csv", *YEAR, "--out", "out.parquet", "--json")
    expected = compare_notional_sen(files / "caseload.csv", files / "schools.csv", DEVON, "FY2023-24")
    assert said.status == 0
    assert said.document["lines"] == expected.lines.to_dicts()
    assert said.document["first_part"]["pence"] == expected.first_part_pence
    assert said.document["rule"] is None


def test_under_strict_a_school_without_a_budget_ends_with_1(command: Command, files: Path) -> None:
    (files / "schools.csv").write_text("provider_id,notional_sen_budget\n100009,1.00\n", encoding="utf-8")
    said = command("notional-sen", "caseload.csv", "--schools", "schools.csv", *YEAR, "--out", "out.csv", "--strict")
    assert said.status == 1
    assert "school_unknown" in said.out
    assert not (files / "out.csv").exists()
