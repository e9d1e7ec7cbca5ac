"""What each change between two versions costs in a full year, worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from scenarios import RateChanges, cost_of_changes
from tariff_engine import Framework
from tariff_engine.framework import PlaceRate
from tests.small import a_band, a_caseload, a_framework, a_row, a_tariff, an_uplift

Found = dict[tuple[str, str], tuple[int | None, int | None]]

SPECIAL = "special / any / any / any"
B1, B2, B3 = (f"special / any / B{number} / any" for number in (1, 2, 3))
RATES = (a_tariff(band="B1"), a_tariff(band="B2", rate_pence=1_213_200, row=3), a_tariff(band="B3", row=4))


def changes(old: Framework, new: Framework, *rows: Mapping[str, str], **options: Any) -> RateChanges:
    return cost_of_changes(a_caseload(*rows), old, new, **({"period": "FY2025-26"} | options))


def costs(found: RateChanges) -> Found:
    """Children and full-year cost of every change."""
    return {(change.table, change.key): (change.children, change.full_year) for change in found.changes}


def with_rate(*pence: int) -> Framework:
    """A rate for each of the bands from the lowest."""
    return a_framework(*(a_tariff(band=f"B{n}", rate_pence=rate, row=n) for n, rate in enumerate(pence, start=1)))


def test_a_changed_rate_costs_its_change_times_the_children_on_it() -> None:
    old, new = with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 590_000)
    found = changes(old, new, a_row(1), a_row(2, count="7"), a_row(3, fte="0.5"), a_row(4, need_learning="3"))
    assert costs(found) == {("tariffs", B2): (9, 127_500), ("tariffs", B3): (1, -10_000)}
    assert (found.before_pence, found.after_pence, found.total_pence) == (4_850_000, 4_967_500, 117_500)


def test_a_row_of_the_table_has_the_rate_in_pence_its_change_and_its_cost() -> None:
    old, new = with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 600_000)
    (row,) = changes(old, new, a_row(1), a_row(2, count="7")).frame.rows(named=True)
    assert row == {
        "table": "tariffs",
        "key": B2,
        "field": "rate",
        "old": 500_000,
        "new": 515_000,
        "change": 15_000,
        "percent": "3.0",
        "values": "rate 5000.00 to 5150.00",
        "children": 8,
        "full_year": 120_000,
        "outside": 0,
    }


def test_a_change_that_no_child_meets_costs_nothing_and_is_there() -> None:
    old, new = with_rate(400_000, 500_000, 600_000), with_rate(410_000, 515_000, 600_000)
    assert costs(changes(old, new, a_row(1))) == {("tariffs", B2): (1, 15_000), ("tariffs", B1): (0, 0)}


def test_a_child_whom_a_limit_keeps_at_the_same_price_is_not_counted() -> None:
    old = a_framework(a_tariff(rate_pence=500_000, maximum_pence=450_000))
    new = a_framework(a_tariff(rate_pence=510_000, maximum_pence=450_000))
    assert costs(changes(old, new, a_row(1))) == {("tariffs", SPECIAL): (0, 0)}


def test_a_rate_and_a_limit_of_one_row_are_one_change() -> None:
    old = a_framework(a_tariff(rate_pence=500_000, maximum_pence=550_000))
    new = a_framework(a_tariff(rate_pence=600_000, maximum_pence=580_000))
    found = changes(old, new, a_row(1))
    assert costs(found) == {("tariffs", SPECIAL): (1, 80_000)}
    assert found.frame["field"].to_list() == ["rate"]
    assert found.frame["values"].to_list() == ["rate 5000.00 to 6000.00; maximum 5500.00 to 5800.00"]


def test_the_largest_cost_comes_first_whichever_way_it_goes() -> None:
    old, new = with_rate(400_000, 500_000, 600_000), with_rate(401_000, 497_000, 602_000)
    rows = (a_row(n, need_learning=str(n)) for n in (1, 2, 3))
    assert changes(old, new, *rows).frame["full_year"].to_list() == [-3_000, 2_000, 1_000]


def test_the_tables_stand_in_the_order_of_the_steps() -> None:
    place = PlaceRate("special", "pre16", "commissioned", 1_000_000, "s")
    old = a_framework(*RATES, uplifts=[an_uplift()], areas={"878": 1_000_000}, places=[place], weeks_per_year=39)
    new = a_framework(
        replace(RATES[0], rate_pence=1),
        *RATES[1:],
        uplifts=[an_uplift(value=1)],
        areas={"878": 1_000_001},
        places=[replace(place, rate_pence=1)],
        weeks_per_year=38,
        bands=[a_band("B1", 1, level=0), a_band("B2", 2, level=2), a_band("B3", 3, level=3)],
    )
    tables = changes(old, new, a_row(1)).frame["table"].to_list()
    assert tables == ["bands", "tariffs", "uplifts", "area_costs", "framework", "places"]


def test_every_step_takes_the_rates_that_it_finds() -> None:
    """Needs are priced at old rates, an uplift in per cent at new rates, and the area's factor comes after it."""
    tariffs = [replace(tariff, area_cost=True) for tariff in RATES]
    old = a_framework(*tariffs, uplifts=[an_uplift("extra", "percent", 10_000_000)], areas={"878": 1_100_000})
    new = a_framework(
        replace(tariffs[0], rate_pence=300_000),
        replace(tariffs[1], rate_pence=1_000_000),
        tariffs[2],
        bands=[a_band("B1", 1, level=1), a_band("B2", 2, level=3), a_band("B3", 3)],
        uplifts=[an_uplift("extra", "percent", 20_000_000)],
        areas={"878": 1_200_000},
    )
    # B2 at 12,132.00, x 1.1, and a tenth more; then the child is in B1 at 4,500.00; then B1 is 3,000.00; ...
    working = [1_334_520 + 133_452, 495_000 + 49_500, 330_000 + 33_000, 330_000 + 66_000, 360_000 + 72_000]
    found = changes(old, new, a_row(1, uplifts="extra"))
    assert costs(found) == {
        ("bands", ""): (1, working[1] - working[0]),
        ("tariffs", B1): (1, working[2] - working[1]),
        ("tariffs", B2): (0, 0),
        ("uplifts", "extra"): (1, working[3] - working[2]),
        ("area_costs", "878"): (1, working[4] - working[3]),
    }
    assert (found.before_pence, found.after_pence) == (working[0], working[4])


