"""Costing lines: priced stints with who pays whom, in the layout that other systems read."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from tariff_engine.compiled import BLANK_BAND, OTHER_VERSION, codes_of, distinct
from tariff_engine.handover import Lines, lines_of
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced
from tariff_engine.money import Ints
from tariff_engine.placements import Mask, Placements
from tariff_engine.stints import NO_VERSION
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

_NOT_REPEATED = ("placement_id", "child_id", "home_la", "provider_id", "provision", "count")


def costing_lines(job: Job, priced: Priced, as_if: bool) -> tuple[pl.DataFrame, Mask]:
    """Lay out the lines, in the order of the input and then of days.

    Returns
    -------
    The lines; and for each placement whether it has no price. All lines of such a placement have blank money.
    """
    placements = job.placements
    unpriced = placements.set_aside.copy()
    unpriced[job.stints.row[~priced.known]] = True
    lines = lines_of(job, priced)
    row, at = lines.row, lines.stint
    blank_money = unpriced[row]
    count = placements.ints("count", 1)[row]
    months = lines.months * count[:, None]
    frame = pl.DataFrame(
        {
            **{
                name: placements.table[name].gather(row)
                for name in ("placement_id", "child_id", "home_la", "provider_id", "provision")
            },
            **_stint_columns(job, priced, lines, as_if),
            **_annual_columns(priced, at, blank_money),
            "amount": _masked(months.sum(axis=1), ~blank_money),
            **_payment_columns(job, lines),
            "count": count,
        }
    ).select(list(COSTING_COLUMNS))
    month_columns = [
        _masked(months[:, index], ~blank_money).alias(month.name) for index, month in enumerate(job.period.months)
    ]
    taken = [*frame.columns, *(column.name for column in month_columns)]
    return frame.hstack(month_columns).hstack(_passed_through(placements, row, taken)), unpriced


def _stint_columns(job: Job, priced: Priced, lines: Lines, as_if: bool) -> dict[str, pl.Series]:
    """What a line says of its stint; blank for a placement that doesn't meet the period."""
    row, at = lines.row, lines.stint
    here = at >= 0
    versions = [version.framework for version in job.versions]
    segment_version = np.array([segment.version for segment in job.segments] or [NO_VERSION], np.int64)
    own = np.where(here, segment_version[job.stints.segment[at]] if len(job.stints) else NO_VERSION, NO_VERSION)
    names = [f"{framework.version} (as if)" if as_if else framework.version for framework in versions]
    phases = list(vocabulary().phases)
    reference = np.maximum(job.placements.ints("start_date")[row], day_number(job.period.start))
    phase = np.where(here, _gather(job.stints.phase, at, -1), job.phases.on(reference, row))
    band, panel = _band_names(job, priced.band, priced, at), job.placements.table["band"].gather(row)
    return {
        "phase": _named(phase, phases),
        "framework": pl.repeat(versions[0].id, len(at), dtype=pl.String, eager=True),
        "version": _named(own, names),
        "band_assessed": _band_names(job, priced.band_assessed, priced, at),
        "band": _coalesce(panel, band),
        "band_source": _band_source(panel, band),
        "from": _days(lines.start, here),
        "to": _days(lines.end, here),
        "days": pl.Series(np.where(here, lines.end - lines.start + 1, 0)),
    }


def _annual_columns(priced: Priced, at: Ints, blank_money: Mask) -> dict[str, pl.Series]:
    shown = (at >= 0) & ~blank_money
    place = _gather(priced.place_value, at, -1)
    return {
        "annual_top_up": _masked(_gather(priced.top_up, at), shown),
        "annual_uplifts": _masked(_gather(priced.uplifts, at), shown),
        "annual_price": _masked(_gather(priced.annual, at), shown),
        "place_value": _masked(place, shown & (place >= 0)),
        "over_limit": _masked(_gather(priced.over_limit, at), shown),
    }


