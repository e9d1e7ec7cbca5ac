"""A CSV file that comes back with what was found: the owner's cells as they were, and two columns more."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from tariff_engine import Costing
from tariff_engine.errors import InputRefused, UsageError
from tests.cases.files import COLUMNS, price, row, text
from tests.small import a_framework, a_row, cost_rows

RESULT, ERRORS = "Validation results", "Errors"
HOSTILE = '=HYPERLINK("http://x","y")'
FAULTY = (
    "Our placements,spring\n\n"
    + text(
        row(1, provider_type='The "old" type\nof it'),
        row(2),
        row(3, start_date="31/02/2025", need_learning="9"),
    )
    + "\n"
    + text(row(4, need_social="0")).partition("\n")[2]
    + "Total,,,,,,,,,,80000.00\n"
)


def returned(costing: Costing, folder: Path, name: str = "back.csv") -> list[list[str]]:
    """The rows of the file that comes back."""
    costing.give_back(folder / name)
    return rows_of((folder / name).read_bytes())


def rows_of(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(content.decode("utf-8-sig").splitlines(keepends=True), delimiter=delimiter))


def found(costing: Costing) -> list[tuple[object, ...]]:
    return costing.findings.select("code", "severity", "row", "placement_id", "column").rows()


def test_every_cell_of_the_owner_s_is_as_it_was(tmp_path: Path) -> None:
    costing = price(tmp_path, FAULTY)
    before, after = rows_of(FAULTY.encode()), returned(costing, tmp_path)
    assert [cells[: len(COLUMNS)] for cells in after[2:]] == [cells + [""] * (13 - len(cells)) if cells else []
                                                             for cells in before[2:]]  # fmt: skip
    assert after[:2] == before[:2]


def test_each_row_has_its_own_result_and_what_to_do(tmp_path: Path) -> None:
    after = returned(price(tmp_path, FAULTY), tmp_path)
    assert after[2][-2:] == [RESULT, ERRORS]
    assert after[3][-2] == "1 error"
    assert after[3][-1].startswith("Error in column E (provider_type): ")
    assert after[3][-1].endswith("Correct the cell; the message says what was expected.")
    assert after[4][-2:] == ["ok", ""]
    assert after[5][-2] == "2 errors"
    assert ["column H (start_date)" in line or "column L (need_learning)" in line for line in after[5][-1].split("\n")]
    assert len(after[5][-1].split("\n")) == 2


def test_title_and_blank_rows_stay_as_they_are_and_a_totals_row_has_its_own_result(tmp_path: Path) -> None:
    after = returned(price(tmp_path, FAULTY), tmp_path)
    assert after[0] == ["Our placements", "spring"]
    assert after[1] == after[6] == []
    assert after[7][-2:] == ["ok", ""]
    assert after[8][0] == "Total"
    assert after[8][-2] == "1 warning, 1 note"
    assert "the rows above it add to 160,000.00" in after[8][-1]


def test_what_is_known_of_the_file_as_a_whole_is_in_the_findings_beside_it(tmp_path: Path) -> None:
    costing = price(tmp_path, FAULTY)
    returned(costing, tmp_path)
    beside = pl.read_csv(tmp_path / "back.findings.csv", infer_schema=False)
    assert beside.select("code", "severity", "row").rows() == [
        (code, severity, None if at is None else str(at))
        for code, severity, at in costing.findings.select("code", "severity", "row").rows()
    ]
    assert beside.filter(pl.col("code") == "header_row")["what_to_do"].to_list() == ["Nothing, if that is the header."]
    assert beside.filter(pl.col("column") == "start_date")["cell"].to_list() == ["H6"]


def test_the_returned_file_says_the_same_when_it_is_read(tmp_path: Path) -> None:
    costing = price(tmp_path, FAULTY)
    returned(costing, tmp_path)
    again = price(tmp_path, (tmp_path / "back.csv").read_bytes(), "again.csv")
    assert found(again) == found(costing)
    assert again.total == costing.total > 0
    assert not {RESULT, ERRORS} & set(again.lines.columns)


def test_a_file_that_comes_back_twice_has_two_columns_more_and_not_four(tmp_path: Path) -> None:
    returned(price(tmp_path, FAULTY), tmp_path)
    mended = (tmp_path / "back.csv").read_bytes().replace(b"31/02/2025", b"2025-04-01")
    after = returned(price(tmp_path, mended, "mended.csv"), tmp_path, "twice.csv")
    assert after[2] == [*COLUMNS, RESULT, ERRORS]
    assert after[5][-2] == "1 error"
    assert {len(cells) for cells in after[2:] if cells} == {len(COLUMNS) + 2}


def test_columns_that_the_owner_added_after_the_results_stay_there(tmp_path: Path) -> None:
    returned(price(tmp_path, text(row(1))), tmp_path)
    header, first = (tmp_path / "back.csv").read_text("utf-8-sig").splitlines()
    after = returned(price(tmp_path, f"{header},Ours\n{first},x\n", "more.csv"), tmp_path, "twice.csv")
    assert after[0][-3:] == [RESULT, ERRORS, "Ours"]
    assert after[1][-3:] == ["ok", "", "x"]


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-16", "\t"), ("utf-8-sig", "|")])
def test_whatever_the_encoding_was_it_comes_back_in_utf_8_with_its_own_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    content = text(row(1, provider_id="Café £"), separator=delimiter)
    price(tmp_path, content.encode(encoding)).give_back(tmp_path / "back.csv")
    written = (tmp_path / "back.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert rows_of(written, delimiter)[1][3] == "Café £"


def test_a_row_with_other_cells_than_the_header_keeps_them_and_is_still_set_aside(tmp_path: Path) -> None:
    content = text(row(1)) + "P2,C2,878\n" + "P3" + "," * 20 + "x\n" + text(row(4)).partition("\n")[2]
    costing = price(tmp_path, content)
    after = returned(costing, tmp_path)
    assert after[2][:4] == ["P2", "C2", "878", "1 error"]
    assert after[3][20:23] == ["x", "1 error", after[3][22]]
    assert "Line 4 of the file has 21 cells" in after[3][22]
    assert after[4][-2:] == ["ok", ""]
    again = price(tmp_path, (tmp_path / "back.csv").read_bytes(), "again.csv")
    assert found(again) == found(costing)
    twice = returned(again, tmp_path, "twice.csv")
    assert [len(cells) for cells in twice] == [len(cells) for cells in after]


def test_nothing_that_is_added_can_be_run_as_a_formula(tmp_path: Path) -> None:
    content = text(row(1, provider_type=HOSTILE), row(2, home_la="@SUM(A1)"), row(3, nc_year="+44\t"))
    costing = price(tmp_path, content.replace("need_social", "=cmd|' /C calc'!A0"))
    after = returned(costing, tmp_path)
    beside = rows_of((tmp_path / "back.findings.csv").read_bytes())
    added = [cell for cells in after for cell in cells[-2:]] + [cell for cells in beside for cell in cells]
    assert any(HOSTILE in cell for cell in added)
    assert not [cell for cell in added if cell[:1] in tuple("=+@\t\r-")]


def test_a_cell_of_the_owner_s_that_a_spreadsheet_would_run_gets_one_apostrophe_however_often_it_comes_back(
    tmp_path: Path,
) -> None:
    costing = price(tmp_path, text(row(1, provider_type=HOSTILE), row(2, home_la="@SUM(A1)")))
    once = returned(costing, tmp_path)
    cells = [cell for record in once for cell in record]
    assert f"'{HOSTILE}" in cells
    assert "'@SUM(A1)" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+@\t\r")]
    again = price(tmp_path, (tmp_path / "back.csv").read_bytes().decode("utf-8-sig"))
    assert found(again) == found(costing)
    assert returned(again, tmp_path, "twice.csv") == once


def test_an_identifier_stands_in_its_owner_s_cell_alone(tmp_path: Path) -> None:
    upn = "H801200001001"
    costing = price(tmp_path, text(row(1, child_id=upn, placement_id=upn), row(2, child_id=upn, fte="0.9")))
    after = returned(costing, tmp_path)
    assert after[1][:2] == [upn, upn]
    assert "child_id_is_upn" in costing.findings["code"].to_list()
    assert upn not in str([cells[-2:] for cells in after])
    assert upn not in (tmp_path / "back.findings.csv").read_text("utf-8")


def test_a_file_that_has_changed_since_is_not_filled_in(tmp_path: Path) -> None:
    costing = price(tmp_path, text(row(1)))
    (tmp_path / "placements.csv").write_text(text(row(2), row(1)), encoding="utf-8")
    with pytest.raises(InputRefused, match="has changed since"):
        costing.give_back(tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()


def test_a_file_of_results_alone_has_no_row_with_a_result(tmp_path: Path) -> None:
    returned(price(tmp_path, text(row(1), row(2))), tmp_path)
    lines = (tmp_path / "back.csv").read_text("utf-8-sig").splitlines()
    emptied = [*lines[:2], "," * len(COLUMNS) + "ok,"]
    costing = price(tmp_path, "\n".join(emptied) + "\n", "emptied.csv")
    assert costing.counts["read"] == 1
    assert not any(returned(costing, tmp_path, "twice.csv")[2])


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        ("placements.csv", "back.xlsx", r"must end in \.csv"),
        ("placements.csv", "placements.csv", "is the file that is being read"),
        ("placements.csv", "nowhere/back.csv", "The folder of 'back.csv' doesn't exist"),
        ("placements.parquet", "back.csv", "a Parquet file is for programs"),
    ],
)
def test_what_can_t_come_back_is_refused_in_a_sentence(tmp_path: Path, source: str, out: str, said: str) -> None:
    content = text(row(1)).encode()
    if source.endswith("parquet"):
        pl.read_csv(content, infer_schema=False).write_parquet(tmp_path / source)
        content = (tmp_path / source).read_bytes()
    costing = price(tmp_path, content, source)
    with pytest.raises(UsageError, match=said):
        costing.give_back(tmp_path / out)
    assert (tmp_path / source).read_bytes() == content


def test_a_file_with_another_ending_for_text_comes_back_under_it(tmp_path: Path) -> None:
    costing = price(tmp_path, text(row(1), separator="\t"), "placements.tsv")
    assert [path.name for path in costing.give_back(tmp_path / "back.tsv").files] == ["back.tsv", "back.findings.tsv"]
    assert rows_of((tmp_path / "back.tsv").read_bytes(), "\t")[1][-2:] == ["ok", ""]


def test_a_frame_has_no_file_to_come_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Only a file can be given back"):
        cost_rows(a_framework(), a_row()).give_back(tmp_path / "back.csv")
