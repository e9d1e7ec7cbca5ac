"""The Summary sheet of a remittance check: due, paid and difference, by reason and by month, as formulas over Detail.

A figure that is changed in Detail moves every total and every bar. Each formula has its value beside it, for programs
that don't calculate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import polars as pl

from tariff_engine.tables.book.drawing import AMOUNT, KEY, LABEL, LAST, TITLE_HEIGHT, Drawing, Figures, cell, cells
from tariff_engine.tables.book.formulas import Span, adds_up, looked_for_as_they_stand, total, total_where
from tariff_engine.tables.book.styles import BLUE, DRAWN, TEAL

DUE, PAID = 2, 3
_WIDTHS = {LABEL: 50, KEY: 20, DUE: 17, PAID: 17, AMOUNT: 17, LAST: 20, 6: 3}
_HEADING_HEIGHT, _LAST_DRAWN = 34, 16
_COLUMNS = ((DUE, "due"), (PAID, "paid"), (AMOUNT, "difference"))


@dataclass(frozen=True)
class Row:
    """A row of a table of sums: what a person reads, and the key in Detail, None where that is blank."""

    label: str
    key: str | date | None


@dataclass(frozen=True)
class CheckSummary:
    """What the first sheet shows.

    Attributes
    ----------
    title, facts, warnings : a heading, what must be known before any figure, and what must not be missed.
    counts : labels with whole numbers.
    reasons, months : the rows of the two tables; their keys are those of the columns ``reason`` and ``to`` of Detail.
    period : the name of the period, for chart titles.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    counts: Sequence[tuple[str, int]]
    reasons: Sequence[Row]
    months: Sequence[Row]
    period: str


def draw_check(book: Any, page: Any, summary: CheckSummary, detail: pl.DataFrame, span: Span) -> None:
    """Draw the whole sheet; ``span`` says where the detail stands."""
    formats = {name: book.add_format(look) for name, look in DRAWN.items()}
    formats["date_key"] = book.add_format({**DRAWN["key"], "num_format": "yyyy-mm-dd", "align": "left"})
    drawing = Drawing(book, page, formats, Figures(detail, span, "difference", None, ""), summary.period)
    for column, width in _WIDTHS.items():
        page.set_column(column, column, width)
    _head(drawing, summary)
    whole = _totals(drawing)
    sums = [
        _sums(drawing, "By reason", "Reason", "reason", summary.reasons, "bar", TEAL),
        _sums(drawing, "By month", "Month", "to", summary.months, "column", BLUE),
    ]
    _agreement(drawing, whole, sums)
    drawing.finish()


def _head(drawing: Drawing, summary: CheckSummary) -> None:
    drawing.heights[drawing.row] = _HEADING_HEIGHT
    drawing.text(LABEL, summary.title, "heading")
    drawing.row += 1
    for warning in summary.warnings:
        drawing.heights[drawing.row] = TITLE_HEIGHT
        drawing.texts("warning", warning, *[None] * _LAST_DRAWN)
        drawing.row += 1
    drawing.row += 1
    for name, value in summary.facts:
        drawing.text(LABEL, name, "fact")
        drawing.text(KEY, value, "fact_value")
        drawing.row += 1
    drawing.section("Counts", (None, None, "Number"))
    for what, count in summary.counts:
        drawing.texts("label", what, None)
        drawing.number(DUE, count, "whole")
        drawing.row += 1


def _totals(drawing: Drawing) -> int:
    """Due, paid and difference of all lines; their row."""
    drawing.section("Totals", (None, None, "Due (£)", "Paid (£)", "Difference (£)"))
    drawing.texts("total_label", "All lines", None)
    for column, name in _COLUMNS:
        amounts = drawing.figures.main[name]
        formula = total(drawing.figures.span.of(name), plain=adds_up(amounts))
        drawing.pounds(column, formula, int(amounts.sum()), "total_money")
    drawing.row += 2
    return drawing.row - 2


def _sums(drawing: Drawing, title: str, head: str, by: str, rows: Sequence[Row], kind: Any, colour: str) -> int:
    """A table of sums with its chart of differences; the row of its sum."""
    heads = (head, "To" if by == "to" else "Code", "Due (£)", "Paid (£)", "Difference (£)", "Difference to date (£)")
    drawing.section(title, heads if by == "to" else heads[:-1])
    first, shown, running = drawing.row, [], 0
    found = by == "to" or looked_for_as_they_stand([str(row.key) for row in rows if row.key])
    for row in rows:
        drawing.label(row.label)
        _key(drawing, row.key)
        own = drawing.figures.main.filter(pl.col(by).eq_missing(pl.lit(row.key, drawing.figures.main.schema[by])))
        for column, name in _COLUMNS:
            formula = total_where(
                *(drawing.figures.span.of(name), drawing.figures.span.of(by), cell(KEY, drawing.row)),
                simple=found and adds_up(own[name]),
                blank=row.key is None,
            )
            drawing.pounds(column, formula, int(own[name].sum()), "money")
        shown.append(int(own["difference"].sum()))
        running += shown[-1]
        if by == "to":
            drawing.pounds(LAST, total(cells(AMOUNT, first, drawing.row)), running, "money")
        drawing.row += 1
    last = drawing.row - 1
    drawing.texts("total_label", "All", None, *([None] * 4 if by == "to" else []))
    for column, name in _COLUMNS:
        formula = total(cells(column, first, last)) if rows else "=0"
        drawing.pounds(column, formula, int(drawing.figures.main[name].sum()), "total_money")
    drawing.row += 1
    if rows:
        drawing.chart(kind, f"Difference {title.lower()}", (first, last), LABEL, shown, colour)
    return last + 1


def _key(drawing: Drawing, key: str | date | None) -> None:
    if isinstance(key, date):
        drawing.page.write_datetime(drawing.row, KEY, datetime.combine(key, time()), drawing.formats["date_key"])
    else:
        drawing.text(KEY, key, "key")


def _agreement(drawing: Drawing, whole: int, sums: list[int]) -> None:
    """Under the totals: whether both tables still add to them."""
    row, drawing.row = drawing.row, whole + 1
    same = ",".join(f"ROUND({cell(AMOUNT, at)}-{cell(AMOUNT, whole)},2)=0" for at in sums)
    drawing.text(LABEL, "Do both tables below add to it?", "note")
    drawing.formula(AMOUNT, f'=IF(AND({same}),"yes","no")', "yes", "answer")
    drawing.row = row
