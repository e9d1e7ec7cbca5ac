"""What is told of a remittance's layout, what is said of the guesses, and what is refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.amounts import read_amount
from tariff_engine.remittance.column_map import ColumnMap, column_map_of, read_column_map
from tariff_engine.remittance.reading import Remittance, read_remittance
from tariff_engine.remittance.spans import Calendar, Span, find_label

PERIOD = FundingPeriod.parse("FY2025-26")


def known(cells: object) -> int:
    return sum(str(cell).startswith("CH-") for cell in cells)  # type: ignore[attr-defined]


def read(folder: Path, text: str, given: ColumnMap | None = None) -> Remittance:
    path = folder / "remittance.csv"
    path.write_text(text, encoding="utf-8")
    return read_remittance(path, PERIOD, given or ColumnMap(), known)


def amounts(read_: Remittance) -> list[int | None]:
    return read_.lines["amount"].to_list()


def codes(read_: Remittance) -> set[str]:
    return set(read_.findings["code"])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Apr-25", "2025-04-01", "2025-04-30"),
        ("April", "2025-04-01", "2025-04-30"),
        ("Payment for Sept 2025", "2025-09-01", "2025-09-30"),
        ("2025-04", "2025-04-01", "2025-04-30"),
        ("04/2025", "2025-04-01", "2025-04-30"),
        ("202504", "2025-04-01", "2025-04-30"),
        ("15/04/2025", "2025-04-01", "2025-04-30"),
        ("P1", "2025-04-01", "2025-04-30"),
        ("Period 12", "2026-03-01", "2026-03-31"),
        ("M03 2025/26", "2025-06-01", "2025-06-30"),
        ("Q2", "2025-07-01", "2025-09-30"),
        ("Autumn term", "2025-09-01", "2025-12-31"),
        ("Spring 2026", "2026-01-01", "2026-03-31"),
        ("1 Apr 2025 to 28 Apr 2025", "2025-04-01", "2025-04-28"),
        ("01/04/2025 - 28/04/2025", "2025-04-01", "2025-04-28"),
        ("4 weeks ending 28/04/2025", "2025-04-01", "2025-04-28"),
        ("Four weekly period 2", "2025-04-29", "2025-05-26"),
    ],
)
def test_a_period_is_read_in_the_words_that_authorities_use(text: str, first: str, last: str) -> None:
    label = find_label(text)
    assert label is not None
    span = Calendar.of([label], PERIOD).span(label)
    assert span is not None
    assert (str(span.first), str(span.last)) == (first, last)


@pytest.mark.parametrize("text", ["CH-001", "1052.37", "123456", "Total", "", "13/2025", "x" * 500])
def test_what_is_no_period_isn_t_taken_for_one(text: str) -> None:
    assert find_label(text) is None


def test_dates_four_weeks_apart_are_payments_and_not_months() -> None:
    labels = [find_label(text) for text in ("28/04/2025", "26/05/2025", "23/06/2025")]
    calendar = Calendar.of([label for label in labels if label], PERIOD)
    assert calendar.step == 28
    assert labels[1] is not None
    span = calendar.span(labels[1])
    assert span is not None
    assert (str(span.first), str(span.last)) == ("2025-04-29", "2025-05-26")


@pytest.mark.parametrize(
    "days", [["2026-02-15", "2026-03-15"], ["2026-02-28", "2026-03-31"], ["2025-04-30", "2025-05-31"]]
)
def test_dates_of_months_are_months(days: list[str]) -> None:
    labels = [label for day in days if (label := find_label(day))]
    assert Calendar.of(labels, PERIOD).step == 0


@pytest.mark.parametrize(
    ("text", "pence", "mark"),
    [
        ("£1,052.37", 105237, ""),
        ("(1,052.37)", -105237, ""),
        ("1,052.37-", -105237, ""),
        ("1 052.37 CR", 105237, "cr"),
        ("DR 50", 5000, "dr"),
        ("-", None, ""),
        ("nil", None, ""),
    ],
)
def test_an_amount_is_read_in_every_usual_form(text: str, pence: int | None, mark: str) -> None:
    assert read_amount(text) == (pence, mark)


@pytest.mark.parametrize("text", ["TBC", "1.234,56", "12k", "n/a", "CR 5 DR", "#REF!", "1e9"])
def test_an_amount_that_isn_t_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"pounds|marks"):
        read_amount(text)


def test_an_amount_that_can_t_be_read_is_an_error_and_no_zero(tmp_path: Path) -> None:
    found = read(tmp_path, "Pupil,Month,Amount\nCH-1,April,TBC\nCH-2,April,5.00\n")
    assert amounts(found) == [None, 500]
    (error,) = found.findings.filter(pl.col("severity") == "error").iter_rows(named=True)
    assert (error["code"], error["row"]) == ("bad_value", 2)


def test_vat_is_no_part_of_what_was_paid(tmp_path: Path) -> None:
    net = read(tmp_path, "Pupil,Month,Net,VAT,Gross\nCH-1,April,100.00,20.00,120.00\n")
    assert amounts(net) == [10000]
    gross = read(tmp_path, "Pupil,Month,VAT,Gross\nCH-1,April,20.00,120.00\nTotal,,20.00,120.00\n")
    assert amounts(gross) == [10000]
    assert "vat_left_out" in codes(net) & codes(gross)
    assert "totals_mismatch" not in codes(gross)


def test_totals_are_held_against_their_sum_and_never_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "Pupil,Month,Amount\nCH-1,April,5.00\nCH-2,April,6.00\nTotal,,12.00\n")
    assert amounts(found) == [500, 600]
    (wrong,) = found.findings.filter(pl.col("code") == "totals_mismatch").iter_rows(named=True)
    assert wrong["row"] == 4
    assert "£12.00" in wrong["message"]
    assert "£11.00" in wrong["message"]


def test_the_rarer_ledger_mark_is_money_taken_back(tmp_path: Path) -> None:
    found = read(tmp_path, "Pupil,Month,Amount\nCH-1,April,5.00 CR\nCH-2,April,6.00 CR\nCH-2,May,1.00 DR\n")
    assert amounts(found) == [500, 600, -100]
    assert "sign_guessed" in codes(found)
    turned = read(tmp_path, "Pupil,Month,Amount\nCH-1,April,5.00 CR\n", ColumnMap(credit="taken_back"))
    assert amounts(turned) == [-500]


def test_a_heading_above_rows_says_their_month(tmp_path: Path) -> None:
    found = read(tmp_path, "Pupil,Amount\nApril 2025,\nCH-1,5.00\nMay 2025,\nCH-1,6.00\n")
    assert [str(day) for day in found.lines["to"]] == ["2025-04-30", "2025-05-31"]


def test_the_title_of_a_remittance_says_its_month(tmp_path: Path) -> None:
    text = "Anytown,\nPayment date,12/06/2025\nPayment for,May 2025\nPupil,Amount\nCH-1,5.00\n"
    assert str(read(tmp_path, text).lines["to"][0]) == "2025-05-31"


def test_the_identifiers_are_found_under_any_heading(tmp_path: Path) -> None:
    found = read(tmp_path, "Name,Our ref,April\nA B,CH-1,5.00\n")
    assert found.lines["child_id"].to_list() == ["CH-1"]
    assert "column_guessed" in codes(found)


def test_a_map_says_what_nobody_could_guess(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'header_row = 3\ncredit = "taken_back"\n[columns]\nchild_id = "Kind"\namount = "Betrag"\nmonth = "Zeit"\n'
        '[periods]\n"A" = "2025-04"\n"B" = "2025-05-01..2025-05-28"\n',
        encoding="utf-8",
    )
    given = read_column_map(tmp_path / "map.toml")
    found = read(tmp_path, "x\ny\nKind,Zeit,Betrag\nCH-1,A,5.00\nCH-1,b,6.00 CR\n", given)
    assert amounts(found) == [500, -600]
    assert [str(day) for day in found.lines["to"]] == ["2025-04-30", "2025-05-28"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"colums": {}}, "columns"),
        ({"columns": {"amuont": "X"}}, "amount"),
        ({"credit": "maybe"}, "credit"),
        ({"header_row": 0}, "header_row"),
    ],
)
def test_a_map_with_a_slip_is_refused_by_name(tables: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        column_map_of(tables)


def test_a_map_of_another_layout_is_refused(tmp_path: Path) -> None:
    given = column_map_of({"columns": {"amount": "Paymnt"}})
    with pytest.raises(InputRefused, match="Payment"):
        read(tmp_path, "Pupil,Month,Payment\nCH-1,April,5.00\n", given)


def test_a_word_of_the_map_that_is_no_period_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a month"):
        column_map_of({"periods": {"A": "whenever"}}).spans(PERIOD)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "Pupil,Colour\nCH-1,red\n", "Amount\n5.00\n"])
def test_a_file_without_payments_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputRefused, match="No payments"):
        read(tmp_path, text)


def test_cells_that_are_merged_down_the_table_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Pupil", "Month", "Amount"], ["CH-1", "April", 5], [None, "May", 6]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "merged.xlsx")
    with pytest.raises(InputRefused, match="A2:A3"):
        read_remittance(tmp_path / "merged.xlsx", PERIOD, ColumnMap(), known)


def test_a_month_that_the_period_doesn_t_have_is_kept_apart_and_an_unknown_word_is_an_error(tmp_path: Path) -> None:
    found = read(tmp_path, "Pupil,Month,Amount\nCH-1,April 2024,5.00\nCH-1,whenever,6.00\n")
    assert found.lines["from"].to_list()[1] is None
    assert str(found.lines["from"][0]) == "2024-04-01"
    assert "bad_value" in codes(found)


def test_a_span_is_whole_days() -> None:
    label = find_label("Summer 2025")
    assert label is not None
    span = Calendar.of([label], PERIOD).span(label)
    assert span == Span(PERIOD.start, span.last) if span else False
