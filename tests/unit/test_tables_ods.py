"""OpenDocument spreadsheets out: typed cells, text that stays text, the sheets in their order, the same bytes."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tariff_engine import cost, load_frameworks
from tariff_engine.errors import UsageError
from tariff_engine.tables.book import sheets as module
from tariff_engine.tables.writing import write_outputs
from tests.small import a_caseload, a_row

FRAMEWORK, PERIOD = "devon@2023-24", "FY2023-24"
HOSTILE = [
    '=HYPERLINK("http://x")', "+44", "@x", "-12.50", "http://example.org", "mailto:a@b", "</text:p>", "<text:s/>",
    "a&b\"c'", "_x0041_", "tab\tand\nline", "two\r\nlines", "a\rb", "  spaced  out ", "\n", "O'Brien 🙂 e\u0301",
    "\x00nul\x01\x1f", "\ufffe",
]  # fmt: skip
READ_AS = {"\x00nul\x01\x1f": "\ufffdnul\ufffd\ufffd", "\ufffe": "\ufffd"}
BLANKS = [None] * (len(HOSTILE) - 4)
COSTING = pl.DataFrame(
    {
        "placement_id": HOSTILE,
        "from": [date(2025, 4, 1), date(1800, 1, 1), None, None, *BLANKS],
        "days": [30, 2**60, -5, None, *BLANKS],
        "amount": pl.Series([123456, -1250, 2**53, -1, *BLANKS], dtype=pl.Int64),
        "fte": [0.5, float("nan"), float("inf"), 1e-7, *BLANKS],
        "flag": [True, False, None, None, *BLANKS],
        "seen_at": [datetime.fromisoformat("2025-04-01T12:30"), None, None, None, *BLANKS],
    }
)
FINDINGS = pl.DataFrame(schema={"code": pl.String, "row": pl.Int64})
RULES = pl.DataFrame({"band": ["B1"], "rate": [160000]})
BY_BAND = pl.DataFrame({"band": ["B1", None], "amount": [123456, -50]})
PROVENANCE = {
    "frameworks": [{"id": "devon", "version": "1", "legal_status": "in_force", "as_if": True}],
    "created_at": "2025-04-01T12:00:00+00:00",
    "totals": {"read": 1234, "amount_pence": -50},
}
MONEY = {"costing": ["amount"], "rules": ["rate"], "summary": ["amount"]}


def write(path: Path, costing: pl.DataFrame = COSTING) -> Path:
    tables = {"costing": costing, "findings": FINDINGS}
    assert write_outputs(path, tables, PROVENANCE, MONEY, rules=RULES, summary=[("By band", BY_BAND)]) == [path]
    return path


def cells(path: Path, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("ods") / "out.ods")


def test_the_type_comes_first_and_is_not_compressed(path: Path) -> None:
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        assert package.testzip() is None
    # Programs look for it at this very place of the file.
    assert path.read_bytes()[30:].startswith(b"mimetype" + kind)


def test_every_part_is_xml_and_is_in_the_manifest(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name != "mimetype"]
        parts = {name: ElementTree.fromstring(package.read(name)) for name in names}
    space = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
    listed = {entry.get(f"{space}full-path") for entry in parts.pop("META-INF/manifest.xml")}
    assert listed == {"/", *parts}


def test_the_header_of_every_table_stays_in_view(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        said = package.read("settings.xml").decode()
    # LibreOffice passes over settings whose name has a prefix that isn't declared.
    prefixes = set(re.findall(r'config:name="(\w+):', said))
    assert prefixes
    assert prefixes <= set(re.findall(r"xmlns:(\w+)=", said))
    tables = re.findall(r'map-entry config:name="([^"]+)">(.*?)</config:config-item-map-entry>', said)
    assert [name for name, _ in tables] == ["Costing", "Findings", "Rules", "Provenance"]
    assert all('"VerticalSplitPosition" config:type="int">1<' in split for _, split in tables)


def test_the_sheets_are_those_of_the_workbook(path: Path, tmp_path: Path) -> None:
    workbook = write(tmp_path / "out.xlsx", COSTING.head(3))
    names = [CalamineWorkbook.from_path(str(book)).sheet_names for book in (path, workbook)]
    assert names[0] == names[1] == ["Summary", "Costing", "Findings", "Rules", "Provenance"]


def test_text_stays_text_whatever_it_starts_with(path: Path) -> None:
    assert [row[0] for row in cells(path, "Costing")[1:]] == [READ_AS.get(text, text) for text in HOSTILE]
    with zipfile.ZipFile(path) as package:
        content = package.read("content.xml")
    assert not re.search(rb"table:formula|text:a |xlink:", content)


def test_no_paragraph_has_white_space_that_the_standard_lets_a_program_drop(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        content = package.read("content.xml").decode()
    paragraphs = re.findall("<text:p>(.*?)</text:p>", content, re.DOTALL)
    assert any("<text:s/>" in text for text in paragraphs)
    assert not [text for text in paragraphs if re.search("^ | $|  |[\t\r\n]", text)]


def test_values_are_typed_and_a_blank_is_a_blank(path: Path) -> None:
    header, first, second, third, fourth, *rest = cells(path, "Costing")
    assert header == COSTING.columns
    assert first[1:6] == [date(2025, 4, 1), 30, 1234.56, 0.5, True]
    assert second[1:6] == [date(1800, 1, 1), str(2**60), -12.5, "NaN", False]
    assert third[1:6] == ["", -5, 2**53 / 100, "inf", ""]
    assert fourth[1:6] == ["", "", -0.01, 1e-7, ""]
    assert all(row[1:] == [""] * 6 for row in rest)


def test_money_is_written_from_whole_pence(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        content = package.read("content.xml").decode()
    values = re.findall(r'office:value-type="currency" office:currency="GBP" office:value="([^"]*)"', content)
    assert values[-4:] == ["-12.50", "90071992547409.92", "-0.01", "1600.00"]


def test_a_table_without_rows_has_its_header(path: Path) -> None:
    assert cells(path, "Findings") == [["code", "row"]]


def test_the_same_tables_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "again.ods").read_bytes() == path.read_bytes()


def test_a_costing_s_summary_adds_up_and_says_that_it_is_of_values(tmp_path: Path) -> None:
    (framework,) = load_frameworks("national-illustrative@2026-27")
    levels = {f"need_{area.code}": "3" for area in framework.header.need_areas}
    rows = [a_row(number, start_date="2026-04-01", home_la="330", **levels) for number in (1, 2)]
    costing = cost(a_caseload(*rows, a_row(3, provision="nowhere")), framework, "FY2026-27")
    costing.write(tmp_path / "out.ods")
    summary = cells(tmp_path / "out.ods", "Summary")
    said = " ".join(str(cell) for row in summary for cell in row)
    assert "ILLUSTRATIVE" in said
    assert "live formulas" in said
    by_first = {row[0]: row for row in summary if row[0]}
    assert by_first["Paid by the high needs budget"][1] == costing.total / 100
    assert by_first["Priced"][1:3] == [2, 2]
    assert sum(by_first[month][1] for month in ("April 2026", "March 2027")) > 0
    everything = [row for row in summary if row[0] == "All"]
    assert everything
    assert {tuple(row[1:4]) for row in everything} == {(2, 0, costing.total / 100)}
    assert cells(tmp_path / "out.ods", "Costing")[0] == costing.lines.columns
    assert len(cells(tmp_path / "out.ods", "Rules")) == 1 + len(framework.tariffs)


def test_libreoffice_opens_it_and_shows_the_same(path: Path, libreoffice: Callable[[Path, str], Path]) -> None:
    saved = CalamineWorkbook.from_path(str(libreoffice(path, "xlsx")))
    assert saved.sheet_names == ["Summary", "Costing", "Findings", "Rules", "Provenance"]
    shown = saved.get_sheet_by_name("Costing").to_python(skip_empty_area=False)
    written = cells(path, "Costing")
    assert [kept(row) for row in shown if row[0] != "@x"] == [kept(row) for row in written if row[0] != "@x"]


def kept(row: list[Any]) -> tuple[Any, ...]:
    """What another program keeps of a row: text but for the kind of its line ends, and fifteen digits of a number."""
    return str(row[0]).replace("\r\n", "\n").replace("\r", "\n"), *row[2:5]


def test_a_spreadsheet_of_a_costing_says_what_its_csv_says(tmp_path: Path) -> None:
    costing = cost(a_caseload(a_row(1, home_la="330")), "national-illustrative@2025-26", PERIOD)
    costing.write(tmp_path / "out.csv")
    costing.write(tmp_path / "out.ods")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        flat = list(csv.reader(file))
    sheet = cells(tmp_path / "out.ods", "Costing")
    assert sheet[0] == flat[0]
    assert [as_csv(cell, text) for cell, text in zip(sheet[1], flat[1], strict=True)] == flat[1]


def as_csv(cell: object, text: str) -> str:
    """A cell as CSV has it: a number with the decimals that stand there."""
    return f"{cell:.{len(text.partition('.')[2])}f}" if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize(
    ("frame", "money", "word"),
    [
        (pl.DataFrame({"a": ["x" * 32_768]}), [], "characters"),
        (pl.DataFrame({"a": [2**53 + 1]}), ["a"], "to the penny"),
        (pl.DataFrame({"a": ["1", "2", "3", "4"]}), [], "rows"),
    ],
)
def test_what_a_sheet_can_t_hold_is_refused_and_nothing_is_written(
    frame: pl.DataFrame, money: list[str], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    with pytest.raises(UsageError, match=word):
        write_outputs(tmp_path / "out.ods", {"costing": frame}, {}, {"costing": money})
    assert list(tmp_path.iterdir()) == []


held = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
texts = st.text(held, min_size=1) | st.text(alphabet="=+-@'\"<>& \t\n\r._x0041", min_size=1)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(texts, st.none() | st.integers(-(2**53), 2**53)), min_size=1, max_size=8))
def test_whatever_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int | None]]
) -> None:
    frame = pl.DataFrame(rows, schema={"text": pl.String, "amount": pl.Int64}, orient="row")
    out = tmp_path_factory.mktemp("ods") / "out.ods"
    write_outputs(out, {"costing": frame}, {}, {"costing": ["amount"]})
    read = cells(out, "Costing")[1:]
    assert [row[0] for row in read] == frame["text"].to_list()
    assert [None if row[1] == "" else round(row[1] * 100) for row in read] == frame["amount"].to_list()
