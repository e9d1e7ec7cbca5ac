"""A framework version, read from its folder: need areas, bands, tariffs, places, uplifts, area costs."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from .exact import factor_of, pence_of, signed_pence_of

FILES = ("area_costs.csv", "bands.csv", "framework.toml", "places.csv", "tariffs.csv", "uplifts.csv")
DRAFTS = ("consultation", "illustrative")


@dataclass(frozen=True)
class NeedArea:
    """One area of need: the primary needs that belong to it and its highest level."""

    code: str
    primary_needs: tuple[str, ...]
    highest_level: int


@dataclass(frozen=True)
class Banding:
    """How levels of need become a band; the optional moves are None or empty where not given."""

    rule: str
    weights: Mapping[str, tuple[int, ...]]
    co_occurrence: Mapping[str, int] | None
    provision_shift: Mapping[str, int]
    permitted: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Band:
    """One band; ``reached_at`` is its minimum score or its level, None where no score reaches it."""

    code: str
    order: int
    reached_at: int | None


@dataclass(frozen=True)
class Tariff:
    """One tariff row: what it fits (blank fits anything) and what it pays. [pence]"""

    provision: str
    provider_id: str
    band: str
    phase: str
    price_basis: str
    unit: str
    rate: int | None
    minimum: int | None
    maximum: int | None
    area_cost: bool


@dataclass(frozen=True)
class Uplift:
    """An addition to a price: an amount [pence a year] or a percentage."""

    kind: str
    amount: int
    percent: Fraction
    provisions: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """A paid term: its share of the year falls due on its count date."""

    share: Fraction
    count_date: date


@dataclass(frozen=True)
class Proration:
    """How a year's price falls into months."""

    method: str
    remainder: str
    school_terms: tuple[tuple[date, date], ...]
    closed: frozenset[date]
    count_day: int | str
    terms: tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class Version:
    """One version of a framework, whole."""

    framework: str
    version: str
    legal_status: str
    effective_from: date
    effective_to: date
    year_basis: str
    weeks_per_year: Fraction | None
    days_per_year: Fraction | None
    places_rounding: str
    proration: Proration
    need_areas: tuple[NeedArea, ...]
    banding: Banding
    bands: tuple[Band, ...]
    tariffs: tuple[Tariff, ...]
    place_rates: Mapping[tuple[str, str, str], int]
    uplifts: Mapping[str, Uplift]
    area_costs: Mapping[str, Fraction]
    content_hash: str


def versions_for(path: Path) -> tuple[Version, ...]:
    """The versions that a path chooses: a version's own folder names it; a folder above holds several.

    Drafts (consultation, illustrative) count only where their own folder is named.
    """
    if (path / "framework.toml").exists():
        return (read_version(path),)
    folders = sorted(item for item in path.iterdir() if (item / "framework.toml").exists())
    versions = [read_version(folder) for folder in folders]
    return tuple(version for version in versions if version.legal_status not in DRAFTS)


def read_version(folder: Path) -> Version:
    """Read one version's folder."""
    toml = tomllib.loads((folder / "framework.toml").read_text(encoding="utf-8"))
    rule = toml["banding"]["rule"]
    return Version(
        framework=toml["id"],
        version=toml["version"],
        legal_status=toml["legal_status"],
        effective_from=toml["effective_from"],
        effective_to=toml.get("effective_to", date.max),
        year_basis=toml["year_basis"],
        weeks_per_year=factor_of(str(toml.get("weeks_per_year", ""))),
        days_per_year=factor_of(str(toml.get("days_per_year", ""))),
        places_rounding=toml.get("places_rounding", "exact"),
        proration=_proration(toml.get("proration", {})),
        need_areas=tuple(
            NeedArea(area["code"], tuple(area.get("primary_needs", ())), len(area["levels"]) - 1)
            for area in toml.get("need_areas", ())
        ),
        banding=_banding(toml["banding"]),
        bands=_bands(_table(folder, "bands.csv"), rule),
        tariffs=tuple(_tariff(cells) for cells in _table(folder, "tariffs.csv")),
        place_rates=_place_rates(_table(folder, "places.csv")),
        uplifts={cells["code"]: _uplift(cells) for cells in _table(folder, "uplifts.csv")},
        area_costs=_area_costs(_table(folder, "area_costs.csv")),
        content_hash=_content_hash(folder),
    )


def _proration(toml: Mapping[str, Any]) -> Proration:
    return Proration(
        method=toml.get("method", "calendar_days"),
        remainder=toml.get("remainder", "spread"),
        school_terms=tuple((term["start"], term["end"]) for term in toml.get("school_terms", ())),
        closed=frozenset(toml.get("closed", ())),
        count_day=toml.get("count_day", "last"),
        terms=tuple(Term(Fraction(term["share"]), term["count_date"]) for term in toml.get("terms", ())),
    )


def _banding(toml: Mapping[str, Any]) -> Banding:
    return Banding(
        rule=toml["rule"],
        weights={area: tuple(weights) for area, weights in toml.get("weights", {}).items()},
        co_occurrence=toml.get("co_occurrence"),
        provision_shift=toml.get("provision_shift", {}),
        permitted={provision: tuple(codes) for provision, codes in toml.get("permitted", {}).items()},
    )


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(cells) for cells in csv.DictReader(file)]


def _bands(rows: list[dict[str, str]], rule: str) -> tuple[Band, ...]:
    column = "minimum_score" if rule == "weighted_score" else "level"
    bands = (
        Band(cells["band"], int(cells["order"]), int(cells[column]) if cells.get(column) else None) for cells in rows
    )
    return tuple(sorted(bands, key=lambda band: band.order))


def _tariff(cells: dict[str, str]) -> Tariff:
    return Tariff(
        provision=cells["provision"],
        provider_id=cells.get("provider_id") or "",
        band=cells["band"],
        phase=cells["phase"],
        price_basis=cells["price_basis"],
        unit=cells["unit"],
        rate=pence_of(cells["rate"]),
        minimum=pence_of(cells["minimum"]),
        maximum=pence_of(cells["maximum"]),
        area_cost=cells["area_cost"] == "yes",
    )


def _place_rates(rows: list[dict[str, str]]) -> dict[tuple[str, str, str], int]:
    rates = {}
    for cells in rows:
        rate = pence_of(cells["rate"])
        if rate is not None:
            rates[cells["provision"], cells["phase"], cells["occupancy"]] = rate
    return rates


def _uplift(cells: dict[str, str]) -> Uplift:
    provisions = tuple(part.strip() for part in cells["provisions"].split(";") if part.strip())
    if cells["kind"] == "amount":
        return Uplift("amount", signed_pence_of(cells["value"]) or 0, Fraction(0), provisions)
    return Uplift("percent", 0, Fraction(cells["value"]), provisions)


def _area_costs(rows: list[dict[str, str]]) -> dict[str, Fraction]:
    return {cells["la_code"]: Fraction(cells["factor"]) for cells in rows}


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        path = folder / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
