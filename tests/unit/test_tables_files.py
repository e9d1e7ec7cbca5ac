"""Files as they come: other formats under a CSV's name, damaged ones, encodings, Parquet, Arrow and frames."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Limits, RawTable
from tariff_engine.tables.reading import from_frame, read_table

KNOWN = ["placement_id", "child_id", "home_la", "notes"]
REQUIRED = ["placement_id", "home_la"]
TEXT = "placement_id,child_id,home_la,notes\nP1,C1,330,one\nP2,C2,330,two\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def read(path: Path, limits: Limits | None = None) -> RawTable:
    return read_table(path, KNOWN, REQUIRED, limits=limits or Limits())


def refusal(path: Path, content: bytes | None = None, limits: Limits | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        read(path, limits)
    return str(refused.value)


def workbook() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" * 500)
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return target.getvalue()


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".parquet"])
def test_an_empty_file_is_refused(tmp_path: Path, ending: str) -> None:
    assert "The selected file is empty" in refusal(tmp_path / f"x{ending}", b"")


@pytest.mark.parametrize("content", [b"\n\n", b"\xef\xbb\xbf", b" , ,\n", "\ufeff\n".encode("utf-16")])
def test_a_file_of_nothing_but_space_is_empty(tmp_path: Path, content: bytes) -> None:
    assert "The selected file is empty" in refusal(tmp_path / "x.csv", content)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".parquet", ".arrow", ".txt"])
@pytest.mark.parametrize("content", [PNG, b"%PDF-1.7\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"<!DOCTYPE html>\n"])
def test_another_format_under_our_endings_is_refused(tmp_path: Path, ending: str, content: bytes) -> None:
    message = refusal(tmp_path / f"x{ending}", content)
    assert "must be a CSV, XLSX, XLSM or ODS" in message
    assert "looks like a" in message


@pytest.mark.parametrize("name", ["x.png", "x.xls", "x.docx", "x", "x.csv.zip"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    assert "must be a CSV, XLSX, XLSM or ODS" in refusal(tmp_path / name, TEXT.encode())


@pytest.mark.parametrize("ending", [".xlsx", ".XLSM", ".ods"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_csv_named_as_a_workbook_is_refused_as_looking_like_csv(tmp_path: Path, ending: str, encoding: str) -> None:
    assert "looks like CSV" in refusal(tmp_path / f"x{ending}", TEXT.replace("one", "£1").encode(encoding))


@pytest.mark.parametrize("ending", [".xlsx", ".xlsm", ".ods"])
def test_half_a_workbook_could_not_be_read(tmp_path: Path, ending: str) -> None:
    whole = workbook()
    message = refusal(tmp_path / f"x{ending}", whole[: len(whole) // 2])
    assert "could not be read - save it again in Excel" in message


def test_a_zip_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("photographs/x", "x")
    assert "zip file of something else" in refusal(tmp_path / "x.xlsx", target.getvalue())


def test_a_password_protected_workbook_is_told(tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)
    assert "The selected file is password protected" in refusal(tmp_path / "x.xlsx", content)
    assert "password protected" in refusal(tmp_path / "x.csv", content)


def test_a_workbook_or_parquet_named_as_csv_is_told(tmp_path: Path) -> None:
    assert "looks like a workbook" in refusal(tmp_path / "x.csv", workbook())
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "y.csv")
    assert "looks like Parquet" in refusal(tmp_path / "y.csv")


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a folder" in refusal(tmp_path / "folder.csv")
    assert "is a pipe or a device" in refusal(tmp_path / "pipe.csv")
    assert "There is no file 'missing.csv'" in refusal(tmp_path / "missing.csv")
    assert "can't be opened" in refusal(tmp_path / ("x" * 300 + ".csv"))
    assert "can't be opened" in refusal(tmp_path / "nul\0.csv")


def test_a_message_shows_no_folder_and_no_control_characters(tmp_path: Path) -> None:
    message = refusal(tmp_path / "=cmd|x\n\u202ecsv.xlsx.exe", b"x")
    assert str(tmp_path) not in message
    assert "\n" not in message
    assert "\u202e" not in message


def test_a_file_name_in_the_result_is_its_own_without_what_cannot_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\u202ec.csv"
    path.write_text(TEXT)
    assert read(path).file_name == "a\ufffdb\ufffdc.csv"


def test_a_file_above_the_limit_is_refused_unread(tmp_path: Path) -> None:
    assert "larger than 0 MB" in refusal(tmp_path / "x.csv", TEXT.encode(), Limits(bytes=10))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_a_clean_header(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT.replace("one", "£5 Zoë 🙂 e\u0301").encode(encoding))
    table = read(path)
    assert table.frame["notes"].to_list() == ["£5 Zoë 🙂 e\u0301", "two"]
    assert table.frame.columns == KNOWN
    assert [note.code for note in table.notes] == (["encoding"] if encoding == "utf-16" else [])


def test_excels_unicode_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"))
    table = read(path)
    assert table.frame.height == 2
    assert [note.code for note in table.notes] == ["encoding", "delimiter"]


@pytest.mark.parametrize("text", ["£5", "Zoë", "RENÉE", "café \u2013 “ok”", "½ day", "€5", "São", "O\u2019Brien"])
def test_windows_text_is_decoded_and_reported(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT.replace("two", text).encode("cp1252"))
    table = read(path)
    assert table.frame["notes"].to_list() == ["one", text]
    (note,) = table.notes
    assert note.code == "encoding"
    assert "line 3" in note.message


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xff",
        b"\xfe",
        b"\x81",
        b"\x80",
        b"\xc3(",
        b"\xc3",
        b"caf\xc3",
        b"\x9c5",
        b"Ren\x8ee",
        "Zoë £5 ".encode() + b"\xa3",
        "Zoë".encode()[:-1],
        "🙂".encode()[:-1],
    ],
)
def test_utf8_with_a_bad_byte_is_refused_with_its_line(tmp_path: Path, damaged: bytes) -> None:
    message = refusal(tmp_path / "x.csv", TEXT.encode().replace(b"two", damaged))
    assert "Line 3 holds a byte" in message


def test_a_bad_byte_late_in_a_large_file_is_found(tmp_path: Path) -> None:
    rows = "".join(f"P{number},C1,330,£{number}\n" for number in range(80_000)).encode()
    message = refusal(tmp_path / "x.csv", TEXT.encode() + rows + b"P,C,330,\xe9\n")
    assert "Line 80004 holds a byte (0xE9)" in message


def test_a_character_across_two_reads_is_no_bad_byte(tmp_path: Path) -> None:
    start = TEXT.encode()
    filler = b"P,C,330," + b"x" * (1024 * 1024 - len(start) - 8 - 1)
    path = tmp_path / "x.csv"
    path.write_bytes(start + filler + "£\n".encode())
    with pytest.raises(InputRefused, match=r"more than 32,767 characters|never closed"):
        read(path)


def test_a_nul_byte_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "Line 2 holds a NUL byte" in refusal(tmp_path / "x.csv", TEXT.replace("one", "o\0ne").encode())


def test_half_a_character_at_the_end_of_utf16_is_refused(tmp_path: Path) -> None:
    assert "can't be decoded" in refusal(tmp_path / "x.csv", TEXT.encode("utf-16") + b"x")


def test_utf32_is_refused(tmp_path: Path) -> None:
    assert "UTF-32" in refusal(tmp_path / "x.csv", TEXT.encode("utf-32"))


FRAME = pl.DataFrame(
    {
        "Placement ID": ["P1", " P2 ", None],
        "home_la": [330, 331, None],
        "start": [date(2025, 4, 1), None, None],
        "fte": [0.5, 1.0, None],
        "notes": pl.Series(["a", "", None], dtype=pl.Categorical),
        "empty": [None, None, None],
    }
)


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather", "stream.arrow"])
def test_parquet_and_arrow_keep_their_types(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    if ending == ".parquet":
        FRAME.write_parquet(path)
    elif ending == "stream.arrow":
        FRAME.write_ipc_stream(path)
    else:
        FRAME.write_ipc(path, compression="lz4")
    table = read(path)
    assert table.frame.rows() == [("P1", 330, date(2025, 4, 1), 0.5, "a", None), ("P2", 331, None, 1.0, None, None)]
    assert table.frame.schema["home_la"] == pl.Int64
    assert table.frame.schema["notes"] == pl.String
    assert table.rows.to_list() == [2, 3]
    assert len(table.sha256) == 64


def test_a_frame_is_taken_as_a_file_is() -> None:
    table = from_frame(FRAME, KNOWN, REQUIRED)
    assert table.frame["placement_id"].to_list() == ["P1", "P2"]
    assert [note.code for note in table.notes] == ["header_matched", "extra_column", "extra_column", "extra_column"]
    assert (table.file_name, table.sha256) == ("", "")


def test_a_frame_without_a_required_column_is_refused() -> None:
    with pytest.raises(InputRefused, match="home_la"):
        from_frame(pl.DataFrame({"placement_id": ["P1"]}), KNOWN, REQUIRED)
    with pytest.raises(InputRefused, match="no columns"):
        from_frame(pl.DataFrame(), KNOWN, REQUIRED)


def test_a_frame_keeps_its_blank_and_totals_rows_out_too() -> None:
    frame = pl.DataFrame({"placement_id": ["P1", None, "P2", "Total"], "home_la": ["1", " ", "1", None]})
    table = from_frame(frame.with_columns(price=pl.Series([1.1, None, 2.2, 3.3])), KNOWN, REQUIRED)
    assert table.rows.to_list() == [2, 4]
    assert [note.code for note in table.notes] == ["extra_column", "blank_row", "totals_row"]


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
@pytest.mark.parametrize("keep", [0.5, 0.9, 0.99])
def test_a_truncated_columnar_file_could_not_be_read(tmp_path: Path, ending: str, keep: float) -> None:
    path = tmp_path / f"x{ending}"
    frame = pl.DataFrame({"placement_id": [f"P{number}" for number in range(5_000)], "home_la": "330"})
    frame.write_parquet(path) if ending == ".parquet" else frame.write_ipc(path)
    content = path.read_bytes()
    assert "could not be read" in refusal(path, content[: int(len(content) * keep)])


def test_parquet_with_a_broken_footer_is_refused(tmp_path: Path) -> None:
    content = b"PAR1" + b"\xab" * 500 + struct.pack("<I", 400) + b"PAR1"
    assert "could not be read" in refusal(tmp_path / "x.parquet", content)
    assert "isn't a Parquet file" in refusal(tmp_path / "x.parquet", b"placement_id;x")
    assert "looks like CSV" in refusal(tmp_path / "x.parquet", TEXT.encode())


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1, 2]]),
        pl.Series([{"a": 1}]),
        pl.Series([b"x"]),
        pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)),
    ],
)
def test_a_column_of_lists_structures_or_bytes_is_refused_by_name(tmp_path: Path, values: pl.Series) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"placement_id": ["P1"], "home_la": ["330"], "odd one": values}).write_parquet(path)
    assert "Column 'odd one' holds" in refusal(path)


def test_columnar_files_have_the_same_limits(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"placement_id": ["P1", "P2"], "home_la": ["330", "3" * 40_000]}).write_parquet(path)
    assert "too many rows" in refusal(path, limits=Limits(rows=1))
    assert "limit is 1" in refusal(path, limits=Limits(columns=1))
    assert "row 3, column 'home_la'" in refusal(path)
