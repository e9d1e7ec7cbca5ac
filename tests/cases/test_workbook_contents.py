"""Cases B for workbooks: what stands in the cells is read without a guess, or named with its sheet, row and column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing
from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Limits, WorkbookLimits
from tariff_engine.tables.reading import read_table

from .files import COLUMNS, amounts, errors, finding, nothing_lost, price, row
from .workbooks import (
    REQUIRED,
    Cell,
    c,
    line,
    o,
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
)

FULL = 4000000
LETTERS = dict(zip(COLUMNS, "ABCDEFGHIJKLM", strict=True))


def costed(folder: Path, xml: str | dict[str, str], **options: Any) -> Costing:
    return price(folder, xlsx(xml, **options), "x.xlsx")


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
@pytest.mark.parametrize("column", ["agreed_price", "placement_id", "fte", "start_date", "provision", "nc_year"])
def test_b1_an_error_is_a_finding_that_names_the_cell(tmp_path: Path, column: str, error: str) -> None:
    found = costed(tmp_path, with_cells(3, (column, 3, {"value": error, "kind": "e", "formula": "1/0"})))
    assert errors(found) == [("bad_value", 3, column)]
    said = finding(found, "bad_value", 3, column)
    assert f"Sheet1 row 3, column {LETTERS[column]} ({column})" in said
    assert error in said
    assert amounts(found) == {"P1": FULL, "P3": FULL}
    assert nothing_lost(found, 3, 1)


def test_b1_an_error_without_a_formula_or_with_a_header_in_another_spelling(tmp_path: Path) -> None:
    xml = with_cells(
        1, ("agreed_price", 1, {"value": "Agreed  Price"}), ("agreed_price", 2, {"value": "#N/A", "kind": "e"})
    )
    assert "column K (Agreed  Price)" in finding(costed(tmp_path, xml), "bad_value", 2)


def test_b1_several_errors_of_a_row_are_each_named(tmp_path: Path) -> None:
    bad = {"value": "#REF!", "kind": "e"}
    found = costed(tmp_path, with_cells(2, ("fte", 3, bad), ("agreed_price", 3, bad), ("end_date", 2, bad)))
    assert errors(found) == [
        ("bad_value", 2, "end_date"),
        ("bad_value", 3, "agreed_price"),
        ("bad_value", 3, "fte"),
    ]
    assert nothing_lost(found, 2, 2)


def test_b1_a_row_of_nothing_but_an_error_is_no_blank_row(tmp_path: Path) -> None:
    rows = [*table(row(1)), r(3, c("K3", "#N/A", "e")), r(20, c("K20", "#DIV/0!", "e"))]
    found = costed(tmp_path, sheet(*rows))
    assert finding(found, "bad_value", 3)
    assert finding(found, "bad_value", 20)
    assert nothing_lost(found, 3, 2)


def test_b1_an_error_in_a_column_that_is_passed_through_is_a_warning(tmp_path: Path) -> None:
    rows = table({**row(1), "note": ""}, columns=[*COLUMNS, "note"])
    rows[1] = rows[1].replace("</row>", c("N2", "#N/A", "e") + "</row>")
    found = costed(tmp_path, sheet(*rows))
    assert "Sheet1 row 2, column N (note), holds #N/A" in finding(found, "error_cell", 2)
    assert found.lines["note"].to_list() == ["#N/A"]
    assert amounts(found) == {"P1": FULL}


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#SPILL!", "#GETTING_DATA"])
@pytest.mark.parametrize("column", ["fte", "end_date", "start_date"])
def test_b1_an_error_in_the_place_of_a_header_is_refused_with_its_cell(tmp_path: Path, column: str, error: str) -> None:
    said = refusal(tmp_path, xlsx(with_cells(2, (column, 1, {"value": error, "kind": "e", "formula": "A1"}))))
    assert f"Sheet1 row 1, column {LETTERS[column]}, holds {error}" in said


def test_b1_an_error_in_the_place_of_a_header_of_libreoffice_is_refused(tmp_path: Path) -> None:
    rows = o_table(row(1))
    rows[0] = rows[0].replace(o("fte"), o(0, shown="Err:502"))
    assert "Sheet1 row 1, column J, holds" in refusal(tmp_path, ods("".join(rows)), "x.ods")


def test_b1_an_error_above_the_header_is_nothing(tmp_path: Path) -> None:
    found = costed(tmp_path, sheet(r(1, c("A1", "#NAME?", "e", formula="TITLE()")), *table(row(1), first=3)))
    assert found.findings["code"].to_list() == ["header_row"]
    assert nothing_lost(found, 1)


def test_b1_many_errors_are_listed_without_delay(tmp_path: Path) -> None:
    rows = [line(1, [*COLUMNS])]
    for at in range(2, 5_002):
        values: list[Cell] = [{**row(at)}.get(name) for name in COLUMNS[:10]]
        rows.append(line(at, values).replace("</row>", c(f"K{at}", "#N/A", "e") + "</row>"))
    found = costed(tmp_path, sheet(*rows))
    assert found.findings.height == 5_000
    assert nothing_lost(found, 5_000, 5_000)


def test_b1_errors_beyond_what_can_be_listed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(xlsx(sheet(*(r(at, c(f"A{at}", "#N/A", "e")) for at in range(1, 50)))))
    limits = Limits(workbook=replace(WorkbookLimits(), odd_cells=20))
    with pytest.raises(InputRefused, match="more errors"):
        read_table(path, COLUMNS, REQUIRED, limits=limits)


NEWER = ("#SPILL!", "#CALC!", "#BLOCKED!", "#FIELD!", "#CONNECT!", "#UNKNOWN!", "#GETTING_DATA", "#BUSY!", "#ERROR!")


@pytest.mark.parametrize("error", NEWER)
@pytest.mark.parametrize("column", ["agreed_price", "placement_id"])
def test_b1_an_error_of_a_newer_program_is_a_finding_that_names_the_cell(
    tmp_path: Path, column: str, error: str
) -> None:
    others = {"value": "#SPILL!", "kind": "str", "formula": "A1"}  # Text that only looks like an error stays.
    xml = with_cells(
        3, (column, 3, {"value": error, "kind": "e", "formula": 'IF(A1>"c>",1)'}), ("provider_id", 4, others)
    )
    found = costed(tmp_path, xml)
    assert errors(found) == [("bad_value", 3, column), ("bad_value", 4, "provider_id")]
    assert f"Sheet1 row 3, column {LETTERS[column]} ({column}), holds {error}" in finding(found, "bad_value", 3)
    assert "provider_id '#SPILL!'" in finding(found, "bad_value", 4)
    assert nothing_lost(found, 3, 2)


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="K3" t="e" cm="1"><f t="array" ref="K3:K9">X()</f><v>#CALC!</v></c>',
        '<c vm="2" t="e" r="K3"><v> #CALC! </v></c>',
        """<c r='K3' t='e'><f/><v>#CALC!</v></c>""",
    ],
)
def test_b1_an_error_of_a_newer_program_in_any_form_of_its_cell(tmp_path: Path, cell: str) -> None:
    rows = table(row(1), row(2))
    rows[2] = rows[2].replace(c("K3", "40000.00"), cell)
    assert "holds #CALC!" in finding(costed(tmp_path, sheet(*rows)), "bad_value", 3, "agreed_price")


