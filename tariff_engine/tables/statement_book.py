"""Workbooks of statements: a Summary that adds up the sheets behind it, then those sheets, then provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tariff_engine.tables.book.frame import write_book
from tariff_engine.tables.book.plain import provenance_block
from tariff_engine.tables.book.sheets import Mark, Sheet, check
from tariff_engine.tables.book.statement import StatementPage, draw_statement
from tariff_engine.tables.book.styles import GREY, PALE_GREY, PALE_LILAC, PALE_ORANGE
from tariff_engine.tables.sheet_rows import Block

_WIDE = 16
_SEVERITIES = (Mark("Severity", "error", PALE_ORANGE), Mark("Severity", "warning", PALE_LILAC))


@dataclass(frozen=True)
class StatementSheet:
    """A table of a statement; ``added`` where the Summary adds it up.

    ``corrections`` is what the cells of the kind's column say on rows that stand out as corrections.
    """

    name: str
    block: Block
    added: bool = False
    corrections: str = ""


def write_statement_book(
    path: Path,
    page: StatementPage,
    sheets: Sequence[StatementSheet],
    provenance: Mapping[str, Any],
    created: datetime,
) -> None:
    """Write one workbook.

    Raises
    ------
    UsageError : a sheet would hold more than a workbook does, or what writes workbooks isn't installed.
    """
    made = [_sheet(sheet, page) for sheet in sheets]
    spans = [ready.span for ready, sheet in zip(made, sheets, strict=True) if sheet.added]
    made.append(Sheet("Provenance", [provenance_block(provenance)], tab=GREY))
    for sheet in made:
        check(sheet)
    write_book(path, made, page.title, created.replace(tzinfo=None), partial(draw_statement, said=page, spans=spans))


def _sheet(sheet: StatementSheet, page: StatementPage) -> Sheet:
    columns = sheet.block.frame.columns
    marks: tuple[Mark, ...] = ()
    if sheet.added:
        marks = (Mark("Total", None, PALE_GREY), Mark(page.kind_column, sheet.corrections, PALE_LILAC))
    elif "Severity" in columns:
        marks = _SEVERITIES
    printed = len(columns) if len(columns) > _WIDE else None
    return Sheet(sheet.name, [sheet.block], marks=marks, printed=printed)
