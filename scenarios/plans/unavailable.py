"""Needs that a table of plans withholds, worked out from what it doesn't."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scenarios.plans.cells import AS_GIVEN, NEED, Cells, empty_cells
from scenarios.plans.findings import PlanFindings
from scenarios.plans.fitting import fit_to_totals
from scenarios.plans.sharing import Table, share_out
from scenarios.plans.table import PlanRow, PlansTable
from tariff_engine.vocabulary import vocabulary

Margins = Callable[[str], Sequence[int] | None]
"""An authority's plans by need, or None where nobody publishes them."""

_MUCH = 1000
"""How much more a plan of the pattern weighs than none: no cell is closed, as a total may need it."""


def england_pattern(table: PlansTable, types: Sequence[str], carried: Table) -> Table:
    """England's plans by placement type and need: from the table where it has all of them, else as carried."""
    found = {row.type: row for row in table.rows if row.england and row.group is None and not row.problem}
    figures = {name: [need or 0 for need in row.needs] for name, row in found.items() if None not in row.needs}
    if not figures:
        return carried
    return np.array([figures.get(name, [0] * len(table.needs)) for name in types], np.int64)


def fill_cells(table: PlansTable, margins: Margins, england: Table, findings: PlanFindings) -> Cells:
    """The plans of every usable row; needs that are unavailable are worked out and kept apart as filled in.

    For each authority with unavailable needs: rows add to its plans by placement type and columns to its plans by need,
    less what is published of both; the pattern inside is England less every authority that is published. Where the
    plans by need are not known, or don't fit, the rows alone are shared out in that pattern.
    """
    usable = [row for row in table.rows if not row.england and row.group is None and not row.problem]
    cells = empty_cells([row.la for row in usable], table.needs[:-1])
    published = np.zeros_like(cells.plans[AS_GIVEN])
    at = {la: index for index, la in enumerate(cells.authorities)}
    types = {name: index for index, name in enumerate(cells.types)}
    withheld: dict[str, list[PlanRow]] = defaultdict(list)
    for row in usable:
        published[at[row.la], types[row.type]] = [need or 0 for need in row.needs]
        if None in row.needs:
            withheld[row.la].append(row)
    pattern = _pattern(england, published)
    filled = np.zeros_like(published)
    for la, rows in withheld.items():
        filled[at[la]] = _authority(la, rows, published[at[la]], pattern, margins(la), types, findings)
    parts = {AS_GIVEN: published, NEED: filled} if withheld else {AS_GIVEN: published}
    return replace(cells, plans=parts)


def _pattern(england: Table, published: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Table:
    """England less the rest; England itself for a placement type of which nothing is left; even where it has none."""
    rest = np.maximum(england - published.sum(axis=0), 0)
    whole = np.broadcast_to(england.sum(axis=0), england.shape)
    rest = np.where((rest.sum(axis=1) > 0)[:, None], rest, england)
    return np.asarray(np.where((rest.sum(axis=1) > 0)[:, None], rest, whole))


def _authority(
    la: str,
    rows: Sequence[PlanRow],
    published: Table,
    pattern: Table,
    by_need: Sequence[int] | None,
    types: dict[str, int],
    findings: PlanFindings,
) -> Table:
    """One authority's unavailable needs, in the shape of its published ones."""
    places = [types[row.type] for row in rows]
    hidden = np.array([[need is None for need in row.needs] for row in rows])
    seeds = np.where(hidden, pattern[places] * _MUCH + 1, 0)
    left = [(row.plans or 0) - sum(need or 0 for need in row.needs) for row in rows]
    fitted = None
    if by_need is not None:
        columns = (np.asarray(by_need, np.int64) - published.sum(axis=0)).tolist()
        fitted = fit_to_totals(seeds, left, columns) if min(columns) >= 0 else None
    name = vocabulary().local_authorities[la]["name"]
    how = "its plans by need" if fitted is not None else "the pattern of other authorities alone"
    message = f"{name}: needs of {sum(left):,} plans in {_rows(len(rows))} are unavailable; worked out from {how}"
    findings.add("needs_unavailable", message, rows[0].row)
    if by_need is not None and fitted is None:
        message = f"{name}: {sum(by_need):,} plans by need don't fit its plans by placement type, and were not used"
        findings.add("margins_differ", message, rows[0].row)
    whole = np.zeros_like(published)
    whole[places] = fitted if fitted is not None else share_out(left, seeds)
    return whole


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
