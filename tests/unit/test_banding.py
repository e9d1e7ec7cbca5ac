"""From needs to a band, rule by rule, each case worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tariff_engine import Framework
from tariff_engine.banding import Assessment, assess, is_permitted, needs_are_required, show_measure
from tests.small import a_band, a_framework, a_tariff

AREAS = [
    {"code": "learning", "title": "Learning", "primary_needs": ["SLD", "MLD"], "levels": ["no", "a", "b", "c"]},
    {"code": "social", "title": "Social", "primary_needs": ["SEMH"], "levels": ["no", "a", "b", "c"]},
    {"code": "senses", "title": "Senses", "primary_needs": ["HI", "VI"], "levels": ["no", "a", "b", "c"]},
]
LADDER = (
    a_band("B1", 1, level=1),
    a_band("B2", 2, level=2),
    a_band("B3", 3, level=3),
    a_band("B4", 4),  # no level: only a raise, a shift or the panel reaches it
)


def highest(**banding: Any) -> Framework:
    return a_framework(need_areas=AREAS, bands=LADDER, banding={"rule": "highest_level", **banding})


def primary(**banding: Any) -> Framework:
    return a_framework(need_areas=AREAS, bands=LADDER, banding={"rule": "primary_need", **banding})


def scored(**banding: Any) -> Framework:
    """Scores: learning 0 1 3 6, social 0 2 4 8, senses 0 0.5 1 1.5; bands from 1, 4.5 and 9."""
    weights = {"learning": [0, 1, 3, 6], "social": [0, 2, 4, 8], "senses": [0, "0.5", 1, "1.5"]}
    bands = (
        a_band("S1", 1, score=1_000_000),
        a_band("S2", 2, score=4_500_000),
        a_band("S3", 3, score=9_000_000),
        a_band("S4", 4),
    )
    return a_framework(need_areas=AREAS, bands=bands, banding={"rule": "weighted_score", "weights": weights, **banding})


def levels(learning: int | None, social: int | None, senses: int | None) -> dict[str, int | None]:
    return {"learning": learning, "social": social, "senses": senses}


def band(framework: Framework, given: dict[str, int | None], need: str | None = None, at: str = "special") -> str:
    found = assess(framework, at, given, need)
    assert found.band is not None, found
    return found.band


# ---- highest_level


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (levels(1, 0, 0), "B1"),
        (levels(0, 2, 1), "B2"),
        (levels(1, 1, 3), "B3"),
        (levels(3, 3, 3), "B3"),
        (levels(0, 0, 0), "none"),
    ],
)
def test_the_highest_level_over_all_areas_gives_the_band(given: dict[str, int | None], expected: str) -> None:
    assert band(highest(), given) == expected


def test_a_band_above_the_child_s_level_is_not_reached() -> None:
    steps = (a_band("B1", 1, level=2), a_band("B2", 2, level=3))
    framework = a_framework(need_areas=AREAS, bands=steps)
    assert band(framework, levels(1, 1, 1)) == "none"
    assert band(framework, levels(2, 1, 1)) == "B1"


def test_where_levels_are_passed_over_the_last_band_reached_stands() -> None:
    steps = (a_band("B1", 1, level=0), a_band("B2", 2), a_band("B3", 3, level=3))
    framework = a_framework(need_areas=AREAS, bands=steps)
    assert [band(framework, levels(n, 0, 0)) for n in range(4)] == ["B1", "B1", "B1", "B3"]


def test_the_assessment_says_what_was_measured_and_reached() -> None:
    assert assess(highest(), "special", levels(0, 2, 1), None) == Assessment("B2", (), 2, "B2", 0, 0)
    assert assess(highest(), "special", levels(0, 0, 0), None) == Assessment("none", (), 0, "none", 0, 0)


def test_a_blank_level_is_not_level_0_and_every_blank_is_named() -> None:
    found = assess(highest(), "special", levels(3, None, 0), None)
    assert found == Assessment(None, ("need_social",))
    found = assess(highest(), "special", {"senses": 1}, None)
    assert found == Assessment(None, ("need_learning", "need_social"))


# ---- weighted_score


@pytest.mark.parametrize(
    ("given", "score", "expected"),
    [
        (levels(0, 0, 0), 0, "none"),
        (levels(0, 0, 1), 500_000, "none"),
        (levels(1, 0, 0), 1_000_000, "S1"),
        (levels(2, 0, 2), 4_000_000, "S1"),
        (levels(2, 0, 3), 4_500_000, "S2"),  # 3 + 1.5: just there
        (levels(2, 2, 3), 8_500_000, "S2"),
        (levels(1, 3, 0), 9_000_000, "S3"),
        (levels(3, 3, 3), 15_500_000, "S3"),
    ],
)
def test_weights_add_up_to_a_score_that_gives_the_band(given: dict[str, int | None], score: int, expected: str) -> None:
    found = assess(scored(), "special", given, None)
    assert (found.band, found.measure) == (expected, score)


def test_a_score_needs_every_level() -> None:
    assert assess(scored(), "special", levels(3, 3, None), "SLD") == Assessment(None, ("need_senses",))


# ---- primary_need


def test_the_level_in_the_area_of_the_primary_need_gives_the_band() -> None:
    framework = primary()
    given = levels(1, 3, 2)
    assert band(framework, given, "SLD") == "B1"
    assert band(framework, given, "MLD") == "B1"
    assert band(framework, given, "SEMH") == "B3"
    assert band(framework, given, "VI") == "B2"


def test_a_primary_need_asks_for_the_level_of_its_own_area_alone() -> None:
    assert band(primary(), levels(None, 2, None), "SEMH") == "B2"
    assert assess(primary(), "special", levels(1, None, 1), "SEMH") == Assessment(None, ("need_social",))


@pytest.mark.parametrize("need", [None, "ASD"])
def test_a_primary_need_that_is_blank_or_in_no_area_gives_no_band(need: str | None) -> None:
    assert assess(primary(), "special", levels(1, 1, 1), need) == Assessment(None, ("primary_need",))


def test_a_primary_need_at_level_0_reaches_no_band() -> None:
    assert band(primary(), levels(0, 3, 3), "SLD") == "none"


# ---- assigned


def test_under_assigned_bands_the_rule_gives_none_and_asks_for_nothing() -> None:
    framework = a_framework(need_areas=[], bands=LADDER, banding={"rule": "assigned"})
    assert assess(framework, "special", {}, None) == Assessment(None)


# ---- co-occurrence

TWO_AT_TWO = {"co_occurrence": {"areas": 2, "level": 2, "raise": 1}}


@pytest.mark.parametrize(
    ("given", "expected", "raised"),
    [
        (levels(2, 1, 0), "B2", 0),
        (levels(2, 2, 0), "B3", 1),
        (levels(2, 2, 2), "B3", 1),  # three areas raise no more than two
        (levels(3, 2, 0), "B4", 1),
        (levels(1, 1, 1), "B1", 0),
    ],
)
def test_needs_in_several_areas_move_the_band_up(given: dict[str, int | None], expected: str, raised: int) -> None:
    found = assess(highest(**TWO_AT_TWO), "special", given, None)
    assert (found.band, found.raised, found.shifted) == (expected, raised, 0)


def test_a_raise_stops_at_the_top_band() -> None:
    found = assess(highest(co_occurrence={"areas": 1, "level": 1, "raise": 5}), "special", levels(3, 0, 0), None)
    assert (found.reached, found.band, found.raised) == ("B3", "B4", 1)


def test_a_raise_makes_no_band_out_of_none() -> None:
    framework = highest(co_occurrence={"areas": 1, "level": 0, "raise": 2}, provision_shift={"special": 2})
    assert assess(framework, "special", levels(0, 0, 0), None) == Assessment("none", (), 0, "none", 0, 0)


def test_a_blank_level_never_counts_for_a_raise() -> None:
    framework = primary(co_occurrence={"areas": 2, "level": 0, "raise": 1})
    assert band(framework, levels(1, None, None), "SLD") == "B1"
    assert band(framework, levels(1, 0, None), "SLD") == "B2"


def test_levels_of_areas_that_the_version_does_not_know_count_for_nothing() -> None:
    framework = highest(**TWO_AT_TWO)
    assert band(framework, {**levels(2, 0, 0), "other": 3}) == "B2"


# ---- provision_shift


@pytest.mark.parametrize(
    ("at", "expected", "shifted"), [("special", "B3", 1), ("mainstream", "B1", -1), ("nmss", "B2", 0)]
)
def test_a_provision_moves_the_band(at: str, expected: str, shifted: int) -> None:
    framework = highest(provision_shift={"special": 1, "mainstream": -1})
    found = assess(framework, at, levels(2, 0, 0), None)
    assert (found.band, found.reached, found.raised, found.shifted) == (expected, "B2", 0, shifted)


@pytest.mark.parametrize(("steps", "level", "expected", "shifted"), [(9, 2, "B4", 2), (-9, 3, "B1", -2)])
def test_a_shift_stops_at_either_end(steps: int, level: int, expected: str, shifted: int) -> None:
    found = assess(highest(provision_shift={"special": steps}), "special", levels(level, 0, 0), None)
    assert (found.band, found.shifted) == (expected, shifted)


def test_the_raise_comes_before_the_shift() -> None:
    # From B3: raised 2, but only to B4, the top; then shifted down 1. The other order would end on B4.
    framework = highest(co_occurrence={"areas": 1, "level": 3, "raise": 2}, provision_shift={"special": -1})
    assert assess(framework, "special", levels(3, 0, 0), None) == Assessment("B3", (), 3, "B3", 1, -1)


# ---- what a provision needs and may have


def test_needs_are_required_where_a_row_of_the_provision_names_a_band() -> None:
    framework = a_framework(a_tariff(band="B1"), a_tariff("mainstream"))
    assert needs_are_required(framework, "special")
    assert not needs_are_required(framework, "mainstream")
    assert not needs_are_required(framework, "nmss")


def test_needs_are_never_required_where_the_panel_assigns_bands() -> None:
    framework = a_framework(a_tariff(band="B1"), need_areas=[], banding={"rule": "assigned"})
    assert not needs_are_required(framework, "special")


def test_a_provision_may_have_only_the_bands_of_its_list() -> None:
    framework = highest(permitted={"mainstream": ["B1", "B2"]})
    assert is_permitted(framework, "mainstream", "B1")
    assert not is_permitted(framework, "mainstream", "B3")
    assert is_permitted(framework, "special", "B3"), "a provision without a list may have any"
    assert is_permitted(framework, "mainstream", "none"), "having no band is always allowed"
    assert is_permitted(framework, "mainstream", None)


def test_a_list_without_bands_permits_none_at_all() -> None:
    framework = highest(permitted={"mainstream": []})
    assert not is_permitted(framework, "mainstream", "B1")
    assert is_permitted(framework, "mainstream", "none")


def test_a_score_is_shown_in_points_and_a_level_as_it_is() -> None:
    assert show_measure(scored(), 4_500_000) == "4.5"
    assert show_measure(highest(), 3) == "3"
    assert show_measure(primary(), 2) == "2"
