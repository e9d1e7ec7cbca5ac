"""A whole costing, worked out one placement at a time in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from .calendars import (
    Period,
    Run,
    Stint,
    check_period,
    covering_runs,
    days_in,
    first_covered_day,
    parse_period,
    phase_span,
    run_holding,
    stints_in,
)
from .instalments import has_calendar, instalments, spell_instalments
from .placements import Findings, Placement, read_placements
from .pricing import Quote, is_commissioned, payer_of, quote
from .rules import Version, versions_for

_FROM_A_VERSION = ("annual_top_up", "annual_uplifts", "annual_price", "place_value", "over_limit")


@dataclass
class Line:
    """One line of a costing. Money is pence, None is a blank cell; text is "" where it is blank."""

    placement_id: str
    row: int
    version: str = ""
    phases: frozenset[str] = frozenset()
    """What the phase cell may read: the pages leave it open where a line isn't a stint of its own phase."""
    band_assessed: str = ""
    band: str = ""
    band_source: str = ""
    first: date | None = None
    last: date | None = None
    days: int = 0
    annual_top_up: int | None = None
    annual_uplifts: int | None = None
    annual_price: int | None = None
    place_value: int | None = None
    over_limit: int | None = None
    amount: int | None = None
    payer: str = ""
    payee: str = ""
    s251_line: str = ""
    count: int = 1
    months: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Totals:
    """What was read and what it came to, in rows, children and pence."""

    read: int
    priced: int
    set_aside: int
    read_children: int
    priced_children: int
    set_aside_children: int
    amount_pence: int
    outside_amount_pence: int


@dataclass(frozen=True)
class Answer:
    """Lines in input then date order, findings as row -> code -> severity, and totals."""

    period: Period
    versions: tuple[Version, ...]
    lines: list[Line]
    findings: dict[int, Findings]
    totals: Totals


def cost_exactly(
    framework: Path,
    placements: Sequence[Mapping[str, str]],
    period_text: str,
    providers: Sequence[Mapping[str, str]] = (),
    *,
    as_if: bool = False,
) -> Answer:
    """Cost placements under the versions that a path chooses."""
    versions = versions_for(framework)
    period = parse_period(period_text)
    check_period(period, versions)
    runs = covering_runs(versions, as_if)
    intake = read_placements(placements, versions, providers)
    lines: list[Line] = []
    priced: list[Placement] = []
    for placement in intake.placements:
        own, findings = _lines_of(placement, period, runs, as_if)
        intake.findings[placement.row].update(findings)
        if placement.row in intake.set_aside or any(line.amount is None for line in own):
            for line in own:
                _blank_money(line)
        else:
            priced.append(placement)
        lines.extend(own)
    inside = sum(line.amount or 0 for line in lines if line.payer == "la_high_needs")
    outside = sum(line.amount or 0 for line in lines if line.payer != "la_high_needs")
    read_children = sum(intake.children.values())
    priced_children = sum(placement.count for placement in priced)
    totals = Totals(
        read=len(placements),
        priced=len(priced),
        set_aside=len(placements) - len(priced),
        read_children=read_children,
        priced_children=priced_children,
        set_aside_children=read_children - priced_children,
        amount_pence=inside,
        outside_amount_pence=outside,
    )
    return Answer(period, versions, lines, intake.findings, totals)


def _lines_of(placement: Placement, period: Period, runs: tuple[Run, ...], as_if: bool) -> tuple[list[Line], Findings]:
    """A placement's lines, priced, with what was found on the way."""
    findings: Findings = {}
    payer, section_251_line = payer_of(placement, findings)
    stints = stints_in(period, placement.start, placement.end, placement.nc_year, runs)
    spell = _commissioned_spell(placement, period, runs) if stints else None
    lines = []
    for stint in stints:
        line = _new_line(placement, period, stint)
        if stint.version is None:
            findings["no_version"] = "error"
        elif spell is not None:
            line.version = _stamp(stint.version, as_if)
            _fill_from_spell(line, placement, spell, stint, period)
            line.phases |= {spell.phase}
            findings |= spell.quote.findings
        else:
            line.version = _stamp(stint.version, as_if)
            _fill_from_version(line, placement, stint, stint.version, period, findings)
        lines.append(line)
    # reading: an incomplete override is found on any row with a stint in the period, whatever its price.
    if stints and (placement.override_by == "") != (placement.override_reason == ""):
        findings["override_incomplete"] = "warning"
    if not stints:
        lines = [_outside_line(placement, period)]
    for line in lines:
        line.payer, line.s251_line = payer, section_251_line
        line.payee = "" if placement.provision == "eotas" else placement.provider_id
    return lines, findings


