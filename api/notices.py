"""What must be said with a costing's figures: what the prices are, and what the total leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from tariff_engine import Framework
from tariff_engine.costing import Costed

_STATUS = {
    "illustrative": "ILLUSTRATIVE: nobody has published these prices.",
    "consultation": "CONSULTATION: these prices are proposed, and are not in force.",
}


def notices(costing: Costed) -> list[str]:
    """The sentences that belong beside the figures, if any."""
    said = standing(costing.frameworks)
    if costing.as_if:
        name = costing.frameworks[0].name
        said.append(f"AS IF: every day is priced under {name}, whatever its dates. Not what is due.")
    aside = costing.counts["set_aside"]
    if aside == 1:
        said.append("1 row is set aside, so the total is without it.")
    elif aside:
        said.append(f"{aside:,} rows are set aside, so the total is without them.")
    return said


def standing(frameworks: Sequence[Framework]) -> list[str]:
    """What the prices of some versions are, where they aren't published ones that were or are in force."""
    statuses = dict.fromkeys(framework.header.legal_status for framework in frameworks)
    return [_STATUS[status] for status in statuses if status in _STATUS]
