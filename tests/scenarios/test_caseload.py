"""A table of plans becomes a caseload, and every plan of it is accounted for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from scenarios.caseload import Caseload, england_caseload, read_caseload
from tariff_engine import cost, load_frameworks
from tariff_engine.errors import InputRefused, UsageError
from tests.scenarios.plans_by_hand import (
    ACADEMY,
    AUTHORITIES,
    DEVON,
    INDEPENDENT,
    ISLINGTON,
    KENT,
    MAINTAINED,
    NEEDS,
    NEET,
    SPECIAL,
    UNKNOWN,
    a_row,
    as_table,
    by_need_rows,
    plans_of,
    replaced,
    table_rows,
)

NATIONAL = load_frameworks("national-illustrative@2025-26")[0]
WITHHELD = {f"number_{need}": "x" for need in NEEDS}


def made(rows: Sequence[dict[str, str]], **options: Any) -> Caseload:
    return read_caseload(as_table(rows), NATIONAL, **options)


def codes(caseload: Caseload) -> list[str]:
    """The codes of the findings, without the one that nearly every authority of England is missing."""
    return [code for code in caseload.findings["code"] if code != "missing_authority"]


def plans_in(caseload: Caseload, **where: str) -> int:
    found = caseload.placements.filter(**where)
    return int(found["count"].cast(pl.Int64).sum())


def by_need(caseload: Caseload, la: str, kind: str | None = None) -> dict[str, int]:
    """An authority's plans by need, in the caseload and set aside."""
    inside = caseload.placements.select(
        la="home_la", kind="placement_type", need="primary_need", plans=pl.col("count").cast(pl.Int64)
    )
    outside = caseload.set_aside.select("la", "need", "plans", kind="placement_type").select(inside.columns)
    found = pl.concat([inside, outside]).filter(la=la)
    if kind:
        found = found.filter(kind=kind)
    return dict(found.group_by("need").agg(pl.col("plans").sum()).filter(pl.col("plans") > 0).iter_rows())


def accounts_hold(caseload: Caseload) -> bool:
    totals = caseload.provenance["totals"]
    each = list(totals["authorities"].values())
    whole = totals["england"]
    return all(
        part["read"] == part["in_caseload"] + part["set_aside"]
        and part["in_caseload"] == sum(part["in_caseload_by_basis"].values())
        and part["set_aside"] == sum(part["set_aside_by_reason"].values())
        for part in [whole, *each]
    ) and all(whole[name] == sum(part[name] for part in each) for name in ("read", "in_caseload", "set_aside"))


def test_every_plan_is_in_the_caseload_or_set_aside() -> None:
    caseload = made(table_rows())
    assert codes(caseload) == []
    assert accounts_hold(caseload)
    for la in AUTHORITIES:
        assert caseload.provenance["totals"]["authorities"][la]["read"] == plans_of(la)
    assert (
        caseload.totals["read"] == caseload.provenance["plans_in_rows_for_england"] == sum(map(plans_of, AUTHORITIES))
    )


def test_each_cell_comes_through_as_it_was_published() -> None:
    caseload = made(table_rows())
    for la, by_kind in AUTHORITIES.items():
        for kind, needs in by_kind.items():
            published = {need.upper(): plans for need, plans in zip(NEEDS[:-1], needs, strict=False) if plans}
            found = by_need(caseload, la, kind)
            assert {need: plans for need, plans in found.items() if need} == published
            assert found.get(None, 0) == needs[-1]  # type: ignore[call-overload]
    assert caseload.placements["basis"].unique().to_list() == ["published"]
    assert caseload.placements["filled_in"].null_count() == caseload.placements.height


def test_what_can_not_be_priced_is_set_aside_with_its_reason() -> None:
    aside = made(table_rows()).set_aside
    neet = aside.filter(la=DEVON, placement_type=NEET)
    assert neet["plans"].sum() == sum(AUTHORITIES[DEVON][NEET])
    assert neet["reason"].unique().to_list() == ["The young person is not in education, so nothing is bought for them."]
    assert aside.filter(placement_type=UNKNOWN)["plans"].sum() == 8
    no_need = aside.filter(pl.col("reason").str.starts_with("The need isn't recorded"))
    assert no_need.select("la", "placement_type", "plans").rows() == [
        (ISLINGTON, MAINTAINED, 1),
        (DEVON, ACADEMY, 2),
        (KENT, ACADEMY, 3),
        (KENT, SPECIAL, 1),
    ]


def test_the_caseload_can_be_priced() -> None:
    caseload = made(table_rows())
    costing = cost(caseload.placements, NATIONAL, "FY2025-26")
    assert not costing.has_errors
    assert costing.counts["priced_children"] == caseload.totals["in_caseload"]
    assert costing.lines["phase"].unique().drop_nulls().len() > 1
    assert costing.lines.height == caseload.placements.height, "nobody changes phase during the year"


