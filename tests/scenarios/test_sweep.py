"""A sweep's totals are the costings' own, variant by variant, or it says which aren't and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from scenarios import RateVariants, Sweep, sweep
from scenarios.sweep import prices, totals
from tariff_engine import Costing, Framework, cost, load_frameworks
from tariff_engine.errors import BoundsError, UsageError
from tests.oracle.generate import write_case
from tests.small import a_caseload, a_framework, a_row, a_tariff

VARIANTS = 4
YEARS = ("FY2025-26", "FY2026-27", "FY2027-28")


def by_authority(costing: Costing) -> dict[str, int]:
    """What the high needs budget pays for each authority's children, where it is anything."""
    paid = costing.lines.filter((pl.col("payer") == "la_high_needs") & (pl.col("amount") != 0))
    sums = paid.group_by("home_la").agg(pl.col("amount").sum())
    return {authority: pence for authority, pence in sums.iter_rows() if pence}


def swept(result: Sweep, variant: int, period: str) -> dict[str, int]:
    frame = result.frame(variant).filter((pl.col("period") == period) & (pl.col("amount") != 0))
    return dict(frame.select("home_la", "amount").iter_rows())


def national() -> Framework:
    return load_frameworks("national-illustrative@2025-26")[0]


def cells(rows: int, framework: Framework, seed: int = 1) -> pl.DataFrame:
    """Cells of like children all over the country."""
    rng = np.random.default_rng(seed)
    areas = [area.code for area in framework.header.need_areas]
    provisions = ["mainstream", "special", "sen_unit", "independent_special", "hospital", "early_years", "respite"]
    frame = {
        "placement_id": [f"P{at}" for at in range(rows)],
        "child_id": [f"C{at}" for at in range(rows)],
        "home_la": rng.choice(sorted(framework.area_costs), rows).tolist(),
        "provision": rng.choice(provisions, rows).tolist(),
        "nc_year": rng.integers(-3, 15, rows).astype(str).tolist(),
        "start_date": rng.choice(["2020-09-01", "2025-11-05", "2026-04-01"], rows).tolist(),
        "fte": rng.choice(["1", "0.6", "0.333333"], rows).tolist(),
        "count": rng.integers(2, 40, rows).astype(str).tolist(),
    }
    return pl.DataFrame(frame | {f"need_{area}": rng.integers(0, 5, rows).astype(str).tolist() for area in areas})


def random_variants(framework: Framework, number: int, seed: int) -> RateVariants:
    """Each rate of each variant by a factor of its own, down from what it is, which may be the bound."""
    factors = np.random.default_rng(seed).uniform(0, 1, (number, len(framework.tariffs)))
    return RateVariants.repeated(framework, number).scaled(factors)


@pytest.mark.parametrize("seed", range(6000, 6016))
def test_every_variant_of_a_random_framework_costs_what_a_costing_says(seed: int, tmp_path: Path) -> None:
    case = write_case(seed, tmp_path, 80)
    frame = pl.read_csv(case.placements_csv, infer_schema=False)
    framework = cost(frame, case.framework_path, case.period, as_if=case.as_if).frameworks[-1]
    variants = random_variants(framework, VARIANTS, seed)
    providers = case.providers_csv
    result = sweep(variants, frame, case.period, providers=providers, as_if=case.as_if)
    assert result.exact.all()
    for at, variant in enumerate(variants):
        costing = cost(frame, variant, case.period, providers=providers, as_if=case.as_if)
        assert swept(result, at, costing.period.name) == by_authority(costing)
        assert result.totals[at].sum() == costing.total


def test_the_years_ahead_have_their_own_numbers_of_children() -> None:
    framework = national()
    frame = cells(150, framework)
    # A row that stands for one child needs a provider, and these have none.
    counts = np.random.default_rng(3).choice([0, 2, 3, 7, 29], (frame.height, len(YEARS)))
    variants = random_variants(framework, 3, 9)
    result = sweep(variants, frame, YEARS, counts=counts, as_if=True)
    assert result.periods == YEARS
    assert result.exact.all()
    for at, variant in enumerate(variants):
        for year, period in enumerate(YEARS):
            some = frame.with_columns(pl.Series("count", counts[:, year]).cast(pl.String)).filter(counts[:, year] > 0)
            assert swept(result, at, period) == by_authority(cost(some, variant, period, as_if=True))


def test_what_is_worked_out_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    framework = national()
    frame, variants = cells(80, framework), random_variants(framework, 7, 5)
    whole = sweep(variants, frame, YEARS, as_if=True)
    monkeypatch.setattr(totals, "_CHUNK_PRICES", 100)
    monkeypatch.setattr(prices, "_BLOCK", 3)
    assert np.array_equal(sweep(variants, frame, YEARS, as_if=True).totals, whole.totals)


def test_versions_that_differ_in_more_than_rates_are_swept_kind_by_kind() -> None:
    earlier, later = load_frameworks("devon@2022-23")[0], load_frameworks("devon@2023-24")[0]
    dearer = RateVariants.repeated(earlier, 1).scaled([1.5]).framework(0)
    other = national()
    frame = cells(60, other).with_columns(band=pl.lit(None, dtype=pl.String), provider_id=pl.lit("100001"))
    chosen = [later, other, earlier, dearer]
    result = sweep(chosen, frame, "FY2025-26", as_if=True)
    for at, framework in enumerate(chosen):
        assert swept(result, at, "FY2025-26") == by_authority(cost(frame, framework, "FY2025-26", as_if=True))
    assert result.totals[1].sum() > 0


