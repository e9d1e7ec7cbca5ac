"""Sharing whole plans out by shares, so that neither a small cell nor the sum of many of them is biased."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tariff_engine.errors import UsageError
from tariff_engine.money import Ints

Table = npt.NDArray[np.int64]
"""Whole numbers in rows and columns."""

_GRAIN = 1_000_000
_LIMIT = 2**62


def share_out(
    counts: Sequence[int] | Ints, shares: Sequence[int] | Ints | Table, order: Sequence[int] | Ints | None = None
) -> Table:
    """Share each of some counts out over some kinds, by cumulative rounding over all the counts.

    The counts are walked in ``order``, and what is handed out so far is kept beside what the shares come to so far. At
    every step each kind stands at its share of the running total, rounded down or up, and which of them are rounded up
    goes by who would fall behind first. So, with the same shares for all:

    - each count is shared out exactly, and no part is below 0;
    - after any number of steps, hence at the end, every kind is less than one from its share of the running total;
    - any run of counts, a single one too, is less than two from its share;
    - shares that add to the total of the counts are handed out exactly, however the total is cut into counts;
    - the parts of one count depend on the counts before it in the order, so one alone can come out otherwise.

    With shares of their own for each count, the same holds of the sum of their shares, worked out in millionths.

    Parameters
    ----------
    counts : whole numbers from 0, such as the plans of each authority.
    shares : whole numbers from 0 that are compared with each other: a list, or a row for each count.
    order : the order in which to walk the counts, as their places; as they stand if not given.

    Returns
    -------
    A row for each count, as they stand, and a column for each share.
    """
    amounts = np.asarray(counts, np.int64)
    walk = np.arange(len(amounts)) if order is None else np.asarray(order, np.int64)
    targets, unit = _targets(amounts[walk], np.asarray(shares, np.int64), walk)
    parts = np.zeros(targets.shape, np.int64)
    parts[walk] = np.diff(_running(np.cumsum(amounts[walk]), targets, unit), axis=0, prepend=0)
    return parts


def _targets(amounts: Ints, shares: Ints | Table, walk: Ints) -> tuple[Table, int]:
    """What each kind comes to so far, in parts of a plan, and how many of these parts make one."""
    if shares.min(initial=0) < 0 or amounts.min(initial=0) < 0:
        raise UsageError("Counts and shares are 0 or more.")
    by_row = shares[walk] if shares.ndim == 2 else shares[None, :]
    whole = by_row.sum(axis=1)
    if (np.where(amounts > 0, whole, 1) == 0).any():
        raise UsageError("There is something to share out and every share of it is 0.")
    unit = _GRAIN if shares.ndim == 2 else max(1, int(whole[0]))
    if max(int(amounts.sum()), 1) * unit * (int(whole.max(initial=1)) if shares.ndim == 2 else 1) > _LIMIT:
        raise UsageError("The counts and shares are too large to share out exactly.")
    if shares.ndim == 1:
        return np.cumsum(amounts)[:, None] * by_row, unit
    upto = np.cumsum(by_row, axis=1) * (amounts * unit)[:, None] // np.maximum(whole, 1)[:, None]
    return np.cumsum(np.diff(upto, axis=1, prepend=0), axis=0), unit


def _running(totals: Ints, targets: Table, unit: int) -> Table:
    """Whole numbers beside the targets: each its target rounded down or up, never falling, adding to the total.

    A unit of a kind may be handed out from the step in which its target starts on it, and must be by the step in which
    its target completes it. Handing out the most urgent first meets every such date, because handing out fractions as
    the targets do would meet them all.
    """
    floors, rests = targets // unit, targets % unit
    due = _next_rise(floors)
    handed = np.zeros_like(targets)
    at = np.zeros(targets.shape[1], np.int64)
    for step in range(len(totals)):
        at = np.maximum(at, floors[step])
        spare = int(totals[step] - at.sum())
        if spare:
            may = np.flatnonzero((at == floors[step]) & (rests[step] > 0))
            urgent = may[np.lexsort((may, -rests[step, may], due[step, may]))]
            at[urgent[:spare]] += 1
        handed[step] = at
    return handed


def _next_rise(floors: Table) -> Table:
    """For each step and kind, the first later step at which the whole part of the target is higher."""
    steps = len(floors)
    due = np.full(floors.shape, steps, np.int64)
    for step in range(steps - 2, -1, -1):
        rises = floors[step + 1] > floors[step]
        due[step] = np.where(rises, step + 1, due[step + 1])
    return due
