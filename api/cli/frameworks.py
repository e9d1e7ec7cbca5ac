"""The commands about frameworks: list, show, check, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.costings import DATA, DONE, USAGE, check_out, refuse_errors, status_of
from api.cli.differences import change_document, change_lines, difference_lines
from api.cli.exporting import export
from api.cli.framework_pages import framework_document, framework_entry, framework_lines, list_lines
from api.cli.layout import Line, counted, paragraph
from api.cli.options import AsJson, ProvidersFile, Strict
from api.cli.screen import complain, say, say_json, working
from api.cli.summary import file_lines
from scenarios.rate_changes import cost_of_changes
from tariff_engine import Framework, check_framework, diff_frameworks, load_frameworks, shipped_frameworks
from tariff_engine.errors import UsageError

Reference = Annotated[str, typer.Argument(metavar="F", help="NAME, NAME@VERSION, a folder or a workbook.")]


def application(terminal: bool) -> typer.Typer:
    """The commands under ``frameworks``."""
    markup: dict[str, Any] = {"rich_markup_mode": "rich" if terminal else None, "add_completion": False}
    app = typer.Typer(help="List, read, check and compare framework versions.", no_args_is_help=True, **markup)
    app.command("list")(list_frameworks)
    app.command("show")(show)
    app.command("check")(check)
    app.command("diff")(diff)
    app.command("export")(export)
    return app


def list_frameworks(json: AsJson = False) -> None:
    """List the framework versions that ship with the program."""
    shipped = shipped_frameworks()
    if json:
        say_json({"frameworks": [framework_entry(framework) for framework in shipped]})
    else:
        say(list_lines(shipped))


def show(reference: Reference, json: AsJson = False) -> None:
    """Show a version's need areas, bands, rates, places and uplifts, each with its source."""
    versions = load_frameworks(reference)
    if json:
        say_json({"frameworks": [framework_document(version) for version in versions]})
    else:
        for version in versions:
            say(framework_lines(version))


def check(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A version's folder, the folder above several, or a workbook.")
    ],
    json: AsJson = False,
) -> None:
    """Check a framework's files; every problem names the file, the row and what was expected."""
    problems = check_framework(path)
    errors = sum(problem.severity == "error" for problem in problems)
    if json:
        found = [
            {"severity": p.severity, "file": p.file, "row": p.row, "column": p.column, "message": p.message}
            for p in problems
        ]
        say_json({"path": path, "usable": not errors, "problems": found})
    else:
        for problem in problems:
            say(paragraph(f"{problem.severity} {problem.text()}", problem.severity, hanging=2))
        if not errors:
            warnings = f", with {counted(len(problems), 'warning')}" if problems else ""
            say([Line(f"{path}: no errors{warnings}.", "good")])
    if errors:
        complain(f"{path} can't be used: {counted(errors, 'error')}.")
    raise typer.Exit(USAGE if errors else DONE)


def diff(
    old: Annotated[str, typer.Argument(metavar="F1", help="The version before.")],
    new: Annotated[str, typer.Argument(metavar="F2", help="The version after.")],
    caseload: Annotated[
        Path | None, typer.Option("--caseload", metavar="FILE", help="Placements to price for a full year under both.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="P", help="The year to price them for; else the first year of F2."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="OUT", help="Where to write the changes: .csv, .xlsx or .parquet.")
    ] = None,
    providers: ProvidersFile = None,
    as_if: Annotated[
        bool,
        typer.Option("--as-if", help="Always so here: both versions are priced for one year, whatever their dates."),
    ] = False,
    strict: Strict = False,
    json: AsJson = False,
) -> None:
    """Show every value that differs between two versions, and what each change costs on a caseload in a full year."""
    before, after = one_version(old), one_version(new)
    document: dict[str, Any] = {"before": before.name, "after": after.name}
    # The values are in pounds, as the files have them.
    document["differences"] = diff_frameworks(before, after).to_dicts()
    if caseload is None:
        if period or out or providers or as_if:
            raise UsageError("--period, --out, --providers and --as-if go with --caseload.")
        if json:
            say_json(document)
        else:
            say(difference_lines(before, after))
        return
    if out is not None:
        check_out(out, caseload, providers)
    with working("Pricing"):
        changes = cost_of_changes(caseload, before, after, period, providers)
    costings = changes.costing_before, changes.costing_after
    if strict and refuse_errors(*costings):
        raise typer.Exit(DATA)
    files = changes.write(out) if out is not None else []
    if json:
        say_json({**document, "full_year": change_document(changes, files)})
    else:
        say([*change_lines(changes), *file_lines(files)])
    raise typer.Exit(status_of(*costings))


def one_version(reference: str) -> Framework:
    """The one version that a reference names."""
    versions = load_frameworks(reference)
    if len(versions) > 1:
        names = ", ".join(version.name for version in versions)
        raise UsageError(f"{reference} has several versions. Name one of {names}.")
    return versions[0]
