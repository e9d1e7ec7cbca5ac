"""Whatever legal edit is made, a workbook and a folder that were edited alike are the same version."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tariff_engine.framework_reading import read_files
from tariff_engine.framework_rows import COLUMNS
from tariff_engine.framework_sheets import SHEET_OF_FILE
from tariff_engine.toml_files import MOST_LINE, read_toml, write_toml
from tests.framework_books import FULL, a_book, column_of, read, without_bytes

# What a cell can hold: no control characters, no space at its ends, and nothing that looks like Excel's own escapes.
TEXT = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.just("\n"), max_size=40)
    .map(str.strip)
    .filter(lambda text: "_x" not in text)
)
NAME = TEXT.filter(bool)
RATE = st.decimals(0, 1_000_000, places=2)
FACTOR = st.decimals("0.000001", 10, places=6)
SCORE = st.decimals("0.26", 5, places=6)

# In the files: the file, its row among the filled ones, the column, and the values that are legal there.
IN_TABLES = [
    ("tariffs.csv", 2, "rate", RATE),
    ("tariffs.csv", 4, "rate", RATE),
    ("tariffs.csv", 8, "maximum", RATE),
    ("tariffs.csv", 3, "area_cost", st.sampled_from(["yes", "no"])),
    ("tariffs.csv", 5, "unit", st.sampled_from(["year", "week", "day", "hour"])),
    ("bands.csv", 3, "title", TEXT),
    ("bands.csv", 2, "descriptor", TEXT),
    ("bands.csv", 3, "minimum_score", SCORE),
    ("places.csv", 2, "rate", RATE),
    ("uplifts.csv", 2, "value", st.decimals(-1_000_000, 1_000_000, places=2)),
    ("uplifts.csv", 3, "value", st.decimals(-100, 100, places=6)),
    ("uplifts.csv", 4, "provisions", st.sampled_from(["", "nmss", "special;nmss;ap_targeted"])),
    ("area_costs.csv", 2, "factor", FACTOR),
]
# In framework.toml: the sheet, the row and column, the text of the file that is replaced, and the legal values.
IN_TOML = [
    ("Framework", 4, "value", '"A \\"full\\" framework: \u00a31 = 100p"', NAME),
    ("Framework", 12, "value", "days_per_year = 190", st.integers(1, 366)),
    ("Sources", 3, "note", '"A note"', NAME),
    ("Need areas", 5, "meaning", '"most"', NAME),
    ("Need areas", 6, "title", '"Social"', NAME),
    ("Calendar", 2, "count_date", "2025-05-15", st.dates(*(read_toml(b"a=2025-04-01\nb=2025-08-31").values()))),
    ("Provisions", 4, "shift", "early_years = -1", st.integers(-50, 50)),
]
EDITS = st.tuples(
    *(st.none() | values for *_, values in IN_TABLES), *(st.none() | values for *_, values in IN_TOML)
).filter(any)


@settings(max_examples=20)
@given(EDITS, st.booleans())
def test_the_same_edits_give_the_same_version(edits: tuple[Any, ...], typed_as_text: bool) -> None:
    files = dict(FULL)
    with tempfile.TemporaryDirectory() as name:
        path = a_book(Path(name))
        book = load_workbook(path)
        for (file, row, column, _), value in zip(IN_TABLES, edits, strict=False):
            if value is not None:
                files[file] = _in_table(files[file], row, COLUMNS[file], column, str(value))
                _type(book[SHEET_OF_FILE[file]], row, column, value, typed_as_text)
        for (sheet, row, column, old, _), value in zip(IN_TOML, edits[len(IN_TABLES) :], strict=True):
            if value is not None:
                files["framework.toml"] = _in_toml(files["framework.toml"], old, value)
                at = (
                    row if sheet != "Provisions" else [cell.value for cell in book[sheet]["A"]].index("early_years") + 1
                )
                _type(book[sheet], at, column, value, typed_as_text)
        book.save(path)
        expected, problems = read_files(files)
        assert expected is not None, [problem.text() for problem in problems]
        found = read(path)
        assert found.framework is not None
        assert without_bytes(found.framework) == without_bytes(expected)
        untouched = {file for file in FULL if file not in _edited_files(edits)}
        assert {file for file in FULL if found.files[file] == FULL[file]} >= untouched


def _edited_files(edits: tuple[Any, ...]) -> set[str]:
    touched = {file for (file, *_), value in zip(IN_TABLES, edits, strict=False) if value is not None}
    return touched | ({"framework.toml"} if any(value is not None for value in edits[len(IN_TABLES) :]) else set())


def _in_table(content: bytes, row: int, columns: tuple[str, ...], column: str, value: str) -> bytes:
    lines = [line for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if any(line)]
    lines[row - 1][lines[0].index(column)] = value
    target = io.StringIO(newline="")
    csv.writer(target).writerows(lines)
    assert set(columns) >= set(lines[0])
    return target.getvalue().encode()


def _in_toml(content: bytes, old: str, value: Any) -> bytes:
    new = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    key, is_key, _ = old.partition(" = ")
    text = content.decode()
    assert old in text
    return text.replace(old, f"{key} = {new}" if is_key and not old.startswith('"') else new, 1).encode()


def _type(page: Any, row: int, column: str, value: Any, as_text: bool) -> None:
    cell = page.cell(row, column_of(page, column))
    cell.value = str(value) if as_text else float(value) if isinstance(value, Decimal) else value
    if isinstance(cell.value, str):
        cell.data_type = "s"  # Text that starts with = is text, and not a formula.


KEYS = st.text(max_size=8)
VALUES = st.recursive(
    TEXT | st.text(alphabet=' ."\\\n\tab\x7f\u2028', max_size=3 * MOST_LINE) | st.integers() | st.dates(),
    lambda parts: st.lists(parts, max_size=4),
    max_leaves=6,
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda parts: st.dictionaries(KEYS, parts | st.lists(parts, min_size=1, max_size=3) | VALUES, max_size=4),
    max_leaves=6,
)


@given(TABLES)
def test_tables_written_as_toml_are_read_back(tables: dict[str, Any]) -> None:
    content = write_toml(tables)
    assert read_toml(content) == tables
    assert write_toml(tables) == content


@given(st.text(alphabet=". ab", min_size=1, max_size=60), st.integers(1, 300))
def test_long_text_is_broken_over_lines_that_can_be_read(part: str, times: int) -> None:
    text = part * times
    content = write_toml({"text": text, "texts": [text, "short"]})
    assert read_toml(content) == {"text": text, "texts": [text, "short"]}
    assert max(map(len, re.split(rb"\n", content))) <= MOST_LINE
