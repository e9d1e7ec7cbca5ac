"""What a costing comes to, for a person to read or a program to parse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from api.cli.layout import Line, day, heading, listed, number, paragraph, pounds, table
from api.notices import Figures, Found, notices
from tariff_engine.costing import Costed
from tariff_engine.explanation import Explanation
from tariff_engine.finding_codes import CODES, PUBLISHED_AS, FindingCode
from tariff_engine.vocabulary import vocabulary

_SEVERITIES = ("error", "warning", "info")
_STYLE_OF = {"error": "error", "warning": "warning", "info": ""}


@dataclass(frozen=True)
class FoundGroup:
    """The findings of one code and severity. ``rows`` are the ones a person sees; empty for the file as a whole."""

    about: FindingCode
    code: str
    count: int
    rows: tuple[int, ...]
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The group as plain values for JSON."""
        return {
            "code": self.code,
            "severity": self.about.severity,
            "count": self.count,
            "rows": list(self.rows),
            "meaning": self.about.meaning,
            "what_to_do": self.about.what_to_do,
        }


def findings_of(costing: Found) -> list[FoundGroup]:
    """The findings by code, errors first and then the most frequent."""
    about = {(PUBLISHED_AS.get(name, name), code.severity): code for name, code in CODES.items()}
    found = [
        FoundGroup(about[code, severity], code, count, tuple(rows), message)
        for code, severity, count, rows, message in costing.found.iter_rows()
    ]
    return sorted(found, key=lambda group: (_SEVERITIES.index(group.about.severity), -group.count))


def costing_lines(costing: Costed) -> Iterator[Line]:
    """A costing on a page: what it is under, totals, by provision, rows, findings."""
    yield from under_lines(costing)
    yield from _total_lines(costing)
    yield from _provision_lines(costing)
    yield from _row_lines(costing)
    yield from finding_lines(costing)


def costing_document(costing: Costed, files: Sequence[Path] = ()) -> dict[str, Any]:
    """The same for JSON. Money is whole pence."""
    return {
        **costing.provenance,
        "by_provision": [
            {
                "provision": row["provision"],
                "payer": row["payer"],
                "children": row["children"],
                "unpriced": row["unpriced"],
                "amount_pence": row["amount"],
            }
            for row in costing.by("provision", "payer").iter_rows(named=True)
        ],
        "findings": [group.to_dict() for group in findings_of(costing)],
        "notices": notices(costing),
        "files": [str(path) for path in files],
    }


def under_lines(costing: Figures) -> Iterator[Line]:
    """The framework's title, its versions and the period."""
    first = costing.frameworks[0]
    yield from paragraph(first.header.title, "heading")
    names = ", ".join(framework.name for framework in costing.frameworks)
    period = costing.period
    yield from paragraph(f"{names}, {period.name} ({day(period.start)} to {day(period.end)})")
    for notice in notices(costing):
        yield from paragraph(notice, "warning")


def finding_lines(costing: Found) -> Iterator[Line]:
    """Each kind of finding: how often, where, what it means and what to do."""
    groups = findings_of(costing)
    if not groups:
        yield from heading("Findings: none")
        return
    yield from heading("Findings")
    for group in groups:
        where = f", row{'s' if len(group.rows) > 1 else ''} {listed(group.rows)}" if group.rows else ""
        title = f"{group.about.severity} {group.code}: {group.count:,}{where}"
        yield from paragraph(title, _STYLE_OF[group.about.severity], hanging=2)
        yield from paragraph(f"{group.about.meaning} {group.about.what_to_do}", indent=2)
        yield from paragraph(f"First: {group.message}", indent=2)


def explanation_lines(explanation: Explanation) -> Iterator[Line]:
    """Every step of one placement, wrapped; what belongs to a step stands under it."""
    for text in explanation.text().splitlines():
        indent = len(text) - len(text.lstrip())
        step = not indent and text[:1].isdigit()
        last = text == explanation.conclusion
        yield from paragraph(text.strip(), "heading" if step or last else "", indent, indent + 2) if text else [Line()]


def file_lines(files: Sequence[Path]) -> Iterator[Line]:
    """The files that were written."""
    if files:
        yield from heading("Written")
        for path in files:
            yield Line(f"  {path}")


def provision_title(code: str | None) -> str:
    """A provision in words."""
    known = vocabulary().provisions.get(code or "")
    return known.title if known else "(provision not known)"


def _total_lines(costing: Costed) -> Iterator[Line]:
    counts, words = costing.counts, vocabulary()
    yield Line()
    rows = [("High needs budget", pounds(counts["amount_pence"]))]
    by_payer = costing.by("provision", "payer").group_by("payer").agg(pl.col("amount").sum()).sort("payer")
    others = by_payer.filter(pl.col("payer") != vocabulary().high_needs_payer)
    rows += [
        (f"Outside it: {words.payers[payer]}", pounds(amount))
        for payer, amount in others.select("payer", "amount").iter_rows()
    ]
    rows.append(("Children priced", number(counts["priced_children"])))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for at, (title, figure) in enumerate(rows):
        yield Line(f"{title.ljust(widths[0])}  {figure.rjust(widths[1])}", "good" if at == 0 else "")


def _provision_lines(costing: Costed) -> Iterator[Line]:
    inside, outside = pl.col("payer") == vocabulary().high_needs_payer, pl.col("payer") != vocabulary().high_needs_payer
    groups = (
        costing.by("provision", "payer")
        .group_by("provision", maintain_order=True)
        .agg(
            pl.col("children").sum(),
            pl.col("amount").filter(inside).sum().alias("inside"),
            pl.col("amount").filter(outside).sum().alias("outside"),
        )
    )
    if groups.is_empty():
        return
    order = {code: at for at, code in enumerate(vocabulary().provisions)}
    found = sorted(groups.iter_rows(), key=lambda row: order.get(row[0], len(order)))
    with_outside = any(row[3] for row in found)
    rows = [
        [provision_title(code), number(children), pounds(high), *([pounds(rest)] if with_outside else [])]
        for code, children, high, rest in found
    ]
    sums = [sum(row[column] for row in found) for column in (1, 2, 3)]
    rows.append(["Total", number(sums[0]), pounds(sums[1]), *([pounds(sums[2])] if with_outside else [])])
    yield Line()
    titles = ["Provision", "Children", "High needs", *(["Outside it"] if with_outside else [])]
    yield from table(titles, rows, totals=1)


def _row_lines(costing: Costed) -> Iterator[Line]:
    counts = costing.counts
    rows = [
        [title, number(counts[rows]), number(counts[children])]
        for title, rows, children in (
            ("Read", "read", "read_children"),
            ("Priced", "priced", "priced_children"),
            ("Set aside", "set_aside", "set_aside_children"),
        )
    ]
    yield Line()
    yield from table(["", "Rows", "Children"], rows)
