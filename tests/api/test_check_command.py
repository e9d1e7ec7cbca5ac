"""The command check: a remittance against placements, from a folder of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.conftest import GOOD_FILE, PRICE, Command

REMITTANCE = """\
Pupil ref,Month,Amount
C1,April 2023,131.15
C3,April 2023,254.10
C9,April 2023,99.00
"""
CHECK = ("check", "remittance.csv", "--placements", "good.csv", *PRICE, "--out", "check.xlsx")


@pytest.fixture(autouse=True)
def remittance(tmp_path: Path) -> None:
    (tmp_path / "remittance.csv").write_text(REMITTANCE, encoding="utf-8")


def test_a_check_says_what_it_found_and_writes_it(command: Command, tmp_path: Path) -> None:
    said = command(*CHECK, "--letter", "letter.md")
    assert said.status == 0, said.err
    assert "Paid        £484.25" in said.out
    assert "Not in your placements" in said.out
    assert (tmp_path / "check.xlsx").is_file()
    assert (tmp_path / "letter.md").is_file()


def test_no_child_is_named_on_the_screen(command: Command) -> None:
    said = command(*CHECK)
    assert "C9" not in said.out + said.err
    assert "C1 " not in said.out + said.err


def test_a_check_as_json_has_money_in_pence(command: Command) -> None:
    document = command(*CHECK, "--json").document
    totals = document["totals"]
    assert totals["paid_pence"] == 48425
    assert sum(row["difference_pence"] for row in document["by_reason"]) == totals["difference_pence"]
    assert sum(row["due_pence"] for row in document["by_month"]) == totals["due_pence"]
    assert document["files"] == ["check.xlsx"]


def test_a_check_under_strict_writes_nothing_where_there_are_errors(command: Command, tmp_path: Path) -> None:
    (tmp_path / "remittance.csv").write_text(REMITTANCE + "C2,April 2023,TBC\n", encoding="utf-8")
    said = command(*CHECK, "--strict")
    assert said.status == 1
    assert "--strict" in said.err
    assert not (tmp_path / "check.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("--letter", "letter.docx"), 2, ".odt"),
        (("--letter", "check.xlsx"), 2, ".odt"),
        (("--map", "no.toml"), 2, "no.toml"),
        (("--last-year", "nowhere"), 2, "nowhere"),
        (("--authority", "877"), 2, "877"),
    ],
)
def test_what_can_t_be_done_is_refused_in_a_sentence(
    command: Command, arguments: tuple[str, ...], status: int, why: str
) -> None:
    said = command(*CHECK, *arguments)
    assert said.status == status
    assert why in said.err


@pytest.mark.parametrize("name", ["remittance.csv", "good.csv"])
def test_a_file_that_is_read_is_never_written_over(command: Command, tmp_path: Path, name: str) -> None:
    arguments = [*CHECK[:-1], name]
    assert command(*arguments).status == 2
    assert (tmp_path / name).read_text(encoding="utf-8") in (REMITTANCE, GOOD_FILE)


def test_a_check_is_written_as_tables_too(command: Command, tmp_path: Path) -> None:
    assert command(*CHECK[:-1], "check.csv").status == 0
    for name in ("check", "check.detail", "check.payments", "check.findings"):
        assert (tmp_path / f"{name}.csv").is_file()
