"""Cases B that Parquet brings, where a cell has a type, and those of a sheet's own marks once it is saved as CSV."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing, cost
from tariff_engine.errors import InputRefused
from tests.small import write_version

from .files import AGREED, amounts, errors, finding, line, nothing_lost, price, row, text

FULL = 4000000


def typed(folder: Path, column: str, values: list[Any], dtype: Any = None, **options: Any) -> Costing:
    """Price a Parquet file of good rows whose cells of one column are these, in their own type."""
    rows = [row(number) for number in range(1, len(values) + 1)]
    frame = pl.DataFrame(rows).with_columns(pl.Series(column, values, dtype=dtype, strict=False))
    frame.write_parquet(folder / "placements.parquet")
    return cost(folder / "placements.parquet", write_version(folder / "small"), "FY2025-26", **options)


@pytest.mark.parametrize(
    "column", ["fte", "nc_year", "start_date", "end_date", "home_la", "provision", "provider_type"]
)
@pytest.mark.parametrize("cell", ["#N/A", "#VALUE!"])
def test_b1_a_spreadsheet_s_error_in_any_column_that_is_read(tmp_path: Path, column: str, cell: str) -> None:
    found = price(tmp_path, text(row(1, **{column: cell}), row(2)))
    assert errors(found) == [("bad_value", 2, column)]
    assert cell in finding(found, "bad_value", 2, column)
    assert amounts(found) == {"P2": FULL}
    assert nothing_lost(found, 2, 1)


@pytest.mark.parametrize("cell", ["=E2*2", "=SUM(A1:A9)", "+40000", "@E2"])
def test_b2_a_formula_saved_as_text_is_no_amount(tmp_path: Path, cell: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price=cell), row(2)))
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert found.findings["value"].to_list() == [cell]
    assert nothing_lost(found, 2, 1)


def test_b3_two_unknown_headers_alike_are_refused_too(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        price(tmp_path, text(row(1)).replace("need_learning,need_social", "Amount,Amount"))
    assert "L ('Amount')" in str(refused.value)
    assert "M ('Amount')" in str(refused.value)


@pytest.mark.parametrize("column", ["placement_id", "child_id", "home_la", "provision", "start_date"])
def test_b4_every_column_that_must_be_there_is_missed(tmp_path: Path, column: str) -> None:
    misspelt = f"{column[:-2]}x{column[-2:]}"
    with pytest.raises(InputRefused) as refused:
        price(tmp_path, text(row(1, start_date="not read")).replace(column, misspelt, 1))
    assert f"{column} (the nearest header found is '{misspelt}'" in str(refused.value)
    assert "not read" not in str(refused.value)


def test_b4_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="missing from the header in row 1"):
        price(tmp_path, line(row(1)) + "\n" + line(row(2, fte="0.5")) + "\n")


def test_b9_the_blanks_that_merged_cells_leave_are_told_row_by_row(tmp_path: Path) -> None:
    # Once the sheet is saved as CSV a merged cell has its value in its first row alone.
    found = price(tmp_path, text(row(1), row(2, home_la="", start_date=""), row(3, home_la="")))
    assert errors(found) == [
        ("missing_value", 3, "home_la"),
        ("missing_value", 3, "start_date"),
        ("missing_value", 4, "home_la"),
    ]
    assert "must be given" in finding(found, "missing_value", 4)
    assert amounts(found) == {"P1": FULL}
    assert nothing_lost(found, 3, 2)


def test_b9_a_row_merged_across_is_no_placement_and_no_blank_row(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1), {"placement_id": "Autumn term"}, row(2)))
    assert {(code, at) for code, at, _ in errors(found)} == {("missing_value", 3)}
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert nothing_lost(found, 3, 1)


def test_b11_every_row_is_read_however_the_sheet_was_filtered(tmp_path: Path) -> None:
    found = price(tmp_path, text(*(row(number) for number in range(1, 41))))
    assert found.total == 40 * FULL
    assert nothing_lost(found, 40)


@pytest.mark.parametrize("blank", ["", "\t, ,\u00a0" + "," * 10, '""' + "," * 12, "," * 20])
def test_b13_rows_of_nothing_but_space_at_the_end_are_nothing(tmp_path: Path, blank: str) -> None:
    found = price(tmp_path, text(row(1)) + f"{blank}\n" * 100)
    assert found.findings.height == 0
    assert nothing_lost(found, 1)


def test_b15_a_provider_s_number_in_a_column_of_numbers_is_that_of_the_providers_file(tmp_path: Path) -> None:
    providers = pl.DataFrame({"provider_id": ["100002"], "provider_type": ["maintained"]})
    whole = typed(tmp_path, "provider_id", [100002, 100002], providers=providers)
    decimal = typed(tmp_path, "provider_id", [100002.0, 100002.0], providers=providers)
    for found in (whole, decimal):
        assert found.by("payee").select("payee", "amount").rows() == [("100002", 2 * FULL)]
        assert nothing_lost(found, 2)


def test_b16_an_authority_s_code_in_a_column_of_numbers(tmp_path: Path) -> None:
    found = typed(tmp_path, "home_la", [878.0, 330.0, 878.5])
    assert found.lines["home_la"].to_list() == ["878", "330"]
    assert errors(found) == [("bad_value", 4, "home_la")]
    assert nothing_lost(found, 3, 1)


@pytest.mark.parametrize("values", [[8784001], [8784001.0]])
def test_b16_a_school_s_number_in_a_column_of_numbers_is_told_with_its_authority(
    tmp_path: Path, values: list[Any]
) -> None:
    found = typed(tmp_path, "home_la", values)
    assert "local authority is 878" in finding(found, "bad_value", 2, "home_la")
    assert nothing_lost(found, 1, 1)


def test_b18_b21_b22_amounts_in_a_column_of_numbers(tmp_path: Path) -> None:
    values = [1234.56, 0.1 + 0.2, -0.0, 999999.99, 1234.567, 1e308, float("nan"), float("inf"), -5.0, 1e-9]
    found = typed(tmp_path, "agreed_price", values)
    assert amounts(found) == {"P1": 123456, "P2": 30, "P3": 0, "P4": 99999999}
    assert errors(found) == [("bad_value", at, "agreed_price") for at in range(6, 12)]
    assert "more than 2 decimal places" in finding(found, "bad_value", 6)
    assert nothing_lost(found, 10, 6)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int16, pl.UInt32, pl.Float32, pl.Decimal(12, 2)])
def test_b18_an_amount_in_any_type_of_number(tmp_path: Path, dtype: Any) -> None:
    found = typed(tmp_path, "agreed_price", [12345, 0], dtype)
    assert amounts(found) == {"P1": 1234500, "P2": 0}
    assert nothing_lost(found, 2)


def test_b20_a_factor_may_have_six_decimals_and_no_more(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, fte="0.333333"), row(2, fte="0.3333333")))
    assert errors(found) == [("bad_value", 3, "fte")]
    assert "more than 6 decimal places" in finding(found, "bad_value", 3)
    assert nothing_lost(found, 2, 1)


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ([date(2026, 1, 1)], False),
        ([datetime.fromisoformat("2026-01-01T00:00")], False),
        ([datetime.fromisoformat("2026-01-01T00:00+00:00")], False),
        ([46023], True),
        ([46023.0], True),
        (["01/01/2026"], True),
        (["1/1/2026"], True),
    ],
)
def test_b23_a_date_in_any_type_is_the_same_day(tmp_path: Path, values: list[Any], reported: bool) -> None:
    found = typed(tmp_path, "start_date", values)
    assert found.lines["from"].to_list() == [date(2026, 1, 1)]
    assert found.lines["days"].to_list() == [90]
    assert ("date_format" in found.findings["code"].to_list()) is reported
    if reported:
        assert "2026-01-01" in finding(found, "date_format", 2, "start_date")
    assert nothing_lost(found, 1)


def test_b23_day_and_month_are_never_changed_round(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, start_date="03/09/2025"), row(2, start_date="09/30/2025")))
    assert found.lines["from"].to_list() == [date(2025, 9, 3)]
    assert errors(found) == [("bad_value", 3, "start_date")]
    assert nothing_lost(found, 2, 1)


def test_b23_a_time_of_day_is_no_date(tmp_path: Path) -> None:
    found = typed(tmp_path, "start_date", [datetime.fromisoformat("2026-01-01T09:30"), None])
    assert {code for code, _, _ in errors(found)} == {"bad_value", "missing_value"}
    assert nothing_lost(found, 2, 2)


def test_b27_three_spells_that_overlap_in_a_chain_are_all_set_aside(tmp_path: Path) -> None:
    spells = [("2025-04-01", "2025-06-30"), ("2025-06-01", "2025-09-30"), ("2025-09-01", "2026-03-31")]
    rows = [row(n, child_id="C1", start_date=start, end_date=end) for n, (start, end) in enumerate(spells, start=1)]
    found = price(tmp_path, text(*rows, row(4)))
    assert errors(found) == [("overlap", at, "start_date") for at in (2, 3, 4)]
    assert "placement P2" in finding(found, "overlap", 2)
    assert "placement P2" in finding(found, "overlap", 4)
    assert amounts(found) == {"P1": None, "P2": None, "P3": None, "P4": FULL}
    assert nothing_lost(found, 4, 3)


@pytest.mark.parametrize(("parts", "set_aside"), [(("0.5", "0.5"), 0), (("0.5", "0.500001"), 2), (("", "0.1"), 2)])
def test_b28_full_time_is_the_most_at_two_providers(tmp_path: Path, parts: tuple[str, str], set_aside: int) -> None:
    other = row(2, child_id="C1", provider_id="100002", fte=parts[1])
    found = price(tmp_path, text(row(1, fte=parts[0]), other, row(3)))
    code = "overlap_fte" if set_aside else "dual_placement"
    assert "row 3, placement P2" in finding(found, code, 2)
    assert "row 2, placement P1" in finding(found, code, 3)
    assert [at for _, at, _ in errors(found)] == ([2, 3] if set_aside else [])
    assert nothing_lost(found, 3, set_aside)


NAMES = ["\U0001f642", "e\u0301ric", "O'Brien", "<script>alert(1)</script>", "{{7*7}}", 'a "b", c', "007", "1e5"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "arrow"])
def test_b33_names_come_out_as_they_went_in(tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame([{**row(n), "name": name} for n, name in enumerate(NAMES, start=1)])
    frame.write_csv(tmp_path / "in.csv")
    found = cost(tmp_path / "in.csv", write_version(tmp_path / "small"), "FY2025-26")
    assert found.lines["name"].to_list() == NAMES
    written = found.write(tmp_path / f"out.{ending}")[0]
    if ending == "csv":
        back = pl.read_csv(written, infer_schema=False)
    else:
        back = pl.read_parquet(written) if ending == "parquet" else pl.read_ipc(written)
    assert back["name"].to_list() == NAMES
    assert nothing_lost(found, len(NAMES))


def test_b33_markup_in_a_code_s_column_is_named_as_text(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, provision="<b>special</b>"), row(2)))
    assert "'<b>special</b>'" in finding(found, "bad_value", 2, "provision")
    assert set(AGREED) <= set(found.placements.raw.frame.columns)
    assert nothing_lost(found, 2, 1)
