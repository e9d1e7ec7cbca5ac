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
    Figures,
    cell,
    cells,
)
from tariff_engine.tables.book.formulas import (
    adds_up,
    count_where,
    looked_for_as_they_stand,
    total,
    total_where,
)
from tariff_engine.tables.book.pages import GroupTotals, SummaryPage, Words
from tariff_engine.tables.book.styles import BLUE, DRAWN, GREY, LILAC, ORANGE, PLUM, TEAL
from tariff_engine.tables.book.working import Live

_HEADING_HEIGHT = 34
_COLOURS = (BLUE, TEAL, PLUM, ORANGE, GREY, LILAC)


def draw_summary(book: Any, page: Any, summary: SummaryPage, figures: Figures) -> None:
    """Draw the whole sheet over the main table."""
    formats = {name: book.add_format(look) for name, look in DRAWN.items()}
    drawing = Drawing(book, page, formats, figures, summary.period)
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
    if drawing.figures.live is not None or drawing.figures.why_values:
        _how_to_change(drawing)
    drawing.section(summary.words.rows, (None, None, *summary.counts.columns[1:]))
    for what, *numbers in summary.counts.iter_rows():
        drawing.texts("label", what, None)
        for column, number in zip((CHILDREN, ASIDE), numbers, strict=False):
            drawing.number(column, number, "whole")
        drawing.row += 1


def _how_to_change(drawing: Drawing) -> None:
    """Which figures may be changed, and how many lines move; or why none does."""
    live, lines = drawing.figures.live, drawing.figures.main.height
    drawing.text(LABEL, "Amounts", "fact")
    if live is None:
        drawing.text(KEY, f"Values: {drawing.figures.why_values}.", "fact_value")
        drawing.row += 1
        return
    those = f"All {lines:,} lines" if live.lines == lines else f"{live.lines:,} of {lines:,} lines"
    stay = "" if live.lines == lines else " The others are values; Working says why."
    for said in (
        f"{those} are worked out again when a shaded figure is changed.{stay}",
        "Bands aren't assessed again, and findings stay as they are: for those, price again.",
    ):
        drawing.text(KEY, said, "fact_value")
        drawing.row += 1
    drawing.text(LABEL, "A figure to change, on Costing and the Rules sheets", "fact")
    drawing.text(KEY, "looks like this", "input")
    drawing.row += 1


def _totals(drawing: Drawing, summary: SummaryPage) -> int:
    """What the payers pay, and all of it; the row of the whole amount."""
    drawing.section("Totals", (None, None, None, None, "Amount (£)"))
    figures = drawing.figures
    whole = figures.amounts
    everything = total(figures.cells, plain=figures.live is not None or adds_up(whole))
    rows = list(_payers(drawing, summary)) if summary.payer_column else []
    rows.append((summary.words.everything, everything, int(whole.sum()), "total_"))
    for label, formula, pence, style in rows:
        drawing.texts(f"{style}label", label, None, None, None)
        drawing.pounds(AMOUNT, formula, pence, f"{style}money")
        drawing.row += 1
    drawing.row += 1
    whole_at = drawing.row - 2
    if figures.live is not None:
        _moved(drawing, whole_at, figures.live)
    return whole_at


def _payers(drawing: Drawing, summary: SummaryPage) -> Iterator[tuple[str, str, int, str]]:
    """The amount of the payer that stands first, and the rest of the whole, which stands under both."""
    figures, by, first = drawing.figures, summary.payer_column, drawing.row
    whole = figures.amounts
    ours = whole.filter((figures.main[by] == summary.payer).fill_null(False))
    plain = figures.live is not None or adds_up(ours)
    sought = total_where(figures.cells, figures.span.of(by), f'"{summary.payer}"', simple=plain)
    rest = f"=ROUND({cell(AMOUNT, first + 2)}-{cell(AMOUNT, first)},2)"
    yield summary.payer_title, sought, int(ours.sum()), ""
    yield summary.others_title, rest, int(whole.sum()) - int(ours.sum()), ""


def _moved(drawing: Drawing, whole: int, live: Live) -> None:
    """What the changes in this workbook come to: in pounds, and in rows that they left without a price."""
    pence = int(drawing.figures.amounts.sum())
    drawing.row += 1
    drawing.texts("label", "As the engine worked it out", None, None, None)
    drawing.page.write_number(drawing.row, AMOUNT, pence / PENCE, drawing.formats["money"])
    drawing.row += 1
    drawing.texts("label", "Moved by changes in this workbook", None, None, None)
    moved = f"=ROUND({cell(AMOUNT, whole)}-{cell(AMOUNT, drawing.row - 1)},2)"
    drawing.pounds(AMOUNT, moved, 0, "money")
    drawing.row += 1
    priced = drawing.figures.main.filter(drawing.figures.amounts.is_not_null())["placement_id"].n_unique()
    drawing.texts("label", "Rows that a change left without a price, so that no total has them", None, None, None)
    left = f'={priced}-COUNTIFS({live.children[""]},">0",{live.priced},1)'
    drawing.formula(AMOUNT, left, 0, "whole")
    drawing.row += 1


