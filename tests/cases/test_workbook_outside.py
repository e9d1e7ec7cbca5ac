"""Cases A16 and A17: macros, and what in a workbook reaches outside it, are told; nothing is run or fetched."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from .files import amounts, nothing_lost, price, row
from .workbooks import (
    MAIN,
    PACKAGE,
    RELATIONS,
    c,
    limited,
    o_table,
    ods,
    ods_of,
    placements,
    refusal,
    sheet,
    table,
    xlsx,
)

GOOD = xlsx(placements(row(1), row(2)))


def test_a16_macros_are_ignored_with_a_notice_and_may_be_refused(tmp_path: Path) -> None:
    content = xlsx(placements(row(1)), parts={"xl/vbaProject.bin": b"\xd0\xcf macros"})
    found = price(tmp_path, content, "x.xlsm")
    assert found.findings.select("code", "severity").rows() == [("macros_ignored", "info")]
    assert amounts(found) == {"P1": 4000000}
    assert "holds macros" in refusal(tmp_path, content, "x.xlsm", limited(macros=False))
    written = found.write(tmp_path / "out.xlsx")
    with zipfile.ZipFile(written[0]) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]


def test_a16_macros_of_libreoffice_are_told_too(tmp_path: Path) -> None:
    content = ods("".join(o_table(row(1))), parts={"Basic/Standard/Module1.xml": "<x/>"})
    assert price(tmp_path, content, "x.ods").findings["code"].to_list() == ["macros_ignored"]


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        (
            {
                "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
                f'<Relationship Id="r1" Type="{RELATIONS}/externalLinkPath" Target="file:///\\\\server\\rates.xlsx" '
                f'TargetMode="External"/></Relationships>',
            },
            "file:///\\\\server\\rates.xlsx",
        ),
        ({"xl/embeddings/oleObject1.bin": b"\xd0\xcf"}, "oleObject1.bin"),
        ({"xl/embeddings/inner.xlsx": GOOD}, "inner.xlsx"),
        ({"xl/connections.xml": "<connections/>"}, "data connection"),
        (
            {
                "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}">'
                '<ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>'
            },
            "cmd /C calc",
        ),
    ],
    ids=["link", "ole", "nested workbook", "connection", "dde"],
)
def test_a17_what_reaches_outside_is_listed_in_a_warning(
    tmp_path: Path, parts: dict[str, str | bytes], named: str
) -> None:
    found = price(tmp_path, xlsx(placements(row(1)), parts=parts), "x.xlsx")
    ((code, severity, message),) = found.findings.select("code", "severity", "message").rows()
    assert (code, severity) == ("outside_links", "warning")
    assert named in message
    assert "nothing was fetched" in message
    assert amounts(found) == {"P1": 4000000}


@pytest.mark.parametrize(
    "formula", ["cmd|'/C calc'!A0", 'DDE("soffice","x","y")', 'WEBSERVICE("http://x")', "'file:///x'#$A.A1"]
)
def test_a17_a_formula_that_asks_another_program_is_named_and_its_value_read(tmp_path: Path, formula: str) -> None:
    rows = table(row(1, agreed_price=""))
    rows[1] = rows[1].replace("</row>", c("K2", 40000, formula=formula) + "</row>")
    found = price(tmp_path, xlsx(sheet(*rows)), "x.xlsx")
    (message,) = found.findings["message"].to_list()
    assert "the formula in Sheet1 row 2, column K (agreed_price)" in message
    assert amounts(found) == {"P1": 4000000}


def test_a17_a_dde_link_of_libreoffice_is_listed_and_its_table_is_no_sheet(tmp_path: Path) -> None:
    link = '<table:dde-links><table:dde-link><office:dde-source office:dde-application="cmd" office:dde-topic="calc"/>'
    rows = "".join(o_table(row(1)))
    inner = f'<table:table table:name="D">{rows}</table:table></table:dde-link></table:dde-links>'
    found = price(tmp_path, ods_of(f'<table:table table:name="S">{rows}</table:table>{link}{inner}'), "x.ods")
    assert "a DDE link to cmd calc" in found.findings["message"][0]
    assert nothing_lost(found, 1)


def test_a17_a_link_that_only_a_click_follows_is_nothing(tmp_path: Path) -> None:
    link = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{RELATIONS}/hyperlink" '
        f'Target="https://example.org" TargetMode="External"/></Relationships>'
    )
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": link}
    assert price(tmp_path, xlsx(placements(row(1)), parts=parts), "x.xlsx").findings.height == 0
