"""From a band to an annual price: the tariff row that fits, the top-up, uplifts and limits.

Each step stands twice: for one placement in plain integers, and for arrays of placements. Amounts are pence a
year for one child; factors are millionths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from tariff_engine import money
from tariff_engine.framework import NO_BAND, Framework, PlaceRate, Tariff, Uplift
from tariff_engine.money import Ints
from tariff_engine.vocabulary import vocabulary

Mask = npt.NDArray[np.bool_]
COMMISSIONED_UNITS = ("week", "day")


class TariffTable:
    """The tariff rows of a version, found by what they fit, the most specific first."""

    def __init__(self, framework: Framework) -> None:
        self._rows = {tariff.key: tariff for tariff in framework.tariffs}
        self._with_phase = {tariff.key[:3] for tariff in framework.tariffs if tariff.phase}

    def find(self, provision: str, provider_id: str | None, band: str | None, phase: str | None) -> Tariff | None:
        """The most specific row that fits: a provider beats a band, a band beats a phase; blank fits all.

        ``none`` and a missing band fit only rows with a blank band, a missing phase only rows without one.
        """
        named_band = "" if band is None or band == NO_BAND else band
        for key in product((provision,), _choices(provider_id), _choices(named_band), _choices(phase)):
            if (row := self._rows.get(key)) is not None:
                return row
        return None

    def would_fit_with_phase(self, provision: str, provider_id: str | None, band: str | None) -> bool:
        """Whether some row fits but for its phase."""
        named_band = "" if band is None or band == NO_BAND else band
        return any(
            key in self._with_phase for key in product((provision,), _choices(provider_id), _choices(named_band))
        )


def quantity_factors(framework: Framework, tariff: Tariff, hours: int | None) -> tuple[int, ...] | None:
    """What a rate is multiplied by for a full year, in millionths, fte apart; None if hours are missing."""
    header = framework.header
    if tariff.unit == "year":
        return ()
    if tariff.unit == "day":
        return (_given(header.days_per_year),)
    if tariff.unit == "week":
        return (_given(header.weeks_per_year),)
    return None if hours is None else (hours, _given(header.weeks_per_year))


def annual_top_up(framework: Framework, tariff: Tariff, fte: int, hours: int | None, area_cost: int) -> int | None:
    """rate x quantity x area cost x fte, rounded once; an hourly rate leaves fte out.

    None where the row has no rate or the hours are missing.
    """
    quantity = quantity_factors(framework, tariff, hours)
    if tariff.rate_pence is None or quantity is None:
        return None
    part = () if tariff.unit == "hour" else (fte,)
    return money.multiply(tariff.rate_pence, *quantity, area_cost, *part)


def commissioned_amount(tariff: Tariff, units: int, area_cost: int, fte: int) -> int:
    """rate x units x area cost x fte for a spell bought by the week or the day, rounded once."""
    return money.multiply(_given(tariff.rate_pence), units, area_cost, fte)


def uplift_amount(uplift: Uplift, fte: int, top_up: int) -> int:
    """An amount scaled by fte, or a percentage of the annual top-up; rounded once."""
    if uplift.kind == "amount":
        return money.multiply(uplift.value, fte)
    return money.round_half_away(top_up * uplift.value, 100 * money.MILLION)


def limit_at(limit: int | None, fte: int) -> int | None:
    """A limit for a full-time child, scaled to this one's fte and rounded once."""
    return None if limit is None else money.multiply(limit, fte)


def apply_limits(tariff: Tariff, price: int, fte: int, overridden: bool) -> tuple[int, int]:
    """Lift a price to the minimum and cut it to the maximum.

    Returns
    -------
    What is payable, and what was cut. An override lifts the maximum.
    """
    minimum, maximum = limit_at(tariff.minimum_pence, fte), limit_at(tariff.maximum_pence, fte)
    payable = price if minimum is None else max(price, minimum)
    if maximum is None or overridden or payable <= maximum:
        return payable, 0
    return maximum, payable - maximum


def is_commissioned(tariff: Tariff) -> bool:
    """Whether a row with units on the placement is bought by the week or the day."""
    return tariff.unit in COMMISSIONED_UNITS and tariff.price_basis == "tariff"


def place_rate(framework: Framework, provision: str, phase: str | None) -> PlaceRate | None:
    """The rate of a child's place: occupied, else commissioned; None where there is none or no phase."""
    if phase is None:
        return None
    places = vocabulary().phases[phase].places
    rates = {r.occupancy: r for r in framework.place_rates if r.provision == provision and r.phase == places}
    return rates.get("occupied") or rates.get("commissioned")


