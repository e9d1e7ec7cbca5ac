"""A Parquet or Arrow file that is read some rows at a time, and never all of it.

What is told by the file as a whole (blank rows, totals rows) is found in a survey, which reads a few columns; after
that each part is the table that the whole file would give, cut at its rows.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.tables.body import (
    Sum,
    TotalsRow,
    blank_row_notes,
    check_cells,
    clean_text,
    drop_blank_rows,
    sums_of,
    take_totals_rows,
    too_many_rows,
    totals_notes,
)
from tariff_engine.tables.columnar import check_schema, damaged, is_stream, plain_types, scan_columnar
from tariff_engine.tables.contract import Limits, Note, RawTable, Rows
from tariff_engine.tables.headers import Header, Wanted, match_header
from tariff_engine.tables.sources import Kind, check_contents, kind_of, open_source, safe_name, unchanged

Hashes = npt.NDArray[np.uint64]

STREAMED = (".parquet", ".arrow", ".feather")
PART_ROWS = 131_072
PART_CELLS = 8_000_000
"""A part has at most so many rows, and of a wide table so few that its cells come to no more than that."""

_FIRST_ROW = 2
_TAIL_ROWS = 1_000
_BLOCK_BYTES = 1 << 20
_SPREADS = np.uint64(0x9E3779B97F4A7C15)
"""An odd number, so that no two numbers times it are the same in 64 bits."""


@dataclass(frozen=True)
class Survey:
    """What must be known of a whole file before its parts are read.

    Attributes
    ----------
    rows : the number of each row that holds a placement.
    keys : hashes of some columns, one for each of ``rows``.
    notes : what is said of the file, in the order in which it is said.
    """

    rows: Rows
    keys: Mapping[str, Hashes]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class ColumnarFile:
    """An open file of columns: ``height`` rows, blank ones too, under a header that was matched.

    ``held`` is the table of an Arrow stream, which can only be read at once.
    """

    file: BinaryIO
    kind: Kind
    wanted: Wanted
    limits: Limits
    header: Header
    columns: tuple[str, ...]
    height: int
    name: str
    sha256: str
    held: pl.LazyFrame | None

    @property
    def part_rows(self) -> int:
        """How many rows are read at a time."""
        return max(1, min(PART_ROWS, PART_CELLS // len(self.columns)))

    @property
    def is_one_part(self) -> bool:
        """Whether the file is read at once."""
        return self.height <= self.part_rows

    def survey(self, names: Sequence[str], hashed: Callable[[pl.Series], Hashes]) -> Survey:
        """Look at every row of some columns, which no filled row may lack all of, and at the totals at the bottom."""
        keys: dict[str, list[Hashes]] = {name: [] for name in names}
        filled, blank = np.ones(self.height, bool), []
        for start in self._starts():
            frame, numbers = self._read(start, self.part_rows, names)
            empty = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
            if empty.any():
                blank.append(drop_blank_rows(*self._read(start, self.part_rows))[2])
                filled[blank[-1] - _FIRST_ROW] = False
            for name, found in keys.items():
                found.append(_hashes(frame[name], numbers, hashed))
        totals = self._totals()
        filled[[row.number - _FIRST_ROW for row in totals]] = False
        blanks = np.concatenate([np.zeros(0, np.int64), *blank])
        last = max([0, *(np.flatnonzero(filled)[-1:] + _FIRST_ROW).tolist(), *(row.number for row in totals)])
        rows = np.flatnonzero(filled) + _FIRST_ROW
        hashes = {name: _where(np.concatenate(found), filled) for name, found in keys.items()}
        notes = [*self.header.notes, *blank_row_notes(blanks, last), *self._totals_notes(totals, rows)]
        return Survey(rows, hashes, tuple(notes))

    def parts(self, survey: Survey) -> Iterator[RawTable]:
        """The file's rows in their order, with what is said of each part of it."""
        notes = sorted(survey.notes, key=lambda note: -1 if note.row is None else note.row)
        for start in self._starts():
            frame, numbers = self._filled(start, survey.rows)
            check_cells(frame, numbers, self.limits)
            until = start + self.part_rows + _FIRST_ROW if start + self.part_rows < self.height else None
            count = sum(until is None or note.row is None or note.row < until for note in notes)
            here, notes = tuple(notes[:count]), notes[count:]
            yield RawTable(frame, pl.Series("row", numbers, dtype=pl.Int64), here, (), self.name, self.sha256)

    def some(self, rows: Rows, names: Sequence[str] = ()) -> RawTable:
        """Some rows, by their numbers, which rise; of all columns or of those that are named."""
        frames, found = [], []
        for start in self._starts():
            first, last = np.searchsorted(rows, [start + _FIRST_ROW, start + self.part_rows + _FIRST_ROW]).tolist()
            if first < last or not start:
                frames.append(self._read(start, self.part_rows, names, rows[first:last] - start - _FIRST_ROW)[0])
                found.append(rows[first:last])
        numbers = pl.Series("row", np.concatenate(found), dtype=pl.Int64)
        return RawTable(pl.concat(frames), numbers, (), (), self.name, self.sha256)

    def _starts(self) -> range:
        return range(0, max(self.height, 1), self.part_rows)

    def _read(
        self, start: int, count: int, names: Sequence[str] = (), places: Rows | None = None
    ) -> tuple[pl.DataFrame, Rows]:
        """Rows from a place in the file, cleaned, blank ones too, and their numbers; or those at some places there."""
        called = [title or column for title, column in zip(self.header.names, self.columns, strict=True)]
        chosen = [at for at, name in enumerate(called) if not names or name in names]
        with damaged(self.kind):
            source = scan_columnar(self.file, self.kind) if self.held is None else self.held
            frame = source.slice(start, count).select([self.columns[at] for at in chosen]).collect()
        numbers = np.arange(start + _FIRST_ROW, start + _FIRST_ROW + frame.height, dtype=np.int64)
        if places is not None:
            frame, numbers = frame[places], numbers[places]
        frame = clean_text(plain_types(frame), marked=False)
        frame.columns = [called[at] for at in chosen]
        return frame, numbers

    def _filled(self, start: int, rows: Rows) -> tuple[pl.DataFrame, Rows]:
        """The part from a place in the file, without the rows that are blank or totals."""
        frame, numbers = self._read(start, self.part_rows)
        first, last = np.searchsorted(rows, [start + _FIRST_ROW, start + _FIRST_ROW + frame.height]).tolist()
        if last - first == frame.height:
            return frame, numbers
        kept = rows[first:last]
        return frame[kept - start - _FIRST_ROW], kept

    def _totals(self) -> list[TotalsRow]:
        """The totals rows at the bottom, from the first."""
        totals: list[TotalsRow] = []
        end = self.height
        while end > 0:
            start = max(0, end - _TAIL_ROWS)
            frame, numbers, _ = drop_blank_rows(*self._read(start, end - start))
            frame, numbers, found = take_totals_rows(frame, numbers, self.wanted.required)
            totals, end = found + totals, start
            if frame.height:
                break
        return totals

    def _totals_notes(self, totals: Sequence[TotalsRow], rows: Rows) -> list[Note]:
        """What is said of the totals rows: the figures in them are checked against the whole file."""

        def summed(names: list[str]) -> Mapping[str, Sum]:
            return sums_of((self._filled(start, rows)[0] for start in self._starts()), names)

        return totals_notes(totals, summed)


