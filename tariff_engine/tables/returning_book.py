"""A workbook with what was found beside each row: filled in as it is, or written anew with its values alone.

The workbook is looked through again by the guarded reader before anything else opens it. Then the library that can fill
in somebody else's workbook does so in another process, with limits of memory and time. Where that can't be done, the
sheet with the table comes back as values.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.tables import returning_child
from tariff_engine.tables.book.frame import write_book
from tariff_engine.tables.book.sheets import Mark, Sheet
from tariff_engine.tables.book.styles import PALE_LILAC, PALE_ORANGE
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.headers import OUTER_SPACE
from tariff_engine.tables.incoming.book import Book, load_book
from tariff_engine.tables.incoming.facts import SheetFacts
from tariff_engine.tables.incoming.table import choose_sheet, may_hold_data
from tariff_engine.tables.returning import Checked, changed
from tariff_engine.tables.sheet_rows import Block
from tariff_engine.tables.sources import open_source
from tariff_engine.tables.verdicts import ERRORS, RESULT, Verdict, earlier_place

FINDINGS = "Findings"
MOST_FILLED_CELLS = 500_000
"""The largest workbook that is filled in: 20,000 rows of 25 columns. One of more cells comes back as values."""

_LIBRARIES = ("openpyxl", "et_xmlfile", "defusedxml")
_SECONDS, _MEMORY_BYTES, _FILE_BYTES = 60, 2_048 * MEBIBYTE, 512 * MEBIBYTE
_COLOURS = {"error": PALE_ORANGE, "warning": PALE_LILAC}
_DEFAULT = Limits()
_OK = Verdict()


def write_returned_book(path: Path, checked: Checked, limits: Limits = _DEFAULT) -> str:
    """Write the workbook with two columns more and a sheet of the findings.

    Returns
    -------
    What the owner should know where only values came back, or nothing.

    Raises
    ------
    InputRefused : the file has changed since it was checked. UsageError : what writes workbooks isn't installed.
    """
    with open_source(checked.source, limits) as file:
        book = load_book(file, limits, may_hold_data)
        file.seek(0)
        content = file.read()
    if not book.sha256 == checked.raw.sha256 == hashlib.sha256(content).hexdigest():
        raise changed()
    table = _Table(book, checked, choose_sheet(book, checked.wanted, limits, checked.sheet))
    if checked.source.suffix.lower() == ".ods":
        why = "an ODS file comes back as an XLSX workbook"
    elif sum(map(_cells, book.facts.sheets)) > MOST_FILLED_CELLS:
        why = f"the workbook has more than {MOST_FILLED_CELLS:,} cells"
    elif _filled_in(path, content, table):
        return ""
    else:
        why = "the workbook couldn't be filled in"
    _write_values(path, table)
    return f"Only the sheet with the table came back, as values without formatting: {why}."


def _cells(sheet: SheetFacts) -> int:
    """How many cells the library would make of a sheet: it makes every cell of a merged area."""
    merged = ((area.bottom - area.top + 1) * (area.right - area.left + 1) for area in sheet.merged)
    return sheet.height * sheet.width + sum(merged)


class _Table:
    """The table of a workbook: where it stands, and what is said of its rows."""

    def __init__(self, book: Book, checked: Checked, at: int) -> None:
        self.name, self.frame = book.facts.sheets[at].name, book.frames[at]
        self.checked, self.header_row = checked, checked.header_row
        cells = [cell or "" for cell in self.frame.row(self.header_row - 1)]
        header = [cell.strip(OUTER_SPACE) for cell in cells]
        self.columns = checked.places(header)
        earlier = earlier_place(header)
        self.at = len(header) if earlier is None else earlier
        self.verdicts = checked.verdicts(self.columns)
        self.findings = checked.findings_table(self.columns)

    def said(self) -> list[tuple[int, Verdict]]:
        """Every row that something is said of: those that were read, and others with a finding of their own."""
        read = {int(row): _OK for row in self.checked.raw.rows}
        found = {row: verdict for row, verdict in self.verdicts.items() if row <= self.frame.height}
        return sorted({**read, **found}.items())

    def known(self) -> list[tuple[int, int, str]]:
        """Cells by which another reader can tell that its rows are these: the header, and every placement's own."""
        header = enumerate(self.frame.row(self.header_row - 1), start=1)
        cells = [(self.header_row, column, cell) for column, cell in header if cell]
        for name in self.checked.wanted.required[:1]:
            at = self.columns[name].index
            texts = self.frame[str(at)].to_list()
            cells += [(row, at + 1, texts[row - 1]) for row in self.checked.raw.rows if texts[row - 1]]
        return cells


