"""A synthetic caseload for a framework: the same rows and seed give the same file, to the byte.

The local authority is a real one, so that its codes and area cost can be looked up. The children, the providers and
every placement are invented, and nothing here describes anybody. What is assumed stands in
``sampling/assumptions.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from scenarios.sampling.amounts import BLANK, Amounts, draw_amounts
from scenarios.sampling.assumptions import assumptions
from scenarios.sampling.children import Children, draw_children, need_codes
from scenarios.sampling.draws import Draws
from scenarios.sampling.prices import NOT_BANDED, Rates, draw_rates
from scenarios.sampling.problems import spoil
from scenarios.sampling.providers import Providers, draw_providers
from scenarios.sampling.setting import Setting, phase_of
from scenarios.sampling.spells import FULL_TIME, OPEN, Spells, draw_spells
from tariff_engine.banding import needs_are_required
from tariff_engine.columns import NEED_PREFIX, placement_columns, provider_columns
from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework
from tariff_engine.money import Ints
from tariff_engine.periods import FundingPeriod
from tariff_engine.vocabulary import vocabulary

MOST_ROWS = 2_000_000


def sample_caseload(rows: int, seed: int, frameworks: Sequence[Framework]) -> pl.DataFrame:
    """Invent a caseload of one local authority for a framework.

    Every provision that the latest version has rates for is there from as many rows as there are provisions.
    Nearly every row has a price for ``sample_period``; about one in a hundred has a typical mistake.

    Parameters
    ----------
    rows : placements, 1 to 2,000,000.
    seed : 0 or more; another seed is another caseload.
    frameworks : versions of one framework. The caseload is for the one that starts last.

    Returns
    -------
    The columns of a placements file in the order of the template, with ``need_<area>`` after ``primary_need``,
    all as text and ready to be written as CSV. ``count`` is blank. Placements lie inside the versions' days.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise UsageError(f"A sample has 1 to {MOST_ROWS:,} rows, not {rows:,}.")
    if seed < 0:
        raise UsageError(f"A seed is 0 or more, not {seed}.")
    setting, draws = Setting.of(frameworks), Draws(seed)
    children = draw_children(rows, setting, draws)
    providers = draw_providers(children, setting, draws)
    children, spells = draw_spells(children, providers, setting, draws)
    spells, rates = draw_rates(children, spells, providers, setting, draws)
    amounts = draw_amounts(children, spells, rates, setting, draws)
    frame = _laid_out(children, providers, spells, rates, amounts, setting, draws)
    whole = (spells.end == OPEN) & (spells.weeks == 0) & (spells.fte == FULL_TIME) & ~spells.paired
    required = [needs_are_required(setting.latest, share.code) for share in setting.provisions]
    return spoil(frame, whole, np.array(required, bool)[children.provision], draws)


def sample_period(frameworks: Sequence[Framework]) -> FundingPeriod:
    """The period that a sample is for: the first year of the version that starts last, while it is in effect."""
    return Setting.of(frameworks).period


def sample_providers(frame: pl.DataFrame) -> pl.DataFrame:
    """The providers of a sample, in the layout of a providers file, all as text.

    ``places`` are as many as there are children in a provider's placements; nobody has closed.
    """
    words = vocabulary()
    known = frame.filter(pl.col("provider_id").is_not_null() & pl.col("provision").is_in(list(words.provisions)))
    phases = {str(year): phase_of(year) for year in range(-4, 21)}
    grouped = (
        known.with_columns(phase=pl.col("nc_year").replace_strict(phases, default=None, return_dtype=pl.String))
        .group_by("provider_id")
        .agg(
            pl.col("provider_type").drop_nulls().mode(maintain_order=True).first(),
            pl.col("provider_la").drop_nulls().mode(maintain_order=True).first().alias("la_code"),
            pl.col("provision").unique().alias("provisions"),
            pl.col("phase").drop_nulls().unique().alias("phases"),
            pl.col("child_id").n_unique().cast(pl.String).alias("places"),
        )
        .sort("provider_id")
    )
    name = pl.lit(assumptions().words.provider_name + " ") + pl.col("provider_id")
    columns: dict[str, pl.Expr | pl.Series] = {
        "name": name,
        "gias_type": pl.Series(
            [_gias_type(*row) for row in grouped.select("provider_type", "provisions").iter_rows()], dtype=pl.String
        ),
        "provisions": _joined(grouped["provisions"], list(words.provisions)),
        "phases": _joined(grouped["phases"], list(words.phases)),
    }
    filled = grouped.with_columns(**columns)
    blank = [pl.lit(None, pl.String).alias(c) for c in provider_columns() if c not in filled.columns]
    return filled.with_columns(blank).select(list(provider_columns()))


