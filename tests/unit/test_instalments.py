"""Part of a year, month by month: all four methods and both remainders, with the working of each figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from tariff_engine import FundingPeriod
from tariff_engine.instalments import (
    MonthEarned,
    YearWeights,
    day_number,
    day_of,
    earned,
    month_by_month,
    month_instalments,
    settle_paid_months,
    spell_instalments,
    spell_weights,
    year_weights,
)
from tests.small import a_framework

FY = (date(2025, 4, 1), date(2026, 3, 31))
LEAP_FY = (date(2027, 4, 1), date(2028, 3, 31))
AY = (date(2025, 9, 1), date(2026, 8, 31))
TERMS = [
    {"start": "2025-04-01", "end": "2025-07-31", "share": "5/12", "count_date": "2025-05-15"},
    {"start": "2025-09-01", "end": "2025-12-31", "share": "4/12", "count_date": "2025-10-02"},
    {"start": "2026-01-01", "end": "2026-03-31", "share": "3/12", "count_date": "2026-01-15"},
]


def weights(year: tuple[date, date] = FY, **proration: Any) -> YearWeights:
    return year_weights(a_framework(proration=proration), *year)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


def days(*texts: str) -> Any:
    return np.array([day_number(date.fromisoformat(text)) for text in texts], np.int64)


def instalments(
    annual: int, of_year: YearWeights, start: str, end: str, period: str = "FY2025-26"
) -> tuple[list[str], list[int]]:
    """The months of the period in which the stint stands, and what each comes to, by both ways of working."""
    months = FundingPeriod.parse(period).months
    first = ints(*(day_number(month.start) for month in months))
    last = ints(*(day_number(month.end) for month in months))
    table = month_instalments(ints(annual), of_year, days(start), days(end), first, last)[0]
    one_by_one = month_by_month(annual, of_year, date.fromisoformat(start), date.fromisoformat(end), months)
    met = {month.name: month.instalment for month in one_by_one}
    assert {m.name: int(p) for m, p in zip(months, table, strict=True)} == {m.name: met.get(m.name, 0) for m in months}
    return list(met), list(met.values())


def figures(annual: int, of_year: YearWeights, start: str, end: str, period: str = "FY2025-26") -> list[int]:
    return instalments(annual, of_year, start, end, period)[1]


# ---- days


def test_days_are_counted_from_1970() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(1970, 2, 1)) == 31
    assert day_number(date(1969, 12, 31)) == -1
    assert np.datetime64(day_number(date(2025, 9, 3)), "D") == np.datetime64("2025-09-03")
    assert day_of(day_number(date(2026, 2, 13))) == date(2026, 2, 13)


# ---- the weight of a year


def test_every_calendar_day_weighs_the_same() -> None:
    year = weights()
    assert (year.start, year.whole, len(year.running)) == (day_number(FY[0]), 365, 366)
    assert year.running.tolist() == list(range(366))
    assert weights(LEAP_FY).whole == 366
    assert not year.last_takes_rest
    assert weights(remainder="last").last_takes_rest


def test_a_year_s_months_end_on_their_last_days() -> None:
    ends = [day_of(int(day)) for day in weights(AY).ends]
    assert [str(day) for day in ends[:6]] == [
        "2025-09-30",
        "2025-10-31",
        "2025-11-30",
        "2025-12-31",
        "2026-01-31",
        "2026-02-28",
    ]
    assert len(ends) == 12
    assert ends[-1] == date(2026, 8, 31)


def test_weight_up_to_a_day_is_nothing_before_the_year_and_all_of_it_after() -> None:
    year = weights()
    found = year.upto(days("2024-01-01", "2025-03-31", "2025-04-01", "2025-04-30", "2026-03-31", "2027-01-01"))
    assert found.tolist() == [0, 0, 1, 30, 365, 365]


def test_weight_between_two_days_counts_both_and_is_never_below_nothing() -> None:
    year = weights()
    assert year.between(date(2025, 4, 1), date(2025, 4, 1)) == 1
    assert year.between(date(2025, 9, 3), date(2026, 2, 13)) == 164
    assert year.between(date(2024, 4, 1), date(2027, 3, 31)) == 365
    assert year.between(date(2025, 5, 2), date(2025, 5, 1)) == 0
    assert year.between(date(2025, 6, 2), date(2025, 5, 1)) == 0


def test_school_days_are_weekdays_in_terms_that_are_not_closed() -> None:
    year = weights(
        method="school_days",
        school_terms=[
            {"start": "2025-04-24", "end": "2025-05-09"},  # Thursday to Friday: 24 25 28-30 April, 1 2 5-9 May
            {"start": "2025-06-02", "end": "2025-06-02"},  # a Monday
        ],
        closed=["2025-05-05", "2025-05-10"],  # a Monday, and a Saturday that was closed anyway
    )
    assert year.whole == 12
    assert year.between(date(2025, 4, 1), date(2025, 4, 30)) == 5
    assert year.between(date(2025, 5, 1), date(2025, 5, 31)) == 6
    assert year.between(date(2025, 5, 3), date(2025, 5, 5)) == 0, "Saturday, Sunday, closed"
    assert year.between(date(2025, 6, 1), date(2025, 6, 2)) == 1


def test_a_year_without_terms_weighs_nothing() -> None:
    assert weights(method="school_days").whole == 0
    assert weights(method="terms").whole == 0
    assert weights(LEAP_FY, method="terms", terms=TERMS).whole == 0


def test_the_months_method_weighs_the_count_day_of_each_month() -> None:
    year = weights(method="months", count_day=15)
    assert year.whole == 12
    assert year.between(date(2025, 4, 15), date(2025, 4, 15)) == 1
    assert year.between(date(2025, 4, 16), date(2025, 5, 14)) == 0
    assert year.upto(days("2026-03-14", "2026-03-15")).tolist() == [11, 12]
    first = weights(method="months", count_day=1)
    assert first.upto(days("2025-04-01", "2025-05-01")).tolist() == [1, 2]


def test_the_months_method_can_count_on_the_last_day() -> None:
    year = weights(method="months", count_day="last")
    found = year.upto(days("2025-04-29", "2025-04-30", "2025-05-30", "2025-05-31", "2026-02-27", "2026-02-28"))
    assert found.tolist() == [0, 1, 1, 2, 10, 11]


def test_the_terms_method_weighs_each_share_on_its_count_date() -> None:
    year = weights(method="terms", terms=TERMS)
    found = year.upto(days("2025-05-14", "2025-05-15", "2025-10-01", "2025-10-02", "2026-01-14", "2026-01-15"))
    assert [int(w) * 12 // year.whole for w in found] == [0, 5, 5, 9, 9, 12]
    assert year.whole == 12, "twelfths, a third and a quarter have twelve in common"


def test_shares_of_another_year_are_left_out_of_this_one() -> None:
    later = [
        {"start": "2026-04-01", "end": "2026-07-31", "share": "3/7", "count_date": "2026-05-15"},
        {"start": "2026-09-01", "end": "2027-03-31", "share": "4/7", "count_date": "2026-10-02"},
    ]
    assert weights(method="terms", terms=[*TERMS, *later]).whole == 12
    year = weights((date(2026, 4, 1), date(2027, 3, 31)), method="terms", terms=[*TERMS, *later])
    assert year.whole == 7
    assert year.between(date(2026, 4, 1), date(2026, 9, 30)) == 3


def test_a_share_that_is_the_whole_year_is_a_whole() -> None:
    one = [{"start": "2025-04-01", "end": "2026-03-31", "share": 1, "count_date": "2026-01-15"}]
    year = weights(method="terms", terms=one)
    assert (year.whole, year.between(date(2026, 1, 15), date(2026, 1, 15))) == (1, 1)


# ---- months


WORKED = {
    # 1239078 x 28, 59, 89, 120, 151 and 164 days / 365 = 95052.56 200289.32 302131.35 407368.11 512604.87 556736.42
    "spread": [95053, 105236, 101842, 105237, 105237, 44131],
    # 28, 31, 30, 31, 31 days by themselves: 95052.56 105236.76 101842.03 105236.76 105236.76; February the rest
    "last": [95053, 105237, 101842, 105237, 105237, 44130],
}


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_the_instalments_of_part_of_a_year_are_those_of_the_definition(remainder: str) -> None:
    names, found = instalments(1239078, weights(remainder=remainder), "2025-09-03", "2026-02-13")
    assert names == ["2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02"]
    assert found == WORKED[remainder]
    assert sum(found) == 556736


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_a_negative_amount_is_the_mirror(remainder: str) -> None:
    found = figures(-1239078, weights(remainder=remainder), "2025-09-03", "2026-02-13")
    assert found == [-pence for pence in WORKED[remainder]]


def test_a_leap_year_has_366_days() -> None:
    # 1239078 x 164 / 366 = 555215.28
    found = figures(1239078, weights(LEAP_FY), "2027-09-03", "2028-02-13", "FY2027-28")
    assert sum(found) == 555215


def test_equal_parts_follow_the_running_total() -> None:
    # £100.00 in three: 33.33, 66.67 and 100.00 running.
    thirds = [
        {"start": "2025-04-01", "end": "2025-07-31", "share": "1/3", "count_date": "2025-05-15"},
        {"start": "2025-09-01", "end": "2025-12-31", "share": "1/3", "count_date": "2025-10-02"},
        {"start": "2026-01-01", "end": "2026-03-31", "share": "1/3", "count_date": "2026-01-15"},
    ]
    year = weights(method="terms", terms=thirds)
    due = [pence for pence in figures(10000, year, "2025-04-01", "2026-03-31") if pence]
    assert due == [3333, 3334, 3333]
    mirrored = [pence for pence in figures(-10000, year, "2025-04-01", "2026-03-31") if pence]
    assert mirrored == [-3333, -3334, -3333]


def test_a_month_s_pence_do_not_depend_on_the_period() -> None:
    year = weights(AY)
    whole = dict(zip(*instalments(1239078, year, "2025-09-01", "2026-08-31", "AY2025-26"), strict=True))
    names, part = instalments(1239078, year, "2025-09-01", "2026-08-31", "2026-01-01..2026-03-31")
    assert names == ["2026-01", "2026-02", "2026-03"]
    assert part == [whole[name] for name in names]
    # March: 1239078 x 212 / 365 less 1239078 x 181 / 365 = 719683.65 - 614446.90
    assert whole["2026-03"] == 719684 - 614447


def test_a_month_that_the_period_cuts_takes_what_is_earned_by_the_cut() -> None:
    year = weights()
    names, found = instalments(365000, year, "2025-04-01", "2026-03-31", "2025-04-11..2025-05-05")
    assert (names, found) == (["2025-04", "2025-05"], [20000, 5000])  # £10.00 a day: 20 days, 5 days


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_a_stint_of_one_day_has_one_instalment(remainder: str) -> None:
    year = weights(remainder=remainder)
    assert instalments(365000, year, "2025-04-30", "2025-04-30") == (["2025-04"], [1000])
    assert figures(365000, year, "2025-04-01", "2025-04-01") == [1000]
    assert figures(365000, year, "2026-03-31", "2026-03-31") == [1000]


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_a_whole_year_comes_to_the_annual_price(remainder: str) -> None:
    for annual in (1239078, 1, 11, 364, -7):
        found = figures(annual, weights(remainder=remainder), "2025-04-01", "2026-03-31")
        assert (len(found), sum(found)) == (12, annual)


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_a_stint_outside_the_period_gets_nothing_in_it(remainder: str) -> None:
    year = weights(remainder=remainder)
    assert instalments(365000, year, "2025-04-01", "2025-05-31", "2025-06-01..2025-08-31") == ([], [])
    assert instalments(365000, year, "2025-10-01", "2026-03-31", "2025-06-01..2025-08-31") == ([], [])


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_a_stint_gets_nothing_in_the_months_of_another_year(remainder: str) -> None:
    year = weights(remainder=remainder)
    names, _ = instalments(365000, year, "2026-02-01", "2026-03-31", "2026-01-01..2026-06-30")
    assert names == ["2026-02", "2026-03"]
    names, _ = instalments(365000, year, "2025-04-01", "2025-05-31", "2025-01-01..2025-05-31")
    assert names == ["2025-04", "2025-05"]


def test_the_last_month_is_the_stint_s_own_even_where_the_period_ends_before() -> None:
    # 10 pence a year: each month rounds to 1 (0.82 to 0.85), and March takes 10 - 11.
    year = weights(remainder="last")
    assert figures(10, year, "2025-04-01", "2026-03-31") == [1] * 11 + [-1]
    assert figures(10, year, "2025-04-01", "2026-03-31", "2025-04-01..2025-06-30") == [1, 1, 1]
    assert figures(10, year, "2025-04-01", "2026-03-31", "2026-03-01..2026-03-31") == [-1]


def test_where_the_last_month_takes_the_rest_a_month_may_have_one_day() -> None:
    # £10.00 a day: a day in September, all of October; then all of January and a day in February.
    year = weights(remainder="last")
    assert instalments(365000, year, "2025-09-30", "2025-10-31") == (["2025-09", "2025-10"], [1000, 31000])
    assert instalments(365000, year, "2026-01-01", "2026-02-01") == (["2026-01", "2026-02"], [31000, 1000])
    # 168 pence a year: January is 14.27, a day in February 0.46, both together 14.73, so February takes the rest of 15.
    assert figures(168, year, "2026-01-01", "2026-02-01") == [14, 1]


def test_where_the_last_month_takes_the_rest_a_month_without_school_days_has_nothing() -> None:
    # Ten school days, five in July and five in September; £100.00 a year.
    year = weights(
        method="school_days",
        remainder="last",
        school_terms=[{"start": "2025-07-14", "end": "2025-07-18"}, {"start": "2025-09-01", "end": "2025-09-05"}],
    )
    assert figures(10000, year, "2025-07-01", "2025-09-30") == [5000, 0, 5000]


def test_where_the_last_month_takes_the_rest_the_largest_amounts_are_whole_pence() -> None:
    year = weights(remainder="last")
    annual = 2**54 + 1  # a double would lose the last penny
    first = ints(*(day_number(month.start) for month in FundingPeriod.parse("FY2025-26").months))
    found = month_instalments(ints(annual), year, days("2025-04-01"), days("2026-03-31"), first, year.ends)
    assert found.dtype == np.int64
    assert int(found.sum()) == annual


def test_school_days_give_a_month_its_share_of_the_year_s() -> None:
    # £15,750.00 over 194 school days, 12 in April and 18 in May: running 1575000 x 12 / 194 = 97422.68 and
    # 1575000 x 30 / 194 = 243556.70. Waltham Forest published 18 / 194 x £15,750 = £1,461.34 for May.
    year = weights(
        (date(2018, 4, 1), date(2019, 3, 31)),
        method="school_days",
        school_terms=[{"start": "2018-04-13", "end": "2018-05-25"}, {"start": "2018-06-04", "end": "2019-01-17"}],
        closed=["2018-05-07"],
    )
    assert year.whole == 194
    assert figures(1575000, year, "2018-04-01", "2019-03-31", "FY2018-19")[:2] == [97423, 146134]


def test_the_months_method_pays_a_twelfth_for_each_month_counted() -> None:
    year = weights(method="months", count_day=15)
    names, found = instalments(1200000, year, "2025-09-16", "2026-01-15")
    assert names[0] == "2025-09"
    assert found == [0, 100000, 100000, 100000, 100000], "September's count day had passed, January's was met"
    # 1000 / 12 = 83.33: running 83 167 250 333 417 500 ...
    assert figures(1000, year, "2025-04-01", "2026-03-31") == [83, 84, 83, 83, 84, 83, 83, 84, 83, 83, 84, 83]


def test_the_terms_method_pays_a_term_s_share_in_the_month_of_its_count_date() -> None:
    year = weights(method="terms", terms=TERMS)
    names, found = instalments(404400, year, "2025-04-01", "2025-12-31")
    assert {name: pence for name, pence in zip(names, found, strict=True) if pence} == {
        "2025-05": 168500,
        "2025-10": 134800,
    }
    assert figures(404400, year, "2025-05-16", "2025-10-01") == [0] * 6, "on roll between the count dates"


def test_several_stints_are_worked_side_by_side() -> None:
    year = weights()
    first, last = days("2025-09-01", "2025-10-01"), days("2025-09-30", "2025-10-31")
    found = month_instalments(
        ints(1239078, 365000, 365000, 0),
        year,
        days("2025-09-03", "2025-10-31", "2025-11-01", "2025-04-01"),
        days("2026-02-13", "2025-10-31", "2025-12-01", "2026-03-31"),
        first,
        last,
    )
    assert found.tolist() == [[95053, 105236], [0, 1000], [0, 0], [0, 0]]
    assert found.dtype == np.int64


def test_what_is_earned_by_a_day_is_nothing_before_the_start() -> None:
    found = earned(
        ints(365000, 365000, 365000),
        weights(),
        days("2025-06-01", "2025-06-01", "2025-06-01"),
        days("2025-05-01", "2025-06-01", "2025-06-30"),
    )
    assert found.tolist() == [0, 1000, 30000]


def test_months_say_what_has_been_earned_so_far() -> None:
    months = FundingPeriod.parse("2025-09-01..2025-10-31").months
    found = month_by_month(1239078, weights(), date(2025, 9, 3), date(2026, 2, 13), months)
    assert found == [MonthEarned("2025-09", 95053, 95053), MonthEarned("2025-10", 200289, 105236)]


# ---- spells bought by the unit


def spell(amount: int, start: str, end: str, own: tuple[str, str], period: str) -> list[int]:
    months = FundingPeriod.parse(period).months
    first = ints(*(day_number(month.start) for month in months))
    last = ints(*(day_number(month.end) for month in months))
    found = spell_instalments(ints(amount), days(start), days(end), days(own[0]), days(own[1]), first, last)[0]
    by_hand = month_by_month(
        amount,
        spell_weights(date.fromisoformat(start), date.fromisoformat(end)),
        date.fromisoformat(own[0]),
        date.fromisoformat(own[1]),
        months,
        origin=date.fromisoformat(start),
    )
    met = {month.name: month.instalment for month in by_hand}
    assert found.tolist() == [met.get(month.name, 0) for month in months]
    return [int(pence) for pence in found]


def test_a_spell_is_spread_over_its_own_days() -> None:
    # 30 days at £103.25 over 42 calendar days from 8 September: 309750 x 23 / 42 = 169625.
    whole = ("2025-09-08", "2025-10-19")
    assert spell(309750, *whole, whole, "2025-09-01..2025-10-31") == [169625, 140125]


def test_a_stint_of_a_spell_takes_its_part_and_the_parts_add_up() -> None:
    whole = ("2025-08-25", "2025-09-30")
    august = spell(100001, *whole, ("2025-08-25", "2025-08-31"), "2025-08-01..2025-09-30")
    september = spell(100001, *whole, ("2025-09-01", "2025-09-30"), "2025-08-01..2025-09-30")
    # 7 of 37 days: 100001 x 7 / 37 = 18919.11; the rest 81082.
    assert august == [18919, 0]
    assert september == [0, 81082]


def test_a_spell_costed_for_part_of_its_days_takes_what_falls_in_them() -> None:
    whole = ("2025-09-08", "2025-10-19")
    assert spell(309750, *whole, whole, "2025-10-01..2025-10-31") == [140125]
    assert spell(309750, *whole, whole, "2025-09-08..2025-09-08") == [7375]
    assert spell(309750, *whole, whole, "2025-11-01..2025-11-30") == [0]
    assert spell(309750, *whole, whole, "2025-08-01..2025-08-31") == [0]


def test_a_stint_of_a_spell_gets_nothing_before_it_begins_or_after_it_ends() -> None:
    # 68 days from 25 August to 31 October; the last 31 of them: 68000 x 37 / 68 = 37000 has gone before.
    whole = ("2025-08-25", "2025-10-31")
    october, august = ("2025-10-01", "2025-10-31"), ("2025-08-25", "2025-08-31")
    assert spell(68000, *whole, october, "2025-08-01..2025-10-31") == [0, 0, 31000]
    assert spell(68000, *whole, august, "2025-10-01..2025-10-31") == [0]
    assert spell(68000, *whole, august, "2025-08-01..2025-10-31") == [7000, 0, 0]


def test_a_spell_of_one_day_falls_in_its_month() -> None:
    day = ("2025-09-30", "2025-09-30")
    assert spell(5163, *day, day, "2025-09-01..2025-10-31") == [5163, 0]


def test_spells_are_worked_side_by_side() -> None:
    first, last = days("2025-09-01", "2025-10-01"), days("2025-09-30", "2025-10-31")
    start, end = days("2025-09-08", "2025-10-01"), days("2025-10-19", "2025-10-01")
    found = spell_instalments(ints(309750, 7), start, end, start, end, first, last)
    assert found.tolist() == [[169625, 140125], [0, 7]]
    assert found.dtype == np.int64


def test_a_spell_is_a_year_of_its_own_length() -> None:
    year = spell_weights(date(2025, 9, 8), date(2025, 10, 19))
    assert (year.start, year.whole, year.last_takes_rest) == (day_number(date(2025, 9, 8)), 42, False)
    assert year.running.tolist() == list(range(43))
    assert year.ends.tolist() == [day_number(date(2025, 10, 19))]


# ---- months already paid

DUE = {"2025-04": 1000, "2025-05": 1000, "2025-06": 1000, "2025-07": 1000}


@pytest.mark.parametrize(
    ("paid", "open_months", "difference", "carried"),
    [
        ({}, DUE, 0, 0),
        # Two months paid at 900: 200 more in June, the first open month.
        ({"2025-04": 900, "2025-05": 900}, {"2025-06": 1000, "2025-07": 1000}, 200, 0),
        ({"2025-04": 1200}, {"2025-05": 1000, "2025-06": 1000, "2025-07": 1000}, -200, 0),
        # A month before the last one paid that was never paid is made good too.
        ({"2025-05": 1000}, {"2025-06": 1000, "2025-07": 1000}, 1000, 0),
        ({"2025-04": 0}, {"2025-05": 1000, "2025-06": 1000, "2025-07": 1000}, 1000, 0),
        # Every month is paid, so the difference is carried over.
        (dict.fromkeys(DUE, 900), {}, 0, 400),
        (dict.fromkeys(DUE, 1000), {}, 0, 0),
    ],
)
def test_a_difference_goes_to_the_next_open_month_or_is_carried_over(
    paid: dict[str, int], open_months: dict[str, int], difference: int, carried: int
) -> None:
    assert settle_paid_months(DUE, paid) == (open_months, difference, carried)
    assert sum(paid.values()) + sum(open_months.values()) + difference + carried == sum(DUE.values())


def test_a_paid_month_outside_the_period_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^paid months outside the period: 2025-03, 2025-08$"):
        settle_paid_months(DUE, {"2025-03": 1, "2025-04": 2, "2025-08": 3})


def test_what_is_due_and_what_was_paid_are_left_as_they_are() -> None:
    due, paid = dict(DUE), {"2025-04": 900}
    settle_paid_months(due, paid)
    assert (due, paid) == (DUE, {"2025-04": 900})


def test_no_instalment_is_more_than_a_penny_from_its_share() -> None:
    year = weights()
    lengths: Sequence[int] = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31)
    for annual in (1239078, 99999999, 7, -1239078):
        found = figures(annual, year, "2025-04-01", "2026-03-31")
        assert all(abs(pence - annual * length / 365) <= 1 for pence, length in zip(found, lengths, strict=True))
