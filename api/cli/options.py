"""The options that several commands share, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tariff_engine.errors import UsageError

PlacementsFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Placements, one row a spell: CSV, XLSX, XLSM, ODS, Parquet or Arrow.")
]
FrameworkName = Annotated[
    list[str],
    typer.Option("--framework", metavar="F", help="A shipped framework, NAME or NAME@VERSION, a folder or a workbook."),
]
TwoFrameworks = Annotated[
    list[str],
    typer.Option("--framework", metavar="F", help="Give it twice: the framework before, and the one after."),
]
PeriodName = Annotated[
    str,
    typer.Option("--period", metavar="P", help="FY2025-26, AY2025-26 or a pair such as 2025-04-01..2026-03-31."),
]
OutFile = Annotated[
    Path,
    typer.Option("--out", metavar="OUT", help="Where to write: OUT.csv, OUT.xlsx, OUT.ods, OUT.parquet or OUT.arrow."),
]
ProvidersFile = Annotated[
    Path | None, typer.Option("--providers", metavar="FILE", help="Providers: their types, areas and successors.")
]
AsIf = Annotated[bool, typer.Option("--as-if", help="Price every day under the one version named, whatever its dates.")]
Strict = Annotated[bool, typer.Option("--strict", help="Any error in the data ends the run, with nothing written.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, with money in whole pence.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def only(frameworks: list[str]) -> str:
    """The one framework that was named; a second one would be passed over in silence."""
    if len(frameworks) != 1:
        raise UsageError("Give --framework once. To set two beside each other, use compare.")
    return frameworks[0]
