"""Price a caseload: one line a placement and stint, with findings and provenance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tariff_engine.encoding import EncodedCaseload
from tariff_engine.errors import UsageError
from tariff_engine.findings import Finding, FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.framework_library import load_frameworks, side_by_side
from tariff_engine.frozen import FrozenDict
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, compile_rules, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.lines import COSTING_COLUMNS, costing_lines
from tariff_engine.money import check_total
from tariff_engine.noting import note_findings
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import PLACEMENTS_SHEET, Placements, read_placements, wanted_columns
from tariff_engine.stints import LAST_DAY
from tariff_engine.tables.writing import write_outputs
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.explanation import Explanation
    from tariff_engine.tables.returning import Returned


def cost(
    caseload: pl.DataFrame | str | Path,
    framework: str | Path | Framework | Sequence[Framework],
    period: str | FundingPeriod,
    *,
    providers: pl.DataFrame | str | Path | None = None,
    as_if: bool = False,
) -> Costing:
    """Price every placement of a caseload under a framework for a funding period.

    Parameters
    ----------
    caseload : placements, one row a spell, as a frame or the path of a CSV, XLSX, XLSM, ODS, Parquet or Arrow file.
    framework : ``"devon@2023-24"``, the path of a version's folder or workbook, or of the folder above several, or
        versions.
    period : ``"FY2025-26"``, ``"AY2025-26"``, ``"2025-04-01..2026-03-31"``.
    providers : the providers' types, areas and successors, in the same forms as the caseload.
    as_if : price every day under the one version given, whatever its dates.

    Returns
    -------
    A Costing: lines in pence, findings, provenance. A placement that can't be priced is a finding and has no
    amount, never 0.

    Raises
    ------
    InputRefused : the file can't be taken at all.
    FrameworkError, UsageError, PeriodError : the call can't be done.
    BoundsError : the total is beyond what a spreadsheet holds to the penny.
    """
    frameworks = _versions(framework, as_if)
    period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
    log = FindingsLog()
    compiled = compile_rules(frameworks, period, as_if)
    placements = read_placements(caseload, frameworks, providers, log)
    job = job_of(EncodedCaseload.of(placements.table), compiled)
    priced = price_stints(job)
    note_findings(job, priced, placements, log)
    if as_if:
        _note_as_if(job, frameworks[0], log)
    lines, unpriced = costing_lines(job, priced, placements, log, as_if)
    findings = log.frame(pl.DataFrame({"row": placements.raw.rows, "placement_id": placements.placement_ids}))
    return Costing(
        lines=lines,
        findings=findings,
        frameworks=frameworks,
        period=period,
        as_if=as_if,
        placements=placements,
        created_at=_now(),
        source=None if isinstance(caseload, pl.DataFrame) else Path(caseload),
        counts=FrozenDict(_counts(placements, unpriced, lines)),
    )


@dataclass(frozen=True, eq=False, repr=False)
class Costing:
    """What a caseload costs. Amounts are whole pence; a blank amount was not priced, and a finding says why.

    Attributes
    ----------
    lines : one row a placement and stint, columns COSTING_COLUMNS, the months, then the input's other columns.
    findings : what is wrong or worth knowing, one row a finding.
    counts : rows and children read, priced and set aside, and the pence that each payer pays.
    created_at : when the costing was made.
    source : the file that was read, which is never written over; None for a frame.
    """

    lines: pl.DataFrame
    findings: pl.DataFrame
    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    as_if: bool
    counts: Mapping[str, int]
    placements: Placements
    created_at: datetime
    source: Path | None = None

    def __repr__(self) -> str:
        names = ", ".join(framework.name for framework in self.frameworks)
        return f"Costing({names}, {self.period.name}, {self.counts['priced']} of {self.counts['read']} rows priced)"

    @property
    def total(self) -> int:
        """What the high needs budget pays for the rows that could be priced. [pence]"""
        return self.counts["amount_pence"]

    @property
    def months(self) -> list[str]:
        """The names of the month columns."""
        return [month.name for month in self.period.months]

    @property
    def money_columns(self) -> list[str]:
        """The columns of ``lines`` that hold pence."""
        return [*(name for name, kind in COSTING_COLUMNS.items() if kind == "pence"), *self.months]

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    def by(self, *columns: str) -> pl.DataFrame:
        """Lines, children and amount by some columns of the lines, adding up to the whole.

        ``children`` are the children of priced placements (a count of 5 is five, and a child in two placements is
        two), once for each group that the placement is in; those of the others are ``unpriced``.
        """
        taken = ("children", "unpriced", "amount")
        for column in columns:
            if column not in self.lines.columns:
                raise UsageError(f"{column!r} is no column of the costing.")
            if column in taken or columns.count(column) > 1:
                raise UsageError(f"{column!r} can't be grouped by; it is a column of the result, or is named twice.")
        priced = pl.col("amount").is_not_null()
        children = pl.when(_once_a_placement(self.lines, columns)).then(pl.col("count")).otherwise(0)
        return (
            self.lines.select(*columns, "amount", priced.alias("_priced"), children.alias("_children"))
            .group_by(columns, maintain_order=True)
            .agg(
                pl.col("_children").filter("_priced").sum().alias("children"),
                pl.col("_children").filter(~pl.col("_priced")).sum().alias("unpriced"),
                pl.col("amount").sum().alias("amount"),
            )
            .sort(columns, nulls_last=True)
        )

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, framework versions and their hashes, input, period, totals."""
        return {
            "engine_version": engine_version(),
            "frameworks": [
                {
                    "id": framework.id,
                    "version": framework.version,
                    "content_hash": framework.content_hash,
                    "legal_status": framework.header.legal_status,
                    "as_if": self.as_if,
                }
                for framework in self.frameworks
            ],
            "input": {"file": self.placements.raw.file_name, "sha256": self.placements.raw.sha256},
            "period": {
                "name": self.period.name,
                "from": self.period.start.isoformat(),
                "to": self.period.end.isoformat(),
            },
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "totals": dict(self.counts),
        }

    def findings_for(self, placement_id: str) -> tuple[Finding, ...]:
        """The findings of one placement."""
        found = self.findings.filter(pl.col("placement_id") == placement_id)
        return tuple(Finding(**row) for row in found.iter_rows(named=True))

    def explain(self, placement_id: str) -> Explanation:
        """Every step of one placement; refused if it doesn't end on this costing's pence."""
        from tariff_engine.explanation import explain

        return explain(self, placement_id)

    def write(self, path: str | Path) -> list[Path]:
        """Write lines, findings and provenance, in the form that the path ends in; all files or none."""
        from tariff_engine.costing_pages import costing_pages

        return write_outputs(
            Path(path),
            {"costing": self.lines, "findings": self.findings},
            self.provenance,
            {"costing": self.money_columns},
            pages=partial(costing_pages, self),
            inputs=[] if self.source is None else [self.source],
        )

    def publish(self, path: str | Path, *, suppress: bool = False) -> Path:
        """Write a workbook for people outside, ``.xlsx`` or ``.ods``: totals alone, with what must be known of them.

        With ``suppress`` small numbers are withheld, and those from which they could be worked out.
        """
        from tariff_engine.published_pages import published_pages
        from tariff_engine.tables.published import write_publication

        pages = published_pages(self, suppress=suppress)
        return write_publication(Path(path), pages, [] if self.source is None else [self.source])

    def give_back(self, path: str | Path) -> Returned:
        """Write the file that was priced with what was found beside each row: a CSV file as CSV, a workbook as XLSX.

        Raises
        ------
        UsageError : no CSV file or workbook was priced, or ``path`` has another ending.
        InputRefused : the file has changed since.
        """
        from tariff_engine.tables.returning import Checked, write_returned

        if self.source is None:
            raise UsageError("Only a file can be given back, and this costing is of a frame.")
        wanted, raw = wanted_columns(self.frameworks), self.placements.raw
        return write_returned(Path(path), Checked(self.source, raw, self.findings, wanted, PLACEMENTS_SHEET))


