"""A framework version out as a workbook that a person edits in a spreadsheet program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from tariff_engine.errors import FrameworkError
from tariff_engine.framework import Framework
from tariff_engine.framework_header import Banding, Header, Proration, Source
from tariff_engine.framework_reading import read_files
from tariff_engine.framework_sheets import (
    CALENDAR_KINDS,
    FRAMEWORK,
    KEYS,
    ORIGINALS,
    PROVISIONS,
    SHEET_OF_FILE,
    SHEETS,
    SOURCES,
    TEMPLATE,
    Column,
    Sheet,
)
from tariff_engine.framework_to_sheets import rows_of_sheets
from tariff_engine.periods import YearBasis
from tariff_engine.tables.covers import COVER, INSTRUCTIONS, LISTS, MADE_ON, cover_facts
from tariff_engine.tables.framework_book import Book, Entry, ListsPage, Style, TablePage, TextPage, write_book
from tariff_engine.vocabulary import vocabulary

MOST_CHUNK = 5_000
"""Characters of a file in one cell of the copy; escaped, they stay below what a cell holds."""

_SPARE_ROWS = 25
Lines = Sequence[tuple[Style, Sequence[str]]]


def write_framework_workbook(path: Path, files: Mapping[str, bytes]) -> Framework:
    """Write a version as a workbook, whole or not at all, and give the version.

    A workbook that is read back without an edit is the same version, with the same content hash, also after a
    spreadsheet program has saved it again: a copy of the files goes with it.

    Parameters
    ----------
    files : the version's files by name.

    Raises
    ------
    FrameworkError : the files aren't a version that can be used.
    UsageError : the workbook can't be written, or a sheet would hold more than a workbook can.
    """
    framework, problems = read_files(files)
    if framework is None:
        raise FrameworkError([problem for problem in problems if problem.severity == "error"])
    made_on = datetime.now(UTC).date()
    rows = rows_of_sheets(files)
    pages: list[TextPage | TablePage | ListsPage] = [
        TextPage(COVER, (22, 100), _cover(framework, made_on)),
        TextPage(INSTRUCTIONS, (20, 30, 100), _instructions()),
        *(_table(sheet, rows[sheet.name]) for sheet in SHEETS),
        ListsPage(LISTS, _lists()),
        TextPage(ORIGINALS, (18, 8, 160), list(_originals(files)), faint=True),
    ]
    references = {"sources": (SOURCES, 0), "bands": (SHEET_OF_FILE["bands.csv"], 0)}
    book = Book(f"Framework {framework.name}", made_on, pages, references)
    write_book(path, book)
    return framework


def _table(sheet: Sheet, rows: Sequence[Mapping[str, str]]) -> TablePage:
    by_key = sheet.name == FRAMEWORK
    return TablePage(
        name=sheet.name,
        columns=[_entry(column) for column in sheet.columns],
        widths=[column.width for column in sheet.columns],
        rows=[[cells.get(column.name, "") for column in sheet.columns] for cells in rows],
        by_row=[_entry(key) for key in KEYS] if by_key else (),
        spare=0 if sheet.name in (FRAMEWORK, PROVISIONS) else _SPARE_ROWS,
    )


def _entry(column: Column) -> Entry:
    return Entry(column.name, column.kind, column.meaning, column.choices)


def _cover(framework: Framework, made_on: date) -> Lines:
    header = framework.header
    until = f" to {header.effective_to}" if header.effective_to else ""
    return [
        ("title", [header.title]),
        ("plain", [""]),
        ("label", ["What this is", _PURPOSE]),
        ("label", ["Publisher", header.publisher]),
        ("label", ["Status", f"{header.legal_status.replace('_', ' ')}, {header.effective_from}{until}"]),
        ("plain", [""]),
        ("heading", ["Next"]),
        ("label", ["1", "Edit the shaded cells of the sheets with a coloured tab. The sheet Instructions says how."]),
        ("label", ["2", "Save the file, as .xlsx or .ods."]),
        ("label", ["3", "tariff-engine frameworks check FILE.xlsx"]),
        ("label", ["4", "tariff-engine frameworks diff BEFORE FILE.xlsx, where BEFORE is what it was made from"]),
        ("label", ["5", "tariff-engine price PLACEMENTS.csv --framework FILE.xlsx --period PERIOD --out costing.xlsx"]),
        ("plain", [""]),
        ("heading", ["Made from"]),
        *(("label", list(fact)) for fact in cover_facts(TEMPLATE, framework).items()),
        ("label", [MADE_ON, made_on.isoformat()]),
    ]  # fmt: skip


def _instructions() -> Lines:
    lines: list[tuple[Style, Sequence[str]]] = [("title", ["How to edit this workbook"]), ("plain", [""])]
    lines += [("label", [about, "", text]) for about, text in _ADVICE.items()]
    lines += [("plain", [""]), ("heading", ["Sheets"])]
    lines += [("label", [sheet.name, "", sheet.about]) for sheet in SHEETS]
    lines += [("label", [LISTS, "", "Every code and what it stands for. Not edited."])]
    lines += [("label", [ORIGINALS, "", _COPY])]
    lines += [("plain", [""]), ("heading", ["Columns"])]
    for sheet in SHEETS:
        columns = KEYS if sheet.name == FRAMEWORK else [column for column in sheet.columns if column.kind != "shown"]
        names = [sheet.name, *[""] * (len(columns) - 1)]
        lines += [("label", [name, column.name, column.meaning]) for name, column in zip(names, columns, strict=True)]
    return lines


_PURPOSE = (
    "A framework version to be edited: who gets which band, and what each band costs. Save it, check it, and use it in "
    "place of a framework's name."
)
_COPY = (
    "The files that this workbook was made from, as they were: a copy for comparison. Don't edit it. It is how a "
    "workbook without an edit is known to be the same version."
)
_ADVICE = {
    "A new version": "Give an edited version a name of its own: change version on the sheet Framework. A version that "
    "was published never changes, and its content hash is on every output that was made with it.",
    "Values": "Type over a value to change it. A blank cell says that nothing is given, which is not 0.",
    "Rows": "Add a row in the first free row of its sheet; delete a row as a whole. Hidden and filtered rows count.",
    "Columns": "Their order is free; their names in row 1 stay.",
    "Sources": "Every value names its source. For a new one add a row to the sheet Sources first, then choose its id.",
    "Money": "In pounds, with at most two decimals.",
    "Codes": "Text, also where they look like numbers: a band 1, a provider 113000.",
    "Formulas": "Read as the value that they show when the file is saved. A cell that shows an error is refused.",
    "Your own notes": "They can stand on a sheet of your own, which isn't read.",
    "Comments in files": "Comments in a framework.toml stay while the edits to it are single values above its first "
    "table, such as the version's name and dates. Other edits to it lose them: what has to last belongs in a source.",
    "Back to files": "tariff-engine frameworks export FILE.xlsx --out FOLDER",
}


def _originals(files: Mapping[str, bytes]) -> Iterator[tuple[Style, Sequence[str]]]:
    """The files' text in pieces of a line, or of part of a long one, in the escapes of JSON.

    In that form nothing is lost that a spreadsheet program changes: space at the ends, line ends, control characters.
    """
    yield "faint", [_COPY]
    yield "faint", ["file", "part", "text"]
    for name in sorted(files):
        pieces = [
            line[at : at + MOST_CHUNK]
            for line in files[name].decode("utf-8").splitlines(keepends=True)
            for at in range(0, len(line), MOST_CHUNK)
        ]
        for part, piece in enumerate(pieces, start=1):
            # Some programs take _x0041_ for an escape of their own.
            yield "faint", [name, str(part), json.dumps(piece).replace("_x", "_\\u0078")]


def _lists() -> dict[str, list[tuple[str, str]]]:
    """Every closed list of codes, with what each stands for where the code doesn't say it."""
    words = vocabulary()
    authorities = [(code, row["name"]) for code, row in words.local_authorities.items()]
    former = [(code, f"{row['name']} (until it was replaced)") for code, row in words.former_authorities.items()]
    return {
        "provisions": [(code, provision.title) for code, provision in words.provisions.items()],
        "phases": [(code, phase.title) for code, phase in words.phases.items()],
        "primary_needs": [(code, str(row["title"])) for code, row in words.need_codes.items()],
        **{name: [(str(code), "") for code in codes] for name, codes in _CODES.items()},
        "authorities": [*authorities, *former],
        "jurisdictions": [("england", "The whole country"), *authorities, *former],
    }


_CODES: Mapping[str, Sequence[str]] = {
    "statuses": get_args(Header.model_fields["legal_status"].annotation),
    "year_bases": [basis.value for basis in YearBasis],
    "roundings": get_args(Header.model_fields["places_rounding"].annotation),
    "methods": get_args(Proration.model_fields["method"].annotation),
    "remainders": get_args(Proration.model_fields["remainder"].annotation),
    "rules": get_args(Banding.model_fields["rule"].annotation),
    "source_statuses": get_args(Source.model_fields["status"].annotation),
    "calendar": list(CALENDAR_KINDS),
    "bases": ("tariff", "agreed"),
    "units": ("year", "week", "day", "hour"),
    "yes_no": ("yes", "no"),
    "place_phases": ("pre16", "post16"),
    "occupancies": ("commissioned", "occupied", "unoccupied"),
    "kinds": ("amount", "percent"),
}
