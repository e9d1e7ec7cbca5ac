"""Sharing a pot: one level for everybody, floors and caps kept, and not a penny lost."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tariff_engine import allocate
from tariff_engine.errors import AllocationError, TariffError, UsageError

WEIGHTS = st.one_of(st.integers(0, 9), st.fractions(0, 5, max_denominator=7))


@st.composite
def pots(draw: st.DrawFn, most: int = 4) -> tuple[int, list[int | Fraction], list[int], list[int | None]]:
    """A pot with weights, floors and caps; often, but not always, one that can be shared out."""
    size = draw(st.integers(1, most))
    weights = draw(st.lists(WEIGHTS, min_size=size, max_size=size))
    floors = draw(st.lists(st.integers(0, 60), min_size=size, max_size=size))
    caps = [
        draw(st.one_of(st.none(), st.integers(floor, floor + 80))) if weight else None
        for floor, weight in zip(floors, weights, strict=True)
    ]
    return draw(st.integers(0, 300)), list(weights), floors, caps


def exact_shares(
    pot: int, weights: Sequence[int | Fraction], floors: Sequence[int], caps: Sequence[int | None]
) -> list[Fraction] | None:
    """The shares by trying everything: each part is at its floor, at its cap or free, and one L must suit them all."""
    for states in product(("floor", "free", "cap"), repeat=len(weights)):
        parts = list(zip(states, weights, floors, caps, strict=True))
        if any(state == "cap" and (cap is None or not weight) for state, weight, _, cap in parts):
            continue
        if any(state == "free" and not weight for state, weight, _, _ in parts):
            continue
        fixed = sum(floor if state == "floor" else cap or 0 for state, _, floor, cap in parts if state != "free")
        slope = sum((Fraction(weight) for state, weight, _, _ in parts if state == "free"), Fraction(0))
        if slope:
            levels = [(pot - fixed) / slope]
        elif fixed == pot:
            ends = [Fraction(floor) / weight for _, weight, floor, _ in parts if weight]
            ends += [Fraction(cap) / weight for _, weight, _, cap in parts if weight and cap is not None]
            levels = ends or [Fraction(0)]
        else:
            continue
        for level in levels:
            if level >= 0 and all(_suits(level, *part) for part in parts):
                return [_share(level, *part) for part in parts]
    return None


def _suits(level: Fraction, state: str, weight: int | Fraction, floor: int, cap: int | None) -> bool:
    wanted = level * weight
    if state == "floor":
        return wanted <= floor
    if state == "cap":
        return cap is not None and wanted >= cap
    return wanted >= floor and (cap is None or wanted <= cap)


def _share(level: Fraction, state: str, weight: int | Fraction, floor: int, cap: int | None) -> Fraction:
    return Fraction(floor) if state == "floor" else Fraction(cap or 0) if state == "cap" else level * weight


def in_pence(pot: int, shares: Sequence[Fraction], floors: Sequence[int], caps: Sequence[int | None]) -> list[int]:
    """Largest remainder among the parts at neither end, ties to the earlier."""
    parts = [share.numerator // share.denominator for share in shares]
    free = [i for i, share in enumerate(shares) if share != floors[i] and share != caps[i]]
    for index in sorted(free, key=lambda i: (-(shares[i] - parts[i]), i))[: pot - sum(parts)]:
        parts[index] += 1
    return parts


@pytest.mark.parametrize(
    ("pot", "weights", "floors", "caps", "expected"),
    [
        (10000, [1, 1, 1], None, None, [3334, 3333, 3333]),
        (10000, [1, 1, 2], [4000, 0, 0], [None, None, 3500], [4000, 2500, 3500]),
        (10000, [1, 0, 3], None, None, [2500, 0, 7500]),
        (10000, [1, 0, 3], [0, 400, 0], None, [2400, 400, 7200]),
        (0, [1, 2], None, None, [0, 0]),
        (900, [1, 1], [400, 500], None, [400, 500]),
        (900, [5, 1], None, [400, 500], [400, 500]),
        (100, [Fraction(1, 3), Fraction(2, 3)], None, None, [33, 67]),
        (0, [], None, None, []),
    ],
)
def test_worked_figures(
    pot: int,
    weights: list[int | Fraction],
    floors: list[int] | None,
    caps: list[int | None] | None,
    expected: list[int],
) -> None:
    assert allocate(pot, weights, floors, caps) == expected


@given(pots())
def test_the_shares_are_those_of_the_one_level(
    case: tuple[int, list[int | Fraction], list[int], list[int | None]],
) -> None:
    pot, weights, floors, caps = case
    shares = exact_shares(pot, weights, floors, caps)
    if shares is None:
        with pytest.raises(AllocationError):
            allocate(pot, weights, floors, caps)
    else:
        assert allocate(pot, weights, floors, caps) == in_pence(pot, shares, floors, caps)


@given(pots(most=40), st.integers(0, 1000))
def test_the_parts_add_to_the_pot_within_floors_and_caps(
    case: tuple[int, list[int | Fraction], list[int], list[int | None]], above: int
) -> None:
    _, weights, floors, caps = case
    most = [floor if weight == 0 else cap for weight, floor, cap in zip(weights, floors, caps, strict=True)]
    # A pot between what the floors need and what the caps take.
    pot = sum(floors) + above
    if None not in most:
        pot = min(pot, sum(cap or 0 for cap in most))
    parts = allocate(pot, weights, floors, caps)
    assert sum(parts) == pot
    assert all(part >= floor for part, floor in zip(parts, floors, strict=True))
    assert all(cap is None or part <= cap for part, cap in zip(parts, caps, strict=True))
    nothing = [i for i, weight in enumerate(weights) if weight == 0]
    assert [parts[i] for i in nothing] == [floors[i] for i in nothing]


@given(pots(most=12))
def test_a_pot_is_refused_by_exactly_what_is_missing(
    case: tuple[int, list[int | Fraction], list[int], list[int | None]],
) -> None:
    pot, weights, floors, caps = case
    most = [floor if weight == 0 else cap for weight, floor, cap in zip(weights, floors, caps, strict=True)]
    short = sum(floors) - pot
    over = pot - sum(cap or 0 for cap in most) if None not in most else 0
    if short <= 0 and over <= 0:
        allocate(pot, weights, floors, caps)
        return
    with pytest.raises(AllocationError) as refused:
        allocate(pot, weights, floors, caps)
    assert refused.value.shortfall_pence == (short if short > 0 else over)


@given(st.integers(0, 10**15), st.lists(st.integers(1, 10**9), min_size=1, max_size=60))
def test_no_part_is_a_penny_or_more_from_its_share(pot: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(allocate(pot, weights), weights, strict=True):
        assert abs(part - Fraction(pot * weight, whole)) < 1


@given(st.integers(0, 10**6), st.lists(st.integers(0, 50), min_size=2, max_size=20), st.integers(1, 1000))
def test_only_the_ratios_of_weights_count(pot: int, weights: list[int], times: int) -> None:
    assume(any(weights))
    assert allocate(pot, [weight * times for weight in weights]) == allocate(pot, weights)


def test_ties_go_to_the_earlier_row() -> None:
    assert allocate(2, [1, 1, 1, 1]) == [1, 1, 0, 0]
    assert allocate(5, [1, 2, 1]) == [1, 3, 1]
    assert allocate(7, [1, 1], [0, 0], [None, None]) == [4, 3]


def test_a_penny_is_not_given_to_a_part_at_its_cap_or_floor() -> None:
    assert allocate(101, [1, 1, 1], [0, 0, 50], [None, None, None]) == [26, 25, 50]
    assert allocate(101, [4, 1, 1], None, [10, None, None]) == [10, 46, 45]


def test_an_error_says_by_how_much() -> None:
    with pytest.raises(AllocationError, match=r"floors add to £1\.50 more") as floors:
        allocate(1000, [1, 1], [650, 500])
    assert floors.value.shortfall_pence == 150
    with pytest.raises(AllocationError, match=r"caps add to £2\.00 less") as caps:
        allocate(1000, [1, 1], None, [400, 400])
    assert caps.value.shortfall_pence == 200
    with pytest.raises(AllocationError, match=r"Part 2: the cap £4\.00 is below the floor £5\.00") as both:
        allocate(1000, [1, 1], [0, 500], [None, 400])
    assert both.value.shortfall_pence == 100


def test_a_pot_that_nobody_has_a_weight_for_is_refused() -> None:
    with pytest.raises(AllocationError):
        allocate(1, [0, 0])
    with pytest.raises(AllocationError):
        allocate(1, [])
    assert allocate(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(
    ("pot", "weights", "floors", "caps"),
    [
        (-1, [1], None, None),
        (1, [-1], None, None),
        (1, [0.5], None, None),
        (1, [1], [-1], None),
        (1, [1, 1], [0], None),
        (1, [1, 1], None, [None]),
    ],
)
def test_half_specified_pots_are_refused(
    pot: int, weights: list[int], floors: list[int] | None, caps: list[int | None] | None
) -> None:
    with pytest.raises(UsageError) as refused:
        allocate(pot, weights, floors, caps)
    assert isinstance(refused.value, TariffError)


@pytest.mark.parametrize(
    ("pot", "weights", "floors", "message"),
    [
        (1, [1, 1], [0], "weights, floors and caps must be as many as each other."),
        (1, [-1], [0], "A weight is a whole number or a Fraction, 0 or more."),
        (-1, [1], [0], "The pot and the floors are 0 or more."),
        (1, [1], [-1], "The pot and the floors are 0 or more."),
    ],
)
def test_a_pot_that_is_refused_says_what_was_expected(
    pot: int, weights: list[int], floors: list[int], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        allocate(pot, weights, floors)
    assert str(refused.value) == message
