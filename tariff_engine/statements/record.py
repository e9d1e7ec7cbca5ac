"""The file of payments: what a statement said, line by line, which the next statement takes as what was paid.

It has the columns of a remittance and more, so a remittance with placements may be given in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

import polars as pl

from tariff_engine.cells import (
    Read,
    one_code,
    read_date,
    read_month,
    read_provider_id,
    read_text,
    whole_number,
)
from tariff_engine.columns import Column, read_columns
from tariff_engine.errors import InputRefused, PeriodError
from tariff_engine.findings import FindingsLog
from tariff_engine.money import EXACT_IN_A_DOUBLE, parse_pounds
from tariff_engine.periods import FundingPeriod
from tariff_engine.statements.accounts import CARRY_OVER, PLACES, PLACES_KEY, TOP_UP, Account, Facts, places_item
from tariff_engine.statements.settling import CARRIED, CORRECTION, INSTALMENT, OPEN, PAID, Line, Payment, Status
from tariff_engine.tables.reading import from_frame, read_table

SHEET = "Payments"
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_STATEMENTS = 100_000
_SAME_ON_EVERY_ROW = ("statement", "made_on", "period", "content_hash")
_FACTS = [field.name for field in fields(Facts)]


@dataclass(frozen=True)
class Edition:
    """Which statement it is: its number in the period, when it was made, and the hash of what it rests on."""

    number: int
    made_on: date
    period: FundingPeriod
    content_hash: str


@dataclass(frozen=True)
class Record:
    """Payments as they were read.

    ``edition`` is the statement that they are of, or None for a remittance, all of which was paid. ``sha256`` is that
    of the file.
    """

    payments: tuple[Payment, ...]
    edition: Edition | None = None
    source: Path | None = None
    sha256: str = ""

    @property
    def paid_to(self) -> str:
        """The last month that it has as paid, such as ``2025-06``; blank where it has none."""
        return max((payment.month or "" for payment in self.payments if payment.status == PAID), default="")


@cache
def payment_columns() -> Mapping[str, Column]:
    """The columns of a file of payments."""
    text, whole, day = pl.String(), pl.Int64(), pl.Date()
    kinds, lines, states = [TOP_UP, PLACES, CARRY_OVER], [INSTALMENT, CORRECTION], [PAID, OPEN, CARRIED]
    number = whole_number(1, _MOST_STATEMENTS, "a statement's number")
    columns = (
        Column("provider_id", "URN or UKPRN", "Who is paid; blank where the provision has no provider.", read_provider_id, text, True),
        Column("for_provider", "URN or UKPRN", "Whose due it was: another than provider_id where that took over from it.", read_provider_id, text),
        Column("kind", "code", "top_up; places; or carry_over, which the last period left over.", one_code(kinds), text),
        Column("placement_id", "text", "The placement; blank for places.", read_text, text),
        Column("child_id", "text", "The child's pseudonym.", read_text, text),
        Column("provision", "code", "What is provided.", read_text, text),
        Column("phase", "code", "The phase of the child, or of the places.", read_text, text),
        Column("occupancy", "code", "Of places: commissioned, occupied or unoccupied.", read_text, text),
        Column("line", "code", "instalment: what is due for the month. correction: what was still owed for months already paid.", one_code(lines), text),
        Column("month", "year-month", "The month that it is paid in; blank where it is carried over to the next period.", read_month, text, True),
        Column("amount", "pounds", "What is paid; below zero where money is taken back; blank where no price is known.", _read_amount, whole, True),
        Column("status", "code", "paid, open, or carried_over.", one_code(states), text),
        Column("reason", "code", "Why a correction is made.", read_text, text),
        Column("note", "text", "The reason in words.", read_text, text),
        Column("band", "text", "The bands of the placement's stints, in order.", read_text, text),
        Column("prices", "pounds", "The prices of a full year of the stints, in order; of places, the rate.", read_text, text),
        Column("first_day", "date", "The first day in the period.", read_date, day),
        Column("last_day", "date", "The last day in the period.", read_date, day),
        Column("count", "whole, from 1", "How many like children it is for.", whole_number(1, 1_000_000, "a count"), whole),
        Column("statement", "whole number", "The statement's number in the period.", number, whole),
        Column("made_on", "date", "The day on which it was made.", read_date, day),
        Column("period", "period", "The funding period.", _read_period, text),
        Column("content_hash", "SHA-256", "The hash of what the statement rests on.", _read_hash, text),
    )  # fmt: skip
    return {column.name: column for column in columns}


def read_payments(source: pl.DataFrame | str | Path) -> Record:
    """Read a file of payments, or a remittance, or a frame of one with amounts in pounds.

    Raises
    ------
    InputRefused : something in it can't be read. What was paid can't be half known, so the whole file is refused.
    """
    columns = payment_columns()
    required = [column.name for column in columns.values() if column.required]
    if isinstance(source, pl.DataFrame):
        raw, path = from_frame(source, list(columns), required), None
    else:
        path = Path(source)
        days = [column.name for column in columns.values() if column.dtype == pl.Date()]
        raw = read_table(path, list(columns), required, sheet=SHEET, dates=days)
    for bad in raw.bad_rows:
        raise _refusal(bad.row, bad.message)
    log = FindingsLog()
    typed, _ = read_columns(raw.frame, columns.values(), raw.rows, log)
    numbered = pl.DataFrame(
        {"row": raw.rows, "placement_id": pl.repeat(None, raw.rows.len(), dtype=pl.String, eager=True)}
    )
    found = log.frame(numbered).filter(pl.col("severity") == "error")
    if found.height:
        raise _refusal(found["row"][0], found["message"][0])
    edition = _edition(typed, raw.rows)
    rows = zip(raw.rows, typed.iter_rows(named=True), strict=True)
    payments = [_payment(row, cells, edition is not None) for row, cells in rows]
    return Record(tuple(payments), edition, path, raw.sha256)


def payments_frame(payments: Sequence[Payment]) -> pl.DataFrame:
    """Payments as a table: the columns of the file but for those of the edition; amounts in pence, days as days."""
    names = [name for name in payment_columns() if name not in _SAME_ON_EVERY_ROW]
    rows = [
        (
            *(payment.provider or None, payment.account.owner or None, payment.account.kind),
            *(payment.account.item if _of_a_placement(payment) else None, payment.facts.child_id),
            *(payment.facts.provision, payment.facts.phase, payment.facts.occupancy),
            *(payment.line, payment.month, payment.amount, payment.status, payment.reason, payment.note),
            *(payment.facts.band, payment.facts.prices, payment.facts.first_day, payment.facts.last_day),
            payment.facts.count,
        )
        for payment in payments
    ]
    days = ("first_day", "last_day")
    schema = {name: pl.String() if name in days else payment_columns()[name].dtype for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(days).str.to_date())


def with_edition(payments: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """The file of payments: each row with the statement that it is of."""
    return payments.with_columns(
        pl.lit(edition.number, pl.Int64).alias("statement"),
        pl.lit(edition.made_on).alias("made_on"),
        pl.lit(edition.period.name).alias("period"),
        pl.lit(edition.content_hash).alias("content_hash"),
    )


def _of_a_placement(payment: Payment) -> bool:
    return payment.facts.occupancy is None


def _payment(row: int, cells: Mapping[str, Any], of_a_statement: bool) -> Payment:
    kind = cells["kind"] or TOP_UP
    if cells["occupancy"] is None and cells["placement_id"] is None:
        raise _refusal(row, "placement_id is blank and must be given, but for places, which need occupancy")
    item = cells["placement_id"] or places_item({name: cells[name] for name in PLACES_KEY})
    provider = cells["provider_id"] or ""
    status = cast("Status", cells["status"] or PAID)
    if (cells["month"] is None) != (status == CARRIED):
        raise _refusal(row, "month must be given, and is blank only where status is carried_over")
    if cells["amount"] is None and status == PAID:
        raise _refusal(row, "amount is blank and must be given for what was paid")
    facts = {name: None if cells[name] is None else str(cells[name]) for name in _FACTS if name != "count"}
    return Payment(
        provider,
        Account((cells["for_provider"] or "") if of_a_statement else provider, kind, item),
        cast("Line", cells["line"] or INSTALMENT),
        cells["month"],
        status,
        cells["amount"],
        Facts(**facts, count=cells["count"]),
        cells["reason"],
        cells["note"],
    )


def _edition(typed: pl.DataFrame, rows: pl.Series) -> Edition | None:
    """The statement that a file is of; None where it has none of the columns of one."""
    of_it = typed.select(_SAME_ON_EVERY_ROW)
    if of_it.select(pl.all_horizontal(pl.all().is_null()).all()).item():
        return None
    different = of_it.select(pl.any_horizontal(pl.all().ne_missing(pl.all().first()))).to_series()
    if different.any():
        raise _refusal(
            rows.filter(different)[0], "it is of another statement than the first row; give each its own file"
        )
    number, made_on, period, content_hash = of_it.row(0)
    if None in (number, made_on, period, content_hash):
        raise _refusal(rows[0], "statement, made_on, period and content_hash belong together, and one of them is blank")
    return Edition(number, made_on, FundingPeriod.parse(period), content_hash)


def _refusal(row: int | None, message: str) -> InputRefused:
    return InputRefused(f"The file of payments can't be taken: row {row}: {message}.")


def _read_amount(text: str) -> Read:
    try:
        pence = parse_pounds(text)
    except ValueError as error:
        raise ValueError(f"{error}; expected pounds, such as 1234.56 or -50.00") from None
    if abs(pence) > EXACT_IN_A_DOUBLE:
        raise ValueError("is above what spreadsheets hold to the penny")
    return Read(pence)


def _read_period(text: str) -> Read:
    try:
        return Read(FundingPeriod.parse(text).name)
    except PeriodError as error:
        raise ValueError(str(error).removeprefix(f"Period {text!r}: ")) from None


def _read_hash(text: str) -> Read:
    if not _HASH.fullmatch(text):
        raise ValueError("is no SHA-256 hash; expected 64 of the characters 0 to 9 and a to f")
    return Read(text)
