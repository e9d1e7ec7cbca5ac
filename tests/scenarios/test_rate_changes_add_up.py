"""What changes cost, held against prices that are worked out apart: one change alone, and any changes together."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import RateChanges, cost_of_changes
from tariff_engine import Framework, cost, load_frameworks
from tariff_engine.framework import Tariff, Uplift
from tests.properties.strategies import Row, a_rich_framework, good_caseloads
from tests.small import THREE_BANDS, a_caseload, a_framework, a_row, a_tariff, an_uplift

OLD, NEW = "devon@2022-23", "devon@2023-24"
PERIOD = "FY2025-26"
# One example is several costings of each of several versions.
FEW = settings(max_examples=8)


def full_years(framework: Framework, caseload: pl.DataFrame, period: str = PERIOD) -> dict[str, int | None]:
    """Each placement's full year, for the children of its row: the annual price of its last line times its count.

    A spell bought by the unit comes to its amount in the period; a placement that isn't there has no entry.
    """
    found: dict[str, int | None] = {}
    for line in cost(caseload, framework, period, as_if=True).lines.iter_rows(named=True):
        if line["days"]:
            price = line["annual_price"]
            found[line["placement_id"]] = None if price is None else price * line["count"]
    return found


def difference(old: Framework, new: Framework, caseload: pl.DataFrame, period: str = PERIOD) -> int:
    """What the new version costs more in a full year, for the placements that both have a price for."""
    before, after = (full_years(framework, caseload, period) for framework in (old, new))
    both = [name for name in before if before[name] is not None and after.get(name) is not None]
    return sum((after[name] or 0) - (before[name] or 0) for name in both)


def whole(found: RateChanges) -> int:
    """What the changes cost, whoever pays, added up."""
    return int(found.frame.select((pl.col("full_year") + pl.col("outside")).sum()).item())


def devon_children() -> pl.DataFrame:
    """Children in each of Devon's special schools, more and more of them, and in mainstream schools."""
    (framework,) = load_frameworks(OLD)
    schools = [tariff.provider_id for tariff in framework.tariffs if tariff.provider_id]
    special = [
        a_row(n, provider_id=school, count=str(n), fte="" if n % 3 else "0.333333", start_date="2022-09-01")
        for n, school in enumerate(schools, start=1)
    ]
    mainstream = a_row(90, provision="mainstream", band="banding_2", start_date="2022-09-01")
    return a_caseload(*special, mainstream).drop("need_learning", "need_social")


def test_one_rate_alone_in_a_copied_folder_costs_what_the_change_says(root: Path, tmp_path: Path) -> None:
    (old,), (new,), caseload = load_frameworks(OLD), load_frameworks(NEW), devon_children()
    found = cost_of_changes(caseload, old, new)
    folders = [root / "bands" / "devon" / name for name in ("2022-23", "2023-24")]
    texts = [(folder / "tariffs.csv").read_text(encoding="utf-8") for folder in folders]
    before, after = (list(csv.reader(text.splitlines())) for text in texts)
    changed = {" / ".join(part or "any" for part in row[:4]): at for at, row in enumerate(after) if row != before[at]}
    assert len(changed) > 10
    assert {change.key for change in found.changes} == set(changed)
    shutil.copytree(folders[0], tmp_path / "one")
    for change in found.changes:
        at = changed[change.key]
        rows = [*before[:at], after[at], *before[at + 1 :]]
        (tmp_path / "one" / "tariffs.csv").write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
        (one,) = load_frameworks(tmp_path / "one")
        assert change.full_year == difference(old, one, caseload, "FY2023-24"), change.key
        assert change.full_year
    assert whole(found) == found.total_pence == difference(old, new, caseload, "FY2023-24")


RATE_CHANGES = st.sampled_from(["as it was", "as it was", "rate", "minimum", "maximum", "gone", "area"])
PENCE = st.integers(0, 4_000_000)
ADDED_ROWS = (
    a_tariff(rate_pence=123_456),
    a_tariff(band="B1", phase="primary", rate_pence=234_567),
    a_tariff(provider_id="100003", band="B2", rate_pence=345_678),
    a_tariff("nmss", band="B3", rate_pence=2_345_678),
    a_tariff("mainstream", band="B1", unit="week", rate_pence=12_345),
)
HEADERS: tuple[dict[str, Any], ...] = (
    {},
    {"banding": {"rule": "highest_level", "co_occurrence": {"areas": 2, "level": 1, "raise": 1}}},
    {"banding": {"rule": "highest_level", "provision_shift": {"special": 1, "nmss": -1}}},
    {"weeks_per_year": "38.5"},
    {"days_per_year": 195, "weeks_per_year": 38},
    {"year_basis": "academic", "proration": {"method": "months", "count_day": 15}, "title": "Another"},
)


@st.composite
def other_versions(draw: st.DrawFn) -> Framework:
    """The rich framework with a few of its rates, rows, uplifts, areas, bands and rules changed."""
    base = a_rich_framework()
    rows = [row for row in (draw(tariff_rows(tariff)) for tariff in base.tariffs) if row is not None]
    rows += draw(st.lists(st.sampled_from(ADDED_ROWS), max_size=2, unique=True))
    bands = draw(st.sampled_from([THREE_BANDS, THREE_BANDS, (replace(THREE_BANDS[0], level=0), *THREE_BANDS[1:])]))
    areas = {code: draw(st.sampled_from([area.factor_millionths, 1_050_000])) for code, area in base.area_costs.items()}
    uplifts = [draw(uplifts_like(uplift)) for uplift in base.uplifts.values()]
    chosen = draw(st.sampled_from(HEADERS))
    return a_framework(*rows, bands=bands, areas=areas, uplifts=uplifts, places=base.place_rates, **chosen)