def _laid_out(
    children: Children,
    providers: Providers,
    spells: Spells,
    rates: Rates,
    amounts: Amounts,
    setting: Setting,
    draws: Draws,
) -> pl.DataFrame:
    """The caseload as text, without mistakes."""
    size = len(children)
    words, at = assumptions().words, np.arange(size)
    width = max(6, len(str(size)))
    bands = [band.code for band in setting.latest.bands]
    text = {
        "placement_id": _numbered("P", at + 1, width),
        "child_id": _numbered("C", children.child + 1, width),
        "home_la": pl.repeat(setting.authority, size, dtype=pl.String, eager=True),
        "provider_id": _named(providers.ids, providers.at),
        "provider_type": _named(providers.types, providers.at),
        "provider_la": _named(providers.areas, providers.at),
        "commissioner": _commissioners(size, setting, draws),
        "payer": _payers(children, setting, draws),
        "provision": _named([share.code for share in setting.provisions], children.provision),
        "nc_year": pl.Series(children.nc_year).cast(pl.String),
        "primary_need": _named(need_codes(), children.need),
        **{NEED_PREFIX + area: _whole(children.levels[:, index]) for index, area in enumerate(setting.areas)},
        "band": _named(bands, np.where(rates.panel_band == NOT_BANDED, -1, rates.panel_band)),
        "band_reason": _named(words.band_reasons, np.where(rates.reasoned, at % len(words.band_reasons), -1)),
        "start_date": _dates(spells.start),
        "end_date": _dates(spells.end),
        "fte": _hundredths(np.where(spells.fte == FULL_TIME, BLANK, spells.fte)),
        "support_hours": _hundredths(np.where(amounts.half_hours == BLANK, BLANK, amounts.half_hours * 50)),
        "units": _whole(amounts.units),
        "uplifts": pl.Series([codes or None for codes in amounts.uplifts], dtype=pl.String),
        "agreed_price": _pounds(amounts.agreed),
        "care_contribution": _pounds(amounts.care),
        "health_contribution": _pounds(amounts.health),
        "override_by": _named([words.override_by], np.where(amounts.overridden, 0, -1)),
        "override_reason": _named(
            words.override_reasons, np.where(amounts.overridden, at % len(words.override_reasons), -1)
        ),
        "count": pl.repeat(None, size, dtype=pl.String, eager=True),
    }
    return pl.DataFrame(text).select(_column_order(list(setting.areas)))


def _column_order(areas: list[str]) -> list[str]:
    names = list(placement_columns())
    after = names.index("primary_need") + 1
    return [*names[:after], *(NEED_PREFIX + area for area in areas), *names[after:]]


def _commissioners(size: int, setting: Setting, draws: Draws) -> pl.Series:
    """A few placements that another authority pays for."""
    hits = draws.hits("commissioner", assumptions().shares.other_commissioner_per_mille, size)
    which = draws.below("which commissioner", len(setting.other_authorities), size)
    return _named(setting.other_authorities, np.where(hits, which, -1))


def _payers(children: Children, setting: Setting, draws: Draws) -> pl.Series:
    """Alternative provision that a school buys."""
    may = [vocabulary().school_may_pay(share.code) for share in setting.provisions]
    hits = draws.hits("payer", assumptions().shares.school_pays_per_mille, len(children))
    given = [rule.payer_given for rule in vocabulary().payment_rules if rule.payer_given]
    return _named(given[:1], np.where(np.array(may, bool)[children.provision] & hits, 0, -1))


def _gias_type(provider_type: str | None, provisions: list[str]) -> str | None:
    """A type of establishment that is of the provider's type and provides what it provides, a common one if any."""
    fits = [
        code
        for code, row in vocabulary().gias_types.items()
        if row.get("provider_type") == provider_type and row.get("provision") in provisions
    ]
    common = [code for code in assumptions().register_types.prefer if code in fits]
    return next(iter([*common, *fits]), None)


def _joined(lists: pl.Series, order: list[str]) -> pl.Series:
    """Lists of codes as text, in the order of the vocabulary."""
    return pl.Series([";".join(code for code in order if code in found) for found in lists], dtype=pl.String)


def _numbered(letter: str, numbers: Ints, width: int) -> pl.Series:
    return pl.select(letter + pl.Series(numbers).cast(pl.String).str.zfill(width)).to_series()


def _named(names: Sequence[str], codes: Ints) -> pl.Series:
    """The name of each code; blank where it is below 0."""
    return pl.Series([*names, None], dtype=pl.String).gather(np.where(codes < 0, len(names), codes))


def _whole(values: Ints) -> pl.Series:
    """Whole numbers as text; blank where they are below 0."""
    text = pl.Series(values).cast(pl.String)
    return pl.select(pl.when(pl.Series(values >= 0)).then(text).otherwise(None)).to_series()


def _hundredths(values: Ints) -> pl.Series:
    """Hundredths as decimals without trailing zeros, such as 0.6 and 22.5; blank where they are below 0."""
    distinct, which = np.unique(values, return_inverse=True)
    names = [f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".") for value in distinct.tolist()]
    return _named(names, np.where(values < 0, -1, which.reshape(-1)))


def _pounds(values: Ints) -> pl.Series:
    """Whole pounds with two decimals; blank where they are below 0."""
    return pl.select(_whole(values) + ".00").to_series()


def _dates(days: Ints) -> pl.Series:
    text = pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.to_string("iso")
    return pl.select(pl.when(pl.Series(days != OPEN)).then(text).otherwise(None)).to_series()
