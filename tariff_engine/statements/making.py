"""Make the statements of a costing: what each provider will be paid, given what it was paid already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from tariff_engine.costing import Costing
from tariff_engine.errors import UsageError
from tariff_engine.periods import FundingPeriod
from tariff_engine.providers import closings
from tariff_engine.statements.accounts import (
    CARRY_OVER,
    PLACES,
    TOP_UP,
    Account,
    Due,
    Facts,
    Successors,
    due_of_costing,
    due_of_places,
    unpriced_items,
    unreadable_places,
)
from tariff_engine.statements.changes import unexplained, why
from tariff_engine.statements.paid_to import paid_month
from tariff_engine.statements.record import Edition, Record, payments_frame, read_payments
from tariff_engine.statements.settling import (
    CARRIED,
    CORRECTION,
    Calendar,
    Correcting,
    Payment,
    by_account,
    paid_as_due,
    settle,
)
from tariff_engine.statements.statements import Statements

Source = pl.DataFrame | str | Path | Statements
"""A file of payments, a frame of one with amounts in pounds, or the statements that it came from."""


def make_statements(
    costing: Costing,
    paid: Source | Sequence[Source] | None = None,
    *,
    paid_to: str | date | None = None,
    places: pl.DataFrame | None = None,
) -> Statements:
    """Say what each provider will be paid by child, by month and for places.

    Months that were paid stay as they were paid. What is still owed for them, or was paid too much, is a correction in
    the next open month, or is carried over where no month of the period is open. Paid + open + carry-over = due.

    Parameters
    ----------
    costing : what the caseload costs now.
    paid : the payments of the last statements of the period, or a remittance; those of the last statements of the
        period before too, or alone, whose carry-over is then taken up. Several may be given.
    paid_to : the month up to which they were paid, such as ``"2025-06"``, or its last day; ``"none"`` where none was.
        Needed where ``paid`` has payments of a statement of this period.
    places : what is due for commissioned places: columns provider_id, provision, phase, occupancy, rate, and the
        months. [pence]

    Raises
    ------
    InputRefused : the payments can't be read. UsageError : they are of another period, or months that a statement had
        as paid would be open again.
    """
    period = costing.period
    given = [paid] if isinstance(paid, (pl.DataFrame, str, Path, Statements)) else list(paid or ())
    records = _Records.of([_record(source) for source in given], period)
    calendar = Calendar.of(period, paid_month(paid_to, period, records.this))
    due = {**due_of_costing(costing), **_brought_forward(records, calendar)}
    if places is not None:
        due |= due_of_places(places, calendar.names)
    before = records.this.payments if records.this is not None else ()
    was_paid = by_account(list(_made(before, calendar)))
    was = {payment.account: payment.facts for payment in before}
    due = _with_unpriced(due, was, unpriced_items(costing), set() if places is None else unreadable_places(places))
    has_previous = records.this is not None and records.this.edition is not None
    reasons = why(was, due) if has_previous else {}
    due = {**{account: _no_longer(facts) for account, facts in was.items()}, **due}
    earlier = _corrections_said(before, calendar)
    successors = Successors(closings(costing.placements.providers))
    payments: list[Payment] = []
    apart = set()
    for account, owed in due.items():
        made = was_paid.get(account, [])
        correcting = _said(earlier.get(account), reasons.get(account)) or unexplained(account)
        payments += settle(account, owed, made, calendar, successors, correcting)
        if not paid_as_due(account, owed, made, calendar):
            apart.add(account)
    previous = records.this if has_previous else records.before
    edition = Edition(
        1 + (records.this.edition.number if records.this is not None and records.this.edition is not None else 0),
        costing.created_at.date(),
        period,
        _content_hash(costing, calendar, places, records),
    )
    return Statements(
        costing=costing,
        calendar=calendar,
        edition=edition,
        previous=previous.edition if previous is not None else None,
        payments=tuple(payments),
        before=tuple(before) if has_previous else None,
        reasons=reasons,
        apart=frozenset(apart),
        places=places,
        sources=tuple(record.source for record in records.all if record.source is not None),
    )


@dataclass(frozen=True)
class _Records:
    """The payments that were given: those of this period, and those of an earlier one."""

    this: Record | None
    before: Record | None

    @classmethod
    def of(cls, records: Sequence[Record], period: FundingPeriod) -> _Records:
        this, before = [], []
        for record in records:
            other = record.edition.period if record.edition is not None else period
            if (other.start, other.end) == (period.start, period.end):
                this.append(record)
            elif other.end < period.start:
                before.append(record)
            else:
                raise UsageError(
                    f"The payments are of {other.start} to {other.end}, and the statement is for {period.start} to "
                    f"{period.end}. Give those of the same period, or of one before it."
                )
        for alike in (this, before):
            if len(alike) > 1:
                raise UsageError("Of one period the payments of the last statement are enough. Give one file of it.")
        return cls(this[0] if this else None, before[0] if before else None)

    @property
    def all(self) -> list[Record]:
        """Those that were given."""
        return [record for record in (self.this, self.before) if record is not None]


def _record(source: Source) -> Record:
    if isinstance(source, Statements):
        return Record(source.payments, source.edition)
    return read_payments(source)


def _brought_forward(records: _Records, calendar: Calendar) -> dict[Account, Due]:
    """What the last period left over, due in the first month of this one.

    Without the payments of the last period it is what this period's last statement had of it.
    """
    if records.before is not None:
        left = [payment for payment in records.before.payments if payment.status == CARRIED]
    elif records.this is not None:
        left = [payment for payment in records.this.payments if payment.account.kind == CARRY_OVER]
    else:
        return {}
    sums: dict[Account, int] = {}
    facts: dict[Account, Facts] = {}
    for payment in left:
        account = payment.account._replace(kind=CARRY_OVER)
        sums[account] = sums.get(account, 0) + (payment.amount or 0)
        facts[account] = payment.facts
    first = calendar.names[0]
    return {account: Due({first: pence}, facts[account]) for account, pence in sums.items() if pence}


def _with_unpriced(
    due: Mapping[Account, Due], was: Mapping[Account, Facts], unpriced: set[str], unreadable: set[str | None]
) -> dict[Account, Due]:
    """What is due, with placements and places that are in the files without a price; nobody knows what is due for them.

    A row of places that can't be read may be for any kind of places of its provider, or of any where it has none.
    """
    found = {
        account: Due(None, was.get(account, owed.facts)) if owed.months is None else owed
        for account, owed in due.items()
    }
    for account, facts in was.items():
        of_a_row = account.kind == TOP_UP and account.item in unpriced
        of_places = account.kind == PLACES and not unreadable.isdisjoint({account.owner, None})
        if account not in found and (of_a_row or of_places):
            found[account] = Due(None, facts)
    return found


def _no_longer(facts: Facts) -> Due:
    """An account to which nothing is due any more, though something was paid or planned."""
    return Due({}, replace(facts, prices=None, first_day=None, last_day=None))


def _corrections_said(before: Iterable[Payment], calendar: Calendar) -> dict[Account, Correcting]:
    """What the last statement said of corrections that aren't paid yet."""
    return {
        payment.account: Correcting(payment.reason, payment.note or "")
        for payment in before
        if payment.line == CORRECTION and payment.reason and payment.month not in calendar.paid_names
    }


