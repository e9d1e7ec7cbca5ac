"""What was paid held against what is due: one figure of each for every child and part of the period. [pence]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tariff_engine.money import Ints
from tariff_engine.remittance.due import Due, Mask
from tariff_engine.remittance.matching import Children, loose
from tariff_engine.remittance.windows import Windows

OUTSIDE = -1
"""Where a payment for days outside the period stands."""


@dataclass(frozen=True)
class Payee:
    """Whom payments are for: a child of the placements (``child`` is its number), or an identifier that isn't there.

    ``proposed`` are the children, by their identifiers, that it may be a slip of.
    """

    name: str
    child: int | None
    proposed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """Due and paid, one row a payee, one column a window.

    Where a payment is for several windows, these are compared as one: their figures stand in the last of them, and
    ``target`` says for each window which one its figures are in.

    Attributes
    ----------
    known : whether what is due for a payee is known; where it isn't, ``due`` means nothing.
    outside : what was paid for days outside the period.
    of_line, window_of_line : the payee and the window of each payment; OUTSIDE for days outside the period.
    pieces : the payments of a payee and window, where there are any.
    """

    payees: tuple[Payee, ...]
    windows: Windows
    due: Ints
    paid: Ints
    known: Mask
    outside: Ints
    target: Ints
    of_line: Ints
    window_of_line: Ints
    pieces: Mapping[tuple[int, int], Sequence[int]]
    exact: Mask

    @property
    def differs(self) -> Mask:
        """Where what was paid isn't what is due."""
        mask: Mask = (self.due != self.paid) & self.known[:, None]
        return mask

    def fold(self, at: Ints, pence: Ints) -> Ints:
        """Figures of some payees by window, those of windows that are compared as one in the last of them."""
        target = self.target[at]
        if (target == np.arange(pence.shape[1])).all():
            return pence
        folded = np.zeros_like(pence)
        np.add.at(folded, (np.arange(len(at))[:, None], target), pence)
        return folded

    def first_of(self, payee: int, window: int) -> int:
        """The first of the windows whose figures are in one."""
        return int(np.flatnonzero(self.target[payee] == window)[0])


def compare(lines: pl.DataFrame, children: Children, due: Due, windows: Windows) -> Compared:
    """Put every payment to its child and window, beside what is due there."""
    payees = [Payee(name, at) for at, name in enumerate(children.names)]
    of_line, exact = _payees(lines, children, payees)
    first, last = _windows(lines, windows)
    target = _targets(len(payees), len(windows), of_line, first, last)
    window = np.where(last == OUTSIDE, OUTSIDE, target[of_line, np.maximum(last, 0)]) if lines.height else last
    pence = lines["amount"].fill_null(0).to_numpy()
    paid, outside = np.zeros((len(payees), len(windows)), np.int64), np.zeros(len(payees), np.int64)
    inside = window != OUTSIDE
    np.add.at(paid, (of_line[inside], window[inside]), pence[inside])
    np.add.at(outside, of_line[~inside], pence[~inside])
    pieces: dict[tuple[int, int], list[int]] = defaultdict(list)
    readable = lines["amount"].is_not_null().to_numpy()
    for payee, at, amount in zip(
        of_line[readable].tolist(), window[readable].tolist(), pence[readable].tolist(), strict=True
    ):
        pieces[payee, at].append(amount)
    amounts, known = _due(children, payees, due, len(windows))
    compared = Compared(tuple(payees), windows, amounts, paid, known, outside, target, of_line, window, pieces, exact)
    return replace(compared, due=compared.fold(np.arange(len(payees)), amounts))


def _payees(lines: pl.DataFrame, children: Children, payees: list[Payee]) -> tuple[Ints, Mask]:
    """The payee of each payment, and whether its identifier is spelt exactly; strangers are added to the payees."""
    strangers: dict[str, int] = {}
    of_line: list[int] = []
    exact: list[bool] = []
    for placement, child in lines.select("placement_id", "child_id").iter_rows():
        found = children.find(placement, child)
        if found is None:
            name = child or placement or ""
            key = loose(name) or f"\0{len(of_line)}"
            if key not in strangers:
                strangers[key] = len(payees)
                payees.append(Payee(name, None))
            found = strangers[key], True
        of_line.append(found[0])
        exact.append(found[1])
    return np.array(of_line, np.int64), np.array(exact, bool)


def _windows(lines: pl.DataFrame, windows: Windows) -> tuple[Ints, Ints]:
    """The first and the last window of each payment; one without days is for all of them."""
    start, end = windows.spans[0].first, windows.spans[-1].last
    found = [
        (0, len(windows) - 1)
        if first is None or last is None
        else (OUTSIDE, OUTSIDE)
        if last < start or first > end
        else (windows.at(max(first, start)), windows.at(min(last, end)))
        for first, last in lines.select("from", "to").iter_rows()
    ]
    both = np.array(found, np.int64).reshape(len(found), 2)
    return both[:, 0], both[:, 1]


def _targets(payees: int, width: int, of_line: Ints, first: Ints, last: Ints) -> Ints:
    """For each payee and window, the last of the windows that it is compared with as one."""
    joined = np.zeros((payees, width), bool)  # whether a window is joined to the one after it
    for line in np.flatnonzero(last > first):
        joined[of_line[line], first[line] : last[line]] = True
    target = np.tile(np.arange(width), (payees, 1))
    for column in range(width - 2, -1, -1):
        target[:, column] = np.where(joined[:, column], target[:, column + 1], column)
    return target


def _due(children: Children, payees: Sequence[Payee], due: Due, width: int) -> tuple[Ints, Mask]:
    """What is due for each payee; nothing for a stranger."""
    amounts, known = np.zeros((len(payees), width), np.int64), np.ones(len(payees), bool)
    for child, placements in enumerate(children.placements):
        pence, priced = due.of(placements)
        amounts[child], known[child] = pence.sum(axis=0), bool(priced.all())
    return amounts, known
