"""Workbooks out: typed cells, no formula or link from text, the sheets in their order."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tariff_engine.errors import UsageError
from tariff_engine.tables.book import sheets as module
from tariff_engine.tables.sheet_rows import _escaped, _escaped_text
from tariff_engine.tables.writing import write_outputs

HOSTILE = [
    '=HYPERLINK("http://x")', "+44", "@x", "http://example.org", "mailto:a@b", "<r>x</r>", "<r><t>x</t></r>",
    "</t></is></c>", "a&b", "{=1}", "_x0041_", "tab\tand\nline", "\x01\x1f", "\ufffe", "O'Brien 🙂 e\u0301", " spaced ",
]  # fmt: skip
COSTING = pl.DataFrame(
    {
        "placement_id": HOSTILE,
        "from": [date(2025, 4, 1), date(1800, 1, 1), *[None] * 14],
        "days": [30, 2**60, *[None] * 14],
        "amount": pl.Series([123456, -50, 2**53, -1, 0, *[None] * 11], dtype=pl.Int64),
        "fte": [0.5, float("nan"), float("inf"), *[None] * 13],
        "flag": [True, False, *[None] * 14],
        "seen_at": [datetime.fromisoformat("2025-04-01T12:30"), *[None] * 15],
    }
)
FINDINGS = pl.DataFrame(schema={"code": pl.String, "row": pl.Int64})
RULES = pl.DataFrame({"band": ["B1"], "rate": [160000]})
BY_BAND = pl.DataFrame({"band": ["B1", None], "amount": [123456, -50]})
PROVENANCE = {
    "frameworks": [{"id": "devon", "version": "1", "legal_status": "in_force", "as_if": True}],
    "period": {"name": "one year", "from": "a", "to": "b"},
    "created_at": "2025-04-01T12:00:00+00:00",
    "totals": {"read": 1234, "amount_pence": -50, "outside_amount_pence": 1},
}
MONEY = {"costing": ["amount"], "rules": ["rate"], "summary": ["amount"]}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("book") / "out.xlsx"
    tables = {"costing": COSTING, "findings": FINDINGS}
    assert write_outputs(out, tables, PROVENANCE, MONEY, rules=RULES, summary=[("By band", BY_BAND)]) == [out]
    return out


def test_the_sheets_are_in_their_order(path: Path) -> None:
    assert CalamineWorkbook.from_path(str(path)).sheet_names == [
        "Summary",
        "Costing",
        "Findings",
        "Rules",
        "Provenance",
    ]


def test_text_stays_text_whatever_it_starts_with(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Costing"]
    for row, text in enumerate(HOSTILE, start=2):
        cell = sheet.cell(row, 1)
        assert cell.data_type in ("s", "inlineStr"), text
        assert cell.hyperlink is None
        assert openpyxl.utils.escape.unescape(cell.value) == text


def test_no_part_of_the_book_has_a_formula_or_a_link(path: Path) -> None:
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        for name in book.namelist():
            content = book.read(name)
            assert not re.search(rb"<f[ >/]|<hyperlink|TargetMode=\"External\"", content), name


def test_money_is_a_number_in_pounds_with_its_format(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Costing"]
    assert [sheet.cell(row, 4).value for row in range(2, 8)] == [1234.56, -0.5, 2**53 / 100, -0.01, 0, None]
    assert sheet["D2"].number_format == "#,##0.00"
    with zipfile.ZipFile(path) as book:
        assert b"<v>90071992547409.92</v>" in book.read("xl/worksheets/sheet2.xml")


def test_dates_numbers_and_truth_keep_their_types(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Costing"]
    assert sheet["B2"].value == datetime.fromisoformat("2025-04-01")
    assert sheet["B2"].number_format == "yyyy-mm-dd"
    assert sheet["B3"].value == "1800-01-01"
    assert (sheet["C2"].value, sheet["C3"].value) == (30, str(2**60))
    assert [sheet.cell(row, 5).value for row in (2, 3, 4)] == [0.5, "NaN", "inf"]
    assert (sheet["F2"].value, sheet["F3"].value, sheet["F4"].value) == (True, False, None)
    assert sheet["G2"].value.startswith("2025-04-01 12:30")


def test_a_table_has_a_fixed_header_and_a_filter(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    assert book["Costing"].freeze_panes == "A2"
    assert book["Costing"].auto_filter.ref == "A1:G17"
    assert book["Costing"].dimensions == "A1:G17"
    assert book["Costing"]["A1"].font.bold
    assert [cell.value for cell in book["Findings"][1]] == ["code", "row"]
    assert book["Findings"].max_row == 1


def test_the_summary_states_framework_period_counts_and_totals(path: Path) -> None:
    rows = [row for row in openpyxl.load_workbook(path)["Summary"].values if any(row)]
    assert [row[:2] for row in rows] == [
        ("Costing", None),
        ("Framework", "devon 1 (in force), as if it were in effect"),
        ("Period", "one year: a to b"),
        ("Rows read", "1,234"),
        ("Paid by high needs", "Paid by others"),
        (-0.5, 0.01),
        ("By band", None),
        ("band", "amount"),
        ("B1", 1234.56),
        (None, -0.5),
    ]


def test_provenance_is_one_line_a_fact(path: Path) -> None:
    rows = list(openpyxl.load_workbook(path)["Provenance"].values)
    assert rows[:2] == [("item", "value"), ("frameworks 1.id", "devon")]
    assert ("frameworks 1.as_if", "yes") in rows


def test_the_same_costing_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    tables = {"costing": COSTING, "findings": FINDINGS}
    write_outputs(again, tables, PROVENANCE, MONEY, rules=RULES, summary=[("By band", BY_BAND)])
    assert again.read_bytes() == path.read_bytes()


def test_a_book_without_a_moment_of_costing_is_written_too(tmp_path: Path) -> None:
    write_outputs(tmp_path / "x.xlsx", {"costing": RULES}, {}, {})
    assert CalamineWorkbook.from_path(str(tmp_path / "x.xlsx")).sheet_names == ["Summary", "Costing", "Provenance"]


@pytest.mark.parametrize(
    ("frame", "money", "message"),
    [
        (pl.DataFrame({"a": pl.repeat(1, module.MOST_ROWS, eager=True)}), (), "would have 1,048,577 rows"),
        (pl.DataFrame({f"c{number}": [1] for number in range(module.MOST_COLUMNS + 1)}), (), "16,385 columns"),
        (pl.DataFrame({"a": ["x" * (module.MOST_CHARACTERS + 1)]}), (), "a cell of 32,768 characters"),
        (pl.DataFrame({"a": [-(2**53) - 1]}), ("a",), "can't hold to the penny"),
    ],
)
def test_what_a_workbook_cannot_hold_is_refused(
    tmp_path: Path, frame: pl.DataFrame, money: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        write_outputs(tmp_path / "x.xlsx", {"costing": frame}, {}, {"costing": money})
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1, max_size=10),
            st.integers(-(2**53), 2**53),
        ),
        max_size=6,
    )
)
def test_a_book_holds_what_was_written(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    path = tmp_path_factory.mktemp("book") / "x.xlsx"
    frame = pl.DataFrame(rows, schema={"text": pl.String, "amount": pl.Int64}, orient="row")
    write_outputs(path, {"costing": frame}, {}, {"costing": ["amount"]})
    sheet = openpyxl.load_workbook(path)["Costing"]
    for row, (text, pence) in enumerate(rows, start=2):
        assert openpyxl.utils.escape.unescape(str(sheet.cell(row, 1).value)) == text
        assert sheet.cell(row, 2).value == pence / 100


@given(st.text(max_size=30) | st.sampled_from(["_x0041_", "a<b>&amp;", "\x00\x1f\x08", "_x00", "\ufffe_x000D_\uffff"]))
def test_a_header_is_escaped_just_as_a_column_of_text_is(text: str) -> None:
    written = pl.DataFrame({"a": [text]}).select(_escaped(pl.col("a"))).item()
    assert _escaped_text(text) == written
