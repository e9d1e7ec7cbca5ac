"""Workbooks and CSV files as spreadsheet programs, libraries and systems really write them, and a few that nobody does.

Most of them are read without a word; each that isn't says why in a finding or a refusal.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from .files import COLUMNS, amounts, errors, finding, nothing_lost, price, row, text
from .workbooks import (
    MAIN,
    PACKAGE,
    RELATIONS,
    c,
    line,
    o,
    o_row,
    o_table,
    ods,
    ods_of,
    placements,
    r,
    refusal,
    sheet,
    table,
    with_cells,
    xlsx,
    zipped,
)

FULL = 4000000
BOTH = {"P1": FULL, "P2": FULL}
STRICT = "http://purl.oclc.org/ooxml/"


def by_xlsxwriter(add: Callable[[Any, Any], None]) -> bytes:
    """A workbook of two placements to which something is added."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"nan_inf_to_errors": True})
    page = book.add_worksheet("Data")
    for at, cells in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), row(1), row(2)]):
        for column, name in enumerate(COLUMNS):
            if cells.get(name):
                page.write_string(at, column, cells[name])
    add(book, page)
    book.close()
    return target.getvalue()


def by_openpyxl(add: Callable[[Any, Any], None], **options: Any) -> bytes:
    """The same by another library."""
    book = openpyxl.Workbook(**options)
    page = book.active
    for cells in [dict(zip(COLUMNS, COLUMNS, strict=True)), row(1), row(2)]:
        page.append([cells.get(name) or None for name in COLUMNS])
    add(book, page)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def a_table(_book: Any, page: Any) -> None:
    page.add_table(0, 0, 2, len(COLUMNS) - 1, {"columns": [{"header": name} for name in COLUMNS]})


def frozen_and_checked(_book: Any, page: Any) -> None:
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, 2, 5)
    page.protect("x")
    page.data_validation(1, 0, 10, 0, {"validate": "list", "source": ["a", "b"]})
    page.conditional_format(0, 0, 5, 5, {"type": "3_color_scale"})
    page.write_comment(1, 1, "a note")
    page.add_sparkline(1, 20, {"range": "Data!A1:B1"})


def rich_text(book: Any, page: Any) -> None:
    bold = book.add_format({"bold": True})
    page.write_rich_string(0, 2, "home", bold, "_la")
    page.write_rich_string(1, 3, "100", bold, "001")


def formats(book: Any, page: Any) -> None:
    coloured = '[Red][<0]-£#,##0.00;[Blue]£#,##0.00;"none"'
    accounts = '_-"£"* #,##0.00_-;[Red]-"£"* #,##0.00_-;_-"£"* "-"??_-;_-@_-'
    for at, value, number_format in (
        ((1, 10), 40000, coloured),
        ((2, 10), 40000, accounts),
        ((1, 9), 1, "0%"),
        ((2, 9), 1, '0.00" per day"'),
        ((1, 7), 45748, "[$-809]dddd, d mmmm yyyy;@"),
        ((2, 7), 45748, "dd/mm/yyyy;@"),
    ):
        page.write_number(*at, value, book.add_format({"num_format": number_format}))


def a_chart(book: Any, _page: Any) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Data!$K$2:$K$3"})
    book.add_chartsheet("Chart").set_chart(chart)


def a_day(_book: Any, page: Any) -> None:
    page["H2"] = date(2025, 4, 1)


def from_1904(book: Any, page: Any) -> None:
    book.epoch = CALENDAR_MAC_1904
    a_day(book, page)


