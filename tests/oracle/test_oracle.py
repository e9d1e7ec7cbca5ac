"""The oracle gives every worked figure of the calculation to the penny."""

from __future__ import annotations

import ast
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from .exact import pounds_text, round_half_away
from .sharing import CannotShareError, allocate_exactly, place_funding, protection_line
from .small_case import cost_one, paid, write_framework

YEAR = "special,,,,tariff,year,{rate},,,no,s\n"


def test_a_rate_with_area_cost(tmp_path: Path) -> None:
    costs = "la_code,factor,source_id\n878,1.021330,s\n"
    write_framework(tmp_path, "special,,,,tariff,year,12132.00,,,yes,s\n", area_costs=costs)
    assert cost_one(tmp_path).annual_top_up == 1239078


def test_a_rate_with_area_cost_and_fte(tmp_path: Path) -> None:
    costs = "la_code,factor,source_id\n202,1.205633,s\n"
    write_framework(tmp_path, "special,,,,tariff,year,120000.00,,,yes,s\n", area_costs=costs)
    assert cost_one(tmp_path, fte="0.85", provider_la="202").annual_top_up == 12297457


@pytest.mark.parametrize(("rate", "fte", "pence"), [("4500.00", "0.6", 270000), ("4500.01", "0.5", 225001)])
def test_fte_scales_a_rate_and_a_tie_goes_up(tmp_path: Path, rate: str, fte: str, pence: int) -> None:
    write_framework(tmp_path, YEAR.format(rate=rate))
    assert cost_one(tmp_path, fte=fte).annual_top_up == pence


def test_hours_are_already_the_childs(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,tariff,hour,13.04,,,no,s\n")
    assert cost_one(tmp_path, fte="0.8", support_hours="22.5").annual_top_up == 1144260


def test_uplifts_are_a_share_of_the_top_up_or_an_amount_at_fte(tmp_path: Path) -> None:
    uplifts = "code,title,kind,value,provisions,source_id\nP,,percent,2.5,,s\nA,,amount,1500.00,,s\n"
    write_framework(tmp_path, YEAR.format(rate="12390.78"), uplifts=uplifts)
    assert cost_one(tmp_path, uplifts="P").annual_uplifts == 30977
    assert cost_one(tmp_path, uplifts="A", fte="0.6").annual_uplifts == 90000


def test_a_maximum_is_scaled_and_an_override_lifts_it(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,agreed,year,,,63000.00,no,s\n")
    limited = cost_one(tmp_path, agreed_price="40000.00", fte="0.5")
    assert (limited.annual_price, limited.over_limit) == (3150000, 850000)
    lifted = cost_one(tmp_path, agreed_price="40000.00", fte="0.5", override_by="Head", override_reason="Tribunal")
    assert (lifted.annual_price, lifted.over_limit) == (4000000, 0)


def test_a_minimum_is_scaled(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,tariff,year,2000.00,4500.00,,no,s\n")
    line = cost_one(tmp_path, fte="0.2")
    assert (line.annual_top_up, line.annual_price) == (40000, 90000)


def test_no_band_reached_fits_a_row_with_a_blank_band(tmp_path: Path) -> None:
    write_framework(tmp_path, "special,,,,agreed,year,,,,no,s\n")
    line = cost_one(tmp_path, agreed_price="64000.00")
    assert (line.band, line.annual_price) == ("none", 6400000)


@pytest.mark.parametrize(
    ("remainder", "months"),
    [
        ("spread", [95053, 105236, 101842, 105237, 105237, 44131]),
        ("last", [95053, 105237, 101842, 105237, 105237, 44130]),
    ],
)
def test_part_of_a_year_by_calendar_days(tmp_path: Path, remainder: str, months: list[int]) -> None:
    proration = f'method = "calendar_days"\nremainder = "{remainder}"'
    write_framework(tmp_path, YEAR.format(rate="12390.78"), proration=proration)
    line = cost_one(tmp_path, start_date="2025-09-03", end_date="2026-02-13")
    assert paid(line) == months
    assert (line.amount, line.days) == (556736, 164)


def test_part_of_a_leap_year(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="12390.78"))
    line = cost_one(tmp_path, "FY2027-28", start_date="2027-09-03", end_date="2028-02-13")
    assert line.amount == 555215


def test_a_part_of_the_year_has_the_pence_of_the_whole_year(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="12390.78"), basis="academic")
    whole = cost_one(tmp_path, "AY2025-26", start_date="2025-09-01")
    part = cost_one(tmp_path, "2026-01-01..2026-03-31", start_date="2025-09-01")
    assert part.months == {name: whole.months[name] for name in ("2026-01", "2026-02", "2026-03")}


def test_school_days_as_waltham_forest_published_them(tmp_path: Path) -> None:
    closed = _weekdays_but(date(2018, 4, 1), 12, date(2018, 5, 1), 18, date(2018, 6, 1), 164)
    proration = f"""method = "school_days"
closed = [{", ".join(closed)}]
[[proration.school_terms]]
start = 2018-04-01
end = 2019-03-31
"""
    write_framework(tmp_path, YEAR.format(rate="15750.00"), proration=proration)
    line = cost_one(tmp_path, "FY2018-19", start_date="2018-04-01")
    assert (line.months["2018-04"], line.months["2018-05"]) == (97423, 146134)
    assert line.amount == 1575000


def _weekdays_but(april: date, in_april: int, may: date, in_may: int, june: date, after: int) -> list[str]:
    """Close weekdays so that each part of FY2018-19 keeps the school days asked for."""
    closed = []
    parts = ((april, may, in_april), (may, june, in_may), (june, date(2019, 4, 1), after))
    for first, end, wanted in parts:
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        closed += [day.isoformat() for day in [d for d in days if d.weekday() < 5][wanted:]]
    return closed


def test_months_that_are_counted(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="12000.00"), proration='method = "months"\ncount_day = 15')
    line = cost_one(tmp_path, start_date="2025-09-16", end_date="2026-01-15")
    assert {name for name, pence in line.months.items() if pence} == {
        "2025-10",
        "2025-11",
        "2025-12",
        "2026-01",
    }
    assert (paid(line), line.amount) == ([100000] * 4, 400000)


