"""The Summary sheet of a statement: what is paid by month and kind as formulas over the other sheets, and its chart.

A figure that is changed on another sheet moves every total. Each formula has its value beside it, for programs that
don't calculate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from tariff_engine.money import PENCE
from tariff_engine.tables.book.charts import Series, add_chart
from tariff_engine.tables.book.drawing import TITLE_HEIGHT, Drawing, Figures, cell, cells
from tariff_engine.tables.book.formulas import Span
from tariff_engine.tables.book.styles import BLUE, DRAWN

_MONTH, _COLUMN, _STATUS, _KINDS = 0, 1, 2, 3
_WIDTHS = (34, 12, 16)
_KIND_WIDTH, _GAP, _HEADING_HEIGHT, _CHART_ROWS, _ROW = 15, 3, 34, 17, 21
_CHART_COLUMNS = 10


@dataclass(frozen=True)
class MonthPaid:
    """One row of the table: what it is called, the column of the other sheets that it adds up, whether it is paid."""

    title: str
    column: str
    status: str


@dataclass(frozen=True)
class StatementPage:
    """What the Summary of a statement says. Amounts are whole pence.

    Attributes
    ----------
    title, facts, warnings : a heading, what a reader has to know first, and sentences that must not be missed.
    months : the months, and last what is carried over to the next period.
    kinds : how the kinds of amounts are called in ``kind_column`` of the sheets that are added up.
    amounts : for each of ``months`` an amount for each of ``kinds``.
    next : which of the months is paid next, or None.
    due : what it all has to come to.
    since : how the table of changes is headed; ``changes`` has a reason, a number and a difference in each row.
    before : the total of the last statement, or None where there is none.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    months: Sequence[MonthPaid]
    kinds: Sequence[str]
    kind_column: str
    amounts: Sequence[Sequence[int]]
    next: int | None
    due: int
    since: str = ""
    changes: Sequence[tuple[str, int, int]] = ()
    before: int | None = None

    @property
    def total(self) -> int:
        """All of it. [pence]"""
        return sum(sum(row) for row in self.amounts)

    def of_status(self, status: str) -> int:
        """What the months of a status come to. [pence]"""
        return sum(sum(row) for month, row in zip(self.months, self.amounts, strict=True) if month.status == status)


def draw_statement(book: Any, page: Any, said: StatementPage, spans: Sequence[Span]) -> None:
    """Draw the whole sheet; ``spans`` says where the tables stand whose columns are added up."""
    formats = {name: book.add_format(look) for name, look in DRAWN.items()}
    last = _KINDS + len(said.kinds)
    nothing = Figures(pl.DataFrame(), spans[0], "", None, "")
    drawing = Drawing(book, page, formats, nothing, "", end=last + 1 + _CHART_COLUMNS)
    for column in range(last + 1):
        page.set_column(column, column, _WIDTHS[column] if column < _KINDS else _KIND_WIDTH)
    page.set_column(last + 1, last + 1, _GAP)
    _head(drawing, said, last)
    first = _months(drawing, said, spans, last)
    _figures(drawing, said, first, last)
    if said.since:
        _changes(drawing, said)
    drawing.finish()


def _head(drawing: Drawing, said: StatementPage, last: int) -> None:
    drawing.heights[drawing.row] = _HEADING_HEIGHT
    drawing.text(_MONTH, said.title, "heading")
    drawing.row += 1
    for warning in said.warnings:
        drawing.heights[drawing.row] = TITLE_HEIGHT
        drawing.texts("warning", warning, *[None] * last)
        drawing.row += 1
    drawing.row += 1
    for name, value in said.facts:
        drawing.text(_MONTH, name, "fact")
        drawing.text(_COLUMN, value, "fact_value")
        drawing.row += 1


def _months(drawing: Drawing, said: StatementPage, spans: Sequence[Span], last: int) -> int:
    """A row a month, with the chart to the right; the row of the first one."""
    top = drawing.row + 1
    drawing.section("Payments by month (£)", ("Month", "Column", None, *said.kinds, "Total"))
    first, head = drawing.row, drawing.row - 1
    drawing.row = head
    drawing.text(_STATUS, "Status", "header")
    drawing.row = first
    for month, amounts in zip(said.months, said.amounts, strict=True):
        drawing.text(_MONTH, month.title, "label")
        drawing.text(_COLUMN, month.column, "key")
        drawing.text(_STATUS, month.status, "label")
        for column, pence in enumerate(amounts, start=_KINDS):
            drawing.pounds(column, _added(spans, said.kind_column, month.column, cell(column, head)), pence, "money")
        drawing.pounds(last, _across(drawing.row, last), sum(amounts), "money")
        drawing.row += 1
    end = drawing.row - 1
    drawing.texts("total_label", "All", None, None)
    for column, sums in enumerate(zip(*said.amounts, strict=True), start=_KINDS):
        drawing.pounds(column, f"=ROUND(SUM({cells(column, first, end)}),2)", sum(sums), "total_money")
    drawing.pounds(last, f"=ROUND(SUM({cells(last, first, end)}),2)", said.total, "total_money")
    drawing.row += 1
    _chart(drawing, said, top, (first, end - 1), last)
    return first


