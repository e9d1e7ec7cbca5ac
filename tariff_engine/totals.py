"""Totals of lines by some of their columns, and of findings by code, of a whole costing or of its parts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tariff_engine.errors import UsageError


def totals_by(lines: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Children, unpriced children and amount by some columns of the lines, as ``Costing.by`` says."""
    taken = ("children", "unpriced", "amount")
    for column in columns:
        if column not in lines.columns:
            raise UsageError(f"{column!r} is no column of the costing.")
        if column in taken or columns.count(column) > 1:
            raise UsageError(f"{column!r} can't be grouped by; it is a column of the result, or is named twice.")
    priced = pl.col("amount").is_not_null()
    children = pl.when(_once_a_placement(lines, columns)).then(pl.col("count")).otherwise(0)
    return (
        lines.select(*columns, "amount", priced.alias("_priced"), children.alias("_children"))
        .group_by(columns, maintain_order=True)
        .agg(
            pl.col("_children").filter("_priced").sum().alias("children"),
            pl.col("_children").filter(~pl.col("_priced")).sum().alias("unpriced"),
            pl.col("amount").sum().alias("amount"),
        )
        .sort(columns, nulls_last=True)
    )


def added(totals: Sequence[pl.DataFrame], columns: Sequence[str]) -> pl.DataFrame:
    """The totals of a whole, from those of its parts. All lines of a placement are in one of them."""
    return pl.concat(totals).group_by(columns, maintain_order=True).agg(pl.all().sum()).sort(columns, nulls_last=True)


def by_code(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings by code and severity, as first met: how many, on which rows, and the first message."""
    return findings.group_by("code", "severity", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("count"), pl.col("row").drop_nulls().alias("rows"), pl.col("message").first()
    )


def codes_added(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The findings of a whole by code and severity, from those of its parts in their order."""
    return (
        pl.concat(found)
        .group_by("code", "severity", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("rows").explode().drop_nulls(), pl.col("message").first())
    )


def _once_a_placement(lines: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Which lines are the first of their placement in a group, with a price or without one.

    Only placements of several lines, which stand together, are compared.
    """
    again = lines["placement_id"] == lines["placement_id"].shift(1)
    of_several = (again.fill_null(False) | again.shift(-1).fill_null(False)).arg_true()
    kinds = lines.select("placement_id", pl.col("amount").is_null().alias("_unpriced"), *columns)[of_several]
    later = of_several.filter(~kinds.select(pl.struct(pl.all()).is_first_distinct()).to_series())
    return pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(later, False)
