"""Money in whole pence, factors in millionths, and the one way to round.

Every amount is a signed 64-bit integer of pence. A factor (area cost, fte, hours, weeks, percentage) is a
decimal with at most six places, held as an integer of millionths. Rounding is half away from zero.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt

from tariff_engine.errors import BoundsError

PENCE = 100
MILLION = 1_000_000
INT64_MAX = 2**63 - 1
EXACT_IN_A_DOUBLE = 2**53

MAX_RATE_PENCE = 1_000_000 * PENCE
MAX_YEAR_PENCE = 10_000_000 * PENCE

Ints = npt.NDArray[np.int64]

_POUNDS = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}((,\d{3})+|( \d{3})+)(\.\d*)?", re.ASCII)
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " "})
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_DOUBLE_DIGITS = 15
_DOUBLE_ERROR = Decimal(2) ** -50
_TOO_LARGE = 10**15
_WIDE = Context(prec=80)


def round_half_away(numerator: int, denominator: int) -> int:
    """Round ``numerator / denominator`` (denominator above 0) to a whole number, halves away from zero."""
    whole, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        whole += 1
    return -whole if numerator < 0 else whole


def round_half_away_array(numerator: Ints, denominator: Ints | int) -> Ints:
    """Round element by element, halves away from zero.

    The denominators are above 0. No intermediate is larger than the inputs, so nothing wraps.
    """
    size = np.abs(numerator)
    whole = size // denominator
    rest = size - whole * denominator
    whole += rest >= denominator - rest
    return np.where(numerator < 0, -whole, whole)


def multiply(rate_pence: int, *factors_millionths: int) -> int:
    """Multiply pence by factors in millionths and round once, to whole pence."""
    product, denominator = rate_pence, 1
    for factor in factors_millionths:
        product *= factor
        denominator *= MILLION
    return round_half_away(product, denominator)


def multiply_arrays(rate_pence: Ints, *factors_millionths: Ints) -> Ints:
    """Multiply pence by factors in millionths, element by element, and round once, to whole pence.

    Every factor is first put in its lowest terms. Where the bound then proves that the product fits in 64 bits
    it is made there; the few rows that are left are made in unbounded integers. Both give the same pence.

    Raises
    ------
    OverflowError : a result is beyond 64 bits.
    """
    product = rate_pence.astype(np.int64)
    denominator = np.ones_like(product)
    size = np.abs(product.astype(np.float64))
    scale = np.ones(product.shape)
    parts: list[tuple[Ints, Ints]] = []
    for factor in factors_millionths:
        common = np.gcd(factor, MILLION)
        top, bottom = factor // common, MILLION // common
        parts.append((top, bottom))
        size = size * np.abs(top)
        scale = scale * bottom
    limit = float(2**62)
    fits = (size < limit) & (scale < limit)
    for top, bottom in parts:
        product = product * np.where(fits, top, 1)
        denominator = denominator * np.where(fits, bottom, 1)
    result = round_half_away_array(product, denominator)
    for row in np.flatnonzero(~fits):
        exact = multiply(int(rate_pence[row]), *(int(factor[row]) for factor in factors_millionths))
        if abs(exact) > INT64_MAX:
            raise OverflowError("an amount is beyond 64 bits")
        result[row] = exact
    return result


def parse_pounds(text: str) -> int:
    """Read an amount in pounds as whole pence.

    Takes the forms people type: ``1234.5``, ``£1,234.56``, ``1 234.56``, ``(1,234.56)``, ``1,234.56-``, ``-£5``,
    and a stored double such as ``0.30000000000000004``. Anything else, such as ``1.234,56``, ``12k`` or ``TBC``,
    raises ValueError with what is wrong; nothing is guessed.
    """
    body = text.translate(_SPACES).translate(_MINUS).strip()
    signs = 0
    if body.startswith("(") and body.endswith(")"):
        body, signs = body[1:-1].strip(), signs + 1
    if body.endswith("-"):
        body, signs = body[:-1].rstrip(), signs + 1
    if body.startswith("-"):
        body, signs = body[1:].lstrip(), signs + 1
    if body.startswith("£"):
        body = body[1:].lstrip()
        if body.startswith("-"):
            body, signs = body[1:].lstrip(), signs + 1
    if signs > 1:
        raise ValueError("has more than one minus sign")
    if _GROUPED.fullmatch(body):
        body = body.replace(",", "").replace(" ", "")
    if not _POUNDS.fullmatch(body):
        raise ValueError("is not an amount in pounds")
    pence = _scaled(body, 2)
    return -pence if signs else pence


def parse_factor(text: str) -> int:
    """Read a decimal with at most six places as an integer of millionths; ValueError otherwise."""
    body = text.translate(_SPACES).translate(_MINUS).strip()
    negative = body.startswith("-")
    body = body[1:] if negative else body
    if not _POUNDS.fullmatch(body):
        raise ValueError("is not a decimal number")
    millionths = _scaled(body, 6)
    return -millionths if negative else millionths


def format_pounds(pence: int) -> str:
    """Pence as pounds with two decimals and no separators: ``-12.50``."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // PENCE}.{abs(pence) % PENCE:02d}"


def show_pounds(pence: int) -> str:
    """Pence as a person reads them: ``-£1,234.50``."""
    sign = "-" if pence < 0 else ""
    return f"{sign}£{abs(pence) // PENCE:,}.{abs(pence) % PENCE:02d}"


def show_factor(millionths: int) -> str:
    """Millionths as the shortest decimal: ``1.02133``."""
    return format((Decimal(millionths) / MILLION).normalize(), "f")


def check_total(pence: int) -> int:
    """Refuse a total that a double, so Excel and JSON, can't hold to the penny."""
    if abs(pence) > EXACT_IN_A_DOUBLE:
        most = EXACT_IN_A_DOUBLE // PENCE
        raise BoundsError(f"The total is above £{most:,}, the most that spreadsheets hold to the penny.")
    return pence


def _scaled(body: str, places: int) -> int:
    """Digits with an optional point as an integer of 10^-places, exactly.

    A spreadsheet's sum such as 0.1 + 0.2 is stored as the neighbouring double; only a number with more digits
    than a double holds is forgiven that error.
    """
    value = Decimal(body)
    if value >= _TOO_LARGE:
        raise ValueError("is too large")
    whole = int(value.scaleb(places, _WIDE).to_integral_value(context=_WIDE))
    rounded = Decimal(whole).scaleb(-places, _WIDE)
    if rounded != value:
        digits = len(body.replace(".", "").lstrip("0"))
        if digits <= _DOUBLE_DIGITS or abs(value - rounded) > rounded * _DOUBLE_ERROR:
            raise ValueError(f"has more than {places} decimal places")
    return whole
