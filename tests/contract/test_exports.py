"""The public surface of the engine: short, sorted, and each name says what it is."""

from __future__ import annotations

import inspect

import pytest

import tariff_engine

EXPORTS = [
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


def test_the_exports_are_the_ones_agreed() -> None:
    assert list(tariff_engine.__all__) == EXPORTS


def test_the_exports_are_sorted() -> None:
    assert list(tariff_engine.__all__) == sorted(tariff_engine.__all__)


@pytest.mark.parametrize("name", EXPORTS)
def test_each_export_says_what_it_is(name: str) -> None:
    exported = getattr(tariff_engine, name)
    written = exported.__doc__ or ""
    assert written.strip(), f"{name} has no docstring"
    # A dataclass without a docstring is given its signature for one.
    assert not written.startswith(f"{name}("), f"{name} has no docstring of its own"


@pytest.mark.parametrize("name", EXPORTS)
def test_each_public_method_says_what_it_does(name: str) -> None:
    exported = getattr(tariff_engine, name)
    if not inspect.isclass(exported):
        assert inspect.signature(exported).return_annotation is not inspect.Signature.empty
        return
    for method, value in vars(exported).items():
        if not method.startswith("_") and (inspect.isfunction(value) or isinstance(value, (property, classmethod))):
            assert inspect.getdoc(value), f"{name}.{method} has no docstring"
