"""Every payment and everything due, once each, in lines of a child and month that add up. [pence]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tariff_engine.remittance.comparing import OUTSIDE, Compared
from tariff_engine.remittance.due import Due
from tariff_engine.remittance.matching import Children
from tariff_engine.remittance.reasons import Reason

_TEXT, _WHOLE, _DAY = pl.String(), pl.Int64(), pl.Date()
DETAIL: Mapping[str, pl.DataType] = {
    "detail": _WHOLE,
    "child_id": _TEXT,
    "placement_id": _TEXT,
    "provider_id": _TEXT,
    "period": _TEXT,
    "from": _DAY,
    "to": _DAY,
    "due": _WHOLE,
    "paid": _WHOLE,
    "difference": _WHOLE,
    "payments": _WHOLE,
    "outcome": _TEXT,
    "reason": _TEXT,
    "reasons": _TEXT,
    "rows": _TEXT,
}
"""The columns of the lines; ``reason`` is the likeliest one, ``reasons`` all of them. A blank ``due`` isn't known."""

DUE_LINES: Mapping[str, pl.DataType] = {"placement_id": _TEXT, "period": _TEXT, "amount": _WHOLE, "detail": _WHOLE}
REASON_LINES: Mapping[str, pl.DataType] = {
    "detail": _WHOLE,
    "reason": _TEXT,
    "title": _TEXT,
    "value": _TEXT,
    "settled": pl.Boolean(),
}
AS_DUE, SETTLED, QUERY, NOT_COMPARED = "as due", "settled", "query", "not compared"
OUTSIDE_PERIOD = "outside the period"
_MOST_ROWS_NAMED = 12
Key = tuple[int, int]
"""A payee and a window."""


@dataclass(frozen=True)
class Detail:
    """The lines and what each is made of; ``keys`` are the payee and window of each line, in order."""

    lines: pl.DataFrame
    payments: pl.DataFrame
    due_lines: pl.DataFrame
    reasons: pl.DataFrame
    keys: Sequence[Key]


@dataclass
class _Parts:
    """What belongs to each payee and window."""

    compared: Compared
    rows: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    named: dict[Key, tuple[str | None, str | None]] = field(default_factory=dict)
    due: list[tuple[Key, str, str | None, int | None]] = field(default_factory=list)
    reasons: dict[Key, list[Reason]] = field(default_factory=lambda: defaultdict(list))

    def place(self, payee: int, window: int) -> Key:
        """The line that a window's figures are in: where due isn't known, all of a payee's are one."""
        whole = window != OUTSIDE and not self.compared.known[payee]
        return payee, len(self.compared.windows) - 1 if whole else window


def detail_of(
    compared: Compared,
    children: Children,
    due: Due,
    lines: pl.DataFrame,
    placements: pl.DataFrame,
    reasons: Mapping[int, Sequence[Reason]],
) -> Detail:
    """Lay out the lines, in the order of the children and then of days.

    Raises
    ------
    AssertionError : a payment or an amount that is due isn't in one line, or a line isn't the sum of its own.
    """
    parts = _Parts(compared)
    payment_keys = _payments(parts, lines)
    _due(parts, children, due)
    found = [(parts.place(payee, window), reason) for payee, window, reason in _by_window(compared, reasons)]
    for key, reason in found:
        parts.reasons[key].append(reason)
    keys = sorted({*payment_keys, *(key for key, *_ in parts.due), *parts.reasons}, key=_in_order)
    numbers = {key: at for at, key in enumerate(keys, start=1)}
    providers = dict(placements.select("placement_id", "provider_id").iter_rows())
    frame = pl.DataFrame(
        [(numbers[key], *_line(parts, children, providers, key)) for key in keys], schema=dict(DETAIL), orient="row"
    )
    payments = lines.with_columns(pl.Series("detail", [numbers[key] for key in payment_keys], dtype=pl.Int64))
    due_rows = [(name, period, pence, numbers[key]) for key, name, period, pence in parts.due]
    due_lines = pl.DataFrame(due_rows, schema=dict(DUE_LINES), orient="row")
    _check_sums(frame, payments, due_lines)
    reason_rows = [
        (numbers[key], reason.code, reason.kind.title, reason.value or None, reason.settled) for key, reason in found
    ]
    reason_lines = pl.DataFrame(reason_rows, schema=dict(REASON_LINES), orient="row")
    return Detail(frame, payments, due_lines, reason_lines.sort("detail", maintain_order=True), keys)


def _in_order(key: Key) -> tuple[int, bool, int]:
    payee, window = key
    return payee, window == OUTSIDE, window


