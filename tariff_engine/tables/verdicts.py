"""What is said of each row of a returned file: its result in short, and every finding in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl

from tariff_engine.finding_codes import CODES, PUBLISHED_AS, FindingCode
from tariff_engine.tables.body import drop_blank_rows
from tariff_engine.tables.contract import TextTable
from tariff_engine.tables.wording import column_letter, printable, shown

RESULT, ERRORS = "Validation results", "Errors"
"""The headers of the columns that a returned file has after the user's own."""

_SEVERITIES = {"error": "error", "warning": "warning", "info": "note"}
_OF_NO_ROW = ("blank_row", "hidden_rows")
_LONGEST = 32_000
"""The most text in one cell, a little under what a spreadsheet holds. [characters]"""


@dataclass(frozen=True)
class Place:
    """Where a column stands in the user's file: its place counted from 0, and its header as it is there."""

    index: int
    header: str

    @property
    def words(self) -> str:
        """``column F (band)``."""
        return f"column {column_letter(self.index)} ({printable(self.header)})"


@dataclass(frozen=True)
class Verdict:
    """What is said of one row: ``result`` in short, ``errors`` in sentences, and the worst severity there is."""

    result: str = "ok"
    errors: str = ""
    severity: str = "ok"


SET_ASIDE = Verdict("set aside", "This row belongs to the other table that begins above it.", "error")
"""What is said of a row of another table, but for its first."""


def verdicts_of(findings: pl.DataFrame, header_row: int, columns: Mapping[str, Place]) -> dict[int, Verdict]:
    """The verdict on each row that has findings, by the row's number as a person sees it.

    What is said of the header, of blank or hidden rows or of the file as a whole is no row's.
    """
    said: dict[int, list[tuple[str, str]]] = {}
    of_rows = findings.filter((pl.col("row") > header_row) & ~pl.col("code").is_in(_OF_NO_ROW))
    for finding in of_rows.sort("row", maintain_order=True).iter_rows(named=True):
        said.setdefault(finding["row"], []).append((finding["severity"], _sentence(finding, columns)))
    return {row: _verdict(of_row) for row, of_row in said.items()}


def findings_table(findings: pl.DataFrame, columns: Mapping[str, Place]) -> pl.DataFrame:
    """Every finding, with its cell as a spreadsheet names it and what to do, as text that can be shown anywhere."""
    cells = [_cell(row, column, columns) for row, column in findings.select("row", "column").iter_rows()]
    to_do = [_about(code, severity).what_to_do for code, severity in findings.select("code", "severity").iter_rows()]
    table = findings.with_columns(
        pl.Series("cell", cells, dtype=pl.String), pl.Series("what_to_do", to_do, dtype=pl.String)
    )
    return table.with_columns(pl.col(pl.String).str.replace_all(r"[\p{Cc}\p{Cf}]", "\ufffd"))


def earlier_place(header: Sequence[str]) -> int | None:
    """Where the two columns of an earlier check stand, counted from 0, or None where a file has none."""
    return next((at for at, pair in enumerate(pairwise(header)) if pair == (RESULT, ERRORS)), None)


def without_verdicts(table: TextTable) -> TextTable:
    """A table without the two columns of an earlier check; rows that hold nothing else are blank."""
    if earlier_place(table.frame.columns) is None:
        return table
    frame, rows, emptied = drop_blank_rows(table.frame.drop(RESULT, ERRORS), table.rows)
    blank = np.sort(np.concatenate([table.blank, emptied]))
    notes = tuple(note for note in table.notes if note.column not in (RESULT, ERRORS))
    return replace(table, frame=frame, rows=rows, blank=blank, notes=notes)


def _verdict(said: list[tuple[str, str]]) -> Verdict:
    counts = {severity: sum(found == severity for found, _ in said) for severity in _SEVERITIES}
    worst = next(severity for severity, count in counts.items() if count)
    parts = [_counted(count, _SEVERITIES[severity]) for severity, count in counts.items() if count]
    if worst == "info":
        parts.insert(0, "ok")
    ordered = [text for severity in _SEVERITIES for found, text in said if found == severity]
    return Verdict(", ".join(parts), _joined(ordered), worst)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _joined(sentences: list[str]) -> str:
    """Sentences on lines of their own; those that one cell doesn't hold are on the list of findings alone."""
    text = "\n".join(sentences)
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST].rpartition(chr(10))[0]}\nMore are in the list of findings."


def _sentence(finding: Mapping[str, str], columns: Mapping[str, Place]) -> str:
    """``Error in column F (band): what is wrong. What to do.``"""
    name = finding["column"]
    where = "" if not name else f" in {columns[name].words}" if name in columns else f" in {shown(name)}"
    what = printable(finding["message"]).rstrip(".")
    text = f"{_SEVERITIES[finding['severity']].capitalize()}{where}: {what}{'' if what.endswith('?') else '.'}"
    to_do = _about(finding["code"], finding["severity"]).what_to_do
    return text if to_do.startswith("Nothing") else f"{text} {to_do}"


def _cell(row: int | None, column: str | None, columns: Mapping[str, Place]) -> str | None:
    if row is None or column is None or column not in columns:
        return None
    return f"{column_letter(columns[column].index)}{row}"


def _about(code: str, severity: str) -> FindingCode:
    return _ABOUT[code, severity]


_ABOUT: dict[tuple[str, str], FindingCode] = {
    (PUBLISHED_AS.get(name, name), code.severity): code for name, code in CODES.items()
}