@dataclass(frozen=True)
class _Spell:
    """The quote that prices a whole commissioned spell, and the phase of the day it was made for."""

    quote: Quote
    phase: str


def _commissioned_spell(placement: Placement, period: Period, runs: tuple[Run, ...]) -> _Spell | None:
    """The quote of the spell's first covered day, if its tariff row prices units; else None.

    reading: this is decided once for the spell, on a day that may lie outside the costing period.
    """
    if placement.units is None:
        return None
    day = first_covered_day(placement.start, placement.end, runs)
    version = None if day is None else run_holding(day, runs).version
    if day is None or version is None:
        return None
    known_on = max(period.start, placement.start)
    phase = phase_span(day, placement.nc_year, known_on)[0]
    priced = quote(placement, version, phase, deciding=True)
    return _Spell(priced, phase) if is_commissioned(priced.row, placement) else None


def _new_line(placement: Placement, period: Period, stint: Stint) -> Line:
    first, last = max(stint.first, period.start), min(stint.last, period.end)
    line = Line(placement.placement_id, placement.row, count=placement.count)
    line.phases = frozenset([stint.phase])
    line.first, line.last, line.days = first, last, days_in(first, last)
    line.months = {month.name: None for month in period.months}
    # reading: under no version nothing is assessed, and the panel's band is still the child's.
    _fill_band(line, "", placement.band, "panel" if placement.band else "")
    return line


def _outside_line(placement: Placement, period: Period) -> Line:
    """The one line of a placement that doesn't meet the period: nothing is due and nothing is annual.

    reading: the panel's band is shown. The phase cell is left open.
    """
    line = Line(placement.placement_id, placement.row, count=placement.count, amount=0)
    line.months = {month.name: 0 for month in period.months}
    _fill_band(line, "", placement.band, "panel" if placement.band else "")
    return line


def _fill_band(line: Line, assessed: str, band: str, source: str) -> None:
    line.band_assessed, line.band, line.band_source = assessed, band, source


def _fill_from_quote(line: Line, priced: Quote) -> None:
    _fill_band(line, priced.banded.assessed, priced.banded.band, priced.banded.source)
    line.annual_top_up, line.annual_uplifts = priced.top_up, priced.uplifts
    line.annual_price, line.over_limit = priced.price, priced.over_limit
    line.place_value = priced.place_value


def _fill_from_version(
    line: Line, placement: Placement, stint: Stint, version: Version, period: Period, findings: Findings
) -> None:
    """Price a stint by its own version."""
    priced = quote(placement, version, stint.phase)
    findings |= priced.findings
    _fill_from_quote(line, priced)
    # reading: a year without terms is found whatever the price is, even nothing.
    if not has_calendar(stint):
        findings["no_terms"] = "error"
    elif priced.price is not None:
        _fill_months(line, instalments(priced.price, stint, period.months))


def _fill_from_spell(line: Line, placement: Placement, spell: _Spell, stint: Stint, period: Period) -> None:
    """Give a stint its part of a commissioned spell's amount.

    reading: band and annual columns of every stint are those of the deciding day.
    """
    _fill_from_quote(line, spell.quote)
    amount = spell.quote.commissioned_amount
    if amount is not None and placement.end is not None:
        _fill_months(line, spell_instalments(amount, placement.start, placement.end, stint, period.months))


def _fill_months(line: Line, pence: list[int]) -> None:
    """Months and their sum, for all the children of the row."""
    line.months = {name: each * line.count for name, each in zip(line.months, pence, strict=True)}
    line.amount = sum(pence) * line.count


def _blank_money(line: Line) -> None:
    for name in _FROM_A_VERSION:
        setattr(line, name, None)
    line.amount = None
    line.months = dict.fromkeys(line.months)


def _stamp(version: Version, as_if: bool) -> str:
    return f"{version.version} (as if)" if as_if else version.version
