"""The command notional-sen: funded children against schools' notional budgets, and targeted help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.costings import DATA, DONE, check_out, refuse_errors
from api.cli.layout import Line, counted, paragraph, pounds, table
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
from api.cli.screen import complain, say, say_json, working
from api.cli.summary import file_lines, finding_lines, findings_of, under_lines
from api.notices import notices
from tariff_engine import NotionalSen, compare_notional_sen

_MOST_SCHOOLS = 10


def notional_sen(
    file: PlacementsFile,
    schools: Annotated[
        Path, typer.Option("--schools", metavar="SCHOOLS", help="Mainstream schools with their notional_sen_budget.")
    ],
    framework: FrameworkName,
    period: PeriodName,
    out: OutFile,
    rule: Annotated[
        Path | None, typer.Option("--rule", metavar="RULE", help="A rule for targeted help, a TOML file.")
    ] = None,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Set what funded children cost mainstream schools first against their notional budgets; help by a rule."""
    check_out(out, file, schools, rule, providers)
    with working("Pricing"):
        found = compare_notional_sen(
            file, schools, only(framework), period, rule=rule, providers=providers, as_if=as_if
        )
    refused = strict and found.has_errors
    files = [] if refused else found.write(out)
    if json:
        say_json(notional_document(found, files))
    else:
        about = [] if refused else list(_school_lines(found))
        say([*under_lines(found.costing), *about, *finding_lines(found), *file_lines(files)], quiet=quiet)
    if refused:
        refuse_errors(found)
        raise typer.Exit(DATA)
    raise typer.Exit(_status(found))


def notional_document(found: NotionalSen, files: Sequence[Path] = ()) -> dict[str, Any]:
    """The same for JSON. Money is whole pence."""
    return {
        **found.provenance,
        "lines": found.lines.to_dicts(),
        "findings": [group.to_dict() for group in findings_of(found)],
        "notices": notices(found.costing),
        "files": [str(path) for path in files],
    }


def _school_lines(found: NotionalSen) -> Iterator[Line]:
    """The national figure and the rule, then the schools whose budget is used most."""
    figure = found.figure
    yield Line()
    yield from paragraph(
        f"A school meets {pounds(found.first_part_pence)} of a child's extra support a year "
        f"(published for {figure.year}, {figure.confidence})."
    )
    if found.rule is None:
        yield from paragraph("No rule for targeted help was given.")
    else:
        yield from paragraph(f"Targeted help: {found.rule.title} ({found.rule.source}).")
    shown = found.lines.sort("share_of_budget", descending=True, nulls_last=True, maintain_order=True)
    rows = [
        [
            str(row["provider_id"]),
            "-" if row["children"] is None else f"{row['children']:,}",
            pounds(row["first_part"]),
            pounds(row["notional_sen_budget"]),
            pounds(row["targeted_help"]),
        ]
        for row in shown.head(_MOST_SCHOOLS).iter_rows(named=True)
    ]
    if (rest := shown.height - _MOST_SCHOOLS) > 0:
        rows.append([counted(rest, "other"), "", "", "", ""])
    sums = [pounds(int(found.lines[name].sum())) for name in ("first_part", "notional_sen_budget")]
    help_given = pounds(None if found.rule is None else found.total)
    rows.append(["Total", f"{found.lines['children'].sum():,}", *sums, help_given])
    yield Line()
    yield from table(["School", "Children", "First part", "Notional budget", "Help"], rows, totals=1)


def _status(found: NotionalSen) -> int:
    """0, or 1 where there were schools and nothing could be said of any."""
    if found.lines.height and found.lines["first_part"].null_count() == found.lines.height:
        complain("Of no school can it be told how many children are funded. The findings say why.")
        return DATA
    return DONE
