"""The figures that the project carries: England by placement type and need, and each authority by need."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from scenarios.plans.assumptions import plan_rows, plan_text
from scenarios.plans.cells import AS_GIVEN, NOT_RECORDED, Cells, empty_cells
from scenarios.plans.fitting import fit_to_totals
from scenarios.plans.sharing import Table, share_out
from tariff_engine.tables.wording import shown

_BY_PLACEMENT, _BY_NEED = "england_need_by_placement.csv", "authorities_by_need.csv"
_UNKNOWN = "not_recorded"


@cache
def carried_sources() -> dict[str, Any]:
    """The time period of the carried figures and where they were published."""
    return tomllib.loads(plan_text("sources.toml"))


def carried_needs() -> tuple[str, ...]:
    """The need codes of the carried figures."""
    return tuple(name for name in plan_rows(_BY_NEED)[0] if name not in ("la_code", "plans", _UNKNOWN, "source_id"))


def carried_by_need(la: str, needs: Sequence[str]) -> list[int] | None:
    """An authority's plans by need; None for an authority that isn't carried."""
    rows = {row["la_code"]: row for row in plan_rows(_BY_NEED)}
    return _by_need(rows[la], needs) if la in rows else None


def carried_england(types: Sequence[str], needs: Sequence[str]) -> Table:
    """England's plans by placement type and need."""
    rows = {row["placement_type"]: row for row in plan_rows(_BY_PLACEMENT)}
    return np.array([_by_need(rows[name], needs) if name in rows else [0] * len(needs) for name in types], np.int64)


def fitted_england() -> Cells:
    """England's authorities, fitted from its pattern.

    An authority's plans by need, moved as little as brings them to England's plans by need in the table by placement
    type, are shared out over England's placement types of each need. Each authority's plans and England's plans by need
    and placement type hold exactly.
    """
    needs = carried_needs()
    rows = {row["la_code"]: row for row in plan_rows(_BY_NEED)}
    cells = empty_cells(list(rows), needs)
    england = carried_england(cells.types, cells.needs)
    by_need = np.array([_by_need(rows[la], cells.needs) for la in cells.authorities], np.int64)
    totals = [int(rows[la]["plans"]) for la in cells.authorities]
    fitted = fit_to_totals(by_need, totals, england.sum(axis=0).tolist())
    if fitted is None:
        raise ArithmeticError(f"{shown(_BY_NEED)} and {shown(_BY_PLACEMENT)} don't have the same number of plans.")
    plans = np.stack([share_out(fitted[:, at], england[:, at]) for at in range(len(cells.needs))], axis=2)
    return Cells(cells.authorities, cells.types, cells.needs, {AS_GIVEN: plans})


def _by_need(row: dict[str, str], needs: Sequence[str]) -> list[int]:
    return [int(row.get(_UNKNOWN if need == NOT_RECORDED else need, 0)) for need in needs]
