"""pandas: categories and gathers from arrays, or vectorised merges; whole numbers throughout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.rules import Rules
from tariff_engine.money import MILLION, Ints


def prepare_gather(placements: pl.DataFrame, rules: Rules) -> Callable[[], pd.DataFrame]:
    """Every column as a category; each distinct text is read once, and rates are gathered."""
    frame = _native(placements)
    arrays = rules.price_arrays
    shifts = np.array(rules.shifts) - min(rules.shifts)

    def run() -> pd.DataFrame:
        provision = _numbers(frame["provision"], {code: at for at, code in enumerate(rules.provisions)})
        key = shifts[provision]
        for area, count in zip(rules.areas, rules.levels, strict=True):
            key = key * count + _numbers(frame[f"need_{area}"], {str(level): level for level in range(count)})
        phase = _numbers(frame["nc_year"], {str(y): sum(y >= f for f in rules.phase_starts) for y in range(-4, 21)})
        row = (provision * (rules.top + 1) + rules.band_of[key]) * len(rules.phases) + phase
        area_cost = _numbers(frame["home_la"], rules.area_costs)
        rates = {name: values[row] for name, values in arrays.items()}
        return _months(frame, rules, rates, area_cost)

    return run


def prepare_merges(placements: pl.DataFrame, rules: Rules) -> Callable[[], pd.DataFrame]:
    """The same with merges on small tables, as most people write it."""
    frame = _native(placements)
    years = range(-4, 21)
    phases = pd.DataFrame(
        {
            "nc_year": [str(year) for year in years],
            "phase": [rules.phases[sum(year >= first for first in rules.phase_starts)] for year in years],
        }
    )
    factors = pd.DataFrame({"home_la": list(rules.area_costs), "area_cost": list(rules.area_costs.values())})
    shifts = pd.DataFrame({"provision": rules.provisions, "shift": rules.shifts})
    prices = pd.DataFrame(rules.price_frame.to_dict(as_series=False))
    minimums = np.array(rules.minimum_scores)

    def run() -> pd.DataFrame:
        joined = frame.merge(phases, on="nc_year", how="left").merge(factors, on="home_la", how="left")
        joined = joined.merge(shifts, on="provision", how="left")
        levels = [joined[f"need_{area}"].astype("int64").to_numpy() for area in rules.areas]
        score = sum(np.array(weights)[level] for weights, level in zip(rules.weights, levels, strict=True))
        high = sum((level >= rules.raised_from).astype(np.int64) for level in levels)
        reached = np.searchsorted(minimums, score, side="right")
        raised = np.minimum(reached + np.where(high >= rules.raised_in, rules.raise_by, 0), rules.top)
        band = np.where(reached == 0, 0, np.clip(raised + joined["shift"].to_numpy(), 1, rules.top))
        joined = joined.assign(band=band).merge(prices, on=["provision", "band", "phase"], how="left")
        names = ("rate", "minimum", "maximum", "by_area", "agreed")
        rates = {name: joined[name].to_numpy().astype(np.int64) for name in names}
        return _months(joined, rules, rates, joined["area_cost"].to_numpy())

    return run


def months_of(result: pd.DataFrame) -> Ints:
    """The months as an array, one row a placement."""
    months: Ints = result.to_numpy()
    return months


def _native(placements: pl.DataFrame) -> pd.DataFrame:
    """A frame of pandas' own text type, which is Arrow's where pyarrow is installed."""
    return pd.DataFrame({name: pd.Series(placements[name].to_list(), dtype="str") for name in placements.columns})


def _categories(texts: pd.Series) -> tuple[Ints, pd.Index]:
    codes, distinct = pd.factorize(texts)
    return codes, pd.Index(distinct)


def _numbers(texts: pd.Series, values: dict[str, int]) -> Ints:
    codes, distinct = _categories(texts)
    return np.array([values[text] for text in distinct], np.int64)[codes]


def _read(texts: pd.Series, read: Callable[[pd.Index], Ints], blank: int) -> Ints:
    """Each distinct text read once."""
    codes, distinct = _categories(texts)
    return np.append(read(distinct), blank)[codes]


def _days(texts: pd.Index) -> Ints:
    return np.asarray(pd.to_datetime(texts, format="%Y-%m-%d")).astype("datetime64[D]").astype(np.int64)


def _scaled(places: int) -> Callable[[pd.Index], Ints]:
    """Decimals as whole numbers, exactly: a double holds so few digits, and is rounded to the nearest whole."""
    return lambda texts: np.rint(texts.astype("float64").to_numpy() * 10**places).astype(np.int64)


def _months(frame: pd.DataFrame, rules: Rules, rates: dict[str, Ints], area_cost: Ints) -> pd.DataFrame:
    fte = _read(frame["fte"], _scaled(6), MILLION)
    agreed = _read(frame["agreed_price"], _scaled(2), -1)
    before = np.maximum(_read(frame["start_date"], _days, 0) - rules.first, 0)
    until = np.minimum(_read(frame["end_date"], _days, rules.last), rules.last) - rules.first + 1
    base = rates["rate"] * np.where(rates["by_area"] > 0, area_cost, MILLION)
    whole = base // MILLION
    formula = (whole * fte + (base - whole * MILLION) * fte // MILLION + MILLION // 2) // MILLION
    annual = np.where((rates["agreed"] > 0) & (agreed >= 0), agreed, formula)
    annual = np.maximum(annual, (rates["minimum"] * fte + MILLION // 2) // MILLION)
    most = (rates["maximum"] * fte + MILLION // 2) // MILLION
    annual = np.where(rates["maximum"] >= 0, np.minimum(annual, most), annual)
    twice, year, earlier, months = 2 * annual, rules.year_days, np.int64(0), {}
    for name, mark in zip(rules.months, rules.marks[1:], strict=True):
        earned = (twice * np.maximum(np.minimum(until, mark) - before, 0) + year) // (2 * year)
        months[name], earlier = earned - earlier, earned
    return pd.DataFrame(months, copy=False)
