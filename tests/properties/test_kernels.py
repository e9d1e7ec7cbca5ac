"""One placement in plain integers and many in arrays come to the same pence, in ten thousand cases of each step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine import FundingPeriod
from tariff_engine.instalments import (
    day_number,
    earned,
    month_by_month,
    month_instalments,
    spell_instalments,
    spell_weights,
    year_weights,
)
from tariff_engine.periods import months_between
from tariff_engine.pricing import (
    TariffColumns,
    annual_top_up,
    annual_top_ups,
    apply_limits,
    limits_applied,
    uplift_amount,
    uplift_amounts,
)
from tests.small import a_framework, a_tariff, an_uplift

from .strategies import (
    AREA_COSTS,
    BATCH,
    BATCHES,
    FEWER_BATCHES,
    FTES,
    HOURS,
    LIMITS,
    MILLION,
    RATES,
    SIGNED_YEARS,
    UNITS,
    YEARS,
    prorations,
)


def batches(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*parts), min_size=BATCH, max_size=BATCH)


def columns_of(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]


@BATCHES
@given(
    tariffs=st.lists(st.tuples(st.sampled_from(["year", "week", "day", "hour"]), RATES), min_size=1, max_size=4),
    weeks=st.sampled_from([39, "38.5", "52.999999", 1]),
    days=st.sampled_from([190, "194.5", 366]),
    rows=batches(st.integers(0, 3), FTES, HOURS, AREA_COSTS),
)
def test_annual_top_ups(tariffs: list[tuple[str, int]], weeks: Any, days: Any, rows: list[tuple[Any, ...]]) -> None:
    provisions = ["special", "mainstream", "nmss", "hospital"]
    made = [
        a_tariff(provision, unit=unit, rate_pence=rate)
        for provision, (unit, rate) in zip(provisions, tariffs, strict=False)
    ]
    framework = a_framework(*made, weeks_per_year=weeks, days_per_year=days)
    rows = [(at % len(made), *rest) for at, *rest in rows]
    at, fte, hours, area = columns_of(rows)
    found = annual_top_ups(TariffColumns.of(framework), at, fte, hours, area)
    assert found.dtype == np.int64
    assert found.tolist() == [annual_top_up(framework, made[t], f, h, a) for t, f, h, a in rows]


@BATCHES
@given(
    kind=st.sampled_from(["amount", "percent"]),
    value=st.one_of(st.sampled_from([1, 500_000, 2_500_000]), st.integers(-100_000_000, 100_000_000)),
    rows=batches(FTES, YEARS),
)
def test_uplift_amounts(kind: str, value: int, rows: list[tuple[Any, ...]]) -> None:
    uplift = an_uplift("extra", kind, value)
    found = uplift_amounts(uplift, *columns_of(rows))
    assert found.dtype == np.int64
    assert found.tolist() == [uplift_amount(uplift, fte, top_up) for fte, top_up in rows]


@BATCHES
@given(one=LIMITS, other=LIMITS, rows=batches(SIGNED_YEARS, FTES, st.integers(0, 1)))
def test_limits(one: int | None, other: int | None, rows: list[tuple[Any, ...]]) -> None:
    low, high = (one, other) if one is None or other is None else (min(one, other), max(one, other))
    tariff = a_tariff(minimum_pence=low, maximum_pence=high)
    price, fte, overridden = columns_of(rows)
    at = np.zeros(len(rows), np.int64)
    payable, over = limits_applied(TariffColumns.of(a_framework(tariff)), at, price, fte, overridden)
    assert payable.dtype == over.dtype == np.int64
    expected = [apply_limits(tariff, p, f, bool(o)) for p, f, o in rows]
    assert list(zip(payable.tolist(), over.tolist(), strict=True)) == expected


@st.composite
def periods(draw: st.DrawFn, start: date, end: date, whole_months: bool) -> FundingPeriod:
    """A period around or inside a year."""
    months = list(months_between(start - timedelta(days=40), end + timedelta(days=40)))
    first = draw(st.integers(0, len(months) - 1))
    last = draw(st.integers(first, len(months) - 1))
    begins, ends = months[first].start.replace(day=1), months[last].end
    if last == len(months) - 1:
        ends = next(iter(months_between(ends.replace(day=1), ends.replace(day=28) + timedelta(days=3)))).end
    if not whole_months:
        begins += timedelta(days=draw(st.integers(0, 15)))
        ends -= timedelta(days=draw(st.integers(0, 10)))
    return FundingPeriod("some", begins, max(begins, ends))


@BATCHES
@given(
    data=st.data(),
    proration=prorations(),
    basis=st.sampled_from(["financial", "academic"]),
    in_year=st.integers(2023, 2027),
)
def test_month_instalments(data: st.DataObject, proration: dict[str, Any], basis: str, in_year: int) -> None:
    # Terms of financial years don't add to 1 in academic ones.
    framework = a_framework(proration=proration, year_basis="financial" if proration["method"] == "terms" else basis)
    year = framework.header.year_basis.year_of(date(in_year, 12, 1))
    weights = year_weights(framework, *year)
    period = data.draw(periods(*year, whole_months=framework.header.proration.needs_whole_months))
    length = (year[1] - year[0]).days
    rows = data.draw(batches(SIGNED_YEARS, st.integers(0, length), st.integers(0, length)))
    spans = [(annual, min(one, other), max(one, other)) for annual, one, other in rows]
    annual, begins, ends = columns_of(spans)
    first = np.array([day_number(month.start) for month in period.months], np.int64)
    last = np.array([day_number(month.end) for month in period.months], np.int64)
    zero = day_number(year[0])
    found = month_instalments(annual, weights, zero + begins, zero + ends, first, last)
    assert found.dtype == np.int64
    for (pence, begin, end), table in zip(spans, found.tolist(), strict=True):
        start, stop = year[0] + timedelta(days=begin), year[0] + timedelta(days=end)
        by_month = {m.name: m.instalment for m in month_by_month(pence, weights, start, stop, period.months)}
        assert table == [by_month.get(month.name, 0) for month in period.months]


@FEWER_BATCHES
@given(proration=prorations(), rows=batches(SIGNED_YEARS, st.integers(0, 364), st.integers(0, 364)))
def test_the_instalments_of_a_stint_add_to_what_it_earns(
    proration: dict[str, Any], rows: list[tuple[Any, ...]]
) -> None:
    weights = year_weights(a_framework(proration=proration), date(2025, 4, 1), date(2026, 3, 31))
    annual, begins, ends = columns_of([(pence, min(a, b), max(a, b)) for pence, a, b in rows])
    zero, months = day_number(date(2025, 4, 1)), FundingPeriod.parse("FY2025-26").months
    first = np.array([day_number(month.start) for month in months], np.int64)
    last = np.array([day_number(month.end) for month in months], np.int64)
    found = month_instalments(annual, weights, zero + begins, zero + ends, first, last)
    assert found.sum(axis=1).tolist() == earned(annual, weights, zero + begins, zero + ends).tolist()
    mirrored = month_instalments(-annual, weights, zero + begins, zero + ends, first, last)
    assert mirrored.tolist() == (-found).tolist()


@BATCHES
@given(rows=batches(YEARS, UNITS, st.integers(1, 366), st.integers(0, 366), st.integers(0, 366)))
def test_spell_instalments(rows: list[tuple[Any, ...]]) -> None:
    zero = date(2025, 3, 1)
    months = FundingPeriod.parse("FY2025-26").months
    first = np.array([day_number(month.start) for month in months], np.int64)
    last = np.array([day_number(month.end) for month in months], np.int64)
    spells = []
    for amount, offset, length, one, other in rows:
        begins = offset % 300
        stint = (begins + min(one, other) % length, begins + max(one % length, other % length))
        spells.append((amount, begins, begins + length - 1, min(stint), max(stint)))
    amount, begins, ends, start, stop = columns_of(spells)
    base = day_number(zero)
    found = spell_instalments(amount, base + begins, base + ends, base + start, base + stop, first, last)
    assert found.dtype == np.int64
    for spell, table in zip(spells, found.tolist(), strict=True):
        pence, *offsets = spell
        whole_start, whole_end, own_start, own_end = (zero + timedelta(days=days) for days in offsets)
        weights = spell_weights(whole_start, whole_end)
        by_hand = month_by_month(pence, weights, own_start, own_end, months, origin=whole_start)
        by_month = {month.name: month.instalment for month in by_hand}
        assert table == [by_month.get(month.name, 0) for month in months]


def test_ten_thousand_cases_of_each_are_tried() -> None:
    assert BATCHES.max_examples * BATCH >= 10_000
    assert MILLION == 10**6
