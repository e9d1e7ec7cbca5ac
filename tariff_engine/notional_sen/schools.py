"""Schools with their notional budgets, and what their funded children come to. Exact, in whole pence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.columns import read_columns, school_columns
from tariff_engine.costing import Costing
from tariff_engine.findings import FindingsLog
from tariff_engine.money import PENCE, check_total, round_half_away
from tariff_engine.national_figures import Figure
from tariff_engine.notional_sen.rule import TargetedHelp
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import add_notes
from tariff_engine.protection.sides import unread_providers
from tariff_engine.tables.contract import RawTable
from tariff_engine.tables.reading import from_frame, read_table
from tariff_engine.vocabulary import vocabulary

_COLUMNS: dict[str, pl.DataType] = {
    "provider_id": pl.String(),
    "name": pl.String(),
    "pupils": pl.Int64(),
    "children": pl.Int64(),
    "child_years": pl.Float64(),
    "notional_sen_budget": pl.Int64(),
    "first_part": pl.Int64(),
    "share_of_budget": pl.Float64(),
    "remaining": pl.Int64(),
    "targeted_help": pl.Int64(),
    "s251_line": pl.String(),
}


@dataclass(frozen=True)
class Schools:
    """The schools file: as it was read, the schools that are known by their identifier, and all that are named."""

    raw: RawTable
    known: dict[str, dict[str, Any]]
    named: list[str]


def read_schools(source: pl.DataFrame | str | Path, log: FindingsLog) -> Schools:
    """The schools that could be read and stand once, by their identifier, and all that are named."""
    columns = school_columns()
    required = [column.name for column in columns.values() if column.required]
    if isinstance(source, pl.DataFrame):
        raw = from_frame(source, list(columns), required)
    else:
        raw = read_table(Path(source), list(columns), required, sheet="Schools")
    add_notes(raw, log)
    typed, readable = read_columns(raw.frame, columns.values(), raw.rows, log)
    twice = typed["provider_id"].is_duplicated() & typed["provider_id"].is_not_null()
    log.add("school_unknown", raw.rows.filter(twice).to_numpy(), "provider_id", "the school stands on several rows")
    known = {row["provider_id"]: row for row in typed.filter(readable & ~twice).iter_rows(named=True)}
    return Schools(raw, known, typed["provider_id"].drop_nulls().unique(maintain_order=True).to_list())


def school_lines(
    costing: Costing, schools: Schools, figure: Figure, rule: TargetedHelp | None, log: FindingsLog
) -> pl.DataFrame:
    """One line a school, those of the schools file first."""
    unread = Counter(unread_providers(costing))
    if not_told := unread[None] + len(costing.placements.raw.bad_rows):
        log.add("provider_not_told", [None], "", f"{not_told:,} rows of placements name no provider that can be read")
    funded = {row["provider_id"]: row for row in _funded(costing).iter_rows(named=True)}
    rows = []
    for provider in dict.fromkeys([*schools.named, *funded]):
        children = funded.get(provider, {"children": 0, "days": 0, "unpriced": 0})
        children = {**children, "unpriced": children["unpriced"] + unread[provider]}
        known = schools.known.get(provider)
        if known is None:
            log.add(
                "school_unknown", [None], f"provider_id {provider}", f"{provider} has no notional budget", [provider]
            )
        if children["unpriced"]:
            noun = "placement" if children["unpriced"] == 1 else "placements"
            message = f"{provider} has {children['unpriced']:,} {noun} without a price"
            log.add("funded_children_unknown", [None], f"provider_id {provider}", message, [provider])
        rows.append(_line(provider, known, children, costing.period, figure, rule, log))
    lines = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    check_total(sum(lines["first_part"].drop_nulls()))
    return lines


def _funded(costing: Costing) -> pl.DataFrame:
    """By school: children with a top-up, the days that they have one, and placements without a price."""
    words = vocabulary()
    ours = words.provisions_where(lambda provision: provision.meets_first_part)
    lines = costing.lines.filter(
        pl.col("provision").is_in(ours)
        & (pl.col("payer") == words.high_needs_payer)
        & pl.col("provider_id").is_not_null()
    )
    top_up = pl.col("amount") > 0
    paid = lines.filter(top_up).unique(["provider_id", "placement_id"])
    counted = paid.group_by("provider_id").agg(pl.col("count").sum().alias("children"))
    return (
        lines.group_by("provider_id", maintain_order=True)
        .agg(
            (pl.col("days") * pl.col("count")).filter(top_up).sum().alias("days"),
            pl.col("placement_id").filter(pl.col("amount").is_null()).n_unique().alias("unpriced"),
        )
        .join(counted, on="provider_id", how="left", maintain_order="left")
        .with_columns(pl.col("children").fill_null(0))
    )


def _line(
    provider: str,
    known: dict[str, Any] | None,
    children: dict[str, int],
    period: FundingPeriod,
    figure: Figure,
    rule: TargetedHelp | None,
    log: FindingsLog,
) -> tuple[Any, ...]:
    year_days = (period.end - period.start).days + 1
    amount = pence_of(figure)
    years = Fraction(children["days"], year_days)
    exact = amount * years
    told = not children["unpriced"]
    first = round_half_away(exact.numerator, exact.denominator) if told else None
    budget = None if known is None else known["notional_sen_budget"]
    pupils = None if known is None else known["pupils"]
    remaining = None if first is None or budget is None else budget - first
    share = round(float(exact / budget), 4) if told and budget else None
    given = None
    if rule is not None and told and budget is not None:
        given = rule.help(exact, amount, years, pupils, budget)
        if given is None:
            message = f"{provider}: pupils is blank, and the rule needs it"
            log.add("missing_value", [None], f"pupils {provider}", message, [provider])
    line = vocabulary().targeted_help_line if given is not None else None
    name = None if known is None else known["name"]
    shown_years = round(float(years), 4) if told else None
    shown_children = children["children"] if told else None
    return provider, name, pupils, shown_children, shown_years, budget, first, share, remaining, given, line


def pence_of(figure: Figure) -> int:
    """A figure in pounds, in pence."""
    pence = figure.value * PENCE
    return round_half_away(pence.numerator, pence.denominator)
