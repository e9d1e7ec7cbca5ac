"""Fills in a workbook that somebody else made, in a process of its own: run as a script, with a file that says what.

It needs nothing of the engine. The library takes a workbook apart and writes it anew, so whatever that takes, or breaks
on, happens here, within the limits set first. Nothing that is added can be a formula or a link: it is typed as text.
"""

from __future__ import annotations

import json
import math
import re
import sys
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any

ELSEWHERE = 3
"""The exit status where the rows aren't where they were when the file was checked."""

_OUTSIDE = re.compile(r"\[\d+\]|[\w.']+\|[^!\"]*!|\b(?:DDE|RTD|WEBSERVICE|CALL|REGISTER)\s*\(|'file:", re.IGNORECASE)
_ROW_POINTS, _LETTERS_A_LINE = 15, 95
_RESULT_WIDTH, _ERRORS_WIDTH, _WIDTHS = 22, 80, (20, 10, 8, 18, 18, 24, 80, 12, 8, 60)
_TALLEST_POINTS = 409
"""The height of a row that no spreadsheet program goes beyond."""


def main(arguments: list[str]) -> int:
    """Fill in a workbook; 0 where it was written."""
    asked = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    _limit(asked["memory_bytes"], asked["seconds"], asked["file_bytes"])
    sys.path.extend(asked["libraries"])
    import defusedxml

    defusedxml.defuse_stdlib()
    import openpyxl

    with Path(asked["source"]).open("rb") as source:
        book = openpyxl.load_workbook(source, rich_text=True, keep_links=False)
    saved = _saved_values(openpyxl, asked["source"], book)
    sheet = book[asked["sheet"]]
    if not _is_where_it_was(sheet, asked["known"]):
        return ELSEWHERE
    _cut_links(book, saved)
    _fill(sheet, asked)
    _add_findings(book, asked["findings"])
    _keep_values(saved)
    book.save(asked["out"])
    return 0