def _once_a_placement(lines: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Which lines are the first of their placement in a group, with a price or without one.

    Only placements of several lines, which stand together, are compared.
    """
    again = lines["placement_id"] == lines["placement_id"].shift(1)
    of_several = (again.fill_null(False) | again.shift(-1).fill_null(False)).arg_true()
    kinds = lines.select("placement_id", pl.col("amount").is_null().alias("_unpriced"), *columns)[of_several]
    later = of_several.filter(~kinds.select(pl.struct(pl.all()).is_first_distinct()).to_series())
    return pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(later, False)


def engine_version() -> str:
    """The version of this package."""
    from importlib.metadata import PackageNotFoundError, version  # slow to load, and wanted for provenance alone

    try:
        return version("tariff-engine")
    except PackageNotFoundError:
        return "0+unknown"


def _now() -> datetime:
    """The present, or SOURCE_DATE_EPOCH where a run is to be repeated to the byte."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)


def _versions(framework: str | Path | Framework | Sequence[Framework], as_if: bool) -> tuple[Framework, ...]:
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


def _note_as_if(job: Job, framework: Framework, log: FindingsLog) -> None:
    header = framework.header
    start = day_number(header.effective_from)
    end = day_number(header.effective_to) if header.effective_to else LAST_DAY
    first, last = day_number(job.period.start), day_number(job.period.end)
    outside = (np.maximum(job.stints.start, first) < start) | (np.minimum(job.stints.end, last) > end)
    if outside.any():
        message = f"priced as if {framework.name} were in effect on days that it doesn't cover: not what is due"
        log.add("as_if", [None], "", message)


def _counts(
    placements: Placements, unpriced: np.ndarray[tuple[int], np.dtype[np.bool_]], lines: pl.DataFrame
) -> dict[str, int]:
    children = placements.table["count"].to_numpy()
    paid_by_la = lines["payer"] == vocabulary().high_needs_payer
    amounts = [_sum(lines["amount"].filter(paid_by_la)), _sum(lines["amount"].filter(~paid_by_la))]
    priced, priced_children = int((~unpriced).sum()), int(children[~unpriced].sum())
    return {
        "read": placements.read_rows,
        "priced": priced,
        "set_aside": placements.read_rows - priced,
        "read_children": placements.read_children,
        "priced_children": priced_children,
        "set_aside_children": placements.read_children - priced_children,
        "amount_pence": amounts[0],
        "outside_amount_pence": amounts[1],
    }


def _sum(pence: pl.Series) -> int:
    """The sum of amounts, refused where a double, so a spreadsheet, would not hold it to the penny."""
    amounts = pence.drop_nulls().to_numpy()
    check_total(int(np.abs(amounts.astype(np.float64)).sum()))
    return check_total(int(amounts.sum()))
