"""Cases A for workbooks: a hostile or damaged one is refused in a sentence, before anything in it is parsed."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.incoming.budget import Budget
from tariff_engine.tables.incoming.container import open_container
from tariff_engine.tables.incoming.process import read_cells

from .files import amounts, nothing_lost, price, row
from .workbooks import (
    c,
    limited,
    line,
    o,
    o_row,
    o_table,
    ods,
    placements,
    r,
    read,
    refusal,
    sheet,
    table,
    xlsx,
    zipped,
)

GOOD = xlsx(placements(row(1), row(2)))
GOOD_ODS = ods("".join(o_table(row(1), row(2))))
DOCTYPE = '<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def unlisted(content: bytes) -> bytes:
    """A zip file whose list leaves out its first entry."""
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    second = content.index(b"PK\x01\x02", start + 1)
    count = struct.unpack("<H", content[end + 10 : end + 12])[0] - 1
    counts = struct.pack("<HHII", count, count, end - second, start)
    return content[:start] + content[second:end] + content[end : end + 8] + counts + content[end + 20 :]


def listed_as(content: bytes, name: str, change: Callable[[bytearray, int], None]) -> bytes:
    """A zip file with one entry of its list changed; ``change`` is given where that entry starts."""
    raw = bytearray(content)
    at = raw.index(b"PK\x01\x02")
    while raw[at + 46 : at + 46 + len(name)] != name.encode():
        at = raw.index(b"PK\x01\x02", at + 1)
    change(raw, at)
    return bytes(raw)


@pytest.mark.parametrize(
    ("name", "content"), [("x.xlsx", GOOD), ("x.xlsm", GOOD), ("X.XLSX", GOOD), ("x.ods", GOOD_ODS)]
)
def test_a_sound_workbook_is_read(tmp_path: Path, name: str, content: bytes) -> None:
    found = price(tmp_path, content, name)
    assert amounts(found) == {"P1": 4000000, "P2": 4000000}
    assert nothing_lost(found, 2)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(("name", "content"), [("x.xlsx", GOOD), ("x.ods", GOOD_ODS)])
def test_a6_a_workbook_that_was_cut_short_could_not_be_read(
    tmp_path: Path, name: str, content: bytes, share: float
) -> None:
    assert "could not be read - save it again in Excel" in refusal(tmp_path, content[: int(len(content) * share)], name)


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7])
def test_a6_a_workbook_with_damaged_bytes_could_not_be_read(tmp_path: Path, at: float) -> None:
    start = int(len(GOOD) * at)
    damaged = GOOD[:start] + bytes(byte ^ 0x55 for byte in GOOD[start : start + 40]) + GOOD[start + 40 :]
    assert "could not be read" in refusal(tmp_path, damaged)


def test_a7_an_encrypted_entry_is_told_as_a_password(tmp_path: Path) -> None:
    def encrypt(raw: bytearray, at: int) -> None:
        raw[at + 8] |= 1

    content = listed_as(GOOD, "xl/worksheets/sheet1.xml", encrypt)
    assert "The selected file is password protected" in refusal(tmp_path, content)


def test_a7_an_encrypted_ods_is_told_as_a_password(tmp_path: Path) -> None:
    manifest = '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    content = ods("", parts={"META-INF/manifest.xml": manifest})
    assert "The selected file is password protected" in refusal(tmp_path, content, "x.ods")


def test_a8_two_cells_at_the_ends_of_a_sheet_are_refused_and_the_next_file_is_read(tmp_path: Path) -> None:
    sparse = xlsx(sheet(line(1, ["a"]), r(1_048_576, c("XFD1048576", 1))))
    assert len(sparse) < 5_000
    assert "goes on to row 1,048,576 and column XFD" in refusal(tmp_path, sparse)
    assert read(tmp_path, GOOD).frame.height == 2


@pytest.mark.parametrize(
    ("stray", "said"),
    [
        ("A1048576", "row 1,048,576 and column M"),
        ("ZZ150000", "row 150,000 and column ZZ"),
        ("XFD2", "16,384 columns; the limit is 500"),
    ],
)
def test_a8_a_stray_cell_far_from_the_table_is_refused_with_where_it_is(tmp_path: Path, stray: str, said: str) -> None:
    number = int(stray.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    rows = [*table(), r(number, c(stray, 1))]
    assert said in refusal(tmp_path, xlsx(sheet(*rows)))


def test_a8_the_process_that_reads_cells_may_be_ended_by_one_and_this_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "sparse.xlsx"
    path.write_bytes(xlsx(sheet(line(1, ["a"]), r(1_048_576, c("XFD1048576", 1)))))
    with path.open("rb") as file, pytest.raises(InputRefused, match="more memory or time"):
        read_cells(file, [0], Budget(Limits()))
    assert read(tmp_path, GOOD).frame.height == 2


def test_a9_a_sheet_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path: Path) -> None:
    content = xlsx(sheet(before=" " * (70 * MEBIBYTE)))
    assert len(content) < MEBIBYTE
    assert "far larger unpacked" in refusal(tmp_path, content)


def test_a9_what_all_parts_come_to_is_limited(tmp_path: Path) -> None:
    assert "far larger unpacked" in refusal(tmp_path, GOOD, limits=limited(unpacked_bytes=2_000))


@pytest.mark.parametrize("claimed", [10, 1_000_000])
def test_a9_a_part_that_is_not_of_the_size_it_claims_is_refused(tmp_path: Path, claimed: int) -> None:
    def lie(raw: bytearray, at: int) -> None:
        raw[at + 24 : at + 28] = struct.pack("<I", claimed)

    assert "could not be read" in refusal(tmp_path, listed_as(GOOD, "xl/worksheets/sheet1.xml", lie))


def test_a9_a_part_that_goes_on_after_what_its_checksum_covers_is_refused_unread() -> None:
    real = sheet(line(1, ["placement_id"]), line(2, ["P1"]))
    shown = real.encode()

    def lie(raw: bytearray, at: int) -> None:
        raw[at + 16 : at + 20] = struct.pack("<I", zlib.crc32(shown))
        raw[at + 24 : at + 28] = struct.pack("<I", len(shown))

    content = listed_as(xlsx(real + " " * 100), "xl/worksheets/sheet1.xml", lie)
    with pytest.raises(InputRefused, match="could not be read"):
        open_container(io.BytesIO(content), Budget(Limits()))


@pytest.mark.parametrize("plain", [True, False])
def test_a10_too_many_rows_are_told_first_and_alone(tmp_path: Path, plain: bool) -> None:
    cells = "<c><v>1</v></c>" if plain else '<c t="e"><v>#N/A</v></c>'
    content = xlsx(sheet(*(f"<row>{cells}</row>" for _ in range(1_001))))
    said = refusal(tmp_path, content, limits=limited(rows=1_000))
    assert "too many rows (limit 1,000)" in said
    assert "missing" not in said


def test_a10_two_million_rows_are_refused_at_the_limit(tmp_path: Path) -> None:
    content = xlsx(sheet("<row><c><v>1</v></c></row>" * 2_000_000))
    assert "too many rows (limit 200,000)" in refusal(tmp_path, content)


def test_a10_rows_are_told_even_of_a_file_that_is_too_large_unpacked(tmp_path: Path) -> None:
    content = xlsx(sheet("<row><c><v>1</v></c></row>" * 5_000))
    assert "too many rows (limit 1,000)" in refusal(
        tmp_path, content, limits=limited(rows=1_000, unpacked_bytes=60_000)
    )


def test_a10_the_limit_of_rows_for_every_file_holds_for_workbooks(tmp_path: Path) -> None:
    assert "too many rows (limit 2)" in refusal(tmp_path, GOOD, limits=Limits(rows=2))


def test_a10_too_many_cells_are_refused(tmp_path: Path) -> None:
    assert "more than 20 cells" in refusal(tmp_path, GOOD, limits=limited(cells=20))
    content = xlsx(sheet(line(1, ["a"]), *(line(at, ["x"] * 5 + [""] * 14 + ["x"]) for at in range(2, 9))))
    assert "more than 100 cells" in refusal(tmp_path, content, limits=limited(cells=100))


@pytest.mark.parametrize("times", [1_048_570, 10**12])
def test_a12_blank_rows_repeated_to_the_end_are_nothing(tmp_path: Path, times: int) -> None:
    blank = o_row(
        o(attributes='table:number-columns-repeated="16384"'), attributes=f'table:number-rows-repeated="{times}"'
    )
    found = price(tmp_path, ods("".join([*o_table(row(1)), blank])), "x.ods")
    assert found.findings.height == 0
    assert nothing_lost(found, 1)


@pytest.mark.parametrize(
    ("cells", "attributes", "said"),
    [
        (o("x", attributes='table:number-columns-repeated="1000000"'), "", "beyond the last column"),
        (o("x", attributes='table:number-columns-repeated="9000"'), 'table:number-rows-repeated="9000"', "cells"),
        (o("x"), 'table:number-rows-repeated="1048570"', "too many rows (limit 200,000)"),
        (o("x"), 'table:number-rows-repeated="999999999999"', "too many rows (limit 200,000)"),
        (o("x", attributes='table:number-columns-repeated="-1"'), "", "could not be read"),
    ],
)
def test_a12_something_repeated_without_end_is_refused(tmp_path: Path, cells: str, attributes: str, said: str) -> None:
    content = ods("".join([*o_table(row(1)), o_row(cells, attributes=attributes)]))
    assert said in refusal(tmp_path, content, "x.ods")


def test_a12_a_long_gap_before_a_stray_cell_is_refused(tmp_path: Path) -> None:
    gap = o_row(o(), attributes='table:number-rows-repeated="500000"')
    assert "goes on to row 500,003" in refusal(tmp_path, ods("".join([*o_table(row(1)), gap, o_row(o(1))])), "x.ods")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declaration", [DOCTYPE, "<!doctype html>", '<!ENTITY a "b">'])
@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "docProps/app.xml", "xl/_rels/x.rels"]
)
def test_a13_a_document_type_in_any_part_is_refused(tmp_path: Path, part: str, declaration: str, encoding: str) -> None:
    said = refusal(tmp_path, xlsx(placements(row(1)), parts={part: (declaration + "<a>&x;</a>").encode(encoding)}))
    assert "could not be read" in said
    assert Path("/etc/hostname").read_text().strip() not in said


def test_a13_a_document_type_across_two_reads_is_found(tmp_path: Path) -> None:
    filler = b"<a>" + b" " * (MEBIBYTE - 3 - 4)  # the mark of four letters stands at the end of the first read
    assert "document type" in refusal(tmp_path, xlsx(placements(row(1)), parts={"xl/x.xml": filler + b"<!DOCTYPE a>"}))


def test_a13_a_document_type_in_ods_is_refused(tmp_path: Path) -> None:
    assert "document type" in refusal(tmp_path, ods("", parts={"styles.xml": DOCTYPE}), "x.ods")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_sheet_in_another_encoding_is_refused_rather_than_read_as_blank(tmp_path: Path, encoding: str) -> None:
    assert "isn't in UTF-8" in refusal(tmp_path, xlsx(placements(row(1)).encode(encoding)))
    declared = f'<?xml version="1.0" encoding="{"ISO-8859-1"}"?>' + placements(row(1))
    assert "isn't in UTF-8" in refusal(tmp_path, xlsx(declared))


@pytest.mark.parametrize(
    "name", ["../../etc/x", "/etc/x", "xl/../../x", "..\\x", "C:/x", "xl//x", "./x", "xl/\x01x", "xl/worksheets/../x"]
)
def test_a15_a_part_whose_name_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    assert "leads out of it" in refusal(tmp_path, xlsx(placements(row(1)), parts={name: "x"}))
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"]


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "XL/Worksheets/Sheet1.xml"])
def test_a15_a_part_that_is_there_twice_is_refused(tmp_path: Path, name: str) -> None:
    target = io.BytesIO(GOOD)
    with warnings.catch_warnings(), zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, placements(row(3)))
    assert "a part is in it twice" in refusal(tmp_path, target.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        GOOD + b"PK",
        GOOD[:-2] + b"\x05\x00hello",
        GOOD[:-2] + b"\x05\x00",
        unlisted(GOOD),
        GOOD + GOOD,
        b"PK\x03\x04 a page of something else" + GOOD,
        GOOD_ODS + GOOD,
    ],
    ids=["after", "comment", "comment of nothing", "a part that isn't listed", "twice", "before", "two workbooks"],
)
def test_a_zip_file_that_two_readers_may_read_differently_is_refused_unread(content: bytes) -> None:
    with pytest.raises(InputRefused, match="could not be read"):
        open_container(io.BytesIO(content), Budget(Limits()))


def test_a_way_of_packing_that_workbooks_do_not_use_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "could not be read" in refusal(tmp_path, target.getvalue())


def test_a18_too_many_parts_or_sheets_are_refused(tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = {f"xl/x{at}.xml": "<a/>" for at in range(5_000)}
    assert "too many parts" in refusal(tmp_path, xlsx(placements(row(1)), parts=parts))
    assert "too many parts" in refusal(tmp_path, xlsx({f"S{at}": sheet() for at in range(10_000)}))
    assert "too many sheets (limit 500)" in refusal(tmp_path, xlsx({f"S{at}": sheet() for at in range(501)}))
    assert "too many sheets (limit 500)" in refusal(tmp_path, ods({f"S{at}": "" for at in range(10_000)}), "x.ods")


def test_a18_a_list_of_parts_that_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    raw = bytearray(GOOD)
    raw[-12:-8] = struct.pack("<HH", 0xFFFF, 0xFFFF)
    assert "too many parts" in refusal(tmp_path, bytes(raw))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("x.xls", "save it as Excel Workbook"),
        ("x.xlsb", "save it as Excel Workbook"),
        ("x.numbers", "Export it from Numbers"),
        ("x.xltx", "template"),
        ("x.fods", "save it as ODF Spreadsheet"),
    ],
)
def test_another_kind_of_workbook_is_told_how_to_be_saved(tmp_path: Path, name: str, word: str) -> None:
    said = refusal(tmp_path, GOOD, name)
    assert word in said
    assert "must be a CSV, XLSX, XLSM or ODS" in said


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"xl/workbook.bin": b"x"}, "binary workbook"),
        ({"word/document.xml": "<a/>"}, "another kind of document"),
        ({"Index/Document.iwa": b"x"}, "Numbers"),
        ({"content.xml": "<a/>", "mimetype": "application/vnd.oasis.opendocument.text"}, "another kind of document"),
        ({"photo.png": b"x"}, "a zip file of something else"),
    ],
)
def test_another_kind_of_zip_file_is_told_what_it_is(tmp_path: Path, parts: dict[str, str | bytes], word: str) -> None:
    assert word in refusal(tmp_path, zipped(parts))


@pytest.mark.parametrize(("name", "content"), [("x.xlsx", GOOD_ODS), ("x.ods", GOOD)])
def test_a_workbook_under_another_s_ending_is_read_by_what_it_is(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path, content, name).frame.height == 2


def test_a_workbook_larger_than_its_own_limit_is_refused_unread(tmp_path: Path) -> None:
    assert "too large for a workbook" in refusal(tmp_path, GOOD, limits=limited(bytes=100))
