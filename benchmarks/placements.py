"""Random placements as text, one row a placement, for timing engines and for holding them against each other.

Each placement is priced by one row of rates for one unbroken run of days: a row in, a row out. So no placement has a
panel's band, an uplift or units, and no child changes phase in September.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from tariff_engine import Framework, FundingPeriod
from tariff_engine.instalments import day_number
from tariff_engine.money import Ints

AGREED_PROVISION = "independent_special"
_PROVISIONS = {
    "mainstream": 0.44,
    "special": 0.30,
    AGREED_PROVISION: 0.08,
    "further_education": 0.07,
    "sen_unit": 0.04,
    "early_years": 0.03,
    "resourced_provision": 0.02,
    "specialist_post16": 0.02,
}
_LEVELS = (0.18, 0.22, 0.24, 0.2, 0.11, 0.05)
_YEAR_GROUPS = (-2, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14)
"""Not -1, 6 and 11, after which the phase changes."""
_DAYS_BACK = 2000
_FIRST_PROVIDER, _PROVIDERS = 100_000, 20_000


def random_placements(rows: int, framework: Framework, period: FundingPeriod, seed: int = 1) -> pl.DataFrame:
    """Placements in the columns that a price comes from, all as text, as a CSV file holds them.

    Five in six are there all year; the others start or end on some day of it, or both. One in seven is part-time.
    """
    random = np.random.default_rng(seed)
    provision = random.choice(list(_PROVISIONS), rows, p=list(_PROVISIONS.values()))
    agreed = np.where(provision == AGREED_PROVISION, random.integers(1_800_000, 11_000_000, rows), -1)
    start, end = _days(random, rows, period)
    areas = np.array(sorted(framework.area_costs))
    levels = {
        f"need_{area.code}": random.choice(len(_LEVELS), rows, p=_LEVELS).astype(str)
        for area in framework.header.need_areas
    }
    return pl.DataFrame(
        {
            "provision": provision,
            "nc_year": random.choice(_YEAR_GROUPS, rows).astype(str),
            "home_la": areas[random.integers(0, len(areas), rows)],
            **levels,
            "start_date": _as_dates(start),
            "end_date": _as_dates(end),
            "fte": _as_text(np.where(random.random(rows) < 1 / 7, random.integers(10, 100, rows), 100), 100),
            "agreed_price": _as_text(agreed, 100),
        }
    )


def with_names(placements: pl.DataFrame, first_row: int = 0) -> pl.DataFrame:
    """The same placements as a whole file: each of a child of its own, and with a provider.

    ``first_row`` is how many placements the file has before them.
    """
    at = pl.int_range(first_row, first_row + placements.height, eager=True)
    return placements.select(
        ("P" + at.cast(pl.String)).alias("placement_id"),
        ("C" + at.cast(pl.String)).alias("child_id"),
        (at % _PROVIDERS + _FIRST_PROVIDER).cast(pl.String).alias("provider_id"),
        pl.lit("academy").alias("provider_type"),
        pl.all(),
    )


def _days(random: Any, rows: int, period: FundingPeriod) -> tuple[Ints, Ints]:
    """First and last days; -1 for one that goes on. Every placement is there on some day of the period."""
    first, last = day_number(period.start), day_number(period.end)
    septembers = np.array([day_number(date(period.start.year - back, 9, 1)) for back in range(1, 8)])
    start = np.where(
        random.random(rows) < 0.6, random.choice(septembers, rows), first - random.integers(0, _DAYS_BACK, rows)
    )
    start = np.where(random.random(rows) < 0.1, random.integers(first, last + 1, rows), start)
    leaves = random.integers(np.maximum(start, first), last + 1)
    end = np.where(random.random(rows) < 0.08, leaves, -1)
    return start, np.where((end < 0) & (random.random(rows) < 0.2), random.integers(last, last + 700, rows), end)


def _as_dates(days: Ints) -> pl.Series:
    known = pl.Series(days >= 0)
    text = pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.to_string("iso")
    return pl.select(pl.when(known).then(text)).to_series()


def _as_text(hundredths: Ints, whole: int) -> pl.Series:
    """Hundredths as a person writes them: 1, 0.6, 52345.50; blank where they are below 0."""
    number = pl.Series(hundredths)
    parts = (number % whole).cast(pl.String).str.zfill(2)
    plain = pl.when(number % whole == 0).then(pl.lit("")).otherwise("." + parts)
    return pl.select(pl.when(number >= 0).then((number // whole).cast(pl.String) + plain)).to_series()
