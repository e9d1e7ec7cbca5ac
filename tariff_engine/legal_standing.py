"""What has to be said with every figure where its prices aren't simply those published and in force: each said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tariff_engine.framework import Framework

_STATUSES = {
    "illustrative": ("ILLUSTRATIVE", "nobody has published {}."),
    "consultation": ("CONSULTATION", "{} are proposed, and are not in force."),
}


def standing(frameworks: Sequence[Framework]) -> list[str]:
    """What the prices of some versions are, once a status, where they aren't published and were or are in force."""
    statuses = dict.fromkeys(framework.header.legal_status for framework in frameworks)
    return [_sentence(status, "these prices") for status in statuses if status in _STATUSES]


def standing_by_version(
    frameworks: Sequence[Framework], under_as_if: bool, used: Callable[[Framework], Sequence[str]] | None = None
) -> Iterator[str]:
    """The same with each version's name, how many rates of others nobody published, and whether it is as if.

    ``used`` gives the sources of the rates that figures come from, where they aren't the tariffs.
    """
    for framework in frameworks:
        sources = [tariff.source_id for tariff in framework.tariffs] if used is None else used(framework)
        if framework.header.legal_status in _STATUSES:
            yield _sentence(framework.header.legal_status, f"the prices of {framework.name}")
        elif own := unpublished(framework, sources):
            yield f"{own} of the {len(sources)} rates of {framework.name} were worked out, not published."
    if under_as_if:
        yield as_if(frameworks[0])


def as_if(framework: Framework) -> str:
    """What a costing under a version that isn't in effect on some days is worth."""
    return f"AS IF: every day is priced as if {framework.name} were in effect. These amounts are not what is due."


def unpublished(framework: Framework, used: Sequence[str]) -> int:
    """How many of some rates of a version nobody published, by their sources."""
    sources = framework.sources
    return sum(sources[source_id].status != "published" for source_id in used)


def _sentence(status: str, prices: str) -> str:
    label, sentence = _STATUSES[status]
    return f"{label}: {sentence.format(prices)}"
