"""The workbook of a costing: totals that follow the figures, charts over them, and what must not be missed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tariff_engine import Costing, cost
from tests.small import a_band, a_framework, a_row, a_tariff, an_uplift, cost_rows

LibreOffice = Callable[[Path, str], Path]

PRICED = a_framework(
    a_tariff(band="B1", rate_pence=450001),
    a_tariff(band="B2", rate_pence=1213200),
    a_tariff("mainstream", rate_pence=300000),
    a_tariff("respite", rate_pence=100000),
    a_tariff("nmss", band="B3", rate_pence=9000000, phase="secondary"),
    uplifts=[an_uplift("less", "amount", -20000)],
    legal_status="illustrative",
)
ROWS = (
    a_row(1, primary_need="SLD"),
    a_row(2, need_learning="1", primary_need="SEMH", start_date="2025-09-03", end_date="2026-02-13", uplifts="less"),
    a_row(3, provision="mainstream", provider_type="academy", primary_need="MLD", count="7", provider_id=""),
    a_row(4, provision="respite", primary_need="SLD", nc_year=""),
    a_row(5, provision="nmss", provider_type="non_maintained", primary_need=""),
    a_row(6, provision="specialx"),
    a_row(7, need_learning="", primary_need="MLD"),
)
GROUPS = ("provision", "primary_need", "band", "phase", "s251_line", "payer")


@pytest.fixture(scope="module")
def costing() -> Costing:
    return cost_rows(PRICED, *ROWS)


@pytest.fixture(scope="module")
def path(costing: Costing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (out,) = costing.write(tmp_path_factory.mktemp("book") / "costing.xlsx")
    return out


def sheet(path: Path, name: str, *, values: bool = True) -> Worksheet:
    return openpyxl.load_workbook(path, data_only=values)[name]


def pence(value: object) -> int | None:
    return None if value in (None, "") else round(float(str(value)) * 100)


def table(page: Worksheet, title: str) -> dict[str, tuple[object, ...]]:
    """A table of the Summary by the first cell of its rows, from the one under its header to the blank one."""
    rows = list(page.iter_rows(max_col=6, values_only=True))
    start = next(at for at, row in enumerate(rows) if row[0] == title)
    found = {}
    for row in rows[start + 2 :]:
        if row[0] is None:
            break
        found[str(row[0])] = row[1:]
    return found


def amounts(page: Worksheet, title: str) -> dict[str, int | None]:
    return {label: pence(row[3]) for label, row in table(page, title).items() if not label.endswith("?")}


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as book:
        return book.read(name).decode()


def test_the_sheets_are_there_in_their_order(path: Path) -> None:
    names = openpyxl.load_workbook(path).sheetnames
    assert [name for name in names if not name.startswith("Rules ")] == [
        "Summary",
        "Costing",
        "Findings",
        "Rules",
        "Working",
        "Provenance",
    ]


def test_an_amount_is_the_sum_of_its_months_and_has_its_value(path: Path, costing: Costing) -> None:
    formulas, values = sheet(path, "Costing", values=False), sheet(path, "Costing")
    assert [cell.value for cell in formulas[1]] == costing.lines.columns
    for row, amount in enumerate(costing.lines["amount"], start=2):
        assert pence(values.cell(row, 20).value) == amount
        formula = str(formulas.cell(row, 20).value or "")
        assert (f"ROUND(SUM(Y{row}:AJ{row}),2)" in formula) is (amount is not None)


def test_a_line_that_is_set_aside_has_blank_money_and_no_formula(path: Path, costing: Costing) -> None:
    page = sheet(path, "Costing", values=False)
    (row,) = [at for at, line in enumerate(costing.lines["placement_id"], start=2) if line == "P7"]
    money = [costing.lines.columns.index(name) + 1 for name in costing.money_columns]
    assert [page.cell(row, column).value for column in money] == [None] * len(money)


@pytest.mark.parametrize("column", GROUPS)
def test_the_totals_of_a_group_are_those_of_the_costing(path: Path, costing: Costing, column: str) -> None:
    page = sheet(path, "Summary")
    title = {"primary_need": "primary need", "s251_line": "section 251 line"}.get(column, column)
    rows = table(page, f"By {title}")
    whole = rows.pop("All")
    found = {row[0]: (row[1], row[2], pence(row[3])) for row in rows.values()}
    wanted = {
        key: (children, unpriced, amount if children else None)
        for key, children, unpriced, amount in costing.by(column).iter_rows()
    }
    if column == "band":
        wanted = {None: (0, 0, None), "none": (0, 0, None), "B3": (0, 0, None)} | wanted
    assert found == wanted
    assert (whole[1], pence(whole[3])) == (costing.counts["priced_children"], costing.lines["amount"].sum())


def test_the_average_is_the_amount_by_the_children(path: Path) -> None:
    mainstream = table(sheet(path, "Summary"), "By provision")["Mainstream school"]
    assert mainstream == ("mainstream", 7, 0, 21000.0, 3000.0)


def test_a_group_without_a_price_shows_nothing_and_not_nought(path: Path) -> None:
    nmss = table(sheet(path, "Summary"), "By provision")["Non-maintained special school"]
    assert nmss[:3] == ("nmss", 0, 1)
    assert [pence(value) for value in nmss[3:]] == [None, None]


def test_months_add_up_to_the_amount_and_to_date(path: Path, costing: Costing) -> None:
    rows = table(sheet(path, "Summary"), "By month")
    assert next(iter(rows)) == "April 2025"
    assert list(rows)[-2:] == ["March 2026", "All"]
    for name, row in zip(costing.months, rows.values(), strict=False):
        assert (row[0], pence(row[3])) == (name, costing.lines[name].sum())
    assert pence(rows["March 2026"][4]) == pence(rows["All"][3]) == costing.lines["amount"].sum()


def test_the_totals_say_what_high_needs_pays_and_what_others_pay(path: Path, costing: Costing) -> None:
    found = amounts(sheet(path, "Summary"), "Totals")
    assert list(found.values()) == [
        costing.total,
        costing.counts["outside_amount_pence"],
        costing.lines["amount"].sum(),
    ]
    assert table(sheet(path, "Summary"), "Totals")["Do all tables below add to it?"][3] == "yes"


def test_every_amount_of_the_summary_is_a_formula(path: Path) -> None:
    page = sheet(path, "Summary", values=False)
    titles = [
        "Totals",
        "By provision",
        "By primary need",
        "By band",
        "By phase",
        "By section 251 line",
        "By payer",
        "By month",
    ]
    for title in titles:
        for label, row in table(page, title).items():
            assert str(row[3]).startswith("="), (title, label)


def test_what_was_read_priced_and_set_aside_is_counted(path: Path) -> None:
    rows = table(sheet(path, "Summary"), "Rows and children")
    assert {label.strip(): row[1:3] for label, row in rows.items()} == {
        "Read": (7, 13),
        "Priced": (4, 10),
        "Set aside": (3, 3),
        "of these not readable, so in Findings alone": (1, 1),
    }


def test_findings_are_counted_with_what_to_do(path: Path, costing: Costing) -> None:
    rows = table(sheet(path, "Summary"), "Findings")
    found = {row[0]: row[2] for row in rows.values()}
    assert found == dict(costing.findings["code"].value_counts().iter_rows())
    assert [row[1] for row in rows.values()][:1] == ["error"]
    assert rows["A need level that the banding rule uses is blank."][3] == "Fill in the level; a blank is not level 0."


def test_what_must_not_be_missed_stands_in_colour(path: Path) -> None:
    page = sheet(path, "Summary")
    assert page["A2"].value == "ILLUSTRATIVE: nobody has published the prices of small@2025-26."
    assert page["A3"].value == (
        "3 of 7 rows are set aside (3 children), so the totals are without them. The findings say why."
    )
    assert {page["A2"].fill.fgColor.rgb, page["A3"].fill.fgColor.rgb} == {"FFF46A25"}


def test_charts_show_the_cells_of_their_tables_from_nought_without_a_legend(path: Path) -> None:
    page = sheet(path, "Summary")
    column = [cell.value for cell in page["A"]]
    titles = ["provision", "primary need", "band", "phase", "section 251 line", "payer", "month"]
    for number, title in enumerate(titles, start=1):
        chart = part(path, f"xl/charts/chart{number}.xml")
        first = column.index(f"By {title}") + 3
        last = column.index("All", first) if "All" in column[first:] else 0
        assert re.findall(r"<c:f>([^<]*)</c:f>", chart)[-1] == f"Summary!$E${first}:$E${last}"
        names = "B" if title in ("section 251 line", "month") else "A"
        assert f"<c:cat><c:strRef><c:f>Summary!${names}${first}:${names}${last}</c:f>" in chart
        assert f"Amount by {title}, FY2025-26 (£)" in chart
        assert "<c:legend>" not in chart
        assert '<c:min val="0"/>' in chart
        assert chart.count("<c:ser>") == 1
        kind = '<c:barDir val="col"/>' if title == "month" else '<c:barDir val="bar"/>'
        assert kind in chart


def test_charts_stand_beside_the_tables_and_not_over_one_another(path: Path) -> None:
    drawing = part(path, "xl/drawings/drawing1.xml")
    places = re.findall(r"<xdr:from><xdr:col>(\d+)</xdr:col>.*?<xdr:row>(\d+)</xdr:row>.*?"
                        r"<xdr:to>.*?<xdr:row>(\d+)</xdr:row>", drawing)  # fmt: skip
    assert len(places) == 7
    assert {column for column, _, _ in places} == {"7"}
    ends = [0]
    for _, top, bottom in places:
        assert int(top) >= ends[-1]
        ends.append(int(bottom))


def test_amounts_in_millions_are_charted_in_millions(tmp_path: Path) -> None:
    found = cost_rows(PRICED, a_row(1, provision="mainstream", count="9000", provider_id=""))
    found.write(tmp_path / "x.xlsx")
    chart = part(tmp_path / "x.xlsx", "xl/charts/chart1.xml")
    assert "Amount by provision, FY2025-26 (£m)" in chart
    assert 'formatCode="#,##0.0,,"' in chart


def test_a_group_below_nought_is_charted_on_both_sides(tmp_path: Path) -> None:
    less = a_framework(a_tariff(rate_pence=100), uplifts=[an_uplift("less", "amount", -20000)])
    cost_rows(less, a_row(1, uplifts="less")).write(tmp_path / "x.xlsx")
    assert "<c:min " not in part(tmp_path / "x.xlsx", "xl/charts/chart1.xml")


def test_bands_that_a_program_could_take_for_numbers_are_compared_letter_by_letter(
    tmp_path: Path, libreoffice: LibreOffice
) -> None:
    bands = [a_band(code, order) for order, code in enumerate(("1", "01", "b*", "B1"), start=1)]
    framework = a_framework(
        *(a_tariff(band=band.code, rate_pence=100_00 * band.order) for band in bands),
        bands=bands,
        banding={"rule": "assigned"},
    )
    costing = cost_rows(framework, *(a_row(band.order, band=band.code) for band in bands))
    (path,) = costing.write(tmp_path / "x.xlsx")
    for book in (path, libreoffice(path, "xlsx")):
        rows = table(sheet(book, "Summary"), "By band")
        assert {row[0]: pence(row[3]) for row in rows.values()} == {
            "1": 10000,
            "01": 20000,
            "b*": 30000,
            "B1": 40000,
            "none": None,
            None: 100000,
        }


def test_libreoffice_comes_to_the_same_pence_in_every_cell(path: Path, libreoffice: LibreOffice) -> None:
    calculated = openpyxl.load_workbook(libreoffice(path, "xlsx"), data_only=True)
    for page in openpyxl.load_workbook(path, data_only=True):
        for row in page.iter_rows():
            for cell in row:
                found = calculated[page.title][cell.coordinate].value
                assert (None if found == "" else found) == (None if cell.value == "" else cell.value), cell


def test_a_changed_month_moves_the_amount_and_every_total(
    path: Path, costing: Costing, libreoffice: LibreOffice, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(path)
    book["Costing"]["Y2"] = sheet(path, "Costing")["Y2"].value + 1000.01
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    calculated = libreoffice(changed, "xlsx")
    page, whole = sheet(calculated, "Summary"), costing.lines["amount"].sum() + 100001
    assert pence(sheet(calculated, "Costing")["T2"].value) == costing.lines["amount"][0] + 100001
    assert amounts(page, "Totals")["All priced placements"] == whole
    for title in ("provision", "primary need", "band", "phase", "section 251 line", "payer", "month"):
        assert amounts(page, f"By {title}")["All"] == whole
    april = costing.lines["2025-04"].sum() + 100001
    assert amounts(page, "By month")["April 2025"] == april
    assert table(page, "Totals")["Do all tables below add to it?"][3] == "yes"


def test_amounts_beyond_what_pounds_add_up_to_are_values(tmp_path: Path) -> None:
    framework = a_framework(a_tariff(rate_pence=100_000_000), a_tariff("mainstream", rate_pence=1_000_01))
    rows = [a_row(1, count="1000000", provider_id=""), a_row(2, provision="mainstream")]
    (path,) = cost_rows(framework, *rows).write(tmp_path / "x.xlsx")
    page = sheet(path, "Costing", values=False)
    assert page["T2"].value == 1_000_000_000_000
    assert "ROUND(SUM(Y3:AJ3),2)" in page["T3"].value


def test_totals_beyond_what_a_spreadsheet_adds_to_the_penny_are_values(tmp_path: Path) -> None:
    rows = [a_row(number, count="1000000", provider_id="") for number in range(11)]
    costing = cost_rows(a_framework(a_tariff(rate_pence=100_000_000)), *rows)
    (path,) = costing.write(tmp_path / "x.xlsx")
    found = table(sheet(path, "Summary", values=False), "Totals")["All priced placements"][3]
    assert pence(found) == costing.total == 11 * 10**14


def test_a_total_that_adding_pounds_would_miss_by_a_penny_is_made_of_whole_pence(
    tmp_path: Path, libreoffice: LibreOffice
) -> None:
    framework = a_framework(a_tariff(rate_pence=67_890_12), a_tariff("mainstream", rate_pence=99_999_999))
    aggregates = [a_row(1, provision="mainstream", count="99999", provider_id=""), *map(a_row, range(2, 900))]
    costing = cost_rows(framework, *aggregates, *(a_row(n, count="98765", provider_id="") for n in range(900, 1200)))
    (path,) = costing.write(tmp_path / "x.xlsx")
    assert "SUMPRODUCT(ROUND(" in part(path, "xl/worksheets/sheet1.xml")
    for book in (path, libreoffice(path, "xlsx")):
        found = amounts(sheet(book, "Summary"), "Totals")
        assert found["All priced placements"] == costing.lines["amount"].sum()


def test_text_of_the_input_never_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://x")'
    costing = cost_rows(PRICED, a_row(1, child_id=hostile, note="=1+1", link="http://example.org"))
    (path,) = costing.write(tmp_path / "x.xlsx")
    assert sheet(path, "Costing", values=False)["B2"].data_type in ("s", "inlineStr")
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            content = book.read(name)
            assert not re.search(rb"<hyperlink|TargetMode=\"External\"", content), name
            assert not [f for f in re.findall(rb"<f[ >][^<]*", content) if b"HYPERLINK" in f or b"1+1" in f], name


def test_large_tables_are_printed_landscape_with_their_header_on_every_page(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for page in book:
        assert page.page_setup.orientation == "landscape"
        assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    for name in ("Costing", "Findings", "Rules", "Provenance"):
        assert book[name].freeze_panes == "A2"
        assert book[name].print_title_rows == "$1:$1"
        assert book[name].auto_filter.ref == book[name].dimensions
    assert book["Costing"].print_area == "'Costing'!$A$1:$AJ$7"


def test_what_to_look_at_stands_out_on_the_sheets(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    found = {
        name: {
            str(cells.sqref): [rule.formula[0] for rule in cells.rules] for cells in book[name].conditional_formatting
        }
        for name in ("Costing", "Findings", "Rules", "Provenance")
    }
    assert list(found["Costing"].values()) == [["LEN($T2)=0"]]
    assert list(found["Findings"].values()) == [['EXACT($B2,"error")', 'EXACT($B2,"warning")']]
    assert list(found["Rules"].values()) == [['EXACT($M2,"illustrative")', 'EXACT($M2,"derived")']]
    assert book["Rules"]["M1"].value == "value_is"
    assert found["Provenance"] == {}


def test_a_long_message_takes_several_lines_in_a_row_as_high(path: Path) -> None:
    page = sheet(path, "Findings")
    messages = {str(row[6].value): page.row_dimensions[row[0].row].height for row in page.iter_rows(min_row=2)}
    assert max(len(message) for message in messages) > 200
    for message, height in messages.items():
        assert height == (None if len(message) < 95 else 15 * (1 + len(message) // 95)), message
    assert page.column_dimensions["G"].width == pytest.approx(80, abs=1)


def test_the_same_costing_gives_the_same_bytes(
    path: Path, costing: Costing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (again,) = costing.write(tmp_path / "again.xlsx")
    assert again.read_bytes() == path.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (cost_rows(PRICED, *ROWS).write(tmp_path / f"{n}.xlsx")[0] for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_a_file_of_which_no_row_could_be_read_has_a_summary_all_the_same(tmp_path: Path) -> None:
    costing = cost_rows(PRICED, a_row(1, provision="specialx"))
    assert costing.lines.is_empty()
    (path,) = costing.write(tmp_path / "x.xlsx")
    page = sheet(path, "Summary")
    assert amounts(page, "Totals")["All priced placements"] == 0
    assert "By provision" not in [cell.value for cell in page["A"]]


def test_a_column_without_needs_gives_no_totals_by_need(tmp_path: Path) -> None:
    (path,) = cost_rows(PRICED, a_row(1)).write(tmp_path / "x.xlsx")
    titles = [cell.value for cell in sheet(path, "Summary")["A"]]
    assert "By primary need" not in titles
    assert "By provision" in titles


def test_blank_text_of_a_frame_counts_as_not_given(tmp_path: Path) -> None:
    frame = pl.DataFrame([{**a_row(1), "primary_need": ""}, {**a_row(2), "primary_need": "SLD"}])
    (path,) = cost(frame, PRICED, "FY2025-26").write(tmp_path / "x.xlsx")
    assert set(amounts(sheet(path, "Summary"), "By primary need")) == {"Severe learning difficulty", "Not given", "All"}
