"""From a band to an annual price: the row that fits, top-up, uplifts and limits, each figure worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tariff_engine import Framework
from tariff_engine.framework import PlaceRate, Tariff
from tariff_engine.pricing import (
    TariffColumns,
    TariffTable,
    annual_top_up,
    annual_top_ups,
    apply_limits,
    commissioned_amount,
    limit_at,
    limits_applied,
    place_rate,
    quantity_factors,
    split_uplifts,
    uplift_amount,
    uplift_amounts,
)
from tests.small import a_framework, a_tariff, an_uplift

ONE = 1_000_000
FRAMEWORK = a_framework()


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


# ---- the row that fits

ANY = a_tariff(row=2, rate_pence=1)
PHASE = a_tariff(row=3, phase="primary", rate_pence=2)
BAND = a_tariff(row=4, band="B1", rate_pence=3)
BAND_PHASE = a_tariff(row=5, band="B1", phase="primary", rate_pence=4)
PROVIDER = a_tariff(row=6, provider_id="100001", rate_pence=5)
PROVIDER_PHASE = a_tariff(row=7, provider_id="100001", phase="primary", rate_pence=6)
PROVIDER_BAND = a_tariff(row=8, provider_id="100001", band="B1", rate_pence=7)
PROVIDER_BAND_PHASE = a_tariff(row=9, provider_id="100001", band="B1", phase="primary", rate_pence=8)
IN_ORDER = [
    PROVIDER_BAND_PHASE,
    PROVIDER_BAND,
    PROVIDER_PHASE,
    PROVIDER,
    BAND_PHASE,
    BAND,
    PHASE,
    ANY,
]


@pytest.mark.parametrize("taken_away", range(9))
def test_the_most_specific_row_wins_provider_before_band_before_phase(taken_away: int) -> None:
    left = IN_ORDER[taken_away:]
    # The order of the file is of no account.
    table = TariffTable(a_framework(*reversed(left), a_tariff("mainstream")))
    assert table.find("special", "100001", "B1", "primary") == (left[0] if left else None)


@pytest.mark.parametrize(
    ("provider", "band", "phase", "expected"),
    [
        ("100002", "B1", "primary", BAND_PHASE),
        ("100001", "B2", "primary", PROVIDER_PHASE),
        ("100001", "B1", "secondary", PROVIDER_BAND),
        (None, "B1", "primary", BAND_PHASE),
        ("100001", None, "primary", PROVIDER_PHASE),
        ("100001", "B1", None, PROVIDER_BAND),
        ("", "", "", ANY),
        (None, None, None, ANY),
        ("100001", "none", "primary", PROVIDER_PHASE),
    ],
)
def test_what_is_missing_fits_only_rows_that_leave_it_open(
    provider: str | None, band: str | None, phase: str | None, expected: Tariff
) -> None:
    assert TariffTable(a_framework(*IN_ORDER)).find("special", provider, band, phase) == expected


def test_a_row_of_another_provision_never_fits() -> None:
    assert TariffTable(a_framework(ANY)).find("mainstream", "100001", "B1", "primary") is None


@pytest.mark.parametrize("band", [None, "none"])
def test_no_band_does_not_fit_a_row_with_a_band(band: str | None) -> None:
    assert TariffTable(a_framework(BAND, BAND_PHASE)).find("special", None, band, "primary") is None


@pytest.mark.parametrize(
    ("row", "provider", "band", "fits"),
    [
        (PHASE, "100001", "B1", True),
        (PHASE, None, None, True),
        (BAND_PHASE, None, "B1", True),
        (BAND_PHASE, None, "B2", False),
        (BAND_PHASE, None, "none", False),
        (BAND_PHASE, None, None, False),
        (PROVIDER_PHASE, "100001", "B1", True),
        (PROVIDER_PHASE, "100002", "B1", False),
        (PROVIDER_BAND_PHASE, "100001", "B1", True),
        (BAND, "100001", "B1", False),  # it fits, and not only but for its phase
        (ANY, None, None, False),
    ],
)
def test_a_row_that_would_fit_but_for_its_phase_is_known(
    row: Tariff, provider: str | None, band: str | None, fits: bool
) -> None:
    table = TariffTable(a_framework(row))
    assert table.would_fit_with_phase("special", provider, band) is fits
    assert table.would_fit_with_phase("mainstream", provider, band) is False


# ---- the annual top-up


@pytest.mark.parametrize(
    ("unit", "hours", "expected"),
    [
        ("year", None, ()),
        ("week", None, (39 * ONE,)),
        ("day", None, (190 * ONE,)),
        ("hour", 22_500_000, (22_500_000, 39 * ONE)),
        ("hour", 0, (0, 39 * ONE)),
        ("hour", None, None),
    ],
)
def test_a_rate_is_for_as_many_units_as_the_version_s_year_has(
    unit: str, hours: int | None, expected: tuple[int, ...] | None
) -> None:
    assert quantity_factors(FRAMEWORK, a_tariff(unit=unit), hours) == expected


@pytest.mark.parametrize(
    ("tariff", "fte", "hours", "area", "pence"),
    [
        ({"rate_pence": 1213200}, ONE, None, 1021330, 1239078),  # 1239077.556
        ({"rate_pence": 12000000}, 850000, None, 1205633, 12297457),  # 12297456.6
        ({"rate_pence": 450000}, 600000, None, ONE, 270000),
        ({"rate_pence": 450001}, 500000, None, ONE, 225001),  # 225000.5
        ({"rate_pence": 1304, "unit": "hour"}, 800000, 22500000, ONE, 1144260),  # fte is not applied
        ({"rate_pence": 1304, "unit": "hour"}, 800000, 0, ONE, 0),
        ({"rate_pence": 10001, "unit": "week"}, 500000, None, ONE, 195020),  # 10001 x 39 / 2 = 195019.5
        ({"rate_pence": 10325, "unit": "day"}, 200000, None, 1100000, 431585),  # 10325 x 190 x 1.1 x 0.2
        ({"rate_pence": 0}, ONE, None, ONE, 0),
    ],
)
def test_the_annual_top_up_is_the_product_rounded_once(
    tariff: dict[str, Any], fte: int, hours: int | None, area: int, pence: int
) -> None:
    row = a_tariff(**tariff)
    assert annual_top_up(FRAMEWORK, row, fte, hours, area) == pence
    columns = TariffColumns.of(a_framework(row))
    assert annual_top_ups(columns, ints(0), ints(fte), ints(-1 if hours is None else hours), ints(area)) == [pence]


def test_without_a_rate_or_without_hours_there_is_no_top_up() -> None:
    assert annual_top_up(FRAMEWORK, a_tariff(rate_pence=None, price_basis="agreed"), ONE, None, ONE) is None
    assert annual_top_up(FRAMEWORK, a_tariff(unit="hour"), ONE, None, ONE) is None
    assert annual_top_up(FRAMEWORK, a_tariff(unit="hour", rate_pence=None), ONE, ONE, ONE) is None


def test_a_version_that_was_not_checked_is_refused_and_not_guessed() -> None:
    unchecked = replace(FRAMEWORK, header=FRAMEWORK.header.model_copy(update={"weeks_per_year": None}))
    with pytest.raises(ValueError, match=r"^a value that the framework's checks require is missing$"):
        annual_top_up(unchecked, a_tariff(unit="week"), ONE, None, ONE)


def test_rows_of_every_unit_are_priced_side_by_side() -> None:
    framework = a_framework(
        a_tariff(rate_pence=1213200, area_cost=True),
        a_tariff("mainstream", unit="hour", rate_pence=1304),
        a_tariff("nmss", unit="week", rate_pence=10001),
        a_tariff("ap_targeted", unit="day", rate_pence=10325),
        areas={"878": 1021330},
    )
    columns = TariffColumns.of(framework)
    found = annual_top_ups(
        columns,
        ints(3, 2, 1, 0, 0),
        ints(200000, 500000, 800000, ONE, 500000),
        ints(-1, -1, 22500000, -1, -1),
        ints(1100000, ONE, ONE, 1021330, 1021330),
    )
    # The last: 1213200 x 1.021330 x 0.5 = 619538.778.
    assert found.tolist() == [431585, 195020, 1144260, 1239078, 619539]
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("rate", "units", "area", "fte", "pence"),
    [
        (10325, 30_000_000, ONE, ONE, 309750),
        (10325, 0, ONE, ONE, 0),
        (10325, 500_000, ONE, ONE, 5163),  # half a day: 5162.5
        (10325, 30_000_000, 1100000, 500000, 170363),  # 10325 x 30 x 1.1 x 0.5 = 170362.5
    ],
)
def test_a_spell_costs_its_rate_times_its_units(rate: int, units: int, area: int, fte: int, pence: int) -> None:
    assert commissioned_amount(a_tariff(unit="day", rate_pence=rate), units, area, fte) == pence


# ---- uplifts


@pytest.mark.parametrize(
    ("kind", "value", "fte", "top_up", "pence"),
    [
        ("percent", 2_500_000, ONE, 1239078, 30977),  # 30976.95
        ("percent", 2_500_000, 600000, 1239078, 30977),  # a percentage follows the top-up, which has the fte in it
        ("amount", 150000, 600000, 1239078, 90000),
        ("amount", 150000, ONE, 0, 150000),
        ("amount", 1, 500000, 0, 1),  # half a penny
        ("amount", -1, 500000, 0, -1),
        ("amount", -100000, 500000, 1239078, -50000),
        ("percent", -10_000_000, ONE, 1239078, -123908),  # -123907.8
        ("percent", 100_000_000, ONE, 1239078, 1239078),
        ("percent", 10_000_000, ONE, 5, 1),  # 10% of 5 pence is half a penny
        ("percent", 1, ONE, 50_000_000, 1),  # a millionth of one per cent of £500,000 is half a penny
        ("percent", 1, ONE, 49_999_999, 0),
    ],
)
def test_an_uplift_is_an_amount_at_fte_or_a_percentage_of_the_top_up(
    kind: str, value: int, fte: int, top_up: int, pence: int
) -> None:
    uplift = an_uplift("extra", kind, value)
    assert uplift_amount(uplift, fte, top_up) == pence
    assert uplift_amounts(uplift, ints(fte, fte), ints(top_up, top_up)).tolist() == [pence, pence]


def test_the_largest_year_and_the_largest_percentage_stay_in_64_bits() -> None:
    uplift = an_uplift("double", "percent", 100_000_000)
    assert uplift_amounts(uplift, ints(ONE), ints(10**9)).tolist() == [10**9]


@pytest.mark.parametrize(
    ("text", "once", "repeated"),
    [
        ("", (), ()),
        (";;", (), ()),
        ("a", ("a",), ()),
        (" b ; a;", ("b", "a"), ()),
        ("a;b;a", ("a", "b"), ("a",)),
        ("a;a;a;b;b", ("a", "b"), ("a", "b")),
        ("a b;c", ("a b", "c"), ()),
    ],
)
def test_uplift_codes_are_taken_once_each_in_order(text: str, once: tuple[str, ...], repeated: tuple[str, ...]) -> None:
    assert split_uplifts(text) == (once, repeated)


# ---- limits


@pytest.mark.parametrize(
    ("limit", "fte", "pence"), [(6300000, 500000, 3150000), (450000, 200000, 90000), (1, 500000, 1)]
)
def test_a_limit_is_scaled_to_the_child_s_fte(limit: int, fte: int, pence: int) -> None:
    assert limit_at(limit, fte) == pence


def test_where_there_is_no_limit_nothing_is_scaled() -> None:
    assert limit_at(None, 500000) is None


@pytest.mark.parametrize(
    ("minimum", "maximum", "price", "fte", "overridden", "payable", "cut"),
    [
        (None, None, 123456, 500000, False, 123456, 0),
        (None, 6300000, 4000000, 500000, False, 3150000, 850000),
        (None, 6300000, 4000000, 500000, True, 4000000, 0),
        (None, 6300000, 3150000, 500000, False, 3150000, 0),  # just at it
        (None, 6300000, 3150001, 500000, False, 3150000, 1),
        (450000, None, 40000, 200000, False, 90000, 0),
        (450000, None, 90000, 200000, False, 90000, 0),
        (450000, None, 90001, 200000, False, 90001, 0),
        (450000, None, -5, 200000, False, 90000, 0),
        (450000, None, 40000, 200000, True, 90000, 0),  # an override lifts the maximum alone
        (450000, 6300000, 1000000, ONE, False, 1000000, 0),
        (0, None, -5, ONE, False, 0, 0),
        (None, 0, 5, ONE, False, 0, 5),
        (None, 0, -5, ONE, False, -5, 0),
        (100, 100, 7, ONE, False, 100, 0),
        (None, None, -7, ONE, True, -7, 0),
    ],
)
def test_a_price_is_lifted_to_the_minimum_and_cut_to_the_maximum(
    minimum: int | None, maximum: int | None, price: int, fte: int, overridden: bool, payable: int, cut: int
) -> None:
    row = a_tariff(minimum_pence=minimum, maximum_pence=maximum)
    assert apply_limits(row, price, fte, overridden) == (payable, cut)
    columns = TariffColumns.of(a_framework(row))
    found = limits_applied(columns, ints(0), ints(price), ints(fte), ints(int(overridden)))
    assert (found[0].tolist(), found[1].tolist()) == ([payable], [cut])


# ---- a child's place

PLACES = (
    PlaceRate("special", "pre16", "commissioned", 1000000, "s"),
    PlaceRate("sen_unit", "pre16", "unoccupied", 1000000, "s"),
    PlaceRate("sen_unit", "pre16", "occupied", 600000, "s"),
    PlaceRate("special", "post16", "commissioned", 1100000, "s"),
    PlaceRate("resourced_provision", "pre16", "unoccupied", 1000000, "s"),
)
WITH_PLACES = a_framework(places=PLACES)


@pytest.mark.parametrize(
    ("provision", "phase", "pence"),
    [
        ("special", "early_years", 1000000),
        ("special", "primary", 1000000),
        ("special", "secondary", 1000000),
        ("special", "post16", 1100000),
        ("sen_unit", "primary", 600000),  # occupied, as the child is on roll
        ("sen_unit", "post16", None),
        ("resourced_provision", "primary", None),  # a rate for places not occupied is not this child's
        ("mainstream", "primary", None),
        ("special", None, None),
    ],
)
def test_a_child_s_place_has_the_rate_of_an_occupied_place_else_of_a_commissioned_one(
    provision: str, phase: str | None, pence: int | None
) -> None:
    found = place_rate(WITH_PLACES, provision, phase)
    assert (None if found is None else found.rate_pence) == pence


# ---- rows as columns


def test_tariff_rows_are_laid_out_as_columns_with_a_blank_as_minus_one() -> None:
    framework: Framework = a_framework(
        a_tariff(rate_pence=5, minimum_pence=3, maximum_pence=9, area_cost=True),
        a_tariff("mainstream", unit="hour", rate_pence=1304),
        a_tariff("nmss", unit="week", price_basis="agreed", rate_pence=10001),
        a_tariff("independent_special", price_basis="agreed", rate_pence=None, unit="day"),
        a_tariff("ap_targeted", unit="day"),
        a_tariff("ap_time_limited", unit="week"),
    )
    columns = TariffColumns.of(framework)
    assert columns.tariffs == framework.tariffs
    laid_out = (columns.rate, columns.minimum, columns.maximum, columns.yearly, columns.base)
    marks = (columns.by_hour, columns.whole_area, columns.agreed, columns.commissioned)
    assert {column.dtype for column in laid_out} == {np.dtype(np.int64)}
    assert {column.dtype for column in marks} == {np.dtype(bool)}
    # The last of each is what no row gathers.
    assert columns.rate.tolist() == [5, 1304, 10001, -1, 450000, 450000, -1]
    assert columns.minimum.tolist() == [3, -1, -1, -1, -1, -1, -1]
    assert columns.maximum.tolist() == [9, -1, -1, -1, -1, -1, -1]
    assert columns.yearly.tolist() == [ONE, 39 * ONE, 39 * ONE, ONE, 190 * ONE, 39 * ONE, ONE]
    assert columns.base.tolist() == [5, 39 * 1304, 39 * 10001, -1, 190 * 450000, 39 * 450000, -1]
    assert columns.by_hour.tolist() == [False, True, False, False, False, False, False]
    assert columns.whole_area.tolist() == [False, True, True, True, True, True, True]
    assert columns.agreed.tolist() == [False, False, True, True, False, False, False]
    assert columns.commissioned.tolist() == [False, False, False, False, True, True, False]


def test_a_week_that_is_agreed_without_a_rate_needs_no_weeks_in_the_version() -> None:
    framework = a_framework(
        a_tariff(price_basis="agreed", rate_pence=None, unit="week"), weeks_per_year=None, days_per_year=None
    )
    assert TariffColumns.of(framework).yearly.tolist() == [ONE, ONE]
