"""The workbook of a remittance check: Summary, Queries, Detail, Payments, Findings and Provenance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.tables.book.check_summary import CheckSummary, draw_check
from tariff_engine.tables.book.frame import write_book
from tariff_engine.tables.book.plain import provenance_block
from tariff_engine.tables.book.sheets import Mark, Sheet, check
from tariff_engine.tables.book.styles import GREY, PALE_GREY, PALE_LILAC, PALE_ORANGE, PLUM
from tariff_engine.tables.ods_package import write_package
from tariff_engine.tables.sheet_rows import Block
from tariff_engine.tables.workbook import created_at

_SEVERITY_MARKS = (Mark("severity", "error", PALE_ORANGE), Mark("severity", "warning", PALE_LILAC))
_OUTCOME_MARKS = (Mark("outcome", "query", PALE_ORANGE), Mark("due", None, PALE_GREY))
_WRAPPED = {"queries": ("question",), "findings": ("message",)}


def write_check_book(
    path: Path,
    summary: CheckSummary,
    tables: Mapping[str, pl.DataFrame],
    money: Collection[str],
    provenance: Mapping[str, Any],
    *,
    open_document: bool = False,
) -> None:
    """Write a check as XLSX, its totals formulas over the detail, or as an OpenDocument sheet, its totals values.

    ``tables`` are queries, detail, payments and findings, by these names.

    Raises
    ------
    UsageError : a sheet would have more rows or text than a workbook holds; or the extra that writes workbooks isn't
        installed.
    """
    sheets = [_sheet(name, frame, money) for name, frame in tables.items()]
    sheets.append(Sheet("Provenance", [provenance_block(provenance)], tab=GREY))
    if open_document:
        sheets.insert(0, Sheet("Summary", _blocks(summary, tables["detail"]), filtered=False))
    for sheet in sheets:
        check(sheet)
    if open_document:
        write_package(path, sheets)
        return
    detail = next(sheet for sheet in sheets if sheet.name == "Detail")
    draw = partial(draw_check, summary=summary, detail=tables["detail"], span=detail.span)
    write_book(path, sheets, summary.title, created_at(provenance), draw)


def _sheet(name: str, frame: pl.DataFrame, money: Collection[str]) -> Sheet:
    pence = [column for column in frame.columns if column in money]
    block = Block(frame, pence, wrapped=_WRAPPED.get(name, ()))
    marks = {"detail": _OUTCOME_MARKS, "findings": _SEVERITY_MARKS}.get(name, ())
    return Sheet(name.capitalize(), [block], marks=marks, tab=PLUM if name == "queries" else "")


def _blocks(summary: CheckSummary, detail: pl.DataFrame) -> list[Block]:
    """The Summary as values."""
    text, whole = pl.String(), pl.Int64()
    facts = [*((warning, None) for warning in summary.warnings), *summary.facts]
    money = ["Due", "Paid", "Difference"]
    blocks = [
        Block(
            pl.DataFrame(facts, schema={"item": text, "value": text}, orient="row"), title=summary.title, headed=False
        ),
        Block(pl.DataFrame(list(summary.counts), schema={"Counts": text, "Number": whole}, orient="row")),
    ]
    for head, by, rows in (("Reason", "reason", summary.reasons), ("Month", "to", summary.months)):
        sums = []
        for row in rows:
            own = detail.filter(pl.col(by).eq_missing(pl.lit(row.key, detail.schema[by])))
            sums.append((row.label, *(int(own[name.lower()].sum()) for name in money)))
        sums.append(("All", *(int(detail[name.lower()].sum()) for name in money)))
        blocks.append(
            Block(pl.DataFrame(sums, schema={head: text, **dict.fromkeys(money, whole)}, orient="row"), money)
        )
    return blocks
