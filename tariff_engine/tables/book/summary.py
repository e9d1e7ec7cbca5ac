"""The Summary sheet of a costing: what was priced, totals as formulas over the Costing sheet, and their charts.

A figure that is changed in Costing moves every total and every bar. Each formula has its value beside it, for
programs that don't calculate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from tariff_engine.money import PENCE, round_half_away
from tariff_engine.tables.book.drawing import (
    AMOUNT,
    ASIDE,
    CHILDREN,
    END,
    KEY,
    LABEL,
    LAST,
    TITLE_HEIGHT,
    WIDTHS,
    Drawing,
    cell,
    cells,
)
from tariff_engine.tables.book.formulas import Span, adds_up, looked_for_as_they_stand, total, total_where
from tariff_engine.tables.book.pages import GroupTotals, SummaryPage, Words
from tariff_engine.tables.book.styles import BLUE, DRAWN, GREY, LILAC, ORANGE, PLUM, TEAL

_HEADING_HEIGHT = 34
_COLOURS = (BLUE, TEAL, PLUM, ORANGE, GREY, LILAC)


def draw_summary(book: Any, page: Any, summary: SummaryPage, main: pl.DataFrame, span: Span, amount: str) -> None:
    """Draw the whole sheet; ``span`` says where the main table stands, whose column ``amount`` is added up."""
    formats = {name: book.add_format(look) for name, look in DRAWN.items()}
    drawing = Drawing(book, page, formats, main, span, amount, summary.period)
    for column, width in WIDTHS.items():
        page.set_column(column, column, width)
    _head(drawing, summary)
    totals_at = _totals(drawing, summary)
    groups = [group for group in summary.groups if not group.frame.is_empty()]
    sums = [_group(drawing, group, _COLOURS[at % len(_COLOURS)], summary.words) for at, group in enumerate(groups)]
    sums.append(_months(drawing, summary))
    _agreement(drawing, totals_at, sums)
    _findings(drawing, summary.findings)
    drawing.finish()


def _head(drawing: Drawing, summary: SummaryPage) -> None:
    drawing.heights[drawing.row] = _HEADING_HEIGHT
    drawing.text(LABEL, summary.title, "heading")
    drawing.row += 1
    for warning in summary.warnings:
        drawing.heights[drawing.row] = TITLE_HEIGHT
        drawing.texts("warning", warning, *[None] * END)
        drawing.row += 1
    drawing.row += 1
    for name, value in summary.facts:
        drawing.text(LABEL, name, "fact")
        drawing.text(KEY, value, "fact_value")
        drawing.row += 1
    drawing.section(summary.words.rows, (None, None, *summary.counts.columns[1:]))
    for what, *numbers in summary.counts.iter_rows():
        drawing.texts("label", what, None)
        for column, number in zip((CHILDREN, ASIDE), numbers, strict=False):
            drawing.number(column, number, "whole")
        drawing.row += 1


def _totals(drawing: Drawing, summary: SummaryPage) -> int:
    """What the payers pay, and all of it; the row of the whole amount."""
    drawing.section("Totals", (None, None, None, None, "Amount (£)"))
    whole = drawing.main[drawing.amount]
    everything = total(drawing.span.of(drawing.amount), plain=adds_up(whole))
    rows = list(_payers(drawing, summary, whole)) if summary.payer_column else []
    rows.append((summary.words.everything, everything, int(whole.sum()), "total_"))
    for label, formula, pence, style in rows:
        drawing.texts(f"{style}label", label, None, None, None)
        drawing.pounds(AMOUNT, formula, pence, f"{style}money")
        drawing.row += 1
    drawing.row += 1
    return drawing.row - 2


def _payers(drawing: Drawing, summary: SummaryPage, whole: pl.Series) -> Iterator[tuple[str, str, int, str]]:
    """The amount of the payer that stands first, and the rest of the whole, which stands under both."""
    span, by, first = drawing.span, summary.payer_column, drawing.row
    ours = whole.filter((drawing.main[by] == summary.payer).fill_null(False))
    sought = total_where(span.of(drawing.amount), span.of(by), f'"{summary.payer}"', simple=adds_up(ours))
    rest = f"=ROUND({cell(AMOUNT, first + 2)}-{cell(AMOUNT, first)},2)"
    yield summary.payer_title, sought, int(ours.sum()), ""
    yield summary.others_title, rest, int(whole.sum()) - int(ours.sum()), ""


def _group(drawing: Drawing, group: GroupTotals, colour: str, words: Words) -> int:
    """One table of totals with its chart; the row of its sum."""
    head = group.title[:1].upper() + group.title[1:]
    counted = (f"{words.counted} priced", f"{words.counted} set aside")
    heads = (head, "Code", *counted, "Amount (£)", words.average or None)
    drawing.section(f"By {group.title}", heads)
    first = drawing.row
    span, amounts = drawing.span, drawing.main[drawing.amount]
    keys = drawing.main[group.column].cast(pl.String).replace("", None)
    found = looked_for_as_they_stand(group.frame["key"].to_list())
    for key, label, children, set_aside, pence in group.frame.iter_rows():
        drawing.label(label)
        drawing.text(KEY, key, "key")
        _children(drawing, children, set_aside, pence, "", words)
        formula = total_where(
            span.of(drawing.amount),
            span.of(group.column),
            cell(KEY, drawing.row),
            simple=found and adds_up(amounts.filter(keys.eq_missing(pl.Series([key], dtype=pl.String)))),
            blank=key is None,
            none=pence is None,
        )
        drawing.pounds(AMOUNT, formula, pence, "money")
        drawing.row += 1
    last, amounts_shown = drawing.row - 1, group.frame["amount"].fill_null(0).to_list()
    drawing.texts("total_label", "All", None)
    _children(drawing, group.children, group.set_aside, sum(amounts_shown), "total_", words)
    _sum(drawing, AMOUNT, first, last, amounts_shown, "total_money")
    drawing.row += 1
    names = KEY if group.coded else LABEL
    drawing.chart("bar", f"Amount by {group.title}", (first, last), names, amounts_shown, colour)
    return last + 1


def _children(drawing: Drawing, children: int, set_aside: int, pence: int | None, style: str, words: Words) -> None:
    """Children, and what they cost on average, which is nothing that can be shown where there are none."""
    drawing.number(CHILDREN, children, f"{style}whole")
    drawing.number(ASIDE, set_aside, f"{style}whole")
    if not words.average:
        drawing.text(LAST, None, f"{style}money")
        return
    over, under = cell(AMOUNT, drawing.row), cell(CHILDREN, drawing.row)
    average = round_half_away(pence, children) / PENCE if children and pence is not None else ""
    drawing.formula(LAST, f'=IF({under}=0,"",ROUND({over}/{under},2))', average, f"{style}money")


def _sum(drawing: Drawing, column: int, first: int, last: int, pence: list[int], style: str) -> None:
    drawing.pounds(column, total(cells(AMOUNT, first, last)), sum(pence), style)


def _months(drawing: Drawing, summary: SummaryPage) -> int:
    """The amount of each month and up to it, with its chart; the row of the sum."""
    drawing.section("By month", ("Month", "Column", None, None, "Amount (£)", "To date (£)"))
    first, pence = drawing.row, []
    for name, title in summary.months.items():
        amounts = drawing.main[name]
        pence.append(int(amounts.sum()))
        drawing.texts("label", title, None, None, None)
        drawing.text(KEY, name, "key")
        drawing.pounds(AMOUNT, total(drawing.span.of(name), plain=adds_up(amounts)), pence[-1], "money")
        _sum(drawing, LAST, first, drawing.row, pence, "money")
        drawing.row += 1
    last = drawing.row - 1
    drawing.texts("total_label", "All", *[None] * LAST)
    _sum(drawing, AMOUNT, first, last, pence, "total_money")
    drawing.row += 1
    drawing.chart("column", "Amount by month", (first, last), KEY, pence, BLUE)
    return last + 1


def _agreement(drawing: Drawing, whole: int, sums: list[int]) -> None:
    """Under the totals: whether every table still adds to the whole."""
    row, drawing.row = drawing.row, whole + 1
    same = ",".join(f"ROUND({cell(AMOUNT, at)}-{cell(AMOUNT, whole)},2)=0" for at in sums)
    drawing.text(LABEL, "Do all tables below add to it?", "note")
    drawing.formula(AMOUNT, f'=IF(AND({same}),"yes","no")', "yes", "answer")
    drawing.row = row


def _findings(drawing: Drawing, findings: pl.DataFrame) -> None:
    """What was found, by code; each sentence of what to do runs over the cells to its right."""
    drawing.section("Findings", ("What was found", "Code", "Severity", "Findings"))
    drawing.row -= 1
    for column in range(AMOUNT, END + 1):
        drawing.text(column, "What to do" if column == AMOUNT else None, "header_indented")
    drawing.row += 1
    for meaning, code, severity, count, what_to_do in findings.iter_rows():
        drawing.label(meaning)
        drawing.text(KEY, code, "key")
        drawing.text(CHILDREN, severity, "right_label")
        drawing.number(ASIDE, count, "whole")
        for column in range(AMOUNT, END + 1):
            drawing.text(column, what_to_do if column == AMOUNT else None, "indented")
        drawing.row += 1
    if findings.is_empty():
        drawing.text(LABEL, "Nothing was found.", "note")
        drawing.row += 1
