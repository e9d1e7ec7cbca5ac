"""England's plans as a caseload: from a published table of plans, or from the figures that the project carries.

What such a table can't say (levels of need, year groups, hours) is assumed, in ``plans/need_shares.csv``,
``plans/year_group_shares.csv`` and ``plans/steps.toml``, and handed out over all authorities at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from scenarios.plans.accounts import plan_totals, plans_set_aside
from scenarios.plans.assumptions import assumption_hashes
from scenarios.plans.carried import carried_by_need, carried_england, carried_sources, fitted_england
from scenarios.plans.cells import Cells, placement_types
from scenarios.plans.checking import check_authorities, check_rows, check_sums
from scenarios.plans.findings import PlanFindings
from scenarios.plans.recorded import impute_needs, impute_placements
from scenarios.plans.rows import FITTED, PUBLISHED, caseload_rows
from scenarios.plans.sharing import Table
from scenarios.plans.table import PlanRow, PlansTable, first_day_of, read_plans
from scenarios.plans.unavailable import Margins, england_pattern, fill_cells
from tariff_engine import Framework, load_frameworks
from tariff_engine.costing import engine_version
from tariff_engine.tables.writing import write_outputs


@dataclass(frozen=True)
class Caseload:
    """Plans as placements with counts, and what became of every plan.

    Attributes
    ----------
    placements : a placements file, all as text, with ``placement_type``; ``basis`` (published, imputed or fitted) and
        ``filled_in`` (what of the row was worked out: need, placement, both, or blank).
    set_aside : plans without a row: la, placement_type, need, plans, filled_in, reason.
    findings : what is wrong or worth knowing about the table that was read.
    provenance : the input and its hash, the assumptions, and the plans read, in the caseload and set aside.
    """

    placements: pl.DataFrame
    set_aside: pl.DataFrame
    findings: pl.DataFrame
    provenance: Mapping[str, Any]

    @property
    def totals(self) -> Mapping[str, Any]:
        """Plans read, in the caseload and set aside by reason, of England as far as it was read."""
        england: Mapping[str, Any] = self.provenance["totals"]["england"]
        return england

    def write(self, path: str | Path, inputs: Collection[Path] = ()) -> list[Path]:
        """Write OUT, OUT.set_aside, OUT.findings and OUT.provenance.json, or one workbook of sheets; all or none."""
        tables = {"caseload": self.placements, "set_aside": self.set_aside, "findings": self.findings}
        return write_outputs(Path(path), tables, self.provenance, {}, main="caseload", inputs=inputs)


def read_caseload(
    file: pl.DataFrame | str | Path,
    framework: str | Path | Framework,
    *,
    by_need: pl.DataFrame | str | Path | None = None,
    time_period: str | None = None,
    impute: bool = False,
) -> Caseload:
    """A table of plans by need and placement type, as a caseload for a framework.

    Parameters
    ----------
    file : the table, in the layout of Explore education statistics.
    framework : gives the areas of need and their levels. The version that starts last, where there are several.
    by_need : the table of plans by need alone, for authorities whose needs by placement type are unavailable. Where
        none is given, the carried figures are used if they are of the same time period.
    time_period : which one, such as ``202425``; needed where the table has several.
    impute : fill in needs and placements that aren't recorded, and label them, rather than set their plans aside.

    Raises
    ------
    InputRefused : the table can't be taken at all. UsageError : the call can't be done.
    """
    version = _version(framework)
    findings = PlanFindings()
    table = check_rows(read_plans(file, findings, time_period), findings)
    check_sums(table, findings)
    check_authorities(table, findings)
    margins, by_need_record = _margins(table, by_need, findings)
    types = tuple(placement_types())
    england = england_pattern(table, types, carried_england(types, table.needs))
    cells = fill_cells(table, margins, england, findings)
    rows = [row for row in table.rows if not row.england and row.group is None]
    read: Counter[str] = Counter()
    for row in rows:
        read[row.la] += row.plans or 0
    stated = [row.plans for row in table.rows if row.england and row.group is None]
    record = {
        "input": {"file": table.file_name, "sha256": table.sha256},
        "by_need": by_need_record,
        "time_period": table.time_period,
        "plans_in_rows_for_england": None if None in stated or not stated else sum(plan or 0 for plan in stated),
    }
    aside = [row for row in rows if row.problem]
    return _caseload(_Plans(cells, england, table.first_day, PUBLISHED, read, aside), version, impute, findings, record)


def england_caseload(framework: str | Path | Framework, *, impute: bool = False) -> Caseload:
    """England as a caseload without any file, from the figures that the project carries.

    Each authority has its published number of plans, and England its plans by need and placement type; what lies
    between them is fitted from England's pattern and the authority's plans by need, and labelled so.
    """
    cells, sources = fitted_england(), carried_sources()
    england = cells.total.sum(axis=0)
    read = dict(zip(cells.authorities, cells.total.sum(axis=(1, 2)).tolist(), strict=True))
    period = str(sources["time_period"])
    record = {
        "input": {"file": None, "sha256": None},
        "carried": [dict(source) for source in sources["sources"]],
        "time_period": period,
        "plans_in_rows_for_england": int(england.sum()),
    }
    plans = _Plans(cells, england, first_day_of(period), FITTED, read, ())
    return _caseload(plans, _version(framework), impute, PlanFindings(), record)


@dataclass(frozen=True)
class _Plans:
    """Plans read and completed, on their way to a caseload; ``england`` is its plans by placement type and need."""

    cells: Cells
    england: Table
    first_day: str
    basis: str
    read: Mapping[str, int]
    aside: Sequence[PlanRow]


def _caseload(
    plans: _Plans, framework: Framework, impute: bool, findings: PlanFindings, record: Mapping[str, Any]
) -> Caseload:
    cells = plans.cells
    if impute:
        cells = impute_placements(impute_needs(cells, plans.england), plans.england)
    placements = caseload_rows(cells, framework, plans.first_day, plans.basis)
    set_aside = plans_set_aside(cells, plans.aside)
    provenance = {
        "engine_version": engine_version(),
        "framework": {
            "id": framework.id,
            "version": framework.version,
            "content_hash": framework.content_hash,
            "legal_status": framework.header.legal_status,
        },
        **record,
        "basis": plans.basis,
        "impute": impute,
        "assumed": assumption_hashes(),
        "totals": plan_totals(plans.read, placements, set_aside),
    }
    return Caseload(placements, set_aside, findings.frame(), provenance)


def _margins(
    table: PlansTable, by_need: pl.DataFrame | str | Path | None, findings: PlanFindings
) -> tuple[Margins, Mapping[str, Any] | None]:
    """Each authority's plans by need, and where they are from."""
    if by_need is None:
        if table.time_period != carried_sources()["time_period"]:
            return (lambda _: None), None
        sources = [dict(source) for source in carried_sources()["sources"]]
        return (lambda la: carried_by_need(la, table.needs)), {"carried": sources}
    given = read_plans(by_need, findings, table.time_period, by_placement=False)
    found = {
        row.la: [row.needs[given.needs.index(need)] or 0 if need in given.needs else 0 for need in table.needs]
        for row in given.rows
        if not row.england and not row.problem and None not in row.needs
    }
    return found.get, {"file": given.file_name, "sha256": given.sha256}


def _version(framework: str | Path | Framework) -> Framework:
    return framework if isinstance(framework, Framework) else load_frameworks(framework)[-1]
