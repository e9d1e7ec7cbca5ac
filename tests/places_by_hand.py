"""Commissioned places by hand, and the rates that a year was published with, for tests that change one thing."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

import polars as pl

from tariff_engine import Framework, PlaceFunding, place_funding
from tariff_engine.framework import PlaceRate
from tests.small import a_caseload, a_framework

PLACES: Mapping[str, str] = {
    "provider_id": "100001",
    "provision": "special",
    "phase": "pre16",
    "occupancy": "commissioned",
    "places_first": "389",
    "places_second": "403",
}


def a_rate(
    provision: str = "special", phase: Any = "pre16", occupancy: Any = "commissioned", pence: int = 1_000_000
) -> PlaceRate:
    """The rate of a place: £10,000.00 a year in a special school."""
    return PlaceRate(provision, phase, occupancy, pence, "s")


def some_places(**cells: str) -> dict[str, str]:
    """A row of places: 389 and then 403 in one special school, up to year 11."""
    return {**PLACES, **cells}


def fund_rows(
    framework: Framework, *rows: Mapping[str, str], period: str = "FY2025-26", **options: Any
) -> PlaceFunding:
    """Fund rows by hand."""
    return place_funding(a_caseload(*rows), framework, period, **options)


def published_rates(year: str, rounding: str) -> Framework:
    """A framework of the place rates that the reference table has for a year."""
    text = (files("bands") / "reference" / "place_rates.csv").read_text(encoding="utf-8")
    rates = [
        a_rate(row["provision"], row["phase"], row["occupancy"], int(row["rate"].replace(".", "")))
        for row in csv.DictReader(text.splitlines())
        if row["year"] == year
    ]
    return a_framework(places=rates, places_rounding=rounding, effective_from=date(int(year[:4]), 4, 1))


def amounts(funding: PlaceFunding) -> list[int | None]:
    """The amount of every line. [pence]"""
    return funding.lines["amount"].to_list()


def found(funding: PlaceFunding) -> dict[int | None, list[str]]:
    """The codes of the errors and warnings by row, in order."""
    rows = funding.findings.filter(pl.col("severity") != "info")
    codes: dict[int | None, list[str]] = {}
    for row, code in rows.select("row", "code").iter_rows():
        codes.setdefault(row, []).append(code)
    return codes
