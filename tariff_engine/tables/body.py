"""The rows under a header, the same for every kind of file: blank cells and rows, totals rows, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """Refuse a table with a cell of more text than a spreadsheet's cell holds; the first such row is named."""
    names = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not names or not frame.height:
        return
    longest = frame.select(pl.col(names).str.len_bytes().max()).row(0, named=True)
    long = [name for name in names if (longest[name] or 0) > limits.cell_characters]
    found = [(int(cells[0]), name) for name in long if len(cells := _longer(frame[name], limits.cell_characters))]
    if found:
        at, name = min(found, key=lambda cell: cell[0])
        raise InputRefused(
            f"The cell in row {rows[at]}, column {shown(name)}, has more than "
            f"{limits.cell_characters:,} characters. Shorten it, or look for a quotation mark "
            f"that isn't closed."
        )


def _longer(texts: pl.Series, characters: int) -> pl.Series:
    """Where the text is longer."""
    return (texts.str.len_chars() > characters).arg_true()


def too_many_rows(limits: Limits) -> InputRefused:
    """The refusal of a table above the limit of rows."""
    return InputRefused(f"The file has too many rows (limit {limits.rows:,}). Split it into several files.")


def too_many_columns(count: int, limits: Limits) -> InputRefused:
    """The refusal of a table above the limit of columns."""
    return InputRefused(
        f"The table has {count:,} columns; the limit is {limits.columns:,}. Delete the ones not needed."
    )


@dataclass(frozen=True)
class TotalsRow:
    """A row at the bottom whose first filled cell says Total, and whose other required cells are blank."""

    number: int
    cells: Mapping[str, object]


@dataclass
class Sum:
    """What the figures of a column add to; ``filled`` counts its cells, and ``figures`` those that are numbers."""

    total: Decimal = Decimal(0)
    figures: int = 0
    filled: int = 0

    def add(self, values: pl.Series) -> None:
        """Add more cells of the column."""
        filled = values.drop_nulls().to_list()
        numbers = [number for value in filled if (number := _number(value)) is not None]
        self.total += sum(numbers, Decimal(0))
        self.figures += len(numbers)
        self.filled += len(filled)


def take_totals(frame: pl.DataFrame, rows: Rows, required: Sequence[str]) -> tuple[pl.DataFrame, Rows, list[Note]]:
    """Leave out totals rows at the bottom, and check every figure in them against the sum of its column."""
    frame, rows, totals = take_totals_rows(frame, rows, required)
    return frame, rows, totals_notes(totals, lambda names: sums_of([frame], names)) if totals else []


def take_totals_rows(
    frame: pl.DataFrame, rows: Rows, required: Sequence[str]
) -> tuple[pl.DataFrame, Rows, list[TotalsRow]]:
    """The rows above the totals rows, and those."""
    totals: list[TotalsRow] = []
    while frame.height and _is_totals(cells := frame.row(-1, named=True), required):
        totals.append(TotalsRow(int(rows[-1]), cells))
        frame, rows = frame.head(-1), rows[:-1]
    return frame, rows, totals[::-1]


def sums_of(frames: Iterable[pl.DataFrame], names: Collection[str]) -> dict[str, Sum]:
    """What some columns add to, over all parts of a table."""
    sums = {name: Sum() for name in names}
    for frame in frames:
        for name, found in sums.items():
            found.add(frame[name])
    return sums


def totals_notes(totals: Sequence[TotalsRow], summed: Callable[[list[str]], Mapping[str, Sum]]) -> list[Note]:
    """What is said of totals rows; ``summed`` gives the sums of the columns in which one states a figure."""
    stated = [{name: size for name, cell in row.cells.items() if (size := _number(cell)) is not None} for row in totals]
    names = list(dict.fromkeys(name for figures in stated for name in figures))
    sums = summed(names) if names else {}
    notes: list[Note] = []
    for row, figures in zip(totals, stated, strict=True):
        notes.append(Note("totals_row", "info", row.number, None, None, "The totals row was checked and left out."))
        for name, figure in figures.items():
            notes.extend(_compare(figure, name, sums[name], row.number))
    return notes


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


def _compare(stated: Decimal, name: str, above: Sum, row: int) -> list[Note]:
    unread = above.filled - above.figures
    # Under a column of text, a total is the count of its rows.
    if stated == above.total or (not above.figures and stated == above.filled):
        return []
    rest = f", with {unread:,} cells that aren't numbers" if unread else ""
    message = f"The totals row says {stated:,f}; the rows above it add to {above.total:,f}{rest}."
    return [Note("totals_mismatch", "warning", row, name, str(stated), message)]


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
