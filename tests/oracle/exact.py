"""Exact numbers: the one rounding rule, and text to pence and factors."""

from __future__ import annotations

import re
from fractions import Fraction

_MONEY = re.compile(r"£?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?")
_FACTOR = re.compile(r"\d+(\.\d{1,6})?")
_HALF = Fraction(1, 2)


def round_half_away(value: Fraction) -> int:
    """Round to a whole number, halves away from zero, the same for both signs."""
    size = abs(value) + _HALF
    whole = size.numerator // size.denominator
    return -whole if value < 0 else whole


def pence_of(text: str) -> int | None:
    """Pounds as text to whole pence; blank is None. Raises ValueError for anything that is no amount."""
    if text == "":
        return None
    if not _MONEY.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount in pounds")
    return int(Fraction(text.lstrip("£").replace(",", "")) * 100)


def signed_pence_of(text: str) -> int | None:
    """As ``pence_of``, with a minus sign allowed: an uplift may be negative."""
    if text.startswith("-"):
        size = pence_of(text[1:])
        return None if size is None else -size
    return pence_of(text)


def factor_of(text: str) -> Fraction | None:
    """A decimal of at most six places to a fraction; blank is None."""
    if text == "":
        return None
    if not _FACTOR.fullmatch(text):
        raise ValueError(f"{text!r} is not a number with at most six decimal places")
    return Fraction(text)


def pounds_text(pence: int | None) -> str:
    """Pence as pounds with two decimals; None is blank, which is not 0.00."""
    if pence is None:
        return ""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"
