"""Templates: every column with its list, its check and its words, and examples that the engine takes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from tariff_engine import cost, load_frameworks, shipped_frameworks
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework
from tariff_engine.tables.template_examples import examples
from tariff_engine.tables.template_fields import fields, template
from tariff_engine.tables.template_lists import lists
from tariff_engine.tables.templates import Layout, write_template
from tests.small import a_framework, a_tariff

DAY = date(2026, 11, 24)
(NATIONAL,) = load_frameworks("national-illustrative@2026-27")
FRAMEWORKS = shipped_frameworks()
LAYOUTS = list(Layout)
Book = Callable[..., Any]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A template as a workbook, read once for all the tests that only look at it."""
    folder = tmp_path_factory.mktemp("templates")

    @cache
    def opened(layout: Layout, framework: Framework | None = None) -> Any:
        return openpyxl.load_workbook(write_template(layout, folder / "template.xlsx", framework, made_on=DAY))

    return opened


def column_of(sheet: Any, name: str) -> str:
    return str(next(get_column_letter(cell.column) for cell in sheet[1] if cell.value == name))


def rules_of(sheet: Any) -> dict[str, Any]:
    """The check of each column by its name; it begins under the header and ends with the sheet."""
    found = {}
    for rule in sheet.data_validations.dataValidation:
        first, top, last, bottom = range_boundaries(str(rule.sqref))
        assert (first, top, bottom) == (last, 2, 1_048_576)
        found[str(sheet.cell(1, first).value)] = rule
    return found


def choices_of(workbook: Any, rule: Any) -> list[object]:
    sheet, _, cells = rule.formula1.partition("!")
    return [cell.value for (cell,) in workbook[sheet][cells.replace("$", "")]]


