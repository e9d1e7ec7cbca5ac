"""Cases B: what stands in the cells of a CSV file is read without a guess, or named with its row and column."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tariff_engine import cost
from tariff_engine.errors import InputRefused
from tests.small import UPLIFTS, write_version

from .files import amounts, errors, finding, line, nothing_lost, price, row, text

FULL = 4000000


@pytest.mark.parametrize("cell", ["#DIV/0!", "#REF!", "#N/A"])
def test_b1_a_spreadsheet_s_error_is_a_finding_and_never_0(tmp_path: Path, cell: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price=cell), row(2)))
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert cell in finding(found, "bad_value", 2)
    assert amounts(found) == {"P2": FULL}
    assert nothing_lost(found, 2, 1)


def test_b1_an_error_in_the_place_of_a_header_is_refused_with_its_column(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"Row 1, column J, holds #REF!"):
        price(tmp_path, text(row(1)).replace("fte", "#REF!"))


def test_b19_what_is_wrong_with_a_cell_reads_as_a_sentence(tmp_path: Path) -> None:
    found = price(
        tmp_path, text(row(1, fte="0,5"), row(2, fte="2"), row(3, start_date="TBC"), row(4, provision="#N/A"))
    )
    assert finding(found, "bad_value", 2).startswith("fte '0,5' is not a decimal number; expected")
    assert finding(found, "bad_value", 3).startswith("fte '2': expected")
    assert finding(found, "bad_value", 4).startswith("start_date 'TBC' is not a date; expected")


def test_b3_two_headers_alike_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        price(tmp_path, text(row(1)).replace("need_social", "Agreed  Price"))
    said = str(refused.value)
    assert "agreed_price" in said
    assert "K " in said
    assert "M " in said


def test_b4_a_missing_column_is_refused_with_the_nearest_header(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        price(tmp_path, text(row(1, start_date="not read")).replace("home_la", "home authority"))
    said = str(refused.value)
    assert "home_la" in said
    assert "home authority" in said
    assert "not read" not in said


def test_b5_headers_in_other_spellings_are_matched_and_reported(tmp_path: Path) -> None:
    header = text(row(1)).splitlines()[0]
    spelt = header.replace("home_la", "Home  LA").replace("provider_id", "provider\u00a0ID").replace("fte", "F\u200bTE")
    found = price(tmp_path, text(row(1)).replace(header, spelt))
    assert amounts(found) == {"P1": FULL}
    matched = found.findings.filter(pl.col("code") == "header_matched")
    assert set(matched["column"]) == {"home_la", "provider_id", "fte"}
    assert nothing_lost(found, 1)


def test_b6_an_unknown_column_is_kept_and_listed(tmp_path: Path) -> None:
    content = "\n".join(
        f"{one},{last}" for one, last in zip(text(row(1)).splitlines(), ["Case worker", "O'Brien"], strict=True)
    )
    found = price(tmp_path, content)
    assert found.lines["Case worker"].to_list() == ["O'Brien"]
    assert "Case worker" in found.findings.filter(pl.col("code") == "extra_column")["message"][0]
    assert nothing_lost(found, 1)


def test_b7_a_header_below_a_title_is_found_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    title = "SEND placements" + "," * 12 + "\n" + "," * 12 + "\nas at 1 April" + "," * 12 + "\n"
    found = price(tmp_path, title + text(row(1), row(2, fte="2")))
    assert finding(found, "header_row", 4)
    assert errors(found) == [("bad_value", 6, "fte")]
    assert nothing_lost(found, 2, 1)


def test_b7_two_rows_that_look_like_the_header_are_refused(tmp_path: Path) -> None:
    content = "a title\n" + text(row(1)) + text(row(2))
    with pytest.raises(InputRefused, match="look like the header"):
        price(tmp_path, content)


def test_b12_a_totals_row_is_left_out_and_checked(tmp_path: Path) -> None:
    total = {"placement_id": "Total", "agreed_price": "80,000.00"}
    found = price(tmp_path, text(row(1), row(2), total))
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert finding(found, "totals_row", 4)
    assert nothing_lost(found, 2)
    wrong = price(tmp_path, text(row(1), row(2), {**total, "agreed_price": "80,000.01"}))
    said = finding(wrong, "totals_mismatch", 4, "agreed_price")
    assert "80,000.01" in said
    assert "80,000.00" in said
    assert nothing_lost(wrong, 2)


def test_b13_blank_rows_at_the_end_are_nothing(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1)) + ("," * 12 + "\n") * 500)
    assert found.findings.height == 0
    assert nothing_lost(found, 1)


def test_b14_a_blank_row_in_the_middle_is_a_warning_and_the_rest_is_read(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1), {}, row(2), row(3, fte="0")))
    assert finding(found, "blank_row", 3)
    assert errors(found) == [("bad_value", 5, "fte")]
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert nothing_lost(found, 3, 1)


def test_b15_a_provider_s_number_as_text_and_as_a_decimal_is_the_same_provider(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, provider_id="100002"), row(2, provider_id="100002.0")))
    assert found.lines["payee"].to_list() == ["100002", "100002"]
    assert found.by("payee").height == 1
    both = price(tmp_path, text(row(1, provider_id="100002"), row(2, child_id="C1", provider_id="100002.0")))
    assert [code for code, _, _ in errors(both)] == ["overlap", "overlap"], "and so one child is there twice"


def test_b16_an_authority_s_code_in_its_other_forms(tmp_path: Path) -> None:
    rows = [row(1, home_la="878.0"), row(2, home_la="E10000008"), row(3, home_la="8784001"), row(4, home_la="Devon")]
    found = price(tmp_path, text(*rows))
    assert found.lines["home_la"].to_list() == ["878", "878"]
    assert "E10000008" in finding(found, "code_matched", 3, "home_la")
    assert "878" in finding(found, "bad_value", 4, "home_la")
    assert "Devon is 878" in finding(found, "bad_value", 5, "home_la")
    assert nothing_lost(found, 4, 2)


@pytest.mark.parametrize("cell", ["£1,234.56", "1 234.56", "1234.56", "1\u00a0234.56", " £ 1,234.56 "])
def test_b18_amount_forms(tmp_path: Path, cell: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price=cell)))
    assert found.lines["annual_price"].to_list() == [123456]
    assert nothing_lost(found, 1)


@pytest.mark.parametrize("cell", ["(1,234.56)", "1,234.56-", "-£1234.56", "\u22121234.56"])
def test_b18_negative_amount_forms(tmp_path: Path, cell: str) -> None:
    uplifts = UPLIFTS.replace("-1000.00", f'"{cell}"')
    (tmp_path / "p.csv").write_text(
        text(row(1)).replace("need_social", "uplifts").replace(line(row(1)), line(row(1)) + "reduction")
    )
    found = cost(tmp_path / "p.csv", write_version(tmp_path / "small", uplifts_csv=uplifts), "FY2025-26")
    assert found.lines.select("annual_uplifts", "annual_price").row(0) == (-123456, FULL - 123456)
    refused = price(tmp_path, text(row(1, agreed_price=cell), row(2)))
    assert "expected £0 to £1,000,000.00 a year" in finding(refused, "bad_value", 2, "agreed_price")
    assert nothing_lost(refused, 2, 1)


@pytest.mark.parametrize("cell", ["1.234,56", "12k", "c.£500", "TBC", "n/a", "-"])
def test_b19_what_is_no_amount_is_a_finding_and_never_0(tmp_path: Path, cell: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price=cell), row(2)))
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert "is not an amount in pounds" in finding(found, "bad_value", 2)
    assert found.findings["value"].to_list() == [cell]
    assert amounts(found) == {"P2": FULL}
    assert nothing_lost(found, 2, 1)


def test_b20_three_decimals_of_a_pound_are_a_finding_and_of_a_factor_are_read(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, agreed_price="1234.567"), row(2, fte="0.567")))
    assert "more than 2 decimal places" in finding(found, "bad_value", 2, "agreed_price")
    assert amounts(found) == {"P2": FULL}, "an agreed price is for this child at this fte"
    assert nothing_lost(found, 2, 1)


def test_b21_a_spreadsheet_s_sum_is_30_pence(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, agreed_price="0.30000000000000004")))
    assert amounts(found) == {"P1": 30}


@pytest.mark.parametrize("cell", ["1e308", "NaN", "inf", "-inf", "1" + "0" * 30])
def test_b22_what_is_no_finite_amount_is_a_finding(tmp_path: Path, cell: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price=cell), row(2)))
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert nothing_lost(found, 2, 1)


def test_b22_minus_nothing_is_nothing(tmp_path: Path) -> None:
    assert amounts(price(tmp_path, text(row(1, agreed_price="-0.0")))) == {"P1": 0}


@pytest.mark.parametrize(("cell", "reported"), [("01/04/2026", True), ("46113", True), ("2026-04-01", False)])
def test_b23_a_date_in_text_number_or_iso_is_the_same_day(tmp_path: Path, cell: str, reported: bool) -> None:
    found = price(tmp_path, text(row(1, start_date="2025-04-01", end_date=cell)))
    assert found.lines["to"].to_list()[0].isoformat() == "2026-03-31"
    assert found.placements.table["end_date"].to_list()[0].isoformat() == "2026-04-01"
    assert ("date_format" in found.findings["code"].to_list()) is reported
    assert nothing_lost(found, 1)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1/4/26", "a year of two digits"),
        ("31/02/2026", "not a day that exists"),
        ("04/13/2026", "not a day that exists"),
    ],
)
def test_b23_a_day_that_can_t_be_told_is_a_finding(tmp_path: Path, cell: str, says: str) -> None:
    found = price(tmp_path, text(row(1, start_date=cell), row(2)))
    assert errors(found) == [("bad_value", 2, "start_date")]
    assert says in finding(found, "bad_value", 2)
    assert amounts(found) == {"P2": FULL}
    assert nothing_lost(found, 2, 1)


def test_b27_one_child_twice_at_a_provider_is_set_aside_each_naming_the_other(tmp_path: Path) -> None:
    twice = row(2, child_id="C1", start_date="2025-09-01", agreed_price="30000.00")
    found = price(tmp_path, text(row(1), twice, row(3)))
    assert errors(found) == [("overlap", 2, "start_date"), ("overlap", 3, "start_date")]
    assert "row 3, placement P2" in finding(found, "overlap", 2)
    assert "row 2, placement P1" in finding(found, "overlap", 3)
    assert amounts(found) == {"P1": None, "P2": None, "P3": FULL}
    assert nothing_lost(found, 3, 2)


@pytest.mark.parametrize(("fte", "priced"), [("0.4", True), ("0.5", False)])
def test_b28_one_child_at_two_providers_is_priced_up_to_full_time(tmp_path: Path, fte: str, priced: bool) -> None:
    rows = [row(1, fte="0.6"), row(2, child_id="C1", provider_id="100002", fte=fte), row(3)]
    found = price(tmp_path, text(*rows))
    code = "dual_placement" if priced else "overlap_fte"
    assert found.findings.select("code", "row").rows() == [(code, 2), (code, 3)]
    assert amounts(found) == {"P1": FULL if priced else None, "P2": FULL if priced else None, "P3": FULL}
    assert nothing_lost(found, 3, 0 if priced else 2)


def test_b29_of_rows_alike_the_first_is_priced(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1), row(2, child_id="C1"), row(3, child_id="C1"), row(4)))
    assert errors(found) == [("duplicate_row", 3, "placement_id"), ("duplicate_row", 4, "placement_id")]
    assert "repeats row 2 (placement P1)" in finding(found, "duplicate_row", 4)
    assert amounts(found) == {"P1": FULL, "P2": None, "P3": None, "P4": FULL}
    assert nothing_lost(found, 4, 2)


def test_b29_a_repeated_identifier_sets_aside_every_row_that_has_it(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1), row(2, placement_id="P1"), row(3)))
    assert errors(found) == [("duplicate_id", 2, "placement_id"), ("duplicate_id", 3, "placement_id")]
    assert "rows 2, 3" in finding(found, "duplicate_id", 2)
    assert amounts(found) == {"P3": FULL}
    assert nothing_lost(found, 3, 2)


def test_b30_an_end_before_the_start_is_a_finding_and_an_open_end_runs_on(tmp_path: Path) -> None:
    rows = [
        row(1, start_date="2025-09-01", end_date="2025-08-31"),
        row(2, start_date="2019-09-01"),
        row(3, start_date="2026-03-31"),
        row(4, start_date="2030-01-01"),
    ]
    found = price(tmp_path, text(*rows))
    assert errors(found) == [("bad_value", 2, "end_date")]
    assert "end_date 2025-08-31 is before start_date 2025-09-01" in finding(found, "bad_value", 2)
    # A day of a year at 4000000 pence is 10958.90; one that began in another year is clipped to this one.
    assert amounts(found) == {"P2": FULL, "P3": 10959, "P4": 0}
    assert found.lines["from"].to_list()[0].isoformat() == "2025-04-01"
    assert nothing_lost(found, 4, 1)


NAMED = text(row(1, provider_id="Caf\u00e9", agreed_price="£40,000.00"))


@pytest.mark.parametrize(
    ("encoding", "noted"), [("utf-8", False), ("utf-8-sig", False), ("cp1252", True), ("utf-16", True)]
)
def test_b31_an_encoding_is_told_and_the_header_is_clean(tmp_path: Path, encoding: str, noted: bool) -> None:
    found = price(tmp_path, NAMED.encode(encoding))
    assert amounts(found) == {"P1": FULL}
    assert found.lines["payee"].to_list() == ["Caf\u00e9"]
    assert ("encoding" in found.findings["code"].to_list()) is noted
    assert nothing_lost(found, 1)


def test_b31_one_bad_byte_is_refused_with_its_line(tmp_path: Path) -> None:
    content = text(row(1, provider_id="Caf\u00e9"), row(2, provider_id="Zo?")).encode().replace(b"Zo?", b"Zo\xff")
    with pytest.raises(InputRefused, match="Line 3 holds a byte"):
        price(tmp_path, content)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_b32_another_separator_is_told_and_reported(tmp_path: Path, separator: str) -> None:
    found = price(tmp_path, text(row(1, agreed_price="40,000.00"), separator=separator))
    assert amounts(found) == {"P1": FULL}
    assert finding(found, "delimiter", None)
    assert nothing_lost(found, 1)


def test_b32_a_line_end_in_a_cell_is_kept_and_a_ragged_row_is_a_finding(tmp_path: Path) -> None:
    content = text(row(1, provider_id="two\nlines"), row(2), row(3))
    content = content.replace(line(row(2)), line(row(2)) + ",more,and,more")
    found = price(tmp_path, content)
    assert found.lines["provider_id"].to_list() == ["two\nlines", "100001"]
    (said,) = found.findings.filter(pl.col("code") == "ragged_row")["message"].to_list()
    assert "16 cells" in said
    assert amounts(found) == {"P1": FULL, "P3": FULL}
    assert nothing_lost(found, 3, 1)


def test_b32_an_unclosed_quotation_mark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="quotation mark that is never closed"):
        price(tmp_path, text(row(1)) + 'P2,"C2,878\n')


def test_b32_a_nul_byte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="NUL byte"):
        price(tmp_path, text(row(1)).encode() + b"P2,\0,878\n")


@pytest.mark.parametrize("name", ["\U0001f9d2", "e\u0301", "O'Brien", "<script>alert(1)</script>", "{{7*7}}"])
def test_b33_text_goes_through_intact(tmp_path: Path, name: str) -> None:
    found = price(tmp_path, text(row(1, child_id=name)))
    assert found.lines["child_id"].to_list() == [name]
    assert nothing_lost(found, 1)
    written = found.write(tmp_path / "out.csv")
    assert any(name in path.read_text(encoding="utf-8-sig") for path in written)
