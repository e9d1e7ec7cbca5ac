"""What there is to ask the authority: one query a child, the largest difference first. [pence]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tariff_engine.remittance.comparing import OUTSIDE, Compared
from tariff_engine.remittance.detail import OUTSIDE_PERIOD, QUERY, Detail
from tariff_engine.remittance.reasons import Reason
from tariff_engine.remittance.wording import question, says, shown_values, when

_TEXT, _WHOLE = pl.String(), pl.Int64()
QUERIES: Mapping[str, pl.DataType] = {
    "query": _WHOLE,
    "child_id": _TEXT,
    "placement_id": _TEXT,
    "provider_id": _TEXT,
    "period": _TEXT,
    "due": _WHOLE,
    "paid": _WHOLE,
    "difference": _WHOLE,
    "reason": _TEXT,
    "also": _TEXT,
    "question": _TEXT,
}
"""The columns of the queries. ``due`` and ``paid`` are all of the child's; ``period`` is when they weren't the same."""


def queries_of(
    compared: Compared, detail: Detail, reasons: Mapping[int, Sequence[Reason]], titles: Mapping[str, str]
) -> pl.DataFrame:
    """One row a child, or an identifier that is nobody's, with a difference that isn't settled.

    ``titles`` are the bands as a person calls them.
    """
    own: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for (payee, _), row in zip(detail.keys, detail.lines.iter_rows(named=True), strict=True):
        own[payee].append(row)
    windows: dict[int, list[int]] = defaultdict(list)
    for (payee, window), outcome in zip(detail.keys, detail.lines["outcome"], strict=True):
        if outcome == QUERY:
            windows[payee].append(window)
    rows = [
        _query(compared, payee, own[payee], asked, reasons.get(payee, ()), titles) for payee, asked in windows.items()
    ]
    rows.sort(key=lambda row: (-abs(row[6]), row[0] or ""))
    return pl.DataFrame([(at, *row) for at, row in enumerate(rows, start=1)], schema=dict(QUERIES), orient="row")


def _query(
    compared: Compared,
    payee: int,
    own: Sequence[Mapping[str, Any]],
    asked: Sequence[int],
    reasons: Sequence[Reason],
    titles: Mapping[str, str],
) -> tuple[Any, ...]:
    known = [row for row in own if row["due"] is not None]
    due, paid = sum(row["due"] for row in known), sum(row["paid"] for row in known)
    inside = [window for window in asked if window != OUTSIDE]
    groups = _groups(inside, reasons)
    explained = [
        (when(compared, payee, group), [text for _, text in _sentences(found, titles)]) for group, found in groups
    ]
    codes = [reason.kind.title for _, found in groups for reason in found]
    codes += [reason.kind.title for reason in reasons if set(inside) & set(reason.windows)]
    if OUTSIDE in asked:
        outside = next(reason for reason in reasons if reason.code == "outside_period")
        explained.append(("", [says(outside, "")]))
        codes.append(outside.kind.title)
    named = list(dict.fromkeys(codes))
    period = when(compared, payee, inside) if inside else OUTSIDE_PERIOD
    stranger = compared.payees[payee]
    return (
        *(own[0]["child_id"], own[0]["placement_id"], own[0]["provider_id"], period, due, paid, paid - due),
        *(named[0] if named else None, "; ".join(named[1:]) or None),
        question(due, paid, explained, stranger if stranger.child is None else None),
    )


def _groups(windows: Sequence[int], reasons: Sequence[Reason]) -> list[tuple[list[int], list[Reason]]]:
    """The windows that have the same reasons, with these; what explains all of them stands alone."""
    whole = [reason for reason in reasons if windows and set(windows) <= set(reason.windows)]
    if whole:
        return [(list(windows), whole)]
    by_reasons: dict[tuple[Reason, ...], list[int]] = defaultdict(list)
    for window in windows:
        by_reasons[tuple(reason for reason in reasons if window in reason.windows)].append(window)
    return [(group, list(found)) for found, group in by_reasons.items()]


def _sentences(reasons: Sequence[Reason], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each kind of reason with its sentence, its values together."""
    by_code: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        by_code[reason.code].append(reason)
    return [
        (code, says(found[0], shown_values(code, [reason.value for reason in found], titles)))
        for code, found in by_code.items()
    ]
