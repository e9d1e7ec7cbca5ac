"""Which lines have a price, and whose children they are, for totals that count what a change left without one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tariff_engine.tables.book.formulas import LINE
from tariff_engine.tables.book.steps import Step

_COUNT = "{count}"


def counts(main: pl.DataFrame, amount: str, columns: Sequence[str]) -> dict[str, Step]:
    """Steps by what they count: ``priced``, and a line's children by each column of the main table.

    A line has children where no earlier line of their placement has the same key in the column; under no column, on
    its first line. Columns that come to the same share a step.
    """
    whole = _first_lines(main, None)
    found = {"priced": _priced(main[amount]), "": _children("children", "Children", whole)}
    for column in columns:
        first = _first_lines(main, column)
        if column == "band":
            found[column] = _children_by_band(first)
        elif first.equals(whole):
            found[column] = found[""]
        else:
            found[column] = _children(f"children_{column}", f"Children by {column}", first)
    return found


def _priced(amount: pl.Series) -> Step:
    """1 where a line has a price, and so do all lines of its placement."""
    one, formulas = pl.col("lines") == 1, []
    for where, price in ((~pl.col("by_unit"), "annual"), (pl.col("by_unit"), "spell")):
        formulas.append((where & one, f"COUNT({{{price}}})"))
        all_of_them = f"COUNT({{{price}@first_row}}:{{{price}@last_row}})"
        formulas.append((where & ~one, f"IF({all_of_them}=#lines#,1,0)"))
    return Step("priced", "Priced", pl.lit(amount.is_not_null().cast(pl.Int64)), formulas)


def _first_lines(main: pl.DataFrame, column: str | None) -> pl.Series:
    keys = [] if column is None else [main[column].cast(pl.String).replace("", None).alias("key")]
    frame = pl.DataFrame([main["placement_id"].alias("placement"), *keys])
    return frame.select(pl.struct(pl.all()).is_first_distinct().alias("first"))["first"]


def _children(name: str, title: str, first: pl.Series) -> Step:
    value = pl.when(first).then(pl.col("count")).otherwise(0)
    return Step(name, title, value, [(pl.lit(first), _COUNT)])


def _children_by_band(first: pl.Series) -> Step:
    """A band may be changed, so those of the lines before it are looked at."""
    begins = pl.col("first_line") == pl.col(LINE)
    earlier = "EXACT({code@first_row}:{code@before_row},{code})"
    formulas = [(begins, _COUNT), (~begins, f"IF(SUMPRODUCT({earlier}*1)=0,{_COUNT},0)")]
    return Step("children_band", "Children by band", pl.when(first).then(pl.col("count")).otherwise(0), formulas)
