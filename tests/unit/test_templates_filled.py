"""Templates, filled in as a person does: nothing is lost on the way to a price, whichever program saved them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from tariff_engine import cost, load_frameworks
from tariff_engine.columns import NEED_PREFIX, read_columns
from tariff_engine.errors import InputRefused
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.tables.covers import FRAMEWORK_VERSION, TEMPLATE, VERSION
from tariff_engine.tables.reading import read_table
from tariff_engine.tables.template_examples import examples
from tariff_engine.tables.template_fields import fields
from tariff_engine.tables.templates import Layout, write_template
from tests.small import codes, message

DAY = date(2026, 11, 24)
PERIOD = "FY2026-27"
(NATIONAL,) = load_frameworks("national-illustrative@2026-27")
(EARLIER,) = load_frameworks("national-illustrative@2025-26")
SaveAs = Callable[[Path, str], Path]

# One row with something in every column, codes that look like numbers and amounts that a double doesn't hold.
FULL: Mapping[str, object] = {
    "placement_id": "0007",
    "child_id": "1E5",
    "home_la": "330",
    "provider_id": "100001",
    "provider_type": "academy",
    "provider_la": "202",
    "commissioner": "331",
    "payer": "commissioning_school",
    "provision": "ap_targeted",
    "nc_year": -1,
    "primary_need": "SEMH",
    **{NEED_PREFIX + area.code: area.highest_level for area in NATIONAL.header.need_areas},
    "band": "B9",
    "band_reason": "=1+1 isn't a sum here, nor is -5",
    "start_date": date(2026, 9, 7),
    "end_date": date(2026, 12, 18),
    "fte": 0.1,
    "support_hours": 22.5,
    "units": 0.5,
    "uplifts": "AAC;REMOTE_SITE",
    "agreed_price": 69999.99,
    "care_contribution": 0.29,
    "health_contribution": 1000000,
    "override_by": "Head of SEND, 2nd",
    "override_reason": "two\nlines, 'quoted' and \"quoted\" £ é",
    "count": 3,
}
READ: Mapping[str, object] = {
    **FULL,
    "fte": 100_000,
    "support_hours": 22_500_000,
    "units": 500_000,
    "agreed_price": 6_999_999,
    "care_contribution": 29,
    "health_contribution": 100_000_000,
}


def fill(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Type rows into a template and save it."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[2]
    places = {cell.value: cell.column for cell in sheet[1]}
    for at, row in enumerate(rows, start=2):
        for name, value in row.items():
            cell = sheet.cell(at, places[name])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    workbook.save(path)
    return path


def a_template(folder: Path, layout: Layout, framework: Framework | None = NATIONAL) -> Path:
    return write_template(layout, folder / f"{layout.value}.xlsx", framework, made_on=DAY)


def worked(layout: Layout, framework: Framework = NATIONAL) -> list[dict[str, object]]:
    """The worked rows of a template as a person types them."""
    entries = {column.name: column.entry for column in fields(layout, framework)}
    typed: dict[str, Callable[[str], object]] = {"date": date.fromisoformat, "money": float, "decimal": float}
    typed |= dict.fromkeys(("whole", "level"), int)
    return [
        {name: typed.get(entries[name], str)(text) for name, text in example.cells.items() if text}
        for example in examples(layout, framework)
    ]


def change_cover(path: Path, **cells: str) -> Path:
    workbook = openpyxl.load_workbook(path)
    for row in workbook["Cover"].iter_rows():
        if row[0].value in cells:
            row[1].value = cells[row[0].value]
    workbook.save(path)
    return path


def copies(path: Path, libreoffice: SaveAs, *kinds: str) -> dict[str, Path]:
    """The file as it was typed, and as LibreOffice saves it."""
    return {"as typed": path, **{f"as {kind}": libreoffice(path, kind) for kind in kinds}}


def test_every_kind_of_cell_is_read_as_it_was_typed(tmp_path: Path, libreoffice: SaveAs) -> None:
    path = fill(a_template(tmp_path, Layout.PLACEMENTS), [FULL])
    for how, copy in copies(path, libreoffice, "xlsx", "ods").items():
        costing = cost(copy, NATIONAL, PERIOD)
        row = costing.placements.table.row(0, named=True)
        assert {name: row[name] for name in READ} == READ, how
        assert costing.placements.read_rows == 1, how
        assert set(codes(costing)) <= {"0007"}, how


def test_the_worked_rows_have_the_price_that_they_have_as_csv(tmp_path: Path, libreoffice: SaveAs) -> None:
    rows = worked(Layout.PLACEMENTS)
    names = list(dict.fromkeys(name for row in rows for name in row))
    flat = pl.DataFrame({name: [None if name not in row else str(row[name]) for row in rows] for name in names})
    expected = cost(flat, NATIONAL, PERIOD)
    path = fill(a_template(tmp_path, Layout.PLACEMENTS), rows)
    for how, copy in copies(path, libreoffice, "xlsx", "ods").items():
        costing = cost(copy, NATIONAL, PERIOD)
        shared = expected.lines.columns[: expected.lines.columns.index(expected.months[-1]) + 1]
        assert costing.lines.select(shared).equals(expected.lines.select(shared)), how
        assert costing.findings.is_empty(), how
        assert costing.total > 0


@pytest.mark.parametrize("layout", [Layout.PLACES, Layout.PROVIDERS, Layout.REMITTANCE])
def test_the_other_templates_are_read_as_they_were_typed(tmp_path: Path, libreoffice: SaveAs, layout: Layout) -> None:
    rows = worked(layout)
    path = fill(a_template(tmp_path, layout), rows)
    money = {column.name for column in fields(layout) if column.entry == "money"}
    expected = [
        {name: round(float(str(value)) * 100) if name in money else value for name, value in row.items()}
        for row in rows
    ]
    for how, copy in copies(path, libreoffice, "ods").items():
        log = FindingsLog()
        raw = read_table(copy, list(layout.columns), [], sheet=layout.sheet)
        typed, readable = read_columns(raw.frame, layout.columns.values(), raw.rows, log)
        assert readable.all(), how
        read = [{name: value for name, value in row.items() if value is not None} for row in typed.to_dicts()]
        assert [_plain(row) for row in read] == [_plain(row) for row in expected], how
        assert raw.notes == (), how
        assert raw.cover[TEMPLATE] == layout.value, how


def _plain(row: Mapping[str, Any]) -> dict[str, str]:
    """Without the register's type, which is read as its number."""
    return {name: str(value) for name, value in row.items() if name != "gias_type"}


