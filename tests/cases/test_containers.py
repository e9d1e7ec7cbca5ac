"""Cases A: what is not the file that its name says is refused whole, in a sentence, with nothing written."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from api.cli import main
from tariff_engine.errors import InputRefused

from .files import price, row, text

TEXT = text(row(1), row(2))
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)
PRICE = ("--framework", "devon@2023-24", "--period", "FY2023-24", "--out", "out.csv")


def refusal(folder: Path, content: bytes, name: str) -> str:
    with pytest.raises(InputRefused) as refused:
        price(folder, content, name)
    return str(refused.value)


def a_workbook() -> bytes:
    """A sound zip file with the parts that tell a workbook."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" * 500)
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    return target.getvalue()


@pytest.mark.parametrize("name", ["x.xlsx", "x.ods", "x.csv", "x.parquet"])
def test_a2_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, b"", name) == "The selected file is empty."


@pytest.mark.parametrize("name", ["x.xlsx", "x.xlsm", "x.ods", "x.csv", "x.parquet"])
def test_a4_a_picture_under_our_endings_is_refused(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, PNG, name)
    assert "must be a CSV, XLSX, XLSM or ODS" in said
    assert "looks like a picture" in said


@pytest.mark.parametrize("name", ["x.xlsx", "x.xlsm", "x.ods"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a5_a_csv_file_named_as_a_workbook_is_told_what_it_is(tmp_path: Path, name: str, separator: str) -> None:
    said = refusal(tmp_path, text(row(1), separator=separator).encode(), name)
    assert "looks like CSV" in said
    assert ".csv" in said


@pytest.mark.parametrize("name", ["x.xlsx", "x.xlsm", "x.ods"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a6_a_workbook_that_was_cut_short_could_not_be_read(tmp_path: Path, name: str, share: float) -> None:
    content = a_workbook()
    assert "could not be read - save it again in Excel" in refusal(tmp_path, content[: int(len(content) * share)], name)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("in.xlsx", b"", "The selected file is empty"),
        ("in.csv", PNG, "must be a CSV, XLSX, XLSM or ODS"),
        ("in.xlsx", TEXT.encode(), "looks like CSV"),
        ("in.xlsx", a_workbook()[:300], "could not be read - save it again in Excel"),
        ("in.csv", TEXT.replace("P2", "P\0").encode(), "Line 3 holds a NUL byte"),
        ("in.csv", TEXT.replace("P2", '"P2').encode(), "line 3 opens a quotation mark that is never closed"),
        ("in.csv", TEXT.replace("home_la", "zzz").encode(), "home_la"),
    ],
    ids=["a2", "a4", "a5", "a6", "b32-nul", "b32-quotation-mark", "b4"],
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
    assert main(["price", name, *PRICE]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert word in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
