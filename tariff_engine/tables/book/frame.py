"""The file of a workbook: XlsxWriter makes it with its styles, drawings and empty sheets, and rows are streamed in.

Cell by cell a large costing takes minutes, and XlsxWriter passes text between <r> and </r> through as markup.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tariff_engine.errors import UsageError
from tariff_engine.tables.book.pages import Bounds
from tariff_engine.tables.book.sheets import MOST_ROWS, Mark, Sheet
from tariff_engine.tables.book.styles import STREAMED
from tariff_engine.tables.sheet_rows import STYLES, Style, block_rows
from tariff_engine.tables.wording import column_letter

Drawn = Callable[[Any, Any], None]
"""Draws a sheet of its own, given the book and the sheet."""

_SHEET_DATA = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_STYLED = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
# A formula that shows nothing now. XlsxWriter doesn't say that this is text, and a reader takes the value as missing.
_SHOWS_NOTHING = re.compile(rb'(<c r="[A-Z]+[0-9]+" s="[0-9]+")(><f>[^<]*</f><v></v>)')
_COMPRESSION = 3
_A4, _A3 = 9, 8


def write_book(
    path: Path,
    sheets: Sequence[Sheet],
    title: str,
    created: datetime | None,
    first: Drawn | None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Write sheets in their order, after one that is drawn.

    ``created`` is the moment that the file states, so that the same result gives the same bytes. ``names`` are those
    by which formulas know some cells.

    Raises
    ------
    UsageError : the extra that writes workbooks isn't installed.
    """
    empty = _empty_book(sheets, title, created, first, names or {})
    parts = {_part(number): sheet for number, sheet in enumerate(sheets, start=1 if first is None else 2)}
    with (
        zipfile.ZipFile(io.BytesIO(empty)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as target,
    ):
        styles = _styles(source.read(next(iter(parts))))
        for info in source.infolist():
            if info.filename in parts:
                _fill(target, info, source.read(info), parts[info.filename], styles)
            else:
                content = source.read(info)
                if first is not None and info.filename == _part(1):
                    content = _SHOWS_NOTHING.sub(rb'\1 t="str"\2', content)
                target.writestr(info, content, zipfile.ZIP_DEFLATED)


def _empty_book(
    sheets: Sequence[Sheet], title: str, created: datetime | None, first: Drawn | None, names: Mapping[str, str]
) -> bytes:
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError(
            "Workbooks need the xlsx extra: pip install 'tariff-engine[xlsx]'. Or write .csv or .parquet."
        ) from None
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": title, "created": created} if created else {"title": title})
    if first is not None:
        page = book.add_worksheet("Summary")
        first(book, page)
        _print_setup(page, title)
    formats = [book.add_format(STREAMED[style]) for style in STYLES]
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        # Blank cells in every style: the file then says which index each one has.
        for index, style in enumerate(formats):
            page.write_blank(0, index, None, style)
        _print_setup(page, title)
        _prepare(book, page, sheet)
    for name, cells in names.items():
        book.define_name(name, f"={cells}")
    book.close()
    return target.getvalue()


def _prepare(book: Any, page: Any, sheet: Sheet) -> None:
    last_row, last_column = max(sheet.height - 1, 0), max(sheet.width - 1, 0)
    for index, width in enumerate(sheet.widths()):
        page.set_column(index, index, width)
    if sheet.filtered:
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, last_row, last_column)
        page.repeat_rows(0)
    if sheet.printed is not None:
        page.print_area(0, 0, last_row, sheet.printed - 1)
        page.set_paper(_A3)
    if sheet.tab:
        page.set_tab_color(sheet.tab)
    for mark in sheet.marks:
        _mark(book, page, sheet, mark)
    for column, allowed in sheet.allowed.items():
        _allow(page, sheet, column, allowed)
    page.ignore_errors({"number_stored_as_text": f"A1:{column_letter(last_column)}{MOST_ROWS}"})


def _mark(book: Any, page: Any, sheet: Sheet, mark: Mark) -> None:
    span = sheet.span
    column = span.columns.index(mark.column)
    cell = f"${column_letter(column)}{span.first}"
    if mark.value is None:
        first, last, holds = 0, len(span.columns) - 1, f"=LEN({cell})=0"
    else:
        first, last, holds = column, column, f'=EXACT({cell},"{mark.value}")'
    look = book.add_format({"bg_color": mark.colour})
    rule = {"type": "formula", "criteria": holds, "format": look}
    if sheet.height > 1:
        page.conditional_format(span.first - 1, first, span.last - 1, last, rule)


def _allow(page: Any, sheet: Sheet, column: str, allowed: Bounds | str) -> None:
    """Let only a number between two bounds, or one of some texts, be typed into a column."""
    span = sheet.span
    at = span.columns.index(column)
    if isinstance(allowed, str):
        rule: dict[str, object] = {
            "validate": "list",
            "source": allowed,
            "error_message": f"Choose a {column} from the list.",
        }
    else:
        least, most = allowed
        message = f"Give a number from {least:,} to {most:,}."
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": least,
            "maximum": most,
            "error_message": message,
        }
    page.data_validation(span.first - 1, at, span.last - 1, at, {**rule, "error_title": column})


def _print_setup(page: Any, title: str) -> None:
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L{title.replace('&', '&&')}&C&A&RPage &P of &N")


def _styles(sheet: bytes) -> dict[Style, int]:
    """The index that the book gives each style, from the blank cells of a sheet."""
    indices = [int(found) for found in _STYLED.findall(sheet)]
    return dict(zip(STYLES, indices, strict=True))


def _fill(
    target: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes, sheet: Sheet, styles: Mapping[Style, int]
) -> None:
    """Copy a sheet with its rows put in."""
    last = f"{column_letter(max(sheet.width - 1, 0))}{max(sheet.height, 1)}".encode()
    content = _DIMENSION.sub(b'<dimension ref="A1:' + last + b'"/>', content, count=1)
    before, after = _SHEET_DATA.split(content, maxsplit=1)
    entry = zipfile.ZipInfo(info.filename, info.date_time)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with target.open(entry, "w", force_zip64=True) as stream:
        stream.write(before + b"<sheetData>")
        for rows in block_rows(sheet.blocks, styles):
            stream.write(rows)
        stream.write(b"</sheetData>" + after)


def _part(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"
