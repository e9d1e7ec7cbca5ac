"""The command protect: the minimum funding guarantee between two versions of a framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from api.cli.costings import DATA, DONE, check_out, refuse_errors
from api.cli.layout import Line, counted, number, paragraph, pounds, table
from api.cli.options import (
    AsIf,
    AsJson,
    FrameworkName,
    OutFile,
    PeriodName,
    PlacementsFile,
    Quiet,
    Strict,
    only,
)
from api.cli.screen import complain, say, say_json, working
from api.cli.summary import file_lines, finding_lines, findings_of
from tariff_engine import Protection
from tariff_engine import protect as work_out
from tariff_engine.legal_standing import standing
from tariff_engine.protection.guarantee import show_guarantee

_MOST_PROVIDERS = 10


def protect(
    file: PlacementsFile,
    framework: FrameworkName,
    last_year: Annotated[
        str, typer.Option("--last-year", metavar="OLD", help="Last year's version, used as if it were in effect.")
    ],
    guarantee: Annotated[
        str,
        typer.Option("--guarantee", metavar="G", help="The least growth: 0.0, -0.015 or -1.5%."),
    ],
    period: PeriodName,
    out: OutFile,
    places: Annotated[
        Path | None, typer.Option("--places", metavar="FILE", help="Commissioned places, the same in both years.")
    ] = None,
    providers: Annotated[
        Path | None,
        typer.Option(
            "--providers",
            metavar="FILE",
            help="Providers: types, areas, successors, and additional_allocation this year and last year.",
        ),
    ] = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Work out each provider's minimum funding guarantee: the same placements and places under two years' rules."""
    check_out(out, file, places, providers)
    with working("Pricing both years"):
        protection = work_out(
            file, only(framework), last_year, guarantee, period, places=places, providers=providers, as_if=as_if
        )
    refused = strict and protection.has_errors
    files = [] if refused else protection.write(out)
    if json:
        say_json(protection_document(protection, files))
    else:
        about = [] if refused else list(_total_lines(protection))
        say([*_heads(protection), *about, *finding_lines(protection), *file_lines(files)], quiet=quiet)
    if refused:
        refuse_errors(protection)
        raise typer.Exit(DATA)
    raise typer.Exit(_status(protection))


def protection_document(protection: Protection, files: Sequence[Path] = ()) -> dict[str, Any]:
    """A protection for JSON. Money is whole pence."""
    return {
        **protection.provenance,
        "providers": protection.lines.to_dicts(),
        "findings": [group.to_dict() for group in findings_of(protection)],
        "notices": _notices(protection),
        "files": [str(path) for path in files],
    }


def _heads(protection: Protection) -> Iterator[Line]:
    yield from paragraph(f"Minimum funding guarantee for {protection.period.name}", "heading")
    yield from paragraph(f"Last year: {protection.before.name}, as if it were in effect")
    yield from paragraph(f"This year: {protection.after.name}")
    yield from paragraph(f"Guarantee: {show_guarantee(protection.guarantee)} of last year's total")
    for notice in _notices(protection):
        yield from paragraph(notice, "warning")


def _notices(protection: Protection) -> list[str]:
    said = standing((*protection.before.frameworks, *protection.after.frameworks))
    if protection.after.costing.as_if:
        said.append(f"AS IF: every day is priced under {protection.after.name}, whatever its dates. Not what is due.")
    if protection.after.places is None:
        said.append("No places were given, so the totals are top-ups alone.")
    if protection.unknown:
        providers = counted(protection.unknown, "provider")
        said.append(f"The protection of {providers} can't be told, and the totals are without it.")
    without = protection.placements["provider_id"].null_count()
    if without:
        said.append(f"{counted(without, 'placement')} without a provider can't be protected.")
    return said


def _total_lines(protection: Protection) -> Iterator[Line]:
    """The providers that are protected most, then the totals of those whose protection is known."""
    known = protection.lines.drop_nulls("protection")
    protected = known.filter(pl.col("protection") > 0).sort("protection", descending=True, maintain_order=True)
    columns = ("total_last_year", "total", "protection")
    rows = [
        [str(provider), *(pounds(amount) for amount in amounts)]
        for provider, *amounts in protected.select("provider_id", *columns).head(_MOST_PROVIDERS).iter_rows()
    ]
    rest = protected.slice(_MOST_PROVIDERS)
    if rest.height:
        rows.append([counted(rest.height, "other"), *(pounds(int(rest[name].sum())) for name in columns)])
    others = known.filter(pl.col("protection") == 0)
    rows.append([f"{number(others.height)} not protected", *(pounds(int(others[name].sum())) for name in columns)])
    rows.append(["Total", *(pounds(int(known[name].sum())) for name in columns)])
    yield Line()
    yield from table(["Provider", "Last year", "This year", "Protection"], rows, totals=1)


def _status(protection: Protection) -> int:
    """0, or 1 where there were providers and no protection could be told."""
    if protection.lines.height and protection.unknown == protection.lines.height:
        complain("No provider's protection could be told. The findings say why.")
        return DATA
    return DONE
