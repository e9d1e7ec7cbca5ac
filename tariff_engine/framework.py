"""A framework version: its needs, bands, rates and rules as immutable values, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from tariff_engine.frozen import FrozenDict

if TYPE_CHECKING:
    from tariff_engine.framework_header import Header, Source

NO_BAND = "none"
"""What a band column holds where no band was reached."""


@dataclass(frozen=True)
class Band:
    """A band. ``minimum_score`` is in millionths of a point; without one only a move or a panel gives it."""

    row: int
    code: str
    order: int
    title: str
    minimum_score: int | None
    level: int | None
    descriptor: str
    source_id: str


@dataclass(frozen=True)
class Tariff:
    """A tariff row; an empty provider, band or phase matches anything. [pence a year, week, day or hour]"""

    row: int
    provision: str
    provider_id: str
    band: str
    phase: str
    price_basis: Literal["tariff", "agreed"]
    unit: Literal["year", "week", "day", "hour"]
    rate_pence: int | None
    minimum_pence: int | None
    maximum_pence: int | None
    area_cost: bool
    source_id: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the row fits: provision, provider, band, phase."""
        return self.provision, self.provider_id, self.band, self.phase


@dataclass(frozen=True)
class PlaceRate:
    """The annual rate of a place. [pence a year]"""

    provision: str
    phase: Literal["pre16", "post16"]
    occupancy: Literal["commissioned", "occupied", "unoccupied"]
    rate_pence: int
    source_id: str


@dataclass(frozen=True)
class Uplift:
    """An addition: ``value`` is pence a year for an amount, millionths of one per cent for a percentage."""

    code: str
    title: str
    kind: Literal["amount", "percent"]
    value: int
    provisions: tuple[str, ...]
    source_id: str


@dataclass(frozen=True)
class AreaCost:
    """What things cost in a local authority's area. [millionths]"""

    la_code: str
    factor_millionths: int
    source_id: str


@dataclass(frozen=True)
class Framework:
    """One version of a framework. Nothing in it changes; ``content_hash`` is the SHA-256 of its files.

    ``tariffs_in`` is what a person finds the rows of tariffs in: their file, or a workbook's sheet.
    """

    header: Header
    bands: tuple[Band, ...]
    tariffs: tuple[Tariff, ...]
    place_rates: tuple[PlaceRate, ...]
    uplifts: Mapping[str, Uplift]
    area_costs: Mapping[str, AreaCost]
    content_hash: str
    tariffs_in: str = field(default="tariffs.csv", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "uplifts", FrozenDict(self.uplifts))
        object.__setattr__(self, "area_costs", FrozenDict(self.area_costs))

    @property
    def id(self) -> str:
        """The framework's name, such as ``devon``."""
        return self.header.id

    @property
    def version(self) -> str:
        """The version's name, such as ``2023-24``."""
        return self.header.version

    @property
    def name(self) -> str:
        """Name and version, as commands take them: ``devon@2023-24``."""
        return f"{self.id}@{self.version}"

    @property
    def sources(self) -> Mapping[str, Source]:
        """Sources by their id."""
        return {source.id: source for source in self.header.sources}

    @property
    def needs_naming(self) -> bool:
        """Whether the version is used only when it is named: a consultation, or an illustration."""
        return self.header.legal_status in ("consultation", "illustrative")

    def in_effect(self, day: date) -> bool:
        """Whether the version is in effect on a day."""
        return self.header.effective_from <= day and (
            self.header.effective_to is None or day <= self.header.effective_to
        )

    def __repr__(self) -> str:
        return f"Framework({self.name}, {self.header.legal_status}, {self.content_hash[:12]})"
