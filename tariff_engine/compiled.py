"""A framework version against a caseload: bands and tariff rows as arrays, gathered by distinct combination.

The plain steps of banding.py and pricing.py are called once for each distinct combination of codes that the
caseload holds, and the answers are gathered. This is the only place where rules become numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from tariff_engine import banding, pricing
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.instalments import YearWeights, year_weights
from tariff_engine.money import MILLION, Ints
from tariff_engine.placements import Mask, Placements
from tariff_engine.vocabulary import vocabulary

NONE_REACHED = -1
BLANK_BAND = -2
OTHER_VERSION = -3
NO_ROW = -1
_LARGEST_KEY = 2**62


def distinct(*columns: Ints) -> tuple[Ints, Ints]:
    """The distinct combinations of some columns of whole numbers.

    Returns
    -------
    The index of the first row of each combination; and for each row which combination it has.
    """
    key = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        if not len(column):
            break
        low, high = int(column.min()), int(column.max())
        if size * (high - low + 1) > _LARGEST_KEY:
            values, key = np.unique(key, return_inverse=True)
            size = len(values)
        size *= high - low + 1
        key = key * (high - low + 1) + (column - low)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), which.reshape(-1).astype(np.int64)


def codes_of(series: pl.Series, values: Sequence[str]) -> Ints:
    """The index of each cell in ``values``, or -1 where it is blank or not among them."""
    if not values:
        return np.full(len(series), -1, np.int64)
    found = series.replace_strict(list(values), list(range(len(values))), default=-1, return_dtype=pl.Int64)
    return found.fill_null(-1).to_numpy()


@dataclass(frozen=True)
class Bands:
    """Bands of every placement under one version, as indexes into its bands or one of the codes above.

    ``missing`` is where a needed level is blank; ``missing_columns`` names the blank columns and where.
    """

    assessed: Ints
    band: Ints
    from_panel: Mask
    missing: Mask
    missing_columns: Mapping[str, Mask]
    permitted: Mask


class CompiledVersion:
    """One version's rules, looked up for a caseload."""

    def __init__(self, framework: Framework, placements: Placements) -> None:
        self.framework = framework
        self.columns = pricing.TariffColumns.of(framework)
        self._table = pricing.TariffTable(framework)
        self._placements = placements
        self._band_codes = [band.code for band in framework.bands]
        self._weights: dict[date, YearWeights] = {}
        self._row_of = {tariff.key: index for index, tariff in enumerate(framework.tariffs)}

    def band_name(self, band: int) -> str | None:
        """The code of a band by its index; None for a blank one."""
        if band == NONE_REACHED:
            return NO_BAND
        return self._band_codes[band] if band >= 0 else None

    def weights(self, year: tuple[date, date]) -> YearWeights:
        """The weights of the days of a year of the version's basis."""
        if year[0] not in self._weights:
            self._weights[year[0]] = year_weights(self.framework, *year)
        return self._weights[year[0]]

    @cached_property
    def bands(self) -> Bands:
        """The bands of every placement."""
        table, framework = self._placements.table, self.framework
        areas = [area.code for area in framework.header.need_areas]
        provisions, needs = list(vocabulary().provisions), list(vocabulary().need_codes)
        levels = [self._placements.ints(NEED_PREFIX + area) for area in areas]
        provision, need = codes_of(table["provision"], provisions), codes_of(table["primary_need"], needs)
        first, which = distinct(provision, need, *levels)
        required = {code: banding.needs_are_required(framework, code) for code in provisions}
        index = {code: position for position, code in enumerate(self._band_codes)} | {NO_BAND: NONE_REACHED}
        assessed, missing = np.full(len(first), BLANK_BAND, np.int64), np.zeros(len(first), bool)
        columns = {
            name: np.zeros(len(first), bool) for name in ["primary_need", *(NEED_PREFIX + area for area in areas)]
        }
        for position, row in enumerate(first):
            code = provisions[provision[row]]
            given = {
                area: (int(level[row]) if level[row] >= 0 else None) for area, level in zip(areas, levels, strict=True)
            }
            given = {area: self._in_range(area, level) for area, level in given.items()}
            found = banding.assess(framework, code, given, needs[need[row]] if need[row] >= 0 else None)
            if found.band is not None:
                assessed[position] = index[found.band]
            elif required[code]:
                missing[position] = True
                for name in found.missing:
                    columns[name][position] = True
        panel = self._panel_bands(index)
        from_panel = panel != BLANK_BAND
        band = np.where(from_panel, panel, assessed[which])
        return Bands(
            assessed[which],
            band,
            from_panel,
            missing[which],
            {name: at[which] for name, at in columns.items()},
            self._permitted(provision, band),
        )

    def tariff_rows(self, rows: Ints, band: Ints, phase: Ints) -> tuple[Ints, Mask]:
        """The most specific tariff row of each placement in a band and phase, or NO_ROW.

        Returns
        -------
        Row indexes; and where the phase is blank and a row with a phase would fit.
        """
        provisions, phases = list(vocabulary().provisions), list(vocabulary().phases)
        provision = self._provision_codes[rows]
        provider = self._provider_codes[rows]
        first, which = distinct(provision, provider, band, phase)
        found, phased = np.full(len(first), NO_ROW, np.int64), np.zeros(len(first), bool)
        for position, at in enumerate(first):
            where = (
                provisions[provision[at]],
                self._named_provider(int(provider[at])),
                self.band_name(int(band[at])),
            )
            in_phase = phases[phase[at]] if phase[at] >= 0 else None
            row = self._table.find(*where, in_phase)
            if row is not None:
                found[position] = self._row_of[row.key]
            phased[position] = in_phase is None and self._table.would_fit_with_phase(*where)
        return found[which], phased[which]

    def area_factors(self, rows: Ints, tariff: Ints) -> Ints:
        """Area cost by placement and tariff row: 1 where the row says no, -1 where none is known."""
        return np.where(self.columns.whole_area[tariff] == 1, MILLION, self._area_factors[rows])

    def place_values(self, rows: Ints, phase: Ints) -> Ints:
        """The annual rate of each placement's place, or -1 where there is none. [pence]"""
        provisions, phases = list(vocabulary().provisions), list(vocabulary().phases)
        provision = self._provision_codes[rows]
        first, which = distinct(provision, phase)
        found = [
            pricing.place_rate(self.framework, provisions[provision[at]], phases[phase[at]] if phase[at] >= 0 else None)
            for at in first
        ]
        return np.array([-1 if rate is None else rate.rate_pence for rate in found], np.int64)[which]

    @cached_property
    def _provision_codes(self) -> Ints:
        return codes_of(self._placements.table["provision"], list(vocabulary().provisions))

    @cached_property
    def _providers(self) -> list[str]:
        return list(dict.fromkeys(tariff.provider_id for tariff in self.framework.tariffs if tariff.provider_id))

    @cached_property
    def _provider_codes(self) -> Ints:
        return codes_of(self._placements.table["provider_id"], self._providers)

    def _named_provider(self, code: int) -> str | None:
        return self._providers[code] if code >= 0 else None

    @cached_property
    def _area_factors(self) -> Ints:
        areas = self.framework.area_costs
        at = codes_of(self._placements.table["area"], list(areas))
        factors = np.array([*(area.factor_millionths for area in areas.values()), -1], np.int64)
        return factors[at]

    def _in_range(self, area: str, level: int | None) -> int | None:
        """A level that this version knows; one above its highest is another version's, and blank here."""
        highest = next(a.highest_level for a in self.framework.header.need_areas if a.code == area)
        return level if level is not None and level <= highest else None

    def _panel_bands(self, index: Mapping[str, int]) -> Ints:
        band = self._placements.table["band"]
        known = band.replace_strict(list(index), list(index.values()), default=OTHER_VERSION, return_dtype=pl.Int64)
        return pl.select(pl.when(band.is_null()).then(BLANK_BAND).otherwise(known).alias("band"))["band"].to_numpy()

    def _permitted(self, provision: Ints, band: Ints) -> Mask:
        provisions = list(vocabulary().provisions)
        first, which = distinct(provision, band)
        lists = self.framework.header.banding.permitted
        allowed = [
            provisions[provision[at]] not in lists
            if band[at] == OTHER_VERSION
            else banding.is_permitted(self.framework, provisions[provision[at]], self.band_name(int(band[at])))
            for at in first
        ]
        return np.array(allowed, bool)[which]
