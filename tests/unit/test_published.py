"""Published workbooks: totals alone, laid out so that a screen reader can follow them and a program can read them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tariff_engine import Costing, cost
from tariff_engine.errors import UsageError
from tests.small import a_caseload, a_framework, a_row, a_tariff, cost_rows

ROWS = (
    a_row(1),
    a_row(2, band="B1", nc_year="9", count="3", primary_need="ASD"),
    a_row(3, provision="ap_time_limited", payer="commissioning_school", end_date="2025-06-30", home_la="879"),
    a_row(4, provision="nmss"),
    a_row(5, need_learning="x"),
)
TARIFFS = (a_tariff(), a_tariff("ap_time_limited"))
SAID = "This worksheet contains one table"


def published(folder: Path, costing: Costing, name: str = "out.xlsx") -> Any:
    return openpyxl.load_workbook(costing.publish(folder / name))


@pytest.fixture(scope="module")
def costing() -> Costing:
    return cost_rows(a_framework(*TARIFFS), *ROWS)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, costing: Costing) -> Path:
    return costing.publish(tmp_path_factory.mktemp("published") / "out.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def table_of(page: Any) -> list[tuple[Any, ...]]:
    """The rows of a sheet's only table, its header first."""
    (table,) = page.tables.values()
    return [tuple(cell.value for cell in cells) for cells in page[table.ref]]


def test_a_cover_comes_first_then_contents_notes_and_one_table_a_sheet(book: Any) -> None:
    assert book.sheetnames == ["Cover", "Contents", "Notes", *(f"Table_{number}" for number in range(1, 8))]
    assert [page["A1"].value.partition(",")[0] for page in book][3:] == [
        f"Table {number}: Funding by {what}"
        for number, what in enumerate(
            ("provision", "primary need", "phase", "band", "section 251 line", "home authority", "month"), start=1
        )
    ]
    assert book["Cover"]["A1"].value == "Children with high needs: funding by placement, financial year 2025-26"
    assert book.properties.title == book["Cover"]["A1"].value


def test_every_sheet_but_the_cover_has_one_marked_up_table_with_one_header_row(book: Any) -> None:
    names = []
    for page in book.worksheets[1:]:
        (table,) = page.tables.values()
        names.append(table.name)
        assert table.headerRowCount == 1
        assert table.autoFilter is None
        assert table.tableStyleInfo is None or table.tableStyleInfo.name is None
        header = [cell.value for cell in page[table.ref][0]]
        assert all(isinstance(name, str) for name in header)
        assert len(set(header)) == len(header)
        assert page[table.ref][-1][-1].coordinate == page.dimensions.split(":")[1]
    assert len(set(names)) == len(names) == 9


def test_the_rows_above_a_table_say_how_many_there_are_and_nothing_is_left_blank(book: Any) -> None:
    for page in book.worksheets[1:]:
        assert page["A2"].value.startswith(SAID)
        top = int(re.findall(r"\d+", next(iter(page.tables.values())).ref)[0])
        for row in range(1, top):
            assert page.cell(row, 1).value
            assert not any(cell.value for cell in page[row][1:])
        for cells in page.iter_rows(min_row=top):
            assert all(cell.value is not None for cell in cells)
    assert all(page["A1"].value and page["A1"].font.bold for page in book)


def test_nothing_is_merged_frozen_or_hidden_and_no_fill_says_anything(book: Any) -> None:
    for page in book:
        assert page.sheet_state == "visible"
        assert not page.merged_cells.ranges
        assert page.freeze_panes is None
        assert not any(rule.hidden for rule in (*page.row_dimensions.values(), *page.column_dimensions.values()))
        for cells in page.iter_rows():
            for cell in cells:
                assert cell.fill.fill_type is None
                assert (cell.font.name, cell.font.scheme) == ("Arial", None)
                assert cell.font.sz >= 12


def test_the_contents_lead_to_every_sheet(book: Any) -> None:
    header, *rows = table_of(book["Contents"])
    assert header == ("Worksheet", "Title")
    assert rows == [(page.title, page["A1"].value) for page in book.worksheets[2:]]
    links = [cell.hyperlink and cell.hyperlink.location for cell in book["Contents"]["A"]]
    assert links[3:] == [f"'{name}'!A1" for name, _ in rows]
    others = [page for page in book if page.title != "Contents"]
    assert not [cell for page in others for cells in page.iter_rows() for cell in cells if cell.hyperlink]