def test_the_totals_can_be_by_other_columns() -> None:
    framework = national()
    frame = cells(100, framework)
    result = sweep([framework], frame, "FY2025-26", by=("provision", "home_la"))
    costing = cost(frame, framework, "FY2025-26")
    paid = costing.lines.filter((pl.col("payer") == "la_high_needs") & (pl.col("amount") != 0))
    wanted = paid.group_by("provision", "home_la").agg(pl.col("amount").sum()).rows()
    assert sorted(result.frame(0).filter(pl.col("amount") != 0).drop("period").rows()) == sorted(wanted)


def test_children_without_a_price_are_counted_and_never_zero() -> None:
    framework = a_framework(a_tariff("special"), a_tariff("nmss", price_basis="agreed", rate_pence=None))
    rows = [a_row(), a_row(2, provision="nmss"), a_row(3, fte="2")]
    result = sweep([framework], a_caseload(*rows), "FY2025-26")
    assert result.without_price.sum() == 1
    assert result.unread_rows == 1
    assert result.exact.all()


def test_a_variant_that_leaves_a_year_out_of_bounds_is_not_exact() -> None:
    framework = a_framework(a_tariff(unit="hour", rate_pence=100_000))
    variants = RateVariants.repeated(framework, 2).scaled([1, 1_000])
    row = a_row(support_hours="40")
    result = sweep(variants, a_caseload(row), "FY2025-26")
    assert result.exact.tolist() == [True, False]
    assert result.why[0] == ""
    assert "bound" in result.why[1]
    assert result.totals[1].sum() == 0


def test_what_an_override_lifts_and_what_it_doesn_t_are_two_prices() -> None:
    framework = a_framework(a_tariff(rate_pence=500_000, maximum_pence=400_000))
    lifted = a_row(2, override_by="Head of SEND", override_reason="Tribunal order")
    result = sweep([framework], a_caseload(a_row(1), lifted), "FY2025-26")
    assert result.totals.item() == 400_000 + 500_000


def test_parts_of_children_are_approximate() -> None:
    framework = a_framework(a_tariff())
    frame = a_caseload(a_row())
    result = sweep([framework], frame, "FY2025-26", counts=[[2.5]])
    assert result.totals.item() == 1_125_000
    assert not result.exact.any()
    assert "whole" in result.why[0]


def test_a_total_that_a_double_can_t_hold_is_refused() -> None:
    framework = a_framework(a_tariff(rate_pence=100_000_000))
    frame = a_caseload(a_row())
    with pytest.raises(BoundsError):
        sweep([framework], frame, "FY2025-26", counts=[[100_000_000]])


def test_a_rate_is_multiplied_once_and_rounded_half_away() -> None:
    framework = a_framework(a_tariff(rate_pence=5), a_tariff("mainstream", rate_pence=101))
    variants = RateVariants.repeated(framework, 2).scaled([0.5, 1.1], lambda tariff: tariff.provision == "special")
    assert variants.rates.tolist() == [[3, 101], [6, 101]]
    assert [tariff.rate_pence for tariff in variants.framework(1).tariffs] == [6, 101]


def test_limits_move_only_where_they_are_asked_to() -> None:
    framework = a_framework(a_tariff(minimum_pence=200, maximum_pence=400))
    still = RateVariants.repeated(framework, 1).scaled([2.0])
    assert (still.minimums.item(), still.maximums.item()) == (200, 400)
    moved = RateVariants.repeated(framework, 1).scaled([2.0], limits=True)
    assert (moved.minimums.item(), moved.maximums.item()) == (400, 800)


def test_a_variant_is_a_version_of_its_own_that_says_so() -> None:
    framework = national()
    one, other = RateVariants.repeated(framework, 2).scaled([1.0, 1.1])
    assert len({framework.content_hash, one.content_hash, other.content_hash}) == 3
    assert one.header.legal_status == "illustrative"
    assert one.name != framework.name


@pytest.mark.parametrize(
    ("number", "factors", "words"),
    [
        (3, [1, 2], "each of 3 variants"),
        (1, [-1], "from 0 to"),
        (1, [float("nan")], "from 0 to"),
        (1, [999], "the most"),
    ],
)
def test_factors_that_give_no_rates_are_refused(number: int, factors: list[float], words: str) -> None:
    variants = RateVariants.repeated(a_framework(), number)
    with pytest.raises(UsageError, match=words):
        variants.scaled(factors)


@pytest.mark.parametrize(("columns", "value", "words"), [(9, 1, "one column for each"), (1, -1, "a row has a value")])
def test_rates_that_don_t_fit_the_tariff_rows_are_refused(columns: int, value: int, words: str) -> None:
    money = np.full((1, columns), value)
    with pytest.raises(UsageError, match=words):
        RateVariants(a_framework(), money, money, money)


def test_versions_that_aren_t_variants_of_one_another_aren_t_taken_for_such() -> None:
    with pytest.raises(UsageError, match="more than the money"):
        RateVariants.of([a_framework(), national()])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"periods": []}, "at least one"),
        ({"variants": []}, "at least one"),
        ({"by": ("nowhere",)}, "nowhere"),
        ({"counts": [[1, 2]]}, "1 rows and 1 periods"),
        ({"counts": [[-1]]}, "expected 0 to"),
    ],
)
def test_what_can_t_be_swept_is_refused(changes: dict[str, Any], words: str) -> None:
    asked = {"variants": [a_framework()], "caseload": a_caseload(a_row()), "periods": "FY2025-26"}
    with pytest.raises(UsageError, match=words):
        sweep(**{**asked, **changes})
