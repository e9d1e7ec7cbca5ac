"""Settling: what was paid stays as it is, and what is still owed for those months goes to the next open one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tariff_engine.instalments import day_number, settle_paid_months
from tariff_engine.periods import FundingPeriod, Month
from tariff_engine.statements.accounts import NO_FACTS, Account, Due, Facts, Successors, starts

Line = Literal["instalment", "correction"]
Status = Literal["paid", "open", "carried_over"]
PAID, OPEN, CARRIED = "paid", "open", "carried_over"
INSTALMENT, CORRECTION = "instalment", "correction"


@dataclass(frozen=True, slots=True)
class Payment:
    """One amount to one provider.

    Attributes
    ----------
    provider : who is paid; blank where the provision has no provider.
    month : the month that it is paid in, or None where it is carried over to the next period.
    amount : None where no price is known, so that nothing can be paid yet. [pence]
    reason, note : why a correction is made, as a code and in words.
    """

    provider: str
    account: Account
    line: Line
    month: str | None
    status: Status
    amount: int | None
    facts: Facts = NO_FACTS
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Calendar:
    """The months of the period: those that are paid, which is all up to one, and those that are open."""

    period: FundingPeriod
    paid: tuple[Month, ...]
    open: tuple[Month, ...]

    @classmethod
    def of(cls, period: FundingPeriod, paid_to: str) -> Calendar:
        """The months of a period, paid up to ``paid_to``, such as ``2025-06``; blank where none is paid."""
        paid = tuple(month for month in period.months if month.name <= paid_to)
        return cls(period, paid, period.months[len(paid) :])

    @property
    def names(self) -> list[str]:
        """All months in order."""
        return [month.name for month in self.period.months]

    @property
    def paid_names(self) -> list[str]:
        """The months that are paid."""
        return [month.name for month in self.paid]

    @property
    def next(self) -> Month | None:
        """The month that is paid next."""
        return self.open[0] if self.open else None

    @property
    def next_day(self) -> int:
        """The first day that isn't paid yet, as a day number."""
        return starts(self.open[0]) if self.open else day_number(self.period.end) + 1


@dataclass(frozen=True)
class Correcting:
    """What is said of a correction: its reason as a code, and in words."""

    reason: str
    note: str


def settle(
    account: Account,
    due: Due,
    paid: Sequence[Payment],
    calendar: Calendar,
    successors: Successors,
    correcting: Correcting,
) -> list[Payment]:
    """What is paid for one account, month by month.

    Parameters
    ----------
    due : what is due now. Where no price is known nothing is settled: what was paid stays, and nothing more is paid.
    paid : what was paid in the months that are paid. It is given back as it is.
    correcting : what is said of a correction, should there be one.

    Returns
    -------
    The payments made, then those of open months, then the correction of the months already paid, in the next open
    month or carried over where there is none. Together they are what is due. [pence]
    """
    kept = [replace(payment, facts=due.facts) for payment in paid]
    if due.months is None:
        return kept + _held(account, due, calendar, successors)
    by_month = dict.fromkeys(calendar.paid_names, 0)
    for payment in kept:
        by_month[payment.month or ""] += payment.amount or 0
    all_due = {name: due.months.get(name, 0) for name in calendar.names}
    opens, difference, carried = settle_paid_months(all_due, by_month)
    found = [
        Payment(
            successors.holder(account.owner, starts(month)), account, "instalment", month.name, "open", pence, due.facts
        )
        for month in calendar.open
        if (pence := opens[month.name])
    ]
    holder = successors.holder(account.owner, calendar.next_day)
    if difference or carried or not (found or kept):
        # An account to which nothing is due keeps a line of 0.00, so that the next statement knows of it.
        line: Line = "correction" if difference or carried else "instalment"
        month, status = _when(calendar)
        said = (correcting.reason, correcting.note) if line == "correction" else (None, None)
        found.append(Payment(holder, account, line, month, status, difference or carried, due.facts, *said))
    settled = kept + found
    _check(account, settled, sum(all_due.values()))
    return settled


def handed_over(payment: Payment) -> bool:
    """Whether a payment goes to a provider that took over from the one that it was due to."""
    return payment.provider != payment.account.owner


def paid_as_due(account: Account, due: Due, paid: Sequence[Payment], calendar: Calendar) -> bool:
    """Whether each month already paid was paid to the owner just as it is due now, before any correction."""
    if due.months is None:
        return False
    instalments = dict.fromkeys(calendar.paid_names, 0)
    for payment in paid:
        if payment.line == INSTALMENT and payment.provider == account.owner:
            instalments[payment.month or ""] += payment.amount or 0
    return all(due.months.get(month, 0) == pence for month, pence in instalments.items())


def by_account(payments: Sequence[Payment]) -> Mapping[Account, list[Payment]]:
    """Payments by what they are for, in the order in which they come."""
    found: dict[Account, list[Payment]] = {}
    for payment in payments:
        found.setdefault(payment.account, []).append(payment)
    return found


def _held(account: Account, due: Due, calendar: Calendar, successors: Successors) -> list[Payment]:
    """Open months without an amount, as a price that is missing is never 0."""
    note = "no price is known, so nothing more is paid until there is one; what was paid stays"
    if not calendar.open:
        holder = successors.holder(account.owner, calendar.next_day)
        return [Payment(holder, account, "correction", None, "carried_over", None, due.facts, "no_price", note)]
    return [
        Payment(
            successors.holder(account.owner, starts(month)),
            account,
            "instalment",
            month.name,
            "open",
            None,
            due.facts,
            "no_price",
            note,
        )
        for month in calendar.open
    ]


def _when(calendar: Calendar) -> tuple[str | None, Status]:
    return (calendar.open[0].name, "open") if calendar.open else (None, "carried_over")


def _check(account: Account, settled: Sequence[Payment], due: int) -> None:
    together = sum(payment.amount or 0 for payment in settled)
    if together != due:
        raise ArithmeticError(f"paid + open + carry-over is {together} and due is {due} pence, in {account.kind}")
