"""The plain rows and strings of an XLSX workbook, in the form that spreadsheet programs write.

A row that matches the form below to the last byte has nothing to look into: its cells are in their row, each has one
value, and none is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tariff_engine.tables.incoming.shortening import MOST_FOUND, SHOWN, may_reach_outside, shorten

COUNT = "plain"
"""The attribute of a string that stands for a run of plain ones: how many."""

_ROW_END, _STRING_END = b"</row>", b"</si>"

_TEXT = rb"""<t(?:[ ]xml:space="preserve")?>""" + SHOWN + rb"""</t>"""
_FORMULA = rb"""<f(?:[ ][^<>]*)?(?:/>|>[^<]*</f>)"""
_CELL = rb"""<c[ ]r="[A-Z]{1,3}\2"(?:[ ]s="[0-9]+")?"""
_PLAIN_ROW = re.compile(
    rb"""(<row[ ]r="([0-9]{1,7})"(?:[ ][^<>]*)?(?<!/)>)
    (?:"""
    + _CELL
    + rb"""(?:
            (?:[ ]t="(?:n|b|str)")?>(?:"""
    + _FORMULA
    + rb""")?<v>"""
    + SHOWN
    + rb"""</v></c>
            |[ ]t="s">(?:"""
    + _FORMULA
    + rb""")?<v>[0-9]{1,9}</v></c>
            |[ ]t="inlineStr"><is>"""
    + _TEXT
    + rb"""</is></c>
            |(?:[ ]t="[a-zA-Z]+")?(?:[ ]?/>|></c>)
            |[ ]t="str">"""
    + _FORMULA
    + rb"""<v></v></c>
        )
    )++
    </row>""",
    re.VERBOSE,
)
_PLAIN_STRINGS = re.compile(rb"(?:<si>" + _TEXT + rb"</si>\s*)++", re.VERBOSE)
_REFERENCE = re.compile(rb'<c r="([A-Z]+)')


class PlainRow(NamedTuple):
    """What an emptied row held: the letters of its last column with a value, and how many cells were filled.

    ``blank_column`` has the letters of the last column where there are cells with blank text.
    """

    last_column: str
    filled: int
    blank_column: str = ""


class PlainRows:
    """Empties the plain rows of one sheet; what they held is in ``found``, by the number of the row."""

    def __init__(self) -> None:
        self.found: dict[int, PlainRow] = {}

    def shorten(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The sheet's XML without the cells of its plain rows."""
        return shorten(chunks, _ROW_END, _PLAIN_ROW, self._empty)

    def _empty(self, match: re.Match[bytes]) -> bytes:
        row = match[0]
        if len(self.found) > MOST_FOUND or (b"<f" in row and may_reach_outside(row)):
            return row
        blank = row.rfind(b"<v></v>")
        blank_column = _column_at(row, blank)
        row = row.replace(b"<v></v>", b"") if blank >= 0 else row
        last = max(row.rfind(b"</v>"), row.rfind(b"</is>"))
        if last >= 0 or blank_column:
            filled = row.count(b"<v>") + row.count(b"<is>")
            self.found[int(match[2])] = PlainRow(_column_at(row, last), filled, blank_column)
        return match[1] + _ROW_END


def _column_at(row: bytes, at: int) -> str:
    """The letters of the column whose cell is around a place in a row."""
    reference = _REFERENCE.match(row, row.rfind(b"<c ", 0, at)) if at >= 0 else None
    return reference[1].decode("ascii") if reference else ""


def shorten_strings(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The XML of shared strings with one empty string, that says how many, for each run of plain ones."""

    def count(match: re.Match[bytes]) -> bytes:
        return b'<si %s="%d"/>' % (COUNT.encode(), match[0].count(b"<si>"))

    return shorten(chunks, _STRING_END, _PLAIN_STRINGS, count)
