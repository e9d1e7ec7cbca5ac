"""A second table below the first: told by its header, and set aside with one finding, not with one in each row."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl

from tariff_engine.tables.body import is_total_word
from tariff_engine.tables.contract import Note, TextTable
from tariff_engine.tables.headers import Wanted
from tariff_engine.tables.wording import listed, shown

_MOST_TITLES = 3
_MOST_NAMED = 4
_A_YEAR = re.compile(r"\d{4}([-/\u2013]\d{2,4})?")
_LETTER = re.compile(r"[^\W\d_]")


def without_further_table(table: TextTable, wanted: Wanted) -> TextTable:
    """A table up to where another seems to begin; the rows from there on are in ``apart``.

    Another begins below a blank row, with a row that names columns that are looked for. One whose columns aren't known
    begins, after the last row that could be used, with a row of nothing but words. Up to three lines of a title may
    stand above.
    """
    start = _start(table, wanted)
    if start is None:
        return table
    row, header = int(table.rows[start]), table.frame.row(_header_of(table, start))
    ragged = [bad.row for bad in table.bad_rows if bad.row > row]
    apart = tuple(sorted([*table.rows[start:].tolist(), *ragged]))
    names = [shown(cell) for cell in header if cell]
    named = listed(names if len(names) <= _MOST_NAMED else [*names[:_MOST_NAMED], "more"])
    rows = "1 row" if len(apart) == 1 else f"{len(apart):,} rows"
    message = f"Another table seems to begin in row {row}, with {named}; nothing from there on is read: {rows}."
    return replace(
        table,
        frame=table.frame.head(start),
        rows=table.rows[:start],
        blank=table.blank[table.blank < row],
        notes=(*table.notes, Note("another_table", "error", row, None, None, message)),
        bad_rows=tuple(bad for bad in table.bad_rows if bad.row < row),
        errors=tuple(cell for cell in table.errors if cell.row < row),
        apart=apart,
    )


def _start(table: TextTable, wanted: Wanted) -> int | None:
    """The place of the first row of another table, with its title."""
    below_blank = np.flatnonzero(np.isin(table.rows - 1, table.blank)).tolist()
    if not below_blank:
        return None
    usable = table.frame.select(pl.all_horizontal(pl.col(wanted.required).is_not_null())).to_series()
    last_usable = int(np.flatnonzero(usable.to_numpy()).max(initial=-1))
    last_row = max([int(table.rows[-1]), *(bad.row for bad in table.bad_rows[-1:])])
    for start in below_blank:
        at = _header_of(table, start)
        cells = [cell for cell in table.frame.row(at) if cell]
        other = start > last_usable and table.rows[at] < last_row and _are_names(cells)
        if other or wanted.count_in(cells) >= wanted.enough:
            return int(start)
    return None


def _header_of(table: TextTable, start: int) -> int:
    """The place of the row below a title, which is a cell alone in its row; ``start`` itself where there is none."""
    at = start
    while at + 1 < len(table.rows) and at < start + _MOST_TITLES and sum(map(bool, table.frame.row(at))) == 1:
        at += 1
    return at


def _are_names(cells: list[str]) -> bool:
    """Whether cells can name columns: they are words, or years."""
    words = all(_LETTER.search(cell) or _A_YEAR.fullmatch(cell) for cell in cells)
    return len(cells) > 1 and words and not is_total_word(cells[0])
