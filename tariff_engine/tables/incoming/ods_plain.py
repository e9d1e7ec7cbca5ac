"""The plain rows of an ODS workbook, in the form that spreadsheet programs write.

A row that matches the form below to the last byte has nothing to look into: each cell is blank or has one value of a
known kind, none is merged, and none shows an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tariff_engine.tables.incoming.shortening import MOST_FOUND, SHOWN, may_reach_outside, shorten

PLAIN = "plain"
"""The tag that stands for the cells of an emptied row, and its attribute: which of the rows found it is."""

_ROW_END = b"</table:table-row>"
_TIMES = rb"""(?:[ ]table:number-columns-repeated="[0-9]{1,5}")?"""
_PLAIN_ROW = re.compile(
    rb"""(<table:table-row(?:[ ][^<>]*)?(?<!/)>)
    (?:
        <table:table-cell(?:[ ]table:style-name="[^"<>]*")?(?:[ ]table:content-validation-name="[^"<>]*")?(?:"""
    + _TIMES
    + rb"""/>
            |(?:[ ]table:formula="[^"<>]*")?"""
    + _TIMES
    + rb"""[ ]office:value-type="(?:
                (?:float|percentage)"[ ]office:value="[^"<>]+"
                |currency"(?:[ ]office:currency="[A-Z]*")?[ ]office:value="[^"<>]+"
                |date"[ ]office:date-value="[^"<>]+"
                |string"(?:[ ]office:string-value="[!-%'-;=-^`-~][^"<>]*")?
            )(?:[ ]calcext:value-type="(?:float|percentage|currency|date|string)")?>
            <text:p>(?!\s*(?:\#|Err:))"""
    + SHOWN
    + rb"""</text:p></table:table-cell>
        )
    )++
    </table:table-row>""",
    re.VERBOSE,
)
_REPEATED = re.compile(rb'repeated="([0-9]+)"([^<>]*)>')


class PlainRow(NamedTuple):
    """What an emptied row held: how far its last filled cell is from the first column, and how many were filled."""

    width: int
    filled: int


class PlainRows:
    """Empties the plain rows of a workbook's content; what they held is in ``found``, by a number of their own."""

    def __init__(self) -> None:
        self.found: dict[str, PlainRow] = {}
        self._count = 0

    def shorten(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The content's XML without the cells of its plain rows."""
        return shorten(chunks, _ROW_END, _PLAIN_ROW, self._empty)

    def _empty(self, match: re.Match[bytes]) -> bytes:
        row = match[0]
        if len(self.found) > MOST_FOUND or (b" table:formula=" in row and may_reach_outside(row)):
            return row
        filled = row.count(b"<text:p>")
        if not filled:
            return match[1] + _ROW_END
        cells = row[len(match[1]) : row.rfind(b"</text:p>")]
        width = cells.count(b"<table:table-cell")
        if b"repeated" in cells:
            for times, rest in _REPEATED.findall(cells):
                width += int(times) - 1
                if not rest.endswith(b"/"):
                    filled += int(times) - 1
        self._count += 1
        self.found[str(self._count)] = PlainRow(width, filled)
        return match[1] + b'<%s at="%d"/>' % (PLAIN.encode(), self._count) + _ROW_END
