"""The rows of a workbook's sheets as a framework's files, and where each part of them stands in the workbook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tariff_engine import money
from tariff_engine.cells import read_date
from tariff_engine.errors import Problem
from tariff_engine.framework_reading import REQUIRED_FILES
from tariff_engine.framework_rows import COLUMNS, HEADER_FILE
from tariff_engine.framework_sheets import (
    AREAS,
    CALENDAR,
    CALENDAR_KINDS,
    FRAMEWORK,
    KEYS,
    NO_BANDS,
    PROVISIONS,
    SHEET_OF_FILE,
    SOURCES,
    Kind,
    sheet_named,
)
from tariff_engine.framework_to_sheets import in_a_cell
from tariff_engine.toml_files import write_toml
from tariff_engine.vocabulary import one_of, vocabulary

Rows = Sequence[tuple[int, Mapping[str, str]]]
"""The filled rows of a sheet: the row's number, and its filled cells by column."""

_WHOLE = re.compile(r"(-?[0-9]{1,9})(?:\.0+)?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CALENDAR_CELLS = {
    "funding_term": ("name", "start", "end", "share", "count_date"),
    "school_term": ("name", "start", "end"),
    "closed_day": ("name", "start"),
}
# What a problem of the files says, in the words of the workbook.
_IN_WORDS = (
    (f"the sources in {HEADER_FILE}", f"the ids on the sheet {SOURCES}"),
    (f"in {HEADER_FILE}", f"on the sheet {FRAMEWORK}"),
    ("has no area_costs.csv", "has no rows on the sheet Area costs"),
    *((file, f"the sheet {sheet}") for file, sheet in SHEET_OF_FILE.items()),
)
_IN_COLUMN = {"code": "area", "levels": "meaning"}


@dataclass(frozen=True)
class Place:
    """Where something stands: a sheet, a row and a column, as far as they are known."""

    sheet: str
    row: int | None = None
    column: str = ""


