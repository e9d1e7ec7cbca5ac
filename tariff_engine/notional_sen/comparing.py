"""What funded children cost each mainstream school first, against the budget that is meant for it.

A mainstream school meets the first part of a child's extra support from its notional budget; the top-up comes on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.costing import Costing, chosen_versions, cost, engine_version, moment
from tariff_engine.errors import PeriodError
from tariff_engine.findings import FindingsLog
from tariff_engine.money import show_pounds
from tariff_engine.national_figures import Figure, figure_for, figure_source
from tariff_engine.notional_sen.rule import TargetedHelp, read_rule
from tariff_engine.notional_sen.schools import Schools, pence_of, read_schools, school_lines
from tariff_engine.periods import FundingPeriod, YearBasis
from tariff_engine.protection.protecting import Table, Version
from tariff_engine.tables.writing import write_outputs

FIRST_PART = "first_part_of_extra_support"
"""The national figure: what a school meets itself, for a child and a year."""

_MONTHS = 12
_MONEY = ("notional_sen_budget", "first_part", "remaining", "targeted_help")


def compare_notional_sen(
    caseload: Table,
    schools: Table,
    framework: Version,
    period: str | FundingPeriod,
    *,
    rule: TargetedHelp | str | Path | None = None,
    providers: Table | None = None,
    as_if: bool = False,
) -> NotionalSen:
    """Set what funded children cost each mainstream school first against its notional budget.

    Parameters
    ----------
    caseload : placements, one row a spell, as a frame or a file. A funded child is one in a mainstream school for whom
        the authority pays a top-up; part of a year counts as that part.
    schools : one row a school, with ``notional_sen_budget`` and, for a rule by ratio, ``pupils``.
    framework : what the top-ups are priced under.
    period : one whole year, ``"FY2025-26"`` or ``"AY2025-26"``, as budgets are for a year.
    rule : a rule for targeted help, or the path of its file.

    Raises
    ------
    InputRefused : a file can't be taken at all.
    FrameworkError, UsageError, PeriodError : the call can't be done.
    """
    period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
    if not period.is_whole_months or len(period.months) != _MONTHS:
        raise PeriodError(f"Period {period.name}: notional budgets are for a year, so it must be one whole year.")
    help_rule = read_rule(rule) if isinstance(rule, str | Path) else rule
    costing = cost(caseload, chosen_versions(framework, as_if), period, providers=providers, as_if=as_if)
    log = FindingsLog()
    read = read_schools(schools, log)
    figure = figure_for(FIRST_PART, _year_name(period.start))
    if figure.year != _year_name(period.start):
        log.add("figure_of_another_year", [None], "", f"{FIRST_PART}: that of {figure.year} is used for {period.name}")
    lines = school_lines(costing, read, figure, help_rule, log)
    return NotionalSen(
        lines=lines,
        findings=_findings(costing, read, log),
        costing=costing,
        figure=figure,
        rule=help_rule,
        created_at=moment(),
        inputs=tuple(Path(table) for table in (caseload, schools, providers) if isinstance(table, str | Path)),
    )


@dataclass(frozen=True, eq=False, repr=False)
class NotionalSen:
    """What funded children cost schools first, against notional budgets. Amounts are whole pence.

    Attributes
    ----------
    lines : one row a school: funded children, child years (a child all year is 1), the notional budget, the first part
        of their support, what is left of the budget, and targeted help. A blank amount has a finding.
    findings : of the costing and of the schools; ``file`` says of which file.
    figure : the national figure that was used.
    rule : the rule for targeted help, if there is one.
    """

    lines: pl.DataFrame
    findings: pl.DataFrame
    costing: Costing
    figure: Figure
    rule: TargetedHelp | None
    created_at: datetime
    inputs: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"NotionalSen({self.costing.period.name}, {self.lines.height} schools)"

    @property
    def total(self) -> int:
        """Targeted help of all schools for which it is known. [pence]"""
        return int(self.lines["targeted_help"].sum())

    @property
    def first_part_pence(self) -> int:
        """What a school meets itself for a child and a year. [pence]"""
        return pence_of(self.figure)

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, framework, inputs, period, the national figure, the rule, totals."""
        source = figure_source(self.figure)
        return {
            **self.costing.provenance,
            "engine_version": engine_version(),
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "first_part": {
                "pence": self.first_part_pence,
                "year": self.figure.year,
                "confidence": self.figure.confidence,
                "source": source["title"],
                "url": source["url"],
            },
            "rule": None
            if self.rule is None
            else {
                "title": self.rule.title,
                "source": self.rule.source,
                "rule": self.rule.rule,
                "level": str(self.rule.level),
                "amount_pence": self.rule.amount,
            },
            "schools": {
                "schools": self.lines.height,
                "unknown": self.lines["first_part"].null_count(),
                "targeted_help_pence": self.total,
            },
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write the schools, findings and provenance, in the form that the path ends in; all files or none."""
        return write_outputs(
            Path(path),
            {"notional_sen": self.lines, "findings": self.findings},
            self.provenance,
            {"notional_sen": _MONEY, "summary": ("amount",)},
            main="notional_sen",
            summary=self._summary(),
            inputs=self.inputs,
        )

    def _summary(self) -> list[tuple[str, pl.DataFrame]]:
        source = figure_source(self.figure)
        facts = [
            ("First part of a child's support", f"{show_pounds(self.first_part_pence)} a year, {self.figure.year}"),
            ("Source", f"{source['title']}, {source['publisher']}"),
            ("Rule for targeted help", "none" if self.rule is None else f"{self.rule.title} ({self.rule.source})"),
        ]
        sums = [(name.replace("_", " ").capitalize(), int(self.lines[name].sum())) for name in _MONEY]
        return [
            ("What was compared", pl.DataFrame(facts, schema=["item", "value"], orient="row")),
            ("Totals", pl.DataFrame(sums, schema={"what": pl.String, "amount": pl.Int64}, orient="row")),
        ]


def _findings(costing: Costing, schools: Schools, log: FindingsLog) -> pl.DataFrame:
    rows = pl.DataFrame(
        {"row": schools.raw.rows, "placement_id": pl.Series([None] * schools.raw.frame.height, dtype=pl.String)}
    )
    return pl.concat(
        [
            costing.findings.with_columns(pl.lit("placements").alias("file")),
            log.frame(rows).with_columns(pl.lit("schools").alias("file")),
        ]
    )


def _year_name(day: date) -> str:
    """The financial year of a day as figures are named by: ``2025-26``."""
    first = YearBasis.FINANCIAL.year_of(day)[0].year
    return f"{first}-{(first + 1) % 100:02d}"
