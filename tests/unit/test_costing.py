"""The costing as a whole: lines, totals, findings and provenance, with every reason for having no price."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing, Framework, FundingPeriod, cost
from tariff_engine.errors import BoundsError, InputRefused, PeriodError, UsageError
from tariff_engine.finding_codes import CODES
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import PlaceRate
from tariff_engine.lines import COSTING_COLUMNS
from tests.small import (
    FILES,
    a_caseload,
    a_framework,
    a_row,
    a_tariff,
    an_uplift,
    codes,
    cost_rows,
    message,
    write_csv,
    write_version,
)

BANDED = a_framework(
    a_tariff(band="B1", rate_pence=450001),
    a_tariff(band="B2", rate_pence=1213200),
    a_tariff(band="B3", rate_pence=2000000),
)
YEARLY = a_framework()
OUTSIDE = {"start_date": "2030-04-01"}


def line(costing: Costing, number: int = 0) -> dict[str, Any]:
    return costing.lines.row(number, named=True)


def blank_money(costing: Costing, number: int = 0) -> bool:
    row = line(costing, number)
    return all(row[name] is None for name in costing.money_columns)


# ---- what a line holds


def test_a_priced_line_says_how_it_was_banded_priced_and_paid() -> None:
    places = [PlaceRate("special", "pre16", "commissioned", 1000000, "s")]
    framework = a_framework(
        a_tariff(band="B2", rate_pence=1213200, area_cost=True), places=places, areas={"878": 1021330}
    )
    found = cost_rows(framework, a_row(start_date="2025-09-03", end_date="2026-02-13"))
    assert {name: line(found)[name] for name in COSTING_COLUMNS} == {
        "placement_id": "P1",
        "child_id": "C1",
        "home_la": "878",
        "provider_id": "100001",
        "provision": "special",
        "phase": "primary",
        "framework": "small",
        "version": "2025-26",
        "band_assessed": "B2",
        "band": "B2",
        "band_source": "assessed",
        "from": date(2025, 9, 3),
        "to": date(2026, 2, 13),
        "days": 164,
        "annual_top_up": 1239078,
        "annual_uplifts": 0,
        "annual_price": 1239078,
        "place_value": 1000000,
        "over_limit": 0,
        "amount": 556736,
        "payer": "la_high_needs",
        "payee": "100001",
        "s251_line": "1.2.1",
        "count": 1,
    }
    months = [line(found)[month] for month in found.months]
    assert months == [0, 0, 0, 0, 0, 95053, 105236, 101842, 105237, 105237, 44131, 0], "a month without one is 0"
    assert found.total == 556736
    assert not found.has_errors


def test_columns_stand_in_their_order_then_the_months_then_the_rest_of_the_input() -> None:
    found = cost_rows(YEARLY, {**a_row(), "note": "kept", "amount": "12", "2025-04": "x", "in_band": "y"})
    given = ["provider_type", "nc_year", "start_date", "end_date", "in_band", "need_learning", "need_social", "note"]
    assert found.lines.columns == [*COSTING_COLUMNS, *found.months, *given, "in_amount", "in_2025-04", "in_in_band"]
    assert line(found)["note"] == "kept"
    assert line(found)["in_amount"] == "12"
    assert line(found)["in_in_band"] == "y"
    assert found.months == [f"2025-{m:02d}" for m in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]


def test_every_amount_is_a_whole_number_of_pence() -> None:
    found = cost_rows(BANDED, a_row(1), a_row(2, band="B9", count="3"))
    assert all(found.lines[name].dtype == pl.Int64 for name in [*found.money_columns, "days", "count"])
    assert not any(dtype.is_float() for dtype in found.lines.dtypes)
    assert set(found.money_columns) == {
        *("annual_top_up", "annual_uplifts", "annual_price", "place_value", "over_limit", "amount"),
        *found.months,
    }


def test_like_children_in_one_row_cost_as_many_rows_of_one() -> None:
    found = cost_rows(BANDED, a_row(count="3", start_date="2025-09-03"))
    one = cost_rows(BANDED, a_row(start_date="2025-09-03"))
    assert line(found)["annual_price"] == line(one)["annual_price"] == 1213200
    assert line(found)["amount"] == 3 * line(one)["amount"]
    assert [line(found)[month] for month in found.months] == [3 * line(one)[month] for month in found.months]
    assert found.counts["read_children"] == found.counts["priced_children"] == 3


def test_a_placement_that_does_not_meet_the_period_has_a_line_of_nothing() -> None:
    found = cost_rows(BANDED, a_row(**OUTSIDE, band="B1"))
    shown = line(found)
    assert [shown[name] for name in ("from", "to", "version", "band_assessed", "annual_price", "place_value")] == [
        None
    ] * 6
    assert (shown["days"], shown["amount"], shown["2025-04"], shown["band"]) == (0, 0, 0, "B1")
    assert (found.counts["priced"], found.has_errors) == (1, False)


def test_lines_come_in_the_order_of_the_input_and_then_of_days() -> None:
    found = cost_rows(YEARLY, a_row(2, nc_year="6"), a_row(1), a_row(3, **OUTSIDE))
    assert found.lines.select("placement_id", "phase", "from").rows() == [
        ("P2", "primary", date(2025, 4, 1)),
        ("P2", "secondary", date(2025, 9, 1)),
        ("P1", "primary", date(2025, 4, 1)),
        ("P3", "primary", None),
    ]


def test_no_band_reached_costs_nothing_where_no_row_is_for_it_and_is_said_to_be_none() -> None:
    found = cost_rows(BANDED, a_row(need_learning="0", uplifts="never-heard-of"))
    shown = line(found)
    assert (shown["band_assessed"], shown["band"], shown["band_source"]) == ("none", "none", "assessed")
    assert [shown[name] for name in ("annual_top_up", "annual_uplifts", "annual_price", "amount")] == [0, 0, 0, 0]
    assert not found.has_errors, "the uplift codes aren't read"


def test_no_band_reached_fits_the_row_with_a_blank_band() -> None:
    framework = a_framework(a_tariff("independent_special", price_basis="agreed", rate_pence=None))
    row = a_row(provision="independent_special", need_learning="0", agreed_price="64000.00")
    assert line(cost_rows(framework, row))["annual_price"] == 6400000


def test_a_panel_s_band_is_final_and_a_difference_without_a_reason_is_said() -> None:
    found = cost_rows(BANDED, a_row(1, band="B3"), a_row(2, band="B3", band_reason="new evidence"), a_row(3, band="B2"))
    assert [line(found, n)["band"] for n in range(3)] == ["B3", "B3", "B2"]
    assert [line(found, n)["band_source"] for n in range(3)] == ["panel"] * 3
    assert line(found)["band_assessed"] == "B2"
    assert line(found)["annual_price"] == 2000000
    assert codes(found) == {"P1": ["band_differs"]}
    assert message(found, "band_differs") == (
        "the panel's band differs from the assessed one, B2, and band_reason is blank"
    )


def test_a_panel_may_give_none() -> None:
    found = cost_rows(BANDED, a_row(band="none", band_reason="the plan was ceased"))
    assert (line(found)["band"], line(found)["band_source"], line(found)["amount"]) == ("none", "panel", 0)


# ---- no price, and why

NO_PRICE: list[tuple[Framework, dict[str, str], str, str, str]] = [
    (
        BANDED,
        {"need_social": ""},
        "need_missing",
        "need_social",
        "need_social is blank, and small@2025-26 needs it for the band; a blank is not 0",
    ),
    (
        BANDED,
        {"provision": "nmss"},
        "no_tariff",
        "provision",
        "small@2025-26 has no rate for nmss, B2, from 2025-04-01 to 2026-03-31",
    ),
    (
        a_framework(a_tariff(unit="hour")),
        {},
        "no_hours",
        "support_hours",
        "small@2025-26 prices this by the hour, and support_hours is blank",
    ),
    (
        a_framework(a_tariff(area_cost=True), areas={"879": 1000000}),
        {},
        "no_area_cost",
        "provider_la",
        "small@2025-26 has no area cost for local authority 878",
    ),
    (
        a_framework(a_tariff(price_basis="agreed", rate_pence=None)),
        {},
        "no_agreed_price",
        "agreed_price",
        "small@2025-26 has the price agreed child by child, and agreed_price is blank",
    ),
    (YEARLY, {"uplifts": "extra"}, "unknown_uplift", "uplifts", "extra is no uplift of small@2025-26"),
    (
        a_framework(a_tariff(unit="day", rate_pence=10325)),
        {"units": "30"},
        "units_open_ended",
        "end_date",
        "the spell is bought by the unit and has no end date, so it can't be priced",
    ),
    (
        a_framework(proration={"method": "school_days"}),
        {},
        "no_terms",
        "start_date",
        "small@2025-26 has no terms for the year from 2025-04-01 to 2026-03-31",
    ),
    (
        a_framework(effective_from="2025-09-01"),
        {},
        "no_version",
        "start_date",
        "no chosen version (small@2025-26) is in effect from 2025-04-01 to 2025-08-31",
    ),
    (
        a_framework(a_tariff(unit="hour", rate_pence=10_000_000)),
        {"support_hours": "168"},
        "amount_too_large",
        "provision",
        "one child's year comes to more than £10,000,000.00",
    ),
]


@pytest.mark.parametrize(("framework", "cells", "code", "column", "says"), NO_PRICE, ids=[case[2] for case in NO_PRICE])
def test_what_can_t_be_worked_out_is_a_finding_and_blank_never_0(
    framework: Framework, cells: dict[str, str], code: str, column: str, says: str
) -> None:
    found = (
        cost_rows(framework, a_row(1), a_row(2, **cells))
        if framework is BANDED
        else cost_rows(framework, a_row(2, **cells))
    )
    (finding,) = found.findings.filter(pl.col("code") == code).iter_rows(named=True)
    assert (finding["severity"], finding["column"], finding["placement_id"]) == ("error", column, "P2")
    assert finding["message"] == says
    assert finding["row"] == found.placements.raw.frame.height + 1
    own = found.lines.filter(pl.col("placement_id") == "P2")
    assert own.height >= 1
    assert own.select(found.money_columns).null_count().row(0) == (own.height,) * len(found.money_columns)
    assert found.counts["set_aside"] == 1
    assert found.has_errors
    assert found.counts["read"] == found.counts["priced"] + found.counts["set_aside"]


def test_a_placement_without_a_price_in_one_stint_has_none_in_any() -> None:
    found = cost_rows(a_framework(effective_from="2025-09-01"), a_row())
    assert found.lines.select("version", "from").rows() == [(None, date(2025, 4, 1)), ("2025-26", date(2025, 9, 1))]
    assert blank_money(found, 0)
    assert blank_money(found, 1)
    assert found.total == 0


def test_a_missing_need_under_a_panel_s_band_is_a_warning() -> None:
    found = cost_rows(BANDED, a_row(need_social="", band="B1"))
    (finding,) = found.findings.iter_rows(named=True)
    assert (finding["code"], finding["severity"], finding["column"]) == ("need_missing", "warning", "need_social")
    assert finding["message"] == "need_social is blank, so the panel's band can't be checked against small@2025-26"
    assert line(found)["amount"] == 450001


# ---- priced, with a warning

WARNED: list[tuple[str, Framework, dict[str, str], int, str]] = [
    (
        "phase_missing",
        a_framework(a_tariff(), a_tariff(phase="primary", rate_pence=1)),
        {"nc_year": ""},
        450000,
        "nc_year is blank, and small@2025-26 has a rate for a phase; only rates for any phase were looked at",
    ),
    (
        "estimated",
        a_framework(a_tariff(price_basis="agreed")),
        {"fte": "0.5"},
        225000,
        "agreed_price is blank, so the rate of small@2025-26 stands in for it",
    ),
    (
        "agreed_price_ignored",
        YEARLY,
        {"agreed_price": "12"},
        450000,
        "small@2025-26 sets the price for this, so the agreed price isn't used",
    ),
    (
        "units_ignored",
        YEARLY,
        {"units": "12"},
        450000,
        "small@2025-26 doesn't sell this by the week or day, so the units aren't used",
    ),
    (
        "uplift_not_for_provision",
        a_framework(uplifts=[an_uplift("extra", "amount", 100, "nmss")]),
        {"uplifts": "extra"},
        450000,
        "extra isn't for special in small@2025-26, and isn't added",
    ),
    (
        "uplift_repeated",
        a_framework(uplifts=[an_uplift("extra", "amount", 100)]),
        {"uplifts": "extra; extra"},
        450100,
        "extra is given more than once, and added once",
    ),
    (
        "override_incomplete",
        a_framework(a_tariff(maximum_pence=1000)),
        {"override_by": "Head of SEND"},
        1000,
        "override_reason is blank, so the override doesn't count and the maximum stands",
    ),
    (
        "override_incomplete",
        a_framework(a_tariff(maximum_pence=1000)),
        {"override_reason": "a tribunal"},
        1000,
        "override_by is blank, so the override doesn't count and the maximum stands",
    ),
    (
        "line_unresolved",
        YEARLY,
        {"provider_type": ""},
        450000,
        "provider_type isn't known, so the section 251 line can't be told",
    ),
    (
        "payer_ignored",
        YEARLY,
        {"payer": "commissioning_school"},
        450000,
        "a commissioning school pays only for alternative provision; the usual payer stands",
    ),
    (
        "band_not_permitted",
        a_framework(a_tariff(), banding={"rule": "highest_level", "permitted": {"special": ["B1"]}}),
        {},
        450000,
        "B2 is not a band that special may have in small@2025-26",
    ),
]


@pytest.mark.parametrize(
    ("code", "framework", "cells", "pence", "says"), WARNED, ids=[f"{case[0]}-{n}" for n, case in enumerate(WARNED)]
)
def test_what_somebody_should_look_at_is_priced_and_said(
    code: str, framework: Framework, cells: dict[str, str], pence: int, says: str
) -> None:
    found = cost_rows(framework, a_row(**cells))
    assert codes(found) == {"P1": [code]}
    assert found.findings["severity"][0] == "warning"
    assert message(found, code) == says
    assert line(found)["annual_price"] == pence
    assert found.counts["priced"] == 1


def test_a_spell_bought_by_the_unit_has_no_uplifts() -> None:
    framework = a_framework(a_tariff(unit="day", rate_pence=10325), uplifts=[an_uplift()])
    found = cost_rows(framework, a_row(units="30", start_date="2025-09-08", end_date="2025-10-19", uplifts="extra"))
    assert codes(found) == {"P1": ["uplift_on_units"]}
    assert (line(found)["amount"], line(found)["2025-09"], line(found)["2025-10"]) == (309750, 169625, 140125)
    assert (line(found)["annual_top_up"], line(found)["annual_uplifts"]) == (10325 * 190, 0)


def test_uplifts_are_added_to_an_agreed_price_and_the_sum_is_cut_to_the_maximum() -> None:
    framework = a_framework(
        a_tariff(price_basis="agreed", rate_pence=None, maximum_pence=6300000),
        uplifts=[an_uplift("part", "percent", 2_500_000), an_uplift("sum", "amount", 150000)],
    )
    found = cost_rows(framework, a_row(agreed_price="40000.00", fte="0.5", uplifts="part;sum"))
    # 2.5% of 4000000 and 150000 x 0.5; the maximum is 6300000 x 0.5.
    assert (line(found)["annual_top_up"], line(found)["annual_uplifts"]) == (4000000, 100000 + 75000)
    assert (line(found)["annual_price"], line(found)["over_limit"]) == (3150000, 1025000)


def test_an_override_by_somebody_for_a_reason_lifts_the_maximum() -> None:
    framework = a_framework(a_tariff(price_basis="agreed", rate_pence=None, maximum_pence=6300000))
    row = a_row(agreed_price="40000.00", fte="0.5", override_by="Head of SEND", override_reason="a tribunal")
    found = cost_rows(framework, row)
    assert (line(found)["annual_price"], line(found)["over_limit"], found.findings.height) == (4000000, 0, 0)


# ---- who pays


@pytest.mark.parametrize(
    ("cells", "payer", "payee", "s251"),
    [
        ({}, "la_high_needs", "100001", "1.2.1"),
        ({"provider_type": "academy"}, "la_high_needs", "100001", "1.2.2"),
        ({"provider_type": "non_maintained"}, "la_high_needs", "100001", "1.2.3"),
        ({"provision": "nmss"}, "la_high_needs", "100001", "1.2.3"),
        ({"provision": "hospital"}, "la_high_needs", "100001", "1.2.6"),
        ({"provision": "eotas"}, "la_high_needs", None, "1.2.11"),
        ({"provision": "ap_targeted"}, "la_high_needs", "100001", "1.2.4"),
        ({"provision": "ap_time_limited", "provider_type": "other"}, "la_high_needs", "100001", "1.2.7"),
        ({"provision": "ap_time_limited", "payer": "commissioning_school"}, "commissioning_school", "100001", "none"),
        ({"provision": "further_education"}, "la_high_needs", "100001", "1.2.2"),
        ({"provision": "respite"}, "social_care", "100001", "none"),
    ],
)
def test_the_payer_and_the_line_follow_the_provision_and_the_provider(
    cells: dict[str, str], payer: str, payee: str | None, s251: str
) -> None:
    framework = a_framework(a_tariff(cells.get("provision", "special")))
    found = cost_rows(framework, a_row(**cells))
    assert [line(found)[name] for name in ("payer", "payee", "s251_line")] == [payer, payee, s251]
    outside = payer != "la_high_needs"
    assert found.counts["amount_pence"] == (0 if outside else 450000)
    assert found.counts["outside_amount_pence"] == (450000 if outside else 0)


def test_the_providers_file_gives_type_and_area_and_the_placement_s_own_beats_it() -> None:
    framework = a_framework(a_tariff(area_cost=True), areas={"878": 1000000, "879": 1100000, "880": 1200000})
    providers = pl.DataFrame(
        {
            "provider_id": ["100001", "100002"],
            "provider_type": ["academy", None],
            "gias_type": [None, "7"],
            "la_code": ["879", None],
        }
    )
    rows = [
        a_row(1, provider_type=""),
        a_row(2, provider_type="maintained", provider_la="880"),
        a_row(3, provider_type="", provider_id="100002"),
        a_row(4, provider_type="", provider_id="100003"),
    ]
    found = cost_rows(framework, *rows, providers=providers)
    assert found.lines["s251_line"].to_list() == ["1.2.2", "1.2.1", "1.2.1", "unresolved"]
    assert found.lines["annual_price"].to_list() == [495000, 540000, 450000, 450000]


def test_providers_that_are_in_their_file_twice_are_all_named() -> None:
    providers = pl.DataFrame({"provider_id": ["1", "1", "2", "2", "3"], "provider_type": ["academy"] * 5})
    found = cost_rows(YEARLY, a_row(provider_id="3", provider_type=""), providers=providers)
    assert message(found, "bad_value") == "providers file: more than one row for 1, 2; none of them is used"
    assert line(found)["s251_line"] == "1.2.2"


# ---- totals


def test_totals_by_any_columns_add_up_to_the_whole() -> None:
    rows = [a_row(1), a_row(2, need_learning="3"), a_row(3, provision="nmss"), a_row(4, count="5", nc_year="6")]
    found = cost_rows(BANDED, *rows)
    by_band = found.by("band", "phase")
    assert by_band.columns == ["band", "phase", "children", "unpriced", "amount"]
    for columns in (["provision"], ["band"], ["phase", "band"], ["payer"], ["s251_line"], ["home_la"], ["payee"]):
        assert found.by(*columns)["amount"].sum() == found.total
    assert found.by("provision").rows() == [("nmss", 0, 1, 0), ("special", 7, 0, found.total)]


def test_totals_by_what_is_no_column_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^'colour' is no column of the costing\.$"):
        cost_rows(YEARLY, a_row()).by("colour")


def test_counts_add_up_in_rows_and_in_children() -> None:
    rows = [a_row(1), a_row(2, start_date="soon"), a_row(3, count="12", provision="nmss"), a_row(4, count="lots")]
    counts = cost_rows(BANDED, *rows).counts
    assert (counts["read"], counts["priced"], counts["set_aside"]) == (4, 1, 3)
    assert (counts["read_children"], counts["priced_children"], counts["set_aside_children"]) == (15, 1, 14)


def test_an_empty_caseload_costs_nothing() -> None:
    found = cost(a_caseload(a_row()).head(0), YEARLY, "FY2025-26")
    assert (found.lines.height, found.total, found.counts["read"]) == (0, 0, 0)
    assert found.lines.columns[: len(COSTING_COLUMNS)] == list(COSTING_COLUMNS)


# ---- the call


def test_frameworks_are_taken_by_name_path_and_value(tmp_path: Path) -> None:
    folder = write_version(tmp_path / "v1")
    by_path = cost(a_caseload(a_row()), folder, "FY2025-26")
    by_text = cost(a_caseload(a_row()), str(folder), FundingPeriod.parse("FY2025-26"))
    by_value = cost(a_caseload(a_row()), by_path.frameworks[0], "FY2025-26")
    assert by_path.total == by_text.total == by_value.total == 1213200
    shipped = cost(a_caseload(a_row(start_date="2023-04-01", band="none")), "devon@2023-24", "FY2023-24")
    assert shipped.provenance["frameworks"][0]["id"] == "devon"


def test_no_version_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^No framework version was given\.$"):
        cost(a_caseload(a_row()), [], "FY2025-26")


def test_as_if_needs_one_version_and_prices_every_day_under_it() -> None:
    old = a_framework(version="2020-21", effective_to="2021-03-31")
    found = cost_rows(old, a_row(), as_if=True)
    assert (line(found)["version"], line(found)["amount"]) == ("2020-21 (as if)", 450000)
    assert found.provenance["frameworks"][0]["as_if"] is True
    assert codes(found) == {None: ["as_if"]}
    assert "small@2020-21" in message(found, "as_if")
    with pytest.raises(UsageError, match=r"Name one of small@2020-21, small@2025-26\.$"):
        cost_rows([old, YEARLY], a_row(), as_if=True)


def test_as_if_says_nothing_where_the_version_covers_the_days_anyway() -> None:
    found = cost_rows(YEARLY, a_row(), as_if=True)
    assert found.findings.height == 0
    assert line(found)["version"] == "2025-26 (as if)"


@pytest.mark.parametrize(
    ("proration", "how"),
    [
        ({"remainder": "last"}, 'remainder "last"'),
        ({"method": "months", "count_day": 15}, "the method months"),
        ({"method": "terms"}, "the method terms"),
    ],
)
def test_a_method_that_can_t_cut_a_month_refuses_a_period_that_does(proration: dict[str, Any], how: str) -> None:
    framework = a_framework(proration=proration)
    with pytest.raises(PeriodError) as refused:
        cost_rows(framework, a_row(), period="2025-04-01..2025-05-15")
    assert str(refused.value) == (
        f"Period 2025-04-01..2025-05-15: small@2025-26 has {how}, so it must start and end at month ends."
    )
    cost_rows(framework, a_row(), period="2025-04-01..2025-05-31")
    cut = cost_rows(YEARLY, a_row(), period="2025-04-01..2025-05-15")
    assert cut.months == ["2025-04", "2025-05"]


def test_a_version_that_the_period_does_not_meet_refuses_nothing() -> None:
    later = a_framework(version="later", effective_from="2030-04-01", proration={"remainder": "last"})
    assert cost_rows([YEARLY, later], a_row(), period="2025-04-01..2025-05-15").total > 0


def test_a_missing_column_refuses_the_whole_file() -> None:
    row = a_row()
    del row["home_la"]
    with pytest.raises(InputRefused, match="home_la"):
        cost_rows(YEARLY, {**row, "home_lea": "878"})


def test_a_total_that_a_spreadsheet_can_t_hold_is_refused() -> None:
    # 1,000,000 children at £1,000,000 in each of 91 rows: 9.1 x 10^15 pence, above 2^53.
    framework = a_framework(a_tariff(rate_pence=100_000_000))
    rows = [a_row(n, count="1000000") for n in range(1, 92)]
    with pytest.raises(BoundsError, match="the most that spreadsheets hold to the penny"):
        cost_rows(framework, *rows)
    assert cost_rows(framework, *rows[:90]).total == 90 * 10**14


# ---- provenance and files


def test_provenance_says_where_the_figures_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1766000000")
    folder, path = write_version(tmp_path / "v1"), write_csv(tmp_path / "in.csv", a_row())
    found = cost(path, folder, "FY2025-26")
    digest = hashlib.sha256()
    for name in sorted(FILES):
        digest.update(name.encode() + b"\0" + FILES[name].encode() + b"\0")
    assert found.provenance == {
        "engine_version": found.provenance["engine_version"],
        "frameworks": [
            {
                "id": "small",
                "version": "2025-26",
                "content_hash": digest.hexdigest(),
                "legal_status": "in_force",
                "as_if": False,
            }
        ],
        "input": {"file": "in.csv", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        "period": {"name": "FY2025-26", "from": "2025-04-01", "to": "2026-03-31"},
        "created_at": "2025-12-17T19:33:20+00:00",
        "totals": found.counts,
    }
    assert json.loads(json.dumps(found.provenance)) == found.provenance


def test_a_costing_is_written_with_its_findings_and_provenance_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1766000000")
    found = cost_rows(BANDED, a_row(1), a_row(2, provision="nmss"))
    paths = found.write(tmp_path / "out.csv")
    assert sorted(path.name for path in paths) == ["out.csv", "out.findings.csv", "out.provenance.json"]
    first = [path.read_bytes() for path in sorted(paths)]
    again = [
        path.read_bytes()
        for path in sorted(cost_rows(BANDED, a_row(1), a_row(2, provision="nmss")).write(tmp_path / "out.csv"))
    ]
    assert first == again
    assert b"12132.00" in first[0]


# ---- the log of findings


def test_findings_keep_one_a_row_code_and_column_in_the_order_of_the_rows() -> None:
    log = FindingsLog()
    log.add("no_hours", [4, 2], "support_hours", ["d", "b"])
    log.add("no_hours", [2], "support_hours", "again")
    log.add("estimated", [2], "agreed_price", "c", ["12"])
    log.add("as_if", [None], "", "of the whole")
    log.add("no_terms", [], "start_date", "of nothing")
    found = log.frame(pl.DataFrame({"row": [2, 4], "placement_id": ["P1", "P3"]}))
    assert found.select("row", "placement_id", "code", "severity", "column", "value", "message").rows() == [
        (None, None, "as_if", "info", None, None, "of the whole"),
        (2, "P1", "no_hours", "error", "support_hours", None, "b"),
        (2, "P1", "estimated", "warning", "agreed_price", "12", "c"),
        (4, "P3", "no_hours", "error", "support_hours", None, "d"),
    ]


def test_a_log_without_findings_is_an_empty_table() -> None:
    assert FindingsLog().frame(pl.DataFrame({"row": [2], "placement_id": ["P1"]})).height == 0


def test_no_finding_holds_the_value_of_a_child() -> None:
    log = FindingsLog()
    log.add("child_id_is_upn", [2], "child_id", "is one", ["A801200001001"])
    assert log.frame(pl.DataFrame({"row": [2], "placement_id": ["P1"]}))["value"].to_list() == [None]


def test_every_code_says_what_it_means_and_what_to_do() -> None:
    for code, known in CODES.items():
        assert known.code == code
        assert known.severity in ("error", "warning", "info")
        assert known.meaning.endswith(".")
        assert known.what_to_do.endswith(".")


def test_the_codes_that_others_match_on_are_there_at_their_severity() -> None:
    errors = (
        "bad_value missing_value duplicate_id duplicate_row overlap overlap_fte unknown_band unknown_uplift "
        "need_missing no_version no_terms no_tariff no_area_cost no_hours no_agreed_price units_open_ended"
    )
    warnings = (
        "child_id_is_upn band_differs band_not_permitted phase_missing estimated agreed_price_ignored units_ignored "
        "uplift_on_units uplift_not_for_provision uplift_repeated override_incomplete line_unresolved payer_ignored"
    )
    assert {CODES[code].severity for code in errors.split()} == {"error"}
    assert {CODES[code].severity for code in warnings.split()} == {"warning"}
    assert CODES["dual_placement"].severity == "info"
