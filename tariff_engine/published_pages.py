"""What a costing publishes: totals by group and month, with what somebody outside has to know of them. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tariff_engine.costing_pages import costing_pages
from tariff_engine.framework import Framework
from tariff_engine.periods import FundingPeriod, Month
from tariff_engine.standing import standing_by_version
from tariff_engine.tables.published import NOT_AVAILABLE, Publication, PublishedTable
from tariff_engine.vocabulary import vocabulary

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


def published_pages(costing: Costing) -> Publication:
    """The published workbook of a costing: a cover, notes and totals, and never the line of a child."""
    said = [*standing_by_version(costing), *_left_out(costing)]
    when = _in_words(costing.period)
    frames = [(f"by {title}", frame) for title, frame in _groups(costing)]
    tables = tuple(
        PublishedTable(f"Table_{number}", f"Table {number}: Funding {what}, {when}", _about(frame, said), frame, _MONEY)
        for number, (what, frame) in enumerate([*frames, ("by month", _months(costing))], start=1)
    )
    title = f"Children with high needs: funding by placement, {when}"
    return Publication(title, tuple(_cover(costing, said)), _NOTES, tables, costing.created_at)


def _about(frame: pl.DataFrame, said: Sequence[str]) -> tuple[str, ...]:
    blank = frame.select(pl.any_horizontal(pl.all().is_null().any())).item()
    marked = f" {NOT_AVAILABLE} means not available; the worksheet Notes says why." if blank else ""
    return (
        f"This worksheet contains one table, without blank cells. Its notes are on the worksheet Notes.{marked}",
        *said,
    )


def _cover(costing: Costing, said: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    period = costing.period
    if said:
        yield "Before you use these figures", said
    priced, read = costing.counts["priced_children"], costing.counts["read_children"]
    what = [
        "Totals of what placements of children and young people with high needs cost.",
        "This workbook holds totals only, and no line about one child.",
        "No figure is rounded, or left out because it is small.",
        f"{priced:,} of {read:,} children are in placements that have a price.",
    ]
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


def _left_out(costing: Costing) -> Iterator[str]:
    if aside := costing.counts["set_aside_children"]:
        noun, read = ("child is" if aside == 1 else "children are"), costing.counts["read_children"]
        yield f"{aside:,} of {read:,} {noun} in placements without a price, and the amounts are without them."


def _groups(costing: Costing) -> Iterator[tuple[str, pl.DataFrame]]:
    """Totals by each column that the lines have, with the title of each."""
    known = {group.column: group.frame for group in costing_pages(costing).summary.groups}
    for column, title in _GROUPS.items():
        if column not in costing.lines.columns:
            continue
        frame = known.get(column)
        labels = _authorities() if frame is None else dict(frame.select("key", "label").iter_rows())
        if column == "s251_line":
            labels = {key: f"{key} {label}" if str(key)[:1].isdigit() else label for key, label in labels.items()}
        yield title, _totals(costing, column, title, labels)


def _totals(costing: Costing, column: str, title: str, labels: Mapping[str | None, str]) -> pl.DataFrame:
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
    return pl.DataFrame(shown, schema={title.capitalize(): pl.String(), **numbers}, orient="row")


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
