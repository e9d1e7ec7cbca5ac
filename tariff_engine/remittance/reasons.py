"""Why a payment may not be what is due: every reason that comes to what was paid, to the penny, and no other."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from tariff_engine.money import Ints, round_half_away
from tariff_engine.remittance.candidates import A_PENNY, Candidate
from tariff_engine.remittance.comparing import Compared
from tariff_engine.remittance.due import Mask

ROUNDING_BELOW = 12
"""Payments that are less than this out in all are a matter of rounding. [pence a year]"""

_FOUR_WEEKLY_PARTS, _MONTHS = 13, 12
_OFTEN = {2: "twice", 3: "three times"}


@dataclass(frozen=True)
class Kind:
    """A kind of reason. ``order`` is how likely it is, 0 the likeliest; one that is ``settled`` is no query."""

    code: str
    title: str
    says: str
    settled: bool
    order: int


@dataclass(frozen=True)
class Reason:
    """A reason for what was paid to a payee in some windows; ``value`` is which date, band or fte it would be."""

    payee: int
    code: str
    value: str
    windows: tuple[int, ...]
    settled: bool = False

    @property
    def kind(self) -> Kind:
        """What is said of it."""
        return kinds()[self.code]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of reason by its code, the likeliest first."""
    data = tomllib.loads(files("tariff_engine.remittance").joinpath("words.toml").read_text(encoding="utf-8"))
    return {
        row["code"]: Kind(row["code"], row["title"], row["says"], row.get("settled", False), order)
        for order, row in enumerate(data["reasons"])
    }


def plain_reasons(compared: Compared, annual: Mapping[int, int]) -> Iterator[Reason]:
    """The reasons that need no other price than what is due.

    ``annual`` is what a full year costs, of the payees that have one price throughout. [pence]
    """
    differs = compared.differs
    for payee in range(len(compared.payees)):
        yield from _split(compared, payee, differs[payee])
        if compared.outside[payee] or _has_outside(compared, payee):
            yield Reason(payee, "outside_period", "", ())
        if not compared.known[payee]:
            yield Reason(payee, "not_compared", "", (), settled=True)
        elif differs[payee].any():
            yield from _of_payee(compared, payee, differs[payee], annual.get(payee))


def _has_outside(compared: Compared, payee: int) -> bool:
    return (payee, -1) in compared.pieces


def _of_payee(compared: Compared, payee: int, differs: Mask, annual: int | None) -> Iterator[Reason]:
    due, paid = compared.due[payee], compared.paid[payee]
    at = np.flatnonzero(differs)
    if np.abs(paid - due)[at].sum() < ROUNDING_BELOW and compared.payees[payee].child is not None:
        yield _reason(payee, "rounding", "", at)
    yield from _made_good(compared, payee, at)
    stranger = compared.payees[payee].child is None
    yield _reason(payee, "not_paid", "", at[paid[at] == 0])
    yield _reason(payee, "not_in_placements" if stranger else "not_due", "", at[(due[at] == 0) & (paid[at] != 0)])
    yield from _twice(compared, payee, at)
    if annual:
        yield from _equal_parts(compared, payee, at, annual)


def _reason(payee: int, code: str, value: str, windows: Iterable[int], settled: bool | None = None) -> Reason:
    decided = kinds()[code].settled if settled is None else settled
    return Reason(payee, code, value, tuple(int(window) for window in windows), decided)


def _split(compared: Compared, payee: int, differs: Mask) -> Iterator[Reason]:
    """Several lines that add to what is due."""
    if not compared.known[payee]:
        return
    equal = np.flatnonzero(~differs & (compared.due[payee] != 0))
    several = [int(window) for window in equal if len(compared.pieces.get((payee, int(window)), ())) > 1]
    if several:
        yield _reason(payee, "split", "", several)


