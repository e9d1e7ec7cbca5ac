"""Published workbooks as XLSX: text is typed as text, numbers as numbers, and each table is marked up as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tariff_engine.errors import UsageError
from tariff_engine.tables.published import (
    COVER,
    COVER_WIDTH,
    FONT,
    LINE_POINTS,
    POINTS,
    TITLE_HEIGHT,
    TITLE_POINTS,
    Publication,
    PublishedTable,
    lines,
    widths,
)

# With a scheme, Excel would take the letters of its theme and not those named.
_LETTERS = {"font_name": FONT, "font_size": POINTS, "font_scheme": False}
_LOOKS: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": TITLE_POINTS, "valign": "top"},
    "heading": {"bold": True, "valign": "bottom"},
    "said": {"text_wrap": True, "valign": "top"},
    "unwrapped": {},
    "header": {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1},
    "header_right": {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "align": "right"},
    "text": {"num_format": "@", "text_wrap": True, "valign": "top"},
    "whole": {"num_format": "#,##0", "valign": "top"},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "marker": {"num_format": "@", "align": "right", "valign": "top"},
    "link": {"font_color": "#0563C1", "underline": 1, "valign": "top"},
}


def write_published_xlsx(path: Path, publication: Publication) -> None:
    """Write a publication as an XLSX workbook."""
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError("Workbooks need the xlsx extra: pip install 'tariff-engine[xlsx]'.") from None
    book = xlsxwriter.Workbook(path, {"default_format_properties": dict(_LETTERS), "in_memory": True})
    book.set_properties({"title": publication.title, "created": publication.created.replace(tzinfo=None)})
    looks = {name: book.add_format({**_LETTERS, **look}) for name, look in _LOOKS.items()}
    _cover(book.add_worksheet(COVER), publication, looks)
    for number, sheet in enumerate(publication.sheets, start=1):
        _sheet(book.add_worksheet(sheet.name), sheet, number, looks)
    book.close()


def _cover(page: Any, publication: Publication, looks: dict[str, Any]) -> None:
    page.set_column(0, 0, COVER_WIDTH)
    _set_up(page)
    for row, (text, look) in enumerate(publication.cover_lines):
        page.write_string(row, 0, text, looks[look])
        height = lines([text], [COVER_WIDTH]) * LINE_POINTS
        page.set_row(row, height if look == "said" else TITLE_HEIGHT)


def _sheet(page: Any, sheet: PublishedTable, number: int, looks: dict[str, Any]) -> None:
    _set_up(page)
    top, frame, wide = sheet.first_row, sheet.frame, widths(sheet.frame)
    for column, width in enumerate(wide):
        page.set_column(column, column, width)
    page.write_string(0, 0, sheet.title, looks["title"])
    page.set_row(0, TITLE_HEIGHT)
    for row, sentence in enumerate(sheet.said, start=1):
        page.write_string(row, 0, sentence, looks["unwrapped"])
    headers = [
        {"header": name, "header_format": looks["header_right" if dtype.is_numeric() else "header"]}
        for name, dtype in frame.schema.items()
    ]
    # A style of the table's own would say by its fill what a reader can't hear.
    options = {"name": f"table_{number}", "columns": headers, "autofilter": False, "style": None}
    page.add_table(top, 0, top + max(frame.height, 1), frame.width - 1, options)
    page.set_row(top, lines(frame.columns, wide) * LINE_POINTS)
    for row, cells in enumerate(frame.iter_rows(), start=top + 1):
        page.set_row(row, lines([str(cell) for cell in cells], wide) * LINE_POINTS)
        for column, (name, value) in enumerate(zip(frame.columns, cells, strict=True)):
            if value is None:
                look = looks["marker" if frame.schema[name].is_numeric() else "text"]
                page.write_string(row, column, sheet.marker(row - top - 1, name), look)
            else:
                _write(page, row, column, name, value, sheet, looks)


def _write(
    page: Any, row: int, column: int, name: str, value: object, sheet: PublishedTable, looks: dict[str, Any]
) -> None:
    if sheet.links and column == 0:
        page.write_url(row, column, f"internal:'{value}'!A1", looks["link"], str(value))
    elif not isinstance(value, int):
        page.write_string(row, column, str(value), looks["text"])
    elif name in sheet.money:
        page.write_number(row, column, value / 100, looks["money"])
    else:
        page.write_number(row, column, value, looks["whole"])


def _set_up(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_default_row(LINE_POINTS)
