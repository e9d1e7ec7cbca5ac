"""Plans by authority, placement type and need, in whole numbers, with how each number was come by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tariff_engine.vocabulary import vocabulary

Cube = npt.NDArray[np.int64]
"""Plans by authority, placement type and need."""

NOT_RECORDED = ""
"""The need of plans whose need isn't recorded; the last of the needs."""

AS_GIVEN, NEED, PLACEMENT = "", "need", "placement"
"""What of a plan was filled in: nothing, the need, or the placement."""


@dataclass(frozen=True)
class Cells:
    """Plans by authority, placement type and need.

    Attributes
    ----------
    authorities : codes, in the order in which shares are handed out: region by region.
    types : placement types as published, in the order of the crosswalk.
    needs : need codes; the last is NOT_RECORDED.
    plans : by what was filled in, the plans; the parts add up to the whole.
    """

    authorities: tuple[str, ...]
    types: tuple[str, ...]
    needs: tuple[str, ...]
    plans: Mapping[str, Cube]

    @property
    def total(self) -> Cube:
        """All plans, however they were come by."""
        return np.asarray(np.stack(list(self.plans.values())).sum(axis=0))

    def moved(self, source: str, taken: Cube, target: str, given: Cube) -> Cells:
        """The same plans, some of them taken from one part and given to another."""
        parts = dict(self.plans)
        parts[source] = parts[source] - taken
        parts[target] = parts.get(target, np.zeros_like(given)) + given
        return replace(self, plans=parts)


def together(*filled_in: str) -> str:
    """What was filled in, put together: ``need and placement``."""
    return " and ".join(dict.fromkeys(part for parts in filled_in for part in parts.split(" and ") if part))


def empty_cells(authorities: Sequence[str], needs: Sequence[str]) -> Cells:
    """No plans, for these authorities, every placement type and these needs."""
    walk = in_walking_order(authorities)
    types = tuple(placement_types())
    none = np.zeros((len(walk), len(types), len(needs) + 1), np.int64)
    return Cells(walk, types, (*needs, NOT_RECORDED), {AS_GIVEN: none})


def in_walking_order(authorities: Sequence[str]) -> tuple[str, ...]:
    """Authorities region by region, so that shares hold within two plans for every region too."""
    known = vocabulary().local_authorities
    return tuple(sorted(set(authorities), key=lambda code: (known.get(code, {}).get("region", ""), code)))


@cache
def placement_types() -> Mapping[str, Mapping[str, Any]]:
    """The crosswalk from published placement types to provisions."""
    return {row["placement_type"]: row for row in vocabulary().raw["crosswalks"]["ees_placements"]}
