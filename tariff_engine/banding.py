"""From needs to a band: the assessed band, and the panel's, which is final.

Source: the banding rules of a framework version (``[banding]`` in ``framework.toml``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from tariff_engine import money
from tariff_engine.framework import NO_BAND, Framework


@dataclass(frozen=True)
class Assessment:
    """What the rule makes of a child's needs.

    Attributes
    ----------
    band : the assessed band, ``none`` where no band is reached, or None where the rule can't tell.
    missing : the columns whose blank keeps the rule from telling; empty where a band was assessed.
    measure : what the rule measured: a score in millionths of a point, or a level.
    reached : the band before any move; ``raised`` and ``shifted`` are the moves made, in steps.
    """

    band: str | None
    missing: tuple[str, ...] = ()
    measure: int | None = None
    reached: str | None = None
    raised: int = 0
    shifted: int = 0


def needs_are_required(framework: Framework, provision: str) -> bool:
    """Whether the provision needs levels: the rule uses them and a tariff row names a band."""
    return framework.header.banding.rule != "assigned" and any(
        tariff.band and tariff.provision == provision for tariff in framework.tariffs
    )


def assess(
    framework: Framework, provision: str, levels: Mapping[str, int | None], primary_need: str | None
) -> Assessment:
    """Band a child by the version's rule.

    Parameters
    ----------
    framework : the version.
    provision : where the child is; a version may shift bands by provision.
    levels : need level by area code; None where it is blank, which is not level 0.
    primary_need : the child's SEN2 primary need, or None.
    """
    rule = framework.header.banding.rule
    if rule == "assigned":
        return Assessment(None)
    if rule == "primary_need":
        measure, missing = _level_of_primary_need(framework, levels, primary_need)
    else:
        measure, missing = _measure_of_all_areas(framework, levels)
    if measure is None:
        return Assessment(None, missing)
    reached = _band_reached(framework, measure)
    if reached is None:
        return Assessment(NO_BAND, (), measure, NO_BAND)
    top = len(framework.bands) - 1
    raised = min(reached + _raise_for_co_occurrence(framework, levels), top)
    shifted = min(max(raised + framework.header.banding.provision_shift.get(provision, 0), 0), top)
    return Assessment(
        framework.bands[shifted].code,
        (),
        measure,
        framework.bands[reached].code,
        raised - reached,
        shifted - raised,
    )


def is_permitted(framework: Framework, provision: str, band: str | None) -> bool:
    """Whether the provision may have the band; no band, and a provision without a list, always may."""
    permitted = framework.header.banding.permitted.get(provision)
    return permitted is None or band is None or band == NO_BAND or band in permitted


def _level_of_primary_need(
    framework: Framework, levels: Mapping[str, int | None], primary_need: str | None
) -> tuple[int | None, tuple[str, ...]]:
    area = next((area.code for area in framework.header.need_areas if primary_need in area.primary_needs), None)
    if area is None:
        return None, ("primary_need",)
    level = levels.get(area)
    return level, () if level is not None else (f"need_{area}",)


def _measure_of_all_areas(framework: Framework, levels: Mapping[str, int | None]) -> tuple[int | None, tuple[str, ...]]:
    areas = [area.code for area in framework.header.need_areas]
    missing = tuple(f"need_{area}" for area in areas if levels.get(area) is None)
    if missing:
        return None, missing
    known = {area: level for area in areas if (level := levels[area]) is not None}
    if framework.header.banding.rule == "highest_level":
        return max(known.values()), ()
    weights = framework.header.banding.weights
    return sum(weights[area][level] for area, level in known.items()), ()


def _band_reached(framework: Framework, measure: int) -> int | None:
    """The index of the last band whose minimum isn't above the measure; bands without one are passed over."""
    scored = framework.header.banding.rule == "weighted_score"
    minimums = [(band.minimum_score if scored else band.level, index) for index, band in enumerate(framework.bands)]
    ladder = [(minimum, index) for minimum, index in minimums if minimum is not None]
    reached = bisect_right(ladder, measure, key=lambda step: step[0])
    return ladder[reached - 1][1] if reached else None


def _raise_for_co_occurrence(framework: Framework, levels: Mapping[str, int | None]) -> int:
    rule = framework.header.banding.co_occurrence
    if rule is None:
        return 0
    given = [levels.get(area.code) for area in framework.header.need_areas]
    high = sum(level is not None and level >= rule.level for level in given)
    return rule.steps if high >= rule.areas else 0


def show_measure(framework: Framework, measure: int) -> str:
    """A score or a level as a person reads it."""
    return money.show_factor(measure) if framework.header.banding.rule == "weighted_score" else str(measure)
