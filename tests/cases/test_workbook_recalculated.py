"""A changed workbook, worked out again by LibreOffice, against the engine with the same change.

Each random case has many changes at once: rates, limits, area costs, uplifts, place rates, weeks and days of the
rules; bands, fte, hours, units and agreed prices of the children.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from scenarios.sample import sample_caseload
from tariff_engine import Costing, cost, load_frameworks
from tariff_engine.money import PENCE, show_pounds
from tests.oracle.generate import write_case
from tests.recalculated import Edits, Sheet, change, differing, live_lines, sheets_of, with_edits
from tests.small import a_framework, a_row, a_tariff, an_uplift, cost_rows

LibreOffice = Callable[[Path, str], Path]

ROWS = 2_000
FRAMEWORK = a_framework(
    a_tariff(band="B1", rate_pence=450001, area_cost=True, minimum_pence=100000),
    a_tariff(band="B2", rate_pence=1213200, area_cost=True, maximum_pence=1100000),
    a_tariff("mainstream", rate_pence=1304, unit="hour"),
    a_tariff("nmss", price_basis="agreed", rate_pence=3000000),
    a_tariff("ap_time_limited", rate_pence=10325, unit="day"),
    uplifts=[an_uplift("less", "amount", -20000), an_uplift("tenth", "percent", 10_000_000)],
    areas={"878": 1_021_330},
)
UNTIL_FEBRUARY = {"start_date": "2025-09-03", "end_date": "2026-02-13"}
CHILDREN = {
    "P1": a_row(1, band="B2", uplifts="less;tenth"),
    "P2": a_row(2, band="B1"),
    "P3": a_row(3, provision="mainstream", support_hours="22.5"),
    "P4": a_row(4, provision="nmss"),
    "P5": a_row(5, provision="nmss", agreed_price="40000"),
    "P6": a_row(6, provision="ap_time_limited", units="30", start_date="2025-09-08", end_date="2025-10-19"),
    "P7": a_row(7, band="B2"),
    "P8": a_row(8, need_learning="0", uplifts="tenth"),
    "P9": a_row(9, band="B1", fte="0.5", uplifts="less", **UNTIL_FEBRUARY),
    "P10": a_row(10, nc_year="6", band="B1", fte="0.5"),
}


@pytest.fixture(scope="module")
def costing() -> Costing:
    return cost_rows(FRAMEWORK, *CHILDREN.values())


@pytest.fixture(scope="module")
def path(costing: Costing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (out,) = costing.write(tmp_path_factory.mktemp("book") / "costing.xlsx")
    return out


def national(folder: Path) -> tuple[Costing, dict[str, object]]:
    frameworks = load_frameworks("national-illustrative@2026-27")
    sample_caseload(ROWS, 11, frameworks).write_csv(folder / "placements.csv")
    return cost(folder / "placements.csv", frameworks, "FY2026-27"), {}


def by_chance(seed: int, folder: Path) -> tuple[Costing, dict[str, object]]:
    case = write_case(seed, folder, ROWS)
    options: dict[str, object] = {"providers": case.providers_csv}
    found = cost(case.placements_csv, case.framework_path, case.period, providers=case.providers_csv, as_if=case.as_if)
    return found, options


# Of those by chance the first spreads by counted months and then lets the last month take the rest, the second by
# school days and then by terms.
@pytest.mark.parametrize(
    "make",
    [national, lambda folder: by_chance(21, folder), lambda folder: by_chance(33, folder)],
    ids=["national", "months and the last takes the rest", "school days and terms"],
)
def test_every_cell_and_total_comes_to_what_the_engine_makes_of_the_changes(
    make: Callable[[Path], tuple[Costing, dict[str, object]]], tmp_path: Path, libreoffice: LibreOffice
) -> None:
    before, options = make(tmp_path)
    (path,) = before.write(tmp_path / "costing.xlsx")
    changes = change(before, path, Random(7), 0.3)
    after = changes.cost_like(before, **options)
    book = sheets_of(libreoffice(with_edits(path, tmp_path / "changed.xlsx", changes.edits), "xlsx"))
    assert len(changes.edits) >= 4
    assert sum(len(cells) for cells in changes.edits.values()) > 100
    assert differing(after, book, before) == []
    live = live_lines(book)
    amounts_of = after.lines["amount"], before.lines["amount"]
    assert sum(now != then and there for now, then, there in zip(*amounts_of, live, strict=True)) > 100
    due = [
        new if there else old
        for new, old, there in zip(after.lines["amount"], before.lines["amount"], live, strict=True)
    ]
    assert total(book, "All priced placements") == sum(amount or 0 for amount in due)
    assert row_of(book, "Do all tables below add to it?")[4] == "yes"


def row_of(book: dict[str, Sheet], label: str) -> list[object]:
    return next(list(row) for row in book["Summary"] if row[0] == label)


def total(book: dict[str, Sheet], label: str) -> int:
    return round(float(str(row_of(book, label)[4])) * 100)


def amounts(book: dict[str, Sheet]) -> dict[str, int | None]:
    """The amount of each placement, None where some line of it has none. [pence]"""
    heads, *rows = book["Costing"]
    at = list(heads).index("amount")
    found: dict[str, int | None] = {}
    for row in rows:
        name, so_far = str(row[0]), found.get(str(row[0]), 0)
        blank = row[at] == "" or so_far is None
        found[name] = None if blank else (so_far or 0) + round(float(str(row[at])) * 100)
    return found


def cells(book: dict[str, Sheet], sheet: str, column: str, values: dict[str, object]) -> Edits:
    """Edits of a column in the first row of each of some keys, which stand in the sheet's first column."""
    heads, *rows = book[sheet]
    letter = _letter(list(heads).index(column))
    first = {str(row[0]): number for number, row in reversed(list(enumerate(rows, start=2)))}
    return {sheet: {f"{letter}{first[key]}": value for key, value in values.items()}}


