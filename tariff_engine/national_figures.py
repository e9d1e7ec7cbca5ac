"""National figures that somebody published, by name and year, as ``bands/reference/national_figures.csv`` has them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from tariff_engine.errors import UsageError
from tariff_engine.vocabulary import one_of


@dataclass(frozen=True)
class Figure:
    """A published figure. ``value`` is in ``unit``; confidence is verified, secondary or derived."""

    name: str
    year: str
    value: Fraction
    unit: str
    confidence: str
    source_id: str


def national_figure(name: str, year: str) -> Figure:
    """One figure; UsageError names the nearest where there is none."""
    figures = national_figures()
    if (name, year) in figures:
        return figures[name, year]
    years = [known for other, known in figures if other == name]
    if years:
        raise UsageError(f"{name} is not known for {year!r}; {one_of(year, years)}")
    raise UsageError(f"{name!r} is no national figure; {one_of(name, sorted({other for other, _ in figures}))}")


def figure_for(name: str, year: str) -> Figure:
    """A figure for a year such as ``2025-26``; where it has none, that of the nearest year before, else after."""
    years = sorted(known for other, known in national_figures() if other == name)
    if not years:
        return national_figure(name, year)
    return national_figure(name, max((known for known in years if known <= year), default=years[0]))


def figure_source(figure: Figure) -> Mapping[str, Any]:
    """Where a figure was published, as ``bands/reference/sources.toml`` has it."""
    text = (files("bands") / "reference" / "sources.toml").read_text(encoding="utf-8")
    return next(source for source in tomllib.loads(text)["sources"] if source["id"] == figure.source_id)


@cache
def national_figures() -> Mapping[tuple[str, str], Figure]:
    """All figures by name and year, in the order of the file."""
    text = (files("bands") / "reference" / "national_figures.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    figures = [
        Figure(row["figure"], row["year"], Fraction(row["value"]), row["unit"], row["confidence"], row["source_id"])
        for row in rows
    ]
    found = {(figure.name, figure.year): figure for figure in figures}
    if len(found) != len(figures):
        raise ValueError("national_figures.csv has a figure twice")
    return MappingProxyType(found)
