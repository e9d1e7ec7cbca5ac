"""Check a remittance: read it, price the placements, put them side by side, and look for the reasons. [pence]"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tariff_engine.columns import as_text
from tariff_engine.costing import Costing, cost
from tariff_engine.errors import UsageError
from tariff_engine.findings import SCHEMA
from tariff_engine.framework import Framework
from tariff_engine.framework_library import load_frameworks, shipped_frameworks
from tariff_engine.frozen import FrozenDict
from tariff_engine.money import Ints, check_total
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.candidates import at_rates_of, candidates, without_area_costs, without_limits
from tariff_engine.remittance.column_map import ColumnMap, read_column_map
from tariff_engine.remittance.comparing import Compared, compare
from tariff_engine.remittance.detail import Detail, detail_of
from tariff_engine.remittance.due import Due, Mask, Pricer
from tariff_engine.remittance.matching import Children
from tariff_engine.remittance.noting import matching_findings, with_proposals
from tariff_engine.remittance.queries import queries_of
from tariff_engine.remittance.reading import Remittance, read_remittance
from tariff_engine.remittance.reasons import Reason, candidate_reasons, merged, plain_reasons
from tariff_engine.remittance.result import RemittanceCheck
from tariff_engine.remittance.windows import windows_of
from tariff_engine.vocabulary import nearest


def check_remittance(
    remittance: pl.DataFrame | str | Path,
    placements: pl.DataFrame | str | Path,
    framework: str | Path | Framework | Sequence[Framework],
    period: str | FundingPeriod,
    *,
    column_map: ColumnMap | str | Path | None = None,
    last_year: str | Path | Framework | Sequence[Framework] | None = None,
    providers: pl.DataFrame | str | Path | None = None,
    authority: str | None = None,
    as_if: bool = False,
) -> RemittanceCheck:
    """Hold what was paid against what is due, for every child and month, and say what may have gone wrong.

    Parameters
    ----------
    remittance : what an authority paid, in whatever layout, as a frame or the path of a CSV, XLSX, XLSM, ODS, Parquet
        or Arrow file.
    placements, framework, period, providers, as_if : as for ``cost``.
    column_map : what the remittance's columns and periods mean, or the path of a TOML file that says so; what it
        doesn't say is guessed, and the guess is a finding.
    last_year : the version whose rates may have been paid; without it the same framework's earlier one.
    authority : the local authority whose remittance it is; without it, what any authority pays is due.

    Returns
    -------
    A RemittanceCheck. A reason is given only if it comes to what was paid, to the penny, and every one that does is.

    Raises
    ------
    InputRefused : a file can't be taken at all, or no payments are found in it.
    FrameworkError, UsageError, PeriodError : the call can't be done.
    """
    period = period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period)
    given = (
        column_map if isinstance(column_map, ColumnMap) else read_column_map(column_map) if column_map else ColumnMap()
    )
    costing = cost(placements, framework, period, providers=providers, as_if=as_if)
    raw = costing.placements.raw.frame
    ids = pl.DataFrame([costing.placements.placement_ids, as_text(raw["child_id"])])
    children = Children.among(ids)
    read = read_remittance(remittance, period, given, children.count)
    windows = windows_of(read.lines, period)
    pricer = Pricer(costing.frameworks, period, windows, providers, as_if)
    due = _only(pricer.due(raw), costing, authority)
    compared = with_proposals(compare(read.lines, children, due, windows), children)
    earlier = _earlier(costing.frameworks, last_year)
    reasons = _reasons(compared, children, due, costing, pricer, earlier)
    detail = detail_of(compared, children, due, read.lines, costing.placements.table, reasons)
    titles = {band.code: band.title or band.code for version in costing.frameworks for band in version.bands}
    queries = queries_of(compared, detail, reasons, titles)
    return RemittanceCheck(
        lines=detail.lines,
        queries=queries,
        payments=detail.payments,
        due_lines=detail.due_lines,
        reasons=detail.reasons,
        windows=_by_window(compared),
        findings=_findings(read, matching_findings(compared, children, read.lines, period, costing), costing),
        totals=FrozenDict(_totals(detail, queries, compared)),
        costing=costing,
        file_name=read.file_name,
        sha256=read.sha256,
        last_year=tuple(version.name for version in earlier),
        created_at=costing.created_at,
        sources=tuple(Path(path) for path in (remittance, placements) if not isinstance(path, pl.DataFrame)),
    )


def _only(due: Due, costing: Costing, authority: str | None) -> Due:
    """What one authority pays; nothing is due from it for the children of others."""
    if authority is None:
        return due
    table = costing.placements.table
    payers = table.select("placement_id", pl.coalesce("commissioner", "home_la").alias("authority"))
    known = payers["authority"].unique().to_list()
    if authority not in known:
        near = nearest(authority, known)
        hint = f"; did you mean {near}?" if near else ""
        raise UsageError(f"No placement is paid for by authority {authority}{hint}")
    others = payers.filter(pl.col("authority") != authority)["placement_id"].to_list()
    pence: Ints = due.pence.copy()
    priced: Mask = due.known.copy()
    rows = np.array([due.at[name] for name in others if name in due.at], np.int64)
    pence[rows], priced[rows] = 0, True
    return Due(due.at, pence, priced)


def _earlier(
    frameworks: Sequence[Framework], last_year: str | Path | Framework | Sequence[Framework] | None
) -> tuple[Framework, ...]:
    """The versions before the chosen ones."""
    if isinstance(last_year, Framework):
        return (last_year,)
    if isinstance(last_year, str | Path):
        return load_frameworks(last_year)
    if last_year is not None:
        return tuple(last_year)
    first = frameworks[0]
    shipped = [
        version
        for version in shipped_frameworks()
        if version.id == first.id and version.header.effective_from < first.header.effective_from
    ]
    newest = max(shipped, key=lambda version: version.header.effective_from, default=None)
    return ((newest,) if newest is not None else ()) + tuple(frameworks[:-1])


def _reasons(
    compared: Compared,
    children: Children,
    due: Due,
    costing: Costing,
    pricer: Pricer,
    earlier: Sequence[Framework],
) -> dict[int, list[Reason]]:
    """Every reason that comes to what was paid, by payee."""
    found = list(plain_reasons(compared, _annual(children, costing)))
    rounding = {reason.payee for reason in found if reason.code == "rounding"}
    differs = set(np.flatnonzero(compared.differs.any(axis=1)).tolist())
    asked = [
        payee
        for payee, of_payee in enumerate(compared.payees)
        if of_payee.child is not None and payee in differs and payee not in rounding
    ]
    if asked:
        raw, table = costing.placements.raw.frame, costing.placements.table
        variants = _variants(costing.frameworks, earlier)
        found += candidate_reasons(compared, candidates(compared, asked, children, due, raw, table, pricer, variants))
    return merged(found, compared)


def _variants(
    frameworks: Sequence[Framework], earlier: Sequence[Framework]
) -> dict[str, tuple[str, Sequence[Framework]]]:
    """Other rules that may have been paid by."""
    found: dict[str, tuple[str, Sequence[Framework]]] = {}
    older = at_rates_of(frameworks, earlier)
    if older is not None:
        found["last_year_rate"] = (", ".join(version.version for version in earlier), older)
    tariffs = [tariff for framework in frameworks for tariff in framework.tariffs]
    if any(tariff.area_cost for tariff in tariffs):
        found["no_area_cost"] = ("", without_area_costs(frameworks))
    if any(tariff.minimum_pence is not None or tariff.maximum_pence is not None for tariff in tariffs):
        found["no_limit"] = ("", without_limits(frameworks))
    return found


def _annual(children: Children, costing: Costing) -> dict[int, int]:
    """What a full year costs, of the children that have one placement at one price. [pence]"""
    prices = costing.lines.group_by("placement_id").agg(
        pl.col("annual_price").drop_nulls().unique().alias("prices"), pl.col("count").first()
    )
    by_name = {name: (values, count) for name, values, count in prices.iter_rows()}
    found = {}
    for child, placements in enumerate(children.placements):
        values, count = by_name.get(placements[0], ([], 1)) if len(placements) == 1 else ([], 1)
        if len(values) == 1:
            found[child] = int(values[0]) * int(count)
    return found


def _by_window(compared: Compared) -> pl.DataFrame:
    """Due and paid in each window, of those whose due is known; what is compared as one is in its last window."""
    known = compared.known
    due, paid = compared.due[known].sum(axis=0), compared.paid[known].sum(axis=0)
    spans = compared.windows.spans
    return pl.DataFrame(
        {
            "period": list(compared.windows.names),
            "from": [span.first for span in spans],
            "to": [span.last for span in spans],
            "due": due,
            "paid": paid,
            "difference": paid - due,
            "due_to_date": np.cumsum(due),
            "paid_to_date": np.cumsum(paid),
            "difference_to_date": np.cumsum(paid - due),
        }
    )


def _totals(detail: Detail, queries: pl.DataFrame, compared: Compared) -> dict[str, int]:
    known = detail.lines.filter(pl.col("due").is_not_null())
    unknown = detail.lines.filter(pl.col("due").is_null())
    due, paid = int(known["due"].sum()), int(known["paid"].sum())
    difference = int(known["difference"].sum())
    aside = int(unknown["paid"].sum())
    if paid - due != difference or paid + aside != int(detail.payments["amount"].sum()):
        raise AssertionError("due, paid and difference don't add up")
    return {
        "payments": detail.payments.height,
        "unread_payments": int(detail.payments["amount"].null_count()),
        "children": len(compared.payees),
        "queries": queries.height,
        "due_pence": check_total(due),
        "paid_pence": check_total(paid),
        "difference_pence": difference,
        "not_compared_pence": aside,
        "query_difference_pence": int(queries["difference"].sum()),
    }


def _findings(read: Remittance, matched: pl.DataFrame, costing: Costing) -> pl.DataFrame:
    """The remittance's findings and then the placements', with the file and the sheet that each row is of."""
    parts = (("remittance", read.findings), ("remittance", matched), ("placements", costing.findings))
    frames = [frame.with_columns(pl.lit(name).alias("file")) for name, frame in parts]
    return pl.concat(frames, how="diagonal").select("file", "sheet", *SCHEMA)
