"""500 random placements: the service and the exact calculation agree on every line, month and finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.oracle.compare import CODES
from tests.oracle.oracle import Answer, Line, cost_exactly
from tests.oracle.rules import Tariff, Version, versions_for

FRAMEWORKS = (
    ("national-illustrative@2025-26", "FY2025-26", 200),
    ("national-illustrative@2025-26", "2025-06-10..2026-01-20", 50),
    ("devon", "FY2022-23", 40),
    ("devon", "AY2022-23", 60),
    ("islington@2021-22", "FY2021-22", 30),
    ("norfolk@2019-20", "2019-05-01..2020-02-29", 30),
    ("oxfordshire@2024-25", "FY2024-25", 40),
    ("sandwell@2021-22", "FY2021-22", 25),
    ("west-berkshire@2015-16", "FY2015-16", 25),
)
AUTHORITIES = ("202", "330", "333", "869", "878", "926")
LINE_TEXT = ("version", "band_assessed", "band", "band_source", "payer", "payee", "s251_line")
LINE_MONEY = ("annual_top_up", "annual_uplifts", "annual_price", "place_value", "over_limit", "amount")

Row = dict[str, str]


def test_there_are_500_of_them() -> None:
    assert sum(number for _, _, number in FRAMEWORKS) == 500


@pytest.mark.parametrize(("framework", "period", "number"), FRAMEWORKS)
def test_quotes_agree_with_the_exact_calculation(
    client: TestClient, root: Path, framework: str, period: str, number: int
) -> None:
    folder = root / "bands" / framework.replace("@", "/")
    versions = versions_for(folder)
    rng = Random(f"{framework} {period}")
    rows = [random_row(rng, versions, at) for at in range(number)]
    answer = cost_exactly(folder, rows, period)
    for at, row in enumerate(rows):
        asked = {"framework": framework, "period": period, "placement": as_json(row)}
        response = client.post("/v1/quotes", json=asked)
        assert response.status_code == 200, response.text
        hold(response.json(), answer, at + 2, row)
    # A test of placements without a price would prove little.
    assert answer.totals.priced > number / 2


def hold(said: Mapping[str, Any], answer: Answer, number: int, row: Row) -> None:
    """The answer's lines, amounts and findings are the exact ones of the row with this number."""
    exact = [line for line in answer.lines if line.row == number]
    has_price = bool(exact) and all(line.amount is not None for line in exact)
    for name, ours in (("amount_pence", True), ("outside_amount_pence", False)):
        wanted = sum(line.amount or 0 for line in exact if (line.payer == "la_high_needs") == ours)
        assert said[name] == (wanted if has_price else None), row
    assert [as_said(line) for line in said["lines"]] == [as_exact(line) for line in exact], row
    codes = {(finding["code"], finding["severity"]) for finding in said["findings"] if finding["code"] in CODES}
    assert codes == set(answer.findings.get(number, {}).items()), row
    if has_price:
        assert said["explanation"], row


def as_said(line: Mapping[str, Any]) -> dict[str, Any]:
    text = {name: line[name] or "" for name in LINE_TEXT}
    money = {name: line[f"{name}_pence"] for name in LINE_MONEY}
    return {**text, **money, "from": line["from"], "to": line["to"], "days": line["days"], "months": line["months"]}


def as_exact(line: Line) -> dict[str, Any]:
    text = {name: getattr(line, name) for name in LINE_TEXT}
    money = {name: getattr(line, name) for name in LINE_MONEY}
    days = {name: day.isoformat() if day else None for name, day in (("from", line.first), ("to", line.last))}
    return {**text, **money, **days, "days": line.days, "months": line.months}


def random_row(rng: Random, versions: tuple[Version, ...], number: int) -> Row:
    """A placement that one of the framework's rates is likely to fit."""
    version = rng.choice(versions)
    rate = rng.choice(version.tariffs)
    start = version.effective_from + timedelta(days=rng.randint(-200, 300))
    end = start + timedelta(days=rng.randint(0, 700))
    row = {
        "placement_id": f"P{number}",
        "child_id": f"C{number}",
        "home_la": rng.choice(AUTHORITIES),
        "provider_id": rate.provider_id or str(rng.randint(100_000, 149_999)),
        "provider_type": rng.choice(("", "maintained", "academy", "college", "independent", "other")),
        "provider_la": rng.choice(("", *AUTHORITIES)),
        "provision": rate.provision,
        "nc_year": _year_group(rng, rate),
        "primary_need": rng.choice(("ASD", "SEMH", "MLD", "PD", "SLCN")),
        "start_date": max(start, date(2010, 1, 1)).isoformat(),
        "end_date": end.isoformat() if rng.random() < 0.6 else "",
        "fte": rng.choice(("", "1", "0.5", "0.6", f"0.{rng.randint(1, 999_999):06d}")),
        "support_hours": _sometimes(rng, 0.9 if rate.unit == "hour" else 0.1, f"{rng.randint(1, 32)}.5"),
        "agreed_price": _sometimes(rng, 0.8 if rate.price_basis == "agreed" else 0.05, _pounds(rng)),
        "uplifts": ";".join(rng.sample(sorted(version.uplifts), min(len(version.uplifts), rng.randint(0, 2)))),
        "override_by": _sometimes(rng, 0.1, "Head of SEND"),
        "override_reason": _sometimes(rng, 0.1, "Tribunal order"),
        "count": rng.choice(("", "", "1", "3")),
    }
    if rate.unit in ("week", "day") and rng.random() < 0.5:
        row |= {"units": f"{rng.randint(0, 60)}.5", "end_date": end.isoformat()}
    for area in version.need_areas:
        row[f"need_{area.code}"] = _sometimes(rng, 0.97, str(rng.randint(0, area.highest_level)))
    if version.banding.rule == "assigned":
        row["band"] = rate.band
    elif rng.random() < 0.25:
        row["band"] = rng.choice([*(band.code for band in version.bands), "none"])
        row["band_reason"] = _sometimes(rng, 0.5, "Panel of 3 May")
    return row


def as_json(row: Row) -> dict[str, Any]:
    """The row as the service takes it: whole numbers, pence and lists instead of text."""
    body: dict[str, Any] = {name: text for name, text in row.items() if text and not name.startswith("need_")}
    body["needs"] = {name.removeprefix("need_"): int(text) for name, text in row.items() if "need_" in name and text}
    for name in ("nc_year", "count"):
        if name in body:
            body[name] = int(body[name])
    if "agreed_price" in body:
        pounds, _, pence = body.pop("agreed_price").partition(".")
        body["agreed_price_pence"] = int(pounds) * 100 + int(pence)
    if "uplifts" in body:
        body["uplifts"] = body["uplifts"].split(";")
    return body


def _year_group(rng: Random, rate: Tariff) -> str:
    known = {"early_years": (-3, -1), "primary": (0, 6), "secondary": (7, 11), "post16": (12, 14)}
    low, high = known.get(rate.phase, (-2, 14))
    return _sometimes(rng, 0.95, str(rng.randint(low, high)))


def _pounds(rng: Random) -> str:
    return f"{rng.randint(1_000, 150_000)}.{rng.randint(0, 99):02d}"


def _sometimes(rng: Random, chance: float, text: str) -> str:
    return text if rng.random() < chance else ""
