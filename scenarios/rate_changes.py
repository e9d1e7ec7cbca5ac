"""What each change between two framework versions costs on a whole caseload in a full year.

Amounts are whole pence. A child's difference belongs to the change that made it (``rate_steps``), so what the
changes cost adds up to the whole difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from scenarios.full_years import Caseload, full_years, price_a_year
from scenarios.rate_steps import TABLES, Change, change_of, costs_by_change
from tariff_engine import Costing, Framework, FundingPeriod, diff_frameworks
from tariff_engine.framework_diff import Difference, differences
from tariff_engine.frozen import FrozenDict
from tariff_engine.money import check_total
from tariff_engine.periods import YearBasis
from tariff_engine.summaries import RULE_MONEY, rules_table
from tariff_engine.tables.writing import write_outputs

BOTH, ONLY_BEFORE, ONLY_AFTER, NEITHER, OUTSIDE = "both", "only_before", "only_after", "neither", "outside_period"
"""What became of a child: priced by both versions, by one, by neither, or not there in the period."""

_IN_WORDS = {
    BOTH: "Priced on both sides",
    ONLY_BEFORE: "Priced only before: not in the figures",
    ONLY_AFTER: "Priced only after: not in the figures",
    NEITHER: "Without a price on either side",
    OUTSIDE: "Not there in the period",
}
_MONEY = ("old", "new", "change", "full_year", "outside")
_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("table", "key", "field"), pl.String()),
    **dict.fromkeys(("old", "new", "change"), pl.Int64()),
    **dict.fromkeys(("percent", "values"), pl.String()),
    **dict.fromkeys(("children", "full_year", "outside"), pl.Int64()),
}


def cost_of_changes(
    caseload: Caseload,
    old: Framework,
    new: Framework,
    period: str | FundingPeriod | None = None,
    providers: Caseload | None = None,
) -> RateChanges:
    """Price a caseload for a full year under two versions, and say what each change between them costs.

    A placement counts with its annual price, after limits, on its last day in the period, times its count; a spell
    that either version sells by the week or the day counts with its amount in the period. Both versions are taken
    as if they were in effect on every day of it.

    Parameters
    ----------
    caseload, providers : as for ``cost``.
    old, new : the versions before and after.
    period : by default the year of the new version's basis in which it takes effect.

    Raises
    ------
    As ``cost`` does.
    """
    span = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period or _first_year(new))
    before, after = (price_a_year(caseload, framework, span, providers) for framework in (old, new))
    children = _joined(full_years(before), full_years(after))
    grouped: dict[Change, list[Difference]] = {}
    for difference in differences(old, new):
        if (change := change_of(difference)) is not None:
            grouped.setdefault(change, []).append(difference)
    compared = children.filter(pl.col("status") == BOTH)
    costs = costs_by_change(compared, after, (old, new), grouped.keys(), providers)
    found = [
        RateChange(*change, tuple(grouped.get(change, ())), *costs.get(change, (0, 0, 0)))
        for change in dict.fromkeys([*grouped, *costs])
    ]
    return RateChanges(tuple(sorted(found, key=_place)), children, before, after)


@dataclass(frozen=True)
class RateChange:
    """A change, and what it costs in a full year.

    Attributes
    ----------
    table, key : what was changed; no key where it is all of a table's.
    differences : its values before and after.
    children : the children whose price it moves; with the amounts, None for place rates, as places are paid for
        by themselves and are in no child's price.
    full_year : what it costs the high needs budget. [pence a year]
    outside : what it costs others, such as schools that commission alternative provision. [pence a year]
    """

    table: str
    key: str
    differences: tuple[Difference, ...]
    children: int | None
    full_year: int | None
    outside: int | None

    @property
    def main(self) -> Difference | None:
        """The value that people look at first: an amount, else a factor, else anything; None of a whole table's."""
        if not self.key:
            return None
        return min(self.differences, key=lambda d: (not d.in_pounds, not d.is_number), default=None)

    @property
    def text(self) -> str:
        """Every value before and after, as the files have them; of a whole table how many there are."""
        if not self.key:
            return f"{len(self.differences)} value{'' if len(self.differences) == 1 else 's'}"
        return "; ".join(difference.text for difference in self.differences)

    def row(self) -> dict[str, Any]:
        """The change as a row of ``RateChanges.frame``."""
        cost = {"children": self.children, "full_year": self.full_year, "outside": self.outside}
        row: dict[str, Any] = {"table": self.table, "key": self.key, "values": self.text, **cost}
        if (main := self.main) is not None:
            row |= {"field": main.field, "percent": main.percent}
            row["change"] = main.change if main.in_pounds else None
            for name, value in (("old", main.old), ("new", main.new)):
                row[name] = value.number if value is not None and value.in_pounds else None
        return row


