"""tariff-engine statement: what it says, what it writes, what the next run takes, and how it ends."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl

from tests.api.conftest import GOOD_FILE, PRICE, Command
from tests.api.test_terminal import on_a_terminal

STATE = ("statement", "good.csv", *PRICE)
PLACES = """\
provider_id,provision,phase,occupancy,places_first,places_second
100001,special,pre16,commissioned,10,12
"""


def index(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return {row["provider_id"]: row for row in csv.DictReader(file)}


def test_statements_are_written_and_said(command: Command, tmp_path: Path) -> None:
    said = command(*STATE, "--out", "first")
    assert (said.status, said.err) == (0, "")
    assert "Statement 1: 2 providers, nothing is paid yet" in said.out
    assert "£5,677.46" in said.out
    assert "2 statements in first" in said.out
    rows = index(tmp_path / "first")
    assert {name: row["total"] for name, row in rows.items()} == {"100001": "1600.00", "100002": "4077.46"}
    assert (tmp_path / "first" / rows["100001"]["file"]).is_file()


def test_the_next_run_takes_the_payments_of_the_last(command: Command, tmp_path: Path) -> None:
    command(*STATE, "--out", "first")
    (tmp_path / "good.csv").write_text(GOOD_FILE.replace("banding_2", "banding_1"), encoding="utf-8")
    said = command(*STATE, "--paid", "first/payments.csv", "--to", "2023-06", "--out", "second")
    assert (said.status, said.err) == (0, "")
    assert "Statement 2, after statement 1: 2 providers, paid up to June 2023" in said.out
    assert "Band changed" in said.out
    assert "-£1,500.00" in said.out
    rows = index(tmp_path / "second")
    assert (rows["100002"]["change"], rows["100001"]["change"]) == ("-1500.00", "0.00")
    payments = pl.read_csv(tmp_path / "second" / "payments.csv", infer_schema=False)
    (correction,) = payments.filter(pl.col("line") == "correction").to_dicts()
    assert (correction["month"], correction["status"], correction["reason"]) == ("2023-07", "open", "band")
    assert correction["amount"].startswith("-")


def test_json_is_one_document_without_a_child(command: Command) -> None:
    command(*STATE, "--out", "first")
    said = command(*STATE, "--paid", "first/payments.csv", "--to", "none", "--out", "second", "--json")
    document = said.document
    assert document["due_pence"] == document["totals"]["amount_pence"] == 567746
    assert document["statement"]["number"] == 2
    assert document["previous"]["number"] == 1
    assert document["previous"]["content_hash"] != document["statement"]["content_hash"]
    assert sum(row["open_pence"] for row in document["providers"]) == 567746
    assert document["changes"] == []
    assert "C1" not in said.out


def test_places_are_paid_with_the_children(command: Command, tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    framework = ("--framework", "national-illustrative@2025-26", "--period", "FY2025-26")
    said = command("statement", "good.csv", *framework, "--places", "places.csv", "--out", "out", "--json")
    assert said.status == 1  # Not one of the placements has a price under these bands.
    places = said.document["places"]["by_provision"]
    assert sum(row["amount_pence"] for row in places) == said.document["due_pence"] > 0
    assert index(tmp_path / "out")["100001"]["total"] == f"{said.document['due_pence'] / 100:.2f}"


def test_what_can_t_be_done_ends_with_2_and_nothing_written(command: Command, tmp_path: Path) -> None:
    command(*STATE, "--out", "first")
    before = sorted(path.name for path in tmp_path.iterdir())
    for arguments, says in (
        (["--out", "first"], "'first' is there already, and isn't an empty folder. Choose another."),
        (["--out", "x", "--to", "2023-06"], "give --paid too"),
        (["--out", "x", "--paid", "first/payments.csv"], "Give --to, such as --to 2023-04, or --to none."),
        (["--out", "x", "--paid", "first/payments.csv", "--to", "2022-01"], "isn't a month of FY2023-24"),
    ):
        said = command(*STATE, *arguments)
        assert said.status == 2
        assert says in " ".join(said.err.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_payments_that_can_t_be_read_end_with_1_and_nothing_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "paid.csv").write_text(
        "provider_id,placement_id,month,amount\n100001,P1,2023-04,TBC\n", encoding="utf-8"
    )
    said = command(*STATE, "--paid", "paid.csv", "--out", "out")
    assert said.status == 1
    assert "The file of payments can't be taken: row 2: amount 'TBC'" in said.err
    assert not (tmp_path / "out").exists()


def test_under_strict_errors_end_with_1_and_nothing_written(command: Command, tmp_path: Path) -> None:
    said = command("statement", "mixed.csv", *PRICE, "--out", "out", "--strict")
    assert said.status == 1
    assert "--strict allows none: nothing was written" in said.err
    assert not (tmp_path / "out").exists()


def test_a_terminal_gets_a_bar_and_a_pipe_none(command: Command, tmp_path: Path) -> None:
    piped = command(*STATE, "--out", "piped")
    assert "Writing statements" not in piped.out + piped.err
    said = on_a_terminal([*STATE, "--out", "shown"], tmp_path)
    assert "Writing statements" in said
    assert "━" in said
