"""What might have been paid instead: a child's placements with one thing changed, all priced in one batch. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from tariff_engine.columns import as_text, placement_columns
from tariff_engine.framework import Framework
from tariff_engine.money import MILLION, Ints, round_half_away, show_factor
from tariff_engine.periods import academic_year
from tariff_engine.remittance.comparing import Compared
from tariff_engine.remittance.due import Due, Pricer
from tariff_engine.remittance.matching import Children

_ONE_DAY = timedelta(days=1)
A_PENNY = 1
_FTE_STEP = MILLION // 100
_LONGEST_SEARCH = 190
_ROWS_A_BATCH = 250_000


Run = tuple[int, int]
Change = tuple[str, str, Run | None, list[tuple[int, dict[str, str | None]]]]
"""A reason, its value, the windows that it must explain, and the changed placements."""
Dated = tuple[str, str, list[tuple[int, dict[str, str | None]]]]


@dataclass(frozen=True)
class Placement:
    """A placement as far as candidates need it; ``row`` is its place among the placements. [millionths]"""

    row: int
    name: str
    provision: str
    band: str
    start: date
    end: date | None
    fte: int
    nc_year: int | None


@dataclass(frozen=True)
class Candidate:
    """What would have been due for a payee if one thing were otherwise.

    Attributes
    ----------
    reason : the code of the reason, and ``value`` what the thing would be.
    run : for a date, the first and last of some windows on end: it must change just these, and all were paid so.
    pence : by window, those compared as one in the last of them.
    """

    payee: int
    reason: str
    value: str
    run: Run | None
    pence: Ints


@dataclass
class _Batch:
    """Changed placements: for each, which one it is of, which candidate it belongs to, and what is changed."""

    sources: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    changes: list[dict[str, str | None]] = field(default_factory=list)
    heads: list[tuple[int, str, str, Run | None]] = field(default_factory=list)

    def add(self, payee: int, change: Change) -> None:
        """Add a candidate of some changed placements."""
        reason, value, run, changed = change
        for source, cells in changed:
            self.sources.append(source)
            self.owners.append(len(self.heads))
            self.changes.append(cells)
        self.heads.append((payee, reason, value, run))


def candidates(
    compared: Compared,
    asked: Sequence[int],
    children: Children,
    due: Due,
    placements: pl.DataFrame,
    typed: pl.DataFrame,
    pricer: Pricer,
    variants: Mapping[str, tuple[str, Sequence[Framework]]],
) -> list[Candidate]:
    """Price everything that may explain what was paid for some payees.

    Parameters
    ----------
    asked : the payees, all of them children whose due is known.
    due : what their placements come to as they are.
    placements : the placements file as it was read; ``typed`` the same, in values.
    variants : by reason, other rules to price the placements under as they are, and what to call them.

    Returns
    -------
    Those that come to what was paid in some window where that isn't what is due.
    """
    table = _placements(typed)
    text = _as_text(placements)
    named = {placement.name: placement for placement in table}
    of_payee = {payee: [named[name] for name in children.placements[payee] if name in named] for payee in asked}
    found: list[Candidate] = []
    batch = _Batch()
    for at, (payee, own) in enumerate(of_payee.items(), start=1):
        for change in _changes(compared, payee, own, due, pricer):
            batch.add(payee, change)
        if len(batch.sources) > _ROWS_A_BATCH or at == len(of_payee):
            found += _priced(batch, compared, text, due, table, pricer)
            batch = _Batch()
    rows = [placement.row for own in of_payee.values() for placement in own]
    for reason, (value, frameworks) in variants.items():
        if rows:
            other = pricer.under(frameworks).due(text[sorted(rows)])
            found += _of_variant(reason, value, other, due, compared, of_payee)
    return found


def _placements(typed: pl.DataFrame) -> list[Placement]:
    columns = ("at", "placement_id", "provision", "band", "start_date", "end_date", "fte", "nc_year")
    return [
        Placement(at, name, provision, band or "", start, end, fte or MILLION, year)
        for at, name, provision, band, start, end, fte, year in typed.select(columns).iter_rows()
    ]


def _as_text(placements: pl.DataFrame) -> pl.DataFrame:
    """The columns that pricing reads, as text, so that any of them can be changed."""
    needs = [name for name in placements.columns if name.startswith("need_")]
    names = [*(name for name in placement_columns() if name in placements.columns), *needs]
    return placements.select(as_text(placements[name]).cast(pl.String).alias(name) for name in names)


def _changes(compared: Compared, payee: int, own: Sequence[Placement], due: Due, pricer: Pricer) -> Iterator[Change]:
    """Everything that may have been otherwise with a payee's placements."""
    differing = np.flatnonzero(compared.differs[payee])
    yield from _bands(own, pricer.frameworks)
    yield from _ftes(compared, payee, own, due, differing)
    for run in _runs(compared, payee):
        days = _days(compared, payee, run, pricer)
        for changes in (_starts(own, days, pricer), _ends(own, days), _moves(own, days)):
            yield from ((reason, value, run, changed) for reason, value, changed in changes)


