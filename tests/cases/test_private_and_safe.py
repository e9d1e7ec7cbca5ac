"""Cases D21 and D22: a pupil's number shows nowhere but in the output itself, and no cell of a file runs."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

import polars as pl
import pytest

from api.cli import main
from tariff_engine import Costing, cost
from tariff_engine.errors import InputRefused
from tests.small import write_version

from .files import amounts, finding, line, nothing_lost, price, row, text

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
FULL = 4000000


def a_upn(digits: str) -> str:
    """A unique pupil number with its right check letter: 2 x the first digit, 3 x the second and so on, mod 23."""
    return LETTERS[sum(weight * int(digit) for weight, digit in enumerate(digits, start=2)) % 23] + digits


UPN, OTHER = a_upn("801200001001"), a_upn("933123456789")
PLANTED = (UPN, OTHER)


def faulty(child: str) -> list[dict[str, str]]:
    """Rows of one child with every kind of fault that names a row, a cell or another placement."""
    return [
        row(1, child_id=child, end_date="2025-04-30"),
        row(2, child_id=child, start_date="31/02/2025"),
        row(3, child_id=child, end_date="2025-04-30"),
        row(4, child_id=child, start_date="2025-05-01", end_date="2025-06-30", agreed_price="1"),
        row(5, child_id=child, start_date="2025-06-01", end_date="2025-07-31", agreed_price="2"),
        row(6, child_id=child, start_date="2025-08-01", end_date="2025-08-31", fte="0.6"),
        row(7, child_id=child, start_date="2025-08-01", end_date="2025-08-31", fte="0.6", provider_id="100002"),
        row(8, child_id=child, start_date="2025-09-01", end_date="2025-09-30", provision="further_education"),
        row(9, child_id=child, start_date="2025-10-01", end_date="2025-09-30"),
        row(10, child_id=child, placement_id="P9"),
        row(11, child_id=child, home_la="8784001"),
        row(12, child_id=child, provider_id=""),
        row(13, child_id=child, nc_year="Reception", agreed_price="TBC"),
    ]


def said_of(found: Costing) -> str:
    """Everything that a costing says beside its lines."""
    return json.dumps(found.findings.rows()) + json.dumps(found.provenance) + json.dumps(found.counts)


@pytest.mark.parametrize("child", [UPN, UPN.lower(), f" {UPN} "])
def test_d21_a_pupil_s_number_is_warned_of_and_shown_in_no_finding(
    tmp_path: Path, child: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = price(tmp_path, text(*faulty(child), row(14)) + f"{child},{child}\n")
    warned = found.findings.filter(pl.col("code") == "child_id_is_upn")
    assert warned.select("severity", "column", "value").unique().rows() == [("warning", "child_id", None)]
    assert warned["row"].to_list() == list(range(2, 15))
    assert amounts(found)["P14"] == FULL
    assert amounts(found)["P1"] is not None, "a pupil's number is accepted"
    assert child.strip().upper() not in (said_of(found) + caplog.text + repr(found.findings)).upper()


@pytest.mark.parametrize(
    "column",
    [
        "placement_id",
        "home_la",
        "provision",
        "nc_year",
        "start_date",
        "end_date",
        "fte",
        "agreed_price",
        "need_learning",
    ],
)
def test_d21_a_pupil_s_number_in_a_wrong_cell_is_not_shown_either(tmp_path: Path, column: str) -> None:
    found = price(tmp_path, text(row(1, **{column: UPN}), row(2)))
    assert UPN not in said_of(found)
    assert amounts(found)["P2"] == FULL


@pytest.mark.parametrize(
    "content",
    [
        line(row(1, child_id=UPN)) + "\n" + line(row(2, child_id=UPN)) + "\n",
        line(row(1, child_id=UPN, provider_id=UPN)) + "\n",
        text(row(1, child_id=UPN)).replace("need_social", UPN).replace("need_learning", UPN),
        text(row(1, child_id=UPN)).replace("home_la", UPN),
        text(row(1, child_id=UPN)).replace("need_social", UPN),
        text(row(1, child_id=f'"{UPN}')).replace('""', ""),
        text(row(1, child_id=UPN)) + f'P2,"{UPN},878\n',
        text(row(1, child_id=f"{UPN}\0")),
        text(row(1, child_id=UPN * 4_000)),
    ],
    ids=["no-header", "no-header-twice", "header-twice", "header", "extra-header", "quote", "unclosed", "nul", "long"],
)
def test_d21_a_damaged_file_shows_no_pupil_s_number(tmp_path: Path, content: str) -> None:
    try:
        said = said_of(price(tmp_path, content))
    except InputRefused as refused:
        said = str(refused)
    assert UPN not in said


def test_d21_no_command_says_a_pupil_s_number(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    write_version(tmp_path / "small")
    (tmp_path / "in.csv").write_text(text(*faulty(UPN), row(14, child_id=OTHER)), encoding="utf-8")
    common = ("in.csv", "--framework", "small", "--period", "FY2025-26")
    said = ""
    for arguments in (
        ("price", *common, "--out", "out.csv"),
        ("price", *common, "--out", "out.csv", "--json"),
        ("price", *common, "--out", "out.csv", "--strict"),
        ("explain", *common, "--placement", "P1"),
        ("explain", *common, "--placement", "P1", "--format", "json"),
        ("explain", *common, "--placement", "P2"),
        ("explain", *common, "--placement", "P4"),
        ("explain", *common, "--placement", UPN[:4]),
    ):
        main(list(arguments))
        captured = capsys.readouterr()
        said += captured.out + captured.err
    assert "child_id_is_upn" in said
    beside = [(tmp_path / name).read_text(encoding="utf-8") for name in ("out.findings.csv", "out.provenance.json")]
    for upn in PLANTED:
        assert upn not in said + caplog.text + "".join(beside)
        assert upn in (tmp_path / "out.csv").read_text(encoding="utf-8"), "the output holds what it was asked for"


RISKY = {
    '=HYPERLINK("http://x","y")': '\'=HYPERLINK("http://x","y")',
    "+44 20 7946 0000": "'+44 20 7946 0000",
    "@SUM(A1:A9)": "'@SUM(A1:A9)",
    "-1+1": "'-1+1",
    "-12.50": "-12.50",
    "-12": "-12",
    "a=b": "a=b",
    "O'Brien": "O'Brien",
}


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_d22_text_that_a_spreadsheet_would_run_is_marked_and_amounts_stay_numbers(tmp_path: Path) -> None:
    frame = pl.DataFrame([{**row(n), "=note": note} for n, note in enumerate(RISKY, start=1)])
    found = cost(frame, write_version(tmp_path / "small"), "FY2025-26")
    header, *lines = cells(found.write(tmp_path / "out.csv")[0])
    assert [written[header.index("'=note")] for written in lines] == list(RISKY.values())
    assert [written[header.index("amount")] for written in lines] == ["40000.00"] * len(RISKY)
    assert nothing_lost(found, len(RISKY))


def test_d22_a_negative_amount_is_a_number_in_the_file(tmp_path: Path) -> None:
    frame = pl.DataFrame([{**row(1, agreed_price="987.50"), "uplifts": "reduction"}])
    found = cost(frame, write_version(tmp_path / "small"), "FY2025-26")
    header, written = cells(found.write(tmp_path / "out.csv")[0])
    assert written[header.index("amount")] == "-12.50"
    assert written[header.index("annual_uplifts")] == "-1000.00"
    assert found.total == -1250


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", "'="])
def test_d22_no_cell_of_any_file_starts_as_a_formula_does(tmp_path: Path, start: str) -> None:
    risky = f"{start}cmd|' /C calc'!A0"
    rows = [
        {**row(1, child_id=risky, provider_id=risky), "note": risky, risky: risky},
        {**row(2, agreed_price=risky, placement_id=risky), "note": risky, risky: risky},
    ]
    found = cost(pl.DataFrame(rows), write_version(tmp_path / "small"), "FY2025-26")
    assert nothing_lost(found, 2, 1)
    for path in found.write(tmp_path / "out.csv")[:2]:
        for cell in (cell for written in cells(path) for cell in written):
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "\uff1d")), cell
            assert not cell.startswith("-") or cell.replace(".", "", 1)[1:].isdigit(), cell


def test_d22_the_mark_goes_when_the_file_is_read_again(tmp_path: Path) -> None:
    frame = pl.DataFrame([{**row(n), "note": note} for n, note in enumerate(RISKY, start=1)])
    version = write_version(tmp_path / "small")
    written = cost(frame, version, "FY2025-26").write(tmp_path / "out.csv")[0]
    again = pl.read_csv(written, infer_schema=False).select("placement_id", "note")
    both = frame.drop("note").join(again, on="placement_id", maintain_order="left")
    both.write_csv(tmp_path / "again.csv")
    assert cost(tmp_path / "again.csv", version, "FY2025-26").lines["note"].to_list() == list(RISKY)


def test_d22_a_formula_in_an_amount_is_named_and_never_run(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, agreed_price="=1+1"), row(2)))
    assert "'=1+1'" in finding(found, "bad_value", 2, "agreed_price")
    header, written = cells(found.write(tmp_path / "out.csv")[1])
    assert written[header.index("value")] == "'=1+1"
