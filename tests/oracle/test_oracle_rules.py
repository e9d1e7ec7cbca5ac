"""The oracle's bands, tariffs, uplifts, payers, and what it sets aside, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from .oracle import Answer
from .placements import is_upn
from .small_case import cost_one, cost_rows, placement, write_framework

ANY = "special,,,,tariff,year,100.00,,,no,s\n"
BY_BAND = "special,,B1,,tariff,year,100.00,,,no,s\nspecial,,B2,,tariff,year,200.00,,,no,s\n"
WEIGHTS = "[banding.weights]\nlearning = [0, 1, 3, 6]\nsocial = [0, 2, 4, 8]\n"
SCORES = "band,order,title,minimum_score,level,descriptor,source_id\nB1,1,,2,,,s\nB2,2,,7,,,s\nB3,3,,,,,s\n"


@pytest.mark.parametrize(("levels", "band"), [("00", "none"), ("10", "none"), ("01", "B1"), ("22", "B2"), ("33", "B2")])
def test_weights_add_up_to_a_score(tmp_path: Path, levels: str, band: str) -> None:
    write_framework(tmp_path, ANY, rule="weighted_score", banding=WEIGHTS, bands=SCORES)
    line = cost_one(tmp_path, need_learning=levels[0], need_social=levels[1])
    assert (line.band_assessed, line.band, line.band_source) == (band, band, "assessed")


@pytest.mark.parametrize(
    ("need", "levels", "band"), [("SEMH", "31", "B1"), ("SLD", "31", "B3"), ("SLD", "3", "B3"), ("SEMH", "02", "B2")]
)
def test_only_the_area_of_the_primary_need_counts(tmp_path: Path, need: str, levels: str, band: str) -> None:
    write_framework(tmp_path, ANY, rule="primary_need")
    line = cost_one(tmp_path, primary_need=need, need_learning=levels[0], need_social=levels[1:])
    assert line.band == band


@pytest.mark.parametrize(
    "cells", [{"primary_need": ""}, {"primary_need": "ASD"}, {"primary_need": "SEMH", "need_social": ""}]
)
def test_a_missing_need_has_no_price_unless_the_panel_gave_a_band(tmp_path: Path, cells: dict[str, str]) -> None:
    write_framework(tmp_path, BY_BAND, rule="primary_need")
    answer = cost_rows(tmp_path, placement(**cells), placement(placement_id="P2", child_id="C2", band="B2", **cells))
    assert answer.findings == {2: {"need_missing": "error"}, 3: {"need_missing": "warning"}}
    assert [line.amount for line in answer.lines] == [None, 20000]


def test_needs_are_not_required_where_no_row_names_a_band(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    answer = cost_rows(tmp_path, placement(need_learning="", need_social="3"))
    assert answer.findings == {2: {}}
    assert (answer.lines[0].band, answer.lines[0].band_source, answer.lines[0].amount) == ("", "", 10000)


@pytest.mark.parametrize(
    ("levels", "provision", "band"),
    [
        ("22", "mainstream", "B3"),  # both at 2: one up
        ("33", "mainstream", "B4"),  # one up, to a band that no level reaches
        ("33", "special", "B4"),  # and no further than the top
        ("20", "special", "B3"),  # the shift alone
        ("10", "hospital", "B1"),  # two down, no further than the bottom
        ("00", "special", "none"),  # none is never moved
    ],
)
def test_co_occurrence_comes_first_and_then_the_shift(tmp_path: Path, levels: str, provision: str, band: str) -> None:
    banding = """[banding.co_occurrence]
