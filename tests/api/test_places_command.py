"""tariff-engine places: what it says, what it writes, and how it ends."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tariff_engine import place_funding
from tests.api.conftest import DEVON, Command

GOOD = """\
provider_id,la_code,provision,phase,occupancy,places_first,places_second
100001,878,special,pre16,commissioned,389,403
100001,878,special,post16,commissioned,40,44
"""
MIXED = GOOD + "100002,878,hospital,pre16,commissioned,10,10\n100003,878,special,pre16,commissioned,,10\n"
YEAR = ("--framework", DEVON, "--period", "FY2023-24")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "places.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "mixed-places.csv").write_text(MIXED, encoding="utf-8")
    return tmp_path


def test_a_good_file_is_funded_and_ends_with_0(command: Command, files: Path) -> None:
    said = command("places", "places.csv", *YEAR, "--out", "out.csv")
    assert (said.status, said.err) == (0, "")
    # 10000 x (389 x 5 + 403 x 7) / 12 and 10000 x (40 x 4 + 44 x 8) / 12
    assert "£3,971,666.67" in said.out
    assert "£426,666.67" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 80
    with (files / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["amount"] for row in csv.DictReader(file)] == ["3971666.67", "426666.67"]
    assert (files / "out.findings.csv").is_file()
    assert (files / "out.provenance.json").is_file()


def test_what_is_said_as_json_is_what_the_engine_says(command: Command, files: Path) -> None:
    said = command("places", "mixed-places.csv", *YEAR, "--out", "out.parquet", "--json")
    expected = place_funding(files / "mixed-places.csv", DEVON, "FY2023-24")
    assert said.status == 0
    assert said.document["totals"] == dict(expected.counts)
    assert sum(group["amount_pence"] for group in said.document["by_provision"]) == expected.total
    assert {group["code"] for group in said.document["findings"]} == {"no_place_rate", "missing_value"}
    assert next(Path(name).name for name in said.document["files"]) == "out.parquet"


def test_under_strict_an_error_ends_with_1_and_nothing_is_written(command: Command, files: Path) -> None:
    said = command("places", "mixed-places.csv", *YEAR, "--out", "out.csv", "--strict")
    assert said.status == 1
    assert said.err == "There are 2 errors in the data, and --strict allows none: nothing was written.\n"
    assert "no_place_rate" in said.out
    assert not (files / "out.csv").exists()


def test_where_no_row_can_be_funded_the_files_are_written_and_it_ends_with_1(command: Command, files: Path) -> None:
    said = command("places", "places.csv", "--framework", DEVON, "--period", "FY2030-31", "--out", "out.csv")
    assert said.status == 1
    assert said.err == "None of the 2 rows could be priced. The findings say why.\n"
    assert (files / "out.csv").is_file()
    assert command("places", "places.csv", *YEAR[:2], "--period", "FY2030-31", "--as-if", "--out", "o.csv").status == 0


@pytest.mark.parametrize(
    ("file", "out", "status", "word"),
    [
        ("good.csv", "out.csv", 1, "places_first"),
        ("nowhere.csv", "out.csv", 1, "nowhere.csv"),
        ("places.csv", "out.doc", 2, "must end in"),
        ("places.csv", "places.csv", 2, "is being read"),
    ],
)
def test_what_can_t_be_done_is_said_in_a_sentence(
    command: Command, files: Path, file: str, out: str, status: int, word: str
) -> None:
    said = command("places", file, *YEAR, "--out", out)
    assert (said.status, said.out) == (status, "")
    assert word in said.err
    assert (files / "places.csv").read_text(encoding="utf-8") == GOOD
