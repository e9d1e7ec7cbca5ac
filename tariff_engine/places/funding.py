"""Fund commissioned places: a rate, an amount and its months for every row, with findings and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tariff_engine.costing import chosen_versions, engine_version, moment
from tariff_engine.errors import UsageError
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.frozen import FrozenDict
from tariff_engine.money import check_total
from tariff_engine.periods import FundingPeriod
from tariff_engine.places.lines import place_lines
from tariff_engine.places.reading import Places, read_places
from tariff_engine.tables.covers import misfit
from tariff_engine.tables.writing import write_outputs


def place_funding(
    places: pl.DataFrame | str | Path,
    framework: str | Path | Framework | Sequence[Framework],
    period: str | FundingPeriod,
    *,
    providers: pl.DataFrame | str | Path | None = None,
    as_if: bool = False,
) -> PlaceFunding:
    """Fund commissioned places under a framework for a funding period.

    Parameters
    ----------
    places : one row a provider, provision, phase and occupancy, as a frame or the path of a CSV, XLSX, XLSM, ODS,
        Parquet or Arrow file; ``places_first`` and ``places_second`` are the places before and after the change of
        academic year.
    framework : ``"devon@2023-24"``, the path of a version's folder or workbook, or of the folder above several, or
        versions.
    period : ``"FY2025-26"``, ``"AY2025-26"``, ``"2025-04-01..2026-03-31"``.
    providers : the providers' areas, for rows whose ``la_code`` is blank.
    as_if : fund every day under the one version given, whatever its dates.

    Returns
    -------
    A PlaceFunding: lines in pence, findings, provenance. Places that can't be funded are a finding and have no amount,
    never 0.

    Raises
    ------
    InputRefused : the file can't be taken at all.
    FrameworkError, UsageError, PeriodError : the call can't be done.
    BoundsError : the total is beyond what a spreadsheet holds to the penny.
    """
    frameworks = chosen_versions(framework, as_if)
    period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
    log = FindingsLog()
    read = read_places(places, log, providers)
    if (message := misfit(read.raw.cover, frameworks)) is not None:
        log.add("template_version", [None], "", message)
    lines, priced = place_lines(read, frameworks, period, as_if, log)
    nobody = pl.DataFrame(
        {"row": read.raw.rows, "placement_id": pl.Series([None] * read.table.height, dtype=pl.String)}
    )
    amounts = lines["amount"].drop_nulls().to_numpy()
    check_total(int(np.abs(amounts.astype(np.float64)).sum()))
    return PlaceFunding(
        lines=lines,
        findings=log.frame(nobody),
        frameworks=frameworks,
        period=period,
        as_if=as_if,
        places=read,
        created_at=moment(),
        counts=FrozenDict(
            read=read.read_rows,
            priced=int(priced.sum()),
            set_aside=read.read_rows - int(priced.sum()),
            amount_pence=int(amounts.sum()),
        ),
        source=None if isinstance(places, pl.DataFrame) else Path(places),
    )


@dataclass(frozen=True, eq=False, repr=False)
class PlaceFunding:
    """What commissioned places come to. Amounts are whole pence; a blank amount has a finding that says why.

    Attributes
    ----------
    lines : one row a row of places and version, columns PLACES_COLUMNS, the months, then the input's other columns.
    findings : what is wrong or worth knowing, one row a finding.
    counts : rows read, priced and set aside, and the pence of them all.
    created_at : when it was worked out.
    source : the file that was read, which is never written over; None for a frame.
    """

    lines: pl.DataFrame
    findings: pl.DataFrame
    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    as_if: bool
    places: Places
    created_at: datetime
    counts: Mapping[str, int]
    source: Path | None = None

    def __repr__(self) -> str:
        names = ", ".join(framework.name for framework in self.frameworks)
        return (
            f"PlaceFunding({names}, {self.period.name}, {self.counts['priced']} of {self.counts['read']} rows priced)"
        )

    @property
    def total(self) -> int:
        """What the places that could be funded come to. [pence]"""
        return self.counts["amount_pence"]

    @property
    def months(self) -> list[str]:
        """The names of the month columns."""
        return [month.name for month in self.period.months]

    @property
    def row_numbers(self) -> pl.Series:
        """The number of each line's row, as a person sees it in the file."""
        rows = self.places.raw.rows
        return pl.Series("row", np.repeat(rows.to_numpy(), self.lines.height // max(len(rows), 1)), dtype=pl.Int64)

    @property
    def money_columns(self) -> list[str]:
        """The columns of ``lines`` that hold pence."""
        return ["rate", "amount", *self.months]

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    def by(self, *columns: str) -> pl.DataFrame:
        """Rows and amount by some columns of the lines, adding up to the whole.

        ``rows`` are the lines that have an amount, the others are ``unpriced``.
        """
        for column in columns:
            if column not in self.lines.columns:
                raise UsageError(f"{column!r} is no column of the place funding.")
            if column in ("rows", "unpriced", "amount") or columns.count(column) > 1:
                raise UsageError(f"{column!r} can't be grouped by; it is a column of the result, or is named twice.")
        amount = pl.col("amount")
        sums = [
            amount.is_not_null().sum().cast(pl.Int64).alias("rows"),
            amount.is_null().sum().cast(pl.Int64).alias("unpriced"),
            amount.sum(),
        ]
        if not columns:
            return self.lines.select(sums)
        return self.lines.group_by(columns, maintain_order=True).agg(sums).sort(columns, nulls_last=True)

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
            "input": {"file": self.places.raw.file_name, "sha256": self.places.raw.sha256},
            "period": {
                "name": self.period.name,
                "from": self.period.start.isoformat(),
                "to": self.period.end.isoformat(),
            },
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "totals": dict(self.counts),
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write lines, findings and provenance, in the form that the path ends in; all files or none."""
        from tariff_engine.places.pages import place_pages

        return write_outputs(
            Path(path),
            {"places": self.lines, "findings": self.findings},
            self.provenance,
            {"places": self.money_columns},
            main="places",
            pages=partial(place_pages, self),
            inputs=[] if self.source is None else [self.source],
        )
