"""A file that was checked, back as its owner's own: two columns more, which say of each row what was found.

CSV comes back as CSV and XLSX as XLSX with its formatting; macros never come back. The file that was read is not
touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.tables.atomic import check_target, whole_or_nothing
from tariff_engine.tables.contract import RawTable
from tariff_engine.tables.headers import Wanted, column_names, match_header
from tariff_engine.tables.sources import Kind, kind_of
from tariff_engine.tables.verdicts import SET_ASIDE, Place, Verdict, findings_table, verdicts_of
from tariff_engine.tables.wording import shown
from tariff_engine.tables.writing import spare

_FIRST_ROW = 1
_BOOK = ".xlsx"


@dataclass(frozen=True)
class Checked:
    """A file that was read, and what was found.

    Attributes
    ----------
    source : the file, which must not have changed since.
    raw : its table as it was read. findings : one row a finding.
    wanted : the columns that were looked for. sheet : the name of the sheet that is meant where several have them.
    """

    source: Path
    raw: RawTable
    findings: pl.DataFrame
    wanted: Wanted
    sheet: str = ""

    @property
    def header_row(self) -> int:
        """The row of the header as a person sees it."""
        return next((note.row for note in self.raw.notes if note.code == "header_row" and note.row), _FIRST_ROW)

    def places(self, header: list[str]) -> dict[str, Place]:
        """Where each column stands, by the name that the findings have for it."""
        names = column_names(match_header(header, self.wanted, self.header_row))
        return {name: Place(index, cell) for index, (name, cell) in enumerate(zip(names, header, strict=True))}

    def verdicts(self, columns: Mapping[str, Place]) -> dict[int, Verdict]:
        """The verdict on each row that has findings, and on those of another table below."""
        found = verdicts_of(self.findings, self.header_row, columns)
        return {**dict.fromkeys(self.raw.apart, SET_ASIDE), **found}

    def findings_table(self, columns: Mapping[str, Place]) -> pl.DataFrame:
        """Every finding with its cell and what to do."""
        return findings_table(self.findings, columns)


@dataclass(frozen=True)
class Returned:
    """The files that were written, and a sentence on what the owner's file lost, where it couldn't be filled in."""

    files: tuple[Path, ...]
    remark: str = ""


def check_returned(out: Path, source: Path) -> Kind:
    """The kind of the file that comes back.

    Raises
    ------
    UsageError : a file of its kind can't come back, or not under that name or in that folder.
    """
    kind = kind_of(source)
    if kind not in ("delimited", "workbook"):
        raise UsageError(
            f"{shown(source.name)} can't be returned with its findings, as a {kind.capitalize()} file is for programs. "
            f"The findings stand beside the costing."
        )
    endings = dict.fromkeys((".csv", source.suffix.lower())) if kind == "delimited" else (_BOOK,)
    if out.suffix.lower() not in endings:
        asked = " or ".join(endings)
        raise UsageError(f"{shown(out.name)} must end in {asked}: that is how {shown(source.name)} is returned.")
    check_target(out)
    spare(_targets(out), [source])
    return kind


def write_returned(out: Path, checked: Checked) -> Returned:
    """Write the file that was checked with what was found: all files or none.

    Returns
    -------
    OUT.csv with OUT.findings.csv beside it, or OUT.xlsx with a sheet of the findings.

    Raises
    ------
    UsageError : a file of its kind can't come back, or not under that name. InputRefused : it has changed since.
    """
    kind, targets = check_returned(out, checked.source), _targets(out)
    with whole_or_nothing(targets) as staged:
        if kind == "delimited":
            from tariff_engine.tables.returning_csv import write_returned_csv

            write_returned_csv(staged[0], staged[1], checked)
            return Returned(targets)
        from tariff_engine.tables.returning_book import write_returned_book

        return Returned(targets, write_returned_book(staged[0], checked))


def _targets(out: Path) -> tuple[Path, ...]:
    """The files that come back: a workbook holds its findings, and a CSV file has them beside it."""
    beside = out.with_name(f"{out.stem}.findings{out.suffix}")
    return (out,) if out.suffix.lower() == _BOOK else (out, beside)


def changed() -> InputRefused:
    """The refusal of a file that isn't the one that was read."""
    return InputRefused("The selected file has changed since it was read. Try again.")
