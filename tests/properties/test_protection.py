"""Protections under random totals and guarantees: never below 0, exact, and each provider's own."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tariff_engine import Framework, Protection, protect
from tariff_engine.protection.guarantee import protection_of
from tests.oracle.sharing import protection_line
from tests.places_by_hand import a_rate, some_places
from tests.small import a_caseload, a_framework, a_row, a_tariff

AMOUNTS = st.integers(0, 10**14)
GUARANTEES = st.integers(-1_000_000, 1_000_000).map(lambda millionths: Fraction(millionths, 1_000_000))
RATES = st.integers(0, 5_000_000)
PAIRS = st.tuples(RATES, RATES)
PROVIDERS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@given(AMOUNTS, AMOUNTS, GUARANTEES)
def test_a_protection_is_that_of_exact_fractions_and_never_below_0(last: int, this: int, guarantee: Fraction) -> None:
    protection = protection_of(last, this, guarantee)
    assert protection == protection_line(last, this, guarantee)
    assert protection >= 0


@given(AMOUNTS, AMOUNTS, GUARANTEES)
def test_with_its_protection_a_total_is_at_least_what_is_guaranteed(last: int, this: int, guarantee: Fraction) -> None:
    protected = this + protection_of(last, this, guarantee)
    assert protected >= this
    assert protected - (1 + guarantee) * last >= Fraction(-1, 2)


@given(AMOUNTS, AMOUNTS, GUARANTEES, GUARANTEES)
def test_a_higher_guarantee_never_protects_less(last: int, this: int, one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    assert protection_of(last, this, low) <= protection_of(last, this, high)


def a_version(name: str, rate: int, place: int) -> Framework:
    return a_framework(
        a_tariff(rate_pence=rate), places=[a_rate(pence=place)], version=name, effective_from=date(2025, 4, 1)
    )


def found(last: tuple[int, int], this: tuple[int, int], providers: list[int], guarantee: Fraction) -> Protection:
    rows = [a_row(at, provider_id=str(provider)) for at, provider in enumerate(providers, start=1)]
    places = [some_places(provider_id=str(at), places_first=str(at), places_second=str(2 * at)) for at in {*providers}]
    return protect(
        a_caseload(*rows),
        a_version("this", *this),
        a_version("last", *last),
        guarantee,
        "FY2025-26",
        places=a_caseload(*places),
    )


@settings(max_examples=25)
@given(
    st.tuples(RATES, RATES), st.tuples(RATES, RATES), st.lists(st.integers(1, 4), min_size=1, max_size=6), GUARANTEES
)
def test_the_providers_totals_are_the_costings_and_each_is_protected_by_itself(
    last: tuple[int, int], this: tuple[int, int], providers: list[int], guarantee: Fraction
) -> None:
    protection = found(last, this, providers, guarantee)
    lines = protection.lines
    assert lines["top_up"].sum() == protection.after.costing.total
    assert lines["top_up_last_year"].sum() == protection.before.costing.total
    assert protection.after.places is not None
    assert lines["places"].sum() == protection.after.places.total
    assert lines["total_protected"].sum() == lines["total"].sum() + protection.total
    for row in lines.iter_rows(named=True):
        assert row["protection"] == protection_line(row["total_last_year"], row["total"], guarantee)
    alone = found(last, this, [providers[0]] * providers.count(providers[0]), guarantee)
    own = lines.row(by_predicate=pl.col("provider_id") == str(providers[0]), named=True)
    assert alone.lines.row(0, named=True) == own


@settings(max_examples=20)
@given(PAIRS, PROVIDERS)
def test_the_same_rules_twice_protect_nothing(rates: tuple[int, int], providers: list[int]) -> None:
    protection = found(rates, rates, providers, Fraction(0))
    assert (protection.total, protection.unknown) == (0, 0)
