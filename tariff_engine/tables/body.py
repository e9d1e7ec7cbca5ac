"""The rows under a header, the same for every kind of file: blank cells and rows, totals rows, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal

import numpy as np
import polars as pl

from tariff_engine.cells import A_SPREADSHEET_ERROR
from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import ErrorCell, Limits, Note, Rows
from tariff_engine.tables.guarding import unmark_text
from tariff_engine.tables.headers import OUTER_SPACE, Header
from tariff_engine.tables.wording import column_letter, shown

TOTAL_WORDS = frozenset({"total", "totals", "grand total", "total:", "totals:", "grand total:"})

_MOST_BLANK_NOTES = 1_000
_NUMBER = re.compile(r"(\()?(-)?£?(-)?(\d[\d,\u00a0 ]*(?:\.\d*)?|\.\d+)(?(1)\))(-)?")
_SPACED = f"^[{re.escape(OUTER_SPACE)}]|[{re.escape(OUTER_SPACE)}]$"
_NOT_DIGITS = re.compile(r"[,\u00a0 ]")


def clean_text(frame: pl.DataFrame, *, marked: bool) -> pl.DataFrame:
    """Strip outer white space from text, and make blank cells null.

    ``marked`` also takes off the apostrophe that keeps a spreadsheet from running text as a formula; the
    engine's own CSV files have it.
    """
    names = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not names or not frame.height:
        return frame
    spaced = _columns_where(frame, names, lambda column: column.str.contains(_SPACED))
    if spaced:
        frame = frame.with_columns(pl.col(spaced).str.strip_chars(OUTER_SPACE))
    if marked:
        found = frame.select(pl.col(names).str.starts_with("'").any()).row(0, named=True)
        affected = [name for name in names if found[name]]
        if affected:
            frame = frame.with_columns(unmark_text(pl.col(affected)).str.strip_chars(OUTER_SPACE))
    blank = _columns_where(frame, names, lambda column: column == "")
    return frame.with_columns(pl.when(pl.col(blank) != "").then(pl.col(blank))) if blank else frame


def _columns_where(frame: pl.DataFrame, names: list[str], holds: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    """The columns in which something holds of some cell; most files have none, and are left as they are."""
    found = frame.select(holds(pl.col(names)).any()).row(0, named=True)
    return [name for name in names if found[name]]


def drop_blank_rows(frame: pl.DataFrame, rows: Rows) -> tuple[pl.DataFrame, Rows, Rows]:
    """The filled rows, their numbers, and the numbers of the rows that were blank."""
    if frame.width == 0 or frame.height == 0:
        return frame, rows, rows[:0]
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    if not blank.any():
        return frame, rows, rows[:0]
    return frame.filter(~blank), rows[~blank], rows[blank]


def drop_unnamed(frame: pl.DataFrame, header: Header, row: int) -> tuple[pl.DataFrame, list[Note]]:
    """Leave out the columns that have neither a header nor a value, and note those that have values."""
    notes: list[Note] = []
    for index, name in enumerate(frame.columns):
        if header.names[index] is not None:
            continue
        if frame[name].is_null().all():
            frame = frame.drop(name)
        else:
            message = f"Column {column_letter(index)} has values and no header; nothing of it is read."
            notes.append(Note("no_header", "warning", row, name, None, message))
    return frame, notes


def blank_row_notes(blank: Rows, last_filled: int) -> list[Note]:
    """One note a run of blank rows among the data. Blank rows after the last filled one are nothing."""
    inside = blank[blank < last_filled]
    if inside.size == 0:
        return []
    breaks = np.flatnonzero(np.diff(inside) > 1) + 1
    runs = np.split(inside, breaks) if breaks.size < _MOST_BLANK_NOTES else [inside]
    notes = []
    for run in runs:
        first, last = int(run[0]), int(run[-1])
        if len(runs) == 1 and breaks.size:
            what = f"{run.size:,} blank rows stand among the data, the first of them row {first}"
        else:
            what = f"Row {first} is blank" if first == last else f"Rows {first} to {last} are blank"
        notes.append(Note("blank_row", "warning", first, None, None, f"{what}; the rows after were read."))
    return notes


def check_cells(frame: pl.DataFrame, rows: Rows, limits: Limits) -> None:
    """Refuse a table with a cell of more text than a spreadsheet's cell holds."""
    names = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not names or not frame.height:
        return
    longest = frame.select(pl.col(names).str.len_bytes().max()).row(0, named=True)
    for name in names:
        if (longest[name] or 0) <= limits.cell_characters:
            continue
        lengths = frame[name].str.len_chars()
        at = lengths.arg_max()
        if at is not None and lengths[at] > limits.cell_characters:
            raise InputRefused(
                f"The cell in row {rows[at]}, column {shown(name)}, has more than "
                f"{limits.cell_characters:,} characters. Shorten it, or look for a quotation mark "
                f"that isn't closed."
            )