areas = 2
level = 2
raise = 1
[banding.provision_shift]
special = 1
hospital = -2
"""
    write_framework(tmp_path, ANY, banding=banding)
    row = placement(provision=provision, need_learning=levels[0], need_social=levels[1])
    assert cost_rows(tmp_path, row).lines[0].band_assessed == band


def test_a_band_outside_the_list_is_kept_with_a_finding(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY, banding='[banding.permitted]\nspecial = ["B1"]\n')
    answer = cost_rows(
        tmp_path,
        placement(need_learning="2"),
        placement(placement_id="P2", child_id="C2", band="B3", band_reason="Panel"),
        placement(placement_id="P3", child_id="C3", band="B1"),
        placement(placement_id="P4", child_id="C4"),
    )
    differs = {"band_differs": "warning"}
    outside = {"band_not_permitted": "warning"}
    assert answer.findings == {2: outside, 3: outside, 4: differs, 5: {}}
    assert answer.totals.priced == 4


def test_a_provider_beats_a_band_and_a_band_beats_a_phase(tmp_path: Path) -> None:
    write_framework(
        tmp_path,
        "special,,,,tariff,year,1.00,,,no,s\nspecial,,,primary,tariff,year,2.00,,,no,s\n"
        "special,,B1,,tariff,year,3.00,,,no,s\nspecial,,B1,primary,tariff,year,4.00,,,no,s\n"
        "special,100002,,,tariff,year,5.00,,,no,s\nspecial,,B2,,tariff,year,6.00,,,no,s\n",
    )
    given = {
        "1": cost_one(tmp_path),
        "2": cost_one(tmp_path, nc_year="2"),
        "3": cost_one(tmp_path, nc_year="8", need_learning="1"),
        "4": cost_one(tmp_path, nc_year="2", need_learning="1"),
        "5": cost_one(tmp_path, nc_year="2", need_learning="1", provider_id="100002"),
        "6": cost_one(tmp_path, nc_year="2", need_learning="2"),
    }
    assert {pounds: line.annual_top_up for pounds, line in given.items()} == {str(n): n * 100 for n in range(1, 7)}


def test_a_blank_year_group_is_warned_about_where_a_phase_row_would_fit(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY + "special,,,primary,tariff,year,2.00,,,no,s\n")
    assert cost_rows(tmp_path, placement()).findings == {2: {"phase_missing": "warning"}}
    assert cost_rows(tmp_path, placement(nc_year="9")).findings == {2: {}}


def test_nothing_that_fits_is_nothing_only_for_none(tmp_path: Path) -> None:
    write_framework(tmp_path, BY_BAND)
    answer = cost_rows(
        tmp_path,
        placement(uplifts="WHAT"),
        placement(placement_id="P2", child_id="C2", need_learning="3"),
    )
    assert answer.findings == {2: {}, 3: {"no_tariff": "error"}}
    assert [(line.annual_price, line.amount) for line in answer.lines] == [(0, 0), (None, None)]


def test_uplifts_are_added_once_each_and_not_for_another_provision(tmp_path: Path) -> None:
    rows = "A,,amount,10,,s\nB,,percent,10,special;nmss,s\nC,,amount,5,nmss,s\n"
    uplifts = "code,title,kind,value,provisions,source_id\n" + rows
    write_framework(tmp_path, ANY, uplifts=uplifts)
    answer = cost_rows(tmp_path, placement(uplifts="A;B; A;C"))
    assert answer.findings == {2: {"uplift_repeated": "warning", "uplift_not_for_provision": "warning"}}
    assert answer.lines[0].annual_uplifts == 2000
    assert cost_rows(tmp_path, placement(uplifts="A;D")).findings == {2: {"unknown_uplift": "error"}}


def test_an_agreed_price_is_estimated_where_it_is_missing_and_a_rate_is_there(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,agreed,year,50.00,,,yes,s\nnmss,,,,agreed,year,,,,no,s\n")
    answer = cost_rows(
        tmp_path,
        placement(),
        placement(placement_id="P2", child_id="C2", agreed_price="£1,234.56"),
        placement(placement_id="P3", child_id="C3", provision="nmss"),
    )
    assert answer.findings == {
        2: {"no_area_cost": "error", "no_agreed_price": "error"},
        3: {},
        4: {"no_agreed_price": "error"},
    }
    assert answer.lines[1].amount == 123456
    write_framework(tmp_path / "other", "special,,,,agreed,year,50.00,,,no,s\n")
    other = cost_rows(tmp_path / "other", placement())
    assert (other.findings, other.totals.amount_pence) == ({2: {"estimated": "warning"}}, 5000)


def test_a_place_value_is_the_occupied_rate_else_the_commissioned(tmp_path: Path) -> None:
    rates = ("pre16,commissioned,10000", "post16,occupied,6000", "post16,commissioned,7000")
    places = "provision,phase,occupancy,rate,source_id\n" + "".join(f"special,{rate},s\n" for rate in rates)
    write_framework(tmp_path, ANY, places=places)
    values = [cost_one(tmp_path, nc_year=year, fte="0.5").place_value for year in ("-2", "3", "12", "")]
    assert values == [1000000, 1000000, 600000, None]


@pytest.mark.parametrize(
    ("provision", "kind", "payer", "expected"),
    [
        ("respite", "maintained", "", ("social_care", "none")),
        ("ap_targeted", "maintained", "commissioning_school", ("commissioning_school", "none")),
        ("hospital", "academy", "", ("la_high_needs", "1.2.6")),
        ("eotas", "", "", ("la_high_needs", "1.2.11")),
        ("ap_targeted", "other", "", ("la_high_needs", "1.2.4")),
        ("nmss", "maintained", "", ("la_high_needs", "1.2.3")),
        ("supported_internship", "independent", "", ("la_high_needs", "1.2.2")),
        ("special", "maintained", "", ("la_high_needs", "1.2.1")),
        ("special", "academy", "commissioning_school", ("la_high_needs", "1.2.2")),
        ("sen_unit", "independent", "", ("la_high_needs", "1.2.3")),
        ("ap_transitional", "other", "", ("la_high_needs", "1.2.7")),
        ("special", "other", "", ("la_high_needs", "unresolved")),
        ("mainstream", "", "", ("la_high_needs", "unresolved")),
    ],
)
def test_who_pays(tmp_path: Path, provision: str, kind: str, payer: str, expected: tuple[str, str]) -> None:
    write_framework(tmp_path, f"{provision},,,,tariff,year,100.00,,,no,s\n")
    answer = cost_rows(tmp_path, placement(provision=provision, provider_type=kind, payer=payer))
    (line,) = answer.lines
    assert (line.payer, line.s251_line) == expected
    assert line.payee == ("" if provision == "eotas" else "100001")
    assert ("line_unresolved" in answer.findings[2]) == (expected[1] == "unresolved")
    assert ("payer_ignored" in answer.findings[2]) == (payer != "" and not provision.startswith("ap_"))
    total = answer.totals
    assert (total.amount_pence, total.outside_amount_pence) == (
        (10000, 0) if expected[0] == "la_high_needs" else (0, 10000)
    )


def _codes(folder: Path, *changes: dict[str, str]) -> Answer:
    """Cost rows of one child, each row with its own id and changes."""
    rows = [placement(placement_id=f"P{number}") | change for number, change in enumerate(changes)]
    return cost_rows(folder, *rows)


def _findings(answer: Answer) -> list[list[str]]:
    return [sorted(answer.findings[row]) for row in sorted(answer.findings)]


def test_what_is_set_aside_is_in_the_lines_with_blank_money(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    answer = _codes(tmp_path, {}, {}, {"child_id": "C2"})
    assert _findings(answer) == [[], ["duplicate_row"], []]
    assert [line.amount for line in answer.lines] == [10000, None, 10000]
    assert (answer.totals.read, answer.totals.priced, answer.totals.set_aside) == (3, 2, 1)


def test_a_repeated_id_leaves_no_line(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    answer = cost_rows(tmp_path, placement(), placement(child_id="C2"), placement(placement_id="P2", child_id="C3"))
    assert _findings(answer) == [["duplicate_id"], ["duplicate_id"], []]
    assert [line.placement_id for line in answer.lines] == ["P2"]


@pytest.mark.parametrize(
    ("second_start", "found"),
    [("2025-09-09", ["overlap"]), ("2025-09-10", []), ("2025-09-11", [])],
)
def test_a_handover_day_is_no_overlap(tmp_path: Path, second_start: str, found: list[str]) -> None:
    write_framework(tmp_path, ANY)
    answer = _codes(tmp_path, {"end_date": "2025-09-10"}, {"start_date": second_start})
    assert _findings(answer) == [found, found]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"fte": "0.4"}, "dual_placement"),
        ({"fte": "0.400001"}, "overlap_fte"),
        ({"provision": "respite"}, "dual_placement"),
        ({"units": "5", "end_date": "2025-12-01"}, "dual_placement"),
    ],
)
def test_two_places_may_add_to_one_child(tmp_path: Path, cells: dict[str, str], found: str) -> None:
    write_framework(tmp_path, ANY + "respite,,,,tariff,year,100.00,,,no,s\n")
    answer = _codes(tmp_path, {"fte": "0.6"}, {"provider_id": "100002"} | cells)
    assert [found in codes for codes in _findings(answer)] == [True, True]


def test_only_the_rows_of_a_day_with_too_much_time_are_set_aside(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    answer = _codes(
        tmp_path,
        {"fte": "0.5", "end_date": "2025-06-30"},
        {"fte": "0.5", "provider_id": "100002", "start_date": "2025-06-01"},
        {"fte": "0.6", "provider_id": "100003", "start_date": "2025-06-30"},
    )
    assert _findings(answer) == [["dual_placement"], ["overlap_fte"], ["overlap_fte"]]


def test_a_spell_of_one_day_inside_others_counts_on_its_day(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    day = {"provider_id": "100002", "start_date": "2025-06-02", "end_date": "2025-06-02"}
    assert _findings(_codes(tmp_path, {"fte": "0.8"}, day | {"fte": "0.2"})) == [["dual_placement"]] * 2
    assert _findings(_codes(tmp_path, {"fte": "0.8"}, day | {"fte": "0.3"})) == [["overlap_fte"]] * 2
    third = {"provider_id": "100003", "fte": "0.9"}
    assert _findings(_codes(tmp_path, {"fte": "0.8"}, third, day | {"fte": "0.3"})) == [["overlap_fte"]] * 3


def test_a_row_of_many_children_is_nobodys_overlap(tmp_path: Path) -> None:
    write_framework(tmp_path, ANY)
    answer = _codes(tmp_path, {"count": "3"}, {"count": "3", "provider_id": ""}, {})
    assert _findings(answer) == [[], [], []]
    assert answer.totals.priced_children == 7
    assert [line.amount for line in answer.lines] == [30000, 30000, 10000]


def test_like_children_in_one_row_cost_what_they_cost_in_rows_of_their_own(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,tariff,year,100.01,,,no,s\n")
    one, many = cost_one(tmp_path, fte="0.333333"), cost_one(tmp_path, fte="0.333333", count="7")
    assert list(many.months.values()) == [7 * (pence or 0) for pence in one.months.values()]
    assert many.annual_price == one.annual_price


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"fte": "0"}, "bad_value"),
        ({"fte": "0.1234567"}, "bad_value"),
        ({"start_date": "2025-02-29"}, "bad_value"),
        ({"end_date": "2025-03-31"}, "bad_value"),
        ({"need_learning": "4"}, "bad_value"),
        ({"band": "B9"}, "unknown_band"),
        ({"child_id": ""}, "missing_value"),
        ({"provider_id": ""}, "missing_value"),
        ({"count": "many"}, "bad_value"),
    ],
)
def test_a_row_that_cannot_be_read_is_in_the_findings_alone(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    write_framework(tmp_path, ANY)
    answer = cost_rows(tmp_path, placement(**cells))
    assert (answer.findings, answer.lines) == ({2: {code: "error"}}, [])
    assert (answer.totals.read_children, answer.totals.set_aside_children) == (1, 1)


def test_a_pupil_number_is_known_by_its_check_letter() -> None:
    # 2x8 + 3x0 + 4x1 + 5x2 + 6x0 + 7x0 + 8x0 + 9x1 + 10x2 + 11x3 + 12x4 + 13x5 = 205; 205 mod 23 = 21: Y
    assert is_upn("Y801200012345")
    assert not is_upn("Z801200012345")
    assert not is_upn("C00001")


def test_half_an_override_leaves_the_maximum_and_is_found(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,tariff,year,100.00,,40.00,no,s\n")
    answer = cost_rows(tmp_path, placement(override_by="Head"))
    assert answer.findings == {2: {"override_incomplete": "warning"}}
    assert (answer.lines[0].annual_price, answer.lines[0].over_limit) == (4000, 6000)
