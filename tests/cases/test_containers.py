"""A: what is not the file that its name says is refused whole, in a sentence, with nothing written."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from api.cli import main

from .test_invariants import HEADER, good_rows, refusal

TEXT = f"{HEADER}\n{good_rows(1, 2)}".encode()
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)
COMMAND = ("--framework", "devon@2023-24", "--period", "FY2023-24", "--out", "out.csv")


def a_workbook(path: Path) -> bytes:
    """The parts that tell a workbook, in a sound zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" * 500)
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.parametrize("name", ["x.xlsx", "x.ods", "x.csv", "x.parquet"])
def test_a2_an_empty_file(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, b"", name) == "The selected file is empty."


@pytest.mark.parametrize("name", ["x.xlsx", "x.xlsm", "x.ods", "x.csv", "x.parquet"])
def test_a4_a_picture_under_our_endings(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, PNG, name)
    assert "must be a CSV, XLSX, XLSM or ODS" in said
    assert "looks like a picture" in said


@pytest.mark.parametrize("name", ["x.xlsx", "x.xlsm", "x.ods"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a5_a_csv_file_named_as_a_workbook(tmp_path: Path, name: str, delimiter: str) -> None:
    said = refusal(tmp_path, TEXT.replace(b",", delimiter.encode()), name)
    assert "looks like CSV" in said
    assert ".csv" in said


@pytest.mark.parametrize("name", ["x.xlsx", "x.ods"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a6_a_workbook_that_was_cut_short(tmp_path: Path, name: str, share: float) -> None:
    content = a_workbook(tmp_path / "whole.zip")
    assert "could not be read - save it again in Excel" in refusal(tmp_path, content[: int(len(content) * share)], name)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("in.xlsx", b"", "The selected file is empty"),
        ("in.csv", PNG, "must be a CSV, XLSX, XLSM or ODS"),
        ("in.xlsx", TEXT, "looks like CSV"),
        ("in.xlsx", b"PK\x03\x04" + bytes(200), "could not be read - save it again in Excel"),
        ("in.csv", b"placement_id,child_id\nP1,\0\n", "Line 2"),
    ],
    ids=["a2", "a4", "a5", "a6", "b32"],
)
def test_a_refused_file_ends_with_1_one_sentence_and_nothing_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    word: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    assert main(["price", name, *COMMAND]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert word in said.err
    assert "Traceback" not in said.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
