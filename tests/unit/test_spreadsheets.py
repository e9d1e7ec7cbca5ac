"""Sheets as text: every sheet of a workbook, in the shortest forms, with blanks as nulls and errors in their place."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date, datetime, time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from tariff_engine.errors import InputRefused
from tariff_engine.tables.reading import read_table
from tariff_engine.tables.spreadsheets import SheetText, read_sheets
from tests.cases.workbooks import (
    DATE,
    DATE_AND_TIME,
    c,
    line,
    o,
    o_row,
    ods,
    r,
    serial,
    sheet,
    xlsx,
)

DAY = serial(date(2026, 4, 1))


def sheets_of(folder: Path, content: bytes, name: str = "x.xlsx") -> tuple[SheetText, ...]:
    path = folder / name
    path.write_bytes(content)
    return read_sheets(path)


def test_every_sheet_comes_in_order_hidden_ones_and_covers_too(tmp_path: Path) -> None:
    names = ["Cover", "Placements", "Lists"]
    found = sheets_of(tmp_path, xlsx({name: sheet(line(1, [name])) for name in names}, states={"Lists": "hidden"}))
    assert [(one.name, one.hidden, one.frame.rows()) for one in found] == [
        ("Cover", False, [("Cover",)]),
        ("Placements", False, [("Placements",)]),
        ("Lists", True, [("Lists",)]),
    ]


def test_values_are_the_shortest_text(tmp_path: Path) -> None:
    cells = [
        c("A1", 2500.0),
        c("B1", 0.1 + 0.2),
        c("C1", DAY, style=DATE),
        c("D1", DAY + 0.5, style=DATE_AND_TIME),
        c("E1", True),
        c("F1", False),
        c("G1", " as it is "),
        c("H1", "1E-7", "n"),
        c("I1", -0.5),
        c("J1", "#REF!", "e"),
        c("K1", "1E15", "n"),
        c("L1", "0", "n", formula="A1-A1"),
    ]
    (found,) = sheets_of(tmp_path, xlsx(sheet(r(1, *cells))))
    assert found.frame.columns == [str(at) for at in range(12)]
    assert found.frame.row(0) == (
        *("2500", "0.3", "2026-04-01", "2026-04-01T12:00:00", "TRUE", "FALSE", " as it is ", "0.0000001", "-0.5"),
        *("#REF!", "1000000000000000", "0"),
    )


def test_values_of_libreoffice_are_the_same_text(tmp_path: Path) -> None:
    cells = [
        o(2500.0),
        o(0.1 + 0.2),
        o("2026-04-01", "date"),
        o("2026-04-01T12:00:00", "date"),
        o(True),
        o("text"),
        o(0.5, "percentage", shown="50%"),
        o(1234.5, "currency", 'table:style-name="ce1"', shown="£1,234.50"),
        o("PT12H30M00S", "time"),
    ]
    (found,) = sheets_of(tmp_path, ods(o_row(*cells)), "x.ods")
    assert found.frame.row(0) == (
        *("2500", "0.3", "2026-04-01", "2026-04-01T12:00:00", "TRUE", "text", "0.5", "1234.5", "12:30:00"),
    )


def test_rows_and_columns_stand_where_they_do_in_the_sheet(tmp_path: Path) -> None:
    rows = [r(3, c("B3", "x"), c("E3", style=1)), r(5, c("C5", 1)), r(9, c("A9", style=1), c("Z9", " "))]
    (found,) = sheets_of(tmp_path, xlsx(sheet(*rows)))
    assert found.frame.rows() == [
        (None, None, None),
        (None, None, None),
        (None, "x", None),
        (None,) * 3,
        (None, None, "1"),
    ]


def test_an_error_at_the_end_of_a_sheet_is_there(tmp_path: Path) -> None:
    (found,) = sheets_of(tmp_path, xlsx(sheet(r(1, c("A1", "x")), r(3, c("C3", "#N/A", "e")))))
    assert found.frame.rows() == [("x", None, None), (None, None, None), (None, None, "#N/A")]


def test_a_sheet_too_wide_for_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="702 columns; the limit is 500"):
        sheets_of(tmp_path, xlsx({"A": sheet(line(1, ["a"])), "B": sheet(r(1, c("ZZ1", 1)))}))


def test_a_blank_sheet_has_no_rows(tmp_path: Path) -> None:
    found = sheets_of(tmp_path, xlsx({"A": sheet(), "B": sheet(r(1, c("A1", style=1)))}))
    assert [one.frame.shape for one in found] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("strings", "expected"),
    [
        ("<si><t>one</t></si><si><t/></si><si><t xml:space='preserve'> </t></si>", ("one", None, " ")),
        (
            "<si><r><t>o</t></r><r><t>ne</t></r><rPh><t>zz</t></rPh></si><si><t>_x000D_</t></si><si/>",
            ("one", "\r", None),
        ),
        ("<si><t>\u00a0</t></si><si><t>two</t></si><si><t>&#65;&amp;</t></si>", ("\u00a0", "two", "A&")),
    ],
)
def test_shared_strings_that_show_nothing_are_no_lost_cells(
    tmp_path: Path, strings: str, expected: tuple[str | None, ...]
) -> None:
    xml = sheet(r(1, *(c(f"{letter}1", at, "s") for at, letter in enumerate("ABC"))), line(2, [1, 2, 3]))
    (found,) = sheets_of(tmp_path, xlsx(xml, parts={"xl/sharedStrings.xml": f"<sst>{strings}</sst>"}))
    shown = tuple(text if text is None or text.strip() else None for text in found.frame.row(0))
    assert shown == tuple(text if text is None or text.strip() else None for text in expected)


def test_formulas_without_values_are_refused_on_any_sheet(tmp_path: Path) -> None:
    content = xlsx({"Cover": sheet(r(2, c("B2", formula="TODAY()"))), "Rates": sheet(line(1, ["a"]))})
    with pytest.raises(InputRefused, match="Cover row 2, column B"):
        sheets_of(tmp_path, content)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused, match="must be a workbook"):
        sheets_of(tmp_path, b"a,b\n1,2\n", name)


def test_a_workbook_in_the_strict_form_is_read(tmp_path: Path) -> None:
    strict = "http://purl.oclc.org/ooxml/"
    content = xlsx(sheet(line(1, ["a", 1])).replace("http://schemas.openxmlformats.org/", strict))
    (found,) = sheets_of(tmp_path, content)
    assert found.frame.row(0) == ("a", "1")


def test_what_xlsxwriter_and_openpyxl_write_is_read(tmp_path: Path) -> None:
    import openpyxl
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "one.xlsx")) as book:
        page = book.add_worksheet("Data")
        page.write_row(0, 0, ["text", 1.5, True])
        page.write_datetime(0, 3, datetime.fromisoformat("2026-04-01"), book.add_format({"num_format": "dd/mm/yyyy"}))
        page.write_formula(0, 4, "=1+1", None, 2)
        page.write_rich_string(0, 5, "a", book.add_format({"bold": True}), "b")
    other = openpyxl.Workbook()
    sheet_ = other.active
    assert sheet_ is not None
    sheet_.append(["text", 1.5, True, date(2026, 4, 1), 2, "ab", time(9, 30)])
    other.save(tmp_path / "two.xlsx")
    expected = ("text", "1.5", "TRUE", "2026-04-01", "2", "ab")
    assert read_sheets(tmp_path / "one.xlsx")[0].frame.row(0) == expected
    assert read_sheets(tmp_path / "two.xlsx")[0].frame.row(0) == (*expected, "09:30:00")


def test_a_formula_that_openpyxl_wrote_has_no_value_and_is_refused(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append([1, "=A1*2"])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(InputRefused, match="Sheet row 1, column B"):
        read_sheets(tmp_path / "x.xlsx")


def test_a_workbook_is_read_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "földer with spaces"
    folder.mkdir()
    (folder / "x.xlsx").write_bytes(xlsx(sheet(line(1, ["a"]))))
    monkeypatch.chdir(folder)
    assert read_sheets(Path("x.xlsx"))[0].frame.row(0) == ("a",)
    shutil.rmtree(folder)


@pytest.mark.parametrize("rows", [1, 300, 5_000])
def test_the_hash_of_a_workbook_is_that_of_its_bytes(tmp_path: Path, rows: int) -> None:
    """The process that reads the cells shares the place in the file: the hash may not depend on where it stopped."""
    path, made = tmp_path / "placements.xlsx", tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(made) as book:
        page = book.add_worksheet("Placements")
        page.write_row(0, 0, ["placement_id", "child_id"])
        for row in range(rows):
            page.write_row(row + 1, 0, [f"P{row * 7_919 % 10_007}-{row}", f"child {row * row % 9_973}"])
    # The sheet first, as LibreOffice writes: what was looked through last is then at the beginning of the file.
    with ZipFile(made) as parts, ZipFile(path, "w", ZIP_DEFLATED) as again:
        for name in sorted(parts.namelist(), key=lambda name: "sheet1" not in name):
            again.writestr(name, parts.read(name))
    table = read_table(path, ["placement_id", "child_id"], ["placement_id"])
    assert table.frame.height == rows
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
