"""B: headers, blank and totals rows, encodings, delimiters, and text that is kept as it is."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from .test_invariants import (
    AGREED_HEADER,
    B2_ROW,
    B2_YEAR,
    HEADER,
    agreed,
    good_rows,
    nothing_lost,
    price,
    refusal,
    the_finding,
)

TWO = f"{HEADER}\n{good_rows(1, 2)}"


def test_b3_two_columns_of_one_name(tmp_path: Path) -> None:
    rows = good_rows(1).replace("\n", ",1,2\n")
    said = refusal(tmp_path, f"{HEADER},Amount,Amount\n{rows}")
    assert "K ('Amount')" in said
    assert "L ('Amount')" in said


def test_b3_two_spellings_of_one_known_column(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"{HEADER},Start Date\n{good_rows(1)}".replace("2,0\n", "2,0,2025-04-01\n"))
    assert "H ('start_date')" in said
    assert "K ('Start Date')" in said


@pytest.mark.parametrize("column", ["placement_id", "child_id", "home_la", "provision", "start_date"])
def test_b4_a_missing_column_and_the_nearest_header(tmp_path: Path, column: str) -> None:
    misspelt = f"{column[:-2]}x{column[-2:]}"
    said = refusal(tmp_path, TWO.replace(column, misspelt).replace("2025-04-01", "never"))
    assert f"{column} (the nearest header found is '{misspelt}'" in said
    assert "never" not in said, "no row is looked at"


def test_b4_every_missing_column_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, TWO.replace("home_la", "zzz").replace("start_date", "yyy"))
    assert "home_la" in said
    assert "start_date" in said


@pytest.mark.parametrize(
    "header", ["Home  LA", "HOME_LA", "home\u00a0la", "ho\u200bme_la", " home_la ", "Home-LA", "home_la\ufeff"]
)
def test_b5_a_header_in_another_spelling(tmp_path: Path, header: str) -> None:
    found = price(tmp_path, TWO.replace("home_la", header))
    nothing_lost(found, read=2, priced=2)
    matched = the_finding(found, "header_matched")
    assert (matched["severity"], matched["row"], matched["column"]) == ("info", 1, "home_la")
    assert "column C was taken for home_la" in matched["message"]


def test_b6_an_unknown_column_is_passed_through_and_listed(tmp_path: Path) -> None:
    found = price(tmp_path, TWO.replace("need_social", "need_social,Our notes").replace("2,0\n", "2,0,as agreed\n"))
    nothing_lost(found, read=2, priced=2)
    assert found.lines["Our notes"].to_list() == ["as agreed"] * 2
    listed = the_finding(found, "extra_column")
    assert (listed["severity"], listed["column"]) == ("info", "Our notes")


def test_b7_a_header_under_a_title(tmp_path: Path) -> None:
    commas = "," * HEADER.count(",")
    found = price(tmp_path, f"Placements of the county{commas}\nAutumn 2025{commas}\n{commas}\n{TWO}")
    nothing_lost(found, read=2, priced=2)
    assert the_finding(found, "header_row")["row"] == 4


def test_b7_rows_keep_the_numbers_that_a_person_sees(tmp_path: Path) -> None:
    found = price(tmp_path, f"A title\n\n\n{HEADER}\n{good_rows(1, 2).replace('2025-04-01', '2025-04-31', 1)}")
    assert the_finding(found, "bad_value")["row"] == 5
    nothing_lost(found, read=2, priced=1)


def test_b7_two_possible_headers_or_none(tmp_path: Path) -> None:
    assert "Rows 2 and 3 all look like the header row" in refusal(tmp_path, f"A title\n{HEADER}\n{TWO}")
    assert "missing from the header" in refusal(tmp_path, good_rows(1, 2))


def test_b9_the_blanks_that_merged_cells_leave_are_told_row_by_row(tmp_path: Path) -> None:
    # A merged cell has its value in its first row alone once the sheet is saved as CSV.
    merged = good_rows(1, 2, 3).replace("P2,C2,878", "P2,C2,").replace("P3,C3,878", "P3,C3,")
    found = price(tmp_path, f"{HEADER}\n{merged}")
    nothing_lost(found, read=3, priced=1)
    missing = found.findings.filter(pl.col("code") == "missing_value")
    assert missing.select("row", "column").rows() == [(3, "home_la"), (4, "home_la")]
    assert "must be given" in missing["message"][0]


def test_b9_a_row_merged_across_lacks_what_it_needs(tmp_path: Path) -> None:
    found = price(tmp_path, f"{TWO}Autumn term{',' * HEADER.count(',')}\n{good_rows(3)}")
    nothing_lost(found, read=4, priced=3)
    at_4 = found.findings.filter(pl.col("row") == 4)
    assert set(at_4["code"]) == {"missing_value"}
    assert {"child_id", "home_la", "provision", "start_date"} <= set(at_4["column"])


def test_b11_every_row_of_a_file_is_read_however_a_sheet_was_filtered(tmp_path: Path) -> None:
    nothing_lost(price(tmp_path, f"{HEADER}\n{good_rows(*range(1, 41))}"), read=40, priced=40)


@pytest.mark.parametrize("word", ["Total", "TOTAL", "Grand total", "totals:"])
def test_b12_a_totals_row_is_checked_and_left_out(tmp_path: Path, word: str) -> None:
    found = price(tmp_path, agreed("£1,000.10", "2000.20") + f'{word},,,,,,"£3,000.30"\n')
    nothing_lost(found, read=2, priced=2)
    assert found.lines["annual_price"].to_list() == [100010, 200020]
    assert the_finding(found, "totals_row")["row"] == 4
    assert not found.has_errors


def test_b12_a_totals_row_that_does_not_agree(tmp_path: Path) -> None:
    found = price(tmp_path, agreed("1000.10", "2000.20") + "Total,,,,,,3000.31\n")
    nothing_lost(found, read=2, priced=2)
    wrong = the_finding(found, "totals_mismatch")
    assert (wrong["severity"], wrong["row"], wrong["column"]) == ("warning", 4, "agreed_price")
    assert "3,000.31" in wrong["message"]
    assert "3,000.30" in wrong["message"]


def test_b13_blank_rows_at_the_end(tmp_path: Path) -> None:
    blank = "," * HEADER.count(",") + "\n"
    found = price(tmp_path, TWO + blank * 300 + "\n" * 100 + (" ,\u00a0," + blank[2:]) * 100)
    nothing_lost(found, read=2, priced=2)
    assert found.findings.height == 0


def test_b14_a_blank_row_in_the_middle(tmp_path: Path) -> None:
    blank = "," * HEADER.count(",") + "\n"
    found = price(tmp_path, f"{HEADER}\n{good_rows(1)}{blank}\n{good_rows(2)}")
    nothing_lost(found, read=2, priced=2)
    warned = the_finding(found, "blank_row")
    assert (warned["severity"], warned["row"]) == ("warning", 3)
    assert "Rows 3 to 4 are blank" in warned["message"]


NAMED = f"{HEADER},name\n{B2_ROW.format(1)},Zoë £5\n{B2_ROW.format(2)},Renée\n"


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", True), ("cp1252", True)]
)
def test_b31_the_encodings_that_spreadsheets_save_in(tmp_path: Path, encoding: str, told: bool) -> None:
    found = price(tmp_path, NAMED.encode(encoding))
    nothing_lost(found, read=2, priced=2)
    assert found.lines["name"].to_list() == ["Zoë £5", "Renée"]
    assert found.lines.columns[0] == "placement_id"
    assert ("encoding" in found.findings["code"].to_list()) is told


def test_b31_pounds_in_a_windows_file(tmp_path: Path) -> None:
    found = price(tmp_path, agreed("£1,234.56").encode("cp1252"))
    nothing_lost(found, read=1, priced=1)
    assert found.lines["annual_price"].to_list() == [123456]
    assert the_finding(found, "encoding")["severity"] == "info"


def test_b31_excel_s_unicode_text(tmp_path: Path) -> None:
    found = price(tmp_path, NAMED.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"), "caseload.txt")
    nothing_lost(found, read=2, priced=2)
    assert found.lines["name"].to_list() == ["Zoë £5", "Renée"]


def test_b31_one_bad_byte_in_utf8_names_its_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, NAMED.encode().replace("Renée".encode(), b"Ren\xe9e"))
    assert "Line 3" in said
    assert "0xE9" in said


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_b32_another_delimiter(tmp_path: Path, delimiter: str, word: str) -> None:
    found = price(tmp_path, TWO.replace(",", delimiter))
    nothing_lost(found, read=2, priced=2)
    assert word in the_finding(found, "delimiter")["message"]


def test_b32_a_quoted_line_end_is_kept(tmp_path: Path) -> None:
    found = price(tmp_path, f'{HEADER},name\n{B2_ROW.format(1)},"two\nlines"\n{B2_ROW.format(2)},x\n')
    nothing_lost(found, read=2, priced=2)
    assert found.lines["name"].to_list() == ["two\nlines", "x"]


def test_b32_a_ragged_row_is_set_aside_with_its_line(tmp_path: Path) -> None:
    found = price(tmp_path, f"{TWO}{B2_ROW.format(3)},1,2\nP4,C4,878\n{good_rows(5)}")
    nothing_lost(found, read=5, priced=3)
    ragged = found.findings.filter(pl.col("code") == "ragged_row")
    assert ragged["row"].to_list() == [4, 5]
    assert "Line 4 of the file has 12 cells and the header has 10" in ragged["message"][0]
    assert "Line 5 of the file has 3 cells" in ragged["message"][1]
    assert found.total == 3 * B2_YEAR


def test_b32_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    said = refusal(tmp_path, TWO.replace("P2,C2", 'P2,"C2'))
    assert "line 3 opens a quotation mark that is never closed" in said


def test_b32_a_nul_byte(tmp_path: Path) -> None:
    assert "Line 3 holds a NUL byte" in refusal(tmp_path, TWO.replace("P2", "P\0"))


NAMES = ["🙂 e\u0301ric", "O'Brien", "<script>alert(1)</script>", "{{7*7}}", 'a "b", c', "\u202etxt", "007", "1e5"]


def test_b33_names_go_through_as_they_are(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": NAMES}).with_row_index("n", 1)
    shared = {"home_la": "878", "provider_id": "100001", "provision": "nmss", "start_date": "2025-04-01"}
    columns = [pl.format("P{}", "n").alias("placement_id"), pl.format("<C{}>", "n").alias("child_id")]
    caseload = frame.select(*columns, *(pl.lit(v).alias(k) for k, v in shared.items()), "name")
    caseload.write_csv(tmp_path / "in.csv")
    found = price(tmp_path, (tmp_path / "in.csv").read_bytes())
    nothing_lost(found, read=len(NAMES), priced=len(NAMES))
    assert found.lines["name"].to_list() == NAMES
    out = found.write(tmp_path / "out.csv")[0]
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == NAMES
    assert pl.read_parquet(found.write(tmp_path / "out.parquet")[0])["name"].to_list() == NAMES


def test_b33_a_name_with_markup_in_a_code_s_column_is_shown_as_text(tmp_path: Path) -> None:
    found = price(tmp_path, f"{AGREED_HEADER}\nP1,C1,878,1,<script>,2025-04-01,1\nP2,C2,878,1,nmss,2025-04-01,1\n")
    nothing_lost(found, read=2, priced=1)
    assert the_finding(found, "bad_value")["value"] == "<script>"
