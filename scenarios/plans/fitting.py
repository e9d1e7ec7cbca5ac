"""A table of whole plans that has given totals of rows and columns and is as like a given pattern as they allow.

Iterative proportional fitting in whole numbers of billionths of a plan, so that every machine gets the same table; then
rounding to whole plans in which the totals of both rows and columns still hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from scenarios.plans.sharing import Table
from tariff_engine.money import Ints

_BILLION = 1_000_000_000
_CLOSE = 100_000
_ROUNDS = 2000

_Numbers = list[list[int]]


def fit_to_totals(pattern: Table, row_totals: Sequence[int], column_totals: Sequence[int]) -> Table | None:
    """Whole plans with these totals, in the pattern's proportions as far as the totals allow.

    Parameters
    ----------
    pattern : whole numbers from 0; where it is 0, so is the answer.
    row_totals, column_totals : whole numbers from 0, with the same sum.

    Returns
    -------
    None where the totals can't be reached: their sums differ, or noughts of the pattern are in the way.
    """
    if sum(row_totals) != sum(column_totals):
        return None
    cells = _scaled(pattern, row_totals, column_totals)
    return None if cells is None else _rounded(cells, row_totals, column_totals)


def _scaled(pattern: Table, rows: Sequence[int], columns: Sequence[int]) -> _Numbers | None:
    """Cells in billionths of a plan, scaled to the rows and the columns in turn until both hold, or None."""
    cells = [[int(cell) * _BILLION for cell in row] for row in pattern.tolist()]
    for _ in range(_ROUNDS):
        cells = [_to_total(row, total) for row, total in zip(cells, rows, strict=True)]
        across = list(zip(*cells, strict=True))
        turned = [_to_total(list(column), total) for column, total in zip(across, columns, strict=True)]
        cells = [list(row) for row in zip(*turned, strict=True)]
        gaps = [abs(sum(row) - total * _BILLION) for row, total in zip(cells, rows, strict=True)]
        if max(gaps, default=0) < _CLOSE:
            full = all(sum(column) or not total for column, total in zip(turned, columns, strict=True))
            return cells if full else None
    return None


def _to_total(cells: list[int], total: int) -> list[int]:
    """Cells scaled to add to a total within a few billionths of a plan; as they are where all of them are 0."""
    whole = sum(cells)
    return [cell * total * _BILLION // whole for cell in cells] if whole else cells


def _rounded(cells: _Numbers, rows: Sequence[int], columns: Sequence[int]) -> Table:
    """Each cell rounded down or up, the largest fractions first; then what is left over is moved into place."""
    plans = np.array([[cell // _BILLION for cell in row] for row in cells], np.int64)
    row_gaps = np.asarray(rows, np.int64) - plans.sum(axis=1)
    column_gaps = np.asarray(columns, np.int64) - plans.sum(axis=0)
    fractions = sorted(
        (-(cell % _BILLION), at, column) for at, row in enumerate(cells) for column, cell in enumerate(row)
    )
    for fraction, row, column in fractions:
        if fraction and row_gaps[row] and column_gaps[column]:
            plans[row, column] += 1
            row_gaps[row] -= 1
            column_gaps[column] -= 1
    within = [[column for column, cell in enumerate(row) if cell] for row in cells]
    for row in np.repeat(np.arange(len(row_gaps)), row_gaps).tolist():
        column_gaps[_place_one(plans, within, row, column_gaps)] -= 1
    return plans


def _place_one(plans: Table, within: Sequence[Sequence[int]], row: int, gaps: Ints) -> int:
    """Add one plan to a row and leave every other row as it is; the column that has one more in the end.

    The plan is added in a column, one is taken out of that column in another row and added to that row elsewhere, and
    so on to a column that lacks one: the shortest such chain. There is one, as the totals hold in fractions of a plan.
    """
    added_in: dict[int, int] = {}
    taken_from = {row: -1}
    waiting = deque([row])
    while True:
        at = waiting.popleft()
        for column in within[at]:
            if column in added_in:
                continue
            added_in[column] = at
            if gaps[column]:
                _move_along(plans, added_in, taken_from, column)
                return column
            for other in np.flatnonzero(plans[:, column]).tolist():
                if other not in taken_from:
                    taken_from[other] = column
                    waiting.append(other)


def _move_along(plans: Table, added_in: dict[int, int], taken_from: dict[int, int], column: int) -> None:
    while column >= 0:
        row = added_in[column]
        plans[row, column] += 1
        column = taken_from[row]
        if column >= 0:
            plans[row, column] -= 1