def test_the_weeks_of_a_year_come_last_and_by_themselves() -> None:
    old = a_framework(a_tariff(unit="week", rate_pence=10_000), weeks_per_year=39)
    new = a_framework(a_tariff(unit="week", rate_pence=11_000), weeks_per_year=38)
    found = changes(old, new, a_row(1))
    assert costs(found) == {
        ("tariffs", SPECIAL): (1, 39_000),
        ("framework", "weeks_per_year"): (1, -11_000),
    }


def test_days_of_a_year_are_apart_from_its_weeks() -> None:
    rates = (a_tariff(unit="week", rate_pence=10_000), a_tariff("mainstream", unit="day", rate_pence=1_000, row=3))
    old, new = a_framework(*rates), a_framework(*rates, weeks_per_year=38, days_per_year=195)
    assert costs(changes(old, new, a_row(1), a_row(2, provision="mainstream"))) == {
        ("framework", "weeks_per_year"): (1, -10_000),
        ("framework", "days_per_year"): (1, 5_000),
    }


def test_a_year_that_gets_its_weeks_with_its_first_weekly_rate_is_the_rate_s_doing() -> None:
    old = a_framework(a_tariff(rate_pence=400_000), weeks_per_year=None)
    new = a_framework(a_tariff(unit="week", rate_pence=10_000), weeks_per_year=39)
    assert costs(changes(old, new, a_row(1))) == {
        ("tariffs", SPECIAL): (1, -10_000),
        ("framework", "weeks_per_year"): (0, 0),
    }


def test_an_area_that_gets_its_first_factor_is_the_doing_of_the_row_that_asks_for_it() -> None:
    old = a_framework(a_tariff(rate_pence=400_000))
    new = a_framework(a_tariff(rate_pence=400_000, area_cost=True), areas={"878": 1_100_000})
    found = changes(old, new, a_row(1))
    assert costs(found) == {("tariffs", SPECIAL): (1, 40_000), ("area_costs", "878"): (0, 0)}