def _runs(compared: Compared, payee: int) -> Iterator[Run]:
    """Windows that differ by more than a penny and follow each other, by their first and last.

    Where instalments start on another day, later ones may be a penny out without anything being wrong with them.
    """
    runs: list[list[int]] = []
    out = np.abs(compared.paid[payee] - compared.due[payee]) > A_PENNY
    for window in np.flatnonzero(out).tolist():
        if runs and compared.first_of(payee, window) == runs[-1][1] + 1:
            runs[-1][1] = window
        else:
            runs.append([window, window])
    yield from ((first, last) for first, last in runs)


def _bands(own: Sequence[Placement], frameworks: Sequence[Framework]) -> Iterator[Change]:
    """Every band that the provision has a rate for: of each placement, and of all together."""
    codes = {
        tariff.band: None
        for framework in frameworks
        for tariff in framework.tariffs
        if tariff.band and any(placement.provision == tariff.provision for placement in own)
    }
    for code in codes:
        change: dict[str, str | None] = {"band": code, "band_reason": "asked"}
        for group in _groups(own):
            if any(placement.band != code for placement in group):
                yield "other_band", code, None, [(placement.row, change) for placement in group]


def _groups(own: Sequence[Placement]) -> Iterator[Sequence[Placement]]:
    for placement in own:
        yield (placement,)
    if len(own) > 1:
        yield own


def _ftes(compared: Compared, payee: int, own: Sequence[Placement], due: Due, differing: Ints) -> Iterator[Change]:
    """The fte, in hundredths, that the ratio of paid and due points to."""
    for group in _groups(own):
        if len({placement.fte for placement in group}) > 1:
            continue
        pence, _ = due.of([placement.name for placement in group])
        part = compared.fold(np.array([payee]), pence.sum(axis=0, keepdims=True))[0]
        asked = compared.paid[payee] - compared.due[payee] + part
        ratios = [(int(asked[at]), int(part[at])) for at in differing if part[at] > 0]
        if ratios:
            ratios.append((sum(top for top, _ in ratios), sum(bottom for _, bottom in ratios)))
        fte = group[0].fte
        found = {round_half_away(top * fte, bottom * _FTE_STEP) * _FTE_STEP for top, bottom in ratios if top > 0}
        for millionths in sorted(found - {fte}):
            if 0 < millionths <= MILLION:
                text = show_factor(millionths)
                yield "other_fte", text, None, [(placement.row, {"fte": text}) for placement in group]


def _days(compared: Compared, payee: int, run: Run, pricer: Pricer) -> list[date]:
    """The days on which a change could make just these windows differ: those of the first and the last one."""
    spans, (first, last) = compared.windows.spans, run
    opening = spans[compared.first_of(payee, first)]
    closing = spans[compared.first_of(payee, last)]
    days = [*_each(opening.first, spans[first].last), *_each(closing.first, spans[last].last)]
    days += [opening.first - _ONE_DAY, spans[last].last + _ONE_DAY]
    return sorted({day for day in days if pricer.period.start <= day <= spans[-1].last})


def _each(first: date, last: date) -> Iterator[date]:
    for number in range(min((last - first).days + 1, _LONGEST_SEARCH)):
        yield first + timedelta(days=number)


def _starts(own: Sequence[Placement], days: Sequence[date], pricer: Pricer) -> Iterator[Dated]:
    first = min(own, key=lambda placement: placement.start)
    for placement in {first, *own}:
        before = any(other.end is not None and other.end < placement.start for other in own)
        for day in days:
            if day == placement.start or (placement.end is not None and day > placement.end):
                continue
            if before and day < placement.start:
                continue
            yield "other_date", f"from {day}", [(placement.row, _started(placement, day, pricer))]


def _started(placement: Placement, day: date, pricer: Pricer) -> dict[str, str | None]:
    """A start on another day; the year group is that of the day it is counted from."""
    change: dict[str, str | None] = {"start_date": day.isoformat()}
    if placement.nc_year is not None:
        start = pricer.period.start
        years = academic_year(max(day, start)) - academic_year(max(placement.start, start))
        change["nc_year"] = str(placement.nc_year + years)
    return change


def _ends(own: Sequence[Placement], days: Sequence[date]) -> Iterator[Dated]:
    for placement in own:
        after = any(placement.end is not None and other.start > placement.end for other in own)
        for day in days:
            if day == placement.end or day < placement.start:
                continue
            if after and placement.end is not None and day > placement.end:
                continue
            late = placement.end is not None and day > placement.end
            ended: dict[str, str | None] = {"end_date": day.isoformat()}
            yield (
                "after_leaving" if late else "other_date",
                f"to {day}",
                [(placement.row, ended)],
            )
        if placement.end is not None and not after:
            yield "after_leaving", "", [(placement.row, {"end_date": None})]


