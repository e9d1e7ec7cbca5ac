"""Price a caseload: one line a placement and stint, with findings and provenance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.findings import Finding, FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.frozen import FrozenDict
from tariff_engine.lines import COSTING_COLUMNS
from tariff_engine.parts import Pricing, of_rows, of_the_file, providers_of
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import PLACEMENTS_SHEET, Placements, read_caseload, wanted_columns
from tariff_engine.standing import standing_twice
from tariff_engine.totals import by_code, totals_by

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
    pricing = Pricing.of(framework, period, as_if)
    raw = read_caseload(caseload, pricing.frameworks)
    facts, found_in_facts = providers_of(providers)
    log = FindingsLog()
    read = pricing.read(raw, log)
    part = pricing.price(read, standing_twice(read), facts, log)
    return Costing(
        lines=part.lines,
        findings=pl.concat([of_the_file([part.findings, found_in_facts]), of_rows(part.findings)]),
        frameworks=pricing.frameworks,
        period=pricing.period,
        as_if=as_if,
        placements=part.placements,
        created_at=moment(),
        source=None if isinstance(caseload, pl.DataFrame) else Path(caseload),
        counts=FrozenDict(part.tally.counts),
    )


class Costed(Protocol):
    """What is known of a costing, wherever its lines are: in memory, or in the file that they were written to."""

    @property
    def frameworks(self) -> tuple[Framework, ...]:
        """The versions that it is under."""

    @property
    def period(self) -> FundingPeriod:
        """What is priced."""

    @property
    def as_if(self) -> bool:
        """Whether every day is priced under the one version."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows and children read, priced and set aside, and the pence that each payer pays."""

    @property
    def created_at(self) -> datetime:
        """When it was made."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from."""

    @property
    def found(self) -> pl.DataFrame:
        """The findings by code and severity, as totals.by_code gives them."""

    def by(self, *columns: str) -> pl.DataFrame:
        """Lines, children and amount by some columns of the lines."""


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
        return money_columns(self.period)

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    @property
    def found(self) -> pl.DataFrame:
        """The findings by code and severity: how many, on which rows, and the first message."""
        return by_code(self.findings)

    def by(self, *columns: str) -> pl.DataFrame:
        """Lines, children and amount by some columns of the lines, adding up to the whole.

        ``children`` are the children of priced placements (a count of 5 is five, and a child in two placements is
        two), once for each group that the placement is in; those of the others are ``unpriced``.
        """
        return totals_by(self.lines, columns)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, framework versions and their hashes, input, period, totals."""
        raw = self.placements.raw
        return provenance_of(self, raw.file_name, raw.sha256)

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
        from tariff_engine.tables.writing import write_outputs

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


def money_columns(period: FundingPeriod) -> list[str]:
    """The columns of a costing's lines that hold pence."""
    return [*(name for name, kind in COSTING_COLUMNS.items() if kind == "pence"), *(m.name for m in period.months)]


def provenance_of(costed: Costed, file_name: str, sha256: str) -> dict[str, Any]:
    """Where the figures of a costing come from."""
    under = priced_under(costed.frameworks, costed.period, costed.as_if)
    return {
        "engine_version": under["engine_version"],
        "frameworks": under["frameworks"],
        "input": {"file": file_name, "sha256": sha256},
        "period": under["period"],
        "created_at": costed.created_at.isoformat(timespec="seconds"),
        "totals": dict(costed.counts),
    }


def priced_under(frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool) -> dict[str, Any]:
    """The versions, the period and the engine that figures come from, as plain values."""
    return {
        "frameworks": [
            {
                "id": framework.id,
                "version": framework.version,
                "content_hash": framework.content_hash,
                "legal_status": framework.header.legal_status,
                "as_if": as_if,
            }
            for framework in frameworks
        ],
        "period": {"name": period.name, "from": period.start.isoformat(), "to": period.end.isoformat()},
        "engine_version": engine_version(),
    }


@cache
def engine_version() -> str:
    """The version of this package."""
    from importlib.metadata import PackageNotFoundError, version  # slow to load, and wanted for provenance alone

    try:
        return version("tariff-engine")
    except PackageNotFoundError:
        return "0+unknown"


def moment() -> datetime:
    """The present, or SOURCE_DATE_EPOCH where a run is to be repeated to the byte."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
