"""The commands about frameworks: list, show, check, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.comparing import comparison_document, comparison_lines, two_costings
from api.cli.costings import DONE, USAGE, refuse_errors, status_of
from api.cli.framework_pages import framework_document, framework_entry, framework_lines, list_lines
from api.cli.layout import Line, counted, heading, paragraph
from api.cli.options import AsIf, AsJson, ProvidersFile, Strict
from api.cli.screen import complain, say, say_json
from scenarios.compare import compare as compare_costings
from tariff_engine import Framework, check_framework, diff_frameworks, load_frameworks, shipped_frameworks
from tariff_engine.errors import UsageError

Reference = Annotated[str, typer.Argument(metavar="F", help="NAME, NAME@VERSION or a folder.")]


def application(terminal: bool) -> typer.Typer:
    """The commands under ``frameworks``."""
    markup: dict[str, Any] = {"rich_markup_mode": "rich" if terminal else None}
    app = typer.Typer(help="List, read, check and compare framework versions.", no_args_is_help=True, **markup)
    app.command("list")(list_frameworks)
    app.command("show")(show)
    app.command("check")(check)
    app.command("diff")(diff)
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
    path: Annotated[str, typer.Argument(metavar="PATH", help="A version's folder, or the folder above several.")],
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
        Path | None, typer.Option("--caseload", metavar="FILE", help="Placements to price under both; needs --period.")
    ] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="P", help="The period to price them for.")] = None,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
) -> None:
    """Show every value that differs between two versions, and what that means for a caseload."""
    if (caseload is None) != (period is None):
        raise UsageError("--caseload and --period go together.")
    before, after = one_version(old), one_version(new)
    # The values are in pounds, as the files have them.
    rows = diff_frameworks(before, after)
    document: dict[str, Any] = {"before": before.name, "after": after.name, "differences": rows.to_dicts()}
    lines = [*_difference_lines(before, after, rows.rows())]
    status = DONE
    if caseload is not None and period is not None:
        costings = two_costings(caseload, (before, after), period, providers=providers, as_if=as_if)
        if strict and refuse_errors(*costings):
            raise typer.Exit(1)
        comparison = compare_costings(*costings)
        document["comparison"] = comparison_document(comparison, costings)
        lines += [Line(), *comparison_lines(comparison, costings)]
        status = status_of(*costings)
    if json:
        say_json(document)
    else:
        say(lines)
    raise typer.Exit(status)


def one_version(reference: str) -> Framework:
    """The one version that a reference names."""
    versions = load_frameworks(reference)
    if len(versions) > 1:
        names = ", ".join(version.name for version in versions)
        raise UsageError(f"{reference} has several versions. Name one of {names}.")
    return versions[0]


def _difference_lines(
    before: Framework, after: Framework, rows: list[tuple[str, str, str, str | None, str | None]]
) -> list[Line]:
    lines = [Line(f"{before.name} to {after.name}: {counted(len(rows), 'difference')}", "heading")]
    table = ""
    for name, key, field, was, now in rows:
        if name != table:
            table = name
            lines += heading(name)
        if was is None:
            change = f"{now} added"
        elif now is None:
            change = f"{was} taken away"
        else:
            change = f"{was} to {now}"
        lines += paragraph(f"{key + ' ' if key else ''}{field}: {change}", indent=2, hanging=4)
    return lines
