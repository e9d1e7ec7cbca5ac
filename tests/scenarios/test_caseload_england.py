"""England without any file: the carried figures, what is fitted, and what is assumed."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from scenarios.caseload import Caseload, england_caseload
from scenarios.plans.accounts import plan_totals
from scenarios.plans.assumptions import SHARED, plan_assumptions, plan_rows
from scenarios.plans.carried import carried_england, carried_needs, carried_sources, fitted_england
from scenarios.plans.cells import NOT_RECORDED, placement_types
from tariff_engine import Framework, cost, load_frameworks, shipped_frameworks
from tariff_engine.vocabulary import vocabulary

PLANS_IN_ENGLAND = 638_745
NATIONAL = load_frameworks("national-illustrative@2025-26")[0]
COUNT = pl.col("count").cast(pl.Int64)


@pytest.fixture(scope="module")
def england() -> Caseload:
    return england_caseload(NATIONAL)


def test_the_carried_figures_add_up() -> None:
    for name, rows in (("england_need_by_placement.csv", 33), ("authorities_by_need.csv", 153)):
        found = plan_rows(name)
        needs = (*carried_needs(), "not_recorded")
        assert len(found) == rows
        assert all(int(row["plans"]) == sum(int(row[need]) for need in needs) for row in found)
        assert sum(int(row["plans"]) for row in found) == PLANS_IN_ENGLAND
    assert {row["placement_type"] for row in plan_rows("england_need_by_placement.csv")} == set(placement_types())
    assert {row["la_code"] for row in plan_rows("authorities_by_need.csv")} == set(vocabulary().local_authorities)


def test_every_carried_row_names_its_source() -> None:
    sources = {source["id"]: source for source in carried_sources()["sources"]}
    for name in ("england_need_by_placement.csv", "authorities_by_need.csv"):
        assert {row["source_id"] for row in plan_rows(name)} <= set(sources)
    for source in sources.values():
        assert source["url"].startswith("https://")
        assert source["last_checked_on"] <= date.max
        assert source["licence"].startswith("Open Government Licence")


def test_published_groups_of_placement_types_come_out() -> None:
    by_type = {row["placement_type"]: int(row["plans"]) for row in plan_rows("england_need_by_placement.csv")}
    published = {"Mainstream": 278_236, "Special": 193_880, "FE": 88_158, "Educated elsewhere": 49_750, "AP/PRU": 4_858}
    for group, plans in published.items():
        assert sum(count for name, count in by_type.items() if name.startswith(f"{group} - ")) == plans


def test_fitted_authorities_have_their_plans_and_england_its_pattern() -> None:
    cells = fitted_england()
    plans = {row["la_code"]: int(row["plans"]) for row in plan_rows("authorities_by_need.csv")}
    assert cells.total.min() == 0
    assert cells.total.sum(axis=(1, 2)).tolist() == [plans[la] for la in cells.authorities]
    assert (cells.total.sum(axis=0) == carried_england(cells.types, cells.needs)).all()


def test_every_plan_of_england_is_accounted_for(england: Caseload) -> None:
    totals = england.provenance["totals"]
    plans = {row["la_code"]: int(row["plans"]) for row in plan_rows("authorities_by_need.csv")}
    assert {la: part["read"] for la, part in totals["authorities"].items()} == plans
    assert england.totals["read"] == england.totals["in_caseload"] + england.totals["set_aside"] == PLANS_IN_ENGLAND
    assert england.placements.select(COUNT.sum()).item() == england.totals["in_caseload"]
    assert england.set_aside["plans"].sum() == england.totals["set_aside"]
    assert england.set_aside.filter(placement_type="Placement not recorded")["plans"].sum() == 19_339
    assert england.placements["basis"].unique().to_list() == ["fitted"]
    assert england.placements.height < 150_000


def test_england_s_shares_hold_within_one_plan(england: Caseload) -> None:
    """Levels stand for the step of need, as no two steps have the same ones."""
    assumed = plan_assumptions()
    levels = [f"need_{area.code}" for area in NATIONAL.header.need_areas]
    found = england.placements.with_columns(COUNT)
    steps = {
        (need, tuple(str(level) for level in assumed.levels(NATIONAL, need, step).values())): at
        for need in carried_needs()
        for at, step in enumerate(assumed.steps)
    }
    assert len(steps) == len(carried_needs()) * len(assumed.steps)
    years = {str(year): at for at, year in enumerate(assumed.year_groups)}
    for (kind, need), group in found.group_by("placement_type", "primary_need"):
        provision, plans = group["provision"][0], int(group["count"].sum())
        by_step, by_year = np.zeros(len(assumed.steps), np.int64), np.zeros(len(years), np.int64)
        for row in group.select("count", "nc_year", *levels).iter_rows():
            by_step[steps[str(need), row[2:]]] += row[0]
            by_year[years[row[1]]] += row[0]
        for counted, shares in ((by_step, assumed.step_shares), (by_year, assumed.year_shares)):
            assert np.abs(counted - shares[provision, str(need)] * plans / SHARED).max() < 1, (kind, need)


def test_england_can_be_priced(england: Caseload) -> None:
    costing = cost(england.placements, NATIONAL, "FY2025-26")
    errors = costing.findings.filter(severity="error")
    areas = dict(costing.lines.select("placement_id", "home_la").iter_rows())
    # Nobody publishes an area cost for the City of London and the Isles of Scilly.
    assert {areas[placement] for placement in errors["placement_id"]} == {"201", "420"}
    assert costing.counts["read_children"] == england.totals["in_caseload"]
    assert costing.counts["set_aside_children"] < 50


def test_filling_in_moves_plans_and_loses_none() -> None:
    filled = england_caseload(NATIONAL, impute=True)
    assert filled.totals["read"] == PLANS_IN_ENGLAND
    reasons = " ".join(filled.totals["set_aside_by_reason"])
    assert "record" not in reasons
    by_part = dict(filled.placements.group_by("filled_in").agg(COUNT.sum()).iter_rows())
    assert set(by_part) == {None, "need", "placement", "need and placement"}
    assert filled.placements["basis"].unique().to_list() == ["fitted"]


def test_shares_are_of_a_thousand_and_there_for_every_provision_and_need() -> None:
    assumed = plan_assumptions()
    provisions = {row["provision"] for row in placement_types().values() if "provision" in row}
    for shares, kinds in ((assumed.step_shares, len(assumed.steps)), (assumed.year_shares, len(assumed.year_groups))):
        assert set(shares) == {(provision, need) for provision in provisions for need in vocabulary().need_codes}
        assert all(len(row) == kinds and row.sum() == SHARED and row.min() >= 0 for row in shares.values())
    for name in ("need_shares.csv", "year_group_shares.csv"):
        assert all(row["reason"].endswith(".") for row in plan_rows(name))
        listed = [(row["provision"], need) for row in plan_rows(name) for need in row["needs"].split()]
        assert len(listed) == len(set(listed)), f"{name} says something twice"


def test_a_year_group_stays_in_its_phase_for_a_year() -> None:
    for (name, phase), year in zip(vocabulary().phases.items(), plan_assumptions().year_groups, strict=True):
        for at in (year, year + 1):
            assert phase.from_nc_year is None or at >= phase.from_nc_year, name
            assert phase.to_nc_year is None or at <= phase.to_nc_year, name


@pytest.mark.parametrize("framework", shipped_frameworks(), ids=lambda framework: framework.name)
def test_levels_are_a_framework_s_own_and_rise_with_the_step(framework: Framework) -> None:
    assumed = plan_assumptions()
    for need in vocabulary().need_codes:
        rows = [assumed.levels(framework, need, step) for step in assumed.steps]
        for area in framework.header.need_areas:
            assert all(0 <= row[area.code] <= area.highest_level for row in rows)
        scores = [sum(row.values()) for row in rows]
        assert scores == sorted(scores)


def test_bands_and_hours_are_given_where_a_framework_goes_by_them() -> None:
    devon = load_frameworks("devon@2023-24")[0]
    placements = england_caseload(devon).placements
    for provision in ("mainstream", "special"):
        priced = {tariff.band for tariff in devon.tariffs if tariff.provision == provision and tariff.band}
        assert set(placements.filter(provision=provision)["band"].drop_nulls()) == priced
    assert placements["support_hours"].null_count() == placements.height
    oxfordshire = england_caseload("oxfordshire@2024-25").placements
    by_hour = {
        tariff.provision for tariff in load_frameworks("oxfordshire@2024-25")[0].tariffs if tariff.unit == "hour"
    }
    paid = oxfordshire.filter(pl.col("support_hours").is_not_null())
    assert by_hour >= set(paid["provision"]) > set()


def test_plans_that_are_lost_are_a_defect(england: Caseload) -> None:
    read = {la: part["read"] for la, part in england.provenance["totals"]["authorities"].items()}
    with pytest.raises(ArithmeticError, match="plans of 878 are not accounted for"):
        plan_totals({**read, "878": read["878"] + 1}, england.placements, england.set_aside)
    assert NOT_RECORDED not in carried_needs()
