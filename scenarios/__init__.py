"""What if, and for whom: samples, scenarios and comparisons on top of the engine."""

from scenarios.compare import Comparison, compare
from scenarios.levers import ChangeRates, SetRate, UseFramework
from scenarios.rate_changes import RateChanges, cost_of_changes
from scenarios.sample import sample_caseload, sample_period, sample_providers
from scenarios.scenario import Scenario, load_scenario, shipped_scenarios
from scenarios.sweep import RateVariants, Sweep, sweep

__all__ = [
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
