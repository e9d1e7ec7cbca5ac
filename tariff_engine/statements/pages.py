"""The pages of a statement's workbook, and of the index of all of them: what each sheet shows, in a person's words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from tariff_engine.legal_standing import standing_by_version
from tariff_engine.money import show_pounds
from tariff_engine.statements.changes import REASONS
from tariff_engine.statements.names import statement_name
from tariff_engine.statements.settling import CARRIED
from tariff_engine.statements.statement import Statement
from tariff_engine.statements.statements import KINDS, Statements
from tariff_engine.tables.book.statement import MonthPaid, StatementPage
from tariff_engine.tables.book.working import summed
from tariff_engine.tables.sheet_rows import Block
from tariff_engine.tables.statement_book import StatementSheet
from tariff_engine.vocabulary import vocabulary

CARRIED_OVER, TOTAL, PAYS_FOR = "Carried over", "Total", "Pays for"
_HEADS: Mapping[str, str] = {
    "child_id": "Child",
    "placement_id": "Placement",
    "pays_for": PAYS_FOR,
    "provision": "Provision",
    "phase": "Phase",
    "occupancy": "Occupancy",
    "band": "Band",
    "from": "From",
    "to": "To",
    "days": "Days",
    "count": "Children",
    "annual_price": "A full year (£)",
    "places_first": "Places before",
    "places_second": "Places after",
    "rate": "A place, a year (£)",
    "carried_over": CARRIED_OVER,
    "total": TOTAL,
    "note": "Note",
    "provider_id": "Provider",
    "name": "Name",
    "placements": "Placements",
    "paid": "Paid (£)",
    "next_payment": "Next payment (£)",
    "open": "Open (£)",
    "change": "Change (£)",
    "file": "Workbook",
    "reason": "Reason",
    "what": "What changed",
    "before": "Before (£)",
    "after": "After (£)",
    "difference": "Difference (£)",
    "kind": "Of",
    "severity": "Severity",
    "code": "Code",
    "column": "Column",
    "meaning": "What was found",
    "what_to_do": "What to do",
    "row": "Row",
    "message": "Message",
}
_MONEY = ("annual_price", "rate", "carried_over", "total")
_CHANGED = ("before", "after", "difference")
_INDEX_MONEY = ("paid", "next_payment", "open", "carried_over", "total", "change")
_NOT_SHOWN = ("count",)


def statement_pages(statement: Statement) -> tuple[StatementPage, list[StatementSheet]]:
    """The Summary of one provider's statement and the sheets behind it."""
    made = statement.of
    who = f"{statement.name} ({statement.provider_id})" if statement.name else statement.provider_id
    facts = [("Provider", who), *_facts(made)]
    facts += [
        (f"Paid by {payer.lower()}", f"{show_pounds(pence)} for the period, which isn't in this statement")
        for payer, pence in statement.paid_by_others.items()
    ]
    page = _page(made, statement.summary, facts, list(_warnings(made)), statement.changes)
    sheets = [_paid_sheet("Children", statement.children, made)]
    if statement.places.height:
        sheets.append(_paid_sheet("Places", statement.places, made))
    sheets += [_changes_sheet(statement.changes.drop("provider_id")), _findings_sheet(statement.findings)]
    return page, sheets


def index_pages(made: Statements, statements: Sequence[Statement]) -> tuple[StatementPage, list[StatementSheet]]:
    """The Summary of all statements and the sheets behind it, for the authority alone."""
    frames = [statement.summary for statement in statements]
    summary = _added_up(frames) if frames else Statement(made, "", ()).summary
    warnings = list(_warnings(made))
    if aside := made.costing.counts["set_aside"]:
        warnings.append(
            f"{aside:,} rows of the placements are set aside, so nothing new is paid for them. See Findings."
        )
    page = _page(made, summary, _facts(made), warnings, made.changes)
    return page, [
        _index_sheet(made),
        _payments_sheet(made, statements),
        _changes_sheet(made.changes),
        _findings_sheet(made.costing.findings.drop("value", "source_id")),
    ]


def index_table(made: Statements) -> pl.DataFrame:
    """The index with the name of each provider's workbook, blank where there is none."""
    files = [None if name is None else statement_name(name) for name in made.index["provider_id"]]
    return made.index.with_columns(pl.Series("file", files, dtype=pl.String))


def index_money() -> Collection[str]:
    """The columns of the index that hold pence."""
    return _INDEX_MONEY


def title(made: Statements) -> str:
    """What the statements are called: ``Statement 2 for FY2025-26``."""
    return f"Statement {made.edition.number} for {made.costing.period.name}"


def _page(
    made: Statements,
    summary: pl.DataFrame,
    facts: Sequence[tuple[str, str]],
    warnings: Sequence[str],
    changes: pl.DataFrame,
) -> StatementPage:
    months = list(made.costing.period.months)
    rows = [MonthPaid(f"{month.start:%B %Y}", month.name, _status(made, month.name)) for month in months]
    rows.append(MonthPaid("Carried over to the next period", CARRIED_OVER, CARRIED.replace("_", " ")))
    before = None
    if made.before is not None:
        before = int(summary["total"].sum()) - int(changes["difference"].sum())
    return StatementPage(
        title=title(made),
        facts=facts,
        warnings=warnings,
        months=rows,
        kinds=list(KINDS.values()),
        kind_column=PAYS_FOR,
        amounts=[list(row) for row in summary.select(*KINDS).iter_rows()],
        next=len(made.calendar.paid) if made.calendar.open else None,
        due=int(summary["total"].sum()),
        since="" if made.before is None or made.previous is None else f"Changes since statement {made.previous.number}",
        changes=list(_by_reason(changes)),
        before=before,
    )


