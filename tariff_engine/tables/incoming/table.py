"""The table in a workbook: which sheet has it, what stands in the way of reading it, what its owner should know."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from tariff_engine.cells import SPREADSHEET_ERRORS
from tariff_engine.errors import InputRefused
from tariff_engine.tables.body import check_cells, clean_text, drop_blank_rows, drop_unnamed, too_many_columns
from tariff_engine.tables.contract import ErrorCell, Limits, Note, TextTable
from tariff_engine.tables.headers import (
    OUTER_SPACE,
    Wanted,
    column_names,
    find_header,
    header_row_notes,
    match_header,
)
from tariff_engine.tables.incoming.book import Book, refuse_unsaved, where
from tariff_engine.tables.incoming.facts import Area, BookFacts, SheetFacts
from tariff_engine.tables.wording import cell_name, column_letter, listed, shown

COVER = "cover"
NEVER_DATA = frozenset({COVER, "instructions", "lists", "example", "findings"})
"""Sheets that explain a table or help to fill it in; small letters."""

_LONGEST_COVER = 200
_MOST_NAMED = 10


def may_hold_data(sheet: SheetFacts) -> bool:
    """Whether a sheet may be the one with the table, by its name."""
    return sheet.readable and _plain(sheet.name) not in NEVER_DATA


def may_be_cover(sheet: SheetFacts) -> bool:
    """Whether a sheet may be a template's Cover: it has a few dozen rows, and no error that would stop its reader."""
    readable = all(cell.text in SPREADSHEET_ERRORS for cell in sheet.errors)
    return _plain(sheet.name) == COVER and sheet.height <= _LONGEST_COVER and readable


def table_of(book: Book, wanted: Wanted, limits: Limits, called: str, dates: Collection[str]) -> TextTable:
    """The table of a workbook.

    Parameters
    ----------
    called : the name of the sheet that is meant where several have the columns; may be blank.
    dates : the columns that hold days.

    Raises
    ------
    InputRefused : no sheet has the columns, or several have; a value isn't saved; cells of the table are merged.
    """
    at = choose_sheet(book, wanted, limits, called)
    sheet, frame = book.facts.sheets[at], book.frames[at]
    head = _head(frame, limits)
    row = find_header(head, wanted)
    headers = [cell.strip(OUTER_SPACE) for cell in head[row]]
    refuse_unsaved([sheet], row, headers)
    _refuse_merged(sheet, row)
    header = match_header(head[row], wanted, row + 1, sheet.name)
    names = column_names(header)
    body = frame.slice(row + 1)
    body.columns = names
    numbers = np.arange(row + 2, row + 2 + body.height, dtype=np.int64)
    body, rows, blank = drop_blank_rows(clean_text(body, marked=False), numbers)
    check_cells(body, rows, limits)
    if book.facts.day_0:
        body = _days_from_1900(body, dates, book.facts.day_0)
    body, unnamed = drop_unnamed(body, header, row + 1)
    errors = tuple(
        ErrorCell(cell.row + 1, names[cell.column], cell.text, where(sheet.name, cell, row, headers))
        for cell in sheet.errors
        if cell.row > row
    )
    notes = (*_notes(book.facts, at, row, headers), *header_row_notes(row), *header.notes, *unnamed)
    return TextTable(body, rows, blank, notes, (), book.sha256, errors)


def choose_sheet(book: Book, wanted: Wanted, limits: Limits, called: str) -> int:
    """The place of the sheet with the table."""
    filled = [at for at, frame in book.frames.items() if frame.height]
    if not filled:
        _refuse_wide(book.facts, limits)
        raise InputRefused(
            "The selected file is empty: no sheet has a table. Sheets called Cover, Instructions, Lists, Example or "
            "Findings are never read as one."
        )
    heads = {at: _head(book.frames[at], limits) for at in filled}
    candidates = [at for at in filled if any(wanted.all_in(cells) for cells in heads[at])]
    if len(candidates) > 1:
        candidates = [at for at in candidates if _plain(book.facts.sheets[at].name) == _plain(called)] or candidates
    if len(candidates) > 1:
        names = listed([shown(book.facts.sheets[at].name) for at in candidates])
        advice = f"call the right one {called}, or " if called else ""
        raise InputRefused(
            f"The sheets {names} all have the columns of the table. To have one read, {advice}keep it alone."
        )
    if candidates:
        return candidates[0]
    _refuse_wide(book.facts, limits)
    refuse_unsaved([book.facts.sheets[at] for at in filled])
    nearest = max(filled, key=lambda at: max(map(wanted.count_in, heads[at])))
    if len(filled) > 1:
        _refuse_all(book.facts.sheets[nearest].name, heads[nearest], wanted)
    return nearest


