"""Invented children: where each row places one, in which year group, with which needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenarios.sampling.assumptions import SEVERITIES, ProvisionShare, assumptions
from scenarios.sampling.draws import Draws
from scenarios.sampling.setting import Setting, phase_of
from tariff_engine.allocation import allocate
from tariff_engine.banding import needs_are_required
from tariff_engine.money import Ints
from tariff_engine.vocabulary import vocabulary

BLANK_LEVEL = -1
NO_NEED = -1
_BESIDE_PERCENT = np.array([0, 20, 40, 60, 80, 100], np.int64)


@dataclass(frozen=True)
class Children:
    """One entry a row: indexes into ``setting.provisions`` and the vocabulary's needs, year groups, levels.

    ``child`` is the number of the child, its own row unless the row shares one. ``severity`` is 1 to 10.
    ``levels`` has a column an area, in the order of ``setting.areas``; BLANK_LEVEL where none was assessed.
    """

    child: Ints
    provision: Ints
    nc_year: Ints
    need: Ints
    severity: Ints
    levels: Ints

    def __len__(self) -> int:
        return len(self.provision)

    def same_child(self, first: Ints, second: Ints, older_by: Ints) -> Children:
        """Make the rows ``second`` placements of the children of the rows ``first``."""
        columns = {}
        for name in ("child", "nc_year", "need", "severity", "levels"):
            values = getattr(self, name).copy()
            values[second] = values[first]
            columns[name] = values
        columns["nc_year"][second] += older_by
        return replace(self, **columns)


def draw_children(rows: int, setting: Setting, draws: Draws) -> Children:
    """Invent the children of so many rows: every provision from as many rows as there are provisions."""
    provision = _provisions(rows, setting, draws)
    nc_year, need = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    severity = np.zeros(rows, np.int64)
    for index, share in enumerate(setting.provisions):
        at = np.flatnonzero(provision == index)
        nc_year[at] = _year_groups(share, len(at), setting, draws)
        need[at] = _needs(share, len(at), setting, draws)
        shares = assumptions().severity[share.severity]
        severity[at] = draws.choose(f"severity {share.code}", shares, len(at)) + 1
    levels = _levels(need, severity, setting, draws)
    levels[_without_levels(provision, setting, draws)] = BLANK_LEVEL
    return Children(np.arange(rows), provision, nc_year, need, severity, levels)


def need_codes() -> list[str]:
    """The primary needs, in the order of the vocabulary."""
    return list(vocabulary().need_codes)


def _provisions(rows: int, setting: Setting, draws: Draws) -> Ints:
    shares = [share.share for share in setting.provisions]
    least = [1 if rows >= len(shares) else 0] * len(shares)
    counts = allocate(rows, shares, least)
    in_order = np.repeat(np.arange(len(shares), dtype=np.int64), counts)
    return in_order[draws.order("provision", rows)]


def _year_groups(share: ProvisionShare, size: int, setting: Setting, draws: Draws) -> Ints:
    """Year groups of a provision, in the phases that it has rates for."""
    profile = assumptions().years[share.years]
    years = range(profile.first, profile.first + len(profile.shares))
    priced = [
        part if setting.prices_phase(share.code, phase_of(year)) else 0
        for year, part in zip(years, profile.shares, strict=True)
    ]
    shares = priced if any(priced) else profile.shares
    return draws.choose(f"year {share.code}", shares, size) + profile.first


def _needs(share: ProvisionShare, size: int, setting: Setting, draws: Draws) -> Ints:
    """Primary needs; where the rule goes by the need's own area, only needs that have one."""
    codes = need_codes()
    profile = assumptions().needs[share.needs]
    if setting.latest.header.banding.rule == "primary_need":
        within = {need: part for need, part in profile.items() if need in setting.area_of_need}
        profile = within or dict.fromkeys(setting.area_of_need, 1)
    chosen = draws.choose(f"need {share.code}", list(profile.values()), size)
    return np.array([codes.index(need) for need in profile], np.int64)[chosen]


def _levels(need: Ints, severity: Ints, setting: Setting, draws: Draws) -> Ints:
    """Levels by area: the one of the primary need as severe as the child's needs are, the others beside it."""
    size, areas = len(need), list(setting.areas)
    if not areas:
        return np.zeros((size, 0), np.int64)
    own_area = np.array(
        [areas.index(setting.area_of_need[n]) if n in setting.area_of_need else -1 for n in need_codes()], np.int64
    )
    leading = np.where(own_area[need] >= 0, own_area[need], draws.below("leading area", len(areas), size))
    levels = np.zeros((size, len(areas)), np.int64)
    for index, (area, highest) in enumerate(setting.areas.items()):
        beside = _beside(area, need, draws)
        own = np.maximum(_spread(severity * highest, SEVERITIES), min(1, highest))
        other = _spread(severity * highest * beside, SEVERITIES * 100)
        levels[:, index] = np.where(leading == index, own, other)
    return levels


def _beside(area: str, need: Ints, draws: Draws) -> Ints:
    """How severe a second area is, in per cent of the first."""
    percent = np.zeros(len(need), np.int64)
    for index, code in enumerate(need_codes()):
        at = np.flatnonzero(need == index)
        shares = assumptions().beside.get(code, assumptions().beside["otherwise"])
        percent[at] = _BESIDE_PERCENT[draws.choose(f"beside {area} {code}", shares, len(at))]
    return percent


def _without_levels(provision: Ints, setting: Setting, draws: Draws) -> Ints:
    """Rows whose levels nobody assessed: in provisions whose price doesn't need them."""
    free = [not needs_are_required(setting.latest, share.code) for share in setting.provisions]
    hits = draws.hits("no levels", assumptions().shares.no_levels_per_mille, len(provision))
    return np.flatnonzero(np.array(free)[provision] & hits)


def _spread(numerator: Ints, denominator: int) -> Ints:
    """Round to the nearest whole level, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
