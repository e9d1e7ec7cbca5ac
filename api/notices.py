"""What must be said with a costing's figures: what the prices are, and what the total leaves out."""

from __future__ import annotations

from tariff_engine import Costing
from tariff_engine.standing import as_if, standing


def notices(costing: Costing) -> list[str]:
    """The sentences that belong beside the figures, if any."""
    said = standing(costing.frameworks)
    if costing.as_if:
        said.append(as_if(costing.frameworks[0]))
    aside = costing.counts["set_aside"]
    if aside == 1:
        said.append("1 row is set aside, so the total is without it.")
    elif aside:
        said.append(f"{aside:,} rows are set aside, so the total is without them.")
    return said
