"""Reading workbooks that somebody else made: XLSX, XLSM and ODS.

A workbook is looked through before anything parses it, and its cells are read by another process with limits of
memory and time. Formulas are never worked out, macros never run, and nothing is fetched: the values are those saved.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.tables.body import too_many_columns
from tariff_engine.tables.contract import Limits, TextTable
from tariff_engine.tables.covers import check_template, cover_of
from tariff_engine.tables.headers import Wanted
from tariff_engine.tables.incoming.book import load_book, refuse_unsaved
from tariff_engine.tables.incoming.table import may_be_cover, may_hold_data, table_of
from tariff_engine.tables.sources import check_contents, kind_of, open_source
from tariff_engine.tables.wording import shown

_DEFAULT = Limits()


@dataclass(frozen=True)
class SheetText:
    """A sheet as text.

    ``frame`` has columns ``"0"``, ``"1"`` and so on; row i is the sheet's row i + 1, and a blank cell is null. Numbers
    are the shortest decimal (``2500``, ``0.1``), dates ISO (``2026-04-01``), booleans ``TRUE`` and ``FALSE``; a cell
    with an error holds the error. Blank rows and columns after the last filled one are left out.
    """

    name: str
    frame: pl.DataFrame
    hidden: bool


def read_sheets(path: Path, limits: Limits = _DEFAULT) -> tuple[SheetText, ...]:
    """Every sheet of a workbook, hidden ones too, but for those that are charts or macros.

    Raises
    ------
    InputRefused : the file is no workbook, is damaged, protected or beyond the limits, or has a formula whose value
        isn't saved. UsageError : the library that reads workbooks isn't installed.
    """
    path = Path(path)
    with open_source(path, limits) as file:
        kind = kind_of(path)
        if kind != "workbook":
            raise InputRefused(f"{shown(path.name)} must be a workbook: XLSX, XLSM or ODS.")
        check_contents(file, kind)
        book = load_book(file, limits, lambda _: True)
    widest = max(sheet.width for sheet in book.facts.sheets)
    if widest > limits.columns:
        raise too_many_columns(widest, limits)
    refuse_unsaved(book.facts.sheets)
    sheets = [(book.facts.sheets[at], frame) for at, frame in book.frames.items()]
    return tuple(SheetText(sheet.name, frame, sheet.hidden) for sheet, frame in sheets)


def read_workbook(file: BinaryIO, wanted: Wanted, limits: Limits, called: str, dates: Collection[str]) -> TextTable:
    """The table of a workbook, from the one sheet that has its columns.

    ``called`` is the name of the sheet that is meant where several have them, and of the template that may be read;
    ``dates`` are the columns of days.
    """
    book = load_book(file, limits, lambda sheet: may_hold_data(sheet) or may_be_cover(sheet))
    by_sheet = {at: book.facts.sheets[at] for at in book.frames}
    cover = cover_of(frame for at, frame in book.frames.items() if may_be_cover(by_sheet[at]))
    notes = check_template(cover, called.casefold()) if called else ()
    data = {at: frame for at, frame in book.frames.items() if may_hold_data(by_sheet[at])}
    table = table_of(replace(book, frames=data), wanted, limits, called, dates)
    return replace(table, notes=(*notes, *table.notes), cover=cover)
