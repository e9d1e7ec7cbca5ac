"""A check of a remittance as files: a workbook, or tables for other programs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tariff_engine.costing_pages import costing_facts, costing_warnings
from tariff_engine.errors import UsageError
from tariff_engine.remittance.result import MONEY, RemittanceCheck
from tariff_engine.remittance.wording import day
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.book.check_summary import CheckSummary, Row
from tariff_engine.tables.wording import shown
from tariff_engine.tables.writing import spare, write_outputs


def write_check(check: RemittanceCheck, out: Path) -> list[Path]:
    """Write a check in the form that ``out`` ends in.

    ``.xlsx`` and ``.ods`` are one workbook; ``.csv``, ``.parquet`` and ``.arrow`` have the queries in OUT itself and
    the detail, the payments, the findings and the provenance beside it.

    Raises
    ------
    UsageError : the ending, the folder or the size doesn't allow it. Nothing is written.
    """
    tables = {
        "queries": check.queries,
        "detail": check.lines,
        "payments": check.payments,
        "findings": check.findings,
    }
    if out.suffix.lower() not in (".xlsx", ".ods"):
        money = {name: [column for column in frame.columns if column in MONEY] for name, frame in tables.items()}
        return write_outputs(out, tables, check.provenance, money, main="queries", inputs=check.sources)
    if out.is_dir():
        raise UsageError(f"{shown(str(out))} is a folder. Give the file's name too, such as check.xlsx.")
    from tariff_engine.tables.check_book import write_check_book

    spare([out], check.sources)
    with whole_or_nothing([out]) as (staged,):
        open_document = out.suffix.lower() == ".ods"
        write_check_book(staged, summary_of(check), tables, MONEY, check.provenance, open_document=open_document)
    return [out]


def summary_of(check: RemittanceCheck) -> CheckSummary:
    """What the Summary sheet of a check shows."""
    totals, windows = check.totals, check.windows
    facts = [*costing_facts(check.costing)]
    facts.append(("Compared", f"{day(windows['from'][0])} to {day(windows['to'][-1])}"))
    if check.file_name:
        facts.append(("Remittance", check.file_name))
    if check.last_year:
        facts.append(("Last year's rates", ", ".join(check.last_year)))
    counts = [
        ("Payments read", totals["payments"]),
        ("Payments that couldn't be read", totals["unread_payments"]),
        ("Children and other identifiers", totals["children"]),
        ("Queries for the authority", totals["queries"]),
    ]
    months = [Row(name, last) for name, last in windows.select("period", "to").iter_rows()]
    if check.lines["to"].null_count():
        months.append(Row("Outside the period", None))
    return CheckSummary(
        title=f"Remittance check for {check.costing.period.name}",
        facts=facts,
        warnings=[*costing_warnings(check.costing), *_warnings(check)],
        counts=counts,
        reasons=[Row(title, reason) for reason, title in check.by_reason().select("reason", "title").iter_rows()],
        months=months,
        period=check.costing.period.name,
    )


def _warnings(check: RemittanceCheck) -> list[str]:
    unread, unknown = check.totals["unread_payments"], check.lines.filter(pl.col("due").is_null()).height
    found = []
    if unread:
        what = "1 payment" if unread == 1 else f"{unread:,} payments"
        found.append(f"{what} couldn't be read and {'is' if unread == 1 else 'are'} not counted: see Findings.")
    if unknown:
        what = "1 child" if unknown == 1 else f"{unknown:,} children"
        found.append(f"What is due for {what} isn't known; what was paid for them is in no difference.")
    return found
