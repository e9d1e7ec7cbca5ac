"""Sheets whose rows are streamed: their blocks, their size, and what a workbook can't hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.money import EXACT_IN_A_DOUBLE
from tariff_engine.tables.book.formulas import Span
from tariff_engine.tables.book.pages import Bounds
from tariff_engine.tables.sheet_rows import LONG_WIDTH, Block
from tariff_engine.tables.wording import shown

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767

_NARROWEST, _NARROW, _WIDEST, _MONEY_WIDTH, _DATE_WIDTH, _CHOICE_WIDTH = 9, 12, 60, 14, 11, 10
_SAMPLED_ROWS = 1_000


@dataclass(frozen=True)
class Mark:
    """What stands out in a colour: cells of a column with a value; or, without one, rows where the column is blank."""

    column: str
    value: str | None
    colour: str


@dataclass(frozen=True)
class Sheet:
    """One sheet: its blocks below each other; ``filtered`` where it is one table under a fixed header.

    ``printed`` is how many of its columns are printed, on the larger paper, where that isn't all of them. ``narrow``
    is for a sheet whose headers take several lines rather than wide columns. ``allowed`` is what may be typed into
    the shaded cells of a column: a number between two bounds, or one of the texts in the cells that a formula names.
    """

    name: str
    blocks: Sequence[Block]
    filtered: bool = True
    marks: Sequence[Mark] = ()
    tab: str = ""
    printed: int | None = None
    narrow: bool = False
    allowed: Mapping[str, Bounds | str] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Rows, with the blank ones between blocks."""
        return sum(block.height for block in self.blocks) + max(len(self.blocks) - 1, 0)

    @property
    def width(self) -> int:
        """Columns of the widest block."""
        return max((block.frame.width for block in self.blocks), default=0)

    @property
    def span(self) -> Span:
        """Where the rows of the only table stand, under its header."""
        return Span(self.name, self.blocks[0].frame.columns, 2, max(self.height, 2))

    def widths(self) -> list[int]:
        """A width in characters for each column, from its header and its first rows."""
        widths = [_NARROW if self.narrow else _NARROWEST] * self.width
        for block in self.blocks:
            for index, column in enumerate(block.frame.head(_SAMPLED_ROWS).iter_columns()):
                head = block.heads[index] if block.heads else column.name
                header = len(head) + 3 if block.headed and not self.narrow else 0
                widest = LONG_WIDTH if column.name in block.wrapped else _WIDEST
                widths[index] = max(widths[index], min(max(_longest(column, block) + 2, header), widest))
        return widths


def check(sheet: Sheet) -> None:
    """Refuse, as UsageError, a sheet of more rows, columns or text than a workbook holds, or of inexact amounts."""
    if sheet.height > MOST_ROWS:
        raise _beyond(f"Sheet {sheet.name} would have {sheet.height:,} rows, and a workbook holds {MOST_ROWS:,}.")
    if sheet.width > MOST_COLUMNS:
        raise _beyond(f"Sheet {sheet.name} would have {sheet.width:,} columns.")
    for block in sheet.blocks:
        for column in block.frame.iter_columns():
            if column.name in block.money:
                largest = max(abs(int(cast(int, value or 0))) for value in (column.min(), column.max()))
                if largest > EXACT_IN_A_DOUBLE:
                    raise _beyond(f"{shown(column.name)} has an amount that a workbook can't hold to the penny.")
            elif column.dtype == pl.String:
                longest = cast("int | None", column.str.len_chars().max()) or 0
                if longest > MOST_CHARACTERS:
                    raise _beyond(f"{shown(column.name)} has a cell of {longest:,} characters.")


def _beyond(what: str) -> UsageError:
    return UsageError(f"{what} Write .csv or .parquet instead.")


def _longest(column: pl.Series, block: Block) -> int:
    if column.name in block.money:
        return _MONEY_WIDTH
    if column.name in block.choices:
        return _CHOICE_WIDTH
    if column.dtype == pl.Date:
        return _DATE_WIDTH
    return cast("int | None", column.cast(pl.String).str.len_chars().max()) or 0
