"""Reading CSV and its relatives: strictly, in blocks, every record given the row number a person sees."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.tables.body import (
    check_cells,
    clean_text,
    drop_blank_rows,
    drop_unnamed,
    is_total_word,
    too_many_columns,
    too_many_rows,
)
from tariff_engine.tables.contract import BadRow, Limits, Note, Rows, TextTable
from tariff_engine.tables.encodings import scan_text
from tariff_engine.tables.guarding import unmark
from tariff_engine.tables.headers import (
    OUTER_SPACE,
    Header,
    Wanted,
    column_names,
    find_header,
    header_row_notes,
    match_header,
)
from tariff_engine.tables.sources import unchanged

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

_BATCH_CELLS = 40_000
_LEAST_BATCH = 100
_BLOCK_CELLS = 1_000_000
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_SAVE_AS = "Save the file again as CSV UTF-8."


def read_delimited(file: BinaryIO, wanted: Wanted, limits: Limits) -> TextTable:
    """Read a file of delimited text, telling its encoding, its delimiter and its header row."""
    before = os.fstat(file.fileno())
    scan = scan_text(file, limits)
    delimiter = _sniff(file, scan.encoding, wanted, limits)
    notes = list(scan.notes)
    if delimiter != ",":
        message = f"The columns are separated by {DELIMITERS[delimiter]}, and were read so."
        notes.append(Note("delimiter", "info", None, None, delimiter, message))
    with _text(file, scan.encoding) as text:
        records = _Records(text, delimiter)
        head = records.take(limits.header_search_rows)
        at = find_header(head, wanted)
        cells = [unmark(cell) for cell in head[at]]
        if len(cells) > limits.columns:
            raise too_many_columns(len(cells), limits)
        header = match_header(cells, wanted, at + 1)
        blocks = _Blocks(header, column_names(header), limits)
        line = 1 + sum(map(_lines_of, head[: at + 1]))
        blocks.add(head[at + 1 :], at + 2, line)
        while records.more:
            row, line = records.taken + 1, records.line + 1
            blocks.add(records.take(blocks.batch), row, line)
        blocks.clean()
    unchanged(file, before)
    frame, unnamed = drop_unnamed(pl.concat(blocks.frames), header, at + 1)
    rows, blank = np.concatenate(blocks.rows), np.concatenate(blocks.blank)
    notes += [*header_row_notes(at), *header.notes, *unnamed]
    return TextTable(frame, rows, blank, tuple(notes), tuple(blocks.bad_rows), scan.sha256)


@contextmanager
def open_records(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[Iterator[list[str]]]:
    """The records of a file that was read before, one after another, split as they were then."""
    with _text(file, encoding) as text:
        yield _reader(text, delimiter)


def _reader(text: io.TextIOWrapper, delimiter: str) -> Any:
    return csv.reader(text, delimiter=delimiter, strict=True, skipinitialspace=True)


@contextmanager
def _text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    wrapper = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield wrapper
    finally:
        wrapper.detach()


def _sniff(file: BinaryIO, encoding: str, wanted: Wanted, limits: Limits) -> str:
    """The delimiter by which one of the first rows names most known columns; a comma where none is better."""

    def names_found(delimiter: str) -> int:
        with _text(file, encoding) as text:
            most = 0
            try:
                for cells in islice(csv.reader(text, delimiter=delimiter), limits.header_search_rows):
                    most = max(most, wanted.count_in(cells))
            except (csv.Error, UnicodeError):
                pass  # What is wrong is said when the file is read for good.
            return most

    return max(DELIMITERS, key=names_found)


class _Records:
    """The records of a file, a block at a time, with the line that each block starts on."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        self._reader: Any = _reader(text, delimiter)
        self.taken = 0
        self.more = True

    @property
    def line(self) -> int:
        """How many lines of the file have been read."""
        return int(self._reader.line_num)

    def take(self, count: int) -> list[list[str]]:
        """The next records, at most ``count``."""
        records: list[list[str]] = []
        start = self.line
        try:
            # Extending keeps what came before an error, which tells on what line the broken record starts.
            records.extend(islice(self._reader, count))
        except csv.Error as error:
            raise refuse_broken(str(error), start + sum(map(_lines_of, records)) + 1) from None
        except UnicodeError:
            raise InputRefused(f"The text after line {self.line} can't be decoded. {_SAVE_AS}") from None
        self.taken += len(records)
        self.more = len(records) == count
        return records


