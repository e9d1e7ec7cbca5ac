"""What is wrong with a framework's workbook is said by sheet, row and column, or the workbook is refused."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from tariff_engine import check_framework, load_frameworks
from tariff_engine.errors import FrameworkError
from tariff_engine.framework_rows import COLUMNS
from tariff_engine.framework_sheets import SHEETS
from tariff_engine.framework_workbook import read_framework_sheets
from tariff_engine.tables.spreadsheets import SheetText, read_sheets
from tests.framework_books import (
    Changes,
    a_book,
    edited,
    edited_sheets,
    errors,
    read,
)


@pytest.fixture(scope="module")
def full_sheets(tmp_path_factory: pytest.TempPathFactory) -> tuple[SheetText, ...]:
    """The sheets of the full version's workbook, as they are read."""
    return read_sheets(a_book(tmp_path_factory.mktemp("full")))


@pytest.mark.parametrize(
    ("sheet", "changes", "expected"),
    [
        ("Tariffs", {(4, "rate"): "lots"}, "Tariffs, row 4, rate: 'lots' is not an amount in pounds"),
        ("Tariffs", {(4, "rate"): 1.005}, "Tariffs, row 4, rate: '1.005' has more than 2 decimal places"),
        ("Tariffs", {(4, "rate"): -5}, "Tariffs, row 4, rate: '-5.00': expected £0 to "),
        ("Tariffs", {(4, "band"): "9"}, "Tariffs, row 4, band: '9' is no band of the sheet Bands; expected 1, 2, 3"),
        (
            "Tariffs",
            {(3, "band"): "1"},
            "Tariffs, row 3, provision: a rate that fits the same (special / any / 1 / any) is already on row 2",
        ),
        ("Tariffs", {(3, "source_id"): "x"}, "Tariffs, row 3, source_id: 'x' is none of the ids on the sheet Sources"),
        ("Tariffs", {(3, "provision"): "specal"}, "Tariffs, row 3, provision: 'specal': expected "),
        (
            "Framework",
            {("days_per_year", "value"): None},
            "Tariffs, row 8, unit: a rate by the day needs days_per_year on the sheet Framework",
        ),
        (
            "Framework",
            {("days_per_year", "value"): "many"},
            "Framework, row 12, days_per_year: 'many' is not a decimal number",
        ),
        (
            "Framework",
            {("days_per_year", "value"): 400},
            "Framework, row 12, days_per_year: expected above 0 and up to 366",
        ),
        ("Framework", {("effective_from", "value"): "soon"}, "Framework, row 8, effective_from: 'soon': "),
        ("Framework", {("id", "value"): None}, "Framework, row 2, id: is required and isn't there"),
        ("Framework", {("id", "key"): None}, "Framework, id: is required and isn't there"),
        ("Framework", {("id", "key"): "idd"}, "Framework, row 2, key: 'idd' is not a key of a framework; "),
        ("Framework", {("id", "key"): "title"}, "Framework, row 4, key: 'title' is already on row 2"),
        ("Framework", {("banding.rule", "value"): "highest"}, "Framework, row 17, banding.rule: 'highest': expected "),
        (
            "Framework",
            {("banding.co_occurrence.level", "value"): None},
            "Framework, row 19, banding.co_occurrence.level: is required",
        ),
        (
            "Framework",
            {("legal_status", "value"): "in force"},
            "Framework, row 7, legal_status: 'in force': expected in_force, ",
        ),
        ("Sources", {("s", "title"): None}, "Sources, row 2, title: is required and isn't there"),
        (
            "Sources",
            {("d", "working"): None},
            "Sources, row 3, working: is blank, and a derived value shows its working",
        ),
        ("Sources", {(4, "id"): "s", (4, "title"): "Again"}, "Sources: source 's' stands 2 times"),
        ("Sources", {("d", "last_checked_on"): "31/02/2025"}, "Sources, row 3, last_checked_on: '31/02/2025': "),
        ("Need areas", {(3, "level"): 2}, "Need areas, row 4, level: level 2 is already on row 3"),
        ("Need areas", {(5, "level"): 4}, "Need areas, row 2, level: level 3 of 'learning' isn't there"),
        (
            "Need areas",
            {(5, "level"): "top"},
            "Need areas, row 5, level: 'top': expected a whole number, 0 for no need",
        ),
        ("Need areas", {(5, "area"): None}, "Need areas, row 5, area: is blank and must be given"),
        ("Need areas", {(2, "title"): None}, "Need areas, row 2, title: is required and isn't there"),
        ("Need areas", {(3, "title"): "Other"}, "Need areas, row 3, title: 'Other' differs from row 2; give it once"),
        (
            "Need areas",
            {(3, "weight"): None},
            "Need areas, row 3, weight: is blank, and other levels of the area have one",
        ),
        ("Need areas", {(3, "weight"): "x"}, "Need areas, row 3, weight: 'x' is not a decimal number"),
        (
            "Need areas",
            {(6, "weight"): None, (7, "weight"): None},
            "Need areas, row 6, weight: the area has no weights",
        ),
        ("Need areas", {(2, "primary_needs"): "SLD; XYZ"}, "Need areas, row 2, primary_needs: 'XYZ': expected "),
        ("Need areas", {(6, "area"): "So cial", (7, "area"): "So cial"}, "Need areas, row 6, area: 'So cial': "),
        (
            "Provisions",
            {("special", "provision"): "speciol"},
            "Provisions, row 5, provision: expected mainstream, ",
        ),
        (
            "Provisions",
            {("special", "shift"): 70},
            "Provisions, row 5, shift: 70: input should be less than or equal to 50",
        ),
        (
            "Provisions",
            {("special", "permitted_bands"): "3; 4"},
            "Provisions, row 5, permitted_bands: '4' is no band; expected 1, 2, 3",
        ),
        (
            "Provisions",
            {("special", "provision"): "mainstream"},
            "Provisions, row 5, provision: 'mainstream' is already on row 2",
        ),
        ("Provisions", {("special", "provision"): None}, "Provisions, row 5, provision: is blank and must be given"),
        (
            "Calendar",
            {(2, "kind"): "term"},
            "Calendar, row 2, kind: 'term': expected funding_term, school_term, closed_day",
        ),
        ("Calendar", {(2, "share"): "half"}, "Calendar, row 2, share: 'half' is not a share of the year"),
        (
            "Calendar",
            {(2, "share"): "3/12"},
            "Calendar, funding_term: the shares of the year from 2025-04-01 add to 5/6",
        ),
        (
            "Calendar",
            {(3, "count_date"): date(2026, 4, 1)},
            "Calendar, row 3, count_date: 2026-04-01 is outside the term",
        ),
        ("Calendar", {(3, "end"): None}, "Calendar, row 3, end: is required and isn't there"),
        ("Calendar", {(4, "share"): "1/3"}, "Calendar, row 4, share: is filled, and a school_term has none"),
        ("Calendar", {(5, "start"): "Christmas"}, "Calendar, row 5, start: 'Christmas': "),
        ("Bands", {(3, "order"): 1}, "Bands, row 3, order: order 1 is already on row 2"),
        ("Bands", {(3, "order"): 1.5}, "Bands, row 3, order: '1.5' is not a whole number"),
        ("Places", {(2, "occupancy"): "empty"}, "Places, row 2, occupancy: 'empty': expected "),
        ("Uplifts", {(2, "value"): None}, "Uplifts, row 2, value: is blank and must be given"),
        ("Area costs", {(2, "la_code"): "000"}, "Area costs, row 2, la_code: '000': expected "),
    ],
)
def test_what_is_wrong_is_said_by_sheet_and_row(
    sheet: str, changes: Changes, expected: str, full_sheets: tuple[SheetText, ...]
) -> None:
    book = read_framework_sheets(edited_sheets(full_sheets, sheet, changes), "framework.xlsx")
    found = [problem.text() for problem in book.problems if problem.severity == "error"]
    assert book.framework is None
    assert any(line.startswith(expected) for line in found), found
    assert not any(re.search(r"\.toml|\.csv", line) for line in found), found


