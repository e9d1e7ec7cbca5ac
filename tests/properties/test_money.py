"""Amounts are exact: rounding, multiplying, reading and showing them, against fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine.money import (
    INT64_MAX,
    format_pounds,
    multiply,
    multiply_arrays,
    parse_factor,
    parse_pounds,
    round_half_away,
    round_half_away_array,
    show_factor,
    show_pounds,
)

from .strategies import AREA_COSTS, BATCH, BATCHES, FEWER_BATCHES, FTES, HOURS, MILLION, RATES, SINGLES

NUMERATORS = st.integers(-INT64_MAX, INT64_MAX)
DENOMINATORS = st.one_of(st.sampled_from([1, 2, 12, 365, 366, 10**8]), st.integers(1, INT64_MAX))


def exactly(quotient: Fraction) -> int:
    """Halves away from zero, by fractions alone."""
    size = floor(abs(quotient) + Fraction(1, 2))
    return -size if quotient < 0 else size


@FEWER_BATCHES
@given(st.lists(st.tuples(NUMERATORS, DENOMINATORS), min_size=1, max_size=BATCH))
def test_rounding_is_that_of_fractions_for_one_and_for_many(pairs: list[tuple[int, int]]) -> None:
    expected = [exactly(Fraction(numerator, denominator)) for numerator, denominator in pairs]
    assert [round_half_away(numerator, denominator) for numerator, denominator in pairs] == expected
    numerators, denominators = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    assert round_half_away_array(numerators, denominators).tolist() == expected


@BATCHES
@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_a_tie_goes_away_from_zero(whole: int, half: int) -> None:
    tie = 2 * whole + 1
    expected = whole + 1 if tie > 0 else whole
    assert round_half_away(tie * half, 2 * half) == expected
    assert round_half_away_array(np.array([tie * half], np.int64), 2 * half).tolist() == [expected]


@FEWER_BATCHES
@given(st.lists(st.tuples(RATES, HOURS, HOURS, AREA_COSTS, FTES), min_size=BATCH, max_size=BATCH), st.booleans())
def test_a_product_of_many_is_that_of_each(rows: list[tuple[int, int, int, int, int]], negative: bool) -> None:
    # Rates x hours x weeks x area cost x fte are mostly beyond 64 bits before they are divided.
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    rates = -columns[0] if negative else columns[0]
    found = multiply_arrays(rates, *columns[1:])
    assert found.dtype == np.int64
    for row, pence in zip(rows, found.tolist(), strict=True):
        rate, *factors = row
        rate = -rate if negative else rate
        exact = Fraction(rate)
        for factor in factors:
            exact *= Fraction(factor, MILLION)
        assert pence == multiply(rate, *factors) == exactly(exact)


@BATCHES
@given(st.integers(-(10**17) + 1, 10**17 - 1))
def test_an_amount_that_is_shown_is_read_back(pence: int) -> None:
    assert parse_pounds(format_pounds(pence)) == pence
    assert parse_pounds(show_pounds(pence)) == pence


@SINGLES
@given(st.integers(-(10**15), 10**15))
def test_a_factor_that_is_shown_is_read_back(millionths: int) -> None:
    assert parse_factor(show_factor(millionths)) == millionths


@SINGLES
@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_a_spreadsheet_s_sum_of_two_amounts_is_read_to_the_penny(one: int, other: int) -> None:
    assert parse_pounds(repr(one / 100 + other / 100)) == one + other


@SINGLES
@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_reason(text: str) -> None:
    for read in (parse_pounds, parse_factor):
        try:
            found: object = read(text)
        except ValueError as error:
            found = len(str(error))
        assert isinstance(found, int)