def _moves(own: Sequence[Placement], days: Sequence[date]) -> Iterator[Dated]:
    """One placement that follows another, on another day: a change of band or provider that was made early or late."""
    by_start = {placement.start: placement for placement in own}
    for placement in own:
        after = None if placement.end is None else by_start.get(placement.end + _ONE_DAY)
        if after is None:
            continue
        for day in days:
            if placement.start < day != after.start and (after.end is None or day <= after.end):
                moved: list[tuple[int, dict[str, str | None]]] = [
                    (placement.row, {"end_date": (day - _ONE_DAY).isoformat()}),
                    (after.row, {"start_date": day.isoformat()}),
                ]
                yield "other_date", f"change on {day}", moved


def _priced(
    batch: _Batch, compared: Compared, text: pl.DataFrame, due: Due, table: Sequence[Placement], pricer: Pricer
) -> Iterator[Candidate]:
    """Price a batch as one frame, and put each changed placement in the place of the one that it is of."""
    if not batch.sources:
        return
    priced = pricer.due(_frame(batch, text))
    names = [str(number) for number in range(len(batch.sources))]
    pence, known = priced.of(names)
    by_row = {placement.row: placement.name for placement in table}
    before, _ = due.of([by_row[source] for source in batch.sources])
    owners = np.array(batch.owners, np.int64)
    changed = np.zeros((len(batch.heads), pence.shape[1]), np.int64)
    np.add.at(changed, owners, pence - before)
    sound = np.ones(len(batch.heads), bool)
    np.logical_and.at(sound, owners, known)
    payees = np.array([payee for payee, *_ in batch.heads], np.int64)
    whole = compared.due[payees] + compared.fold(payees, changed)
    # Most come to nothing that was paid, and aren't looked at again.
    fits = ((compared.paid[payees] == whole) & compared.differs[payees]).any(axis=1)
    for at in np.flatnonzero(sound & fits):
        payee, reason, value, run = batch.heads[at]
        yield Candidate(payee, reason, value, run, whole[at])


def _frame(batch: _Batch, text: pl.DataFrame) -> pl.DataFrame:
    """The changed placements as a caseload; each is a child of its own, so that none overlaps another."""
    frame = text[batch.sources]
    numbers = pl.Series([str(number) for number in range(frame.height)])
    columns = {"placement_id": numbers, "child_id": numbers}
    names = {name for change in batch.changes for name in change}
    for name in sorted(names):
        there = frame[name].to_list() if name in frame.columns else [None] * frame.height
        values = [change.get(name, cell) for change, cell in zip(batch.changes, there, strict=True)]
        columns[name] = pl.Series(values, dtype=pl.String)
    return frame.with_columns(column.alias(name) for name, column in columns.items())


def _of_variant(
    reason: str, value: str, other: Due, due: Due, compared: Compared, of_payee: Mapping[int, Sequence[Placement]]
) -> Iterator[Candidate]:
    """Candidates of whole payees under other rules."""
    for payee, own in of_payee.items():
        names = [placement.name for placement in own]
        pence, known = other.of(names)
        before, _ = due.of(names)
        if names and known.all():
            changed = compared.fold(np.array([payee]), (pence - before).sum(axis=0, keepdims=True))[0]
            yield Candidate(payee, reason, value, None, compared.due[payee] + changed)


def without_area_costs(frameworks: Sequence[Framework]) -> tuple[Framework, ...]:
    """The rules with no rate scaled by what things cost in an area."""
    return tuple(_with_tariffs(framework, area_cost=False) for framework in frameworks)


def without_limits(frameworks: Sequence[Framework]) -> tuple[Framework, ...]:
    """The rules with neither minimum nor maximum."""
    return tuple(_with_tariffs(framework, minimum_pence=None, maximum_pence=None) for framework in frameworks)


def at_rates_of(frameworks: Sequence[Framework], earlier: Sequence[Framework]) -> tuple[Framework, ...] | None:
    """Each version with the rates of the one before it, or None where none has one.

    The bands, the calendar and the dates stay those of the version itself: only what a year is worth goes back.
    """
    changed = []
    for framework in frameworks:
        older = [other for other in earlier if other.header.effective_from < framework.header.effective_from]
        last = max(older, key=lambda other: other.header.effective_from, default=None)
        known = {band.code for band in framework.bands} | {""}
        if last is None:
            changed.append(framework)
            continue
        tariffs = tuple(tariff for tariff in last.tariffs if tariff.band in known or tariff.band == "none")
        uplifts = {code: last.uplifts.get(code, uplift) for code, uplift in framework.uplifts.items()}
        changed.append(
            replace(framework, tariffs=tariffs, uplifts=uplifts, area_costs=last.area_costs or framework.area_costs)
        )
    return tuple(changed) if tuple(changed) != tuple(frameworks) else None


def _with_tariffs(framework: Framework, **changes: Any) -> Framework:
    return replace(framework, tariffs=tuple(replace(tariff, **changes) for tariff in framework.tariffs))
