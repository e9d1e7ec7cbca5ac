"""Cases B for workbooks, from B15 on: amounts, days, codes and names as sheets have them, and which sheet is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing, cost
from tests.small import write_version

from .files import AGREED, COLUMNS, amounts, errors, finding, nothing_lost, price, row
from .workbooks import (
    DATE,
    DATE_AND_TIME,
    PERCENT,
    Cell,
    c,
    line,
    o,
    o_row,
    o_table,
    ods,
    ods_of,
    placements,
    r,
    read,
    refusal,
    serial,
    sheet,
    table,
    with_cells,
    xlsx,
)

FULL = 4000000


def costed(folder: Path, xml: str | dict[str, str], **options: Any) -> Costing:
    return price(folder, xlsx(xml, **options), "x.xlsx")


def test_b15_a_provider_as_text_and_as_a_number_is_the_same_provider(tmp_path: Path) -> None:
    values: list[dict[str, Any]] = [
        {"value": "100002"},
        {"value": "100002.0", "kind": "n"},
        {"value": 100002},
        {"value": "1.00002E5", "kind": "n"},
    ]
    cells = [("provider_id", at, value) for at, value in enumerate(values, 2)]
    found = costed(tmp_path, with_cells(4, *cells))
    assert found.by("payee").select("payee", "amount").rows() == [("100002", 4 * FULL)]


def test_b16_an_authority_s_code_in_its_other_forms(tmp_path: Path) -> None:
    codes = ["878.0", "E10000008", 8784001, 878.5]
    cells = [("home_la", at, {"value": code}) for at, code in enumerate(codes, 2)]
    found = costed(tmp_path, with_cells(4, *cells))
    assert found.lines["home_la"].to_list() == ["878", "878"]
    assert "local authority is 878" in finding(found, "bad_value", 4, "home_la")
    assert errors(found) == [("bad_value", 4, "home_la"), ("bad_value", 5, "home_la")]


@pytest.mark.parametrize(
    ("value", "pence"),
    [(1234.56, 123456), ("£1,234.56", 123456), ("1 234.56", 123456), ("1\u00a0234.56", 123456), (0.1 + 0.2, 30),
     (1234.5600000000001, 123456), ("-0.0", 0), (40000, FULL), ("1E3", 100000), ("  5 ", 500)],
)  # fmt: skip
def test_b18_b21_amounts_in_the_forms_that_sheets_have(tmp_path: Path, value: Cell, pence: int) -> None:
    kind = "n" if value in ("-0.0", "1E3") else ""
    found = costed(tmp_path, with_cells(1, ("agreed_price", 2, {"value": value, "kind": kind})))
    assert amounts(found) == {"P1": pence}
    assert nothing_lost(found, 1)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("1.234,56", ""), ("12k", ""), ("c.£500", ""), ("TBC", ""), ("n/a", ""), ("-", ""), ("(5)", ""), (1234.567, ""),
     ("1E308", "n"), ("1e999", "n"), ("NaN", "n"), ("-5", "n"), (True, ""), ("50%", "")],
)  # fmt: skip
def test_b19_b20_b22_what_is_no_amount_is_an_error_and_never_0(tmp_path: Path, value: Cell, kind: str) -> None:
    found = costed(tmp_path, with_cells(2, ("agreed_price", 2, {"value": value, "kind": kind})))
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert amounts(found) == {"P2": FULL}
    assert nothing_lost(found, 2, 1)


@pytest.mark.parametrize(
    ("cell", "reported"),
    [
        ({"value": serial(date(2026, 1, 1)), "style": DATE}, False),
        ({"value": 46023.000000001, "style": DATE}, False),
        ({"value": serial(date(2026, 1, 1))}, True),
        ({"value": "2026-01-01", "kind": "d"}, False),
        ({"value": "2026-01-01"}, False),
        ({"value": "01/01/2026"}, True),
        ({"value": "1/1/2026"}, True),
    ],
)
def test_b23_a_date_in_any_form_is_the_same_day(tmp_path: Path, cell: dict[str, Any], reported: bool) -> None:
    found = costed(tmp_path, with_cells(1, ("start_date", 2, cell)))
    assert found.lines["from"].to_list() == [date(2026, 1, 1)]
    assert ("date_format" in found.findings["code"].to_list()) is reported


@pytest.mark.parametrize(
    "cell",
    [
        {"value": "1/4/26"},
        {"value": "31/02/2026"},
        {"value": "04/13/2026"},
        {"value": 46023.5, "style": DATE_AND_TIME},
        {"value": 46023.5},
        {"value": 0.5, "style": DATE_AND_TIME},
        {"value": -5, "style": DATE},
        {"value": 3_000_000, "style": DATE},
    ],
)
def test_b23_what_is_no_day_is_an_error(tmp_path: Path, cell: dict[str, Any]) -> None:
    found = costed(tmp_path, with_cells(2, ("start_date", 2, cell)))
    assert errors(found) == [("bad_value", 2, "start_date")]
    assert nothing_lost(found, 2, 1)


@pytest.mark.parametrize("properties", ['date1904="1"', 'date1904="true"'])
def test_b24_days_counted_from_1904_are_the_same_days(tmp_path: Path, properties: str) -> None:
    since_1904 = serial(date(2026, 1, 1)) - 1_462
    cells: list[tuple[str, int, dict[str, Any]]]
    cells = [("start_date", 2, {"value": since_1904, "style": DATE}), ("start_date", 3, {"value": since_1904}),
             ("start_date", 4, {"value": "2026-01-01"}), ("nc_year", 2, {"value": 4})]  # fmt: skip
    found = costed(tmp_path, with_cells(3, *cells), properties=properties)
    assert found.lines["from"].to_list() == [date(2026, 1, 1)] * 3
    assert nothing_lost(found, 3)


@pytest.mark.parametrize("day_0", [date(1904, 1, 1), date(1900, 1, 1), date(1970, 1, 1)])
def test_b24_a_sheet_of_opendocument_may_count_its_days_from_any_other(tmp_path: Path, day_0: date) -> None:
    count = (date(2026, 1, 1) - day_0).days
    rows = o_table(row(1) | {"start_date": count}, row(2, start_date="2026-01-01"))
    settings = f'<table:calculation-settings><table:null-date table:date-value="{day_0}"/></table:calculation-settings>'
    xml = ods_of(f'{settings}<table:table table:name="Sheet1">{"".join(rows)}</table:table>')
    found = price(tmp_path, xml, "x.ods")
    assert found.lines["from"].to_list() == [date(2026, 1, 1)] * 2


@pytest.mark.parametrize("index", ["1.0", " 1", "+1", "-1", "abc", "1x", "18446744073709551617"])
def test_a_cell_that_names_no_text_by_its_number_is_never_given_the_first_one(tmp_path: Path, index: str) -> None:
    strings = "<sst><si><t>mainstream</t></si><si><t>special</t></si></sst>"
    content = xlsx(
        with_cells(1, ("provision", 2, {"value": index, "kind": "s"})), parts={"xl/sharedStrings.xml": strings}
    )
    assert "names a text that isn't there" in refusal(tmp_path, content)


def test_a_number_of_sixteen_digits_that_is_exact_keeps_them_all(tmp_path: Path) -> None:
    found = costed(tmp_path, with_cells(1, ("placement_id", 2, {"value": 1234567890123456})))
    assert found.lines["placement_id"].to_list() == ["1234567890123456"]


def test_b24_providers_closed_on_a_day_from_1904(tmp_path: Path) -> None:
    closed = serial(date(2026, 1, 1)) - 1_462
    path = tmp_path / "providers.xlsx"
    rows = [line(1, ["provider_id", "closed"]), line(2, [100001, closed])]
    path.write_bytes(xlsx(sheet(*rows), properties='date1904="1"'))
    found = price(tmp_path, xlsx(placements(row(1))), "x.xlsx", providers=path)
    assert "provider_closed" in found.findings["code"].to_list()
    assert "2026-01-01" in finding(found, "provider_closed", 2)


def test_a_share_of_full_time_in_a_cell_of_percent_is_that_share(tmp_path: Path) -> None:
    found = costed(tmp_path, with_cells(1, ("fte", 2, {"value": 0.5, "style": PERCENT})))
    assert found.placements.table["fte"].to_list() == [500_000]


NAMES = ["\U0001f642",
         "e\u0301ric", "O'Brien", "<script>alert(1)</script>", "{{7*7}}", 'a "b", c', "007", "1e5", "=1+1",
         "two\nlines", "'quoted", "a\tb", "-", "TRUE", "\u202eabc"]  # fmt: skip


def test_b33_names_go_through_intact(tmp_path: Path) -> None:
    rows = [{**row(at), "name": name} for at, name in enumerate(NAMES, 1)]
    found = costed(tmp_path, sheet(*table(*rows, columns=[*COLUMNS, "name"])))
    assert found.lines["name"].to_list() == NAMES
    assert nothing_lost(found, len(NAMES))


@pytest.mark.parametrize("name", ["Cover", "Instructions", "LISTS", " Example "])
def test_a_sheet_that_helps_to_fill_in_a_table_is_never_the_table(tmp_path: Path, name: str) -> None:
    example = placements(row(9))
    found = costed(tmp_path, {name: example, "Autumn": placements(row(1))})
    assert amounts(found) == {"P1": FULL}
    assert found.findings.height == 0
    assert "no sheet has a table" in refusal(tmp_path, xlsx({name: example}))


def test_of_several_sheets_the_one_with_the_columns_is_read_and_named(tmp_path: Path) -> None:
    found = costed(tmp_path, {"Notes": sheet(line(1, ["hello"])), "Autumn": placements(row(1)), "Blank": sheet()})
    assert "The table is on sheet 'Autumn'; 'Notes' was not read" in finding(found, "sheet_chosen", None)
    assert amounts(found) == {"P1": FULL}


def test_of_two_sheets_with_the_columns_the_one_called_placements_is_read(tmp_path: Path) -> None:
    sheets = {"Autumn": placements(row(1)), "placements ": placements(row(2))}
    assert amounts(costed(tmp_path, sheets)) == {"P2": FULL}


@pytest.mark.parametrize("states", [{}, {"Spring": "hidden"}])
def test_two_sheets_with_the_columns_are_refused_by_name(tmp_path: Path, states: dict[str, str]) -> None:
    sheets = {"Autumn": placements(row(1)), "Spring": placements(row(2))}
    said = refusal(tmp_path, xlsx(sheets, states=states))
    assert "'Autumn' and 'Spring'" in said
    assert "Placements" in said


def test_a_workbook_without_a_table_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path, xlsx({"A": sheet(), "B": sheet(r(1, c("A1", style=1)))}))
    assert "is empty" in refusal(tmp_path, ods(""), "x.ods")


def test_a_sheet_too_wide_for_a_table_stands_in_nobody_s_way(tmp_path: Path) -> None:
    wide = sheet(r(1, c("A1", "sums"), c("ZZ1", 1)))
    found = costed(tmp_path, {"Sums": wide, "Data": placements(row(1))})
    assert "'Sums' was not read" in finding(found, "sheet_chosen", None)
    assert "702 columns; the limit is 500" in refusal(tmp_path, xlsx({"Sums": wide, "Notes": sheet(line(1, ["a"]))}))


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert nothing_lost(costed(tmp_path, placements()), 0)


def test_a_chart_s_sheet_is_passed_over(tmp_path: Path) -> None:
    links = xlsx_links("worksheet", "chartsheet")
    sheets = {"Data": placements(row(1)), "Chart": "<chartsheet/>"}
    assert nothing_lost(costed(tmp_path, sheets, parts={"xl/_rels/workbook.xml.rels": links}), 1)


def xlsx_links(*kinds: str) -> str:
    links = "".join(
        f'<Relationship Id="rId{at}" Type="http://x/{kind}" Target="worksheets/sheet{at}.xml"/>'
        for at, kind in enumerate(kinds, 1)
    )
    return f"<Relationships>{links}</Relationships>"


def test_text_longer_than_a_cell_is_refused(tmp_path: Path) -> None:
    assert "more than 32,767 characters" in refusal(tmp_path, xlsx(placements(row(1, child_id="x" * 33_000))))


def test_a_providers_file_may_be_a_workbook_and_the_same_one(tmp_path: Path) -> None:
    providers = sheet(line(1, ["provider_id", "provider_type"]), line(2, [100001, "maintained"]))
    content = xlsx({"Providers": providers, "Placements": placements(row(1, provider_type=""))})
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    found = cost(path, write_version(tmp_path / "small"), "FY2025-26", providers=path)
    assert found.lines["s251_line"].to_list() == ["1.2.3"]
    assert nothing_lost(found, 1)


def test_an_error_in_a_child_s_identifier_shows_no_other(tmp_path: Path) -> None:
    upn = "H801200001001"
    xml = with_cells(2, ("child_id", 2, {"value": "#N/A", "kind": "e"}), ("child_id", 3, {"value": upn}))
    found = price(tmp_path, xlsx({upn: xml}), "x.xlsx")
    texts = found.findings.select(pl.col("message", "value").fill_null("")).rows()
    assert not [text for pair in texts for text in pair if upn in text]
    assert [code for code, _, _ in errors(found)] == ["bad_value"]


def test_the_same_table_is_the_same_costing_from_csv_xlsx_and_ods(tmp_path: Path) -> None:
    rows = [row(1), row(2, fte="0.5"), row(3, start_date="01/09/2025", fte="2"), row(4, home_la="E10000008")]
    lines = [",".join(COLUMNS), *(",".join(cells.get(name, "") for name in COLUMNS) for cells in rows)]
    found = [
        price(tmp_path, "\n".join(lines), "x.csv"),
        price(tmp_path, xlsx(placements(*rows)), "x.xlsx"),
        price(tmp_path, ods("".join(o_table(*rows))), "x.ods"),
    ]
    assert found[0].lines.equals(found[1].lines)
    assert found[0].lines.equals(found[2].lines)
    assert found[0].findings.equals(found[1].findings)
    assert found[0].findings.equals(found[2].findings)
    assert AGREED["home_la"] == "878"


def test_runs_of_like_cells_of_libreoffice_stand_for_each_of_them(tmp_path: Path) -> None:
    rows = o_table(row(1, need_learning="2", need_social="2"), row(2))
    rows[1] = rows[1].replace(o("2") + o("2"), o("2", attributes='table:number-columns-repeated="2"'))
    found = price(tmp_path, ods("".join(rows)), "x.ods")
    assert found.placements.table["need_social"].to_list() == [2, None]
    twice = [rows[0], o_row(o("P1"), attributes='table:number-rows-repeated="2"')]
    again = price(tmp_path, ods("".join(twice)), "x.ods")
    assert {at for _, at, _ in errors(again)} == {2, 3}


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("a<text:tab/>b", "a b"),
        ('a<text:tab text:tab-ref="1"></text:tab>b', "a b"),
        ("<text:span>a</text:span><text:tab/><text:a>b</text:a>", "a b"),
        ("a<text:line-break/>b", "a\nb"),
        ('a<text:s text:c="2"/>b', "a  b"),
    ],
)
def test_tabs_and_line_ends_of_libreoffice_part_words(tmp_path: Path, xml: str, text: str) -> None:
    rows = o_table(row(1, provider_id="a|b"), row(2))
    found = read(tmp_path, ods("".join(rows).replace("<text:p>a|b", f"<text:p>{xml}")), "x.ods")
    assert found.frame["provider_id"].to_list() == [text, "100001"]


def test_a_tab_in_a_header_of_libreoffice_is_space(tmp_path: Path) -> None:
    rows = o_table(row(1))
    rows[0] = rows[0].replace("<text:p>home_la", "<text:p>home<text:tab/>la")
    assert read(tmp_path, ods("".join(rows)), "x.ods").frame["home_la"].to_list() == ["878"]
