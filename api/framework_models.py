"""A framework version as the HTTP service gives it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class FrameworkEntry(BaseModel):
    """What a list says of a version."""

    id: str
    version: str
    title: str
    publisher: str
    jurisdiction: str
    legal_status: Literal["in_force", "superseded", "consultation", "illustrative"]
    effective_from: str
    effective_to: str | None
    year_basis: Literal["financial", "academic"]
    content_hash: str = Field(description="SHA-256 of its files.")


class FrameworkList(BaseModel):
    """Every version that can be named in a request."""

    frameworks: list[FrameworkEntry]


class Level(BaseModel):
    """A level of need; ``weight`` is a quoted decimal, where the band goes by score."""

    level: int
    meaning: str
    weight: str | None


class NeedAreaBody(BaseModel):
    """An area of need, with what its levels mean."""

    code: str
    title: str
    primary_needs: list[str]
    levels: list[Level]


class BandBody(BaseModel):
    """A band; the lowest has order 1."""

    band: str
    order: int
    title: str
    minimum_score: str | None
    level: int | None
    descriptor: str
    source_id: str


class RateBody(BaseModel):
    """A rate, a null provider, band or phase standing for any."""

    provision: str
    provider_id: str | None
    band: str | None
    phase: str | None
    price_basis: Literal["tariff", "agreed"]
    unit: Literal["year", "week", "day", "hour"]
    rate_pence: int | None
    minimum_pence: int | None
    maximum_pence: int | None
    area_cost: bool
    source_id: str


class PlaceRateBody(BaseModel):
    """What a place is funded with for a year."""

    provision: str
    phase: Literal["pre16", "post16"]
    occupancy: Literal["commissioned", "occupied", "unoccupied"]
    rate_pence: int
    source_id: str


class UpliftBody(BaseModel):
    """An addition: an amount for a year, or a percentage as a quoted decimal."""

    code: str
    title: str
    kind: Literal["amount", "percent"]
    amount_pence: int | None
    percent: str | None
    provisions: list[str]
    source_id: str


class AreaCostBody(BaseModel):
    """What things cost in an authority's area, as a quoted decimal."""

    la_code: str
    factor: str
    source_id: str


class SourceBody(BaseModel):
    """Where values were published, or how they were worked out."""

    id: str
    title: str
    publisher: str | None
    url: str | None
    published_on: str | None
    last_checked_on: str | None
    status: Literal["published", "derived", "illustrative"]
    working: str | None
    note: str | None


class FrameworkBody(FrameworkEntry):
    """A version in full; every value names its source."""

    weeks_per_year: str | None
    days_per_year: str | None
    places_rounding: Literal["exact", "whole_pounds"]
    proration_method: Literal["calendar_days", "school_days", "months", "terms"]
    banding_rule: Literal["highest_level", "weighted_score", "primary_need", "assigned"]
    need_areas: list[NeedAreaBody]
    bands: list[BandBody]
    rates: list[RateBody]
    place_rates: list[PlaceRateBody]
    uplifts: list[UpliftBody]
    area_costs: list[AreaCostBody]
    sources: list[SourceBody]
