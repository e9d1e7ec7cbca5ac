"""The pages of a Places workbook: what its Summary says, and the totals that follow the figures. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from tariff_engine.costing_pages import findings_counted, page_facts
from tariff_engine.legal_standing import standing_by_version
from tariff_engine.rule_pages import place_rule_pages
from tariff_engine.tables.book.pages import CostingPages, GroupTotals, SummaryPage, Words
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.places.funding import PlaceFunding

_GROUPS = {
    "provision": "provision",
    "phase": "phase",
    "occupancy": "occupancy",
    "la_code": "area",
    "provider_id": "provider",
}
_MOST_PROVIDERS = 30
_WORDS = Words("Rows of places", "Rows", "", "All places that have a rate")
_OCCUPANCIES = {"commissioned": "Commissioned", "occupied": "Occupied", "unoccupied": "Not occupied"}


def place_pages(funding: PlaceFunding) -> CostingPages:
    """What the workbook of place funding shows besides its lines, findings and provenance."""
    counts = pl.DataFrame(
        [
            (title, funding.counts[name])
            for title, name in (("Read", "read"), ("Priced", "priced"), ("Set aside", "set_aside"))
        ],
        schema={"what": pl.String, "Rows": pl.Int64},
        orient="row",
    )
    read_from = "Places from", funding.places.raw.file_name
    summary = SummaryPage(
        title=f"Place funding for {funding.period.name}",
        facts=list(page_facts(funding.frameworks, funding.period, read_from, funding.created_at)),
        warnings=list(_warnings(funding)),
        counts=counts,
        payer_column="",
        payer="",
        payer_title="",
        others_title="",
        groups=[_group(funding, column, title) for column, title in _GROUPS.items() if _wanted(funding, column)],
        months={month.name: f"{month.start:%B %Y}" for month in funding.period.months},
        findings=findings_counted(funding.findings),
        period=funding.period.name,
        words=_WORDS,
    )
    return CostingPages(summary, place_rule_pages(funding.frameworks))


def _wanted(funding: PlaceFunding, column: str) -> bool:
    """Whether a table by a column says something and stays one that can be read."""
    if column == "provider_id":
        return funding.lines[column].n_unique() <= _MOST_PROVIDERS
    return column != "la_code" or funding.lines[column].drop_nulls().n_unique() > 1


def _warnings(funding: PlaceFunding) -> Iterator[str]:
    yield from standing_by_version(
        funding.frameworks, funding.as_if, lambda version: [r.source_id for r in version.place_rates]
    )
    if aside := funding.counts["set_aside"]:
        verb = "is" if aside == 1 else "are"
        yield (
            f"{aside:,} of {funding.counts['read']:,} rows {verb} set aside, so the totals are without them. "
            "The findings say why."
        )


def _group(funding: PlaceFunding, column: str, title: str) -> GroupTotals:
    """The totals by one column, in the order of its codes; the number of rows is that of the lines."""
    titles = _titles(column)
    order = {key: at for at, key in enumerate(titles)}
    rows = funding.by(column).rows()
    rows.sort(key=lambda row: (row[0] is None, order.get(row[0], len(order)), row[0] or ""))
    named = [
        (key, "Not given" if key is None else titles.get(key, key), priced, aside, amount if priced else None)
        for key, priced, aside, amount in rows
    ]
    whole = pl.Int64()
    frame = pl.DataFrame(
        named,
        schema={"key": pl.String(), "label": pl.String(), "children": whole, "set_aside": whole, "amount": whole},
        orient="row",
    )
    everything = funding.by().row(0)
    return GroupTotals(title, column, frame, everything[0], everything[1])


def _titles(column: str) -> Mapping[str, str]:
    """What a person reads for each code, in the order in which the codes are shown."""
    words = vocabulary()
    if column == "provision":
        return {code: provision.title for code, provision in words.provisions.items()}
    if column == "phase":
        phases = list(words.phases.values())
        parts = dict.fromkeys(phase.places for phase in phases)
        return {part: ", ".join(phase.title for phase in phases if phase.places == part) for part in parts}
    if column == "la_code":
        return {code: str(row["name"]) for code, row in words.local_authorities.items()}
    return _OCCUPANCIES if column == "occupancy" else {}
