"""What isn't recorded, spread over what is: a need that isn't recorded, and a placement that isn't."""

from __future__ import annotations

import numpy as np

from scenarios.plans.assumptions import plan_assumptions
from scenarios.plans.cells import NEED, NOT_RECORDED, PLACEMENT, Cells, placement_types, together
from scenarios.plans.sharing import Table, share_out


def impute_needs(cells: Cells, england: Table) -> Cells:
    """Give plans without a recorded need the needs of the authority's other plans of the same placement type.

    Where it has none, those of all its plans, else England's (plans by placement type and need). Only for placement
    types that have a provision, and for plans whose placement isn't recorded; the need of any other is of no use.
    """
    last = cells.needs.index(NOT_RECORDED)
    known = cells.total[:, :, :last]
    for at, name in enumerate(cells.types):
        if "provision" not in placement_types()[name] and name != plan_assumptions().not_recorded:
            continue
        patterns = [known[:, at], known.sum(axis=1), england[None, at, :last], england[None, :, :last].sum(axis=1)]
        for source, plans in list(cells.plans.items()):
            counts = plans[:, at, last]
            taken, given = np.zeros_like(plans), np.zeros_like(plans)
            taken[:, at, last] = counts
            given[:, at, :last] = share_out(counts, _first_filled(patterns))
            if counts.any():
                cells = cells.moved(source, taken, together(source, NEED), given)
    return cells


def impute_placements(cells: Cells, england: Table) -> Cells:
    """Give plans without a recorded placement the placement types of the authority's other plans of the same need.

    Where it has none, those of all its plans, else England's (plans by placement type and need). Some of these types
    have no price: a part of those without a recorded placement are in no education either.
    """
    unknown = cells.types.index(plan_assumptions().not_recorded)
    elsewhere = np.array([name != cells.types[unknown] for name in cells.types])
    known, pattern = cells.total * elsewhere[None, :, None], england * elsewhere[:, None]
    for need in range(len(cells.needs)):
        patterns = [known[:, :, need], known.sum(axis=2), pattern[None, :, need], pattern[None].sum(axis=2)]
        for source, plans in list(cells.plans.items()):
            counts = plans[:, unknown, need]
            taken, given = np.zeros_like(plans), np.zeros_like(plans)
            taken[:, unknown, need] = counts
            given[:, :, need] = share_out(counts, _first_filled(patterns))
            if counts.any():
                cells = cells.moved(source, taken, together(source, PLACEMENT), given)
    return cells


def _first_filled(patterns: list[Table]) -> Table:
    """For each authority the first pattern that has anything in it; those of England stand for every authority."""
    chosen = patterns[-1]
    for pattern in reversed(patterns):
        chosen = np.where((pattern.sum(axis=1) > 0)[:, None], pattern, chosen)
    return chosen
