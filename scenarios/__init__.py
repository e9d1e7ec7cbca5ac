"""What if, and for whom: samples, scenarios and comparisons on top of the engine."""

from scenarios.sample import sample_caseload, sample_period, sample_providers

__all__ = ["sample_caseload", "sample_period", "sample_providers"]
