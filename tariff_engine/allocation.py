"""Share a pot of money by weight within floors and caps, adding to the pot to the penny."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tariff_engine.errors import AllocationError, UsageError
from tariff_engine.money import show_pounds


def allocate(
    pot_pence: int,
    weights: Sequence[int | Fraction],
    floors: Sequence[int] | None = None,
    caps: Sequence[int | None] | None = None,
) -> list[int]:
    """Share a pot so that each part is clamp(L x weight, floor, cap) for the one L at which they add to it.

    Parameters
    ----------
    pot_pence : what there is to share, 0 or more. [pence]
    weights : 0 or more each, exact: whole numbers or fractions. A weight of 0 gets its floor.
    floors, caps : the least and most of each part, None for no cap. [pence]

    Returns
    -------
    The parts in order, whole pence, adding to the pot. Pence that are left go to the largest fractions among
    the parts that are at neither end, ties to the earlier. [pence]

    Raises
    ------
    AllocationError : the floors are above the pot, or the caps below it; it says by how much.
    """
    lows = list(floors) if floors is not None else [0] * len(weights)
    highs = list(caps) if caps is not None else [None] * len(weights)
    _check(pot_pence, weights, lows, highs)
    most = [low if weight == 0 else high for weight, low, high in zip(weights, lows, highs, strict=True)]
    _check_room(pot_pence, lows, most)
    level = _level(pot_pence, weights, lows, most)
    exact = [_clamp(level * weight, low, high) for weight, low, high in zip(weights, lows, most, strict=True)]
    return _whole(pot_pence, exact, lows, most)


def _check(pot: int, weights: Sequence[int | Fraction], lows: Sequence[int], highs: Sequence[int | None]) -> None:
    if not len(weights) == len(lows) == len(highs):
        raise UsageError("weights, floors and caps must be as many as each other.")
    if any(isinstance(weight, float) or weight < 0 for weight in weights):
        raise UsageError("A weight is a whole number or a Fraction, 0 or more.")
    if pot < 0 or any(low < 0 for low in lows):
        raise UsageError("The pot and the floors are 0 or more.")
    for index, (low, high) in enumerate(zip(lows, highs, strict=True), start=1):
        if high is not None and high < low:
            raise AllocationError(
                f"Part {index}: the cap {show_pounds(high)} is below the floor {show_pounds(low)}.",
                low - high,
            )


def _check_room(pot: int, lows: Sequence[int], most: Sequence[int | None]) -> None:
    if sum(lows) > pot:
        short = sum(lows) - pot
        raise AllocationError(f"The floors add to {show_pounds(short)} more than the pot.", short)
    if all(high is not None for high in most):
        left = pot - sum(high for high in most if high is not None)
        if left > 0:
            raise AllocationError(f"The caps add to {show_pounds(left)} less than the pot.", left)


def _clamp(share: Fraction, low: int, high: int | None) -> Fraction:
    lifted = max(share, Fraction(low))
    return lifted if high is None else min(lifted, Fraction(high))


def _level(pot: int, weights: Sequence[int | Fraction], lows: Sequence[int], most: Sequence[int | None]) -> Fraction:
    """The L at which the clamped shares add to the pot.

    Their sum is a rising line with a bend wherever a part leaves its floor or meets its cap, so L is found by
    walking the bends: between two of them it solves one equation.
    """
    bends: list[tuple[Fraction, Fraction]] = []
    for weight, low, high in zip(weights, lows, most, strict=True):
        if weight:
            bends.append((Fraction(low) / weight, Fraction(weight)))
            if high is not None:
                bends.append((Fraction(high) / weight, -Fraction(weight)))
    total, slope, level = Fraction(sum(lows)), Fraction(0), Fraction(0)
    for bend, change in sorted(bends):
        reached = total + slope * (bend - level)
        if reached >= pot:
            break
        total, level, slope = reached, bend, slope + change
    return level + (pot - total) / slope if slope else level


def _whole(pot: int, exact: Sequence[Fraction], lows: Sequence[int], most: Sequence[int | None]) -> list[int]:
    parts = [int(share) for share in exact]
    free = [i for i, share in enumerate(exact) if share > lows[i] and (most[i] is None or share < (most[i] or 0))]
    by_fraction = sorted(free, key=lambda i: (parts[i] - exact[i], i))
    for index in by_fraction[: pot - sum(parts)]:
        parts[index] += 1
    return parts
