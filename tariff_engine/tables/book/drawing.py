"""The sheet that a summary is drawn on: its columns and rows, typed cells, charts beside tables, printed pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from tariff_engine.money import PENCE
from tariff_engine.tables.book import charts
from tariff_engine.tables.book.formulas import MOST_IN_A_TOTAL, Span
from tariff_engine.tables.book.working import Live

LABEL, KEY, CHILDREN, ASIDE, AMOUNT, LAST, CHART, END = 0, 1, 2, 3, 4, 5, 7, 16
"""The columns of every table, the one where charts begin, and the last one under them."""
WIDTHS = {LABEL: 60, KEY: 24, CHILDREN: 12, ASIDE: 12, AMOUNT: 18, LAST: 18, 6: 3}
TITLE_HEIGHT = 26
"""[pixels]"""

_ROW, _HEADER, _PAGE = 21, 38, 1_100
_CHART_FRAME, _BAR, _FEWEST_BARS = 60, 25, 5
# A column of that many digits holds a few more letters, which are narrower.
_LABEL_LETTERS = WIDTHS[LABEL] + 4


@dataclass(frozen=True)
class Figures:
    """The table that a summary adds up, and where it stands.

    Attributes
    ----------
    main : the table as values, money in pence. span : where it stands. amount : its column that is added up.
    live : how lines are counted that are worked out again; None where none is, and ``why_values`` says why.
    """

    main: pl.DataFrame
    span: Span
    amount: str
    live: Live | None
    why_values: str

    @property
    def amounts(self) -> pl.Series:
        """The column that is added up. [pence]"""
        return self.main[self.amount]

    @property
    def cells(self) -> str:
        """The cells of that column."""
        return self.span.of(self.amount)


@dataclass
class Drawing:
    """The sheet as far as it is drawn: ``row`` is the next free one, ``sections`` the rows where tables begin.

    ``end`` is the last column that is printed.
    ``heights`` are those of rows that aren't of the usual height. [pixels]
    """

    book: Any
    page: Any
    formats: dict[str, Any]
    figures: Figures
    period: str
    end: int = END
    row: int = 0
    sections: list[int] = field(default_factory=list)
    heights: dict[int, int] = field(default_factory=dict)

    def text(self, column: int, text: str | None, style: str) -> None:
        """Text, never a formula or a link; None leaves the cell blank."""
        if text is None:
            self.page.write_blank(self.row, column, None, self.formats[style])
        else:
            self.page.write_string(self.row, column, text, self.formats[style])

    def texts(self, style: str, *texts: str | None) -> None:
        """Texts from the first cell of the row on."""
        for column, text in enumerate(texts):
            self.text(column, text, style)

    def number(self, column: int, number: int, style: str) -> None:
        """A whole number."""
        self.page.write_number(self.row, column, number, self.formats[style])

    def formula(self, column: int, formula: str, value: float | str, style: str) -> None:
        """A formula with the value that it has now."""
        self.page.write_formula(self.row, column, formula, self.formats[style], value)

    def pounds(self, column: int, formula: str, pence: int | None, style: str) -> None:
        """An amount as a formula with its value, or as its value alone where it is too large; None shows nothing."""
        if abs(pence or 0) > MOST_IN_A_TOTAL:
            self.page.write_number(self.row, column, (pence or 0) / PENCE, self.formats[style])
        else:
            self.formula(column, formula, "" if pence is None else pence / PENCE, style)

    def section(self, title: str, heads: tuple[str | None, ...]) -> None:
        """A title and a header row; the heads from the third on stand over numbers."""
        self.row += 1
        self.sections.append(self.row)
        self.heights[self.row] = TITLE_HEIGHT
        self.text(LABEL, title, "title")
        self.row += 1
        if any(head is not None and " " in head for head in heads[CHILDREN:AMOUNT]):
            self.heights[self.row] = _HEADER
        for column, head in enumerate(heads):
            self.text(column, head, "header" if column <= KEY else "header_right")
        self.row += 1

    def label(self, text: str) -> None:
        """The first cell of a row, which is made as high as the text needs."""
        if len(text) > _LABEL_LETTERS:
            self.heights[self.row] = _ROW * (1 + len(text) // _LABEL_LETTERS)
        self.text(LABEL, text, "wrapped")

    def chart(
        self, kind: Literal["bar", "column"], title: str, at: tuple[int, int], names: int, pence: list[int], colour: str
    ) -> None:
        """A chart to the right of the section's table, whose rows are ``at``; it never reaches the next one."""
        first, last = at
        top, bars = self.sections[-1], max(len(pence) if kind == "bar" else 0, _FEWEST_BARS)
        rows = max(last - first + 4, -(-(_CHART_FRAME + _BAR * bars) // _ROW))
        series = charts.Series(
            f"{title}, {self.period}",
            kind,
            f"=Summary!{cells(names, first, last)}",
            f"=Summary!{cells(AMOUNT, first, last)}",
            pence,
            colour,
        )
        charts.add_chart(self.book, self.page, top, CHART, series, rows * _ROW)
        self.row = max(self.row, top + rows)

    def finish(self) -> None:
        """Set the heights of the rows, and begin printed pages so that no table and no chart is cut in two."""
        for row in range(self.row):
            self.page.set_row_pixels(row, self.heights.get(row, _ROW))
        breaks, begun = [], 0
        for start, end in zip(self.sections, [*self.sections[1:], self.row], strict=True):
            if sum(self.heights.get(row, _ROW) for row in range(begun, end)) > _PAGE and start > begun:
                breaks.append(start)
                begun = start
        self.page.set_h_pagebreaks(breaks)
        self.page.print_area(0, 0, self.row, self.end)
        self.page.hide_gridlines(2)


def cell(column: int, row: int) -> str:
    """The name of a cell of this sheet, counting from 0: (1, 0) is ``$B$1``."""
    return f"${chr(ord('A') + column)}${row + 1}"


def cells(column: int, first: int, last: int) -> str:
    """The name of part of a column: (1, 0, 2) is ``$B$1:$B$3``."""
    return f"{cell(column, first)}:{cell(column, last)}"
