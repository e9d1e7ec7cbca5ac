"""OpenDocument spreadsheets out: Summary, Costing, Findings, Rules and Provenance on sheets of one file, as values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.tables.book.pages import CostingPages, GroupTotals, SummaryPage, Words
from tariff_engine.tables.book.plain import facts_block, provenance_block, totals_blocks
from tariff_engine.tables.book.sheets import Sheet, check
from tariff_engine.tables.ods_package import write_package
from tariff_engine.tables.sheet_rows import Block

_VALUES_ONLY = "Every total here is a value. In the XLSX workbook the totals are live formulas."
_AMOUNT = "Amount"


def write_ods(
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
    """Write a result as an OpenDocument spreadsheet: money as pounds, text as text, dates as dates.

    The sheets are those of the workbook. With ``pages`` the Summary has its totals and the rules are those of the
    pages; without, ``summary`` and ``rules`` are written as they are.

    Raises
    ------
    UsageError : a sheet would have more rows, columns or text than a spreadsheet holds, or an amount that
        it can't hold to the penny.
    """
    names = [main, *(name for name in tables if name != main)]
    sheets = [Sheet(_title(name)[:31], [Block(tables[name], money_columns.get(name, ()))]) for name in names]
    if pages is None:
        blocks = [facts_block(_title(main), provenance), *totals_blocks(provenance)]
        blocks += [Block(frame, money_columns.get("summary", ()), title) for title, frame in summary]
        if rules is not None:
            sheets.append(Sheet("Rules", [Block(rules, money_columns.get("rules", ()))]))
    else:
        blocks = list(_summary(pages.summary, tables[main], pages.amount))
        sheets += [Sheet(page.name, [Block(page.frame, page.money, wrapped=page.wrapped)]) for page in pages.rules]
    sheets = [Sheet("Summary", blocks, filtered=False), *sheets, Sheet("Provenance", [provenance_block(provenance)])]
    for sheet in sheets:
        check(sheet)
    write_package(path, sheets)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _summary(page: SummaryPage, main: pl.DataFrame, amount: str) -> Iterator[Block]:
    """What was priced, under what and for when; then who pays, totals by group and month, and findings."""
    said = [*((warning, None) for warning in page.warnings), *page.facts, ("Totals", _VALUES_ONLY)]
    facts = pl.DataFrame(said, schema={"item": pl.String, "value": pl.String}, orient="row")
    yield Block(facts, title=page.title, headed=False)
    yield Block(page.counts.rename({page.counts.columns[0]: page.words.rows}))
    if page.payer_column:
        yield _payers(page, main, amount)
    else:
        whole = {"Totals": [page.words.everything], _AMOUNT: [main[amount].sum()]}
        yield Block(pl.DataFrame(whole), [_AMOUNT])
    for group in page.groups:
        yield _group(group, page.words)
    months = [(title, main[month].sum()) for month, title in page.months.items()]
    yield Block(pl.DataFrame(months, schema={"Month": pl.String, _AMOUNT: pl.Int64}, orient="row"), [_AMOUNT])
    if not page.findings.is_empty():
        yield Block(page.findings.rename(lambda name: name.replace("_", " ").capitalize()), title="Findings")


def _payers(page: SummaryPage, main: pl.DataFrame, amount: str) -> Block:
    paid = main.group_by(pl.col(page.payer_column) == page.payer).agg(pl.col(amount).sum()).drop_nulls()
    amounts = dict(paid.iter_rows())
    who = [(page.payer_title, amounts.get(True, 0)), (page.others_title, amounts.get(False, 0))]
    return Block(pl.DataFrame(who, schema=["Who pays", _AMOUNT], orient="row"), [_AMOUNT])


def _group(group: GroupTotals, words: Words) -> Block:
    """Totals by one column, with the whole under them."""
    whole = ("All", group.children, group.set_aside, group.frame["amount"].sum())
    rows = [*group.frame.select("label", "children", "set_aside", "amount").rows(), whole]
    schema = {group.title.capitalize(): pl.String, words.counted: pl.Int64, "Set aside": pl.Int64, _AMOUNT: pl.Int64}
    return Block(pl.DataFrame(rows, schema=schema, orient="row"), [_AMOUNT])
