"""A framework as a workbook: what comes back unedited, what a spreadsheet program sees, and a workbook in use."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook
from pydantic import BaseModel

from tariff_engine import check_framework, cost, load_frameworks
from tariff_engine.errors import FrameworkError, UsageError
from tariff_engine.framework_from_sheets import files_of_sheets
from tariff_engine.framework_header import Banding, CoOccurrence, Header, NeedArea, Proration, SchoolTerm, Source, Term
from tariff_engine.framework_library import example_files, framework_files, shipped_names
from tariff_engine.framework_reading import content_hash, load_version, read_files
from tariff_engine.framework_rows import COLUMNS
from tariff_engine.framework_sheets import CALENDAR, KEYS, SHEETS, sheet_named
from tariff_engine.framework_to_sheets import in_a_cell, rows_of_sheets
from tariff_engine.framework_workbook_writing import write_framework_workbook
from tariff_engine.tables.framework_book import MOST_PROMPT
from tests.framework_books import FULL, a_book, edited, full, read, without_bytes
from tests.small import FILES


def saved_by_openpyxl(path: Path) -> Path:
    load_workbook(path).save(path)
    return path


# ---- there and back


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("save", [lambda path: path, saved_by_openpyxl], ids=["as made", "saved by openpyxl"])
def test_an_unedited_workbook_is_the_shipped_version(name: str, save: Callable[[Path], Path], tmp_path: Path) -> None:
    framework, files = framework_files(name)
    book = read(save(a_book(tmp_path, files)))
    assert book.framework == framework
    assert dict(book.files) == files
    assert book.made_from == framework.content_hash


@pytest.mark.parametrize("save", [lambda path: path, saved_by_openpyxl], ids=["as made", "saved by openpyxl"])
def test_whatever_a_file_can_hold_comes_back_to_the_byte(save: Callable[[Path], Path], tmp_path: Path) -> None:
    assert dict(read(save(a_book(tmp_path))).files) == dict(FULL)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize("which", ["full", "norfolk@2019-20", "islington@2021-22"])
def test_a_workbook_that_libreoffice_saved_is_the_same_version(
    which: str, kind: str, tmp_path: Path, libreoffice: Callable[[Path, str], Path]
) -> None:
    files = FULL if which == "full" else framework_files(which)[1]
    book = read(libreoffice(a_book(tmp_path, files), kind))
    assert book.framework is not None
    assert book.framework.content_hash == content_hash(files)


def test_a_cell_holds_text_without_what_spreadsheets_change() -> None:
    assert in_a_cell(" a\r\nb\rc\x07\ufffe\t d\u00a0") == "a\nb\nc\t d"


def test_text_that_looks_like_an_escape_comes_back(tmp_path: Path) -> None:
    toml = FULL["framework.toml"].replace(b"A note", b"_x0041_ and _x000D_")
    assert read(a_book(tmp_path, {**FULL, "framework.toml": toml})).files["framework.toml"] == toml


def test_the_same_version_gives_the_same_workbook(tmp_path: Path) -> None:
    made = a_book(tmp_path).read_bytes()
    assert a_book(tmp_path).read_bytes() == made
    created = load_workbook(a_book(tmp_path)).properties.created
    assert created is not None
    assert created.time() == time(), "the day alone is in it"


def test_an_optional_file_with_no_rows_stays_and_one_that_is_not_there_stays_away(tmp_path: Path) -> None:
    files = {name: text.encode() for name, text in FILES.items() if name != "places.csv"}
    files["uplifts.csv"] = (",".join(COLUMNS["uplifts.csv"]) + "\n").encode()
    assert dict(read(a_book(tmp_path, files)).files) == files


def test_without_the_copy_of_the_files_the_version_means_the_same(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    del book["Original files"]
    book.save(path)
    found = read(path).framework
    assert found is not None
    assert without_bytes(found) == without_bytes(full())
    assert found.content_hash != full().content_hash


@pytest.mark.parametrize("text", ['"id = 1"', "not json", '"\\ud800"', "[" * 30_000, 7, None])
def test_a_copy_of_the_files_that_was_spoilt_is_passed_over(text: object, tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    book["Original files"].cell(3, 3).value = text
    book.save(path)
    found = read(path).framework
    assert found is not None
    assert without_bytes(found) == without_bytes(full())


def test_a_copy_of_the_files_may_be_sorted_some_other_way(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    page = book["Original files"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3)]
    for number, row in enumerate(reversed(rows), start=3):
        for column, value in enumerate(row, start=1):
            page.cell(number, column).value = value
    book.save(path)
    assert dict(read(path).files) == dict(FULL)


def test_a_copy_of_the_files_never_beats_the_sheets(tmp_path: Path) -> None:
    path = a_book(tmp_path)
    book = load_workbook(path)
    page = book["Original files"]
    for row in page.iter_rows(min_row=3):
        row[2].value = str(row[2].value).replace("4500.01", "9999.00")
    book.save(path)
    found = read(path).framework
    assert found is not None
    assert found.tariffs[0].rate_pence == 450001


def test_every_key_and_column_of_a_version_has_a_cell() -> None:
    dotted = {key.name for key in KEYS}
    assert set(Header.model_fields) - {"sources", "need_areas", "proration", "banding"} <= dotted
    assert _keys(Proration) - {"terms", "school_terms", "closed"} == _below("proration", dotted)
    assert _keys(CoOccurrence) == _below("banding.co_occurrence", dotted)
    assert _keys(Banding) == {"rule", "weights", "co_occurrence", "provision_shift", "permitted"}
    assert {column.name for column in sheet_named("Sources").columns} == _keys(Source)
    calendar = {column.name for column in sheet_named(CALENDAR).columns}
    assert _keys(Term) | _keys(SchoolTerm) == calendar - {"kind"}
    assert _keys(NeedArea) == {"code", "title", "primary_needs", "levels"}
    for sheet in SHEETS:
        if sheet.file in COLUMNS:
            assert tuple(column.name for column in sheet.columns) == COLUMNS[sheet.file]


def _keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def _below(path: str, dotted: set[str]) -> set[str]:
    return {name.removeprefix(f"{path}.") for name in dotted if name.startswith(f"{path}.")}


def test_a_prompt_is_no_longer_than_a_spreadsheet_shows() -> None:
    for column in [*KEYS, *(column for sheet in SHEETS for column in sheet.columns)]:
        assert len(column.meaning) <= MOST_PROMPT, column.name


# ---- what a spreadsheet program sees


def test_money_is_a_number_a_code_is_text_and_a_date_is_a_date(tmp_path: Path) -> None:
    book = load_workbook(a_book(tmp_path))
    rates = {cell.number_format for cell in book["Tariffs"]["G"][1:8]}
    assert rates == {"#,##0.00"}
    assert book["Tariffs"]["G3"].value == 12132
    assert (book["Bands"]["A2"].value, book["Bands"]["A2"].number_format) == ("1", "@")
    assert (book["Tariffs"]["B8"].value, book["Tariffs"]["B20"].number_format) == ("007", "@")
    assert book["Uplifts"]["E3"].value == "special; nmss"
    assert book["Calendar"]["C2"].value.date() == date(2025, 4, 1)
    assert (book["Calendar"]["E3"].value, book["Calendar"]["E3"].number_format) == ("14/24", "@")


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    with zipfile.ZipFile(a_book(tmp_path)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheets = [text for name, text in parts.items() if name.startswith("xl/worksheets/")]
    assert len(sheets) == len(SHEETS) + 4
    assert not any(re.search(r"<f[ >/]|<hyperlink", text) for text in sheets)
    assert any("=HYPERLINK" in text for text in parts.values())


def test_codes_are_chosen_from_lists(tmp_path: Path) -> None:
    book = load_workbook(a_book(tmp_path))
    rules = {str(rule.sqref): rule for rule in book["Tariffs"].data_validations.dataValidation}
    assert rules["A2:A1048576"].formula1 == "'Lists'!$A$2:$A$18"
    assert rules["K2:K1048576"].formula1.startswith("OFFSET('Sources'!$A$2,")
    assert rules["G2:G1048576"].type == "decimal"
    assert [cell.value for cell in book["Lists"]["A"][:3]] == ["provisions", "mainstream", "sen_unit"]


def test_a_workbook_can_t_hold_a_cell_of_more_text_than_a_spreadsheet_does(tmp_path: Path) -> None:
    note = "n" * 33_000
    toml = FULL["framework.toml"].replace(
        b'"A note"', b'"""' + "\\\n".join(re.findall(".{1000}", note)).encode() + b'"""'
    )
    with pytest.raises(UsageError, match=r"^Sheet Sources, row 3 would have a cell of 33,000 characters\.$"):
        a_book(tmp_path, {**FULL, "framework.toml": toml})
    assert list(tmp_path.iterdir()) == []


def test_a_version_with_an_error_is_not_made_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(FrameworkError, match=r"tariffs\.csv, row 2, rate"):
        a_book(tmp_path, {**FULL, "tariffs.csv": FULL["tariffs.csv"].replace(b"4500.01", b"lots")})
    assert list(tmp_path.iterdir()) == []


# ---- in use


def test_pricing_under_a_workbook_is_pricing_under_its_folder(tmp_path: Path) -> None:
    _, files = framework_files("devon@2023-24")
    path = a_book(tmp_path, files)
    caseload = pl.DataFrame(
        {
            "placement_id": ["P1", "P2"],
            "child_id": ["C1", "C2"],
            "home_la": ["878", "878"],
            "provider_id": ["113000", "113001"],
            "provision": ["mainstream", "special"],
            "start_date": ["2023-04-01", "2023-09-01"],
            "band": ["banding_1", None],
        }
    )
    from_book, from_name = (cost(caseload, framework, "FY2023-24") for framework in (path, "devon@2023-24"))
    assert from_book.lines.equals(from_name.lines)
    assert from_book.findings.equals(from_name.findings)
    assert from_book.provenance["frameworks"] == from_name.provenance["frameworks"]
    rates = [costing.explain("P1").text() for costing in (from_book, from_name)]
    assert "of the sheet Tariffs (" in rates[0]
    assert "of tariffs.csv (" in rates[1]


def test_an_edited_folder_and_an_edited_workbook_are_one_version(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in FULL.items():
        (folder / name).write_bytes(content.replace(b"13000.5", b"13500"))
    book = edited(a_book(tmp_path), "Tariffs", {(4, "rate"): 13500})
    assert without_bytes(load_frameworks(book)[0]) == without_bytes(load_version(folder))


def test_a_workbook_with_an_ending_after_a_version_s_name_is_a_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_book(tmp_path).rename(tmp_path / "devon@2023-24.xlsx")
    monkeypatch.chdir(tmp_path)
    assert load_frameworks("devon@2023-24.xlsx")[0].name == "full@2025-26"
    assert [p.severity for p in check_framework("devon@2023-24.xlsx")] == ["warning"] * 3
    assert framework_files("devon@2023-24.xlsx")[1] == dict(FULL)
    with pytest.raises(UsageError, match=r"nowhere@1\.xlsx: there is no such workbook"):
        load_frameworks("nowhere@1.xlsx")


def test_checking_warns_of_a_version_that_differs_from_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    _, files = framework_files("devon@2023-24")
    path = a_book(tmp_path, files)
    assert check_framework(path) == check_framework("devon@2023-24")
    found = [problem.text() for problem in check_framework(edited(path, "Tariffs", {(2, "rate"): 1650}))]
    assert (
        found[-1]
        == "devon, version: differs from the shipped version of that name, devon@2023-24; give it a name of its own"
    )
    assert load_frameworks(path)[0].tariffs[0].rate_pence == 165_000


def test_the_files_of_a_reference_are_those_of_its_folder_workbook_or_name(tmp_path: Path) -> None:
    framework, files = framework_files("devon@2023-24")
    folder = tmp_path / "several" / "one"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for reference in (folder, folder.parent, a_book(tmp_path, files)):
        assert framework_files(reference) == (framework, files)
    with pytest.raises(UsageError, match=r"^devon has several versions\. Name one of devon@2022-23, devon@2023-24\.$"):
        framework_files("devon")


def test_the_example_holds_together_and_prices(tmp_path: Path) -> None:
    path = tmp_path / "ours.xlsx"
    framework = write_framework_workbook(path, example_files())
    assert check_framework(path) == []
    assert framework.name not in shipped_names()
    caseload = pl.DataFrame(
        {
            "placement_id": ["P1", "P2"],
            "child_id": ["C1", "C2"],
            "home_la": ["330", "330"],
            "provider_id": ["100001", "100002"],
            "provider_type": ["maintained", "academy"],
            "provision": ["mainstream", "special"],
            "start_date": ["2026-04-01", "2026-04-01"],
            "nc_year": ["4", "8"],
            "need_learning": ["1", "3"],
            "need_wellbeing": ["1", "2"],
        }
    )
    costing = cost(caseload, path, "FY2026-27")
    assert costing.lines.select("band", "amount").rows() == [("A", 215_000), ("C", 1_580_000)]


def test_the_sheets_of_files_come_to_files_of_the_same_sheets() -> None:
    rows = {name: list(enumerate(lines, start=2)) for name, lines in rows_of_sheets(FULL).items()}
    made = files_of_sheets({name: [(at, {k: v for k, v in c.items() if v}) for at, c in r] for name, r in rows.items()})
    assert made.problems == []
    assert rows_of_sheets(made.files)["Need areas"] == rows_of_sheets(FULL)["Need areas"]
    found, _ = read_files(made.files)
    assert found is not None
    assert without_bytes(found) == without_bytes(full())
