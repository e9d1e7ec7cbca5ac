"""The formulas of a workbook: where a table stands, and sums over it that come to the same pence anywhere.

Cells hold pounds as binary floating-point numbers, so a program that adds them is a little out at every step. Where
that could reach a penny the formula turns each cell into whole pence first, which add exactly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tariff_engine.money import PENCE
from tariff_engine.tables.wording import column_letter

MOST_IN_A_ROW = 100_000_000_000
"""The largest amount, in pence, that a row adds up by a formula: the error of 120 additions stays far below a penny."""
MOST_IN_A_TOTAL = 1_000_000_000_000_000
"""The largest total, in pence, that is a formula: one in pounds with two decimals, of which every step is exact."""

_A_QUARTER_PENNY = 0.25
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
        return f"{self.sheet}!${letter}${self.first}:${letter}${max(self.first, self.last)}"


def total(cells: str, *, plain: bool = True) -> str:
    """The sum of cells of pounds; ``plain`` where adding them as they are comes to the penny."""
    return f"=ROUND(SUM({cells}),2)" if plain else f"=SUMPRODUCT(ROUND({cells}*100,0))/100"


def total_where(amounts: str, keys: str, cell: str, *, simple: bool, blank: bool = False, none: bool = False) -> str:
    """The sum of cells of pounds on the rows where another column holds the key that stands in a cell.

    ``simple`` is for keys that SUMIFS finds and amounts that add up as they are, ``blank`` for rows without a key.
    With ``none``, where no row has an amount yet, a sum of nothing shows nothing, and not 0.
    """
    if simple:
        criterion = '"="' if blank else cell
        added = f"ROUND(SUMIFS({amounts},{keys},{criterion}),2)"
    else:
        added = f"SUMPRODUCT(EXACT({keys},{cell})*ROUND({amounts}*100,0))/100"
    if not none:
        return f"={added}"
    return f'=IF(SUMPRODUCT(EXACT({keys},{cell})*({amounts}<>""))=0,"",{added})'


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
