"""The statements of one costing: all providers together, and each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tariff_engine.costing import Costing
from tariff_engine.errors import UsageError
from tariff_engine.finding_codes import CODES, PUBLISHED_AS
from tariff_engine.money import check_total
from tariff_engine.statements.accounts import CARRY_OVER, Account
from tariff_engine.statements.changes import SCHEMA as CHANGE_SCHEMA
from tariff_engine.statements.changes import changes_frame
from tariff_engine.statements.record import Edition, payments_frame, with_edition
from tariff_engine.statements.settling import CORRECTION, Calendar, Correcting, Payment
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.statements.statement import Statement

KINDS: Mapping[str, str] = {
    "top_up": "Top-up",
    "places": "Places",
    "correction": "Correction",
    "carry_over": "Carry-over",
}
"""What an amount is, as a code and as a person reads it."""

FINDING_COLUMNS = ("severity", "code", "placement_id", "column", "meaning", "what_to_do")


@dataclass(frozen=True, eq=False, repr=False)
class Statements:
    """What every provider will be paid. Amounts are whole pence.

    Attributes
    ----------
    costing : what is due. calendar : which months are paid, and which are open.
    edition : number, day and content hash. previous : those of the statements before, or None.
    payments : every amount, those already paid first for each account.
    before : the payments of the last statements of the period, or None where these are the first.
    reasons : why accounts differ from the last statements.
    apart : accounts whose paid months weren't paid just as they are due now, so that they are shown apart.
    places : what is due for places, or None.
    sources : the files of payments that were read.
    """

    costing: Costing
    calendar: Calendar
    edition: Edition
    previous: Edition | None
    payments: tuple[Payment, ...]
    before: tuple[Payment, ...] | None
    reasons: Mapping[Account, Correcting] = field(repr=False)
    apart: frozenset[Account] = frozenset()
    places: pl.DataFrame | None = None
    sources: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Statements({self.edition.number} for {self.costing.period.name}, {len(self.providers)} providers)"

    @property
    def total(self) -> int:
        """Paid + open + carried over, which is what is due. [pence]"""
        return check_total(sum(payment.amount or 0 for payment in self.payments))

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Every amount, one row a provider, account and month; with what it rests on."""
        return payments_frame(self.payments)

    @cached_property
    def record(self) -> pl.DataFrame:
        """``frame`` with the edition on each row: the file of payments that the next statements take."""
        return with_edition(self.frame, self.edition)

    @cached_property
    def providers(self) -> list[str]:
        """The providers that have a statement, in the order of their identifiers."""
        named = {payment.provider for payment in (*self.payments, *(self.before or ()))}
        return sorted(named - {""}, key=lambda name: (len(name), name) if name.isdigit() else (10**6, name))

    @cached_property
    def changes(self) -> pl.DataFrame:
        """What changed since the last statements, and why; no rows where these are the first of the period."""
        if self.before is None:
            return pl.DataFrame(schema=CHANGE_SCHEMA)
        return changes_frame(self.before, self.payments, self.reasons)

    @cached_property
    def index(self) -> pl.DataFrame:
        """One row a provider, and one without an identifier for provisions that have none.

        Columns provider_id, name, children, paid, next_payment, open, carried_over, total, change; money in pence.
        """
        amount = pl.col("amount")
        later = self.calendar.next.name if self.calendar.next else ""
        sums = self.frame.group_by("provider_id", maintain_order=True).agg(
            pl.col("placement_id").drop_nulls().n_unique().alias("placements"),
            *(
                amount.filter(pl.col("status") == status).sum().alias(status)
                for status in ("paid", "open", "carried_over")
            ),
            amount.filter((pl.col("month") == later).fill_null(False)).sum().alias("next_payment"),
            amount.sum().alias("total"),
        )
        changed = self.changes.group_by("provider_id").agg(pl.col("difference").sum().alias("change"))
        order = pl.DataFrame({"provider_id": self.providers}, schema={"provider_id": pl.String})
        nobody = sums.filter(pl.col("provider_id").is_null()).select("provider_id")
        names = self.costing.placements.providers.select("provider_id", "name")
        money = ["paid", "next_payment", "open", "carried_over", "total", "change"]
        return (
            pl.concat([order, nobody])
            .join(names, on="provider_id", how="left", maintain_order="left")
            .join(sums, on="provider_id", how="left", maintain_order="left", nulls_equal=True)
            .join(changed, on="provider_id", how="left", maintain_order="left", nulls_equal=True)
            .select("provider_id", "name", pl.col("placements", *money).fill_null(0))
        )

    @cached_property
    def findings(self) -> pl.DataFrame:
        """The findings of placements, with what each means; columns FINDING_COLUMNS.

        The messages are left out: those of one provider's placement may name another's.
        """
        known = {(PUBLISHED_AS.get(kind.code, kind.code), kind.severity): kind for kind in CODES.values()}
        found = self.costing.findings.filter(pl.col("placement_id").is_not_null())
        kinds = [known[code, severity] for code, severity in found.select("code", "severity").iter_rows()]
        return found.with_columns(
            pl.Series("meaning", [kind.meaning for kind in kinds], dtype=pl.String),
            pl.Series("what_to_do", [kind.what_to_do for kind in kinds], dtype=pl.String),
        ).select(FINDING_COLUMNS)

    def for_provider(self, provider_id: str) -> Statement:
        """One provider's statement."""
        from tariff_engine.statements.statement import Statement

        if provider_id not in self.providers:
            raise UsageError("There is no statement for that provider: it is paid nothing in the period.")
        return Statement(self, provider_id, tuple(self.of_provider(provider_id)))

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: the edition and the one before it, frameworks, input, period."""
        record = self.costing.provenance
        return {
            "statement": _edition(self.edition),
            "previous": None if self.previous is None else _edition(self.previous),
            "paid_to": self.calendar.paid_names[-1] if self.calendar.paid else None,
            **{name: record[name] for name in ("engine_version", "frameworks", "input", "period", "created_at")},
        }

    def write(self, folder: str | Path, progress: Callable[[int, int], None] | None = None) -> list[Path]:
        """Write a workbook for each provider, the index and the file of payments into a new folder; all or none.

        ``progress`` is told how many of how many files are written.
        """
        from tariff_engine.statements.writing import write_statements

        return write_statements(self, Path(folder), progress)

    def of_provider(self, provider: str) -> Sequence[Payment]:
        """The payments to one provider; blank is what has no provider."""
        return self._by_provider.get(provider, ())

    @cached_property
    def _by_provider(self) -> Mapping[str, list[Payment]]:
        found: dict[str, list[Payment]] = {}
        for payment in self.payments:
            found.setdefault(payment.provider, []).append(payment)
        return found

    @cached_property
    def lines_by_payee(self) -> Mapping[str, list[dict[str, Any]]]:
        """The lines of the costing that the high needs budget pays, by who is paid."""
        ours = pl.col("payer") == vocabulary().high_needs_payer
        found: dict[str, list[dict[str, Any]]] = {}
        for line in self.costing.lines.filter(ours & (pl.col("days") > 0)).iter_rows(named=True):
            found.setdefault(line["payee"] or "", []).append(line)
        return found


def kind_of(payment: Payment) -> str:
    """What an amount is, by the codes of KINDS."""
    if payment.account.kind == CARRY_OVER or payment.line != CORRECTION:
        return payment.account.kind
    return CORRECTION


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "number": edition.number,
        "made_on": edition.made_on.isoformat(),
        "period": edition.period.name,
        "content_hash": edition.content_hash,
    }
