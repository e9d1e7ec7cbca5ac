"""What a costing publishes: totals by group and month, with what somebody outside has to know of them. [pence]"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tariff_engine.costing_pages import costing_pages
from tariff_engine.framework import Framework
from tariff_engine.legal_standing import standing_by_version
from tariff_engine.periods import FundingPeriod, Month
from tariff_engine.suppression import SMALLEST_SHOWN
from tariff_engine.tables.published import NOT_AVAILABLE, WITHHELD, Publication, PublishedTable
from tariff_engine.vocabulary import vocabulary
from tariff_engine.withholding import ALL, MONTHS, Cell, Number, withheld_numbers

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

_GROUPS = {
    "provision": "provision",
    "primary_need": "primary need",
    "phase": "phase",
    "band": "band",
    "s251_line": "section 251 line",
    "home_la": "home authority",
}
"""The columns of the lines that totals are published by. Nothing finer is, and nothing by two of them at once."""

_ALL = "All"
_NOT_GIVEN = "Not given"
_CHILDREN, _UNPRICED = "Children priced [note 1]", "Children without a price [note 2]"
_INSIDE, _OUTSIDE = "Paid by the high needs budget (£) [note 3]", "Paid by others (£) [note 3]"
_MONEY = (_INSIDE, _OUTSIDE)
_NUMBERS: Mapping[str, Number] = {
    _CHILDREN: "children",
    _UNPRICED: "unpriced",
    _INSIDE: "inside",
    _OUTSIDE: "outside",
}

_COUNTED = (
    "Children in the placements that have a price. A child in two placements counts in both, and so does a child whose "
    "placement falls into two groups of a table, so the groups can add to more than the last row."
)
_NOT_PRICED = (
    "Children in placements that have no price, because something about them is missing or wrong. No amount holds "
    "anything for them. Placements that could not be read at all are in no table."
)
_PAID = (
    "What the placements cost on the days of the period, to the penny: top-up funding with its uplifts, or the price "
    "agreed for the child. The funding of places, which schools get as well, isn't in it. Others pay from outside the "
    "high needs budget, such as social care, or a school that buys alternative provision."
)
_UNKNOWN = "Not available: no placement of the group could be priced, so its amount isn't known. It isn't zero."
_NOTES = (("[note 1]", _COUNTED), ("[note 2]", _NOT_PRICED), ("[note 3]", _PAID), (NOT_AVAILABLE, _UNKNOWN))


_SMALL = (
    f"Withheld: 1 to {SMALLEST_SHOWN - 1} children are behind the number, or such a number could be worked out with it "
    "from the others."
)


@dataclass(frozen=True)
class _Table:
    """Totals by one column: what they are by, the row that each is of, and the numbers."""

    what: str
    rows: Sequence[Cell]
    frame: pl.DataFrame


def published_pages(costing: Costing, *, suppress: bool = False) -> Publication:
    """The published workbook of a costing: a cover, notes and totals, and never the line of a child.

    With ``suppress`` numbers that 1 to 5 children are behind are withheld, and so is what they could be worked out
    with; sentences then have no numbers of children.
    """
    said = [*standing_by_version(costing.frameworks, costing.as_if), *_left_out(costing, suppress)]
    when = _in_words(costing.period)
    found = [*_groups(costing), _Table("by month", _month_rows(costing), _months(costing))]
    columns = [table.rows[0][0] for table in found[:-1] if table.frame.height > 1]
    hidden = withheld_numbers(costing, columns) if suppress else {}
    tables = tuple(
        _published(f"Table_{number}", f"Table {number}: Funding {table.what}, {when}", said, table, hidden)
        for number, table in enumerate(found, start=1)
    )
    title = f"Children with high needs: funding by placement, {when}"
    notes = (*_NOTES, (WITHHELD, _SMALL)) if suppress else _NOTES
    return Publication(title, tuple(_cover(costing, said, suppress)), notes, tables, costing.created_at)


def _published(
    name: str, title: str, said: Sequence[str], table: _Table, hidden: Mapping[Number, frozenset[Cell]]
) -> PublishedTable:
    """A table with what is withheld taken out."""
    withheld = {
        (at, column)
        for at, cell in enumerate(table.rows)
        for column, number in _NUMBERS.items()
        if column in table.frame.columns and cell in hidden.get(number, ())
    }
    rows = pl.int_range(table.frame.height)
    gone = {column: [at for at, name in withheld if name == column] for column in table.frame.columns}
    frame = table.frame.with_columns(
        pl.when(~rows.is_in(at)).then(pl.col(column)).alias(column) for column, at in gone.items() if at
    )
    return PublishedTable(name, title, _about(frame, withheld, said), frame, _MONEY, withheld=frozenset(withheld))


def _about(frame: pl.DataFrame, withheld: Collection[tuple[int, str]], said: Sequence[str]) -> tuple[str, ...]:
    marked = ""
    if sum(frame.null_count().row(0)) > len(withheld):
        marked += f" {NOT_AVAILABLE} means not available; the worksheet Notes says why."
    if withheld:
        marked += f" {WITHHELD} means withheld; the worksheet Notes says why."
    return (
        f"This worksheet contains one table, without blank cells. Its notes are on the worksheet Notes.{marked}",
        *said,
    )


def _cover(costing: Costing, said: Sequence[str], suppress: bool) -> Iterator[tuple[str, Sequence[str]]]:
    period = costing.period
    if said:
        yield "Before you use these figures", said
    priced, read = costing.counts["priced_children"], costing.counts["read_children"]
    what = [
        "Totals of what placements of children and young people with high needs cost.",
        "This workbook holds totals only, and no line about one child.",
    ]
    if suppress:
        what.append(f"No figure is rounded. Small ones are withheld and shown as {WITHHELD}; the notes say which.")
    else:
        what.append("No figure is rounded, or left out because it is small.")
        what.append(f"{priced:,} of {read:,} children are in placements that have a price.")
    yield "What this is", what
    made = f"{_day(costing.created_at)}, by tariff-engine {costing.provenance['engine_version']}"
    when = f"The figures are for {_day(period.start)} to {_day(period.end)}."
    yield "When", [when, f"They were worked out on {made}."]
    yield "Where the prices come from", [_prices(framework) for framework in costing.frameworks]


def _prices(framework: Framework) -> str:
    header = framework.header
    until = f"to {_day(header.effective_to)}" if header.effective_to else "on"
    status = header.legal_status.replace("_", " ")
    return (
        f"{header.title}, by {header.publisher}: version {framework.version}, {status}, from "
        f"{_day(header.effective_from)} {until}."
    )


def _left_out(costing: Costing, suppress: bool) -> Iterator[str]:
    aside, read = costing.counts["set_aside_children"], costing.counts["read_children"]
    if aside:
        noun = "child is" if aside == 1 else "children are"
        who = "Some children are" if suppress else f"{aside:,} of {read:,} {noun}"
        yield f"{who} in placements without a price, and the amounts are without them."


def _groups(costing: Costing) -> Iterator[_Table]:
    """Totals by each column that the lines have."""
    known = {group.column: group.frame for group in costing_pages(costing).summary.groups}
    for column, title in _GROUPS.items():
        if column not in costing.lines.columns:
            continue
        frame = known.get(column)
        labels = _authorities() if frame is None else dict(frame.select("key", "label").iter_rows())
        if column == "s251_line":
            labels = {key: f"{key} {label}" if str(key)[:1].isdigit() else label for key, label in labels.items()}
        yield _totals(costing, column, title, labels)


def _totals(costing: Costing, column: str, title: str, labels: Mapping[str | None, str]) -> _Table:
    key = pl.col(column).cast(pl.String).replace("", None).alias("key")
    counts = costing.by(column).group_by(key).agg(pl.col("children", "unpriced").sum())
    inside = pl.col("payer") == vocabulary().high_needs_payer
    money = costing.lines.group_by(key).agg(
        pl.col("amount").filter(inside).sum().alias("inside"), pl.col("amount").filter(~inside).sum().alias("outside")
    )
    order = {name: place for place, name in enumerate(labels)}
    found = counts.join(money, on="key", nulls_equal=True).select("key", "children", "unpriced", "inside", "outside")
    rows = sorted(found.rows(), key=lambda row: (row[0] is None, order.get(row[0], len(order)), row[0] or ""))
    totals = costing.counts
    unpriced = costing.lines.filter(pl.col("amount").is_null()).unique("placement_id")["count"].sum()
    whole = (_ALL, totals["priced_children"], unpriced, totals["amount_pence"], totals["outside_amount_pence"])
    named = [(labels.get(row[0], row[0] or _NOT_GIVEN), *row[1:]) for row in rows]
    shown = [row if row[1] or not row[2] else (*row[:3], None, None) for row in [*named, whole]]
    numbers = dict.fromkeys((_CHILDREN, _UNPRICED, *_MONEY), pl.Int64())
    frame = pl.DataFrame(shown, schema={title.capitalize(): pl.String(), **numbers}, orient="row")
    return _Table(f"by {title}", [*((column, row[0]) for row in rows), ALL], frame)


def _month_rows(costing: Costing) -> list[Cell]:
    return [*((MONTHS, month.name) for month in costing.period.months), ALL]


def _months(costing: Costing) -> pl.DataFrame:
    """What falls on each month of the period; not available where nothing could be priced."""
    lines, whole = costing.lines, costing.counts
    inside = lines["payer"] == vocabulary().high_needs_payer
    rows: list[tuple[object, ...]] = [
        (_month(month), lines[month.name].filter(inside).sum(), lines[month.name].filter(~inside).sum())
        for month in costing.period.months
    ]
    rows.append((_ALL, whole["amount_pence"], whole["outside_amount_pence"]))
    if whole["read"] and not whole["priced"]:
        rows = [(row[0], None, None) for row in rows]
    return pl.DataFrame(rows, schema={"Month": pl.String(), **dict.fromkeys(_MONEY, pl.Int64())}, orient="row")


def _authorities() -> dict[str | None, str]:
    return {code: f"{code} {row['name']}" for code, row in vocabulary().local_authorities.items()}


def _month(month: Month) -> str:
    days = (month.start.day, month.end.day)
    whole = FundingPeriod("", month.start, month.end).is_whole_months
    return f"{month.start:%B %Y}" if whole else f"{days[0]} to {days[1]} {month.start:%B %Y}"


def _in_words(period: FundingPeriod) -> str:
    kinds = {"FY": "financial year", "AY": "academic year"}
    kind = kinds.get(period.name[:2])
    return f"{kind} {period.name[2:]}" if kind else f"{_day(period.start)} to {_day(period.end)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
