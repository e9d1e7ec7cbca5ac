"""A framework version as dense tables, and as it applies to a caseload: the only place where rules become numbers.

Every table is filled by calling the plain steps of banding.py, pricing.py and uplifting.py, once for each
combination of codes that comes up, and kept for as long as the version is.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np

from tariff_engine import banding, pricing
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.encoding import EncodedCaseload, Mask
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.instalments import YearWeights, year_weights
from tariff_engine.lookups import Codes, Lookup, picked
from tariff_engine.money import Ints
from tariff_engine.uplifting import UpliftCell
from tariff_engine.vocabulary import vocabulary

NONE_REACHED = -1
BLANK_BAND = -2
OTHER_VERSION = -3
NO_ROW = -1
_BAND_CODES_FROM = -OTHER_VERSION
At = Ints | slice
"""Which placements or stints: their places, or an unbroken run of them."""


class CompiledVersion:
    """One version's rules as tables."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self.columns = pricing.TariffColumns.of(framework)
        self.provisions, self.needs = list(vocabulary().provisions), list(vocabulary().need_codes)
        self.areas = {area.code: area.highest_level for area in framework.header.need_areas}
        self.band_codes = [band.code for band in framework.bands]
        self.providers = {
            name: at for at, name in enumerate(dict.fromkeys(t.provider_id for t in framework.tariffs if t.provider_id))
        }
        self.area_factors = {code: area.factor_millionths for code, area in framework.area_costs.items()}
        self._named_providers = list(self.providers)
        self._phases = list(vocabulary().phases)
        self._table = pricing.TariffTable(framework)
        self._row_of = {tariff.key: index for index, tariff in enumerate(framework.tariffs)}
        self._band_index = {code: at for at, code in enumerate(self.band_codes)} | {NO_BAND: NONE_REACHED}
        self._weights: dict[date, YearWeights] = {}

    @property
    def band_index(self) -> dict[str, int]:
        """The number of each band, and of ``none``."""
        return self._band_index

    def band_name(self, band: int) -> str | None:
        """The code of a band by its index; None for a blank one."""
        if band == NONE_REACHED:
            return NO_BAND
        return self.band_codes[band] if band >= 0 else None

    def weights(self, year: tuple[date, date]) -> YearWeights:
        """The weights of the days of a year of the version's basis."""
        if year[0] not in self._weights:
            self._weights[year[0]] = year_weights(self.framework, *year)
        return self._weights[year[0]]

    @cached_property
    def need_columns(self) -> list[str]:
        """The columns that an assessment may miss, in the order of the bits that say so."""
        return ["primary_need", *(NEED_PREFIX + area for area in self.areas)]

    @property
    def assesses(self) -> bool:
        """Whether the version's rule makes a band of needs."""
        return self.framework.header.banding.rule != "assigned"

    @property
    def by_primary_need(self) -> bool:
        """Whether the rule looks at the primary need."""
        return self.framework.header.banding.rule == "primary_need"

    @cached_property
    def _classes(self) -> list[tuple[str, bool]]:
        """Provisions that the banding rule treats alike: one of each kind, and whether it needs levels."""
        return list(self._class_members)

    @cached_property
    def _class_members(self) -> dict[tuple[str, bool], list[str]]:
        shifts = self.framework.header.banding.provision_shift
        kinds: dict[tuple[int, bool], list[str]] = {}
        for code in self.provisions:
            kinds.setdefault((shifts.get(code, 0), banding.needs_are_required(self.framework, code)), []).append(code)
        return {(members[0], required): members for (_, required), members in kinds.items()}

    @cached_property
    def provision_class(self) -> Ints:
        """The class of each provision, as the assessment's first code."""
        of = {code: at for at, members in enumerate(self._class_members.values()) for code in members}
        return np.array([of[code] for code in self.provisions], np.int64)

    @cached_property
    def assessment(self) -> Lookup:
        """From a class of provision, a primary need where the rule looks at it, and a level code for each area.

        Answers the assessed band, and bits of ``need_columns`` that are blank and needed.
        """
        need = [len(self.needs) + 1] if self.by_primary_need else []
        return Lookup([len(self._classes), *need, *(highest + 2 for highest in self.areas.values())], self._assess, 2)

    def _assess(self, kind: int, *codes: int) -> tuple[int, int]:
        provision, required = self._classes[kind]
        need, levels = (codes[0], codes[1:]) if self.by_primary_need else (len(self.needs), codes)
        given = {area: (code - 1 if code else None) for area, code in zip(self.areas, levels, strict=True)}
        primary = self.needs[need] if need < len(self.needs) else None
        found = banding.assess(self.framework, provision, given, primary)
        if found.band is not None:
            return self._band_index[found.band], 0
        bits = sum(1 << self.need_columns.index(name) for name in found.missing) if required else 0
        return BLANK_BAND, bits

    @cached_property
    def fitting(self) -> Lookup:
        """From provision, named provider, band (plus three) and phase (plus one).

        Answers the tariff row; whether the phase is blank and a row with a phase would fit; whether the provision may
        not have the band; and the rate of the child's place, or -1. [pence]
        """
        sizes = (
            len(self.provisions),
            len(self.providers) + 1,
            len(self.band_codes) + _BAND_CODES_FROM,
            len(self._phases) + 1,
        )
        return Lookup(sizes, self._fit, 4)

    def _fit(self, provision: int, provider: int, band: int, phase: int) -> tuple[int, int, int, int]:
        code, named = self.provisions[provision], self._named_providers
        in_phase = self._phases[phase - 1] if phase else None
        name = self.band_name(band - _BAND_CODES_FROM)
        where = (code, named[provider] if provider < len(named) else None, name)
        row = self._table.find(*where, in_phase)
        phased = in_phase is None and self._table.would_fit_with_phase(*where)
        if band == 0:  # another version's band
            outside = code in self.framework.header.banding.permitted
        else:
            outside = not banding.is_permitted(self.framework, code, name)
        place = pricing.place_rate(self.framework, code, in_phase)
        found = NO_ROW if row is None else self._row_of[row.key]
        return found, int(phased), int(outside), -1 if place is None else place.rate_pence


