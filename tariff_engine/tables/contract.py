"""What reading a table gives, and the limits on what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The most that one file may hold. Above any of them the whole file is refused.

    ``bytes`` is the size on disk; ``rows`` counts filled rows under the header; ``cells`` is rows x columns;
    ``cell_characters`` is what one cell of a spreadsheet holds; ``line_bytes`` is the longest line of text, told to
    within a mebibyte.
    """

    bytes: int = 512 * MEBIBYTE
    rows: int = 2_000_000
    columns: int = 500
    cells: int = 200_000_000
    cell_characters: int = 32_767
    line_bytes: int = 16 * MEBIBYTE
    header_search_rows: int = 20


@dataclass(frozen=True)
class Note:
    """Something about the file that its owner should know; ``code`` is one of the finding codes.

    ``row`` is the row a person sees and ``column`` the column's name, where the note is about one.
    """

    code: str
    severity: Literal["warning", "info"]
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
class RawTable:
    """A table as it stands in its file, before any value is interpreted.

    ``frame`` has text for every cell of a CSV file and the file's own types for Parquet and Arrow. A column
    is called by its known name where the header matches one, and by the header's text otherwise. Outer white
    space is gone and a blank cell is null. ``rows`` gives each row its number as a person sees it.
    """

    frame: pl.DataFrame
    rows: pl.Series
    notes: tuple[Note, ...]
    bad_rows: tuple[BadRow, ...]
    file_name: str
    sha256: str
