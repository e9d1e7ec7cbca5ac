"""The user's own file back, and totals to publish, from the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.api.conftest import NATIONAL, PRICE, Command

BACK = ("--return", "back.csv")
WRITTEN = ["out.csv", "out.findings.csv", "out.provenance.json"]


def results(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["Validation results"] for row in csv.DictReader(file)]


def made(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"good.csv", "mixed.csv", "hopeless.csv"}


def test_the_file_comes_back_beside_the_costing(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", *BACK)
    assert (said.status, said.err) == (0, "")
    assert made(tmp_path) == {*WRITTEN, "back.csv", "back.findings.csv"}
    assert results(tmp_path / "back.csv") == ["ok", "ok", "ok", "1 error", "1 error", "1 error"]
    assert said.out.splitlines()[-2:] == ["  back.csv", "  back.findings.csv"]


def test_under_strict_the_file_comes_back_and_nothing_else_is_written(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", *BACK, "--published", "p.xlsx", "--strict")
    assert said.status == 1
    assert said.err == (
        "There are 3 errors in the data, and --strict allows none: nothing was written but the file you asked to have "
        "returned.\n"
    )
    assert made(tmp_path) == {"back.csv", "back.findings.csv"}
    assert results(tmp_path / "back.csv").count("1 error") == 3
    assert "back.csv" in said.out


def test_under_strict_a_good_file_gives_everything(command: Command, tmp_path: Path) -> None:
    arguments = ("--out", "out.csv", *BACK, "--published", "p.ods", "--strict")
    assert command("price", "good.csv", *PRICE, *arguments).status == 0
    assert made(tmp_path) == {*WRITTEN, "back.csv", "back.findings.csv", "p.ods"}
    assert results(tmp_path / "back.csv") == ["ok", "ok", "ok"]


def test_where_no_row_has_a_price_the_file_comes_back_too(command: Command, tmp_path: Path) -> None:
    assert command("price", "hopeless.csv", *PRICE, "--out", "out.csv", *BACK).status == 1
    assert results(tmp_path / "back.csv") == ["1 error"]


def test_a_workbook_comes_back_as_a_workbook(command: Command, tmp_path: Path) -> None:
    pl.read_csv(tmp_path / "mixed.csv", infer_schema=False).write_excel(tmp_path / "mixed.xlsx")
    said = command("price", "mixed.xlsx", *PRICE, "--out", "out.csv", "--return", "back.xlsx", "--json")
    assert said.status == 0
    assert [Path(name).name for name in said.document["files"]] == [*WRITTEN, "back.xlsx"]
    page = openpyxl.load_workbook(tmp_path / "back.xlsx").worksheets[0]
    assert [cell.value for cell in page["K"]] == ["Validation results", *["ok"] * 3, *["1 error"] * 3]


def test_totals_are_published_with_what_to_look_for(command: Command, tmp_path: Path) -> None:
    said = command("price", "good.csv", *PRICE, "--out", "out.csv", "--published", "totals.xlsx")
    assert said.status == 0
    assert made(tmp_path) == {*WRITTEN, "totals.xlsx"}
    assert "no number is left out because it is small" in said.out
    assert openpyxl.load_workbook(tmp_path / "totals.xlsx")["Table_1"]["A1"].value.startswith("Table 1: Funding by")
    document = command("price", "good.csv", *PRICE, "--out", "out.csv", "--published", "totals.ods", "--json").document
    assert [Path(name).name for name in document["files"]] == [*WRITTEN, "totals.ods"]
    assert "no number is left out because it is small" in document["notices"][-1]


def test_small_numbers_are_withheld_when_asked(command: Command, tmp_path: Path) -> None:
    said = command("price", "good.csv", *PRICE, "--out", "out.csv", "--published", "p.xlsx", "--suppress")
    assert said.status == 0
    assert "because it is small" not in said.out
    page = openpyxl.load_workbook(tmp_path / "p.xlsx")["Table_1"]
    assert "[c]" in [cell.value for cell in page["B"]]
    alone = command("price", "good.csv", *PRICE, "--out", "out.csv", "--suppress")
    assert (alone.status, alone.err.strip()) == (2, "--suppress goes with --published OUT.")


def test_illustrative_totals_are_called_so(command: Command, tmp_path: Path) -> None:
    arguments = ("--framework", NATIONAL, "--period", "FY2025-26", "--out", "out.csv", "--published", "p.xlsx")
    assert command("price", "hopeless.csv", *arguments).status == 0
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    for page in [book["Cover"], *book.worksheets[3:]]:
        assert any("ILLUSTRATIVE: nobody has published" in str(cell.value) for cell in page["A"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--out", "out.csv", "--return", "back.xlsx"), "must end in .csv"),
        (("--out", "out.csv", "--return", "good.csv"), "being read"),
        (("--out", "out.csv", "--return", "nowhere/back.csv"), "folder"),
        (("--out", "out.csv", "--return", "."), "must end in .csv"),
        (("--out", "out.csv", "--return", "out.csv"), "the same file"),
        (("--out", "out", "--return", "out.csv"), "the same file"),
        (("--out", "a.findings.csv", "--return", "a.csv"), "the same file"),
        (("--out", "out.xlsx", "--published", "out.xlsx"), "the same file"),
        (("--out", "out.csv", "--published", "out.csv"), "must end in .xlsx or .ods"),
        (("--out", "out.csv", "--published", "nowhere/p.xlsx"), "folder"),
    ],
)
def test_what_can_t_be_written_is_refused_before_anything_is(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    before = (tmp_path / "good.csv").read_bytes()
    said = command("price", "good.csv", *PRICE, *arguments)
    assert (said.status, said.out) == (2, "")
    assert word in said.err
    assert made(tmp_path) == set()
    assert (tmp_path / "good.csv").read_bytes() == before


def test_a_file_that_is_refused_whole_doesn_t_come_back(command: Command, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("placement_id,child_id\nP,C\n", encoding="utf-8")
    said = command("price", "good.csv", *PRICE, "--out", "out.csv", *BACK)
    assert said.status == 1
    assert "home_la" in said.err
    assert made(tmp_path) == set()


def test_a_file_that_only_programs_read_is_refused_in_a_sentence(command: Command, tmp_path: Path) -> None:
    pl.read_csv(tmp_path / "good.csv", infer_schema=False).write_parquet(tmp_path / "good.parquet")
    said = command("price", "good.parquet", *PRICE, "--out", "out.csv", "--return", "back.parquet")
    assert said.status == 2
    assert "a Parquet file is for programs" in said.err
