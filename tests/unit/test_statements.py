"""Statements: what is settled, who is paid it, what is said of it, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.statements import Statements, make_statements
from tariff_engine.statements.record import payment_columns, read_payments
from tariff_engine.statements.statement import check_tables
from tests.places_by_hand import a_rate, fund_rows, some_places
from tests.small import a_framework, a_row, a_tariff, cost_rows

# A year of £12,000.00, so that by counted months each of them comes to £1,000.00.
MONTHLY = a_framework(
    a_tariff(band="B1", rate_pence=600_000),
    a_tariff(band="B2", rate_pence=1_200_000),
    proration={"method": "months", "count_day": 1},
)
DEARER = a_framework(
    a_tariff(band="B1", rate_pence=600_000),
    a_tariff(band="B2", rate_pence=1_320_000),
    proration={"method": "months", "count_day": 1},
)
LAST_YEAR, THIS_YEAR = "FY2025-26", "FY2026-27"
PLACES = a_framework(places=[a_rate()])


def costing(*rows: Mapping[str, str], framework: Any = MONTHLY, period: str = LAST_YEAR, **options: Any) -> Costing:
    return cost_rows(framework, *rows, period=period, **options)


def paid_in(made: Statements, provider: str) -> dict[str | None, int]:
    """What a provider is paid in each month that something is, None for what is carried over. [pounds]"""
    summary = made.for_provider(provider).summary
    return {month: pence // 100 for month, pence in summary.select("month", "total").iter_rows() if pence}


def reasons(made: Statements) -> dict[str, tuple[str, int]]:
    """The reason of each placement's change, and its difference. [pounds]"""
    rows = made.changes.select("placement_id", "reason", "difference").iter_rows()
    return {placement: (reason, pence // 100) for placement, reason, pence in rows}


def providers(*closed: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(closed), schema=["provider_id", "closed", "successor"], orient="row")


def test_the_first_statement_pays_what_the_costing_says() -> None:
    due = costing(a_row(1), a_row(2, provider_id="100002", start_date="2026-01-01"))
    made = make_statements(due)
    assert paid_in(made, "100001") == dict.fromkeys(due.months, 1000)
    assert paid_in(made, "100002") == {"2026-01": 1000, "2026-02": 1000, "2026-03": 1000}
    assert (made.edition.number, made.previous, made.total) == (1, None, due.total)
    assert made.changes.is_empty()


def test_a_backdated_band_is_made_good_in_the_next_open_month() -> None:
    first = make_statements(costing(a_row(1)))
    made = make_statements(costing(a_row(1, need_learning="1")), first, paid_to="2025-06")
    months = paid_in(made, "100001")
    assert [months[f"2025-0{month}"] for month in (4, 5, 6, 7, 8)] == [1000, 1000, 1000, 500 - 1500, 500]
    assert reasons(made) == {"P1": ("band", -6000)}
    (correction,) = [payment for payment in made.payments if payment.line == "correction"]
    assert (correction.month, correction.amount, correction.reason) == ("2025-07", -150_000, "band")
    assert correction.note == "the band was B2, and is now B1; a full year was £12,000.00, and is now £6,000.00"


def test_a_correction_that_was_paid_isn_t_made_again_and_stays_as_it_was() -> None:
    first = make_statements(costing(a_row(1)))
    lower = costing(a_row(1, need_learning="1"))
    second = make_statements(lower, first, paid_to="2025-06")
    third = make_statements(lower, second, paid_to="2025-07")
    assert paid_in(third, "100001") == paid_in(second, "100001")
    assert third.changes.is_empty()
    again = make_statements(costing(a_row(1)), third, paid_to="2025-08")
    assert paid_in(again, "100001")["2025-07"] == -1000
    assert paid_in(again, "100001")["2025-09"] == 1000 + 1500 + 500 + 500
    assert again.total == 1_200_000


def test_an_open_correction_keeps_its_reason_until_it_is_paid() -> None:
    first = make_statements(costing(a_row(1)))
    second = make_statements(costing(a_row(1, need_learning="1")), first, paid_to="2025-06")
    third = make_statements(costing(a_row(1, need_learning="1")), second, paid_to="2025-06")
    assert [p.note for p in third.payments if p.line == "correction"] == [
        p.note for p in second.payments if p.line == "correction"
    ]
    fourth = make_statements(costing(a_row(1, need_learning="1", end_date="2025-12-31")), third, paid_to="2025-06")
    (note,) = [p.note for p in fourth.payments if p.line == "correction"]
    assert note is not None
    assert "the band was B2" in note
    assert "is now 2025-12-31" in note


@pytest.mark.parametrize(
    ("now", "framework", "reason"),
    [
        ([a_row(1), a_row(2)], MONTHLY, {"P2": ("joined", 12000)}),
        ([a_row(1, end_date="2025-09-30")], MONTHLY, {"P1": ("left", -6000)}),
        ([a_row(2)], MONTHLY, {"P1": ("left", -12000), "P2": ("joined", 12000)}),
        ([a_row(1)], DEARER, {"P1": ("rate", 1200)}),
        ([a_row(1, need_learning="1")], MONTHLY, {"P1": ("band", -6000)}),
        ([a_row(1, start_date="2025-07-01")], MONTHLY, {"P1": ("correction", -3000)}),
        ([a_row(1, count="2")], MONTHLY, {"P1": ("correction", 12000)}),
        ([a_row(1, need_learning="")], MONTHLY, {"P1": ("no_price", -9000)}),
        ([a_row(1)], MONTHLY, {}),
    ],
    ids=["joined", "left", "another-row", "rate", "band", "start", "count", "no-price", "nothing"],
)
def test_each_change_has_its_reason(
    now: list[dict[str, str]], framework: Any, reason: Mapping[str, tuple[str, int]]
) -> None:
    first = make_statements(costing(a_row(1)))
    made = make_statements(costing(*now, framework=framework), first, paid_to="2025-06")
    assert reasons(made) == reason
    assert made.changes["difference"].sum() == made.total - first.total


@pytest.mark.parametrize("row", [a_row(1, provider_id="100002"), a_row(2, child_id="C1", provider_id="100002")])
def test_a_child_that_goes_to_another_provider_moved_for_both(row: dict[str, str]) -> None:
    ended = [] if row["placement_id"] == "P1" else [a_row(1, end_date="2025-06-30")]
    now = [*ended, {**row, "start_date": "2025-07-01"}]
    made = make_statements(costing(*now), make_statements(costing(a_row(1))), paid_to="2025-06")
    assert set(made.changes["reason"]) == {"moved"}
    assert not made.for_provider("100001").changes["what"].str.contains("100002").any()


def test_a_row_without_a_price_keeps_what_was_paid_and_is_paid_nothing_more() -> None:
    first = make_statements(costing(a_row(1)))
    made = make_statements(costing(a_row(1, need_learning="")), first, paid_to="2025-06")
    assert paid_in(made, "100001") == dict.fromkeys(["2025-04", "2025-05", "2025-06"], 1000)
    lines = made.for_provider("100001").children
    assert lines["total"].null_count() == 1
    assert "no price is known: see the findings" in lines["note"].to_list()
    assert made.for_provider("100001").findings["code"].to_list() == ["need_missing"]
    later = make_statements(costing(a_row(1)), made, paid_to="2025-08")
    assert paid_in(later, "100001")["2025-09"] == 3000
    assert later.total == 1_200_000


def test_a_row_that_can_t_be_read_any_more_keeps_what_was_paid() -> None:
    first = make_statements(costing(a_row(1), a_row(2)))
    made = make_statements(costing(a_row(1, start_date="31/02/2025"), a_row(2)), first, paid_to="2025-06")
    assert made.for_provider("100001").paid == 600_000
    assert made.for_provider("100001").open == 900_000
    assert made.for_provider("100001").carried_over == 0


def test_with_no_month_left_it_is_carried_over_and_the_next_period_takes_it_up() -> None:
    rows = [a_row(1), a_row(2, provider_id="100002", end_date="2026-03-31")]
    year = make_statements(costing(*rows))
    late = [a_row(1, start_date="2025-06-01"), a_row(2, provider_id="100002", end_date="2026-03-31")]
    closed = make_statements(costing(*late), year, paid_to="2026-03")
    assert paid_in(closed, "100001")[None] == -2000
    assert closed.total == costing(*late).total
    opened = make_statements(costing(*late, period=THIS_YEAR), closed)
    assert paid_in(opened, "100001")["2026-04"] == 1000 - 2000
    assert opened.for_provider("100001").summary["carry_over"].to_list()[0] == -200_000
    assert (opened.edition.number, opened.previous) == (1, closed.edition)
    # Without the last year's file this year's own payments say what it was; a later one of the last year changes it.
    again = make_statements(costing(*late, period=THIS_YEAR), opened, paid_to="2026-05")
    assert paid_in(again, "100001") == paid_in(opened, "100001")
    later = make_statements(costing(*rows), closed, paid_to="2026-03")
    put_right = make_statements(costing(*late, period=THIS_YEAR), [again, later], paid_to="2026-05")
    assert paid_in(put_right, "100001")["2026-06"] == 1000 + 2000
    assert reasons(put_right) == {"P1": ("carry_over", 2000)}


def test_what_is_left_of_a_provider_that_closed_goes_to_its_successor() -> None:
    rows = [a_row(1), a_row(2)]
    first = make_statements(costing(*rows))
    closing = providers(("100001", "2025-06-30", "100009"))
    made = make_statements(costing(*rows, providers=closing), first, paid_to="2025-08")
    # April to August were paid to the one that closed: 4,000 of it was the successor's due.
    assert paid_in(made, "100001") == dict.fromkeys(["2025-04", "2025-05", "2025-06", "2025-07", "2025-08"], 2000)
    assert paid_in(made, "100009")["2025-09"] == 2000 + 4000 - 4000
    notes = made.for_provider("100009").children["note"].drop_nulls().to_list()
    assert any(note.startswith("taken over from 100001: ") for note in notes)
    assert made.total == costing(*rows).total
    assert made.changes["difference"].sum() == 0
    assert set(made.changes["reason"]) == {"moved"}


def test_a_provider_is_paid_up_to_the_month_in_which_it_closes() -> None:
    closing = providers(("100001", "2025-08-31", "100009"))
    first = make_statements(costing(a_row(1)))
    made = make_statements(costing(a_row(1, need_learning="1"), providers=closing), first, paid_to="2025-06")
    assert paid_in(made, "100001") == {
        "2025-04": 1000,
        "2025-05": 1000,
        "2025-06": 1000,
        "2025-07": -1000,
        "2025-08": 500,
    }
    assert set(paid_in(made, "100009").values()) == {500}


def test_a_provider_that_closes_on_the_first_of_a_month_is_paid_that_month_s_correction() -> None:
    first = make_statements(costing(a_row(1)))
    for closed, corrected in (("2025-07-01", "100001"), ("2025-06-30", "100009")):
        closing = providers(("100001", closed, "100009"))
        made = make_statements(costing(a_row(1, need_learning="1"), providers=closing), first, paid_to="2025-06")
        (correction,) = [payment for payment in made.payments if payment.line == "correction"]
        assert (correction.provider, correction.month, correction.amount) == (corrected, "2025-07", -150_000)


def test_what_others_pay_isn_t_in_the_statement_and_is_said() -> None:
    framework = a_framework(a_tariff(), a_tariff("respite", rate_pence=120_000))
    made = make_statements(costing(a_row(1), a_row(2, provision="respite"), framework=framework))
    statement = made.for_provider("100001")
    assert statement.total == 450_000
    assert statement.paid_by_others == {"Social care": 120_000}


def test_a_provision_without_a_provider_is_in_the_index_and_has_no_statement() -> None:
    framework = a_framework(a_tariff(), a_tariff("eotas", rate_pence=120_000))
    due = costing(a_row(1), a_row(2, provision="eotas", provider_id=""), framework=framework)
    made = make_statements(due)
    assert made.providers == ["100001"]
    assert made.index.select("provider_id", "total").rows() == [("100001", 450_000), (None, 120_000)]
    assert made.total == due.total


def test_places_have_lines_of_their_own_and_are_settled_too() -> None:
    due = costing(a_row(1))
    before, after = (fund_rows(PLACES, some_places(places_second=number)).lines for number in ("389", "403"))
    first = make_statements(due, places=before)
    made = make_statements(due, first, paid_to="2025-11", places=after)
    statement = made.for_provider("100001")
    assert made.total == due.total + int(after["amount"].sum())
    summary = statement.summary
    assert int(summary["places"].sum()) + int(summary["correction"].sum()) == int(after["amount"].sum())
    assert summary.filter(pl.col("month") == "2025-12")["correction"].item() != 0
    assert statement.places["pays_for"].to_list() == ["Places", "Places", "Correction"]
    assert made.changes["reason"].to_list() == ["places"]
    check_tables(statement)


def test_places_without_a_rate_keep_what_was_paid() -> None:
    due, funded = costing(a_row(1)), fund_rows(PLACES, some_places()).lines
    first = make_statements(due, places=funded)
    for broken in (
        funded.with_columns(pl.lit(None, pl.Int64).alias(name) for name in ("rate", "amount", *due.months)),
        funded.with_columns(provision=pl.lit(None, pl.String)),
    ):
        made = make_statements(due, first, paid_to="2025-05", places=broken)
        assert made.for_provider("100001").paid == first.frame.filter(pl.col("month") <= "2025-05")["amount"].sum()
        assert not [payment for payment in made.payments if payment.line == "correction"]
    gone = make_statements(due, first, paid_to="2025-05", places=funded.head(0))
    assert gone.total == due.total


def test_a_remittance_is_what_was_paid() -> None:
    remittance = pl.DataFrame(
        {
            "provider_id": ["100001"] * 2,
            "placement_id": ["P1", "P1"],
            "month": ["2025-04", "2025-05"],
            "amount": ["900", "1100.50"],
        }
    )
    made = make_statements(costing(a_row(1)), remittance)
    months = made.for_provider("100001").summary["total"].to_list()
    assert months[:3] == [90_000, 110_050, 100_000 - 50]
    assert made.previous is None
    assert made.changes.is_empty()
    assert [payment.note for payment in made.payments if payment.line == "correction"] == [
        "what was paid differs from what is due"
    ]


def test_the_file_of_payments_holds_all_that_the_next_statement_needs(tmp_path: Path) -> None:
    closing = providers(("100001", "2025-06-30", "100009"))
    framework = a_framework(a_tariff(), a_tariff("eotas", rate_pence=123_457), a_tariff("nmss", price_basis="agreed"))
    rows = [
        a_row(1, child_id="=cmd|x"),
        a_row(2, provision="eotas", provider_id=""),
        a_row(3, provider_id="100002", count="3"),
        a_row(4, need_learning=""),
        a_row(5, provision="nmss", provider_id=" GB 7 ", agreed_price="40000"),
    ]
    places = fund_rows(PLACES, some_places()).lines
    first = make_statements(costing(*rows, framework=framework), places=places)
    due = costing(*rows[1:], framework=framework, providers=closing)
    in_memory = make_statements(due, first, paid_to="2025-08", places=places)
    first.write(tmp_path / "first")
    from_file = make_statements(due, tmp_path / "first" / "payments.csv", paid_to="2025-08", places=places)
    assert from_file.frame.equals(in_memory.frame)
    assert from_file.changes.equals(in_memory.changes)
    assert from_file.edition == in_memory.edition
    assert from_file.record.columns == list(payment_columns())
    read = read_payments(tmp_path / "first" / "payments.csv")
    assert read.payments == first.payments
    assert read.edition == first.edition


def test_a_statement_s_hash_rests_on_all_that_its_figures_do() -> None:
    plain = make_statements(costing(a_row(1)))
    assert make_statements(costing(a_row(1))).edition.content_hash == plain.edition.content_hash
    places = fund_rows(PLACES, some_places()).lines
    others = [
        make_statements(costing(a_row(1, fte="0.5"))),
        make_statements(costing(a_row(1), framework=DEARER)),
        make_statements(costing(a_row(1), providers=providers(("100007", "2025-06-30", "100009")))),
        make_statements(costing(a_row(1)), places=places),
        make_statements(costing(a_row(1)), plain, paid_to="none"),
        make_statements(costing(a_row(1)), plain, paid_to="2025-04"),
        make_statements(costing(a_row(1)), plain, paid_to="2025-05"),
    ]
    hashes = {made.edition.content_hash for made in (plain, *others)}
    assert len(hashes) == len(others) + 1
    assert [made.edition.number for made in others[-2:]] == [2, 2]


@pytest.mark.parametrize(
    ("paid_to", "says"),
    [
        (None, "Up to which month was it paid? Give --to, such as --to 2025-04, or --to none."),
        ("2026-04", "--to 2026-04 isn't a month of FY2025-26. Give one from 2025-04 to 2026-03."),
        ("2025-05", "2025-06 was paid already, and what was paid isn't rewritten. Give --to 2025-06."),
        ("none", "2025-06 was paid already, and what was paid isn't rewritten. Give --to 2025-06."),
        (
            "2025-07-30",
            "2025-07-30 is no last day of a month, so it doesn't say which months are paid. Give the month.",
        ),
        ("July", "--to is no month; expected one such as 2025-06, or its last day."),
    ],
)
def test_a_month_that_would_rewrite_what_was_paid_is_refused(paid_to: str | None, says: str) -> None:
    first = make_statements(costing(a_row(1)))
    second = make_statements(costing(a_row(1)), first, paid_to="2025-06-30")
    with pytest.raises(UsageError) as refused:
        make_statements(costing(a_row(1)), second, paid_to=paid_to)
    assert str(refused.value) == says


def test_payments_that_don_t_belong_are_refused() -> None:
    this, following = make_statements(costing(a_row(1))), make_statements(costing(a_row(1), period=THIS_YEAR))
    for paid, paid_to, says in (
        (following, "2025-04", "Give those of the same period, or of one before it."),
        ([this, this], "2025-04", "Of one period the payments of the last statement are enough."),
        (None, "2025-04", "give --paid too"),
    ):
        with pytest.raises(UsageError, match=says):
            make_statements(costing(a_row(1)), paid, paid_to=paid_to)
    with pytest.raises(UsageError, match="There is no statement for that provider"):
        this.for_provider("100002")


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        (
            "amount",
            "twelve",
            "row 3: amount 'twelve' is not an amount in pounds; expected pounds, such as 1234.56 or -50.00",
        ),
        (
            "amount",
            "90071992547409.93",
            "row 3: amount '90071992547409.93' is above what spreadsheets hold to the penny",
        ),
        ("month", "2025-13", "row 3: month '2025-13' is not a month; expected year-month, such as 2025-09"),
        ("month", None, "row 3: month must be given, and is blank only where status is carried_over"),
        ("placement_id", None, "row 3: placement_id is blank and must be given, but for places, which need occupancy"),
        ("kind", "topup", "row 3: kind 'topup': expected top_up, places, carry_over; did you mean top_up?"),
        ("status", "paid", "row 3: amount is blank and must be given for what was paid"),
        ("statement", "2", "row 3: it is of another statement than the first row; give each its own file"),
        ("content_hash", "0123", "is no SHA-256 hash"),
        ("period", "2025", "row 3: period '2025': expected FY2025-26"),
    ],
)
def test_a_file_of_payments_with_a_row_that_can_t_be_read_is_refused_whole(
    tmp_path: Path, column: str, cell: str | None, says: str
) -> None:
    make_statements(costing(a_row(1), framework=MONTHLY)).write(tmp_path / "first")
    path = tmp_path / "first" / "payments.csv"
    table = pl.read_csv(path, infer_schema=False)
    changed = {column: cell, "amount": None} if column == "status" else {column: cell}
    rows = table.to_dicts()
    rows[1] |= changed
    pl.DataFrame(rows, schema=table.schema).write_csv(path)
    with pytest.raises(InputRefused) as refused:
        make_statements(costing(a_row(1)), path, paid_to="2025-06")
    assert str(refused.value).startswith("The file of payments can't be taken: row 3: ")
    assert says in str(refused.value)


