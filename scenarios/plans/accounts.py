"""Where every plan of a table went: into the caseload, or aside with its reason; for each authority and England."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from scenarios.plans.cells import NOT_RECORDED, Cells, placement_types
from scenarios.plans.table import PlanRow

SET_ASIDE = {
    "la": pl.String(),
    "placement_type": pl.String(),
    "need": pl.String(),
    "plans": pl.Int64(),
    "filled_in": pl.String(),
    "reason": pl.String(),
}

_NO_NEED = "The need isn't recorded, so there is nothing to say which levels apply."


def plans_set_aside(cells: Cells, rows: Sequence[PlanRow] = ()) -> pl.DataFrame:
    """Every plan that is in no row of the caseload, with why.

    ``plans`` is blank where a row doesn't say how many there are, and ``need`` where it is not recorded or the row
    was set aside as a whole; ``filled_in`` is what of it was worked out.
    """
    frame = [
        dict(zip(SET_ASIDE, (row.la, row.type, None, row.plans, None, row.problem), strict=True))
        for row in rows
        if row.problem and not row.england and row.group is None
    ]
    for part, plans in cells.plans.items():
        for la, kind, need in np.argwhere(plans).tolist():
            code, name = cells.needs[need], cells.types[kind]
            reason = placement_types()[name].get("not_priced") or (_NO_NEED if code == NOT_RECORDED else "")
            if reason:
                values = (cells.authorities[la], name, code or None, int(plans[la, kind, need]), part or None, reason)
                frame.append(dict(zip(SET_ASIDE, values, strict=True)))
    order = {name: at for at, name in enumerate(placement_types())}
    return pl.DataFrame(frame, schema=SET_ASIDE).sort(
        "la", pl.col("placement_type").replace_strict(order, default=len(order)), "need", "filled_in", nulls_last=True
    )


def plan_totals(read: Mapping[str, int], caseload: pl.DataFrame, set_aside: pl.DataFrame) -> dict[str, Any]:
    """Plans read, in the caseload and set aside by reason, for England and for each authority.

    ``read`` is the plans of each authority as they stood in the table. Where they aren't all accounted for, that is a
    defect of the program, and nothing is given back.
    """
    inside = caseload.select("home_la", "basis", "filled_in", pl.col("count").cast(pl.Int64))
    outside = set_aside.select("la", "reason", pl.col("plans").fill_null(0))
    each = {la: _totals(inside.filter(home_la=la), outside.filter(la=la)) for la in sorted(read)}
    england = _totals(inside, outside)
    lost = [la for la, totals in each.items() if totals["read"] != read[la]]
    if lost or england["read"] != sum(read.values()):
        raise ArithmeticError(f"plans of {', '.join(lost) or 'nobody'} are not accounted for")
    return {"england": england, "authorities": each}


def _totals(inside: pl.DataFrame, outside: pl.DataFrame) -> dict[str, Any]:
    given, aside = int(inside["count"].sum()), int(outside["plans"].sum())
    by_basis = inside.group_by("basis", "filled_in").agg(pl.sum("count")).sort("basis", "filled_in", nulls_last=False)
    by_reason = outside.group_by("reason").agg(pl.sum("plans")).sort("plans", "reason", descending=[True, False])
    return {
        "read": given + aside,
        "in_caseload": given,
        "in_caseload_by_basis": {
            f"{basis}: {part}" if part else str(basis): plans for basis, part, plans in by_basis.iter_rows()
        },
        "set_aside": aside,
        "set_aside_by_reason": dict(zip(by_reason["reason"], by_reason["plans"], strict=True)),
    }