def too_many_rows(limits: Limits) -> InputRefused:
    """The refusal of a table above the limit of rows."""
    return InputRefused(f"The file has too many rows (limit {limits.rows:,}). Split it into several files.")


def too_many_columns(count: int, limits: Limits) -> InputRefused:
    """The refusal of a table above the limit of columns."""
    return InputRefused(
        f"The table has {count:,} columns; the limit is {limits.columns:,}. Delete the ones not needed."
    )


def take_totals(frame: pl.DataFrame, rows: Rows, required: Sequence[str]) -> tuple[pl.DataFrame, Rows, list[Note]]:
    """Leave out totals rows at the bottom, and check every figure in them against the sum of its column.

    A totals row's first filled cell says Total, and its other required cells are blank.
    """
    totals: list[tuple[int, dict[str, object]]] = []
    while frame.height and _is_totals(cells := frame.row(-1, named=True), required):
        totals.append((int(rows[-1]), cells))
        frame, rows = frame.head(-1), rows[:-1]
    notes: list[Note] = []
    for row, cells in reversed(totals):
        notes.append(Note("totals_row", "info", row, None, None, "The totals row was checked and left out."))
        for name, value in cells.items():
            stated = _number(value)
            if stated is not None:
                notes.extend(_compare(stated, frame[name], row))
    return frame, rows, notes


def error_notes(errors: Sequence[ErrorCell], rows: Rows, known: Collection[str]) -> list[Note]:
    """A note for each cell with a spreadsheet's error: an error of its row where the column is read.

    In a column that is only passed through, or in a totals row, it is a warning.
    """
    notes: list[Note] = []
    left = set(rows.tolist()) if errors else set()
    for cell in sorted(errors, key=lambda cell: cell.column):
        if cell.row in left and cell.column in known:
            message = f"{cell.where}, holds {cell.value}, {A_SPREADSHEET_ERROR.removeprefix('is ')}"
            notes.append(Note("bad_value", "error", cell.row, cell.column, cell.value, message))
        else:
            message = f"{cell.where}, holds {cell.value}; nothing is worked out from that cell."
            notes.append(Note("error_cell", "warning", cell.row, cell.column, cell.value, message))
    return notes


def _is_totals(cells: dict[str, object], required: Sequence[str]) -> bool:
    filled = [name for name, value in cells.items() if value is not None]
    if not filled or not is_total_word(cells[filled[0]]):
        return False
    return not any(name in required for name in filled[1:])


def is_total_word(value: object) -> bool:
    """Whether a cell says that its row is a total."""
    return isinstance(value, str) and " ".join(value.casefold().split()) in TOTAL_WORDS


def _compare(stated: Decimal, column: pl.Series, row: int) -> list[Note]:
    values = [value for value in column.to_list() if value is not None]
    numbers = [number for value in values if (number := _number(value)) is not None]
    total = sum(numbers, Decimal(0))
    unread = len(values) - len(numbers)
    # Under a column of text, a total is the count of its rows.
    if stated == total or (not numbers and stated == len(values)):
        return []
    rest = f", with {unread:,} cells that aren't numbers" if unread else ""
    message = f"The totals row says {stated:,f}; the rows above it add to {total:,f}{rest}."
    return [Note("totals_mismatch", "warning", row, column.name, str(stated), message)]


def _number(value: object) -> Decimal | None:
    """A cell's number, exactly as it is written or stored, or None where it isn't one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if np.isfinite(value) else None
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    size = Decimal(_NOT_DIGITS.sub("", found[4]))
    return -size if any(found[group] for group in (1, 2, 3, 5)) else size
