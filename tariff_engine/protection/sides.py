"""One side of a protection: what the same placements and places come to under one framework, by provider. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from tariff_engine.cells import read_provider_id
from tariff_engine.columns import allocation_columns, as_text, read_columns
from tariff_engine.costing import Costing
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.places import PlaceFunding
from tariff_engine.tables.reading import from_frame, read_table
from tariff_engine.vocabulary import vocabulary


@dataclass(frozen=True)
class Side:
    """Placements, and places where they are given, under one framework."""

    costing: Costing
    places: PlaceFunding | None

    @property
    def frameworks(self) -> Sequence[Framework]:
        """The versions."""
        return self.costing.frameworks

    @property
    def name(self) -> str:
        """The names of the versions."""
        return ", ".join(framework.name for framework in self.frameworks)

    @cached_property
    def placements(self) -> pl.DataFrame:
        """What high needs pays for each placement that could be read; columns provider_id, placement_id, amount.

        A placement without a price has no amount.
        """
        ours = self.costing.lines.filter(pl.col("payer") == vocabulary().high_needs_payer)
        amount = pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum()).alias("amount")
        return (
            ours.group_by("placement_id", maintain_order=True)
            .agg(pl.col("provider_id", "provision").first(), amount)
            .select("provider_id", "placement_id", "provision", "amount")
        )

    def top_ups(self) -> pl.DataFrame:
        """By provider: top_up, null where a placement has no price, and how many have none."""
        unread = pl.DataFrame({"provider_id": list(unread_providers(self.costing))}, schema={"provider_id": pl.String})
        unread = unread.with_columns(pl.lit(None, pl.Int64).alias("amount"))
        return _by_provider(pl.concat([self.placements.select("provider_id", "amount"), unread]), "top_up")

    def place_amounts(self) -> pl.DataFrame:
        """By provider: places, null where a row has no amount, and how many have none."""
        if self.places is None:
            return _by_provider(pl.DataFrame(schema={"provider_id": pl.String, "amount": pl.Int64}), "places")
        return _by_provider(self.places.lines.select("provider_id", "amount"), "places")

    @property
    def not_told(self) -> int:
        """How many rows couldn't be read so far as to tell whose they are."""
        ragged = len(self.costing.placements.raw.bad_rows)
        blank = sum(provider is None for provider in unread_providers(self.costing))
        if self.places is not None:
            ragged += len(self.places.places.raw.bad_rows)
            blank += self.places.lines["provider_id"].null_count()
        return ragged + blank


def read_allocations(source: pl.DataFrame | str | Path | None, log: FindingsLog) -> pl.DataFrame:
    """The additional allocations of a providers file; columns provider_id, this_year, last_year, and bad.

    A blank one is nothing; ``bad`` is whether one of them, or the provider's row itself, couldn't be read or stands
    twice.
    """
    schema = {"provider_id": pl.String, "this_year": pl.Int64, "last_year": pl.Int64, "bad": pl.Boolean}
    if source is None:
        return pl.DataFrame(schema=schema)
    columns = allocation_columns()
    names = list(columns)
    if isinstance(source, pl.DataFrame):
        raw = from_frame(source, names, ["provider_id"])
    else:
        raw = read_table(Path(source), names, ["provider_id"], sheet="Providers")
    own = FindingsLog()
    typed, readable = read_columns(raw.frame, columns.values(), raw.rows, own, where="providers file: ")
    nobody = pl.DataFrame({"row": raw.rows, "placement_id": pl.Series([None] * raw.frame.height, dtype=pl.String)})
    for found in own.frame(nobody).filter(pl.col("column") != "provider_id").iter_rows(named=True):
        log.add(found["code"], [None], f"{found['column']} (row {found['row']})", found["message"], [found["value"]])
    for row in raw.bad_rows:
        log.add("ragged_row", [None], f"row {row.row}", f"providers file: {row.message}")
    bad = ~readable | typed["provider_id"].is_duplicated()
    given = typed.select(
        "provider_id",
        pl.col("additional_allocation").alias("this_year"),
        pl.col("additional_allocation_last_year").alias("last_year"),
    )
    return given.with_columns(bad.alias("bad")).drop_nulls("provider_id").unique("provider_id", maintain_order=True)


def _by_provider(amounts: pl.DataFrame, name: str) -> pl.DataFrame:
    amount = pl.col("amount")
    return (
        amounts.drop_nulls("provider_id")
        .group_by("provider_id", maintain_order=True)
        .agg(
            pl.when(amount.null_count() == 0).then(amount.sum()).alias(name),
            amount.null_count().cast(pl.Int64).alias(f"{name}_unpriced"),
        )
    )


def unread_providers(costing: Costing) -> Iterator[str | None]:
    """The provider of each row of placements that couldn't be read, or None where it can't be told."""
    raw = costing.placements.raw.frame
    read = np.zeros(raw.height, bool)
    read[costing.placements.table["at"].to_numpy()] = True
    cells = (
        as_text(raw["provider_id"]) if "provider_id" in raw.columns else pl.Series([None] * raw.height, dtype=pl.String)
    )
    for cell in cells.filter(pl.Series(~read)):
        yield None if cell is None else _provider(cell)


def _provider(cell: str) -> str | None:
    try:
        return str(read_provider_id(cell).value)
    except ValueError:
        return None
