"""A costing that is written is read back as it was."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tariff_engine import Costing
from tariff_engine.money import parse_pounds
from tests.small import cost_rows

from .strategies import Row, a_rich_framework, any_caseloads

FEW = settings(max_examples=15)
# Text as people write it, also such as a spreadsheet would run as a formula.
NOTES = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff'"), max_size=8).map(str.strip),
    st.sampled_from(
        ["=1+1", "+44", "@x", "-12.50", "O'Brien", 'a "b", c', "\u00e9\u0301", "<script>", "{{7*7}}", "007"]
    ),
)


def costing(rows: list[Row], notes: list[str]) -> Costing:
    noted = [{**row, "note": notes[n % len(notes)]} for n, row in enumerate(rows)]
    return cost_rows(a_rich_framework(), *noted)


def values(frame: pl.DataFrame, pence: list[str]) -> list[tuple[Any, ...]]:
    """Every cell as the text of a file, but for money, which is pence."""
    columns = [frame[name].to_list() if name in pence else _texts(frame[name]) for name in frame.columns]
    return list(zip(*columns, strict=True))


def _texts(series: pl.Series) -> list[str]:
    cells = series.to_list()
    return ["" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell) for cell in cells]


@FEW
@given(rows=any_caseloads(6), notes=st.lists(NOTES, min_size=1, max_size=3))
def test_a_costing_in_csv_is_read_back(rows: list[Row], notes: list[str]) -> None:
    found = costing(rows, notes)
    with tempfile.TemporaryDirectory() as folder:
        found.write(Path(folder) / "out.csv")
        with (Path(folder) / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *lines = list(csv.reader(file))
        provenance = json.loads((Path(folder) / "out.provenance.json").read_text(encoding="utf-8"))
    assert header == found.lines.columns
    money = [header.index(name) for name in found.money_columns]
    read = [
        tuple(
            (parse_pounds(cell) if cell else None) if index in money else _without_guard(cell)
            for index, cell in enumerate(line)
        )
        for line in lines
    ]
    assert read == values(found.lines, found.money_columns)
    assert provenance["totals"] == found.counts


def _without_guard(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r'") else cell


@FEW
@given(rows=any_caseloads(6), notes=st.lists(NOTES, min_size=1, max_size=3))
def test_a_costing_in_parquet_is_read_back_with_its_types(rows: list[Row], notes: list[str]) -> None:
    found = costing(rows, notes)
    with tempfile.TemporaryDirectory() as folder:
        paths = {path.name: path for path in found.write(Path(folder) / "out.parquet")}
        lines = pl.read_parquet(paths["out.parquet"])
        assert_frame_equal(lines, found.lines)
        assert all(lines[name].dtype == pl.Int64 for name in found.money_columns)
