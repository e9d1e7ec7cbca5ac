"""The rules that a costing's prices came from, as tables: each value with its source and who says so. [pence]"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from tariff_engine.framework import Framework
from tariff_engine.money import MILLION
from tariff_engine.summaries import RULE_MONEY, rules_table
from tariff_engine.tables.book.pages import RulesPage
from tariff_engine.vocabulary import vocabulary

Row = dict[str, Any]


def rule_pages(frameworks: Sequence[Framework]) -> list[RulesPage]:
    """The sheets of rules of some versions; ``Rules`` holds the rates, and what a version hasn't has no sheet."""
    pages = [RulesPage("Rules", rules_table(frameworks), RULE_MONEY)]
    for kind in _KINDS:
        rows = [row for framework in frameworks for row in kind.rows(framework)]
        if rows:
            frame = pl.DataFrame(rows, schema_overrides=kind.types, infer_schema_length=None)
            pages.append(RulesPage(kind.name, frame, kind.money, kind.wrapped))
    return pages


def place_rule_pages(frameworks: Sequence[Framework]) -> list[RulesPage]:
    """The same where places alone are funded: ``Rules`` holds the rates of places."""
    kept = {"Rules places": "Rules", "Rules versions": "Rules versions", "Rules sources": "Rules sources"}
    return [replace(page, name=kept[page.name]) for page in rule_pages(frameworks) if page.name in kept]


def source_columns(framework: Framework, source_id: str) -> Row:
    """Where a value comes from: published, derived or illustrative, and in what."""
    source = framework.sources[source_id]
    return {
        "value_is": source.status,
        "source": source.title,
        "publisher": source.publisher or None,
        "page": source.url or None,
        "last_checked_on": source.last_checked_on,
    }


def _versions(framework: Framework) -> Iterator[Row]:
    header = framework.header
    yield {
        "framework": framework.name,
        "title": header.title,
        "publisher": header.publisher,
        "jurisdiction": header.jurisdiction,
        "legal_status": header.legal_status,
        "effective_from": header.effective_from,
        "effective_to": header.effective_to,
        "year_basis": str(header.year_basis),
        "banding_rule": header.banding.rule,
        "weeks_per_year": _number(header.weeks_per_year),
        "days_per_year": _number(header.days_per_year),
        "proration_method": header.proration.method,
        "proration_remainder": header.proration.remainder,
        "places_rounding": header.places_rounding,
        "content_hash": framework.content_hash,
    }


def _bands(framework: Framework) -> Iterator[Row]:
    for band in sorted(framework.bands, key=lambda band: band.order):
        yield {
            "framework": framework.name,
            "band": band.code,
            "order": band.order,
            "title": band.title or None,
            "minimum_score": _number(band.minimum_score),
            "level": band.level,
            "descriptor": band.descriptor or None,
            **source_columns(framework, band.source_id),
        }


def _needs(framework: Framework) -> Iterator[Row]:
    weights = framework.header.banding.weights
    for area in framework.header.need_areas:
        for level, meaning in enumerate(area.levels):
            yield {
                "framework": framework.name,
                "area": area.code,
                "title": area.title,
                "primary_needs": "; ".join(area.primary_needs) or None,
                "level": level,
                "weight": _number(weights[area.code][level]) if area.code in weights else None,
                "meaning": meaning,
            }


def _uplifts(framework: Framework) -> Iterator[Row]:
    for uplift in framework.uplifts.values():
        yield {
            "framework": framework.name,
            "code": uplift.code,
            "title": uplift.title or None,
            "kind": uplift.kind,
            "amount": uplift.value if uplift.kind == "amount" else None,
            "percent": _number(uplift.value) if uplift.kind == "percent" else None,
            "provisions": "; ".join(uplift.provisions) or None,
            **source_columns(framework, uplift.source_id),
        }


def _places(framework: Framework) -> Iterator[Row]:
    for place in framework.place_rates:
        yield {
            "framework": framework.name,
            "provision": place.provision,
            "phase": place.phase,
            "occupancy": place.occupancy,
            "rate": place.rate_pence,
            **source_columns(framework, place.source_id),
        }


def _area_costs(framework: Framework) -> Iterator[Row]:
    known = vocabulary().local_authorities
    for area in framework.area_costs.values():
        yield {
            "framework": framework.name,
            "la_code": area.la_code,
            "authority": known[area.la_code]["name"] if area.la_code in known else None,
            "factor": _number(area.factor_millionths),
            **source_columns(framework, area.source_id),
        }


def _sources(framework: Framework) -> Iterator[Row]:
    for source in framework.header.sources:
        yield {
            "framework": framework.name,
            "title": source.title,
            "publisher": source.publisher or None,
            "value_is": source.status,
            "published_on": source.published_on,
            "last_checked_on": source.last_checked_on,
            "page": source.url or None,
            "working": source.working or None,
            "note": source.note or None,
        }


def _number(millionths: int | None) -> float | None:
    """Millionths as a number with at most six decimals, which a binary number shows as it is written."""
    return None if millionths is None else millionths / MILLION


_TEXT, _DAY, _WHOLE, _DECIMAL = pl.String(), pl.Date(), pl.Int64(), pl.Float64()
_SOURCE: dict[str, pl.DataType] = {"publisher": _TEXT, "page": _TEXT, "last_checked_on": _DAY}


@dataclass(frozen=True)
class _Kind:
    """A sheet: its rows for a version, and the types of columns that may be blank in all of them."""

    name: str
    rows: Callable[[Framework], Iterator[Row]]
    types: dict[str, pl.DataType]
    money: tuple[str, ...] = ()
    wrapped: tuple[str, ...] = ()


_KINDS = (
    _Kind(
        "Rules bands",
        _bands,
        {**_SOURCE, "title": _TEXT, "minimum_score": _DECIMAL, "level": _WHOLE, "descriptor": _TEXT},
        wrapped=("descriptor",),
    ),
    _Kind("Rules needs", _needs, {"primary_needs": _TEXT, "weight": _DECIMAL}, wrapped=("meaning",)),
    _Kind(
        "Rules uplifts",
        _uplifts,
        {**_SOURCE, "title": _TEXT, "amount": _WHOLE, "percent": _DECIMAL, "provisions": _TEXT},
        money=("amount",),
        wrapped=("title",),
    ),
    _Kind("Rules places", _places, _SOURCE, money=("rate",)),
    _Kind("Rules area costs", _area_costs, {**_SOURCE, "authority": _TEXT}),
    _Kind(
        "Rules versions",
        _versions,
        {"effective_to": _DAY, "weeks_per_year": _DECIMAL, "days_per_year": _DECIMAL},
    ),
    _Kind(
        "Rules sources",
        _sources,
        {**_SOURCE, "published_on": _DAY, "working": _TEXT, "note": _TEXT},
        wrapped=("title", "working", "note"),
    ),
)
