"""The prices of the illustrative framework before they are fitted, and the rows that follow once they are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tariff_engine import money

Group = Literal["state", "bought"]
Unit = Literal["year", "week", "day"]
Decimals = Annotated[Fraction, BeforeValidator(lambda text: Fraction(text) if isinstance(text, str) else text)]
Pounds = Annotated[int, Field(gt=0)]

_PERCENT = 100
_ANY = "any"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class Rounding(_Part):
    """To how many whole pounds a rate of each unit is rounded, and a limit."""

    year: Pounds
    week: Pounds
    day: Pounds
    limit: Pounds


class Target(_Part):
    """What one factor is fitted on: the average price and place of a child in some provisions."""

    title: str
    group: Group
    provisions: tuple[str, ...]
    figure: str
    year: str


class NextVersion(_Part):
    """How the version after follows from this one."""

    version: str
    raised_by_percent: int
    limits_held: tuple[str, ...]


class Table(_Part):
    """The rates of a provision: a part of a curve over the bands, or flat rates by phase."""

    provision: str
    phase: str = ""
    group: Group | None = None
    unit: Unit = "year"
    curve: str = ""
    part: Decimals = Fraction(1)
    flat: Mapping[str, Pounds] = Field(default_factory=dict)
    agreed: bool = False
    limit: Decimals | None = None
    minimum: Pounds | None = None
    source_id: str = "tariffs"
    reason: str


class Shape(_Part):
    """The whole of ``shape.toml``."""

    framework: str
    version: str
    bands: tuple[str, ...]
    base_year: str
    index: str
    next_version: NextVersion
    rounding: Rounding
    fits: tuple[Target, ...]
    curves: Mapping[str, tuple[Pounds, ...]]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Row:
    """The values of one tariff row. [pounds a unit]"""

    provision: str
    band: str
    phase: str
    agreed: bool
    unit: Unit
    rate: int | None
    minimum: int | None
    maximum: int | None
    source_id: str
    area_cost: bool = True


@cache
def shape() -> Shape:
    """The relations between prices, as the project assumes them."""
    text = (files("scenarios") / "prices" / "shape.toml").read_text(encoding="utf-8")
    return Shape.model_validate(_tuples(tomllib.loads(text)))


def tariff_rows(factors: Mapping[Group, Fraction]) -> tuple[Row, ...]:
    """The tariff rows at some factors, in the order of ``tariffs.csv``."""
    return tuple(row for table in shape().tables for row in _rows(table, factors))


def next_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows of the version after."""
    after = shape().next_version

    def raised(pounds: int | None) -> int | None:
        if pounds is None:
            return None
        return money.round_half_away(pounds * (_PERCENT + after.raised_by_percent), _PERCENT)

    return tuple(
        replace(
            row,
            rate=raised(row.rate),
            minimum=raised(row.minimum),
            maximum=row.maximum if row.provision in after.limits_held else raised(row.maximum),
        )
        for row in rows
    )


def _rows(table: Table, factors: Mapping[Group, Fraction]) -> Iterator[Row]:
    factor = factors[table.group] if table.group else Fraction(1)
    step = getattr(shape().rounding, table.unit)
    blank = Row(table.provision, "", table.phase, table.agreed, table.unit, None, table.minimum, None, table.source_id)
    if table.flat:
        for phase, amount in table.flat.items():
            yield replace(blank, phase="" if phase == _ANY else phase, rate=_rounded(amount * factor, step))
        return
    lowest = None
    for band, amount in zip(shape().bands, shape().curves[table.curve], strict=True):
        rate = _rounded(amount * table.part * factor, step)
        maximum = None if table.limit is None else _rounded(rate * table.limit, shape().rounding.limit)
        lowest = lowest or maximum
        yield replace(blank, band=band, rate=rate, maximum=maximum)
    if table.agreed:
        # A child without a band has the agreed price, under the limit of the lowest band.
        yield replace(blank, maximum=lowest, area_cost=False)


def _rounded(pounds: Fraction | int, step: int) -> int:
    exact = Fraction(pounds) / step
    return money.round_half_away(exact.numerator, exact.denominator) * step


def _tuples(value: object) -> object:
    """TOML's arrays as tuples, which is what a frozen value holds."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    if isinstance(value, dict):
        return {key: _tuples(part) for key, part in value.items()}
    return value
