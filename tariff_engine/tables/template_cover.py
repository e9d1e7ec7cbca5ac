"""The Cover of a template: what it is for, what it was made from, and checks that follow what is filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from tariff_engine.framework import Framework
from tariff_engine.tables.covers import COVER, FRAMEWORK, FRAMEWORK_VERSION, MADE_ON, TEMPLATE, cover_facts
from tariff_engine.tables.template_fields import Field, Layout, Need, template
from tariff_engine.tables.template_looks import QUIET_TAB, Looks
from tariff_engine.tables.wording import column_letter

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDTHS = (32, 30, 84)
_SUMMED = ("places_first", "places_second", "places")
_SHADES: dict[Need, tuple[str, str]] = {
    "always": ("Fill in", "Needed in every row."),
    "sometimes": ("Where it applies", "Needed in some rows; the sheet Instructions says in which."),
    "optional": ("Optional", "May be left blank; the sheet Instructions says what a blank means."),
}


def write_cover(
    book: Workbook, looks: Looks, layout: Layout, columns: Sequence[Field], framework: Framework | None, made_on: date
) -> None:
    """Write the sheet. Labels stand in column A and what they say in column B, for people and programs alike."""
    sheet = book.add_worksheet(COVER)
    sheet.set_tab_color(QUIET_TAB)
    sheet.hide_gridlines(2)
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    row = _purpose(sheet, looks, layout, framework)
    row = _steps(sheet, looks, layout, framework, row)
    row = _checks(sheet, looks, layout, columns, row)
    row = _shades(sheet, looks, row)
    _made_from(sheet, looks, layout, framework, made_on, row)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)


def _purpose(sheet: Worksheet, looks: Looks, layout: Layout, framework: Framework | None) -> int:
    words = template(layout)
    sheet.set_row(0, 34)
    sheet.write_string(0, 0, words.title, looks.style("title"))
    row = 1
    if framework is not None and framework.needs_naming:
        warning = f"{framework.header.legal_status.upper()}: {framework.name} is not in force anywhere."
        for at, text in enumerate((warning, "", "")):
            sheet.write_string(row, at, text, looks.style("warning"))
        row += 1
    for sentence in words.about:
        sheet.write_string(row, 0, sentence, looks.style("lead"))
        row += 1
    return row


def _steps(sheet: Worksheet, looks: Looks, layout: Layout, framework: Framework | None, row: int) -> int:
    row = _heading(sheet, looks, row, "How to use it")
    name = "NAME@VERSION" if framework is None else framework.name
    for number, words in enumerate(template(layout).steps, start=1):
        step = words.replace("{framework}", name)
        sheet.write_string(row, 0, f"{number}.  {step}", looks.style("step"))
        row += 1
    return row


def _checks(sheet: Worksheet, looks: Looks, layout: Layout, columns: Sequence[Field], row: int) -> int:
    """Counts and sums of what is filled in, then counts that should be 0, as formulas over the sheet to fill in."""
    row = _heading(sheet, looks, row, "Check totals")
    for label, formula, style, note in _totals(layout, columns):
        sheet.write_string(row, 0, label, looks.style("label"))
        sheet.write_formula(row, 1, formula, looks.style(style), 0)
        sheet.write_string(row, 2, note, looks.style("note"))
        row += 1
    first = row
    for label, formula, note in _wrong(layout, columns):
        sheet.write_string(row, 0, label, looks.style("label"))
        sheet.write_formula(row, 1, formula, looks.style("count"), 0)
        sheet.write_string(row, 2, note, looks.style("note"))
        row += 1
    span = (first, 1, row - 1, 1)
    sheet.conditional_format(*span, {"type": "cell", "criteria": "!=", "value": 0, "format": looks.style("wrong")})
    sheet.conditional_format(*span, {"type": "cell", "criteria": "==", "value": 0, "format": looks.style("right")})
    return row


def _totals(layout: Layout, columns: Sequence[Field]) -> Iterator[tuple[str, str, str, str]]:
    """Label, formula, style and note of each count and sum."""
    cells = _cells(layout, columns)
    yield "Rows filled in", f"={_rows(layout, columns)}", "count", "The most that any of the needed columns has."
    if "count" in cells:
        given = cells["count"]
        children = f"={_rows(layout, columns)}+SUM({given})-COUNT({given})"
        yield "Children", children, "count", "The counts, and 1 for each row without one."
    for column in columns:
        if column.entry == "money":
            yield f"{column.name}, in all", f"=SUM({cells[column.name]})", "sum", column.meaning
        elif column.name in _SUMMED:
            yield f"{column.name}, in all", f"=SUM({cells[column.name]})", "count", column.meaning


def _wrong(layout: Layout, columns: Sequence[Field]) -> Iterator[tuple[str, str, str]]:
    """Label, formula and note of each count that should be 0."""
    cells = _cells(layout, columns)
    needed = [cells[column.name] for column in columns if column.need == "always"]
    filled = "+".join(f"COUNTA({span})-1" for span in needed)
    blank = f"={len(needed)}*({_rows(layout, columns)})-({filled})"
    yield "Needed cells that are blank", blank, "Should be 0. Each row needs every dark blue column."
    kinds = {
        "Dates that aren't dates": ("date",),
        "Numbers that aren't numbers": ("money", "whole", "level", "decimal"),
    }
    for label, entries in kinds.items():
        spans = [cells[column.name] for column in columns if column.entry in entries]
        if spans:
            texts = "+".join(f"COUNTA({span})-1-COUNT({span})" for span in spans)
            yield label, f"={texts}", "Should be 0. A cell that was typed or pasted as text stands to the left."


def _cells(layout: Layout, columns: Sequence[Field]) -> dict[str, str]:
    """Each column as a whole, its header too: rows may be added anywhere below it."""
    letters = [column_letter(at) for at in range(len(columns))]
    return {column.name: f"{layout.sheet}!{letter}:{letter}" for column, letter in zip(columns, letters, strict=True)}


def _rows(layout: Layout, columns: Sequence[Field]) -> str:
    cells = _cells(layout, columns)
    counted = ",".join(f"COUNTA({cells[column.name]})" for column in columns if column.need == "always")
    return f"MAX({counted})-1"


def _shades(sheet: Worksheet, looks: Looks, row: int) -> int:
    row = _heading(sheet, looks, row, "Colours")
    for need, (label, note) in _SHADES.items():
        sheet.write_string(row, 0, label, looks.head(need))
        sheet.write_blank(row, 1, None, looks.cell("text", need))
        sheet.write_string(row, 2, note, looks.style("note"))
        row += 1
    return row


def _made_from(
    sheet: Worksheet, looks: Looks, layout: Layout, framework: Framework | None, made_on: date, row: int
) -> None:
    """The facts by which a program knows the template; not to be changed."""
    row = _heading(sheet, looks, row, "Made from")
    notes = _notes(layout, framework)
    for label, value in cover_facts(layout, framework).items():
        sheet.write_string(row, 0, label, looks.style("label"))
        if value:
            sheet.write_string(row, 1, value, looks.style("fact"))
        else:
            sheet.write_blank(row, 1, None, looks.style("fact"))
        if label in notes:
            sheet.write_string(row, 2, notes[label], looks.style("note"))
        row += 1
    sheet.write_string(row, 0, MADE_ON, looks.style("label"))
    sheet.write_datetime(row, 1, datetime.combine(made_on, time()), looks.style("fact_date"))


def _notes(layout: Layout, framework: Framework | None) -> dict[str, str]:
    """What is said beside the facts."""
    notes = {TEMPLATE: "By these cells the program knows the template. Leave them as they are."}
    if framework is None:
        without = " Bands and uplifts have no list, and there are no levels of need."
        return notes | {FRAMEWORK: "None was chosen." + (without if layout is Layout.PLACEMENTS else "")}
    header = framework.header
    until = f" to {header.effective_to:%d/%m/%Y}" if header.effective_to else ""
    return notes | {
        FRAMEWORK: f"{header.title}. {header.publisher}.",
        FRAMEWORK_VERSION: f"In effect from {header.effective_from:%d/%m/%Y}{until}.",
    }


def _heading(sheet: Worksheet, looks: Looks, row: int, text: str) -> int:
    """A heading with a little room above it; the row after it."""
    sheet.set_row(row, 30)
    sheet.write_string(row, 0, text, looks.style("heading"))
    return row + 1
