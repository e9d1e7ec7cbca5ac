"""What every variant costs, by authority and year: numbers of children times the pence of keys."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from scenarios.sweep.keys import Gathered, known_whatever_the_rates
from scenarios.sweep.prices import PricesOfKeys
from scenarios.sweep.variants import RateVariants, structure
from tariff_engine import Framework, FundingPeriod
from tariff_engine.compiled import NO_ROW
from tariff_engine.encoded import compile_rules
from tariff_engine.encoding import EncodedCaseload
from tariff_engine.errors import UsageError
from tariff_engine.findings import FindingsLog
from tariff_engine.job import job_of
from tariff_engine.kernel import price_stints
from tariff_engine.money import Ints, check_total
from tariff_engine.parts import read_placements
from tariff_engine.placements import Placements
from tariff_engine.pricing import Mask
from tariff_engine.vocabulary import vocabulary

_MOST_CHILDREN = 10**9
_CHUNK_PRICES = 1 << 20
"""The most keys times variants that are held at once."""
_PART_CHILDREN = "the numbers of children aren't whole, so the total isn't a sum of whole pence"
_TOO_LARGE = "a child's year is above the bound, and isn't in the total as cost would leave it without a price"


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """What each variant costs the high needs budget.

    Attributes
    ----------
    totals : [variant, group, period]; the sum over the placements that have a price. [pence]
    groups : what ``totals`` are by, one row a group.
    periods : the names of the periods.
    without_price : [group, period] children of placements that are set aside or have no price, in no variant.
    exact : whether a variant's totals are those of ``cost``, to the penny. why : what keeps it from it, else "".
    unread_rows : rows of the caseload that couldn't be read, and are in no group.
    """

    totals: Ints
    groups: pl.DataFrame
    periods: tuple[str, ...]
    without_price: npt.NDArray[np.float64]
    exact: Mask
    why: tuple[str, ...]
    unread_rows: int

    def __len__(self) -> int:
        return len(self.totals)

    def __repr__(self) -> str:
        variants, groups, periods = self.totals.shape
        return f"Sweep({variants:,} variants, {groups:,} groups, {periods} periods, {int(self.exact.sum()):,} exact)"

    def frame(self, variant: int) -> pl.DataFrame:
        """One variant: the columns of ``groups``, ``period`` and ``amount``, one row a group and period. [pence]"""
        _, groups, periods = self.totals.shape
        return self.groups[np.repeat(np.arange(groups), periods)].with_columns(
            pl.Series("period", list(self.periods) * groups, dtype=pl.String),
            pl.Series("amount", self.totals[variant].reshape(-1)),
        )


def sweep(
    variants: RateVariants | Sequence[Framework],
    caseload: pl.DataFrame | str | Path,
    periods: str | FundingPeriod | Sequence[str | FundingPeriod],
    *,
    counts: npt.ArrayLike | None = None,
    by: Sequence[str] = ("home_la",),
    providers: pl.DataFrame | str | Path | None = None,
    as_if: bool = False,
) -> Sweep:
    """Cost a caseload under thousands of variants of its rates, period by period.

    Parameters
    ----------
    variants : rates as arrays, or versions; versions that differ in more than rates are priced kind by kind.
    caseload : placements, or cells of like children, as ``cost`` takes them.
    periods : one, or the years ahead. A row is in every period that its dates meet, in the year group it is given.
    counts : [row of the caseload, period] how many like children a row stands for, in place of its ``count``: for a
        forecast, the stock of each cell in each year. 0 is none.
    by : columns of the placements that the totals are by.
    providers : as ``cost`` takes them.
    as_if : price every day under the variant, whatever its dates: for years that no version covers yet.

    Returns
    -------
    A Sweep. Every exact variant's totals are what ``cost`` says the high needs budget pays, to the penny.

    Raises
    ------
    UsageError : the call can't be done. BoundsError : a total is beyond what a double holds to the penny.
    """
    chosen = [periods] if isinstance(periods, str | FundingPeriod) else list(periods)
    if not chosen or not len(variants):
        raise UsageError("A sweep needs a variant and a period, at least one of each.")
    asked = _Asked(
        caseload,
        [period if isinstance(period, FundingPeriod) else FundingPeriod.parse(period) for period in chosen],
        None if counts is None else np.asarray(counts, np.float64),
        tuple(by),
        providers,
        as_if,
    )
    kinds = [(np.arange(len(variants)), variants)] if isinstance(variants, RateVariants) else _by_kind(variants)
    parts = [_sweep_kind(kind, asked) for _, kind in kinds]
    return _together([at for at, _ in kinds], parts, asked)


@dataclass(frozen=True)
class _Asked:
    caseload: pl.DataFrame | str | Path
    periods: Sequence[FundingPeriod]
    counts: npt.NDArray[np.float64] | None
    by: tuple[str, ...]
    providers: pl.DataFrame | str | Path | None
    as_if: bool


@dataclass(frozen=True)
class _Part:
    """What variants of one kind come to; ``totals`` as a Sweep has them."""

    groups: pl.DataFrame
    totals: Ints
    without_price: npt.NDArray[np.float64]
    too_large: Mask
    unread_rows: int


def _by_kind(frameworks: Sequence[Framework]) -> list[tuple[Ints, RateVariants]]:
    """Versions that are variants of one another, together; and the places of each."""
    kinds: dict[Hashable, list[int]] = {}
    for at, framework in enumerate(frameworks):
        kinds.setdefault(structure(framework), []).append(at)
    return [(np.array(at, np.int64), RateVariants.of([frameworks[i] for i in at])) for at in kinds.values()]


def _sweep_kind(variants: RateVariants, asked: _Asked) -> _Part:
    placements = read_placements(asked.caseload, [variants.base], asked.providers, FindingsLog())
    stock = _stock(placements, asked)
    groups, group = _groups(placements.table, asked.by)
    pays = _high_needs_pays(placements.table)
    caseload = EncodedCaseload.of(placements.table)
    without_price = np.zeros((groups.height, len(asked.periods)))
    gathered = Gathered()
    entries: list[tuple[Ints, Ints, Ints, npt.NDArray[np.float64]]] = []
    for at, period in enumerate(asked.periods):
        job = job_of(caseload, compile_rules([variants.base], period, asked.as_if))
        priced = price_stints(job)
        unpriced = placements.set_aside.copy()
        unpriced[job.stints.row[~known_whatever_the_rates(priced)]] = True
        left = np.flatnonzero(unpriced & pays)
        np.add.at(without_price[:, at], group[left], stock[left, at])
        row = job.stints.row
        counted = pays[row] & ~unpriced[row] & (priced.tariff != NO_ROW) & (stock[row, at] > 0)
        kinds = gathered.add(job, priced, np.flatnonzero(counted))
        entries.append((group[row[counted]], np.full(len(kinds), at), kinds, stock[row[counted], at]))
    keys, key_of = gathered.keys()
    of_group, in_period, kinds, children = (np.concatenate(columns) for columns in zip(*entries, strict=True))
    blocks = list(_blocks(of_group, in_period, key_of[kinds], children, len(asked.periods)))
    shape = (len(variants), groups.height, len(asked.periods))
    totals, too_large = _multiplied(PricesOfKeys(keys, variants), blocks, shape)
    unread = placements.read_rows - placements.table.height
    return _Part(groups, totals, without_price, too_large, unread)


@dataclass(frozen=True)
class _Block:
    """A group's children: [period, key], for the keys that it has any of."""

    group: int
    keys: Ints
    children: npt.NDArray[np.float64]


