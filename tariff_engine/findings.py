"""Findings: what is wrong or worth knowing about the data, each with a code that other systems match on.

One table of codes, with severity, meaning and what to do. A finding never holds a child's identifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.cells import UPN_PATTERN, without_upns

Severity = Literal["error", "warning", "info"]

SCHEMA: dict[str, pl.DataType] = {
    "code": pl.String(),
    "severity": pl.String(),
    "row": pl.Int64(),
    "placement_id": pl.String(),
    "column": pl.String(),
    "value": pl.String(),
    "message": pl.String(),
    "source_id": pl.String(),
}

_PRIVATE_COLUMNS = frozenset({"child_id"})
_LONGEST_VALUE = 80


@dataclass(frozen=True)
class FindingCode:
    """A kind of finding: its severity, what it means, and what the person who gets it should do."""

    code: str
    severity: Severity
    meaning: str
    what_to_do: str


def _table(*codes: tuple[str, Severity, str, str]) -> dict[str, FindingCode]:
    return {code: FindingCode(code, severity, meaning, to_do) for code, severity, meaning, to_do in codes}


CODES: dict[str, FindingCode] = _table(
    # Errors: the row can't be read, is set aside, or has no price.
    (
        "bad_value",
        "error",
        "A cell holds something that its column can't.",
        "Correct the cell; the message says what was expected.",
    ),
    ("missing_value", "error", "A cell that every placement needs is blank.", "Fill in the cell."),
    (
        "ragged_row",
        "error",
        "A row has more or fewer cells than the header.",
        "Look for a stray separator or quotation mark in the row.",
    ),
    (
        "another_table",
        "error",
        "Another table seems to begin below the first, so the rows from there on are set aside.",
        "Move it to a sheet or a file of its own, or delete the blank row and the header above its rows.",
    ),
    (
        "duplicate_id",
        "error",
        "The same placement_id is on more than one row.",
        "Give each placement its own identifier.",
    ),
    (
        "duplicate_row",
        "error",
        "The row repeats an earlier one in everything but placement_id.",
        "Delete the row, or correct what differs.",
    ),
    (
        "overlap",
        "error",
        "The same child is at the same provider twice on the same days.",
        "End the earlier placement, or delete the wrong one.",
    ),
    (
        "overlap_fte",
        "error",
        "The child's placements on one day add to more than one full-time place.",
        "Correct the dates or the fte of the placements named.",
    ),
    (
        "unknown_band",
        "error",
        "The panel's band is in no chosen version.",
        "Use a band of the framework, or choose the version it belongs to.",
    ),
    (
        "unknown_uplift",
        "error",
        "An uplift code is not in the version.",
        "Use a code of the framework's uplifts, or remove it.",
    ),
    (
        "need_missing",
        "error",
        "A need level that the banding rule uses is blank.",
        "Fill in the level; a blank is not level 0.",
    ),
    (
        "no_version",
        "error",
        "No chosen version of the framework covers some of the days.",
        "Choose the version that covers them, or price as if one did (--as-if).",
    ),
    (
        "no_terms",
        "error",
        "The version has no school terms for the year.",
        "Add the year's terms to the framework.",
    ),
    (
        "no_tariff",
        "error",
        "No tariff row fits the provision, provider, band and phase.",
        "Add the row to the framework, or correct the placement.",
    ),
    (
        "no_area_cost",
        "error",
        "The provider's area has no area cost in the version.",
        "Give provider_la, or add the area's factor to the framework.",
    ),
    (
        "no_hours",
        "error",
        "The tariff is by the hour and support_hours is blank.",
        "Fill in the hours of support a week.",
    ),
    (
        "no_agreed_price",
        "error",
        "The price is agreed child by child, and none is given.",
        "Fill in agreed_price: pounds for a full year, for this child.",
    ),
    (
        "units_open_ended",
        "error",
        "A spell bought by the unit has no end date.",
        "Fill in end_date, or leave units blank for an annual price.",
    ),
    (
        "amount_too_large",
        "error",
        "One child's year comes to more than £10 million.",
        "Check the price, the hours and the units.",
    ),
    # Warnings: priced, and somebody should look.
    (
        "child_id_is_upn",
        "warning",
        "The child's identifier is a real unique pupil number.",
        "Use a pseudonym instead.",
    ),
    (
        "band_differs",
        "warning",
        "The panel's band differs from the assessed one and no reason is given.",
        "Give band_reason, or correct the band or the levels.",
    ),
    (
        "band_not_permitted",
        "warning",
        "The band is outside the ones the provision may have.",
        "Check the band and the provision.",
    ),
    (
        "band_not_in_version",
        "warning",
        "The panel's band is in another chosen version, not in the one in force.",
        "Check the band for these days.",
    ),
    (
        "need_missing_panel",
        "warning",
        "A need level is blank; the panel's band is used.",
        "Fill in the level, so that the band can be checked.",
    ),
    (
        "phase_missing",
        "warning",
        "The year group is blank, and a rate for a phase exists.",
        "Fill in nc_year.",
    ),
    (
        "estimated",
        "warning",
        "No agreed price is given, so the tariff's rate stands in.",
        "Fill in agreed_price when it is known.",
    ),
    (
        "agreed_price_ignored",
        "warning",
        "An agreed price is given where the tariff sets the price.",
        "Remove it, or check the provision.",
    ),
    (
        "no_rate_for_none",
        "warning",
        "No band was reached and no rate is for that, so the price is 0 and the agreed price isn't used.",
        "Check the levels; if the agreed price is due, the framework needs a row with a blank band.",
    ),
    (
        "units_ignored",
        "warning",
        "Units are given where the tariff isn't bought by the week or day.",
        "Remove the units, or check the provision.",
    ),
    (
        "uplift_on_units",
        "warning",
        "An uplift is given on a spell bought by the unit, and isn't added.",
        "Remove the uplift, or agree a price.",
    ),
    (
        "uplift_not_for_provision",
        "warning",
        "An uplift is for another provision, and isn't added.",
        "Remove the uplift, or check the provision.",
    ),
    (
        "uplift_repeated",
        "warning",
        "An uplift code is given twice, and is added once.",
        "Remove the second one.",
    ),
    (
        "override_incomplete",
        "warning",
        "An override names by whom or why, not both, so the maximum stands.",
        "Fill in override_by and override_reason, or clear both.",
    ),
    (
        "line_unresolved",
        "warning",
        "The section 251 line can't be told from the provision and provider type.",
        "Give provider_type, or a providers file.",
    ),
    (
        "payer_ignored",
        "warning",
        "A commissioning school pays only for alternative provision.",
        "Clear payer, or check the provision.",
    ),
    (
        "provider_closed",
        "warning",
        "The provider closed before the placement ended, and no successor is named.",
        "End the placement, or name the successor in the providers file.",
    ),
    (
        "totals_mismatch",
        "warning",
        "A totals row doesn't equal the sum of its column.",
        "Check whether rows are missing or a figure was changed.",
    ),
    (
        "blank_row",
        "warning",
        "A blank row stands among the data; the rows after it were read.",
        "Delete the blank row.",
    ),
    (
        "no_header",
        "warning",
        "A column has values and no header, so nothing of it is read.",
        "Give the column its header, or delete it.",
    ),
    (
        "template_version",
        "warning",
        "The file was made from a template for another framework version.",
        "Check bands, levels and uplift codes, or copy the rows into a template for this version.",
    ),
    # Information.
    (
        "dual_placement",
        "info",
        "The child is at more than one provider on the same days.",
        "Nothing, if that is right.",
    ),
    (
        "provider_succeeded",
        "info",
        "The provider closed, and its successor is paid for the days after.",
        "Nothing, if that is right.",
    ),
    (
        "date_format",
        "info",
        "A date was read in another form than year-month-day.",
        "Nothing, if it was read rightly: day before month.",
    ),
    (
        "code_matched",
        "info",
        "A code was recognised in another of its forms.",
        "Nothing, if it was recognised rightly.",
    ),
    (
        "as_if",
        "info",
        "Days outside the version's dates are priced under it as if it were in effect.",
        "Don't take these figures for what is due.",
    ),
    (
        "header_matched",
        "info",
        "A header was recognised in another spelling.",
        "Nothing, if it was recognised rightly.",
    ),
    ("header_row", "info", "The header was found below the first row.", "Nothing, if that is the header."),
    ("encoding", "info", "The file isn't in UTF-8.", "Nothing, if names and pound signs look right."),
    (
        "delimiter",
        "info",
        "The columns are separated by something other than commas.",
        "Nothing, if the columns were read rightly.",
    ),
    (
        "extra_column",
        "info",
        "A column isn't one the engine knows; it is kept and passed through.",
        "Nothing, unless it is a misspelt heading.",
    ),
    (
        "template_older",
        "info",
        "The file was made from an older template; it was read all the same.",
        "Nothing now; take a new template for the next file.",
    ),
    ("totals_row", "info", "A totals row was recognised and left out.", "Nothing."),
    # Workbooks.
    ("error_cell", "warning", "A cell that isn't read holds a spreadsheet's error.", "Correct its formula."),
    (
        "outside_links",
        "warning",
        "A workbook refers to other files or programs.",
        "Check that its values are up to date.",
    ),
    ("macros_ignored", "info", "A workbook holds macros; its saved values were read.", "Nothing."),
    ("sheet_chosen", "info", "One sheet of several has the table.", "Nothing, if it is the right one."),
    ("hidden_sheet", "info", "A sheet of the workbook is hidden.", "Check whether it should count."),
    ("hidden_rows", "info", "Hidden or filtered rows were read.", "Delete those that shouldn't count."),
    ("hidden_columns", "info", "Hidden columns were read.", "Check what they hold."),
)

PUBLISHED_AS = {"need_missing_panel": "need_missing"}
"""Codes that show under another name: the same code at another severity."""


@dataclass(frozen=True)
class Finding:
    """One finding, as a value. ``row`` is the row a person sees: the header of a plain file is row 1."""

    code: str
    severity: Severity
    row: int | None
    placement_id: str | None
    column: str | None
    value: str | None
    message: str
    source_id: str | None = None


@dataclass(frozen=True)
class _Batch:
    """Findings of one kind: the texts that all of them share, and those of each."""

    code: str
    severity: Severity
    column: str | None
    source_id: str | None
    rows: pl.Series
    values: pl.Series
    messages: pl.Series


class FindingsLog:
    """Collects findings in batches and gives them as one frame, one finding a row, code and column."""

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def add(
        self,
        code: str,
        rows: npt.NDArray[np.int64] | Sequence[int | None],
        column: str,
        message: str | Sequence[str] | pl.Series,
        values: Sequence[str | None] | pl.Series | None = None,
        source_id: str | None = None,
    ) -> None:
        """Add one finding of ``code`` for each of ``rows``; message and values are one for all, or one a row.

        Values of columns that identify a child are dropped here, so no caller can leak one; a unique pupil number is
        masked wherever it stands, as one may have been typed into any cell.
        """
        count = len(rows)
        if count == 0:
            return
        if isinstance(message, str):
            messages = pl.repeat(without_upns(message), count, dtype=pl.String, eager=True)
        else:
            messages = _masked(pl.Series(message, dtype=pl.String))
        batch = _Batch(
            PUBLISHED_AS.get(code, code),
            CODES[code].severity,
            without_upns(column) or None,
            source_id,
            pl.Series(rows, dtype=pl.Int64),
            _values(values, column, count),
            messages,
        )
        self._batches.append(batch)

    def frame(self, placement_ids: pl.DataFrame) -> pl.DataFrame:
        """All findings in the order of the rows, with each row's placement (columns row, placement_id)."""
        if not self._batches:
            return pl.DataFrame(schema=SCHEMA)
        batches = self._batches
        texts = pl.DataFrame(
            {
                "value": pl.concat([batch.values for batch in batches]),
                "message": pl.concat([batch.messages for batch in batches]),
            }
        )
        rows = pl.concat([batch.rows for batch in batches]).fill_null(_NO_ROW).to_numpy()
        of_batch = np.repeat(np.arange(len(batches)), [len(batch.rows) for batch in batches])
        kept = np.argsort(rows, kind="stable")
        kept = kept[_first_of_kind(rows[kept], of_batch[kept], batches)]
        rows, of_batch, texts = rows[kept], of_batch[kept], texts[kept]

        def shared(name: str) -> pl.Series:
            return pl.Series([getattr(batch, name) for batch in batches], dtype=pl.String).gather(of_batch)

        columns = {
            **{name: shared(name) for name in ("code", "severity", "column", "source_id")},
            "row": pl.Series(rows).set(pl.Series(rows == _NO_ROW), None),
            "placement_id": _masked(_placements_of(rows, placement_ids)),
            "value": texts["value"],
            "message": texts["message"],
        }
        return pl.DataFrame([columns[name].alias(name) for name in SCHEMA])


