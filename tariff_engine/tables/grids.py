"""Files as they stand, cell by cell: every sheet with its titles, headers and totals, before anything is told apart.

For tables that others lay out as they like. They are opened by the same guarded readers as every other file.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.tables.body import check_cells, clean_text, too_many_columns, too_many_rows
from tariff_engine.tables.columnar import check_schema, plain_types, read_columnar
from tariff_engine.tables.contract import Limits, Note
from tariff_engine.tables.delimited import DELIMITERS, open_records, refuse_broken
from tariff_engine.tables.encodings import scan_text
from tariff_engine.tables.incoming.book import load_book, refuse_unsaved
from tariff_engine.tables.incoming.table import may_hold_data
from tariff_engine.tables.sources import check_contents, kind_of, open_source, safe_name, unchanged
from tariff_engine.tables.wording import cell_name, shown

_DEFAULT = Limits()
_SNIFFED = 40


@dataclass(frozen=True)
class Grid:
    """A sheet, or a file that has none, as text.

    ``cells`` has columns ``"0"``, ``"1"`` and so on; its row i is the row i + 1 that a person sees, and a blank cell is
    null. ``merged`` are the ranges whose cells below the first are blank because they are merged, by their first row.
    """

    name: str
    cells: pl.DataFrame
    hidden: bool = False
    merged: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Grids:
    """Every grid of a file, with the file's own name, its hash and what its owner should know."""

    grids: tuple[Grid, ...]
    file_name: str
    sha256: str
    notes: tuple[Note, ...] = ()


def read_grids(source: pl.DataFrame | str | Path, limits: Limits = _DEFAULT) -> Grids:
    """Read a CSV, XLSX, XLSM, ODS, Parquet or Arrow file, or a frame, whose header is then row 1.

    Raises
    ------
    InputRefused : the file as a whole can't be taken. UsageError : what reads workbooks isn't installed.
    """
    if isinstance(source, pl.DataFrame):
        check_schema(source.schema, limits)
        return Grids((_of_frame(source, limits),), "", "")
    path = Path(source)
    with open_source(path, limits) as file:
        kind = kind_of(path)
        check_contents(file, kind)
        if kind == "workbook":
            return _of_workbook(file, safe_name(path), limits)
        if kind == "delimited":
            return _of_text(file, safe_name(path), limits)
        frame, digest = read_columnar(file, kind, limits)
        return Grids((_of_frame(frame, limits),), safe_name(path), digest)


def _of_workbook(file: BinaryIO, name: str, limits: Limits) -> Grids:
    book = load_book(file, limits, lambda _: True)
    facts = [book.facts.sheets[at] for at in book.frames]
    widest = max((sheet.width for sheet in book.facts.sheets), default=0)
    if widest > limits.columns:
        raise too_many_columns(widest, limits)
    refuse_unsaved([sheet for sheet in facts if may_hold_data(sheet)])
    grids = []
    for sheet, frame in zip(facts, book.frames.values(), strict=True):
        merged = tuple(
            (area.top, f"{cell_name(area.top, area.left)}:{cell_name(area.bottom, area.right)}")
            for area in sheet.merged
            if area.bottom > area.top
        )
        grids.append(Grid(sheet.name, clean_text(frame, marked=False), sheet.hidden, merged))
    notes = [Note("hidden_sheet", "info", None, None, None, _hidden(grid.name)) for grid in grids if grid.hidden]
    return Grids(tuple(grids), name, book.sha256, tuple(notes))


def _hidden(name: str) -> str:
    return f"Sheet {shown(name)} is hidden; it was looked at like the others."


def _of_text(file: BinaryIO, name: str, limits: Limits) -> Grids:
    before = os.fstat(file.fileno())
    scan = scan_text(file, limits)
    delimiter = _sniff(file, scan.encoding)
    notes = list(scan.notes)
    if delimiter != ",":
        message = f"The columns are separated by {DELIMITERS[delimiter]}, and were read so."
        notes.append(Note("delimiter", "info", None, None, delimiter, message))
    with open_records(file, scan.encoding, delimiter) as records:
        rows = _taken(records, limits)
    unchanged(file, before)
    return Grids((Grid("", clean_text(_frame(rows, limits), marked=True)),), name, scan.sha256, tuple(notes))


def _taken(records: object, limits: Limits) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows.extend(islice(records, limits.rows + limits.header_search_rows + 1))  # type: ignore[call-overload]
    except csv.Error as error:
        raise refuse_broken(str(error), len(rows) + 1) from None
    except UnicodeError:
        raise InputRefused(f"The text after row {len(rows)} can't be decoded. Save it again as CSV UTF-8.") from None
    if len(rows) > limits.rows + limits.header_search_rows:
        raise too_many_rows(limits)
    return rows


def _frame(rows: Sequence[Sequence[str]], limits: Limits) -> pl.DataFrame:
    """Records of any lengths as columns; the cells that the shorter ones lack are blank."""
    width = max(map(len, rows), default=0)
    if width > limits.columns:
        raise too_many_columns(width, limits)
    if width * len(rows) > limits.cells:
        raise InputRefused(f"The table has more than {limits.cells:,} cells. Delete columns, or split it.")
    padded = ([*row, *[""] * (width - len(row))] for row in rows)
    columns = list(zip(*padded, strict=True)) or [()] * width
    frame = pl.DataFrame([pl.Series(str(at), column, dtype=pl.String) for at, column in enumerate(columns)])
    check_cells(frame, pl.int_range(1, frame.height + 1, eager=True).to_numpy(), limits)
    return frame


def _sniff(file: BinaryIO, encoding: str) -> str:
    """The delimiter that cuts the first rows into most cells; a comma where none is better."""

    def cells(delimiter: str) -> int:
        try:
            with open_records(file, encoding, delimiter) as records:
                return sum(len(row) for row in islice(records, _SNIFFED) if len(row) > 1)
        except (csv.Error, UnicodeError):
            return 0  # What is wrong is said when the file is read for good.

    return max(DELIMITERS, key=cells)


def _of_frame(frame: pl.DataFrame, limits: Limits) -> Grid:
    from tariff_engine.columns import as_text

    if frame.height > limits.rows:
        raise too_many_rows(limits)
    texts = [as_text(column).cast(pl.String) for column in plain_types(frame).iter_columns()]
    headed = [pl.Series(str(at), [text.name]).append(text.rename(str(at))) for at, text in enumerate(texts)]
    cells = clean_text(pl.DataFrame(headed), marked=False)
    check_cells(cells, pl.int_range(1, cells.height + 1, eager=True).to_numpy(), limits)
    return Grid("", cells)
