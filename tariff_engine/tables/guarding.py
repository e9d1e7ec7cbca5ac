"""Text that a spreadsheet would run as a formula: marked with an apostrophe in CSV, unmarked when read."""

from __future__ import annotations

import re

import polars as pl

_STARTS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_RUNS = f"^'*[{_STARTS}]"
_MARKED = f"^'('*[{_STARTS}])"
_PLAIN_NUMBER = r"^-[0-9]+(\.[0-9]+)?$"
_RUNS_PATTERN = re.compile(_RUNS)
_MARKED_PATTERN = re.compile(_MARKED)
_NUMBER_PATTERN = re.compile(_PLAIN_NUMBER)


def mark(cell: str) -> str:
    """``=1+1`` as ``'=1+1``. A plain number such as ``-12.50`` stays, and ``+44`` is marked.

    Text that already looks marked gets a second apostrophe, so that unmarking always gives back the text.
    """
    return f"'{cell}" if _RUNS_PATTERN.match(cell) and not _NUMBER_PATTERN.match(cell) else cell


def unmark(cell: str) -> str:
    """What ``mark`` was given."""
    return _MARKED_PATTERN.sub(r"\1", cell)


def mark_text(text: pl.Expr) -> pl.Expr:
    """``mark`` for a column."""
    runs = text.str.contains(_RUNS) & ~text.str.contains(_PLAIN_NUMBER)
    return pl.when(runs).then(pl.lit("'") + text).otherwise(text)


def unmark_text(text: pl.Expr) -> pl.Expr:
    """``unmark`` for a column."""
    return text.str.replace(_MARKED, "${1}")
