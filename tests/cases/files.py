"""Placements files as people have them, priced under a small version, and what is asked of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine import Costing, cost
from tests.small import write_version

COLUMNS = (
    *("placement_id", "child_id", "home_la", "provider_id", "provider_type", "provision", "nc_year"),
    *("start_date", "end_date", "fte", "agreed_price", "need_learning", "need_social"),
)
AGREED: Mapping[str, str] = {
    "home_la": "878",
    "provider_id": "100001",
    "provider_type": "non_maintained",
    "provision": "nmss",
    "nc_year": "4",
    "start_date": "2025-04-01",
    "agreed_price": "40000.00",
}


def row(number: int, **cells: str) -> dict[str, str]:
    """A placement at an agreed price of £40,000.00, all year; each its own child."""
    return {"placement_id": f"P{number}", "child_id": f"C{number}", **AGREED, **cells}


def line(cells: Mapping[str, str], separator: str = ",") -> str:
    """A row as a line of a file; a cell with a separator, a line end or a quotation mark is quoted."""
    return separator.join(_quoted(cells.get(name, ""), separator) for name in COLUMNS)


def _quoted(cell: str, separator: str) -> str:
    special = any(char in cell for char in (separator, "\n", '"'))
    return '"' + cell.replace('"', '""') + '"' if special else cell


def text(*rows: Mapping[str, str], separator: str = ",") -> str:
    """A whole file."""
    return "\n".join([separator.join(COLUMNS), *(line(cells, separator) for cells in rows)]) + "\n"


def price(folder: Path, content: str | bytes, name: str = "placements.csv", **options: Any) -> Costing:
    """Price what a file holds under the small version, through the front door."""
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return cost(path, write_version(folder / "small"), "FY2025-26", **options)


def amounts(costing: Costing) -> dict[str, int | None]:
    """What each placement comes to. [pence]"""
    found: dict[str, int | None] = {}
    for placement, amount in costing.lines.select("placement_id", "amount").iter_rows():
        before = found.get(placement, 0)
        found[placement] = None if amount is None or before is None else before + amount
    return found


def finding(costing: Costing, code: str, at: int | None, column: str | None = None) -> str:
    """The message of the only finding of a code on a row, and in a column where one is named."""
    found = costing.findings.filter((pl.col("code") == code) & pl.col("row").eq_missing(at))
    if column is not None:
        found = found.filter(pl.col("column") == column)
    if found.height != 1:
        raise ValueError(f"{found.height} findings of {code} on row {at}: {costing.findings.rows()}")
    return str(found["message"][0])


def errors(costing: Costing) -> list[tuple[str, int | None, str | None]]:
    """Code, row and column of every error."""
    found = costing.findings.filter(pl.col("severity") == "error")
    return [(code, at, column) for code, at, column in found.select("code", "row", "column").iter_rows()]


def nothing_lost(costing: Costing, read: int, set_aside: int = 0) -> bool:
    """Whether every row and every pound is accounted for: read is priced and set aside, lines are the total."""
    counts = costing.counts
    total = counts["amount_pence"] + counts["outside_amount_pence"]
    priced = sum(amount is not None for amount in amounts(costing).values())
    return (
        (counts["read"], counts["set_aside"], counts["priced"]) == (read, set_aside, read - set_aside)
        and priced == counts["priced"]
        and counts["read_children"] == counts["priced_children"] + counts["set_aside_children"]
        and int(costing.lines["amount"].sum()) == total
        and sum(int(costing.lines[month].sum()) for month in costing.months) == total
    )
