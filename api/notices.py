"""What must be said with a costing's figures: what the prices are, and what the total leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import polars as pl

from tariff_engine import Framework, FundingPeriod
from tariff_engine.legal_standing import as_if as said_as_if
from tariff_engine.legal_standing import standing


class Found(Protocol):
    """Whatever has findings."""

    @property
    def found(self) -> pl.DataFrame:
        """What is wrong or worth knowing, as totals.by_code gives it."""


class Figures(Found, Protocol):
    """What a costing and place funding have in common: figures under some versions for a period, and findings."""

    @property
    def frameworks(self) -> tuple[Framework, ...]:
        """The versions, oldest first."""

    @property
    def period(self) -> FundingPeriod:
        """What the figures are for."""

    @property
    def as_if(self) -> bool:
        """Whether one version covers every day, whatever its dates."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows read, priced and set aside among others."""


def notices(costing: Figures) -> list[str]:
    """The sentences that belong beside the figures, if any."""
    return notices_with(costing.frameworks, costing.as_if, costing.counts["set_aside"])


def notices_with(frameworks: Sequence[Framework], as_if: bool, set_aside: int) -> list[str]:
    """The sentences that belong beside figures under some versions, without the rows that were set aside."""
    said = standing(frameworks)
    if as_if:
        said.append(said_as_if(frameworks[0]))
    if set_aside == 1:
        said.append("1 row is set aside, so the total is without it.")
    elif set_aside:
        said.append(f"{set_aside:,} rows are set aside, so the total is without them.")
    return said
