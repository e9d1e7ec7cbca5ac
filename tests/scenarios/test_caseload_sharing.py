"""Whole plans shared out by cumulative rounding, and fitted to totals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scenarios.plans.fitting import fit_to_totals
from scenarios.plans.sharing import share_out
from tariff_engine.errors import UsageError

COUNTS = st.lists(st.sampled_from([0, 1, 1, 2, 3, 7, 40, 1200]), min_size=1, max_size=12)
SHARES = st.lists(st.sampled_from([0, 1, 1, 2, 5, 30, 400]), min_size=1, max_size=9).filter(any)


@given(COUNTS, SHARES, st.randoms(use_true_random=False))
def test_counts_are_shared_out_exactly_and_no_kind_falls_behind(
    counts: list[int], shares: list[int], random: object
) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    parts = share_out(counts, shares, order)
    assert (parts >= 0).all()
    assert parts.sum(axis=1).tolist() == counts
    assert not parts[:, np.array(shares) == 0].any()
    so_far, handed = 0, np.zeros(len(shares), np.int64)
    for at in order:
        so_far += counts[at]
        handed += parts[at]
        behind = [abs(Fraction(so_far * share, sum(shares)) - int(n)) for share, n in zip(shares, handed, strict=True)]
        assert max(behind) < 1
    assert (share_out(counts, shares, order) == parts).all()


@given(COUNTS, st.data())
def test_shares_that_add_to_the_total_are_met_however_it_is_cut(counts: list[int], data: st.DataObject) -> None:
    total = sum(counts)
    cuts = sorted(data.draw(st.lists(st.integers(0, total), min_size=3, max_size=3)))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
    assume(any(shares))
    assert share_out(counts, shares).sum(axis=0).tolist() == shares
    assert share_out([total], shares)[0].tolist() == shares


@given(st.lists(st.tuples(st.integers(0, 50), SHARES.map(lambda s: [*s, *[0] * 9][:9])), min_size=1, max_size=10))
def test_shares_of_their_own_add_up_too(rows: list[tuple[int, list[int]]]) -> None:
    rows = [(count, shares) for count, shares in rows if any(shares)]
    assume(rows)
    counts, shares = [row[0] for row in rows], np.array([row[1] for row in rows])
    parts = share_out(counts, shares)
    assert (parts >= 0).all()
    assert parts.sum(axis=1).tolist() == counts
    due = [sum(Fraction(n * s[kind], sum(s)) for n, s in rows) for kind in range(9)]
    handed = parts.sum(axis=0).tolist()
    assert all(abs(share - given) < 1 + Fraction(1, 1000) for share, given in zip(due, handed, strict=True))


def test_small_cells_keep_the_mix_that_largest_remainders_lose() -> None:
    shares = [110, 190, 245, 230, 150, 75]
    counts = [1, 2, 1, 1, 3, 1, 2, 1, 1, 2] * 20
    mix = share_out(counts, shares).sum(axis=0)
    assert np.abs(mix - sum(counts) * np.array(shares) / 1000).max() < 1
    # Every cell on its own gives the commonest kinds alone.
    alone = np.sum([share_out([count], shares)[0] for count in counts], axis=0)
    assert alone[0] == alone[5] == 0


@pytest.mark.parametrize(
    ("counts", "shares"), [([1], [0, 0]), ([-1], [1]), ([1], [-1, 2]), ([2**40], [2**40]), ([2**50], [[1, 1]])]
)
def test_what_can_not_be_shared_out_is_refused(counts: list[int], shares: list[int]) -> None:
    with pytest.raises(UsageError):
        share_out(counts, shares)


def test_nothing_is_shared_out_as_nothing() -> None:
    assert share_out([0, 0], [0, 0]).tolist() == [[0, 0], [0, 0]]
    assert share_out([0, 2], np.array([[0, 0], [1, 4]])).tolist() == [[0, 0], [0, 2]]


TABLES = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0, 1, 1, 2, 3, 7, 40, 900]), min_size=width, max_size=width), min_size=1, max_size=6
    )
)


@given(TABLES, st.data())
def test_a_fitted_table_has_both_totals(true: list[list[int]], data: st.DataObject) -> None:
    table = np.array(true)
    weight = st.integers(1, 9)
    pattern = np.array([[data.draw(weight) for _ in row] for row in true])
    fitted = fit_to_totals(pattern, table.sum(axis=1).tolist(), table.sum(axis=0).tolist())
    assert fitted is not None
    assert (fitted >= 0).all()
    assert (fitted.sum(axis=1) == table.sum(axis=1)).all()
    assert (fitted.sum(axis=0) == table.sum(axis=0)).all()


@given(TABLES)
def test_a_table_that_has_its_totals_already_stays_as_it_is(true: list[list[int]]) -> None:
    table = np.array(true)
    fitted = fit_to_totals(table, table.sum(axis=1).tolist(), table.sum(axis=0).tolist())
    assert fitted is not None
    assert (fitted == table).all()


def test_proportions_are_kept_where_the_totals_allow() -> None:
    fitted = fit_to_totals(np.array([[40, 60], [10, 90]]), [1000, 2000], [600, 2400])
    assert fitted is not None
    assert fitted.tolist() == [[400, 600], [200, 1800]]


def test_noughts_of_the_pattern_stay_and_may_be_in_the_way() -> None:
    assert fit_to_totals(np.eye(2, dtype=np.int64), [1, 1], [2, 0]) is None
    assert fit_to_totals(np.zeros((2, 2), np.int64), [1, 1], [2, 0]) is None
    assert fit_to_totals(np.ones((2, 2), np.int64), [1, 1], [1, 0]) is None
    fitted = fit_to_totals(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]]), [1, 1, 1], [1, 1, 1])
    assert fitted is not None
    assert fitted.sum(axis=0).tolist() == fitted.sum(axis=1).tolist() == [1, 1, 1]
    assert fitted[0, 2] == fitted[1, 0] == fitted[2, 1] == 0