_NO_ROW = -1


def _first_of_kind(
    rows: npt.NDArray[np.int64], of_batch: npt.NDArray[np.int64], batches: Sequence[_Batch]
) -> npt.NDArray[np.bool_]:
    """Which findings, in the order of rows, are the first of their row, code and column."""
    kinds = {kind: at for at, kind in enumerate(dict.fromkeys((batch.code, batch.column) for batch in batches))}
    kind = np.array([kinds[batch.code, batch.column] for batch in batches], np.int64)[of_batch]
    key = (rows + 1) * len(kinds) + kind
    first = np.ones(len(key), bool)
    in_order = np.argsort(key, kind="stable")
    again = key[in_order[1:]] == key[in_order[:-1]]
    first[in_order[1:][again]] = False
    return first


def _placements_of(rows: npt.NDArray[np.int64], placement_ids: pl.DataFrame) -> pl.Series:
    """The placement on each row; blank where there is none."""
    known = placement_ids["row"].to_numpy()
    at = np.full(max(int(known.max(initial=0)), int(rows.max(initial=0))) + 2, placement_ids.height, np.int64)
    at[known] = np.arange(placement_ids.height)
    return pl.concat([placement_ids["placement_id"], pl.Series([None], dtype=pl.String)]).gather(at[rows])


def _masked(texts: pl.Series) -> pl.Series:
    hits = texts.filter(texts.str.contains(UPN_PATTERN).fill_null(False)).unique()
    return texts.replace({text: without_upns(text) for text in hits}) if len(hits) else texts


def _values(values: Sequence[str | None] | pl.Series | None, column: str, count: int) -> pl.Series:
    if values is None or column in _PRIVATE_COLUMNS:
        return pl.repeat(None, count, dtype=pl.String, eager=True)
    series = values if isinstance(values, pl.Series) else pl.Series(list(values), dtype=pl.String)
    return _masked(series.cast(pl.String).str.slice(0, _LONGEST_VALUE))