def test_each_area_has_the_children_of_its_providers() -> None:
    rate = a_tariff(rate_pence=1_000_000, area_cost=True)
    old = a_framework(rate, areas={"878": 1_000_000, "879": 1_000_000, "330": 1_000_000})
    new = a_framework(rate, areas={"878": 1_010_000, "879": 1_020_000, "330": 1_030_000})
    rows = (a_row(1), a_row(2, provider_la="879", count="2"))
    providers = pl.DataFrame({"provider_id": ["100009"], "la_code": ["330"]})
    found = changes(old, new, *rows, a_row(3, provider_id="100009"), providers=providers)
    assert costs(found) == {
        ("area_costs", "879"): (2, 40_000),
        ("area_costs", "330"): (1, 30_000),
        ("area_costs", "878"): (1, 10_000),
    }


def test_each_uplift_is_a_step_of_its_own() -> None:
    names = ("a", "b", "c")
    old = a_framework(uplifts=[an_uplift(name, "amount", 10_000) for name in names])
    new = a_framework(uplifts=[an_uplift(name, "amount", 10_000 + n * 100) for n, name in enumerate(names)])
    found = changes(old, new, a_row(1, uplifts="a;b;c"), a_row(2, uplifts="c"), a_row(3))
    assert costs(found) == {("uplifts", "c"): (2, 400), ("uplifts", "b"): (1, 100)}


def test_uplifts_that_meet_a_maximum_take_what_is_left_of_it_in_the_file_s_order() -> None:
    rate = a_tariff(rate_pence=400_000, maximum_pence=500_000)
    old = a_framework(rate, uplifts=[an_uplift(code, "amount", 40_000) for code in ("a", "b")])
    new = a_framework(rate, uplifts=[an_uplift(code, "amount", 55_000) for code in ("a", "b")])
    assert costs(changes(old, new, a_row(1, uplifts="a;b"))) == {
        ("uplifts", "a"): (1, 15_000),
        ("uplifts", "b"): (1, 5_000),
    }


def test_an_uplift_for_another_provision_is_a_change_of_that_uplift() -> None:
    old = a_framework(uplifts=[an_uplift("a", "amount", 10_000)])
    new = a_framework(uplifts=[an_uplift("a", "amount", 10_000, "mainstream")])
    assert costs(changes(old, new, a_row(1, uplifts="a"))) == {("uplifts", "a"): (1, -10_000)}


def test_children_who_move_to_an_added_row_are_that_row_s() -> None:
    old = a_framework(a_tariff(rate_pence=400_000))
    new = a_framework(a_tariff(rate_pence=400_000), a_tariff(provider_id="100001", rate_pence=450_000, row=3))
    found = changes(old, new, a_row(1), a_row(2, provider_id="100002"))
    assert costs(found) == {("tariffs", "special / 100001 / any / any"): (1, 50_000)}
    assert found.frame.select("old", "new", "change", "percent").rows() == [(None, 450_000, None, "new")]


def test_children_who_fall_back_from_a_row_that_was_taken_away_are_that_row_s() -> None:
    old = a_framework(a_tariff(rate_pence=400_000), a_tariff(provider_id="100001", rate_pence=450_000, row=3))
    new = a_framework(a_tariff(rate_pence=400_000))
    assert costs(changes(old, new, a_row(1))) == {("tariffs", "special / 100001 / any / any"): (1, -50_000)}
    raised = a_framework(a_tariff(rate_pence=410_000))
    assert costs(changes(old, raised, a_row(1), a_row(2, provider_id="100002"))) == {
        ("tariffs", SPECIAL): (2, -40_000 + 10_000),
        ("tariffs", "special / 100001 / any / any"): (0, 0),
    }


def test_children_without_a_band_who_get_or_lose_a_rate_are_that_row_s() -> None:
    banded, free = with_rate(400_000, 500_000, 600_000), a_tariff(rate_pence=100_000, row=9)
    with_free = replace(banded, tariffs=(*banded.tariffs, free))
    child = a_row(1, need_learning="0")
    assert costs(changes(banded, with_free, child)) == {("tariffs", SPECIAL): (1, 100_000)}
    assert costs(changes(with_free, banded, child)) == {("tariffs", SPECIAL): (1, -100_000)}


