"""Cases B for a second table on one sheet: named in one finding, its rows counted and set aside, none priced."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from tariff_engine.placements import wanted_columns
from tariff_engine.tables.returning import Checked, write_returned

from .files import COLUMNS, amounts, errors, finding, nothing_lost, price, row, text
from .workbooks import Cell, line, sheet, table, xlsx

FULL = 4000000
PADDED = "," * (len(COLUMNS) - 1)


def below(*rows: tuple[int, list[Cell]]) -> bytes:
    """A workbook of two placements and a row 5 and beyond that hold something else."""
    return xlsx(sheet(*table(row(1), row(2)), *(line(at, cells) for at, cells in rows)))


def test_the_same_header_again_below_blank_rows_begins_another_table(tmp_path: Path) -> None:
    found = price(tmp_path, xlsx(sheet(*table(row(1), row(2)), *table(row(3), row(4), first=6))), "x.xlsx")
    assert errors(found) == [("another_table", 6, None)]
    assert "'placement_id', 'child_id'" in finding(found, "another_table", 6)
    assert "3 rows" in finding(found, "another_table", 6)
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert nothing_lost(found, 5, 3)
    assert found.findings.height == 1


@pytest.mark.parametrize("title", [[], ["Rates"], ["Rates", "as agreed in March"]])
def test_a_table_of_other_columns_begins_with_its_title(tmp_path: Path, title: list[str]) -> None:
    titles: list[list[Cell]] = [[words] for words in title]
    rows: list[list[Cell]] = [*titles, ["Band", "2025-26", "Rate 2026"], ["B1", 100.5, 7]]
    found = price(tmp_path, below(*((at, cells) for at, cells in enumerate(rows, start=7))), "x.xlsx")
    assert errors(found) == [("another_table", 7, None)]
    assert "'Band', '2025-26' and 'Rate 2026'" in finding(found, "another_table", 7)
    assert nothing_lost(found, 2 + len(rows), len(rows))


def test_a_table_in_a_csv_file_is_told_too_with_rows_of_other_widths(tmp_path: Path) -> None:
    found = price(tmp_path, f"{text(row(1))}{PADDED}\nProvider,Total{PADDED[1:]}\nA,2\nB,3,4\n")
    assert [code for code, _, _ in errors(found)] == ["another_table"]
    assert nothing_lost(found, 4, 3)


@pytest.mark.parametrize(
    "rows",
    [
        [(5, ["Total", "", "", "", "", "", "", "", "", "", 80000])],
        [(5, ["Signed off by the head of service"])],
        [(5, ["P3", "C3", "878"]), (6, ["P4", "C4", "878"])],
        [(4, ["Band", "Rate"]), (5, ["B1", 100])],
    ],
    ids=["a totals row", "a line of text", "placements without their cells", "no blank row above"],
)
def test_what_is_no_table_is_not_taken_for_one(tmp_path: Path, rows: list[tuple[int, list[Cell]]]) -> None:
    assert "another_table" not in price(tmp_path, below(*rows), "x.xlsx").findings["code"].to_list()


def test_words_between_placements_begin_no_other_table_and_cost_no_placement(tmp_path: Path) -> None:
    rows = [*table(row(1)), line(4, ["Special", "schools"]), *table(row(2), first=5)[1:]]
    found = price(tmp_path, xlsx(sheet(*rows)), "x.xlsx")
    assert amounts(found) == {"P1": FULL, "P2": FULL}


def test_a_returned_file_says_ok_beside_no_row_of_the_other_table(tmp_path: Path) -> None:
    content = f"{text(row(1))}{PADDED}\nProvider,Total{PADDED[1:]}\nA,2\nB,3{PADDED[1:]}\n"
    for source in (tmp_path / "x.csv", tmp_path / "x.xlsx"):
        made = content if source.suffix == ".csv" else below((5, ["Provider", "Total"]), (6, ["A", 2]), (7, ["B", 3]))
        found = price(tmp_path, made, source.name)
        out = tmp_path / f"out{source.suffix}"
        checked = Checked(source, found.placements.raw, found.findings, wanted_columns(found.frameworks))
        write_returned(out, checked)
        if source.suffix == ".csv":
            said = [cells[-2] for cells in csv.reader(out.read_text("utf-8-sig").splitlines())]
            assert said == ["Validation results", "ok", "", "1 error", "set aside", "set aside"]
            assert price(tmp_path, out.read_bytes(), "again.csv").counts == found.counts
        else:
            sheet_back = openpyxl.load_workbook(out)["Sheet1"]
            results = [sheet_back.cell(at, len(COLUMNS) + 1).value for at in range(1, 8)]
            assert results == ["Validation results", "ok", "ok", None, "1 error", "set aside", "set aside"]
