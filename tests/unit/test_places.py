"""Commissioned places: every row is funded, or has a finding and no amount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from tariff_engine import Framework, PlaceFunding, place_funding
from tariff_engine.errors import BoundsError, InputRefused, UsageError
from tariff_engine.tables.templates import Layout, write_template
from tests.places_by_hand import a_rate, amounts, found, fund_rows, some_places
from tests.small import a_caseload, a_framework, write_csv

RATES = a_framework(
    places=[
        a_rate(),
        a_rate(phase="post16"),
        a_rate("sen_unit", occupancy="occupied", pence=600_000),
        a_rate("sen_unit", occupancy="unoccupied"),
        a_rate("further_education", phase="post16", pence=600_000),
        a_rate("further_education", pence=600_000),
    ]
)


def months(funding: PlaceFunding, line: int = 0) -> list[int]:
    return [funding.lines[month][line] for month in funding.months]


def test_special_places_come_to_the_worked_figure() -> None:
    # 10000 x (389 x 5 + 403 x 7) / 12 = 3,971,666.666...
    funding = fund_rows(RATES, some_places())
    assert (amounts(funding), funding.lines["rate"].to_list()) == ([397_166_667], [1_000_000])


def test_whole_pounds_come_to_the_worked_figure() -> None:
    # 389 x 4,167 + 403 x 5,833
    rates = a_framework(places=[a_rate()], places_rounding="whole_pounds")
    assert amounts(fund_rows(rates, some_places())) == [397_166_200]


def test_the_first_places_are_paid_from_april_to_august_and_the_second_from_september() -> None:
    # 12 and 24 places at £10,000.00: £10,000.00 a month for 5 months and £20,000.00 for 7.
    funding = fund_rows(RATES, some_places(places_first="12", places_second="24"))
    assert months(funding) == [1_000_000] * 5 + [2_000_000] * 7


@pytest.mark.parametrize("provision", ["special", "further_education"])
def test_from_year_12_the_second_places_are_paid_from_august(provision: str) -> None:
    row = some_places(provision=provision, phase="post16", places_first="12", places_second="0")
    assert [month > 0 for month in months(fund_rows(RATES, row))] == [True] * 4 + [False] * 8


def test_further_education_changes_in_august_before_16_as_well() -> None:
    row = some_places(provision="further_education", places_first="12", places_second="0")
    assert [month > 0 for month in months(fund_rows(RATES, row))] == [True] * 4 + [False] * 8


def test_months_are_cumulative_so_no_month_takes_the_remainder() -> None:
    # 1 place of £10,000.00: 833.33, 833.34, 833.33 and so on.
    funding = fund_rows(RATES, some_places(places_first="1", places_second="1"))
    assert months(funding) == [83_333, 83_334, 83_333] * 4


def test_occupied_and_unoccupied_places_have_their_own_rates() -> None:
    unit = {"provision": "sen_unit", "places_first": "10", "places_second": "10"}
    funding = fund_rows(RATES, some_places(**unit, occupancy="occupied"), some_places(**unit, occupancy="unoccupied"))
    assert amounts(funding) == [6_000_000, 10_000_000]
    assert found(funding) == {}


AWKWARD: list[tuple[Mapping[str, str], list[str]]] = [
    ({"places_first": ""}, ["missing_value"]),
    ({"places_second": ""}, ["missing_value"]),
    ({"provider_id": ""}, ["missing_value"]),
    ({"provision": ""}, ["missing_value"]),
    ({"phase": ""}, ["missing_value"]),
    ({"occupancy": ""}, ["missing_value"]),
    ({"places_first": "-1"}, ["bad_value"]),
    ({"places_second": "12.5"}, ["bad_value"]),
    ({"places_first": "about 40"}, ["bad_value"]),
    ({"places_first": "1000001"}, ["bad_value"]),
    ({"places_first": "#REF!"}, ["bad_value"]),
    ({"places_first": "NaN"}, ["bad_value"]),
    ({"places_first": "1e3"}, ["bad_value"]),
    ({"provision": "specialx"}, ["bad_value"]),
    ({"phase": "secondary"}, ["bad_value"]),
    ({"occupancy": "empty"}, ["bad_value"]),
    ({"la_code": "999"}, ["bad_value"]),
    ({"provision": "hospital"}, ["no_place_rate"]),
    ({"provision": "eotas"}, ["no_place_rate"]),
    ({"provision": "sen_unit"}, ["no_place_rate"]),
    ({"provision": "sen_unit", "phase": "post16", "occupancy": "occupied"}, ["no_place_rate"]),
    ({"provision": "hospital", "places_first": "0.08"}, ["bad_value", "no_place_rate"]),
]


@pytest.mark.parametrize(("cells", "codes"), AWKWARD, ids=lambda value: str(value))
def test_an_awkward_row_is_a_finding_and_a_blank_and_never_0(cells: Mapping[str, str], codes: list[str]) -> None:
    funding = fund_rows(RATES, some_places(), {**some_places(provider_id="100002"), **cells})
    assert amounts(funding) == [397_166_667, None]
    assert found(funding) == {3: codes}
    assert [funding.lines[column][1] for column in funding.money_columns] == [None] * 14
    assert dict(funding.counts) == {"read": 2, "priced": 1, "set_aside": 1, "amount_pence": 397_166_667}


@pytest.mark.parametrize("cell", ["40.0", "40", " 40 ", "40.00"])
def test_a_whole_number_is_read_however_a_spreadsheet_writes_it(cell: str) -> None:
    assert amounts(fund_rows(RATES, some_places(places_first=cell, places_second="40"))) == [40_000_000]


def test_no_places_are_no_money_and_no_finding() -> None:
    funding = fund_rows(RATES, some_places(places_first="0", places_second="0"))
    assert (amounts(funding), found(funding)) == ([0], {})


def test_the_message_names_the_occupancies_that_have_a_rate() -> None:
    funding = fund_rows(RATES, some_places(provision="sen_unit"))
    (said,) = funding.findings["message"].to_list()
    assert said.endswith("no rate for a place in sen_unit, pre16, commissioned; it has one for occupied and unoccupied")


def test_a_row_that_repeats_another_is_paid_once() -> None:
    funding = fund_rows(RATES, some_places(), some_places(), some_places(provider_id="100001.0"))
    assert amounts(funding) == [397_166_667, None, None]
    assert found(funding) == {3: ["duplicate_row"], 4: ["duplicate_row"]}


def test_rows_that_only_their_numbers_tell_apart_are_not_paid_and_name_each_other() -> None:
    funding = fund_rows(RATES, some_places(), some_places(places_second="400"))
    assert amounts(funding) == [None, None]
    assert found(funding) == {2: ["duplicate_places"], 3: ["duplicate_places"]}
    assert ["row 3" in funding.findings["message"][0], "row 2" in funding.findings["message"][1]] == [True, True]


def test_rows_that_another_column_tells_apart_are_paid_with_a_warning() -> None:
    rows = some_places(base="autism"), some_places(base="speech", places_second="400")
    funding = fund_rows(RATES, *rows)
    assert None not in amounts(funding)
    assert found(funding) == {2: ["places_repeated"], 3: ["places_repeated"]}
    assert funding.lines["base"].to_list() == ["autism", "speech"]


def test_headers_in_other_spellings_are_matched() -> None:
    frame = a_caseload(some_places()).rename(
        {"provider_id": "Provider ID", "places_first": " Places-first", "places_second": "PLACES SECOND"}
    )
    assert amounts(place_funding(frame, RATES, "FY2025-26")) == [397_166_667]


@pytest.mark.parametrize("column", ["provider_id", "provision", "phase", "occupancy", "places_first", "places_second"])
def test_a_column_that_is_missing_is_refused_by_name(column: str) -> None:
    with pytest.raises(InputRefused, match=column):
        place_funding(a_caseload(some_places()).drop(column), RATES, "FY2025-26")


def test_other_columns_are_passed_through_and_renamed_where_the_name_is_taken() -> None:
    funding = fund_rows(RATES, some_places(note="new build", amount="7", rate="8"))
    assert funding.lines.select("note", "in_amount", "in_rate").row(0) == ("new build", "7", "8")


def test_part_of_a_year_takes_its_months_and_no_more() -> None:
    year = fund_rows(RATES, some_places())
    part = fund_rows(RATES, some_places(), period="2025-06-01..2025-09-30")
    assert part.months == ["2025-06", "2025-07", "2025-08", "2025-09"]
    assert months(part) == months(year)[2:6]
    assert amounts(part) == [sum(months(year)[2:6])]


def test_a_period_that_cuts_a_month_takes_its_share_by_days() -> None:
    # 12 places: £10,000.00 in April; 16 of its 30 days are £5,333.33.
    row = some_places(places_first="12", places_second="12")
    assert amounts(fund_rows(RATES, row, period="2025-04-15..2025-04-30")) == [533_333]
    assert amounts(fund_rows(RATES, row, period="2025-04-01..2025-04-14")) == [466_667]


def test_an_academic_year_has_the_same_pence_in_each_month_and_says_that_it_meets_two_years() -> None:
    funding = fund_rows(RATES, some_places(), period="AY2025-26")
    year = months(fund_rows(RATES, some_places()))
    assert months(funding) == [*year[5:], *year[:5]]
    assert amounts(funding) == [397_166_667]
    assert funding.findings["code"].to_list() == ["places_of_several_years"]


def a_year(year: int, pence: int) -> Framework:
    return a_framework(
        places=[a_rate(pence=pence)],
        version=str(year),
        effective_from=date(year, 4, 1),
        effective_to=date(year + 1, 3, 31),
    )


def test_each_version_has_a_line_of_its_own() -> None:
    versions = [a_year(2025, 1_000_000), a_year(2026, 1_200_000)]
    row = some_places(places_first="12", places_second="12")
    funding = place_funding(a_caseload(row), versions, "2026-03-01..2026-04-30")
    assert funding.lines.select("version", "from", "to", "rate", "amount", "2026-03", "2026-04").rows() == [
        ("2025", date(2026, 3, 1), date(2026, 3, 31), 1_000_000, 1_000_000, 1_000_000, 0),
        ("2026", date(2026, 4, 1), date(2026, 4, 30), 1_200_000, 1_200_000, 0, 1_200_000),
    ]
    assert funding.total == 2_200_000


def test_days_without_a_version_leave_the_whole_row_without_an_amount() -> None:
    funding = place_funding(a_caseload(some_places()), [a_year(2025, 1_000_000)], "AY2025-26")
    assert amounts(funding) == [None, None]
    assert funding.lines["version"].to_list() == ["2025", None]
    assert found(funding) == {2: ["no_version"]}


def test_as_if_funds_every_day_and_says_so() -> None:
    version = a_year(2025, 1_000_000)
    funding = place_funding(a_caseload(some_places()), version, "FY2027-28", as_if=True)
    assert amounts(funding) == [397_166_667]
    assert funding.lines["version"].to_list() == ["2025 (as if)"]
    assert funding.findings["code"].to_list() == ["as_if"]


def test_a_providers_file_gives_the_area_where_it_is_blank() -> None:
    providers = pl.DataFrame({"provider_id": ["100001", "100002"], "la_code": ["330", "331"]})
    rows = some_places(), some_places(provider_id="100002", la_code="878"), some_places(provider_id="100003")
    funding = fund_rows(RATES, *rows, providers=providers)
    assert funding.lines["la_code"].to_list() == ["330", "878", None]


def test_totals_by_a_column_add_to_the_whole() -> None:
    rows = some_places(), some_places(provider_id="100002", phase="post16"), some_places(provision="hospital")
    funding = fund_rows(RATES, *rows)
    by = funding.by("provision")
    assert by.select("provision", "rows", "unpriced").rows() == [("hospital", 0, 1), ("special", 2, 0)]
    assert by["amount"].sum() == funding.total == funding.by()["amount"].item()
    for wrong in (("nowhere",), ("amount",), ("phase", "phase")):
        with pytest.raises(UsageError):
            funding.by(*wrong)


def test_a_total_that_a_spreadsheet_can_t_hold_is_refused() -> None:
    rates = a_framework(places=[a_rate(pence=100_000_000)])
    most = {"places_first": "1000000", "places_second": "1000000"}
    assert amounts(fund_rows(rates, some_places(**most))) == [10**14]
    with pytest.raises(BoundsError):
        fund_rows(rates, *(some_places(provider_id=str(at), **most) for at in range(100)))


def test_the_largest_row_in_whole_pounds_is_exact() -> None:
    rates = a_framework(places=[a_rate(pence=100_000_000)], places_rounding="whole_pounds")
    funding = fund_rows(rates, some_places(places_first="1000000", places_second="1000000"))
    # 1,000,000 x (round(1,000,000 x 5/12) + round(1,000,000 x 7/12)) = 1,000,000 x (416,667 + 583,333)
    assert amounts(funding) == [10**14]


def test_an_empty_file_has_no_lines_and_a_total_of_0() -> None:
    funding = place_funding(a_caseload(some_places()).clear(), RATES, "FY2025-26")
    assert (funding.lines.height, funding.total, dict(funding.counts)["read"]) == (0, 0, 0)


def test_the_order_of_the_rows_changes_no_amount() -> None:
    rows = [some_places(provider_id=str(at), places_first=str(at)) for at in range(20)]
    forth, back = fund_rows(RATES, *rows), fund_rows(RATES, *reversed(rows))
    assert forth.lines.equals(back.lines.reverse())


def test_a_csv_file_shows_pounds_and_parquet_holds_pence(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "places.csv", some_places())
    funding = place_funding(source, RATES, "FY2025-26")
    names = [path.name for path in funding.write(tmp_path / "out.csv")]
    assert names == ["out.csv", "out.findings.csv", "out.provenance.json"]
    shown = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert (shown["amount"].item(), shown["2025-04"].item()) == ("3971666.67", "324166.67")
    funding.write(tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(funding.lines)
    with pytest.raises(UsageError, match="is the file that is being read"):
        funding.write(source)


def test_the_workbook_has_its_sheets_and_its_total_is_a_formula(tmp_path: Path) -> None:
    rows = some_places(la_code="330"), some_places(provider_id="100002", la_code="331"), some_places(provision="eotas")
    (path,) = fund_rows(RATES, *rows).write(tmp_path / "places.xlsx")
    book, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    assert book.sheetnames[:4] == ["Summary", "Places", "Findings", "Rules"]
    assert book.sheetnames[-1] == "Provenance"
    column = {cell.value: cell.column for cell in book["Places"][1]}
    assert str(book["Places"].cell(2, column["amount"]).value).startswith("=")
    assert values["Places"].cell(2, column["amount"]).value == 3_971_666.67
    whole = next(
        row for row in values["Summary"].iter_rows(values_only=True) if row[0] == "All places that have a rate"
    )
    assert whole[4] == 7_943_333.34
    assert {row[1].value for row in book["Rules"].iter_rows(min_row=2)} == {"special", "sen_unit", "further_education"}


def test_an_ods_workbook_has_the_same_total(tmp_path: Path) -> None:
    (path,) = fund_rows(RATES, some_places()).write(tmp_path / "places.ods")
    header, row = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Places").to_python()
    assert row[header.index("amount")] == 3_971_666.67


def test_a_filled_template_reads_back(tmp_path: Path) -> None:
    path = write_template(Layout.PLACES, tmp_path / "places.xlsx", RATES)
    book = openpyxl.load_workbook(path)
    page = book["Places"]
    header = [cell.value for cell in page[1]]
    row = {**some_places(la_code="330"), "places_first": 389, "places_second": 403}
    for at, name in enumerate(header, start=1):
        page.cell(2, at).value = row[str(name)]
    book.save(path)
    funding = place_funding(path, RATES, "FY2025-26")
    assert amounts(funding) == [397_166_667]
    assert found(funding) == {}
