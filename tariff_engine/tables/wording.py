"""How names, headers, columns and amounts are shown: in a sentence, and in the cells of a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import polars as pl

from tariff_engine.cells import without_upns

_LONGEST_SHOWN = 60
_LETTERS = 26
_LINE_ENDS = re.compile(r"[\t\r\n]+")


def shown(text: str) -> str:
    """``text`` in quotation marks, cut, with control marks replaced and unique pupil numbers masked."""
    return f"'{unquoted(text)}'"


def unquoted(text: str) -> str:
    """``text`` as ``shown`` has it, without the quotation marks. The lines of a header are parted by a space."""
    safe = without_upns(printable(_LINE_ENDS.sub(" ", text)))
    return safe if len(safe) <= _LONGEST_SHOWN else safe[: _LONGEST_SHOWN - 1] + "…"


def printable(text: str) -> str:
    """``text`` with every control, direction and surrogate character replaced by U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char for char in text)


def column_letter(index: int) -> str:
    """The letter of a spreadsheet's column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """A cell by column letter and row, both counted from 0: ``D7``."""
    return f"{column_letter(column)}{row + 1}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def pounds_text(pence: pl.Expr) -> pl.Expr:
    """A column of whole pence as pounds with two decimals, by integer arithmetic: -50 is ``-0.50``."""
    size = pence.abs()
    sign = pl.when(pence < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + (size // 100).cast(pl.String) + "." + (size % 100).cast(pl.String).str.zfill(2)
