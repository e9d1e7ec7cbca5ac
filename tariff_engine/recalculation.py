"""What each line of a costing is worked out from, so that a workbook can work it out again after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tariff_engine.encoding import OVERRIDE_BY, OVERRIDE_REASON, EncodedCaseload, Mask
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.handover import Lines, lines_of
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced, compile_rules, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.lookups import codes_of, distinct
from tariff_engine.money import MILLION, PENCE, Ints
from tariff_engine.pricing import TariffTable, place_rate
from tariff_engine.tables.book.pages import NO_RATE, NOTHING_DUE, Bounds, Recalculation
from tariff_engine.uplifting import UpliftCell
from tariff_engine.vocabulary import vocabulary

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
_UNKNOWN_UPLIFT = "It has an uplift that isn't known, which counts as soon as it has a rate."
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
    overridden = (job.caseload.override == OVERRIDE_BY + OVERRIDE_REASON)[row]
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
    return Recalculation(frame, why_not, choices, _bands(costing.frameworks), inputs)


def _why_not(costing: Costing, job: Job, priced: Priced, lines: Lines) -> pl.Series:
    """Why a line stays as it is, which then goes for all lines of its placement; null where it needn't."""
    here = lines.stint >= 0
    stint = lines.stint[here]
    units = job.caseload.units[lines.row[here]] >= 0
    cut_in_two = np.bincount(stint, minlength=1)[stint] > 1 if len(stint) else np.zeros(0, bool)
    cells = _uplift_cells(job, priced, stint)
    reasons = {
        _HANDED_OVER: cut_in_two | (lines.successor[here] >= 0),
        _OTHER_UNITS: units & ~priced.by_unit[stint],
        _BEGUN_BEFORE: _takes_rest(job, stint) & ~priced.by_unit[stint] & _begun_before(job, stint),
        _UNKNOWN_UPLIFT: np.array([cell is not None and bool(cell.unknown) for cell in cells], bool),
    }
    said = [*reasons, _ABSENT, _SET_ASIDE, None]
    why = np.where(here, said.index(None), said.index(_ABSENT))
    for number, holds in enumerate(reasons.values()):
        why[np.flatnonzero(here)[holds]] = number
    why[costing.lines["amount"].is_null().to_numpy()] = said.index(_SET_ASIDE)
    frame = pl.DataFrame({"row": lines.row, "why": pl.Series(said, dtype=pl.String).gather(why)})
    return frame.select(pl.col("why").drop_nulls().first().over("row"))["why"]


def _takes_rest(job: Job, stint: Ints) -> Mask:
    """Whether the last month of a stint takes the remainder, under the version of its days."""
    prorations = [None if s.year is None else job.versions[s.version].framework.header.proration for s in job.segments]
    last = [proration is not None and proration.remainder == "last" for proration in prorations]
    return np.array(last, bool)[job.stints.segment[stint]]


def _begun_before(job: Job, stint: Ints) -> Mask:
    begun: Mask = job.stints.start[stint] < day_number(job.period.start)
    return begun


def _bands(frameworks: tuple[Framework, ...]) -> list[str]:
    """Every band that a cell may hold: none, and those of each version from the lowest."""
    return list(dict.fromkeys([NO_BAND, *(band.code for framework in frameworks for band in framework.bands)]))


def _choices(job: Job, priced: Priced, at: Ints) -> tuple[pl.DataFrame, Ints]:
    """The tariff row for every band, by version, provision, provider and phase; and which of them each stint has."""
    frameworks = [version.framework for version in job.versions]
    provisions, phases = list(vocabulary().provisions), list(vocabulary().phases)
    providers = list(dict.fromkeys(t.provider_id for f in frameworks for t in f.tariffs if t.provider_id))
    facts = job.caseload.table[job.stints.row[at]]
    keys = (
        priced.rules[at],
        codes_of(facts["provision"], provisions),
        codes_of(facts["provider_id"], providers),
        priced.phase[at],
    )
    first, which = distinct(*keys)
    begin, bands = _begin([len(framework.tariffs) for framework in frameworks]), _bands(tuple(frameworks))
    rows = []
    for version, provision, provider, phase in zip(*(key[first].tolist() for key in keys), strict=True):
        named = providers[provider] if provider >= 0 else None
        in_phase = phases[phase] if phase >= 0 else None
        found = _fitting(frameworks[version], begin[version], bands, (provisions[provision], named, in_phase))
        rows.append((frameworks[version].name, provisions[provision], named, in_phase, *found))
    text = pl.String()
    schema = {"framework": text, "provision": text, "provider_id": text, "phase": text}
    return pl.DataFrame(rows, {**schema, **{str(n): pl.Int64() for n in range(len(bands) + 1)}}, orient="row"), which


def _fitting(
    framework: Framework, begin: int, bands: list[str], where: tuple[str, str | None, str | None]
) -> list[int]:
    """The tariff row for no band and for each band; one of another version counts as none here."""
    table, known = TariffTable(framework), {band.code for band in framework.bands}
    position = {tariff.key: begin + at for at, tariff in enumerate(framework.tariffs)}
    provision, provider, phase = where
    found = []
    for band in (None, *bands):
        tariff = table.find(provision, provider, band if band in known else None, phase)
        otherwise = NOTHING_DUE if band == NO_BAND else NO_RATE
        found.append(otherwise if tariff is None else position[tariff.key])
    return found


