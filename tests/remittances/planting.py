"""Remittances with mistakes planted in them, worked out from published figures alone.

Nothing of the engine or of the check is imported: amounts are made in exact fractions by the rules as they are written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

FIRST, LAST = date(2025, 4, 1), date(2026, 3, 31)
PERIOD = "FY2025-26"
AREA_COST = Fraction("1.021330")
RATES = {"B1": 450001, "B2": 812300, "B3": 1213200, "B4": 2000000, "B5": 2612345}
LAST_YEAR = {"B1": 441000, "B2": 799950, "B3": 1180000, "B4": 1955500, "B5": 2550000}
MAXIMUM = 4000000
ONE_DAY = timedelta(days=1)

TOML = """\
id = "planted"
version = "{version}"
title = "A framework for planted remittances"
publisher = "Example County Council"
jurisdiction = "878"
legal_status = "{status}"
effective_from = {first}
effective_to = {last}
year_basis = "financial"

[[sources]]
id = "s"
title = "By hand"
publisher = "Example County Council"
url = "https://www.example.gov.uk/bands"
last_checked_on = 2025-03-31

[banding]
rule = "assigned"
"""


def framework_files(rates: Mapping[str, int], version: str, status: str, first: date, last: date) -> dict[str, str]:
    """The files of a version with these rates."""
    bands = "".join(f"{band},{order},Band {order},,,,s\n" for order, band in enumerate(rates, start=1))
    tariffs = "".join(f"special,,{band},,tariff,year,{pounds(rate)},,,yes,s\n" for band, rate in rates.items())
    return {
        "framework.toml": TOML.format(version=version, status=status, first=first, last=last),
        "bands.csv": f"band,order,title,minimum_score,level,descriptor,source_id\n{bands}",
        "tariffs.csv": "provision,provider_id,band,phase,price_basis,unit,rate,minimum,maximum,area_cost,source_id\n"
        f"{tariffs}nmss,,,,agreed,,,,{pounds(MAXIMUM)},no,s\n",
        "area_costs.csv": "la_code,factor,source_id\n878,1.021330,s\n",
    }


@dataclass(frozen=True)
class Spell:
    """A placement as its school has it."""

    placement_id: str
    child_id: str
    band: str
    start: date
    end: date | None
    fte: Fraction = Fraction(1)
    agreed: int | None = None


@dataclass(frozen=True)
class Planted:
    """A mistake: the reason that should be given, its value where there is one, and the windows that it is in."""

    child_id: str
    reason: str
    windows: tuple[int, ...]
    value: str = ""


@dataclass
class Remittance:
    """Placements, what was paid for them by window, and what is wrong with it."""

    spells: list[Spell]
    ends: list[date]
    payments: list[tuple[str, str, int, int]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    def own(self, child: str) -> list[Spell]:
        """A child's spells."""
        return [spell for spell in self.spells if spell.child_id == child]

    def due(self, child: str, **how: Any) -> list[int]:
        """What is due for a child in each window."""
        return total([paid_for(spell, self.ends, **how) for spell in self.own(child)], len(self.ends))

    def paid(self, child: str) -> list[int]:
        """What was paid for a child in each window."""
        sums = [0] * len(self.ends)
        for _, name, window, pence in self.payments:
            if name == child:
                sums[window] += pence
        return sums


