"""What a costing's workbook shows besides its tables, as values. Amounts are whole pence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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
    """

    title: str
    column: str
    frame: pl.DataFrame
    children: int
    set_aside: int
    coded: bool = False


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


@dataclass(frozen=True)
class RulesPage:
    """A sheet of rules. ``money`` names its columns of pence, ``wrapped`` those whose text may take several lines."""

    name: str
    frame: pl.DataFrame
    money: Collection[str] = ()
    wrapped: Collection[str] = ()


@dataclass(frozen=True)
class CostingPages:
    """The pages that a costing's workbook has of its own; ``amount`` is the column that its months add up to."""

    summary: SummaryPage
    rules: Sequence[RulesPage]
    amount: str = "amount"
