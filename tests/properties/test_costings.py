"""What must hold for the costing of every caseload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tariff_engine import Costing, Framework, FundingPeriod, kernel
from tests.small import cost_rows

from .strategies import CASELOADS, Row, a_rich_framework, any_caseloads, good_caseloads, prorations, year_group_on

FY = "FY2025-26"


def two_versions(proration: Mapping[str, Any]) -> list[Framework]:
    """One version to the end of August 2025 and one after it."""
    before = a_rich_framework(version="old", effective_to="2025-08-31", proration=proration)
    return [before, a_rich_framework(110, version="new", effective_from="2025-09-01", proration=proration)]


def by_month(costing: Costing) -> dict[str, dict[str, int | None]]:
    """What each placement comes to in each month, over its lines."""
    found: dict[str, dict[str, int | None]] = {}
    for row in costing.lines.select("placement_id", *costing.months).iter_rows(named=True):
        sums = found.setdefault(row["placement_id"], dict.fromkeys(costing.months, 0))
        for month in costing.months:
            before = sums[month]
            sums[month] = None if row[month] is None or before is None else before + row[month]
    return found


def sorted_lines(costing: Costing) -> pl.DataFrame:
    return costing.lines.sort("placement_id", "from")


@CASELOADS
@given(rows=good_caseloads(), proration=prorations())
def test_months_add_to_the_amount_and_money_is_whole_pence(rows: list[Row], proration: dict[str, Any]) -> None:
    found = cost_rows(two_versions(proration), *rows)
    lines = found.lines
    assert all(lines[name].dtype == pl.Int64 for name in found.money_columns)
    assert not any(dtype.is_float() for dtype in lines.dtypes)
    sums = lines.select(pl.sum_horizontal(found.months, ignore_nulls=False).alias("amount"))["amount"]
    assert sums.to_list() == lines["amount"].to_list()
    blank = lines.filter(pl.col("amount").is_null()).select(found.money_columns)
    assert blank.null_count().row(0) == (blank.height,) * blank.width


@CASELOADS
@given(rows=good_caseloads(), proration=prorations(), first=st.integers(0, 23), length=st.integers(1, 14))
def test_a_month_s_pence_do_not_depend_on_the_period_that_is_asked_for(
    rows: list[Row], proration: dict[str, Any], first: int, length: int
) -> None:
    frameworks = two_versions(proration)
    whole = FundingPeriod.parse("2025-01-01..2026-12-31")
    chosen = whole.months[first : first + length]
    part = FundingPeriod("part", chosen[0].start, chosen[-1].end)
    seen = by_month(cost_rows(frameworks, *rows, period=f"{whole.start}..{whole.end}"))
    same_children = [year_group_on(row, whole.start, part.start) for row in rows]
    found = by_month(cost_rows(frameworks, *same_children, period=f"{part.start}..{part.end}"))
    for placement, months in found.items():
        for month, pence in months.items():
            # A stint that only the longer period meets can take the price from the whole placement.
            if seen[placement][month] is not None:
                assert pence == seen[placement][month]


@CASELOADS
@given(rows=any_caseloads(), data=st.data())
def test_the_order_of_the_rows_is_of_no_account(rows: list[Row], data: st.DataObject) -> None:
    rows = list({tuple(sorted(row.items())): row for row in rows if row["placement_id"] != "again"}.values())
    shuffled = data.draw(st.permutations(rows))
    framework = a_rich_framework()
    one, other = cost_rows(framework, *rows), cost_rows(framework, *shuffled)
    columns = one.lines.columns
    assert_frame_equal(
        one.lines.sort(columns, nulls_last=True), other.lines.select(columns).sort(columns, nulls_last=True)
    )
    assert one.counts == other.counts

    def said(costing: Costing) -> Counter[Any]:
        return Counter(costing.findings.select("code", "severity", "placement_id", "column").iter_rows())

    assert said(one) == said(other)


@CASELOADS
@given(rows=good_caseloads(), cut=st.integers(0, 12))
def test_splitting_the_file_is_of_no_account(rows: list[Row], cut: int) -> None:
    framework = a_rich_framework()
    whole = cost_rows(framework, *rows)
    parts = [cost_rows(framework, *part) for part in (rows[:cut], rows[cut:]) if part]
    columns = whole.lines.columns
    both = pl.concat([part.lines for part in parts], how="diagonal_relaxed").select(columns)
    assert_frame_equal(whole.lines, both)
    assert whole.counts == {key: sum(part.counts[key] for part in parts) for key in whole.counts}


@pytest.mark.parametrize("size", [1, 2, 5])
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=good_caseloads(), proration=prorations())
def test_the_size_of_the_chunks_is_of_no_account(
    monkeypatch: pytest.MonkeyPatch, size: int, rows: list[Row], proration: dict[str, Any]
) -> None:
    whole = cost_rows(two_versions(proration), *rows)
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "CHUNK", size)
        assert_frame_equal(cost_rows(two_versions(proration), *rows).lines, whole.lines)


@CASELOADS
@given(rows=good_caseloads(4), proration=prorations(), count=st.integers(2, 5))
def test_a_row_of_n_children_is_n_rows_of_one(rows: list[Row], proration: dict[str, Any], count: int) -> None:
    framework = a_rich_framework(proration=proration)
    together = cost_rows(framework, *({**row, "count": str(count)} for row in rows))
    apart = [
        {**row, "placement_id": f"{row['placement_id']}-{n}", "child_id": f"{row['child_id']}-{n}", "count": ""}
        for row in rows
        for n in range(count)
    ]
    one_by_one = cost_rows(framework, *apart)
    assert together.total == one_by_one.total
    for key in ("read_children", "priced_children", "set_aside_children", "outside_amount_pence"):
        assert together.counts[key] == one_by_one.counts[key]
    singles = by_month(one_by_one)
    for placement, months in by_month(together).items():
        for month, pence in months.items():
            own = [singles[f"{placement}-{n}"][month] for n in range(count)]
            assert own == [None if pence is None else pence // count] * count


@CASELOADS
@given(rows=good_caseloads(6), other=good_caseloads(6))
def test_another_child_s_placement_never_changes_this_one_s(rows: list[Row], other: list[Row]) -> None:
    framework = a_rich_framework()
    others = [{**row, "placement_id": f"X{n}", "child_id": f"X{n}"} for n, row in enumerate(other)]
    alone = cost_rows(framework, *rows)
    among = cost_rows(framework, *others, *rows)
    ids = [row["placement_id"] for row in rows]
    own = among.lines.filter(pl.col("placement_id").is_in(ids)).select(alone.lines.columns)
    assert_frame_equal(own, alone.lines)


@CASELOADS
@given(
    rows=good_caseloads(units=False),
    proration=prorations(),
    at=st.sampled_from([date(2025, 4, 1), date(2025, 9, 1), date(2026, 4, 1)]),
)
def test_splitting_a_placement_where_a_stint_ends_changes_nothing(
    rows: list[Row], proration: dict[str, Any], at: date
) -> None:
    frameworks, period = two_versions(proration), "2025-01-01..2026-12-31"
    split: list[Row] = []
    for row in rows:
        start, end = date.fromisoformat(row["start_date"]), row["end_date"] and date.fromisoformat(row["end_date"])
        if start < at and (not end or end >= at):
            older = year_group_on(row, date(2025, 1, 1), at)
            split += [
                {**row, "end_date": (at - timedelta(days=1)).isoformat()},
                {**older, "placement_id": row["placement_id"] + "b", "start_date": at.isoformat()},
            ]
        else:
            split.append(row)
    one, two = (
        by_month(cost_rows(frameworks, *rows, period=period)),
        by_month(cost_rows(frameworks, *split, period=period)),
    )
    for placement, months in one.items():
        parts = [two[name] for name in (placement, placement + "b") if name in two]
        for month, pence in months.items():
            halves = [part[month] for part in parts]
            if pence is not None:
                assert pence == sum(half or 0 for half in halves)
                assert None not in halves


@CASELOADS
@given(rows=good_caseloads(), more=st.integers(101, 300))
def test_a_higher_rate_never_lowers_a_total(rows: list[Row], more: int) -> None:
    before, after = cost_rows(a_rich_framework(), *rows), cost_rows(a_rich_framework(more), *rows)
    for one, other in zip(before.lines.iter_rows(named=True), after.lines.iter_rows(named=True), strict=True):
        if one["amount"] is not None:
            assert other["annual_price"] is None or other["annual_price"] >= one["annual_price"]
            # A spell bought by the unit that is cut by the year's end may move a penny between its stints.
            assert other["amount"] >= one["amount"] - (one["count"] if one.get("units") else 0)


@CASELOADS
@given(rows=any_caseloads())
def test_every_row_is_priced_or_set_aside_and_no_pound_is_lost(rows: list[Row]) -> None:
    found = cost_rows(a_rich_framework(), *rows)
    counts, lines = found.counts, found.lines
    assert counts["read"] == len(rows) == counts["priced"] + counts["set_aside"]
    assert counts["read_children"] == counts["priced_children"] + counts["set_aside_children"]
    shown = set(lines["placement_id"])
    blank = set(lines.filter(pl.col("amount").is_null())["placement_id"])
    assert len(shown) - len(blank) == counts["priced"]
    errors = set(found.findings.filter(pl.col("severity") == "error")["row"])
    for number, row in enumerate(rows, start=2):
        unread = row["placement_id"] not in shown
        assert not unread or number in errors, "a row that isn't in the costing is in the findings"
        assert row["placement_id"] not in blank or number in errors, "no price without a reason"
    total = counts["amount_pence"] + counts["outside_amount_pence"]
    assert total == int(lines["amount"].sum())
    for column in ("payee", "home_la", "provider_id", "provision", "s251_line", "payer", "band"):
        assert int(found.by(column)["amount"].sum()) == total
    assert sum(int(lines[month].sum()) for month in found.months) == total
    assert int(lines.filter(pl.col("payer") == "la_high_needs")["amount"].sum()) == found.total
    assert found.provenance["totals"] == counts


@CASELOADS
@given(rows=any_caseloads(), proration=prorations())
def test_every_placement_of_the_costing_can_be_explained_to_the_penny(
    rows: list[Row], proration: dict[str, Any]
) -> None:
    found = cost_rows(two_versions(proration), *rows)
    for placement in found.lines["placement_id"].unique().to_list():
        own = found.lines.filter(pl.col("placement_id") == placement)["amount"]
        explanation = found.explain(placement)
        assert explanation.amount_pence == (None if own.null_count() else int(own.sum()))


PROVIDERS = pl.DataFrame(
    {
        "provider_id": ["100001", "100002"],
        "closed": ["2025-11-12", "2025-12-31"],
        "successor": ["100009", None],
    }
)


@CASELOADS
@given(rows=good_caseloads(), proration=prorations())
def test_a_successor_takes_over_and_not_a_penny_is_lost_or_made(rows: list[Row], proration: dict[str, Any]) -> None:
    frameworks = two_versions(proration)
    plain, handed = cost_rows(frameworks, *rows), cost_rows(frameworks, *rows, providers=PROVIDERS)
    assert by_month(handed) == by_month(plain)
    assert handed.counts == plain.counts
    closed = handed.lines.filter(pl.col("payee") == "100001")
    assert closed.filter(pl.col("to") > date(2025, 11, 12)).height == 0
    assert int(closed.select(pl.sum_horizontal("2025-12", "2026-01", "2026-02", "2026-03")).to_series().sum()) == 0
    succeeded = handed.lines.filter(pl.col("payee") == "100009")
    assert succeeded.filter(pl.col("from") <= date(2025, 11, 12)).height == 0
    days = handed.lines.group_by("placement_id").agg(pl.col("days").sum()).sort("placement_id")
    assert_frame_equal(days, plain.lines.group_by("placement_id").agg(pl.col("days").sum()).sort("placement_id"))


def totals(costings: Sequence[Costing]) -> list[int]:
    return [costing.total for costing in costings]


@CASELOADS
@given(rows=good_caseloads(), proration=prorations())
def test_the_same_run_again_is_the_same(rows: list[Row], proration: dict[str, Any]) -> None:
    first, second = (cost_rows(two_versions(proration), *rows) for _ in range(2))
    assert_frame_equal(first.lines, second.lines)
    assert_frame_equal(first.findings, second.findings)
    assert len(set(totals([first, second]))) == 1