def _made(before: Iterable[Payment], calendar: Calendar) -> Iterator[Payment]:
    """The payments of the months that are paid by now; where no price was known nothing was paid."""
    for payment in before:
        if payment.month in calendar.paid_names and payment.amount is not None:
            yield replace(payment, status="paid")


def _said(earlier: Correcting | None, now: Correcting | None) -> Correcting | None:
    """What is said of a correction that the last statement had too, and that changes now."""
    if earlier is None or now is None or now.note in earlier.note:
        return earlier or now
    return Correcting(now.reason, f"{earlier.note}; {now.note}")


def _content_hash(costing: Costing, calendar: Calendar, places: pl.DataFrame | None, records: _Records) -> str:
    """The hash of all that the figures rest on, the last statement's hash included, and nothing else."""
    rests_on = {
        "frameworks": [framework.content_hash for framework in costing.frameworks],
        "as_if": costing.as_if,
        "period": [str(costing.period.start), str(costing.period.end)],
        "lines": _hash_of(costing.lines),
        "closings": sorted([name, *closing] for name, closing in closings(costing.placements.providers).items()),
        "places": None if places is None else _hash_of(places),
        "paid_to": calendar.paid_names[-1:],
        "payments": [_hash_of(payments_frame(record.payments)) for record in records.all],
        "previous": [record.edition.content_hash for record in records.all if record.edition is not None],
    }
    return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()


def _hash_of(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()
