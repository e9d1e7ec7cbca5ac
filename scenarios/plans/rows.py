"""From plans by authority, placement type and need to the rows of a placements file with counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from scenarios.plans.assumptions import Assumptions, plan_assumptions
from scenarios.plans.cells import AS_GIVEN, NOT_RECORDED, Cells, placement_types
from scenarios.plans.sharing import share_out
from tariff_engine.columns import NEED_PREFIX, placement_columns
from tariff_engine.framework import Framework
from tariff_engine.money import Ints

PUBLISHED, IMPUTED, FITTED = "published", "imputed", "fitted"
"""How the number of a row was come by."""

_EXTRA = ("placement_type", "basis", "filled_in")
_KEYS = ("la", "type", "need", "step", "year", "part", "count")


def caseload_rows(cells: Cells, framework: Framework, first_day: str, basis: str) -> pl.DataFrame:
    """A placements file, all as text: one row for each authority, placement type, need, step of need and year group.

    Plans of a placement type without a provision, and plans without a recorded need, have no row. Shares of steps and
    year groups are handed out over all authorities at once, for each placement type and need.
    """
    assumed = plan_assumptions()
    parts = list(cells.plans)
    found = _shared_out(cells, parts, assumed)
    frame = pl.DataFrame(dict(zip(_KEYS, found, strict=True)))
    frame = frame.with_columns(
        home_la=pl.Series(list(cells.authorities)).gather(frame["la"]),
        part=pl.Series(parts).gather(frame["part"]),
    ).sort("home_la", "type", "need", "step", "year", "part")
    frame = frame.with_columns(number=pl.int_range(1, pl.len() + 1).over("home_la"))
    steps, need_codes = assumed.steps, cells.needs[:-1]
    types = [placement_types()[name] for name in cells.types]
    provisions = [str(row.get("provision", "")) for row in types]
    agg = pl.format("agg-{}-{}", "home_la", pl.col("number").cast(pl.String).str.zfill(5))
    columns: dict[str, pl.Expr | pl.Series] = {
        "placement_id": agg,
        "child_id": agg,
        # A row of one plan has to name a provider, so it names one that says that it is nobody's.
        "provider_id": pl.when(pl.col("count") == 1).then("agg-" + pl.col("home_la")),
        "provider_type": _named([row.get("provider_type") for row in types], frame["type"]),
        "provision": _named(provisions, frame["type"]),
        "nc_year": _named([str(year) for year in assumed.year_groups], frame["year"]),
        "primary_need": _named(need_codes, frame["need"]),
        "band": _bands(framework, provisions, frame, len(steps)),
        "start_date": pl.lit(first_day),
        "support_hours": _hours(framework, provisions, frame, assumed),
        "count": pl.col("count").cast(pl.String),
        "placement_type": _named(list(cells.types), frame["type"]),
        "basis": pl.when(pl.col("part") == AS_GIVEN).then(pl.lit(basis)).otherwise(pl.lit(_filled(basis))),
        "filled_in": pl.when(pl.col("part") != AS_GIVEN).then("part"),
        **_levels(framework, need_codes, frame, assumed),
    }
    blank = [pl.lit(None, pl.String).alias(name) for name in placement_columns() if name not in ("home_la", *columns)]
    return frame.with_columns(blank, **columns).select(_order(framework))


def _filled(basis: str) -> str:
    return FITTED if basis == FITTED else IMPUTED


def _shared_out(cells: Cells, parts: Sequence[str], assumed: Assumptions) -> list[Ints]:
    """Indices of authority, type, need, step, year group and part, and the plans, of every row."""
    stacked = np.stack([cells.plans[part] for part in parts], axis=1)
    found: list[list[Ints]] = [[] for _ in _KEYS]
    for at, name in enumerate(cells.types):
        provision = placement_types()[name].get("provision")
        for need, code in enumerate(cells.needs):
            counts = stacked[:, :, at, need].reshape(-1)
            if provision is None or code == NOT_RECORDED or not counts.any():
                continue
            filled = np.flatnonzero(counts)
            kinds = assumed.in_whole_plans(provision, code, int(counts.sum()))
            plans = share_out(counts[filled], kinds.reshape(-1))
            place, kind = np.nonzero(plans)
            step, year = np.divmod(kind, kinds.shape[1])
            la, part = np.divmod(filled[place], len(parts))
            same = np.ones_like(la)
            values = (la, same * at, same * need, step, year, part, plans[place, kind])
            for column, more in zip(found, values, strict=True):
                column.append(more)
    return [np.concatenate([np.zeros(0, np.int64), *column]) for column in found]


def _named(names: Sequence[str | None], places: pl.Series) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(places)


def _levels(
    framework: Framework, needs: Sequence[str], frame: pl.DataFrame, assumed: Assumptions
) -> dict[str, pl.Series]:
    """A column of levels for each area of the framework."""
    table = [[assumed.levels(framework, need, step) for step in assumed.steps] for need in needs]
    at = frame["need"] * len(assumed.steps) + frame["step"]
    return {
        NEED_PREFIX + area.code: _named([str(levels[area.code]) for row in table for levels in row], at)
        for area in framework.header.need_areas
    }


def _bands(framework: Framework, provisions: Sequence[str], frame: pl.DataFrame, steps: int) -> pl.Series:
    """Where a panel gives the band: the bands that the provision has rates for, spread over the steps of need."""
    names: list[str | None] = []
    for provision in provisions:
        priced = {tariff.band for tariff in framework.tariffs if tariff.provision == provision}
        bands = [band.code for band in sorted(framework.bands, key=lambda band: band.order) if band.code in priced]
        given = framework.header.banding.rule == "assigned" and bool(bands)
        names += [bands[step * len(bands) // steps] if given else None for step in range(steps)]
    return _named(names, frame["type"] * steps + frame["step"])


def _hours(framework: Framework, provisions: Sequence[str], frame: pl.DataFrame, assumed: Assumptions) -> pl.Series:
    """Hours of support a week, where the framework pays the provision by the hour."""
    by_hour = {tariff.provision for tariff in framework.tariffs if tariff.unit == "hour"}
    names = [str(step.hours) if provision in by_hour else None for provision in provisions for step in assumed.steps]
    return _named(names, frame["type"] * len(assumed.steps) + frame["step"])


def _order(framework: Framework) -> list[str]:
    names = list(placement_columns())
    after = names.index("primary_need") + 1
    levels = [NEED_PREFIX + area.code for area in framework.header.need_areas]
    return [*names[:after], *levels, *names[after:], *_EXTRA]
