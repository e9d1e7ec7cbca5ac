"""A framework version: its needs, bands, rates and rules as immutable values, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tariff_engine import money
from tariff_engine.frozen import FrozenDict
from tariff_engine.periods import EARLIEST, LATEST, YearBasis
from tariff_engine.vocabulary import one_of

NO_BAND = "none"
"""What a band column holds where no band was reached."""


def _millionths(value: Any) -> int:
    """A whole number or a quoted decimal, as millionths; a bare TOML float is refused, as it isn't exact."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("expected a whole number or a quoted decimal")
    try:
        millionths = money.parse_factor(str(value))
    except ValueError as error:
        raise ValueError(f"{value!r} {error}") from None
    if millionths < 0:
        raise ValueError(f"{value!r} is below 0")
    return millionths


def _fraction(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | str | Fraction):
        raise ValueError('expected a quoted share of the year, such as "5/12"')
    try:
        share = Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f'{value!r} is not a share of the year, such as "5/12"') from None
    if not 0 < share <= 1 or share.denominator > money.MILLION:
        raise ValueError(f"{value!r} is not a share above 0 and up to 1, in millionths at the finest")
    return share


def _year_basis(value: Any) -> YearBasis:
    if value not in list(YearBasis):
        raise ValueError(f"{value!r}: {one_of(str(value), list(YearBasis))}")
    return YearBasis(value)


def _day(value: Any) -> Any:
    """A date that the calendar of the engine holds; a time of day has no place in it."""
    if isinstance(value, datetime):
        raise ValueError(f"{value}: expected a date without a time")
    if isinstance(value, date) and not EARLIEST <= value <= LATEST:
        raise ValueError(f"{value}: expected a day from {EARLIEST} to {LATEST}")
    return value


def _last_day(value: Any) -> Any:
    """A last day; the far one that other systems write for an open end, such as 9999-12-31, is brought in reach."""
    plain = isinstance(value, date) and not isinstance(value, datetime)
    return _day(min(value, LATEST) if plain else value)


T = TypeVar("T")
Frozen = Annotated[T, AfterValidator(FrozenDict)]
Day = Annotated[date, BeforeValidator(_day)]
LastDay = Annotated[date, BeforeValidator(_last_day)]
Millionths = Annotated[int, BeforeValidator(_millionths)]
Share = Annotated[Fraction, BeforeValidator(_fraction)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]


class Part(BaseModel):
    """A table of ``framework.toml``: frozen, typed, with no key that isn't known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, defer_build=True)


class Source(Part):
    """Where a value was published, or how it was worked out where nobody published it."""

    id: Text
    title: Text
    publisher: str = ""
    url: str = ""
    published_on: date | None = None
    last_checked_on: date | None = None
    status: Literal["published", "derived", "illustrative"] = "published"
    working: str = ""
    note: str = ""


class NeedArea(Part):
    """An area of need: the SEN2 primary needs that belong to it and what each level means, from level 0."""

    code: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")]
    title: Text
    primary_needs: tuple[str, ...] = Field(default=())
    levels: tuple[str, ...] = Field(min_length=1, max_length=50)

    @property
    def highest_level(self) -> int:
        """The highest level that a child can have in this area."""
        return len(self.levels) - 1


class CoOccurrence(Part):
    """High needs in several areas at once: how many areas, at what level, move the band up how many steps."""

    areas: Annotated[int, Field(ge=1, le=50)]
    level: Annotated[int, Field(ge=0, le=50)]
    steps: Annotated[int, Field(ge=1, le=50, alias="raise")]


class Banding(Part):
    """The rule from need levels to a band. Weights are millionths of a point, a level from 0."""

    rule: Literal["highest_level", "weighted_score", "primary_need", "assigned"]
    weights: Frozen[dict[str, tuple[Millionths, ...]]] = Field(default_factory=FrozenDict)
    co_occurrence: CoOccurrence | None = None
    provision_shift: Frozen[dict[str, Annotated[int, Field(ge=-50, le=50)]]] = Field(default_factory=FrozenDict)
    permitted: Frozen[dict[str, tuple[str, ...]]] = Field(default_factory=FrozenDict)


class SchoolTerm(Part):
    """The first and last day of a school term."""

    start: Day
    end: Day
    name: str = ""


class Term(Part):
    """A funding term: its days, the day on which children are counted, and its share of the year."""

    name: str = ""
    start: Day
    end: Day
    share: Share
    count_date: Day


class Proration(Part):
    """How a year's price is spread over its months."""

    method: Literal["calendar_days", "school_days", "months", "terms"] = "calendar_days"
    remainder: Literal["spread", "last"] = "spread"
    closed: tuple[Day, ...] = Field(default=(), max_length=5_000)
    school_terms: tuple[SchoolTerm, ...] = Field(default=(), max_length=1_000)
    count_day: Annotated[int, Field(ge=1, le=28)] | Literal["last"] | None = None
    terms: tuple[Term, ...] = Field(default=(), max_length=1_000)

    @property
    def needs_whole_months(self) -> bool:
        """Whether a costing period has to start and end at month ends."""
        return self.remainder == "last" or self.method in ("months", "terms")


class Header(Part):
    """``framework.toml`` as a whole."""

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Code
    title: Text
    publisher: Text
    jurisdiction: str
    legal_status: Literal["in_force", "superseded", "consultation", "illustrative"]
    effective_from: Day
    effective_to: LastDay | None = None
    year_basis: Annotated[YearBasis, BeforeValidator(_year_basis)]
    weeks_per_year: Millionths | None = None
    days_per_year: Millionths | None = None
    places_rounding: Literal["exact", "whole_pounds"] = "exact"
    proration: Proration = Field(default_factory=Proration)
    sources: tuple[Source, ...] = Field(default=())
    need_areas: tuple[NeedArea, ...] = Field(default=(), max_length=50)
    banding: Banding


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
