"""Invented spells: from when to when, for how much of a full-time place, and children in two places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from scenarios.sampling.assumptions import Spells as Profile
from scenarios.sampling.assumptions import assumptions
from scenarios.sampling.children import BLANK_LEVEL, Children
from scenarios.sampling.draws import Draws, Mask
from scenarios.sampling.providers import Providers
from scenarios.sampling.setting import Setting, phase_codes
from tariff_engine.instalments import day_number
from tariff_engine.money import Ints

OPEN = -1
FULL_TIME = 100
_WEEK = 7
_MONDAY_IS_DAY = 4
"""Days are counted from 1 January 1970, a Thursday, so the first Monday is day 4."""


@dataclass(frozen=True)
class Spells:
    """One entry a row: days since 1 January 1970 (OPEN for no end), hundredths of a full-time place.

    ``weeks`` is the length of a short spell in calendar weeks, 0 for the others. ``paired`` marks rows of a child
    who has two.
    """

    start: Ints
    end: Ints
    fte: Ints
    weeks: Ints
    paired: Mask


def draw_spells(children: Children, providers: Providers, setting: Setting, draws: Draws) -> tuple[Children, Spells]:
    """Invent the days and the part of a full-time place of every row, and give some children two rows."""
    start, end, weeks = _days(children, setting, draws)
    size = len(children)
    parts = assumptions().part_time
    part_time = draws.hits("part time", assumptions().shares.part_time_per_mille, size)
    part = np.array([int(key) for key in parts], np.int64)[draws.choose("part", list(parts.values()), size)]
    fte = np.where(part_time, part, FULL_TIME)
    spells = Spells(start, end, fte, weeks, np.zeros(size, bool))
    return _give_two_rows(children, spells, providers, setting, draws)


def _days(children: Children, setting: Setting, draws: Draws) -> tuple[Ints, Ints, Ints]:
    size = len(children)
    first, last = day_number(setting.period.start), day_number(setting.period.end)
    begun = day_number(setting.first_day)
    start = begun + draws.below("begun", first - begun + 1, size)
    end, weeks = np.full(size, OPEN, np.int64), np.zeros(size, np.int64)
    joined, left = _during(first, last, setting.turn, size, draws)
    for index, share in enumerate(setting.provisions):
        at = np.flatnonzero(children.provision == index)
        profile = assumptions().spells[share.spells]
        shares = [profile.all_year, profile.joins, profile.leaves, profile.weeks]
        kind = draws.choose(f"spell {share.code}", shares, len(at))
        start[at[kind == 1]] = joined[at[kind == 1]]
        end[at[kind == 2]] = left[at[kind == 2]]
        short = at[kind == 3]
        start[short], end[short], weeks[short] = _short(profile, share.code, len(short), first, last, draws)
    return start, end, weeks


def _during(first: int, last: int, turn: date | None, size: int, draws: Draws) -> tuple[Ints, Ints]:
    """Days on which children join (mostly 1 September) and leave (mostly the day before it)."""
    joined = _not_before(_monday(first + draws.below("joined", last - first + 1, size)), first)
    left = np.minimum(_monday(first + draws.below("left", last - first + 1, size)) + 4, last)
    if turn is not None:
        september = draws.hits_percent("september", assumptions().shares.september_percent, size)
        joined = np.where(september, day_number(turn), joined)
        left = np.where(september, day_number(turn) - 1, left)
    return joined, left


def _short(profile: Profile, code: str, size: int, first: int, last: int, draws: Draws) -> tuple[Ints, Ints, Ints]:
    """Spells of whole weeks, Monday to Friday, inside the period."""
    most = max((last - first + 1) // _WEEK - 1, 1)
    longest = min(profile.weeks_to, most)
    shortest = min(profile.weeks_from, longest)
    weeks = shortest + draws.below(f"weeks {code}", longest - shortest + 1, size)
    room = np.maximum(last - first + 1 - weeks * _WEEK, 1)
    start = _not_before(_monday(first + draws.below(f"start {code}", room, size)), first)
    return start, np.minimum(start + weeks * _WEEK - 3, last), weeks


def _give_two_rows(
    children: Children, spells: Spells, providers: Providers, setting: Setting, draws: Draws
) -> tuple[Children, Spells]:
    """Make pairs of all-year rows placements of one child: at once, by parts, or one after the other."""
    at_once, moved = _pairs(children, spells, providers, setting, draws)
    start, end, fte = spells.start.copy(), spells.end.copy(), spells.fte.copy()
    shares = assumptions().two_at_once
    which = draws.choose("two at once", list(shares.values()), len(at_once[0]))
    main = np.array([int(part) for part in shares], np.int64)[which]
    fte[at_once[0]], fte[at_once[1]] = main, FULL_TIME - main
    first, last = day_number(setting.period.start), day_number(setting.period.end)
    span = max((last - first) * 2 // 3, 1)
    friday = _monday(first + _WEEK + draws.below("moved", span, len(moved[0]))) + 4
    friday = np.minimum(friday, last - 3)
    end[moved[0]], start[moved[1]] = friday, friday + 3
    turn = day_number(setting.turn) if setting.turn else last + 1
    children = children.same_child(*at_once, np.zeros(len(at_once[0]), np.int64))
    children = children.same_child(*moved, (friday + 3 >= turn).astype(np.int64))
    paired = spells.paired.copy()
    paired[np.concatenate([*at_once, *moved])] = True
    return children, Spells(start, end, fte, spells.weeks, paired)


def _pairs(
    children: Children, spells: Spells, providers: Providers, setting: Setting, draws: Draws
) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """Pairs of rows of one phase at different providers, whose children go on in that phase."""
    wanted = assumptions().shares
    phase = phase_codes(children.nc_year)
    oldest = int(children.nc_year.max(initial=0))
    stays = (phase == phase_codes(children.nc_year + 1)) & (children.nc_year < oldest)
    suits = (spells.end == OPEN) & (spells.weeks == 0) & (providers.at >= 0) & stays
    suits &= (children.levels != BLANK_LEVEL).all(axis=1)
    suits &= spells.start <= day_number(setting.period.start)
    at = draws.order("pairs", len(children))
    at = at[suits[at]]
    found = []
    for per_mille in (wanted.two_at_once_per_mille, wanted.moved_per_mille):
        rows = min(-(-len(children) * per_mille // 1000) * 2, len(at))
        chosen, at = at[:rows], at[rows:]
        chosen = chosen[np.argsort(phase[chosen], kind="stable")]
        first, second = chosen[: rows // 2 * 2 : 2], chosen[1::2]
        fits = (phase[first] == phase[second]) & (providers.at[first] != providers.at[second])
        found.append((first[fits], second[fits]))
    return found[0], found[1]


def _monday(day: Ints) -> Ints:
    """The Monday on or before each day."""
    return day - (day - _MONDAY_IS_DAY) % _WEEK


def _not_before(day: Ints, first: int) -> Ints:
    """The day, or the same weekday a week later where it lies before the first."""
    return np.where(day < first, day + _WEEK, day)