def _rows_of_areas(job: Job, priced: Priced, at: Ints) -> pl.Series:
    """The row of the area costs for each stint's provider; null where the version has none for its area."""
    areas = job.caseload.table["area"].gather(job.stints.row[at])
    begin = _begin([len(version.framework.area_costs) for version in job.versions])
    rows = np.full(len(at), -1, np.int64)
    for index, version in enumerate(job.versions):
        here = np.flatnonzero(priced.rules[at] == index)
        found = codes_of(areas.gather(here), list(version.framework.area_costs))
        rows[here] = np.where(found < 0, -1, begin[index] + found)
    return _known(rows)


def _rows_of_places(job: Job, priced: Priced, at: Ints) -> pl.Series:
    """The row of the place rates for each stint's place; null where there is none."""
    provisions, phases = list(vocabulary().provisions), list(vocabulary().phases)
    begin = _begin([len(version.framework.place_rates) for version in job.versions])
    keys = (
        priced.rules[at],
        codes_of(job.caseload.table["provision"].gather(job.stints.row[at]), provisions),
        priced.phase[at],
    )
    first, which = distinct(*keys)
    rows = []
    for version, provision, phase in zip(*(key[first].tolist() for key in keys), strict=True):
        framework = job.versions[version].framework
        rate = place_rate(framework, provisions[provision], phases[phase] if phase >= 0 else None)
        rows.append(-1 if rate is None else begin[version] + framework.place_rates.index(rate))
    return _known(np.array(rows, np.int64)[which])


def _rows_of_uplifts(job: Job, priced: Priced, at: Ints) -> pl.Series:
    """The rows of the uplifts that are added to each stint; none to a spell bought by the unit."""
    order = [list(version.framework.uplifts) for version in job.versions]
    begin = _begin([len(codes) for codes in order])
    rows = [
        [] if cell is None else [begin[version] + order[version].index(code) for code in cell.added]
        for cell, version in zip(_uplift_cells(job, priced, at), priced.rules[at].tolist(), strict=True)
    ]
    return pl.Series(rows, dtype=pl.List(pl.Int64))


def _uplift_cells(job: Job, priced: Priced, at: Ints) -> list[UpliftCell | None]:
    """What the uplifts of each stint come to, where it has some and isn't bought by the unit."""
    facts = job.caseload.table[job.stints.row[at]].select("uplifts", "provision")
    frame = facts.with_columns(version=pl.Series(priced.rules[at]), by_unit=pl.Series(priced.by_unit[at]))
    cells = {
        key: None
        if key[0] is None or key[3]
        else UpliftCell.read(key[0], key[1], job.versions[key[2]].framework.uplifts)
        for key in frame.unique().iter_rows()
    }
    return [cells[key] for key in frame.iter_rows()]


def _passed(job: Job, priced: Priced, at: Ints) -> dict[str, Ints]:
    """The weight of each stint's days, or of its spell's, up to the start of the period and to each month's end."""
    months = job.period.months
    ends = np.array([day_number(month.end) for month in months], np.int64)
    days = np.concatenate([[day_number(job.period.start) - 1], ends])
    start, end, row = job.stints.start[at], job.stints.end[at], job.stints.row[at]
    whole, passed = np.ones(len(at), np.int64), np.zeros((len(days), len(at)), np.int64)
    for index, segment in enumerate(job.segments):
        here = np.flatnonzero((job.stints.segment[at] == index) & ~priced.by_unit[at])
        if segment.year is None or not len(here):
            continue
        weights = job.versions[segment.version].weights(segment.year)
        whole[here] = weights.whole
        for number, day in enumerate(days):
            upto = weights.upto(np.minimum(day, end[here])) - weights.upto(start[here] - 1)
            passed[number, here] = np.maximum(upto, 0)
    spells = np.flatnonzero(priced.by_unit[at])
    begun, over = job.caseload.start[row[spells]], job.caseload.end[row[spells]]
    whole[spells] = over - begun + 1
    for number, day in enumerate(days):
        passed[number, spells] = np.clip(day, start[spells] - 1, end[spells]) - begun + 1
    last = np.where(end > ends[-1], -1, np.searchsorted(ends, end) + 1)
    last_month = np.where(_takes_rest(job, at) & ~priced.by_unit[at], last, 0)
    return {"whole": whole, "last_month": last_month, **{f"passed_{n}": part for n, part in enumerate(passed)}}


def _begin(sizes: list[int]) -> list[int]:
    """Where the rows of each version begin on a sheet that has those of all of them."""
    return [sum(sizes[:index]) for index in range(len(sizes))]


def _known(rows: Ints) -> pl.Series:
    """Rows of a sheet, null where they are -1."""
    series = pl.Series(rows)
    return series.set(series < 0, None)
