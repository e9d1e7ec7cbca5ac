"""The commands that price one caseload: price and explain."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.costings import DATA, check_out, priced, refuse_errors, status_of
from api.cli.options import (
    AsIf,
    AsJson,
    FrameworkName,
    OutFile,
    PeriodName,
    PlacementsFile,
    ProvidersFile,
    Quiet,
    Strict,
    only,
)
from api.cli.screen import say, say_json
from api.cli.summary import costing_document, costing_lines, explanation_lines, file_lines, finding_lines, under_lines


class Format(StrEnum):
    """How an explanation is printed."""

    TEXT = "text"
    JSON = "json"


def price(
    file: PlacementsFile,
    framework: FrameworkName,
    period: PeriodName,
    out: OutFile,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Price a placements file: totals here, every line with its months in OUT."""
    check_out(out, file, providers)
    costing = priced(file, only(framework), period, providers=providers, as_if=as_if)
    if strict and costing.has_errors:
        if json:
            say_json(costing_document(costing))
        else:
            say([*under_lines(costing), *finding_lines(costing)], quiet=quiet)
        refuse_errors(costing)
        raise typer.Exit(DATA)
    files = costing.write(out)
    if json:
        say_json(costing_document(costing, files))
    else:
        say([*costing_lines(costing), *file_lines(files)], quiet=quiet)
    raise typer.Exit(status_of(costing))


def explain(
    file: PlacementsFile,
    placement: Annotated[str, typer.Option("--placement", metavar="ID", help="The placement_id to explain.")],
    framework: FrameworkName,
    period: PeriodName,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    form: Annotated[Format, typer.Option("--format", help="Text, or JSON with money in whole pence.")] = Format.TEXT,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Show every step of one placement's price, with the source of each figure."""
    costing = priced(file, only(framework), period, providers=providers, as_if=as_if)
    if strict and refuse_errors(costing):
        raise typer.Exit(DATA)
    explanation = costing.explain(placement)
    if json or form is Format.JSON:
        say_json(explanation.to_dict())
    else:
        say(explanation_lines(explanation))
