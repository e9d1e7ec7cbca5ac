"""The payments of one row of a remittance: how much, what a ledger marked it, and what it says of its days. [pence]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tariff_engine.findings import FindingsLog
from tariff_engine.remittance.amounts import read_amount
from tariff_engine.remittance.layout import Table
from tariff_engine.remittance.spans import Label, Span, find_label

UNREAD = "?"
"""The mark of an amount that couldn't be read."""


@dataclass
class Line:
    """A payment before its days and its sign are known.

    ``cells`` are the row's, by field; ``said`` is what says its days, and ``text`` how; ``by_payment`` is whether it is
    the day on which it was paid that does.
    """

    sheet: str
    row: int
    column: str
    cells: dict[str, str | None]
    pence: int | None
    mark: str
    said: Label | Span | None
    text: str
    by_payment: bool = False


def payments_of(
    table: Table, at: int, section: Label | Span | None, words: Mapping[str, Span], log: FindingsLog
) -> Iterator[Line]:
    """The payments of one row: one, or one a period."""
    cells, columns = table.rows[at], table.columns
    kept = {name: cells[column] for name, column in columns.items()}
    row = table.row_number(at)
    if table.periods:
        for column, label in table.periods.items():
            pence, mark = _amount(cells[column], row, table.title_of(column), log)
            if pence is not None or mark == UNREAD:
                yield Line(table.name, row, table.title_of(column), kept, pence, mark, label, table.title_of(column))
        return
    said, text = _label(kept, words, row, log) or (section, "")
    day = _payment_day(kept.get("paid_on")) if said is None and not text else None
    if day is not None:
        said = Label("date", first=day, last=day)
    for pence, mark, name in _amounts(table, kept, row, log):
        title = table.title_of(columns[name])
        yield Line(table.name, row, title, kept, pence, mark, said, text, by_payment=day is not None)


_MARKS = {"cr": "cr", "c": "cr", "credit": "cr", "dr": "dr", "d": "dr", "debit": "dr"}


def _amounts(
    table: Table, kept: Mapping[str, str | None], row: int, log: FindingsLog
) -> Iterator[tuple[int | None, str, str]]:
    """What a row pays, its ledger mark and the field that it stands in. VAT is no part of it."""
    sign = _MARKS.get((kept.get("sign") or "").strip().casefold(), "")
    for name in ("debit", "credit"):
        if name in table.columns:
            pence, mark = _amount(kept[name], row, name, log)
            if pence or mark == UNREAD:
                yield pence, UNREAD if mark == UNREAD else _MARKS[name], name
    if "amount" in table.columns or "gross" not in table.columns:
        if "amount" in table.columns:
            pence, mark = _amount(kept["amount"], row, "amount", log)
            if pence is not None or mark == UNREAD:
                yield pence, mark or sign, "amount"
        return
    pence, mark = _amount(kept["gross"], row, "gross", log)
    vat, _ = _amount(kept.get("vat"), row, "vat", log)
    if pence is not None or mark == UNREAD:
        yield None if pence is None else pence - (vat or 0), mark or sign, "gross"


def _amount(text: str | None, row: int, column: str, log: FindingsLog) -> tuple[int | None, str]:
    if text is None:
        return None, ""
    try:
        return read_amount(text)
    except ValueError as error:
        log.add("bad_value", [row], column, f"{column} {text[:60]!r}: {error}", [text])
        return None, UNREAD


def _label(
    kept: Mapping[str, str | None], words: Mapping[str, Span], row: int, log: FindingsLog
) -> tuple[Label | Span | None, str] | None:
    """What the cells of a row say of the days that it is for; None where they are blank."""
    month = kept.get("month")
    if month:
        label = words.get(month.casefold().strip()) or find_label(month) or _bare_number(month)
        if label is None:
            said = f"{month[:60]!r} is no month, period, term or date; a column map can say what it means"
            log.add("bad_value", [row], "month", said, [month])
        return label, month
    days = [_day(kept.get(name), name, row, log) for name in ("from", "to")]
    if days[0] and days[1] and days[0] <= days[1]:
        return Span(days[0], days[1]), f"{days[0]} to {days[1]}"
    if days[0] and days[1]:
        log.add("bad_value", [row], "to", "the period that is paid for ends before it starts", [kept["to"]])
    elif found := days[1] or days[0]:
        return Label("date", first=found, last=found), str(found)
    return None


def _bare_number(text: str) -> Label | None:
    """A period by its number alone, as it stands under a header such as Period."""
    digits = text.strip().removesuffix(".0")
    return Label("number", number=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 3 else None


def _day(text: str | None, column: str, row: int, log: FindingsLog) -> date | None:
    if not text:
        return None
    label = find_label(text)
    if label is not None and label.kind in ("date", "ending"):
        return label.last
    log.add("bad_value", [row], column, f"{column} {text[:60]!r} is not a date", [text])
    return None


def _payment_day(text: str | None) -> date | None:
    label = find_label(text) if text else None
    return label.last if label is not None and label.kind in ("date", "ending") else None
