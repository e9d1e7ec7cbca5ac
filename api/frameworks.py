"""A framework version as plain values: money in whole pence, factors as quoted decimals."""

from __future__ import annotations

from typing import Any

from tariff_engine import Framework
from tariff_engine.framework import AreaCost, Band, PlaceRate, Tariff, Uplift
from tariff_engine.framework_header import NeedArea, Source
from tariff_engine.money import show_factor


def framework_entry(framework: Framework) -> dict[str, Any]:
    """What a list says of a version."""
    header = framework.header
    return {
        "id": framework.id,
        "version": framework.version,
        "title": header.title,
        "publisher": header.publisher,
        "jurisdiction": header.jurisdiction,
        "legal_status": header.legal_status,
        "effective_from": header.effective_from.isoformat(),
        "effective_to": header.effective_to.isoformat() if header.effective_to else None,
        "year_basis": header.year_basis.value,
        "content_hash": framework.content_hash,
    }


def framework_document(framework: Framework) -> dict[str, Any]:
    """A version in full; every value names its source."""
    header = framework.header
    return {
        **framework_entry(framework),
        "weeks_per_year": _factor(header.weeks_per_year),
        "days_per_year": _factor(header.days_per_year),
        "places_rounding": header.places_rounding,
        "proration_method": header.proration.method,
        "banding_rule": header.banding.rule,
        "need_areas": [_need_area(area, header.banding.weights.get(area.code, ())) for area in header.need_areas],
        "bands": [_band(band) for band in sorted(framework.bands, key=lambda band: band.order)],
        "rates": [_rate(row) for row in framework.tariffs],
        "place_rates": [_place_rate(row) for row in framework.place_rates],
        "uplifts": [_uplift(row) for row in framework.uplifts.values()],
        "area_costs": [_area_cost(row) for row in framework.area_costs.values()],
        "sources": [_source(source) for source in header.sources],
    }


def _need_area(area: NeedArea, weights: tuple[int, ...]) -> dict[str, Any]:
    return {
        "code": area.code,
        "title": area.title,
        "primary_needs": list(area.primary_needs),
        "levels": [
            {"level": level, "meaning": meaning, "weight": _factor(weights[level]) if level < len(weights) else None}
            for level, meaning in enumerate(area.levels)
        ],
    }


def _band(band: Band) -> dict[str, Any]:
    return {
        "band": band.code,
        "order": band.order,
        "title": band.title,
        "minimum_score": _factor(band.minimum_score),
        "level": band.level,
        "descriptor": band.descriptor,
        "source_id": band.source_id,
    }


def _rate(row: Tariff) -> dict[str, Any]:
    return {
        "provision": row.provision,
        "provider_id": row.provider_id or None,
        "band": row.band or None,
        "phase": row.phase or None,
        "price_basis": row.price_basis,
        "unit": row.unit,
        "rate_pence": row.rate_pence,
        "minimum_pence": row.minimum_pence,
        "maximum_pence": row.maximum_pence,
        "area_cost": row.area_cost,
        "source_id": row.source_id,
    }


def _place_rate(row: PlaceRate) -> dict[str, Any]:
    return {
        "provision": row.provision,
        "phase": row.phase,
        "occupancy": row.occupancy,
        "rate_pence": row.rate_pence,
        "source_id": row.source_id,
    }


def _uplift(row: Uplift) -> dict[str, Any]:
    amount = row.kind == "amount"
    return {
        "code": row.code,
        "title": row.title,
        "kind": row.kind,
        "amount_pence": row.value if amount else None,
        "percent": None if amount else show_factor(row.value),
        "provisions": list(row.provisions),
        "source_id": row.source_id,
    }


def _area_cost(row: AreaCost) -> dict[str, Any]:
    return {"la_code": row.la_code, "factor": show_factor(row.factor_millionths), "source_id": row.source_id}


def _source(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        "publisher": source.publisher or None,
        "url": source.url or None,
        "published_on": source.published_on.isoformat() if source.published_on else None,
        "last_checked_on": source.last_checked_on.isoformat() if source.last_checked_on else None,
        "status": source.status,
        "working": source.working or None,
        "note": source.note or None,
    }


def _factor(millionths: int | None) -> str | None:
    return None if millionths is None else show_factor(millionths)
