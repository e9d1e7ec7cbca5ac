"""A template as a workbook: Cover, Instructions, the sheet to fill in, Lists and Example."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework
from tariff_engine.tables.book.sheets import MOST_ROWS
from tariff_engine.tables.covers import EXAMPLE, INSTRUCTIONS, LISTS
from tariff_engine.tables.template_cover import write_cover
from tariff_engine.tables.template_entry import write_entry_sheet, write_head, write_rows
from tariff_engine.tables.template_examples import Example
from tariff_engine.tables.template_fields import Field, Layout
from tariff_engine.tables.template_lists import Choices
from tariff_engine.tables.template_looks import QUIET_TAB, Looks
from tariff_engine.tables.wording import listed

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_INSTRUCTIONS = (("Column", 32), ("Needed", 44), ("What it is", 56), ("What to write", 52), ("For example", 24))
_LIST_WIDTHS, _LISTS_FROM = (34, 110), 2
_SHOWS_WIDTH = 64
_LINE_HEIGHT, _FILLED = 15, 0.95


@dataclass(frozen=True)
class TemplateBook:
    """What a template's workbook is made from.

    Attributes
    ----------
    framework : the version whose bands, levels and codes the lists have, or None.
    made_on : the day that the Cover states.
    columns : of the sheet to fill in.
    lists : the lists that its cells are chosen from.
    examples : worked rows, and the version that they are priced under.
    """

    layout: Layout
    framework: Framework | None
    made_on: date
    columns: Sequence[Field]
    lists: Mapping[str, Choices]
    examples: Sequence[Example]
    examples_under: Framework


def write_template_book(path: Path, made: TemplateBook) -> None:
    """Write the workbook. The same day, template and framework give the same bytes.

    Raises
    ------
    UsageError : the extra that writes workbooks isn't installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError("Workbooks need the xlsx extra: pip install 'tariff-engine[xlsx]'. Or write .csv.") from None
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    title = f"Template: {made.layout.value}"
    book.set_properties({"title": title, "created": datetime.combine(made.made_on, time())})
    looks = Looks(book)
    write_cover(book, looks, made.layout, made.columns, made.framework, made.made_on)
    _write_instructions(book, looks, made)
    entry = book.add_worksheet(made.layout.sheet)
    write_entry_sheet(entry, looks, made.columns, made.lists, _ranges(made.lists))
    _write_lists(book, looks, made)
    _write_examples(book, looks, made)
    book.close()
    path.write_bytes(target.getvalue())


def _ranges(lists: Mapping[str, Choices]) -> dict[str, str]:
    """Where the values of each list stand on the sheet Lists."""
    return {name: f"={LISTS}!$A${first + 1}:$A${first + len(lists[name])}" for name, first in _firsts(lists).items()}


def _firsts(lists: Mapping[str, Choices]) -> dict[str, int]:
    """The row of each list's first value, counted from 0: the lists stand below each other, under their names."""
    firsts, row = {}, _LISTS_FROM
    for name, rows in lists.items():
        firsts[name] = row + 1
        row += len(rows) + 2
    return firsts


def _write_instructions(book: Workbook, looks: Looks, made: TemplateBook) -> None:
    """One line a column of the sheet to fill in."""
    sheet = _quiet_sheet(book, INSTRUCTIONS)
    for at, (heading, width) in enumerate(_INSTRUCTIONS):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, heading, looks.style("table_head"))
    sheet.set_row(0, 22)
    for row, column in enumerate(made.columns, start=1):
        example = column.example or _from_examples(column.name, made.examples)
        cells = (column.needed, column.meaning, column.form, example)
        sheet.write_string(row, 0, column.name, looks.head(column.need, "top"))
        for at, text in enumerate(cells, start=1):
            sheet.write_string(row, at, text, looks.style("table_cell"))
        sheet.set_row(row, _height(cells, [width for _, width in _INSTRUCTIONS[1:]]))
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(2)


def _from_examples(column: str, rows: Sequence[Example]) -> str:
    """The first filled cell of a column among the worked rows, dates as day/month/year."""
    text = next((row.cells[column] for row in rows if row.cells.get(column)), "")
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def _write_lists(book: Workbook, looks: Looks, made: TemplateBook) -> None:
    """The lists below each other: each value, and what it means."""
    sheet = _quiet_sheet(book, LISTS)
    for at, width in enumerate(_LIST_WIDTHS):
        sheet.set_column(at, at, width)
    sheet.write_string(0, 0, "What can be chosen, and what it means. Nothing is filled in here.", looks.style("step"))
    levels = {column.choices for column in made.columns if column.entry == "level"}
    for name, first in _firsts(made.lists).items():
        used = [column.name for column in made.columns if column.choices == name]
        sheet.write_string(first - 1, 0, listed(used), looks.style("list_name"))
        sheet.write_blank(first - 1, 1, None, looks.style("list_name"))
        for row, (value, meaning) in enumerate(made.lists[name], start=first):
            if name in levels:
                sheet.write_number(row, 0, int(value), looks.style("list_level"))
            else:
                sheet.write_string(row, 0, value, looks.style("list_code"))
            sheet.write_string(row, 1, meaning, looks.style("list_meaning"))
            sheet.set_row(row, _height((meaning,), _LIST_WIDTHS[1:]))
    sheet.ignore_errors({"number_stored_as_text": f"A1:A{MOST_ROWS}"})
    sheet.hide_gridlines(2)


def _write_examples(book: Workbook, looks: Looks, made: TemplateBook) -> None:
    """Worked rows under the same header, with what each of them shows at the end."""
    sheet = _quiet_sheet(book, EXAMPLE)
    shows = len(made.columns)
    write_head(sheet, looks, made.columns, made.lists)
    write_rows(sheet, looks, made.columns, [example.cells for example in made.examples], 1)
    sheet.set_column(shows, shows, _SHOWS_WIDTH)
    sheet.write_string(0, shows, "what this row shows", looks.style("table_head"))
    for row, example in enumerate(made.examples, start=1):
        sheet.write_string(row, shows, example.shows, looks.style("shows"))
    below = len(made.examples) + 2
    said = f"Invented rows, under {made.examples_under.name}. Nothing on this sheet is read."
    sheet.write_string(below, 0, said, looks.style("step"))
    sheet.freeze_panes(1, 1)


def _height(cells: Sequence[str], widths: Sequence[int]) -> float:
    """The height of a row of wrapped text, as not every program works it out. [points]"""
    lines = max(ceil(len(text) / (width * _FILLED)) for text, width in zip(cells, widths, strict=True))
    return _LINE_HEIGHT * max(lines, 1) + 3


def _quiet_sheet(book: Workbook, name: str) -> Worksheet:
    """A sheet to be read."""
    sheet = book.add_worksheet(name)
    sheet.set_tab_color(QUIET_TAB)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet
