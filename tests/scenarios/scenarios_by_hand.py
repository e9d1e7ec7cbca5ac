"""Scenarios by hand and by chance, for tests."""

from __future__ import annotations

from hypothesis import strategies as st

from scenarios import ChangeRates, Scenario
from scenarios.levers import Lever
from tariff_engine import Framework

NATIONAL = "national-illustrative@2026-27"
PROVISIONS = ["mainstream", "special", "independent_special", "ap_time_limited", "eotas", "early_years"]


def a_scenario(*levers: Lever, title: str = "Change", source: str = "By hand", baseline: str = "") -> Scenario:
    return Scenario(title, source, levers or (ChangeRates(percent="3"),), baseline)


def rates(framework: Framework) -> list[tuple[int | None, int | None, int | None]]:
    return [(t.rate_pence, t.minimum_pence, t.maximum_pence) for t in framework.tariffs]


percents = st.integers(0, 20_000_000).map(lambda millionths: f"{millionths // 10**6}.{millionths % 10**6:06d}")
raises = st.builds(
    ChangeRates, percent=percents, provisions=st.lists(st.sampled_from(PROVISIONS), unique=True, max_size=3).map(tuple)
)
changes = st.one_of(
    raises,
    st.builds(ChangeRates, percent=st.integers(-40, 40).map(str), limits=st.booleans()),
    st.builds(ChangeRates, pounds=st.integers(-50, 5000).map(lambda pence: f"{pence / 100:.2f}")),
)
scenarios = st.builds(
    Scenario,
    title=st.sampled_from(["A", "B", "C", "Rates up 3%"]),
    source=st.sampled_from(["one", "another"]),
    levers=st.lists(changes, min_size=1, max_size=3).map(tuple),
    baseline=st.sampled_from(["", "", NATIONAL]),
)