def test_bands_under_new_names_leave_the_difference_to_the_rows_that_price_them() -> None:
    old = with_rate(400_000, 500_000, 600_000)
    names = [a_band("low", 1, level=1), a_band("high", 2, level=2)]
    new = a_framework(
        a_tariff(band="low", rate_pence=410_000), a_tariff(band="high", rate_pence=540_000, row=3), bands=names
    )
    found = changes(old, new, *(a_row(n, need_learning=str(n)) for n in (1, 2, 3)))
    assert {key: cost for key, cost in costs(found).items() if cost[0]} == {
        ("tariffs", "special / any / low / any"): (1, 10_000),
        ("tariffs", "special / any / high / any"): (2, 40_000 - 60_000),
    }


def test_a_band_that_goes_sends_its_children_to_the_one_below_at_the_old_rate() -> None:
    old = with_rate(400_000, 500_000, 600_000)
    new = a_framework(*with_rate(400_000, 520_000).tariffs, bands=[a_band("B1", 1, level=1), a_band("B2", 2, level=2)])
    assert costs(changes(old, new, a_row(1, need_learning="3"))) == {
        ("bands", ""): (1, -100_000),
        ("tariffs", B2): (1, 20_000),
        ("tariffs", B3): (0, 0),
    }


def test_a_child_without_a_price_is_counted_and_never_taken_as_zero() -> None:
    old = a_framework(RATES[0], RATES[1])
    new = a_framework(replace(RATES[1], rate_pence=1_300_000), RATES[2])
    found = changes(
        old,
        new,
        a_row(1, need_learning="1", count="2"),
        a_row(2, count="3"),
        a_row(3, need_learning="3", count="4"),
        a_row(4, provision="nmss", count="5"),
        a_row(5, provision="nowhere", count="6"),
        a_row(6, band="B9", count="7"),
        a_row(7, start_date="2026-04-01", count="8"),
    )
    assert found.counts == {"both": 3, "only_before": 2, "only_after": 4, "neither": 18, "outside_period": 8}
    assert found.not_priced == {"only_before": 2, "only_after": 4, "neither": 18}
    assert costs(found) == {("tariffs", B2): (3, 260_400), ("tariffs", B1): (0, 0), ("tariffs", B3): (0, 0)}
    assert found.total_pence == found.after_pence - found.before_pence == 260_400
    assert (found.only_pence("only_before"), found.only_pence("only_after")) == (900_000, 1_800_000)


def test_a_placement_counts_once_at_its_last_price_however_many_stints_it_has() -> None:
    """Year 6 goes up to secondary in September, so there are two lines, and only the second one's price counts."""
    phases = [a_tariff(phase="primary", rate_pence=400_000), a_tariff(phase="secondary", rate_pence=500_000, row=3)]
    old = a_framework(*phases)
    new = a_framework(replace(phases[0], rate_pence=440_000), replace(phases[1], rate_pence=501_000))
    goes_up, stays = a_row(1, nc_year="6", count="2"), a_row(2, nc_year="6", end_date="2025-07-31")
    found = changes(old, new, goes_up, stays)
    assert costs(found) == {
        ("tariffs", "special / any / any / primary"): (1, 40_000),
        ("tariffs", "special / any / any / secondary"): (2, 2_000),
    }
    assert (found.before_pence, found.ended) == (2 * 500_000 + 400_000, 1)


def test_a_full_year_is_a_full_year_whenever_the_child_came() -> None:
    old, new = a_framework(a_tariff(rate_pence=400_000)), a_framework(a_tariff(rate_pence=410_000))
    rows = [a_row(1), a_row(2, start_date="2026-03-31"), a_row(3, end_date="2025-04-01")]
    assert costs(changes(old, new, *rows)) == {("tariffs", SPECIAL): (3, 30_000)}


def test_a_provider_that_hands_over_to_its_successor_counts_once() -> None:
    old, new = a_framework(a_tariff(rate_pence=400_000)), a_framework(a_tariff(rate_pence=410_000))
    providers = pl.DataFrame({"provider_id": ["100001"], "closed": ["2025-08-31"], "successor": ["100002"]})
    assert costs(changes(old, new, a_row(1), providers=providers)) == {("tariffs", SPECIAL): (1, 10_000)}


