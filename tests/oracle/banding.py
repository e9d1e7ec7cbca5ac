"""From levels of need to a band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .placements import Findings, Placement
from .rules import Band, NeedArea, Version


@dataclass(frozen=True)
class Banded:
    """A placement's band under one version; each "" where there is none, `none` where none was reached."""

    assessed: str
    band: str
    source: str
    price_unknown: bool


def band_of(placement: Placement, version: Version, findings: Findings) -> Banded:
    """Assess the needs, let the panel's band stand where it gave one, and check it against the list."""
    assessed = assessed_band(placement, version)
    unknown = False
    if not assessed and _needs_required(placement.provision, version):
        findings["need_missing"] = "warning" if placement.band else "error"
        unknown = not placement.band
    band = placement.band or assessed
    source = "panel" if placement.band else "assessed" if assessed else ""
    if placement.band and assessed and placement.band != assessed and not placement.band_reason:
        findings["band_differs"] = "warning"
    # reading: only the band that is used is checked, and `none` never.
    permitted = version.banding.permitted.get(placement.provision)
    if permitted is not None and band not in ("", "none") and band not in permitted:
        findings["band_not_permitted"] = "warning"
    return Banded(assessed, band, source, unknown)


def assessed_band(placement: Placement, version: Version) -> str:
    """The band by the version's rule; "" where the needs don't say, `none` where none is reached.

    reading: a complete set of levels is assessed even where no tariff row for the provision names a band.
    """
    score = _score(placement, version)
    if score is None:
        return ""
    reached = [band for band in version.bands if band.reached_at is not None and band.reached_at <= score]
    if not reached:
        return "none"
    return _moved(reached[-1], placement, version).code


def _score(placement: Placement, version: Version) -> int | None:
    """What bands are reached by: a level, or a sum of weights. None where the needs don't say."""
    rule = version.banding.rule
    if rule == "assigned":
        return None
    if rule == "primary_need":
        area = _area_of(placement.primary_need, version)
        return None if area is None else placement.levels[area.code]
    levels = _levels(placement, version)
    if any(level is None for level in levels.values()):
        return None
    known = {code: level for code, level in levels.items() if level is not None}
    if rule == "highest_level":
        return max(known.values())
    return sum(version.banding.weights[code][level] for code, level in known.items())


def _moved(reached: Band, placement: Placement, version: Version) -> Band:
    """The band after co-occurrence, not past the top, then a provision's shift, not past either end."""
    top = len(version.bands) - 1
    place = version.bands.index(reached)
    together = version.banding.co_occurrence
    if together is not None:
        levels = _levels(placement, version).values()
        high = sum(1 for level in levels if level is not None and level >= together["level"])
        if high >= together["areas"]:
            place = min(place + together["raise"], top)
    place += version.banding.provision_shift.get(placement.provision, 0)
    return version.bands[max(0, min(place, top))]


def _levels(placement: Placement, version: Version) -> Mapping[str, int | None]:
    return {area.code: placement.levels[area.code] for area in version.need_areas}


def _area_of(primary_need: str, version: Version) -> NeedArea | None:
    return next((a for a in version.need_areas if primary_need and primary_need in a.primary_needs), None)


def _needs_required(provision: str, version: Version) -> bool:
    named = any(row.band for row in version.tariffs if row.provision == provision)
    return named and version.banding.rule != "assigned"
