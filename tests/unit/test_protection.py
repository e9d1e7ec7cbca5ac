"""The minimum funding guarantee: exact, by provider, and blank where something isn't known."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tariff_engine import Protection, place_funding, protect
from tariff_engine.errors import UsageError
from tariff_engine.protection.guarantee import parse_guarantee, protection_of, show_guarantee
from tests.places_by_hand import a_rate, some_places
from tests.small import a_caseload, a_framework, a_row, a_tariff, cost_rows, write_csv

LAST = a_framework(
    a_tariff(rate_pence=2_000_000),
    a_tariff("respite", rate_pence=100_000),
    places=[a_rate()],
    version="last",
    effective_from=date(2024, 4, 1),
    effective_to=date(2025, 3, 31),
)
THIS = a_framework(
    a_tariff(rate_pence=1_900_000),
    a_tariff("respite", rate_pence=50_000),
    places=[a_rate(pence=1_010_000)],
    version="this",
    effective_from=date(2025, 4, 1),
)
ROW, OTHER = a_row(1), a_row(3, provider_id="100002")
PLACES = some_places(places_first="12", places_second="12")


def protected(*rows: dict[str, str], guarantee: str = "0.0", **options: object) -> Protection:
    return protect(a_caseload(*rows), THIS, LAST, guarantee, "FY2025-26", **options)  # type: ignore[arg-type]


def line(found: Protection, provider: str) -> dict[str, int | None]:
    return dict(found.lines.filter(pl.col("provider_id") == provider).drop("provider_id").row(0, named=True))


def codes(found: Protection) -> list[str]:
    return found.findings.filter(pl.col("severity") != "info")["code"].to_list()


def test_a_fall_of_the_top_up_is_made_good() -> None:
    # £20,000.00 last year, £19,000.00 this year.
    found = line(protected(ROW), "100001")
    assert (found["total_last_year"], found["guaranteed"], found["total"]) == (2_000_000, 2_000_000, 1_900_000)
    assert (found["protection"], found["total_protected"]) == (100_000, 2_000_000)


def test_a_negative_guarantee_protects_less() -> None:
    # 98.5% of £20,000.00 is £19,700.00.
    assert line(protected(ROW, guarantee="-0.015"), "100001")["protection"] == 70_000
    assert line(protected(ROW, guarantee="-1.5%"), "100001")["protection"] == 70_000
    assert line(protected(ROW, guarantee="-0.05"), "100001")["protection"] == 0


def test_places_count_on_both_sides() -> None:
    # 12 places: £120,000.00 and £121,200.00, so that £140,000.00 stands against £140,200.00.
    found = line(protected(ROW, places=a_caseload(PLACES)), "100001")
    assert (found["places_last_year"], found["places"]) == (12_000_000, 12_120_000)
    assert (found["total_last_year"], found["total"], found["protection"]) == (14_000_000, 14_020_000, 0)


def test_additional_allocations_count_on_both_sides() -> None:
    given = pl.DataFrame(
        {
            "provider_id": ["100001"],
            "additional_allocation": ["600.00"],
            "additional_allocation_last_year": ["100.00"],
        }
    )
    # £20,100.00 last year and £19,600.00 this year.
    found = line(protected(ROW, providers=given), "100001")
    assert (found["additional_last_year"], found["additional"], found["protection"]) == (10_000, 60_000, 50_000)


def test_providers_are_protected_one_by_one() -> None:
    found = protected(ROW, a_row(2), OTHER)
    assert found.lines["provider_id"].to_list() == ["100001", "100002"]
    assert found.lines["protection"].to_list() == [200_000, 100_000]
    assert found.total == 300_000


def test_a_provider_with_places_alone_is_there_too() -> None:
    found = protected(ROW, places=a_caseload(some_places(provider_id="100009", places_first="1", places_second="1")))
    assert line(found, "100009")["total_last_year"] == 1_000_000
    assert line(found, "100009")["top_up"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"provision": "mainstream"},  # no rate on either side
        {"start_date": "2025-13-01"},  # can't be read at all
        {"fte": "2"},
    ],
)
def test_a_row_without_a_price_leaves_its_provider_blank_and_no_other(wrong: dict[str, str]) -> None:
    found = protected(ROW, a_row(2, **wrong), OTHER)
    assert found.lines["protection"].to_list() == [None, 100_000]
    assert line(found, "100001")["total"] is None
    assert "protection_unknown" in codes(found)
    assert found.unknown == 1


def test_a_row_that_only_one_side_can_price_leaves_its_provider_blank() -> None:
    last = a_framework(a_tariff(band="B2", rate_pence=2_000_000), version="last")
    found = protect(a_caseload(ROW, a_row(2, need_learning="1")), THIS, last, "0", "FY2025-26")
    assert line(found, "100001")["top_up"] == 3_800_000
    assert (line(found, "100001")["top_up_last_year"], line(found, "100001")["protection"]) == (None, None)


def test_places_without_a_rate_leave_their_provider_blank() -> None:
    found = protected(ROW, OTHER, places=a_caseload(PLACES, some_places(phase="post16")))
    assert (line(found, "100001")["places"], line(found, "100001")["protection"]) == (None, None)
    assert line(found, "100002")["protection"] == 100_000


def test_an_additional_allocation_that_can_t_be_read_leaves_its_provider_blank() -> None:
    given = pl.DataFrame({"provider_id": ["100001", "100002"], "additional_allocation": ["about 5", "1.00"]})
    found = protected(ROW, OTHER, providers=given)
    assert found.lines["protection"].to_list() == [None, 99_900]
    assert {"bad_value", "protection_unknown"} <= set(codes(found))


def test_a_provider_whose_allocation_stands_twice_is_blank() -> None:
    given = pl.DataFrame({"provider_id": ["100001", "100001"], "additional_allocation": ["1.00", "2.00"]})
    assert protected(ROW, providers=given).lines["protection"].to_list() == [None]


def test_what_others_pay_is_not_the_authority_s_to_protect() -> None:
    found = protected(ROW, a_row(2, provision="respite", provider_id="100005"))
    assert found.lines["provider_id"].to_list() == ["100001"]


def test_a_row_whose_provider_can_t_be_told_is_said() -> None:
    found = protected(ROW, a_row(2, provider_id=""))
    assert line(found, "100001")["protection"] == 100_000
    assert "provider_not_told" in codes(found)


def test_both_sides_are_the_costings_of_the_same_file() -> None:
    found = protected(ROW, OTHER, places=a_caseload(PLACES))
    this = cost_rows(THIS, ROW, OTHER)
    last = cost_rows(LAST, ROW, OTHER, as_if=True)
    assert (found.lines["top_up"].sum(), found.lines["top_up_last_year"].sum()) == (this.total, last.total)
    assert found.lines["places"].sum() == place_funding(a_caseload(PLACES), THIS, "FY2025-26").total
    assert found.placements["this_year"].sum() == this.total
    assert found.places.select("rate_last_year", "rate", "last_year", "this_year").row(0) == (
        1_000_000,
        1_010_000,
        12_000_000,
        12_120_000,
    )


def test_last_year_s_rules_are_used_as_if_in_effect_without_a_finding_of_it() -> None:
    found = protected(ROW)
    assert found.findings.is_empty()
    assert [framework["as_if"] for framework in found.provenance["frameworks"]] == [True, False]


def test_this_year_s_rules_are_not_used_beyond_their_days() -> None:
    row = a_row(1, start_date="2024-04-01")
    early = protect(a_caseload(row), THIS, LAST, "0", "FY2024-25")
    assert (early.lines["protection"].to_list(), codes(early)) == ([None], ["no_version", "protection_unknown"])
    assert protect(a_caseload(row), THIS, LAST, "0", "FY2024-25", as_if=True).total == 100_000


@pytest.mark.parametrize(
    ("text", "share"),
    [("0.0", 0), ("0", 0), ("-0.015", Fraction(-15, 1000)), ("-1.5%", Fraction(-15, 1000)), ("3 %", Fraction(3, 100))],
)
def test_a_guarantee_is_a_share_or_a_percentage(text: str, share: Fraction) -> None:
    assert parse_guarantee(text) == share


@pytest.mark.parametrize("text", ["3", "-2", "101%", "half", "", "nan", "0.0000001", "1e-2"])
def test_what_is_no_guarantee_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Guarantee"):
        parse_guarantee(text)


def test_a_guarantee_is_shown_as_a_percentage() -> None:
    assert [show_guarantee(parse_guarantee(text)) for text in ("-0.015", "0", "3%")] == ["-1.5%", "0%", "3%"]


@pytest.mark.parametrize(
    ("last", "this", "guarantee", "protection"),
    [
        (101, 100, Fraction(-1, 200), 0),  # 100.495 - 100 = 0.495
        (100, 100, Fraction(1, 200), 1),  # 100.5 - 100: a half goes up
        (100, 100, Fraction(49, 10_000), 0),  # 0.49
        (0, 0, Fraction(0), 0),
        (10**14, 1, Fraction(1), 2 * 10**14 - 1),
    ],
)
def test_a_protection_is_rounded_once(last: int, this: int, guarantee: Fraction, protection: int) -> None:
    assert protection_of(last, this, guarantee) == protection


def test_the_workbook_holds_the_working(tmp_path: Path) -> None:
    found = protected(ROW, a_row(2, provision="nmss"), OTHER, places=a_caseload(PLACES))
    (path,) = found.write(tmp_path / "protection.xlsx")
    book = openpyxl.load_workbook(path, data_only=True)
    assert book.sheetnames == [
        "Summary",
        "Protection",
        "Placements",
        "Places",
        "Place rates",
        "Findings",
        "Rules",
        "Provenance",
    ]
    header = [cell.value for cell in book["Protection"][1]]
    protection = [row[header.index("protection")] for row in book["Protection"].iter_rows(min_row=2, values_only=True)]
    assert protection == [None, 1000]


def test_files_that_are_read_are_not_written_over(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", ROW)
    places = write_csv(tmp_path / "places.csv", PLACES)
    found = protect(source, THIS, LAST, "0", "FY2025-26", places=places)
    for path in (source, places):
        with pytest.raises(UsageError, match="is the file that is being read"):
            found.write(path)
