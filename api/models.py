"""What crosses the HTTP border: whole pence, factors as quoted decimals, nothing unknown, nothing converted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tariff_engine.money import MAX_RATE_PENCE

_LONGEST_TEXT = 2_000
_MOST_WHOLE = 10**12

Text = Annotated[str, Field(max_length=_LONGEST_TEXT, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
Name = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"})]
Decimal = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$",
        description="A decimal with at most six places, in quotation marks.",
    ),
]
Whole = Annotated[int, Field(ge=-_MOST_WHOLE, le=_MOST_WHOLE)]
Pence = Annotated[int, Field(ge=0, le=MAX_RATE_PENCE, description="Whole pence a year.")]
UpliftCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
Area = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")]


class _Part(BaseModel):
    """A part of a request: frozen, strict, with no field that isn't known."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class PlacementBody(_Part):
    """A placement, with the columns of a placements file by their names.

    Money is in whole pence, so its fields end in ``_pence``. Need levels are in ``needs``, by area. A field may be
    left out or null where a cell may be blank.
    """

    placement_id: Name
    child_id: Name
    home_la: Text
    provider_id: Text | None = None
    provider_type: Text | None = None
    provider_la: Text | None = None
    commissioner: Text | None = None
    payer: Text | None = None
    provision: Text
    nc_year: Whole | None = None
    primary_need: Text | None = None
    needs: dict[Area, Whole | None] = Field(default={}, max_length=50)
    band: Text | None = None
    band_reason: Text | None = None
    start_date: Day
    end_date: Day | None = None
    fte: Decimal | None = None
    support_hours: Decimal | None = None
    units: Decimal | None = None
    uplifts: list[UpliftCode] = Field(default=[], max_length=50)
    agreed_price_pence: Pence | None = None
    care_contribution_pence: Pence | None = None
    health_contribution_pence: Pence | None = None
    override_by: Text | None = None
    override_reason: Text | None = None
    count: Whole | None = None


class QuotePlacement(PlacementBody):
    """A placement to quote for. It needs no identity: nothing of one is kept or given back."""

    placement_id: Name = "quote"
    child_id: Name = "child"


class ProviderBody(_Part):
    """A provider, with the columns of a providers file by their names."""

    provider_id: Name
    name: Text | None = None
    provider_type: Text | None = None
    gias_type: Text | None = None
    la_code: Text | None = None
    provisions: list[Text] = Field(default=[], max_length=50)
    phases: list[Text] = Field(default=[], max_length=50)
    places: Whole | None = None
    opened: Day | None = None
    closed: Day | None = None
    successor: Text | None = None


class _Asked(_Part):
    framework: Annotated[
        str,
        Field(max_length=130, pattern=r"^[a-z0-9][a-z0-9-]*(@[A-Za-z0-9][A-Za-z0-9_.+-]*)?$"),
        Field(description="A shipped framework: a name, or a name and a version with @ between them."),
    ]
    period: Annotated[
        str,
        Field(pattern=r"^((FY|AY)[0-9]{4}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})$"),
        Field(description="FY2025-26, AY2025-26 or a pair such as 2025-04-01..2026-03-31."),
    ]
    as_if: bool = Field(default=False, description="Price every day under the one version named.")


class QuoteRequest(_Asked):
    """One placement to price."""

    placement: QuotePlacement


class CostingQuery(_Asked):
    """What a batch is to be priced under, as the query of a CSV body gives it."""


class CostingRequest(_Asked):
    """A batch of placements to price, with their providers where the placements don't say enough of them."""

    placements: list[PlacementBody] = Field(min_length=1)
    providers: list[ProviderBody] | None = None


class Version(BaseModel):
    """A framework version that a price comes from."""

    id: str
    version: str
    content_hash: str = Field(description="SHA-256 of its files.")
    legal_status: Literal["in_force", "superseded", "consultation", "illustrative"]
    as_if: bool


class Period(BaseModel):
    """The days that were priced, both ends included."""

    name: str
    from_: str = Field(alias="from")
    to: str


class CostingLine(BaseModel):
    """A placement's stint: the days under one version, in one year of its basis and in one phase."""

    placement_id: str
    home_la: str
    provider_id: str | None
    provision: str
    phase: str | None
    framework: str
    version: str | None = Field(description="None where no chosen version covers the days.")
    band_assessed: str | None
    band: str | None
    band_source: str | None
    from_: str | None = Field(alias="from")
    to: str | None
    days: int
    annual_top_up_pence: int | None = Field(description="One child, for a full year.")
    annual_uplifts_pence: int | None
    annual_price_pence: int | None = Field(description="What is payable for a full year, after limits.")
    place_value_pence: int | None = Field(description="The annual rate of the place: information, never added.")
    over_limit_pence: int | None = Field(description="What a maximum cut off.")
    amount_pence: int | None = Field(description="The sum of the months, for all the row's children.")
    payer: str
    payee: str | None
    s251_line: str
    count: int
    months: dict[str, int | None] = Field(description="Pence by month, such as 2025-04.")


class FindingBody(BaseModel):
    """Something wrong with the data, or worth knowing."""

    code: str
    severity: Literal["error", "warning", "info"]
    row: int | None = Field(description="As in a file whose header is row 1; the first placement is row 2.")
    placement_id: str | None
    column: str | None
    value: str | None
    message: str
    source_id: str | None


class StepBody(BaseModel):
    """One step of an explanation."""

    title: str
    text: str
    formula: str
    result: str
    source: dict[str, Any] | None


class QuoteAnswer(BaseModel):
    """The price of one placement. The amounts are null where it has none; the findings say why."""

    frameworks: list[Version]
    period: Period
    notices: list[str] = Field(description="What must be said with the figures, such as that they are illustrative.")
    amount_pence: int | None = Field(description="What the high needs budget pays.")
    outside_amount_pence: int | None = Field(description="What others pay.")
    lines: list[CostingLine]
    findings: list[FindingBody]
    explanation: list[StepBody]
    engine_version: str


class Totals(BaseModel):
    """Rows, children and pence of a batch. The pence are of the rows that could be priced."""

    read: int
    priced: int
    set_aside: int
    read_children: int
    priced_children: int
    set_aside_children: int
    amount_pence: int
    outside_amount_pence: int


class CostingAnswer(BaseModel):
    """The price of a batch: one line a placement and stint, in the order given and then of days."""

    notices: list[str]
    totals: Totals
    lines: list[CostingLine]
    findings: list[FindingBody]
    provenance: dict[str, Any] = Field(description="As in the file that stands beside a costing.")


class Health(BaseModel):
    """Whether the service can answer."""

    status: Literal["ok"]
    engine_version: str
    frameworks: int = Field(description="How many framework versions can be used.")
