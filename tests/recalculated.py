"""Change figures in a costing's workbook as a person would, and the same ones in what the engine reads."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from random import Random
from typing import TypeVar

import polars as pl
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

from tariff_engine import Costing, Framework, cost
from tariff_engine.framework import NO_BAND
from tariff_engine.money import MILLION, PENCE
from tariff_engine.tables.wording import column_letter

T = TypeVar("T")
Sheet = Sequence[Sequence[object]]
Edits = dict[str, dict[str, object]]

_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"( s="[0-9]+")?[^>]*?(?:/>|>.*?</c>)', re.DOTALL)


def sheets_of(path: Path) -> dict[str, Sheet]:
    """The values of every sheet of a workbook, from its first cell."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def with_edits(path: Path, out: Path, edits: Edits) -> Path:
    """A copy of a workbook in which some cells hold something else, None for nothing; nothing else is touched.

    The other values stay as they were, so that whoever reads the copy without calculating gets the old ones.
    """
    names = CalamineWorkbook.from_path(str(path)).sheet_names
    parts = {f"xl/worksheets/sheet{names.index(name) + 1}.xml": cells for name, cells in edits.items()}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename in parts:
                content = _edited(content, dict(parts[info.filename]))
            target.writestr(info, content)
    return out


def _edited(content: bytes, cells: dict[str, object]) -> bytes:
    def replaced(found: re.Match[bytes]) -> bytes:
        name = found[1].decode()
        if name not in cells:
            return found[0]
        value, start = cells.pop(name), f'<c r="{name}"{(found[2] or b"").decode()}'
        if value is None:
            return f"{start}/>".encode()
        if isinstance(value, str):
            return f'{start} t="inlineStr"><is><t>{escape(value)}</t></is></c>'.encode()
        return f"{start}><v>{value!r}</v></c>".encode()

    content = _CELL.sub(replaced, content)
    if cells:
        raise ValueError(f"no such cells: {sorted(cells)[:5]}")
    return content


@dataclass
class Changed:
    """A costing's workbook with random changes: the cells to edit, and what the engine reads in their place."""

    frameworks: list[Framework]
    caseload: pl.DataFrame
    edits: Edits

    def cost_like(self, costing: Costing, **options: object) -> Costing:
        """What the engine makes of the changes, for the same period."""
        options = {"as_if": costing.as_if, **options}
        return cost(self.caseload, self.frameworks, costing.period, **options)  # type: ignore[arg-type]


def change(costing: Costing, path: Path, rng: Random, chance: float) -> Changed:
    """Change each rule with a chance, and the band, fte, hours, units or agreed price of some lines that are live."""
    book = sheets_of(path)
    edits: Edits = {}
    rows = dict.fromkeys(book, 1)

    def changed(name: str, part: T, columns: Mapping[str, str]) -> T:
        """A part of a version with some of its figures changed; each part has the next row of its sheet."""
        rows[name] += 1
        new = {}
        for column, attribute in columns.items():
            value = getattr(part, attribute)
            if value is None or rng.random() >= chance:
                continue
            new[attribute], size = _another(rng, column, value)
            edits.setdefault(name, {})[_cell(book[name], column, rows[name])] = new[attribute] / size
        if isinstance(part, BaseModel):
            return part.model_copy(update=new)
        return replace(part, **new)  # type: ignore[type-var]

    frameworks = [
        replace(
            framework,
            header=changed("Rules versions", framework.header, _YEAR),
            tariffs=tuple(changed("Rules", tariff, _TARIFF) for tariff in framework.tariffs),
            place_rates=tuple(
                changed("Rules places", place, {"rate": "rate_pence"}) for place in framework.place_rates
            ),
            area_costs={
                code: changed("Rules area costs", area, {"factor": "factor_millionths"})
                for code, area in framework.area_costs.items()
            },
            uplifts={
                code: changed("Rules uplifts", uplift, {"amount" if uplift.kind == "amount" else "percent": "value"})
                for code, uplift in framework.uplifts.items()
            },
        )
        for framework in costing.frameworks
    ]
    return Changed(frameworks, _changed_caseload(costing, book, edits, rng, chance), edits)


def live_lines(book: Mapping[str, Sheet]) -> list[bool]:
    """Whether each line is worked out again."""
    return [row[1] == "" for row in book["Working"][1:]]