def test_a_row_of_one_plan_names_a_provider_that_is_nobodys() -> None:
    placements = made(table_rows()).placements
    single = placements.filter(count="1")
    assert (single["provider_id"] == "agg-" + single["home_la"]).all()
    assert placements.filter(pl.col("count") != "1")["provider_id"].null_count() == placements.height - single.height
    assert placements["placement_id"].is_unique().all()
    assert placements["start_date"].unique().to_list() == ["2024-09-01"]


def test_the_same_table_gives_the_same_caseload_in_any_order_of_rows_and_columns() -> None:
    rows = table_rows()
    first = made(rows)
    turned = read_caseload(as_table(rows[::-1]).select(sorted(rows[0])), NATIONAL)
    assert first.placements.equals(turned.placements)
    assert first.set_aside.equals(turned.set_aside)
    assert first.provenance["totals"] == turned.provenance["totals"]


def test_withheld_needs_follow_the_authority_s_plans_by_need() -> None:
    rows = table_rows()
    for kind in AUTHORITIES[DEVON]:
        rows = replaced(rows, DEVON, kind, **WITHHELD)
    caseload = made(rows, by_need=as_table(by_need_rows()))
    assert codes(caseload) == ["needs_unavailable"]
    assert accounts_hold(caseload)
    assert by_need(caseload, DEVON) == by_need(made(table_rows()), DEVON)
    for kind, needs in AUTHORITIES[DEVON].items():
        assert sum(by_need(caseload, DEVON, kind).values()) == sum(needs)
    devon = caseload.placements.filter(home_la=DEVON)
    assert devon.select("basis", "filled_in").unique().rows() == [("imputed", "need")]
    assert caseload.placements.filter(pl.col("home_la") != DEVON)["basis"].unique().to_list() == ["published"]


def test_one_withheld_authority_is_england_less_the_rest() -> None:
    rows = replaced(table_rows(), DEVON, SPECIAL, **WITHHELD)
    caseload = made(rows, by_need=as_table(by_need_rows()))
    assert by_need(caseload, DEVON, SPECIAL) == by_need(made(table_rows()), DEVON, SPECIAL)


def test_a_withheld_number_is_not_nought() -> None:
    rows = replaced(table_rows(), KENT, INDEPENDENT, number_asd="c", number_semh="low")
    caseload = made(rows, by_need=as_table(by_need_rows()))
    found = by_need(caseload, KENT, INDEPENDENT)
    assert (found["ASD"], found["SEMH"]) == (15, 19)
    assert found["SLCN"] == 4
    assert plans_in(caseload, home_la=KENT, placement_type=INDEPENDENT, basis="imputed") == 34


def test_plans_by_need_that_do_not_fit_are_not_used() -> None:
    rows = replaced(table_rows(), DEVON, ACADEMY, **WITHHELD)
    wrong = [{**row, "number_asd": "1000"} if row["old_la_code"] == DEVON else row for row in by_need_rows()]
    caseload = made(rows, by_need=as_table(wrong))
    assert codes(caseload) == ["needs_unavailable", "margins_differ"]
    assert sum(by_need(caseload, DEVON, ACADEMY).values()) == sum(AUTHORITIES[DEVON][ACADEMY])
    assert accounts_hold(caseload)


def test_without_england_and_of_another_year_the_carried_pattern_is_all_there_is() -> None:
    rows = [{**row, "time_period": "202324"} for row in table_rows() if row["old_la_code"]]
    caseload = made(replaced(rows, DEVON, NEET, **WITHHELD))
    assert caseload.provenance["by_need"] is None
    assert caseload.provenance["plans_in_rows_for_england"] is None
    assert caseload.placements["start_date"].unique().to_list() == ["2023-09-01"]
    assert sum(by_need(caseload, DEVON, NEET).values()) == sum(AUTHORITIES[DEVON][NEET])
    assert accounts_hold(caseload)


def test_what_is_not_recorded_is_filled_in_where_that_is_asked_for() -> None:
    plain, filled = made(table_rows()), made(table_rows(), impute=True)
    assert accounts_hold(filled)
    assert filled.totals["read"] == plain.totals["read"]
    assert filled.set_aside["reason"].unique().to_list() == [
        "The young person is not in education, so nothing is bought for them."
    ]
    labels = filled.placements.group_by("basis", "filled_in").agg(pl.col("count").cast(pl.Int64).sum())
    assert dict(zip(labels["filled_in"], labels["basis"], strict=True)).items() >= {
        (None, "published"),
        ("need", "imputed"),
        ("placement", "imputed"),
    }
    published = filled.placements.filter(basis="published")["count"].cast(pl.Int64).sum()
    assert published == plain.totals["in_caseload"]
    # Kent's one plan without a placement is of SEMH, and goes where Kent's other plans of it are.
    kent = filled.placements.filter(home_la=KENT, filled_in="placement")
    assert kent.select("primary_need", "count").rows() == [("SEMH", "1")]


