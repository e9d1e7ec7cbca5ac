"""Prices as arrays are the costing's own, whatever the framework; compiled loops give the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine import Costing, FundingPeriod, cost, fast, load_frameworks
from tariff_engine.encoded import EncodedPrices, Reason, compile_rules, encode, price_encoded, price_one
from tariff_engine.fast import months as compiled_months
from tariff_engine.instalments import LARGEST_TABLE, shares_table, spread_over
from tariff_engine.job import CompiledRules
from tariff_engine.money import round_half_away
from tests.oracle.generate import write_case

from .strategies import BATCHES, SIGNED_YEARS

PLACEMENTS = 120


def a_case(seed: int, folder: Path) -> tuple[pl.DataFrame, Costing, CompiledRules]:
    """A random framework and caseload, its costing without a providers file, and the versions compiled."""
    case = write_case(seed, folder, PLACEMENTS)
    frame = pl.read_csv(case.placements_csv, infer_schema=False)
    costing = cost(frame, case.framework_path, case.period, as_if=case.as_if)
    return frame, costing, compile_rules(costing.frameworks, FundingPeriod.parse(case.period), case.as_if)


def amounts(costing: Costing) -> dict[tuple[str, int], tuple[int, list[int]]]:
    """Annual price and months of one child, by placement and number of the stint, as far as there is a price."""
    lines = costing.lines.filter(pl.col("amount").is_not_null() & (pl.col("days") > 0))
    numbered = lines.with_columns(number=pl.int_range(pl.len()).over("placement_id"))
    return {
        (line["placement_id"], line["number"]): (
            line["annual_price"],
            [line[month] // line["count"] for month in costing.months],
        )
        for line in numbered.iter_rows(named=True)
    }


def encoded_amounts(prices: EncodedPrices, names: list[str]) -> dict[tuple[str, int], tuple[int, list[int]]]:
    found: dict[tuple[str, int], tuple[int, list[int]]] = {}
    number: dict[str, int] = {}
    for row, annual, months, reason in zip(prices.row, prices.annual, prices.months, prices.reason, strict=True):
        name = names[row]
        number[name] = number.get(name, -1) + 1
        if reason == Reason.PRICED:
            found[name, number[name]] = (int(annual), months.tolist())
    return found


@pytest.mark.parametrize("seed", range(2000, 2024))
def test_encoded_prices_are_the_costing_s(seed: int, tmp_path: Path) -> None:
    frame, costing, rules = a_case(seed, tmp_path)
    caseload = encode(frame, costing.frameworks)
    names = frame["placement_id"].gather(caseload.table["at"]).fill_null("").to_list()
    found = encoded_amounts(price_encoded(caseload, rules), names)
    wanted = amounts(costing)
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("seed", range(2024, 2032))
def test_what_has_no_price_in_the_costing_has_a_reason(seed: int, tmp_path: Path) -> None:
    frame, costing, rules = a_case(seed, tmp_path)
    caseload = encode(frame, costing.frameworks)
    prices = price_encoded(caseload, rules)
    names = frame["placement_id"].gather(caseload.table["at"])
    unpriced = set(names.gather(np.unique(prices.row[prices.reason != Reason.PRICED])).drop_nulls().to_list())
    blank = costing.lines.filter(pl.col("amount").is_null())
    aside = costing.placements.table.filter(pl.Series(costing.placements.set_aside))["placement_id"]
    assert set(blank["placement_id"].to_list()) - set(aside.to_list()) <= unpriced


@pytest.mark.parametrize("seed", range(2032, 2036))
def test_one_placement_from_its_cells_is_priced_as_a_costing_of_it(seed: int, tmp_path: Path) -> None:
    frame, costing, rules = a_case(seed, tmp_path)
    taken = 0
    for cells in frame.head(40).iter_rows(named=True):
        prices = price_one(cells, rules)
        alone = cost(
            pl.DataFrame([cells], schema=frame.schema), costing.frameworks, costing.period, as_if=costing.as_if
        )
        if prices is None:
            assert alone.counts["priced"] == 0
            continue
        taken += 1
        name = cells["placement_id"]
        priced = bool((prices.reason == Reason.PRICED).all())
        assert alone.counts["priced"] == int(priced)
        if priced:
            assert encoded_amounts(prices, [name]) == amounts(alone)
    assert taken > 10


def loops() -> list[Any]:
    """The loop as plain Python, and compiled where numba is installed."""

    def plain(annual: Any, before: Any, within: Any, marks: Any, whole: int, parts: Any) -> None:
        compiled_months.spread_loop(annual, before, within, marks, shares_table(whole).astype(np.int64), parts)

    compiled = compiled_months.compiled_spread(fast.FAST_FROM)
    return [plain] if compiled is None else [plain, compiled]


def parts_of(loop: Any, annual: Any, before: Any, within: Any, marks: Any, whole: int) -> Any:
    parts = np.empty((len(marks) - 1, len(annual)), np.int64)
    loop(annual, before, within, marks, whole, parts)
    return parts


@pytest.mark.parametrize("loop", loops())
@BATCHES
@given(
    rows=st.lists(st.tuples(SIGNED_YEARS, st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=50),
    marks=st.lists(st.integers(0, 400), min_size=2, max_size=14),
    whole=st.integers(1, LARGEST_TABLE),
)
def test_the_compiled_loop_gives_the_same_pence(
    loop: Any, rows: list[tuple[int, int, int]], marks: list[int], whole: int
) -> None:
    annual = np.array([pence for pence, _, _ in rows], np.int64)
    before = np.array([min(low, whole) for _, low, _ in rows], np.int64)
    within = np.minimum(np.array([length for _, _, length in rows], np.int64), whole - before)
    at = np.array(sorted(min(mark, whole) for mark in marks), np.int64)
    found = parts_of(loop, annual, before, within, at, whole)
    assert found.tolist() == parts_of(spread_over, annual, before, within, at, whole).tolist()
    for stint in range(len(annual)):
        passed = np.clip(at - before[stint], 0, within[stint]).tolist()
        running = [round_half_away(int(annual[stint]) * weight, whole) for weight in passed]
        assert found[:, stint].tolist() == np.diff(running).tolist()


@BATCHES
@given(
    annual=SIGNED_YEARS,
    whole=st.one_of(st.integers(1, 1000), st.integers(2**20, 2**34), st.integers(2**40, 2**62)),
    share=st.fractions(0, 1),
)
def test_a_share_of_a_year_of_any_weight_is_exact(annual: int, whole: int, share: Any) -> None:
    passed = int(whole * share)
    marks = np.array([0, passed], np.int64)
    one = np.array([annual], np.int64)
    found = parts_of(spread_over, one, np.zeros(1, np.int64), np.array([whole], np.int64), marks, whole)
    assert found.tolist() == [[round_half_away(annual * passed, whole)]]


def test_compiled_loops_are_for_large_caseloads_and_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled_months.compiled_spread(fast.FAST_FROM - 1) is None
    monkeypatch.setenv("TARIFF_ENGINE_FAST", "off")
    assert compiled_months.compiled_spread(10**9) is None


def test_a_caseload_is_encoded_without_the_rows_that_cannot_be_read() -> None:
    frameworks = load_frameworks("national-illustrative@2025-26")
    good = {"provision": "special", "home_la": "878", "provider_id": "1", "start_date": "2025-04-01"}
    frame = pl.DataFrame([good, good | {"provision": "nowhere"}, good | {"fte": "2"}, good], infer_schema_length=None)
    assert encode(frame, frameworks).table["at"].to_list() == [0, 3]
