"""Totals rows and columns of a remittance: recognised, held against what they add up, and never counted. [pence]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from tariff_engine.findings import FindingsLog
from tariff_engine.money import show_pounds
from tariff_engine.remittance.amounts import read_amount
from tariff_engine.remittance.headings import headings
from tariff_engine.remittance.layout import IDENTIFIERS, Table


class Paid(Protocol):
    """A payment, as far as a total knows it."""

    column: str
    pence: int | None
    mark: str


_TAKEN_BACK = ("", "cr", "dr")


class Totals:
    """The sums of a sheet's payments by column, from its start and since the last total.

    What a ledger's marks mean isn't known yet, so each sum is kept as it would be with either of them taken back.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._all: dict[str, list[int]] = defaultdict(lambda: [0] * len(_TAKEN_BACK))
        self._since: dict[str, list[int]] = defaultdict(lambda: [0] * len(_TAKEN_BACK))

    def takes(self, at: int, log: FindingsLog) -> bool:
        """Whether a row is a total, or carries one over the page; if it is, hold it against the sums."""
        cells, columns = self._table.rows[at], self._table.columns
        leading = [next((cell for cell in cells if cell), None)]
        leading += [cells[columns[name]] for name in IDENTIFIERS if name in columns]
        row = self._table.row_number(at)
        if any(text is not None and headings().is_balance(text) for text in leading):
            log.add("totals_row", [row], "", "A balance that is carried over the page was left out.")
            return True
        if not any(text is not None and headings().is_totals(text) for text in leading):
            return False
        log.add("totals_row", [row], "", "The totals row was checked and left out.")
        for column, title in self._amounts():
            stated = _pence(cells[column])
            if stated is not None and column == columns.get("gross") and "amount" not in columns:
                stated -= self._vat(at)
            if stated is not None and stated not in (*self._all[title], *self._since[title]):
                above = show_pounds(self._all[title][0])
                said = f"The totals row says {show_pounds(stated)}; the rows above it add to {above}."
                log.add("totals_mismatch", [row], title, said, [show_pounds(stated)])
        self._since.clear()
        return True

    def add(self, at: int, payments: Iterable[Paid], log: FindingsLog) -> None:
        """Count the payments of a row, and hold the row's own total against them."""
        whole = 0
        for payment in payments:
            pence = payment.pence or 0
            whole += pence
            for way, mark in enumerate(_TAKEN_BACK):
                signed = -abs(pence) if mark and payment.mark == mark else pence
                self._all[payment.column][way] += signed
                self._since[payment.column][way] += signed
        column = self._table.columns.get("total")
        stated = None if column is None else _pence(self._table.rows[at][column])
        if column is not None and stated is not None and stated not in (whole, whole + self._vat(at)):
            said = f"The row's total says {show_pounds(stated)}; its payments add to {show_pounds(whole)}."
            log.add("totals_mismatch", [self._table.row_number(at)], self._table.title_of(column), said)

    def _vat(self, at: int) -> int:
        column = self._table.columns.get("vat")
        return 0 if column is None else _pence(self._table.rows[at][column]) or 0

    def _amounts(self) -> list[tuple[int, str]]:
        """The columns of amounts, with the title that their payments go by."""
        columns = self._table.columns
        found = [*self._table.periods] or [
            columns[name] for name in ("amount", "gross", "debit", "credit") if name in columns
        ]
        return [(column, self._table.title_of(column)) for column in found]


def _pence(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return read_amount(text).pence
    except ValueError:
        return None
