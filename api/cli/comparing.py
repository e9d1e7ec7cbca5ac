"""The command compare: one caseload under two frameworks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import typer

from api.cli.costings import DATA, check_out, priced, refuse_errors, status_of
from api.cli.layout import Line, counted, heading, paragraph, pounds, signed, table
from api.cli.options import (
    AsIf,
    AsJson,
    OutFile,
    PeriodName,
    PlacementsFile,
    ProvidersFile,
    Quiet,
    Strict,
    TwoFrameworks,
)
from api.cli.screen import say, say_json
from api.cli.summary import costing_document, file_lines, provision_title
from api.notices import notices
from scenarios.compare import COMPARED, ONLY_AFTER, ONLY_BEFORE, Comparison
from scenarios.compare import compare as compare_costings
from tariff_engine import Costing, Framework
from tariff_engine.errors import UsageError
from tariff_engine.framework import NO_BAND
from tariff_engine.vocabulary import vocabulary

_MOST_PROVIDERS = 5


def compare(
    file: PlacementsFile,
    framework: TwoFrameworks,
    period: PeriodName,
    out: OutFile,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Price one caseload under two frameworks, and show what changes and for whom."""
    if len(framework) != 2:
        raise UsageError("Give --framework twice: the framework before, and the one after.")
    check_out(out, file, providers)
    costings = two_costings(file, framework, period, providers=providers, as_if=as_if)
    if strict and refuse_errors(*costings):
        raise typer.Exit(DATA)
    comparison = compare_costings(*costings)
    files = comparison.write(out)
    if json:
        say_json({**comparison_document(comparison, costings), "files": [str(path) for path in files]})
    else:
        say([*comparison_lines(comparison, costings), *file_lines(files)], quiet=quiet)
    raise typer.Exit(status_of(*costings))


def two_costings(
    caseload: Path | pl.DataFrame,
    frameworks: Sequence[str | Framework],
    period: str,
    *,
    providers: Path | None = None,
    as_if: bool = False,
) -> tuple[Costing, Costing]:
    """The costings before and after."""
    before, after = (priced(caseload, framework, period, providers=providers, as_if=as_if) for framework in frameworks)
    return before, after


def comparison_lines(comparison: Comparison, costings: tuple[Costing, Costing]) -> Iterator[Line]:
    """Totals, then by provision and band, then the providers that gain and lose most."""
    yield from _heads(costings)
    yield Line()
    compared = comparison.counts[COMPARED]
    yield from paragraph(f"{counted(compared, 'placement')} priced on both sides; the figures are theirs.")
    for name, priced_only, pence in (
        ("before", ONLY_BEFORE, comparison.not_compared_before),
        ("after", ONLY_AFTER, comparison.not_compared_after),
    ):
        if comparison.counts[priced_only]:
            count = counted(comparison.counts[priced_only], "placement")
            yield from paragraph(f"{count} priced only {name}, at {pounds(pence)}: not in the figures.", "warning")
    yield Line()
    totals = [
        ["Before", pounds(comparison.total_before)],
        ["After", pounds(comparison.total_after)],
        ["Difference", signed(comparison.difference)],
    ]
    yield from table(["High needs budget", ""], totals, totals=1)
    yield from _by(comparison, "provision", "By provision")
    yield from _by(comparison, "band", "By band")
    yield from _providers(comparison)


def comparison_document(comparison: Comparison, costings: tuple[Costing, Costing]) -> dict[str, Any]:
    """The same for JSON. Money is whole pence."""
    return {
        "before": costing_document(costings[0]),
        "after": costing_document(costings[1]),
        "compared": comparison.provenance["compared"],
        "total_before_pence": comparison.total_before,
        "total_after_pence": comparison.total_after,
        "difference_pence": comparison.difference,
        **{f"by_{column}": _rows(comparison, column) for column in ("provision", "band", "provider_id")},
    }


def _heads(costings: tuple[Costing, Costing]) -> Iterator[Line]:
    for title, costing in zip(("Before", "After"), costings, strict=True):
        names = ", ".join(framework.name for framework in costing.frameworks)
        yield from paragraph(f"{title}: {names}, {costing.period.name}", "heading", hanging=2)
        for notice in notices(costing):
            yield from paragraph(notice, "warning", indent=2)
        aside = costing.findings.filter(pl.col("code") == "no_version").height
        if aside and not costing.as_if:
            hint = f"{counted(aside, 'row')} on days that the version doesn't cover; --as-if prices them all the same."
            yield from paragraph(hint, "warning", indent=2)


def _by(comparison: Comparison, column: str, title: str) -> Iterator[Line]:
    found = comparison.by(column)
    if found.is_empty():
        return
    order = {code: at for at, code in enumerate(vocabulary().provisions)}
    name = provision_title if column == "provision" else _band_title
    rows = [
        [name(row[column]), pounds(row["before"]), pounds(row["after"]), signed(row["difference"])]
        for row in sorted(found.iter_rows(named=True), key=lambda row: order.get(row[column], len(order)))
    ]
    yield from heading(title)
    yield from table([column.capitalize(), "Before", "After", "Difference"], rows)


def _providers(comparison: Comparison) -> Iterator[Line]:
    for title, found in (
        ("gain most", comparison.gainers(_MOST_PROVIDERS)),
        ("lose most", comparison.losers(_MOST_PROVIDERS)),
    ):
        if found.is_empty():
            yield Line()
            yield from paragraph(f"No providers {title.removesuffix(' most')}.")
            continue
        rows = [
            [row["provider_id"], pounds(row["before"]), pounds(row["after"]), signed(row["difference"])]
            for row in found.iter_rows(named=True)
        ]
        yield from heading(f"Providers that {title}")
        yield from table(["Provider", "Before", "After", "Difference"], rows)


def _rows(comparison: Comparison, column: str) -> list[dict[str, Any]]:
    return [
        {
            column: row[column],
            "before_pence": row["before"],
            "after_pence": row["after"],
            "difference_pence": row["difference"],
        }
        for row in comparison.by(column).iter_rows(named=True)
    ]


def _band_title(band: str | None) -> str:
    return {None: "No band is used", NO_BAND: "No band is reached"}.get(band) or str(band)
