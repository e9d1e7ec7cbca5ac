"""What the rules say for each line of a main table, as values: what a formula that looks there would find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from tariff_engine.money import MILLION
from tariff_engine.tables.book.formulas import FIRST_ROW, LINE
from tariff_engine.tables.book.pages import NO_RATE, NOTHING_DUE, Recalculation, RulesPage
from tariff_engine.tables.book.steps import NO_BAND_COLUMN, SHOWN_NO_RATE, SHOWN_NOTHING_DUE


def shown_rows(found: Recalculation) -> pl.DataFrame:
    """The choices as a sheet has them: rows counted as on the sheet of rules."""
    rows = found.choices.columns[NO_BAND_COLUMN - 1 :]
    shown = {NO_RATE: SHOWN_NO_RATE, NOTHING_DUE: SHOWN_NOTHING_DUE}
    return found.choices.with_columns(
        pl.when(pl.col(row) >= 0).then(pl.col(row) + FIRST_ROW).otherwise(pl.col(row).replace(shown)).alias(row)
        for row in rows
    )


def looked_up(
    found: Recalculation, main: pl.DataFrame, rules: Mapping[str, RulesPage]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Every line with its facts and what the rules say for it; and the codes of the uplifts by the step of each.

    Columns that name a row name it as the sheets count. Lines that aren't worked out again have blanks.
    """
    lines = pl.DataFrame({LINE: range(main.height), "why_not": found.why_not}, schema_overrides={LINE: pl.Int64})
    lines = lines.join(found.lines, on=LINE, how="left", maintain_order="left")
    lines = lines.with_columns(
        main["placement_id"],
        main["count"],
        main["band"].cast(pl.String).fill_null("").alias("code"),
        live=pl.col("why_not").is_null(),
        first_row=pl.col("first_line") + FIRST_ROW,
        last_row=pl.col("first_line") + pl.col("lines") + FIRST_ROW - 1,
        before_row=pl.col(LINE) + FIRST_ROW - 1,
        band=_columns_of(main["band"], found.bands),
    )
    lines = lines.with_columns(rule=_rules_of(lines, shown_rows(found)))
    lines = lines.join(_tariffs(rules["Rules"].frame), on="rule", how="left", maintain_order="left")
    lines = lines.join(_years(rules["Rules versions"].frame), on="version", how="left", maintain_order="left")
    lines = _with(lines, rules.get("Rules area costs"), "area", _in_millionths("factor").alias("factor"))
    lines = _with(lines, rules.get("Rules places"), "place", pl.col("rate").cast(pl.Int64).alias("place_rate"))
    applies, unit = pl.col("applies"), pl.col("unit")
    lines = lines.with_columns(
        area_cost=pl.when(applies).then(pl.col("factor")).when(~applies).then(MILLION),
        times=pl.when(unit == "year").then(MILLION).when(unit == "day").then(pl.col("days")).otherwise(pl.col("weeks")),
    )
    lines, uplifts = _uplifts(lines, rules)
    to_rows = [(pl.col(name) + FIRST_ROW).alias(name) for name in ("choice", "version", "area", "place")]
    return lines.with_columns(to_rows), uplifts


def _columns_of(band: pl.Series, bands: Sequence[str]) -> pl.Series:
    """The column of Rules by band for each line's band; 0 for a band that has none."""
    first = NO_BAND_COLUMN + 1
    text = band.cast(pl.String).replace("", None)
    columns = list(range(first, first + len(bands)))
    found = text.replace_strict(list(bands), columns, default=0, return_dtype=pl.Int64)
    return pl.select(pl.when(text.is_null()).then(NO_BAND_COLUMN).otherwise(found).alias("band"))["band"]


def _rules_of(lines: pl.DataFrame, choices: pl.DataFrame) -> pl.Series:
    """The row of the tariff for each line's choice and band; null where the line has no choice."""
    rows = choices[:, NO_BAND_COLUMN - 1 :].to_numpy()
    choice, band = (lines[name].fill_null(0).to_numpy() for name in ("choice", "band"))
    if not len(rows):
        return pl.Series([None] * lines.height, dtype=pl.Int64)
    found = np.where(band == 0, SHOWN_NO_RATE, rows[choice, np.maximum(band - NO_BAND_COLUMN, 0)])
    return pl.select(pl.when(lines["choice"].is_not_null()).then(pl.Series(found)).alias("rule"))["rule"]


def _tariffs(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + FIRST_ROW).alias("rule"),
        "price_basis",
        "unit",
        *(pl.col(name).cast(pl.Int64) for name in ("rate", "minimum", "maximum")),
        (pl.col("area_cost") == "yes").alias("applies"),
    )


def _years(frame: pl.DataFrame) -> pl.DataFrame:
    return _numbered(frame, "version").select(
        "version", weeks=_in_millionths("weeks_per_year"), days=_in_millionths("days_per_year")
    )


def _with(lines: pl.DataFrame, page: RulesPage | None, row: str, value: pl.Expr) -> pl.DataFrame:
    """Add what stands in a row of a sheet of rules, blank where there is no such sheet."""
    if page is None:
        return lines.with_columns(pl.lit(None, pl.Int64).alias(value.meta.output_name()))
    found = _numbered(page.frame, row).select(row, value)
    return lines.join(found, on=row, how="left", maintain_order="left")


def _uplifts(lines: pl.DataFrame, rules: Mapping[str, RulesPage]) -> tuple[pl.DataFrame, dict[str, str]]:
    """Add the row and the value of each uplift to the lines that have it."""
    held = lines.select(LINE, pl.col("uplifts").alias("row")).explode("row").drop_nulls()
    if held.is_empty():
        return lines, {}
    values = _numbered(rules["Rules uplifts"].frame, "row")
    values = values.select("row", "code", pl.col("amount").cast(pl.Int64), percent=_in_millionths("percent"))
    held = held.join(values, on="row", how="left", maintain_order="left")
    used = set(held["code"])
    names = {
        f"uplift_{at}": code
        for at, code in enumerate(c for c in values["code"].unique(maintain_order=True) if c in used)
    }
    for name, code in names.items():
        own = held.filter(pl.col("code") == code).select(
            LINE,
            (pl.col("row") + FIRST_ROW).alias(f"{name}_row"),
            pl.col("amount").alias(f"{name}_amount"),
            pl.col("percent").alias(f"{name}_percent"),
        )
        lines = lines.join(own, on=LINE, how="left", maintain_order="left")
    return lines, names


def _numbered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.select(pl.int_range(pl.len(), dtype=pl.Int64).alias(name), pl.all())


def _in_millionths(name: str) -> pl.Expr:
    return (pl.col(name) * MILLION).round().cast(pl.Int64)
