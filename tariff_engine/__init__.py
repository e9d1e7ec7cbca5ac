"""Price children's placements under a framework of needs, bands and tariffs, exact to the penny."""

from tariff_engine.allocation import allocate
from tariff_engine.costing import Costing, cost
from tariff_engine.errors import TariffError
from tariff_engine.explanation import Explanation
from tariff_engine.findings import Finding
from tariff_engine.framework import Framework
from tariff_engine.framework_diff import diff_frameworks
from tariff_engine.framework_library import check_framework, load_frameworks, shipped_frameworks
from tariff_engine.periods import FundingPeriod

__all__ = [
    "Costing",
    "Explanation",
    "Finding",
    "Framework",
    "FundingPeriod",
    "TariffError",
    "allocate",
    "check_framework",
    "cost",
    "diff_frameworks",
    "load_frameworks",
    "shipped_frameworks",
]
