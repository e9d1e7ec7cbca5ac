"""Workbooks out: Summary, Costing, Findings, Rules and Provenance on sheets of one file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.tables.book.drawing import Figures
from tariff_engine.tables.book.frame import write_book
from tariff_engine.tables.book.pages import CostingPages, RulesPage
from tariff_engine.tables.book.plain import facts_block, provenance_block, totals_blocks
from tariff_engine.tables.book.sheets import Mark, Sheet, check
from tariff_engine.tables.book.styles import GREY, LILAC, PALE_GREY, PALE_LILAC, PALE_ORANGE
from tariff_engine.tables.book.summary import draw_summary
from tariff_engine.tables.book.working import Worked, summed, why_values, worked
from tariff_engine.tables.sheet_rows import Block

_VALUE_MARKS = (Mark("value_is", "illustrative", PALE_ORANGE), Mark("value_is", "derived", PALE_LILAC))
_SEVERITY_MARKS = (Mark("severity", "error", PALE_ORANGE), Mark("severity", "warning", PALE_LILAC))

_NO_LINE = "none of them can be worked out again"
_FINDING = {"code", "severity", "message"}


def write_workbook(
    path: Path,
    tables: Mapping[str, pl.DataFrame],
    provenance: Mapping[str, Any],
    money_columns: Mapping[str, Collection[str]],
    *,
    main: str = "costing",
    rules: pl.DataFrame | None = None,
    summary: Sequence[tuple[str, pl.DataFrame]] = (),
    pages: CostingPages | None = None,
) -> None:
    """Write a result as a workbook: money as pounds, text as text, dates as dates.

    With ``pages`` the Summary is of formulas over the main table, whose amount is the sum of its months, and the
    rules are those of the pages; without, ``summary`` and ``rules`` are written as they are.

    Raises
    ------
    UsageError : a sheet would have more rows, columns or text than a workbook holds, or an amount that
        it can't hold to the penny; or the extra that writes workbooks isn't installed.
    """
    names = [main, *(name for name in tables if name != main)]
    sheets = [_table(name, tables[name], money_columns.get(name, ())) for name in names]
    draw = named = None
    if pages is None:
        heading = main.replace("_", " ").capitalize()
        blocks = [facts_block(heading, provenance), *totals_blocks(provenance)]
        blocks += [Block(frame, money_columns.get("summary", ()), title) for title, frame in summary]
        sheets.insert(0, Sheet("Summary", blocks, filtered=False))
        if rules is not None:
            sheets.append(_rules("Rules", Block(rules, money_columns.get("rules", ()))))
        title = heading
    else:
        live, why = None, ""
        if pages.recalculation is not None:
            why = why_values(tables[main], [pages.amount, *pages.summary.months]) or ""
            live = None if why else worked(sheets[0], pages, pages.recalculation())
            why = why or _NO_LINE
        draw = partial(
            draw_summary,
            summary=pages.summary,
            figures=Figures(tables[main], sheets[0].span, pages.amount, live.live if live else None, why),
        )
        sheets[0] = _main(sheets[0], pages, live)
        sheets += [_rules_page(page, live is not None) for page in pages.rules]
        if live is not None:
            sheets += [live.bands, live.working]
            named = live.names
        title = pages.summary.title
    sheets.append(Sheet("Provenance", [provenance_block(provenance)], tab=GREY))
    for sheet in sheets:
        check(sheet)
    write_book(path, sheets, title, created_at(provenance), draw, named)


def _table(name: str, frame: pl.DataFrame, money: Collection[str]) -> Sheet:
    title = name.replace("_", " ").capitalize()[:31]
    if set(frame.columns) >= _FINDING:
        return Sheet(title, [Block(frame, money, wrapped=("message",))], marks=_SEVERITY_MARKS)
    return Sheet(title, [Block(frame, money)])


def _main(sheet: Sheet, pages: CostingPages, live: Worked | None) -> Sheet:
    """The main table with its amounts as formulas; a line without an amount stands out.

    The columns up to the last month are printed, and what the input had besides isn't.
    """
    (block,), months = sheet.blocks, list(pages.summary.months)
    if live is None:
        sheet = replace(
            sheet, blocks=[replace(block, formulas={pages.amount: summed(block.frame, pages.amount, months)})]
        )
    else:
        sheet = live.main
    printed = 1 + block.frame.columns.index(months[-1])
    return replace(sheet, marks=(Mark(pages.amount, None, PALE_GREY),), printed=printed)


def _rules_page(page: RulesPage, live: bool) -> Sheet:
    """A sheet of rules; where lines are worked out again, the figures to change are shaded."""
    inputs = {name: page.frame[name].is_not_null() for name in page.inputs} if live else {}
    block = Block(page.frame, page.money, wrapped=page.wrapped, inputs=inputs)
    return replace(_rules(page.name, block), allowed=page.inputs if live else {})


def _rules(name: str, block: Block) -> Sheet:
    return Sheet(name, [block], marks=_VALUE_MARKS if "value_is" in block.frame.columns else (), tab=LILAC)


def created_at(provenance: Mapping[str, Any]) -> datetime | None:
    """The moment of the costing, so that the same costing gives the same bytes."""
    try:
        return datetime.fromisoformat(str(provenance.get("created_at"))).replace(tzinfo=None)
    except ValueError:
        return None
