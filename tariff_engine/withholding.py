"""Which numbers of a costing's published totals are withheld: how many children are behind each, and what adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from tariff_engine.suppression import Relation, linked, withheld_cells
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

Number = Literal["children", "unpriced", "inside", "outside"]
Cell = tuple[str, str | None]
"""A row of a table by the table's column and the row's key."""

ALL: Cell = ("", None)
"""The last row of every table."""
MONTHS = "month"

_ALSO: Mapping[str, str] = {"inside": "children", "outside": "children"}


def withheld_numbers(costing: Costing, columns: Sequence[str]) -> Mapping[Number, frozenset[Cell]]:
    """The rows in which each number isn't shown, for tables by each of some columns of the lines, and by month."""
    keys = [pl.col(column).cast(pl.String).replace("", None) for column in columns]
    lines = costing.lines.with_columns(keys)
    inside = pl.col("payer") == vocabulary().high_needs_payer
    paid = pl.col("amount").fill_null(0) != 0
    behind: dict[Number, pl.Expr] = {
        "children": pl.col("amount").is_not_null(),
        "unpriced": pl.col("amount").is_null(),
        "inside": paid & inside,
        "outside": paid & ~inside,
    }
    found: dict[Number, frozenset[Cell]] = {}
    for number, holds in behind.items():
        those = lines.filter(holds)
        children = {(column, key): 0 for column in columns for key in lines[column].unique().to_list()}
        children |= {(column, key): count for column in columns for key, count in _children(those, column)}
        children[ALL] = _whole(those)
        relations = _relations(those, columns, list(children))
        if number in ("inside", "outside"):
            months = {
                (MONTHS, month.name): _whole(those.filter(pl.col(month.name) != 0)) for month in costing.period.months
            }
            children |= months
            relations.append({**dict.fromkeys(months, 1), ALL: -1})
        also = [cell for cell in found.get("children", ()) if children[cell]] if number in _ALSO else []
        found[number] = withheld_cells(children, relations, also)  # type: ignore[arg-type,assignment]
    return found


def _children(lines: pl.DataFrame, column: str) -> list[tuple[Any, int]]:
    return lines.unique([column, "placement_id"]).group_by(column).agg(pl.col("count").sum()).rows()


def _whole(lines: pl.DataFrame) -> int:
    return int(lines.unique("placement_id")["count"].sum())


def _relations(lines: pl.DataFrame, columns: Sequence[str], cells: Sequence[Cell]) -> list[Relation]:
    """Each table's groups are the whole, and so are the parts in which the groups of two tables are the same lines."""
    groups = {column: [cell for cell in cells if cell[0] == column] for column in columns}
    relations: list[Relation] = [{**dict.fromkeys(groups[column], 1), ALL: -1} for column in columns]
    for first, second in combinations(columns, 2):
        pairs = lines.select(first, second).unique().rows()
        named = [((first, one), (second, other)) for one, other in pairs]
        relations += linked(groups[first], groups[second], named)
    return relations