def _facts(made: Statements) -> list[tuple[str, str]]:
    edition, previous, period = made.edition, made.previous, made.costing.period
    names = [framework.name for framework in made.costing.frameworks]
    last = f"{made.calendar.paid[-1].start:%B %Y}" if made.calendar.paid else "nothing is paid yet"
    facts = [
        ("Period", f"{period.name}: {_day(period.start)} to {_day(period.end)}"),
        ("Paid up to", last),
        ("Prices", ", ".join(names)),
        ("Statement", f"{edition.number}, made on {_day(edition.made_on)}, rests on {edition.content_hash[:12]}"),
    ]
    if previous is not None:
        said = f"{previous.number}, made on {_day(previous.made_on)}, rests on {previous.content_hash[:12]}"
        other = (
            "" if previous.period == period else f", for {_day(previous.period.start)} to {_day(previous.period.end)}"
        )
        facts.append(("Last statement", said + other))
    return facts


def _warnings(made: Statements) -> Iterator[str]:
    """What the prices are, where they aren't published ones that were or are in force."""
    costing = made.costing
    said = standing_by_version(costing.frameworks, costing.as_if)
    for warning in said:
        yield warning.replace(": see Rules.", ".")  # A statement has no sheet of rules.


def _status(made: Statements, month: str) -> str:
    return "paid" if month in made.calendar.paid_names else "open"


def _by_reason(changes: pl.DataFrame) -> Iterator[tuple[str, int, int]]:
    sums = changes.group_by("reason").agg(pl.len().alias("n"), pl.col("difference").sum())
    found = {reason: (number, pence) for reason, number, pence in sums.iter_rows()}
    for reason, words in REASONS.items():
        if reason in found:
            yield words, *found[reason]


def _paid_sheet(name: str, table: pl.DataFrame, made: Statements) -> StatementSheet:
    """Lines with their months; columns that say the same of every line are left out."""
    frame = _in_words(table)
    frame = frame.drop([column for column in _NOT_SHOWN if column in frame.columns and not (frame[column] > 1).any()])
    return _added_sheet(name, frame, made)


def _payments_sheet(made: Statements, statements: Sequence[Statement]) -> StatementSheet:
    """A row a provider and kind of amount, with the months."""
    rows: list[list[Any]] = []
    for statement in statements:
        for kind, words in KINDS.items():
            amounts = statement.summary[kind].to_list()
            if any(amounts):
                rows.append([statement.provider_id or None, statement.name or None, words, *amounts, sum(amounts)])
    months = [*made.calendar.names, "carried_over", "total"]
    schema = {
        "provider_id": pl.String(),
        "name": pl.String(),
        "pays_for": pl.String(),
        **dict.fromkeys(months, pl.Int64()),
    }
    return _added_sheet("Payments", pl.DataFrame(rows, schema=schema, orient="row"), made)


def _added_sheet(name: str, frame: pl.DataFrame, made: Statements) -> StatementSheet:
    months = made.calendar.names
    money = [column for column in frame.columns if column in (*_MONEY, *months)]
    shown = _headed(frame)
    formulas = {TOTAL: summed(shown, TOTAL, [*months, CARRIED_OVER])}
    wrapped = [_HEADS["note"]] if "note" in frame.columns else []
    block = Block(shown, [_HEADS.get(column, column) for column in money], wrapped=wrapped, formulas=formulas)
    return StatementSheet(name, block, added=True, corrections=KINDS["correction"])


def _index_sheet(made: Statements) -> StatementSheet:
    return StatementSheet("Index", Block(_headed(index_table(made)), [_HEADS[column] for column in _INDEX_MONEY]))


def _changes_sheet(changes: pl.DataFrame) -> StatementSheet:
    what = pl.col("what").str.slice(0, 1).str.to_uppercase() + pl.col("what").str.slice(1)
    frame = _in_words(changes).with_columns(
        pl.col("reason").replace(dict(REASONS)), pl.col("kind").replace(dict(KINDS)), what.alias("what")
    )
    return StatementSheet(
        "Changes", Block(_headed(frame), [_HEADS[column] for column in _CHANGED], wrapped=["What changed"])
    )


def _findings_sheet(findings: pl.DataFrame) -> StatementSheet:
    wrapped = [_HEADS[name] for name in ("message", "what_to_do", "meaning") if name in findings.columns]
    return StatementSheet("Findings", Block(_headed(findings), wrapped=wrapped))


def _in_words(frame: pl.DataFrame) -> pl.DataFrame:
    """Codes of provisions and phases as a person reads them; the parts that places are funded in stay codes."""
    words = vocabulary()
    titles = {
        "provision": {code: provision.title for code, provision in words.provisions.items()},
        "phase": {code: phase.title for code, phase in words.phases.items()},
    }
    return frame.with_columns(pl.col(name).replace(known) for name, known in titles.items() if name in frame.columns)


def _headed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({name: _HEADS[name] for name in frame.columns if name in _HEADS})


def _added_up(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Summaries added up, row by row."""
    money = [*KINDS, "total"]
    sums = frames[0].select(money)
    for frame in frames[1:]:
        sums = sums + frame.select(money)
    return frames[0].with_columns(sums)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
