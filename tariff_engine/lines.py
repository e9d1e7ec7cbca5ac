"""Costing lines: priced stints with who pays whom, in the layout that other systems read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from tariff_engine.compiled import BLANK_BAND, NONE_REACHED
from tariff_engine.encoding import Mask
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import NO_BAND
from tariff_engine.handover import Lines, lines_of
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced
from tariff_engine.lookups import Codes, Lookup, codes_among
from tariff_engine.money import Ints
from tariff_engine.placements import Placements
from tariff_engine.stints import NO_PHASE, NO_VERSION
from tariff_engine.vocabulary import vocabulary

COSTING_COLUMNS: dict[str, Literal["text", "day", "whole", "pence"]] = {
    "placement_id": "text",
    "child_id": "text",
    "home_la": "text",
    "provider_id": "text",
    "provision": "text",
    "phase": "text",
    "framework": "text",
    "version": "text",
    "band_assessed": "text",
    "band": "text",
    "band_source": "text",
    "from": "day",
    "to": "day",
    "days": "whole",
    "annual_top_up": "pence",
    "annual_uplifts": "pence",
    "annual_price": "pence",
    "place_value": "pence",
    "over_limit": "pence",
    "amount": "pence",
    "payer": "text",
    "payee": "text",
    "s251_line": "text",
    "count": "whole",
}

LINE_UNRESOLVED = "provider_type isn't known, so the section 251 line can't be told"
PAYER_IGNORED = "a commissioning school pays only for alternative provision; the usual payer stands"

_FACTS = (
    *("placement_id", "child_id", "home_la", "provider_id", "provision"),
    *("band", "provider_type", "known_type", "payer", "count"),
)
_NOT_REPEATED = ("placement_id", "child_id", "home_la", "provider_id", "provision", "count")


def costing_lines(
    job: Job, priced: Priced, placements: Placements, log: FindingsLog, as_if: bool
) -> tuple[pl.DataFrame, Mask]:
    """Lay out the lines, in the order of the input and then of days.

    Returns
    -------
    The lines; and for each placement whether it has no price. All lines of such a placement have blank money.
    """
    unpriced = placements.set_aside.copy()
    unpriced[job.stints.row[~priced.known]] = True
    lines = lines_of(job, priced, placements, log)
    shown = _Shown.of(~np.take(unpriced, lines.row))
    facts = placements.table.select(_FACTS)
    facts = facts if _is_every_row(lines.row, facts.height) else facts[lines.row]
    count = facts["count"].to_numpy()
    months = lines.months if (count == 1).all() else lines.months * count
    columns = {
        **{name: facts[name] for name in ("placement_id", "child_id", "home_la", "provider_id", "provision")},
        **_stint_columns(job, priced, lines, facts["band"], as_if),
        **_annual_columns(priced, lines.stint, shown),
        "amount": shown.only(months.sum(axis=0)),
        **_payment_columns(job, placements, log, lines, facts),
        "count": facts["count"],
    }
    ordered = [columns[name].alias(name) for name in COSTING_COLUMNS]
    ordered += [shown.only(row).alias(month.name) for row, month in zip(months, job.period.months, strict=True)]
    return pl.DataFrame(ordered + _passed_through(placements, lines.row, [column.name for column in ordered])), unpriced


@dataclass(frozen=True)
class _Shown:
    """Where whole numbers are shown; elsewhere they are blank."""

    where: Mask
    everywhere: bool
    mask: pl.Series

    @classmethod
    def of(cls, where: Mask) -> _Shown:
        return cls(where, bool(where.all()), pl.Series(where))

    def only(self, values: Ints) -> pl.Series:
        """The numbers, blank where they aren't shown."""
        numbers = pl.Series(values)
        return numbers if self.everywhere else numbers.set(~self.mask, None)


def _is_every_row(row: Ints, placements: int) -> bool:
    """Whether the lines are the placements, one line each."""
    return len(row) == placements and bool((row == np.arange(placements)).all())


def _stint_columns(job: Job, priced: Priced, lines: Lines, panel: pl.Series, as_if: bool) -> dict[str, pl.Series]:
    """What a line says of its stint; blank for a placement that doesn't meet the period."""
    row, at = lines.row, lines.stint
    here = _Shown.of(at >= 0)
    versions = [version.framework for version in job.versions]
    names = [f"{framework.version} (as if)" if as_if else framework.version for framework in versions]
    segment_version = np.array([*(segment.version for segment in job.segments), NO_VERSION], np.int64)
    own = np.take(segment_version, _gather(job.stints.segment, at, -1))
    phase = _gather(job.stints.phase, at, NO_PHASE)
    if not here.everywhere:
        reference = np.maximum(np.take(job.caseload.start, row), day_number(job.period.start))
        phase = np.where(here.where, phase, job.phases.on(reference, row))
    band = _band_names(job, priced.band, priced, at)
    given = panel if panel.null_count() < len(panel) else None
    return {
        "phase": _named(phase, list(vocabulary().phases)),
        "framework": pl.repeat(versions[0].id, len(at), dtype=pl.String, eager=True),
        "version": _named(own, names),
        "band_assessed": _band_names(job, priced.band_assessed, priced, at),
        "band": band if given is None else pl.select(pl.coalesce(panel, band)).to_series(),
        "band_source": _band_source(given, band),
        "from": here.only(lines.start).cast(pl.Int32).cast(pl.Date),
        "to": here.only(lines.end).cast(pl.Int32).cast(pl.Date),
        "days": pl.Series(np.where(here.where, lines.end - lines.start + 1, 0)),
    }


