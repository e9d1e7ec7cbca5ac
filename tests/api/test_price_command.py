"""tariff-engine price: what it says, what it writes, and how it ends."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from tariff_engine import cost
from tests.api.conftest import DEVON, GOOD_FILE, NATIONAL, NEXT_NATIONAL, PRICE, Command

WRITTEN = ("out.csv", "out.findings.csv", "out.provenance.json")


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"good.csv", "mixed.csv", "hopeless.csv"}


def test_a_good_file_is_priced_and_ends_with_0(command: Command, tmp_path: Path) -> None:
    said = command("price", "good.csv", *PRICE, "--out", "out.csv")
    assert (said.status, said.err) == (0, "")
    assert written(tmp_path) == set(WRITTEN)
    # £1,600.00 and £3,100.00 for the year, and £2,250.00 x 159 / 366.
    assert "£5,677.46" in said.out
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["amount"] for row in csv.DictReader(file)] == ["1600.00", "977.46", "3100.00"]


def test_what_is_said_is_what_the_engine_says(command: Command) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", "--json").document
    expected = cost("mixed.csv", DEVON, "FY2023-24")
    assert said["totals"] == expected.counts
    assert sum(group["amount_pence"] for group in said["by_provision"]) == expected.total
    assert sum(group["count"] for group in said["findings"]) == expected.findings.height
    assert [Path(name).name for name in said["files"]] == list(WRITTEN)
    assert said["frameworks"][0]["content_hash"] == expected.frameworks[0].content_hash


def test_set_aside_rows_are_said_beside_the_total(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv")
    assert said.status == 0
    assert "3 rows are set aside, so the total is without them." in said.out
    for code in ("unknown_band", "bad_value", "no_tariff"):
        assert f"error {code}: 1" in said.out
    assert "Correct the cell" in said.out
    assert written(tmp_path) == set(WRITTEN)


def test_under_strict_errors_end_with_1_and_nothing_written(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", "--strict")
    assert said.status == 1
    assert said.err == "There are 3 errors in the data, and --strict allows none: nothing was written.\n"
    assert "unknown_band" in said.out
    assert "Written" not in said.out
    assert written(tmp_path) == set()


def test_under_strict_json_is_one_document_too(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", "--strict", "--json")
    assert said.status == 1
    assert said.document["files"] == []
    assert written(tmp_path) == set()


def test_strict_lets_a_good_file_pass(command: Command, tmp_path: Path) -> None:
    assert command("price", "good.csv", *PRICE, "--out", "out.csv", "--strict").status == 0
    assert written(tmp_path) == set(WRITTEN)


def test_where_no_row_has_a_price_the_files_are_written_and_it_ends_with_1(command: Command, tmp_path: Path) -> None:
    said = command("price", "hopeless.csv", *PRICE, "--out", "out.csv")
    assert said.status == 1
    assert said.err == "The one row could not be priced. The findings say why.\n"
    assert written(tmp_path) == set(WRITTEN)


def test_a_file_without_rows_is_no_error(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("placement_id,child_id,home_la,provision,start_date\n", encoding="utf-8")
    said = command("price", "empty.csv", *PRICE, "--out", "out.csv")
    assert (said.status, said.err) == (0, "")
    assert "£0.00" in said.out


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("nowhere.csv", *PRICE, "--out", "out.csv"), 1, "nowhere.csv"),
        (("good.csv", "--framework", "devonn", "--period", "FY2023-24", "--out", "out.csv"), 2, "devon"),
        (("good.csv", "--framework", DEVON, "--period", "2023", "--out", "out.csv"), 2, "FY2025-26"),
        (("good.csv", "--framework", "good.csv", "--period", "FY2023-24", "--out", "out.csv"), 2, "folder"),
        (("good.csv", *PRICE, "--out", "out.docx"), 2, "must end in"),
        (("good.csv", *PRICE, "--out", "nowhere/out.csv"), 2, "folder"),
        (("good.csv", *PRICE, "--out", "good.csv"), 2, "being read"),
        (("good.csv", *PRICE, "--out", "."), 2, "folder"),
        (("good.csv", *PRICE, "--out", ".."), 2, "folder"),
        (("good.csv", *PRICE, "--out", ""), 2, "folder"),
        (("good.csv", *PRICE, "--out", "/"), 2, "folder"),
        (("good.csv", *PRICE, "--out", "x" * 300 + ".csv"), 2, "too long"),
        (("", *PRICE, "--out", "out.csv"), 1, "folder"),
        (("good.csv", "--framework", "x" * 5_000, "--period", "FY2023-24", "--out", "o.csv"), 2, "too long"),
        (("good.csv", "--framework", DEVON, "--period", "", "--out", "out.csv"), 2, "FY2025-26"),
        (("good.csv", *PRICE), 2, "--out"),
        (("good.csv", *PRICE, "--out", "out.csv", "--wrong"), 2, "--wrong"),
        (("good.csv", "--framework", "devon", "--period", "FY2023-24", "--as-if", "--out", "o.csv"), 2, "one version"),
        (("good.csv", *PRICE, "--out", "out.csv", "--providers", "nowhere.csv"), 1, "nowhere.csv"),
    ],
)
def test_what_can_t_be_done_is_a_sentence_and_a_status(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], status: int, word: str
) -> None:
    before = (tmp_path / "good.csv").read_bytes()
    said = command("price", *arguments)
    assert said.status == status
    assert word in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert written(tmp_path) == set()
    assert (tmp_path / "good.csv").read_bytes() == before


def test_a_missing_column_ends_with_1_and_nothing_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("placement_id,child_id,home_la,start_date\nP,C,878,2023-04-01\n", "utf-8")
    said = command("price", "good.csv", *PRICE, "--out", "out.csv")
    assert said.status == 1
    assert "provision" in said.err
    assert written(tmp_path) == set()


def test_quiet_says_nothing_and_writes(command: Command, tmp_path: Path) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv", "--quiet")
    assert (said.status, said.out, said.err) == (0, "", "")
    assert written(tmp_path) == set(WRITTEN)


def test_lines_stay_inside_80_columns(command: Command) -> None:
    said = command("price", "mixed.csv", *PRICE, "--out", "out.csv")
    assert max(len(line) for line in said.out.splitlines()) <= 80
    assert not set(said.out) & set("│─┃━┏\x1b")


def test_a_cell_never_commands_the_terminal(command: Command, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(GOOD_FILE.replace("banding_1", "\x1b[2Jbanding_1\u202e"), encoding="utf-8")
    said = command("explain", "odd.csv", "--placement", "P1", *PRICE)
    assert said.status == 1
    assert not set(said.out + said.err) & {"\x1b", "\u202e"}


def test_illustrative_and_as_if_are_said_beside_the_figures(command: Command, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(
        "placement_id,child_id,home_la,provider_id,provision,start_date,nc_year\nP,C,878,1,hospital,2023-04-01,5\n",
        encoding="utf-8",
    )
    said = command("price", "one.csv", "--framework", NATIONAL, "--period", "FY2025-26", "--out", "out.csv")
    assert "ILLUSTRATIVE: nobody has published these prices." in said.out
    assert "AS IF" not in said.out
    arguments = ("--framework", NEXT_NATIONAL, "--period", "FY2025-26", "--as-if", "--out", "out.csv")
    said = command("price", "one.csv", *arguments)
    assert "AS IF: every day is priced as if" in said.out
    assert "as_if" in said.out


def test_what_others_pay_is_beside_the_total(command: Command, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(
        "placement_id,child_id,home_la,provider_id,provision,start_date,end_date,units\n"
        "P,C,878,1,respite,2025-06-01,2025-06-30,10\n",
        encoding="utf-8",
    )
    said = command("price", "one.csv", "--framework", NATIONAL, "--period", "FY2025-26", "--out", "out.csv")
    assert "Outside it: Social care" in said.out
    assert "High needs budget" in said.out


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_the_ending_chooses_the_form(command: Command, tmp_path: Path, ending: str) -> None:
    assert command("price", "good.csv", *PRICE, "--out", f"out.{ending}").status == 0
    read = pl.read_parquet if ending == "parquet" else pl.read_ipc
    frame = read(tmp_path / f"out.{ending}")
    assert frame["amount"].to_list() == [160_000, 97_746, 310_000]


def test_a_workbook_is_one_file(command: Command, tmp_path: Path) -> None:
    assert command("price", "good.csv", *PRICE, "--out", "out.xlsx").status == 0
    assert written(tmp_path) == {"out.xlsx"}


def test_providers_say_what_the_placements_leave_out(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text(
        "placement_id,child_id,home_la,provider_id,provision,band,start_date\n"
        "P1,C1,878,100001,mainstream,banding_1,2023-04-01\n",
        encoding="utf-8",
    )
    (tmp_path / "providers.csv").write_text("provider_id,gias_type\n100001,7\n", encoding="utf-8")
    without = command("price", "bare.csv", *PRICE, "--out", "out.csv")
    assert "line_unresolved" in without.out
    given = command("price", "bare.csv", *PRICE, "--out", "out.csv", "--providers", "providers.csv")
    assert "Findings: none" in given.out
    refused = command("price", "bare.csv", *PRICE, "--out", "providers.csv", "--providers", "providers.csv")
    assert refused.status == 2


def test_what_was_there_stays_where_the_run_is_refused(command: Command, tmp_path: Path) -> None:
    assert command("price", "good.csv", *PRICE, "--out", "out.csv").status == 0
    before = {name: (tmp_path / name).read_bytes() for name in WRITTEN}
    assert command("price", "mixed.csv", *PRICE, "--out", "out.csv", "--strict").status == 1
    assert {name: (tmp_path / name).read_bytes() for name in WRITTEN} == before


def test_a_second_framework_is_never_passed_over(command: Command, tmp_path: Path) -> None:
    said = command("price", "good.csv", *PRICE, "--framework", "norfolk@2019-20", "--out", "out.csv")
    assert said.status == 2
    assert "Give --framework once" in said.err
    assert written(tmp_path) == set()
