"""Place funding, protection and the sharing of a pot, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .exact import round_half_away

# Months before and after the change of academic year inside a financial year.
_MONTHS = {"pre16": (5, 7), "post16": (4, 8)}


class CannotShareError(ValueError):
    """The floors are above the pot or the caps below it; ``by_pence`` says how far."""

    def __init__(self, by_pence: int) -> None:
        super().__init__(f"out by {by_pence} pence")
        self.by_pence = by_pence


def place_funding(
    rate_pence: int, places_first: Fraction, places_second: Fraction, phase: str, rounding: str = "exact"
) -> int:
    """Annual place funding of one provider, provision and phase (`pre16` or `post16`). [pence a year]"""
    first, second = _MONTHS[phase]
    if rounding == "whole_pounds":
        first_part = places_first * _whole_pounds(rate_pence, first)
        return round_half_away(first_part + places_second * _whole_pounds(rate_pence, second))
    return round_half_away(rate_pence * (places_first * first + places_second * second) / 12)


def place_month(
    month: int,
    rate_pence: int,
    places: tuple[int, int],
    phase: str,
    rounding: str = "exact",
    days: tuple[Fraction, Fraction] = (Fraction(0), Fraction(1)),
) -> int:
    """What is due by the end of a month, April being 0, less what is due by its beginning. [pence]

    ``days`` are the beginning and the end of the days that count, as parts of the month.
    """
    begun, ended = (_due_by(month + part, rate_pence, places, phase, rounding) for part in days)
    return ended - begun


def _due_by(months: Fraction, rate_pence: int, places: tuple[int, int], phase: str, rounding: str) -> int:
    """What is due of a year of places when some months of it are over: each part evenly over its own months."""
    of_first, of_second = _MONTHS[phase]
    if rounding == "whole_pounds":
        whole = places[0] * _whole_pounds(rate_pence, of_first), places[1] * _whole_pounds(rate_pence, of_second)
        a_month = Fraction(whole[0], of_first), Fraction(whole[1], of_second)
    else:
        a_month = Fraction(rate_pence * places[0], 12), Fraction(rate_pence * places[1], 12)
    first = min(months, Fraction(of_first))
    return round_half_away(a_month[0] * first + a_month[1] * (months - first))


def protection_line(last_year_pence: int, this_year_pence: int, guarantee: Fraction) -> int:
    """What brings this year's total up to (1 + guarantee) of last year's; 0 where it is there. [pence]"""
    short = (1 + guarantee) * last_year_pence - this_year_pence
    return round_half_away(short) if short > 0 else 0


def allocate_exactly(
    pot: int,
    weights: Sequence[Fraction],
    floors: Sequence[int] | None = None,
    caps: Sequence[int | None] | None = None,
) -> list[int]:
    """Share a pot by weights between floors and caps, to the penny; the parts add to the pot. [pence]"""
    floors = floors or [0] * len(weights)
    caps = caps or [None] * len(weights)
    rows = list(zip(weights, floors, caps, strict=True))
    if sum(floors) > pot:
        raise CannotShareError(sum(floors) - pot)
    if all(weight == 0 or cap is not None for weight, _, cap in rows):
        most = sum(floor if weight == 0 or cap is None else cap for weight, floor, cap in rows)
        if most < pot:
            raise CannotShareError(pot - most)
    level = _level(pot, rows)
    shares = [_share(level, *row) for row in rows]
    pence = [share.numerator // share.denominator for share in shares]
    left = pot - sum(pence)
    free = [i for i, (_, floor, cap) in enumerate(rows) if floor < shares[i] != cap]
    for i in sorted(free, key=lambda i: (pence[i] - shares[i], i))[:left]:
        pence[i] += 1
    return pence


def _level(pot: int, rows: Sequence[tuple[Fraction, int, int | None]]) -> Fraction:
    """The one L at which the shares add to the pot: exact, between two points where a share meets an end."""
    ends = {Fraction(0)}
    for weight, floor, cap in rows:
        if weight > 0:
            ends.add(Fraction(floor) / weight)
            if cap is not None:
                ends.add(Fraction(cap) / weight)
    below = max(end for end in ends if sum(_share(end, *row) for row in rows) <= pot)
    missing = pot - sum(_share(below, *row) for row in rows)
    # Between this end and the next, the rows that move are those above their floor and below their cap.
    moving = sum(
        (w for w, floor, cap in rows if w > 0 and below * w >= floor and (cap is None or below * w < cap)),
        Fraction(0),
    )
    return below + missing / moving if missing else below


def _share(level: Fraction, weight: Fraction, floor: int, cap: int | None) -> Fraction:
    if weight == 0:
        return Fraction(floor)
    share = max(level * weight, Fraction(floor))
    return share if cap is None else min(share, Fraction(cap))


def _whole_pounds(rate_pence: int, months: int) -> int:
    """A rate's part for some months, to whole pounds. [pence]"""
    return 100 * round_half_away(Fraction(rate_pence * months, 1200))
