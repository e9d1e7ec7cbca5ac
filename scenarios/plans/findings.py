"""What is wrong or worth knowing about a table of plans: one list of codes, one finding a row of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tariff_engine.finding_codes import CODES as ENGINE_CODES
from tariff_engine.finding_codes import FindingCode
from tariff_engine.tables.contract import RawTable

SCHEMA = {
    "code": pl.String(),
    "severity": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "message": pl.String(),
}

_LONGEST_VALUE = 80

CODES: dict[str, FindingCode] = {
    code.code: code
    for code in (
        # Errors: the plans of a row are set aside, or a number of it is taken as unavailable.
        FindingCode(
            "bad_number",
            "error",
            "A cell is neither a whole number nor a symbol of Explore education statistics.",
            "Correct the cell. It is taken as unavailable, not as 0.",
        ),
        FindingCode(
            "unknown_authority", "error", "A row is for no known local authority.", "Correct the code of the authority."
        ),
        FindingCode(
            "unknown_placement_type",
            "error",
            "A placement type has no provision, and is no total.",
            "Correct the label, or add it to the crosswalk of the vocabulary.",
        ),
        FindingCode(
            "repeated_row",
            "error",
            "An authority has a placement type more than once.",
            "Keep one of the rows. Where they are alike the first was used, else none.",
        ),
        FindingCode(
            "needs_differ", "error", "The numbers by need don't add to the number of plans.", "Correct the row."
        ),
        FindingCode(
            "plans_unavailable",
            "error",
            "How many plans there are is not published.",
            "Give the number. The row can't be counted, and is not taken as 0.",
        ),
        # Warnings: the plans are used as they stand.
        FindingCode(
            "total_differs", "warning", "A total isn't the sum of its parts.", "Find the part that is missing or wrong."
        ),
        FindingCode("total_unknown", "warning", "A total has no parts in the file.", "Check the label."),
        FindingCode(
            "england_differs",
            "warning",
            "England's row isn't the sum of its authorities.",
            "Find the authority that is missing or wrong.",
        ),
        FindingCode(
            "missing_authority", "warning", "An authority has no row.", "Its plans are in no figure of this caseload."
        ),
        FindingCode(
            "margins_differ",
            "warning",
            "An authority's plans by need don't fit its plans by placement type.",
            "Needs were taken from the pattern of other authorities alone; see whether both tables are of one day.",
        ),
        # Information.
        FindingCode(
            "needs_unavailable",
            "info",
            "An authority's needs by placement type are not published.",
            "Nothing; their rows are labelled imputed.",
        ),
        FindingCode("rows_left_out", "info", "Rows of another level or year were left out.", "Nothing."),
    )
}


def finding_code(code: str) -> FindingCode:
    """A kind of finding: one of a table of plans, or one of every file."""
    return CODES.get(code) or ENGINE_CODES[code]


@dataclass
class PlanFindings:
    """Collects findings. ``row`` is the row a person sees in the table of plans."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, code: str, message: str, row: int | None = None, column: str = "", value: str | None = None) -> None:
        """Add one finding."""
        known = finding_code(code)
        cut = None if value is None else value[:_LONGEST_VALUE]
        self.rows.append(
            {
                "code": code,
                "severity": known.severity,
                "row": row,
                "column": column or None,
                "value": cut,
                "message": message,
            }
        )

    def add_notes(self, raw: RawTable, where: str = "") -> None:
        """Add what reading a file noted. A column that isn't known is left out here, so its note says so."""
        extra = [str(note.column) for note in raw.notes if note.code == "extra_column"]
        if extra:
            self.add("extra_column", f"{where}{_columns(extra)} not needed, and left out", 1)
        for note in raw.notes:
            if note.code != "extra_column":
                self.add(note.code, where + note.message, note.row, note.column or "", note.value)
        for bad in raw.bad_rows:
            self.add("ragged_row", where + bad.message, bad.row)

    def frame(self) -> pl.DataFrame:
        """All findings by row, those about the whole file first."""
        return pl.DataFrame(self.rows, schema=SCHEMA).sort("row", nulls_last=False, maintain_order=True)


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"