def priced(framework: Framework, cells: list[dict[str, str]]) -> Any:
    names = list(dict.fromkeys(name for row in cells for name in row))
    frame = pl.DataFrame({name: [row.get(name) for row in cells] for name in names})
    header = framework.header
    end = header.effective_to or header.effective_from + timedelta(days=364)
    return cost(frame, framework, f"{header.effective_from}..{end}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_template_has_the_contract_s_columns_in_their_order(layout: Layout) -> None:
    assert [column.name for column in fields(layout)] == list(layout.columns)
    for column in fields(layout):
        assert (column.need == "always") == layout.columns[column.name].filled


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_template_takes_is_what_the_engine_reads(layout: Layout) -> None:
    known = lists(NATIONAL, DAY)
    for column in fields(layout):
        reader = layout.columns[column.name].reader
        values = [column.example] if column.example else []
        if column.choices:
            values += [value for value, _ in known[column.choices]]
        if column.entry in ("whole", "decimal", "money"):
            low = f"{column.low + 0.000001:.6f}" if column.above else str(column.low)
            values += [low, str(column.high)]
            beyond = [str(column.low) if column.above else str(column.low - 1), str(column.high + 1)]
            for text in beyond:
                with pytest.raises(ValueError, match="expected"):
                    reader(text)
        for text in values:
            assert reader(text).remark is None, (column.name, text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_workbook_has_its_sheets_and_its_header(book: Book, layout: Layout) -> None:
    workbook = book(layout, NATIONAL)
    assert workbook.sheetnames == ["Cover", "Instructions", layout.sheet, "Lists", "Example"]
    header = [cell.value for cell in workbook[layout.sheet][1]]
    assert header == [column.name for column in fields(layout, NATIONAL)]
    assert [cell.value for cell in workbook["Example"][1]][: len(header)] == header
    assert [row[0].value for row in workbook["Instructions"].iter_rows(min_row=2)] == header
    assert all(cell.comment.text for cell in workbook[layout.sheet][1])


@pytest.mark.parametrize("framework", [None, NATIONAL], ids=["any framework", "national"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_thousand_rows_are_prepared_and_blank(book: Book, layout: Layout, framework: Framework | None) -> None:
    sheet = book(layout, framework)[layout.sheet]
    assert sheet.max_row == 2_001
    for at, column in enumerate(fields(layout, framework), start=1):
        cells = [sheet.cell(row, at) for row in (2, 1_000, 2_001)]
        assert {cell.value for cell in cells} == {None}
        forms = {cell.number_format for cell in cells}
        expected = {"date": "dd/mm/yyyy", "money": "£#,##0.00", "whole": "0", "level": "0", "decimal": "General"}
        assert forms == {expected.get(column.entry, "@")}, column.name
        shade = cells[2].fill.fgColor.rgb
        assert (shade != "FFFFFFFF") == (column.need != "optional"), column.name


@pytest.mark.parametrize("framework", [None, NATIONAL], ids=["any framework", "national"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_column_says_what_it_is_and_checks_what_is_entered(
    book: Book, layout: Layout, framework: Framework | None
) -> None:
    workbook = book(layout, framework)
    rules, known = rules_of(workbook[layout.sheet]), lists(framework, DAY)
    columns = fields(layout, framework)
    assert list(rules) == [column.name for column in columns]
    for column in columns:
        rule = rules[column.name]
        assert rule.showInputMessage
        assert 0 < len(rule.prompt) <= 255
        assert rule.prompt.startswith(column.meaning)
        if column.choices:
            chosen = [str(value) for value in choices_of(workbook, rule)]
            assert chosen == [value for value, _ in known[column.choices]], column.name
        kinds = {"date": "date", "money": "decimal", "decimal": "decimal", "whole": "whole"}
        usual = "custom" if column.unique else None
        assert rule.type == ("list" if column.choices else kinds.get(column.entry, usual)), column.name
        if rule.type is not None and column.entry != "codes":
            assert rule.showErrorMessage
            assert 0 < len(rule.error) <= 255


def test_a_framework_brings_its_levels_its_bands_and_its_uplifts(book: Book) -> None:
    workbook = book(Layout.PLACEMENTS, NATIONAL)
    rules = rules_of(workbook["Placements"])
    for area in NATIONAL.header.need_areas:
        assert choices_of(workbook, rules[NEED_PREFIX + area.code]) == list(range(area.highest_level + 1))
    assert choices_of(workbook, rules["band"]) == [*(band.code for band in NATIONAL.bands), "none"]
    assert choices_of(workbook, rules["uplifts"]) == list(NATIONAL.uplifts)
    provisions = choices_of(workbook, rules["provision"])
    assert len(provisions) == len(set(provisions)) == 17
    shown = {row[0].value: row[1].value for row in workbook["Lists"].iter_rows()}
    assert shown["330"] == "Birmingham"
    assert shown["B1"] == NATIONAL.bands[0].title


def test_without_a_framework_any_band_may_be_written(book: Book) -> None:
    workbook = book(Layout.PLACEMENTS)
    rules = rules_of(workbook["Placements"])
    assert rules["band"].type is None
    assert rules["uplifts"].type is None
    assert not [name for name in rules if name.startswith(NEED_PREFIX)]


def test_a_framework_without_uplifts_has_no_list_of_them(book: Book) -> None:
    workbook = book(Layout.PLACEMENTS, a_framework())
    assert rules_of(workbook["Placements"])["uplifts"].type is None


def test_provisions_without_a_rate_stand_last_and_say_so() -> None:
    rows = lists(a_framework(a_tariff("nmss")), DAY)["provision"]
    assert rows[0][0] == "nmss"
    assert all("no rate in small@2025-26" in title for _, title in rows[1:])


def test_a_last_day_is_checked_against_the_first_and_an_identifier_against_the_others(book: Book) -> None:
    sheet = book(Layout.PLACEMENTS)["Placements"]
    rules, start = rules_of(sheet), column_of(sheet, "start_date")
    assert (rules["end_date"].operator, rules["end_date"].formula1) == ("greaterThanOrEqual", f"${start}2")
    assert rules["placement_id"].formula1 == "COUNTIF($A:$A,A2)=1"
    assert (rules["fte"].formula1, rules["fte"].formula2) == ("1e-06", "1")


@pytest.mark.parametrize("framework", [None, NATIONAL], ids=["any framework", "national"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_cover_says_what_it_was_made_from(book: Book, layout: Layout, framework: Framework | None) -> None:
    cover = {row[0].value: row[1].value for row in book(layout, framework)["Cover"].iter_rows()}
    made_from = (None,) * 3 if framework is None else (framework.id, framework.version, framework.content_hash)
    assert (cover["Framework"], cover["Framework version"], cover["Content hash"]) == made_from
    assert (cover["Template"], cover["Template version"]) == (layout.value, "1")
    assert cover["Made on"].date() == DAY
    said = " ".join(str(text) for text in cover)
    assert template(layout).title in said
    assert ("ILLUSTRATIVE" in said) == (framework is not None)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_total_of_a_new_template_is_shown_as_0(tmp_path: Path, layout: Layout) -> None:
    path = write_template(layout, tmp_path / "template.xlsx", NATIONAL, made_on=DAY)
    formulas = openpyxl.load_workbook(path)["Cover"]
    values = openpyxl.load_workbook(path, data_only=True)["Cover"]
    live = [cell.coordinate for (cell,) in formulas["B1:B60"] if str(cell.value).startswith("=")]
    assert len(live) >= 3
    assert {values[at].value for at in live} == {0}
    others = [sheet for sheet in openpyxl.load_workbook(path) if sheet.title != "Cover"]
    assert not [cell for sheet in others for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_same_day_and_framework_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        write_template(Layout.PLACEMENTS, tmp_path / name, NATIONAL, made_on=DAY).read_bytes()
        for name in ("a.xlsx", "b.xlsx")
    )
    assert first == second


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_the_worked_placements_have_a_price_and_nothing_is_said_against_them(framework: Framework) -> None:
    rows = examples(Layout.PLACEMENTS, framework)
    costing = priced(framework, [dict(row.cells) for row in rows])
    assert costing.counts["priced"] == len(rows)
    assert costing.findings.is_empty(), costing.findings["message"].to_list()


def test_the_worked_placements_show_every_kind_of_price() -> None:
    rows = examples(Layout.PLACEMENTS, NATIONAL)
    costing = priced(NATIONAL, [dict(row.cells) for row in rows])
    assert set(costing.lines["band_source"]) >= {"assessed", "panel"}
    kinds = {(tariff.price_basis, tariff.unit) for tariff in NATIONAL.tariffs}
    assert len(rows) == len(kinds) + 1
    assert any(row.cells.get("agreed_price") for row in rows)
    assert any(row.cells.get("units") for row in rows)
    assert any(row.cells.get("uplifts") for row in rows)


def test_the_worked_placements_without_levels_of_need_have_a_price_too() -> None:
    rows = [dict(row.cells) for row in examples(Layout.PLACEMENTS, NATIONAL, levels=False)]
    plain = [{name: cell for name, cell in row.items() if not name.startswith(NEED_PREFIX)} for row in rows]
    costing = priced(NATIONAL, plain)
    assert costing.counts["priced"] == len(rows)
    assert not costing.has_errors


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_worked_rows_fill_what_is_needed_with_what_is_read(layout: Layout, framework: Framework) -> None:
    columns = {column.name: column for column in fields(layout, framework)}
    for row in examples(layout, framework):
        assert row.cells.keys() <= columns.keys()
        assert {name for name, column in columns.items() if column.need == "always"} <= row.cells.keys()
        for name, column in layout.columns.items():
            if row.cells.get(name):
                assert column.reader(row.cells[name]).remark is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_worked_rows_stand_on_their_sheet_as_they_are_typed(book: Book, layout: Layout) -> None:
    sheet, rows = book(layout, NATIONAL)["Example"], examples(layout, NATIONAL)
    for at, row in enumerate(rows, start=2):
        cells = sheet[at]
        assert cells[-1].value == row.shows
        for column, cell in zip(fields(layout, NATIONAL), cells, strict=False):
            text = row.cells.get(column.name) or None
            numeric = column.entry in ("money", "whole", "level", "decimal")
            if text is None or column.entry == "date":
                assert cell.value == (text and datetime.fromisoformat(text)), column.name
            else:
                assert cell.value == (float(text) if numeric else text), column.name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_csv_has_every_column_and_one_worked_row(tmp_path: Path, layout: Layout) -> None:
    path = write_template(layout, tmp_path / "template.csv", made_on=DAY)
    frame = pl.read_csv(path, infer_schema=False)
    assert frame.columns == list(layout.columns)
    assert frame.height == 1


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_csv_for_a_framework_has_its_levels_and_an_example_with_a_price(tmp_path: Path, framework: Framework) -> None:
    path = write_template(Layout.PLACEMENTS, tmp_path / "template.csv", framework, made_on=DAY)
    frame = pl.read_csv(path, infer_schema=False)
    needs = [NEED_PREFIX + area.code for area in framework.header.need_areas]
    assert set(frame.columns) == {*Layout.PLACEMENTS.columns, *needs}
    assert all(frame[need].null_count() == 0 for need in needs)
    cells = {name: text for name, text in frame.row(0, named=True).items() if text is not None}
    assert priced(framework, [cells]).counts["priced"] == 1


def test_csv_for_any_framework_starts_with_the_academic_year(tmp_path: Path) -> None:
    path = write_template(Layout.PLACEMENTS, tmp_path / "template.csv", made_on=DAY)
    row = pl.read_csv(path, infer_schema=False).row(0, named=True)
    assert (row["start_date"], row["band"]) == ("2026-09-01", None)


@pytest.mark.parametrize(("name", "word"), [("t.ods", "drop-downs"), ("t.docx", "must end in"), ("t", "must end in")])
def test_another_ending_is_refused_with_what_to_do(tmp_path: Path, name: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        write_template(Layout.PLACES, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_a_sentence_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(UsageError, match=re.escape("tariff-engine[xlsx]")):
        write_template(Layout.PLACES, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_months_of_three_financial_years_can_be_chosen() -> None:
    months = [value for value, _ in lists(None, date(2024, 2, 29))["month"]]
    assert (months[0], months[-1], len(months)) == ("2022-04", "2025-03", 36)
