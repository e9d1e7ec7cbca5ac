"""A framework's files as the rows of its workbook's sheets, every cell as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tariff_engine.framework_rows import HEADER_FILE, csv_rows
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
    sheet_named,
)
from tariff_engine.toml_files import read_toml
from tariff_engine.vocabulary import vocabulary

_NOT_IN_A_CELL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def rows_of_sheets(files: Mapping[str, bytes]) -> dict[str, list[dict[str, str]]]:
    """The rows of every sheet, each as its cells by column, of files that are known to be a valid version."""
    tables = read_toml(files[HEADER_FILE])
    rows = {
        FRAMEWORK: list(_keys(tables)),
        SOURCES: [_cells(source) for source in tables.get("sources", ())],
        AREAS: list(_areas(tables)),
        PROVISIONS: list(_provisions(tables["banding"])),
        CALENDAR: list(_calendar(tables.get("proration", {}))),
    }
    for column in sheet_named(SOURCES).columns:
        for cells in rows[SOURCES] if column.default else ():
            cells.setdefault(column.name, column.default)
    for file, sheet in SHEET_OF_FILE.items():
        header, lines = csv_rows(files[file]) if file in files else ([], [])
        kinds = {column.name: column.kind for column in sheet_named(sheet).columns}
        rows[sheet] = [
            {
                name: _spaced(cell) if kinds[name] == "codes" else in_a_cell(cell)
                for name, cell in zip(header, cells, strict=True)
            }
            for _, cells in lines
        ]
    return rows


def in_a_cell(text: str) -> str:
    """Text as a cell holds it: line feeds alone for line ends, no control characters, no space around it."""
    return _NOT_IN_A_CELL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _keys(tables: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for key in KEYS:
        value: Any = tables
        for part in key.name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        yield {"key": key.name, "value": key.default if value is None else _cell(value), "meaning": key.meaning}


def _areas(tables: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    weights = tables["banding"].get("weights", {})
    for area in tables.get("need_areas", ()):
        points = weights.get(area["code"], ())
        for level, meaning in enumerate(area["levels"]):
            first = {"title": in_a_cell(area["title"]), "primary_needs": "; ".join(area.get("primary_needs", ()))}
            weight = _cell(points[level]) if level < len(points) else ""
            cells = {"area": area["code"], "level": str(level), "meaning": in_a_cell(meaning), "weight": weight}
            yield cells | (first if level == 0 else {})


def _provisions(banding: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    shifts, permitted = banding.get("provision_shift", {}), banding.get("permitted", {})
    for code, provision in vocabulary().provisions.items():
        bands = ("; ".join(permitted[code]) or NO_BANDS) if code in permitted else ""
        shift = _cell(shifts[code]) if code in shifts else ""
        yield {"provision": code, "title": provision.title, "shift": shift, "permitted_bands": bands}


def _calendar(proration: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for kind, key in CALENDAR_KINDS.items():
        for row in proration.get(key, ()):
            yield {"kind": kind, **(_cells(row) if isinstance(row, Mapping) else {"start": _cell(row)})}


def _spaced(codes: str) -> str:
    """Codes with space between them, where a cell can break."""
    return "; ".join(part.strip() for part in in_a_cell(codes).split(";"))


def _cells(table: Mapping[str, Any]) -> dict[str, str]:
    return {key: _cell(value) for key, value in table.items()}


def _cell(value: Any) -> str:
    return in_a_cell(str(value))
