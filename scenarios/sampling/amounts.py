"""What rates ask for beside a band: agreed prices, hours, units and additions. Amounts are whole pounds a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scenarios.sampling.assumptions import Range, assumptions
from scenarios.sampling.children import Children, need_codes
from scenarios.sampling.draws import Draws, Mask
from scenarios.sampling.prices import NO_RATE, Rates
from scenarios.sampling.setting import Setting
from scenarios.sampling.spells import FULL_TIME, OPEN, Spells
from tariff_engine.framework import Tariff
from tariff_engine.money import PENCE, Ints
from tariff_engine.pricing import COMMISSIONED_UNITS

BLANK = -1


@dataclass(frozen=True)
class Amounts:
    """One entry a row; BLANK where there is nothing.

    Attributes
    ----------
    agreed, care, health : pounds a year. half_hours : half hours of support a week. units : weeks or days bought.
    uplifts : codes with semicolons, empty for none. overridden : whether a maximum was lifted.
    """

    agreed: Ints
    overridden: Mask
    half_hours: Ints
    units: Ints
    uplifts: list[str]
    care: Ints
    health: Ints


def draw_amounts(children: Children, spells: Spells, rates: Rates, setting: Setting, draws: Draws) -> Amounts:
    """Invent what each row's rate asks for."""
    size = len(children)
    tariffs = setting.latest.tariffs
    agreed, overridden = _agreed(spells, rates, tariffs, draws)
    units = _units(children, spells, rates, setting, draws)
    by_hour = _of(rates, [tariff.unit == "hour" for tariff in tariffs]) & (agreed == BLANK)
    hours = assumptions().support_hours
    half_hours = hours.low + draws.below("hours", hours.width, size)
    shared = np.array([share.shared for share in setting.provisions], bool)[children.provision]
    shares = assumptions().shares
    return Amounts(
        agreed,
        overridden,
        np.where(by_hour, half_hours, BLANK),
        units,
        _uplifts(children, units, rates, setting, draws),
        _contribution("care", assumptions().care_pounds, shared, shares.care_per_mille, draws),
        _contribution("health", assumptions().health_pounds, shared, shares.health_per_mille, draws),
    )


def _agreed(spells: Spells, rates: Rates, tariffs: tuple[Tariff, ...], draws: Draws) -> tuple[Ints, Mask]:
    """Agreed prices around the rate, or within the limits where there is none; some above the maximum."""
    shares, percents = assumptions().shares, assumptions().agreed_percent
    size = len(rates.tariff)
    is_agreed = _of(rates, [tariff.price_basis == "agreed" for tariff in tariffs])
    around = _pounds(rates, [_middle(tariff) for tariff in tariffs])
    free = assumptions().agreed_without_rate
    around = np.where(around == BLANK, free.low + draws.below("agreed", free.width, size), around)
    percent = np.array([int(key) for key in percents], np.int64)
    price = around * percent[draws.choose("percent", list(percents.values()), size)] // 100
    maximum = _pounds(rates, [tariff.maximum_pence for tariff in tariffs])
    limited = np.flatnonzero(is_agreed & (maximum != BLANK))[:2]
    # Two at least are above the maximum, so that a limit and an override can be seen in every sample.
    price[limited] = maximum[limited] * 108 // 100
    above = is_agreed & (maximum != BLANK) & (price > maximum)
    overridden = above & draws.hits("override", shares.override_per_mille, size)
    overridden[limited[:1]] = True
    price = price * spells.fte // FULL_TIME
    has_rate = _pounds(rates, [tariff.rate_pence for tariff in tariffs]) != BLANK
    estimated = has_rate & ~above & draws.hits("estimated", shares.estimated_per_mille, size)
    return np.where(is_agreed & ~estimated, price, BLANK), overridden


def _middle(tariff: Tariff) -> int | None:
    """The rate, or what stands for it where there is none: below the maximum, or well above the minimum."""
    if tariff.rate_pence is not None:
        return tariff.rate_pence
    if tariff.maximum_pence is not None:
        return tariff.maximum_pence * 4 // 5
    return None if tariff.minimum_pence is None else tariff.minimum_pence * 2


def _units(children: Children, spells: Spells, rates: Rates, setting: Setting, draws: Draws) -> Ints:
    """Weeks or days bought in short spells, in school weeks: three in four of the calendar's."""
    units = np.full(len(children), BLANK, np.int64)
    tariffs = setting.latest.tariffs
    by_unit = _of(rates, [t.unit in COMMISSIONED_UNITS and t.price_basis == "tariff" for t in tariffs])
    by_day = _of(rates, [tariff.unit == "day" for tariff in tariffs])
    for index, share in enumerate(setting.provisions):
        profile = assumptions().spells[share.spells]
        short = (children.provision == index) & by_unit & (spells.weeks > 0) & (spells.end != OPEN)
        at = np.flatnonzero(short)
        named = draws.hits_percent(f"units {share.code}", profile.units_percent, len(at))
        days = draws.choose(f"days {share.code}", profile.days_a_week, len(at)) + 1
        weeks = np.maximum(spells.weeks[at] * 3 // 4, 1)
        units[at] = np.where(named, weeks * np.where(by_day[at], days, 1), BLANK)
    return units


def _uplifts(children: Children, units: Ints, rates: Rates, setting: Setting, draws: Draws) -> list[str]:
    """Additions of the version that the provision may have and the need makes sense of."""
    shares, size = assumptions().shares, len(children)
    chosen = [""] * size
    hit = draws.hits("uplift", shares.uplift_per_mille, size) & (units == BLANK) & (rates.tariff != NO_RATE)
    second = draws.hits("second uplift", shares.second_uplift_per_mille, size)
    which, other = draws.below("which uplift", 1 << 20, size), draws.below("other uplift", 1 << 20, size)
    codes = _uplifts_by_child(setting)
    for row in np.flatnonzero(hit):
        allowed = codes[int(children.provision[row]), int(children.need[row])]
        if not allowed:
            continue
        at = int(which[row]) % len(allowed)
        chosen[row] = allowed[at]
        if second[row] and len(allowed) > 1:
            beside = (at + 1 + int(other[row]) % (len(allowed) - 1)) % len(allowed)
            chosen[row] += f";{allowed[beside]}"
    return chosen


def _uplifts_by_child(setting: Setting) -> Mapping[tuple[int, int], list[str]]:
    """The codes that fit, by provision and need."""
    only_for = assumptions().uplifts_only_for
    return {
        (provision, need): [
            uplift.code
            for uplift in setting.latest.uplifts.values()
            if (not uplift.provisions or share.code in uplift.provisions) and code in only_for.get(uplift.code, (code,))
        ]
        for provision, share in enumerate(setting.provisions)
        for need, code in enumerate(need_codes())
    }


def _contribution(name: str, pounds: Range, shared: Mask, per_mille: int, draws: Draws) -> Ints:
    size = len(shared)
    hit = shared & draws.hits(name, per_mille, size)
    return np.where(hit, pounds.low + draws.below(f"{name} pounds", pounds.width, size), BLANK)


def _of(rates: Rates, flags: list[bool]) -> Mask:
    """A fact of each row's rate; false where it has none."""
    return np.array([*flags, False], bool)[rates.tariff]


def _pounds(rates: Rates, pence: list[int | None]) -> Ints:
    """An amount of each row's rate in whole pounds, or BLANK."""
    values = [BLANK if amount is None else amount // PENCE for amount in pence]
    return np.array([*values, BLANK], np.int64)[rates.tariff]