@dataclass
class SheetFiles:
    """The files that the sheets come to.

    Attributes
    ----------
    row_numbers : by CSV file, the sheet's row number of each of its rows.
    places : where the keys of framework.toml stand, by the key as the reading of a version names it.
    problems : what is wrong with the sheets themselves.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    row_numbers: dict[str, list[int]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def error(self, sheet: str, row: int | None, column: str, message: str) -> None:
        """Note an error."""
        self.problems.append(Problem("error", sheet, row, column, message))

    def in_workbook(self, problem: Problem) -> Problem:
        """A problem of the files, told by sheet, row and column."""
        message = problem.message
        for file, words in _IN_WORDS:
            message = message.replace(file, words)
        if problem.file in SHEET_OF_FILE:
            return replace(problem, file=SHEET_OF_FILE[problem.file], message=message)
        if problem.file != HEADER_FILE:
            return replace(problem, message=message)
        key, rest = problem.column, ""
        while key and key not in self.places:
            at = max(key.rfind("."), key.rfind("["), 0)
            key, rest = key[:at], key[at:] + rest
        place = self.places.get(key, Place(FRAMEWORK))
        rest = rest.lstrip(".")
        column = place.column or _IN_COLUMN.get(rest, rest)
        return Problem(problem.severity, place.sheet, place.row, column, message)


def files_of_sheets(sheets: Mapping[str, Rows]) -> SheetFiles:
    """The files that the sheets come to, written in one way whatever they were written like before.

    The same cells give the same bytes. A cell that can't be what it should be goes into the file as it is, so that
    reading the version says what is wrong with it.
    """
    made = SheetFiles(places=dict(_ON_NO_ROW))
    tables = _keys(sheets[FRAMEWORK], made)
    banding = tables.setdefault("banding", {})
    calendar = _calendar(sheets[CALENDAR], made)
    if calendar:
        tables.setdefault("proration", {}).update(calendar)
    tables["sources"] = _sources(sheets[SOURCES], made)
    tables["need_areas"], weights = _areas(sheets[AREAS], made)
    shifts, permitted = _provisions(sheets[PROVISIONS], made)
    parts = {"weights": weights, "provision_shift": shifts, "permitted": permitted}
    banding.update({key: part for key, part in parts.items() if part})
    tables["banding"] = tables.pop("banding")  # Last, as people look for it below the areas.
    made.files[HEADER_FILE] = write_toml({key: value for key, value in tables.items() if value != []})
    for file, sheet in SHEET_OF_FILE.items():
        rows = sheets[sheet]
        if rows or file in REQUIRED_FILES:
            made.files[file] = _csv(file, rows)
            made.row_numbers[file] = [number for number, _ in rows]
    return made


_ON_NO_ROW = {
    "sources": Place(SOURCES),
    "need_areas": Place(AREAS),
    "banding.weights": Place(AREAS, None, "weight"),
    "banding.permitted": Place(PROVISIONS, None, "permitted_bands"),
    "banding.provision_shift": Place(PROVISIONS, None, "shift"),
    **{f"proration.{key}": Place(CALENDAR, None, kind) for kind, key in CALENDAR_KINDS.items()},
}


def _keys(rows: Rows, made: SheetFiles) -> dict[str, Any]:
    known = {key.name: key for key in KEYS}
    tables: dict[str, Any] = {}
    for number, cells in rows:
        name = cells.get("key", "")
        if name not in known:
            made.error(FRAMEWORK, number, "key", f"{name!r} is not a key of a framework; {one_of(name, list(known))}")
            continue
        if name in made.places:
            made.error(FRAMEWORK, number, "key", f"{name!r} is already on row {made.places[name].row}")
            continue
        made.places[name] = Place(FRAMEWORK, number, name)
        if "value" in cells:
            *path, last = name.split(".")
            table = tables
            for part in path:
                table = table.setdefault(part, {})
            # A count day is a number or a word.
            kind = "whole" if name == "proration.count_day" else known[name].kind
            table[last] = _value(cells["value"], kind)
    return tables


def _sources(rows: Rows, made: SheetFiles) -> list[dict[str, Any]]:
    kinds = {column.name: column.kind for column in sheet_named(SOURCES).columns}
    sources = []
    for at, (number, cells) in enumerate(rows, start=1):
        sources.append({name: _value(cells[name], kinds[name]) for name in kinds if name in cells})
        made.places[f"sources[{at}]"] = Place(SOURCES, number)
        made.places.setdefault(f"sources.{cells.get('id', '')}", Place(SOURCES, number))
    return sources


def _areas(rows: Rows, made: SheetFiles) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """The areas of need and their weights, from one row a level."""
    by_area: dict[str, dict[int, tuple[int, Mapping[str, str]]]] = {}
    for number, cells in rows:
        level = _value(cells.get("level", ""), "whole")
        if "area" not in cells:
            made.error(AREAS, number, "area", "is blank and must be given")
        elif not isinstance(level, int) or level < 0:
            made.error(AREAS, number, "level", f"{level!r}: expected a whole number, 0 for no need")
        elif level in by_area.setdefault(cells["area"], {}):
            made.error(AREAS, number, "level", f"level {level} is already on row {by_area[cells['area']][level][0]}")
        else:
            by_area[cells["area"]][level] = number, cells
    areas: list[dict[str, Any]] = []
    weights: dict[str, list[Any]] = {}
    for at, (code, levels) in enumerate(by_area.items(), start=1):
        ordered = [levels[level] for level in sorted(levels)]
        first = min((number for number, _ in ordered), default=None)
        for key in (f"need_areas[{at}]", f"need_areas.{code}"):
            made.places[key] = Place(AREAS, first)
        for missing in sorted(set(range(max(levels, default=0))) - set(levels)):
            made.error(AREAS, first, "level", f"level {missing} of {code!r} isn't there")
        for level, (number, _) in enumerate(ordered, start=1):
            made.places[f"need_areas[{at}].levels[{level}]"] = Place(AREAS, number, "meaning")
        areas.append(_area(code, ordered, made))
        weights |= _weights(code, ordered, made)
    return areas, weights


def _area(code: str, levels: Rows, made: SheetFiles) -> dict[str, Any]:
    area: dict[str, Any] = {"code": code}
    for name in ("title", "primary_needs"):
        given = [(number, cells[name]) for number, cells in levels if name in cells]
        for number, text in given:
            if text != given[0][1]:
                made.error(AREAS, number, name, f"{text!r} differs from row {given[0][0]}; give it once")
        if given:
            area[name] = _codes(given[0][1]) if name == "primary_needs" else given[0][1]
    return {**area, "levels": [cells.get("meaning", "") for _, cells in levels]}


def _weights(code: str, levels: Rows, made: SheetFiles) -> dict[str, list[Any]]:
    if not any("weight" in cells for _, cells in levels):
        made.places[f"banding.weights.{code}"] = Place(AREAS, levels[0][0] if levels else None, "weight")
        return {}
    for at, (number, cells) in enumerate(levels, start=1):
        made.places[f"banding.weights.{code}[{at}]"] = Place(AREAS, number, "weight")
        if "weight" not in cells:
            made.error(AREAS, number, "weight", "is blank, and other levels of the area have one")
    made.places[f"banding.weights.{code}"] = Place(AREAS, levels[0][0], "weight")
    return {code: [_value(cells.get("weight", ""), "decimal") for _, cells in levels]}


def _provisions(rows: Rows, made: SheetFiles) -> tuple[dict[str, Any], dict[str, list[str]]]:
    shifts: dict[str, Any] = {}
    permitted: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    for number, cells in rows:
        code = cells.get("provision", "")
        if not code:
            made.error(PROVISIONS, number, "provision", "is blank and must be given")
            continue
        if seen.setdefault(code, number) != number:
            made.error(PROVISIONS, number, "provision", f"{code!r} is already on row {seen[code]}")
            continue
        known = code in vocabulary().provisions
        if "shift" in cells:
            shifts[code] = _value(cells["shift"], "whole")
            made.places[f"banding.provision_shift.{code}"] = Place(
                PROVISIONS, number, "shift" if known else "provision"
            )
        if "permitted_bands" in cells:
            bands, column = cells["permitted_bands"], "permitted_bands" if known else "provision"
            permitted[code] = [] if bands == NO_BANDS else _codes(bands)
            made.places[f"banding.permitted.{code}"] = Place(PROVISIONS, number, column)
    return shifts, permitted


def _calendar(rows: Rows, made: SheetFiles) -> dict[str, list[Any]]:
    kinds = {column.name: column.kind for column in sheet_named(CALENDAR).columns}
    found: dict[str, list[Any]] = {}
    for number, cells in rows:
        kind = cells.get("kind", "")
        if kind not in CALENDAR_KINDS:
            made.error(CALENDAR, number, "kind", f"{kind!r}: {one_of(kind, list(CALENDAR_KINDS))}")
            continue
        for name in cells.keys() - {"kind", *_CALENDAR_CELLS[kind]}:
            made.error(CALENDAR, number, name, f"is filled, and a {kind} has none")
        values = {name: _value(cells[name], kinds[name]) for name in _CALENDAR_CELLS[kind] if name in cells}
        key = CALENDAR_KINDS[kind]
        found.setdefault(key, []).append(values.get("start", "") if kind == "closed_day" else values)
        place = Place(CALENDAR, number, "start" if kind == "closed_day" else "")
        made.places[f"proration.{key}[{len(found[key])}]"] = place
    return found


def _csv(file: str, rows: Rows) -> bytes:
    """The rows as a CSV file with every column of the file."""
    kinds = {column.name: column.kind for column in sheet_named(SHEET_OF_FILE[file]).columns}
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS[file])
    for _, cells in rows:
        writer.writerow(_texts(file, cells, kinds))
    return target.getvalue().encode()


def _texts(file: str, cells: Mapping[str, str], kinds: Mapping[str, Kind]) -> Iterator[str]:
    """A row's cells as the files have them: pounds with two decimals, other numbers as short as they can be."""
    for name in COLUMNS[file]:
        kind = "money" if (name, cells.get("kind")) == ("value", "amount") else kinds[name]
        yield _tidy(in_a_cell(cells.get(name, "")), kind)


def _tidy(text: str, kind: Kind) -> str:
    if kind == "codes":
        return ";".join(_codes(text))
    if kind == "whole":
        match = _WHOLE.fullmatch(text)
        return match[1] if match else text
    try:
        if kind == "money":
            return money.format_pounds(money.parse_pounds(text))
        return money.show_factor(money.parse_factor(text)) if kind == "decimal" else text
    except ValueError:
        return text


def _value(text: str, kind: Kind) -> Any:
    """A cell as a value of framework.toml; as text where it isn't one, for the reading of the file to refuse."""
    text = _tidy(in_a_cell(text), kind)
    if kind == "date":
        try:
            # A last day may be one, such as 9999-12-31, that stands for an open end.
            return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else read_date(text).value
        except ValueError:
            return text
    return int(text) if kind in ("whole", "decimal") and _WHOLE.fullmatch(text) else text


def _codes(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
