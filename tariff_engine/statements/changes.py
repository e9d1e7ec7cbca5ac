"""What changed since the last statement and why, adding up to the difference of the two totals. [pence]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from tariff_engine.statements.accounts import CARRY_OVER, PLACES, TOP_UP, Account, Due, Facts
from tariff_engine.statements.settling import Correcting, Payment

REASONS: Mapping[str, str] = {
    "joined": "Joined",
    "left": "Left",
    "moved": "Moved to another provider",
    "band": "Band changed",
    "rate": "Price changed",
    "places": "Places changed",
    "carry_over": "Carry-over of the last period changed",
    "no_price": "No price known",
    "correction": "Correction",
}
"""Every reason for a change, as a code and as a person reads it."""

SCHEMA: Mapping[str, pl.DataType] = {
    "provider_id": pl.String(),
    "kind": pl.String(),
    "placement_id": pl.String(),
    "child_id": pl.String(),
    "provision": pl.String(),
    "reason": pl.String(),
    "what": pl.String(),
    "before": pl.Int64(),
    "after": pl.Int64(),
    "difference": pl.Int64(),
}


def why(before: Mapping[Account, Facts], after: Mapping[Account, Due]) -> dict[Account, Correcting]:
    """Why each account differs from the last statement; accounts that don't differ are left out.

    A placement that wasn't due any more by the last statement has no last day in ``before``.
    """
    before = {account: facts for account, facts in before.items() if account.kind != TOP_UP or facts.last_day}
    moves = _Moves(before, after)
    found = {}
    for account in dict.fromkeys([*before, *after]):
        was, now = before.get(account), after.get(account)
        if (reason := _reason(account, was, now, moves)) is not None:
            found[account] = reason
    return found


def changes_frame(
    before: Sequence[Payment], after: Sequence[Payment], reasons: Mapping[Account, Correcting]
) -> pl.DataFrame:
    """One row a provider and account whose total, or whose facts, differ from the last statement's; columns SCHEMA."""
    was, now = _totals(before), _totals(after)
    facts = {payment.account: payment.facts for payment in (*before, *after)}
    rows = []
    for provider, account in dict.fromkeys([*was, *now]):
        then, since = was.get((provider, account), 0), now.get((provider, account), 0)
        said = reasons.get(account)
        if then == since and (said is None or provider != account.owner):
            continue
        said = said or unexplained(account)
        rows.append(
            (
                *(provider or None, account.kind),
                account.item if facts[account].occupancy is None else None,
                *(facts[account].child_id, facts[account].provision),
                *(said.reason, _of_another(provider, account) + said.note),
                *(then, since, since - then),
            )
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def unexplained(account: Account) -> Correcting:
    """What is said where no fact of an account changed, but its amount or what was paid for it did."""
    if account.kind == PLACES:
        return Correcting("places", "the number of commissioned places changed")
    if account.kind == CARRY_OVER:
        return Correcting("carry_over", "what the last period left over changed")
    return Correcting("correction", "what was paid differs from what is due")


class _Moves:
    """Which placements, and which children, are with another provider than before."""

    def __init__(self, before: Mapping[Account, Facts], after: Mapping[Account, Due]) -> None:
        was, now = _owners_of_items(before), _owners_of_items(after)
        self.placements = {item for item, owners in was.items() if now.get(item, owners) != owners}
        ended = {account: facts for account, facts in before.items() if _ended(facts, after.get(account))}
        began = {account: due.facts for account, due in after.items() if account not in before}
        left, joined = _owners_of_children(ended), _owners_of_children(began)
        self.children = {child for child, owners in left.items() if joined.get(child, owners) - owners}


def _owners_of_items(accounts: Iterable[Account]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for account in accounts:
        if account.kind == TOP_UP:
            found.setdefault(account.item, set()).add(account.owner)
    return found


def _owners_of_children(accounts: Mapping[Account, Facts]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for account, facts in accounts.items():
        if account.kind == TOP_UP and facts.child_id is not None:
            found.setdefault(facts.child_id, set()).add(account.owner)
    return found


def _ended(was: Facts, now: Due | None) -> bool:
    """Whether a placement that was due has gone, or ends earlier than before."""
    return now is None or (now.facts.last_day or "") < (was.last_day or "")


def _reason(account: Account, was: Facts | None, now: Due | None, moves: _Moves) -> Correcting | None:
    if now is not None and now.months is None:
        return Correcting("no_price", "no price is known, so nothing more is paid until there is one")
    if account.kind == PLACES and was is not None and now is not None and was.prices != now.facts.prices:
        return Correcting("rate", f"the rate was {_pounds(was)}, and is now {_pounds(now.facts)}")
    if account.kind != TOP_UP:
        return None
    if was is None and now is not None:
        if account.item in moves.placements or now.facts.child_id in moves.children:
            return Correcting("moved", f"came from another provider, here from {now.facts.first_day}")
        return Correcting("joined", f"on roll from {now.facts.first_day}")
    if now is None and was is not None:
        if account.item in moves.placements or was.child_id in moves.children:
            return Correcting("moved", "now with another provider")
        return Correcting("left", "no longer due: it isn't in the placements file, or another budget pays for it")
    if was is None or now is None:
        return None
    found = list(_differences(account, was, now.facts, moves))
    if not found:
        return None
    order = list(REASONS)
    first = min((reason for reason, _ in found), key=order.index)
    return Correcting(first, "; ".join(text for _, text in found))


def _differences(account: Account, was: Facts, now: Facts, moves: _Moves) -> Iterator[tuple[str, str]]:
    """Each fact of a placement that differs, with the reason that it comes to."""
    if was.last_day != now.last_day:
        earlier = (now.last_day or "") < (was.last_day or "")
        gone = account.item in moves.placements or now.child_id in moves.children
        reason = "correction" if not earlier else "moved" if gone else "left"
        yield reason, f"the last day in the period was {was.last_day}, and is now {now.last_day}"
    if was.first_day != now.first_day:
        yield "correction", f"the first day in the period was {was.first_day}, and is now {now.first_day}"
    if was.band != now.band:
        yield "band", f"the band was {was.band or 'not given'}, and is now {now.band or 'not given'}"
    if was.prices != now.prices:
        reason = "rate" if was.band == now.band else "band"
        yield reason, f"a full year was {_pounds(was)}, and is now {_pounds(now)}"
    if was.provision != now.provision:
        yield "correction", f"the provision was {was.provision}, and is now {now.provision}"
    if was.count != now.count:
        yield "correction", f"the number of children was {was.count}, and is now {now.count}"


def _pounds(facts: Facts) -> str:
    if not facts.prices:
        return "not known"
    parts = (price.partition(".") for price in facts.prices.split("; "))
    return ", then ".join(f"£{int(pounds):,}.{pence}" for pounds, _, pence in parts)


def _of_another(provider: str, account: Account) -> str:
    return f"taken over from {account.owner}: " if provider != account.owner else ""


def _totals(payments: Sequence[Payment]) -> dict[tuple[str, Account], int]:
    found: dict[tuple[str, Account], int] = {}
    for payment in payments:
        key = payment.provider, payment.account
        found[key] = found.get(key, 0) + (payment.amount or 0)
    return found