def changed(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook with every part changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({name: change(name, archive.read(name)) for name in archive.namelist()})


def strict(_name: str, part: bytes) -> bytes:
    relations = part.replace(RELATIONS.encode(), f"{STRICT}officeDocument/relationships".encode())
    return relations.replace(MAIN.encode(), f"{STRICT}spreadsheetml/main".encode())


def with_mark(name: str, part: bytes) -> bytes:
    declaration = b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n'
    return b"\xef\xbb\xbf" + (b"" if name.endswith(".rels") else declaration) + part


def prefixed(name: str, part: bytes) -> bytes:
    if not name.startswith("xl/") or name.endswith(".rels"):
        return part
    return (
        part.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:").replace(b"xmlns=", b"xmlns:x=")
    )


PLAIN = xlsx(placements(row(1), row(2)))
STRINGS = (
    f'<sst xmlns="{MAIN}"><si><r><t>100</t></r><r><rPr><b/></rPr><t>001</t></r><rPh sb="0" eb="2"><t>ITCHI</t></rPh>'
    '<phoneticPr fontId="1"/></si></sst>'
)
NO_REFERENCES = sheet(
    *(
        "<row>" + "".join(c("", cells.get(name, "")).replace(' r=""', "") for name in COLUMNS) + "</row>"
        for cells in (dict(zip(COLUMNS, COLUMNS, strict=True)), row(1), row(2))
    )
)
AROUND = {
    "before": '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" state="frozen"/></sheetView></sheetViews>',
    "after": '<extLst><ext uri="{x}"><x14:a xmlns:x14="y" xmlns:xm="z"><xm:f>Lists!A1</xm:f></x14:a></ext></extLst>',
}
TRACKED = (
    '<table:tracked-changes><table:cell-content-change table:id="ct1"><table:previous><table:change-track-table-cell '
    'office:value-type="string"><text:p>OLD</text:p></table:change-track-table-cell></table:previous>'
    '</table:cell-content-change></table:tracked-changes><table:table table:name="S">'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", by_xlsxwriter(a_table)),
        ("x.xlsx", by_xlsxwriter(frozen_and_checked)),
        ("x.xlsx", by_xlsxwriter(rich_text)),
        ("x.xlsx", by_xlsxwriter(formats)),
        ("x.xlsx", by_xlsxwriter(a_chart)),
        ("x.xlsx", by_openpyxl(a_day)),
        ("x.xlsx", by_openpyxl(from_1904)),
        ("x.xlsx", by_openpyxl(a_day, iso_dates=True)),
        ("x.xlsx", changed(PLAIN, strict)),
        ("x.xlsx", changed(PLAIN, with_mark)),
        ("x.xlsx", changed(PLAIN, prefixed)),
        ("x.xlsx", xlsx(NO_REFERENCES)),
        ("x.xlsx", xlsx(placements(row(1), row(2)).replace("><", ">\n  <"))),
        ("x.xlsx", xlsx(placements(row(1), row(2), **AROUND))),
        ("x.xlsx", xlsx(placements(row(1), row(2), before='<dimension ref="A1:XFD1048576"/>'))),
        (
            "x.xlsx",
            xlsx(with_cells(2, ("provider_id", 2, {"value": 0, "kind": "s"})), parts={"xl/sharedStrings.xml": STRINGS}),
        ),
        (
            "x.xlsx",
            xlsx(
                with_cells(
                    2,
                    ("start_date", 2, {"value": "2025-04-01T00:00:00.000Z", "kind": "d"}),
                    ("start_date", 3, {"value": "2025-04-01T00:00Z", "kind": "d"}),
                )
            ),
        ),
        ("x.xlsx", ods("".join(o_table(row(1), row(2))))),
        ("x.ods", PLAIN),
        ("X.XLSM", PLAIN),
        ("x.ods", ods_of(f"{TRACKED}{''.join(o_table(row(1), row(2)))}</table:table>")),
        (
            "x.ods",
            ods(
                f"<table:table-header-rows>{o_table()[0]}</table:table-header-rows>"
                f"<table:table-row-group>{''.join(o_table(row(1), row(2))[1:])}</table:table-row-group>"
                '<table:table-row table:number-rows-repeated="1048000">'
                '<table:table-cell table:style-name="x" table:number-columns-repeated="16384"/></table:table-row>'
            ),
        ),
    ],
)
def test_what_programs_write_is_read_without_a_word(tmp_path: Path, name: str, content: bytes) -> None:
    found = price(tmp_path, content, name)
    assert [code for code in found.findings["code"] if code != "sheet_chosen"] == []
    assert amounts(found) == BOTH


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        ("sep=,\n" + text(row(1), row(2)), ["header_row"]),
        ('ListSchema={"schemaXmlList":["<Field/>"]}\n' + text(row(1), row(2)), ["header_row"]),
        ("\r".join(text(row(1), row(2)).split("\n")), []),
        ("\ufeff\ufeff" + text(row(1), row(2)), ["header_matched"]),
        (text(row(1, start_date="01/04/2025 00:00:00"), row(2)), ["date_format"]),
        (text(row(1, start_date="01/04/2025 00:00"), row(2, start_date="2025-04-01 00:00:00.000")), ["date_format"]),
    ],
)
def test_what_systems_export_as_csv_is_read(tmp_path: Path, content: str, noted: list[str]) -> None:
    found = price(tmp_path, content)
    assert found.findings["code"].to_list() == noted
    assert amounts(found) == BOTH


def test_an_export_of_numbers_has_a_summary_and_a_title_across_the_table(tmp_path: Path) -> None:
    title = line(1, ["Table 1"])
    merged = '<mergeCells count="1"><mergeCell ref="A1:M1"/></mergeCells>'
    summary = sheet(line(1, ["This document was exported from Numbers."]), line(3, ["Numbers Sheet Name"]))
    data = sheet(title, *table(row(1), row(2), first=2), after=merged)
    found = price(tmp_path, xlsx({"Export Summary": summary, "Sheet 1 - Table 1": data}), "x.xlsx")
    assert found.findings["code"].to_list() == ["sheet_chosen", "header_row"]
    assert amounts(found) == BOTH


