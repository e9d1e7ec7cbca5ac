"""What reading a table gives, and the limits on what is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.frozen import FrozenDict

MEBIBYTE = 1024 * 1024

Rows = npt.NDArray[np.int64]
"""The numbers of some rows, as a person sees them."""


@dataclass(frozen=True)
class WorkbookLimits:
    """The most that a workbook may hold, and that reading it may cost. Above any of them it is refused whole.

    ``bytes`` is the size on disk and ``unpacked_bytes`` that of everything in it; a workbook that is large unpacked may
    not be more than ``times_packed`` its size on disk. ``parts`` are the files inside it. ``rows`` counts the filled
    rows of one sheet; ``cells`` is rows x columns up to the last filled ones, of all sheets, and ``text_bytes`` what
    their text comes to. ``odd_cells`` is how many errors, merged ranges and the like are listed. ``seconds`` and
    ``memory_bytes`` are what the process that reads the cells may take. ``macros`` is whether a workbook that holds
    some is read at all; they are never run.
    """

    bytes: int = 128 * MEBIBYTE
    unpacked_bytes: int = 512 * MEBIBYTE
    times_packed: int = 200
    parts: int = 4_096
    sheets: int = 500
    rows: int = 200_000
    cells: int = 8_000_000
    text_bytes: int = 128 * MEBIBYTE
    odd_cells: int = 100_000
    seconds: int = 60
    memory_bytes: int = 2_048 * MEBIBYTE
    macros: bool = True


@dataclass(frozen=True)
class Limits:
    """The most that one file may hold. Above any of them the whole file is refused.

    ``bytes`` is the size on disk; ``rows`` counts filled rows under the header; ``cells`` is rows x columns;
    ``cell_characters`` is what one cell of a spreadsheet holds; ``line_bytes`` is the longest line of text, told to
    within a mebibyte. ``workbook`` has those of workbooks, which hold besides to the ones here.
    """

    bytes: int = 512 * MEBIBYTE
    rows: int = 2_000_000
    columns: int = 500
    cells: int = 200_000_000
    cell_characters: int = 32_767
    line_bytes: int = 16 * MEBIBYTE
    header_search_rows: int = 20
    workbook: WorkbookLimits = WorkbookLimits()


@dataclass(frozen=True)
class Note:
    """Something about the file that its owner should know; ``code`` is one of the finding codes.

    ``row`` is the row a person sees and ``column`` the column's name, where the note is about one.
    """

    code: str
    severity: Literal["error", "warning", "info"]
    row: int | None
    column: str | None
    value: str | None
    message: str


@dataclass(frozen=True)
class BadRow:
    """A row that couldn't be split into the header's columns. It was read, and is set aside."""

    row: int
    message: str


@dataclass(frozen=True)
class ErrorCell:
    """A cell in which a formula went wrong: ``value`` is the spreadsheet's error, and ``where`` names the cell."""

    row: int
    column: str
    value: str
    where: str


@dataclass(frozen=True)
class TextTable:
    """A table of text as it stands under its header, before totals rows are told.

    ``blank`` are the rows that hold nothing; they aren't in the frame. ``cover`` is what a workbook's Cover says.
    ``apart`` are the rows of another table below.
    """

    frame: pl.DataFrame
    rows: Rows
    blank: Rows
    notes: tuple[Note, ...]
    bad_rows: tuple[BadRow, ...]
    sha256: str
    errors: tuple[ErrorCell, ...] = ()
    apart: tuple[int, ...] = ()
    cover: Mapping[str, str] = field(default_factory=FrozenDict)


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file, before any value is interpreted.

    ``frame`` has text for every cell of a CSV file or workbook and the file's own types for Parquet and Arrow. A column
    is called by its known name where the header matches one, and by the header's text otherwise. Outer white
    space is gone and a blank cell is null. ``rows`` gives each row its number as a person sees it. ``cover`` is what
    the Cover of a template says of itself, by label. ``apart`` are the rows of another table below this one: they were
    read, and are set aside.
    """

    frame: pl.DataFrame
    rows: pl.Series
    notes: tuple[Note, ...]
    bad_rows: tuple[BadRow, ...]
    file_name: str
    sha256: str
    cover: Mapping[str, str] = field(default_factory=FrozenDict)
    apart: tuple[int, ...] = ()
