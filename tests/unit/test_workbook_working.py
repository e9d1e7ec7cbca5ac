"""A costing's workbook that is worked out again: which amounts are formulas, which aren't, and what may be changed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tariff_engine import Costing
from tariff_engine.costing_pages import costing_pages
from tariff_engine.recalculation import recalculation
from tariff_engine.tables.book import working as module
from tariff_engine.tables.book.pages import Recalculation
from tariff_engine.tables.book.working import why_values
from tariff_engine.tables.writing import write_outputs
from tests.recalculated import Sheet, differing, live_lines, sheets_of
from tests.small import a_framework, a_row, a_tariff, an_uplift, cost_rows

SHADED = "FFFFF6CC"
EVERYTHING = a_framework(
    a_tariff(band="B1", rate_pence=450001, area_cost=True, minimum_pence=100000),
    a_tariff(band="B2", rate_pence=1213200, area_cost=True, maximum_pence=1100000),
    a_tariff("mainstream", rate_pence=1304, unit="hour"),
    a_tariff("nmss", price_basis="agreed", rate_pence=3000000),
    a_tariff("independent_special", price_basis="agreed", rate_pence=None),
    a_tariff("ap_time_limited", rate_pence=10325, unit="day"),
    uplifts=[an_uplift("less", "amount", -20000), an_uplift("tenth", "percent", 10_000_000)],
    areas={"878": 1_021_330},
)
ROWS = (
    a_row(1, fte="0.5", uplifts="less;tenth"),
    a_row(2, need_learning="1", start_date="2025-09-03", end_date="2026-02-13", fte="0.2", count="3", provider_id=""),
    a_row(3, provision="mainstream", support_hours="22.5"),
    a_row(4, provision="nmss"),
    a_row(5, provision="nmss", agreed_price="£40,000.00"),
    a_row(6, provision="ap_time_limited", units="30", start_date="2025-09-08", end_date="2025-10-19"),
    a_row(7, override_by="Head of SEND", override_reason="Tribunal"),
    a_row(8, need_learning="0"),
    a_row(9, start_date="2020-09-01", end_date="2021-07-31"),
    a_row(10, need_learning=""),
    a_row(11, units="30"),
    a_row(12, nc_year="6", band="B1"),
)


@pytest.fixture(scope="module")
def costing() -> Costing:
    return cost_rows(EVERYTHING, *ROWS)


@pytest.fixture(scope="module")
def path(costing: Costing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (out,) = costing.write(tmp_path_factory.mktemp("book") / "costing.xlsx")
    return out


@pytest.fixture(scope="module")
def book(path: Path) -> dict[str, Sheet]:
    return sheets_of(path)


def reasons(book: dict[str, Sheet]) -> dict[str, str]:
    """Why a placement's lines are values, where they are."""
    return {str(row[0]): str(row[1]) for row in book["Working"][1:] if row[1] != ""}


def said(book: dict[str, Sheet]) -> str:
    """What the Summary says of the amounts."""
    (row,) = (row for row in book["Summary"] if row[0] == "Amounts")
    return str(row[1])


def formulas(path: Path, name: str) -> dict[str, list[str | None]]:
    """The formulas of a sheet by column, None where a cell is a value."""
    page = openpyxl.load_workbook(path)[name]
    heads = [str(cell.value) for cell in page[1]]
    columns = zip(*page.iter_rows(min_row=2), strict=True)
    return {
        head: [cell.value if cell.data_type == "f" else None for cell in column]
        for head, column in zip(heads, columns, strict=True)
    }


def test_every_amount_of_a_live_line_is_a_formula_with_its_value(
    path: Path, book: dict[str, Sheet], costing: Costing
) -> None:
    assert differing(costing, book, costing) == []
    found = formulas(path, "Costing")
    for column in costing.money_columns:
        if column not in ("amount", "place_value"):
            assert [formula is not None for formula in found[column]] == live_lines(book), column


