"""A workbook to be edited: pages of text, and tables with shaded inputs, drop-downs and checks."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tariff_engine import money
from tariff_engine.errors import UsageError
from tariff_engine.periods import EARLIEST, LATEST
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.book.styles import BLUE, GREY, TEAL
from tariff_engine.tables.wording import column_letter

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "codes", "money", "decimal", "whole", "date", "shown"]
Style = Literal["title", "heading", "label", "plain", "faint"]

MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
MOST_PROMPT = 255
_MOST_POUNDS = money.MAX_RATE_PENCE // money.PENCE
# How much of a column's width text fills before it breaks, and heights in points.
_FILLED, _LINE_HEIGHT, _HIGHEST = 1.05, 15.0, 400.0
_INPUT, _LINE = "#FFF8E1", "#C9C9C9"
_SHOWN: dict[str, object] = {"valign": "top", "text_wrap": True, "font_color": GREY, "align": "left", "indent": 1}
_INPUT_BOX: dict[str, object] = {"valign": "top", "bg_color": _INPUT, "border": 1, "border_color": _LINE}
_FORMS: dict[str, dict[str, object]] = {
    "text": {"num_format": "@", "text_wrap": True, "align": "left", "indent": 1},
    "codes": {"num_format": "@", "text_wrap": True, "align": "left", "indent": 1},
    "money": {"num_format": "#,##0.00"},
    "decimal": {"num_format": "General"},
    "whole": {"num_format": "0"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
}
_TEXT_STYLES: dict[Style, dict[str, object]] = {
    "title": {"bold": True, "font_size": 18, "font_color": BLUE, "valign": "vcenter"},
    "heading": {"bold": True, "font_size": 13, "font_color": BLUE, "valign": "top"},
    "label": {"bold": True, "valign": "top", "num_format": "@"},
    "plain": {"text_wrap": True, "valign": "top", "num_format": "@"},
    "faint": {"font_color": GREY, "valign": "top", "num_format": "@", "font_name": "Consolas", "font_size": 9},
}


@dataclass(frozen=True)
class Entry:
    """How a cell is entered: its kind, the list that it is chosen from, and what its prompt says."""

    name: str
    kind: Kind
    meaning: str
    choices: str = ""


@dataclass(frozen=True)
class TextPage:
    """A page to be read: lines of cells, the first of a line in the line's style and the others plain."""

    name: str
    widths: Sequence[int]
    lines: Sequence[tuple[Style, Sequence[str]]]
    faint: bool = False


@dataclass(frozen=True)
class TablePage:
    """A table to be edited, under a header in row 1.

    Attributes
    ----------
    rows : cells as text; a number and a date become one where a workbook holds them exactly.
    by_row : the second column's entries, a row each, where the rows of a table hold different things.
    spare : blank rows to fill in below.
    """

    name: str
    columns: Sequence[Entry]
    widths: Sequence[int]
    rows: Sequence[Sequence[str]]
    by_row: Sequence[Entry] = ()
    spare: int = 0


