"""tariff-engine template: a file to fill in for every table, and for a framework."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.api.conftest import NATIONAL, Command

TABLES = ("placements", "places", "providers", "remittance")


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("framework", [(), ("--framework", NATIONAL)], ids=["any framework", "national"])
def test_each_table_has_a_template(command: Command, tmp_path: Path, kind: str, framework: tuple[str, ...]) -> None:
    said = command("template", kind, "--out", "t.xlsx", *framework)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("t.xlsx: ")
    assert kind.capitalize() in openpyxl.load_workbook(tmp_path / "t.xlsx", read_only=True).sheetnames
    document = command("template", kind, "--out", "t.csv", *framework, "--json").document
    assert document == {"template": kind, "framework": framework[-1] if framework else None, "files": ["t.csv"]}
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").count("\n") == 2


def test_a_framework_has_a_template_that_is_a_framework(command: Command) -> None:
    made = command("template", "framework", "--out", "ours.xlsx", "--json").document
    assert made["files"] == ["ours.xlsx"]
    assert command("frameworks", "check", "ours.xlsx").status == 0
    assert command("template", "framework", "--out", "theirs.xlsx", "--framework", NATIONAL).status == 0
    assert command("frameworks", "diff", NATIONAL, "theirs.xlsx", "--json").document["differences"] == []


@pytest.mark.parametrize("kind", TABLES)
def test_a_blank_template_is_replaced_and_a_filled_one_is_not(command: Command, tmp_path: Path, kind: str) -> None:
    assert command("template", kind, "--out", "t.xlsx").status == 0
    assert command("template", kind, "--out", "t.xlsx", "--framework", NATIONAL).status == 0
    workbook = openpyxl.load_workbook(tmp_path / "t.xlsx")
    workbook[kind.capitalize()]["A2"] = "P1"
    workbook.save(tmp_path / "t.xlsx")
    filled = (tmp_path / "t.xlsx").read_bytes()
    said = command("template", kind, "--out", "t.xlsx")
    assert said.status == 2
    assert "Choose another name" in said.err
    assert (tmp_path / "t.xlsx").read_bytes() == filled


def test_an_edited_framework_is_not_written_over(command: Command, tmp_path: Path) -> None:
    assert command("template", "framework", "--out", "ours.xlsx").status == 0
    assert command("template", "framework", "--out", "ours.xlsx").status == 0
    workbook = openpyxl.load_workbook(tmp_path / "ours.xlsx")
    title = next(row[1] for row in workbook["Framework"].iter_rows() if row[0].value == "title")
    title.value = "Another title"
    workbook.save(tmp_path / "ours.xlsx")
    assert "Choose another name" in command("template", "framework", "--out", "ours.xlsx").err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("placements", "--out", "t.ods"), "drop-downs"),
        (("places", "--out", "t"), "must end in"),
        (("framework", "--out", "t.csv"), ".xlsx"),
        (("framework", "--out", "t.xlsx", "--framework", "devon"), "devon@2023-24"),
        (("placements", "--out", "t.xlsx", "--framework", "nothing"), "no framework"),
        (("placements", "--out", "nowhere/t.xlsx"), "folder"),
        (("frobnicate", "--out", "t.xlsx"), "frobnicate"),
    ],
)
def test_what_can_t_be_made_is_said_and_nothing_is_written(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    before = sorted(tmp_path.iterdir())
    said = command("template", *arguments)
    assert (said.status, said.out) == (2, "")
    assert word in said.err
    assert sorted(tmp_path.iterdir()) == before