def _made_good(compared: Compared, payee: int, at: Ints) -> Iterator[Reason]:
    """Runs of windows over which what was paid and what is due come to the same."""
    run: list[int] = []
    out = 0
    for window in at.tolist():
        run.append(window)
        out += int(compared.paid[payee][window] - compared.due[payee][window])
        if out == 0:
            yield _reason(payee, "made_good", f"in {compared.windows.names[window]}", run)
            run = []


def _twice(compared: Compared, payee: int, at: Ints) -> Iterator[Reason]:
    """What is due, once more; or one of several payments that add to it, once more."""
    found: dict[str, list[int]] = defaultdict(list)
    for window in at.tolist():
        due, paid = int(compared.due[payee][window]), int(compared.paid[payee][window])
        for times, words in _OFTEN.items():
            if due and paid == times * due:
                found[words].append(window)
        repeated = [pence for pence, times in Counter(compared.pieces.get((payee, window), ())).items() if times > 1]
        if paid != 2 * due and any(pence and paid - pence == due for pence in repeated):
            found["twice in part"].append(window)
    for words, windows in found.items():
        yield _reason(payee, "paid_twice", words, windows)


def _equal_parts(compared: Compared, payee: int, at: Ints, annual: int) -> Iterator[Reason]:
    """A twelfth of the year each month, or a thirteenth every four weeks: each rounded, or what they add up to.

    A child who is there in every part is paid the year's amount in the end, so there is nothing to ask.
    """
    parts = _MONTHS if compared.windows.monthly else _FOUR_WEEKLY_PARTS
    width = len(compared.windows)
    if width > parts:
        return
    shares = [round_half_away(annual * number, parts) for number in range(width + 1)]
    each = np.full(width, round_half_away(annual, parts))
    words = "a twelfth" if parts == _MONTHS else "a thirteenth"
    for pence in (each, np.diff(np.array(shares, np.int64))):
        same = at[(compared.paid[payee] == pence)[at]]
        if len(same):
            throughout = bool((compared.due[payee] != 0).all()) and len(same) == len(at)
            yield _reason(payee, "equal_parts", words, same, settled=throughout)
            return


def candidate_reasons(compared: Compared, found: Sequence[Candidate]) -> Iterator[Reason]:
    """The candidates that come to what was paid.

    One with a date explains a run of windows: all of them must have been paid so, and of the others it may change
    none by more than the penny that rounding does.
    """
    differs = compared.differs
    for candidate in found:
        payee = candidate.payee
        same = (compared.paid[payee] == candidate.pence) & differs[payee]
        if candidate.run is not None:
            first, last = candidate.run
            run = differs[payee].copy()
            run[:first], run[last + 1 :] = False, False
            elsewhere = np.abs(candidate.pence - compared.due[payee])[~run]
            if not same[run].all() or (elsewhere > A_PENNY).any():
                continue
        if same.any():
            yield _reason(payee, candidate.reason, candidate.value, np.flatnonzero(same))


def merged(reasons: Iterable[Reason], compared: Compared) -> dict[int, list[Reason]]:
    """The reasons of each payee that explain something, those that explain most first, then the likeliest.

    Windows that differ and that nothing explains are unexplained, or a matter of rounding where they are a few pence.
    """
    of_payee: dict[int, list[Reason]] = defaultdict(list)
    for reason in dict.fromkeys(reasons):
        if reason.windows or reason.code in ("outside_period", "not_compared"):
            of_payee[reason.payee].append(reason)
    differs = compared.differs
    for payee in np.flatnonzero(differs.any(axis=1)).tolist():
        explained = {window for reason in of_payee[payee] for window in reason.windows}
        left = [int(window) for window in np.flatnonzero(differs[payee]) if int(window) not in explained]
        if left:
            out = int(np.abs(compared.paid[payee] - compared.due[payee])[left].sum())
            code = "rounding" if out < ROUNDING_BELOW and compared.due[payee].any() else "unexplained"
            of_payee[payee].append(_reason(payee, code, "", left))
    for found in of_payee.values():
        found.sort(key=lambda reason: (not reason.settled, -len(reason.windows), reason.kind.order, reason.value))
    return dict(of_payee)