def test_numbers_are_numbers_with_their_unit_in_the_header(book: Any, costing: Costing) -> None:
    header, *rows = table_of(book["Table_1"])
    assert header == (
        "Provision",
        "Children priced [note 1]",
        "Children without a price [note 2]",
        "Paid by the high needs budget (£) [note 3]",
        "Paid by others (£) [note 3]",
    )
    assert rows[0] == ("State special school", 4, 0, 18000, 0)
    assert rows[-1] == ("All", 5, 1, 18000, 1121.92)
    assert costing.total == 1_800_000
    page = book["Table_1"]
    assert page["D5"].number_format == "#,##0.00"
    assert page["D5"].data_type == page["B5"].data_type == "n"


def test_a_group_without_a_price_is_marked_and_never_zero(book: Any) -> None:
    rows = {row[0]: row[1:] for row in table_of(book["Table_1"])}
    assert rows["Non-maintained special school"] == (0, 1, "[x]", "[x]")
    assert "[x] means not available" in book["Table_1"]["A2"].value
    assert "[x]" not in book["Table_7"]["A2"].value
    notes = dict(table_of(book["Notes"]))
    assert list(notes) == ["Marker", "[note 1]", "[note 2]", "[note 3]", "[x]"]
    assert notes["[x]"].endswith("It isn't zero.")


def test_every_table_adds_up_to_the_same(book: Any) -> None:
    for number in range(1, 8):
        _, *groups, whole = table_of(book[f"Table_{number}"])
        for column in (-2, -1):
            amounts = [row[column] for row in groups if row[column] != "[x]"]
            assert round(sum(amounts), 2) == whole[column]
    assert [row[0] for row in table_of(book["Table_7"])[1:4]] == ["April 2025", "May 2025", "June 2025"]
    assert [row[0] for row in table_of(book["Table_6"])[1:]] == ["878 Devon", "879 Plymouth", "All"]
    assert table_of(book["Table_5"])[1][0].startswith("1.2.1 Top-up funding")


