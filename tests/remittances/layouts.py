"""The layouts that remittances come in: each writes the same payments as another authority would."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from tests.remittances.planting import ONE_DAY, Remittance, four_weeks, month_ends, pounds, term_ends

Rows = list[list[Any]]


@dataclass(frozen=True)
class Layout:
    """A layout: how often it pays, whether the file is a workbook, and how its sheets are made."""

    name: str
    ends: Callable[[], list[date]]
    ending: str
    sheets: Callable[[Remittance], dict[str, Rows]]

    def write(self, made: Remittance, folder: Path) -> Path:
        """Write a remittance, and give the file's path."""
        path = folder / f"{self.name}{self.ending}"
        sheets = self.sheets(made)
        if self.ending == ".xlsx":
            book = openpyxl.Workbook()
            book.remove(book.active)
            for title, rows in sheets.items():
                sheet = book.create_sheet(title)
                for row in rows:
                    sheet.append(row)
            book.save(path)
        else:
            (rows,) = sheets.values()
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, delimiter=";" if self.name == "semicolons" else ",").writerows(rows)
        return path


def _month(last: date) -> str:
    return f"{last:%Y-%m}"


def _money(pence: int) -> str:
    """With a pound sign and commas, and brackets around what was taken back."""
    text = f"£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"
    return f"({text})" if pence < 0 else text


def _starts(made: Remittance) -> list[date]:
    return [date(2025, 4, 1), *(end + ONE_DAY for end in made.ends[:-1])]


def _wide(made: Remittance, names: Sequence[str], show: Callable[[int], Any], blank: Any) -> Rows:
    """A row a child; two rows where there are two payments for a window."""
    rows: Rows = [["Pupil ID", *names, "Total"]]
    by_child: dict[str, list[list[int | None]]] = {}
    for _, child, window, pence in made.payments:
        own = by_child.setdefault(child, [[None] * len(names)])
        free = next((row for row in own if row[window] is None), None)
        if free is None:
            free = [None] * len(names)
            own.append(free)
        free[window] = pence
    for child, own in by_child.items():
        for row in own:
            paid = [blank if pence is None else show(pence) for pence in row]
            rows.append([child, *paid, show(sum(pence or 0 for pence in row))])
    columns = [sum((row[at] or 0) for own in by_child.values() for row in own) for at in range(len(names))]
    rows.append(["Total", *map(show, columns), show(sum(columns))])
    return rows


def _long(made: Remittance, head: list[str], cells: Callable[[str, str, int, int], list[Any]]) -> Rows:
    return [head, *(cells(*payment) for payment in made.payments)]


def _paid(made: Remittance) -> int:
    return sum(pence for *_, pence in made.payments)


def long_with_titles(made: Remittance) -> dict[str, Rows]:
    rows = _long(
        made,
        ["Pupil Ref", "Payment Month", "Net Amount (£)", "VAT", "Comments"],
        lambda _, child, window, pence: [child, f"{made.ends[window]:%b-%y}", _money(pence), "0.00", ""],
    )
    titles = [["Anytown Council"], ["Remittance advice"], ["Printed", "12/05/2026"], []]
    return {"": [*titles, *rows, ["Total", "", _money(_paid(made)), "0.00", ""]]}


def plain_template(made: Remittance) -> dict[str, Rows]:
    head = ["provider_id", "placement_id", "child_id", "month", "amount", "paid_on", "reference", "note"]
    return {
        "": _long(
            made, head, lambda p, c, w, pence: ["113000", p, c, _month(made.ends[w]), pounds(pence), "", "R1", ""]
        )
    }


def wide_names(made: Remittance) -> dict[str, Rows]:
    return {
        "Payments": [["Top-up 2025-26"], [], *_wide(made, [f"{end:%B}" for end in made.ends], pence_as_number, "-")]
    }


def pence_as_number(pence: int) -> float:
    return pence / 100


def wide_numbers(made: Remittance) -> dict[str, Rows]:
    return {"": _wide(made, [f"P{at}" for at in range(1, 13)], _money, "")}


def wide_dates(made: Remittance) -> dict[str, Rows]:
    rows = _wide(made, [""] * 12, pence_as_number, None)
    rows[0] = ["Child reference", *(end.replace(day=1) for end in made.ends), "Total"]
    return {"Sheet1": rows}


def four_weekly_numbers(made: Remittance) -> dict[str, Rows]:
    return {"": _wide(made, [f"Period {at}" for at in range(1, 14)], pounds, "")}


def four_weekly_dates(made: Remittance) -> dict[str, Rows]:
    starts = _starts(made)
    head = ["Child", "Period from", "Period to", "Amount paid", "Remittance ref"]
    return {
        "Derbyshire": _long(made, head, lambda _, c, w, pence: [c, starts[w], made.ends[w], pence / 100, f"RA-{w:03d}"])
    }


def four_weekly_endings(made: Remittance) -> dict[str, Rows]:
    ends = [date(2025, 4, 28) + timedelta(days=28 * at) for at in range(13)]
    head = ["Child", "4 weeks ending", "Paid"]
    return {"": _long(made, head, lambda _, c, w, pence: [c, f"{ends[w]:%d/%m/%Y}", pounds(pence)])}


def terms(made: Remittance) -> dict[str, Rows]:
    names = ["Summer term 2025", "Autumn term 2025", "Spring term 2026"]
    return {"": _long(made, ["Placement ref", "Term", "Top-up"], lambda p, _, w, pence: [p, names[w], _money(pence)])}


