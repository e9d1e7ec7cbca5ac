"""The tables that go beside a costing: totals by what people ask for, and the rules the prices came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from tariff_engine.framework import Framework
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

SUMMARY_BY = {
    "provision": "By provision",
    "phase": "By phase",
    "band": "By band",
    "s251_line": "By section 251 line",
    "payer": "By payer",
}
SUMMARY_MONEY = ("Amount",)
RULE_MONEY = ("rate", "minimum", "maximum")
_NOT_KNOWN = "(not given)"


def summary_tables(costing: Costing) -> list[tuple[str, pl.DataFrame]]:
    """Children and amount by provision, phase, band, section 251 line and payer, each with its sum. [pence]"""
    return [(title, _summary(costing, column, title)) for column, title in SUMMARY_BY.items()]


def _summary(costing: Costing, column: str, title: str) -> pl.DataFrame:
    totals = costing.by(column)
    names = _titles(column)
    whole = [costing.counts["priced_children"], costing.lines["amount"].sum()]
    head = title.removeprefix("By ").capitalize()
    labelled = totals.select(
        pl.col(column).replace(names).fill_null(_NOT_KNOWN).alias(head),
        pl.col("children").cast(pl.Int64).alias("Children priced"),
        pl.col("unpriced").cast(pl.Int64).alias("Set aside"),
        pl.col("amount").alias("Amount"),
    )
    aside = costing.lines.filter(pl.col("amount").is_null()).unique("placement_id")["count"].sum()
    return labelled.vstack(pl.DataFrame([["All", whole[0], aside, whole[1]]], labelled.schema, orient="row"))


def _titles(column: str) -> dict[str, str]:
    """What a person reads in place of a code."""
    words = vocabulary()
    if column == "s251_line":
        return {line: f"{line} {row['title']}" for line, row in words.section_251_lines.items()}
    known: dict[str, dict[str, str]] = {
        "provision": {code: provision.title for code, provision in words.provisions.items()},
        "phase": {code: phase.title for code, phase in words.phases.items()},
        "payer": dict(words.payers),
    }
    return known.get(column, {})


def rules_table(frameworks: Sequence[Framework]) -> pl.DataFrame:
    """Every rate of some versions with its source and whether anybody published it. [pence]"""
    rows = []
    for framework in frameworks:
        sources, titles = framework.sources, {band.code: band.title for band in framework.bands}
        for tariff in framework.tariffs:
            source = sources[tariff.source_id]
            rows.append(
                {
                    "framework": framework.name,
                    "provision": tariff.provision,
                    "provider_id": tariff.provider_id or None,
                    "band": tariff.band or None,
                    "band_title": titles.get(tariff.band),
                    "phase": tariff.phase or None,
                    "price_basis": tariff.price_basis,
                    "unit": tariff.unit,
                    "rate": tariff.rate_pence,
                    "minimum": tariff.minimum_pence,
                    "maximum": tariff.maximum_pence,
                    "area_cost": "yes" if tariff.area_cost else "no",
                    "value_is": source.status,
                    "source": source.title,
                    "publisher": source.publisher or None,
                    "page": source.url or None,
                    "last_checked_on": source.last_checked_on,
                }
            )
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(RULE_MONEY, pl.Int64), infer_schema_length=None)
