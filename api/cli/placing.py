"""The command places: what is paid for commissioned places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from api.cli.costings import DATA, check_out, refuse_errors, status_of
from api.cli.layout import Line, number, pounds, table
from api.cli.options import AsIf, AsJson, FrameworkName, OutFile, PeriodName, ProvidersFile, Quiet, Strict, only
from api.cli.screen import say, say_json, working
from api.cli.summary import file_lines, finding_lines, findings_of, provision_title, under_lines
from api.notices import notices
from tariff_engine import PlaceFunding, place_funding
from tariff_engine.vocabulary import vocabulary

PlacesFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Commissioned places, one row a provider, provision, phase and occupancy: "
        "CSV, XLSX, XLSM, ODS, Parquet or Arrow.",
    ),
]


def places(
    file: PlacesFile,
    framework: FrameworkName,
    period: PeriodName,
    out: OutFile,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fund commissioned places: totals here, every row with its rate, amount and months in OUT."""
    check_out(out, file, providers)
    with working("Funding places"):
        funding = place_funding(file, only(framework), period, providers=providers, as_if=as_if)
    refused = strict and funding.has_errors
    files = [] if refused else funding.write(out)
    if json:
        say_json(place_document(funding, files))
    else:
        totals = [] if refused else [Line(), *_total_lines(funding)]
        say([*under_lines(funding), *totals, *finding_lines(funding), *file_lines(files)], quiet=quiet)
    if refused:
        refuse_errors(funding)
        raise typer.Exit(DATA)
    raise typer.Exit(status_of(funding))


def place_document(funding: PlaceFunding, files: Sequence[Path] = ()) -> dict[str, Any]:
    """Place funding for JSON. Money is whole pence."""
    return {
        **funding.provenance,
        "by_provision": [
            {
                "provision": row["provision"],
                "phase": row["phase"],
                "rows": row["rows"],
                "unpriced": row["unpriced"],
                "amount_pence": row["amount"],
            }
            for row in funding.by("provision", "phase").iter_rows(named=True)
        ],
        "findings": [group.to_dict() for group in findings_of(funding)],
        "notices": notices(funding),
        "files": [str(path) for path in files],
    }


def _total_lines(funding: PlaceFunding) -> Iterator[Line]:
    """By provision and phase, then rows read, priced and set aside."""
    order = {code: at for at, code in enumerate(vocabulary().provisions)}
    groups = sorted(
        funding.by("provision", "phase").filter(pl.col("rows") > 0).iter_rows(),
        key=lambda row: order.get(row[0], len(order)),
    )
    rows = [[provision_title(code), phase, number(count), pounds(amount)] for code, phase, count, _, amount in groups]
    rows.append(["Total", "", number(sum(row[2] for row in groups)), pounds(funding.total)])
    yield from table(["Provision", "Phase", "Rows", "Amount"], rows, text_columns=2, totals=1)
    yield Line()
    counts = (("Read", "read"), ("Priced", "priced"), ("Set aside", "set_aside"))
    yield from table(["", "Rows"], [[title, number(funding.counts[name])] for title, name in counts])
