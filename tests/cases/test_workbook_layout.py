"""Workbooks whose parts are elsewhere than spreadsheet programs put them: read by their relationships, or refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tariff_engine.placements import wanted_columns
from tariff_engine.tables.returning import Checked, write_returned

from .files import amounts, finding, nothing_lost, price, row
from .workbooks import PACKAGE, RELATIONS, c, line, placements, r, read, refusal, sheet, table, with_cells, xlsx, zipped

FULL = 4000000
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def shared(text: str) -> str:
    """The XML of a list of one shared string."""
    return f"<sst><si><t>{text}</t></si></sst>"


def with_shared() -> bytes:
    """A workbook whose second placement has a shared string for its authority, and a date by its style."""
    xml = with_cells(2, ("home_la", 3, {"value": 0, "kind": "s"}), ("start_date", 3, {"value": 45748, "style": 1}))
    return xlsx(xml, parts={"xl/sharedStrings.xml": shared("878")})


def laid_out(content: bytes, names: dict[str, str], targets: dict[str, str]) -> bytes:
    """A workbook with parts under other names, and other targets of its relationships by their kinds."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {names.get(name, name): archive.read(name) for name in archive.namelist()}

    def links(*kinds: str) -> str:
        each = (
            f'<Relationship Id="rId{at}" Type="{RELATIONS}/{kind}" Target="{targets[kind]}"/>'
            for at, kind in enumerate(kinds, 1)
        )
        return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(each)}</Relationships>'

    book = targets["officeDocument"].lstrip("./")
    folder, _, file = book.rpartition("/")
    others = [kind for kind in ("worksheet", "sharedStrings", "styles") if kind in targets]
    override = f'<Override PartName="/{book}" ContentType="{BOOK_TYPE}"/>'
    parts |= {
        "_rels/.rels": links("officeDocument").encode(),
        f"{folder}/_rels/{file}.rels".lstrip("/"): links(*others).encode(),
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{override}</Types>'.encode(),
    }
    return zipped({name: part for name, part in parts.items() if name not in names})


BOOK, SHEET = "xl/workbook.xml", "xl/worksheets/sheet1.xml"
STRINGS, STYLES, LINKS = "xl/sharedStrings.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        ({}, {"worksheet": "./worksheets/sheet1.xml"}),
        ({}, {"worksheet": "/xl/worksheets/sheet1.xml"}),
        ({}, {"worksheet": "../xl/worksheets/sheet1.xml", "officeDocument": "/xl/workbook.xml"}),
        ({}, {"worksheet": "worksheets/../worksheets/sheet1.xml", "officeDocument": "./xl/workbook.xml"}),
        ({}, {"worksheet": "WORKSHEETS/Sheet1.XML"}),
        ({SHEET: "xl/sheets/one.xml"}, {"worksheet": "sheets/one.xml"}),
        ({SHEET: "xl/sheet.xml"}, {"worksheet": "sheet.xml"}),
        ({SHEET: "data/My%20sheet.xml"}, {"worksheet": "../data/My%20sheet.xml"}),
        ({SHEET: "xl/worksheets/chartsheets/a.xml"}, {"worksheet": "worksheets/chartsheets/a.xml"}),
        ({STRINGS: "texts.xml", STYLES: "xl/a/b.xml"}, {"sharedStrings": "/texts.xml", "styles": "a/b.xml"}),
        (
            {BOOK: "book.xml", SHEET: "s.xml", STRINGS: "t.xml", STYLES: "y.xml", LINKS: "gone"},
            {
                "officeDocument": "book.xml",
                "worksheet": "s.xml",
                "sharedStrings": "t.xml",
                "styles": "/y.xml",
            },
        ),
        (
            {BOOK: "a/b/wb.xml", SHEET: "a/c/s.xml", STRINGS: "a/b/sharedStrings.xml", STYLES: "a/b/styles.xml"},
            {"officeDocument": "/a/b/wb.xml", "worksheet": "../c/s.xml"},
        ),
    ],
)
def test_parts_are_read_where_the_relationships_say(
    tmp_path: Path, names: dict[str, str], targets: dict[str, str]
) -> None:
    usual = {"officeDocument": BOOK, "worksheet": "worksheets/sheet1.xml"}
    found = price(tmp_path, laid_out(with_shared(), names, usual | targets), "x.xlsx")
    assert found.findings.rows() == []
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert found.lines["from"].cast(str).to_list() == ["2025-04-01", "2025-04-01"]


