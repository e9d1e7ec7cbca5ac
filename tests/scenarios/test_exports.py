"""The public surface of the scenarios: short, sorted, and each name says what it is."""

from __future__ import annotations

import pytest

import scenarios

EXPORTS = [
    "ChangeRates",
    "Comparison",
    "RateChanges",
    "RateVariants",
    "Scenario",
    "SetRate",
    "Sweep",
    "UseFramework",
    "compare",
    "cost_of_changes",
    "load_scenario",
    "sample_caseload",
    "sample_period",
    "sample_providers",
    "shipped_scenarios",
    "sweep",
]


def test_the_exports_are_the_ones_agreed() -> None:
    assert list(scenarios.__all__) == EXPORTS == sorted(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_each_export_says_what_it_is(name: str) -> None:
    written = getattr(scenarios, name).__doc__ or ""
    assert written.strip()
    assert not written.startswith(f"{name}(")
