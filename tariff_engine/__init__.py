"""Price children's placements under a framework of needs, bands and tariffs, exact to the penny."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tariff_engine.allocation import allocate
    from tariff_engine.costing import Costing, cost
    from tariff_engine.errors import TariffError
    from tariff_engine.explanation import Explanation
    from tariff_engine.findings import Finding
    from tariff_engine.framework import Framework
    from tariff_engine.framework_diff import diff_frameworks
    from tariff_engine.framework_library import check_framework, load_frameworks, shipped_frameworks
    from tariff_engine.notional_sen import NotionalSen, compare_notional_sen
    from tariff_engine.periods import FundingPeriod
    from tariff_engine.places import PlaceFunding, place_funding
    from tariff_engine.protection import Protection, protect
    from tariff_engine.remittance import RemittanceCheck, check_remittance
    from tariff_engine.statements import Statements, make_statements

__all__ = [
    "Costing",
    "Explanation",
    "Finding",
    "Framework",
    "FundingPeriod",
    "NotionalSen",
    "PlaceFunding",
    "Protection",
    "RemittanceCheck",
    "Statements",
    "TariffError",
    "allocate",
    "check_framework",
    "check_remittance",
    "compare_notional_sen",
    "cost",
    "diff_frameworks",
    "load_frameworks",
    "make_statements",
    "place_funding",
    "protect",
    "shipped_frameworks",
]

_HOMES = {
    "Costing": "costing",
    "Explanation": "explanation",
    "Finding": "findings",
    "Framework": "framework",
    "FundingPeriod": "periods",
    "NotionalSen": "notional_sen",
    "PlaceFunding": "places",
    "Protection": "protection",
    "RemittanceCheck": "remittance",
    "Statements": "statements",
    "TariffError": "errors",
    "allocate": "allocation",
    "check_framework": "framework_library",
    "check_remittance": "remittance",
    "compare_notional_sen": "notional_sen",
    "cost": "costing",
    "diff_frameworks": "framework_diff",
    "load_frameworks": "framework_library",
    "make_statements": "statements",
    "place_funding": "places",
    "protect": "protection",
    "shipped_frameworks": "framework_library",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is first asked for, so that a command pays only for what it uses."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
