"""The way from one framework version to another in steps, each a version in itself, and whose a difference is.

The order is: which band a child is in (areas of need, weights, bands); the tariff rows with their limits; each
uplift; area costs; weeks a year; days a year. Every step keeps what the steps before it have changed. What only one
version has, an uplift or an area, is there until its step comes, so that no child loses its price on the way for
want of it. A child whom a step leaves without a price all the same has its difference at the next step that gives
it one, so the steps always add up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import polars as pl

from scenarios.full_years import Caseload, full_years, price_a_year
from tariff_engine import Costing, Framework
from tariff_engine.framework_checks import check_consistency
from tariff_engine.framework_diff import Difference
from tariff_engine.pricing import split_uplifts

_BANDS, _TARIFFS, _UPLIFTS, _AREA_COSTS, _FRAMEWORK, _PLACES = TABLES = (
    *("bands", "tariffs", "uplifts"),
    *("area_costs", "framework", "places"),
)
"""The tables of changes, in the order of the steps; place rates last, as no child's price has them in it."""

_YEAR_FIELDS = ("weeks_per_year", "days_per_year")
_BANDING_FIELDS = ("need_areas", "banding")

Change = tuple[str, str]
"""What is changed at once: a table, and a row of it by its key, or all of it."""

Cost = tuple[int, int, int] | tuple[None, None, None]
"""Children whose price a change moves, what it costs high needs and what it costs others. [pence a year]"""


def change_of(difference: Difference) -> Change | None:
    """The change that a value belongs to; None where nothing that is paid depends on it."""
    table, field = difference.table, difference.field
    if table == _BANDS or (table == _FRAMEWORK and field.startswith(_BANDING_FIELDS)):
        return _BANDS, ""
    if table == _FRAMEWORK:
        return (_FRAMEWORK, field) if field in _YEAR_FIELDS else None
    return table, difference.key


def costs_by_change(
    children: pl.DataFrame,
    after: Costing,
    versions: tuple[Framework, Framework],
    changes: Collection[Change],
    providers: Caseload | None,
) -> dict[Change, Cost]:
    """What each change costs; one that isn't there costs nothing.

    Parameters
    ----------
    children : placements with a price before and after, as ``cost_of_changes`` joins them.
    after : the costing under the version after.
    versions : before and after.
    changes : the changes between the two.
    """
    costs: dict[Change, Cost] = {change: (None, None, None) for change in changes if change[0] == _PLACES}
    at = after.placements.table.select("placement_id", "at")
    way = children.select("placement_id", "count", "high_needs", "area", "bought", "row", price="before")
    taken = [(step, affected) for step in _steps(*versions, changes) if (affected := _affected(step, children)).height]
    for number, (step, affected) in enumerate(taken, start=1):
        if number == len(taken):
            # The last step comes to the version after, which is priced already.
            now = children.select("placement_id", price_now="after", row_now="row_after")
        elif _can_price(step.framework):
            rows = at.join(affected, on="placement_id", how="semi")["at"]
            costing = price_a_year(after.placements.raw.frame[rows], step.framework, after.period, providers)
            now = _priced(full_years(costing), children)
        else:
            continue
        way = way.join(now, on="placement_id", how="left", maintain_order="left")
        costs |= _moved(way, step, changes)
        way = way.with_columns(price=pl.coalesce("price_now", "price"), row="row_now").drop("price_now", "row_now")
    return costs


@dataclass(frozen=True)
class _Step:
    """A version on the way, and what was changed to come to it.

    ``key`` is None where each placement's own tariff row or area says which change moved its price.
    """

    framework: Framework
    table: str
    key: str | None


