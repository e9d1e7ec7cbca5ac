"""A workbook that comes back with what was found: its owner's own, or, where that can't be, its values."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from tariff_engine import Costing, cost
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.tables import returning_book as module
from tariff_engine.tables.book.sheets import Sheet
from tariff_engine.tables.ods_package import write_package
from tariff_engine.tables.sheet_rows import Block
from tests.cases.files import COLUMNS, row
from tests.small import write_version

RESULT, ERRORS = "Validation results", "Errors"
HEADER_ROW, TITLE, LAST = 3, "Placements of the spring term", len(COLUMNS)
HEADER = [*COLUMNS, "Our notes"]
FORMULAS = {"fte": ("=2/2", 1), "agreed_price": ("=SUM(39000,1000)", 40000), "end_date": ("=DATE(2026,3,31)", 46112)}
ROWS: list[dict[str, Any]] = [
    row(1),
    row(2, provider_type="odd", start_date="01/04/2025"),
    {},
    row(4, start_date="31/02/2025", need_learning="9"),
    row(5, **{"Our notes": "=HYPERLINK(\"http://x\")"}),
    {"placement_id": "Total", "agreed_price": 1},
]  # fmt: skip


def own_workbook(path: Path) -> Path:
    """A list as somebody keeps it: a title, colours, drop-downs, a filter that hides a row, formulas, frozen panes."""
    book = xlsxwriter.Workbook(path)
    page, lists = book.add_worksheet("Our list"), book.add_worksheet("Choices")
    header = book.add_format({"bold": True, "bg_color": "#12436D", "font_color": "#FFFFFF"})
    day, yellow = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"bg_color": "#FFFF00"})
    page.merge_range("A1:D1", TITLE, book.add_format({"font_size": 16}))
    page.write_row(HEADER_ROW - 1, 0, HEADER, header)
    for at, cells in enumerate(ROWS, start=HEADER_ROW):
        for name, value in cells.items():
            column = HEADER.index(name)
            if name in FORMULAS and at == HEADER_ROW:
                continue
            if value == "2025-04-01":
                page.write_datetime(at, column, date(2025, 4, 1), day)
            elif isinstance(value, str):
                page.write_string(at, column, value, yellow if name == "provider_id" else None)
            else:
                page.write_number(at, column, value)
    for name, (formula, value) in FORMULAS.items():
        page.write_formula(HEADER_ROW, HEADER.index(name), formula, day if name == "end_date" else None, value)
    page.write_rich_string(HEADER_ROW + 1, LAST, "half ", book.add_format({"bold": True}), "bold")
    page.write_comment("A4", "look here")
    lists.write_column(0, 0, ["special", "nmss"])
    lists.hide()
    book.define_name("Provisions", "=Choices!$A$1:$A$2")
    page.data_validation(HEADER_ROW, 5, 500, 5, {"validate": "list", "source": "=Provisions"})
    page.conditional_format("K4:K500", {"type": "cell", "criteria": ">", "value": 1, "format": yellow})
    page.autofilter(HEADER_ROW - 1, 0, HEADER_ROW + 5, LAST)
    page.filter_column("A", "x != P5")
    page.set_row(7, None, None, {"hidden": True})
    page.freeze_panes(HEADER_ROW, 1)
    page.set_column("O:XFD", None, None, {"hidden": True})
    book.close()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("own")
    own_workbook(made / "own.xlsx")
    write_version(made / "small")
    priced(made, "own.xlsx").give_back(made / "back.xlsx")
    return made


def priced(folder: Path, name: str) -> Costing:
    return cost(folder / name, folder / "small", "FY2025-26")


def found(costing: Costing) -> list[tuple[object, ...]]:
    return costing.findings.select("code", "severity", "row", "placement_id", "column", "message").rows()


def said(path: Path, sheet: str = "Our list") -> dict[int, tuple[Any, Any]]:
    """What stands in the two columns, by row."""
    page = openpyxl.load_workbook(path)[sheet]
    cells = {at: (page.cell(at, LAST + 2).value, page.cell(at, LAST + 3).value) for at in range(1, page.max_row + 1)}
    return {at: pair for at, pair in cells.items() if pair != (None, None)}


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_parts(path: Path, out: Path, parts: dict[str, bytes]) -> Path:
    """A workbook with some parts put in place of others, or besides."""
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in {**parts_of(path), **parts}.items():
            archive.writestr(name, content)
    return out


def test_each_row_has_its_own_result_in_words(folder: Path) -> None:
    results = said(folder / "back.xlsx")
    assert {at: result for at, (result, _) in results.items()} == {
        3: RESULT, 4: "ok", 5: "1 error, 1 note", 7: "2 errors", 8: "ok", 9: "1 warning, 1 note",
    }  # fmt: skip
    assert results[3][1] == ERRORS
    first, second = results[5][1].split("\n")
    assert first.startswith("Error in column E (provider_type): provider_type 'odd': expected ")
    assert first.endswith(". Correct the cell; the message says what was expected.")
    assert second == "Note in column H (start_date): 01/04/2025 was read as day/month/year: 2025-04-01."


def test_title_and_blank_rows_stay_as_they_were(folder: Path) -> None:
    page = openpyxl.load_workbook(folder / "back.xlsx")["Our list"]
    assert page["A1"].value == TITLE
    assert [str(area) for area in page.merged_cells.ranges] == ["A1:D1"]
    assert not any(cell.value for at in (2, 6) for cell in page[at])


def test_the_owner_s_formatting_drop_downs_and_filter_stay(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "back.xlsx", rich_text=True)
    page = book["Our list"]
    assert page["A3"].fill.fgColor.rgb == "FF12436D"
    assert page["D4"].fill.fgColor.rgb == "FFFFFF00"
    assert page["H4"].number_format == "dd/mm/yyyy"
    assert page.freeze_panes == "B4"
    assert page.auto_filter.ref == "A3:N9"
    assert page.row_dimensions[8].hidden
    assert [(str(rule.sqref), rule.formula1) for rule in page.data_validations.dataValidation] == [
        ("F4:F501", "Provisions")
    ]
    assert [str(rule.sqref) for rule in page.conditional_formatting] == ["K4:K500"]
    assert page["A4"].comment.text == "look here"
    assert [getattr(part, "font", None) is not None for part in page["N5"].value] == [False, True]
    assert book["Choices"].sheet_state == "hidden"


def test_formulas_stay_with_the_values_that_they_had(folder: Path) -> None:
    formulas = openpyxl.load_workbook(folder / "back.xlsx")["Our list"]
    values = openpyxl.load_workbook(folder / "back.xlsx", data_only=True)["Our list"]
    for name, (formula, _) in FORMULAS.items():
        assert formulas.cell(4, HEADER.index(name) + 1).value == formula
    assert [values.cell(4, HEADER.index(name) + 1).value for name in ("fte", "agreed_price")] == [1, 40000]
    assert values.cell(4, HEADER.index("end_date") + 1).value.date() == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("formula", "value", "kept"),
    [
        ('=CONCATENATE("a<b","&c")', "a<b&c", "a<b&c"),
        ("=1=1", True, True),
        ("=NA()", "#N/A", "#N/A"),
        ("=0.1+0.2", 0.3, 0.3),
    ],
)
def test_every_kind_of_value_stays_beside_its_formula(
    tmp_path: Path, folder: Path, formula: str, value: Any, kept: Any
) -> None:
    book = xlsxwriter.Workbook(tmp_path / "x.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, HEADER)
    page.write_row(1, 0, [row(1).get(name, "") for name in COLUMNS])
    page.write_formula(1, LAST, formula, None, value)
    book.close()
    returned = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26").give_back(tmp_path / "back.xlsx")
    assert returned.remark == ""
    cell = openpyxl.load_workbook(tmp_path / "back.xlsx", data_only=True).active.cell(2, LAST + 1)
    assert cell.value == kept
    assert openpyxl.load_workbook(tmp_path / "back.xlsx").active.cell(2, LAST + 1).value == formula


def test_the_returned_file_says_the_same_when_it_is_read(folder: Path) -> None:
    before, after = priced(folder, "own.xlsx"), priced(folder, "back.xlsx")
    assert found(after) == found(before)
    assert after.total == before.total > 0
    assert not {RESULT, ERRORS} & set(after.lines.columns)


def test_every_finding_is_on_a_sheet_with_its_cell(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "back.xlsx")
    assert book.sheetnames == ["Our list", "Choices", "Findings"]
    header, *rows = book["Findings"].iter_rows(values_only=True)
    findings = priced(folder, "own.xlsx").findings
    assert header == (*findings.columns, "cell", "what_to_do")
    assert [cells[:8] for cells in rows] == findings.rows()
    assert {cells[8] for cells in rows if cells[4] == "start_date"} == {"H5", "H7"}
    assert all(cells[9] for cells in rows)
    assert any(cells[2] is None for cells in rows)


def test_the_added_columns_are_seen_wrap_and_stand_out(folder: Path) -> None:
    page = openpyxl.load_workbook(folder / "back.xlsx")["Our list"]
    for letter in "OP":
        assert not page.column_dimensions[letter].hidden
        assert page.column_dimensions[letter].width > 20
        assert page[f"{letter}5"].alignment.wrap_text
    assert page["O3"].font.bold
    fills = {page[f"O{at}"].fill.fgColor.rgb for at in (5, 7)}, {page["O9"].fill.fgColor.rgb}
    assert fills == ({"FFFDE9DC"}, {"FFEEE9F7"})
    assert page["O4"].fill.fill_type is None
    assert page.row_dimensions[5].height > page.row_dimensions[4].height if page.row_dimensions[4].height else True
    # The owner had hidden every column after the table, and the rest of them stay so.
    assert page.column_dimensions["Q"].hidden
    assert page.column_dimensions["Q"].min == 17


def test_nothing_that_is_added_is_a_formula_or_a_link(tmp_path: Path, folder: Path) -> None:
    odd = ['=HYPERLINK("http://x","y")', "@SUM(A1)", "+44", "http://example.org", "_x0041_", "#N/A x", "<b>&"]
    frame = pl.DataFrame([row(n, provider_type=text) for n, text in enumerate(odd)])
    book = xlsxwriter.Workbook(tmp_path / "x.xlsx", {"strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet("=1+1")
    for at, cells in enumerate([[*frame.columns, "=cmd|' /C calc'!A0"], *frame.rows()]):
        page.write_row(at, 0, ["" if cell is None else cell for cell in cells])
    book.close()
    costing = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26")
    costing.give_back(tmp_path / "back.xlsx")
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert len(cells) > 150
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert any(cell.value == odd[0] for line in book["Findings"].iter_rows() for cell in line)
    for name, content in parts_of(tmp_path / "back.xlsx").items():
        assert not re.search(rb'<f[ >/]|<hyperlink|TargetMode="External"', content), name


def test_marks_that_no_workbook_holds_are_replaced(tmp_path: Path, folder: Path) -> None:
    own_workbook(tmp_path / "x.xlsx")
    strings = parts_of(tmp_path / "x.xlsx")["xl/sharedStrings.xml"]
    odd = strings.replace(b"<t>odd</t>", "<t>o_x0007_\u202ed</t>".encode())
    with_parts(tmp_path / "x.xlsx", tmp_path / "y.xlsx", {"xl/sharedStrings.xml": odd})
    costing = cost(tmp_path / "y.xlsx", folder / "small", "FY2025-26")
    assert "o\x07\u202ed" in costing.findings["value"].to_list()
    assert costing.give_back(tmp_path / "back.xlsx").remark == ""
    findings = openpyxl.load_workbook(tmp_path / "back.xlsx")["Findings"]
    assert "o\ufffd\ufffdd" in [cell.value for cell in findings["F"]]
    assert "provider_type" in said(tmp_path / "back.xlsx")[5][1]


def test_macros_never_come_back(tmp_path: Path, folder: Path) -> None:
    own_workbook(tmp_path / "x.xlsx")
    kinds = parts_of(tmp_path / "x.xlsx")["[Content_Types].xml"]
    kinds = kinds.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ).replace(
        b"<Default ", b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Default ', 1
    )
    with_parts(tmp_path / "x.xlsx", tmp_path / "x.xlsm", {"[Content_Types].xml": kinds, "xl/vbaProject.bin": b"macro"})
    costing = cost(tmp_path / "x.xlsm", folder / "small", "FY2025-26")
    with pytest.raises(UsageError, match=r"must end in \.xlsx"):
        costing.give_back(tmp_path / "back.xlsm")
    assert costing.give_back(tmp_path / "back.xlsx").remark == ""
    parts = parts_of(tmp_path / "back.xlsx")
    assert not [name for name in parts if "vba" in name.lower()]
    assert b"macroEnabled" not in parts["[Content_Types].xml"]
    assert said(tmp_path / "back.xlsx") == said(folder / "back.xlsx")


def test_formulas_that_reach_outside_come_back_as_values(tmp_path: Path, folder: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "x.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, HEADER)
    page.write_row(1, 0, [row(1).get(name, "") for name in COLUMNS])
    page.write_formula(1, LAST, "=[1]Other!A1", None, "from outside")
    page.write_formula(1, 9, "=cmd|'/C calc'!A0", None, 1)
    book.define_name("Outside", "=[1]Other!$A$1")
    book.close()
    cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26").give_back(tmp_path / "back.xlsx")
    page = openpyxl.load_workbook(tmp_path / "back.xlsx").active
    assert [page.cell(2, LAST + 1).value, page.cell(2, 10).value] == ["from outside", 1]
    assert not [name for name in parts_of(tmp_path / "back.xlsx") if "external" in name.lower()]
    assert not [name for name, part in parts_of(tmp_path / "back.xlsx").items() if b"[1]" in part]


def test_an_identifier_stands_in_its_owner_s_cell_alone(tmp_path: Path, folder: Path) -> None:
    upn = "H801200001001"
    book = xlsxwriter.Workbook(tmp_path / "x.xlsx")
    book.add_worksheet().add_table(
        0, 0, 2, LAST - 1,
        {"columns": [{"header": name} for name in COLUMNS],
         "data": [[cells.get(name) for name in COLUMNS] for cells in (row(1, child_id=upn), row(2, child_id=upn))]},
    )  # fmt: skip
    book.close()
    costing = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26")
    assert "child_id_is_upn" in costing.findings["code"].to_list()
    costing.give_back(tmp_path / "back.xlsx")
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    holding = [(sheet.title, cell.coordinate) for sheet in book for line in sheet.iter_rows() for cell in line
               if upn in str(cell.value)]  # fmt: skip
    assert holding == [("Sheet1", "B2"), ("Sheet1", "B3")]
    assert [str(table.ref) for table in book["Sheet1"].tables.values()] == ["A1:M3"]


def test_a_file_that_comes_back_twice_has_what_is_found_now(tmp_path: Path, folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "back.xlsx")
    page = book["Our list"]
    page["E5"], page["H5"], page["J4"], page["K4"], page["I4"] = "special", date(2025, 4, 1), 1, 40000, None
    for column in range(1, LAST + 2):
        page.cell(8, column).value = None
    book.save(tmp_path / "mended.xlsx")
    cost(tmp_path / "mended.xlsx", folder / "small", "FY2025-26").give_back(tmp_path / "twice.xlsx")
    assert {at: result for at, (result, _) in said(tmp_path / "twice.xlsx").items()} == {
        3: RESULT, 4: "ok", 5: "1 error", 7: "2 errors", 9: "1 warning, 1 note",
    }  # fmt: skip
    again = openpyxl.load_workbook(tmp_path / "twice.xlsx")
    assert again.sheetnames == ["Our list", "Choices", "Findings"]
    assert again["Our list"].max_column == LAST + 3


def test_a_sheet_of_the_owner_s_own_called_findings_stays(tmp_path: Path, folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "own.xlsx")
    for cell in ("I4", "J4", "K4"):
        book["Our list"][cell] = None
    book.create_sheet("Findings")["A1"] = "ours"
    book.save(tmp_path / "x.xlsx")
    cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26").give_back(tmp_path / "back.xlsx")
    back = openpyxl.load_workbook(tmp_path / "back.xlsx")
    assert back.sheetnames == ["Our list", "Choices", "Findings", "Findings1"]
    assert back["Findings"]["A1"].value == "ours"


def test_where_the_rows_aren_t_where_they_were_nothing_is_filled_in(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costing = priced(folder, "own.xlsx")
    known = module._Table.known
    monkeypatch.setattr(module._Table, "known", lambda table: [(at + 1, *rest) for at, *rest in known(table)])
    returned = costing.give_back(tmp_path / "back.xlsx")
    assert "the workbook couldn't be filled in" in returned.remark
    assert openpyxl.load_workbook(tmp_path / "back.xlsx").sheetnames == ["Our list", "Findings"]
    assert said(tmp_path / "back.xlsx") == said(folder / "back.xlsx")


def test_a_workbook_of_too_many_cells_comes_back_as_values(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FILLED_CELLS", 20)
    costing = priced(folder, "own.xlsx")
    returned = costing.give_back(tmp_path / "back.xlsx")
    assert returned.remark == (
        "Only the sheet with the table came back, as values without formatting: the workbook has more than 20 cells."
    )
    assert said(tmp_path / "back.xlsx") == said(folder / "back.xlsx")
    page = openpyxl.load_workbook(tmp_path / "back.xlsx")["Our list"]
    assert page["A1"].value == TITLE
    assert {cell.data_type for line in page.iter_rows() for cell in line if cell.value} <= {"s", "inlineStr"}
    rules = [rule.formula[0] for area in page.conditional_formatting for rule in area.rules]
    assert rules == ['EXACT($O2,"1 error, 1 note")', 'EXACT($O2,"2 errors")', 'EXACT($O2,"1 warning, 1 note")']
    again = cost(tmp_path / "back.xlsx", folder / "small", "FY2025-26")
    errors = [line for line in found(costing) if line[1] == "error"]
    assert [line for line in found(again) if line[1] == "error"] == errors
    assert again.total == costing.total


def test_a_merged_area_of_a_whole_sheet_counts_as_its_cells(tmp_path: Path, folder: Path) -> None:
    parts = parts_of(folder / "own.xlsx")
    whole_sheet = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins'
    lists = parts["xl/worksheets/sheet2.xml"].replace(b"<pageMargins", whole_sheet)
    with_parts(folder / "own.xlsx", tmp_path / "x.xlsx", {"xl/worksheets/sheet2.xml": lists})
    costing = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26")
    assert "more than 500,000 cells" in costing.give_back(tmp_path / "back.xlsx").remark
    assert said(tmp_path / "back.xlsx") == said(folder / "back.xlsx")


@pytest.mark.parametrize(("limit", "most"), [("_SECONDS", 0), ("_MEMORY_BYTES", 1_000_000), ("_FILE_BYTES", 100)])
def test_a_workbook_that_takes_too_much_comes_back_as_values(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(module, limit, most)
    assert "the workbook couldn't be filled in" in priced(folder, "own.xlsx").give_back(tmp_path / "back.xlsx").remark
    assert said(tmp_path / "back.xlsx") == said(folder / "back.xlsx")


def test_an_ods_file_comes_back_as_an_xlsx_workbook(tmp_path: Path, folder: Path) -> None:
    names = ["Placements: of/spring [1]", "Placements"]
    for name in names:
        frame = pl.DataFrame([row(1), row(2, provider_type="odd")]).with_columns(pl.col("start_date").str.to_date())
        write_package(tmp_path / "x.ods", [Sheet(name, [Block(frame)])])
        costing = cost(tmp_path / "x.ods", folder / "small", "FY2025-26")
        returned = costing.give_back(tmp_path / "back.xlsx")
        assert "an ODS file comes back as an XLSX workbook" in returned.remark
        page = openpyxl.load_workbook(tmp_path / "back.xlsx")["Placements"]
        assert [cell.value for cell in page[2]][-2:] == ["ok", None]
        assert page.cell(3, page.max_column - 1).value == "1 error"
    with pytest.raises(UsageError, match=r"must end in \.xlsx"):
        costing.give_back(tmp_path / "back.ods")


def test_a_file_that_has_changed_since_is_not_filled_in(tmp_path: Path, folder: Path) -> None:
    shutil.copy(folder / "own.xlsx", tmp_path / "x.xlsx")
    costing = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26")
    shutil.copy(folder / "back.xlsx", tmp_path / "x.xlsx")
    with pytest.raises(InputRefused, match="has changed since"):
        costing.give_back(tmp_path / "back.xlsx")
    assert not (tmp_path / "back.xlsx").exists()


def test_the_file_that_was_read_is_never_touched(tmp_path: Path, folder: Path) -> None:
    shutil.copy(folder / "own.xlsx", tmp_path / "x.xlsx")
    costing = cost(tmp_path / "x.xlsx", folder / "small", "FY2025-26")
    with pytest.raises(UsageError, match="is the file that is being read"):
        costing.give_back(tmp_path / "x.xlsx")
    costing.give_back(tmp_path / "back.xlsx")
    assert (tmp_path / "x.xlsx").read_bytes() == (folder / "own.xlsx").read_bytes()
