"""What a costing's workbook shows besides its tables, as values. Amounts are whole pence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class GroupTotals:
    """The totals of the main table by one of its columns.

    Attributes
    ----------
    title : of the table and the chart, such as ``provision``.
    column : the column of the main table that holds the keys.
    frame : columns key (null for a blank cell), label, children, set_aside, amount; one row a key.
    children, set_aside : of the whole; a child may be in several groups, so the groups needn't add to them.
    coded : whether the chart names its bars by key, where the labels are too long for it.
    possible : ``frame`` with the keys that no row holds yet and that a change may bring; None where there are none.
    """

    title: str
    column: str
    frame: pl.DataFrame
    children: int
    set_aside: int
    coded: bool = False
    possible: pl.DataFrame | None = None


@dataclass(frozen=True)
class Words:
    """What a Summary calls the things that it counts and adds up.

    ``average`` is the head of the average amount of one of them; blank where that says nothing.
    """

    rows: str = "Rows and children"
    counted: str = "Children"
    average: str = "Average a child (£)"
    everything: str = "All priced placements"


@dataclass(frozen=True)
class SummaryPage:
    """The first sheet: what was priced, under what and for when, then totals that follow the main table.

    Attributes
    ----------
    title, facts : a heading, and what a reader has to know before any figure.
    warnings : sentences that must not be missed, such as that the prices are illustrative.
    counts : what, then a column of numbers or two with their heads.
    payer_column, payer : the column that says who pays, and the payer whose amount stands first. Without a column
        nobody is told apart.
    payer_title, others_title : how the amounts of that payer, and of all others, are headed.
    words : what is counted and added up.
    months : the month columns of the main table, with their titles.
    findings : columns meaning, code, severity, count, what_to_do.
    period : the name of the period, for chart titles.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    counts: pl.DataFrame
    payer_column: str
    payer: str
    payer_title: str
    others_title: str
    groups: Sequence[GroupTotals]
    months: Mapping[str, str]
    findings: pl.DataFrame
    period: str
    words: Words = Words()


Bounds = tuple[float, float]
"""The least and the most that a cell may hold."""


@dataclass(frozen=True)
class RulesPage:
    """A sheet of rules.

    ``money`` names its columns of pence, ``wrapped`` those whose text may take several lines, and ``inputs`` those
    whose figures a price is worked out from, with their bounds as a reader sees them.
    """

    name: str
    frame: pl.DataFrame
    money: Collection[str] = ()
    wrapped: Collection[str] = ()
    inputs: Mapping[str, Bounds] = field(default_factory=dict)


@dataclass(frozen=True)
class Recalculation:
    """What each line of the main table is worked out from, so that a workbook can do it again.

    Attributes
    ----------
    lines : the lines that can be worked out again, one row each: ``line``, its place in the main table;
        ``first_line`` and ``lines``, where the lines of its placement begin and how many they are; ``choice``, the
        row of ``choices``; ``version``, ``area`` and ``place``, the row of that sheet of rules, null where there is
        none; ``uplifts``, the rows of theirs; ``fte``, ``support_hours`` and ``units`` in millionths and
        ``agreed_price`` in pence, null where blank; ``overridden``; ``by_unit``, whether the spell is bought by the
        week or day; ``whole``, the weight of the whole year or spell; ``passed_0``, the weight that had passed before
        the period, and ``passed_1`` on, by the end of each month; ``last_month``, the month from 1 that takes the
        remainder, 0 where it is spread, and -1 where it lies after the period.
    why_not : for every line of the main table why it can't; null where it can.
    choices : framework, provision, provider_id and phase, then ``0`` for no band and ``1`` on for each of ``bands``:
        the tariff row that fits, or NO_RATE or NOTHING_DUE.
    bands : the bands that a cell may hold.
    inputs : the columns of the main table that a user may change, with their values, typed as those of ``lines``, for
        every line, and their bounds as a reader sees them.
    """

    lines: pl.DataFrame
    why_not: pl.Series
    choices: pl.DataFrame
    bands: Sequence[str]
    inputs: Mapping[str, tuple[pl.Series, Bounds]]


NO_RATE, NOTHING_DUE = -1, -2
"""In place of a tariff row: none fits, so there is no price; and no band was reached, so it is 0.00."""


@dataclass(frozen=True)
class CostingPages:
    """The pages that a costing's workbook has of its own; ``amount`` is the column that its months add up to.

    ``recalculation`` finds out what the lines are worked out from, for a workbook that works them out again; None where
    the lines are values.
    """

    summary: SummaryPage
    rules: Sequence[RulesPage]
    recalculation: Callable[[], Recalculation] | None = None
    amount: str = "amount"
