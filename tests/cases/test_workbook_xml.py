"""Cases A for workbooks: XML that no spreadsheet program writes is refused, and no cell is ever left out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tariff_engine.tables.contract import MEBIBYTE

from .files import AGREED, row
from .workbooks import (
    MAIN,
    RELATIONS,
    c,
    line,
    o_row,
    o_table,
    ods,
    placements,
    r,
    read,
    refusal,
    sheet,
    xlsx,
)


@pytest.mark.parametrize(
    "xml",
    [
        f'<worksheet xmlns="{MAIN}">' + "<a>" * 100_000,
        f'<worksheet xmlns="{MAIN}"><sheetData>' + "<a>" * 1_000,
        f'<worksheet xmlns="{MAIN}" x="' + "a" * (20 * MEBIBYTE) + '"/>',
        sheet(r(1, f"<c r='A1' t='str'><v>{'x' * (2 * MEBIBYTE)}</v></c>")),
        sheet(r(1, f"<c r='A1' t='inlineStr'><is>{'<r>' * 100}</is></c>")),
        sheet(line(1, ["a"])) + "<junk",
        sheet(line(1, ["a"])) + "<junk/>",
        "",
        "\0" * 100,
    ],
    ids=["deep", "deep among cells", "long tag", "long text", "deep text", "cut", "two roots", "blank", "zeros"],
)
def test_hostile_xml_is_refused(tmp_path: Path, xml: str) -> None:
    assert "could not be read" in refusal(tmp_path, xlsx(xml))


@pytest.mark.parametrize(
    "rows",
    [
        [r(2, c("A2", 1)), r(1, c("A1", 1))],
        [r(1, c("B1", 1), c("A1", 1))],
        [r(1, c("B1", 1), c("A1", 1, style=1), c("C1", formula="1"))],
        [r(1, c("A1", 1), c("A1", 2))],
        [r(1, c("A5", 1))],
        [r(1, c("a1", 1))],
        [r(1, c("XFE1", 1))],
        [r(0, c("A0", 1))],
        [r(1_048_577, c("A1048577", 1))],
        [r(1, '<c r="A1"><v>1</v><f>x</f></c>')],
        [r(1, '<c r="A1" t="inlineStr"><v>1</v></c>')],
        [r(1, '<c r="A1"><is><t>1</t></is></c>')],
        [r(1, '<c r="A1"><v>1</v><v>2</v></c>')],
        [r(1, '<c r="A1"><v><![CDATA[7]]></v></c>')],
        [r(1, '<c r="A1"><v>1<!-- x -->2</v></c>')],
        [r(1, '<c r="A1"><v>1<?x y?>2</v></c>')],
        [r(1, '<c r="A1"><v>1<![CDATA[2]]></v></c>')],
        [r(1, c("A1", 1)), r(1, c("B1", 1))],
        [r(1, "<c><v>1</v></c>"), r(1, c("B1", 1))],
        [r(1, '<c r="A1"><v>1<b/>2</v></c>')],
        [r(1, '<c r="A1"><c r="B1"><v>1</v></c></c>')],
        [r(1, '<c r="A1" t="zz"><v>1</v></c>')],
        [r(1, '<c r="A1" t="s"><v>99</v></c>')],
        ["<c><v>1</v></c>"],
        ["</sheetData><sheetData>"],
    ],
)
def test_cells_in_a_form_that_readers_differ_on_are_refused_and_never_left_out(tmp_path: Path, rows: list[str]) -> None:
    assert "could not be read" in refusal(tmp_path, xlsx(sheet(*rows)))


@pytest.mark.parametrize(
    ("part", "xml"),
    [
        (
            "_rels/.rels",
            '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="evil/workbook.xml"/></Relationships>',
        ),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>"),
        (
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="../../x.xml"/></Relationships>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="missing.xml"/></Relationships>',
        ),
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/workbook.xml", '<workbook><sheets><sheet name="a"/><sheet name="A"/></sheets></workbook>'),
        ("xl/sharedStrings.xml", "<sst><si><t>a<b/></t></si></sst>"),
        ("xl/sharedStrings.xml", "<sst><si><t>a<!-- b --></t></si></sst>"),
        ("xl/sharedStrings.xml", "<sst><si><t>a"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path, part: str, xml: str) -> None:
    assert "could not be read" in refusal(tmp_path, xlsx(placements(row(1)), parts={part: xml}))


def test_of_two_workbooks_in_a_file_the_one_it_names_is_looked_through_and_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx(placements(row(2))))) as archive:
        others = {name: archive.read(name) for name in archive.namelist() if name.startswith("xl/")}
    parts: dict[str, str | bytes] = {name.replace("xl/", "other/", 1): part for name, part in others.items()}
    link = f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="other/workbook.xml"/>'
    parts["_rels/.rels"] = f"<Relationships>{link}</Relationships>"
    assert read(tmp_path, xlsx(placements(row(1)), parts=parts)).frame["placement_id"].to_list() == ["P2"]
    twice = f"<Relationships>{link}{link.replace('rId1', 'rId2').replace('other/', 'xl/')}</Relationships>"
    assert "isn't said once" in refusal(tmp_path, xlsx(placements(row(1)), parts={**parts, "_rels/.rels": twice}))


def test_two_sheets_of_one_part_are_refused(tmp_path: Path) -> None:
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>' for at in (1, 2)
    )
    sheets = {"A": placements(row(1)), "B": sheet()}
    content = xlsx(sheets, parts={"xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>"})
    assert "two of its sheets are one" in refusal(tmp_path, content)


def test_a_file_of_strings_that_claims_more_of_them_than_it_has_is_refused(tmp_path: Path) -> None:
    # The tag by which runs of strings are counted can't be used to have a filled cell taken for a blank one.
    strings = f'<sst><si plain="5"/><si/><si><t>{AGREED["home_la"]}</t></si></sst>'
    content = xlsx(sheet(r(1, c("A1", 2, "s"), c("B1", 1, "s"))), parts={"xl/sharedStrings.xml": strings})
    assert "not every cell of it came back" in refusal(tmp_path, content)


def test_plain_rows_in_a_comment_are_no_rows(tmp_path: Path) -> None:
    comment = f"<!-- {line(7, [1, 2, 3])} -->"
    said = refusal(tmp_path, xlsx(sheet(line(1, ["a"]), comment)))
    assert "missing from the header" in said


def test_a_count_of_plain_rows_that_is_not_theirs_is_refused(tmp_path: Path) -> None:
    # The row in the comment has the number of a real one, and would be counted for it.
    comment = f"<!-- {line(2, [1, 2, 3])} -->"
    said = refusal(tmp_path, xlsx(sheet(line(1, ["a"]), comment, r(2, c("A2", 1), "<c/>", c("C2", "x", "e")))))
    assert "could not be read" in said or "can't be read" in said


@pytest.mark.parametrize("part", ['<plain at="1"/>', '<plain at="9"/>', "<plain/>"])
def test_the_tag_of_emptied_rows_of_ods_cannot_be_made_use_of(tmp_path: Path, part: str) -> None:
    for rows in ([*o_table(row(1)), o_row(part)], [o_row(part), *o_table(row(1))]):
        assert "could not be read" in refusal(tmp_path, ods("".join(rows)), "x.ods")


def with_links(*kinds: str) -> bytes:
    """Four sheets, of which the second has the table, by the kinds of their relationships."""
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{kind}" Target="worksheets/sheet{at}.xml"/>'
        for at, kind in enumerate(kinds, 1)
    )
    sheets = {"A": "<x/>", "Data": placements(row(1)), "B": "<x/>", "Notes": sheet(line(1, ["hello"]))}
    return xlsx(sheets, parts={"xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>"})


@pytest.mark.parametrize("kind", ["chartsheet", "dialogsheet"])
def test_sheets_without_cells_keep_the_places_of_the_others(tmp_path: Path, kind: str) -> None:
    other, cells = f"{RELATIONS}/{kind}", f"{RELATIONS}/worksheet"
    assert read(tmp_path, with_links(other, cells, other, cells)).frame["placement_id"].to_list() == ["P1"]


def test_a_sheet_of_macros_is_refused_with_what_to_do(tmp_path: Path) -> None:
    macros, cells = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", f"{RELATIONS}/worksheet"
    assert "Save the file as Excel Workbook (.xlsx)" in refusal(tmp_path, with_links(macros, cells, cells, cells))
