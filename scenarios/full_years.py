"""What every placement of a caseload comes to in a full year under one version, and which tariff row prices it.

Amounts are whole pence for all children of a row. A version is taken as if it were in effect on every day of the
period, and however it spreads a year over its months: that says when money is paid, and not how much.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from tariff_engine import Costing, Framework, FundingPeriod, cost
from tariff_engine.compiled import NO_ROW, CompiledVersion, RulesForCaseload
from tariff_engine.encoding import EncodedCaseload
from tariff_engine.framework_diff import tariff_key
from tariff_engine.framework_header import Proration
from tariff_engine.instalments import day_number
from tariff_engine.money import Ints
from tariff_engine.placements import Mask
from tariff_engine.stints import LAST_DAY, PhaseCalendar
from tariff_engine.vocabulary import vocabulary

Caseload = pl.DataFrame | str | Path


def price_a_year(
    caseload: Caseload, framework: Framework, period: FundingPeriod, providers: Caseload | None = None
) -> Costing:
    """Price a caseload as if the version were in effect on every day of the period, its year spread by days."""
    header = framework.header.model_copy(update={"proration": Proration()})
    return cost(caseload, replace(framework, header=header), period, providers=providers, as_if=True)


def full_years(costing: Costing) -> pl.DataFrame:
    """One row a placement that was read, in the order of the caseload.

    Columns
    -------
    placement_id; count : children in the row.
    here : whether it meets the period. ended : whether it ends before the period does.
    high_needs : whether the high needs budget pays.
    year : the annual price in force on its last day in the period, times the count; null without a price. [pence]
    spell : its amount in the period, times the count; null without a price. [pence]
    bought : whether it is a spell bought by the week or the day, which has no full year.
    row : the tariff row that prices it, as ``tariff_key`` has it; null where none does.
    area : the authority whose area cost applies. uplifts : its uplift codes, as they were given.
    """
    placements, last_day = costing.placements, day_number(costing.period.end)
    pays = pl.col("payer").last() == vocabulary().high_needs_payer
    lines = costing.lines.group_by("placement_id", maintain_order=True).agg(
        pl.col("count").last(),
        (pl.col("days").sum() > 0).alias("here"),
        pays.alias("high_needs"),
        (pl.col("annual_price").last() * pl.col("count").last()).alias("year"),
        pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum()).alias("spell"),
    )
    rows, bought = _tariff_rows(costing)
    (framework,) = costing.frameworks
    keys = pl.Series([*map(tariff_key, framework.tariffs), None], dtype=pl.String)
    return lines.hstack(
        [
            pl.Series("ended", placements.ints("end_date", LAST_DAY) < last_day),
            pl.Series("bought", bought),
            keys.gather(np.where(rows == NO_ROW, len(framework.tariffs), rows)).alias("row"),
            *placements.table.select("area", "uplifts"),
        ]
    )


def _tariff_rows(costing: Costing) -> tuple[Ints, Mask]:
    """The tariff row of each placement, and whether it is bought by the unit.

    The row is that of the last day in the period; of a spell bought by the unit, that of its first day.
    """
    caseload, (framework,) = EncodedCaseload.of(costing.placements.table), costing.frameworks
    first, last = day_number(costing.period.start), day_number(costing.period.end)
    phases = PhaseCalendar(caseload.nc_year, caseload.nc_year_known, np.maximum(caseload.start, first))
    rules = RulesForCaseload(CompiledVersion(framework), caseload)
    everyone = np.arange(len(caseload))
    band = rules.band(everyone)
    at_first, *_ = rules.fit(everyone, band, phases.on(caseload.start, everyone))
    at_last, *_ = rules.fit(everyone, band, phases.on(np.minimum(caseload.end, last), everyone))
    bought = (caseload.units >= 0) & rules.version.columns.commissioned[at_first]
    return np.where(bought, at_first, at_last), bought
