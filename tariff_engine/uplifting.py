"""What the uplift codes of a cell come to for a provision: the ones to add, and the ones to speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tariff_engine import pricing
from tariff_engine.framework import Uplift

_SHOWN = 5
_SHOWN_LETTERS = 40


@dataclass(frozen=True)
class UpliftCell:
    """What the codes of one cell come to for one provision, each code once."""

    provision: str
    added: tuple[str, ...]
    unknown: tuple[str, ...]
    for_others: tuple[str, ...]
    repeated: tuple[str, ...]

    @classmethod
    def read(cls, text: str, provision: str, uplifts: Mapping[str, Uplift]) -> UpliftCell:
        """Sort the codes of a cell into those to add and those to speak of."""
        codes, twice = pricing.split_uplifts(text)
        known = [code for code in codes if code in uplifts]
        added = tuple(c for c in known if not uplifts[c].provisions or provision in uplifts[c].provisions)
        chosen = set(added)
        return cls(
            provision=provision,
            added=added,
            unknown=tuple(code for code in codes if code not in uplifts),
            for_others=tuple(code for code in known if code not in chosen),
            repeated=tuple(code for code in twice if code in uplifts),
        )


def listed(codes: tuple[str, ...]) -> str:
    """Some codes in a sentence, cut short where they are many."""
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return ", ".join(code[:_SHOWN_LETTERS] for code in codes[:_SHOWN]) + more