def _hashes(column: pl.Series, numbers: Rows, hashed: Callable[[pl.Series], Hashes]) -> Hashes:
    """The hash of each cell; a blank one is like no other."""
    hashes = hashed(column)
    if not column.null_count():
        return hashes
    return np.where(column.is_null().to_numpy(), numbers.astype(np.uint64) * _SPREADS, hashes)


def _where(values: Hashes, kept: npt.NDArray[np.bool_]) -> Hashes:
    return values if kept.all() else values[kept]


@contextmanager
def open_columnar(path: Path, wanted: Wanted, limits: Limits) -> Iterator[ColumnarFile]:
    """Open a Parquet or Arrow file, check it and match its header.

    Raises
    ------
    InputRefused : it can't be taken, or has changed by the time that it is closed.
    """
    # Polars reads a file from where the system is in it, which a buffer would hide.
    with open_source(path, limits) as opened, io.FileIO(os.dup(opened.fileno())) as file:
        before = os.fstat(file.fileno())
        kind = kind_of(path)
        check_contents(file, kind)
        digest = hashlib.sha256()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        with damaged(kind):
            source = scan_columnar(file, kind)
            schema = source.collect_schema()
            check_schema(schema, limits)
            held = source if is_stream(file) else None
            height = int((scan_columnar(file, kind) if held is None else held).select(pl.len()).collect().item())
        if height > limits.rows:
            raise too_many_rows(limits)
        header, columns = match_header(schema.names(), wanted), tuple(schema.names())
        name, sha256 = safe_name(path), digest.hexdigest()
        yield ColumnarFile(file, kind, wanted, limits, header, columns, height, name, sha256, held)
        unchanged(file, before)
