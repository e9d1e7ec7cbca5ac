"""CSV in: headers, delimiters, blank and totals rows, ragged rows and broken quotation marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Limits, RawTable
from tariff_engine.tables.reading import read_table

KNOWN = ["placement_id", "child_id", "home_la", "provision", "start_date", "agreed_price"]
REQUIRED = ["placement_id", "child_id", "home_la"]
Reader = Callable[..., RawTable]
HEADER = "placement_id,child_id,home_la,provision,start_date,agreed_price"


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write text or bytes to a file and read it as a table."""

    def write_and_read(content: str | bytes, name: str = "caseload.csv", limits: Limits | None = None) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, KNOWN, REQUIRED, limits=limits or Limits())

    return write_and_read


def codes(table: RawTable) -> list[str]:
    return [note.code for note in table.notes]


def refusal(read: Reader, content: str | bytes, **more: object) -> str:
    with pytest.raises(InputRefused) as refused:
        read(content, **more)
    return str(refused.value)


def test_a_plain_file_is_read_as_text_with_row_numbers_from_two(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,mainstream,2025-04-01,1234.50\nP2,C2,331,special,2025-04-02,\n")
    assert table.frame.columns == HEADER.split(",")
    assert set(table.frame.dtypes) == {pl.String}
    assert table.frame.row(1) == ("P2", "C2", "331", "special", "2025-04-02", None)
    assert table.rows.to_list() == [2, 3]
    assert (table.notes, table.bad_rows, table.file_name) == ((), (), "caseload.csv")
    assert len(table.sha256) == 64


def test_outer_white_space_goes_and_a_cell_of_it_alone_is_blank(read: Reader) -> None:
    table = read("placement_id,child_id,home_la\n P1\t,\u00a0C 1\u00a0,\u200b \u00a0\n")
    assert table.frame.row(0) == ("P1", "C 1", None)


def test_two_headers_that_are_the_same_are_refused_with_both_columns(read: Reader) -> None:
    message = refusal(read, "placement_id,child_id,home_la,Amount,Amount\nP1,C1,330,1,2\n")
    assert "D ('Amount')" in message
    assert "E ('Amount')" in message


def test_two_spellings_of_one_column_are_refused_with_both_headers(read: Reader) -> None:
    message = refusal(read, "placement_id,child_id,Home LA,home_la\nP1,C1,330,1\n")
    assert "C ('Home LA')" in message
    assert "D ('home_la')" in message


def test_a_column_far_to_the_right_is_called_by_two_letters(read: Reader) -> None:
    extra = ",".join(f"x{number}" for number in range(25))
    message = refusal(read, f"placement_id,child_id,home_la,{extra},x24\n")
    assert "AB ('x24')" in message
    assert "AC ('x24')" in message


def test_a_missing_column_is_named_with_the_nearest_header(read: Reader) -> None:
    message = refusal(read, "placement_id,child_id,home_lea\nP1,C1,330\n")
    assert message.startswith("The column home_la (the nearest header found is 'home_lea' in column C) is missing")


def test_every_missing_column_is_named_at_once(read: Reader) -> None:
    message = refusal(read, "placement_id,zzz\nP1,330\n")
    assert "child_id (no header found is near it) and home_la" in message
    assert "are missing from the header in row 1" in message


@pytest.mark.parametrize(
    "header",
    ["Home LA", "home  la", "HOME-LA", "home\u00a0la", "ho\u200bme_la", " home_la ", "Home\nLA", "\uff48ome_la"],
)
def test_a_header_in_another_spelling_is_matched_and_reported(read: Reader, header: str) -> None:
    table = read(f'placement_id,child_id,"{header}"\nP1,C1,330\n')
    assert table.frame["home_la"].to_list() == ["330"]
    (note,) = table.notes
    assert (note.code, note.column, note.value) == ("header_matched", "home_la", header)
    assert "column C was taken for home_la" in note.message


def test_a_slip_in_a_header_is_kept_and_the_known_name_is_offered(read: Reader) -> None:
    table = read("placement_id,child_id,home_la,agred_price\nP1,C1,330,1\n")
    assert table.frame.columns[3:] == ["agred_price"]
    (note,) = table.notes
    assert note.code == "extra_column"
    assert note.message.endswith("Did you mean agreed_price?")


def test_an_unknown_column_is_kept_and_listed_once(read: Reader) -> None:
    table = read("placement_id,Notes to us,child_id,home_la\nP1,hello,C1,330\nP2,bye,C2,330\n")
    assert table.frame["Notes to us"].to_list() == ["hello", "bye"]
    (note,) = table.notes
    assert (note.code, note.severity, note.column) == ("extra_column", "info", "Notes to us")


def test_a_header_under_a_title_block_is_found_and_rows_keep_their_numbers(read: Reader) -> None:
    table = read(f"Caseload of the authority,,,,,\nAutumn,,\n\n{HEADER}\nP1,C1,330,special,2025-04-01,\n")
    assert table.rows.to_list() == [5]
    (note,) = table.notes
    assert (note.code, note.row) == ("header_row", 4)


def test_two_possible_headers_below_the_first_row_are_refused(read: Reader) -> None:
    assert "Rows 2 and 3" in refusal(read, f"Title\n{HEADER}\n{HEADER}\nP1,C1,330,special,2025-04-01,\n")


def test_a_header_below_the_twentieth_row_is_not_looked_for(read: Reader) -> None:
    assert "missing" in refusal(read, "a title\n" * 20 + f"{HEADER}\nP1,C1,330,special,2025-04-01,\n")
    assert read("a title\n" * 19 + f"{HEADER}\nP1,C1,330,special,2025-04-01,\n").rows.to_list() == [21]


def test_a_title_that_names_one_column_is_not_taken_for_the_header(read: Reader) -> None:
    assert read(f"provision\n{HEADER}\nP1,C1,330,special,2025-04-01,\n").rows.to_list() == [3]


@pytest.mark.parametrize("word", ["Total", "TOTALS", "Grand total", "Total:", " grand  total "])
def test_a_totals_row_at_the_bottom_is_left_out_and_agrees(read: Reader, word: str) -> None:
    table = read(f'{HEADER}\nP1,C1,330,special,,"£1,000.50"\nP2,C2,330,special,,-0.25\n{word},,,,,1000.25\n')
    assert table.frame["placement_id"].to_list() == ["P1", "P2"]
    assert codes(table) == ["totals_row"]
    assert table.notes[0].row == 4


def test_a_totals_row_that_is_a_penny_out_is_a_warning(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,0.10\nP2,C2,330,special,,0.20\nTotal,,,,,0.31\n")
    mismatch = table.notes[-1]
    assert (mismatch.code, mismatch.severity, mismatch.row) == ("totals_mismatch", "warning", 4)
    assert mismatch.column == "agreed_price"
    assert "says 0.31; the rows above it add to 0.30" in mismatch.message


def test_a_totals_row_says_how_many_cells_above_it_are_no_numbers(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,10\nP2,C2,330,special,,TBC\nTotal,,,,,20\n")
    assert "add to 10, with 1 cells that aren't numbers" in table.notes[-1].message


def test_a_total_under_text_may_be_the_count_of_its_rows(read: Reader) -> None:
    assert codes(read(f"{HEADER}\nP1,C1,330,special,,\nTotal,,,1,,\n")) == ["totals_row"]


def test_a_short_totals_row_is_no_ragged_row(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,10\nTotal\n")
    assert (table.frame.height, table.bad_rows) == (1, ())


def test_several_totals_rows_are_all_left_out(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,10\nTotal,,,,,10\nGrand total,,,,,10\n\n,,,,,\n")
    assert table.frame.height == 1
    assert codes(table) == ["totals_row", "totals_row"]


def test_a_placement_called_total_is_data(read: Reader) -> None:
    assert read(f"{HEADER}\nTotal,C1,330,special,,10\n").frame.height == 1


def test_a_totals_row_in_the_middle_stays_for_its_own_findings(read: Reader) -> None:
    assert read(f"{HEADER}\nTotal,,,,,10\nP1,C1,330,special,,10\n").frame.height == 2


def test_blank_rows_at_the_end_are_nothing(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,\n" + ",,,,,\n" * 500 + "\n\n,,,,,,,,,\n")
    assert (table.frame.height, table.notes, table.bad_rows) == (1, (), ())


def test_a_blank_row_in_the_middle_is_a_warning_and_later_rows_are_read(read: Reader) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,\n,,,,,\n\nP2,C2,330,special,,\n,,,,,\nP3,C3,330,special,,\n")
    assert table.rows.to_list() == [2, 5, 7]
    assert [(note.code, note.severity, note.row) for note in table.notes] == [
        ("blank_row", "warning", 3),
        ("blank_row", "warning", 6),
    ]
    assert "Rows 3 to 4 are blank" in table.notes[0].message


def test_very_many_blank_rows_are_one_warning(read: Reader) -> None:
    table = read(f"{HEADER}\n" + "P1,C1,330,special,,\n\n" * 2_000 + "P2,C1,330,special,,\n")
    (note,) = table.notes
    assert "2,000 blank rows" in note.message


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_delimiter_is_told_and_reported(read: Reader, delimiter: str, word: str) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,1\n".replace(",", delimiter))
    assert table.frame.row(0) == ("P1", "C1", "330", "special", None, "1")
    assert codes(table) == ["delimiter"]
    assert word in table.notes[0].message


def test_commas_inside_cells_do_not_mislead_the_delimiter(read: Reader) -> None:
    table = read("placement_id;child_id;home_la;notes\nP1;C1;330;a,b,c,d,e,f,g\n")
    assert table.frame["notes"].to_list() == ["a,b,c,d,e,f,g"]


def test_a_quoted_newline_is_kept_and_counts_as_one_row(read: Reader) -> None:
    table = read('placement_id,child_id,home_la,notes\nP1,C1,330,"two\nlines, ""quoted"""\nP2,C2,330,x\n')
    assert table.frame["notes"].to_list() == ['two\nlines, "quoted"', "x"]
    assert table.rows.to_list() == [2, 3]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_every_line_ending_is_taken(read: Reader, ending: str) -> None:
    table = read(f"{HEADER}\nP1,C1,330,special,,1\nP2,C2,330,special,,2".replace("\n", ending))
    assert table.frame["agreed_price"].to_list() == ["1", "2"]


def test_ragged_rows_are_set_aside_with_their_row_and_line(read: Reader) -> None:
    table = read(
        'placement_id,child_id,home_la,notes\nP1,C1,330,"two\nlines"\nP2,C2,330\nP3,C3,330,a,b\nP4,C4,330,fine\n'
    )
    assert table.frame["placement_id"].to_list() == ["P1", "P4"]
    assert table.rows.to_list() == [2, 5]
    assert [bad.row for bad in table.bad_rows] == [3, 4]
    assert "Line 4 of the file has 3 cells and the header has 4" in table.bad_rows[0].message
    assert "Line 5 of the file has 5 cells" in table.bad_rows[1].message


def test_a_shifted_row_whose_last_cell_is_blank_is_still_ragged(read: Reader) -> None:
    table = read("placement_id,child_id,home_la,notes\nP1,,C1,330,\n")
    assert [bad.row for bad in table.bad_rows] == [2]


def test_blank_columns_without_a_header_are_left_out(read: Reader) -> None:
    table = read("placement_id,child_id,home_la,,\nP1,C1,330,,\nP2,C2,330\n")
    assert (table.frame.columns, table.frame.height) == (["placement_id", "child_id", "home_la"], 2)


def test_a_filled_column_without_a_header_is_kept_under_its_letter(read: Reader) -> None:
    table = read("placement_id,child_id,,home_la\nP1,C1,stray,330\n")
    assert table.frame["Column C"].to_list() == ["stray"]
    assert [(note.code, note.severity, note.message) for note in table.notes] == [
        ("no_header", "warning", "Column C has values and no header; nothing of it is read.")
    ]


@pytest.mark.parametrize("line", [2, 3, 5_000])
def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line(read: Reader, line: int) -> None:
    rows = [f"P{number},C1,330" for number in range(2, 6_000)]
    rows[line - 2] = 'P,"C1,330'
    message = refusal(read, "placement_id,child_id,home_la\n" + "\n".join(rows) + "\n")
    assert f"The row that starts on line {line} " in message
    assert "quotation mark" in message


def test_an_unclosed_quotation_mark_in_a_large_file_is_refused_early(read: Reader) -> None:
    content = 'placement_id,child_id,home_la\nP1,"C1,330\n' + "P2,C2,330\n" * 100_000
    assert "line 2 opens a quotation mark that is never closed" in refusal(read, content)


def test_text_after_a_closing_quotation_mark_is_refused_with_its_line(read: Reader) -> None:
    message = refusal(read, 'placement_id,child_id,home_la\nP1,C1,330\nP2,"C2"x,330\n')
    assert "line 3 has text after a closing quotation mark" in message


def test_quotation_marks_and_apostrophes_inside_a_cell_are_text(read: Reader) -> None:
    table = read("placement_id,child_id,home_la,notes\nP1,C1,330,O'Brien 5\" {{7*7}} <script>\n")
    assert table.frame["notes"].to_list() == ["O'Brien 5\" {{7*7}} <script>"]


def test_a_space_before_a_quotation_mark_does_not_split_the_cell(read: Reader) -> None:
    assert read('placement_id,child_id,home_la\nP1, "C,1", 330\n').frame.row(0) == ("P1", "C,1", "330")


def test_a_header_alone_is_a_table_without_rows(read: Reader) -> None:
    table = read(f"{HEADER}\n")
    assert (table.frame.height, table.frame.width, len(table.rows)) == (0, 6, 0)


def test_many_batches_are_read_as_one_table(read: Reader) -> None:
    count = 70_000
    lines = "\n".join(f"P{number},C{number},330" for number in range(count))
    table = read(f"placement_id,child_id,home_la\n{lines}\n")
    assert table.frame["placement_id"].to_list() == [f"P{number}" for number in range(count)]
    assert table.rows.to_list() == list(range(2, count + 2))


def test_too_many_rows_columns_cells_and_characters_are_refused(read: Reader) -> None:
    two = "placement_id,child_id,home_la\nP1,C1,330\nP2,C2,330\n"
    assert read(two, limits=Limits(rows=2)).frame.height == 2
    assert "too many rows (limit 1)" in refusal(read, two, limits=Limits(rows=1))
    assert "3 columns; the limit is 2" in refusal(read, two, limits=Limits(columns=2))
    assert "more than 5 cells" in refusal(read, two, limits=Limits(cells=5))
    assert "row 3, column 'home_la'" in refusal(
        read, two.replace("P2,C2,330", "P2,C2,3300"), limits=Limits(cell_characters=3)
    )
    assert "Line 2 is too long" in refusal(
        read, two.replace("P1", "P1" * 2_000_000), limits=Limits(line_bytes=2_000_000)
    )


def test_a_cell_that_runs_as_a_formula_is_text_and_the_mark_of_our_own_files_goes(read: Reader) -> None:
    table = read("placement_id,child_id,home_la,notes\n=P1,'=C1,'O,''+44\n")
    assert table.frame.row(0) == ("=P1", "=C1", "'O", "'+44")
