"""Two years of statements with random events: paid + open + carried over is what is due, and what was paid stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tariff_engine import Costing, Framework
from tariff_engine.periods import FundingPeriod
from tariff_engine.statements import Statements, make_statements
from tariff_engine.statements.statement import check_tables
from tests.oracle.settling import Key, Ledger
from tests.small import a_framework, a_row, a_tariff, cost_rows

FIRST, SECOND = "FY2025-26", "FY2026-27"
START = date(2025, 4, 1)
DAYS = 730
CLOSES_TO = {"100001": "100002", "100002": "100003"}
PROVIDERS = ["100001", "100002", "100003"]
LEVELS = ["1", "2", "3"]

Event = tuple[str, int, int]
EVENTS = st.tuples(
    st.sampled_from(
        ["join", "join", "leave", "leave", "band", "band", "rate", "close", "move", "remove", "blank", "fill"]
    ),
    st.integers(0, 10**6),
    st.integers(0, DAYS - 1),
)
STEPS = st.lists(st.tuples(st.lists(EVENTS, max_size=4), st.sampled_from([0, 1, 1, 2])), min_size=3, max_size=9)
TWO_YEARS = settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""One example is some twenty costings, so none is made smaller."""
LATE = st.lists(EVENTS, max_size=3)


def framework(factor: int) -> Framework:
    """Three bands, at rates that months don't divide, times a factor in hundredths."""
    rates = {"B1": 450_001, "B2": 1_213_200, "B3": 2_000_003}
    rows = [a_tariff(band=band, rate_pence=pence * factor // 100) for band, pence in rates.items()]
    return a_framework(*rows, effective_from="2020-04-01")


@dataclass
class Authority:
    """A caseload that things happen to, and what an accountant would note of the payments."""

    rows: list[dict[str, str]] = field(default_factory=lambda: [a_row(1), a_row(2, provider_id="100002")])
    closings: dict[str, tuple[date, str]] = field(default_factory=dict)
    factor: int = 100
    number: int = 2

    def happen(self, event: Event) -> None:
        """Change the caseload; ``which`` picks the row, and ``when`` the day."""
        what, which, when = event
        day = START + timedelta(days=when)
        if what == "join":
            self._add(day, PROVIDERS[which % 3], LEVELS[which % 7 % 3])
        elif what == "rate":
            self.factor = 90 + which % 30
        elif what == "close":
            provider = PROVIDERS[which % 2]
            self.closings.setdefault(provider, (day, CLOSES_TO[provider]))
        elif self.rows:
            self._change(self.rows[which % len(self.rows)], what, which, day)

    def _change(self, row: dict[str, str], what: str, which: int, day: date) -> None:
        if what == "remove":
            self.rows.remove(row)
        elif what in ("blank", "band", "fill"):
            row["need_learning"] = "" if what == "blank" else LEVELS[which // 3 % 3]
        elif row["start_date"] <= day.isoformat():
            row["end_date"] = day.isoformat()
            if what == "move" and day < START + timedelta(days=DAYS - 1):
                self._add(day + timedelta(days=1), PROVIDERS[which // 3 % 3], "2", row["child_id"])

    def _add(self, day: date, provider: str, level: str, child: str | None = None) -> None:
        self.number += 1
        cells = {"provider_id": provider, "need_learning": level, "start_date": day.isoformat()}
        self.rows.append(a_row(self.number, **cells, child_id=child or f"C{self.number}"))

    def cost(self, period: str) -> Costing:
        """What the caseload costs now; each child's overlapping rows apart, as they would be set aside."""
        providers = pl.DataFrame(
            [(name, day.isoformat(), to) for name, (day, to) in self.closings.items()],
            schema={"provider_id": pl.String, "closed": pl.String, "successor": pl.String},
            orient="row",
        )
        rows = self.rows or [a_row(0, start_date="2010-01-01", end_date="2010-01-02")]
        return cost_rows(framework(self.factor), *rows, period=period, providers=providers)


def due_of(costing: Costing) -> tuple[dict[Key, dict[str, int]], set[str]]:
    """What is due for each placement and payee, from the lines alone; and the placements without a price."""
    due: dict[Key, dict[str, int]] = {}
    unpriced = set()
    for line in costing.lines.iter_rows(named=True):
        if line["amount"] is None:
            unpriced.add(line["placement_id"])
            continue
        months = due.setdefault((line["payee"], "top_up", line["placement_id"]), {})
        for month in costing.months:
            months[month] = months.get(month, 0) + line[month]
    return due, unpriced


@dataclass
class Year:
    """One period's statements, and the ledger beside them."""

    period: str
    ledger: Ledger
    made: Statements | None = None
    paid_to: str = ""
    brought: dict[Key, int] = field(default_factory=dict)

    @classmethod
    def of(cls, period: str) -> Year:
        return cls(period, Ledger(month.name for month in FundingPeriod.parse(period).months))

    def state(self, authority: Authority, advance: int, before: Year | None = None) -> None:
        """Pay some more months, make the next statements, and compare them with the ledger."""
        costing = authority.cost(self.period)
        months = self.ledger.months
        paid = 0 if self.made is None else min(len(months), len([m for m in months if m <= self.paid_to]) + advance)
        self.paid_to = months[paid - 1] if paid else ""
        due, unpriced = due_of(costing)
        if before is not None:
            self.brought = before.ledger.carried_over()
        due |= {key: {months[0]: pence} for key, pence in self.brought.items()}
        self.ledger.settle(due, unpriced, self.paid_to, authority.closings)
        sources = [source.made for source in (self, before) if source is not None and source.made is not None]
        made = make_statements(costing, sources, paid_to=(self.paid_to or "none") if self.made else None)
        self.compare(made, costing, unpriced)
        self.made = made

    def compare(self, made: Statements, costing: Costing, unpriced: set[str]) -> None:
        """What holds of every statement."""
        assert totals(made) == self.ledger.payments()
        if not unpriced:
            brought = sum(p.amount or 0 for p in made.payments if p.account.kind == "carry_over")
            assert made.total == costing.total + brought
        for provider in made.providers:
            statement = made.for_provider(provider)
            check_tables(statement)
            assert statement.total == statement.summary["total"].sum()
        assert int(made.index["total"].sum()) == made.total
        if self.made is not None:
            assert paid_rows(made, "") == paid_rows(self.made, self.paid_to)
            assert int(made.changes["difference"].sum()) == made.total - self.made.total
            assert by_provider(made.changes, "difference") == difference(self.made, made)
            assert made.previous == self.made.edition


def totals(made: Statements) -> Mapping[tuple[str, str | None], int]:
    """What each provider is paid in each month, by the engine."""
    found: Counter[tuple[str, str | None]] = Counter()
    for payment in made.payments:
        found[payment.provider, payment.month] += payment.amount or 0
    return {where: pence for where, pence in found.items() if pence}


def paid_rows(made: Statements, up_to: str) -> Counter[tuple[object, ...]]:
    """Every payment that was made, or that is made up to a month."""
    return Counter(
        (payment.provider, payment.account, payment.line, payment.month, payment.amount)
        for payment in made.payments
        if payment.amount is not None and (payment.status == "paid" or (payment.month or "9999") <= up_to)
    )


def by_provider(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """A column of pence added up by provider, without those that come to nothing."""
    sums: Counter[str] = Counter()
    for provider, pence in frame.select("provider_id", column).iter_rows():
        sums[provider] += pence
    return {provider: pence for provider, pence in sums.items() if pence}


def difference(before: Statements, after: Statements) -> dict[str, int]:
    """The difference of two indexes by provider."""
    was, now = by_provider(before.index, "total"), by_provider(after.index, "total")
    each = {provider: now.get(provider, 0) - was.get(provider, 0) for provider in {*was, *now}}
    return {provider: pence for provider, pence in each.items() if pence}


@given(first=STEPS, second=STEPS, late=LATE)
@TWO_YEARS
def test_paid_and_open_and_carried_over_are_what_is_due_through_two_years(
    first: list[tuple[list[Event], int]], second: list[tuple[list[Event], int]], late: list[Event]
) -> None:
    authority, this = Authority(), Year.of(FIRST)
    for events, advance in first:
        for event in events:
            authority.happen(event)
        this.state(authority, advance)
    this.state(authority, 12)
    following = Year.of(SECOND)
    for step, (events, advance) in enumerate(second):
        for event in events:
            authority.happen(event)
        following.state(authority, advance, this if step == 0 else None)
        if step == 1:
            # What is found out late about the first year is carried over into the second.
            for event in late:
                authority.happen(event)
            this.state(authority, 0)
            following.state(authority, 0, this)
    following.state(authority, 12)


@given(events=st.lists(EVENTS, max_size=8), paid=st.integers(0, 12))
@TWO_YEARS
def test_the_same_statements_again_say_the_same_and_change_nothing(events: list[Event], paid: int) -> None:
    authority, year = Authority(), Year.of(FIRST)
    year.state(authority, 0)
    for event in events:
        authority.happen(event)
    year.state(authority, paid)
    once = year.made
    assert once is not None
    year.state(authority, 0)
    again = year.made
    assert again is not None
    assert totals(again) == totals(once)
    assert again.changes["difference"].sum() == 0
    assert again.edition.number == once.edition.number + 1