def test_a_chart_s_sheet_and_macros_in_another_folder_keep_their_places(tmp_path: Path) -> None:
    content = xlsx({"Chart": "<x/>", "Data": placements(row(1)), "Notes": sheet(line(1, ["hello"]))})
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(
            [("chartsheet", "charts/a.xml"), ("worksheet", "d.xml"), ("worksheet", "worksheets/sheet3.xml")], 1
        )
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts |= {LINKS: f"<Relationships>{links}</Relationships>", "xl/d.xml": parts.pop("xl/worksheets/sheet2.xml")}
    parts["macros/vbaProject.bin"] = b"x"
    found = price(tmp_path, zipped(parts), "x.xlsm")
    assert amounts(found) == {"P1": FULL}
    assert finding(found, "macros_ignored", None)
    assert "'Notes' was not read" in finding(found, "sheet_chosen", None)


@pytest.mark.parametrize(
    "target",
    ["../../xl/worksheets/sheet1.xml", "none.xml", "", "/", "..", "worksheets"],
)
def test_a_part_out_of_the_file_or_not_in_it_is_refused(tmp_path: Path, target: str) -> None:
    content = laid_out(xlsx(placements(row(1))), {}, {"officeDocument": BOOK, "worksheet": target})
    assert "could not be read" in refusal(tmp_path, content)


def test_two_sheets_that_are_one_part_by_two_paths_are_refused(tmp_path: Path) -> None:
    targets = ("worksheets/sheet1.xml", "./worksheets/SHEET1.xml")
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATIONS}/worksheet" Target="{target}"/>'
        for at, target in enumerate(targets, 1)
    )
    parts = {LINKS: f"<Relationships>{links}</Relationships>"}
    said = refusal(tmp_path, xlsx({"A": placements(row(1)), "B": sheet()}, parts=parts))
    assert "two of its sheets are one" in said


def test_a_swollen_part_in_another_folder_is_refused_before_it_is_read(tmp_path: Path) -> None:
    rows = "".join(r(at, c(f"A{at}", 1)) for at in range(1, 3))
    content = laid_out(xlsx(sheet(rows)), {SHEET: "d.xml"}, {"officeDocument": BOOK, "worksheet": "/d.xml"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts["d.xml"] = sheet(rows) + " " * 80_000_000
    assert "far larger unpacked" in refusal(tmp_path, zipped(parts))


def test_such_a_workbook_can_be_returned_with_its_findings(tmp_path: Path) -> None:
    rows = sheet(*table(row(1), row(2, fte="9")))
    content = laid_out(xlsx(rows), {SHEET: "d/s.xml"}, {"officeDocument": BOOK, "worksheet": "/d/s.xml"})
    found = price(tmp_path, content, "x.xlsx")
    out = tmp_path / "out.xlsx"
    write_returned(
        out, Checked(tmp_path / "x.xlsx", found.placements.raw, found.findings, wanted_columns(found.frameworks))
    )
    said = [cell.value for cell in openpyxl.load_workbook(out)["Sheet1"]["N"]]
    assert said == ["Validation results", "ok", "1 error"]
    assert nothing_lost(found, 2, 1)


def test_the_usual_places_are_read_from_the_file_itself(tmp_path: Path) -> None:
    table_of = read(tmp_path, with_shared())
    assert table_of.frame["home_la"].to_list() == ["878", "878"]
