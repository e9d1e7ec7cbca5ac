"""What if, and for whom: samples, scenarios and comparisons on top of the engine."""

from scenarios.compare import Comparison, compare
from scenarios.levers import ChangeRates, SetRate, UseFramework
from scenarios.sample import sample_caseload, sample_period, sample_providers
from scenarios.scenario import Scenario, load_scenario, shipped_scenarios

__all__ = [
    "ChangeRates",
    "Comparison",
    "Scenario",
    "SetRate",
    "UseFramework",
    "compare",
    "load_scenario",
    "sample_caseload",
    "sample_period",
    "sample_providers",
    "shipped_scenarios",
]