def test_more_text_than_a_file_may_hold_is_refused(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    changes: Changes = {(row, name): "x" * 32_000 for row in range(2, 22) for name in ("working", "note")}
    (found,) = errors(edited(path, "Sources", changes))
    assert found == "Framework: is above 1 MB"


def test_problems_of_all_sheets_are_said_at_once(tmp_path: Path) -> None:
    path = edited(a_book(tmp_path), "Tariffs", {(2, "rate"): "x"})
    path = edited(edited(path, "Need areas", {(3, "level"): 2}), "Framework", {("id", "value"): "Not an id"})
    assert {line.partition(",")[0] for line in errors(path)} == {"Tariffs", "Need areas", "Framework"}


@pytest.mark.parametrize("sheet", [sheet.name for sheet in SHEETS])
def test_a_sheet_that_is_missing_is_named(sheet: str, full_sheets: tuple[SheetText, ...]) -> None:
    renamed = [replace(found, name=f"{sheet} (2)") if found.name == sheet else found for found in full_sheets]
    error, warning = read_framework_sheets(renamed, "framework.xlsx").problems
    assert error.text().startswith(f"{sheet}: there is no such sheet; ")
    assert warning.text().startswith(f"{sheet} (2): isn't a sheet of a framework")


def test_columns_that_are_wrong_are_named(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    for cell, value in {"G1": "zz", "H1": "unit", "M5": "beside"}.items():
        book["Tariffs"][cell].value = value
    book.save(path)
    assert errors(path) == [
        f"Tariffs, row 1, zz: is not a column of this sheet; expected {', '.join(COLUMNS['tariffs.csv'])}",
        "Tariffs, row 1, unit: stands more than once in the header",
        "Tariffs, row 1, M: has values and no header",
        "Tariffs, row 1, rate: is a column of this sheet and isn't there",
        "Tariffs, row 1, minimum: is a column of this sheet and isn't there",
    ]


def test_a_sheet_without_its_header_is_named(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    book["Places"].delete_rows(1, 5)
    book.save(path)
    assert errors(path)[0].startswith("Places: ")


def test_two_sheets_that_look_like_one_are_refused(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    book.copy_worksheet(book["Tariffs"]).title = "tariffs "
    book.save(path)
    assert errors(path) == ["tariffs : there are two sheets of this name"]


def test_two_sheets_of_one_name_are_refused(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="Lists"', b'name="Tariffs"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    (found,) = errors(path)
    assert "sheets" in found


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("Template", "placements", "framework.xlsx: is no framework workbook: its sheet Cover doesn't say Template"),
        ("Template version", 2, "framework.xlsx: has template version 2, and 1 is the newest that can be read."),
        (
            "Template version",
            None,
            "framework.xlsx: has template version (blank), and 1 is the newest",
        ),
    ],
)
def test_a_workbook_of_another_template_is_refused(label: str, value: object, expected: str, tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    (cell,) = (row[1] for row in book["Cover"].iter_rows() if row[0].value == label)
    cell.value = value
    book.save(path)
    (found,) = errors(path)
    assert found.startswith(expected)


def test_some_other_workbook_is_refused(tmp_path: Path) -> None:
    Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(FrameworkError, match=r"other\.xlsx: is no framework workbook"):
        load_frameworks(tmp_path / "other.xlsx")


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 and then nothing"])
def test_what_is_no_workbook_at_all_is_a_problem_of_the_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "framework.xlsx"
    path.write_bytes(content)
    (problem,) = check_framework(path)
    assert (problem.severity, problem.file, problem.row) == ("error", "framework.xlsx", None)


def test_a_formula_counts_as_what_it_shows_and_without_that_it_is_refused(
    tmp_path: Path, libreoffice: Callable[[Path, str], Path]
) -> None:
    path = edited(a_book(tmp_path), "Tariffs", {(2, "rate"): "=1000*1.03"})
    assert any("Tariffs row 2, column G" in line for line in errors(path)), errors(path)
    found = read(libreoffice(path, "xlsx")).framework
    assert found is not None
    assert found.tariffs[0].rate_pence == 103_000


def test_a_cell_that_shows_an_error_is_refused(tmp_path: Path, libreoffice: Callable[[Path, str], Path]) -> None:
    path = edited(a_book(tmp_path), "Tariffs", {(2, "rate"): "=1/0"})
    found = errors(libreoffice(path, "xlsx"))
    assert any("#DIV/0!" in line for line in found), found
