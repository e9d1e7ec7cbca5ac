"""Thousands of variants of a framework's rates at once, for uncertainty and for searching."""

from scenarios.sweep.totals import Sweep, sweep
from scenarios.sweep.variants import RateVariants

__all__ = ["RateVariants", "Sweep", "sweep"]
