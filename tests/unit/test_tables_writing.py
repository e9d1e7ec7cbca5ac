"""Results out: CSV in pounds, Parquet in pence, nothing run by a spreadsheet, all files or none."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tariff_engine import money
from tariff_engine.errors import UsageError
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.guarding import mark, unmark
from tariff_engine.tables.headers import OUTER_SPACE
from tariff_engine.tables.reading import read_table
from tariff_engine.tables.sinks import write_csv
from tariff_engine.tables.wording import pounds_text
from tariff_engine.tables.writing import provenance_text, write_outputs

COSTING = pl.DataFrame(
    {
        "placement_id": ["P1", "=HYPERLINK(1)", None],
        "from": [date(2025, 4, 1), None, None],
        "days": [30, 0, None],
        "amount": pl.Series([123456, -50, None], dtype=pl.Int64),
        "notes": ["-12.50", "+44", "two\nlines"],
    }
)
FINDINGS = pl.DataFrame({"code": ["bad_value"], "row": [2], "message": ['says "x", not y']})
TABLES = {"costing": COSTING, "findings": FINDINGS}
MONEY = {"costing": ["amount"]}
PROVENANCE = {"engine_version": "1", "input": {"file": "Zoë.csv"}, "totals": {"amount_pence": 123406}}


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("name", ["out.csv", "out"])
def test_csv_gives_three_files_with_pounds(tmp_path: Path, name: str) -> None:
    written = write_outputs(tmp_path / name, TABLES, PROVENANCE, MONEY)
    assert [path.name for path in written] == ["out.csv", "out.findings.csv", "out.provenance.json"]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert cells(written[0]) == [
        ["placement_id", "from", "days", "amount", "notes"],
        ["P1", "2025-04-01", "30", "1234.56", "-12.50"],
        ["'=HYPERLINK(1)", "", "0", "-0.50", "'+44"],
        ["", "", "", "", "two\nlines"],
    ]
    assert cells(written[1]) == [["code", "row", "message"], ["bad_value", "2", 'says "x", not y']]
    assert json.loads(written[2].read_text(encoding="utf-8")) == PROVENANCE


def test_csv_is_utf8_without_a_mark_and_ends_lines_with_a_line_feed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_csv(path, pl.DataFrame({"a": ["£", "b"]}), ())
    assert path.read_bytes() == "a\n£\nb\n".encode()


def test_a_dot_in_the_name_is_no_ending_to_lose(tmp_path: Path) -> None:
    written = write_outputs(tmp_path / "run.v2.csv", TABLES, PROVENANCE, MONEY)
    assert [path.name for path in written] == ["run.v2.csv", "run.v2.findings.csv", "run.v2.provenance.json"]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_parquet_and_arrow_keep_whole_pence_and_text_as_it_is(tmp_path: Path, ending: str) -> None:
    written = write_outputs(tmp_path / f"out.{ending}", TABLES, PROVENANCE, MONEY)
    assert [path.name for path in written] == [f"out.{ending}", f"out.findings.{ending}", "out.provenance.json"]
    back = pl.read_parquet(written[0]) if ending == "parquet" else pl.read_ipc(written[0])
    assert back.equals(COSTING)


@pytest.mark.parametrize(
    ("pence", "shown"),
    [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (-50, "-0.50"), (-100, "-1.00"), (123456, "1234.56"),
     (2**53, "90071992547409.92"), (-(2**53), "-90071992547409.92"), (None, None)],
)  # fmt: skip
def test_pence_are_shown_as_pounds(pence: int | None, shown: str | None) -> None:
    frame = pl.DataFrame({"x": pl.Series([pence], dtype=pl.Int64)})
    assert frame.select(pounds_text(pl.col("x"))).item() == shown


@given(st.integers(-(2**53), 2**53))
def test_a_column_of_pence_is_shown_as_one_amount_is(pence: int) -> None:
    shown = pl.DataFrame({"x": [pence]}).select(pounds_text(pl.col("x"))).item()
    assert shown == money.format_pounds(pence)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("=1+1", "'=1+1"), ("+44", "'+44"), ("-1+1", "'-1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
        ("\rx", "'\rx"), ("\uff1d1", "'\uff1d1"), ("-12.50", "-12.50"), ("-12", "-12"), ("-", "'-"), ("-.5", "'-.5"),
        ("12.50", "12.50"), ("O'Brien", "O'Brien"), ("'x", "'x"), ("'=x", "''=x"), ("a=b", "a=b"), ("", ""),
        ("-\u0661", "'-\u0661"),
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_is_marked(tmp_path: Path, text: str, marked: str) -> None:
    assert mark(text) == marked
    write_csv(tmp_path / "x.csv", pl.DataFrame({text or "a": [text], "b": ["b"]}), ())
    assert [row[0] for row in cells(tmp_path / "x.csv")] == [marked or "a", marked]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "ods", "parquet"])
def test_in_no_form_does_text_run_or_an_amount_turn_into_text(tmp_path: Path, ending: str) -> None:
    risky = ["=HYPERLINK(1)", "+44", "@x", "\tx", "\rx"]
    frame = pl.DataFrame({"note": risky, "amount": [-1250] * len(risky)})
    (path, *_) = write_outputs(tmp_path / f"out.{ending}", {"costing": frame}, {}, {"costing": ["amount"]})
    if ending == "parquet":
        assert pl.read_parquet(path).equals(frame)
    elif ending == "csv":
        assert cells(path)[1:] == [[f"'{text}", "-12.50"] for text in risky]
    else:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Costing")
        shown = [[str(text).replace("_x000D_", "\r"), amount] for text, amount in sheet.to_python()[1:]]
        assert shown == [[text, -12.5] for text in risky]
        with zipfile.ZipFile(path) as book:
            parts = b"".join(book.read(name) for name in book.namelist())
        assert not re.search(rb"<f[ >/]|<hyperlink|table:formula|xlink", parts)


@given(st.text(alphabet="'=+-@\t\r x1."))
def test_unmarking_gives_back_what_was_marked(text: str) -> None:
    assert unmark(mark(text)) == text
    assert mark(text)[:1] not in ("=", "+", "@", "\t", "\r")


plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
risky_text = st.text(alphabet="=+-@'\",;\n\r\t |é🙂e\u0301<&1.", max_size=6)
cell = st.none() | (plain_text | risky_text).map(lambda text: text.strip(OUTER_SPACE) or None)
rows = st.lists(st.tuples(cell, cell, st.none() | st.integers(-(2**53), 2**53)), max_size=8)


@given(rows=rows)
def test_what_is_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object]]
) -> None:
    frame = _with_ids(rows)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    write_csv(path, frame, ["amount"])
    table = read_table(path, frame.columns, ["placement_id"])
    assert table.notes == ()
    assert table.bad_rows == ()
    assert table.frame.drop("amount").rows() == frame.drop("amount").rows()
    amounts = [None if text is None else money.parse_pounds(text) for text in table.frame["amount"]]
    assert amounts == frame["amount"].to_list()


@given(rows=rows)
def test_what_is_written_as_parquet_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object]]
) -> None:
    frame = _with_ids(rows)
    path = tmp_path_factory.mktemp("parquet") / "x.parquet"
    written = write_outputs(path, {"costing": frame}, {}, {"costing": ["amount"]})
    assert read_table(written[0], frame.columns, ["placement_id"]).frame.rows() == frame.rows()


def _with_ids(rows: list[tuple[object]]) -> pl.DataFrame:
    schema = {"text": pl.String, "more": pl.String, "amount": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    ids = pl.Series("placement_id", [f"P{number}" for number in range(frame.height)], dtype=pl.String)
    return frame.insert_column(0, ids)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx", "out.parquet"])
def test_a_missing_folder_is_said_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="folder of 'out"):
        write_outputs(tmp_path / "missing" / name, TABLES, PROVENANCE, MONEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.json", "out.xls", "out.v2"])
def test_an_ending_that_is_not_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"must end in \.csv, \.xlsx, \.ods, \.parquet or \.arrow"):
        write_outputs(tmp_path / name, TABLES, PROVENANCE, MONEY)


def test_a_folder_in_the_way_is_said_and_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "out.findings.csv").mkdir()
    with pytest.raises(UsageError, match="isn't a file"):
        write_outputs(tmp_path / "out.csv", TABLES, PROVENANCE, MONEY)
    assert [path.name for path in tmp_path.iterdir()] == ["out.findings.csv"]


def test_the_file_that_is_read_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(UsageError, match="is the file that is being read"):
        write_outputs(tmp_path / "out.csv", TABLES, PROVENANCE, MONEY, inputs=[tmp_path / "out.csv"])
    assert (tmp_path / "out.csv").read_text() == "mine"


def test_a_failure_while_writing_leaves_the_files_of_before(tmp_path: Path) -> None:
    before = write_outputs(tmp_path / "out.csv", TABLES, PROVENANCE, MONEY)
    contents = [path.read_bytes() for path in before]
    with pytest.raises(TypeError):
        write_outputs(tmp_path / "out.csv", {"costing": FINDINGS}, {"x": object()}, MONEY)
    assert sorted(tmp_path.iterdir()) == sorted(before)
    assert [path.read_bytes() for path in before] == contents


def test_a_failure_between_renames_puts_back_what_was_there(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("old")
    with pytest.raises(UsageError, match="No file was changed"), whole_or_nothing([first, second]) as staged:
        _write_both(staged, second)
    assert first.read_text() == "old"
    second.rmdir()
    assert list(tmp_path.iterdir()) == [first]


def _write_both(staged: list[Path], in_the_way: Path) -> None:
    for path in staged:
        path.write_text("new")
    in_the_way.mkdir()


def test_a_file_that_was_never_written_is_an_error_and_no_other_appears(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    with pytest.raises(UsageError), whole_or_nothing([first, second]) as staged:
        staged[0].write_text("new")
    assert list(tmp_path.iterdir()) == []


def test_files_replace_those_of_before(tmp_path: Path) -> None:
    write_outputs(tmp_path / "out.csv", TABLES, PROVENANCE, MONEY)
    write_outputs(tmp_path / "out.csv", {**TABLES, "costing": FINDINGS}, PROVENANCE, {})
    assert cells(tmp_path / "out.csv")[0] == ["code", "row", "message"]
    assert len(list(tmp_path.iterdir())) == 3


def test_provenance_is_json_in_the_order_given_and_takes_no_nan() -> None:
    assert provenance_text({"b": date(2025, 4, 1), "a": "é"}) == '{\n  "b": "2025-04-01",\n  "a": "é"\n}\n'
    with pytest.raises(ValueError, match="Out of range"):
        provenance_text({"x": float("nan")})
