"""What looking through a workbook tells, before its cells are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tariff_engine.tables.incoming.budget import unreadable

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
"""What a sheet has at most, in any spreadsheet program."""

_LONGEST_NAME = 255
_OUTSIDE = re.compile(r"\b(?:DDE|RTD|WEBSERVICE|CALL|REGISTER)\s*\(|[\w.']+\|[^!]*!|'file:|https?://", re.IGNORECASE)
_HYPERLINK = re.compile(r"\bHYPERLINK\s*\(", re.IGNORECASE)


class CellAt(NamedTuple):
    """A cell by its place, both counted from 0, and what is to be said of it."""

    row: int
    column: int
    text: str = ""


class Area(NamedTuple):
    """A rectangle of cells by its first and last row and column, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class SheetFacts:
    """One sheet.

    Attributes
    ----------
    name, hidden : as in the workbook; ``readable`` is whether it holds cells, as charts and macros don't.
    height, width : up to the last filled row and column. ``filled`` is how many cells have something in them, those
        with an error apart.
    errors : cells with a spreadsheet's error. unsaved : cells whose value wasn't saved with their formula.
    outside : cells whose formula reads from outside the workbook.
    merged : areas of more than one cell. hidden_rows, hidden_columns : filled ones, counted from 0.
    """

    name: str
    hidden: bool = False
    readable: bool = True
    height: int = 0
    width: int = 0
    filled: int = 0
    errors: list[CellAt] = field(default_factory=list)
    unsaved: list[CellAt] = field(default_factory=list)
    outside: list[CellAt] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class BookFacts:
    """A workbook: its sheets in order, from which day its days count, and what in it reaches outside or could run.

    ``day_0`` is the day that has the number 0, in days after that of the usual workbook, 30 December 1899.
    ``links`` are the other files, connections and embedded objects, each in a few words.
    """

    sheets: tuple[SheetFacts, ...]
    day_0: int
    macros: bool
    links: tuple[str, ...]


@dataclass(frozen=True)
class Scan:
    """What looking through a workbook gave.

    ``anew`` are the parts that have to be written anew for the reader of cells, by name, as it wouldn't find or
    understand some of them as they stand; nothing where it reads the file itself.
    """

    facts: BookFacts
    anew: Mapping[str, Iterable[bytes]]


def check_names(sheets: Sequence[SheetFacts]) -> None:
    """Refuse a workbook without sheets, or with two of one name."""
    names = {facts.name.casefold() for facts in sheets}
    if not sheets or len(names) != len(sheets) or any(len(facts.name) > _LONGEST_NAME for facts in sheets):
        raise unreadable("its list of sheets is damaged")


def reaches_outside(formula: str) -> bool:
    """Whether a formula reads from another program, file or page. A link that only a click follows doesn't."""
    return _OUTSIDE.search(formula) is not None and _HYPERLINK.match(formula.lstrip("=of:")) is None
