"""A workbook, looked through and read: what each sheet holds, with every error in its place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from tariff_engine.cells import SPREADSHEET_ERRORS
from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.incoming.budget import Budget, unreadable
from tariff_engine.tables.incoming.container import open_container
from tariff_engine.tables.incoming.facts import BookFacts, CellAt, SheetFacts
from tariff_engine.tables.incoming.ods import scan_ods
from tariff_engine.tables.incoming.process import SheetCells, library_folder, read_cells
from tariff_engine.tables.incoming.repacking import readable
from tariff_engine.tables.incoming.xlsx import scan_xlsx
from tariff_engine.tables.sources import unchanged
from tariff_engine.tables.wording import column_letter, unquoted

_MOST_NAMED = 10
_ANY_ERROR = "#VALUE!"


@dataclass(frozen=True)
class Book:
    """A workbook: its facts, and the cells of the sheets that were read, by the sheet's place.

    A cell with an error holds the error, or the commonest one where a spreadsheet program has one of its own.
    """

    facts: BookFacts
    frames: Mapping[int, pl.DataFrame]
    sha256: str


def load_book(file: BinaryIO, limits: Limits, kept: Callable[[SheetFacts], bool]) -> Book:
    """Look through a workbook, and read the sheets that are kept, but for those wider than any table may be.

    Raises
    ------
    InputRefused : it can't be taken as a whole. UsageError : the library that reads workbooks isn't installed.
    """
    before = os.fstat(file.fileno())
    if before.st_size > limits.workbook.bytes:
        raise InputRefused(
            f"The selected file is larger than {limits.workbook.bytes // MEBIBYTE} MB, too large for a workbook. Keep "
            f"the sheet with the table alone, or save it as CSV UTF-8."
        )
    library_folder()
    budget = Budget(limits)
    container = open_container(file, budget)
    scan = scan_xlsx(container) if container.format == "xlsx" else scan_ods(container)
    facts = scan.facts
    if facts.macros and not limits.workbook.macros:
        raise InputRefused("The selected file holds macros. Save it as .xlsx or .ods, which leaves them out.")
    chosen = [at for at, sheet in enumerate(facts.sheets) if sheet.readable and kept(sheet)]
    chosen = [at for at in chosen if facts.sheets[at].width <= limits.columns]
    for at in chosen:
        _refuse_unknown_errors(facts.sheets[at])
    # Before the other process reads the file: both have one place in it, and the other moves it.
    digest = _digest(file)
    sheets: list[SheetCells] = []
    if chosen:
        with readable(file, scan.anew) as source:
            sheets = read_cells(source, chosen, budget)
    frames = {at: _whole(facts.sheets[at], cells) for at, cells in zip(chosen, sheets, strict=True)}
    unchanged(file, before)
    return Book(facts, frames, digest)


def refuse_unsaved(sheets: Sequence[SheetFacts], header_row: int = -1, headers: Sequence[str] = ()) -> None:
    """Refuse sheets with formulas that nothing has worked out: what they would come to isn't in the file."""
    cells = [where(sheet.name, cell, header_row, headers) for sheet in sheets for cell in sheet.unsaved]
    if cells:
        raise InputRefused(
            f"Cells have a formula, or text, whose value isn't saved with it: {_named(cells)}. Open the file in Excel, "
            f"save it, and upload it again."
        )


def where(sheet: str, cell: CellAt, header_row: int = -1, headers: Sequence[str] = ()) -> str:
    """A cell as a person finds it: ``Sheet1 row 7, column D (amount)``."""
    header = headers[cell.column] if cell.row > header_row and cell.column < len(headers) else ""
    text = f"{unquoted(sheet)} row {cell.row + 1}, column {column_letter(cell.column)}"
    return f"{text} ({unquoted(header)})" if header else text


def _named(cells: Sequence[str]) -> str:
    more = len(cells) - _MOST_NAMED
    return f"{'; '.join(cells[:_MOST_NAMED])}; and {more:,} more" if more > 0 else "; ".join(cells)


def _refuse_unknown_errors(sheet: SheetFacts) -> None:
    """Refuse errors that no value could be read beside: the reader gives up on the whole sheet there."""
    unknown = [
        cell for cell in sheet.errors if cell.text not in SPREADSHEET_ERRORS and not cell.text.startswith("Err:")
    ]
    if unknown:
        cells = [f"{where(sheet.name, cell)} ({unquoted(cell.text) or 'without a name'})" for cell in unknown]
        raise InputRefused(
            f"Cells hold errors that can't be read: {_named(cells)}. Correct their formulas and save the file again."
        )


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(MEBIBYTE):
        digest.update(chunk)
    return digest.hexdigest()


def _whole(sheet: SheetFacts, cells: SheetCells) -> pl.DataFrame:
    """A sheet from its first cell to its last filled one, once it is sure that every filled cell came back."""
    frame = cells.frame.select(cells.frame.columns[: sheet.width]).head(sheet.height)
    filled = sum(int((column.str.strip_chars() != "").sum()) for column in frame)
    if cells.name != sheet.name or not 0 <= filled - sheet.filled <= len(sheet.errors):
        raise unreadable("not every cell of it came back")
    columns = [
        frame[str(at)].extend_constant(None, sheet.height - frame.height)
        if at < frame.width
        else pl.Series(str(at), [None] * sheet.height, dtype=pl.String)
        for at in range(sheet.width)
    ]
    by_column: dict[int, list[CellAt]] = {}
    for cell in sheet.errors:
        by_column.setdefault(cell.column, []).append(cell)
    for at, errors in by_column.items():
        texts = [cell.text if cell.text in SPREADSHEET_ERRORS else _ANY_ERROR for cell in errors]
        columns[at] = columns[at].scatter([cell.row for cell in errors], texts)
    return pl.DataFrame(columns)
