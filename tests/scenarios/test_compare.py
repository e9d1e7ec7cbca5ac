"""One caseload under two frameworks: every breakdown adds up, and nothing is lost between the two."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import ChangeRates, Comparison, Scenario, compare, sample_caseload
from scenarios.compare import GROUPS
from tariff_engine import Costing, Framework, cost, load_frameworks
from tariff_engine.errors import UsageError
from tests.small import a_band, a_caseload, a_framework, a_row, a_tariff

OLD, NEW = "national-illustrative@2025-26", "national-illustrative@2026-27"
PERIOD = "FY2026-27"
MONEY = ["before", "after", "difference", "outside_before", "outside_after", "outside_difference"]


def a_comparison(rows: int, seed: int) -> Comparison:
    caseload = sample_caseload(rows, seed, load_frameworks(NEW))
    return compare(*(cost(caseload, name, PERIOD, as_if=True) for name in (OLD, NEW)))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return a_comparison(3000, 6)


@pytest.fixture
def by_hand() -> Comparison:
    """Four children; the framework after has a higher rate, no B3, no transport, and a rate for nmss."""
    before = a_framework(
        a_tariff(band="B1", row=2), a_tariff(band="B2", rate_pence=900_000, row=3), a_tariff(band="B3")
    )
    after = a_framework(
        a_tariff(band="B1", rate_pence=500_000, row=2), a_tariff(band="B2", rate_pence=800_000, row=3), a_tariff("nmss")
    )
    caseload = a_caseload(
        a_row(1, need_learning="1", provider_id="1001"),
        a_row(2, need_learning="2", provider_id="1001", count="3"),
        a_row(3, need_learning="3", provider_id="1002"),
        a_row(4, provision="nmss", provider_id="1003"),
        a_row(5, provision="nowhere"),
    )
    return compare(cost(caseload, before, "FY2025-26"), cost(caseload, after, "FY2025-26"))


def test_worked_figures(by_hand: Comparison) -> None:
    assert (by_hand.total_before, by_hand.total_after) == (450_000 + 3 * 900_000, 500_000 + 3 * 800_000)
    assert by_hand.difference == -250_000
    assert by_hand.by("band_before").rows() == [
        ("B1", 1, 450_000, 500_000, 50_000, 0, 0, 0),
        ("B2", 3, 2_700_000, 2_400_000, -300_000, 0, 0, 0),
    ]
    assert by_hand.by().rows() == [(4, 3_150_000, 2_900_000, -250_000, 0, 0, 0)]
    assert by_hand.placements["placement_id"].to_list() == ["P1", "P2"]


def test_what_only_one_side_prices_is_set_out_by_itself(by_hand: Comparison) -> None:
    columns = ["placement_id", "before", "after"]
    assert by_hand.unpriced_after.select(columns).rows() == [("P3", 450_000, None)]
    assert by_hand.unpriced_before.select(columns).rows() == [("P4", None, 450_000)]
    assert (by_hand.not_compared_before, by_hand.not_compared_after) == (450_000, 450_000)
    assert by_hand.counts == {"compared": 2, "unpriced_before": 1, "unpriced_after": 1, "unpriced": 0}


def test_gainers_and_losers_are_in_order() -> None:
    before = a_framework(*(a_tariff(provider_id=str(p), row=p) for p in range(2, 8)))
    # Provider 2 gains nothing, 3 and 4 gain the same, 5 gains most, 6 loses, 7 loses most.
    rates = {2: 450_000, 3: 451_000, 4: 451_000, 5: 460_000, 6: 440_000, 7: 430_000}
    after = a_framework(*(a_tariff(provider_id=str(p), rate_pence=rate, row=p) for p, rate in rates.items()))
    caseload = a_caseload(*(a_row(p, provider_id=str(p)) for p in rates))
    found = compare(cost(caseload, before, "FY2025-26"), cost(caseload, after, "FY2025-26"))
    assert found.gainers(2)["provider_id"].to_list() == ["5", "3"]
    assert found.gainers(10)["provider_id"].to_list() == ["5", "3", "4"]
    assert found.losers(10)["provider_id"].to_list() == ["7", "6"]
    assert found.losers(10)["difference"].to_list() == [-20_000, -10_000]
    assert found.gainers(5, by="provision").height == 0


def test_two_band_systems_are_shown_from_one_to_the_other() -> None:
    before = a_framework(a_tariff(band="B1"), a_tariff(band="B2", row=3))
    other = (a_band("low", 1, level=0), a_band("high", 2, level=2))
    after = a_framework(a_tariff(band="low"), a_tariff(band="high", row=3), bands=other)
    caseload = a_caseload(*(a_row(n, need_learning=str(n)) for n in (1, 2)))
    found = compare(cost(caseload, before, "FY2025-26"), cost(caseload, after, "FY2025-26"))
    assert found.by("band_before", "band_after").select("band_before", "band_after").rows() == [
        ("B1", "low"),
        ("B2", "high"),
    ]
    assert found.by("band").select(pl.exclude("band")).equals(found.by("band_after").select(pl.exclude("band_after")))


@given(
    st.integers(0, 10**6),
    st.lists(st.sampled_from(GROUPS), min_size=0, max_size=4, unique=True),
)
@settings(max_examples=20)
def test_every_breakdown_adds_up_to_the_totals(seed: int, columns: list[str]) -> None:
    found = a_comparison(120, seed)
    summed = found.by(*columns).select(pl.col(["children", *MONEY]).sum()).row(0, named=True)
    assert summed["before"] == found.total_before
    assert summed["after"] == found.total_after
    assert summed["difference"] == found.difference == found.total_after - found.total_before
    assert summed["outside_before"] == found.outside_before
    assert summed["outside_after"] == found.outside_after
    assert summed["children"] == found.placements["count"].sum()


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_both_totals_are_accounted_for(seed: int) -> None:
    found = a_comparison(150, seed)
    before, after = found.costing_before, found.costing_after
    high_needs = pl.col("payer") == "la_high_needs"
    only_before = found.unpriced_after.filter(high_needs)["before"].sum()
    only_after = found.unpriced_before.filter(high_needs)["after"].sum()
    assert found.total_before + only_before == before.total
    assert found.total_after + only_after == after.total
    assert (found.not_compared_before, found.not_compared_after) == (only_before, only_after)
    outside = found.unpriced_after.filter(~high_needs)["before"].sum()
    assert found.outside_before + outside == before.counts["outside_amount_pence"]
    counts = found.counts
    assert counts["compared"] + counts["unpriced_after"] == before.counts["priced"]
    assert counts["compared"] + counts["unpriced_before"] == after.counts["priced"]


def test_the_amounts_are_those_of_the_lines(comparison: Comparison) -> None:
    sums: list[dict[str, int | None]] = []
    for costing in (comparison.costing_before, comparison.costing_after):
        found: dict[str, int | None] = defaultdict(int)
        for placement, amount in costing.lines.select("placement_id", "amount").iter_rows():
            known = found[placement]
            found[placement] = None if amount is None or known is None else known + amount
        sums.append(found)
    rows = comparison.placements.select("placement_id", "before", "after", "difference").rows()
    assert rows
    for placement, before, after, difference in rows:
        assert (before, after) == (sums[0][placement], sums[1][placement])
        assert difference == after - before


def test_the_order_of_the_caseload_changes_no_breakdown() -> None:
    caseload = sample_caseload(3000, 6, load_frameworks(NEW)).reverse()
    # A repeated row keeps the first of the file, so rows that stand twice are left out here.
    caseload = caseload.filter(~pl.col("child_id").is_duplicated())
    turned = compare(*(cost(caseload, name, PERIOD, as_if=True) for name in (OLD, NEW)))
    straight = compare(*(cost(caseload.reverse(), name, PERIOD, as_if=True) for name in (OLD, NEW)))
    for column in GROUPS:
        assert turned.by(column).equals(straight.by(column)), column
    assert turned.placements["placement_id"].to_list() == straight.placements["placement_id"].to_list()[::-1]


def test_the_same_framework_twice_changes_nothing() -> None:
    caseload = sample_caseload(400, 2, load_frameworks(NEW))
    found = compare(*(cost(caseload, NEW, PERIOD) for _ in range(2)))
    assert found.difference == 0
    assert set(found.placements["difference"]) == {0}
    assert found.gainers(5).height == found.losers(5).height == 0


def test_a_scenario_is_compared_with_its_baseline(national: tuple[Framework, ...]) -> None:
    caseload = sample_caseload(400, 2, national)
    scenario = Scenario("Special up 5%", "By hand", (ChangeRates(percent="5", provisions=("special",)),))
    found = compare(cost(caseload, national, PERIOD), cost(caseload, scenario.apply(national), PERIOD))
    changed = found.by("provision").filter(pl.col("difference") != 0)
    assert changed["provision"].to_list() == ["special"]
    assert found.difference == changed["difference"].item() > 0
    assert found.provenance["compared"]["after"] == [f"{NEW} + Special up 5%"]


@pytest.fixture
def national() -> tuple[Framework, ...]:
    return load_frameworks(NEW)


def test_another_caseload_or_period_is_refused(national: tuple[Framework, ...], tmp_path: Path) -> None:
    one, other = (sample_caseload(30, seed, national) for seed in (1, 2))
    costing = cost(one, national, PERIOD)
    with pytest.raises(UsageError, match="these are two"):
        compare(costing, cost(other, national, PERIOD))
    with pytest.raises(UsageError, match="over one period"):
        compare(costing, cost(one, national, "AY2026-27"))
    one.write_csv(tmp_path / "one.csv")
    other.write_csv(tmp_path / "other.csv")
    from_file: Costing = cost(tmp_path / "one.csv", national, PERIOD)
    assert compare(from_file, cost(tmp_path / "one.csv", OLD, PERIOD, as_if=True)).counts["compared"] > 0
    with pytest.raises(UsageError, match="these are two"):
        compare(from_file, cost(tmp_path / "other.csv", national, PERIOD))


def test_an_unknown_column_is_refused_with_the_nearest(comparison: Comparison) -> None:
    with pytest.raises(UsageError, match="did you mean provision"):
        comparison.by("provison")


def test_a_comparison_without_anything_to_compare_is_zero(national: tuple[Framework, ...]) -> None:
    caseload = a_caseload(a_row(1, provision="nowhere"))
    found = compare(cost(caseload, national, PERIOD), cost(caseload, national, PERIOD))
    assert (found.total_before, found.total_after, found.difference) == (0, 0, 0)
    assert found.by("provision").height == 0
    assert found.counts == {"compared": 0, "unpriced_before": 0, "unpriced_after": 0, "unpriced": 0}


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_comparison_is_written_whole(comparison: Comparison, ending: str, tmp_path: Path) -> None:
    written = comparison.write(tmp_path / f"out.{ending}")
    assert all(path.stat().st_size > 0 for path in written)
    if ending == "xlsx":
        assert [path.name for path in written] == ["out.xlsx"]
        return
    names = {path.name for path in written}
    assert {f"out.{ending}", f"out.by_provider_id.{ending}", f"out.not_compared.{ending}"} <= names
    record = json.loads((tmp_path / "out.provenance.json").read_text(encoding="utf-8"))
    assert record["compared"]["difference_pence"] == comparison.difference
    assert [framework["version"] for framework in record["frameworks"]] == ["2025-26", "2026-27"]
    if ending == "parquet":
        assert pl.read_parquet(tmp_path / "out.parquet").height == comparison.placements.height
        return
    with (tmp_path / "out.by_payer.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pounds = [row["difference"] for row in rows if row["payer"] == "la_high_needs"]
    assert pounds == [f"{comparison.difference // 100}.{comparison.difference % 100:02d}"]
