"""The pages of a costing's workbook: what its Summary says, and the totals that follow the figures. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from tariff_engine.costing import engine_version
from tariff_engine.finding_codes import CODES, PUBLISHED_AS
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.legal_standing import standing_by_version
from tariff_engine.periods import FundingPeriod
from tariff_engine.recalculation import recalculation
from tariff_engine.rule_pages import rule_pages
from tariff_engine.tables.book.pages import CostingPages, GroupTotals, SummaryPage
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

_GROUPS = {
    "provision": "provision",
    "primary_need": "primary need",
    "band": "band",
    "phase": "phase",
    "s251_line": "section 251 line",
    "payer": "payer",
}
_CODED = ("s251_line",)
_BLANK = {"band": "No band needed, or none known", "phase": "Year group not given"}
_NOT_GIVEN = "Not given"
_SEVERITIES = ("error", "warning", "info")


def costing_pages(costing: Costing) -> CostingPages:
    """What the workbook of a costing shows besides its lines, findings and provenance."""
    words = vocabulary()
    groups = [_group(costing, column, title) for column, title in _GROUPS.items() if column in costing.lines.columns]
    summary = SummaryPage(
        title=f"Costing for {costing.period.name}",
        facts=list(costing_facts(costing)),
        warnings=list(costing_warnings(costing)),
        counts=_counts(costing),
        payer_column="payer",
        payer=words.high_needs_payer,
        payer_title="Paid by the high needs budget",
        others_title="Paid by others, outside it",
        groups=groups,
        months={month.name: f"{month.start:%B %Y}" for month in costing.period.months},
        findings=findings_counted(costing.findings),
        period=costing.period.name,
    )
    return CostingPages(summary, rule_pages(costing.frameworks), partial(recalculation, costing))


def costing_facts(costing: Costing) -> Iterator[tuple[str, str]]:
    """What a reader has to know before any figure of a costing."""
    read_from = "Placements from", costing.placements.raw.file_name
    return page_facts(costing.frameworks, costing.period, read_from, costing.created_at)


def page_facts(
    frameworks: Sequence[Framework], period: FundingPeriod, read_from: tuple[str, str], created_at: datetime
) -> Iterator[tuple[str, str]]:
    """What stands above every figure: the versions, the period, the file with what it is called, and when."""
    for framework in frameworks:
        header = framework.header
        status = header.legal_status.replace("_", " ")
        until = f"to {_day(header.effective_to)}" if header.effective_to else "on"
        yield "Framework", f"{header.title}, by {header.publisher}"
        yield "Version", f"{framework.name}, {status}, from {_day(header.effective_from)} {until}"
    yield "Period", f"{period.name}: {_day(period.start)} to {_day(period.end)}"
    if read_from[1]:
        yield read_from
    yield "Made", f"{_day(created_at)}, by tariff-engine {engine_version()}"


def costing_warnings(costing: Costing) -> Iterator[str]:
    """Sentences that stand in colour above every figure of a costing."""
    yield from standing_by_version(costing.frameworks, costing.as_if)
    if aside := costing.counts["set_aside"]:
        children = costing.counts["set_aside_children"]
        yield (
            f"{aside:,} of {costing.counts['read']:,} rows {'is' if aside == 1 else 'are'} set aside "
            f"({children:,} {'child' if children == 1 else 'children'}), so the totals are without them. "
            "The findings say why."
        )


def _counts(costing: Costing) -> pl.DataFrame:
    totals, known = costing.counts, costing.lines.unique("placement_id")["count"]
    rows = [
        ("Read", totals["read"], totals["read_children"]),
        ("Priced", totals["priced"], totals["priced_children"]),
        ("Set aside", totals["set_aside"], totals["set_aside_children"]),
    ]
    if unreadable := totals["read"] - len(known):
        children = totals["read_children"] - int(known.sum())
        rows.append(("  of these not readable, so in Findings alone", unreadable, children))
    return pl.DataFrame(rows, schema={"what": pl.String, "Rows": pl.Int64, "Children": pl.Int64}, orient="row")


def _group(costing: Costing, column: str, title: str) -> GroupTotals:
    totals = costing.by(column).with_columns(pl.col(column).cast(pl.String).replace("", None))
    titles = _titles(column, costing.frameworks)
    rows = totals.group_by(column).agg(pl.col("children", "unpriced", "amount").sum()).rows()
    unpriced = costing.lines.filter(pl.col("amount").is_null()).unique("placement_id")["count"].sum()
    children = costing.counts["priced_children"]
    group = GroupTotals(title, column, _named(rows, column, titles), children, int(unpriced), column in _CODED)
    if column != "band":
        return group
    others = [(key, 0, 0, 0) for key in (*titles, None) if key not in {row[0] for row in rows}]
    return replace(group, possible=_named([*rows, *others], column, titles))


def _named(rows: Sequence[tuple[Any, ...]], column: str, titles: Mapping[str, str]) -> pl.DataFrame:
    """The rows of a group in the order of its titles, each with what a person reads for its key."""
    order = {key: place for place, key in enumerate(titles)}
    ordered = sorted(rows, key=lambda row: (row[0] is None, order.get(row[0], len(order)), row[0] or ""))
    named = [
        (key, _label(key, column, titles), children, unpriced, amount if children else None)
        for key, children, unpriced, amount in ordered
    ]
    text, whole = pl.String(), pl.Int64()
    schema = {"key": text, "label": text, "children": whole, "set_aside": whole, "amount": whole}
    return pl.DataFrame(named, schema=schema, orient="row")


def _label(key: str | None, column: str, titles: Mapping[str, str]) -> str:
    return _BLANK.get(column, _NOT_GIVEN) if key is None else titles.get(key, key)


def _titles(column: str, frameworks: Sequence[Framework]) -> Mapping[str, str]:
    """What a person reads for each code, in the order in which the codes are shown."""
    words = vocabulary()
    if column == "band":
        bands = {band.code: band for framework in frameworks for band in framework.bands}
        ordered = sorted(bands.values(), key=lambda band: band.order)
        titles = {band.code: band.title or band.code for band in ordered}
        repeated = len(set(titles.values())) < len(titles)
        return {NO_BAND: "No band reached", **({code: code for code in titles} if repeated else titles)}
    if column == "s251_line":
        lines = {line: str(row["title"]) for line, row in words.section_251_lines.items()}
        return {**lines, "none": "No line", "unresolved": "Can't be told: provider type not known"}
    if column == "primary_need":
        return {code: str(row["title"]) for code, row in words.need_codes.items()}
    if column == "payer":
        return words.payers
    coded = words.provisions if column == "provision" else words.phases
    return {code: entry.title for code, entry in coded.items()}


def findings_counted(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings counted by code, the severe and the many first, with what each means and asks for."""
    known = {(PUBLISHED_AS.get(kind.code, kind.code), kind.severity): kind for kind in CODES.values()}
    counted = findings.group_by("code", "severity").len().rows()
    counted.sort(key=lambda row: (_SEVERITIES.index(row[1]), -row[2], row[0]))
    rows = [
        (known[code, severity].meaning, code, severity, count, known[code, severity].what_to_do)
        for code, severity, count in counted
    ]
    text, whole = pl.String(), pl.Int64()
    return pl.DataFrame(
        rows,
        schema={"meaning": text, "code": text, "severity": text, "count": whole, "what_to_do": text},
        orient="row",
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