@pytest.mark.parametrize("error", ["junk", ""])
def test_b1_an_error_that_the_reader_does_not_know_is_refused_with_its_cell(tmp_path: Path, error: str) -> None:
    said = refusal(tmp_path, xlsx(with_cells(2, ("agreed_price", 3, {"value": error, "kind": "e"}))))
    assert "Sheet1 row 3, column K" in said
    assert error in said


@pytest.mark.parametrize(
    "cell",
    [
        o(0, shown="#DIV/0!", attributes='table:formula="of:=1/0"'),
        o("", shown="#DIV/0!", attributes='table:formula="of:=1/0" calcext:value-type="error"'),
        (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        ),
    ],
)
def test_b1_an_error_of_libreoffice_is_never_0(tmp_path: Path, cell: str) -> None:
    rows = o_table(row(1), row(2))
    rows[1] = rows[1].replace(o("40000.00"), cell)
    found = price(tmp_path, ods("".join(rows)), "x.ods")
    assert errors(found) == [("bad_value", 2, "agreed_price")]
    assert "Sheet1 row 2, column K (agreed_price), holds #DIV/0!" in finding(found, "bad_value", 2)
    assert nothing_lost(found, 2, 1)


def test_b1_an_error_that_only_libreoffice_has_is_named(tmp_path: Path) -> None:
    rows = o_table(row(1))
    rows[1] = rows[1].replace(o("40000.00"), o(0, shown="Err:502"))
    assert "holds Err:502" in finding(price(tmp_path, ods("".join(rows)), "x.ods"), "bad_value", 2)