@dataclass(frozen=True, eq=False)
class RateChanges:
    """What the changes between two versions cost in a full year, for the children whom both of them price.

    Attributes
    ----------
    changes : table by table, and within a table the largest cost first, whichever way it goes.
    placements : one row a placement that some version read, with its full year before and after. [pence]
    """

    changes: tuple[RateChange, ...]
    placements: pl.DataFrame = field(repr=False)
    costing_before: Costing = field(repr=False)
    costing_after: Costing = field(repr=False)

    def __post_init__(self) -> None:
        parts = [(c.full_year or 0, c.outside or 0) for c in self.changes]
        sums = tuple(sum(column) for column in zip(*parts, strict=True)) or (0, 0)
        if sums != (self.total_pence, self.outside_pence):
            raise ValueError("what the changes cost doesn't add up to the whole difference")

    @property
    def period(self) -> FundingPeriod:
        """The year that both versions are priced for."""
        return self.costing_after.period

    @property
    def before_pence(self) -> int:
        """What high needs pays for a full year before. [pence]"""
        return self._paid("before", high_needs=True)

    @property
    def after_pence(self) -> int:
        """What high needs pays for a full year after. [pence]"""
        return self._paid("after", high_needs=True)

    @property
    def total_pence(self) -> int:
        """After less before: what all changes cost the high needs budget. [pence a year]"""
        return self.after_pence - self.before_pence

    @property
    def outside_pence(self) -> int:
        """What all changes cost others. [pence a year]"""
        return self._paid("after", high_needs=False) - self._paid("before", high_needs=False)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Children of the caseload: priced by both versions, only before, only after, by neither, not there."""
        known = dict(self.placements.group_by("status").agg(pl.col("count").sum()).iter_rows())
        found = {status: known.get(status, 0) for status in (BOTH, ONLY_BEFORE, ONLY_AFTER, NEITHER, OUTSIDE)}
        # A row that neither version could read is in no placement.
        found[NEITHER] += self.costing_before.counts["read_children"] - sum(found.values())
        return FrozenDict(found)

    @property
    def not_priced(self) -> Mapping[str, int]:
        """Children in the period who are in no figure: priced only before, only after, or by neither."""
        return FrozenDict({status: self.counts[status] for status in (ONLY_BEFORE, ONLY_AFTER, NEITHER)})

    @property
    def ended(self) -> int:
        """Children in the figures whose placement ends before the period does; they count for a full year too."""
        return self._children(pl.col("ended") & ~pl.col("bought"))

    @property
    def bought(self) -> int:
        """Children in the figures whose spell is bought by the week or day: in the figures with the period's part."""
        return self._children(pl.col("bought"))

    def only_pence(self, status: str) -> int:
        """What those priced only before, or only after, come to in a full year, whoever pays. [pence]"""
        column = "before" if status == ONLY_BEFORE else "after"
        return int(self.placements.filter(pl.col("status") == status)[column].sum())

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row a change.

        Columns
        -------
        table, key : what was changed.
        field, old, new, change, percent : the value that people look at first; the amounts where it is one. [pence]
        values : every value of the change, before and after, as the framework's files have them.
        children, full_year, outside : as for ``RateChange``. [pence a year]
        """
        return pl.DataFrame([change.row() for change in self.changes], schema=_SCHEMA)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, versions and their hashes, input, period, totals and children."""
        records = self.costing_before.provenance, self.costing_after.provenance
        return {
            **{name: records[1][name] for name in ("engine_version", "input", "period", "created_at")},
            "frameworks": [*records[0]["frameworks"], *records[1]["frameworks"]],
            "full_year": {
                "before_pence": self.before_pence,
                "after_pence": self.after_pence,
                "difference_pence": self.total_pence,
                "outside_difference_pence": self.outside_pence,
                "children": dict(self.counts),
                "children_of_ended_placements": self.ended,
                "children_bought_by_unit": self.bought,
            },
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write the changes and every value that differs; CSV, XLSX or Parquet by the path's ending."""
        versions = self.costing_before.frameworks[0], self.costing_after.frameworks[0]
        amounts = [self.before_pence, self.after_pence, self.total_pence]
        named = [f"Before: {versions[0].name}", f"After: {versions[1].name}", "Difference"]
        totals = pl.DataFrame({"High needs budget": named, "Full year": amounts})
        children = pl.DataFrame({"Children": [_IN_WORDS[s] for s in self.counts], "Number": list(self.counts.values())})
        return write_outputs(
            Path(path),
            {"changes": self.frame, "differences": diff_frameworks(*versions)},
            self.provenance,
            {"changes": _MONEY, "rules": RULE_MONEY, "summary": ("Full year",)},
            main="changes",
            rules=rules_table(versions),
            summary=[("What the changes cost in a full year", totals), ("Who is in the figures", children)],
            inputs=[] if self.costing_after.source is None else [self.costing_after.source],
        )

    @property
    def _compared(self) -> pl.DataFrame:
        return self.placements.filter(pl.col("status") == BOTH)

    def _paid(self, column: str, *, high_needs: bool) -> int:
        return check_total(int(self._compared.filter(pl.col("high_needs") == high_needs)[column].sum()))

    def _children(self, which: pl.Expr) -> int:
        return int(self._compared.filter(which)["count"].sum())


def _first_year(framework: Framework) -> str:
    """The name of the year of its basis in which a version takes effect."""
    header = framework.header
    start, end = header.year_basis.year_of(header.effective_from)
    return f"{'FY' if header.year_basis is YearBasis.FINANCIAL else 'AY'}{start.year}-{end.year % 100:02d}"


def _place(change: RateChange) -> tuple[int, int, int]:
    """Where a change stands: by table, then the largest first."""
    return TABLES.index(change.table), -abs(change.full_year or 0), -abs(change.outside or 0)


def _joined(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """One row a placement that some version read: the facts of one that did, and its full year before and after."""
    facts = ("count", "here", "ended", "high_needs", "area", "uplifts")
    both = before.join(
        after, on="placement_id", how="full", coalesce=True, suffix="_after", maintain_order="left_right"
    )
    bought = pl.col("bought").fill_null(False) | pl.col("bought_after").fill_null(False)
    amounts = {
        "before": pl.when(bought).then("spell").otherwise("year"),
        "after": pl.when(bought).then("spell_after").otherwise("year_after"),
    }
    known = {name: pl.col(name).is_not_null() for name in amounts}
    status = (
        pl.when(~pl.col("here"))
        .then(pl.lit(OUTSIDE))
        .when(known["before"] & known["after"])
        .then(pl.lit(BOTH))
        .when(known["before"])
        .then(pl.lit(ONLY_BEFORE))
        .when(known["after"])
        .then(pl.lit(ONLY_AFTER))
        .otherwise(pl.lit(NEITHER))
    )
    shared = [pl.coalesce(f"{name}_after", name).alias(name) for name in facts]
    frame = both.select("placement_id", *shared, bought.alias("bought"), "row", "row_after", **amounts)
    return frame.with_columns(status=status)
