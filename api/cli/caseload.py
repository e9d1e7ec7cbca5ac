"""The command caseload: a published table of plans, or England as the project carries it, to placements with counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from api.cli.costings import DATA, DONE, check_out
from api.cli.layout import Line, counted, heading, listed, number, paragraph, table
from api.cli.options import AsJson, Quiet
from api.cli.samples import illustrative
from api.cli.screen import say, say_json, working
from api.cli.summary import file_lines
from scenarios.caseload import Caseload, england_caseload, read_caseload
from scenarios.plans.findings import finding_code
from tariff_engine import Framework, load_frameworks
from tariff_engine.errors import UsageError

_STYLE_OF = {"error": "error", "warning": "warning", "info": ""}


def caseload(
    out: Annotated[
        Path, typer.Option("--out", metavar="OUT", help="Where to write: OUT.csv, .parquet, .arrow, .xlsx or .ods.")
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Plans by need and placement type, as Explore education statistics has it."
        ),
    ] = None,
    england: Annotated[
        bool, typer.Option("--england", help="England, from the figures that the project carries.")
    ] = False,
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="F", help="What it is to be priced under.")
    ] = None,
    impute: Annotated[
        bool, typer.Option("--impute", help="Fill in needs and placements that aren't recorded, and label them.")
    ] = False,
    by_need: Annotated[
        Path | None,
        typer.Option(
            "--by-need", metavar="FILE", help="Plans by need alone, where needs by placement are unavailable."
        ),
    ] = None,
    time_period: Annotated[
        str | None, typer.Option("--time-period", metavar="T", help="Which one of the table's, such as 202425.")
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a caseload with counts from a published table of plans; every plan is in it or set aside with a reason."""
    if (file is None) != england:
        raise UsageError("Give a table of plans, or --england for the figures that the project carries; not both.")
    if file is None and (by_need or time_period):
        raise UsageError("--by-need and --time-period go with a table of plans, not with --england.")
    inputs = [path for path in (file, by_need) if path is not None]
    check_out(out, *inputs)
    version = load_frameworks(framework)[-1] if framework else illustrative()[-1]
    with working("Making a caseload"):
        made = (
            england_caseload(version, impute=impute)
            if file is None
            else read_caseload(file, version, by_need=by_need, time_period=time_period, impute=impute)
        )
    files = made.write(out, inputs)
    if json:
        say_json(_document(made, files))
    else:
        say([*_lines(made, version, files[0]), *file_lines(files)], quiet=quiet)
    raise typer.Exit(DONE if made.placements.height else DATA)


def _lines(made: Caseload, version: Framework, out: Path) -> Iterator[Line]:
    totals = made.totals
    rows = counted(made.placements.height, "row")
    yield from paragraph(f"{counted(totals['read'], 'plan')} read for {version.name}; the caseload has {rows}.")
    yield from paragraph("Levels of need, year groups and hours are assumed: no table of plans has them.", "warning")
    yield Line()
    given = [[_basis_title(basis), number(plans)] for basis, plans in totals["in_caseload_by_basis"].items()]
    aside = [[f"Set aside: {reason}", number(plans)] for reason, plans in totals["set_aside_by_reason"].items()]
    yield from table(["", "Plans"], [*given, *aside, ["Read", number(totals["read"])]], totals=1)
    stated = made.provenance["plans_in_rows_for_england"]
    if stated is not None and stated != totals["read"]:
        yield from paragraph(f"The table's own rows for England have {stated:,} plans.", "warning")
    yield from _finding_lines(made.findings)
    yield Line()
    yield Line(f"Price it with: tariff-engine price {out} --framework {version.name} --period P --out costing.csv")


def _basis_title(basis: str) -> str:
    kind, _, filled_in = basis.partition(": ")
    return f"In the caseload, {kind}" + (f" ({filled_in} filled in)" if filled_in else "")


def _finding_lines(findings: pl.DataFrame) -> Iterator[Line]:
    if findings.is_empty():
        yield from heading("Findings: none")
        return
    yield from heading("Findings")
    for group in _groups(findings):
        where = f", row {listed(group['rows'])}" if group["rows"] else ""
        title = f"{group['severity']} {group['code']}: {group['count']:,}{where}"
        yield from paragraph(title, _STYLE_OF[group["severity"]], hanging=2)
        yield from paragraph(f"{group['message']}. {group['what_to_do']}", indent=2)


def _groups(findings: pl.DataFrame) -> list[dict[str, Any]]:
    """The findings by code, errors first."""
    groups = findings.group_by("code", "severity", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("row").drop_nulls().alias("rows"), pl.col("message").first()
    )
    found = [
        {**row, "meaning": finding_code(row["code"]).meaning, "what_to_do": finding_code(row["code"]).what_to_do}
        for row in groups.iter_rows(named=True)
    ]
    return sorted(found, key=lambda group: list(_STYLE_OF).index(group["severity"]))


def _document(made: Caseload, files: Sequence[Path]) -> dict[str, Any]:
    return {
        **made.provenance,
        "rows": made.placements.height,
        "findings": _groups(made.findings),
        "files": [str(path) for path in files],
    }
