"""What a check of a remittance gives. [pence]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.costing import Costing
from tariff_engine.remittance.reasons import kinds
from tariff_engine.totals import by_code

MONEY = ("due", "paid", "difference", "amount")
"""The columns that hold pence, in any of the tables."""


@dataclass(frozen=True, eq=False, repr=False)
class RemittanceCheck:
    """What was paid held against what is due.

    Attributes
    ----------
    lines : one row a child and month, or whatever the payments are for: due, paid, difference, and the reasons.
    queries : one row a child to ask the authority about, the largest difference first.
    payments : every payment as it was read, with the ``detail`` line that it stands in.
    due_lines : what is due for every placement and month, with the ``detail`` line that it stands in.
    reasons : every reason that comes to what was paid, one row a detail line and reason.
    windows : the months, or other parts of the period, with what is due and was paid in each.
    findings : of the remittance and of the placements; ``file`` says which.
    totals : counts, and due, paid and difference in pence. ``not_compared_pence`` was paid where what is due isn't
        known, and is no part of ``paid_pence``; paid less due is the difference.
    costing : what the placements come to.
    """

    lines: pl.DataFrame
    queries: pl.DataFrame
    payments: pl.DataFrame
    due_lines: pl.DataFrame
    reasons: pl.DataFrame
    windows: pl.DataFrame
    findings: pl.DataFrame
    totals: Mapping[str, int]
    costing: Costing
    file_name: str
    sha256: str
    last_year: Sequence[str]
    created_at: datetime
    sources: Sequence[Path] = ()

    def __repr__(self) -> str:
        return f"RemittanceCheck({self.totals['payments']} payments, {self.totals['queries']} queries)"

    @property
    def found(self) -> pl.DataFrame:
        """The findings by code and severity, as totals.by_code gives them."""
        return by_code(self.findings)

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return bool((self.findings["severity"] == "error").any())

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: the costing's own record, and the remittance."""
        known = {key: value for key, value in self.costing.provenance.items() if key != "totals"}
        return {
            **known,
            "remittance": {"file": self.file_name, "sha256": self.sha256},
            "last_year": list(self.last_year),
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "totals": dict(self.totals),
        }

    def by_reason(self) -> pl.DataFrame:
        """Due, paid and difference by the likeliest reason of each line, adding up to those of the lines.

        Columns reason, title, lines, children, due, paid, difference; lines that are as due have no reason.
        """
        sums = [pl.col(name).sum() for name in ("due", "paid", "difference")]
        counts = [pl.len().alias("lines"), pl.col("child_id").n_unique().alias("children")]
        found = self.lines.group_by("reason").agg(*counts, *sums)
        order = {code: kind.order for code, kind in kinds().items()}
        rows = sorted(found.iter_rows(named=True), key=lambda row: (row["reason"] is None, order.get(row["reason"], 0)))
        titled = [{"title": kinds()[row["reason"]].title if row["reason"] else "As due", **row} for row in rows]
        return pl.DataFrame(titled, schema={"reason": pl.String(), "title": pl.String(), **found.drop("reason").schema})

    def write(self, path: str | Path) -> list[Path]:
        """Write the check in the form that the path ends in, all files or none."""
        from tariff_engine.remittance.writing import write_check

        return write_check(self, Path(path))

    def write_letter(self, path: str | Path) -> Path:
        """Write the queries as a letter to the authority, ``.md`` or ``.odt``."""
        from tariff_engine.remittance.letter import write_letter

        return write_letter(self, Path(path))
