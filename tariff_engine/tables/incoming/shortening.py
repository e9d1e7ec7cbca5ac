"""Counting the plain parts of a workbook's XML without parsing them.

Going through millions of cells tag by tag takes longer than everything else together. What matches a form in which
spreadsheet programs write rows of plain values is counted and emptied before the parser sees it; all else goes to the
parser as it is. A file made to be miscounted is found out: what was counted has to be what is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from tariff_engine.tables.contract import MEBIBYTE

SHOWN = rb"""\s*[!-%'-;=-^`-~][^<]*"""
"""Text that surely shows something: it starts with a mark of ASCII that isn't part of a code for another character."""

MOST_FOUND = 500_000
"""How many rows may be emptied before the parser comes to them: far more than fit into what is read at a time."""

_MOST_WAITING = 8 * MEBIBYTE
# What formulas that read from outside the workbook have in them; a letter in code may hide it.
_DOUBTFUL = (b"|", b"&#", b":/", b"file:", b"dde", b"rtd", b"webservice", b"call", b"register")


def shorten(
    chunks: Iterable[bytes], end: bytes, plain: re.Pattern[bytes], empty: Callable[[re.Match[bytes]], bytes]
) -> Iterator[bytes]:
    """The chunks with ``empty`` in place of what is plain. None of that is cut in two where it ends with ``end``."""
    waiting = b""
    for chunk in chunks:
        piece = waiting + chunk
        cut = piece.rfind(end) + len(end)
        if cut < len(end):
            cut = len(piece) if len(piece) > _MOST_WAITING else 0
        waiting = piece[cut:]
        if cut:
            yield plain.sub(empty, piece[:cut])
    yield waiting


def may_reach_outside(row: bytes) -> bool:
    """Whether a formula in a row has to be looked into. Text in the other cells may say yes as well."""
    small = row.lower()
    return any(sign in small for sign in _DOUBTFUL)
