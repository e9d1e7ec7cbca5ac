"""What holds for every costing: nothing is lost, and order, splitting and the kind of file change nothing (C17)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tariff_engine import cost
from tests.small import TARIFFS, a_caseload, a_row, codes, write_csv, write_version

from .files import errors, nothing_lost

YEAR = "FY2025-26"

# Every way of pricing, every payer, and rows that are unreadable, have no price or stand twice.
MIXED = (
    a_row(1),
    a_row(2, need_learning="3", fte="0.6", start_date="2025-09-03", end_date="2026-02-13"),
    a_row(3, nc_year="6"),
    a_row(4, provision="nmss", agreed_price="64000.01"),
    a_row(5, provision="ap_time_limited", provider_type="other", units="30.5", end_date="2025-10-19"),
    a_row(6, provision="mainstream", support_hours="22.5", count="7"),
    a_row(7, start_date="31/02/2025"),
    a_row(8, band="B9"),
    a_row(9, need_social=""),
    a_row(10, child_id="twice", end_date="2025-12-31"),
    a_row(11, child_id="twice", end_date="2025-10-31"),
    a_row(12, child_id="both", fte="0.5"),
    a_row(13, child_id="both", fte="0.5", provider_id="100002"),
    a_row(14, provision="ap_time_limited", provider_type="other", payer="commissioning_school"),
)
SET_ASIDE = 5
BY_PLACEMENT = ["placement_id", "from"]


def test_every_row_is_priced_or_set_aside_in_rows_children_and_pounds(tmp_path: Path) -> None:
    found = cost(write_csv(tmp_path / "in.csv", *MIXED), write_version(tmp_path / "small"), YEAR)
    assert nothing_lost(found, len(MIXED), SET_ASIDE)
    assert sorted({row for _, row, _ in errors(found) if row is not None}) == [8, 9, 10, 11, 12]
    assert found.counts["read_children"] == len(MIXED) + 6
    for line in found.lines.iter_rows(named=True):
        months = [line[month] for month in found.months]
        if line["amount"] is None:
            assert all(line[name] is None for name in found.money_columns)
        else:
            assert sum(months) == line["amount"]


def test_every_way_of_adding_up_comes_to_the_same(tmp_path: Path) -> None:
    found = cost(a_caseload(*MIXED), write_version(tmp_path / "small"), YEAR)
    whole = found.lines["amount"].sum()
    for columns in (["provision"], ["payee"], ["home_la", "band"], ["phase"], ["s251_line"], ["version"]):
        assert found.by(*columns)["amount"].sum() == whole
    assert found.by("payer").select("payer", "amount").rows() == [
        ("commissioning_school", found.counts["outside_amount_pence"]),
        ("la_high_needs", found.total),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_c17_shuffled_rows_have_the_same_lines_findings_and_totals(tmp_path: Path, seed: int) -> None:
    folder, rows = write_version(tmp_path / "small"), list(MIXED)
    Random(seed).shuffle(rows)
    one, other = cost(a_caseload(*MIXED), folder, YEAR), cost(a_caseload(*rows), folder, YEAR)
    same_order = other.lines.select(one.lines.columns).sort(BY_PLACEMENT)
    assert_frame_equal(same_order, one.lines.sort(BY_PLACEMENT))
    assert {name: sorted(found) for name, found in codes(other).items()} == {
        name: sorted(found) for name, found in codes(one).items()
    }
    assert other.counts == one.counts


@pytest.mark.parametrize("at", [1, 6, 9, 11, 13])
def test_c17_a_file_split_between_children_has_the_same_lines(tmp_path: Path, at: int) -> None:
    folder = write_version(tmp_path / "small")
    parts = [cost(write_csv(tmp_path / f"{len(rows)}.csv", *rows), folder, YEAR) for rows in (MIXED[:at], MIXED[at:])]
    whole = cost(a_caseload(*MIXED), folder, YEAR)
    shared = [name for name in whole.lines.columns if all(name in part.lines.columns for part in parts)]
    assert_frame_equal(pl.concat([part.lines.select(shared) for part in parts]), whole.lines.select(shared))
    assert {key: sum(part.counts[key] for part in parts) for key in whole.counts} == whole.counts


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_c17_the_same_rows_in_another_kind_of_file_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    folder, frame, path = write_version(tmp_path / "small"), a_caseload(*MIXED), tmp_path / f"in.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ipc(path)
    from_text = cost(write_csv(tmp_path / "in.csv", *MIXED), folder, YEAR).write(tmp_path / "one.csv")
    from_columns = cost(path, folder, YEAR).write(tmp_path / "two.csv")
    for one, two in zip(from_text[:2], from_columns[:2], strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_higher_rate_never_lowers_a_total_where_no_limit_applies(tmp_path: Path) -> None:
    totals = []
    for number, rate in enumerate(("12131.99", "12132.00", "12132.01", "19999.99")):
        tariffs = TARIFFS.replace("12132.00", rate)
        totals.append(cost(a_caseload(*MIXED), write_version(tmp_path / f"v{number}", tariffs_csv=tariffs), YEAR).total)
    assert totals == sorted(set(totals))