def test_a_spell_bought_by_the_day_counts_with_its_amount_in_the_period() -> None:
    old = a_framework(a_tariff("ap_time_limited", unit="day", rate_pence=10_000))
    new = a_framework(a_tariff("ap_time_limited", unit="day", rate_pence=11_000), days_per_year=195)
    key = "ap_time_limited / any / any / any"
    spell = a_row(1, provision="ap_time_limited", units="30", start_date="2025-09-01", end_date="2025-10-30")
    half_outside = a_row(2, provision="ap_time_limited", units="20", start_date="2026-03-22", end_date="2026-04-10")
    found = changes(old, new, spell, half_outside)
    assert costs(found) == {("tariffs", key): (2, 30_000 + 10_000), ("framework", "days_per_year"): (0, 0)}
    assert (found.before_pence, found.bought) == (300_000 + 100_000, 2)


def test_a_spell_that_one_version_sells_by_the_day_is_compared_by_its_amount_on_both_sides() -> None:
    old = a_framework(a_tariff("ap_time_limited", unit="day", rate_pence=10_000))
    new = a_framework(a_tariff("ap_time_limited", rate_pence=365_000))
    spell = a_row(1, provision="ap_time_limited", units="30", start_date="2025-09-01", end_date="2025-09-30")
    there, back = changes(old, new, spell), changes(new, old, spell)
    assert (there.before_pence, there.after_pence, there.bought) == (300_000, 30_000, 1)
    assert (back.before_pence, back.after_pence, back.bought) == (30_000, 300_000, 1)


def test_a_spell_bought_by_the_day_is_its_first_day_s_row_s() -> None:
    """The spell goes on over the summer, and the child goes up to secondary in it."""
    old = a_framework(
        a_tariff("ap_time_limited", unit="day", phase="primary", rate_pence=10_000),
        a_tariff("ap_time_limited", unit="day", phase="secondary", rate_pence=20_000, row=3),
    )
    new = replace(old, tariffs=(replace(old.tariffs[0], rate_pence=10_100), replace(old.tariffs[1], rate_pence=20_100)))
    spell = a_row(
        1, provision="ap_time_limited", units="30", start_date="2025-07-01", end_date="2025-10-30", nc_year="6"
    )
    assert costs(changes(old, new, spell)) == {
        ("tariffs", "ap_time_limited / any / any / primary"): (1, 3_000),
        ("tariffs", "ap_time_limited / any / any / secondary"): (0, 0),
    }


def test_a_row_that_prices_nobody_on_the_way_and_then_goes_has_its_children() -> None:
    """The child leaves B1 for no band, where an hourly rate waits whose hours nobody gave; then that rate goes."""
    hourly = a_tariff(unit="hour", rate_pence=1_000, row=3)
    old = a_framework(a_tariff(band="B1", rate_pence=400_000), hourly, bands=[a_band("B1", 1, level=1)])
    new = a_framework(a_tariff(band="B1", rate_pence=400_000), bands=[a_band("B1", 1, level=2)])
    found = changes(old, new, a_row(1, need_learning="1"))
    assert costs(found) == {("tariffs", SPECIAL): (1, -400_000), ("bands", ""): (0, 0)}


def test_what_others_pay_stands_apart() -> None:
    old = a_framework(a_tariff(), a_tariff("respite", row=3), a_tariff("ap_targeted", row=4))
    new = a_framework(*(replace(tariff, rate_pence=450_100) for tariff in old.tariffs))
    schools = a_row(3, provision="ap_targeted", payer="commissioning_school", count="4")
    found = changes(old, new, a_row(1, count="2"), a_row(2, provision="respite", count="3"), schools)
    assert (found.total_pence, found.outside_pence) == (200, 700)
    assert found.frame.select("children", "full_year", "outside").rows() == [(2, 200, 0), (4, 0, 400), (3, 0, 300)]


