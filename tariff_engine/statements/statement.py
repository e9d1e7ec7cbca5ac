"""One provider's statement: what it is paid by child, by month and for places. Amounts are whole pence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from tariff_engine.providers import closings
from tariff_engine.statements.accounts import PLACES, PLACES_KEY, TOP_UP, Account, Successors, places_item, starts
from tariff_engine.statements.settling import CARRIED, CORRECTION, INSTALMENT, OPEN, PAID, Payment
from tariff_engine.statements.statements import KINDS, Statements, kind_of
from tariff_engine.vocabulary import vocabulary

CHILD_COLUMNS = (
    *("child_id", "placement_id", "pays_for", "provision", "phase", "band", "from", "to", "days", "count"),
    "annual_price",
)
PLACE_COLUMNS = ("pays_for", "provision", "phase", "occupancy", "places_first", "places_second", "rate")
_WHOLE = ("days", "count", "annual_price", "places_first", "places_second", "rate")
_DAYS = ("from", "to")
_APART = "the months still open"
_AS_PAID = "as it was paid"
_UNKNOWN = "no price is known: see the findings"

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Statement:
    """What one provider is paid.

    Attributes
    ----------
    of : the statements that it belongs to. provider_id : who is paid. payments : every amount.
    """

    of: Statements
    provider_id: str
    payments: tuple[Payment, ...]

    def __repr__(self) -> str:
        return f"Statement({self.of.edition.number} for {self.of.costing.period.name}, {self.provider_id})"

    @property
    def name(self) -> str:
        """The provider's name where the providers file gives it, else blank."""
        known = self.of.costing.placements.providers.filter(pl.col("provider_id") == self.provider_id)
        return (known["name"][0] or "") if known.height else ""

    @property
    def paid(self) -> int:
        """What was paid already. [pence]"""
        return self._sum(PAID)

    @property
    def open(self) -> int:
        """What will be paid in the open months. [pence]"""
        return self._sum(OPEN)

    @property
    def carried_over(self) -> int:
        """What the next period's first statement takes up. [pence]"""
        return self._sum(CARRIED)

    @property
    def total(self) -> int:
        """Paid + open + carried over, which is what is due. [pence]"""
        return self.paid + self.open + self.carried_over

    @cached_property
    def summary(self) -> pl.DataFrame:
        """One row a month and one for what is carried over: month, status, an amount for each of KINDS, total."""
        names: list[str | None] = [*self.of.calendar.names, None]
        sums = {name: dict.fromkeys(KINDS, 0) for name in names}
        for payment in self.payments:
            sums[payment.month][kind_of(payment)] += payment.amount or 0
        paid = set(self.of.calendar.paid_names)
        rows = [
            (name, CARRIED if name is None else PAID if name in paid else OPEN, *kinds.values(), sum(kinds.values()))
            for name, kinds in sums.items()
        ]
        money = {name: pl.Int64() for name in (*KINDS, "total")}
        return pl.DataFrame(rows, schema={"month": pl.String(), "status": pl.String(), **money}, orient="row")

    @cached_property
    def children(self) -> pl.DataFrame:
        """A line a child and stint with its months, and one for each correction; what belongs together stands so.

        Columns CHILD_COLUMNS, the months, carried_over, total, note.
        """
        rows: dict[str, list[Row]] = {}
        for line in self.of.lines_by_payee.get(self.provider_id, ()):
            rows.setdefault(line["placement_id"], []).append(self._stint(line))
        shown = {Account(self.provider_id, TOP_UP, item) for item in rows}
        for row in self._others(shown, places=False):
            rows.setdefault(row["placement_id"], []).append(row)
        return self._table(_in_order(rows), CHILD_COLUMNS)

    @cached_property
    def places(self) -> pl.DataFrame:
        """A line a kind of commissioned places with its months, and one for each correction.

        Columns PLACE_COLUMNS, the months, carried_over, total, note.
        """
        rows: dict[str, list[Row]] = {}
        for row in self._commissioned():
            rows.setdefault(places_item(row), []).append(row)
        shown = {Account(self.provider_id, PLACES, item) for item in rows}
        for row in self._others(shown, places=True):
            rows.setdefault(places_item(row), []).append(row)
        return self._table(_in_order(rows), PLACE_COLUMNS)

    @cached_property
    def changes(self) -> pl.DataFrame:
        """What changed since the last statement, and why."""
        return self.of.changes.filter(pl.col("provider_id") == self.provider_id)

    @cached_property
    def findings(self) -> pl.DataFrame:
        """What was found about the placements of this statement."""
        named = {payment.account.item for payment in self.payments if payment.account.kind == TOP_UP}
        named |= {line["placement_id"] for line in self.of.lines_by_payee.get(self.provider_id, ())}
        return self.of.findings.filter(pl.col("placement_id").is_in(list(named)))

    @cached_property
    def paid_by_others(self) -> Mapping[str, int]:
        """What others than the high needs budget pay the provider for the same period, which isn't in here. [pence]"""
        words, lines = vocabulary(), self.of.costing.lines
        others = lines.filter((pl.col("payee") == self.provider_id) & (pl.col("payer") != words.high_needs_payer))
        sums = others.group_by("payer", maintain_order=True).agg(pl.col("amount").sum())
        return {words.payers[payer]: pence for payer, pence in sums.iter_rows() if pence}

    def _sum(self, status: str) -> int:
        return sum(payment.amount or 0 for payment in self.payments if payment.status == status)

    def _stint(self, line: Row) -> Row:
        """A line of the costing; without the months already paid where they are shown apart."""
        account = Account(self.provider_id, TOP_UP, line["placement_id"])
        row = {name: line.get(name) for name in CHILD_COLUMNS}
        return {**row, "pays_for": KINDS[TOP_UP], **self._months(account, line)}

    def _commissioned(self) -> Iterator[Row]:
        """The provider's commissioned places; without the months that go to a successor."""
        if self.of.places is None:
            return
        successors = Successors(closings(self.of.costing.placements.providers))
        calendar = self.of.calendar
        for place in self.of.places.filter(pl.col("provider_id") == self.provider_id).iter_rows(named=True):
            account = Account(self.provider_id, PLACES, places_item(place))
            months = self._months(account, place)
            for month in calendar.open:
                if successors.holder(self.provider_id, starts(month)) != self.provider_id:
                    months[month.name] = 0
            row = {name: place.get(name) for name in PLACE_COLUMNS}
            yield {**row, "pays_for": KINDS[PLACES], **months}

    def _months(self, account: Account, line: Row) -> Row:
        calendar, apart = self.of.calendar, account in self.of.apart
        months = {name: line[name] for name in calendar.names}
        if any(pence is None for pence in months.values()):
            return {**dict.fromkeys(months, None), "note": _UNKNOWN}
        if not apart:
            return {**months, "note": None}
        return {**months, **dict.fromkeys(calendar.paid_names, 0), "note": _APART if calendar.paid else None}

    def _others(self, shown: set[Account], *, places: bool) -> Iterator[Row]:
        """Corrections, sums brought forward, and what isn't in a line of the costing, a row for each in wide form."""
        rows: dict[tuple[Account, str, str | None], Row] = {}
        for payment in self.payments:
            if (payment.facts.occupancy is not None) != places or self._is_shown(payment, shown):
                continue
            note = self._note(payment)
            kind = KINDS[kind_of(payment)]
            row = rows.setdefault((payment.account, kind, note), self._blank(payment, kind, note))
            where = payment.month or "carried_over"
            row[where] = None if payment.amount is None else (row[where] or 0) + payment.amount
        yield from rows.values()

    def _note(self, payment: Payment) -> str | None:
        if payment.status == PAID and payment.line == INSTALMENT:
            return _AS_PAID
        paid = self.of.calendar.paid_names
        if payment.line == INSTALMENT or payment.status == PAID or not paid:
            return payment.note
        return f"for the months up to {paid[-1]}: {payment.note}"

    def _is_shown(self, payment: Payment, shown: set[Account]) -> bool:
        if payment.account not in shown or payment.line != INSTALMENT:
            return payment.amount is None and payment.account in shown
        return payment.status == OPEN or payment.account not in self.of.apart

    def _blank(self, payment: Payment, kind: str, note: str | None) -> Row:
        facts, account = payment.facts, payment.account
        of_places = facts.occupancy is not None
        return {
            "child_id": facts.child_id,
            "placement_id": None if of_places else account.item,
            "pays_for": kind,
            **{name: getattr(facts, name) for name in PLACES_KEY},
            "count": facts.count,
            **dict.fromkeys([*self.of.calendar.names, "carried_over"], 0),
            "note": note if account.owner == self.provider_id else f"taken over from {account.owner}: {note or kind}",
        }

    def _table(self, rows: Iterable[Row], columns: tuple[str, ...]) -> pl.DataFrame:
        """Rows with their totals. A row without a price has no total either."""
        months = [*self.of.calendar.names, "carried_over"]
        schema: dict[str, pl.DataType] = {}
        for name in (*columns, *months, "total", "note"):
            whole = name in (*months, "total", *_WHOLE)
            schema[name] = pl.Int64() if whole else pl.Date() if name in _DAYS else pl.String()
        full = [{**row, "carried_over": row.get("carried_over", 0)} for row in rows]
        for row in full:
            amounts = [row[name] for name in months if row[name] is not None]
            row["total"] = sum(amounts) if len(amounts) > 1 else None
        return pl.DataFrame([[row.get(name) for name in schema] for row in full], schema=schema, orient="row")


def check_tables(statement: Statement) -> None:
    """Refuse, as a defect, tables that don't add up to the payments, month by month."""
    tables = (statement.children, statement.places)
    for row in statement.summary.iter_rows(named=True):
        column = row["month"] or "carried_over"
        shown = sum(int(table[column].sum()) for table in tables)
        if shown != row["total"]:
            raise ArithmeticError(f"the lines of {column} add to {shown} and the payments to {row['total']} pence")


def _in_order(rows: Mapping[str, list[Row]]) -> Iterator[Row]:
    """What belongs together stands together: what was paid, what is open, then what corrects it."""
    for group in rows.values():
        yield from sorted(group, key=lambda row: (row["pays_for"] == KINDS[CORRECTION], row["note"] != _AS_PAID))
