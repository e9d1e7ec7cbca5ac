"""The guarantee itself: what it is as a share, and what it gives one provider. Exact, in whole pence."""

from __future__ import annotations

from fractions import Fraction

from tariff_engine.errors import UsageError
from tariff_engine.money import MILLION, parse_factor, round_half_away, show_factor


def parse_guarantee(text: str) -> Fraction:
    """A guarantee as a share: ``0.005`` and ``0.5%`` are half a per cent; UsageError for anything else."""
    percent = text.strip().endswith("%")
    try:
        millionths = parse_factor(text.strip().removesuffix("%").rstrip())
    except ValueError as error:
        raise UsageError(f"Guarantee {text[:40]!r} {error}; expected a share such as -0.015, or -1.5%.") from None
    return within(Fraction(millionths, MILLION * (100 if percent else 1)))


def protection_of(last_year: int, this_year: int, guarantee: Fraction) -> int:
    """What brings this year's total up to (1 + guarantee) of last year's, rounded once; 0 where it is there. [pence]"""
    short = (1 + guarantee) * last_year - this_year
    return max(0, round_half_away(short.numerator, short.denominator))


def within(guarantee: Fraction) -> Fraction:
    """A guarantee from -1 to 1; UsageError beyond, as a percentage was then meant."""
    if not -1 <= guarantee <= 1:
        raise UsageError(f"Guarantee {float(guarantee):g} is beyond -1 and 1. Three per cent is 0.03, or 3%.")
    return guarantee


def show_guarantee(guarantee: Fraction) -> str:
    """A guarantee as a percentage: ``-1.5%``."""
    return f"{show_factor(round_half_away(guarantee.numerator * 100 * MILLION, guarantee.denominator))}%"
