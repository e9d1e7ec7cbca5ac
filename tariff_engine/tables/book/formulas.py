"""The formulas of a workbook: where a table stands, and sums over it that come to the same pence anywhere.

Cells hold pounds as binary floating-point numbers, so a program that adds them is a little out at every step. Where
that could reach a penny the formula turns each cell into whole pence first, which add exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
import polars as pl

from tariff_engine.money import PENCE
from tariff_engine.tables.wording import column_letter

MOST_IN_A_ROW = 100_000_000_000
"""The largest amount, in pence, that a row adds up by a formula: the error of 120 additions stays far below a penny."""
MOST_IN_A_TOTAL = 1_000_000_000_000_000
"""The largest total, in pence, that is a formula: one in pounds with two decimals, of which every step is exact."""

FIRST_ROW = 2
"""The first row of a table, under its header."""
LINE = "line"
"""The column of a frame of formulas that says in which row of the table, from 0, each of its rows stands."""

_A_QUARTER_PENNY = 0.25
_PLACES = re.compile(r"\{(?P<name>[^}@]+)(@(?P<row>\w+))?\}|#(?P<bare>\w+)#")
# Words, joined words, and one or two letters with a number. MAR1 is a date to some programs, and 1.2.3 to others.
_TAKEN_AS_IT_STANDS = re.compile(r"[A-Za-z_]+|[A-Za-z]+_[A-Za-z0-9_]+|[A-Za-z]{1,2}[0-9]{1,3}")


@dataclass(frozen=True)
class Span:
    """Where the rows of a table stand: its sheet, its columns in order, and its first and last row."""

    sheet: str
    columns: Sequence[str]
    first: int
    last: int

    def of(self, column: str) -> str:
        """The cells of a column, such as ``Costing!$T$2:$T$90``."""
        letter = column_letter(self.columns.index(column))
        return f"{self._quoted}!${letter}${self.first}:${letter}${max(self.first, self.last)}"

    def from_top(self, column: str) -> str:
        """The cells of a column from the first row of the sheet, so that a row's number finds its cell."""
        letter = column_letter(self.columns.index(column))
        return f"{self._quoted}!${letter}$1:${letter}${max(self.first, self.last)}"

    def cell(self, column: str, row: str) -> str:
        """One cell of a column: ``row`` is its number, or a place for one in a formula, such as ``#area#``."""
        return f"{self._quoted}!${column_letter(self.columns.index(column))}${row}"

    def beside(self, column: str) -> str:
        """The start of a cell's name in whatever row: ``Costing!T``."""
        return f"{self._quoted}!{column_letter(self.columns.index(column))}"

    def heads(self, after: int) -> str:
        """The headers of the columns after some."""
        return f"{self._quoted}!${column_letter(after)}$1:${column_letter(len(self.columns) - 1)}$1"

    @property
    def whole(self) -> str:
        """The table with its header."""
        return f"{self._quoted}!$A$1:${column_letter(len(self.columns) - 1)}${max(self.first, self.last)}"

    @property
    def _quoted(self) -> str:
        return f"'{self.sheet}'" if " " in self.sheet else self.sheet


