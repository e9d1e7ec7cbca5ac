"""More need never lowers a band, and where rates rise with the band, never the price."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tariff_engine import Framework
from tariff_engine.banding import assess
from tests.small import a_band, a_framework, a_row, a_tariff, cost_rows

from .strategies import CASELOADS, SINGLES

AREAS = ("learning", "social")
RULES = ("highest_level", "weighted_score", "primary_need")


@st.composite
def monotone_frameworks(draw: st.DrawFn) -> Framework:
    """A version whose weights and rates rise: needs in several areas and provisions may move the band as well."""
    rule = draw(st.sampled_from(RULES))
    banding: dict[str, Any] = {"rule": rule}
    if rule == "weighted_score":
        weights = st.lists(st.integers(0, 9), min_size=4, max_size=4).map(sorted)
        banding["weights"] = {area: draw(weights) for area in AREAS}
        scores = draw(st.lists(st.integers(0, 18), min_size=3, max_size=3, unique=True).map(sorted))
        bands = [a_band(f"B{n}", n, score=score * 1_000_000) for n, score in enumerate(scores, start=1)]
    else:
        levels = draw(st.sampled_from([(1, 2, 3), (0, 2, 3), (0, 1, 2)]))
        bands = [a_band(f"B{n}", n, level=level) for n, level in enumerate(levels, start=1)]
    bands.append(a_band("B4", 4))
    if draw(st.booleans()):
        steps = {"areas": draw(st.integers(1, 2)), "level": draw(st.integers(0, 3)), "raise": draw(st.integers(1, 2))}
        banding["co_occurrence"] = steps
    if draw(st.booleans()):
        banding["provision_shift"] = {"special": draw(st.integers(-2, 2))}
    rates = draw(st.lists(st.integers(0, 100_000_000), min_size=4, max_size=4).map(sorted))
    tariffs = [a_tariff(band=f"B{n}", rate_pence=rate) for n, rate in enumerate(rates, start=1)]
    return a_framework(*tariffs, bands=bands, banding=banding)


LEVELS = st.integers(0, 3)
NEEDS = st.sampled_from(["SLD", "SEMH"])


@SINGLES
@given(
    framework=monotone_frameworks(),
    learning=LEVELS,
    social=LEVELS,
    more=LEVELS,
    need=NEEDS,
    where=st.sampled_from(AREAS),
)
def test_more_need_never_lowers_the_band(
    framework: Framework, learning: int, social: int, more: int, need: str, where: str
) -> None:
    order = {"none": 0} | {band.code: band.order for band in framework.bands}
    levels = {"learning": learning, "social": social}
    higher = {**levels, where: max(levels[where], more)}
    before = assess(framework, "special", levels, need).band
    after = assess(framework, "special", higher, need).band
    assert before is not None
    assert after is not None
    assert order[after] >= order[before]


@CASELOADS
@given(framework=monotone_frameworks(), need=NEEDS, fte=st.sampled_from(["1", "0.5", "0.333333"]))
def test_more_need_never_lowers_the_price_where_rates_rise_with_the_band(
    framework: Framework, need: str, fte: str
) -> None:
    pairs = [(learning, social) for learning in range(4) for social in range(4)]
    rows = [
        a_row(n, need_learning=str(learning), need_social=str(social), primary_need=need, fte=fte)
        for n, (learning, social) in enumerate(pairs)
    ]
    prices = dict(zip(pairs, cost_rows(framework, *rows).lines["annual_price"].to_list(), strict=True))
    for learning, social in pairs:
        for more in ((learning + 1, social), (learning, social + 1)):
            if more in prices:
                assert prices[more] >= prices[learning, social]