def _group(drawing: Drawing, group: GroupTotals, colour: str, words: Words) -> int:
    """One table of totals with its chart; the row of its sum."""
    head = group.title[:1].upper() + group.title[1:]
    counted = (f"{words.counted} priced", f"{words.counted} set aside")
    heads = (head, "Code", *counted, "Amount (£)", words.average or None)
    drawing.section(f"By {group.title}", heads)
    first, figures, live = drawing.row, drawing.figures, drawing.figures.live
    frame = group.frame if live is None or group.possible is None else group.possible
    keys, column = figures.main[group.column].cast(pl.String).replace("", None), figures.span.of(group.column)
    found = looked_for_as_they_stand(frame["key"].to_list())
    for key, label, children, set_aside, pence in frame.iter_rows():
        drawing.label(label)
        drawing.text(KEY, key, "key")
        own = figures.amounts.filter(keys.eq_missing(pl.Series([key], dtype=pl.String)))
        formulas = None if live is None else _counting(live, group.column, column, cell(KEY, drawing.row), found, key)
        _children(drawing, (children, set_aside), formulas, pence, ("", words))
        formula = total_where(
            figures.cells,
            column,
            cell(KEY, drawing.row),
            simple=found and (live is not None or adds_up(own)),
            blank=key is None,
            none=pence is None,
            live="" if live is None else cell(CHILDREN, drawing.row),
        )
        drawing.pounds(AMOUNT, formula, pence, "money")
        drawing.row += 1
    last, amounts_shown = drawing.row - 1, frame["amount"].fill_null(0).to_list()
    drawing.texts("total_label", "All", None)
    formulas = None if live is None else tuple(f"=SUMIFS({live.children['']},{live.priced},{one})" for one in (1, 0))
    _children(drawing, (group.children, group.set_aside), formulas, sum(amounts_shown), ("total_", words))
    _sum(drawing, AMOUNT, first, last, amounts_shown, "total_money")
    drawing.row += 1
    names = KEY if group.coded else LABEL
    drawing.chart("bar", f"Amount by {group.title}", (first, last), names, amounts_shown, colour)
    return last + 1


def _counting(live: Live, by: str, column: str, at: str, simple: bool, key: str | None) -> tuple[str, ...]:
    """The formulas that count the children of a key with a price, and those without."""
    counted, priced = live.children[by], live.priced
    return tuple(
        count_where(counted, priced, column, at, with_price=with_price, simple=simple, blank=key is None)
        for with_price in (True, False)
    )


def _children(
    drawing: Drawing,
    counts: tuple[int, int],
    formulas: tuple[str, ...] | None,
    pence: int | None,
    look: tuple[str, Words],
) -> None:
    """What is counted with and without a price, and what one costs on average, where that says something."""
    style, words = look
    for column, count, formula in zip((CHILDREN, ASIDE), counts, formulas or (None, None), strict=True):
        if formula is None:
            drawing.number(column, count, f"{style}whole")
        else:
            drawing.formula(column, formula, count, f"{style}whole")
    if not words.average:
        drawing.text(LAST, None, f"{style}money")
        return
    over, under = cell(AMOUNT, drawing.row), cell(CHILDREN, drawing.row)
    average = round_half_away(pence, counts[0]) / PENCE if counts[0] and pence is not None else ""
    drawing.formula(LAST, f'=IF({under}=0,"",ROUND({over}/{under},2))', average, f"{style}money")


def _sum(drawing: Drawing, column: int, first: int, last: int, pence: list[int], style: str) -> None:
    drawing.pounds(column, total(cells(AMOUNT, first, last)), sum(pence), style)


def _months(drawing: Drawing, summary: SummaryPage) -> int:
    """The amount of each month and up to it, with its chart; the row of the sum."""
    drawing.section("By month", ("Month", "Column", None, None, "Amount (£)", "To date (£)"))
    first, pence, figures = drawing.row, [], drawing.figures
    for name, title in summary.months.items():
        amounts = figures.main[name]
        pence.append(int(amounts.sum()))
        drawing.texts("label", title, None, None, None)
        drawing.text(KEY, name, "key")
        drawing.pounds(
            AMOUNT, total(figures.span.of(name), plain=figures.live is not None or adds_up(amounts)), pence[-1], "money"
        )
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
