"""Published workbooks: totals for people outside, laid out so that a screen reader can follow them.

A cover, a table of contents, notes, then one table a sheet. Each sheet has its title in A1, what must be known of the
table in the rows below, and one table with one header row and no blank, merged, hidden or fixed cells. Nothing is said
by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Literal

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.tables.atomic import check_target, whole_or_nothing
from tariff_engine.tables.wording import shown
from tariff_engine.tables.writing import spare

COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"
NOT_AVAILABLE, WITHHELD = "[x]", "[c]"
FONT, POINTS, TITLE_POINTS, LINE_POINTS, TITLE_HEIGHT = "Arial", 12, 16, 16, 24
"""Letters and heights of rows. [points]"""
COVER_WIDTH = 90
"""The width of the cover. [characters]"""


@dataclass(frozen=True)
class PublishedTable:
    """One table. ``frame`` has its headers as names, with their units; a null is shown as not available.

    ``name`` is the sheet's, ``title`` stands in A1, and ``said`` are the sentences between it and the table. ``money``
    names the columns of whole pence, shown in pounds. ``withheld`` are cells, by row and column, that aren't shown
    because they are small or another would follow from them; they are null in the frame.
    """

    name: str
    title: str
    said: Sequence[str]
    frame: pl.DataFrame
    money: Collection[str] = ()
    links: bool = False
    withheld: Collection[tuple[int, str]] = ()

    def marker(self, row: int, column: str) -> str:
        """What stands in place of a null."""
        return WITHHELD if (row, column) in self.withheld else NOT_AVAILABLE

    @property
    def first_row(self) -> int:
        """The row of the header, counted from 0."""
        return 1 + len(self.said)


@dataclass(frozen=True)
class Publication:
    """A workbook to publish: its cover, headings and sentences; its notes, marker and text; and its tables.

    ``created`` is the moment that the file states, so that the same costing gives the same bytes.
    """

    title: str
    cover: Sequence[tuple[str, Sequence[str]]]
    notes: Sequence[tuple[str, str]]
    tables: Sequence[PublishedTable]
    created: datetime

    @property
    def cover_lines(self) -> list[tuple[str, Literal["title", "heading", "said"]]]:
        """What the cover says, a row each, and how it is shown."""
        shown_as: list[tuple[str, Literal["title", "heading", "said"]]] = [(self.title, "title")]
        for heading, sentences in self.cover:
            shown_as += [(heading, "heading"), *((sentence, "said") for sentence in sentences)]
        return shown_as

    @property
    def sheets(self) -> list[PublishedTable]:
        """Every sheet after the cover: the contents, the notes and the tables themselves."""
        notes = _words("Marker", "Meaning", self.notes)
        after = [PublishedTable(NOTES, "Notes", [_ONE_TABLE], notes), *self.tables]
        contents = _words("Worksheet", "Title", [(sheet.name, sheet.title) for sheet in after])
        return [PublishedTable(CONTENTS, "Table of contents", [_ONE_TABLE], contents, links=True), *after]


_ONE_TABLE = "This worksheet contains one table."


def write_publication(path: Path, publication: Publication, inputs: Collection[Path] = ()) -> Path:
    """Write a publication in the form that ``path`` ends in, ``.xlsx`` or ``.ods``; the whole of it or nothing.

    Raises
    ------
    UsageError : the ending or the folder doesn't allow it, ``path`` is one of the inputs, or the extra that writes
        workbooks isn't installed.
    """
    spare([path], inputs)
    write = _writer(path)
    with whole_or_nothing([path]) as (staged,):
        write(staged, publication)
    return path


def check_published(path: Path) -> None:
    """Refuse, as UsageError, a path whose ending isn't that of a published workbook, or whose folder is missing."""
    if path.suffix.lower() not in (".xlsx", ".ods"):
        raise UsageError(f"{shown(path.name)} must end in .xlsx or .ods, as published totals are a workbook.")
    check_target(path)


def _writer(path: Path) -> Callable[[Path, Publication], None]:
    check_published(path)
    if path.suffix.lower() == ".ods":
        from tariff_engine.tables.published_ods import write_published_ods

        return write_published_ods
    from tariff_engine.tables.published_xlsx import write_published_xlsx

    return write_published_xlsx


def widths(frame: pl.DataFrame) -> list[int]:
    """A width in characters for each column: long text takes several lines, and so do headers."""
    return [min(max(*map(len, _texts(column)), _NARROWEST) + 2, _WIDEST) for column in frame.iter_columns()]


def lines(texts: Sequence[str], wide: Sequence[int]) -> int:
    """How many lines a row takes that wraps in columns of those widths, as not every program finds it out."""
    return max(len(wrap(text, width - 2)) for text, width in zip(texts, wide, strict=True))


def _texts(column: pl.Series) -> list[str]:
    return column.cast(pl.String).fill_null(NOT_AVAILABLE).to_list()


_NARROWEST, _WIDEST = 18, 70


def _words(first: str, second: str, rows: Sequence[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={first: pl.String, second: pl.String}, orient="row")
