"""One caseload under two frameworks: what changes, for whom, and what can't be compared.

Amounts are whole pence. A placement is compared where it has a price on both sides. What only one side prices is set
out by itself, so that both costings' totals are accounted for to the penny.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine import Costing
from tariff_engine.errors import UsageError
from tariff_engine.money import check_total
from tariff_engine.summaries import RULE_MONEY, rules_table
from tariff_engine.tables.contract import RawTable
from tariff_engine.tables.writing import write_outputs
from tariff_engine.vocabulary import one_of, vocabulary

COMPARED, ONLY_AFTER, ONLY_BEFORE, UNPRICED = "compared", "unpriced_before", "unpriced_after", "unpriced"
"""What became of a placement: priced on both sides, only after, only before, or on neither."""

GROUPS = (
    "provision",
    "phase",
    "primary_need",
    "band",
    "band_before",
    "band_after",
    "provider_id",
    "home_la",
    "payer",
    "s251_line",
)
"""What a comparison can be broken down by. ``band`` is the band after."""

_FACTS = ("provision", "phase", "primary_need", "provider_id", "home_la", "payer", "s251_line", "count")
_MONEY = ("before", "after", "difference")
_OUTSIDE = ("outside_before", "outside_after", "outside_difference")
_WRITTEN_BY = ("provision", "primary_need", "band_before", "band_after", "provider_id", "payer")
_MOST_WRITTEN = 20


def compare(before: Costing, after: Costing) -> Comparison:
    """Set two costings of one caseload for one period beside each other.

    Raises
    ------
    UsageError : the costings are of different caseloads or periods.
    """
    if (before.period.start, before.period.end) != (after.period.start, after.period.end):
        raise UsageError(
            f"Two frameworks are compared over one period, and these are {before.period.name} and {after.period.name}."
        )
    if not _same_caseload(before.placements.raw, after.placements.raw):
        raise UsageError("Two frameworks are compared on one caseload, and these are two.")
    return Comparison(before, after)


@dataclass(frozen=True)
class Comparison:
    """What one caseload costs before and after. Totals are what the high needs budget pays for compared placements.

    ``outside`` amounts are what others pay, such as a school that commissions alternative provision.
    """

    costing_before: Costing = field(repr=False)
    costing_after: Costing = field(repr=False)

    @property
    def total_before(self) -> int:
        """What high needs pays before, for placements priced on both sides. [pence]"""
        return self._total("before")

    @property
    def total_after(self) -> int:
        """What high needs pays after, for placements priced on both sides. [pence]"""
        return self._total("after")

    @property
    def difference(self) -> int:
        """After less before. [pence]"""
        return self.total_after - self.total_before

    @property
    def outside_before(self) -> int:
        """What others pay before, for placements priced on both sides. [pence]"""
        return self._total("outside_before")

    @property
    def outside_after(self) -> int:
        """What others pay after, for placements priced on both sides. [pence]"""
        return self._total("outside_after")

    @property
    def not_compared_before(self) -> int:
        """What high needs pays before for placements without a price after; with ``total_before`` the whole. [pence]"""
        return self.costing_before.total - self.total_before

    @property
    def not_compared_after(self) -> int:
        """What high needs pays after for placements without a price before; with ``total_after`` the whole. [pence]"""
        return self.costing_after.total - self.total_after

    @cached_property
    def placements(self) -> pl.DataFrame:
        """One row a placement priced on both sides, in the order of the caseload.

        Columns placement_id, the columns of GROUPS, count, before, after, difference; amounts are what the
        placement's payer pays. A placement of several stints shows the band and phase of its last one.
        """
        return self._of(COMPARED).with_columns(difference=pl.col("after") - pl.col("before"))

    @cached_property
    def unpriced_before(self) -> pl.DataFrame:
        """Placements that only the framework after prices, with its amount; why is in the findings before."""
        return self._of(ONLY_AFTER)

    @cached_property
    def unpriced_after(self) -> pl.DataFrame:
        """Placements that only the framework before prices, with its amount; why is in the findings after."""
        return self._of(ONLY_BEFORE)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many placements were compared, priced on one side only, and read on some side but priced on neither."""
        found = dict(self._joined["status"].value_counts().iter_rows())
        return {status: found.get(status, 0) for status in (COMPARED, ONLY_AFTER, ONLY_BEFORE, UNPRICED)}

    def by(self, *columns: str) -> pl.DataFrame:
        """Compared placements by some columns of GROUPS.

        Returns
        -------
        The columns, then children, before, after and difference for high needs, and the same three as
        ``outside_...`` for other payers. Each adds up to its total exactly. A child counts once a placement.
        """
        for column in columns:
            if column not in GROUPS:
                raise UsageError(f"{column!r} is nothing to compare by; {one_of(column, GROUPS)}.")
        high_needs = pl.col("payer") == vocabulary().high_needs_payer
        sums = [pl.col("count").sum().alias("children")]
        for prefix, paid in (("", high_needs), ("outside_", ~high_needs)):
            sums += [pl.col(name).filter(paid).sum().alias(prefix + name) for name in _MONEY]
        if not columns:
            return self.placements.select(sums)
        return self.placements.group_by(columns, maintain_order=True).agg(sums).sort(columns, nulls_last=True)

    def gainers(self, n: int, by: str = "provider_id") -> pl.DataFrame:
        """The ``n`` groups for which high needs pays more after, the largest difference first; blanks left out."""
        return (
            self._changed(by).filter(pl.col("difference") > 0).sort("difference", by, descending=[True, False]).head(n)
        )

    def losers(self, n: int, by: str = "provider_id") -> pl.DataFrame:
        """The ``n`` groups for which high needs pays less after, the largest difference first; blanks left out."""
        return self._changed(by).filter(pl.col("difference") < 0).sort("difference", by).head(n)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: both costings' records, and the totals that are compared."""
        records = self.costing_before.provenance, self.costing_after.provenance
        return {
            "engine_version": records[0]["engine_version"],
            "frameworks": [*records[0]["frameworks"], *records[1]["frameworks"]],
            "input": records[0]["input"],
            "period": records[0]["period"],
            "created_at": records[1]["created_at"],
            "compared": {
                "before": [framework.name for framework in self.costing_before.frameworks],
                "after": [framework.name for framework in self.costing_after.frameworks],
                "placements": self.counts,
                "total_before_pence": self.total_before,
                "total_after_pence": self.total_after,
                "difference_pence": self.difference,
                "not_compared_before_pence": self.not_compared_before,
                "not_compared_after_pence": self.not_compared_after,
                "outside_before_pence": self.outside_before,
                "outside_after_pence": self.outside_after,
            },
            "totals_before": records[0]["totals"],
            "totals_after": records[1]["totals"],
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write placements, breakdowns and what can't be compared; CSV, XLSX or Parquet by the path's ending."""
        apart = pl.concat([self._of(ONLY_AFTER), self._of(ONLY_BEFORE)])
        tables = {
            "comparison": self.placements.drop("band"),
            **{f"by_{column}": self.by(column) for column in _WRITTEN_BY},
            "not_compared": apart.drop("band"),
        }
        money = {name: [*_MONEY, *_OUTSIDE] for name in [*tables, "summary"]}
        return write_outputs(
            Path(path),
            tables,
            self.provenance,
            {**money, "rules": RULE_MONEY},
            main="comparison",
            rules=rules_table(self._frameworks),
            summary=self._summary(),
            inputs=[costing.source for costing in (self.costing_before, self.costing_after) if costing.source],
        )

    def _summary(self) -> Sequence[tuple[str, pl.DataFrame]]:
        compared = self.by()
        whole = [self.costing_before.total, self.costing_after.total]
        apart = [self.not_compared_before, self.not_compared_after]
        totals = pl.DataFrame(
            {
                "high_needs": ["Priced on both sides", "Priced on one side only", "Whole costing"],
                "before": [self.total_before, apart[0], whole[0]],
                "after": [self.total_after, apart[1], whole[1]],
                "difference": [self.difference, None, None],
            },
            schema_overrides=dict.fromkeys(_MONEY, pl.Int64),
        )
        return [
            ("Totals", totals),
            ("All placements priced on both sides", compared),
            *((f"By {column.replace('_', ' ')}", self.by(column)) for column in ("provision", "band_after", "payer")),
            ("Providers that gain most", self.gainers(_MOST_WRITTEN)),
            ("Providers that lose most", self.losers(_MOST_WRITTEN)),
        ]

    @property
    def _frameworks(self) -> tuple[Any, ...]:
        """Every version of both sides, once."""
        both = [*self.costing_before.frameworks, *self.costing_after.frameworks]
        return tuple({framework.content_hash: framework for framework in both}.values())

    def _total(self, column: str) -> int:
        return check_total(int(self.by()[column].item()))

    def _changed(self, by: str) -> pl.DataFrame:
        return self.by(by).filter(pl.col(by).is_not_null())

    def _of(self, status: str) -> pl.DataFrame:
        return self._joined.filter(pl.col("status") == status).drop("status")

    @cached_property
    def _joined(self) -> pl.DataFrame:
        """One row a placement that some side read, in the order of the caseload, with what became of it."""
        order = pl.DataFrame({"placement_id": self.costing_before.placements.placement_ids}).unique(
            "placement_id", maintain_order=True
        )
        sides = {"before": _one_a_placement(self.costing_before), "after": _one_a_placement(self.costing_after)}
        joined = order
        for side, frame in sides.items():
            named = frame.rename({name: f"{name}_{side}" for name in frame.columns if name != "placement_id"})
            joined = joined.join(named, on="placement_id", how="left", maintain_order="left")
        facts = [pl.coalesce(f"{name}_after", f"{name}_before").alias(name) for name in _FACTS]
        before, after = pl.col("amount_before"), pl.col("amount_after")
        status = (
            pl.when(before.is_not_null() & after.is_not_null())
            .then(pl.lit(COMPARED))
            .when(after.is_not_null())
            .then(pl.lit(ONLY_AFTER))
            .when(before.is_not_null())
            .then(pl.lit(ONLY_BEFORE))
            .otherwise(pl.lit(UNPRICED))
        )
        read = pl.col("count_before").is_not_null() | pl.col("count_after").is_not_null()
        return joined.filter(read).select(
            "placement_id",
            *facts[:-1],
            pl.col("band_after").alias("band"),
            "band_before",
            "band_after",
            facts[-1],
            before.alias("before"),
            after.alias("after"),
            status.alias("status"),
        )


def _same_caseload(one: RawTable, other: RawTable) -> bool:
    """Whether two costings read the same file; frames, which have no hash, by what they hold.

    Headers are left out: each framework knows its own need areas by name.
    """
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256
    same_shape = one.frame.shape == other.frame.shape
    return same_shape and one.frame.equals(
        other.frame.rename(dict(zip(other.frame.columns, one.frame.columns, strict=True)))
    )


def _one_a_placement(costing: Costing) -> pl.DataFrame:
    """Lines added up to placements: the facts of the last stint, and the amount, null where there is no price."""
    lines = costing.lines
    if "primary_need" not in lines.columns:
        lines = lines.with_columns(primary_need=pl.lit(None, pl.String))
    last = [pl.col(name).last() for name in (*_FACTS, "band")]
    amount = pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum()).alias("amount")
    return lines.group_by("placement_id", maintain_order=True).agg(*last, amount)
