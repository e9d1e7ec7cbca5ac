"""What an invented placement costs with: the panel's band, and prices, hours, units and additions where rates ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scenarios.sampling.assumptions import SEVERITIES, assumptions
from scenarios.sampling.children import BLANK_LEVEL, Children, need_codes
from scenarios.sampling.draws import Draws, Mask
from scenarios.sampling.providers import Providers
from scenarios.sampling.setting import Setting, phase_codes
from scenarios.sampling.spells import OPEN, Spells
from tariff_engine.banding import assess, is_permitted
from tariff_engine.framework import NO_BAND, Tariff
from tariff_engine.instalments import day_number
from tariff_engine.lookups import distinct
from tariff_engine.money import Ints
from tariff_engine.vocabulary import vocabulary

NOT_BANDED = -1
NONE_REACHED = -2
NO_RATE = -1


@dataclass(frozen=True)
class Rates:
    """One entry a row: the panel's band (an index into the version's, or NOT_BANDED) and the rate that fits it.

    ``reasoned`` marks bands that differ from the assessed one and say why. ``tariff`` is an index into the version's
    tariff rows, or NO_RATE.
    """

    panel_band: Ints
    reasoned: Mask
    tariff: Ints


def draw_rates(
    children: Children, spells: Spells, providers: Providers, setting: Setting, draws: Draws
) -> tuple[Spells, Rates]:
    """Give every row a band that has a rate, and end placements at the change of phase that has none after it."""
    lookup = _Lookup(setting, providers)
    spells = _end_at_phase_without_rate(children, spells, lookup, setting)
    before, after = _phases(children, spells, setting)
    provider = lookup.provider_codes(children.provision, providers.at)
    assessed = _assessed(children, setting)
    combination = (children.provision, provider, before, after, assessed, children.severity)
    first, which = distinct(*combination)
    panel, tariff = np.full(len(first), NOT_BANDED, np.int64), np.full(len(first), NO_RATE, np.int64)
    for at, row in enumerate(first):
        panel[at], tariff[at] = lookup.band_and_rate(*(int(code[row]) for code in combination))
    moved = _moved_by_panel(combination, panel[which], lookup, draws)
    panel_band, rate = panel[which], tariff[which]
    panel_band[moved.rows], rate[moved.rows] = moved.bands, moved.tariffs
    reasoned = (panel_band != NOT_BANDED) & (assessed != NOT_BANDED) & (panel_band != assessed)
    reasoned &= ~draws.hits("no reason", assumptions().shares.no_reason_per_mille, len(rate))
    return spells, Rates(panel_band, reasoned, rate)


@dataclass(frozen=True)
class _Moved:
    rows: Ints
    bands: Ints
    tariffs: Ints


class _Lookup:
    """Which bands have a rate, for a provision, provider and the phases that a spell goes through."""

    def __init__(self, setting: Setting, providers: Providers) -> None:
        self._setting = setting
        self._provisions = [share.code for share in setting.provisions]
        self._phases = list(vocabulary().phases)
        self._bands = [band.code for band in setting.latest.bands]
        self._named = [setting.named_providers(code) for code in self._provisions]
        self._ids = providers.ids
        self._index = {tariff.key: index for index, tariff in enumerate(setting.latest.tariffs)}

    def provider_codes(self, provision: Ints, provider: Ints) -> Ints:
        """The provider of each row where some rate of its provision names it, else -1."""
        codes = np.full(len(provider), -1, np.int64)
        for index, named in enumerate(self._named):
            if named:
                at = np.flatnonzero((provision == index) & (provider >= 0))
                is_named = np.array([name in named for name in self._ids], bool)
                codes[at] = np.where(is_named[provider[at]], provider[at], -1)
        return codes

    def rate(self, provision: int, provider: int, phase: int, band: int) -> Tariff | None:
        """The rate that fits; a negative band is blank or none."""
        return self._setting.tariffs.find(
            self._provisions[provision],
            self._ids[provider] if provider >= 0 else None,
            self._bands[band] if band >= 0 else None,
            self._phases[phase],
        )

    def fitting(self, provision: int, provider: int, before: int, after: int) -> list[int]:
        """The bands that rates for both phases name, lowest first."""
        return [
            band
            for band, code in enumerate(self._bands)
            if all(
                (row := self.rate(provision, provider, phase, band)) is not None and row.band == code
                for phase in {before, after}
            )
        ]

    def has_blank(self, provision: int, provider: int, before: int, after: int) -> bool:
        """Whether both phases have a rate without a band."""
        return all(self.rate(provision, provider, phase, NOT_BANDED) is not None for phase in {before, after})

    def is_permitted(self, provision: int, band: int) -> bool:
        """Whether the provision may have the band."""
        return is_permitted(self._setting.latest, self._provisions[provision], self._bands[band])

    def index(self, row: Tariff | None) -> int:
        """The place of a rate among the version's, or NO_RATE."""
        return NO_RATE if row is None else self._index[row.key]

    def band_and_rate(
        self, provision: int, provider: int, before: int, after: int, assessed: int, severity: int
    ) -> tuple[int, int]:
        """The panel's band that a row needs to have a rate, NOT_BANDED where it needs none; and the rate."""
        own = self.rate(provision, provider, before, assessed)
        if assessed == NONE_REACHED and own is None:
            return NOT_BANDED, NO_RATE
        fits = all(self.rate(provision, provider, phase, assessed) for phase in {before, after})
        bands = self.fitting(provision, provider, before, after)
        if assessed == NOT_BANDED and bands:
            chosen = bands[(severity - 1) * len(bands) // SEVERITIES]
        elif fits or not bands:
            return NOT_BANDED, self.index(own)
        else:
            chosen = min(bands, key=lambda band: abs(band - assessed))
        return chosen, self.index(self.rate(provision, provider, before, chosen))


def _end_at_phase_without_rate(children: Children, spells: Spells, lookup: _Lookup, setting: Setting) -> Spells:
    """End a placement on 31 August where its provider has one phase, or no rate for the phase that follows."""
    before, after = _phases(children, spells, setting)
    crossing = np.flatnonzero(before != after)
    if not len(crossing) or setting.turn is None:
        return spells
    one_phase = np.array([assumptions().providers[share.providers].by_phase for share in setting.provisions], bool)
    provision = children.provision[crossing]
    ends = one_phase[provision]
    first, which = distinct(provision, before[crossing], after[crossing])
    for at, row in enumerate(first):
        index = int(crossing[row])
        phases = int(children.provision[index]), -1, int(before[index]), int(after[index])
        if not lookup.fitting(*phases) and not lookup.has_blank(*phases):
            ends = ends | (which == at)
    end = spells.end.copy()
    end[crossing[ends]] = day_number(setting.turn) - 1
    return replace(spells, end=end)


def _phases(children: Children, spells: Spells, setting: Setting) -> tuple[Ints, Ints]:
    """The phase of each row on its first day in the period, and the one after 1 September."""
    before = phase_codes(children.nc_year)
    if setting.turn is None:
        return before, before
    turn = day_number(setting.turn)
    crosses = (spells.start < turn) & ((spells.end == OPEN) | (spells.end >= turn))
    return before, np.where(crosses, phase_codes(children.nc_year + 1), before)


def _assessed(children: Children, setting: Setting) -> Ints:
    """The band that the version's rule gives each row: an index, NONE_REACHED, or NOT_BANDED where it can't tell."""
    index = {band.code: at for at, band in enumerate(setting.latest.bands)} | {NO_BAND: NONE_REACHED}
    areas, needs = list(setting.areas), need_codes()
    columns = [children.levels[:, at] for at in range(len(areas))]
    first, which = distinct(children.provision, children.need, *columns)
    found = np.full(len(first), NOT_BANDED, np.int64)
    for at, row in enumerate(first):
        levels = {
            area: None if column[row] == BLANK_LEVEL else int(column[row])
            for area, column in zip(areas, columns, strict=True)
        }
        provision = setting.provisions[children.provision[row]].code
        band = assess(setting.latest, provision, levels, needs[children.need[row]]).band
        found[at] = NOT_BANDED if band is None else index[band]
    return found[which]


def _moved_by_panel(combination: Sequence[Ints], panel: Ints, lookup: _Lookup, draws: Draws) -> _Moved:
    """Bands of a panel that are a step from the assessed ones, where both have a rate and may be had."""
    provision, provider, before, after, assessed, _ = combination
    size = len(panel)
    hits = draws.hits("panel", assumptions().shares.panel_band_per_mille, size)
    below = draws.hits_percent("below", assumptions().shares.band_below_percent, size)
    rows, bands, tariffs = [], [], []
    for row in np.flatnonzero(hits & (panel == NOT_BANDED) & (assessed >= 0)):
        where = int(provision[row]), int(provider[row]), int(before[row]), int(after[row])
        band = int(assessed[row]) + (-1 if below[row] else 1)
        if band in lookup.fitting(*where) and lookup.is_permitted(where[0], band):
            rows.append(row)
            bands.append(band)
            tariffs.append(lookup.index(lookup.rate(*where[:3], band)))
    return _Moved(*(np.array(values, np.int64) for values in (rows, bands, tariffs)))