def test_an_authority_with_nothing_recorded_follows_england() -> None:
    rows = [row for row in table_rows() if row["old_la_code"] in ("", DEVON, KENT)]
    rows.append(a_row(ISLINGTON, UNKNOWN, (0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0, 0, 10)))
    caseload = made(rows, impute=True)
    found = caseload.placements.filter(home_la=ISLINGTON)
    assert found["filled_in"].unique().sort().to_list() == ["need and placement", "placement"]
    assert {ACADEMY, SPECIAL, INDEPENDENT} <= set(found["placement_type"])
    assert accounts_hold(caseload)


def test_a_broken_total_is_a_finding_and_is_not_added() -> None:
    plain = made(table_rows())
    for la, kind, said in ((DEVON, "Mainstream - total", "Devon"), ("", "Special - total", "England")):
        caseload = made(replaced(table_rows(), la, kind, ehc_plans="999"))
        assert codes(caseload) == ["total_differs"]
        message = caseload.findings.filter(code="total_differs")["message"][0]
        assert said in message
        assert "999" in message
        assert caseload.placements.equals(plain.placements)


def test_a_total_of_everything_and_a_total_of_nothing() -> None:
    everything = a_row(DEVON, "Total", [sum(column) for column in zip(*AUTHORITIES[DEVON].values(), strict=True)])
    assert codes(made([*table_rows(), everything])) == []
    assert codes(made([*table_rows(), a_row(DEVON, "AP/PRU - total", [0] * 13)])) == ["total_unknown"]


def test_england_is_held_against_its_authorities() -> None:
    rows = [row for row in table_rows() if row["old_la_code"] != KENT]
    caseload = made(rows)
    assert set(codes(caseload)) == {"england_differs"}
    assert caseload.provenance["plans_in_rows_for_england"] - caseload.totals["read"] == plans_of(KENT)
    missing = caseload.findings.filter(code="missing_authority")["message"][0]
    assert missing.startswith("151 authorities have no row: City of London (201)")


def test_an_unknown_placement_type_is_set_aside_with_the_nearest_name() -> None:
    rows = [*table_rows(), a_row(DEVON, "Special - LA maintaned", [5] + [0] * 12)]
    caseload = made(rows)
    assert codes(caseload) == ["unknown_placement_type"]
    assert "'Special - LA maintained'" in caseload.findings.filter(code="unknown_placement_type")["message"][0]
    aside = caseload.set_aside.filter(placement_type="Special - LA maintaned")
    assert aside.select("la", "need", "plans", "reason").rows() == [(DEVON, None, 5, "The placement type isn't known.")]
    assert accounts_hold(caseload)


def test_an_unknown_authority_is_set_aside() -> None:
    caseload = made([*table_rows(), a_row("999", ACADEMY, [5] + [0] * 12)])
    assert "unknown_authority" in codes(caseload)
    assert caseload.provenance["totals"]["authorities"]["999"]["set_aside"] == 5


def test_a_gss_code_will_do_where_there_is_no_other() -> None:
    rows = [
        {**row, "old_la_code": "z", "new_la_code": "E10000008"} if row["old_la_code"] == DEVON else row
        for row in table_rows()
    ]
    assert made(rows).placements.equals(made(table_rows()).placements)


@pytest.mark.parametrize(
    ("cell", "message"), [("12a", "'12a' is neither"), ("-3", "'-3' is neither"), ("", "is blank")]
)
def test_an_unknown_symbol_is_taken_as_unavailable(cell: str, message: str) -> None:
    rows = replaced(table_rows(), KENT, ACADEMY, number_asd=cell)
    caseload = made(rows, by_need=as_table(by_need_rows()))
    assert codes(caseload) == ["bad_number", "needs_unavailable"]
    assert message in caseload.findings.filter(code="bad_number")["message"][0]
    assert by_need(caseload, KENT, ACADEMY)["ASD"] == 90


def test_a_row_without_a_number_of_plans_can_not_be_counted() -> None:
    caseload = made(replaced(table_rows(), KENT, ACADEMY, ehc_plans="x"))
    assert "plans_unavailable" in codes(caseload)
    aside = caseload.set_aside.filter(la=KENT, placement_type=ACADEMY)
    assert aside.select("plans", "reason").rows() == [(None, "The number of plans isn't published.")]
    assert caseload.provenance["totals"]["authorities"][KENT]["read"] == plans_of(KENT) - sum(
        AUTHORITIES[KENT][ACADEMY]
    )


