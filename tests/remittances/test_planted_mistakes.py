"""Mistakes planted in remittances of every layout are found, with reasons that come to what was paid and no others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tariff_engine.remittance import RemittanceCheck, check_remittance
from tests.remittances.layouts import LAYOUTS, Layout
from tests.remittances.planting import LAST_YEAR, PERIOD, RATES, Remittance, framework_files, plant, reproduces

SEEDS = range(51)
LEAST_FOUND = 0.98


@pytest.fixture(scope="module")
def framework(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    versions = {
        "2024-25": framework_files(LAST_YEAR, "2024-25", "superseded", date(2024, 4, 1), date(2025, 3, 31)),
        "2025-26": framework_files(RATES, "2025-26", "in_force", date(2025, 4, 1), date(2026, 3, 31)),
    }
    for version, files in versions.items():
        (folder / version).mkdir()
        for name, text in files.items():
            (folder / version / name).write_text(text, encoding="utf-8")
    return folder


def placements(made: Remittance) -> pl.DataFrame:
    """The placements file of the school."""
    return pl.DataFrame(
        [
            {
                "placement_id": spell.placement_id,
                "child_id": spell.child_id,
                "home_la": "878",
                "provider_id": "113000",
                "provider_type": "maintained",
                "provision": "special" if spell.agreed is None else "nmss",
                "nc_year": "5",
                "band": spell.band or None,
                "start_date": spell.start.isoformat(),
                "end_date": spell.end.isoformat() if spell.end else None,
                "fte": str(float(spell.fte)),
                "agreed_price": None if spell.agreed is None else f"{spell.agreed / 100:.2f}",
            }
            for spell in made.spells
        ]
    )


def checked(made: Remittance, layout: Layout, framework: Path, folder: Path) -> RemittanceCheck:
    path = layout.write(made, folder)
    return check_remittance(path, placements(made), framework / "2025-26", PERIOD, last_year=framework / "2024-25")


def given(check: RemittanceCheck) -> dict[str, dict[int, set[tuple[str, str]]]]:
    """The reasons and values given for each child and window."""
    lines = check.lines.select("detail", "child_id", "to")
    ends = {day: at for at, day in enumerate(check.windows["to"])}
    found: dict[str, dict[int, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for row in check.reasons.join(lines, on="detail").iter_rows(named=True):
        found[row["child_id"]][ends[row["to"]]].add((row["reason"], row["value"] or ""))
    return found


@pytest.fixture(scope="module")
def all_checks(
    framework: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[str, Remittance, RemittanceCheck]]:
    """Every planted remittance with its check, once for all tests."""
    found = []
    for seed in SEEDS:
        layout = LAYOUTS[seed % len(LAYOUTS)]
        made = plant(seed, layout.ends())
        found.append((f"{layout.name} {seed}", made, checked(made, layout, framework, tmp_path_factory.mktemp("r"))))
    return found


def test_the_planted_reason_is_among_those_given(
    all_checks: list[tuple[str, Remittance, RemittanceCheck]],
) -> None:
    missed, planted = [], 0
    for name, made, check in all_checks:
        reasons = given(check)
        for mistake in made.planted:
            planted += 1
            wanted = {mistake.value} if mistake.value else None
            for window in mistake.windows:
                own = reasons[mistake.child_id][window]
                if not any(code == mistake.reason and (wanted is None or value in wanted) for code, value in own):
                    missed.append((name, mistake, window, own))
                    break
    assert planted > 600
    assert len(missed) <= planted * (1 - LEAST_FOUND), f"{len(missed)} of {planted}: {missed[:10]}"


def test_every_reason_comes_to_what_was_paid(all_checks: list[tuple[str, Remittance, RemittanceCheck]]) -> None:
    wrong, looked_at = [], 0
    for name, made, check in all_checks:
        lines = {row["detail"]: row for row in check.lines.iter_rows(named=True)}
        ends = {day: at for at, day in enumerate(check.windows["to"])}
        made_good: dict[tuple[str, str], int] = defaultdict(int)
        for row in check.reasons.iter_rows(named=True):
            line, value = lines[row["detail"]], row["value"] or ""
            looked_at += 1
            if row["reason"] == "made_good":
                made_good[line["child_id"], value] += line["difference"]
            window = ends[line["to"]]
            if not reproduces(made, line["child_id"], row["reason"], value, window, line["payments"]):
                wrong.append((name, line["child_id"], row["reason"], value, window))
        wrong += [(name, *key, pence, 0) for key, pence in made_good.items() if pence]
    assert looked_at > 1_500
    assert not wrong, f"{len(wrong)}: {wrong[:10]}"


def test_nothing_planted_is_unexplained(all_checks: list[tuple[str, Remittance, RemittanceCheck]]) -> None:
    for name, _, check in all_checks:
        left = check.reasons.filter(pl.col("reason") == "unexplained")
        assert left.is_empty(), f"{name}: {left.height}"


def test_due_and_paid_are_those_that_were_worked_out_by_hand(
    all_checks: list[tuple[str, Remittance, RemittanceCheck]],
) -> None:
    for name, made, check in all_checks:
        children = list(dict.fromkeys(spell.child_id for spell in made.spells))
        assert check.totals["due_pence"] == sum(sum(made.due(child)) for child in children), name
        assert check.totals["paid_pence"] == sum(pence for *_, pence in made.payments), name


def test_every_child_with_a_mistake_has_a_query_and_no_other(
    all_checks: list[tuple[str, Remittance, RemittanceCheck]],
) -> None:
    for name, made, check in all_checks:
        settled = {"rounding", "split", "made_good"}
        wrong = {mistake.child_id for mistake in made.planted if mistake.reason not in settled}
        assert set(check.queries["child_id"]) == wrong, name


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_clean_remittance_gives_no_query(layout: Layout, framework: Path, tmp_path: Path) -> None:
    made = plant(7, layout.ends(), mistakes=False)
    check = checked(made, layout, framework, tmp_path)
    assert check.queries.is_empty(), check.queries
    assert check.totals["difference_pence"] == 0
    assert not check.has_errors
    assert set(check.lines["outcome"]) == {"as due"}


def test_a_reason_isn_t_given_for_an_amount_that_nothing_comes_to(framework: Path, tmp_path: Path) -> None:
    layout = LAYOUTS[0]
    made = plant(3, layout.ends(), mistakes=False)
    placement, child, window, pence = made.payments[5]
    made.payments[5] = (placement, child, window, pence - 7_77)
    check = checked(replace(made), layout, framework, tmp_path)
    (query,) = check.queries.iter_rows(named=True)
    assert (query["child_id"], query["difference"], query["reason"]) == (child, -777, "Unexplained")
