"""A synthetic caseload: the same bytes for the same seed, everything in it, and nobody real."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import sample_caseload, sample_period, sample_providers
from scenarios.sampling.assumptions import assumptions
from scenarios.sampling.draws import Draws
from scenarios.sampling.setting import phase_of
from tariff_engine import Framework, cost, load_frameworks, shipped_frameworks
from tariff_engine.columns import placement_columns, provider_columns
from tariff_engine.errors import UsageError
from tariff_engine.tables.sinks import write_csv
from tariff_engine.vocabulary import vocabulary
from tests.small import a_band, a_framework, a_tariff

NATIONAL = "national-illustrative@2026-27"
SHIPPED = [framework.name for framework in shipped_frameworks()]
DEVON = "devon"


@pytest.fixture(scope="module")
def national() -> tuple[Framework, ...]:
    return load_frameworks(NATIONAL)


@pytest.fixture(scope="module")
def sample(national: tuple[Framework, ...]) -> pl.DataFrame:
    return sample_caseload(6000, 1, national)


def digest(frame: pl.DataFrame, path: Path) -> str:
    write_csv(path, frame, money=())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def days(frame: pl.DataFrame, column: str) -> list[date]:
    """The days of a column in order, without the impossible ones."""
    return sorted(frame[column].str.to_date(strict=False).drop_nulls())


def test_the_draws_are_the_same_on_every_machine() -> None:
    draws = Draws(2026)
    assert draws.below("provision", 1000, 6).tolist() == [232, 148, 554, 118, 473, 812]
    assert draws.choose("need", [1, 2, 3], 8).tolist() == [1, 2, 1, 2, 1, 2, 1, 1]
    assert draws.order("rows", 6).tolist() == [0, 4, 2, 5, 3, 1]


@given(st.integers(0, 2**64), st.text(max_size=8), st.integers(1, 2**31 - 1), st.integers(0, 50))
def test_draws_stay_below_their_limit(seed: int, name: str, limit: int, size: int) -> None:
    found = Draws(seed).below(name, limit, size)
    assert found.shape == (size,)
    assert ((found >= 0) & (found < limit)).all()
    assert sorted(Draws(seed).order(name, size).tolist()) == list(range(size))


def test_choices_come_as_often_as_their_shares() -> None:
    found = np.bincount(Draws(1).choose("any", [0, 700, 250, 50, 0], 100_000), minlength=5) / 100_000
    assert found.tolist() == pytest.approx([0, 0.7, 0.25, 0.05, 0], abs=0.01)
    assert Draws(1).hits("any", 0, 1000).sum() == 0
    assert Draws(1).hits("any", 1000, 1000).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_same_seed_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    frameworks = load_frameworks(name)
    first = digest(sample_caseload(700, 11, frameworks), tmp_path / "first.csv")
    assert first == digest(sample_caseload(700, 11, frameworks), tmp_path / "again.csv")
    assert first != digest(sample_caseload(700, 12, frameworks), tmp_path / "other.csv")


@given(st.integers(0, 2**32), st.integers(200, 400))
@settings(max_examples=25)
def test_every_provision_is_there_from_200_rows(seed: int, rows: int) -> None:
    caseload = sample_caseload(rows, seed, load_frameworks(NATIONAL))
    assert caseload.height == rows
    assert set(vocabulary().provisions) <= set(caseload["provision"])
    assert caseload["placement_id"].n_unique() == rows


@pytest.mark.parametrize("rows", [1, 2, 16, 17, 40])
def test_a_sample_may_be_small(rows: int, national: tuple[Framework, ...]) -> None:
    costing = cost(sample_caseload(rows, 3, national), national, sample_period(national))
    assert costing.counts["read"] == rows
    assert costing.counts["priced"] == rows


def test_the_columns_are_those_of_a_placements_file(sample: pl.DataFrame, national: tuple[Framework, ...]) -> None:
    areas = [f"need_{area.code}" for area in national[0].header.need_areas]
    assert [name for name in sample.columns if name not in areas] == list(placement_columns())
    at = sample.columns.index("primary_need") + 1
    assert sample.columns[at : at + len(areas)] == areas
    assert set(sample.dtypes) == {pl.String()}
    assert sample["count"].null_count() == sample.height


@pytest.mark.parametrize("name", SHIPPED)
def test_nearly_every_row_has_a_price_under_its_framework(name: str) -> None:
    frameworks = load_frameworks(name)
    costing = cost(sample_caseload(6000, 5, frameworks), frameworks, sample_period(frameworks))
    assert costing.counts["read"] == 6000
    assert 0 < costing.counts["set_aside"] < 120
    assert costing.total + costing.counts["outside_amount_pence"] > 0


def test_findings_of_many_kinds_show(sample: pl.DataFrame, national: tuple[Framework, ...]) -> None:
    costing = cost(sample, national, sample_period(national))
    errors = set(costing.findings.filter(pl.col("severity") == "error")["code"])
    assert errors == {"bad_value", "need_missing", "overlap", "overlap_fte", "unknown_band", "unknown_uplift"}
    assert {"band_differs", "estimated", "dual_placement"} <= set(costing.findings["code"])


def test_what_a_caseload_has_is_in_it(sample: pl.DataFrame, national: tuple[Framework, ...]) -> None:
    known = set(national[0].uplifts) | {assumptions().wrong.uplift}
    codes = {code for cell in sample["uplifts"].drop_nulls() for code in cell.split(";")}
    assert codes == known
    for name in ("fte", "units", "agreed_price", "care_contribution", "health_contribution", "override_by",
                 "override_reason", "payer", "commissioner", "band", "band_reason", "end_date"):  # fmt: skip
        assert 0 < sample[name].null_count() < sample.height, name
    assert sample["override_by"].is_null().equals(sample["override_reason"].is_null())
    twice = sample.filter(pl.col("child_id").is_duplicated())
    assert 0.02 < twice.height / sample.height < 0.06
    agreed = sample.filter(pl.col("provision").is_in(["independent_special", "independent_mainstream", "eotas"]))
    assert agreed["agreed_price"].null_count() / agreed.height < 0.05


def test_prices_come_near_the_published_averages(sample: pl.DataFrame, national: tuple[Framework, ...]) -> None:
    lines = cost(sample, national, sample_period(national)).lines
    average = dict(lines.group_by("provision").agg(pl.col("annual_price").mean() / 100).iter_rows())
    place = dict(lines.group_by("provision").agg(pl.col("place_value").mean() / 100).iter_rows())
    # About 26,000 with the place in a state special school, about 63,000 in an independent one.
    assert 23_000 < average["special"] + place["special"] < 29_000
    assert 52_000 < average["independent_special"] < 70_000


def test_a_higher_provision_has_higher_needs(sample: pl.DataFrame) -> None:
    levels = [name for name in sample.columns if name.startswith("need_")]
    summed = sample.select("provision", level=pl.sum_horizontal(pl.col(levels).cast(pl.Int64)))
    mean = dict(summed.group_by("provision").agg(pl.col("level").mean()).iter_rows())
    assert mean["mainstream"] < mean["resourced_provision"] < mean["special"] < mean["nmss"]


def test_providers_are_invented_and_know_their_phases(sample: pl.DataFrame) -> None:
    providers = sorted({int(provider) for provider in sample["provider_id"].drop_nulls()})
    assert providers[0] > 900_000
    assert providers[-1] < 900_500
    assert len(providers) > 350
    mainstream = sample.filter(pl.col("provision") == "mainstream", pl.col("nc_year").is_not_null())
    phases = mainstream.group_by("provider_id").agg(pl.col("nc_year").cast(pl.Int64))
    for years in phases["nc_year"].to_list():
        found = {phase_of(year) for year in years}
        assert len(found - {"post16", "early_years"}) <= 1


@pytest.mark.parametrize("name", SHIPPED)
def test_placements_lie_inside_the_versions(name: str) -> None:
    frameworks = load_frameworks(name)
    caseload = sample_caseload(900, 8, frameworks)
    first = min(framework.header.effective_from for framework in frameworks)
    last = sample_period(frameworks).end
    starts, ends = days(caseload, "start_date"), days(caseload, "end_date")
    assert caseload.height - len(starts) < 5
    assert starts[0] >= first
    assert max(starts[-1], ends[-1]) <= last


def test_earlier_versions_give_earlier_starts() -> None:
    versions = load_frameworks(DEVON)
    period = sample_period(versions)
    assert period.start == versions[-1].header.effective_from
    assert days(sample_caseload(500, 2, versions), "start_date")[0] < period.start
    assert sample_period(tuple(reversed(versions))) == period


@pytest.mark.parametrize("name", [NATIONAL, "sandwell", "devon@2023-24"])
def test_the_providers_file_says_what_the_placements_say(name: str, tmp_path: Path) -> None:
    frameworks = load_frameworks(name)
    period, caseload = sample_period(frameworks), sample_caseload(800, 4, frameworks)
    providers = sample_providers(caseload)
    assert providers.columns == list(provider_columns())
    assert providers["provider_id"].is_unique().all()
    write_csv(tmp_path / "providers.csv", providers, money=())
    whole = cost(caseload, frameworks, period)
    bare = caseload.drop("provider_type", "provider_la")
    told = cost(bare, frameworks, period, providers=tmp_path / "providers.csv")
    assert told.lines["s251_line"].equals(whole.lines["s251_line"])
    assert told.counts == whole.counts
    assert told.findings["code"].to_list() == whole.findings["code"].to_list()


def test_a_file_is_priced_as_the_frame_is(
    sample: pl.DataFrame, national: tuple[Framework, ...], tmp_path: Path
) -> None:
    write_csv(tmp_path / "sample.csv", sample, money=())
    period = sample_period(national)
    assert cost(tmp_path / "sample.csv", national, period).counts == cost(sample, national, period).counts


RULES: Sequence[tuple[str, Framework]] = [
    ("an academic year", a_framework(effective_from="2024-09-01", year_basis="academic")),
    ("part of a year", a_framework(effective_from="2024-11-11", effective_to="2025-02-14")),
    (
        "need levels and two phases",
        a_framework(
            a_tariff(band="B1", phase="primary", row=2),
            a_tariff(band="B2", phase="primary", row=3),
            a_tariff(band="B3", phase="primary", row=4),
            a_tariff("mainstream", band="B2", row=5),
        ),
    ),
    (
        "the primary need's own area",
        a_framework(a_tariff(band="B1", row=2), a_tariff(band="B3", row=3), banding={"rule": "primary_need"}),
    ),
    (
        "bands by the panel, prices agreed without a rate",
        a_framework(
            a_tariff("independent_special", price_basis="agreed", rate_pence=None, row=2),
            a_tariff("nmss", price_basis="agreed", rate_pence=None, minimum_pence=100_000, band="B2", row=3),
            a_tariff("mainstream", unit="hour", rate_pence=1304, row=4),
            bands=(a_band("B1", 1), a_band("B2", 2)),
            banding={"rule": "assigned"},
        ),
    ),
    (
        "school days",
        a_framework(
            a_tariff("ap_targeted", unit="day", rate_pence=10325),
            effective_from="2025-04-01",
            effective_to="2026-03-31",
            proration={
                "method": "school_days",
                "school_terms": (
                    {"start": date(2025, 4, 22), "end": date(2025, 7, 22)},
                    {"start": date(2025, 9, 2), "end": date(2025, 12, 19)},
                    {"start": date(2026, 1, 5), "end": date(2026, 3, 27)},
                ),
            },
        ),
    ),
]


@pytest.mark.parametrize("framework", [framework for _, framework in RULES], ids=[name for name, _ in RULES])
def test_every_kind_of_framework_gets_a_caseload_that_it_can_price(framework: Framework) -> None:
    costing = cost(sample_caseload(2000, 9, [framework]), framework, sample_period([framework]))
    assert costing.counts["set_aside"] < 40
    assert set(costing.findings["code"]).isdisjoint({"no_tariff", "no_version", "no_agreed_price", "no_hours"})


def test_a_period_is_the_first_year_of_the_latest_version() -> None:
    assert sample_period(load_frameworks(NATIONAL)).name == "FY2026-27"
    assert sample_period([RULES[0][1]]).name == "AY2024-25"
    assert sample_period([RULES[1][1]]).name == "2024-11-11..2025-02-14"


@pytest.mark.parametrize(("rows", "seed"), [(0, 1), (-5, 1), (2_000_001, 1), (10, -1)])
def test_impossible_samples_are_refused(rows: int, seed: int, national: tuple[Framework, ...]) -> None:
    with pytest.raises(UsageError):
        sample_caseload(rows, seed, national)


def test_a_sample_needs_a_framework() -> None:
    with pytest.raises(UsageError, match="No framework version"):
        sample_caseload(10, 1, ())


def test_the_assumptions_know_every_provision_and_need() -> None:
    found = assumptions()
    assert [share.code for share in found.provisions] == list(vocabulary().provisions)
    needs = {need for profile in found.needs.values() for need in profile}
    assert needs == set(vocabulary().need_codes)
    for share in found.provisions:
        assert {share.years in found.years, share.needs in found.needs, share.spells in found.spells} == {True}
        assert share.severity in found.severity
        assert share.providers in found.providers