def differing(after: Costing, book: Mapping[str, Sheet], before: Costing) -> list[str]:
    """The money cells that aren't what they should be, each with both figures in pence.

    Those of lines that are worked out again are to be as ``after`` has them, and all others as ``before`` had them.
    """
    heads, *rows = book["Costing"]
    lines = zip(
        after.lines.iter_rows(named=True), before.lines.iter_rows(named=True), rows, live_lines(book), strict=True
    )
    found = []
    for new, old, cells, live in lines:
        wanted, shown = new if live else old, dict(zip(map(str, heads), cells, strict=True))
        for column in after.money_columns:
            pence = None if shown[column] == "" else round(float(str(shown[column])) * 100)
            if pence != wanted[column]:
                found.append(f"{wanted['placement_id']} {wanted['from']} {column}: {pence}, not {wanted[column]}")
    return found


def _changed_caseload(
    costing: Costing, book: Mapping[str, Sheet], edits: Edits, rng: Random, chance: float
) -> pl.DataFrame:
    """The caseload with other figures, on every line of a placement, where the placement's price depends on them."""
    frame = costing.placements.raw.frame
    bands = [NO_BAND, *(band.code for framework in costing.frameworks for band in framework.bands)]
    heads, *steps = book["Working"]
    # Of a child who stands on other rows too, a change might set those aside or bring them back.
    alone = set(frame.filter(pl.col("child_id").is_unique())["placement_id"])
    lines: dict[str, list[int]] = {}
    for row, (placement, live) in enumerate(zip(costing.lines["placement_id"], live_lines(book), strict=True), start=2):
        if live and placement in alone:
            lines.setdefault(placement, []).append(row)
    texts: dict[str, dict[str, str]] = {}
    for placement, rows in lines.items():
        cells = zip(map(str, heads), steps[rows[0] - 2], strict=True)
        step = {head: value for head, value in cells if value != ""}
        for column, (depends, draw) in _DRAWS.items():
            known = column == "band" or column in frame.columns
            if rng.random() >= chance / 5 or not known or not depends(step):
                continue
            text = texts.setdefault(column, {})[placement] = draw(rng, step) if draw else rng.choice(bands)
            new = {_cell(book["Costing"], column, row): float(text) if draw else text for row in rows}
            edits["Costing"] = edits.get("Costing", {}) | new
    for column, others in texts.items():
        old = frame[column] if column in frame.columns else pl.lit(None, pl.String)
        mine = pl.col("placement_id").replace_strict(others, default=None, return_dtype=pl.String)
        frame = frame.with_columns(pl.coalesce(mine, old).alias(column))
    return frame


def _cell(sheet: Sheet, column: str, row: int) -> str:
    return f"{column_letter(sheet[0].index(column))}{row}"


def _another(rng: Random, column: str, value: int) -> tuple[int, int]:
    """Another figure for a column, as the engine holds it, and how many of them are one in a cell.

    A large one doesn't grow, as a year of more than £2 million has no price in a workbook.
    """
    if column in _MOST:
        return rng.randint(1, value + min(value, _MOST[column] - value, max(0, MILLION - value // 2))), MILLION
    if column == "percent":
        return rng.randint(-abs(value), abs(value) + MILLION), MILLION
    most = abs(value) + (abs(value) if abs(value) < 10 * PENCE * 1000 else 0)
    return rng.randint(-most if value < 0 else 0, most), PENCE


def _up_to(rng: Random, millionths: object) -> str:
    return f"{rng.randint(1, max(1, round(float(str(millionths))))) / MILLION:f}"


_MOST = {"factor": 10 * MILLION, "weeks_per_year": 53 * MILLION, "days_per_year": 366 * MILLION}
_YEAR = {column: column for column in ("weeks_per_year", "days_per_year")}
_TARIFF = {column: f"{column}_pence" for column in ("rate", "minimum", "maximum")}
_BOUGHT = "Weeks or days bought (millionths)"
Step = Mapping[str, object]
_DRAWS: Mapping[str, tuple[Callable[[Step], bool], Callable[[Random, Step], str] | None]] = {
    "band": (lambda step: step["Column in Rules by band"] != 5 and _BOUGHT not in step, None),
    "fte": (lambda _: True, lambda rng, step: _up_to(rng, step["Full-time equivalent (millionths)"])),
    "support_hours": (lambda step: step.get("Unit") == "hour", lambda rng, _: f"{rng.randint(0, 4000) / 100}"),
    "units": (lambda step: _BOUGHT in step, lambda rng, step: _up_to(rng, step[_BOUGHT])),
    "agreed_price": (
        lambda step: step.get("Price basis") == "agreed",
        lambda rng, _: f"{rng.randint(0, 20000000) / 100}",
    ),
}
"""Columns of placements: whether a line's price depends on one, and another text for it; None for a band."""
