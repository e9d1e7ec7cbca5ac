"""What differs between two versions, value by value, in the words of their files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tariff_engine import Framework, diff_frameworks, load_frameworks
from tariff_engine.framework import PlaceRate
from tests.small import THREE_BANDS, a_framework, a_tariff, an_uplift

Row = tuple[str, str, str, str | None, str | None]


def differences(old: Framework, new: Framework) -> list[Row]:
    return diff_frameworks(old, new).select("table", "key", "field", "old", "new").rows()


def moved(old: Framework, new: Framework) -> dict[str, tuple[str | None, str | None]]:
    """The change and the percentage of every field that differs."""
    return {row[2]: (row[5], row[6]) for row in diff_frameworks(old, new).rows()}


def test_a_version_differs_from_itself_in_nothing() -> None:
    framework = a_framework(a_tariff(band="B1"), uplifts=[an_uplift()], areas={"878": 1021330})
    found = diff_frameworks(framework, framework)
    assert found.height == 0
    assert found.columns == ["table", "key", "field", "old", "new", "change", "percent"]


def test_a_rate_is_shown_in_pounds_before_and_after() -> None:
    assert differences(a_framework(a_tariff(rate_pence=450001)), a_framework(a_tariff(rate_pence=460000))) == [
        ("tariffs", "special / any / any / any", "rate", "4500.01", "4600.00")
    ]


def test_a_row_that_was_added_has_no_old_values_and_one_that_was_taken_away_no_new_ones() -> None:
    one, two = a_framework(a_tariff(band="B1")), a_framework(a_tariff(band="B1"), a_tariff(band="B2", phase="primary"))
    key = "special / any / B2 / primary"
    added = {row[2]: (row[3], row[4]) for row in differences(one, two)}
    assert {row[1] for row in differences(one, two)} == {key}
    assert added["rate"] == (None, "4500.00")
    assert added["area_cost"] == (None, "no")
    assert "minimum" not in added, "a blank that was nothing before is no difference"
    assert not {"provision", "band", "phase"} & set(added), "what names the row is its key, and no value of it"
    taken = {row[2]: (row[3], row[4]) for row in differences(two, one)}
    assert taken["rate"] == ("4500.00", None)


def test_where_a_row_stands_in_its_file_and_who_says_it_are_no_content() -> None:
    one = a_framework(a_tariff(), a_tariff("mainstream"))
    two = a_framework(a_tariff("mainstream", row=2, source_id="s"), a_tariff(row=3))
    assert differences(one, two) == []


def test_bands_scores_uplifts_places_and_area_costs_are_shown_as_their_files_have_them() -> None:
    place = PlaceRate("special", "pre16", "commissioned", 1000000, "s")
    percent = an_uplift("extra", "percent", 2_500_000, "special", "nmss")
    old = a_framework(uplifts=[percent], places=[place], areas={"878": 1021330})
    new = a_framework(
        uplifts=[replace(percent, value=3_000_000, provisions=())],
        places=[replace(place, rate_pence=1100000)],
        areas={"878": 1000000},
        bands=[replace(THREE_BANDS[0], title="First"), *THREE_BANDS[1:]],
    )
    assert differences(old, new) == [
        ("bands", "B1", "title", "B1", "First"),
        ("places", "special / pre16 / commissioned", "rate", "10000.00", "11000.00"),
        ("uplifts", "extra", "value", "2.5", "3"),
        ("uplifts", "extra", "provisions", "special;nmss", None),
        ("area_costs", "878", "factor", "1.02133", "1"),
    ]


def test_an_uplift_that_becomes_an_amount_is_shown_in_pounds() -> None:
    percent, amount = an_uplift("extra", "percent", 2_500_000), an_uplift("extra", "amount", 150000)
    assert differences(a_framework(uplifts=[percent]), a_framework(uplifts=[amount])) == [
        ("uplifts", "extra", "kind", "percent", "amount"),
        ("uplifts", "extra", "value", "2.5", "1500.00"),
    ]


def test_the_header_is_compared_key_by_key_with_lists_counted_from_1() -> None:
    old = a_framework(proration={"method": "months", "count_day": 15}, weeks_per_year="39.5")
    new = a_framework(version="2026-27", banding={"rule": "highest_level", "permitted": {"special": ["B1", "B2"]}})
    found = {row[2]: (row[3], row[4]) for row in differences(old, new)}
    assert found == {
        "version": ("2025-26", "2026-27"),
        "weeks_per_year": ("39.5", "39"),
        "proration.method": ("months", "calendar_days"),
        "proration.count_day": ("15", None),
        "banding.permitted.special[1]": (None, "B1"),
        "banding.permitted.special[2]": (None, "B2"),
    }


def test_weights_are_shown_in_points() -> None:
    def scored(weight: str) -> Framework:
        bands = [replace(band, minimum_score=band.order * 1_000_000, level=None) for band in THREE_BANDS]
        weights = {"learning": [0, 1, 2, 3], "social": [0, 1, 2, weight]}
        return a_framework(bands=bands, banding={"rule": "weighted_score", "weights": weights})

    assert differences(scored("3"), scored("4.5")) == [("framework", "", "banding.weights.social[4]", "3", "4.5")]


@pytest.mark.parametrize(
    ("old", "new", "change", "percent"),
    [
        (450_000, 460_000, "100.00", "2.2"),
        (460_000, 450_000, "-100.00", "-2.2"),
        (200_000, 200_100, "1.00", "0.1"),
        (200_000, 200_099, "0.99", "0.0"),
        (200_000, 199_900, "-1.00", "-0.1"),
        (200_000, 199_901, "-0.99", "0.0"),
        (100_000, 312_345, "2123.45", "212.3"),
        (400_000, 100_200, "-2998.00", "-75.0"),
        (400_000, 100_199, "-2998.01", "-75.0"),
        (400_000, 0, "-4000.00", "-100.0"),
        (0, 400_000, "4000.00", None),
        (None, 400_000, None, "new"),
        (400_000, None, None, None),
    ],
)
def test_a_change_is_exact_in_pounds_and_to_one_decimal_in_per_cent(
    old: int | None, new: int | None, change: str | None, percent: str | None
) -> None:
    found = moved(a_framework(a_tariff(maximum_pence=old)), a_framework(a_tariff(maximum_pence=new)))
    assert found == {"maximum": (change, percent)}


@pytest.mark.parametrize(("new", "percent"), [(100_050, "0.1"), (100_049, "0.0"), (99_950, "-0.1"), (99_951, "0.0")])
def test_half_of_a_tenth_of_one_per_cent_is_rounded_away_from_zero(new: int, percent: str) -> None:
    found = moved(a_framework(a_tariff(rate_pence=100_000)), a_framework(a_tariff(rate_pence=new)))
    assert found["rate"][1] == percent


def test_factors_change_as_decimals() -> None:
    old = a_framework(uplifts=[an_uplift("extra", "percent", 2_500_000)], areas={"878": 1_021_330})
    new = a_framework(
        uplifts=[an_uplift("extra", "percent", 2_000_000)],
        areas={"878": 1_000_000, "879": 1_100_000},
        weeks_per_year=38,
    )
    assert diff_frameworks(old, new).select("key", "field", "change", "percent").rows() == [
        ("", "weeks_per_year", "-1", "-2.6"),
        ("extra", "value", "-0.5", "-20.0"),
        ("878", "factor", "-0.02133", "-2.1"),
        ("879", "factor", None, "new"),
    ]


def test_a_negative_amount_that_grows_has_a_percentage_with_the_sign_of_its_change() -> None:
    old, new = (a_framework(uplifts=[an_uplift("less", "amount", value)]) for value in (-100_000, -120_000))
    assert moved(old, new) == {"value": ("-200.00", "-20.0")}


def test_what_does_not_count_the_same_has_no_change() -> None:
    by_day, by_year = a_framework(a_tariff(unit="day", rate_pence=10_325)), a_framework(a_tariff(rate_pence=2_000_000))
    assert moved(by_day, by_year) == {"unit": (None, None), "rate": (None, None)}
    percent, amount = an_uplift("extra", "percent", 2_500_000), an_uplift("extra", "amount", 150_000)
    assert moved(a_framework(uplifts=[percent]), a_framework(uplifts=[amount]))["value"] == (None, None)


def test_text_has_no_change() -> None:
    renamed = [replace(THREE_BANDS[0], title="First", order=1), *THREE_BANDS[1:]]
    assert moved(a_framework(), a_framework(bands=renamed, title="Another")) == {"title": (None, None)}


def test_last_year_s_shipped_rates_and_this_year_s_differ_in_what_was_published() -> None:
    (old,), (new,) = load_frameworks("devon@2022-23"), load_frameworks("devon@2023-24")
    found = diff_frameworks(old, new)
    assert found.height > 0
    assert set(found["table"]) <= {"framework", "bands", "tariffs", "places", "uplifts", "area_costs"}
    there = {(table, key, field): (was, now) for table, key, field, was, now in differences(old, new)}
    back = {(table, key, field): (now, was) for table, key, field, was, now in differences(new, old)}
    assert there == back, "looked at from the other side, the same values differ"
