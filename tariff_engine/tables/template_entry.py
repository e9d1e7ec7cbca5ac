"""The sheet of a template that is filled in: shaded cells, drop-downs, and checks that say what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from tariff_engine.money import MILLION, PENCE, parse_factor, parse_pounds
from tariff_engine.periods import EARLIEST, LATEST
from tariff_engine.tables.book.sheets import MOST_ROWS
from tariff_engine.tables.template_fields import Field
from tariff_engine.tables.template_lists import Choices
from tariff_engine.tables.template_looks import TAB, Looks
from tariff_engine.tables.wording import column_letter

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

PREPARED_ROWS = 2_000
_MOST_TITLE, _MOST_MESSAGE = 32, 255
_NARROWEST, _TEXT_WIDTH, _WIDEST, _ROOM, _HEAD_HEIGHT = 11, 22, 36, 4, 24
_COMMENT_WIDTH, _COMMENT_HEIGHT = 260, 130
_A3 = 8
_WIDE = ("text", "suggested", "codes")


def write_entry_sheet(
    sheet: Worksheet, looks: Looks, columns: Sequence[Field], lists: Mapping[str, Choices], ranges: Mapping[str, str]
) -> None:
    """Write the header and prepare the rows under it; ``ranges`` says where each of the lists stands."""
    sheet.set_tab_color(TAB)
    sheet.freeze_panes(1, 1)
    write_head(sheet, looks, columns, lists)
    for at, column in enumerate(columns):
        look = looks.cell(column.entry, column.need)
        for row in range(1, PREPARED_ROWS + 1):
            sheet.write_blank(row, at, None, look)
        sheet.data_validation(1, at, MOST_ROWS - 1, at, _validation(columns, at, ranges))
        options = {"x_scale": 1, "width": _COMMENT_WIDTH, "height": _COMMENT_HEIGHT, "font_size": 9, "color": "#FFFFFF"}
        sheet.write_comment(0, at, column.explanation, options)
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def write_head(sheet: Worksheet, looks: Looks, columns: Sequence[Field], lists: Mapping[str, Choices]) -> None:
    """The header, and each column's width and form."""
    sheet.set_row(0, _HEAD_HEIGHT)
    for at, column in enumerate(columns):
        least = _TEXT_WIDTH if column.entry in _WIDE else _NARROWEST
        longest = max((len(value) for value, _ in lists.get(column.choices, ())), default=0)
        width = max(least, len(column.name) + _ROOM, min(longest, _WIDEST) + _ROOM)
        sheet.set_column(at, at, width, looks.cell(column.entry, None))
        sheet.write_string(0, at, column.name, looks.head(column.need))
    last = column_letter(len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{last}{MOST_ROWS}"})


def write_rows(
    sheet: Worksheet, looks: Looks, columns: Sequence[Field], rows: Sequence[Mapping[str, str]], first: int
) -> None:
    """Write filled rows in the forms of the columns; a blank cell is shaded like the others."""
    for row, cells in enumerate(rows, start=first):
        for at, column in enumerate(columns):
            look = looks.cell(column.entry, column.need)
            text = cells.get(column.name, "")
            if not text:
                sheet.write_blank(row, at, None, look)
            elif column.entry == "date":
                sheet.write_datetime(row, at, datetime.combine(date.fromisoformat(text), time()), look)
            elif column.entry == "money":
                sheet.write_number(row, at, parse_pounds(text) / PENCE, look)
            elif column.entry in ("whole", "level", "decimal"):
                sheet.write_number(row, at, parse_factor(text) / MILLION, look)
            else:
                sheet.write_string(row, at, text, look)


def _validation(columns: Sequence[Field], at: int, ranges: Mapping[str, str]) -> dict[str, Any]:
    """What may be entered in a column, what is said when a cell is chosen, and what when it is wrong."""
    column = columns[at]
    title = column.name[:_MOST_TITLE]
    rule: dict[str, Any] = {"input_title": title, "input_message": _cut(column.explanation), "error_title": title}
    if column.choices:
        message = f"{column.form} Choose from the list; the sheet Lists says what each value means."
        # A list doesn't know two codes in one cell, so those are left to the engine.
        rule |= {"validate": "list", "source": ranges[column.choices], "show_error": column.entry != "codes"}
        severity = "warning" if column.entry == "suggested" else "stop"
        return rule | {"error_type": severity, "error_message": _cut(message)}
    if column.unique:
        return rule | _unique(column, column_letter(at))
    if column.entry == "text":
        return rule | {"validate": "any"}
    rule["error_message"] = _cut(f"{column.name}: {column.form}")
    if column.entry == "date":
        return rule | _dates(columns, at)
    kind = "decimal" if column.entry in ("decimal", "money") else "integer"
    low = column.low + 1 / MILLION if column.above else column.low
    return rule | {"validate": kind, "criteria": "between", "minimum": low, "maximum": column.high}


def _dates(columns: Sequence[Field], at: int) -> dict[str, Any]:
    """A day in the calendar's range; a last day is not before the first."""
    first = columns[at].after
    if not first:
        return {"validate": "date", "criteria": "between", "minimum": EARLIEST, "maximum": LATEST}
    letter = column_letter([column.name for column in columns].index(first))
    return {"validate": "date", "criteria": ">=", "value": f"=${letter}2"}


def _unique(column: Field, letter: str) -> dict[str, Any]:
    """No value twice in a column."""
    message = f"This {column.name} is on another row already. Give each row its own."
    return {"validate": "custom", "value": f"=COUNTIF(${letter}:${letter},{letter}2)=1", "error_message": message}


def _cut(message: str) -> str:
    return message if len(message) <= _MOST_MESSAGE else message[: _MOST_MESSAGE - 1] + "…"
