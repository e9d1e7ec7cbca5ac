"""Up to which month the payments were made."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from tariff_engine.errors import UsageError
from tariff_engine.periods import FundingPeriod
from tariff_engine.statements.record import Record

NONE = "none"
"""What is given where nothing of the period is paid yet."""

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def paid_month(given: str | date | None, period: FundingPeriod, record: Record | None) -> str:
    """The last month that was paid, such as ``2025-06``; blank where none was.

    Parameters
    ----------
    given : a month of the period, or its last day, or NONE. A remittance, all of which was paid, may do without.
    record : the payments of the period, or None.

    Raises
    ------
    UsageError : it is needed and isn't given, isn't a month of the period, or is before what was paid already.
    """
    months = [month.name for month in period.months]
    if record is None:
        if given is not None:
            raise UsageError(
                "The month up to which it was paid goes with the payments of this period: give --paid too."
            )
        return ""
    outside = sorted({payment.month for payment in record.payments if payment.month and payment.month not in months})
    if outside:
        raise UsageError(f"The payments have the month {outside[0]}, which isn't in {period.name}.")
    if given is None:
        if record.edition is not None:
            raise UsageError(f"Up to which month was it paid? Give --to, such as --to {months[0]}, or --to {NONE}.")
        return record.paid_to
    name = "" if given == NONE else _read(str(given))
    if name and name not in months:
        raise UsageError(f"--to {name} isn't a month of {period.name}. Give one from {months[0]} to {months[-1]}.")
    if name < record.paid_to:
        raise UsageError(
            f"{record.paid_to} was paid already, and what was paid isn't rewritten. Give --to {record.paid_to}."
        )
    return name


def _read(text: str) -> str:
    """A month, or the last day of one, as the month."""
    if _MONTH.fullmatch(text):
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError("--to is no month; expected one such as 2025-06, or its last day.") from None
    if day.day != monthrange(day.year, day.month)[1]:
        raise UsageError(f"{day} is no last day of a month, so it doesn't say which months are paid. Give the month.")
    return f"{day.year:04d}-{day.month:02d}"