@pytest.mark.parametrize(
    "cell", ['<c r="K3"><f>A1*2</f></c>', '<c r="K3"><f>A1*2</f><v></v></c>', '<c r="K3"><f>A1*2</f><v/></c>',
             '<c r="K3" t="str"><f>A1*2</f></c>', '<c r="K3"><f t="shared" si="0"/><v> </v></c>']
)  # fmt: skip
def test_b2_a_formula_without_its_value_is_refused_with_its_cell(tmp_path: Path, cell: str) -> None:
    rows = table(row(1), row(2, agreed_price=""))
    rows[2] = rows[2].replace("</row>", cell + "</row>")
    said = refusal(tmp_path, xlsx(sheet(*rows)))
    assert "Sheet1 row 3, column K (agreed_price)" in said
    assert "Open the file in Excel, save it, and upload it again" in said


def test_b2_many_formulas_without_values_are_listed_in_part(tmp_path: Path) -> None:
    rows = table(*(row(at, agreed_price="") for at in range(1, 31)))
    rows = [
        rows[0],
        *(xml.replace("</row>", c(f"K{at}", formula="1") + "</row>") for at, xml in enumerate(rows[1:], 2)),
    ]
    said = refusal(tmp_path, xlsx(sheet(*rows)))
    assert said.count("column K (agreed_price)") == 10
    assert "and 20 more" in said


def test_b2_a_formula_of_libreoffice_without_its_value_is_refused(tmp_path: Path) -> None:
    rows = o_table(row(1))
    rows[1] = rows[1].replace(o("40000.00"), '<table:table-cell table:formula="of:=1+1"/>')
    assert "Sheet1 row 2, column K (agreed_price)" in refusal(tmp_path, ods("".join(rows)), "x.ods")


@pytest.mark.parametrize(
    "cell",
    [
        "<table:table-cell><text:p>40000</text:p></table:table-cell>",
        '<table:table-cell office:value-type="float"><text:p>5</text:p></table:table-cell>',
    ],
)
def test_b2_a_value_that_is_only_shown_is_refused_and_never_blank(tmp_path: Path, cell: str) -> None:
    rows = o_table(row(1))
    rows[1] = rows[1].replace(o("40000.00"), cell)
    assert "Sheet1 row 2, column K (agreed_price)" in refusal(tmp_path, ods("".join(rows)), "x.ods")


def test_b2_a_formula_with_its_value_is_read(tmp_path: Path) -> None:
    price_formula = {"value": 40000, "formula": "4*10000"}
    nothing = {"value": "", "kind": "str", "formula": 'IF(1=1,"","x")'}
    found = costed(tmp_path, with_cells(2, ("agreed_price", 3, price_formula), ("end_date", 2, nothing)))
    assert amounts(found) == {"P1": FULL, "P2": FULL}
    assert found.findings.height == 0


def test_b2_a_formula_without_its_value_on_another_sheet_is_nothing(tmp_path: Path) -> None:
    other = sheet(r(1, c("A1", formula="NOW()")))
    found = costed(tmp_path, {"Sheet1": placements(row(1)), "Lists": other, "Work": other})
    assert nothing_lost(found, 1)


def test_b3_two_headers_alike_are_refused_by_name_and_never_renamed(tmp_path: Path) -> None:
    said = refusal(
        tmp_path,
        xlsx(with_cells(1, ("need_learning", 1, {"value": "Amount"}), ("need_social", 1, {"value": "Amount"}))),
    )
    assert "Columns L ('Amount') and M ('Amount')" in said


def test_b4_a_missing_column_is_refused_with_the_nearest_header_and_no_row_is_looked_at(tmp_path: Path) -> None:
    xml = with_cells(1, ("home_la", 1, {"value": "home authority"}), ("fte", 2, {"value": "#N/A", "kind": "e"}))
    said = refusal(tmp_path, xlsx(xml))
    assert "home_la (the nearest header found is 'home authority' in column C)" in said
    assert "N/A" not in said


def test_b4_the_nearest_of_several_sheets_is_named(tmp_path: Path) -> None:
    near = with_cells(1, ("home_la", 1, {"value": "home authority"}))
    said = refusal(tmp_path, xlsx({"Notes": sheet(line(1, ["provision", "x"])), "Autumn": near}))
    assert "No sheet has all the columns" in said
    assert "In 'Autumn'" in said
    assert "home_la" in said