@dataclass(frozen=True)
class ListsPage:
    """The closed lists that cells are chosen from: by name, codes with what they stand for."""

    name: str
    lists: Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Book:
    """The pages in order. ``references`` are, by name, the page and column of a table whose cells are the choices."""

    title: str
    made_on: date
    pages: Sequence[TextPage | TablePage | ListsPage]
    references: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def write_book(path: Path, book: Book) -> None:
    """Write a workbook, whole or not at all. No cell of it is a formula or a link.

    Raises
    ------
    UsageError : a page has more rows, or a cell more text, than a workbook holds; or the extra that writes workbooks
        isn't installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError("Workbooks need the xlsx extra: pip install 'tariff-engine[xlsx]'.") from None
    for page in book.pages:
        _check(page)
    target = io.BytesIO()
    out = xlsxwriter.Workbook(target, {"in_memory": True})
    # The day alone, so that the same framework gives the same bytes all day.
    out.set_properties({"title": book.title, "created": datetime.combine(book.made_on, time())})
    sources = _sources(book)
    for page in book.pages:
        if isinstance(page, TextPage):
            _write_text(out, page)
        elif isinstance(page, TablePage):
            _write_table(out, page, sources)
        else:
            _write_lists(out, page)
    out.close()
    with whole_or_nothing([path]) as (staged,):
        staged.write_bytes(target.getvalue())


def _check(page: TextPage | TablePage | ListsPage) -> None:
    if isinstance(page, ListsPage):
        return
    rows = [cells for _, cells in page.lines] if isinstance(page, TextPage) else page.rows
    if len(rows) >= MOST_ROWS:
        raise UsageError(f"Sheet {page.name} would have {len(rows):,} rows, and a workbook holds {MOST_ROWS:,}.")
    for number, cells in enumerate(rows, start=2):
        longest = max(map(len, cells), default=0)
        if longest > MOST_CHARACTERS:
            raise UsageError(f"Sheet {page.name}, row {number} would have a cell of {longest:,} characters.")


def _sources(book: Book) -> dict[str, str]:
    """The formula of each list: codes on the page of lists, or the filled cells of a column that is edited."""
    found = {}
    for page in book.pages:
        for at, (name, choices) in enumerate(page.lists.items() if isinstance(page, ListsPage) else ()):
            letter = column_letter(2 * at)
            found[name] = f"='{page.name}'!${letter}$2:${letter}${len(choices) + 1}"
    for name, (table, column) in book.references.items():
        cells = f"'{table}'!${column_letter(column)}$2"
        filled = f"COUNTA({cells}:${column_letter(column)}${MOST_ROWS})"
        found[name] = f"=OFFSET({cells},0,0,MAX(1,{filled}),1)"
    return found


def _write_text(out: Workbook, page: TextPage) -> None:
    sheet = out.add_worksheet(page.name)
    styles = {style: out.add_format(form) for style, form in _TEXT_STYLES.items()}
    for at, width in enumerate(page.widths):
        sheet.set_column(at, at, width)
    for row, (style, cells) in enumerate(page.lines):
        if not page.faint and style in ("label", "plain"):
            sheet.set_row(row, _height(cells, page.widths))
        for column, text in enumerate(cells):
            plain = styles["faint" if page.faint else "plain"]
            sheet.write_string(row, column, text, styles[style] if column == 0 or page.faint else plain)
    sheet.hide_gridlines(2)
    sheet.set_tab_color(_LINE)
    if page.faint:
        sheet.protect("", {"format_columns": True})
    _print_setup(sheet)


def _write_table(out: Workbook, page: TablePage, sources: Mapping[str, str]) -> None:
    sheet = out.add_worksheet(page.name)
    sheet.set_tab_color(TEAL)
    head = out.add_format({"bold": True, "bg_color": BLUE, "font_color": "#FFFFFF", "valign": "top", "align": "left",
                           "indent": 1, "text_wrap": True, "num_format": "@"})  # fmt: skip
    forms = {name: out.add_format(_INPUT_BOX | form) for name, form in _FORMS.items()}
    forms["shown"] = out.add_format(_SHOWN)
    left = {name: out.add_format({**_INPUT_BOX, **form, "align": "left", "indent": 1}) for name, form in _FORMS.items()}
    below = {name: out.add_format({"valign": "top", **form}) for name, form in _FORMS.items()}
    for at, (entry, width) in enumerate(zip(page.columns, page.widths, strict=True)):
        sheet.set_column(at, at, width, below.get(entry.kind))
        sheet.write_string(0, at, entry.name, head)
        if entry.kind != "shown" and not (page.by_row and at == 1):
            sheet.data_validation(1, at, MOST_ROWS - 1, at, _validation(entry, sources))
    blank = [""] * len(page.columns)
    for row, cells in enumerate([*page.rows, *[blank] * page.spare], start=1):
        sheet.set_row(row, _height(cells, page.widths))
        for at, (entry, text) in enumerate(zip(page.columns, cells, strict=True)):
            if page.by_row and at == 1:
                own = page.by_row[row - 1]
                _write_cell(sheet, row, at, text, own.kind, left[own.kind])
                sheet.data_validation(row, at, row, at, _validation(own, sources))
            else:
                _write_cell(sheet, row, at, text, entry.kind, forms[entry.kind])
    last = max(len(page.rows) + page.spare, 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{column_letter(len(page.columns) - 1)}{MOST_ROWS}"})
    sheet.freeze_panes(1, 0)
    if not page.by_row:
        sheet.autofilter(0, 0, last, len(page.columns) - 1)
    sheet.repeat_rows(0)
    _print_setup(sheet)


def _write_lists(out: Workbook, page: ListsPage) -> None:
    sheet = out.add_worksheet(page.name)
    label, plain = (out.add_format(_TEXT_STYLES[style]) for style in ("label", "plain"))
    for at, (name, choices) in enumerate(page.lists.items()):
        longest = max((len(meaning) for _, meaning in choices), default=0)
        sheet.set_column(2 * at, 2 * at, max(len(name), *(len(code) for code, _ in choices)) + 3)
        sheet.set_column(2 * at + 1, 2 * at + 1, min(longest, 60) + 3)
        sheet.write_string(0, 2 * at, name, label)
        for row, (code, meaning) in enumerate(choices, start=1):
            sheet.write_string(row, 2 * at, code, plain)
            if meaning:
                sheet.write_string(row, 2 * at + 1, meaning, plain)
    sheet.freeze_panes(1, 0)
    sheet.set_tab_color(_LINE)
    sheet.protect("", {"format_columns": True})
    _print_setup(sheet)


def _write_cell(sheet: Worksheet, row: int, column: int, text: str, kind: Kind, form: Any) -> None:
    if not text:
        sheet.write_blank(row, column, None, form)
    elif (number := _number(text, kind)) is not None:
        sheet.write_number(row, column, number, form)
    elif kind == "date" and (day := _day(text)) is not None:
        sheet.write_datetime(row, column, datetime.combine(day, time()), form)
    else:
        sheet.write_string(row, column, text, form)


def _height(cells: Sequence[str], widths: Sequence[int]) -> float | None:
    """A height for wrapped text, as not every program works it out; None where one line is enough."""
    lines = max(
        sum(-(-len(line) // max(round(width * _FILLED), 1)) or 1 for line in text.split("\n"))
        for text, width in zip(cells, widths, strict=False)
    )
    return min(lines * _LINE_HEIGHT, _HIGHEST) if lines > 1 else None


def _number(text: str, kind: Kind) -> float | None:
    """The cell's number, or None where it is none or a workbook doesn't hold it exactly."""
    try:
        if kind == "money":
            exact = Decimal(money.parse_pounds(text)) / money.PENCE
        elif kind in ("decimal", "whole"):
            exact = Decimal(money.parse_factor(text)) / money.MILLION
        else:
            return None
    except ValueError:
        return None
    # Fifteen digits are what every spreadsheet program keeps.
    return float(exact) if len(exact.normalize().as_tuple().digits) <= 15 else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _validation(entry: Entry, sources: Mapping[str, str]) -> dict[str, Any]:
    """The prompt of a cell, and what may be entered in it."""
    prompt = {"input_title": entry.name[-32:], "input_message": entry.meaning}
    if entry.choices:
        # A band or a source may be written before it is listed; a code of a closed list is right or wrong.
        severity = "warning" if sources[entry.choices].startswith("=OFFSET") else "stop"
        message = f"{entry.name}: choose from the list."
        return {**prompt, "validate": "list", "source": sources[entry.choices], "error_type": severity,
                "error_title": entry.name[-32:], "error_message": message}  # fmt: skip
    if entry.kind in ("text", "codes"):
        return {**prompt, "validate": "any"}
    rules: dict[str, dict[str, Any]] = {
        "money": {"validate": "decimal", "minimum": 0, "maximum": _MOST_POUNDS,
                  "error_message": f"Pounds, from 0 to {_MOST_POUNDS:,}."},
        "decimal": {"validate": "decimal", "minimum": -_MOST_POUNDS, "maximum": _MOST_POUNDS,
                    "error_message": "A number."},
        "whole": {"validate": "integer", "minimum": -_MOST_POUNDS, "maximum": _MOST_POUNDS,
                  "error_message": "A whole number."},
        "date": {"validate": "date", "minimum": EARLIEST, "maximum": LATEST,
                 "error_message": f"A date from {EARLIEST} to {LATEST}."},
    }  # fmt: skip
    return {**prompt, **rules[entry.kind], "criteria": "between", "error_title": entry.name[-32:]}


def _print_setup(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