def _payments(parts: _Parts, lines: pl.DataFrame) -> list[Key]:
    """The line of each payment."""
    compared = parts.compared
    several = lines["sheet"].n_unique() > 1
    columns = ("sheet", "row", "placement_id", "provider_id")
    keys = []
    of_lines = zip(compared.of_line.tolist(), compared.window_of_line.tolist(), strict=True)
    for (payee, window), (sheet, row, placement, provider) in zip(
        of_lines, lines.select(columns).iter_rows(), strict=True
    ):
        key = parts.place(payee, window)
        parts.rows[key].append(f"{sheet} {row}" if several else str(row))
        parts.named.setdefault(key, (placement, provider))
        keys.append(key)
    return keys


def _due(parts: _Parts, children: Children, due: Due) -> None:
    """What is due for each placement and window; where a child's due isn't known, its placements without an amount."""
    compared = parts.compared
    for payee, of_payee in enumerate(compared.payees):
        if of_payee.child is None:
            continue
        names = children.placements[of_payee.child]
        if not compared.known[payee]:
            parts.due += [(parts.place(payee, 0), name, None, None) for name in names]
            continue
        pence, _ = due.of(names)
        for name, amounts in zip(names, pence.tolist(), strict=True):
            parts.due += [
                ((payee, int(compared.target[payee, window])), name, compared.windows.names[window], amount)
                for window, amount in enumerate(amounts)
                if amount
            ]


def _by_window(compared: Compared, reasons: Mapping[int, Sequence[Reason]]) -> list[tuple[int, int, Reason]]:
    """Each reason for each window that it explains."""
    everywhere = {"outside_period": OUTSIDE, "not_compared": len(compared.windows) - 1}
    return [
        (payee, window, reason)
        for payee, found in reasons.items()
        for reason in found
        for window in ([everywhere[reason.code]] if reason.code in everywhere else reason.windows)
    ]


def _line(parts: _Parts, children: Children, providers: Mapping[str, str | None], key: Key) -> tuple[Any, ...]:
    compared, (payee, window) = parts.compared, key
    known, outside = bool(compared.known[payee]), window == OUTSIDE
    if outside:
        due, paid = 0, int(compared.outside[payee])
    elif known:
        due, paid = int(compared.due[payee, window]), int(compared.paid[payee, window])
    else:
        due, paid = None, int(compared.paid[payee].sum())
    first = 0 if outside or not known else compared.first_of(payee, window)
    spans = compared.windows.spans
    codes = list(dict.fromkeys(reason.code for reason in parts.reasons.get(key, ())))
    difference = None if due is None else paid - due
    return (
        *(compared.payees[payee].name or None, *_identity(parts, children, providers, key)),
        OUTSIDE_PERIOD if outside else compared.windows.name(first, window),
        *((None, None) if outside else (spans[first].first, spans[window].last)),
        *(due, paid, difference, len(parts.rows.get(key, ()))),
        _outcome(parts, key, difference),
        *(codes[0] if codes else None, "; ".join(codes) or None, _named(parts.rows.get(key, ()))),
    )


def _identity(
    parts: _Parts, children: Children, providers: Mapping[str, str | None], key: Key
) -> tuple[str | None, str | None]:
    """The placements and the providers that a line is of."""
    child = parts.compared.payees[key[0]].child
    if child is None:
        return parts.named.get(key, (None, None))
    names = children.placements[child]
    paid = dict.fromkeys(provider for name in names if (provider := providers.get(name)))
    return "; ".join(names) or None, "; ".join(paid) or None


def _outcome(parts: _Parts, key: Key, difference: int | None) -> str:
    if difference is None:
        return NOT_COMPARED
    if not difference:
        return AS_DUE
    found = parts.reasons.get(key)
    return SETTLED if found and found[0].settled else QUERY


def _named(rows: Sequence[str]) -> str | None:
    texts = list(dict.fromkeys(rows))
    more = len(texts) - _MOST_ROWS_NAMED
    return ("; ".join(texts[:_MOST_ROWS_NAMED]) + (f" and {more} more" if more > 0 else "")) or None


def _check_sums(lines: pl.DataFrame, payments: pl.DataFrame, due_lines: pl.DataFrame) -> None:
    for frame, column in ((payments, "paid"), (due_lines, "due")):
        sums = frame.group_by("detail").agg(pl.col("amount").sum().alias("sum"))
        joined = lines.select("detail", column).join(sums, on="detail", how="full", coalesce=True)
        wrong = joined.filter(pl.col(column).is_not_null() & (pl.col(column) != pl.col("sum").fill_null(0)))
        if wrong.height or joined.height != lines.height:
            raise AssertionError(f"{column} doesn't add up in {wrong.height} lines")
    known = lines.filter(pl.col("due").is_not_null())
    if known.filter(pl.col("difference") != pl.col("paid") - pl.col("due")).height:
        raise AssertionError("a difference isn't what was paid less what is due")