def _blocks(group: Ints, period: Ints, key: Ints, children: npt.NDArray[np.float64], periods: int) -> Iterator[_Block]:
    order = np.argsort(group, kind="stable")
    edges = np.flatnonzero(np.diff(group[order], prepend=-1))
    for at in np.split(order, edges[1:]) if len(order) else ():
        keys, which = np.unique(key[at], return_inverse=True)
        matrix = np.zeros((periods, len(keys)))
        np.add.at(matrix, (period[at], which), children[at])
        yield _Block(int(group[at[0]]), keys, matrix)


def _multiplied(prices: PricesOfKeys, blocks: Sequence[_Block], shape: tuple[int, int, int]) -> tuple[Ints, Mask]:
    """Children times pence, group by group, for some variants at a time.

    Every product and every partial sum is a whole number that a double holds, which is checked before it is made.
    """
    totals, too_large = np.zeros(shape, np.int64), np.zeros(shape[0], bool)
    step = max(1, _CHUNK_PRICES // max(len(prices.keys), 1))

    for first in range(0, shape[0], step):
        some = slice(first, first + step)
        pence, too_large[some] = prices.under(some)
        _check_bounds(pence, blocks, shape[2])
        amounts = pence.astype(np.float64)
        for block in blocks:
            totals[some, block.group] = np.rint(block.children @ amounts[block.keys]).T
    return totals, too_large


def _check_bounds(pence: Ints, blocks: Sequence[_Block], periods: int) -> None:
    """Refuse totals that could be beyond what a double holds to the penny."""
    most = np.abs(pence).max(axis=1, initial=0).astype(np.float64)
    largest = sum((block.children @ most[block.keys] for block in blocks), start=np.zeros(periods))
    check_total(int(largest.max(initial=0)))


def _stock(placements: Placements, asked: _Asked) -> npt.NDArray[np.float64]:
    """[placement that was read, period] how many children it stands for."""
    if asked.counts is None:
        count = placements.table["count"].to_numpy().astype(np.float64)
        return np.repeat(count[:, None], len(asked.periods), axis=1)
    shape = (placements.raw.frame.height, len(asked.periods))
    if asked.counts.shape != shape:
        raise UsageError(f"Counts of children: expected {shape[0]:,} rows and {shape[1]} periods.")
    if not ((asked.counts >= 0) & (asked.counts <= _MOST_CHILDREN)).all():
        raise UsageError(f"Counts of children: expected 0 to {_MOST_CHILDREN:,}.")
    read: npt.NDArray[np.float64] = asked.counts[placements.table["at"].to_numpy()]
    return read


def _groups(table: pl.DataFrame, by: tuple[str, ...]) -> tuple[pl.DataFrame, Ints]:
    """The groups in order, and the group of each placement."""
    unknown = [name for name in by if name not in table.columns]
    if unknown or not by:
        raise UsageError(f"{unknown[0] if unknown else 'nothing'!r} is no column of the placements to add up by.")
    groups = table.select(by).unique().sort(by, nulls_last=True)
    numbered = groups.with_row_index("_group")
    group = table.select(by).join(numbered, on=by, how="left", nulls_equal=True, maintain_order="left")["_group"]
    return groups, group.cast(pl.Int64).to_numpy()


def _high_needs_pays(table: pl.DataFrame) -> Mask:
    """Whether the high needs budget pays for each placement."""
    words, facts = vocabulary(), table.select("provision", "known_type", "payer")
    kinds = facts.unique()
    paid = [words.payment(*kind).payer == words.high_needs_payer for kind in kinds.iter_rows()]
    kinds = kinds.with_columns(pl.Series("_pays", paid, dtype=pl.Boolean))
    on = ["provision", "known_type", "payer"]
    return facts.join(kinds, on=on, how="left", nulls_equal=True, maintain_order="left")["_pays"].to_numpy()


def _together(places: Sequence[Ints], parts: Sequence[_Part], asked: _Asked) -> Sweep:
    """The parts as one, with every group that some part has."""
    groups = pl.concat([part.groups for part in parts]).unique().sort(asked.by, nulls_last=True)
    position = {row: at for at, row in enumerate(groups.iter_rows())}
    number = sum(len(at) for at in places)
    totals = np.zeros((number, groups.height, len(asked.periods)), np.int64)
    without_price = np.zeros(totals.shape[1:])
    too_large = np.zeros(number, bool)
    for at, part in zip(places, parts, strict=True):
        of = np.array([position[row] for row in part.groups.iter_rows()], np.int64)
        totals[np.ix_(at, of)] = part.totals
        too_large[at] = part.too_large
        without_price[of] = np.maximum(without_price[of], part.without_price)
    whole = asked.counts is None or bool((asked.counts == np.rint(asked.counts)).all())
    why = tuple("" if whole and not large else _TOO_LARGE if large else _PART_CHILDREN for large in too_large.tolist())
    names = tuple(period.name for period in asked.periods)
    unread = max(part.unread_rows for part in parts)
    return Sweep(totals, groups, names, without_price, ~too_large & whole, why, unread)
