"""The engines that are timed give the same pence, and what is said of their times is what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from benchmarks import charts, report
from benchmarks.country import one_row_a_child
from benchmarks.engines import bare, tariff_engine_arrays
from benchmarks.placements import random_placements, with_names
from benchmarks.pricing import ENGINES, TRIED, Engine
from benchmarks.results import FOLDER, read_results
from benchmarks.rules import Rules
from benchmarks.timing import Measured, interleaved
from tariff_engine import FundingPeriod, cost, load_frameworks
from tariff_engine.money import Ints

FRAMEWORK = "national-illustrative@2025-26"
PERIODS = ("FY2025-26", "FY2027-28")
"""A year of 365 days and one of 366."""


def rules_of(period: str) -> Rules:
    return Rules(load_frameworks(FRAMEWORK)[0], FundingPeriod.parse(period))


def edges(rules: Rules) -> pl.DataFrame:
    """Placements at the edges of days, levels, fte, limits and phases."""
    period, areas = rules.period, [f"need_{area}" for area in rules.areas]
    first, last = period.start.isoformat(), period.end.isoformat()
    plain = {
        "provision": "mainstream",
        "nc_year": "3",
        "home_la": "202",
        **dict.fromkeys(areas, "3"),
        "start_date": first,
        "end_date": None,
        "fte": "1",
        "agreed_price": None,
    }
    rows: list[dict[str, str | None]] = [
        plain | {"start_date": start, "end_date": end}
        for start, end in [(first, first), (last, last), (last, None), ("2001-01-01", first), (first, last)]
    ]
    rows += [plain | dict.fromkeys(areas, str(level)) for level in range(rules.levels[0])]
    rows += [plain | {"provision": p, "fte": fte} for p in ("early_years", "nmss") for fte in ("0.000001", "0.333333")]
    rows += [plain | {"nc_year": year} for year in ("-4", "0", "12", "20")]
    agreed = plain | {"provision": "independent_special"}
    rows += [agreed | {"agreed_price": price} for price in ("0", "0.01", "45999.99", "46000", "999999.99", None)]
    rows += [agreed | dict.fromkeys(areas, "0") | {"agreed_price": "64000.5", "fte": "0.5"}]
    return pl.DataFrame(rows, schema=dict.fromkeys(plain, pl.String))


@pytest.fixture(scope="module", params=PERIODS)
def case(request: pytest.FixtureRequest) -> tuple[pl.DataFrame, Rules, Ints]:
    """Random placements and edges, the rules, and what the engine makes of them."""
    rules = rules_of(request.param)
    placements = pl.concat([random_placements(3000, rules.framework, rules.period, seed=7), edges(rules)])
    return placements, rules, tariff_engine_arrays.months_of(tariff_engine_arrays.prepare(placements, rules, True)())


@pytest.mark.parametrize(
    "name", [*ENGINES, *(name for name, engine in TRIED.items() if engine not in ENGINES.values())]
)
def test_every_engine_gives_the_same_pence(name: str, case: tuple[pl.DataFrame, Rules, Ints]) -> None:
    placements, rules, wanted = case
    engine: Engine = (ENGINES | TRIED)[name]  # type: ignore[operator]
    found = engine.months_of(engine.prepare(placements, rules)())
    assert found.shape == (placements.height, len(rules.months))
    differs = np.flatnonzero((found != wanted).any(axis=1))
    assert not len(differs), placements[int(differs[0])].to_dicts()


def test_the_total_is_that_of_the_costing(case: tuple[pl.DataFrame, Rules, Ints]) -> None:
    placements, rules, wanted = case
    costing = cost(with_names(placements), rules.framework, rules.period, as_if=True)
    assert costing.counts["priced"] == costing.lines.height == placements.height
    assert costing.total == wanted.sum()


def test_the_placements_have_something_of_everything_that_is_priced(case: tuple[pl.DataFrame, Rules, Ints]) -> None:
    placements, rules, wanted = case
    costing = cost(with_names(placements), rules.framework, rules.period, as_if=True)
    assert costing.lines["band"].n_unique() == len(rules.minimum_scores) + 1
    assert (costing.lines["over_limit"] > 0).sum() > 10
    assert (placements["fte"] != "1").sum() > 100
    assert ((wanted == 0).any(axis=1) & (wanted != 0).any(axis=1)).sum() > 100
    assert costing.lines["phase"].n_unique() == len(rules.phases)


def test_the_same_seed_gives_the_same_placements() -> None:
    rules = rules_of(PERIODS[0])
    one, same, other = (random_placements(500, rules.framework, rules.period, seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_reading_and_writing_alone_looks_at_every_cell_and_fills_every_month() -> None:
    rules = rules_of(PERIODS[0])
    frame = pl.DataFrame({"a": ["x", "y", None], "b": ["x", "x", "z"]})
    assert bare.prepare(frame, rules)().tolist() == [[3] * 12] * 3


def test_england_has_a_row_for_every_child() -> None:
    counted = pl.DataFrame(
        {"count": ["2", "1"], "placement_id": ["a", "b"], "child_id": ["a", "b"]}
        | {"provider_id": [None, "9"], "home_la": ["878", "202"]},
        schema_overrides={"provider_id": pl.String},
    )
    children = one_row_a_child(counted)
    assert children["home_la"].to_list() == ["878", "878", "202"]
    assert children["provider_id"].to_list() == ["agg-878", "agg-878", "9"]
    assert children["placement_id"].is_unique().all()
    assert children["count"].to_list() == ["1"] * 3


def test_runs_take_turns_and_the_first_round_is_not_counted() -> None:
    order: list[str] = []

    def ran(name: str) -> Callable[[], str]:
        return lambda: order.append(name) or name  # type: ignore[func-returns-value]

    def check(name: str, result: Any) -> None:
        assert name == result

    found = interleaved({name: ran(name) for name in "abc"}, 2, check)
    assert order == list("abcbcacab")
    assert [run.name for run in found] == list("bcacab")


def test_the_readme_and_the_charts_are_those_of_the_results() -> None:
    page = report.README.read_text(encoding="utf-8")
    assert report.filled(page) == page
    for name, chart in report.drawn().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == chart


def test_a_changed_result_changes_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    results = read_results("start")
    slower = [Measured(run.name, run.wall + 1, run.cpu) for run in results.runs]
    monkeypatch.setattr(report, "read_results", lambda _: type(results)(results.about, tuple(slower)))
    assert report.start_table() not in report.README.read_text(encoding="utf-8")


def test_a_bar_is_as_long_as_its_figure() -> None:
    chart = ElementTree.fromstring(charts.bars("Title & more", "seconds", {"a": 2.0, "b": 1.0, "c": 0.0}, ["a"]))
    widths = [float(bar.get("width", "0")) for bar in chart.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths == [420.0, 210.0, 1.0]