@st.composite
def tariff_rows(draw: st.DrawFn, tariff: Tariff) -> Tariff | None:
    """A tariff row, changed or not; None where it is taken away."""
    what = draw(RATE_CHANGES)
    if what == "gone":
        return None
    if what == "area":
        return replace(tariff, area_cost=not tariff.area_cost)
    if what == "rate" and tariff.rate_pence is None:
        return tariff
    changed: dict[str, Any] = {} if what == "as it was" else {f"{what}_pence": draw(PENCE)}
    return replace(tariff, **changed)


def uplifts_like(uplift: Uplift) -> st.SearchStrategy[Uplift]:
    """An uplift, changed or not."""
    amount = an_uplift(uplift.code, "amount", 77_777, *uplift.provisions)
    return st.sampled_from([uplift, uplift, replace(uplift, value=uplift.value * 2), amount])


@given(good_caseloads(units=False), other_versions())
@FEW
def test_the_changes_add_up_to_the_whole_difference(rows: list[Row], new: Framework) -> None:
    old, caseload = a_rich_framework(), a_caseload(*rows)
    for one, other in ((old, new), (new, old)):
        found = cost_of_changes(caseload, one, other, PERIOD)
        assert whole(found) == difference(plain(one), plain(other), caseload)
        assert int(found.frame["full_year"].sum()) == found.total_pence == found.after_pence - found.before_pence
        assert sum(found.counts.values()) == sum(int(row["count"] or "1") for row in rows)


def plain(framework: Framework) -> Framework:
    """The version with its year spread by days over financial years."""
    header = a_framework().header
    changed = {"proration": header.proration, "year_basis": header.year_basis}
    return replace(framework, header=framework.header.model_copy(update=changed))


@given(good_caseloads(), other_versions())
@FEW
def test_neither_the_order_of_a_caseload_nor_its_splitting_changes_what_changes_cost(
    rows: list[Row], new: Framework
) -> None:
    old = a_rich_framework()
    together = found_costs(cost_of_changes(a_caseload(*rows), old, new, PERIOD))
    assert together == found_costs(cost_of_changes(a_caseload(*rows[::-1]), old, new, PERIOD))
    parts = [cost_of_changes(a_caseload(*part), old, new, PERIOD) for part in (rows[::2], rows[1::2]) if part]
    assert together == summed([found_costs(part) for part in parts])


@given(good_caseloads(units=False), st.data())
@FEW
def test_a_change_alone_has_the_whole_difference(rows: list[Row], data: st.DataObject) -> None:
    old, caseload = a_rich_framework(), a_caseload(*rows)
    at = data.draw(st.integers(0, len(old.tariffs) - 1))
    row = data.draw(tariff_rows(old.tariffs[at]))
    tariffs = (*old.tariffs[:at], *([row] if row is not None else []), *old.tariffs[at + 1 :])
    found = cost_of_changes(caseload, old, replace(old, tariffs=tariffs), PERIOD)
    costs = found_costs(found)
    assert len(costs) == (row != old.tariffs[at])
    assert whole(found) == difference(old, replace(old, tariffs=tariffs), caseload)


@given(good_caseloads(units=False), other_versions())
@FEW
def test_the_rows_of_one_step_cost_what_each_costs_alone(rows: list[Row], new: Framework) -> None:
    """With needs, uplifts and areas as they were, and no row added or gone, no row's change touches another's."""
    old, caseload = a_rich_framework(), a_caseload(*rows)
    kept = {tariff.key: tariff for tariff in new.tariffs}
    changed = replace(old, tariffs=tuple(kept.get(tariff.key, tariff) for tariff in old.tariffs))
    for change in cost_of_changes(caseload, old, changed, PERIOD).changes:
        one = tuple(
            kept[tariff.key] if " / ".join(part or "any" for part in tariff.key) == change.key else tariff
            for tariff in old.tariffs
        )
        alone = difference(old, replace(old, tariffs=one), caseload)
        assert (change.full_year or 0) + (change.outside or 0) == alone, change.key


def found_costs(found: RateChanges) -> dict[tuple[str, str], tuple[int, ...]]:
    """Children and costs of every change that has them."""
    return {
        (change.table, change.key): (change.children, change.full_year or 0, change.outside or 0)
        for change in found.changes
        if change.children is not None
    }


def summed(parts: Sequence[Mapping[tuple[str, str], tuple[int, ...]]]) -> dict[tuple[str, str], tuple[int, ...]]:
    """The costs of several caseloads added up, change by change."""
    return {key: tuple(sum(column) for column in zip(*(part[key] for part in parts), strict=True)) for key in parts[0]}


@pytest.mark.parametrize("number", [1, 3])
def test_a_row_of_many_children_costs_what_as_many_rows_do(number: int) -> None:
    old, new = a_rich_framework(), a_rich_framework(103)
    one = cost_of_changes(a_caseload(a_row(1, count=str(number), fte="0.333333")), old, new, PERIOD)
    rows = [a_row(n, fte="0.333333") for n in range(1, number + 1)]
    assert found_costs(one) == found_costs(cost_of_changes(a_caseload(*rows), old, new, PERIOD))