def test_a_connection_an_object_and_a_data_model_are_listed_or_nothing(tmp_path: Path) -> None:
    link = (
        f'<Relationship Id="a" Type="{RELATIONS}/externalLinkPath" Target="file:///C:/x.xlsx" TargetMode="External"/>'
    )
    parts: dict[str, str | bytes] = {
        "xl/connections.xml": "<connections/>",
        "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{PACKAGE}">{link}</Relationships>',
        "xl/embeddings/oleObject1.bin": b"x",
        "xl/model/item.data": bytes(1_000_000),
        "xl/pivotCache/pivotCacheRecords1.xml": "<r>" + '<x v="1"/>' * 100_000 + "</r>",
        "customXml/item1.xml": "<a",
    }
    said = finding(price(tmp_path, xlsx(placements(row(1)), parts=parts), "x.xlsx"), "outside_links", None)
    assert all(what in said for what in ("data connection", "C:/x.xlsx", "oleObject1.bin"))


@pytest.mark.parametrize(
    "add",
    [
        lambda _, page: page.write_number(1, 10, math.nan),
        lambda _, page: page.write_number(1, 10, math.inf),
        lambda _, page: page.write_formula(1, 10, "=1/0", None, "#DIV/0!"),
    ],
)
def test_what_is_no_number_is_an_error_however_a_library_wrote_it(
    tmp_path: Path, add: Callable[[Any, Any], None]
) -> None:
    found = price(tmp_path, by_xlsxwriter(add), "x.xlsx")
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert nothing_lost(found, 2, 1)


def test_a_number_that_a_spreadsheet_shortened_is_no_provider(tmp_path: Path) -> None:
    found = price(tmp_path, text(row(1, provider_id="1.00001E+05"), row(2, provider_id="1.23457e+14"), row(3)))
    assert errors(found) == [("bad_value", 2, "provider_id"), ("bad_value", 3, "provider_id")]
    assert "give all its digits" in finding(found, "bad_value", 2)


def test_two_errors_in_a_column_of_identifiers_are_no_repetition(tmp_path: Path) -> None:
    bad = {"value": "#N/A", "kind": "e"}
    found = price(tmp_path, xlsx(with_cells(3, ("placement_id", 2, bad), ("placement_id", 3, bad))), "x.xlsx")
    assert errors(found) == [("bad_value", 2, "placement_id"), ("bad_value", 3, "placement_id")]


def test_a_header_over_two_lines_is_shown_on_one(tmp_path: Path) -> None:
    found = price(tmp_path, xlsx(with_cells(1, ("home_la", 1, {"value": "Home\r\nLA"}))), "x.xlsx")
    assert "The header 'Home LA' in column C" in finding(found, "header_matched", 1)


FAR = 1_048_576
BLANK_CELLS = [
    c(f"A{FAR}", " "),
    f'<c r="A{FAR}" t="inlineStr"><is><t></t></is></c>',
    f'<c r="A{FAR}" t="str"><f>X</f><v></v></c>',
    f'<c r="A{FAR}" t="str"><v/></c>',
    f'<c r="A{FAR}" t="n"><v></v></c>',
    f'<c r="A{FAR}" t="s"><v>0</v></c>',
]


@pytest.mark.parametrize("cell", BLANK_CELLS)
def test_blank_text_far_from_the_table_is_refused_before_a_reader_goes_there(tmp_path: Path, cell: str) -> None:
    strings = {"xl/sharedStrings.xml": "<sst><si><t/></si></sst>"}
    said = refusal(tmp_path, xlsx(sheet(*table(row(1)), r(FAR, cell)), parts=strings))
    assert "goes on to row 1,048,576 and column M" in said


@pytest.mark.parametrize(
    "rows",
    [
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>' + o_row(o(" ")),
        o_row(o(" "), attributes='table:number-rows-repeated="1000002"'),
        o_row(
            o(" ", attributes='table:number-columns-repeated="16384"'),
            attributes='table:number-rows-repeated="100000"',
        ),
    ],
)
def test_blank_text_far_from_the_table_of_libreoffice_is_refused_too(tmp_path: Path, rows: str) -> None:
    assert "goes on to row 1" in refusal(tmp_path, ods("".join(o_table(row(1))) + rows), "x.ods")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.xlsx", b"<html><table><tr><td>placement_id</td></tr></table></html>", "looks like a web page"),
        ("x.xlsx", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "looks like XML"),
        ("x.ods", b'\xef\xbb\xbf<?xml version="1.0"?><office:document/>', "looks like XML"),
    ],
)
def test_a_page_under_a_workbook_s_ending_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    said = refusal(tmp_path, content, name)
    assert says in said
    assert "save it there as Excel Workbook (.xlsx)" in said


def test_what_polars_writes_for_excel_is_read(tmp_path: Path) -> None:
    target = io.BytesIO()
    frame = pl.DataFrame([row(1), row(2)]).with_columns(pl.col("start_date").str.to_date())
    frame.with_columns(pl.col("agreed_price").cast(pl.Float64)).write_excel(target)
    assert amounts(price(tmp_path, target.getvalue(), "x.xlsx")) == BOTH