def _limit(memory_bytes: int, seconds: int, file_bytes: int) -> None:
    """Have the system end this process when it takes too much, where the system can."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _is_where_it_was(sheet: Any, known: list[list[Any]]) -> bool:
    """Whether cells that were read elsewhere, each its row, column and text, stand in the same places here."""
    for row, column, text in known:
        cell = sheet.cell(row, column)
        value = cell.value
        if cell.data_type == "s" and " ".join(str(value).split()) != " ".join(text.split()):
            return False
        if cell.data_type == "n" and (value is None or not math.isclose(value, _number(text), rel_tol=1e-12)):
            return False
    return True


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _saved_values(library: Any, source: str, book: Any) -> dict[tuple[str, str], Any]:
    """What each formula came to when the file was saved, by sheet and cell."""
    formulas = {
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets
        for cell in sheet._cells.values()
        if cell.data_type == "f"
    }
    if not formulas:
        return {}
    with Path(source).open("rb") as file:
        values = library.load_workbook(file, data_only=True, keep_links=False)
    return {(title, name): values[title][name] for title, name in formulas if values[title][name].value is not None}


def _keep_values(saved: dict[tuple[str, str], Any]) -> None:
    """Have the library write the value of a formula beside it, which by itself it leaves out."""
    from openpyxl.cell._writer import etree_write_cell
    from openpyxl.worksheet import _writer
    from openpyxl.xml.functions import SubElement

    def write_cell(stream: Any, sheet: Any, cell: Any, styled: Any = None) -> None:
        value = saved.get((sheet.title, cell.coordinate)) if cell.data_type == "f" else None
        if value is None:
            etree_write_cell(stream, sheet, cell, styled)
            return
        caught = _Caught()
        etree_write_cell(caught, sheet, cell, styled)
        element = caught.element
        kind, text = _as_saved(value)
        if kind:
            element.set("t", kind)
        content = element.find("v")
        if content is None:
            content = SubElement(element, "v")
        content.text = text
        stream.write(element)

    _writer.write_cell = write_cell


class _Caught:
    """Takes the one element that the library would write."""

    element: Any = None

    def write(self, element: Any) -> None:
        self.element = element


def _as_saved(cell: Any) -> tuple[str, str]:
    """The type and text by which a workbook holds the value of a formula."""
    from openpyxl.utils.datetime import to_excel

    value, kind = cell.value, cell.data_type
    if kind == "d":
        return "", repr(to_excel(value, cell.parent.parent.epoch))
    if kind == "b":
        return "b", str(int(value))
    return ("e", str(value)) if kind == "e" else ("str", str(value)) if kind == "s" else ("", repr(value))


def _cut_links(book: Any, saved: dict[tuple[str, str], Any]) -> None:
    """Put the saved value in place of every formula that reads from outside the workbook."""
    for sheet in book.worksheets:
        for cell in list(sheet._cells.values()):
            if cell.data_type != "f":
                continue
            formula = getattr(cell.value, "text", cell.value)
            if isinstance(formula, str) and _OUTSIDE.search(formula):
                value = saved.pop((sheet.title, cell.coordinate), None)
                cell._value, cell.data_type = (None, "n") if value is None else (value.value, value.data_type)
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for name in [name for name, defined in names.items() if _OUTSIDE.search(defined.attr_text or "")]:
            del names[name]


def _fill(sheet: Any, asked: dict[str, Any]) -> None:
    """Write the two columns, in place of earlier ones where there are some."""
    from openpyxl.styles import Alignment, PatternFill

    column, header_row = asked["column"], asked["header_row"]
    _make_room(sheet, column, column + 1)
    top = Alignment(vertical="top", wrap_text=True)
    for row in range(header_row + 1, sheet.max_row + 1):
        for at in (column, column + 1):
            if (row, at) in sheet._cells:
                del sheet._cells[row, at]
    for at, (text, width) in enumerate(zip(asked["headers"], (_RESULT_WIDTH, _ERRORS_WIDTH), strict=True)):
        cell = _put(sheet, header_row, column + at, text)
        cell.font, cell.alignment = _bold(cell), top
        letter = cell.column_letter
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].hidden = False
    fills = {name: PatternFill("solid", fgColor=colour) for name, colour in asked["colours"].items()}
    for row, result, errors, severity in asked["verdicts"]:
        for at, text in enumerate((result, errors)):
            cell = _put(sheet, row, column + at, text)
            cell.alignment = top
            if severity in fills:
                cell.fill = fills[severity]
        height = sum(len(line) // _LETTERS_A_LINE + 1 for line in errors.split("\n")) * _ROW_POINTS
        if height > max(sheet.row_dimensions[row].height or 0, _ROW_POINTS):
            sheet.row_dimensions[row].height = min(height, _TALLEST_POINTS)


def _make_room(sheet: Any, first: int, last: int) -> None:
    """Split what is said of a run of columns that the new ones are among, as a column may be in one run only."""
    from openpyxl.utils import get_column_letter

    dimensions = sheet.column_dimensions
    for name, run in list(dimensions.items()):
        low, high = run.min or 0, run.max or 0
        if high < first or low > last:
            continue
        del dimensions[name]
        for start, end in ((low, first - 1), (last + 1, high)):
            if start <= end:
                part = copy(run)
                part.index, part.min, part.max = get_column_letter(start), start, end
                dimensions[part.index] = part


def _add_findings(book: Any, findings: dict[str, Any]) -> None:
    """A last sheet with every finding, in place of one that an earlier check has left."""
    from openpyxl.styles import Alignment
    from openpyxl.worksheet.properties import PageSetupProperties

    name, header = findings["name"], findings["header"]
    if name in book.sheetnames and [cell.value for cell in book[name][1]][: len(header)] == header:
        del book[name]
    sheet = book.create_sheet(name)
    for row, cells in enumerate([header, *findings["rows"]], start=1):
        for column, value in enumerate(cells, start=1):
            if value is None:
                continue
            cell = _put(sheet, row, column, value)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if row == 1:
                cell.font = _bold(cell)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _bold(cell: Any) -> Any:
    """The letters that the workbook's cells have, but bold."""
    font = copy(cell.font)
    font.bold = True
    return font


def _put(sheet: Any, row: int, column: int, value: str | int) -> Any:
    """A whole number as a number, and anything else as text whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.hyperlink = None
    cell.value = value
    cell.data_type = "n" if isinstance(value, int) else "s"
    return cell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
