"""The lines of place funding: every row under each version of the period, with its months. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.instalments import day_number, day_of
from tariff_engine.money import Ints
from tariff_engine.periods import FundingPeriod
from tariff_engine.places.parts import CommissionedPlaces, first_months, instalments, years_met
from tariff_engine.places.reading import Mask, Places
from tariff_engine.stints import NO_VERSION, coverage
from tariff_engine.vocabulary import vocabulary

PLACES_COLUMNS = (
    *("provider_id", "la_code", "provision", "phase", "occupancy", "places_first", "places_second"),
    *("framework", "version", "from", "to", "rate", "amount"),
)
"""The columns of the lines before the months."""

_NO_RATE = -1


def place_lines(
    read: Places, frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool, log: FindingsLog
) -> tuple[pl.DataFrame, Mask]:
    """Fund every row under the versions of the period.

    Returns
    -------
    The lines, columns PLACES_COLUMNS, the months and the input's other columns, in the order of the input and then of
    days; and which rows have an amount. A row that some version has no rate for has none in any of its lines.
    """
    runs = _runs(frameworks, period, as_if)
    funded = [_funded(run, read, period, log) for run in runs]
    priced = read.usable & np.logical_and.reduce([part.known for part in funded])
    _note_the_period(frameworks, period, as_if, runs, log)
    parts = [_run_lines(read, run, part, priced, period) for run, part in zip(runs, funded, strict=True)]
    at = np.tile(np.arange(read.table.height), len(parts))
    return pl.concat(parts)[np.argsort(at, kind="stable")] if len(parts) > 1 else parts[0], priced


@dataclass(frozen=True)
class _Run:
    """Days of the period under one version, or under none."""

    framework: Framework | None
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class _Funded:
    """What every row comes to in a run; where ``known`` is False its figures mean nothing. [pence]"""

    known: Mask
    rate: Ints
    months: list[Ints]


def _runs(frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool) -> list[_Run]:
    covered = coverage(frameworks, as_if)
    first, last = day_number(period.start), day_number(period.end)
    edges = [max(first, int(start)) for start in covered.starts if start <= last]
    found = []
    for start, end in zip(edges, [*(edge - 1 for edge in edges[1:]), last], strict=True):
        if start <= end:
            index = int(covered.version_on(np.array([start]))[0])
            framework = None if index == NO_VERSION else frameworks[index]
            name = "" if framework is None else f"{framework.version} (as if)" if as_if else framework.version
            found.append(_Run(framework, name, start, end))
    return found


def _funded(run: _Run, read: Places, period: FundingPeriod, log: FindingsLog) -> _Funded:
    """Rates and months of all rows in one run, with a finding for each usable row that has none."""
    height = read.table.height
    if run.framework is None:
        message = f"no chosen version covers {day_of(run.start)} to {day_of(run.end)}"
        log.add("no_version", read.visible_rows(read.usable), "", message)
        return _Funded(
            np.zeros(height, bool), np.full(height, _NO_RATE), [np.zeros(height, np.int64)] * len(period.months)
        )
    rate = _rates(run.framework, read, log)
    known = rate != _NO_RATE
    places = CommissionedPlaces(
        first=np.where(known, read.table["places_first"].fill_null(0).to_numpy(), 0),
        second=np.where(known, read.table["places_second"].fill_null(0).to_numpy(), 0),
        rate=np.where(known, rate, 0),
        first_months=_first_months(read.table),
    )
    days = day_of(run.start), day_of(run.end)
    return _Funded(known, rate, instalments(period.months, *days, places, run.framework.header.places_rounding))


def _rates(framework: Framework, read: Places, log: FindingsLog) -> Ints:
    """The annual rate of each row's places, or -1. [pence]"""
    known: dict[tuple[str, ...], int] = {
        (r.provision, r.phase, r.occupancy): r.rate_pence for r in framework.place_rates
    }
    kinds, which = _kinds(read.table, "provision", "phase", "occupancy")
    for at, kind in enumerate(kinds):
        if kind not in known and all(kind):
            missing = which == at
            message = _no_rate(framework, *kind)
            given = [kind[0]] * int(missing.sum())
            log.add("no_place_rate", read.visible_rows(missing), "provision", message, given)
    return np.array([known.get(kind, _NO_RATE) for kind in kinds], np.int64)[which]


