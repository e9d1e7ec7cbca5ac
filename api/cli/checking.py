"""The command check: what was paid against what is due."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.costings import DATA, DONE, check_out, refuse_errors
from api.cli.layout import Line, counted, heading, number, paragraph, pounds, signed, table
from api.cli.options import AsIf, AsJson, FrameworkName, PeriodName, ProvidersFile, Quiet, Strict, only
from api.cli.screen import complain, say, say_json, working
from api.cli.summary import file_lines, finding_lines, findings_of, under_lines
from api.notices import notices
from tariff_engine.errors import UsageError
from tariff_engine.remittance import RemittanceCheck, check_remittance
from tariff_engine.remittance.letter import check_letter

_MOST_QUERIES = 10

RemittanceFile = Annotated[
    Path,
    typer.Argument(
        metavar="REMITTANCE", help="What was paid, in the authority's own layout: CSV, XLSX, XLSM, ODS, Parquet."
    ),
]
PlacementsOption = Annotated[
    Path, typer.Option("--placements", metavar="FILE", help="Your placements, one row a spell, as for price.")
]
CheckOut = Annotated[
    Path,
    typer.Option("--out", metavar="OUT", help="Where to write: OUT.xlsx, OUT.ods, OUT.csv, OUT.parquet or OUT.arrow."),
]
MapFile = Annotated[
    Path | None, typer.Option("--map", metavar="MAP.toml", help="What the remittance's columns and periods mean.")
]
LastYear = Annotated[
    str | None, typer.Option("--last-year", metavar="OLD", help="The version whose rates may have been paid instead.")
]
Authority = Annotated[
    str | None,
    typer.Option("--authority", metavar="CODE", help="Whose remittance it is, where several pay for your children."),
]
LetterFile = Annotated[
    Path | None, typer.Option("--letter", metavar="OUT", help="The queries as a letter: OUT.odt or OUT.md.")
]


def check(
    remittance: RemittanceFile,
    placements: PlacementsOption,
    framework: FrameworkName,
    period: PeriodName,
    out: CheckOut,
    column_map: MapFile = None,
    last_year: LastYear = None,
    authority: Authority = None,
    letter: LetterFile = None,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check what an authority paid against what is due, for every child and month."""
    check_out(out, remittance, placements, providers, column_map)
    if letter is not None:
        check_letter(letter)
        check_out(letter, remittance, placements, providers, column_map, option="--letter")
        if letter.absolute() == out.absolute():
            raise UsageError("--out and --letter would write the same file. Give each a name of its own.")
    with working("Checking"):
        checked = check_remittance(
            remittance,
            placements,
            only(framework),
            period,
            column_map=column_map,
            last_year=last_year,
            providers=providers,
            authority=authority,
            as_if=as_if,
        )
    refused = strict and checked.has_errors
    files = [] if refused else [*checked.write(out), *([] if letter is None else [checked.write_letter(letter)])]
    if json:
        say_json(check_document(checked, files))
    else:
        say([*check_lines(checked), *file_lines(files)], quiet=quiet)
    if refused:
        refuse_errors(checked)
        raise typer.Exit(DATA)
    raise typer.Exit(_status(checked))


def check_lines(checked: RemittanceCheck) -> Iterator[Line]:
    """Totals, the differences by reason, the largest queries, and the findings. No child is named."""
    yield from under_lines(checked.costing)
    windows, totals = checked.windows, checked.totals
    yield from paragraph(f"Compared from {windows['from'][0]} to {windows['to'][-1]}.")
    yield Line()
    rows = [
        ["Due", pounds(totals["due_pence"])],
        ["Paid", pounds(totals["paid_pence"])],
        ["Difference", signed(totals["difference_pence"])],
    ]
    yield from table(["", ""], rows, totals=1)
    if totals["not_compared_pence"]:
        aside = pounds(totals["not_compared_pence"])
        yield from paragraph(
            f"Paid for children for whom what is due isn't known, and not in these: {aside}", "warning"
        )
    if totals["unread_payments"]:
        unread = counted(totals["unread_payments"], "payment")
        yield from paragraph(f"{unread} couldn't be read, and not counted: see the findings.", "warning")
    yield from heading("By reason")
    found = [
        [row["title"], number(row["children"]), pounds(row["due"]), pounds(row["paid"]), signed(row["difference"])]
        for row in checked.by_reason().iter_rows(named=True)
    ]
    yield from table(["", "Children", "Due", "Paid", "Difference"], found)
    yield from _query_lines(checked)
    yield from finding_lines(checked)


def check_document(checked: RemittanceCheck, files: list[Path]) -> dict[str, Any]:
    """The same for JSON. Money is whole pence."""
    by_reason = [
        {
            "reason": row["reason"],
            "title": row["title"],
            "lines": row["lines"],
            "children": row["children"],
            **{f"{name}_pence": row[name] for name in ("due", "paid", "difference")},
        }
        for row in checked.by_reason().iter_rows(named=True)
    ]
    by_month = [
        {"period": row["period"], **{f"{name}_pence": row[name] for name in ("due", "paid", "difference")}}
        for row in checked.windows.iter_rows(named=True)
    ]
    return {
        **checked.provenance,
        "by_reason": by_reason,
        "by_month": by_month,
        "findings": [group.to_dict() for group in findings_of(checked)],
        "notices": notices(checked.costing),
        "files": [str(path) for path in files],
    }


def _query_lines(checked: RemittanceCheck) -> Iterator[Line]:
    queries = checked.queries
    if queries.is_empty():
        yield from heading("Queries: none")
        return
    yield from heading(f"Queries: {counted(queries.height, 'child', 'children')}, the largest first")
    shown = queries.head(_MOST_QUERIES)
    rows = [
        [f"{row['query']}. {row['reason'] or ''}", row["placement_id"] or "-", signed(row["difference"])]
        for row in shown.iter_rows(named=True)
    ]
    yield from table(["", "Placement", "Difference"], rows, text_columns=2)
    if queries.height > shown.height:
        yield from paragraph(f"{queries.height - shown.height:,} more are in the file.")


def _status(checked: RemittanceCheck) -> int:
    """0, or 1 where there were placements and none of them could be priced."""
    read = checked.costing.counts["read"]
    if read and not checked.costing.counts["priced"]:
        complain("None of the placements could be priced. The findings say why.")
        return DATA
    return DONE