def _refuse_wide(facts: BookFacts, limits: Limits) -> None:
    """Refuse a sheet that wasn't read for its width, where no other has the table."""
    widest = max((sheet.width for sheet in facts.sheets if may_hold_data(sheet)), default=0)
    if widest > limits.columns:
        raise too_many_columns(widest, limits)


def _refuse_all(name: str, head: Sequence[Sequence[str]], wanted: Wanted) -> None:
    """Say of several sheets, none of which has the columns, what the nearest one lacks."""
    try:
        row = find_header(head, wanted)
        match_header(head[row], wanted, row + 1)
    except InputRefused as refused:
        raise InputRefused(f"No sheet has all the columns of the table. In {shown(name)}: {refused}") from None


def _head(frame: pl.DataFrame, limits: Limits) -> list[list[str]]:
    return [[cell or "" for cell in cells] for cells in frame.head(limits.header_search_rows).rows()]


def _refuse_merged(sheet: SheetFacts, header_row: int) -> None:
    """Refuse merged cells of the table: all but the first are blank, and nobody can say what they stand for."""

    def in_table(area: Area) -> bool:
        return area.bottom >= header_row and area.top < sheet.height and area.left < sheet.width

    areas = [area for area in sheet.merged if in_table(area)]
    if areas:
        names = [f"{cell_name(area.top, area.left)}:{cell_name(area.bottom, area.right)}" for area in areas]
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        raise InputRefused(
            f"Cells of the table are merged in sheet {shown(sheet.name)}: {', '.join(names[:_MOST_NAMED])}{more}. "
            f"Unmerge them, fill in every cell, and save the file again."
        )


def _days_from_1900(frame: pl.DataFrame, dates: Collection[str], day_0: int) -> pl.DataFrame:
    """Day numbers as they count from 1900: they aren't formatted as dates, so the reader leaves them as they are."""
    serial = r"^[0-9]{5}$"
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(serial))
        .then((pl.col(name).str.extract(f"({serial})").cast(pl.Int64) + day_0).cast(pl.String))
        .otherwise(pl.col(name))
        .alias(name)
        for name in frame.columns
        if name in dates
    )


def _notes(facts: BookFacts, at: int, header_row: int, headers: Sequence[str]) -> list[Note]:
    """What the owner of a workbook may not see on the screen, or may expect to count and doesn't."""
    sheet = facts.sheets[at]
    notes: list[Note] = []

    def note(code: str, row: int | None, message: str, warning: bool = False) -> None:
        notes.append(Note(code, "warning" if warning else "info", row, None, None, message))

    others = [
        other
        for other in facts.sheets
        if other is not sheet and other.readable and other.height and may_hold_data(other)
    ]
    if others:
        note("sheet_chosen", None, f"The table is on sheet {shown(sheet.name)}; {_names(others)} not read.")
    if sheet.hidden:
        note("hidden_sheet", None, f"Sheet {shown(sheet.name)}, with the table, is hidden; it was read.")
    if any(other.hidden for other in others):
        hidden = [other for other in others if other.hidden]
        note("hidden_sheet", None, f"The workbook has hidden sheets: {_names(hidden)} not read.")
    rows = [row for row in sheet.hidden_rows if row > header_row]
    if rows:
        message = f"{len(rows):,} hidden or filtered rows were read like the others; the first is row {rows[0] + 1}."
        note("hidden_rows", rows[0] + 1, message)
    if sheet.hidden_columns:
        columns = [_column(column, headers) for column in sheet.hidden_columns[:_MOST_NAMED]]
        note("hidden_columns", None, f"Hidden columns were read like the others: {listed(columns)}.")
    if facts.macros:
        note("macros_ignored", None, "The workbook's macros were ignored; the saved values were read.")
    links = [shown(link) for link in facts.links]
    links += [f"the formula in {where(sheet.name, cell, header_row, headers)}" for cell in sheet.outside]
    if links:
        more = f" and {len(links) - _MOST_NAMED:,} more" if len(links) > _MOST_NAMED else ""
        named = f"{'; '.join(links[:_MOST_NAMED])}{more}"
        message = f"The workbook refers outside itself: {named}. The saved values were read, and nothing was fetched."
        note("outside_links", None, message, warning=True)
    return notes


def _names(sheets: Sequence[SheetFacts]) -> str:
    """Some sheets with their verb: ``'A' and 'B' were``."""
    names = [shown(sheet.name) for sheet in sheets[:_MOST_NAMED]]
    if len(sheets) > _MOST_NAMED:
        names.append(f"{len(sheets) - _MOST_NAMED:,} more")
    return f"{listed(names)} {'was' if len(sheets) == 1 else 'were'}"


def _column(column: int, headers: Sequence[str]) -> str:
    header = headers[column] if column < len(headers) else ""
    return f"{column_letter(column)} ({shown(header)})" if header else column_letter(column)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
