"""The command statement: what each provider will be paid, settled with what it was paid already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from api.cli.costings import DATA, priced, refuse_errors, status_of
from api.cli.layout import Line, counted, heading, number, paragraph, pounds, signed, table
from api.cli.options import AsIf, AsJson, FrameworkName, PeriodName, PlacementsFile, ProvidersFile, Quiet, Strict, only
from api.cli.placing import place_document
from api.cli.screen import progress, say, say_json, working
from api.cli.summary import costing_document, finding_lines, under_lines
from tariff_engine import Costing, PlaceFunding, place_funding
from tariff_engine.statements import Statements, make_statements
from tariff_engine.statements.changes import REASONS
from tariff_engine.tables.atomic import check_folder

PaidFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--paid",
        metavar="FILE",
        help="payments.csv of the last statements, or a remittance; twice, with the last period's, for its carry-over.",
    ),
]
PaidTo = Annotated[
    str | None,
    typer.Option("--to", metavar="MONTH", help="The month up to which it was paid, such as 2025-06; or none."),
]
PlacesFile = Annotated[
    Path | None,
    typer.Option(
        "--places", metavar="FILE", help="Commissioned places that are paid for, as the command places reads them."
    ),
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder for the statements.")]

_MOST_PROVIDERS = 5
_BESIDE = 4


def statement(
    file: PlacementsFile,
    framework: FrameworkName,
    period: PeriodName,
    out: OutFolder,
    paid: PaidFile = None,
    to: PaidTo = None,
    places: PlacesFile = None,
    providers: ProvidersFile = None,
    as_if: AsIf = False,
    strict: Strict = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a statement for each provider: what it is paid, by child and by month, and what changed and why."""
    check_folder(out)
    costing = priced(file, only(framework), period, providers=providers, as_if=as_if)
    funding = (
        None if places is None else place_funding(places, only(framework), period, providers=providers, as_if=as_if)
    )
    priced_by: list[Costing | PlaceFunding] = [costing] if funding is None else [costing, funding]
    if strict and refuse_errors(*priced_by):
        raise typer.Exit(DATA)
    with working("Settling with what was paid"):
        made = make_statements(costing, paid or None, paid_to=to, places=None if funding is None else funding.lines)
    with progress("Writing statements") as told:
        files = made.write(out, told)
    if json:
        say_json(statements_document(made, files, funding))
    else:
        of_places = [] if funding is None else [*heading(f"Places: {funding.source}"), *finding_lines(funding)]
        say([*statements_lines(made), *finding_lines(costing), *of_places, *_written(out, files)], quiet=quiet)
    raise typer.Exit(status_of(*priced_by))


def statements_lines(made: Statements) -> Iterator[Line]:
    """What is paid, what is next, what changed, and who is paid most next."""
    yield from under_lines(made.costing)
    yield from paragraph(_which(made), "heading")
    index = made.index
    rows = [
        ["Paid already", pounds(int(index["paid"].sum()))],
        ["Open", pounds(int(index["open"].sum()))],
        ["Carried over to the next period", pounds(int(index["carried_over"].sum()))],
        ["Due", pounds(made.total)],
    ]
    yield Line()
    yield from table(["All providers", "Amount"], rows, totals=1)
    if made.calendar.next is not None:
        total = pounds(int(index["next_payment"].sum()))
        yield Line()
        yield from paragraph(f"Next payment: {made.calendar.next.start:%B %Y}, {total}", "good")
    yield from _provider_lines(index)
    yield from _change_lines(made)


def statements_document(made: Statements, files: Sequence[Path], funding: PlaceFunding | None = None) -> dict[str, Any]:
    """The same for JSON. Money is whole pence."""
    renamed = {name: f"{name}_pence" for name in ("paid", "next_payment", "open", "carried_over", "total", "change")}
    return {
        **costing_document(made.costing),
        **made.provenance,
        "due_pence": made.total,
        "providers": made.index.rename(renamed).to_dicts(),
        "changes": made.changes.drop("child_id")
        .rename({name: f"{name}_pence" for name in ("before", "after", "difference")})
        .to_dicts(),
        **({} if funding is None else {"places": place_document(funding)}),
        "files": [str(path) for path in files],
    }


def _which(made: Statements) -> str:
    edition = made.edition
    since = f", after statement {made.previous.number}" if made.previous is not None else ""
    paid = f"paid up to {made.calendar.paid[-1].start:%B %Y}" if made.calendar.paid else "nothing is paid yet"
    return f"Statement {edition.number}{since}: {counted(len(made.providers), 'provider')}, {paid}"


def _provider_lines(index: pl.DataFrame) -> Iterator[Line]:
    """The providers that are paid most; the index has all of them."""
    named = index.filter(pl.col("provider_id").is_not_null()).sort("total", descending=True)
    rows = [
        [
            row["name"] or row["provider_id"],
            number(row["placements"]),
            pounds(row["next_payment"]),
            pounds(row["total"]),
        ]
        for row in named.head(_MOST_PROVIDERS).iter_rows(named=True)
    ]
    if rows:
        yield Line()
        title = "Provider" if named.height <= _MOST_PROVIDERS else "Paid most"
        yield from table([title, "Placements", "Next payment", "Due"], rows)


def _change_lines(made: Statements) -> Iterator[Line]:
    """What changed since the last statement, by reason."""
    if made.before is None:
        return
    yield from heading("Changes since the last statement")
    sums = made.changes.group_by("reason").agg(pl.len().alias("n"), pl.col("difference").sum())
    found = {reason: (count, pence) for reason, count, pence in sums.iter_rows()}
    rows = [[words, number(found[code][0]), signed(found[code][1])] for code, words in REASONS.items() if code in found]
    if not rows:
        yield Line("None.")
        return
    rows.append(["All", number(made.changes.height), signed(int(made.changes["difference"].sum()))])
    yield from table(["Reason", "Changes", "Difference"], rows, totals=1)


def _written(out: Path, files: Sequence[Path]) -> Iterator[Line]:
    """The folder, and the files that belong to no single provider."""
    yield from heading("Written")
    yield Line(f"  {counted(len(files) - _BESIDE, 'statement')} in {out}")
    for path in files[-_BESIDE:]:
        yield Line(f"  {path}")
