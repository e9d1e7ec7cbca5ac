"""A framework version from the workbook that a person edited."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tariff_engine.errors import InputRefused, Problem
from tariff_engine.framework import Framework
from tariff_engine.framework_from_sheets import Rows, SheetFiles, files_of_sheets
from tariff_engine.framework_reading import read_files
from tariff_engine.framework_rows import COLUMNS, HEADER_FILE
from tariff_engine.framework_sheets import (
    ORIGINALS,
    SHEET_OF_FILE,
    SHEETS,
    TEMPLATE,
    Sheet,
)
from tariff_engine.framework_to_sheets import in_a_cell, rows_of_sheets
from tariff_engine.tables.covers import CONTENT_HASH, COVER, CURRENT, INSTRUCTIONS, LISTS, VERSION, cover_of
from tariff_engine.tables.covers import TEMPLATE as TEMPLATE_LABEL
from tariff_engine.tables.headers import Wanted, find_header
from tariff_engine.tables.spreadsheets import SheetText, read_sheets
from tariff_engine.tables.wording import column_letter
from tariff_engine.toml_files import edit_toml, read_toml
from tariff_engine.vocabulary import nearest, one_of

_HEADER_ROWS = 20
_OPTIONAL = {"provider_id"}
_MADE_BY = "Make one with: tariff-engine frameworks export NAME --out FILE.xlsx"


@dataclass(frozen=True)
class FrameworkWorkbook:
    """What a framework's workbook holds.

    Attributes
    ----------
    framework : the version, or None where an error stands against it.
    problems : every problem by sheet, row and column, errors first.
    files : the version's files. One that no edit has touched has the bytes that it had before.
    made_from : the content hash of the version that the workbook was made from, as its cover says.
    """

    framework: Framework | None
    problems: list[Problem]
    files: Mapping[str, bytes] = field(default_factory=dict)
    made_from: str = ""


def read_framework_workbook(path: Path) -> FrameworkWorkbook:
    """Read a version from its workbook; whatever is wrong with it is a problem."""
    try:
        return read_framework_sheets(read_sheets(path), path.name)
    except InputRefused as refused:
        return FrameworkWorkbook(None, [Problem("error", path.name, None, "", str(refused))])


def read_framework_sheets(found: Sequence[SheetText], name: str) -> FrameworkWorkbook:
    """Read a version from a workbook's sheets; ``name`` is what problems call the workbook."""
    problems: list[Problem] = []
    sheets = _sheets_by_name(found, problems)
    cover = cover_of([sheets[COVER.casefold()].frame] if COVER.casefold() in sheets else [])
    made_from = cover.get(CONTENT_HASH, "")
    _check_cover(cover, name, problems)
    if not _failed(problems):
        rows = {sheet.name: _rows(sheets.get(sheet.name.casefold()), sheet, problems) for sheet in SHEETS}
    if _failed(problems):
        return FrameworkWorkbook(None, _errors_first(problems), {}, made_from)
    made = files_of_sheets(rows)
    files = _with_originals(made, _originals(sheets.get(ORIGINALS.casefold())))
    framework, wrong = read_files(files, row_numbers=made.row_numbers)
    if framework is not None:
        framework = replace(framework, tariffs_in=f"the sheet {SHEET_OF_FILE['tariffs.csv']}")
    problems += made.problems + [made.in_workbook(problem) for problem in wrong]
    return FrameworkWorkbook(None if _failed(problems) else framework, _errors_first(problems), files, made_from)