def _annual_columns(priced: Priced, at: Ints, shown: _Shown) -> dict[str, pl.Series]:
    priced_here = shown if (at >= 0).all() else _Shown.of(shown.where & (at >= 0))
    place = _gather(priced.place_value, at, -1)
    return {
        "annual_top_up": priced_here.only(_gather(priced.top_up, at)),
        "annual_uplifts": priced_here.only(_gather(priced.uplifts, at)),
        "annual_price": priced_here.only(_gather(priced.annual, at)),
        "place_value": _Shown.of(priced_here.where & (place >= 0)).only(place),
        "over_limit": priced_here.only(_gather(priced.over_limit, at)),
    }


def _payment_columns(
    job: Job, placements: Placements, log: FindingsLog, lines: Lines, facts: pl.DataFrame
) -> dict[str, pl.Series]:
    """Payer, payee and section 251 line of each line, by the vocabulary's payment rules."""
    words, visible = vocabulary(), placements.visible_rows
    provisions, types, payers = list(words.provisions), list(words.provider_types), list(words.payers)
    rules = list(words.payment_rules)

    def pay(provision: int, kind: int, payer: int) -> tuple[int, int, int]:
        given = payers[payer] if payer < len(payers) else None
        rule = words.payment(provisions[provision], types[kind] if kind < len(types) else None, given)
        return rules.index(rule), int(rule.line == "unresolved"), int(given is not None and rule.payer_given is None)

    sizes = (len(provisions), len(types) + 1, len(payers) + 1)
    provision = np.take(job.caseload.provision, lines.row)
    kinds = _types(placements, lines, facts, types)
    rule, unresolved, ignored = Lookup(sizes, pay, 3).find(provision, kinds, codes_among(facts["payer"], payers))
    log.add("line_unresolved", visible(lines.row[unresolved == 1]), "provider_type", LINE_UNRESOLVED)
    log.add("payer_ignored", visible(lines.row[ignored == 1]), "payer", PAYER_IGNORED)
    return {
        "payer": _named(rule, [rule.payer for rule in rules]),
        "payee": _payees(lines, facts["provider_id"], provision),
        "s251_line": _named(rule, [rule.line for rule in rules]),
    }


def _payees(lines: Lines, provider: pl.Series, provision: Codes) -> pl.Series:
    """Who is paid: the provider, or who took over from it; nobody where a provision has no provider."""
    paid = provider
    if (lines.successor >= 0).any():
        successor = _named(lines.successor, list(lines.successors))
        paid = pl.select(pl.coalesce(successor, provider)).to_series()
    nobody = np.array([not known.has_provider for known in vocabulary().provisions.values()], bool)[provision]
    return paid.set(pl.Series(nobody), None) if nobody.any() else paid


def _types(placements: Placements, lines: Lines, facts: pl.DataFrame, types: list[str]) -> Codes:
    """The kind of provider that is paid: the placement's own, else the successor's, else the provider's."""
    own = codes_among(facts["provider_type"], types)
    if own.max(initial=0) < len(types):
        return own
    kinds = np.where(own < len(types), own, codes_among(facts["known_type"], types))
    if (lines.successor >= 0).any():
        known = placements.providers.drop_nulls("type")
        of_name = dict(zip(known["provider_id"], known["type"], strict=True))
        code = {kind: at for at, kind in enumerate(types)}
        of_successor = [code.get(of_name.get(name, ""), len(types)) for name in lines.successors]
        inherited = np.array([*of_successor, len(types)], np.int64)[lines.successor]
        kinds = np.where((own == len(types)) & (inherited < len(types)), inherited, kinds)
    return kinds


def _passed_through(placements: Placements, row: Ints, taken: list[str]) -> list[pl.Series]:
    """The input's other columns in their order; a name that is taken gets ``in_`` before it."""
    names = set(taken)
    columns = []
    where = placements.table["at"].to_numpy()[row]
    all_of_it = _is_every_row(where, placements.raw.frame.height)
    for name in placements.raw.frame.columns:
        if name in _NOT_REPEATED:
            continue
        free = name
        while free in names:
            free = f"in_{free}"
        names.add(free)
        column = placements.raw.frame[name]
        columns.append((column if all_of_it else column.gather(where)).alias(free))
    return columns


def _band_names(job: Job, bands: Ints, priced: Priced, at: Ints) -> pl.Series:
    """Band codes of each line under the version that prices it; blank where there is none."""
    names: list[str | None] = [None]
    first_of = []
    for version in job.versions:
        first_of.append(len(names))
        names += [NO_BAND, *version.band_codes]
    band, rules = _gather(bands, at, BLANK_BAND), _gather(priced.rules, at, NO_VERSION)
    blank = (rules == NO_VERSION) | (band < NONE_REACHED)
    return pl.Series(names, dtype=pl.String).gather(np.where(blank, 0, np.take(first_of, rules) + band - NONE_REACHED))


def _band_source(panel: pl.Series | None, band: pl.Series) -> pl.Series:
    assessed = band.is_not_null().to_numpy()
    source = assessed.astype(np.int64) - 1
    if panel is not None:
        source = np.where(panel.is_not_null().to_numpy(), 1, source)
    return _named(source, ["assessed", "panel"])


def _gather(values: Ints, at: Ints, blank: int = 0) -> Ints:
    """``values`` at each place; ``blank`` where the place is -1."""
    if not len(values):
        return np.full(len(at), blank, np.int64)
    if len(values) == len(at):
        return values  # a line for each stint, as nothing is absent or handed over
    return np.where(at >= 0, values[at], blank)


def _named(codes: Ints, names: list[str]) -> pl.Series:
    """The name of each code; blank where it is -1."""
    return pl.Series([*names, None], dtype=pl.String).gather(np.where(codes < 0, len(names), codes))