def _chart(drawing: Drawing, said: StatementPage, top: int, at: tuple[int, int], last: int) -> None:
    names, amounts = f"=Summary!{cells(_COLUMN, *at)}", f"=Summary!{cells(last, *at)}"
    pence = [sum(row) for row in said.amounts[:-1]]
    series = Series("Payments by month", "column", names, amounts, pence, BLUE)
    add_chart(drawing.book, drawing.page, top, last + 2, series, _CHART_ROWS * _ROW)
    drawing.row = max(drawing.row, top + _CHART_ROWS)


def _figures(drawing: Drawing, said: StatementPage, first: int, last: int) -> None:
    """What was paid, is still to be paid and is carried over, and whether it is what is due."""
    rows = len(said.months)
    statuses, totals = cells(_STATUS, first, first + rows - 1), cells(last, first, first + rows - 1)
    drawing.section("Paid + open + carried over = due (£)", ("", "", None, None))
    drawing.row -= 1
    at = []
    for label, status in (
        ("Paid already", "paid"),
        ("Open: still to be paid", "open"),
        ("Carried over", "carried over"),
    ):
        _label(drawing, label, "label")
        at.append(drawing.row)
        formula = f'=SUMPRODUCT(EXACT({statuses},"{status}")*ROUND({totals}*100,0))/100'
        drawing.pounds(_KINDS, formula, said.of_status(status), "money")
        drawing.row += 1
    _label(drawing, "Due", "total_label")
    drawing.pounds(_KINDS, f"=ROUND(SUM({cells(_KINDS, at[0], at[-1])}),2)", said.total, "total_money")
    due = drawing.row
    drawing.row += 1
    drawing.text(_MONTH, "Is it what the costing comes to?", "note")
    drawing.formula(_KINDS, f'=IF(ROUND({cell(_KINDS, due)}-{said.due / PENCE!r},2)=0,"yes","no")', "yes", "answer")
    drawing.row += 1
    if said.next is not None:
        _label(drawing, f"Next payment: {said.months[said.next].title}", "total_label")
        drawing.pounds(_KINDS, f"={cell(last, first + said.next)}", sum(said.amounts[said.next]), "total_money")
        drawing.row += 1


def _changes(drawing: Drawing, said: StatementPage) -> None:
    """The changes since the last statement by reason, which add up to the difference of the totals."""
    drawing.section(said.since, ("Reason", "", "Changes", "Difference (£)"))
    first = drawing.row
    for reason, number, pence in said.changes:
        _label(drawing, reason, "label")
        drawing.number(_STATUS, number, "whole")
        _money(drawing, pence, "money")
        drawing.row += 1
    if not said.changes:
        drawing.text(_MONTH, "Nothing changed.", "note")
        drawing.row += 1
    if said.before is not None:
        difference = said.total - said.before
        _label(drawing, "All changes", "total_label")
        drawing.number(_STATUS, sum(number for _, number, _ in said.changes), "total_whole")
        formula = f"=ROUND(SUM({cells(_KINDS, first, drawing.row - 1)}),2)"
        drawing.pounds(_KINDS, formula, difference, "total_money")
        drawing.row += 1
        for label, pence in (("Due by the last statement", said.before), ("Due by this one", said.total)):
            _label(drawing, label, "label")
            _money(drawing, pence, "money")
            drawing.row += 1


def _label(drawing: Drawing, text: str, style: str) -> None:
    drawing.texts(style, text, None, None)


def _money(drawing: Drawing, pence: int, style: str) -> None:
    drawing.page.write_number(drawing.row, _KINDS, pence / PENCE, drawing.formats[style])


def _across(row: int, last: int) -> str:
    start, end = cell(_KINDS, row), cell(last - 1, row)
    return f"=ROUND(SUM({start}:{end}),2)"


def _added(spans: Sequence[Span], kinds: str, column: str, key: str) -> str:
    """The sum of a column of several tables on the rows of a kind, in whole pence, as that adds exactly."""
    parts = [f"SUMPRODUCT(EXACT({span.of(kinds)},{key})*ROUND({span.of(column)}*100,0))" for span in spans]
    return f"=({'+'.join(parts)})/100"