def as_cells(
    lines: pl.DataFrame, formula: str, where: pl.Series, start: Callable[[str], str], column: str, number: int
) -> pl.Series:
    """A formula as the XML of one cell a line, null where ``where`` doesn't hold.

    In it ``{name}`` stands for a cell of the same row, whose start ``start`` gives, ``{name@row}`` for the cell in the
    row that the column ``row`` of ``lines`` says, and ``#row#`` for that number. Where it differs from line to line by
    its own row alone, only the first cell holds it, and the others share it by ``number``, its own on the sheet. Excel
    doesn't move what looks at another sheet, so such formulas aren't shared. ``column`` is the letter of the column
    that it is written in.
    """
    here = lines.filter(where)
    if here.is_empty():
        return pl.Series("formula", [None] * lines.height, dtype=pl.String)
    parts: list[pl.Expr] = []
    end, own = 0, "!" not in formula
    for place in _PLACES.finditer(formula):
        parts.append(pl.lit(escape(formula[end : place.start()])))
        name, row, bare = place.group("name", "row", "bare")
        begins = start(name) if name else ""
        own = own and not row and not bare and "!" not in begins
        parts += [pl.lit(begins), (pl.col(row or bare) if row or bare else pl.col(LINE) + FIRST_ROW).cast(pl.String)]
        end = place.end()
    text = pl.concat_str([*parts, pl.lit(escape(formula[end:]))])
    element = pl.lit("<f>") + text + pl.lit("</f>")
    if own:
        first, last = int(here[LINE][0]), int(here[LINE][-1])
        span = f"{column}{first + FIRST_ROW}:{column}{last + FIRST_ROW}"
        written = pl.lit(f'<f t="shared" ref="{span}" si="{number}">') + text + pl.lit("</f>")
        element = pl.when(pl.col(LINE) == first).then(written).otherwise(pl.lit(f'<f t="shared" si="{number}"/>'))
    return lines.select(pl.when(where).then(element).alias("formula"))["formula"]


def total(cells: str, *, plain: bool = True) -> str:
    """The sum of cells of pounds; ``plain`` where adding them as they are comes to the penny."""
    return f"=ROUND(SUM({cells}),2)" if plain else f"=SUMPRODUCT(ROUND({cells}*100,0))/100"


def total_where(
    amounts: str, keys: str, cell: str, *, simple: bool, blank: bool = False, none: bool = False, live: str = ""
) -> str:
    """The sum of cells of pounds on the rows where another column holds the key that stands in a cell.

    ``simple`` is for keys that SUMIFS finds and amounts that add up as they are, ``blank`` for rows without a key.
    With ``none``, where no row has an amount yet, a sum of nothing shows nothing, and not 0. ``live`` is for amounts
    that add up as they are, and of which some may show empty text: the cell that counts the children who have one.
    """
    if simple:
        added = f"ROUND(SUMIFS({amounts},{keys},{_criterion(cell, blank)}),2)"
    elif live:
        added = f"ROUND(SUMPRODUCT(EXACT({keys},{cell})*1,{amounts}),2)"
    else:
        added = f"SUMPRODUCT(EXACT({keys},{cell})*ROUND({amounts}*100,0))/100"
    if live:
        return f'=IF({live}=0,"",{added})'
    if not none:
        return f"={added}"
    return f'=IF(SUMPRODUCT(EXACT({keys},{cell})*({amounts}<>""))=0,"",{added})'


def count_where(
    counts: str, priced: str, keys: str, cell: str, *, with_price: bool, simple: bool, blank: bool = False
) -> str:
    """The sum of counts on the rows with a price, or without, where another column holds the key of a cell."""
    wanted = int(with_price)
    if simple:
        return f"=SUMIFS({counts},{keys},{_criterion(cell, blank)},{priced},{wanted})"
    return f"=SUMPRODUCT(EXACT({keys},{cell})*({priced}={wanted}),{counts})"


def _criterion(cell: str, blank: bool) -> str:
    return '"="' if blank else cell


def looked_for_as_they_stand(keys: Sequence[str | None]) -> bool:
    """Whether SUMIFS finds each key and nothing else.

    It reads a key such as ``1.2.3`` as a date in some countries, ``B*`` as a pattern, and capitals as small letters.
    """
    texts = [key for key in keys if key is not None]
    plain = all(_TAKEN_AS_IT_STANDS.fullmatch(text) for text in texts)
    return plain and len({text.casefold() for text in texts}) == len(texts)


def adds_up(pence: pl.Series) -> bool:
    """Whether a program that adds these amounts as pounds, one after the other, comes to their sum to the penny."""
    amounts = pence.drop_nulls().to_numpy()
    if not len(amounts):
        return True
    added = float(np.cumsum(amounts / PENCE)[-1])
    return abs(added * PENCE - int(amounts.sum())) < _A_QUARTER_PENNY