def _steps(old: Framework, new: Framework, changes: Collection[Change]) -> Iterator[_Step]:
    """The versions on the way, the last one pricing as ``new`` does; what didn't change has no step."""
    tables = {table for table, _ in changes}
    way = _with_what_is_new(old, new)
    if _BANDS in tables:
        way = _rebanded(way, new)
        yield _Step(way, _BANDS, "")
    if _TARIFFS in tables:
        way = replace(way, tariffs=new.tariffs)
        yield _Step(way, _TARIFFS, None)
    for code in new.uplifts:
        if (_UPLIFTS, code) in changes and code in old.uplifts:
            way = replace(way, uplifts={**way.uplifts, code: new.uplifts[code]})
            yield _Step(way, _UPLIFTS, code)
    if _AREA_COSTS in tables:
        way = replace(way, area_costs=new.area_costs)
        yield _Step(way, _AREA_COSTS, None)
    for field in _YEAR_FIELDS:
        if (_FRAMEWORK, field) in changes:
            way = _with_header(way, new, field)
            yield _Step(way, _FRAMEWORK, field)


def _with_what_is_new(old: Framework, new: Framework) -> Framework:
    """The version before, with what it lacks of uplifts, areas and the year's length; it prices as it did."""
    way = _with_header(old, new, *(field for field in _YEAR_FIELDS if getattr(old.header, field) is None))
    return replace(way, uplifts={**new.uplifts, **old.uplifts}, area_costs={**new.area_costs, **old.area_costs})


def _rebanded(way: Framework, new: Framework) -> Framework:
    """The new needs, weights and bands; a row for a band that is no longer there fits nobody, and goes."""
    known = {"", *(band.code for band in new.bands)}
    kept = tuple(tariff for tariff in way.tariffs if tariff.band in known)
    return replace(_with_header(way, new, *_BANDING_FIELDS), bands=new.bands, tariffs=kept)


def _with_header(way: Framework, new: Framework, *names: str) -> Framework:
    update = {name: getattr(new.header, name) for name in names}
    return replace(way, header=way.header.model_copy(update=update))


def _can_price(framework: Framework) -> bool:
    """Whether a version on the way could be used: it has rates, and its parts agree."""
    return bool(framework.tariffs) and all(p.severity != "error" for p in check_consistency(framework))


def _affected(step: _Step, children: pl.DataFrame) -> pl.DataFrame:
    """The placements whose price a step may move: all of them, or those with its uplift."""
    if step.table != _UPLIFTS:
        return children
    cells = children["uplifts"].drop_nulls().unique()
    return children.filter(pl.col("uplifts").is_in([cell for cell in cells if step.key in split_uplifts(cell)[0]]))


def _priced(years: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """Prices at a step: the full year, or the amount of a spell that either version sells by the unit."""
    bought = children.select("placement_id", is_bought="bought")
    price = pl.when("is_bought").then("spell").otherwise("year")
    return years.join(bought, on="placement_id").select("placement_id", price_now=price, row_now="row")


def _moved(way: pl.DataFrame, step: _Step, changes: Collection[Change]) -> dict[Change, Cost]:
    """What the changes of a step cost, from the prices before it and after it."""
    moved = pl.col("price_now") - pl.col("price")
    found = (
        way.with_columns(moved=moved, owner=_owner(step, changes))
        .filter(pl.col("moved") != 0)
        .group_by("owner", maintain_order=True)
        .agg(
            pl.col("count").sum(),
            pl.col("moved").filter("high_needs").sum().alias("full_year"),
            pl.col("moved").filter(~pl.col("high_needs")).sum().alias("outside"),
        )
    )
    return {(step.table, owner): (count, full_year, outside) for owner, count, full_year, outside in found.iter_rows()}


def _owner(step: _Step, changes: Collection[Change]) -> pl.Expr:
    """Whose a difference is: at the step of the tariff rows, the row's that prices the child now if it changed.

    Where it didn't, the row that priced the child before was taken away, and the difference is that row's.
    """
    if step.key is not None:
        return pl.lit(step.key)
    if step.table == _AREA_COSTS:
        return pl.col("area")
    changed = [key for table, key in changes if table == _TARIFFS]
    now, before = (pl.when(pl.col(row).is_in(changed)).then(row) for row in ("row_now", "row"))
    return pl.coalesce(now, before)
