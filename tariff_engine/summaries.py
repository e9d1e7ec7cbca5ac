"""The table of rules that goes beside a costing: the rates that its prices came from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tariff_engine.framework import Framework

RULE_MONEY = ("rate", "minimum", "maximum")


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