def _payment_columns(job: Job, lines: Lines) -> dict[str, pl.Series]:
    """Payer, payee and section 251 line of each line, by the vocabulary's payment rules."""
    words, facts = vocabulary(), job.placements.table[lines.row]
    successor = _named(lines.successor, list(lines.successors))
    provisions, types, payers = list(words.provisions), list(words.provider_types), list(words.payers)
    kinds = _types(job, facts, successor)
    coded = [codes_of(facts["provision"], provisions), codes_of(kinds, types), codes_of(facts["payer"], payers)]
    first, which = distinct(*coded)
    found = []
    unresolved, ignored = np.zeros(len(first), bool), np.zeros(len(first), bool)
    for position, at in enumerate(first):
        provision = provisions[coded[0][at]]
        kind = types[coded[1][at]] if coded[1][at] >= 0 else None
        payer = payers[coded[2][at]] if coded[2][at] >= 0 else None
        rule = words.payment(provision, kind, payer)
        found.append(rule)
        unresolved[position] = rule.line == "unresolved"
        ignored[position] = payer is not None and rule.payer_given is None
    message = "provider_type isn't known, so the section 251 line can't be told"
    job.log.add("line_unresolved", job.placements.visible_rows(lines.row[unresolved[which]]), "provider_type", message)
    message = "a commissioning school pays only for alternative provision; the usual payer stands"
    job.log.add("payer_ignored", job.placements.visible_rows(lines.row[ignored[which]]), "payer", message)
    unnamed = facts["provision"].is_in(words.provisions_where(lambda provision: not provision.has_provider))
    payee = pl.when(unnamed).then(None).otherwise(pl.coalesce(successor, facts["provider_id"]))
    return {
        "payer": pl.Series([rule.payer for rule in found], dtype=pl.String).gather(which),
        "payee": pl.select(payee.alias("payee"))["payee"],
        "s251_line": pl.Series([rule.line for rule in found], dtype=pl.String).gather(which),
    }


def _types(job: Job, facts: pl.DataFrame, successor: pl.Series) -> pl.Series:
    """The kind of provider that is paid: the placement's own, else the successor's, else the provider's."""
    known = job.placements.providers.drop_nulls("type")
    of_successor = successor.replace_strict(known["provider_id"], known["type"], default=None, return_dtype=pl.String)
    return pl.select(pl.coalesce(facts["provider_type"], of_successor, facts["known_type"]).alias("type"))["type"]


def _passed_through(placements: Placements, row: Ints, taken: list[str]) -> list[pl.Series]:
    """The input's other columns in their order; a name that is taken gets ``in_`` before it."""
    names = set(taken)
    columns = []
    where = placements.table["at"].gather(row)
    for name in placements.raw.frame.columns:
        if name in _NOT_REPEATED:
            continue
        free = name
        while free in names:
            free = f"in_{free}"
        names.add(free)
        columns.append(placements.raw.frame[name].gather(where).alias(free))
    return columns


def _band_names(job: Job, bands: Ints, priced: Priced, at: Ints) -> pl.Series:
    """Band codes of each line under the version that prices it; blank where there is none."""
    band, rules = _gather(bands, at, BLANK_BAND), _gather(priced.rules, at, NO_VERSION)
    first, which = distinct(band, rules)
    names = [
        None
        if rules[i] == NO_VERSION or band[i] in (BLANK_BAND, OTHER_VERSION)
        else job.versions[rules[i]].band_name(int(band[i]))
        for i in first
    ]
    return pl.Series(names, dtype=pl.String).gather(which)


def _band_source(panel: pl.Series, band: pl.Series) -> pl.Series:
    choice = pl.when(panel.is_not_null()).then(pl.lit("panel")).when(band.is_not_null()).then(pl.lit("assessed"))
    return pl.select(choice.otherwise(None).alias("band_source"))["band_source"]


def _coalesce(first: pl.Series, second: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(first, second).alias("band"))["band"]


def _gather(values: Ints, at: Ints, blank: int = 0) -> Ints:
    """``values`` at each place; ``blank`` where the place is -1."""
    if not len(values):
        return np.full(len(at), blank, np.int64)
    return np.where(at >= 0, values[at], blank)


def _named(codes: Ints, names: list[str]) -> pl.Series:
    """The name of each code; blank where it is -1."""
    return pl.Series([*names, None], dtype=pl.String).gather(np.where(codes < 0, len(names), codes))


def _days(days: Ints, shown: Mask) -> pl.Series:
    return _masked(days, shown).cast(pl.Int32).cast(pl.Date)


def _masked(values: Ints, shown: Mask) -> pl.Series:
    """Whole numbers, blank where they aren't to be shown."""
    return pl.select(pl.when(pl.Series(shown)).then(pl.Series(values)).otherwise(None).alias("value"))["value"]
