"""What has to be said with every figure where its prices aren't simply those published and in force: each said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tariff_engine.framework import Framework

if TYPE_CHECKING:
    from tariff_engine.costing import Costing

_STATUSES = {
    "illustrative": ("ILLUSTRATIVE", "nobody has published {}."),
    "consultation": ("CONSULTATION", "{} are proposed, and are not in force."),
}


def standing(frameworks: Sequence[Framework]) -> list[str]:
    """What the prices of some versions are, once a status, where they aren't published and were or are in force."""
    statuses = dict.fromkeys(framework.header.legal_status for framework in frameworks)
    return [_sentence(status, "these prices") for status in statuses if status in _STATUSES]


def standing_by_version(costing: Costing) -> Iterator[str]:
    """The same with each version's name, how many rates of others nobody published, and whether it is as if."""
    for framework in costing.frameworks:
        if framework.header.legal_status in _STATUSES:
            yield _sentence(framework.header.legal_status, f"the prices of {framework.name}")
        elif own := unpublished(framework):
            yield f"{own} of the {len(framework.tariffs)} rates of {framework.name} were worked out, not published."
    if costing.as_if:
        yield as_if(costing.frameworks[0])


def as_if(framework: Framework) -> str:
    """What a costing under a version that isn't in effect on some days is worth."""
    return f"AS IF: every day is priced as if {framework.name} were in effect. These amounts are not what is due."


def unpublished(framework: Framework) -> int:
    """How many rates of a version nobody published."""
    sources = framework.sources
    return sum(sources[tariff.source_id].status != "published" for tariff in framework.tariffs)


def _sentence(status: str, prices: str) -> str:
    label, sentence = _STATUSES[status]
    return f"{label}: {sentence.format(prices)}"
