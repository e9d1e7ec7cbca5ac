"""How names, headers and columns from somebody else's file are shown in a sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tariff_engine.cells import without_upns

_LONGEST_SHOWN = 60
_LETTERS = 26


def shown(text: str) -> str:
    """``text`` in quotation marks, cut, with control marks replaced and unique pupil numbers masked."""
    safe = without_upns(printable(text))
    return f"'{safe if len(safe) <= _LONGEST_SHOWN else safe[: _LONGEST_SHOWN - 1] + '…'}'"


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


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
