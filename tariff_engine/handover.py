"""Lines before they are named, and what happens to them when a provider closes and another takes over.

The stint stays one: its pence are worked out as if nothing had happened. Only its line is cut after the provider's
last day, and what falls after goes to the successor. The month of the closing is shared by calendar days, once
rounded, and the successor gets the rest of it, so nothing is lost or made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tariff_engine.findings import FindingsLog
from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced
from tariff_engine.money import Ints, round_half_away_array
from tariff_engine.placements import Mask, Placements
from tariff_engine.providers import closings
from tariff_engine.stints import LAST_DAY

_MOST_HANDOVERS = 10
"""Providers in a row that may take over from one another; a ring of them ends here."""


@dataclass(frozen=True)
class Lines:
    """Lines in the order of the input and then of days.

    Attributes
    ----------
    row : which placement. stint : which stint, or -1 for a placement that doesn't meet the period.
    start, end : the line's days inside the period.
    months : instalments of one child, one row a month and one column a line. [pence]
    successor : who is paid in place of a provider that has closed, as an index into ``successors``, or -1.
    """

    row: Ints
    stint: Ints
    start: Ints
    end: Ints
    months: Ints
    successor: Ints
    successors: tuple[str, ...] = ()


def lines_of(job: Job, priced: Priced, placements: Placements, log: FindingsLog) -> Lines:
    """One line a stint, one a placement that doesn't meet the period, and two where a provider hands over."""
    row, stint = _with_absent(job.stints.row, len(job.caseload))
    first, last = day_number(job.period.start), day_number(job.period.end)
    if len(row) == len(job.stints):
        start, end, months = job.stints.start, job.stints.end, priced.months
    else:
        here = stint >= 0
        start, end = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
        months = np.zeros((len(priced.months), len(row)), np.int64)
        start[here], end[here], months[:, here] = job.stints.start, job.stints.end, priced.months
    start, end = np.maximum(start, first), np.minimum(end, last)
    lines = Lines(row, stint, start, end, months, np.full(len(row), -1, np.int64))
    closing = closings(placements.providers)
    return _hand_over(_Closing(job, placements, log), closing, lines) if closing else lines


def _with_absent(row: Ints, placements: int) -> tuple[Ints, Ints]:
    """Rows of stints with those of placements that have none put in; and the stint of each, or -1."""
    number = np.bincount(row, minlength=placements)
    if number.all():
        return row, np.arange(len(row))
    lines = np.repeat(np.arange(placements), np.maximum(number, 1))
    stint = np.full(len(lines), -1, np.int64)
    stint[np.take(number, lines) > 0] = np.arange(len(row))
    return lines, stint


@dataclass(frozen=True)
class _Closing:
    """What is needed to hand lines over and to say so."""

    job: Job
    placements: Placements
    log: FindingsLog

    def note(self, lines: Lines, at: Mask, closes: Ints, code: str, consequence: str) -> None:
        """Say on which day the provider of some lines closed, and what follows."""
        days = closes[at].astype("datetime64[D]")
        messages = [f"the provider closed on {day}, and {consequence}" for day in days]
        self.log.add(code, self.placements.visible_rows(lines.row[at]), "provider_id", messages)


def _hand_over(closing_of: _Closing, closing: Mapping[str, tuple[int, str | None]], lines: Lines) -> Lines:
    """Cut each line at its provider's last day, and again at its successor's, as long as there is one."""
    successors = [successor for _, successor in closing.values() if successor is not None]
    names = tuple(dict.fromkeys([*closing, *successors]))
    last_open = np.array([closing[name][0] if name in closing else LAST_DAY for name in names], np.int64)
    heirs = [closing[name][1] if name in closing else None for name in names]
    position = {name: index for index, name in enumerate(names)}
    heir = np.array([-1 if name is None else position[name] for name in heirs], np.int64)
    lines = replace(lines, successors=names)
    provider = closing_of.job.caseload.provider
    paid = np.take(provider.numbered(position, -1, -1), provider.codes[lines.row])
    for _ in range(_MOST_HANDOVERS):
        closes = np.where(paid >= 0, last_open[paid], LAST_DAY)
        after = (lines.stint >= 0) & (lines.end > closes)
        goes_on = after & (paid >= 0) & (heir[paid] >= 0)
        if not goes_on.any():
            break
        closing_of.note(lines, goes_on, closes, "provider_succeeded", "its successor is paid from the day after")
        lines, paid = _cut(closing_of.job, lines, paid, goes_on, closes, heir)
    closes = np.where(paid >= 0, last_open[paid], LAST_DAY)
    left = (lines.stint >= 0) & (lines.end > closes)
    consequence = "no successor is named that is open, so it is still shown as paid"
    closing_of.note(lines, left, closes, "provider_closed", consequence)
    return lines


def _cut(job: Job, lines: Lines, paid: Ints, goes_on: Mask, closes: Ints, heir: Ints) -> tuple[Lines, Ints]:
    """Give what falls after the last day to the heir: the whole line, or the second of two."""
    cut = goes_on & (lines.start <= closes)
    before = _months_until(job, lines, closes)
    which = np.repeat(np.arange(len(lines.row)), np.where(cut, 2, 1))
    second = np.concatenate([[False], which[1:] == which[:-1]])
    first = cut[which] & ~second
    before, months = before[:, which], lines.months[:, which]
    months = np.where(first, before, np.where(second, months - before, months))
    inherited = goes_on[which] & ~first
    now_paid = np.where(inherited, heir[paid[which]], paid[which])
    parts = replace(
        lines,
        row=lines.row[which],
        stint=lines.stint[which],
        start=np.where(second, closes[which] + 1, lines.start[which]),
        end=np.where(first, closes[which], lines.end[which]),
        months=months,
        successor=np.where(inherited, now_paid, lines.successor[which]),
    )
    return parts, now_paid


def _months_until(job: Job, lines: Lines, last_open: Ints) -> Ints:
    """The part of each line's instalments up to the provider's last day. [pence]"""
    parts = np.zeros_like(lines.months)
    for column, month in enumerate(job.period.months):
        start = np.maximum(lines.start, day_number(month.start))
        end = np.minimum(lines.end, day_number(month.end))
        days = np.maximum(end - start + 1, 1)
        open_days = np.clip(np.minimum(end, last_open) - start + 1, 0, days)
        parts[column] = round_half_away_array(lines.months[column] * open_days, days)
    return parts