def test_a_filled_providers_template_tells_who_pays(tmp_path: Path) -> None:
    providers = fill(a_template(tmp_path, Layout.PROVIDERS), worked(Layout.PROVIDERS))
    rows = [
        {name: value for name, value in row.items() if name != "provider_type"}
        for row in worked(Layout.PLACEMENTS)
        if row["provider_id"] == "100001"
    ]
    path = fill(a_template(tmp_path, Layout.PLACEMENTS), rows)
    assert codes(cost(path, NATIONAL, PERIOD)) == {"EXAMPLE-1": ["line_unresolved"]}
    assert cost(path, NATIONAL, PERIOD, providers=providers).findings.is_empty()


def test_a_blank_template_has_no_placements(tmp_path: Path) -> None:
    costing = cost(a_template(tmp_path, Layout.PLACEMENTS), NATIONAL, PERIOD)
    assert costing.counts["read"] == 0
    assert costing.findings.is_empty()


def test_rows_below_the_prepared_ones_and_moved_columns_are_read(tmp_path: Path) -> None:
    path = a_template(tmp_path, Layout.PLACEMENTS)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Placements"]
    sheet.delete_cols([cell.value for cell in sheet[1]].index("provider_la") + 1)
    sheet.cell(1, sheet.max_column + 1).value = "caseworker"
    workbook.save(path)
    row = worked(Layout.PLACEMENTS)[0]
    rows = [{**row, "placement_id": f"P{at}", "child_id": f"C{at}", "caseworker": "A"} for at in range(2_100)]
    costing = cost(fill(path, rows), NATIONAL, PERIOD)
    assert costing.counts["priced"] == 2_100
    assert costing.lines["caseworker"].unique().to_list() == ["A"]


def test_the_checks_of_the_cover_follow_what_is_filled_in(tmp_path: Path, libreoffice: SaveAs) -> None:
    rows = worked(Layout.PLACEMENTS)
    rows[0] |= {"count": 12, "start_date": "01/04/2026", "agreed_price": "TBC"}
    del rows[1]["home_la"], rows[1]["count"]
    path = fill(a_template(tmp_path, Layout.PLACEMENTS), rows)
    book = CalamineWorkbook.from_path(str(libreoffice(path, "xlsx")))
    cover = {row[0]: row[1] for row in book.get_sheet_by_name("Cover").to_python() if row[0]}
    assert cover["Rows filled in"] == len(rows)
    assert cover["Children"] == 12 + len(rows) - 1
    assert cover["agreed_price, in all"] == sum(float(str(row.get("agreed_price", 0))) for row in rows[1:])
    assert cover["Needed cells that are blank"] == 1
    assert cover["Dates that aren't dates"] == 1
    assert cover["Numbers that aren't numbers"] == 1


def test_a_template_for_another_version_is_priced_with_a_warning(tmp_path: Path) -> None:
    path = fill(a_template(tmp_path, Layout.PLACEMENTS, EARLIER), worked(Layout.PLACEMENTS))
    costing = cost(path, NATIONAL, PERIOD)
    assert costing.counts["priced"] == costing.counts["read"] > 0
    assert codes(costing)[None] == ["template_version"]
    assert "national-illustrative@2025-26" in message(costing, "template_version")
    again = cost(change_cover(path, **{FRAMEWORK_VERSION: "1999-00"}), NATIONAL, PERIOD)
    assert "national-illustrative@1999-00" in message(again, "template_version")


def test_a_template_without_a_framework_fits_any(tmp_path: Path) -> None:
    rows = [
        {name: value for name, value in row.items() if not name.startswith(NEED_PREFIX)}
        for row in worked(Layout.PLACEMENTS)
        if row.get("band")
    ]
    costing = cost(fill(a_template(tmp_path, Layout.PLACEMENTS, None), rows), NATIONAL, PERIOD)
    assert costing.counts["priced"] == len(rows) > 0
    assert "template_version" not in costing.findings["code"].to_list()


def test_a_template_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    path = change_cover(a_template(tmp_path, Layout.PLACEMENTS), **{VERSION: "2"})
    with pytest.raises(InputRefused, match="must use the template"):
        cost(path, NATIONAL, PERIOD)


def test_another_template_is_refused_by_its_name_before_its_columns(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="template for 'providers'"):
        cost(a_template(tmp_path, Layout.PROVIDERS), NATIONAL, PERIOD)
    path = a_template(tmp_path, Layout.PLACEMENTS)
    with pytest.raises(InputRefused, match="template for 'placements', and providers"):
        cost(path, NATIONAL, PERIOD, providers=path)
