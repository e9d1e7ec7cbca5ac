"""Scenarios: they add up in order, leave the baseline alone, and say where every new value comes from."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios import (
    ChangeRates,
    Scenario,
    SetRate,
    UseFramework,
    sample_caseload,
    sample_period,
    shipped_scenarios,
)
from scenarios.levers import Lever
from tariff_engine import Framework, cost, diff_frameworks, load_frameworks
from tariff_engine.errors import UsageError
from tariff_engine.framework_checks import check_consistency
from tests.scenarios.scenarios_by_hand import NATIONAL, a_scenario, raises, rates, scenarios
from tests.small import a_framework, a_tariff


@pytest.fixture(scope="module")
def national() -> tuple[Framework, ...]:
    return load_frameworks(NATIONAL)


# ---------------------------------------------------------------- worked figures


def test_a_rate_is_rounded_once_half_away_from_zero() -> None:
    base = a_framework(a_tariff(rate_pence=450_001), a_tariff("nmss", rate_pence=10, row=3))
    (changed,) = a_scenario(ChangeRates(percent="2.5")).apply((base,))
    # 450001 x 1.025 = 461251.025 and 10 x 1.025 = 10.25.
    assert [t.rate_pence for t in changed.tariffs] == [461_251, 10]
    (halves,) = a_scenario(ChangeRates(percent="5")).apply((base,))
    assert [t.rate_pence for t in halves.tariffs] == [472_501, 11]
    (down,) = a_scenario(ChangeRates(percent="-100")).apply((base,))
    assert [t.rate_pence for t in down.tariffs] == [0, 0]


def test_pounds_are_added_in_the_unit_of_the_rate() -> None:
    base = a_framework(a_tariff(rate_pence=450_000), a_tariff("ap_targeted", unit="day", rate_pence=7_200, row=3))
    (changed,) = a_scenario(ChangeRates(pounds="1.50")).apply((base,))
    assert [t.rate_pence for t in changed.tariffs] == [450_150, 7_350]


def test_limits_move_only_where_they_are_meant_to() -> None:
    base = a_framework(
        a_tariff("independent_special", price_basis="agreed", minimum_pence=100_000, maximum_pence=900_000)
    )
    assert rates(a_scenario(ChangeRates(percent="10")).apply((base,))[0]) == [(495_000, 100_000, 900_000)]
    assert rates(a_scenario(ChangeRates(percent="10", limits=True)).apply((base,))[0]) == [(495_000, 110_000, 990_000)]


def test_only_the_rows_that_are_meant_change() -> None:
    base = a_framework(
        a_tariff(band="B1", row=2),
        a_tariff(band="B2", row=3),
        a_tariff(band="B2", phase="post16", row=4),
        a_tariff("nmss", band="B2", row=5),
    )
    lever = ChangeRates(pounds="1.00", provisions=("special",), bands=("B2",), phases=("post16",))
    (changed,) = a_scenario(lever).apply((base,))
    assert [t.rate_pence for t in changed.tariffs] == [450_000, 450_000, 450_100, 450_000]
    assert [t.source_id for t in changed.tariffs] == ["s", "s", "scenario-1", "s"]
    (changed,) = a_scenario(SetRate(provision="special", band="B1", rate="12", maximum="13.5")).apply((base,))
    assert rates(changed)[0] == (1_200, None, 1_350)
    assert rates(changed)[1:] == rates(base)[1:]


# ---------------------------------------------------------------- the baseline, names, hashes and sources


def test_the_baseline_is_untouched(national: tuple[Framework, ...]) -> None:
    before = copy.deepcopy(national)
    for scenario in shipped_scenarios().values():
        scenario.apply(national)
    assert national == before
    assert load_frameworks(NATIONAL) == before
    assert load_frameworks(NATIONAL)[0].content_hash == before[0].content_hash


def test_a_changed_version_says_what_it_is(national: tuple[Framework, ...]) -> None:
    (changed,) = a_scenario(title="Rates up 3%").apply(national)
    assert changed.version == "2026-27 + Rates up 3%"
    assert changed.id == national[0].id
    assert changed.header.legal_status == "illustrative"
    levers = json.dumps([{"lever": "change_rates", "percent": "3"}], sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(national[0].content_hash.encode() + b"\0" + levers.encode()).hexdigest()
    assert changed.content_hash == expected


def test_nothing_unpublished_looks_published() -> None:
    base = load_frameworks("devon@2023-24")
    scenario = a_scenario(ChangeRates(percent="3", provisions=("special",)), source="Forum paper, item 4")
    (changed,) = scenario.apply(base)
    assert base[0].header.legal_status == "in_force"
    assert changed.header.legal_status == "illustrative"
    for old, new in zip(base[0].tariffs, changed.tariffs, strict=True):
        source = changed.sources[new.source_id]
        assert (source.status == "illustrative") == (new.rate_pence != old.rate_pence)
        if source.status == "illustrative":
            assert "Forum paper, item 4" in source.working
            assert "devon@2023-24" in source.working
            assert "3 per cent" in source.working
    assert not [problem for problem in check_consistency(changed) if problem.severity == "error"]


def test_a_scenario_on_a_scenario_keeps_every_source() -> None:
    base = a_framework(a_tariff(), a_tariff("nmss", row=3))
    first = a_scenario(ChangeRates(percent="1", provisions=("special",)), title="One")
    second = a_scenario(ChangeRates(percent="1", provisions=("nmss",)), title="Two")
    (changed,) = second.apply(first.apply((base,)))
    assert changed.version == "2025-26 + One + Two"
    titles = [changed.sources[t.source_id].title for t in changed.tariffs]
    assert titles == ["Scenario: One", "Scenario: Two"]


@given(scenarios)
@settings(max_examples=40)
def test_reforms_never_leak(scenario: Scenario) -> None:
    base = (*load_frameworks("devon@2023-24"), a_framework())
    before = copy.deepcopy(base)
    try:
        once, again = scenario.apply(base), scenario.apply(base)
    except UsageError:
        return
    finally:
        assert base == before
    assert once == again
    assert {framework.content_hash for framework in once}.isdisjoint(framework.content_hash for framework in base)


def test_the_hash_knows_every_lever(national: tuple[Framework, ...]) -> None:
    levers = [
        ChangeRates(percent="3"),
        ChangeRates(percent="3.1"),
        ChangeRates(pounds="3"),
        ChangeRates(percent="3", provisions=("special",)),
        ChangeRates(percent="3", bands=("B2",)),
        ChangeRates(percent="3", limits=True),
    ]
    assert len({a_scenario(lever).apply(national)[0].content_hash for lever in levers}) == len(levers)
    # The same change written in another way is the same change.
    assert a_scenario(ChangeRates(percent="3.0")).apply(national) == a_scenario().apply(national)


# ---------------------------------------------------------------- adding up


def test_order_is_kept() -> None:
    base = (a_framework(a_tariff(rate_pence=10_000)),)
    percent, pounds = a_scenario(ChangeRates(percent="10")), a_scenario(ChangeRates(pounds="50"))
    assert (percent + pounds).apply(base)[0].tariffs[0].rate_pence == 16_000
    assert (pounds + percent).apply(base)[0].tariffs[0].rate_pence == 16_500
    assert (percent + pounds).title == "Change + Change"


@given(scenarios, scenarios, scenarios)
def test_adding_is_associative(one: Scenario, two: Scenario, three: Scenario) -> None:
    assert (one + two) + three == one + (two + three)
    assert (one + two).levers == one.levers + two.levers


@given(st.lists(raises, min_size=1, max_size=3), st.lists(raises, min_size=1, max_size=3))
@settings(max_examples=30)
def test_a_sum_does_what_its_parts_do_one_after_the_other(one: list[ChangeRates], two: list[ChangeRates]) -> None:
    base = load_frameworks(NATIONAL)
    first, second = a_scenario(*one, title="One"), a_scenario(*two, title="Two")
    together, apart = (first + second).apply(base), second.apply(first.apply(base))
    assert [rates(framework) for framework in together] == [rates(framework) for framework in apart]
    assert together[0].version == apart[0].version


def test_scenarios_for_two_baselines_do_not_add_up() -> None:
    with pytest.raises(UsageError, match="don't add up"):
        a_scenario(baseline="devon@2023-24") + a_scenario(baseline=NATIONAL)
    assert (a_scenario() + a_scenario(baseline=NATIONAL)).baseline == NATIONAL


# ---------------------------------------------------------------- totals


@given(raises, st.integers(0, 3))
@settings(max_examples=25)
def test_a_higher_rate_never_lowers_the_total(lever: ChangeRates, seed: int) -> None:
    base = load_frameworks(NATIONAL)
    period, caseload = sample_period(base), sample_caseload(150, seed, base)
    before, after = cost(caseload, base, period), cost(caseload, a_scenario(lever).apply(base), period)
    assert after.total >= before.total
    assert after.counts["priced"] == before.counts["priced"]
    raised = after.lines["amount"] - before.lines["amount"]
    assert not (raised < 0).any()


@pytest.mark.parametrize("lever", [ChangeRates(percent="0"), ChangeRates(pounds="0.00", limits=True)])
@pytest.mark.parametrize("name", [NATIONAL, "devon"])
def test_a_change_of_nothing_changes_no_penny(lever: ChangeRates, name: str) -> None:
    base = load_frameworks(name)
    period, caseload = sample_period(base), sample_caseload(1500, 3, base)
    before, after = cost(caseload, base, period), cost(caseload, a_scenario(lever).apply(base), period)
    assert after.counts == before.counts
    assert after.lines.drop("version").equals(before.lines.drop("version"))


def test_a_maximum_holds_what_a_higher_price_would_cost() -> None:
    base = a_framework(a_tariff("nmss", maximum_pence=450_000))
    caseload = pl.DataFrame(
        {"placement_id": ["P1"], "child_id": ["C1"], "home_la": ["878"], "provider_id": ["1"],
         "provision": ["nmss"], "nc_year": ["4"], "start_date": ["2025-04-01"]}
    )  # fmt: skip
    (dearer,) = a_scenario(ChangeRates(percent="20")).apply((base,))
    assert cost(caseload, dearer, "FY2025-26").total == cost(caseload, base, "FY2025-26").total == 450_000


# ---------------------------------------------------------------- another framework


def test_another_framework_is_used_as_it_was_published() -> None:
    scenario = a_scenario(UseFramework(reference="devon@2022-23"))
    assert scenario.apply(load_frameworks("devon@2023-24")) == load_frameworks("devon@2022-23")
    with_more = scenario + a_scenario(ChangeRates(percent="4"), title="Up 4%")
    (changed,) = with_more.apply(load_frameworks("devon@2023-24"))
    assert changed.version == "2022-23 + Change + Up 4%"
    assert diff_frameworks(load_frameworks("devon@2022-23")[0], changed)["table"].to_list().count("tariffs") == 15


def test_another_framework_comes_first() -> None:
    late = a_scenario(ChangeRates(percent="4"), UseFramework(reference="devon@2022-23"))
    with pytest.raises(UsageError, match="has to come first"):
        late.apply(load_frameworks("devon@2023-24"))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("lever", "words"),
    [
        (ChangeRates(percent="3", provisions=("special",), bands=("B9",)), "B9"),
        (ChangeRates(percent="3", provisions=("hospital",)), "no rate of small@2025-26 fits"),
        (SetRate(provision="special", band="B2", rate="5"), "no rate of small@2025-26 fits"),
        (ChangeRates(pounds="-4500.01"), r"-£0\.01; expected £0"),
        (ChangeRates(pounds="999999.99"), r"expected £0 to £1,000,000\.00"),
        (SetRate(provision="special", minimum="10", maximum="9"), "minimum above its maximum"),
    ],
)
def test_a_lever_that_cannot_be_pulled_is_refused(lever: Lever, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        a_scenario(lever).apply((a_framework(),))


@pytest.mark.parametrize(
    "build",
    [
        lambda: ChangeRates(),
        lambda: ChangeRates(percent="3", pounds="4"),
        lambda: ChangeRates(percent=3.5),  # type: ignore[arg-type]
        lambda: ChangeRates(percent="-101"),
        lambda: ChangeRates(percent="0.0000001"),
        lambda: ChangeRates(pounds="1.005"),
        lambda: ChangeRates(percent="3", provisions=("specal",)),
        lambda: ChangeRates(percent="3", provisions=["special"]),  # type: ignore[arg-type]
        lambda: SetRate(provision="special"),
        lambda: SetRate(provision="special", phase="infants", rate="3"),
        lambda: Scenario("", "source", (ChangeRates(percent="3"),)),
        lambda: Scenario("title", "", (ChangeRates(percent="3"),)),
        lambda: Scenario("title", "source", ()),
    ],
)
def test_half_specified_scenarios_are_refused(build: object) -> None:
    assert callable(build)
    with pytest.raises(ValidationError):
        build()


def test_scenarios_and_levers_are_frozen() -> None:
    scenario = a_scenario()
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.title = "Other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        setattr(scenario.levers[0], "lever", "set_rate")  # noqa: B010
