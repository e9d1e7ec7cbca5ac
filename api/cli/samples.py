"""The commands that make a file to start from: sample and template."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from api.cli.costings import check_out
from api.cli.exporting import refuse_an_edited
from api.cli.layout import Line, counted
from api.cli.options import AsJson, Quiet
from api.cli.screen import say, say_json, working
from scenarios.sample import sample_caseload, sample_period
from tariff_engine import Framework, load_frameworks, shipped_frameworks
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.framework_library import example_files, framework_files
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.sinks import write_csv
from tariff_engine.tables.wording import shown

_MOST_ROWS = 2_000_000
_WORKBOOK = ".xlsx"


class Kind(StrEnum):
    """The files that a template can be had for."""

    PLACEMENTS = "placements"
    PLACES = "places"
    PROVIDERS = "providers"
    REMITTANCE = "remittance"
    FRAMEWORK = "framework"


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
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"Which file to fill in: {', '.join(Kind)}.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="FILE.xlsx with drop-downs and checks, or FILE.csv.")
    ],
    framework: Annotated[
        str | None,
        typer.Option("--framework", metavar="F", help="The version whose bands, levels and codes it is to have."),
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a file to fill in: a workbook with instructions, lists and worked examples, or a plain table."""
    check_out(out)
    with working("Writing a template"):
        name = _framework_to_edit(out, framework) if kind is Kind.FRAMEWORK else _table(kind, out, framework)
    if json:
        say_json({"template": kind.value, "framework": name, "files": [str(out)]})
    else:
        say([Line(f"{out}: {_WHAT_IT_HAS[out.suffix.lower()]}"), *_made_for(kind, name)], quiet=quiet)


_WHAT_IT_HAS = {
    ".csv": "every column, and one worked example to write over.",
    _WORKBOOK: "start with its sheet Cover.",
}


def _made_for(kind: Kind, framework: str | None) -> list[Line]:
    if kind is Kind.FRAMEWORK:
        return [Line(f"Its values are those of {framework}: give yours a name and a version of its own.")]
    if framework is not None:
        return [Line(f"It is for {framework}.")]
    if kind is Kind.PLACEMENTS:
        return [Line("With --framework NAME@VERSION it has that version's bands, levels of need and uplifts.")]
    return []


def _table(kind: Kind, out: Path, reference: str | None) -> str | None:
    """Write the template of a table; the name of the version that it is for."""
    from tariff_engine.tables.templates import Layout, write_template

    version = load_frameworks(reference)[-1] if reference else None
    layout = Layout(kind.value)
    _refuse_a_filled(out, layout.sheet)
    write_template(layout, out, version)
    return version.name if version else None


def _refuse_a_filled(out: Path, sheet: str) -> None:
    """Refuse to write over a workbook that somebody has filled in, or that isn't a template at all."""
    if out.suffix.lower() != _WORKBOOK or not out.is_file():
        return
    from tariff_engine.tables.spreadsheets import read_sheets

    try:
        heights = {found.name: found.frame.height for found in read_sheets(out)}
    except InputRefused:
        heights = {}  # Another program saved it, or it is no workbook.
    if heights.get(sheet) != 1:
        raise UsageError(
            f"{shown(out.name)} is there already and isn't a blank template. Choose another name for --out."
        )


def _framework_to_edit(out: Path, reference: str | None) -> str:
    """Write a version, or a small worked example of one, as a workbook; its name."""
    from tariff_engine.framework_workbook_writing import write_framework_workbook

    if out.suffix.lower() != _WORKBOOK:
        raise UsageError(f"{shown(out.name)} must end in {_WORKBOOK}: a framework has several tables.")
    refuse_an_edited(out)
    files = framework_files(reference)[1] if reference else example_files()
    return write_framework_workbook(out, files).name


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
