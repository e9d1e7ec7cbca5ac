"""The loop over the months of each stint, to be compiled."""

from __future__ import annotations

from tariff_engine import instalments
from tariff_engine.fast import compiled
from tariff_engine.instalments import LARGEST_TABLE, Spread, shares_table
from tariff_engine.money import Ints


def compiled_spread(stints: int) -> Spread | None:
    """The compiled form of ``instalments.spread_over`` for a job of some stints; None where it isn't to be used."""
    loop = compiled(spread_loop, stints)
    if loop is None:
        return None

    def spread(annual: Ints, before: Ints, within: Ints, marks: Ints, whole: int, parts: Ints) -> None:
        if whole > LARGEST_TABLE:
            instalments.spread_over(annual, before, within, marks, whole, parts)
        else:
            loop(annual, before, within, marks, shares_table(whole), parts)

    return spread


def spread_loop(annual: Ints, before: Ints, within: Ints, marks: Ints, table: Ints, parts: Ints) -> None:
    """Fill ``parts`` stint by stint."""
    whole = len(table)
    for stint in range(len(annual)):
        sign = 1 if annual[stint] >= 0 else -1
        quotient = abs(annual[stint]) // whole
        shares = table[abs(annual[stint]) - quotient * whole]
        earlier = 0
        for mark in range(len(marks)):
            passed = min(max(marks[mark] - before[stint], 0), within[stint])
            earned = quotient * passed + shares[passed]
            if mark > 0:
                parts[mark - 1, stint] = sign * (earned - earlier)
            earlier = earned