TERMS = """method = "terms"
[[proration.terms]]
name = "Summer"
start = 2025-04-22
end = 2025-07-22
share = "5/12"
count_date = 2025-05-15
[[proration.terms]]
name = "Autumn"
start = 2025-09-03
end = 2025-12-19
share = "4/12"
count_date = 2025-10-02
[[proration.terms]]
name = "Spring"
start = 2026-01-05
end = 2026-03-27
share = "3/12"
count_date = 2026-01-15
"""


def test_terms_on_whose_count_date_the_child_was_on_roll(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="4044.00"), proration=TERMS)
    line = cost_one(tmp_path, end_date="2026-01-14")
    assert line.months["2025-05"] == 168500
    assert line.months["2025-10"] == 134800
    assert paid(line) == [168500, 134800]


def test_units_are_spread_over_the_spell(tmp_path: Path) -> None:
    write_framework(tmp_path, "ap_time_limited,,,,tariff,day,103.25,,,no,s\n")
    line = cost_one(tmp_path, provision="ap_time_limited", units="30", start_date="2025-09-08", end_date="2025-10-19")
    assert (paid(line), line.amount) == ([169625, 140125], 309750)
    assert line.annual_price == 10325 * 190


def test_place_funding_exact_and_in_whole_pounds() -> None:
    places = Fraction(389), Fraction(403)
    assert place_funding(1000000, *places, "pre16") == 397166667
    assert place_funding(1000000, *places, "pre16", "whole_pounds") == 397166200
    assert place_funding(600000, Fraction(12), Fraction(0), "post16") == 600000 * 4


def test_a_pot_is_shared_to_the_penny() -> None:
    ones = [Fraction(1), Fraction(1), Fraction(1)]
    assert allocate_exactly(10000, ones) == [3334, 3333, 3333]
    weights = [Fraction(1), Fraction(1), Fraction(2)]
    assert allocate_exactly(10000, weights, [4000, 0, 0], [None, None, 3500]) == [4000, 2500, 3500]


def test_a_weight_of_nothing_gets_its_floor() -> None:
    assert allocate_exactly(1001, [Fraction(0), Fraction(1), Fraction(1)], [101, 0, 0]) == [101, 450, 450]


def test_a_pot_that_cannot_be_shared_says_by_how_much() -> None:
    with pytest.raises(CannotShareError) as low:
        allocate_exactly(100, [Fraction(1), Fraction(1)], [80, 30])
    assert low.value.by_pence == 10
    with pytest.raises(CannotShareError) as high:
        allocate_exactly(100, [Fraction(1), Fraction(0)], [0, 5], [90, None])
    assert high.value.by_pence == 5


@pytest.mark.parametrize("seed", range(40))
def test_parts_of_a_pot_add_to_it_inside_their_ends(seed: int) -> None:
    weights = [Fraction((seed * 7 + i * 5) % 11, 1 + i % 3) for i in range(6)]
    floors = [(seed * 31 + i * 17) % 400 for i in range(6)]
    caps: list[int | None] = [floor + (seed * 13 + i * 29) % 900 for i, floor in enumerate(floors)]
    most = sum(floor if weight == 0 else cap or 0 for weight, floor, cap in zip(weights, floors, caps, strict=True))
    pot = (sum(floors) + most) // 2
    parts = allocate_exactly(pot, weights, floors, caps)
    assert sum(parts) == pot
    assert all(f <= p <= (c or 0) for f, p, c in zip(floors, parts, caps, strict=True))


def test_a_protection_line_is_rounded_once() -> None:
    assert protection_line(1000001, 1000000, Fraction("0.005")) == 5001
    assert protection_line(1000001, 1000000, Fraction("-0.015")) == 0


def test_the_oracle_needs_nothing_but_the_standard_library() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        if path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= sys.stdlib_module_names, path.name
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").split(".")[0] in sys.stdlib_module_names, path.name


def test_halves_go_away_from_zero_and_pounds_have_two_decimals() -> None:
    assert round_half_away(Fraction(201, 2)) == 101
    assert round_half_away(Fraction(-201, 2)) == -101
    assert [pounds_text(pence) for pence in (None, 0, 5, -1234)] == ["", "0.00", "0.05", "-12.34"]