def test_b5_headers_in_other_spellings_are_matched_and_reported(tmp_path: Path) -> None:
    spelt = {"home_la": "Home  LA ", "provider_id": "provider\u00a0ID", "fte": "F\u200bTE", "start_date": "START-DATE"}
    found = costed(tmp_path, with_cells(1, *((name, 1, {"value": text}) for name, text in spelt.items())))
    matched = found.findings.filter(pl.col("code") == "header_matched")
    assert set(matched["column"]) == set(spelt)
    assert amounts(found) == {"P1": FULL}


def test_b6_an_unknown_column_and_one_without_a_header_are_kept_and_listed(tmp_path: Path) -> None:
    rows = table({**row(1), "Case worker": "O'Brien"}, columns=[*COLUMNS, "Case worker"])
    rows[1] = rows[1].replace("</row>", c("P2", "stray") + "</row>")
    found = costed(tmp_path, sheet(*rows))
    assert found.lines["Case worker"].to_list() == ["O'Brien"]
    assert found.lines["Column P"].to_list() == ["stray"]
    assert found.findings.filter(pl.col("code") == "extra_column").height == 1
    assert "Column P has values and no header" in finding(found, "no_header", 1)


def test_b6_a_known_column_whose_header_is_blank_is_a_warning_that_none_of_it_is_read(tmp_path: Path) -> None:
    found = costed(tmp_path, with_cells(2, ("fte", 3, {"value": 0.5}), ("fte", 1, {"value": None})))
    assert "Column J" in finding(found, "no_header", 1)
    assert found.findings.filter(pl.col("code") == "no_header")["severity"].to_list() == ["warning"]
    assert amounts(found) == {"P1": FULL, "P2": FULL}


@pytest.mark.parametrize("first", [2, 4, 20])
def test_b7_a_header_below_a_title_is_found_and_rows_keep_the_numbers_a_person_sees(tmp_path: Path, first: int) -> None:
    title = [line(1, ["SEND placements"])]
    found = costed(tmp_path, sheet(*title, *table(row(1), row(2, fte="2"), first=first)))
    assert finding(found, "header_row", first)
    assert errors(found) == [("bad_value", first + 2, "fte")]
    assert nothing_lost(found, 2, 1)


def test_b7_a_table_that_starts_below_blank_rows_and_columns(tmp_path: Path) -> None:
    columns = ["", "", *COLUMNS]
    found = costed(tmp_path, sheet(*table(row(1), row(2, fte="2"), first=4, columns=columns)))
    assert errors(found) == [("bad_value", 6, "fte")]
    assert nothing_lost(found, 2, 1)


def test_b7_a_header_beyond_the_rows_looked_at_or_two_of_them_are_refused(tmp_path: Path) -> None:
    late = sheet(line(1, ["a title"]), *table(row(1), first=21))
    assert "missing from the header" in refusal(tmp_path, xlsx(late))
    twice = sheet(line(1, ["a title"]), *table(row(1), first=2), *table(row(2), first=4))
    assert "look like the header" in refusal(tmp_path, xlsx(twice))


@pytest.mark.parametrize("area", ["A2:A3", "C3:D3", "A1:B1", "K3:K900", "A1:A2"])
def test_b9_merged_cells_of_the_table_are_refused_by_name(tmp_path: Path, area: str) -> None:
    merged = f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
    assert area in refusal(tmp_path, xlsx(placements(row(1), row(2), after=merged)))


def test_b9_merged_cells_of_a_title_or_beyond_the_table_are_nothing(tmp_path: Path) -> None:
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in ("A1:M1", "A2:C2", "A50:C60", "Z5:Z6", "B5:B5"))
    xml = sheet(line(1, ["a title"]), *table(row(1), first=4), after=f"<mergeCells>{areas}</mergeCells>")
    assert nothing_lost(costed(tmp_path, xml), 1)


def test_b9_merged_cells_of_libreoffice_are_refused_by_name(tmp_path: Path) -> None:
    rows = o_table(row(1), row(2))
    spans = 'table:number-rows-spanned="2" table:number-columns-spanned="1"'
    rows[1] = rows[1].replace(o("P1"), o("P1", attributes=spans))
    assert "A2:A3" in refusal(tmp_path, ods("".join(rows)), "x.ods")