@pytest.mark.parametrize("more", ["1", "-1"])
def test_a_row_that_does_not_add_up_is_set_aside(more: str) -> None:
    plans = sum(AUTHORITIES[KENT][SPECIAL]) + int(more)
    caseload = made(replaced(table_rows(), KENT, SPECIAL, ehc_plans=str(plans)))
    assert set(codes(caseload)) == {"needs_differ", "england_differs"}
    assert caseload.set_aside.filter(la=KENT, placement_type=SPECIAL)["plans"].to_list() == [plans]
    assert accounts_hold(caseload)


def test_a_row_that_stands_twice_is_used_once() -> None:
    again = a_row(KENT, SPECIAL, AUTHORITIES[KENT][SPECIAL])
    caseload = made([*table_rows(), again])
    assert codes(caseload) == ["repeated_row"]
    assert caseload.placements.equals(made(table_rows()).placements)
    repeated = caseload.set_aside.filter(pl.col("reason").str.contains("more than once"))
    assert repeated["plans"].to_list() == [sum(AUTHORITIES[KENT][SPECIAL])]
    assert accounts_hold(caseload)


def test_of_two_rows_that_differ_none_is_used() -> None:
    caseload = made([*table_rows(), a_row(KENT, SPECIAL, [1] * 13)])
    assert codes(caseload).count("repeated_row") == 2
    assert plans_in(caseload, home_la=KENT, placement_type=SPECIAL) == 0
    assert accounts_hold(caseload)


def test_other_columns_and_rows_are_left_out_with_a_note() -> None:
    rows = [{**row, "version": "1", "country_name": "England"} for row in table_rows()]
    rows.append({**rows[0], "geographic_level": "Regional"})
    caseload = made(rows)
    assert codes(caseload) == ["extra_column", "rows_left_out"]
    assert caseload.placements.equals(made(table_rows()).placements)


def test_a_missing_column_is_refused_with_the_nearest() -> None:
    table = as_table(table_rows()).rename({"number_semh": "number_semhh"})
    with pytest.raises(InputRefused, match=r"number_semh \(the nearest header found is 'number_semhh' in column O\)"):
        read_caseload(table, NATIONAL)


def test_one_of_several_years_has_to_be_chosen() -> None:
    older = [{**row, "time_period": "202324"} for row in table_rows()]
    table = as_table([*older, *table_rows()])
    with pytest.raises(UsageError, match="202324 and 202425"):
        read_caseload(table, NATIONAL)
    with pytest.raises(UsageError, match="no time_period '2022'"):
        read_caseload(table, NATIONAL, time_period="2022")
    caseload = read_caseload(table, NATIONAL, time_period="202425")
    assert caseload.totals["read"] == sum(map(plans_of, AUTHORITIES))


@pytest.mark.parametrize("period", ["", "January"])
def test_a_table_without_a_year_is_refused(period: str) -> None:
    with pytest.raises(InputRefused, match="time_period"):
        made([{**row, "time_period": period} for row in table_rows()])


def test_a_table_without_an_authority_is_refused() -> None:
    with pytest.raises(InputRefused, match="no row of a local authority"):
        made([row for row in table_rows() if not row["old_la_code"]])


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_a_caseload_as_a_workbook_is_priced_like_the_file(tmp_path: Path, ending: str) -> None:
    caseload = england_caseload(NATIONAL)
    few = replace(caseload, placements=caseload.placements.head(300))
    paths = [few.write(tmp_path / f"few.{name}")[0] for name in ("csv", ending)]
    costings = [cost(path, NATIONAL, "FY2025-26") for path in paths]
    assert costings[0].lines.equals(costings[1].lines)
    assert costings[0].counts == costings[1].counts


def test_the_files_appear_together(tmp_path: Path) -> None:
    source = tmp_path / "plans.csv"
    as_table(table_rows()).write_csv(source)
    caseload = read_caseload(source, "national-illustrative@2025-26")
    files = caseload.write(tmp_path / "out.csv", [source])
    assert [path.name for path in files] == ["out.csv", "out.set_aside.csv", "out.findings.csv", "out.provenance.json"]
    record = json.loads(files[-1].read_text(encoding="utf-8"))
    assert record["input"]["file"] == "plans.csv"
    assert len(record["input"]["sha256"]) == 64
    assert record["totals"] == json.loads(json.dumps(caseload.provenance["totals"]))
    again = read_caseload(source, NATIONAL).write(tmp_path / "again.csv")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]
    with pytest.raises(UsageError):
        caseload.write(tmp_path / "out.pdf")
    with pytest.raises(UsageError):
        caseload.write(source, [source])
