"""The illustrative framework's prices beside what was published: what was fitted, and what was not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

import polars as pl
from pydantic import BaseModel, ConfigDict

from scenarios.figures import national_figure
from scenarios.prices.shape import shape
from tariff_engine import Costing, Framework, money

FROM_JANUARY_TO_MIDYEAR = Fraction(17, 24)
"""Plans are counted in mid January; the middle of a financial year is 1 October, 8.5 of 12 months later."""


@dataclass(frozen=True)
class Spending:
    """What some provisions cost in a full year: children, price and place, added up. [pence]"""

    children: int
    price_pence: int
    place_pence: int

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.children + other.children,
            self.price_pence + other.price_pence,
            self.place_pence + other.place_pence,
        )


@dataclass(frozen=True)
class Compared:
    """A modelled amount beside a published one, both in whole pounds of the base year.

    ``fitted`` says that the prices were set on it, ``each`` that it is an average and not a total; ``as_published`` is
    the figure of its own ``year``. No provisions are all of them.
    """

    code: str
    title: str
    provisions: tuple[str, ...]
    fitted: bool
    each: bool
    year: str
    as_published: int
    published: int
    modelled: int
    note: str

    @property
    def tenths_of_a_percent(self) -> int:
        """How far the modelled amount is above the published one, in tenths of one per cent."""
        return money.round_half_away(1000 * (self.modelled - self.published), self.published)

    @property
    def difference(self) -> str:
        """The same as people write it: ``+11.1%``."""
        whole, tenths = divmod(abs(self.tenths_of_a_percent), 10)
        sign = "+" if self.tenths_of_a_percent > 0 else "-" if self.tenths_of_a_percent < 0 else ""
        return f"{sign}{whole}.{tenths}%"

    def shown(self, pounds: int) -> str:
        """An average in pounds, a total in millions of pounds."""
        return f"£{pounds:,}" if self.each else f"£{show_millions(pounds)}m"


class Check(BaseModel):
    """A published figure that nothing was fitted on, and which provisions it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    title: str
    provisions: tuple[str, ...] = ()
    places_included: bool = False
    year: str
    money: tuple[str, ...]
    less: tuple[str, ...] = ()
    less_year: str = ""
    plans: tuple[str, ...] = ()
    places: str = ""
    place_provision: str = ""
    note: str


class Checks(BaseModel):
    """The whole of ``checks.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    within_percent: int
    checks: tuple[Check, ...]


@cache
def checks() -> Checks:
    """What the prices are held against."""
    text = (files("scenarios") / "prices" / "checks.toml").read_text(encoding="utf-8")
    return Checks.model_validate(tomllib.loads(text))


def spending_by_provision(costing: Costing) -> Mapping[str, Spending]:
    """A full year of every child with a price, by provision."""
    each = pl.col("count").cast(pl.Int64)
    rows = (
        costing.lines.filter(pl.col("annual_price").is_not_null())
        .group_by(pl.col("provision").cast(pl.String))
        .agg(
            each.sum(),
            (pl.col("annual_price") * each).sum(),
            (pl.col("place_value").fill_null(0) * each).sum(),
        )
    )
    return {provision: Spending(*values) for provision, *values in rows.iter_rows()}


def show_millions(pounds: int) -> str:
    """Pounds in millions with one decimal: ``8,436.3``."""
    whole, tenths = divmod(money.round_half_away(10 * pounds, money.MILLION), 10)
    return f"{whole:,}.{tenths}"


def compare_fits(spending: Mapping[str, Spending]) -> list[Compared]:
    """What was fitted, and how near rounded rates come to it."""
    return [
        Compared(
            code=fit.figure,
            title=fit.title,
            provisions=fit.provisions,
            fitted=True,
            each=True,
            year=fit.year,
            as_published=_whole(national_figure(fit.figure, fit.year).value),
            published=_whole(in_base_prices(national_figure(fit.figure, fit.year).value, fit.year)),
            modelled=_average(added(spending, fit.provisions), places=True),
            note="",
        )
        for fit in shape().fits
    ]


def compare_checks(spending: Mapping[str, Spending], framework: Framework) -> list[Compared]:
    """What nothing was fitted on."""
    return [_compared(check, spending, framework) for check in checks().checks]


def _compared(check: Check, spending: Mapping[str, Spending], framework: Framework) -> Compared:
    found = added(spending, check.provisions or tuple(spending))
    paid = _sum(check.money, check.year)
    base = in_base_prices(paid, check.year)
    if check.plans or check.places:
        shared_by = _plans(check) if check.plans else _places(check, framework)
        paid, base = paid / shared_by, base / shared_by
        modelled = _average(found, places=check.places_included)
    else:
        if check.less:
            base -= in_base_prices(_sum(check.less, check.less_year), check.less_year)
        pence = found.price_pence + (found.place_pence if check.places_included else 0)
        start = _start(shape().base_year)
        modelled = _whole(Fraction(pence, money.PENCE) * plans_at_midyear(start) / plans_in_january(start + 1))
    return Compared(
        code=check.code,
        title=check.title,
        provisions=check.provisions,
        fitted=False,
        each=bool(check.plans or check.places),
        year=check.year,
        as_published=_whole(paid),
        published=_whole(base),
        modelled=modelled,
        note=check.note,
    )


def added(spending: Mapping[str, Spending], provisions: tuple[str, ...]) -> Spending:
    """Some provisions together."""
    return sum((spending[provision] for provision in provisions), Spending(0, 0, 0))


def in_base_prices(amount: Fraction, year: str) -> Fraction:
    """An amount of a year in prices of the base year."""
    index = shape().index
    return amount * national_figure(index, shape().base_year).value / national_figure(index, year).value


def plans_in_january(year: int) -> Fraction:
    """England's plans in the January of a calendar year."""
    return national_figure("plans_in_force", str(year)).value


def plans_at_midyear(year: int) -> Fraction:
    """England's plans in the middle of the financial year that starts in a calendar year, on a straight line."""
    before, after = plans_in_january(year), plans_in_january(year + 1)
    return before + (after - before) * FROM_JANUARY_TO_MIDYEAR


def _plans(check: Check) -> Fraction:
    """Plans of the January before the year, grown to its middle as England's were."""
    start = _start(check.year)
    return _sum(check.plans, str(start)) * plans_at_midyear(start) / plans_in_january(start)


def _places(check: Check, framework: Framework) -> Fraction:
    """Places, from what was spent on them at the rate of a place."""
    rate = next(rate for rate in framework.place_rates if rate.provision == check.place_provision)
    return _sum((check.places,), check.year) * money.PENCE / rate.rate_pence


def _sum(names: tuple[str, ...], year: str) -> Fraction:
    return sum((national_figure(name, year).value for name in names), Fraction(0))


def _start(year: str) -> int:
    """The calendar year in which a financial year such as 2021-22 starts."""
    return int(year[:4])


def _average(found: Spending, *, places: bool) -> int:
    pence = found.price_pence + (found.place_pence if places else 0)
    return _whole(Fraction(pence, money.PENCE * found.children))


def _whole(pounds: Fraction) -> int:
    return money.round_half_away(pounds.numerator, pounds.denominator)