def _filled_in(path: Path, content: bytes, table: _Table) -> bool:
    """Fill in the workbook, in a process that is ended at its limits; whether that could be done."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, out, asked = folder / "source", folder / "out", folder / "asked.json"
        source.write_bytes(content)
        asked.write_text(json.dumps({**_asked(table), "source": str(source), "out": str(out)}), encoding="utf-8")
        command = [sys.executable, "-I", "-S", returning_child.__file__, str(asked)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
            try:
                status = process.wait(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                return False
            finally:
                process.kill()
        if status != 0 or not out.is_file():
            return False
        path.write_bytes(out.read_bytes())
        return True


def _asked(table: _Table) -> dict[str, Any]:
    said = [(row, verdict.result, verdict.errors, verdict.severity) for row, verdict in table.said()]
    return {
        "libraries": _library_folders(),
        "memory_bytes": _MEMORY_BYTES,
        "seconds": _SECONDS,
        "file_bytes": _FILE_BYTES,
        "sheet": table.name,
        "header_row": table.header_row,
        "column": table.at + 1,
        "headers": (RESULT, ERRORS),
        "known": table.known(),
        "verdicts": said,
        "colours": {severity: f"FF{colour.removeprefix('#')}" for severity, colour in _COLOURS.items()},
        "findings": {"name": FINDINGS, "header": table.findings.columns, "rows": table.findings.rows()},
    }


def _library_folders() -> Sequence[str]:
    """Where the libraries that fill in workbooks are installed."""
    folders = []
    for name in _LIBRARIES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise UsageError("Filling in workbooks needs the xlsx extra: pip install 'tariff-engine[xlsx]'.")
        folders.append(str(Path(found.origin).resolve().parents[1]))
    return list(dict.fromkeys(folders))


def _write_values(path: Path, table: _Table) -> None:
    """Write the sheet with the table, cell by cell where it was, as text; and the findings."""
    height = table.frame.height
    result: list[str | None] = [None] * height
    errors: list[str | None] = [None] * height
    result[table.header_row - 1], errors[table.header_row - 1] = RESULT, ERRORS
    for row, verdict in table.said():
        result[row - 1], errors[row - 1] = verdict.result, verdict.errors or None
    columns = [pl.Series(RESULT, result, dtype=pl.String), pl.Series(ERRORS, errors, dtype=pl.String)]
    own = table.frame.columns
    frame = table.frame.select([*own[: table.at], *columns, *own[table.at + 2 :]])
    kinds = {verdict.result: verdict.severity for verdict in table.verdicts.values()}
    marks = [Mark(RESULT, text, _COLOURS[severity]) for text, severity in kinds.items() if severity in _COLOURS]
    name = table.name if _can_be_a_name(table.name) else "Placements"
    sheets = [
        Sheet(name, [Block(frame, headed=False, wrapped=(ERRORS,))], filtered=False, marks=marks),
        Sheet(FINDINGS, [Block(table.findings, wrapped=("message", "what_to_do"))]),
    ]
    write_book(path, sheets, name, None, None)


def _can_be_a_name(name: str) -> bool:
    """Whether every spreadsheet program takes a name for a sheet beside the one of the findings."""
    odd = set(name) & set("[]:*?/\\") or name.startswith("'") or name.endswith("'")
    return (
        bool(name)
        and len(name) <= _LONGEST_NAME
        and not odd
        and name.casefold() not in (FINDINGS.casefold(), "history")
    )


_LONGEST_NAME = 31