def refuse_broken(reason: str, line: int) -> InputRefused:
    """The refusal of text whose quotation marks don't tell where cells end."""
    if "unexpected end" in reason or "field limit" in reason:
        what = f"The row that starts on line {line} opens a quotation mark that is never closed"
    else:
        what = f"The row that starts on line {line} has text after a closing quotation mark"
    return InputRefused(f"{what}, so where its cells end can't be told. Correct the quotation marks there.")


def _lines_of(record: Sequence[str]) -> int:
    return 1 + sum(len(_LINE_ENDS.findall(cell)) for cell in record if "\n" in cell or "\r" in cell)


@dataclass
class _Blocks:
    """Collects records as frames of text, with the rows that are blank or can't be split.

    Records are turned to columns in small batches, which stay in the processor's cache, and the columns are
    cleaned in large ones.
    """

    header: Header
    names: list[str]
    limits: Limits
    frames: list[pl.DataFrame] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)
    blank: list[Rows] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    _height: int = 0
    _waiting: list[tuple[pl.DataFrame, Rows]] = field(default_factory=list)
    _waiting_rows: int = 0

    @property
    def width(self) -> int:
        """How many columns the header has, with those whose header is blank."""
        return len(self.header.names)

    @property
    def batch(self) -> int:
        """How many records to read at a time."""
        return max(_BATCH_CELLS // self.width, _LEAST_BATCH)

    def add(self, records: list[list[str]], first_row: int, first_line: int) -> None:
        """Add records whose first is row ``first_row`` and starts on line ``first_line``."""
        rows = np.arange(first_row, first_row + len(records), dtype=np.int64)
        if any(length != self.width for length in set(map(len, records))):
            records, rows = self._split(records, rows, first_line)
        columns = zip(*records, strict=True) if records else [()] * self.width
        series = [pl.Series(name, column, dtype=pl.String) for name, column in zip(self.names, columns, strict=True)]
        self._waiting.append((pl.DataFrame(series), rows))
        self._waiting_rows += len(rows)
        if self._waiting_rows * self.width >= _BLOCK_CELLS:
            self.clean()

    def clean(self) -> None:
        """Clean the batches that wait, and count what they add up to."""
        if not self._waiting:
            return
        frame = pl.concat([frame for frame, _ in self._waiting], rechunk=True)
        rows = np.concatenate([rows for _, rows in self._waiting])
        self._waiting, self._waiting_rows = [], 0
        frame, rows, blank = drop_blank_rows(clean_text(frame, marked=True), rows)
        check_cells(frame, rows, self.limits)
        self._height += frame.height
        if self._height + len(self.bad_rows) > self.limits.rows:
            raise too_many_rows(self.limits)
        if self._height * self.width > self.limits.cells:
            raise InputRefused(f"The table has more than {self.limits.cells:,} cells. Delete columns, or split it.")
        self.frames.append(frame)
        self.rows.append(rows)
        self.blank.append(blank)

    def _split(self, records: list[list[str]], rows: Rows, line: int) -> tuple[list[list[str]], Rows]:
        """Set aside the records that don't have the header's cells; fill up those that lack blank ones."""
        width = self.width
        named = max(index for index, name in enumerate(self.header.names) if name is not None) + 1
        kept, numbers = [], []
        for record, row in zip(records, rows.tolist(), strict=True):
            filled = [cell for cell in record if cell.strip(OUTER_SPACE)]
            if not filled:
                kept.append([""] * width)
                numbers.append(row)
            elif named <= len(record) <= width or (len(record) < width and is_total_word(filled[0].strip(OUTER_SPACE))):
                kept.append(record + [""] * (width - len(record)))
                numbers.append(row)
            else:
                message = (
                    f"Line {line} of the file has {len(record)} cells and the header has {named}: look for a "
                    f"stray separator or quotation mark, or a line that was cut."
                )
                self.bad_rows.append(BadRow(row, message))
            line += _lines_of(record)
        return kept, np.array(numbers, dtype=np.int64)
