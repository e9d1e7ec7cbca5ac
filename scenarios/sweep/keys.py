"""The distinct prices of a caseload: children who are priced alike whatever the rates are, found once.

Everything that is rounded for one child is in a key: the tariff row, fte and hours, the area factor, the agreed price,
uplifts, an override, the units of a spell, and the part of the year. So a key's pence are a function of the rates
alone, and what a variant costs is a sum of keys' pence times numbers of children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tariff_engine.encoding import OVERRIDE_BY, OVERRIDE_REASON
from tariff_engine.instalments import YearWeights, day_number, month_instalments, spell_instalments
from tariff_engine.job import NO_PRICE, Job, Priced, Said
from tariff_engine.lookups import distinct
from tariff_engine.money import MILLION, Ints
from tariff_engine.pricing import Mask

_BOTH = OVERRIDE_BY + OVERRIDE_REASON
_BY_RATES = Said.TOP_UP_TOO_LARGE | Said.YEAR_TOO_LARGE | Said.SPELL_TOO_LARGE
"""What leaves a stint without a price under some rates and not under others."""
_WHOLE_YEAR = -1
_ANNUAL = ("tariff", "fte", "hours", "area", "agreed", "uplifts", "overridden", "units")
_SHARE = ("piece", "start", "end", "spell_start", "spell_end")


@dataclass(frozen=True)
class Piece:
    """Days that are priced, inside one year of the version's basis, or of spells bought by the unit.

    Attributes
    ----------
    weights : of the year; None for spells. first, last : of the parts of the days that are rounded each.
    """

    weights: YearWeights | None
    first: Ints
    last: Ints

    def shares(self, amounts: Ints, start: Ints, end: Ints, spell_start: Ints, spell_end: Ints) -> Ints:
        """What falls into the days, of the annual prices of stints or of the amounts of spells. [pence]"""
        if self.weights is None:
            parts = spell_instalments(amounts, spell_start, spell_end, start, end, self.first, self.last)
        else:
            parts = month_instalments(amounts, self.weights, start, end, self.first, self.last)
        total: Ints = parts.sum(axis=1)
        return total


@dataclass(frozen=True)
class AnnualKeys:
    """Distinct annual prices of a child, as columns; for spells by the unit, distinct amounts of a spell.

    Attributes
    ----------
    tariff : row of ``tariffs.csv``. fte, hours, area, units : [millionths]; units are -1 but for spells.
    agreed : the price agreed for the child where it stands in place of the rate, else -1. [pence a year]
    uplifts : index into a list of uplift codes. overridden : 1 where the maximum is lifted.
    """

    tariff: Ints
    fte: Ints
    hours: Ints
    area: Ints
    agreed: Ints
    uplifts: Ints
    overridden: Ints
    units: Ints

    def __len__(self) -> int:
        return len(self.tariff)

    def at(self, some: slice) -> AnnualKeys:
        """Some of the keys."""
        return AnnualKeys(**{name: getattr(self, name)[some] for name in _ANNUAL})

    def for_each(self, variants: int, rows: int) -> AnnualKeys:
        """Each key once for each variant; variant v has its tariff rows ``rows`` x v further down."""
        repeated = {name: np.repeat(getattr(self, name), variants) for name in _ANNUAL}
        repeated["tariff"] += np.tile(np.arange(variants) * rows, len(self))
        return AnnualKeys(**repeated)


@dataclass(frozen=True)
class Keys:
    """The distinct prices of a caseload.

    Attributes
    ----------
    annual : distinct annual prices. codes : uplift codes that its ``uplifts`` point at.
    which : the annual price of each key.
    piece : index into ``pieces``, or -1 where the whole annual price falls into the days.
    start, end, spell_start, spell_end : the stint and the spell that a key is shared over. [day numbers]
    """

    annual: AnnualKeys
    codes: Sequence[tuple[str, ...]]
    which: Ints
    pieces: Sequence[Piece]
    piece: Ints
    start: Ints
    end: Ints
    spell_start: Ints
    spell_end: Ints

    def __len__(self) -> int:
        return len(self.which)


class Gathered:
    """Stints of one period after another, and the keys that all of them come down to."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, ...], int] = {(): 0}
        self._pieces: list[Piece] = []
        self._parts: list[dict[str, Ints]] = []
        self._kinds = 0

    def add(self, job: Job, priced: Priced, at: Ints) -> Ints:
        """Add the stints ``at`` of a period, each under a tariff row; the kind of each, for ``keys``."""
        columns = self._annual(job, priced, at) | self._share(job, priced, at)
        first, which = distinct(*columns.values())
        self._parts.append({name: column[first] for name, column in columns.items()})
        kinds = which + self._kinds
        self._kinds += len(first)
        return kinds

    def keys(self) -> tuple[Keys, Ints]:
        """The keys, and the key of each kind."""
        column = {
            name: np.concatenate([np.zeros(0, np.int64), *(part[name] for part in self._parts)])
            for name in (*_ANNUAL, *_SHARE)
        }
        first, annual = distinct(*(column[name] for name in _ANNUAL))
        once, which = distinct(annual, *(column[name] for name in _SHARE))
        keys = Keys(
            AnnualKeys(**{name: column[name][first] for name in _ANNUAL}),
            list(self._codes),
            annual[once],
            self._pieces,
            **{name: column[name][once] for name in _SHARE},
        )
        return keys, which

    def _annual(self, job: Job, priced: Priced, at: Ints) -> dict[str, Ints]:
        """The columns of an annual price; what it doesn't depend on is the same for all."""
        (rules,), caseload = job.rules, job.caseload
        columns, rows, tariff, by_unit = (
            rules.version.columns,
            job.stints.row[at],
            priced.tariff[at],
            priced.by_unit[at],
        )
        agreed = np.where(columns.agreed[tariff], caseload.agreed_price[rows], -1)
        formula = (agreed < 0) & (columns.rate[tariff] >= 0)
        by_hour = formula & columns.by_hour[tariff]
        uplifts = np.where(by_unit, 0, self._uplifts(job, rows))
        limited = ~by_unit & ((columns.minimum[tariff] >= 0) | (columns.maximum[tariff] >= 0))
        by_fte = (formula & ~by_hour) | (uplifts > 0) | limited
        return {
            "tariff": tariff,
            "fte": np.where(by_fte, caseload.fte[rows], MILLION),
            "hours": np.where(by_hour, caseload.support_hours[rows], 0),
            "area": np.where(formula & ~columns.whole_area[tariff], rules.area_factor(rows), MILLION),
            "agreed": agreed,
            "uplifts": uplifts,
            "overridden": (limited & (caseload.override[rows] == _BOTH)).astype(np.int64),
            "units": np.where(by_unit, caseload.units[rows], -1),
        }

    def _uplifts(self, job: Job, rows: Ints) -> Ints:
        """A number for the codes that each placement's uplifts add; 0 for none."""
        (rules,) = job.rules
        if not job.caseload.uplifts.names:
            return np.zeros(len(rows), np.int64)
        cell = rules.uplift_cell(rows)
        numbers = [self._codes.setdefault(read.added, len(self._codes)) for read in rules.uplift_cells]
        return np.array(numbers, np.int64)[cell]

    def _share(self, job: Job, priced: Priced, at: Ints) -> dict[str, Ints]:
        """The columns of the part of a year that falls into the period."""
        caseload, stints = job.caseload, job.stints
        rows, segment, start, end = stints.row[at], stints.segment[at], stints.start[at], stints.end[at]
        column = {"piece": np.full(len(at), _WHOLE_YEAR), "start": start.copy(), "end": end.copy()}
        column |= {"spell_start": np.zeros(len(at), np.int64), "spell_end": np.zeros(len(at), np.int64)}
        by_unit = priced.by_unit[at]
        first, last = day_number(job.period.start), day_number(job.period.end)
        days = np.array([first], np.int64), np.array([last], np.int64)
        if by_unit.any():
            column["piece"][by_unit] = len(self._pieces)
            column["spell_start"][by_unit] = caseload.start[rows[by_unit]]
            column["spell_end"][by_unit] = caseload.end[rows[by_unit]]
            self._pieces.append(Piece(None, *days))
        for index, part in enumerate(job.segments):
            here = ~by_unit & (segment == index)
            if part.year is None or not here.any():
                continue
            weights = job.versions[part.version].weights(part.year)
            # A stint's instalments inside the period are a difference of two running figures, so they are one part;
            # where the last month takes the rest, each month is rounded by itself.
            months = job.compiled.month_days if weights.last_takes_rest else days
            whole = here & _is_whole(weights, start, end, first, last)
            column["piece"][here & ~whole] = len(self._pieces)
            column["start"][whole], column["end"][whole] = 0, 0
            self._pieces.append(Piece(weights, *months))
        return column


def known_whatever_the_rates(priced: Priced) -> Mask:
    """Which stints have a price, if the rates leave it within its bounds."""
    known: Mask = (priced.said & np.int32(NO_PRICE & ~_BY_RATES)) == 0
    return known


def _is_whole(weights: YearWeights, start: Ints, end: Ints, first: int, last: int) -> Mask:
    """Which stints have all of a year's weight, all of it inside the period."""
    before, after = weights.upto(np.maximum(start, first) - 1), weights.upto(np.minimum(end, last))
    whole: Mask = (before == 0) & (after == weights.whole)
    return whole & ((start >= first) & (end <= last)) if weights.last_takes_rest else whole
