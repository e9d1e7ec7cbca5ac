"""What each line of a costing is worked out from, so that a workbook can work it out again after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tariff_engine.encoding import EncodedCaseload
from tariff_engine.findings import FindingsLog
from tariff_engine.handover import lines_of
from tariff_engine.job import compile_rules, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.money import MILLION, PENCE
from tariff_engine.tables.book.pages import Bounds, Recalculation

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

_INPUTS: dict[str, tuple[int, Bounds]] = {
    "fte": (MILLION, (0.000001, 1)),
    "support_hours": (MILLION, (0, 168)),
    "units": (MILLION, (0, 366)),
    "agreed_price": (PENCE, (0, 1_000_000)),
}
"""Columns of the placements that a price is worked out from: what one stands for in a cell, and their bounds."""

_SET_ASIDE = "No price: see Findings."
_ABSENT = "Not in the period, so nothing is due."
_HANDED_OVER = "Its provider hands over to another, and the closing month is shared between them."
_OTHER_UNITS = "Its units are for a rate that isn't sold by the week or day."
_BEGUN_BEFORE = "It began before the period, and its last month takes the remainder of earlier ones too."


def recalculation(costing: Costing) -> Recalculation:
    """Price the costing's placements again, keeping what each line was worked out from."""
    placements = costing.placements
    compiled = compile_rules(costing.frameworks, costing.period, costing.as_if)
    job = job_of(EncodedCaseload.of(placements.table), compiled)
    priced = price_stints(job)
    lines = lines_of(job, priced, placements, FindingsLog())
    why_not = _why_not(costing, job, priced, lines)
    live = np.flatnonzero(why_not.is_null().to_numpy())
    at, row = lines.stint[live], lines.row[live]
    choices, choice = _choices(job, priced, at)
    table = placements.table
    first = np.searchsorted(lines.row, row)
    overridden = (placements.filled("override_by") & placements.filled("override_reason"))[row]
    frame = pl.DataFrame(
        {
            "line": live,
            "first_line": first,
            "lines": np.searchsorted(lines.row, row, side="right") - first,
            "choice": choice,
            "version": priced.rules[at],
            "area": _rows_of_areas(job, priced, at),
            "place": _rows_of_places(job, priced, at),
            "uplifts": _rows_of_uplifts(job, priced, at),
            **{name: table[name].gather(row) for name in _INPUTS},
            "overridden": overridden,
            "by_unit": priced.by_unit[at],
            **_passed(job, priced, at),
        }
    )
    inputs = {
        name: (table[name].gather(lines.row), bounds)
        for name, (_, bounds) in _INPUTS.items()
        if name in costing.lines.columns
    }
    bands = [column for column in choices.columns[5:]]
    return Recalculation(frame, why_not, choices, bands, inputs)
