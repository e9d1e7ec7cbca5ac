"""The working of a protection, one line a provider, and what has to be said of it. [pence]"""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from tariff_engine.findings import SCHEMA, FindingsLog
from tariff_engine.money import round_half_away
from tariff_engine.protection.guarantee import protection_of
from tariff_engine.protection.sides import Side

AMOUNTS = (
    *("top_up_last_year", "places_last_year", "additional_last_year", "total_last_year", "guaranteed"),
    *("top_up", "places", "additional", "total", "protection", "total_protected"),
)
"""The columns of the lines that hold pence."""


def provider_lines(before: Side, after: Side, given: pl.DataFrame, guarantee: Fraction) -> pl.DataFrame:
    """One row a provider, in the order in which the files name them."""
    parts = {
        "last_year": (before.top_ups(), before.place_amounts()),
        "": (after.top_ups(), after.place_amounts()),
    }
    named = [frame["provider_id"] for frames in parts.values() for frame in frames]
    with_extra = given.filter(pl.any_horizontal(pl.col("this_year", "last_year").is_not_null(), "bad"))
    lines = pl.concat([*named, with_extra["provider_id"]]).unique(maintain_order=True).to_frame()
    unpriced = []
    for year, frames in parts.items():
        for frame, name in zip(frames, ("top_up", "places"), strict=True):
            column = f"{name}_{year}".rstrip("_")
            counted = f"{column}_unpriced"
            unpriced.append(counted)
            renamed = frame.rename({name: column, f"{name}_unpriced": counted})
            lines = lines.join(renamed, on="provider_id", how="left", maintain_order="left")
            # Where a side knows nothing of a provider it pays nothing; where it has no price it is unknown.
            lines = lines.with_columns(pl.col(counted).fill_null(0))
            lines = lines.with_columns(pl.when(pl.col(counted) == 0).then(pl.col(column).fill_null(0)).alias(column))
    lines = lines.join(given, on="provider_id", how="left", maintain_order="left")
    lines = lines.with_columns(pl.col("bad").fill_null(False))
    lines = lines.with_columns(
        pl.when(~pl.col("bad")).then(pl.col("last_year").fill_null(0)).alias("additional_last_year"),
        pl.when(~pl.col("bad")).then(pl.col("this_year").fill_null(0)).alias("additional"),
        pl.sum_horizontal(unpriced).alias("unpriced"),
    ).with_columns(
        (pl.col("top_up_last_year") + pl.col("places_last_year") + pl.col("additional_last_year")).alias(
            "total_last_year"
        ),
        (pl.col("top_up") + pl.col("places") + pl.col("additional")).alias("total"),
    )
    totals = lines.select("total_last_year", "total").iter_rows()
    worked = [_worked(last, this, guarantee) for last, this in totals]
    schema = {"guaranteed": pl.Int64, "protection": pl.Int64, "total_protected": pl.Int64}
    lines = lines.hstack(pl.DataFrame(worked, schema=schema, orient="row"))
    return lines.select("provider_id", *AMOUNTS, "unpriced")


def _worked(last: int | None, this: int | None, guarantee: Fraction) -> tuple[int | None, int | None, int | None]:
    """What is guaranteed, the protection, and this year's total with it."""
    floor = None if last is None else (1 + guarantee) * last
    guaranteed = None if floor is None else round_half_away(floor.numerator, floor.denominator)
    if last is None or this is None:
        return guaranteed, None, None
    protection = protection_of(last, this, guarantee)
    return guaranteed, protection, this + protection


def note_unknown(lines: pl.DataFrame, before: Side, after: Side, log: FindingsLog) -> None:
    """A finding for each provider whose protection can't be told, and one for rows that may be anybody's."""
    for provider, unpriced in (
        lines.filter(pl.col("protection").is_null()).select("provider_id", "unpriced").iter_rows()
    ):
        rows = "1 row of it has" if unpriced == 1 else f"{unpriced:,} rows of it, both years together, have"
        what = f"{rows} no price" if unpriced else "its additional allocation can't be read"
        log.add("protection_unknown", [None], f"provider_id {provider}", f"{provider}: {what}", [provider])
    if not_told := max(before.not_told, after.not_told):
        verb = "row names" if not_told == 1 else "rows name"
        log.add("provider_not_told", [None], "", f"{not_told:,} {verb} no provider that can be read")


def together(before: Side, after: Side, log: FindingsLog) -> pl.DataFrame:
    """The findings of both sides, each once where both say the same, then those of the protection."""
    parts = []
    for side in (before, after):
        # That last year's version is used as if it were in effect is how a protection is worked out, and said above it.
        said = pl.col("code") != ("as_if" if side is before else "")
        found = {"placements": side.costing.findings}
        if side.places is not None:
            found["places"] = side.places.findings
        parts += [
            frame.filter(said).with_columns(pl.lit(file).alias("file"), pl.lit(side.name).alias("under"))
            for file, frame in found.items()
        ]
    under = pl.col("under").unique(maintain_order=True).str.join(", ")
    of_both = pl.concat(parts).group_by(*SCHEMA, "file", maintain_order=True).agg(under)
    own = log.frame(pl.DataFrame(schema={"row": pl.Int64, "placement_id": pl.String}))
    nowhere = [pl.lit(None, pl.String).alias(name) for name in ("file", "under")]
    return pl.concat([of_both, own.with_columns(nowhere)])