def test_place_rates_have_no_cost_as_no_child_s_price_has_them_in_it() -> None:
    place = PlaceRate("special", "pre16", "commissioned", 1_000_000, "s")
    found = changes(a_framework(places=[place]), a_framework(places=[replace(place, rate_pence=1_100_000)]), a_row(1))
    assert costs(found) == {("places", "special / pre16 / commissioned"): (None, None)}
    assert found.frame.select("change", "percent").rows() == [(100_000, "10.0")]
    assert found.total_pence == 0


def test_how_a_year_is_spread_is_no_change_of_a_full_year() -> None:
    terms = {"method": "terms", "terms": [dict(zip(("start", "end", "count_date", "share"), TERM, strict=True))]}
    found = changes(a_framework(), a_framework(proration=terms, title="Another", legal_status="superseded"), a_row(1))
    assert (found.changes, found.total_pence, found.counts["both"]) == ((), 0, 1)


TERM = ("2031-04-01", "2032-03-31", "2031-10-02", "1")


def test_dates_do_not_matter_as_both_are_taken_as_if_in_effect() -> None:
    old = a_framework(a_tariff(rate_pence=400_000), effective_from="2010-04-01", effective_to="2011-03-31")
    new = a_framework(a_tariff(rate_pence=410_000), effective_from="2030-04-01", effective_to="2031-03-31")
    assert changes(old, new, a_row(1)).total_pence == 10_000


@pytest.mark.parametrize(
    ("header", "period"),
    [
        ({"effective_from": "2026-04-01"}, "FY2026-27"),
        ({"effective_from": "2027-01-31", "effective_to": "2030-03-31"}, "FY2026-27"),
        ({"effective_from": "2026-04-01", "year_basis": "academic"}, "AY2025-26"),
        ({"effective_from": "2099-09-01", "year_basis": "academic"}, "AY2099-00"),
    ],
)
def test_the_year_is_by_default_the_one_in_which_the_new_version_takes_effect(
    header: dict[str, Any], period: str
) -> None:
    found = cost_of_changes(a_caseload(a_row(1)), a_framework(), a_framework(**header))
    assert found.period.name == period


def test_a_version_and_itself_have_no_changes() -> None:
    found = changes(a_framework(*RATES), a_framework(*RATES), a_row(1))
    assert (found.frame.height, found.total_pence, found.before_pence) == (0, 0, 1_213_200)


def test_two_versions_without_a_placement_to_price_have_changes_that_cost_nothing() -> None:
    old, new = with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 600_000)
    found = changes(old, new, a_row(1, provision="nmss"))
    assert costs(found) == {("tariffs", B2): (0, 0)}
    assert found.counts["neither"] == 1


def test_costs_that_do_not_add_up_are_refused() -> None:
    found = changes(with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 600_000), a_row(1))
    with pytest.raises(ValueError, match="add up"):
        replace(found, changes=())


def test_the_changes_are_written_in_pounds_with_every_value_and_where_they_come_from(tmp_path: Path) -> None:
    found = changes(with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 600_000), a_row(1))
    files = found.write(tmp_path / "out.csv")
    assert [path.name for path in files] == ["out.csv", "out.differences.csv", "out.provenance.json"]
    assert files[0].read_text(encoding="utf-8").splitlines()[1] == (
        f"tariffs,{B2},rate,5000.00,5150.00,150.00,3.0,rate 5000.00 to 5150.00,1,150.00,0.00"
    )
    record = json.loads(files[2].read_text(encoding="utf-8"))
    assert record["full_year"]["difference_pence"] == 15_000
    assert [version["as_if"] for version in record["frameworks"]] == [True, True]
    assert pl.read_parquet(found.write(tmp_path / "out.parquet")[0]).equals(found.frame)


def test_the_workbook_has_the_changes_and_their_total(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    found = changes(with_rate(400_000, 500_000, 600_000), with_rate(400_000, 515_000, 600_000), a_row(1))
    (path,) = found.write(tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(path, read_only=True)
    assert book.sheetnames == ["Summary", "Changes", "Differences", "Rules", "Provenance"]
    assert [cell.value for cell in list(book["Changes"].rows)[1]][3:6] == [5000, 5150, 150]
    summary = [tuple(cell.value for cell in row) for row in book["Summary"].rows]
    assert ("Difference", 150) in [row[:2] for row in summary]