def pounds(pence: int) -> str:
    """Pence as plain pounds."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def half_away(value: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    size = (2 * abs(value) + 1) // 2
    return -int(size) if value < 0 else int(size)


def annual(
    spell: Spell,
    rates: Mapping[str, int] = RATES,
    *,
    band: str = "",
    area: bool = True,
    limit: bool = True,
    fte: Fraction | None = None,
) -> int:
    """What a full year of a spell costs, or would if something were otherwise."""
    part = spell.fte if fte is None else fte
    if spell.agreed is not None:
        most = half_away(MAXIMUM * part)
        return min(spell.agreed, most) if limit else spell.agreed
    return half_away(rates[band or spell.band] * (AREA_COST if area else 1) * part)


def paid_for(spell: Spell, ends: Sequence[date], **how: Any) -> list[int]:
    """What a spell comes to in each window, by calendar days."""
    price = annual(spell, **how)
    start, end = max(spell.start, FIRST), min(spell.end or LAST, LAST)
    running = [half_away(Fraction(price * max((min(last, end) - start).days + 1, 0), 365)) for last in ends]
    return [later - earlier for earlier, later in zip([0, *running], running, strict=False)]


def total(parts: Sequence[Sequence[int]], width: int) -> list[int]:
    """The sum of some rows."""
    return [sum(part[at] for part in parts) for at in range(width)]


def month_ends(months: int = 12) -> list[date]:
    """The last days of the first months of the year."""
    firsts = [date(2025 + (3 + at) // 12, (3 + at) % 12 + 1, 1) for at in range(months + 1)]
    return [first - ONE_DAY for first in firsts[1:]]


def four_weeks() -> list[date]:
    """The last days of thirteen payments every four weeks; the last one takes the day that is over."""
    ends = [FIRST + timedelta(days=28 * number - 1) for number in range(1, 14)]
    return [*ends[:-1], LAST]


def term_ends() -> list[date]:
    """The last days of the summer, the autumn and the spring."""
    return [date(2025, 8, 31), date(2025, 12, 31), LAST]


def spells_of(random_: random.Random, count: int) -> list[Spell]:
    """Children of whom some come, leave, or change band in the year."""
    spells: list[Spell] = []
    for number in range(count):
        child, band = f"CH-{random_.randrange(36**3):05d}{number:02d}", random_.choice(["B2", "B3", "B4"])
        fte = random_.choice([Fraction(1), Fraction(1), Fraction("0.6"), Fraction("0.5")])
        start = date(2024, 9, 1) if random_.random() < 0.6 else date(2025, 4, 2) + timedelta(days=random_.randrange(60))
        end = None if random_.random() < 0.6 else date(2025, 11, 3) + timedelta(days=random_.randrange(50))
        name = f"P{random_.randrange(10**4):04d}-{number:02d}"
        if number % 8 == 7:
            spells.append(Spell(name, child, "", start, end, fte, random_.randrange(5_000_000, 8_000_000)))
        elif number % 8 == 6:
            change = date(2025, 8, 10) + timedelta(days=random_.randrange(40))
            spells.append(Spell(f"{name}A", child, "B2", start, change - ONE_DAY, fte))
            spells.append(Spell(f"{name}B", child, "B4", change, end, fte))
        else:
            spells.append(Spell(name, child, band, start, end, fte))
    return spells


Plant = Callable[[Remittance, str, random.Random], "tuple[list[int], list[Planted]] | None"]


def plant(seed: int, ends: Sequence[date], *, mistakes: bool = True, children: int = 26) -> Remittance:
    """A remittance of some children; with mistakes every second child has one, of each kind in turn."""
    random_ = random.Random(seed)
    made = Remittance(spells_of(random_, children), list(ends))
    names = list(dict.fromkeys(spell.child_id for spell in made.spells))
    kinds = list(PLANTS)
    for number, child in enumerate(names):
        paid = made.due(child)
        planted: list[Planted] = []
        if mistakes and number % 2:
            for step in range(len(kinds)):
                found = kinds[(seed + number // 2 + step) % len(kinds)](made, child, random_)
                if found is not None:
                    paid, planted = found
                    break
        made.planted += planted
        own = made.own(child)
        for window, pence in enumerate(paid):
            parts = (
                split(pence, random_) if any(p.reason == "split" and window in p.windows for p in planted) else [pence]
            )
            made.payments += [(own[0].placement_id, child, window, part) for part in parts if part]
    return made


def split(pence: int, random_: random.Random) -> list[int]:
    """An amount in two parts."""
    first = random_.randrange(1, pence)
    return [first, pence - first]


def _changed(made: Remittance, child: str, reason: str, paid: list[int], value: str = "") -> Any:
    due = made.due(child)
    windows = tuple(at for at in range(len(due)) if due[at] != paid[at])
    return (paid, [Planted(child, reason, windows, value)]) if windows else None


def _filled(made: Remittance, child: str) -> list[int]:
    return [at for at, pence in enumerate(made.due(child)) if pence]


def not_paid(made: Remittance, child: str, random_: random.Random) -> Any:
    paid, out = made.due(child), random_.choice(_filled(made, child))
    paid[out] = 0
    return _changed(made, child, "not_paid", paid)


def never_paid(made: Remittance, child: str, _: random.Random) -> Any:
    return _changed(made, child, "not_paid", [0] * len(made.ends))


def paid_twice(made: Remittance, child: str, random_: random.Random) -> Any:
    paid, again = made.due(child), random_.choice(_filled(made, child))
    paid[again] *= 2
    return _changed(made, child, "paid_twice", paid, "twice")


def not_due(made: Remittance, child: str, random_: random.Random) -> Any:
    paid = made.due(child)
    empty = [at for at, pence in enumerate(paid) if not pence]
    if not empty:
        return None
    paid[empty[-1]] = random_.randrange(10_000, 99_999)
    return _changed(made, child, "not_due", paid)


def after_leaving(made: Remittance, child: str, _: random.Random) -> Any:
    own = made.own(child)
    if own[-1].end is None:
        return None
    late = [*own[:-1], replace(own[-1], end=None)]
    return _changed(made, child, "after_leaving", total([paid_for(s, made.ends) for s in late], len(made.ends)))


def other_start(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if own[0].start < FIRST or len(own) > 1:
        return None
    start = max(own[0].start + timedelta(days=random_.choice([-20, -6, 5, 19])), FIRST)
    return _changed(made, child, "other_date", paid_for(replace(own[0], start=start), made.ends), f"from {start}")


def other_end(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if own[-1].end is None or len(own) > 1:
        return None
    end = own[-1].end - timedelta(days=random_.choice([3, 11, 24]))
    return _changed(made, child, "other_date", paid_for(replace(own[-1], end=end), made.ends), f"to {end}")


def other_change(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if len(own) < 2:
        return None
    day = own[1].start + timedelta(days=random_.choice([-14, 9, 20]))
    moved = [replace(own[0], end=day - ONE_DAY), replace(own[1], start=day)]
    paid = total([paid_for(spell, made.ends) for spell in moved], len(made.ends))
    return _changed(made, child, "other_date", paid, f"change on {day}")


def other_band(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if own[0].agreed is not None or len(own) > 1:
        return None
    band = random_.choice([band for band in RATES if band != own[0].band])
    return _changed(made, child, "other_band", made.due(child, band=band), band)


def other_band_once(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if own[0].agreed is not None or len(own) > 1:
        return None
    paid, at = made.due(child), random_.choice(_filled(made, child))
    paid[at] = made.due(child, band="B5")[at]
    return _changed(made, child, "other_band", paid, "B5")


def last_year_rate(made: Remittance, child: str, _: random.Random) -> Any:
    if made.own(child)[0].agreed is not None:
        return None
    return _changed(made, child, "last_year_rate", made.due(child, rates=LAST_YEAR))


def no_area_cost(made: Remittance, child: str, _: random.Random) -> Any:
    return _changed(made, child, "no_area_cost", made.due(child, area=False))


def other_fte(made: Remittance, child: str, random_: random.Random) -> Any:
    own = made.own(child)
    if own[0].agreed is not None:
        return None
    fte = random_.choice([part for part in (Fraction("0.4"), Fraction("0.8"), Fraction("0.35")) if part != own[0].fte])
    value = f"{float(fte):g}"
    return _changed(made, child, "other_fte", made.due(child, fte=fte), value)


def no_limit(made: Remittance, child: str, _: random.Random) -> Any:
    return _changed(made, child, "no_limit", made.due(child, limit=False))


def rounding(made: Remittance, child: str, random_: random.Random) -> Any:
    paid = made.due(child)
    if len(_filled(made, child)) < 2:
        return None
    for at in random_.sample(_filled(made, child), 2):
        paid[at] += 1
    return _changed(made, child, "rounding", paid)


def in_lines(made: Remittance, child: str, random_: random.Random) -> Any:
    at = random_.choice(_filled(made, child))
    return made.due(child), [Planted(child, "split", (at,))]


def made_good(made: Remittance, child: str, random_: random.Random) -> Any:
    paid, filled = made.due(child), _filled(made, child)
    if len(filled) < 2:
        return None
    first, later = sorted(random_.sample(filled, 2))
    out = random_.choice([paid[first], -paid[first], 12_345])
    paid[first] -= out
    paid[later] += out
    return _changed(made, child, "made_good", paid)


PLANTS: Sequence[Plant] = (
    not_paid, never_paid, paid_twice, not_due, after_leaving, other_start, other_end, other_change, other_band,
    other_band_once, last_year_rate, no_area_cost, other_fte, no_limit, rounding, in_lines, made_good,
)  # fmt: skip


def reproduces(made: Remittance, child: str, reason: str, value: str, window: int, lines: int) -> bool:
    """Whether a reason comes to what was paid in a window; for one of several windows, see the sums of its own."""
    due, paid = made.due(child), made.paid(child)
    own, width = made.own(child), len(made.ends)
    if reason in ("other_date", "after_leaving"):
        return any(
            total([paid_for(spell, made.ends) for spell in changed], width)[window] == paid[window]
            for changed in _dated(own, value)
        )
    if reason in ("other_band", "other_fte"):
        how = {"band": value} if reason == "other_band" else {"fte": Fraction(value)}
        groups = [[spell] for spell in own] + [own]
        return any(
            total([paid_for(s, made.ends, **(how if s in group else {})) for s in own], width)[window] == paid[window]
            for group in groups
        )
    if reason == "equal_parts":
        parts, price = (13 if len(made.ends) == 13 else 12), annual(own[0])
        each = {
            half_away(Fraction(price * n, parts)) - half_away(Fraction(price * (n - 1), parts)) for n in range(1, 14)
        }
        return paid[window] in each
    simple: dict[str, Callable[[], bool]] = {
        "not_paid": lambda: paid[window] == 0 != due[window],
        "paid_twice": lambda: (
            paid[window] == {"twice": 2, "three times": 3}.get(value, 0) * due[window]
            or (value == "twice in part" and lines > 2)
        ),
        "not_due": lambda: due[window] == 0 != paid[window],
        "last_year_rate": lambda: made.due(child, rates=LAST_YEAR)[window] == paid[window],
        "no_area_cost": lambda: made.due(child, area=False)[window] == paid[window],
        "no_limit": lambda: made.due(child, limit=False)[window] == paid[window],
        "rounding": lambda: sum(abs(p - d) for p, d in zip(paid, due, strict=True)) < 12,
        "split": lambda: lines > 1 and paid[window] == due[window],
        "made_good": lambda: True,  # the test adds up its windows
        "unexplained": lambda: True,
    }
    return simple[reason]()


def _dated(own: Sequence[Spell], value: str) -> list[list[Spell]]:
    """A child's spells with one date changed, in each way that a value may mean."""
    what, _, text = value.rpartition(" ")
    if not text:
        return [[*own[:at], replace(own[at], end=None), *own[at + 1 :]] for at in range(len(own))]
    day = date.fromisoformat(text)
    if what == "change on":
        return [[replace(own[0], end=day - ONE_DAY), replace(own[1], start=day)]]
    key = "start" if what == "from" else "end"
    return [[*own[:at], replace(own[at], **{key: day}), *own[at + 1 :]] for at in range(len(own))]  # type: ignore[arg-type]