def split_uplifts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Uplift codes of a cell, each once and in order; and the ones that were repeated."""
    codes = [code.strip() for code in text.split(";") if code.strip()]
    times = Counter(codes)
    return tuple(times), tuple(code for code, number in times.items() if number > 1)


@dataclass(frozen=True)
class TariffColumns:
    """The tariff rows of a version as columns, for gathering by row index; a blank is -1.

    A last row on top of these is blank all through: it is what the index -1, no row, gathers.

    Attributes
    ----------
    yearly : the quantity of a year that the version sets. [millionths]
    base : rate x that quantity where it is whole, which it nearly always is; else -1. [pence a year]
    """

    tariffs: tuple[Tariff, ...]
    rate: Ints
    minimum: Ints
    maximum: Ints
    yearly: Ints
    base: Ints
    by_hour: Mask
    whole_area: Mask
    agreed: Mask
    commissioned: Mask

    @classmethod
    def of(cls, framework: Framework) -> TariffColumns:
        """Lay out the version's rows."""
        rows = framework.tariffs
        yearly = [
            (quantity_factors(framework, t, money.MILLION) or (money.MILLION,))[-1]
            if t.rate_pence is not None
            else money.MILLION
            for t in rows
        ]
        bases = [
            -1 if t.rate_pence is None or quantity % money.MILLION else t.rate_pence * (quantity // money.MILLION)
            for t, quantity in zip(rows, yearly, strict=True)
        ]
        return cls(
            rows,
            rate=_ints([*(_blank(t.rate_pence) for t in rows), -1]),
            minimum=_ints([*(_blank(t.minimum_pence) for t in rows), -1]),
            maximum=_ints([*(_blank(t.maximum_pence) for t in rows), -1]),
            yearly=_ints([*yearly, money.MILLION]),
            base=_ints([*bases, -1]),
            by_hour=_mask([*(t.unit == "hour" for t in rows), False]),
            whole_area=_mask([*(not t.area_cost for t in rows), True]),
            agreed=_mask([*(t.price_basis == "agreed" for t in rows), False]),
            commissioned=_mask([*(is_commissioned(t) for t in rows), False]),
        )

    @cached_property
    def limited(self) -> bool:
        """Whether some row has a limit."""
        return bool((self.minimum >= 0).any() or (self.maximum >= 0).any())


def annual_top_ups(columns: TariffColumns, row: Ints, fte: Ints, hours: Ints, area_cost: Ints) -> Ints:
    """``annual_top_up`` for arrays; every row has a rate and, where it is by the hour, hours.

    With P = base x area cost and q, r = divmod(P, 10^6), what is to be rounded is q x own + r x own / 10^6, in
    millionths. Leaving off what is below a millionth of a penny can't move a figure over a half. By the bounds of
    rates, areas, weeks, days and hours every product stays in 64 bits.
    """
    by_hour, base = np.take(columns.by_hour, row), np.take(columns.base, row)
    own = np.where(by_hour, hours, fte)
    if len(area_cost) and (area_cost == money.MILLION).all():
        product = base * own
    else:
        pence, rest = np.divmod(base * area_cost, money.MILLION)
        product = pence * own + rest * own // money.MILLION
    result: Ints = (product + money.MILLION // 2) // money.MILLION
    parts = np.flatnonzero(base < 0)
    if len(parts):
        at = row[parts]
        factors = (columns.yearly[at], own[parts], area_cost[parts])
        result[parts] = money.multiply_arrays(columns.rate[at], *factors)
    return result


def uplift_amounts(uplift: Uplift, fte: Ints, top_up: Ints) -> Ints:
    """``uplift_amount`` for arrays; top-ups are at most the largest year, so the product stays in 64 bits."""
    if uplift.kind == "amount":
        return money.round_half_away_array(fte * uplift.value, money.MILLION)
    return money.round_half_away_array(top_up * uplift.value, 100 * money.MILLION)


def limits_applied(columns: TariffColumns, row: Ints, price: Ints, fte: Ints, overridden: Mask) -> tuple[Ints, Ints]:
    """``apply_limits`` for arrays."""
    minimum, maximum = np.take(columns.minimum, row), np.take(columns.maximum, row)
    half = money.MILLION // 2
    payable = np.where(minimum >= 0, np.maximum(price, (minimum * fte + half) // money.MILLION), price)
    at_maximum = (maximum * fte + half) // money.MILLION
    over = np.where((maximum >= 0) & ~overridden, np.maximum(payable - at_maximum, 0), 0)
    return payable - over, over


def _choices(value: str | None) -> Sequence[str]:
    return (value, "") if value else ("",)


def _given(value: int | None) -> int:
    if value is None:
        raise ValueError("a value that the framework's checks require is missing")
    return value


def _blank(value: int | None) -> int:
    return -1 if value is None else value


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def _mask(values: Sequence[bool]) -> Mask:
    return np.array(values, bool)