def test_no_cell_is_about_one_child(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for word in ("100001", ">C1<", ">P1<", "placement_id", "child_id"):
        assert word not in content


def test_what_is_left_out_is_said_on_the_cover_and_beside_every_table(book: Any) -> None:
    sentence = "2 of 7 children are in placements without a price, and the amounts are without them."
    for page in [book["Cover"], *book.worksheets[3:]]:
        assert sentence in [cell.value for cell in page["A"]]


def test_the_cover_says_what_it_is_for_when_and_under_which_prices(book: Any) -> None:
    lines = [cell.value for cell in book["Cover"]["A"]]
    assert "The figures are for 1 April 2025 to 31 March 2026." in lines
    assert any(line.startswith("They were worked out on ") for line in lines)
    assert "A small framework, by Example County Council: version 2025-26, in force, from 1 April 2020 on." in lines
    assert not any("contact" in line.lower() for line in lines)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"legal_status": "illustrative"}, "ILLUSTRATIVE: nobody has published the prices of small@2025-26."),
        (
            {"legal_status": "consultation"},
            "CONSULTATION: the prices of small@2025-26 are proposed, and are not in force.",
        ),
        (
            {"sources": [{"id": "s", "title": "By hand", "status": "derived", "working": "x"}]},
            "2 of the 2 rates of small@2025-26 were worked out, not published.",
        ),
    ],
)
def test_prices_that_aren_t_in_force_are_called_so_in_words_everywhere(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    book = published(tmp_path, cost_rows(a_framework(*TARIFFS, **options), *ROWS))
    for page in [book["Cover"], *book.worksheets[3:]]:
        assert sentence in [cell.value for cell in page["A"]]


def test_as_if_is_said_in_words_everywhere(tmp_path: Path) -> None:
    book = published(tmp_path, cost_rows(a_framework(*TARIFFS), *ROWS, as_if=True))
    sentence = "AS IF: every day is priced as if small@2025-26 were in effect. These amounts are not what is due."
    for page in [book["Cover"], *book.worksheets[3:]]:
        assert sentence in [cell.value for cell in page["A"]]


def test_nothing_is_said_where_nothing_is_odd(tmp_path: Path) -> None:
    book = published(tmp_path, cost_rows(a_framework(), a_row()))
    assert "Before you use these figures" not in [cell.value for cell in book["Cover"]["A"]]
    assert book["Table_1"]["A3"].value == "Provision"


def test_where_nothing_has_a_price_no_amount_is_given(tmp_path: Path) -> None:
    book = published(tmp_path, cost_rows(a_framework(), a_row(provision="nmss")))
    for number in range(1, 7):
        for row in table_of(book[f"Table_{number}"])[1:]:
            assert row[-2:] == ("[x]", "[x]")


def test_an_empty_caseload_costs_nothing(tmp_path: Path) -> None:
    costing = cost(a_caseload(a_row()).clear(), a_framework(), "AY2025-26")
    book = published(tmp_path, costing)
    assert table_of(book["Table_1"])[1:] == [("All", 0, 0, 0, 0)]
    assert "academic year 2025-26" in book["Cover"]["A1"].value


def test_a_part_of_a_month_is_named_by_its_days(tmp_path: Path) -> None:
    book = published(tmp_path, cost_rows(a_framework(), a_row(), period="2025-04-10..2025-06-30"))
    months = [row[0] for row in table_of(book[book.sheetnames[-1]])[1:]]
    assert months == ["10 to 30 April 2025", "May 2025", "June 2025", "All"]
    assert "10 April 2025 to 30 June 2025" in book["Cover"]["A1"].value


def test_a_title_of_a_framework_can_t_become_a_formula(tmp_path: Path) -> None:
    framework = a_framework(title="=HYPERLINK(\"http://x\")", publisher="<b>&\x07")  # fmt: skip
    book = published(tmp_path, cost_rows(framework, a_row()))
    assert {cell.data_type for page in book for cells in page.iter_rows() for cell in cells} <= {"s", "n"}
    assert any('=HYPERLINK("http://x"), by <b>&' in str(cell.value) for cell in book["Cover"]["A"])


def test_the_ods_form_says_the_same(path: Path, costing: Costing, tmp_path: Path) -> None:
    ods = CalamineWorkbook.from_path(str(costing.publish(tmp_path / "out.ods")))
    xlsx = CalamineWorkbook.from_path(str(path))
    assert ods.sheet_names == xlsx.sheet_names
    for name in xlsx.sheet_names:
        assert ods.get_sheet_by_name(name).to_python() == xlsx.get_sheet_by_name(name).to_python(), name


def test_the_ods_form_is_marked_up_too(costing: Costing, tmp_path: Path) -> None:
    with zipfile.ZipFile(costing.publish(tmp_path / "out.ods")) as archive:
        content = archive.read("content.xml").decode()
        assert "<dc:title>Children with high needs" in archive.read("meta.xml").decode()
    assert content.count("<table:database-range ") == content.count("<table:table-header-rows>") == 9
    assert "table:target-range-address=\"'Table_7'.A4:'Table_7'.C17\"" in content
    assert 'xlink:href="#Table_1.A1"' in content
    assert "-spanned=" not in content
    assert "background-color" not in content
    assert set(re.findall(r'fo:font-size="(\d+)pt"', content)) == {"12", "16"}


def test_the_ods_form_opens_in_a_spreadsheet_program(
    costing: Costing, tmp_path: Path, libreoffice: Callable[[Path, str], Path]
) -> None:
    opened = openpyxl.load_workbook(libreoffice(costing.publish(tmp_path / "out.ods"), "xlsx"))
    page = opened["Table_1"]
    assert [cell.value for cell in page[page.max_row]] == ["All", 5, 1, 18000, 1121.92]
    assert page["D5"].number_format.startswith("#,##0.00")


@pytest.mark.parametrize("name", ["out.csv", "out", "nowhere/out.xlsx"])
def test_another_ending_or_folder_is_refused(costing: Costing, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        costing.publish(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_same_costing_gives_the_same_bytes(path: Path, costing: Costing, tmp_path: Path) -> None:
    assert costing.publish(tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
    first, second = (costing.publish(tmp_path / name).read_bytes() for name in ("a.ods", "b.ods"))
    assert first == second


def test_the_placements_are_never_written_over(tmp_path: Path) -> None:
    a_caseload(a_row()).write_excel(tmp_path / "x.xlsx")
    before = (tmp_path / "x.xlsx").read_bytes()
    with pytest.raises(UsageError, match="is the file that is being read"):
        cost(tmp_path / "x.xlsx", a_framework(), "FY2025-26").publish(tmp_path / "x.xlsx")
    assert (tmp_path / "x.xlsx").read_bytes() == before


# ---- small numbers withheld


def both(folder: Path, costing: Costing) -> tuple[Any, Any]:
    """The workbook with every number, and the one with small ones withheld."""
    return published(folder, costing), openpyxl.load_workbook(costing.publish(folder / "c.xlsx", suppress=True))


@pytest.fixture(scope="module")
def many() -> Costing:
    rows = [
        a_row(at, band=f"B{at % 3 + 1}", nc_year=str(at % 14), provision="special" if at % 7 else "ap_time_limited")
        for at in range(1, 60)
    ]
    lone = a_row(60, provision="ap_time_limited", payer="commissioning_school", home_la="879", need_learning="2")
    return cost_rows(a_framework(*TARIFFS), *rows, lone, a_row(61, provision="nmss"))


def test_what_is_shown_is_as_it_was_and_no_small_number_is(tmp_path: Path, many: Costing) -> None:
    full, kept = both(tmp_path, many)
    withheld = 0
    for page in full.worksheets[3:]:
        before, after = table_of(page), table_of(kept[page.title])
        assert [row[0] for row in before] == [row[0] for row in after]
        for column in range(1, len(before[0])):
            pairs = [(old[column], new[column]) for old, new in zip(before[1:], after[1:], strict=True)]
            assert all(new in (old, "[c]") for old, new in pairs)
            gone = [old for old, new in pairs if new == "[c]"]
            assert all(gone), "a 0 tells of nobody"
            if "Children" in before[0][column]:
                assert not any(isinstance(new, int) and 0 < new < 6 for _, new in pairs)
            if pairs[-1][1] != "[c]":
                assert len(gone) != 1
            withheld += len(gone)
        if len(after[0]) > 3:
            beside = [row[3:] for row in after if row[1] == "[c]"]
            assert {amount for amounts in beside for amount in amounts} <= {"[c]", 0}, "a rate tells the number"
    assert withheld
    assert kept["Table_6"]["A2"].value.endswith("[c] means withheld; the worksheet Notes says why.")
    assert dict(table_of(kept["Notes"]))["[c]"].startswith("Withheld: 1 to 5 children")


def test_an_amount_of_one_child_among_many_is_withheld_in_every_table(tmp_path: Path, many: Costing) -> None:
    full, kept = both(tmp_path, many)
    assert table_of(full["Table_1"])[-1][-1] > 0, "the commissioning school pays for one child"
    for page in kept.worksheets[3:]:
        assert table_of(page)[-1][-1] == "[c]"
        assert not [row for row in table_of(page)[1:] if row[-1] not in (0, "[c]", "[x]")]


def test_no_sentence_says_a_number_of_children_that_a_table_withholds(tmp_path: Path, many: Costing) -> None:
    _, kept = both(tmp_path, many)
    sentence = "Some children are in placements without a price, and the amounts are without them."
    for page in [kept["Cover"], *kept.worksheets[3:]]:
        lines = [str(cell.value) for cell in page["A"]]
        assert sentence in lines
        assert not [line for line in lines if re.search(r"\d+ of \d+ children", line)]


def test_both_forms_withhold_the_same(tmp_path: Path, many: Costing) -> None:
    _, kept = both(tmp_path, many)
    book = CalamineWorkbook.from_path(str(many.publish(tmp_path / "c.ods", suppress=True)))
    for page in kept.worksheets[3:]:
        rows = [row for row in book.get_sheet_by_name(page.title).to_python() if len([c for c in row if c != ""]) > 1]
        marks = [[at for at, cell in enumerate(row) if cell == "[c]"] for row in rows]
        assert marks == [[at for at, cell in enumerate(row) if cell == "[c]"] for row in table_of(page)]


def test_a_caseload_of_a_few_children_shows_no_number_of_them(tmp_path: Path, costing: Costing) -> None:
    _, kept = both(tmp_path, costing)
    for page in kept.worksheets[3:]:
        numbers = [cell for row in table_of(page)[1:] for cell in row[1:]]
        assert set(numbers) <= {0, "[c]", "[x]"}
