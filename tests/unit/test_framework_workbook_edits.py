"""Edits of a framework's workbook: each is exactly its difference, and nothing else differs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tariff_engine import diff_frameworks
from tariff_engine.framework_header import Source
from tariff_engine.framework_rows import COLUMNS
from tariff_engine.framework_workbook import read_framework_workbook
from tests.framework_books import (
    FULL,
    Changes,
    a_book,
    edited,
    first_free_row,
    full,
    problems,
    read,
    without_row,
)


@pytest.mark.parametrize(
    ("sheet", "changes", "expected"),
    [
        (
            "Tariffs",
            {(2, "rate"): 4600},
            [("tariffs", "special / any / 1 / any", "rate", "4500.01", "4600.00")],
        ),
        (
            "Tariffs",
            {(2, "rate"): "\u00a34,600.50"},
            [("tariffs", "special / any / 1 / any", "rate", "4500.01", "4600.50")],
        ),
        ("Tariffs", {(2, "rate"): 0.1 + 0.2}, [("tariffs", "special / any / 1 / any", "rate", "4500.01", "0.30")]),
        ("Tariffs", {(2, "area_cost"): "no"}, [("tariffs", "special / any / 1 / any", "area_cost", "yes", "no")]),
        ("Bands", {(4, "title"): None}, [("bands", "3", "title", "Band three", None)]),
        ("Bands", {(2, "minimum_score"): 0.5}, [("bands", "1", "minimum_score", "0.25", "0.5")]),
        (
            "Places",
            {(2, "rate"): 10500},
            [("places", "special / pre16 / commissioned", "rate", "10000.00", "10500.00")],
        ),
        ("Uplifts", {(3, "value"): 3}, [("uplifts", "therapy", "value", "2.5", "3")]),
        (
            "Uplifts",
            {(4, "provisions"): "special ; nmss"},
            [("uplifts", "reduction", "provisions", "special", "special;nmss")],
        ),
        ("Area costs", {(2, "factor"): 1.1}, [("area_costs", "878", "factor", "1.02133", "1.1")]),
        (
            "Need areas",
            {(3, "meaning"): "a little", (3, "weight"): 2},
            [
                ("framework", "", "need_areas[1].levels[2]", "some: a\n- list", "a little"),
                ("framework", "", "banding.weights.learning[2]", "1", "2"),
            ],
        ),
        (
            "Need areas",
            {(8, "area"): "social", (8, "level"): 2, (8, "meaning"): "much", (8, "weight"): 0.75},
            [
                ("framework", "", "need_areas[2].levels[3]", None, "much"),
                ("framework", "", "banding.weights.social[3]", None, "0.75"),
            ],
        ),
        (
            "Calendar",
            {(2, "count_date"): date(2025, 5, 22)},
            [("framework", "", "proration.terms[1].count_date", "2025-05-15", "2025-05-22")],
        ),
        (
            "Calendar",
            {(2, "count_date"): "22/05/2025"},
            [("framework", "", "proration.terms[1].count_date", "2025-05-15", "2025-05-22")],
        ),
        (
            "Calendar",
            {(2, "share"): "4/12", (3, "share"): "8/12"},
            [
                ("framework", "", "proration.terms[1].share", "5/12", "1/3"),
                ("framework", "", "proration.terms[2].share", "7/12", "2/3"),
            ],
        ),
        (
            "Framework",
            {("days_per_year", "value"): 188.5, ("places_rounding", "value"): None},
            [
                ("framework", "", "days_per_year", "190", "188.5"),
                ("framework", "", "places_rounding", "whole_pounds", "exact"),
            ],
        ),
        ("Framework", {("version", "value"): "2025-26.1"}, [("framework", "", "version", "2025-26", "2025-26.1")]),
        (
            "Framework",
            {("effective_to", "value"): date(2026, 3, 31)},
            [("framework", "", "effective_to", "2150-12-31", "2026-03-31")],
        ),
        (
            "Provisions",
            {
                ("mainstream", "permitted_bands"): None,
                ("special", "shift"): 2,
                ("hospital", "permitted_bands"): "2;3",
            },
            [
                ("framework", "", "banding.provision_shift.special", "1", "2"),
                ("framework", "", "banding.permitted.mainstream[1]", "1", None),
                ("framework", "", "banding.permitted.mainstream[2]", "2", None),
                ("framework", "", "banding.permitted.hospital[1]", None, "2"),
                ("framework", "", "banding.permitted.hospital[2]", None, "3"),
            ],
        ),
    ],
)
def test_an_edit_is_exactly_the_difference(
    sheet: str, changes: Changes, expected: list[tuple[str, ...]], tmp_path: Path
) -> None:
    found = read(edited(a_book(tmp_path), sheet, changes)).framework
    assert found is not None
    rows = diff_frameworks(full(), found).select("table", "key", "field", "old", "new").rows()
    assert sorted(rows, key=str) == sorted(expected, key=str)
    assert found.content_hash != full().content_hash


def test_a_new_year_keeps_the_comments_and_changes_only_what_was_changed(tmp_path: Path) -> None:
    changes: Changes = {
        ("version", "value"): "2026-27",
        ("effective_from", "value"): date(2026, 4, 1),
        ("jurisdiction", "value"): "330",
        ("days_per_year", "value"): None,
    }
    path = edited(edited(a_book(tmp_path), "Framework", changes), "Tariffs", {(8, "unit"): "week"})
    toml = FULL["framework.toml"].replace(b"2025-26", b"2026-27").replace(b"_from = 2025-", b"_from = 2026-")
    toml = toml.replace(b'"878"              # D', b'"330"              # D').replace(b"days_per_year = 190\n", b"")
    assert read(path).files["framework.toml"] == toml


@pytest.mark.parametrize(
    ("sheet", "changes"),
    [("Framework", {("proration.method", "value"): None}), ("Sources", {("d", "note"): "Another"})],
)
def test_an_edit_below_the_first_table_loses_the_comments_and_nothing_else(
    sheet: str, changes: Changes, tmp_path: Path
) -> None:
    book = read(edited(a_book(tmp_path), sheet, changes))
    assert b"#" not in book.files["framework.toml"]
    assert {name: book.files[name] for name in COLUMNS} == {name: FULL[name] for name in COLUMNS}


def test_a_title_that_looks_like_a_value_is_never_taken_for_one(tmp_path: Path) -> None:
    title = b'title = """\nweeks_per_year = 1\n"""'
    old = b'title = "A \\"full\\" framework: \xc2\xa31 = 100p"'
    assert old in FULL["framework.toml"]
    files = {**FULL, "framework.toml": FULL["framework.toml"].replace(old, title)}
    found = read(edited(a_book(tmp_path, files), "Framework", {("weeks_per_year", "value"): 40})).framework
    assert found is not None
    assert (found.header.title, found.header.weeks_per_year) == ("weeks_per_year = 1", 40_000_000)


def test_a_row_that_is_added_is_a_row(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    row = first_free_row(path, "Tariffs")
    cells = {"provision": "hospital", "provider_id": 113000, "price_basis": "tariff", "unit": "year", "rate": 99}
    changes: Changes = {(row, name): value for name, value in {**cells, "area_cost": "no", "source_id": "s"}.items()}
    found = read(edited(path, "Tariffs", changes)).framework
    assert found is not None
    assert set(diff_frameworks(full(), found)["key"]) == {"hospital / 113000 / any / any"}
    assert (found.tariffs[-1].rate_pence, found.tariffs[-1].row) == (9900, row)


def test_a_row_that_is_taken_away_is_gone_and_the_next_has_its_number(tmp_path: Path) -> None:
    found = read(without_row(a_book(tmp_path), "Tariffs", 2)).framework
    assert found is not None
    rows = diff_frameworks(full(), found)
    assert set(rows["key"]) == {"special / any / 1 / any"}
    assert rows["new"].null_count() == rows.height
    assert [tariff.row for tariff in found.tariffs] == [2, 3, 4, 5, 6, 7]


def test_a_blank_row_between_others_is_nothing(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    book["Tariffs"].insert_rows(3)
    book.save(path)
    book_read = read(path)
    assert dict(book_read.files) == dict(FULL)
    assert book_read.framework is not None
    assert [tariff.row for tariff in book_read.framework.tariffs] == [2, 4, 5, 6, 7, 8, 9]


def test_the_last_row_of_an_optional_file_takes_the_file_away(tmp_path: Path) -> None:
    book = read(without_row(a_book(tmp_path), "Places", 2))
    assert "places.csv" not in book.files
    assert book.files["uplifts.csv"] == FULL["uplifts.csv"]


def test_a_source_that_is_added_is_one_more_and_nothing_else_differs(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    url = "https://www.example.gov.uk/new"
    cells = {
        "id": "new",
        "title": "A new paper",
        "url": url,
        "last_checked_on": "2025-04-01",
    }
    row = first_free_row(path, "Sources")
    found = read(edited(path, "Sources", {(row, name): value for name, value in cells.items()})).framework
    assert found is not None
    assert diff_frameworks(full(), found).is_empty()
    *kept, added = found.header.sources
    assert [source.id for source in kept] == ["s", "d"]
    assert added == Source(id="new", title="A new paper", url=url, last_checked_on=date(2025, 4, 1))


def test_an_area_of_need_that_is_added_is_there_with_its_levels(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    row = first_free_row(path, "Need areas")
    levels = [
        {"area": "sensory", "level": 1, "meaning": "some", "weight": 2},
        {"area": "sensory", "title": "Senses", "primary_needs": "HI; VI", "level": 0, "meaning": "none", "weight": 0},
    ]
    changes: Changes = {(row + at, name): value for at, cells in enumerate(levels) for name, value in cells.items()}
    found = read(edited(path, "Need areas", changes)).framework
    assert found is not None
    area = found.header.need_areas[2]
    assert (area.code, area.title, area.primary_needs, area.levels) == (
        "sensory",
        "Senses",
        ("HI", "VI"),
        ("none", "some"),
    )
    assert found.header.banding.weights["sensory"] == (0, 2_000_000)


def test_columns_may_stand_in_another_order_with_notes_on_a_sheet_of_their_own(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    page = book["Area costs"]
    for row in page.iter_rows(min_row=1, max_row=2):
        row[0].value, row[2].value = row[2].value, row[0].value
    page["C1"].value = "LA  Code"
    book.create_sheet("To ask at the forum")["A1"] = "anything"
    book.save(path)
    found = read_framework_workbook(path)
    assert dict(found.files) == dict(FULL)
    assert not [line for line in problems(path) if "forum" in line]


def test_long_text_and_text_of_many_dots_can_be_entered(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    text = "A long story. " * 700 + "." * 300 + "end"
    found = read(edited(path, "Sources", {("d", "working"): text})).framework
    assert found is not None
    assert found.header.sources[1].working == text
