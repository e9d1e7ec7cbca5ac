"""The commands that make a file to start from: sample and template."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from api.cli.costings import check_out
from api.cli.layout import Line, counted
from api.cli.options import AsJson, Quiet
from api.cli.screen import say, say_json, working
from scenarios.sample import sample_caseload, sample_period
from tariff_engine import Framework, load_frameworks, shipped_frameworks
from tariff_engine.errors import UsageError
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.templates import write_placements_template
from tariff_engine.tables.wording import shown
from tariff_engine.tables.writing import write_csv

_MOST_ROWS = 2_000_000


class Layout(StrEnum):
    """The files that a template can be had for."""

    PLACEMENTS = "placements"


def sample(
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1, max=_MOST_ROWS, help="How many placements.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="The same seed makes the same file.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write: FILE.csv or FILE.parquet.")],
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="F", help="What it is to be priced under.")
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a synthetic caseload of one authority; nobody in it is real."""
    _check_ending(out, (".csv", ".parquet"))
    versions = sample_frameworks(framework)
    with working("Making a caseload"):
        caseload = sample_caseload(rows, seed, versions)
    write_frame(out, caseload)
    name, period = versions[-1].name, sample_period(versions).name
    if json:
        said = {"rows": caseload.height, "seed": seed, "framework": name, "period": period, "files": [str(out)]}
        say_json(said)
        return
    lines = [
        Line(f"{out}: {counted(caseload.height, 'placement')}, seed {seed}; nobody in it is real."),
        Line(f"Price it with: tariff-engine price {out} --framework {name} --period {period} --out costing.csv"),
    ]
    say(lines, quiet=quiet)


def template(
    layout: Annotated[Layout, typer.Argument(metavar="placements", help="Which file to fill in.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write: FILE.csv.")],
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="F", help="Adds a column for each of its areas of need.")
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a file to fill in, with every column and one worked example."""
    _check_ending(out, (".csv",))
    version = load_frameworks(framework)[-1] if framework else None
    written = write_placements_template(out, version)
    if json:
        say_json({"template": layout.value, "files": [str(written)]})
    else:
        say([Line(f"{written}: every column, and one worked example to write over.")], quiet=quiet)


def sample_frameworks(reference: str | None = None) -> tuple[Framework, ...]:
    """The versions that a sample is made for: the ones named, or the newest of our own proposal."""
    if reference is not None:
        return load_frameworks(reference)
    return illustrative()[-1:]


def illustrative() -> tuple[Framework, ...]:
    """The versions of the shipped proposal for the whole country, oldest first."""
    found = [f for f in shipped_frameworks() if f.header.legal_status == "illustrative"]
    return tuple(sorted(found, key=lambda framework: framework.header.effective_from))


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Write one table, whole or not at all."""
    with whole_or_nothing([path]) as (staged,):
        if path.suffix.lower() == ".parquet":
            frame.write_parquet(staged)
        else:
            write_csv(staged, frame, money=())


def _check_ending(out: Path, endings: tuple[str, ...]) -> None:
    check_out(out)
    if out.suffix.lower() not in endings:
        raise UsageError(f"{shown(out.name)} must end in {' or '.join(endings)}.")