def _no_rate(framework: Framework, provision: str, phase: str, occupancy: str) -> str:
    others = [r.occupancy for r in framework.place_rates if (r.provision, r.phase) == (provision, phase)]
    hint = f"; it has one for {' and '.join(others)}" if others else ""
    return f"{framework.name} has no rate for a place in {provision}, {phase}, {occupancy}{hint}"


def _first_months(table: pl.DataFrame) -> Ints:
    """The months of the first part of each row's year."""
    kinds, which = _kinds(table, "provision", "phase")
    years = [vocabulary().place_year(*kind) for kind in kinds]
    return np.array([first_months(year.second_part_from) for year in years], np.int64)[which]


def _kinds(table: pl.DataFrame, *columns: str) -> tuple[list[tuple[str, ...]], Ints]:
    """The different rows of some columns of text, and which of them each row is; a blank is empty text."""
    of_row = table.select(pl.col(columns).fill_null(""))
    kinds = of_row.unique(maintain_order=True).with_row_index("kind")
    which = of_row.join(kinds, on=columns, how="left", maintain_order="left")["kind"].cast(pl.Int64)
    return kinds.drop("kind").rows(), which.to_numpy()


def _note_the_period(
    frameworks: Sequence[Framework], period: FundingPeriod, as_if: bool, runs: Sequence[_Run], log: FindingsLog
) -> None:
    if (years := years_met(period.start, period.end)) > 1:
        message = f"{period.name} meets {years} years from April to March, and the same places stand for each of them"
        log.add("places_of_several_years", [None], "", message)
    outside = [run for run in runs if not all(frameworks[0].in_effect(day_of(day)) for day in (run.start, run.end))]
    if as_if and outside:
        message = f"funded as if {frameworks[0].name} were in effect on days that it doesn't cover: not what is due"
        log.add("as_if", [None], "", message)


def _run_lines(read: Places, run: _Run, part: _Funded, priced: Mask, period: FundingPeriod) -> pl.DataFrame:
    height = read.table.height

    def shown(pence: Ints, where: Mask = priced) -> pl.Series:
        return pl.Series(pence, dtype=pl.Int64).set(pl.Series(~where), None)

    def repeated(value: str | date | None, dtype: pl.DataType) -> pl.Series:
        return pl.repeat(value, height, dtype=dtype, eager=True)

    amount = np.array(part.months).sum(axis=0)
    texts = {name: read.as_given(name) for name in PLACES_COLUMNS[:5]}
    columns = {
        **texts,
        "places_first": read.table["places_first"],
        "places_second": read.table["places_second"],
        "framework": repeated(run.framework.id if run.framework else None, pl.String()),
        "version": repeated(run.name or None, pl.String()),
        "from": repeated(day_of(run.start), pl.Date()),
        "to": repeated(day_of(run.end), pl.Date()),
        "rate": shown(part.rate, priced & part.known),
        "amount": shown(amount),
        **{month.name: shown(pence) for month, pence in zip(period.months, part.months, strict=True)},
    }
    return pl.DataFrame([column.alias(name) for name, column in columns.items()] + list(_passed_through(read, columns)))


def _passed_through(read: Places, taken: Mapping[str, pl.Series]) -> Iterator[pl.Series]:
    """The input's other columns in their order; a name that is taken gets ``in_`` before it."""
    names = set(taken)
    for column in read.raw.frame.iter_columns():
        if column.name in PLACES_COLUMNS[:7]:
            continue
        free = column.name
        while free in names:
            free = f"in_{free}"
        names.add(free)
        yield column.alias(free)
