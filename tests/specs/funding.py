"""Run the cases about places, protections and notional budgets: the same files and figures as the other cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine import compare_notional_sen, place_funding, protect
from tariff_engine.errors import TariffError
from tests.specs import runner
from tests.specs.runner import Case

PLACES_DEFAULTS: dict[str, Any] = {
    "provider_id": "100001",
    "provision": "special",
    "phase": "pre16",
    "occupancy": "commissioned",
}
# How to run a case that has the key, the rows of it, and what a row says where the case is silent.
KINDS = ("fund", "protect", "notional_sen")


def differences(case: Case, folder: Path) -> str:
    """As the runner's, for every kind of case."""
    kind = next((kind for kind in KINDS if kind in case.body), None)
    if kind is None:
        return runner.differences(case, folder)
    expect = case.body["expect"]
    run = {"fund": _fund, "protect": _protect, "notional_sen": _notional_sen}[kind]
    try:
        found = ["  expected a refusal"] if "refused" in expect else []
        found += _compare(expect, *run(case, folder))
    except TariffError as refusal:
        found = runner.compare_refusal(expect, str(refusal))
    return "\n".join([case.body["title"], *found]) if found else ""


def _fund(case: Case, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, Mapping[str, int]]:
    framework = runner.write_framework(case, folder / "framework")
    period = str(case.body.get("period", runner.PERIOD_DEFAULT))
    source = _write(folder / "places.csv", case.body["fund"], PLACES_DEFAULTS)
    funding = place_funding(source, framework, period, as_if=case.body.get("as_if") == "yes")
    return funding.lines, funding.findings, {**funding.counts, "total": funding.total}


def _protect(case: Case, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, Mapping[str, int]]:
    body = case.body["protect"]
    framework = runner.write_framework(case, folder / "framework")
    old = {**case.framework, "version": "2024-25", **(body.get("last_year") or {})}
    last_year = runner.write_framework(Case(case.topic, old, {}), folder / "last-year")
    places = _write(folder / "places.csv", body["places"], PLACES_DEFAULTS) if "places" in body else None
    providers = _write(folder / "providers.csv", body["providers"], {}) if "providers" in body else None
    found = protect(
        _placements(case, folder),
        framework,
        last_year,
        str(body["guarantee"]),
        str(case.body.get("period", runner.PERIOD_DEFAULT)),
        places=places,
        providers=providers,
    )
    return found.lines, found.findings, {"total": found.total}


def _notional_sen(case: Case, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, Mapping[str, int]]:
    body = case.body["notional_sen"]
    rule = None
    if "rule" in body:
        rule = folder / "rule.toml"
        rule.write_text(runner.toml_text({"title": "A rule", "source": "A forum", **body["rule"]}), encoding="utf-8")
    found = compare_notional_sen(
        _placements(case, folder),
        _write(folder / "schools.csv", body["schools"], {"provider_id": "100001"}),
        runner.write_framework(case, folder / "framework"),
        str(case.body.get("period", runner.PERIOD_DEFAULT)),
        rule=rule,
    )
    return found.lines, found.findings, {"total": found.total}


def _placements(case: Case, folder: Path) -> Path:
    path = folder / "placements.csv"
    runner.write_placements(path, case.body.get("placements") or [{}], [])
    return path


def _write(path: Path, rows: list[dict[str, Any]], defaults: Mapping[str, Any]) -> Path:
    filled = [{**defaults, **row} for row in rows]
    runner.write_rows(path, list(dict.fromkeys(key for row in filled for key in row)), filled)
    return path


def _compare(
    expect: Mapping[str, Any], lines: pl.DataFrame, findings: pl.DataFrame, counts: Mapping[str, int]
) -> list[str]:
    found = []
    for line in lines.to_dicts():
        months = [value for name, value in line.items() if runner.MONTH.fullmatch(name)]
        if months:
            added = None if None in months else sum(months)
            found += [] if added == line["amount"] else [f"  {line['provider_id']}: its months don't add up"]
    for name in (*runner.COUNTS[:3], "total"):
        if name == "total" and name in expect:
            found += runner.differ_money(name, expect[name], counts[name])
        elif name in expect:
            found += runner.differ(name, expect[name], counts[name])
    if "lines" in expect:
        found += _compare_lines(expect["lines"], lines.to_dicts())
    said = findings.filter(pl.col("severity") != "info")["code"].to_list()
    wanted = [code for codes in (expect.get("findings") or {}).values() for code in codes]
    if expect.get("findings") != "any":
        found += runner.differ("findings", ", ".join(sorted(wanted)) or "none", ", ".join(sorted(said)) or "none")
    return found


def _compare_lines(expected: list[dict[str, Any]], lines: list[dict[str, Any]]) -> list[str]:
    if len(expected) != len(lines):
        return [f"  expected {len(expected)} lines, got {len(lines)}"]
    found = []
    for number, (want, line) in enumerate(zip(expected, lines, strict=True), start=1):
        for column, value in want.items():
            what = f"line {number}, {column}"
            if column not in line:
                found.append(f"  {what}: no such column")
            elif isinstance(line[column], int) and column not in _NUMBERS:
                found += runner.differ_money(what, value, line[column])
            else:
                found += runner.differ(what, runner.text_of(value), runner.text_of(line[column]))
    return found


_NUMBERS = ("places_first", "places_second", "children", "pupils", "unpriced")
