"""A summary without formulas, of facts and blocks; and provenance as one line a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from tariff_engine.tables.sheet_rows import Block

_AMOUNTS = {"amount_pence": "Paid by high needs", "outside_amount_pence": "Paid by others"}
_COUNTS = {
    "read": "Rows read",
    "priced": "Rows priced",
    "set_aside": "Rows set aside",
    "read_children": "Children read",
    "priced_children": "Children priced",
    "set_aside_children": "Children set aside",
}


def facts_block(heading: str, provenance: Mapping[str, Any]) -> Block:
    """What a reader has to know before any figure: under what, for when, and how much was priced."""
    facts: list[tuple[str, str]] = []
    for framework in provenance.get("frameworks", ()):
        as_if = ", as if it were in effect" if framework.get("as_if") else ""
        status = str(framework.get("legal_status", "")).replace("_", " ")
        facts.append(("Framework", f"{framework.get('id')} {framework.get('version')} ({status}){as_if}"))
    period = provenance.get("period", {})
    if period:
        facts.append(("Period", f"{period.get('name')}: {period.get('from')} to {period.get('to')}"))
    totals = provenance.get("totals", {})
    facts += [(words, f"{totals[key]:,}") for key, words in _COUNTS.items() if key in totals]
    return Block(_pairs(facts), title=heading, headed=False)


def totals_blocks(provenance: Mapping[str, Any]) -> list[Block]:
    """The pence of the totals, as a block of its own so that they are numbers."""
    totals = provenance.get("totals", {})
    pence = {words: [int(totals[key])] for key, words in _AMOUNTS.items() if key in totals}
    return [Block(pl.DataFrame(pence), money=list(pence))] if pence else []


def provenance_block(provenance: Mapping[str, Any]) -> Block:
    """Provenance as one line a fact: where it stands in the record, and what it is."""
    return Block(_pairs(_walk(provenance, "")))


def _pairs(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"item": pl.String, "value": pl.String}, orient="row")


def _walk(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [row for key, part in value.items() for row in _walk(part, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list | tuple):
        return [row for at, part in enumerate(value, start=1) for row in _walk(part, f"{name} {at}")]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    return [(name, "" if value is None else str(value))]
