"""What is due, account by account: one a placement at a provider, one a kind of places, one a sum brought forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from tariff_engine.costing import Costing
from tariff_engine.instalments import day_number
from tariff_engine.money import format_pounds
from tariff_engine.periods import Month
from tariff_engine.vocabulary import vocabulary

Kind = Literal["top_up", "places", "carry_over"]
TOP_UP, PLACES, CARRY_OVER = "top_up", "places", "carry_over"

_MOST_HANDOVERS = 10
PLACES_KEY = ("provision", "phase", "occupancy")
"""What tells a provider's kinds of commissioned places apart."""


class Account(NamedTuple):
    """What money is for.

    ``owner`` is the provider that it is due to by the costing, blank where a provision has none; a provider that took
    over from it may be the one that is paid. ``item`` is the placement's identifier, or what the places are for.
    """

    owner: str
    kind: str
    item: str


@dataclass(frozen=True)
class Facts:
    """What an account's amount rests on, so that the next statement can say why it changed.

    ``band`` and ``prices`` list those of all stints in the order of days; a price is that of a full year for one child,
    or the rate of a place, in pounds.
    """

    child_id: str | None = None
    provision: str | None = None
    phase: str | None = None
    occupancy: str | None = None
    band: str | None = None
    prices: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    count: int | None = None


NO_FACTS = Facts()
"""Nothing known of an account but its amounts, as where they come from a remittance."""


@dataclass(frozen=True)
class Due:
    """What is due for each month, or None where no price is known; and what it rests on. [pence]"""

    months: Mapping[str, int] | None
    facts: Facts = NO_FACTS


@dataclass(frozen=True)
class Successors:
    """Who takes over from providers that close: last day, as a day number, and successor."""

    closings: Mapping[str, tuple[int, str | None]]

    def holder(self, provider: str, day: int) -> str:
        """Who is paid what is a provider's due, on a day; the provider itself where nobody has taken over."""
        for _ in range(_MOST_HANDOVERS):
            closed, successor = self.closings.get(provider, (day, None))
            if closed >= day or successor is None:
                break
            provider = successor
        return provider


def due_of_costing(costing: Costing) -> dict[Account, Due]:
    """What the high needs budget owes for each placement that meets the period, at each provider that it pays."""
    lines = costing.lines.filter((pl.col("payer") == vocabulary().high_needs_payer) & (pl.col("days") > 0))
    grouped = lines.group_by(pl.col("payee").fill_null(""), "placement_id", maintain_order=True).agg(
        pl.col("amount").null_count().alias("unpriced"),
        *(pl.col(name).first() for name in ("child_id", "provision", "count")),
        pl.col("phase").last(),
        pl.col("band").drop_nulls().unique(maintain_order=True).str.join("; "),
        pl.col("annual_price").drop_nulls().unique(maintain_order=True).alias("prices"),
        pl.col("from").min().cast(pl.String).alias("first_day"),
        pl.col("to").max().cast(pl.String).alias("last_day"),
        pl.col(costing.months).sum(),
    )
    found = {}
    for row in grouped.iter_rows(named=True):
        facts = Facts(
            child_id=row["child_id"],
            provision=row["provision"],
            phase=row["phase"],
            band=row["band"] or None,
            prices=_listed(row["prices"]),
            first_day=row["first_day"],
            last_day=row["last_day"],
            count=row["count"],
        )
        months = None if row["unpriced"] else {month: int(row[month]) for month in costing.months}
        found[Account(row["payee"], TOP_UP, row["placement_id"])] = Due(months, facts)
    return found


def unpriced_items(costing: Costing) -> set[str]:
    """Placements that stand in the caseload without a price, such as those on a row that couldn't be read."""
    priced = costing.lines.filter(pl.col("amount").is_not_null())["placement_id"]
    return set(costing.placements.placement_ids.drop_nulls()) - set(priced)


def due_of_places(places: pl.DataFrame, months: Iterable[str]) -> dict[Account, Due]:
    """What is owed for commissioned places; columns provider_id, PLACES_KEY, rate, and the months in pence."""
    names = list(months)
    grouped = (
        places.drop_nulls(["provider_id", *PLACES_KEY])
        .group_by("provider_id", *PLACES_KEY, maintain_order=True)
        .agg(
            pl.col("rate").drop_nulls().unique(maintain_order=True).alias("prices"),
            pl.any_horizontal(pl.col(names).is_null()).any().alias("unpriced"),
            pl.col(names).sum(),
        )
    )
    found = {}
    for row in grouped.iter_rows(named=True):
        known = {name: row[name] for name in PLACES_KEY}
        due = None if row["unpriced"] else {month: int(row[month]) for month in names}
        account = Account(row["provider_id"], PLACES, places_item(known))
        found[account] = Due(due, Facts(**known, prices=_listed(row["prices"])))
    return found


def unreadable_places(places: pl.DataFrame) -> set[str | None]:
    """Providers with a row of places that doesn't say which places it is for; None for one without a provider."""
    return set(places.filter(pl.any_horizontal(pl.col("provider_id", *PLACES_KEY).is_null()))["provider_id"])


def places_item(row: Mapping[str, str | None]) -> str:
    """The item of an account of places."""
    return " ".join(row[name] or "-" for name in PLACES_KEY)


def starts(month: Month) -> int:
    """The first day of a month of the period, as a day number."""
    return day_number(month.start)


def _listed(prices: list[int]) -> str | None:
    return "; ".join(format_pounds(pence) for pence in prices) or None
