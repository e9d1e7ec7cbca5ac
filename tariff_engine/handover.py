"""Lines before they are named, and what happens to them when a provider closes and another takes over.

The stint stays one: its pence are worked out as if nothing had happened. Only its line is cut after the provider's
last day, and what falls after goes to the successor. The month of the closing is shared by calendar days, once
rounded, and the successor gets the rest of it, so nothing is lost or made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariff_engine.instalments import day_number
from tariff_engine.job import Job, Priced
from tariff_engine.money import Ints, round_half_away_array
from tariff_engine.placements import Mask
from tariff_engine.stints import LAST_DAY


@dataclass(frozen=True)
class Lines:
    """Lines in the order of the input and then of days.

    Attributes
    ----------
    row : which placement. stint : which stint, or -1 for a placement that doesn't meet the period.
    start, end : the line's days inside the period. months : instalments of one child. [pence]
    succeeded : whether the provider has closed and its successor is paid.
    """

    row: Ints
    stint: Ints
    start: Ints
    end: Ints
    months: Ints
    succeeded: Mask


def lines_of(job: Job, priced: Priced) -> Lines:
    """One line a stint, one a placement that doesn't meet the period, and two where a provider hands over."""
    stints, period = job.stints, job.period
    absent = np.setdiff1d(np.arange(job.placements.table.height), stints.row)
    order = np.argsort(np.concatenate([stints.row, absent]), kind="stable")
    row = np.concatenate([stints.row, absent])[order]
    stint = np.where(order < len(stints), order, -1)
    months = np.zeros((len(row), len(period.months)), np.int64)
    start, end = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
    here = stint >= 0
    at = stint[here]
    months[here] = priced.months[at]
    start[here] = np.maximum(stints.start[at], day_number(period.start))
    end[here] = np.minimum(stints.end[at], day_number(period.end))
    return _hand_over(job, Lines(row, stint, start, end, months, np.zeros(len(row), bool)))


def _hand_over(job: Job, lines: Lines) -> Lines:
    table = job.placements
    last_open = table.ints("closed", LAST_DAY)[lines.row]
    after = (lines.stint >= 0) & (lines.end > last_open)
    if not after.any():
        return lines
    named = table.filled("successor")[lines.row]
    _note(job, lines, after & named, "provider_succeeded", "its successor is paid from the day after")
    _note(job, lines, after & ~named, "provider_closed", "no successor is named, so it is still shown as paid")
    succeeded = after & named
    cut = succeeded & (lines.start <= last_open)
    before = _months_until(job, lines, last_open)
    which = np.repeat(np.arange(len(lines.row)), np.where(cut, 2, 1))
    second = np.concatenate([[False], which[1:] == which[:-1]])
    first = cut[which] & ~second
    months = np.where(first[:, None], before[which], lines.months[which])
    months = np.where(second[:, None], lines.months[which] - before[which], months)
    return Lines(
        row=lines.row[which],
        stint=lines.stint[which],
        start=np.where(second, last_open[which] + 1, lines.start[which]),
        end=np.where(first, last_open[which], lines.end[which]),
        months=months,
        succeeded=succeeded[which] & ~first,
    )


def _months_until(job: Job, lines: Lines, last_open: Ints) -> Ints:
    """The part of each line's instalments up to the provider's last day. [pence]"""
    parts = np.zeros_like(lines.months)
    for column, month in enumerate(job.period.months):
        start = np.maximum(lines.start, day_number(month.start))
        end = np.minimum(lines.end, day_number(month.end))
        days = np.maximum(end - start + 1, 1)
        open_days = np.clip(np.minimum(end, last_open) - start + 1, 0, days)
        parts[:, column] = round_half_away_array(lines.months[:, column] * open_days, days)
    return parts


def _note(job: Job, lines: Lines, at: Mask, code: str, consequence: str) -> None:
    rows = lines.row[at]
    closed = job.placements.table["closed"].gather(rows)
    messages = [f"the provider closed on {day}, and {consequence}" for day in closed]
    job.log.add(code, job.placements.visible_rows(rows), "provider_id", messages)