def _letter(index: int) -> str:
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)


def together(*edits: Edits) -> Edits:
    found: Edits = {}
    for part in edits:
        for sheet, changed in part.items():
            found.setdefault(sheet, {}).update(changed)
    return found


def test_a_half_that_only_the_last_digits_of_a_product_reach_rounds_up(
    tmp_path: Path, libreoffice: LibreOffice
) -> None:
    rate = a_tariff("mainstream", rate_pence=4976, unit="hour", area_cost=True)
    framework = a_framework(rate, weeks_per_year="38.6", areas={"878": 1_755_943})
    before = cost_rows(framework, a_row(provision="mainstream", support_hours="21.166458"))
    assert before.lines["annual_top_up"].to_list() == [7138818]
    (path,) = before.write(tmp_path / "costing.xlsx")
    assert differing(before, sheets_of(libreoffice(path, "xlsx")), before) == []


def test_the_guides_example_moves_by_what_the_guide_and_the_engine_say(
    root: Path, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    guide = (root / "docs" / "how-to" / "change-a-figure.md").read_text(encoding="utf-8")
    (new, old), (moved,) = (
        re.findall(r"Put ([0-9,]+) in .*\n([0-9,]+):", guide)[0],
        re.findall(r"is £([0-9,.]+) higher", guide),
    )
    (framework,) = load_frameworks("national-illustrative@2026-27")
    before = cost(sample_caseload(200, 7, [framework]), framework, "FY2026-27")
    (path,) = before.write(tmp_path / "costing.xlsx")
    assert f"{sheets_of(path)['Rules'][3][8]:,.0f}" == old
    pounds = int(new.replace(",", ""))
    edits: Edits = {"Rules": {"I4": pounds}}
    book = sheets_of(libreoffice(with_edits(path, tmp_path / "changed.xlsx", edits), "xlsx"))
    tariffs = list(framework.tariffs)
    tariffs[2] = replace(tariffs[2], rate_pence=pounds * PENCE)
    after = cost(before.placements.raw.frame, replace(framework, tariffs=tuple(tariffs)), "FY2026-27")
    assert differing(after, book, before) == []
    assert show_pounds(total(book, "Moved by changes in this workbook")) == f"£{moved}"


def test_what_is_changed_of_children_moves_them_and_what_has_no_price_is_left_out(
    path: Path, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    book = sheets_of(path)
    edits = together(
        cells(book, "Costing", "band", {"P1": "none", "P2": "B9", "P7": None, "P8": "B2"}),
        cells(book, "Costing", "support_hours", {"P3": 30}),
        cells(book, "Costing", "agreed_price", {"P4": 12345.67, "P5": None}),
        cells(book, "Costing", "units", {"P6": 45.5}),
        cells(book, "Costing", "fte", {"P9": 0.123456, "P10": 2}),
    )
    book = sheets_of(libreoffice(with_edits(path, tmp_path / "changed.xlsx", edits), "xlsx"))
    changed = {
        "P1": {"band": "none"},
        "P3": {"support_hours": "30"},
        "P4": {"agreed_price": "12345.67"},
        "P5": {"agreed_price": ""},
        "P6": {"units": "45.5"},
        "P8": {"band": "B2"},
        "P9": {"fte": "0.123456"},
    }
    rows = [{**CHILDREN[name], **cells} for name, cells in changed.items()]
    lines = cost_rows(FRAMEWORK, *rows).lines
    engine: dict[str, int | None] = dict(lines.select("placement_id", "amount").iter_rows())
    assert engine["P1"] == 0
    assert amounts(book) == {**dict.fromkeys(CHILDREN), **engine}
    assert total(book, "All priced placements") == lines["amount"].sum()
    assert row_of(book, "Rows that a change left without a price, so that no total has them")[4] == 3
    assert row_of(book, "Do all tables below add to it?")[4] == "yes"
    by_band = {row[1]: row[2:4] for row in book["Summary"][_start(book, "By band") : _start(book, "By phase")]}
    assert list(by_band["none"]) == [1, 0]
    assert list(by_band["B1"]) == [1, 1]
    assert list(by_band["B2"]) == [5, 0]


def _start(book: dict[str, Sheet], title: str) -> int:
    return [row[0] for row in book["Summary"]].index(title)


def test_rules_that_hold_no_figure_leave_no_price_and_no_nought(
    path: Path, costing: Costing, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    edits: Edits = {
        "Rules": {"I2": "TBC", "I5": None, "I6": -1},
        "Rules versions": {"J2": None},
        "Rules area costs": {"D2": 0},
    }
    book = sheets_of(libreoffice(with_edits(path, tmp_path / "changed.xlsx", edits), "xlsx"))
    agreed = costing.lines.filter(placement_id="P5")["amount"][0]
    nothing_due = {"P8": 0}
    assert amounts(book) == {**dict.fromkeys(CHILDREN), **nothing_due, "P5": agreed}
    assert total(book, "Moved by changes in this workbook") == agreed - costing.total
    assert row_of(book, "Rows that a change left without a price, so that no total has them")[4] == 8


def test_a_changed_uplift_is_held_to_the_same_limits(path: Path, tmp_path: Path, libreoffice: LibreOffice) -> None:
    edits: Edits = {"Rules uplifts": {"E2": -999999.99, "F3": 100}, "Rules": {"K3": 9000}}
    book = sheets_of(libreoffice(with_edits(path, tmp_path / "changed.xlsx", edits), "xlsx"))
    framework = a_framework(
        *(a_tariff(band="B2", rate_pence=1213200, area_cost=True, maximum_pence=900000), *FRAMEWORK.tariffs[:1]),
        *FRAMEWORK.tariffs[2:],
        uplifts=[an_uplift("less", "amount", -99_999_999), an_uplift("tenth", "percent", 100_000_000)],
        areas={"878": 1_021_330},
    )
    assert differing(cost_rows(framework, *CHILDREN.values()), book, cost_rows(FRAMEWORK, *CHILDREN.values())) == []
