"""Which numbers of published tables are withheld, so that no small one can be read or worked out from the others.

Tables of one caseload add up in known ways: the groups of each to the same whole, and the groups of one table to groups
of another where no child is in both parts. A cell is small where 1 to 5 children are behind it. It is withheld, and so
are others, the smallest first, until no withheld cell follows from what is shown and no withheld sum is itself small.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from tariff_engine.money import Ints

SMALLEST_SHOWN = 6
"""The smallest number of children that is shown, and may be behind an amount that is shown. 0 is shown too."""

_TINY = 1e-9

Cell = Hashable
Relation = Mapping[Cell, int]
"""Cells and signs that add to nothing: the groups of a table and, less, their whole."""


def withheld_cells(
    children: Mapping[Cell, int], relations: Sequence[Relation], also: Iterable[Cell] = ()
) -> frozenset[Cell]:
    """The cells that aren't shown.

    Parameters
    ----------
    children : how many children are behind each cell.
    relations : how the cells add up.
    also : cells to be withheld whatever their number.
    """
    sensitive = {cell for cell, count in children.items() if 0 < count < SMALLEST_SHOWN} | set(also)
    hidden = set(sensitive)
    while (further := _next(children, relations, sensitive, hidden)) is not None:
        hidden.add(further)
    return frozenset(hidden)


def linked(first: Sequence[Cell], second: Sequence[Cell], pairs: Iterable[tuple[Cell, Cell]]) -> Iterator[Relation]:
    """The smallest parts in which the groups of two tables hold the same children.

    ``pairs`` are the groups that share a child.
    """
    part: dict[Cell, Cell] = {cell: cell for cell in (*first, *second)}

    def root(cell: Cell) -> Cell:
        while part[cell] != cell:
            cell = part[cell]
        return cell

    for one, other in pairs:
        part[root(one)] = root(other)
    relations: dict[Cell, dict[Cell, int]] = {}
    for sign, cells in ((1, first), (-1, second)):
        for cell in cells:
            relations.setdefault(root(cell), {})[cell] = sign
    yield from relations.values()


def _next(
    children: Mapping[Cell, int], relations: Sequence[Relation], sensitive: set[Cell], hidden: set[Cell]
) -> Cell | None:
    """One more cell to withhold, or None where nothing more can be worked out."""
    for relation in relations:
        inside = [cell for cell in relation if cell in hidden]
        one_sided = len({relation[cell] for cell in inside}) == 1
        small = len(inside) == 1 or sum(children[cell] for cell in inside) < SMALLEST_SHOWN
        if one_sided and small and (found := _smallest_shown(children, relation, hidden)) is not None:
            return found
    for cell in _follows(relations, sorted(hidden, key=repr)) & sensitive:
        for relation in relations:
            if cell in relation and (found := _smallest_shown(children, relation, hidden)) is not None:
                return found
    return None


def _smallest_shown(children: Mapping[Cell, int], relation: Relation, hidden: set[Cell]) -> Cell | None:
    """The cell with the fewest children that can be withheld as well; one without any would hide nothing."""
    shown = [cell for cell in relation if cell not in hidden and children[cell]]
    return min(shown, key=lambda cell: (children[cell], repr(cell)), default=None)


def _follows(relations: Sequence[Relation], hidden: Sequence[Cell]) -> set[Cell]:
    """The withheld cells that the relations and what is shown determine: those alone in a row of the solved form."""
    rows = [[relation.get(cell, 0) for cell in hidden] for relation in relations]
    solved, top = np.array(rows, dtype=float).reshape(len(rows), len(hidden)), 0
    for column in range(len(hidden)):
        if top == len(rows):
            break
        pivot = top + int(np.argmax(np.abs(solved[top:, column])))
        if abs(solved[pivot, column]) < _TINY:
            continue
        solved[[top, pivot]] = solved[[pivot, top]]
        solved[top] /= solved[top, column]
        others = np.arange(len(rows)) != top
        solved[others] -= np.outer(solved[others, column], solved[top])
        top += 1
    filled = np.abs(solved) > _TINY
    alone: Ints = np.flatnonzero(filled.sum(axis=1) == 1)
    return {hidden[int(np.argmax(filled[row]))] for row in alone}
