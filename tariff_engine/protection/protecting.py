"""The minimum funding guarantee: the same placements and places under last year's rules and this year's, by provider.

Where this year's total is below (1 + guarantee) x last year's, the difference is the provider's protection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.costing import chosen_versions, cost, engine_version, moment
from tariff_engine.errors import UsageError
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.money import check_total
from tariff_engine.periods import FundingPeriod
from tariff_engine.places import place_funding
from tariff_engine.protection.guarantee import parse_guarantee, show_guarantee, within
from tariff_engine.protection.lines import AMOUNTS, note_unknown, provider_lines, together
from tariff_engine.protection.sides import Side, read_allocations
from tariff_engine.rule_pages import place_rule_pages
from tariff_engine.summaries import RULE_MONEY, rules_table
from tariff_engine.tables.writing import write_outputs

Table = pl.DataFrame | str | Path
Version = str | Path | Framework | Sequence[Framework]

_MOST_SHOWN = 20


def protect(
    caseload: Table,
    framework: Version,
    last_year: Version,
    guarantee: str | Fraction,
    period: str | FundingPeriod,
    *,
    places: Table | None = None,
    providers: Table | None = None,
    as_if: bool = False,
) -> Protection:
    """Work out what each provider is protected by between two versions.

    Parameters
    ----------
    caseload : placements, one row a spell, as a frame or a file.
    framework : this year's version or versions.
    last_year : last year's one version. It is used as if it were in effect in the period, so that only the rules
        differ.
    guarantee : what last year's total is to grow by at least: ``"0.0"``, ``"-0.015"`` or ``"-1.5%"``. From -1 to 1.
    period : ``"FY2025-26"``, ``"AY2025-26"``, ``"2025-04-01..2026-03-31"``.
    places : commissioned places, the same under both; without them the totals are top-ups alone.
    providers : the providers' types, areas and successors; with ``additional_allocation`` and
        ``additional_allocation_last_year``, what each gets besides, in pounds for the period.
    as_if : price every day under this year's one version, whatever its dates.

    Returns
    -------
    A Protection: one line a provider with its working, findings, provenance. A provider of which something could not be
    priced on either side has no protection, never 0.

    Raises
    ------
    InputRefused : a file can't be taken at all.
    FrameworkError, UsageError, PeriodError : the call can't be done.
    BoundsError : a total is beyond what a spreadsheet holds to the penny.
    """
    share = parse_guarantee(guarantee) if isinstance(guarantee, str) else within(guarantee)
    period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
    after = _side(caseload, chosen_versions(framework, as_if), period, places, providers, as_if)
    before = _side(caseload, chosen_versions(last_year, True), period, places, providers, True)
    log = FindingsLog()
    lines = provider_lines(before, after, read_allocations(providers, log), share)
    note_unknown(lines, before, after, log)
    check_total(sum(abs(value) for value in lines["total_protected"].drop_nulls()))
    return Protection(
        lines=lines,
        findings=together(before, after, log),
        before=before,
        after=after,
        guarantee=share,
        period=period,
        created_at=moment(),
        inputs=tuple(Path(table) for table in (caseload, places, providers) if isinstance(table, str | Path)),
    )


@dataclass(frozen=True, eq=False, repr=False)
class Protection:
    """What each provider is protected by. Amounts are whole pence; a blank one has a finding that says why.

    Attributes
    ----------
    lines : one row a provider: both years' top-up, places, additional allocation and total, what is guaranteed, the
        protection, and the total with it; ``unpriced`` counts the rows without a price, both sides together.
    findings : of both sides and of the protection; ``under`` says of which versions, ``file`` of which file.
    before, after : the costings and the place funding of both sides.
    guarantee : as a share of last year's total.
    """

    lines: pl.DataFrame
    findings: pl.DataFrame
    before: Side
    after: Side
    guarantee: Fraction
    period: FundingPeriod
    created_at: datetime
    inputs: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Protection({self.before.name} to {self.after.name}, {self.period.name}, {self.lines.height} providers)"

    @property
    def total(self) -> int:
        """The protection of all providers whose protection could be told. [pence]"""
        return int(self.lines["protection"].sum())

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    @property
    def unknown(self) -> int:
        """How many providers' protection can't be told."""
        return self.lines["protection"].null_count()

    @cached_property
    def placements(self) -> pl.DataFrame:
        """The working by placement: what high needs pays for each under last year's version and this year's."""
        last = self.before.placements.rename({"amount": "last_year"})
        this = self.after.placements.rename({"amount": "this_year"})
        return _beside(last, this, ["placement_id", "provider_id", "provision"])

    @cached_property
    def places(self) -> pl.DataFrame:
        """The working by row of places: the rate and the amount under last year's version and this year's."""
        return _beside(_place_rows(self.before, "last_year"), _place_rows(self.after, "this_year"), ["row", *_PLACE])

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, both frameworks, inputs, period, guarantee, totals."""
        records = [self.before.costing.provenance, self.after.costing.provenance]
        places = self.after.places
        return {
            "engine_version": engine_version(),
            "frameworks": [*records[0]["frameworks"], *records[1]["frameworks"]],
            "input": records[1]["input"],
            "places": None if places is None else places.provenance["input"],
            "period": records[1]["period"],
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "protection": {
                "last_year": [framework.name for framework in self.before.frameworks],
                "this_year": [framework.name for framework in self.after.frameworks],
                "guarantee": str(self.guarantee),
                "providers": self.lines.height,
                "protected": int((self.lines["protection"] > 0).sum()),
                "unknown": self.unknown,
                "without_provider": self.placements["provider_id"].null_count(),
                "protection_pence": self.total,
            },
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write the providers, both workings, findings and provenance, in the form that the path ends in."""
        sides = (*self.before.frameworks, *self.after.frameworks)
        frameworks = tuple({framework.content_hash: framework for framework in sides}.values())
        tables = {"protection": self.lines, "placements": self.placements}
        money: dict[str, Sequence[str]] = {
            "protection": AMOUNTS,
            "placements": ("last_year", "this_year"),
            "places": ("rate_last_year", "rate", "last_year", "this_year"),
            "place_rates": ("rate",),
            "rules": RULE_MONEY,
            "summary": ("amount", *AMOUNTS),
        }
        if self.after.places is not None:
            tables["places"] = self.places.drop("row")
            for page in place_rule_pages(frameworks)[:1]:
                tables["place_rates"] = page.frame
        return write_outputs(
            Path(path),
            {**tables, "findings": self.findings},
            self.provenance,
            money,
            main="protection",
            rules=rules_table(frameworks),
            summary=list(self._summary()),
            inputs=self.inputs,
        )

    def _summary(self) -> Iterator[tuple[str, pl.DataFrame]]:
        known = self.lines.drop_nulls("protection")
        facts = [
            ("Guarantee", show_guarantee(self.guarantee)),
            ("Last year", f"{self.before.name}, as if it were in effect in {self.period.name}"),
            ("This year", self.after.name),
            (
                "Places",
                "not given: the totals are top-ups alone" if self.after.places is None else "the same under both",
            ),
            (
                "Protection",
                "(1 + guarantee) x last year's total - this year's total, where that is above 0, rounded once",
            ),
            ("Providers", f"{self.lines.height:,}"),
            ("Providers whose protection can't be told", f"{self.unknown:,}: not in these totals"),
        ]
        yield "What was compared", pl.DataFrame(facts, schema=["item", "value"], orient="row")
        titles = {
            "total_last_year": "Last year's total",
            "guaranteed": "Guaranteed",
            "total": "This year's total",
            "protection": "Protection",
            "total_protected": "This year's total with protection",
        }
        sums = [(title, int(known[name].sum())) for name, title in titles.items()]
        yield "Totals", pl.DataFrame(sums, schema={"what": pl.String, "amount": pl.Int64}, orient="row")
        most = known.filter(pl.col("protection") > 0).sort("protection", descending=True).head(_MOST_SHOWN)
        yield "Providers that are protected most", most.select("provider_id", "total_last_year", "total", "protection")


_PLACE = ("provider_id", "provision", "phase", "occupancy", "places_first", "places_second")


def _side(
    caseload: Table,
    frameworks: Sequence[Framework],
    period: FundingPeriod,
    places: Table | None,
    providers: Table | None,
    as_if: bool,
) -> Side:
    costing = cost(caseload, frameworks, period, providers=providers, as_if=as_if)
    return Side(costing, None if places is None else place_funding(places, frameworks, period, as_if=as_if))


def _place_rows(side: Side, year: str) -> pl.DataFrame:
    """Rows of places with their rate, of the last version if there are several, and their amount."""
    if side.places is None:
        raise UsageError("No places were given, so there is no working of places.")
    return (
        side.places.lines.with_columns(row=side.places.row_numbers)
        .group_by("row", maintain_order=True)
        .agg(
            pl.col(_PLACE).first(),
            pl.col("rate").last().alias("rate_last_year" if year == "last_year" else "rate"),
            pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum()).alias(year),
        )
    )


def _beside(last: pl.DataFrame, this: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Both years' figures in one row; what only one side could read has the other one blank."""
    return last.join(this, on=on, how="full", coalesce=True, nulls_equal=True, maintain_order="left_right")
