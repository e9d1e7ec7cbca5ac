"""Place funding under random rates, places and periods: it adds up, and equals a calculation in exact fractions."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine.places.parts import CommissionedPlaces, YearPoint, paid_up_to
from tests.oracle.sharing import place_funding as annual_by_hand
from tests.oracle.sharing import place_month
from tests.places_by_hand import a_rate, amounts, fund_rows, some_places
from tests.small import a_framework

RATES = st.one_of(st.integers(0, 100_000_000), st.sampled_from([600_000, 1_000_000, 1_234_567, 1]))
NUMBERS = st.one_of(st.integers(0, 500), st.integers(0, 1_000_000))
PHASES = st.sampled_from(["pre16", "post16"])
ROUNDINGS = st.sampled_from(["exact", "whole_pounds"])
FIRST_DAY, LAST_DAY = date(2025, 4, 1).toordinal(), date(2026, 3, 31).toordinal()


def fund(rate: int, first: int, second: int, phase: str, rounding: str, period: str = "FY2025-26") -> list[int | None]:
    """Every month of one row of places, then its amount."""
    rates = a_framework(places=[a_rate(phase=phase, pence=rate)], places_rounding=rounding)
    row = some_places(phase=phase, places_first=str(first), places_second=str(second))
    funding = fund_rows(rates, row, period=period)
    return [*(funding.lines[month].item() for month in funding.months), *amounts(funding)]


@given(RATES, NUMBERS, NUMBERS, PHASES, ROUNDINGS)
def test_the_year_and_each_month_are_those_of_exact_fractions(
    rate: int, first: int, second: int, phase: str, rounding: str
) -> None:
    *months, amount = fund(rate, first, second, phase, rounding)
    assert amount == annual_by_hand(rate, Fraction(first), Fraction(second), phase, rounding)
    assert months == [place_month(month, rate, (first, second), phase, rounding) for month in range(12)]
    assert sum(month or 0 for month in months) == amount


@given(RATES, NUMBERS, NUMBERS, PHASES)
def test_whole_pounds_are_whole(rate: int, first: int, second: int, phase: str) -> None:
    amount = fund(rate, first, second, phase, "whole_pounds")[-1]
    assert amount is not None
    assert amount % 100 == 0


@given(RATES, NUMBERS, NUMBERS, PHASES, ROUNDINGS, st.integers(FIRST_DAY, LAST_DAY), st.integers(FIRST_DAY, LAST_DAY))
def test_any_days_of_a_year_are_those_of_exact_fractions(
    rate: int, first: int, second: int, phase: str, rounding: str, one: int, other: int
) -> None:
    start, end = date.fromordinal(min(one, other)), date.fromordinal(max(one, other))
    *months, amount = fund(rate, first, second, phase, rounding, f"{start}..{end}")
    expected, year, month = [], start.year, start.month
    while (year, month) <= (end.year, end.month):
        length = monthrange(year, month)[1]
        begun = start.day - 1 if (year, month) == (start.year, start.month) else 0
        ended = end.day if (year, month) == (end.year, end.month) else length
        days = Fraction(begun, length), Fraction(ended, length)
        expected.append(place_month((month - 4) % 12, rate, (first, second), phase, rounding, days))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    assert months == expected
    assert amount == sum(expected)


@given(RATES, NUMBERS, NUMBERS, PHASES, ROUNDINGS, st.integers(FIRST_DAY, LAST_DAY - 1))
def test_a_year_cut_in_two_comes_to_the_same(
    rate: int, first: int, second: int, phase: str, rounding: str, cut: int
) -> None:
    before, after = date.fromordinal(cut), date.fromordinal(cut + 1)
    whole = fund(rate, first, second, phase, rounding)[-1]
    parts = [
        fund(rate, first, second, phase, rounding, period)[-1]
        for period in (f"2025-04-01..{before}", f"{after}..2026-03-31")
    ]
    assert sum(part or 0 for part in parts) == whole


@given(RATES, NUMBERS, NUMBERS, ROUNDINGS, st.sampled_from([4, 5]))
def test_what_is_due_never_falls_during_a_year(
    rate: int, first: int, second: int, rounding: str, first_months: int
) -> None:
    columns = (np.array([value], np.int64) for value in (first, second, rate, first_months))
    places = CommissionedPlaces(*columns)
    due = [
        int(paid_up_to(YearPoint.after(date.fromordinal(day)), places, rounding)[0])  # type: ignore[arg-type]
        for day in range(FIRST_DAY, LAST_DAY + 1, 5)
    ]
    assert due == sorted(due)