def _errors_first(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _failed(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _sheets_by_name(found: Sequence[SheetText], problems: list[Problem]) -> dict[str, SheetText]:
    known = [*(sheet.name for sheet in SHEETS), COVER, INSTRUCTIONS, LISTS, ORIGINALS]
    folded = {name.casefold() for name in known}
    sheets: dict[str, SheetText] = {}
    for sheet in found:
        name = sheet.name.strip().casefold()
        if name in sheets and name in folded:
            problems.append(Problem("error", sheet.name, None, "", "there are two sheets of this name"))
        sheets[name] = sheet
    for name, sheet in sheets.items():
        near = nearest(name, known) if name not in folded else None
        if near is not None:
            message = f"isn't a sheet of a framework, so it wasn't read; did you mean {near}?"
            problems.append(Problem("warning", sheet.name, None, "", message))
    return sheets


def _check_cover(cover: Mapping[str, str], name: str, problems: list[Problem]) -> None:
    version = cover.get(VERSION) or "(blank)"
    if cover.get(TEMPLATE_LABEL) != TEMPLATE:
        message = f"is no framework workbook: its sheet {COVER} doesn't say Template {TEMPLATE}. {_MADE_BY}"
        problems.append(Problem("error", name, None, "", message))
    elif version not in {str(known) for known in range(1, CURRENT + 1)}:
        message = f"has template version {version}, and {CURRENT} is the newest that can be read. {_MADE_BY}"
        problems.append(Problem("error", name, None, "", message))


def _rows(found: SheetText | None, sheet: Sheet, problems: list[Problem]) -> Rows:
    """The filled rows of a sheet under its header."""
    if found is None:
        message = "there is no such sheet; one with its header and no rows says that there is nothing"
        problems.append(Problem("error", sheet.name, None, "", message))
        return []
    lines = [[in_a_cell(cell or "") for cell in line] for line in found.frame.iter_rows()]
    try:
        at = find_header(lines[:_HEADER_ROWS], Wanted.of([column.name for column in sheet.columns], ()))
    except InputRefused as refused:
        problems.append(Problem("error", sheet.name, None, "", str(refused)))
        return []
    names = _columns(lines[at], lines[at + 1 :], sheet, at + 1, problems)
    passed_over = {"", *(column.name for column in sheet.columns if column.kind == "shown")} - {"key"}
    rows = []
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        cells = {name: cell for name, cell in zip(names, line, strict=True) if cell and name not in passed_over}
        if cells:
            rows.append((number, cells))
    return rows


def _columns(
    heads: Sequence[str], lines: Sequence[Sequence[str]], sheet: Sheet, row: int, problems: list[Problem]
) -> list[str]:
    """The column that each header names; what is no column, or stands twice, or isn't there is a problem."""

    def error(column: str, message: str) -> None:
        problems.append(Problem("error", sheet.name, row, column, message))

    wanted = Wanted.of([column.name for column in sheet.columns], ())
    names = [wanted.name_of(head) or head for head in heads]
    for at, name in enumerate(names):
        if not name and any(line[at] for line in lines):
            error(column_letter(at), "has values and no header")
        elif name and name not in wanted.known:
            error(name, f"is not a column of this sheet; {one_of(name, wanted.known)}")
        elif name and names.index(name) != at:
            error(name, "stands more than once in the header")
    for column in sheet.columns:
        if column.name not in names and column.kind != "shown" and column.name not in _OPTIONAL:
            error(column.name, "is a column of this sheet and isn't there")
    return names


def _originals(sheet: SheetText | None) -> dict[str, bytes]:
    """The files that the workbook was made from, or none where their copy isn't whole."""
    if sheet is None or sheet.frame.width < 3:
        return {}
    pieces: dict[str, list[tuple[int, str]]] = {}
    try:
        for name, part, text in sheet.frame.select(sheet.frame.columns[:3]).iter_rows():
            if name in (HEADER_FILE, *COLUMNS):
                pieces.setdefault(name, []).append((int(part), json.loads(text)))
        return {name: "".join(text for _, text in sorted(parts)).encode() for name, parts in pieces.items()}
    except (TypeError, ValueError, RecursionError):
        return {}


def _with_originals(made: SheetFiles, originals: Mapping[str, bytes]) -> dict[str, bytes]:
    """Each file as it was before where the sheets say the same as it does, and as the sheets have it elsewhere."""
    if not originals or read_files(originals)[0] is None:
        return made.files
    before = _rewritten(originals)
    files = {}
    for name in sorted(before.keys() | made.files.keys() | originals.keys()):
        same = before.get(name) == made.files.get(name)
        content = originals.get(name) if same else made.files.get(name)
        if content is not None:
            files[name] = content
    if files[HEADER_FILE] != originals[HEADER_FILE]:
        files[HEADER_FILE] = _with_comments(files, originals[HEADER_FILE], before[HEADER_FILE])
    return files


def _with_comments(files: Mapping[str, bytes], original: bytes, before: bytes) -> bytes:
    """``framework.toml`` with its comments, where an edit has changed nothing but values above its first table."""
    made = files[HEADER_FILE]
    try:
        was, now = read_toml(before), read_toml(made)
    except ValueError:  # More than a file can hold: reading the version says so.
        return made
    changes = {key: now.get(key) for key in [*was, *now] if was.get(key) != now.get(key)}
    if any(isinstance(value, dict | list) for value in changes.values()):
        return made
    edited = {**files, HEADER_FILE: edit_toml(original, changes)}
    if read_files(edited)[0] is None or _rewritten(edited)[HEADER_FILE] != made:
        return made
    return edited[HEADER_FILE]


def _rewritten(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A version's files as they would come from sheets that were made of them."""
    rows = {name: list(enumerate(cells, start=2)) for name, cells in rows_of_sheets(files).items()}
    return files_of_sheets({name: _filled(lines) for name, lines in rows.items()}).files


def _filled(lines: Rows) -> Rows:
    return [(number, {name: cell for name, cell in cells.items() if cell}) for number, cells in lines]