def terms_wide(made: Remittance) -> dict[str, Rows]:
    return {"Terms": _wide(made, ["Summer", "Autumn", "Spring"], pence_as_number, None)}


def turned(made: Remittance) -> dict[str, Rows]:
    children = list(dict.fromkeys(child for _, child, _, _ in made.payments))
    sums = {child: made.paid(child) for child in children}
    rows: Rows = [["Month", *children]]
    rows += [[f"{end:%B %Y}", *(pounds(sums[c][at]) for c in children)] for at, end in enumerate(made.ends)]
    return {"": [*rows, ["Total", *(pounds(sum(sums[c])) for c in children)]]}


def ledger_marks(made: Remittance) -> dict[str, Rows]:
    def cells(_: str, child: str, window: int, pence: int) -> list[Any]:
        mark = "CR" if pence < 0 else "DR"
        return [child, f"{made.ends[window]:%m/%Y}", f"{abs(pence) // 100:,}.{abs(pence) % 100:02d} {mark}"]

    return {"": _long(made, ["Case ref", "Period", "Value"], cells)}


def debit_and_credit(made: Remittance) -> dict[str, Rows]:
    def cells(_: str, child: str, window: int, pence: int) -> list[Any]:
        return [
            child,
            f"{made.ends[window]:%B %Y}",
            abs(pence) / 100 if pence > 0 else None,
            -pence / 100 if pence < 0 else None,
        ]

    return {"Ledger": _long(made, ["Student ID", "Month", "Debit", "Credit"], cells)}


def gross_and_vat(made: Remittance) -> dict[str, Rows]:
    def cells(_: str, child: str, window: int, pence: int) -> list[Any]:
        return [child, f"{made.ends[window]:%Y-%m-%d}", pounds(pence + 2000), "20.00"]

    return {"": _long(made, ["Learner ID", "Month", "Gross", "VAT"], cells)}


def trailing_minus(made: Remittance) -> dict[str, Rows]:
    def cells(_: str, child: str, window: int, pence: int) -> list[Any]:
        return [
            child,
            _month(made.ends[window]),
            f"{abs(pence) // 100:,}.{abs(pence) % 100:02d}{'-' if pence < 0 else ''}",
        ]

    rows = _long(made, ["Child ID", "Month", "Amount"], cells)
    half = len(rows) // 2
    first = sum(pence for *_, pence in made.payments[: half - 1])
    subtotal = ["Sub-total", "", pounds(first)]
    return {"": [*rows[:half], subtotal, ["Balance brought forward", "", pounds(first)], rows[0], *rows[half:],
                 ["Grand total", "", pounds(_paid(made))]]}  # fmt: skip


def a_sheet_a_month(made: Remittance) -> dict[str, Rows]:
    by_window: dict[int, list[Any]] = defaultdict(list)
    for _, child, window, pence in made.payments:
        by_window[window].append([child, pence / 100])
    sheets: dict[str, Rows] = {"Cover": [["Payments of the year"]]}
    whole: dict[str, int] = defaultdict(int)
    for _, child, _, pence in made.payments:
        whole[child] += pence
    sheets["Summary"] = [["Pupil", "Paid"], *([child, pence / 100] for child, pence in whole.items())]
    for window, end in enumerate(made.ends):
        paid = by_window[window]
        total = round(sum(row[1] for row in paid), 2)
        sheets[f"{end:%b %Y}"] = [["Anytown Council"], ["Pupil", "Paid"], *paid, ["Total", total]]
    return sheets


def semicolons(made: Remittance) -> dict[str, Rows]:
    names = {spell.child_id: spell.child_id.lower().replace("-", " ") for spell in made.spells}
    head = ["Pupil number", "Month", "Amount paid"]
    return {"": _long(made, head, lambda _, c, w, pence: [names[c], f"{made.ends[w]:%d/%m/%Y}", f" {pounds(pence)} "])}


LAYOUTS: Sequence[Layout] = (
    Layout("long_with_titles", month_ends, ".csv", long_with_titles),
    Layout("plain_template", month_ends, ".csv", plain_template),
    Layout("wide_names", month_ends, ".xlsx", wide_names),
    Layout("wide_numbers", month_ends, ".csv", wide_numbers),
    Layout("wide_dates", month_ends, ".xlsx", wide_dates),
    Layout("four_weekly_numbers", four_weeks, ".csv", four_weekly_numbers),
    Layout("four_weekly_dates", four_weeks, ".xlsx", four_weekly_dates),
    Layout("terms", term_ends, ".csv", terms),
    Layout("terms_wide", term_ends, ".xlsx", terms_wide),
    Layout("turned", month_ends, ".csv", turned),
    Layout("ledger_marks", month_ends, ".csv", ledger_marks),
    Layout("debit_and_credit", month_ends, ".xlsx", debit_and_credit),
    Layout("gross_and_vat", month_ends, ".csv", gross_and_vat),
    Layout("trailing_minus", month_ends, ".csv", trailing_minus),
    Layout("a_sheet_a_month", month_ends, ".xlsx", a_sheet_a_month),
    Layout("semicolons", month_ends, ".csv", semicolons),
    Layout("four_weekly_endings", four_weeks, ".csv", four_weekly_endings),
)