def test_b11_filtered_rows_are_read_with_a_notice(tmp_path: Path) -> None:
    rows = table(row(1), row(2), row(3), row(4))
    rows[2] = rows[2].replace('<row r="3"', '<row r="3" hidden="1"')
    rows[4] = rows[4].replace('<row r="5"', '<row r="5" hidden="true"')
    found = costed(tmp_path, sheet(*rows, after='<autoFilter ref="A1:M5"/>'))
    assert "2 hidden or filtered rows" in finding(found, "hidden_rows", 3)
    assert nothing_lost(found, 4)


def test_b11_hidden_columns_are_read_with_a_notice(tmp_path: Path) -> None:
    hidden = '<cols><col min="2" max="3" hidden="1"/><col min="40" max="16384" hidden="1"/></cols>'
    found = costed(tmp_path, placements(row(1), before=hidden))
    assert "B ('child_id') and C ('home_la')" in finding(found, "hidden_columns", None)
    assert nothing_lost(found, 1)


def test_b11_hidden_rows_and_columns_of_libreoffice_are_told(tmp_path: Path) -> None:
    rows = o_table(row(1), row(2))
    rows[2] = rows[2].replace("<table:table-row", '<table:table-row table:visibility="filter"')
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    found = price(tmp_path, ods(columns + "".join(rows)), "x.ods")
    assert finding(found, "hidden_rows", 3)
    assert "B ('child_id')" in finding(found, "hidden_columns", None)
    assert nothing_lost(found, 2)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_b11_a_hidden_sheet_is_told(tmp_path: Path, state: str) -> None:
    data, other = placements(row(1)), sheet(line(1, ["x"]))
    read = costed(tmp_path, {"Data": data, "Other": other}, states={"Data": state})
    assert "'Data', with the table, is hidden; it was read" in finding(read, "hidden_sheet", None)
    unread = costed(tmp_path, {"Data": data, "Other": other, "Lists": other}, states={"Other": state, "Lists": state})
    assert "'Other' was not read" in finding(unread, "hidden_sheet", None)
    assert amounts(read) == amounts(unread) == {"P1": FULL}


def test_b11_a_hidden_sheet_of_libreoffice_is_told(tmp_path: Path) -> None:
    style = '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
    rows = "".join(o_table(row(1)))
    content = ods_of(f'<table:table table:name="S" table:style-name="ta1">{rows}</table:table>', style)
    assert finding(price(tmp_path, content, "x.ods"), "hidden_sheet", None)


def test_b12_a_totals_row_is_left_out_and_checked(tmp_path: Path) -> None:
    total = line(4, ["Total", *[""] * 9]).replace("</row>", c("K4", 80000.01, formula="SUM(K2:K3)") + "</row>")
    found = costed(tmp_path, sheet(*table(row(1), row(2)), total))
    assert finding(found, "totals_row", 4)
    assert "80,000.01" in finding(found, "totals_mismatch", 4, "agreed_price")
    assert nothing_lost(found, 2)


def test_b12_a_total_that_is_an_error_is_told_and_takes_no_row_with_it(tmp_path: Path) -> None:
    total = line(3, ["Total"]).replace("</row>", c("K3", "#REF!", "e") + "</row>")
    found = costed(tmp_path, sheet(*table(row(1)), total))
    assert "column K (agreed_price), holds #REF!" in finding(found, "error_cell", 3)
    assert errors(found) == []
    assert nothing_lost(found, 1)


def test_b13_formatted_and_spaced_rows_at_the_end_are_nothing(tmp_path: Path) -> None:
    formatted = [r(at, *(c(f"{letter}{at}", style=1) for letter in "ABCDEFGHIJKLMZ")) for at in range(3, 503)]
    spaced = [r(at, c(f"A{at}", " \u00a0"), c(f"B{at}", "", "str", formula='""')) for at in range(503, 603)]
    found = costed(tmp_path, sheet(*table(row(1)), *formatted, *spaced))
    assert found.findings.height == 0
    assert nothing_lost(found, 1)


def test_b14_a_blank_row_in_the_middle_is_a_warning_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = [*table(row(1)), r(3, c("A3", style=1)), *table(row(2), row(3, fte="0"), first=4)[1:]]
    found = costed(tmp_path, sheet(*rows))
    assert "Rows 3 to 4" in finding(found, "blank_row", 3)
    assert errors(found) == [("bad_value", 6, "fte")]
    assert nothing_lost(found, 3, 1)
