"""Reading a table that somebody else made: a file or a frame, by the columns the engine knows.

What can be taken without a guess is taken and noted; anything else is refused whole, in a sentence that says
what to do. Values are not interpreted here.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import polars as pl

from tariff_engine.tables.body import (
    blank_row_notes,
    check_cells,
    clean_text,
    drop_blank_rows,
    error_notes,
    take_totals,
    too_many_rows,
)
from tariff_engine.tables.columnar import check_schema, plain_types, read_columnar
from tariff_engine.tables.contract import BadRow, Limits, Note, RawTable
from tariff_engine.tables.further import without_further_table
from tariff_engine.tables.headers import Wanted, match_header

__all__ = ["BadRow", "Limits", "Note", "RawTable", "from_frame", "read_table"]

_DEFAULT = Limits()
_FIRST_ROW = 2


def read_table(
    path: Path,
    known: Collection[str],
    required: Collection[str],
    *,
    limits: Limits = _DEFAULT,
    sheet: str = "",
    dates: Collection[str] = (),
) -> RawTable:
    """Read a CSV, XLSX, XLSM, ODS, Parquet or Arrow file.

    Parameters
    ----------
    path : an ordinary file; its ending and its contents must agree.
    known : the columns to recognise, in any spelling that differs in case, spaces or hyphens.
    required : those of them without which the file is refused.
    limits : the most a file may hold.
    sheet : in a workbook, the name of the sheet that is meant where several have the columns.
    dates : the columns that hold days: a workbook may count them from 1904.

    Raises
    ------
    InputRefused : the file as a whole can't be taken. UsageError : what reads workbooks isn't installed.
    """
    # What reads files is loaded for them alone: a frame does without.
    from tariff_engine.tables.sources import check_contents, kind_of, open_source, safe_name
    from tariff_engine.tables.verdicts import without_verdicts

    path = Path(path)
    wanted = Wanted.of(known, required)
    with open_source(path, limits) as file:
        kind = kind_of(path)
        check_contents(file, kind)
        if kind == "delimited":
            from tariff_engine.tables.delimited import read_delimited

            table = read_delimited(file, wanted, limits)
        elif kind == "workbook":
            from tariff_engine.tables.spreadsheets import read_workbook

            table = read_workbook(file, wanted, limits, sheet, dates)
        else:
            frame, digest = read_columnar(file, kind, limits)
            return _from_columns(frame, wanted, limits, safe_name(path), digest)
    table = without_further_table(without_verdicts(table), wanted)
    frame, rows, totals = take_totals(table.frame, table.rows, wanted.required)
    last = max([0, *table.rows[-1:].tolist(), *(bad.row for bad in table.bad_rows[-1:])])
    errors = error_notes(table.errors, rows, wanted.known)
    notes = (*table.notes, *blank_row_notes(table.blank, last), *totals, *errors)
    return RawTable(
        frame, _numbers(rows), notes, table.bad_rows, safe_name(path), table.sha256, table.cover, table.apart
    )


def from_frame(
    frame: pl.DataFrame,
    known: Collection[str],
    required: Collection[str],
    limits: Limits = _DEFAULT,
) -> RawTable:
    """Take a frame as if it were read from a file whose header is row 1; it has no file name and no hash."""
    return _from_columns(frame, Wanted.of(known, required), limits, "", "")


def _from_columns(frame: pl.DataFrame, wanted: Wanted, limits: Limits, name: str, digest: str) -> RawTable:
    check_schema(frame.schema, limits)
    header = match_header(frame.columns, wanted)
    names = [title or column for title, column in zip(header.names, frame.columns, strict=True)]
    frame = clean_text(plain_types(frame), marked=False)
    frame.columns = names
    numbers = np.arange(_FIRST_ROW, _FIRST_ROW + frame.height, dtype=np.int64)
    frame, rows, blank = drop_blank_rows(frame, numbers)
    if frame.height > limits.rows:
        raise too_many_rows(limits)
    check_cells(frame, rows, limits)
    last = int(rows[-1]) if rows.size else 0
    frame, rows, totals = take_totals(frame, rows, wanted.required)
    notes = (*header.notes, *blank_row_notes(blank, last), *totals)
    return RawTable(frame, _numbers(rows), notes, (), name, digest)


def _numbers(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> pl.Series:
    return pl.Series("row", rows, dtype=pl.Int64)
