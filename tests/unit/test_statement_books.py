"""The folder of statements: workbooks that add up, safe names, nothing of one provider in another's, all or none."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine.cells import is_upn
from tariff_engine.errors import UsageError
from tariff_engine.statements import Statements, make_statements
from tariff_engine.statements.names import statement_name
from tests.places_by_hand import a_rate, fund_rows, some_places
from tests.small import a_framework, a_row, a_tariff, cost_rows

LibreOffice = Callable[[Path, str], Path]

RATES = a_framework(
    a_tariff(band="B1", rate_pence=450001), a_tariff(band="B2", rate_pence=1213200), legal_status="illustrative"
)
PROVIDERS = pl.DataFrame({"provider_id": ["100001", "100002"], "name": ["Oak School", "Elm School"]})
FIRST = (a_row(1), a_row(2), a_row(3, provider_id="100002"), a_row(4, provider_id="GB/7 <b>&"))
SECOND = (
    *(a_row(1, need_learning="1"), a_row(2, need_learning=""), a_row(3, provider_id="100002", end_date="2025-05-10")),
    *(a_row(4, provider_id="GB/7 <b>&"), a_row(5, provider_id="100002", child_id="=HYPERLINK(1)")),
)


@pytest.fixture(scope="module")
def made() -> Statements:
    places = fund_rows(a_framework(places=[a_rate()]), some_places()).lines
    first = make_statements(cost_rows(RATES, *FIRST, providers=PROVIDERS), places=places)
    return make_statements(cost_rows(RATES, *SECOND, providers=PROVIDERS), first, paid_to="2025-06", places=places)


@pytest.fixture(scope="module")
def folder(made: Statements, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written") / "new" / "statements"
    made.write(out)
    return out


def table(path: Path, sheet: str) -> list[dict[str, object]]:
    """A sheet of one table as rows."""
    book = openpyxl.load_workbook(path, data_only=True)
    head, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip([str(name) for name in head], row, strict=True)) for row in rows]


def months_of_summary(path: Path) -> list[list[object]]:
    """The table of months of a Summary: its column, then an amount for each kind and the total."""
    rows = list(openpyxl.load_workbook(path, data_only=True)["Summary"].iter_rows(values_only=True))
    start = next(at for at, row in enumerate(rows) if row[0] == "Month")
    return [[row[1], *row[3:8]] for row in rows[start + 1 : start + 14]]


def test_the_folder_holds_a_workbook_a_provider_the_index_and_the_payments(folder: Path, made: Statements) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert len(made.providers) == 3
    assert names == sorted(
        [
            *("index.csv", "index.xlsx", "payments.csv", "provenance.json"),
            *("statement-100001.xlsx", "statement-100002.xlsx", statement_name("GB/7 <b>&")),
        ]
    )
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows if (folder / row["file"]).is_file()] == [row["file"] for row in rows]
    assert [row["total"] for row in rows] == [f"{pence / 100:.2f}" for pence in made.index["total"]]
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["totals"]["due_pence"] == made.total
    assert provenance["statement"]["content_hash"] == made.edition.content_hash


@pytest.mark.parametrize("recalculated", [False, True])
def test_every_summary_adds_up_its_lines_as_saved_and_as_libreoffice_works_it_out(
    folder: Path, made: Statements, libreoffice: LibreOffice, recalculated: bool
) -> None:
    for provider in made.providers:
        path = folder / statement_name(provider)
        path = libreoffice(path, "xlsx") if recalculated else path
        expected = made.for_provider(provider).summary.drop("status").rows()
        shown = [
            [column, *(round(float(str(pounds)) * 100) for pounds in row)] for column, *row in months_of_summary(path)
        ]
        assert shown == [[month or "Carried over", *pence] for month, *pence in expected]
        cells = [cell for row in openpyxl.load_workbook(path, data_only=True)["Summary"].values for cell in row]
        assert "yes" in cells
        assert "no" not in cells


def test_a_figure_that_is_changed_moves_the_summary(folder: Path, tmp_path: Path, libreoffice: LibreOffice) -> None:
    book = openpyxl.load_workbook(folder / "statement-100002.xlsx")
    sheet = book["Children"]
    heads = [cell.value for cell in sheet[1]]
    at = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, heads.index("Placement") + 1).value == "P5")
    cell = sheet.cell(at, heads.index("2025-12") + 1)
    cell.value = cell.value + 100
    book.save(tmp_path / "changed.xlsx")
    before = months_of_summary(folder / "statement-100002.xlsx")[8]
    saved = libreoffice(tmp_path / "changed.xlsx", "xlsx")
    after = months_of_summary(saved)[8]
    assert before[0] == after[0] == "2025-12"
    assert round(float(str(after[5])) - float(str(before[5])), 2) == 100
    cells = [cell for row in openpyxl.load_workbook(saved, data_only=True)["Summary"].values for cell in row]
    assert "no" in cells


def test_the_index_adds_up_to_all_statements(folder: Path, made: Statements, libreoffice: LibreOffice) -> None:
    path = libreoffice(folder / "index.xlsx", "xlsx")
    shown = [round(float(str(row[5])) * 100) for row in months_of_summary(path)]
    each = [made.for_provider(provider).summary["total"].to_list() for provider in made.providers]
    assert shown == [sum(row) for row in zip(*each, strict=True)]
    assert sum(shown) == made.total


def test_the_sheets_say_what_a_provider_has_to_know(folder: Path) -> None:
    path = folder / "statement-100001.xlsx"
    book = openpyxl.load_workbook(path, data_only=True)
    assert book.sheetnames == ["Summary", "Children", "Places", "Changes", "Findings", "Provenance"]
    words = [str(cell) for row in book["Summary"].values for cell in row if cell is not None]
    assert "Oak School (100001)" in words
    assert any("illustrative" in word.casefold() for word in words)
    assert any(word.startswith("1, made on ") for word in words)
    assert [row["Reason"] for row in table(path, "Changes")] == ["Band changed", "No price known"]
    assert [row["Code"] for row in table(path, "Findings")] == ["need_missing"]
    children = table(path, "Children")
    assert [row["Total"] is None for row in children if row["Placement"] == "P2"] == [False, True]
    assert openpyxl.load_workbook(folder / "statement-100002.xlsx").sheetnames[2] == "Changes"


def test_nothing_of_another_provider_is_in_a_statement(folder: Path, made: Statements) -> None:
    others = {"100001": ("P3", "C3", "P5", "100002", "Elm"), "100002": ("P1", "P2", "C1", "100001", "Oak", "GB/7")}
    for provider, hidden in others.items():
        book = openpyxl.load_workbook(folder / statement_name(provider), data_only=True)
        cells = {str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None}
        words = {word for cell in cells for word in re.split(r"[\s,;:()]+", cell)}
        assert words.isdisjoint(hidden)
        assert str(made.total / 100) not in cells
        assert str(made.total) not in cells


def test_no_cell_is_a_formula_but_those_of_sums(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "statement-100002.xlsx")
    formulas = {cell.value for sheet in book for row in sheet for cell in row if cell.data_type == "f"}
    assert formulas
    assert all(re.match(r"=(ROUND|IF|SUMPRODUCT|\(SUMPRODUCT|\$)", str(formula)) for formula in formulas)
    assert "=HYPERLINK(1)" in {cell.value for row in book["Children"] for cell in row if cell.data_type == "s"}


def test_the_same_statements_give_the_same_bytes(made: Statements, folder: Path, tmp_path: Path) -> None:
    made.write(tmp_path / "again")
    for path in folder.iterdir():
        again = tmp_path / "again" / path.name
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as one, zipfile.ZipFile(again) as other:
                assert {name: one.read(name) for name in one.namelist()} == {n: other.read(n) for n in other.namelist()}
        else:
            assert path.read_bytes() == again.read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(made: Statements, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="isn't an empty folder"):
        made.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_where_the_writing_is_broken_off_nothing_is_left(made: Statements, tmp_path: Path) -> None:
    told = []

    def break_off(done: int, of: int) -> None:
        told.append((done, of))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.write(tmp_path / "out", break_off)
    assert told == [(0, 4), (1, 4), (2, 4)]
    assert list(tmp_path.iterdir()) == []


NAME = re.compile(r"statement-[0-9a-z-]{1,57}\.xlsx")


@given(st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=5, unique=True))
def test_names_of_files_are_safe_and_no_two_providers_share_one(identifiers: list[str]) -> None:
    names = [statement_name(identifier) for identifier in identifiers]
    assert all(NAME.fullmatch(name) for name in names)
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize(
    "identifier", ["../../etc/passwd", "CON", "nul", "a\\b", "x" * 5_000, "100001.", " 100001", "é", "\u202eexe", "-"]
)
def test_a_hostile_identifier_is_only_a_name(identifier: str, tmp_path: Path) -> None:
    made = make_statements(cost_rows(RATES, a_row(1, provider_id=identifier)))
    files = made.write(tmp_path / "out")
    assert NAME.fullmatch(files[0].name)
    assert files[0].parent == tmp_path / "out"
    assert files[0].is_file()


def test_identifiers_that_differ_by_capitals_have_names_of_their_own() -> None:
    assert statement_name("100001") == "statement-100001.xlsx"
    names = {statement_name(identifier) for identifier in ("abc", "ABC", "Abc", "a-bc", "a bc", "abc-")}
    assert len(names) == 6


@pytest.mark.parametrize("lower", [False, True])
def test_a_child_s_number_in_place_of_a_provider_is_in_no_name(lower: bool) -> None:
    number = next(f"{letter}801200000001" for letter in "ABCDEFGHJKLMNPQRTUVWXYZ" if is_upn(f"{letter}801200000001"))
    name = statement_name(number.lower() if lower else number)
    assert "801200000001" not in name
    assert NAME.fullmatch(name)