def test_half_of_what_says_which_statement_it_is_is_refused() -> None:
    first = make_statements(costing(a_row(1)))
    half = first.record.with_columns(made_on=pl.lit(None, pl.Date), amount=pl.col("amount").cast(pl.String))
    with pytest.raises(InputRefused, match="belong together, and one of them is blank"):
        make_statements(costing(a_row(1)), half, paid_to="2025-06")


def test_places_of_a_provider_that_closes_are_its_successor_s_from_the_month_after() -> None:
    places = fund_rows(PLACES, some_places()).lines
    first = make_statements(costing(a_row(1)), places=places)
    closing = providers(("100001", "2025-08-31", "100009"))
    made = make_statements(costing(a_row(1), providers=closing), first, paid_to="2025-06", places=places)
    old, new = made.for_provider("100001"), made.for_provider("100009")
    for statement in (old, new):
        check_tables(statement)
    assert [pence > 0 for pence in old.summary["places"]] == [True] * 5 + [False] * 8
    assert [pence > 0 for pence in new.summary["places"]] == [False] * 5 + [True] * 7 + [False]
    assert int(old.summary["places"].sum()) + int(new.summary["places"].sum()) == int(places["amount"].sum())
    assert new.places["note"].to_list() == ["taken over from 100001: Places"]