def test_lines_that_cannot_be_worked_out_again_say_why(book: dict[str, Sheet]) -> None:
    assert reasons(book) == {
        "P9": "Not in the period, so nothing is due.",
        "P10": "No price: see Findings.",
        "P11": "Its units are for a rate that isn't sold by the week or day.",
    }
    assert said(book) == (
        "10 of 13 lines are worked out again when a shaded figure is changed. The others are values; Working says why."
    )


def test_a_line_cut_by_a_new_phase_stands_on_two_rows(book: dict[str, Sheet]) -> None:
    assert [row[0] for row in book["Working"][1:]].count("P12") == 2


def test_a_formula_that_looks_at_another_sheet_is_never_shared(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        shared = [
            formula
            for name in file.namelist()
            for formula in re.findall(rb'<f t="shared" ref=[^>]*>([^<]*)</f>', file.read(name))
        ]
    assert len(shared) > 40
    assert [formula for formula in shared if b"!" in formula] == []


def test_formulas_know_the_rules_by_name(path: Path) -> None:
    names = {name: found.attr_text for name, found in openpyxl.load_workbook(path).defined_names.items()}
    assert names["rule_rate"] == "Rules!$I$1:$I$7"
    assert names["bands"] == "'Rules by band'!$F$1:$I$1"
    assert names["area_factors"] == "'Rules area costs'!$D$1:$D$2"


@pytest.mark.parametrize(
    ("name", "column", "shaded"),
    [
        ("Costing", "band", ["P1", "P2", "P7", "P8", "P12", "P12"]),
        ("Costing", "fte", ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P12", "P12"]),
        ("Costing", "support_hours", ["P3"]),
        ("Costing", "units", ["P6"]),
        ("Costing", "agreed_price", ["P4", "P5"]),
        ("Costing", "count", []),
        ("Rules", "rate", 5),
        ("Rules", "minimum", 1),
        ("Rules", "maximum", 1),
        ("Rules", "band", 0),
        ("Rules area costs", "factor", 1),
        ("Rules uplifts", "amount", 1),
        ("Rules uplifts", "percent", 1),
        ("Rules versions", "weeks_per_year", 1),
    ],
)
def test_the_figures_that_a_price_depends_on_are_shaded(
    path: Path, name: str, column: str, shaded: list[str] | int
) -> None:
    page = openpyxl.load_workbook(path)[name]
    at = [cell.value for cell in page[1]].index(column)
    found = [row[0].value for row in page.iter_rows(min_row=2) if row[at].fill.fgColor.rgb == SHADED]
    assert (found if isinstance(shaded, list) else len(found)) == shaded


def test_only_figures_within_their_bounds_can_be_typed(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    rules = {str(rule.sqref): rule for rule in book["Rules"].data_validations.dataValidation}
    assert (rules["I2:I7"].type, rules["I2:I7"].formula1, rules["I2:I7"].formula2) == ("decimal", "0", "1000000")
    bands = {str(rule.sqref): rule for rule in book["Costing"].data_validations.dataValidation}["J2:J14"]
    assert (bands.type, bands.formula1) == ("list", "'Rules by band'!$F$1:$I$1")


def test_the_rules_by_band_name_the_row_of_every_choice(book: dict[str, Sheet]) -> None:
    heads, *rows = book["Rules by band"]
    assert list(heads) == ["framework", "provision", "provider_id", "phase", "(no band)", "none", "B1", "B2", "B3"]
    found = {(row[1], row[3]): row[4:] for row in rows}
    assert list(found["special", "primary"]) == [0, -1, 2, 3, 0]
    assert list(found["mainstream", "primary"]) == [4, 4, 4, 4, 4]


def test_columns_of_figures_are_figures_and_not_text(book: dict[str, Sheet]) -> None:
    heads, *rows = book["Costing"]
    found = {str(row[0]): dict(zip(heads, row, strict=True)) for row in rows}
    assert found["P1"]["fte"] == 0.5
    assert found["P3"]["support_hours"] == 22.5
    assert found["P5"]["agreed_price"] == 40000
    assert found["P6"]["units"] == 30
    assert found["P4"]["agreed_price"] == ""


def test_a_costing_without_a_column_of_figures_is_worked_out_again_too(tmp_path: Path) -> None:
    costing = cost_rows(a_framework(), a_row(1), a_row(2))
    (path,) = costing.write(tmp_path / "x.xlsx")
    book = sheets_of(path)
    assert live_lines(book) == [True, True]
    assert differing(costing, book, costing) == []
    assert said(book) == "All 2 lines are worked out again when a shaded figure is changed."


def test_a_longer_costing_than_a_workbook_works_out_has_values_and_says_so(
    costing: Costing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 12)
    (path,) = costing.write(tmp_path / "x.xlsx")
    book = sheets_of(path)
    assert said(book) == "Values: 13 lines are more than the 12 that a workbook works out again."
    assert not {"Working", "Rules by band"} & set(book)
    amounts = formulas(path, "Costing")
    assert [name for name, cells in amounts.items() if any(cells)] == ["amount"]
    assert not any(cell.fill.fgColor.rgb == SHADED for row in openpyxl.load_workbook(path)["Rules"] for cell in row)


def test_amounts_too_large_to_add_up_in_a_spreadsheet_are_values() -> None:
    main = pl.DataFrame({"amount": [2**53 - 1, *[1] * 100], "2025-04": [1] * 101})
    assert why_values(main, ["2025-04"]) is None
    assert why_values(main, ["amount", "2025-04"]) == "they are too large for a spreadsheet to add up to the penny"


def test_a_caseload_without_a_price_has_no_line_to_work_out(tmp_path: Path) -> None:
    (path,) = cost_rows(a_framework(), a_row(1, start_date="2010-04-01", end_date="2011-03-31")).write(
        tmp_path / "x.xlsx"
    )
    book = sheets_of(path)
    assert said(book) == "Values: none of them can be worked out again."
    assert "Working" not in book


def test_a_line_of_too_large_an_amount_is_a_value(tmp_path: Path) -> None:
    rows = [a_row(1, count="1000000", provider_id=""), a_row(2)]
    (path,) = cost_rows(a_framework(a_tariff(rate_pence=100_000_000)), *rows).write(tmp_path / "x.xlsx")
    assert reasons(sheets_of(path)) == {"P1": "Its figures are too large for a spreadsheet to work out to the penny."}


def test_steps_that_do_not_come_to_the_engines_pence_are_not_written(costing: Costing, tmp_path: Path) -> None:
    def wrong(found: Recalculation) -> Recalculation:
        return replace(found, lines=found.lines.with_columns(fte=pl.col("fte") - 1))

    book = sheets_of(_written(costing, tmp_path / "x.xlsx", wrong))
    assert live_lines(book) != live_lines(sheets_of(_written(costing, tmp_path / "y.xlsx", lambda found: found)))
    assert reasons(book)["P1"] == "Its figures are too large for a spreadsheet to work out to the penny."
    assert differing(costing, book, costing) == []


def test_lines_of_one_placement_stay_values_together(costing: Costing, tmp_path: Path) -> None:
    (first, _) = (at for at, name in enumerate(costing.lines["placement_id"]) if name == "P12")

    def wrong(found: Recalculation) -> Recalculation:
        days = pl.when(pl.col("line") == first).then(pl.col("passed_1") + 1).otherwise(pl.col("passed_1"))
        return replace(found, lines=found.lines.with_columns(passed_1=days))

    book = sheets_of(_written(costing, tmp_path / "x.xlsx", wrong))
    assert [row[1] != "" for row in book["Working"][1:] if row[0] == "P12"] == [True, True]


def test_the_same_costing_gives_the_same_bytes(costing: Costing, path: Path, tmp_path: Path) -> None:
    (again,) = costing.write(tmp_path / "again.xlsx")
    assert again.read_bytes() == path.read_bytes()


def _written(costing: Costing, path: Path, change: Callable[[Recalculation], Recalculation]) -> Path:
    """The workbook of a costing with other facts to work out its lines from."""
    pages = costing_pages(costing)
    other = replace(pages, recalculation=lambda: change(recalculation(costing)))
    tables, money = {"costing": costing.lines, "findings": costing.findings}, {"costing": costing.money_columns}
    write_outputs(path, tables, costing.provenance, money, pages=lambda: other)
    return path