class RulesForCaseload:
    """A version's rules for one caseload: its texts as the version numbers them, by row."""

    def __init__(self, version: CompiledVersion, caseload: EncodedCaseload) -> None:
        self.version, self.caseload = version, caseload
        self._panel = caseload.band.numbered(version.band_index, OTHER_VERSION, BLANK_BAND)
        self._provider = caseload.provider.numbered(version.providers, len(version.providers), len(version.providers))
        self._factor = caseload.area.numbered(version.area_factors, -1, -1)
        self.uplift_cells: list[UpliftCell] = []
        sizes = (len(caseload.uplifts.names) + 1, len(version.provisions))
        self._cells = Lookup(sizes, self._read_cell, 1)

    def assessed(self, rows: At) -> tuple[Ints, Ints]:
        """Each placement's assessed band, and the bits of the columns that are blank and needed."""
        version, caseload = self.version, self.caseload
        if not version.assesses:
            count = len(picked(caseload.provision, rows))
            return np.full(count, BLANK_BAND, np.int64), np.zeros(count, np.int64)
        codes: list[Codes] = [np.take(version.provision_class, picked(caseload.provision, rows))]
        if version.by_primary_need:
            codes.append(picked(caseload.primary_need, rows))
        for area, highest in version.areas.items():
            level = picked(caseload.level(area), rows)
            # A level above the version's highest is another version's, and blank here.
            too_high = caseload.highest_level_code.get(area, 0) > highest + 1
            codes.append(np.where(level > highest + 1, 0, level) if too_high else level)
        assessed, missing = version.assessment.find(*codes)
        return assessed, missing

    def band(self, rows: At) -> Ints:
        """The band that prices each placement: the panel's, which is final, else the assessed one."""
        panel = self.panel(rows)
        return np.where(panel != BLANK_BAND, panel, self.assessed(rows)[0])

    def fit(self, rows: At, band: Ints, phase: Ints) -> tuple[Ints, Mask, Mask, Ints]:
        """What ``CompiledVersion.fitting`` answers for placements in a band and phase."""
        codes = (picked(self.caseload.provision, rows), self.provider(rows), band + _BAND_CODES_FROM, phase + 1)
        row, phased, outside, place = self.version.fitting.find(*codes)
        return row, phased.astype(bool), outside.astype(bool), place

    def panel(self, rows: At) -> Ints:
        """The band that each placement's panel gave."""
        return _named(self._panel, self.caseload.band.codes, rows)

    def provider(self, rows: At) -> Ints:
        """The index of each placement's provider among the ones that tariffs name."""
        return _named(self._provider, self.caseload.provider.codes, rows)

    def area_factor(self, rows: At) -> Ints:
        """The area cost of each placement's area, or -1 where none is known. [millionths]"""
        return _named(self._factor, self.caseload.area.codes, rows)

    def uplift_cell(self, rows: At) -> Ints:
        """The index in ``uplift_cells`` of each placement's uplifts."""
        caseload = self.caseload
        (cell,) = self._cells.find(picked(caseload.uplifts.codes, rows), picked(caseload.provision, rows))
        return cell

    def _read_cell(self, text: int, provision: int) -> tuple[int]:
        names, code = self.caseload.uplifts.names, self.version.provisions[provision]
        written = names[text] if text < len(names) else ""
        self.uplift_cells.append(UpliftCell.read(written, code, self.version.framework.uplifts))
        return (len(self.uplift_cells) - 1,)


def _named(numbers: Ints, codes: Codes, rows: At) -> Ints:
    of_rows = picked(codes, rows)
    return np.full(len(of_rows), numbers[0], np.int64) if len(numbers) == 1 else np.take(numbers, of_rows)
