"""The two parts of a year of places, and how much of it has been paid by any day. Exact, in whole pence.

A year of places runs from April to March. The places commissioned before the change of academic year are paid in the
months of the first part, those after it in the months of the second.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from tariff_engine.money import PENCE, Ints, round_half_away_array
from tariff_engine.periods import Month, YearBasis

MONTHS = 12
Rounding = Literal["exact", "whole_pounds"]

_BASIS = YearBasis.FINANCIAL


@dataclass(frozen=True)
class CommissionedPlaces:
    """Rows of places with their annual rates, as columns.

    Attributes
    ----------
    first, second : places in the two parts of the year.
    rate : of one place. [pence a year]
    first_months : months in the first part.
    """

    first: Ints
    second: Ints
    rate: Ints
    first_months: Ints


@dataclass(frozen=True)
class YearPoint:
    """A moment in a year of places: whole months that are over, and days of the month that is running."""

    months: int
    days: int
    month_days: int

    @classmethod
    def after(cls, day: date) -> YearPoint:
        """The moment at which a day is over."""
        months = (day.month - _BASIS.first_month) % MONTHS
        return cls(months, day.day, monthrange(day.year, day.month)[1])

    @classmethod
    def before(cls, day: date) -> YearPoint:
        """The moment at which a day begins."""
        point = cls.after(day)
        return cls(point.months, point.days - 1, point.month_days)


def first_months(second_part_from: int) -> int:
    """The months of the first part, given the month (1 to 12) in which the second one begins."""
    return (second_part_from - _BASIS.first_month) % MONTHS


def paid_up_to(point: YearPoint, places: CommissionedPlaces, rounding: Rounding) -> Ints:
    """What is due of the year up to a moment, rounded once; at the year's end it is the annual place funding. [pence]

    ``exact``: rate x (places_first x months of the first part so far + places_second x those of the second) / 12.
    ``whole_pounds``: each part's rate a place is rounded to whole pounds first, and spread evenly over its months.
    """
    # In parts of a month, so that a period may cut one.
    so_far, length = point.months * point.month_days + point.days, point.month_days
    ends = places.first_months * length
    first, second = np.minimum(so_far, ends), np.maximum(so_far - ends, 0)
    if rounding == "exact":
        due = places.rate * (places.first * first + places.second * second)
        return round_half_away_array(due, MONTHS * length)
    of_first, of_second = places.first_months, MONTHS - places.first_months
    due = places.first * whole_pounds(places.rate, of_first) * first * of_second
    due += places.second * whole_pounds(places.rate, of_second) * second * of_first
    return round_half_away_array(due, of_first * of_second * length)


def whole_pounds(rate: Ints, months: Ints) -> Ints:
    """The rate of a place for some months, to whole pounds. [pence]"""
    return round_half_away_array(rate * months, MONTHS * PENCE) * PENCE


def instalment(start: date, end: date, places: CommissionedPlaces, rounding: Rounding) -> Ints:
    """What falls on some days of one month. [pence]"""
    upto = paid_up_to(YearPoint.after(end), places, rounding)
    return upto - paid_up_to(YearPoint.before(start), places, rounding)


def instalments(
    months: Sequence[Month], start: date, end: date, places: CommissionedPlaces, rounding: Rounding
) -> list[Ints]:
    """What falls in each month of the days from ``start`` to ``end``; 0 in the others. [pence]"""
    nothing = np.zeros(len(places.rate), np.int64)
    cut = [(max(month.start, start), min(month.end, end)) for month in months]
    return [instalment(*days, places, rounding) if days[0] <= days[1] else nothing for days in cut]


def years_met(start: date, end: date) -> int:
    """How many years of places some days meet."""
    return 1 + _BASIS.year_of(end)[0].year - _BASIS.year_of(start)[0].year
