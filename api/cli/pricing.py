"""The commands that price one caseload: price and explain."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.cli.costings import DATA, check_out, priced, refuse_errors, status_of
from api.cli.layout import paragraph
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
from api.cli.screen import say, say_json, working
from api.cli.summary import costing_document, costing_lines, explanation_lines, file_lines, finding_lines, under_lines
from tariff_engine.costing import Costed
from tariff_engine.errors import UsageError
from tariff_engine.streaming import can_stream, price_file
from tariff_engine.tables.published import check_published
from tariff_engine.tables.returning import check_returned


class Format(StrEnum):
    """How an explanation is printed."""

    TEXT = "text"
    JSON = "json"


ReturnedFile = Annotated[
    Path | None,
    typer.Option(
        "--return",
        metavar="OUT",
        help="Your own file back, as CSV or XLSX, with what was found beside each row; under --strict too.",
    ),
]
PublishedFile = Annotated[
    Path | None,
    typer.Option("--published", metavar="OUT", help="Totals alone, laid out for publishing: OUT.xlsx or OUT.ods."),
]


Suppress = Annotated[
    bool,
    typer.Option("--suppress", help="With --published: withhold small numbers, and what gives them away."),
]


def price(
    file: PlacementsFile,
    framework: FrameworkName,
    period: PeriodName,
    out: OutFile,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    returned: ReturnedFile = None,
    published: PublishedFile = None,
    suppress: Suppress = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Price a placements file: totals here, every line with its months in OUT."""
    if suppress and published is None:
        raise UsageError("--suppress goes with --published OUT.")
    _check_outs(file, providers, out, returned, published)
    if returned is None and published is None and can_stream(file, out):
        with working("Pricing"):
            done = price_file(file, only(framework), period, out, providers=providers, as_if=as_if, strict=strict)
        _end(done, _Written(list(done.files)), refused=not done.files, json=json, quiet=quiet)
    costing = priced(file, only(framework), period, providers=providers, as_if=as_if)
    refused = strict and costing.has_errors
    written = _Written()
    if not refused:
        written.files += costing.write(out)
        if published is not None:
            written.files.append(costing.publish(published, suppress=suppress))
            if not suppress:
                written.remarks.append(
                    f"{published}: no number is left out because it is small. Look before you publish it, or give "
                    f"--suppress."
                )
    if returned is not None:
        with working("Filling in"):
            back = costing.give_back(returned)
        written.files += back.files
        written.remarks += [f"{returned}: {back.remark}"] if back.remark else []
    but = "" if returned is None else "the file you asked to have returned"
    _end(costing, written, refused=refused, json=json, quiet=quiet, but=but)


def _end(costing: Costed, written: _Written, *, refused: bool, json: bool, quiet: bool, but: str = "") -> NoReturn:
    """Say what a costing comes to and what was written, and end as it calls for."""
    if json:
        document = costing_document(costing, written.files)
        say_json({**document, "notices": [*document["notices"], *written.remarks]})
    else:
        about = [*under_lines(costing), *finding_lines(costing)] if refused else costing_lines(costing)
        remarks = [line for remark in written.remarks for line in paragraph(remark, indent=2)]
        say([*about, *file_lines(written.files), *remarks], quiet=quiet)
    if refused:
        refuse_errors(costing, but=but)
        raise typer.Exit(DATA)
    raise typer.Exit(status_of(costing))


@dataclass
class _Written:
    """The files that a run has written, and what must be said of them."""

    files: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def _check_outs(file: Path, providers: Path | None, out: Path, returned: Path | None, published: Path | None) -> None:
    """Refuse names that can't be written, before anything is read."""
    check_out(out, file, providers)
    outs = [out if out.suffix else out.with_suffix(".csv")]
    if published is not None:
        check_published(published)
        check_out(published, file, providers, option="--published")
        outs.append(published)
    if returned is not None:
        check_returned(returned, file)
        check_out(returned, file, providers, option="--return")
        outs.append(returned)
    names = [name.absolute() for path in outs for name in (path, path.with_suffix(f".findings{path.suffix}"))]
    if len(set(names)) < len(names):
        raise UsageError("--out, --return and --published would write the same file. Give each a name of its own.")


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
