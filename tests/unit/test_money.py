"""Amounts in whole pence: rounding, multiplying, reading and showing, each figure worked by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tariff_engine import money
from tariff_engine.errors import BoundsError, TariffError
from tariff_engine.money import (
    check_total,
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

# Numerator, denominator, and the quotient rounded with halves away from zero.
ROUNDED = [
    (0, 7, 0),
    (1, 3, 0),  # 0.333...
    (2, 3, 1),  # 0.666...
    (1, 2, 1),  # a tie
    (-1, 2, -1),
    (3, 2, 2),  # 1.5
    (5, 2, 3),  # 2.5, which rounding to even would make 2
    (-5, 2, -3),
    (-1, 3, 0),
    (-2, 3, -1),
    (7, 1, 7),
    (-7, 1, -7),
    (201, 2, 101),  # 100.5 pence is 101
    (-201, 2, -101),
    (4, 9, 0),  # just under a half
    (5, 9, 1),  # just over a half
    (2**62, 2, 2**61),
    (2**63 - 1, 1, 2**63 - 1),
]


@pytest.mark.parametrize(("numerator", "denominator", "expected"), ROUNDED)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert round_half_away(numerator, denominator) == expected


def test_arrays_are_rounded_like_single_numbers() -> None:
    numerators = np.array([row[0] for row in ROUNDED], np.int64)
    denominators = np.array([row[1] for row in ROUNDED], np.int64)
    assert round_half_away_array(numerators, denominators).tolist() == [row[2] for row in ROUNDED]


def test_arrays_may_share_one_denominator() -> None:
    assert round_half_away_array(np.array([-5, -1, 0, 1, 5], np.int64), 2).tolist() == [-3, -1, 0, 1, 3]


def test_rounding_an_array_near_the_edge_of_64_bits_wraps_nothing() -> None:
    most = 2**63 - 1
    # (2^63 - 1) / (2^63 - 2) is a little above 1; over 2^63 - 1 it is 1; twice the rest would not fit in 64 bits.
    found = round_half_away_array(np.array([most, most, most - 1]), np.array([most - 1, most, most], np.int64))
    assert found.tolist() == [1, 1, 1]
    assert round_half_away_array(np.array([most // 2], np.int64), np.array([most], np.int64)).tolist() == [0]


@pytest.mark.parametrize(
    ("rate", "factors", "expected"),
    [
        (1213200, [1021330], 1239078),  # 1213200 x 1.021330 = 1239077.556
        (12000000, [1205633, 850000], 12297457),  # x 1.205633 x 0.85 = 12297456.6
        (450000, [600000], 270000),
        (450001, [500000], 225001),  # 225000.5, a tie
        (-450001, [500000], -225001),
        (1304, [22500000, 39000000], 1144260),  # £13.04 x 22.5 hours x 39 weeks
        (10325, [30000000], 309750),  # £103.25 x 30 days
        (10325, [0], 0),
        (10325, [500000], 5163),  # half a day: 5162.5
        (450000, [], 450000),
        # 1.234567 x 0.654321 = 0.807803114007, of 10^8 pence
        (100000000, [1234567, 654321], 80780311),
    ],
)
def test_a_rate_is_multiplied_by_its_factors_and_rounded_once(rate: int, factors: list[int], expected: int) -> None:
    assert multiply(rate, *factors) == expected
    arrays = [np.array([factor], np.int64) for factor in factors]
    assert multiply_arrays(np.array([rate], np.int64), *arrays).tolist() == [expected]


def test_factors_are_not_rounded_one_after_the_other() -> None:
    # £1,000.01 x 1.5 = 1500.015, a quarter of which is 375.00375. Rounding in between would give 375.01.
    assert multiply(100001, 1500000, 250000) == 37500


def test_a_product_beyond_64_bits_is_made_without_wrapping() -> None:
    # £999,999.99 x 9.999999 x 0.999999 x 167.999999 hours x 52.999999 weeks, as an exact fraction.
    factors = [9999999, 999999, 167999999, 52999999]
    exact = Fraction(99999999)
    for factor in factors:
        exact *= Fraction(factor, 10**6)
    assert 99999999 * 9999999 * 999999 > 2**63, "the first two factors alone need more than 64 bits"
    expected = int(exact + Fraction(1, 2))
    arrays = [np.array([factor, 1000000], np.int64) for factor in factors]
    assert multiply_arrays(np.array([99999999, 7], np.int64), *arrays).tolist() == [expected, 7]
    assert multiply_arrays(np.array([-99999999, 7], np.int64), *arrays).tolist() == [-expected, 7]


def test_a_tie_beyond_64_bits_is_rounded_away_from_zero() -> None:
    # 100,000,001 x 100,001 x 1,000,001 is odd and above 2^63; half of it is a tie, and fits in 64 bits.
    odd = 100000001 * 100001 * 1000001
    assert odd % 2 == 1
    assert 2**63 < odd < 2**64
    arrays = [np.array([factor], np.int64) for factor in (100001 * 10**6, 1000001 * 10**6, 500000)]
    assert multiply_arrays(np.array([100000001], np.int64), *arrays).tolist() == [(odd + 1) // 2]
    assert multiply_arrays(np.array([-100000001], np.int64), *arrays).tolist() == [-(odd + 1) // 2]


def test_a_tie_under_a_denominator_beyond_64_bits_is_rounded_away_from_zero() -> None:
    # Four factors in lowest terms over 10^6 make a denominator of 10^24, with numerators that fit in 64 bits.
    small = [np.array([321], np.int64)] * 4
    assert multiply_arrays(np.array([10**8], np.int64), *small).tolist() == [0]
    # 10^6 x 0.999999^4 is 999996.000006.
    four = [np.array([999999], np.int64)] * 4
    assert multiply_arrays(np.array([10**6], np.int64), *four).tolist() == [999996]
    # 5^6 x 3/2^6 x 3/2^6 x 3/2^6 x 2^17 = 15625 x 27 / 2 = 210937.5, with 0.046875 for 3/2^6.
    wide = [np.array([factor], np.int64) for factor in (46875, 46875, 46875, 2**17 * 10**6)]
    assert multiply_arrays(np.array([15625], np.int64), *wide).tolist() == [210938]
    assert multiply_arrays(np.array([-15625], np.int64), *wide).tolist() == [-210938]


def test_an_amount_beyond_64_bits_is_refused_and_not_wrapped() -> None:
    large = np.array([10**13], np.int64)
    with pytest.raises(OverflowError, match=r"^an amount is beyond 64 bits$"):
        multiply_arrays(large, np.array([10**13], np.int64))
    with pytest.raises(OverflowError, match="beyond 64 bits"):
        multiply_arrays(-large, np.array([10**13], np.int64))


def test_the_largest_amount_of_64_bits_is_kept() -> None:
    most = 2**63 - 1
    one = np.array([1000000], np.int64)
    assert multiply_arrays(np.array([most], np.int64), one).tolist() == [most]
    assert multiply_arrays(np.array([-most], np.int64), one).tolist() == [-most]


def test_no_rows_give_no_amounts() -> None:
    none = np.empty(0, np.int64)
    assert multiply_arrays(none, none).tolist() == []
    assert multiply_arrays(none, none).dtype == np.int64


def test_every_amount_is_a_whole_number_of_64_bits() -> None:
    found = multiply_arrays(np.array([1, 2], np.int32), np.array([10**6, 999999], np.int64))
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("0", 0),
        ("1234.5", 123450),
        ("1234.56", 123456),
        ("£1,234.56", 123456),
        ("£ 1,234.56", 123456),
        ("1 234.56", 123456),
        ("1\u00a0234.56", 123456),
        ("1\u202f234\u2009567\u2007890.12", 123456789012),
        ("1,234,567.89", 123456789),
        ("(1,234.56)", -123456),
        ("( £1,234.56 )", -123456),
        ("1,234.56-", -123456),
        ("1,234.56 -", -123456),
        ("-£5", -500),
        ("£-5", -500),
        ("£ - 5", -500),
        ("- 5", -500),
        ("\u22125", -500),
        ("\u20135.50", -550),
        (".5", 50),
        ("5.", 500),
        ("1.500", 150),
        ("007", 700),
        ("-0.0", 0),
        ("(0)", 0),
        ("  12.34\u00a0", 1234),
        ("999999999999999.99", 99999999999999999),
        ("0.30000000000000004", 30),  # 0.1 + 0.2 as a spreadsheet stores it
        ("1.1500000000000001", 115),
        ("4500.009999999999", 450001),  # the double just below 4500.01, with 16 digits
        ("1151.1000000000001", 115110),
    ],
)
def test_amounts_are_read_in_the_forms_that_people_type(text: str, pence: int) -> None:
    assert parse_pounds(text) == pence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not an amount in pounds"),
        ("-", "is not an amount in pounds"),
        ("£", "is not an amount in pounds"),
        (".", "is not an amount in pounds"),
        ("()", "is not an amount in pounds"),
        ("1.234,56", "is not an amount in pounds"),
        ("12k", "is not an amount in pounds"),
        ("c.£500", "is not an amount in pounds"),
        ("TBC", "is not an amount in pounds"),
        ("n/a", "is not an amount in pounds"),
        ("1e308", "is not an amount in pounds"),
        ("1e3", "is not an amount in pounds"),
        ("NaN", "is not an amount in pounds"),
        ("inf", "is not an amount in pounds"),
        ("#DIV/0!", "is not an amount in pounds"),
        ("5 pounds", "is not an amount in pounds"),
        ("1,23", "is not an amount in pounds"),
        ("12,34.56", "is not an amount in pounds"),
        ("1234,567", "is not an amount in pounds"),
        ("1,234 567", "is not an amount in pounds"),
        ("1,,234", "is not an amount in pounds"),
        ("1  234", "is not an amount in pounds"),
        ("(5", "is not an amount in pounds"),
        ("(55", "is not an amount in pounds"),
        ("55)", "is not an amount in pounds"),
        ("££5", "is not an amount in pounds"),
        ("$5", "is not an amount in pounds"),
        ("+5", "is not an amount in pounds"),
        ("(-5)", "has more than one minus sign"),
        ("-5-", "has more than one minus sign"),
        ("-£-5", "has more than one minus sign"),
        ("(5-)", "has more than one minus sign"),
        ("(-5-)", "has more than one minus sign"),
        ("1234.567", "has more than 2 decimal places"),
        ("0.001", "has more than 2 decimal places"),
        ("0.0000000000000000001", "has more than 2 decimal places"),
        ("123456789012.341", "has more than 2 decimal places"),  # 15 digits, all of them typed
        ("1.2345678901234567", "has more than 2 decimal places"),  # 17 digits, but far from a penny
        ("1000000000000000", "is too large"),
        ("9" * 400, "is too large"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_pounds(text)


def test_one_penny_below_the_largest_amount_is_read() -> None:
    assert parse_pounds("999999999999999") == 99999999999999900


@pytest.mark.parametrize(
    ("text", "millionths"),
    [
        ("1", 1000000),
        ("0.6", 600000),
        ("1.021330", 1021330),
        ("0.000001", 1),
        ("22.5", 22500000),
        ("-2.5", -2500000),
        ("\u22122.5", -2500000),
        (".5", 500000),
        ("3.", 3000000),
        (" 0.5\u00a0", 500000),
        ("0.30000000000000004", 300000),
        ("1.0213300000000001", 1021330),
        ("999999999999999", 999999999999999000000),
    ],
)
def test_factors_are_read_as_whole_millionths(text: str, millionths: int) -> None:
    assert parse_factor(text) == millionths


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a decimal number"),
        ("-", "is not a decimal number"),
        ("--1", "is not a decimal number"),
        ("1,000", "is not a decimal number"),
        ("£1", "is not a decimal number"),
        ("half", "is not a decimal number"),
        ("1/2", "is not a decimal number"),
        ("- 1", "is not a decimal number"),
        ("1e-1", "is not a decimal number"),
        ("nan", "is not a decimal number"),
        ("0.0000001", "has more than 6 decimal places"),
        ("1.2345678", "has more than 6 decimal places"),
        ("1000000000000000", "is too large"),
    ],
)
def test_a_factor_that_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_factor(text)


@pytest.mark.parametrize(
    ("pence", "plain", "shown"),
    [
        (0, "0.00", "£0.00"),
        (5, "0.05", "£0.05"),
        (-5, "-0.05", "-£0.05"),
        (-1250, "-12.50", "-£12.50"),
        (123450, "1234.50", "£1,234.50"),
        (100, "1.00", "£1.00"),
        (-123456789, "-1234567.89", "-£1,234,567.89"),
        (100000000000, "1000000000.00", "£1,000,000,000.00"),
    ],
)
def test_pence_are_shown_in_pounds_with_two_decimals(pence: int, plain: str, shown: str) -> None:
    assert format_pounds(pence) == plain
    assert show_pounds(pence) == shown


@pytest.mark.parametrize(
    ("millionths", "shown"),
    [
        (1021330, "1.02133"),
        (1000000, "1"),
        (0, "0"),
        (1, "0.000001"),
        (-2500000, "-2.5"),
        (39000000, "39"),
        (100000000, "100"),
        (123456789, "123.456789"),
    ],
)
def test_a_factor_is_shown_as_the_shortest_decimal(millionths: int, shown: str) -> None:
    assert show_factor(millionths) == shown


def test_a_total_that_a_double_holds_is_passed_on() -> None:
    for pence in (0, 1, -1, 2**53, -(2**53)):
        assert check_total(pence) == pence


@pytest.mark.parametrize("pence", [2**53 + 1, -(2**53) - 1])
def test_a_total_above_what_a_double_holds_is_refused(pence: int) -> None:
    with pytest.raises(BoundsError) as refused:
        check_total(pence)
    # 2^53 = 9,007,199,254,740,992 pence.
    assert str(refused.value) == (
        "The total is above £90,071,992,547,409, the most that spreadsheets hold to the penny."
    )
    assert isinstance(refused.value, TariffError)


def test_the_bounds_are_those_of_the_definition() -> None:
    assert money.MAX_RATE_PENCE == 100_000_000, "a rate or agreed price of up to £1,000,000"
    assert money.MAX_YEAR_PENCE == 1_000_000_000, "one child's year of up to £10,000,000"
    assert np.iinfo(np.int64).max == money.INT64_MAX
    assert money.MILLION == 1_000_000
