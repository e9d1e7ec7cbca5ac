"""Price a part of a caseload: the steps that a costing of all of it in memory and one from a stream share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tariff_engine.columns import Hints
from tariff_engine.encoding import EncodedCaseload
from tariff_engine.errors import UsageError
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.job import CompiledRules, compile_rules, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.lines import costing_lines
from tariff_engine.money import check_total
from tariff_engine.noting import note_as_if, note_findings
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import Mask, Placements, read_caseload, read_rows, settle
from tariff_engine.providers import read_providers
from tariff_engine.standing import ReadRows, Twice, standing_twice
from tariff_engine.tables.contract import RawTable
from tariff_engine.vocabulary import vocabulary

_AS_IF = "as_if"


def versions_for(framework: str | Path | Framework | Sequence[Framework], as_if: bool = False) -> tuple[Framework, ...]:
    """The versions that ``cost`` prices under, read where they are named, and held against one another."""
    from tariff_engine.framework_library import load_frameworks, side_by_side  # loads what reads and checks versions

    if isinstance(framework, Framework):
        frameworks: tuple[Framework, ...] = (framework,)
    elif isinstance(framework, str | Path):
        frameworks = load_frameworks(framework)
    else:
        frameworks = tuple(framework)
    if not frameworks:
        raise UsageError("No framework version was given.")
    if not all(isinstance(version, Framework) for version in frameworks):
        raise UsageError("Give a framework's name, its folder, or versions that load_frameworks gave.")
    if as_if and len(frameworks) != 1:
        names = ", ".join(version.name for version in frameworks)
        raise UsageError(f"As if needs one version, which then covers every day. Name one of {names}.")
    return side_by_side(frameworks)


@dataclass(frozen=True)
class Tally:
    """Rows and children, and the pence that are paid, of parts of a caseload; they add up.

    ``counts`` are those of provenance's totals, and ``gross`` the pence without their signs, inside and outside what
    the high needs budget pays.
    """

    counts: Mapping[str, int]
    gross: tuple[int, int]

    def __add__(self, other: Tally) -> Tally:
        """Both together.

        Raises
        ------
        BoundsError : a total is beyond what a spreadsheet holds to the penny.
        """
        counts = {name: count + other.counts[name] for name, count in self.counts.items()}
        inside, outside = (check_total(one + more) for one, more in zip(self.gross, other.gross, strict=True))
        return Tally(counts, (inside, outside))


@dataclass(frozen=True)
class Part:
    """What some rows of a caseload cost, in their order. ``findings`` without a row are of the file as a whole."""

    lines: pl.DataFrame
    findings: pl.DataFrame
    placements: Placements
    tally: Tally


@dataclass(frozen=True)
class Pricing:
    """What every part of a caseload is priced with."""

    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    as_if: bool
    compiled: CompiledRules
    hints: Hints

    @classmethod
    def of(
        cls, framework: str | Path | Framework | Sequence[Framework], period: str | FundingPeriod, as_if: bool
    ) -> Pricing:
        """Load and compile the versions for the period."""
        frameworks = versions_for(framework, as_if)
        period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
        return cls(frameworks, period, as_if, compile_rules(frameworks, period, as_if), Hints())

    def read(self, raw: RawTable, log: FindingsLog) -> ReadRows:
        """Read a part's rows, each by itself."""
        return read_rows(raw, self.frameworks, log, self.hints)

    def price(self, read: ReadRows, twice: Twice, providers: pl.DataFrame, log: FindingsLog) -> Part:
        """Price a part, given what stands twice in the whole caseload; ``log`` has what was found in reading it."""
        placements = settle(read, twice, providers, log)
        job = job_of(EncodedCaseload.of(placements.table), self.compiled)
        priced = price_stints(job)
        note_findings(job, priced, placements, log)
        if self.as_if:
            note_as_if(job, log)
        lines, unpriced = costing_lines(job, priced, placements, log, self.as_if)
        findings = log.frame(pl.DataFrame({"row": read.raw.rows, "placement_id": placements.placement_ids}))
        return Part(lines, findings, placements, _tally(placements, unpriced, lines))


def read_placements(
    caseload: pl.DataFrame | str | Path,
    frameworks: Sequence[Framework],
    providers: pl.DataFrame | str | Path | None,
    log: FindingsLog,
) -> Placements:
    """Read a caseload, with its providers, and set aside what stands twice, without pricing it."""
    read = read_rows(read_caseload(caseload, frameworks), frameworks, log)
    facts, _ = providers_of(providers)
    return settle(read, standing_twice(read), facts, log)


def providers_of(source: pl.DataFrame | str | Path | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the providers file says, and what was found in it; none of that is of a row of the caseload."""
    log = FindingsLog()
    providers = read_providers(source, log)
    return providers, log.frame(pl.DataFrame(schema={"row": pl.Int64, "placement_id": pl.String}))


def of_the_file(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The findings without a row of several tables of them, each kind once; that of as if comes last."""
    of_no_row = pl.concat([findings.filter(pl.col("row").is_null()) for findings in found])
    once = of_no_row.unique(["code", "column"], keep="first", maintain_order=True)
    return once.sort(pl.col("code") == _AS_IF, maintain_order=True)


def of_rows(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings that are of a row; those without one, which come first, are of the file."""
    return findings[findings["row"].null_count() :]


def _tally(placements: Placements, unpriced: Mask, lines: pl.DataFrame) -> Tally:
    children = placements.table["count"].to_numpy()
    inside = lines["payer"] == vocabulary().high_needs_payer
    net_inside, gross_inside = _sums(lines["amount"].filter(inside))
    net_outside, gross_outside = _sums(lines["amount"].filter(~inside))
    priced, priced_children = int((~unpriced).sum()), int(children[~unpriced].sum())
    counts = {
        "read": placements.read_rows,
        "priced": priced,
        "set_aside": placements.read_rows - priced,
        "read_children": placements.read_children,
        "priced_children": priced_children,
        "set_aside_children": placements.read_children - priced_children,
        "amount_pence": net_inside,
        "outside_amount_pence": net_outside,
    }
    return Tally(counts, (gross_inside, gross_outside))


def _sums(pence: pl.Series) -> tuple[int, int]:
    """The sum of amounts, and that without their signs.

    Refused where a double, so a spreadsheet, would not hold it to the penny; so the sums leave no 64 bits either.
    """
    amounts = pence.drop_nulls().to_numpy()
    check_total(int(np.abs(amounts.astype(np.float64)).sum()))
    return int(amounts.sum()), int(np.abs(amounts).sum())
