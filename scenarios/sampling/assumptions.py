"""What an invented caseload is made of, from ``assumptions.toml``: shares and sizes, all of them assumed."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[int, Field(ge=0, le=1_000_000)]
PerMille = Annotated[int, Field(ge=0, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]
ShareList = Annotated[tuple[Share, ...], Field(min_length=1)]
SEVERITIES = 10


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Authority(_Part):
    """The local authority of a sample for a framework of the whole of England."""

    national: str


class Shares(_Part):
    """How often something happens."""

    part_time_per_mille: PerMille
    september_percent: Percent
    two_at_once_per_mille: PerMille
    moved_per_mille: PerMille
    other_commissioner_per_mille: PerMille
    school_pays_per_mille: PerMille
    uplift_per_mille: PerMille
    second_uplift_per_mille: PerMille
    panel_band_per_mille: PerMille
    no_reason_per_mille: PerMille
    band_below_percent: Percent
    estimated_per_mille: PerMille
    override_per_mille: PerMille
    care_per_mille: PerMille
    health_per_mille: PerMille
    out_of_area_per_mille: PerMille
    no_levels_per_mille: PerMille


class Range(_Part):
    """Whole numbers from one to another, both included."""

    low: int = Field(alias="from")
    high: int = Field(alias="to")

    @property
    def width(self) -> int:
        """How many numbers there are."""
        return self.high - self.low + 1


class Words(_Part):
    """Texts that stand in cells."""

    band_reasons: tuple[str, ...]
    override_by: str
    override_reasons: tuple[str, ...]
    provider_name: str


class Register(_Part):
    """Types of establishment in the register of schools, the common ones first."""

    prefer: tuple[str, ...]


class YearGroups(_Part):
    """Shares of year groups, from ``first`` on."""

    first: int
    shares: ShareList


class Spells(_Part):
    """How long placements last. Weeks are calendar weeks; ``days_a_week`` are shares of 1 to 5 days."""

    all_year: Share
    joins: Share
    leaves: Share
    weeks: Share
    weeks_from: Annotated[int, Field(ge=1, le=52)] = 1
    weeks_to: Annotated[int, Field(ge=1, le=52)] = 52
    units_percent: Percent = 0
    days_a_week: ShareList = (1,)


class ProviderGroup(_Part):
    """A kind of provider: children in each, its types, and whether each has one phase only.

    ``taught_with`` puts a phase into the providers of another, as a sixth form is in a secondary school.
    """

    children: Annotated[int, Field(ge=1)]
    types: dict[str, Share]
    by_phase: bool = False
    taught_with: dict[str, str] = Field(default_factory=dict)
    out_of_area: bool = False


class ProvisionShare(_Part):
    """A provision: its share of the rows, and which of the profiles its children and spells follow."""

    code: str
    share: Annotated[int, Field(ge=1)]
    years: str
    needs: str
    severity: str
    spells: str
    providers: str
    shared: bool = False


class Problems(_Part):
    """Rows with something wrong: how many, and shares of the kinds."""

    rows_per_mille: PerMille
    blank_level: Share
    overlap: Share
    too_much_at_once: Share
    unknown_provision: Share
    unknown_need: Share
    impossible_date: Share
    unknown_band: Share
    unknown_uplift: Share
    price_in_words: Share


class Wrong(_Part):
    """What stands in the cells that are wrong."""

    provision: str
    need: str
    date: str
    band: str
    uplift: str
    price: str


class Assumptions(_Part):
    """The whole file."""

    status: Literal["assumed"]
    working: str
    provider_ids_from: Annotated[int, Field(ge=900_001, le=999_999)]
    authority: Authority
    shares: Shares
    part_time: dict[str, Share]
    two_at_once: dict[str, Share]
    support_hours: Range
    agreed_percent: dict[str, Share]
    agreed_without_rate: Range
    care_pounds: Range
    health_pounds: Range
    words: Words
    register_types: Register = Field(alias="register")
    uplifts_only_for: dict[str, tuple[str, ...]]
    years: dict[str, YearGroups]
    needs: dict[str, dict[str, Share]]
    severity: dict[str, Annotated[tuple[Share, ...], Field(min_length=SEVERITIES, max_length=SEVERITIES)]]
    beside: dict[str, Annotated[tuple[Share, ...], Field(min_length=6, max_length=6)]]
    spells: dict[str, Spells]
    providers: dict[str, ProviderGroup]
    provisions: tuple[ProvisionShare, ...]
    problems: Problems
    wrong: Wrong


@cache
def assumptions() -> Assumptions:
    """The assumptions that ship with the project."""
    text = files("scenarios.sampling").joinpath("assumptions.toml").read_text(encoding="utf-8")
    # Strict types are those of JSON, so that a list of TOML can be a tuple.
    return Assumptions.model_validate_json(json.dumps(tomllib.loads(text)))
