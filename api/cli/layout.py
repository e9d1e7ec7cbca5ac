"""Text for a terminal or a pipe: 80 columns, numbers to the right, pounds with separators, no boxes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from tariff_engine.money import show_pounds

WIDTH = 80
BLANK = "-"
_GAP = "  "
_NARROWEST = 12


class Line(NamedTuple):
    """A line of text and how a terminal shows it: heading, faint, good, warning, error, or plain."""

    text: str = ""
    style: str = ""


def heading(text: str) -> Iterator[Line]:
    """A blank line and a heading."""
    yield Line()
    yield Line(text, "heading")


def paragraph(text: str, style: str = "", indent: int = 0, hanging: int | None = None) -> Iterator[Line]:
    """Text wrapped to the width."""
    later = indent if hanging is None else hanging
    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * later,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield Line(line, style)


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    text_columns: int = 1,
    totals: int = 0,
    indent: int = 0,
) -> Iterator[Line]:
    """Rows in columns: the first ``text_columns`` to the left, the others to the right.

    The first column wraps where the row would be wider than the screen. The last ``totals`` rows stand under a
    rule.
    """
    cells = [list(titles), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    spare = WIDTH - indent - sum(widths) - len(_GAP) * (len(widths) - 1)
    if spare < 0:
        widths[0] = max(_NARROWEST, widths[0] + spare)
    margin = " " * indent
    for at, row in enumerate(cells):
        if totals and at == len(cells) - totals:
            yield Line(margin + "-" * (sum(widths) + len(_GAP) * (len(widths) - 1)), "faint")
        style = "faint" if at == 0 else "heading" if at >= len(cells) - totals else ""
        for text in _row(row, widths, text_columns):
            yield Line(margin + text, style)


def _row(row: Sequence[str], widths: Sequence[int], text_columns: int) -> Iterator[str]:
    cells = [row[0], *row[1:]]
    if text_columns:
        first, *later = textwrap.wrap(row[0], widths[0], subsequent_indent="  ") or [""]
        cells[0] = first
    else:
        later = []
    placed = (
        cell.ljust(width) if at < text_columns else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    yield _GAP.join(placed).rstrip()
    yield from later


def pounds(pence: int | None) -> str:
    """Pence as pounds with separators; a dash where there is no amount."""
    return BLANK if pence is None else show_pounds(pence)


def signed(pence: int | None) -> str:
    """A difference in pounds, with its sign."""
    return pounds(pence) if pence is None or pence <= 0 else f"+{show_pounds(pence)}"


def number(count: int) -> str:
    """A whole number with separators."""
    return f"{count:,}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: ``1 row``, ``2 rows``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def day(value: date) -> str:
    """A day as people write it: ``1 April 2025``."""
    return f"{value.day} {value:%B %Y}"


def listed(items: Sequence[object], most: int = 5) -> str:
    """The first few of some items, and how many more there are."""
    shown = ", ".join(str(item) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most:,} more"
