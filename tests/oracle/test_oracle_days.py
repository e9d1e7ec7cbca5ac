"""The oracle at the edges: leap days, changes of year, phase and version, handovers and cut months."""

from __future__ import annotations

from pathlib import Path

import pytest

from .calendars import PeriodRefusedError
from .oracle import Answer, Line, cost_exactly
from .small_case import cost_one, cost_rows, paid, placement, write_framework

YEAR = "special,,,,tariff,year,{rate},,,no,s\n"
LAST = 'method = "calendar_days"\nremainder = "last"'


def spans(answer: Answer) -> list[tuple[str, str, str]]:
    """Version, first and last day of each line."""
    return [(line.version, str(line.first), str(line.last)) for line in answer.lines]


@pytest.mark.parametrize(("end", "pence"), [("2028-02-28", 28000), ("2028-02-29", 29000), ("2028-03-01", 30000)])
def test_a_leap_day_is_a_day_of_its_year(tmp_path: Path, end: str, pence: int) -> None:
    write_framework(tmp_path, YEAR.format(rate="3660.00"))
    line = cost_one(tmp_path, "FY2027-28", start_date="2028-02-01", end_date=end)
    assert (line.amount, line.days) == (pence, pence // 1000)


@pytest.mark.parametrize(
    ("basis", "period", "days"),
    [
        ("financial", "FY2027-28", 366),
        ("financial", "FY2028-29", 365),
        ("academic", "AY2027-28", 366),
        ("academic", "AY2026-27", 365),
    ],
)
def test_a_year_of_the_basis_has_its_own_days(tmp_path: Path, basis: str, period: str, days: int) -> None:
    write_framework(tmp_path, YEAR.format(rate=f"{days * 10}.00"), basis=basis)
    line = cost_one(tmp_path, period, start_date="2020-01-01")
    assert line.days == days
    assert line.amount == days * 1000


def test_a_stint_is_cut_where_the_basis_starts_a_new_year(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="3650.01"))
    answer = cost_rows(tmp_path, placement(start_date="2025-09-01"), period="AY2025-26")
    assert spans(answer) == [("v1", "2025-09-01", "2026-03-31"), ("v1", "2026-04-01", "2026-08-31")]
    # 365001 x 212 / 365 = 212000.58; 365001 x 153 / 365 = 153000.42
    assert [line.amount for line in answer.lines] == [212001, 153000]


def test_the_phase_changes_on_1_september(tmp_path: Path) -> None:
    rows = "special,,,primary,tariff,year,365.00,,,no,s\nspecial,,,secondary,tariff,year,730.00,,,no,s\n"
    write_framework(tmp_path, rows)
    answer = cost_rows(tmp_path, placement(nc_year="6"))
    assert spans(answer) == [("v1", "2025-04-01", "2025-08-31"), ("v1", "2025-09-01", "2026-03-31")]
    assert [line.amount for line in answer.lines] == [15300, 42400]
    assert [set(line.phases) for line in answer.lines] == [{"primary"}, {"secondary"}]


@pytest.mark.parametrize(("nc_year", "lines"), [("-2", 1), ("-1", 2), ("5", 1), ("11", 2), ("12", 1), ("", 1)])
def test_only_a_change_of_phase_cuts(tmp_path: Path, nc_year: str, lines: int) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"))
    answer = cost_rows(tmp_path, placement(nc_year=nc_year))
    assert len(answer.lines) == lines


def test_the_year_group_is_that_of_the_start_where_the_start_is_later(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"))
    one = cost_rows(tmp_path, placement(nc_year="6", start_date="2025-08-31"))
    assert spans(one) == [("v1", "2025-08-31", "2025-08-31"), ("v1", "2025-09-01", "2026-03-31")]
    other = cost_rows(tmp_path, placement(nc_year="6", start_date="2025-09-01"))
    assert spans(other) == [("v1", "2025-09-01", "2026-03-31")]


def test_a_day_goes_to_the_version_with_the_latest_start_once(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"), version="v1")
    write_framework(tmp_path, YEAR.format(rate="3650.00"), version="v2", start="2025-06-01", end="2025-06-30")
    answer = cost_rows(tmp_path, placement())
    assert spans(answer) == [
        ("v1", "2025-04-01", "2025-05-31"),
        ("v2", "2025-06-01", "2025-06-30"),
        ("v1", "2025-07-01", "2026-03-31"),
    ]
    assert [line.amount for line in answer.lines] == [6100, 30000, 27400]
    assert answer.totals.amount_pence == 63500


def test_a_draft_counts_only_where_it_is_named(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"), version="v1")
    write_framework(tmp_path, YEAR.format(rate="730.00"), version="v2", start="2025-06-01", status="consultation")
    assert cost_rows(tmp_path, placement()).totals.amount_pence == 36500
    assert cost_rows(tmp_path / "v2", placement(start_date="2025-06-01")).totals.amount_pence == 60800


def test_days_without_a_version_have_no_price(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"), start="2025-04-02")
    answer = cost_rows(tmp_path, placement())
    assert spans(answer) == [("", "2025-04-01", "2025-04-01"), ("v1", "2025-04-02", "2026-03-31")]
    assert [line.amount for line in answer.lines] == [None, None]
    assert answer.findings[2] == {"no_version": "error"}
    assert answer.totals.set_aside == 1


def test_a_named_version_can_cover_every_day_and_says_so(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"), start="2030-04-01")
    (line,) = cost_exactly(tmp_path / "v1", [placement()], "FY2025-26", as_if=True).lines
    assert (line.version, line.amount) == ("v1 (as if)", 36500)


@pytest.mark.parametrize(
    ("start", "end"), [("2026-04-01", ""), ("2020-01-01", "2025-03-31"), ("2026-04-01", "2026-04-02")]
)
def test_a_spell_outside_the_period_has_one_line_of_nothing(tmp_path: Path, start: str, end: str) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"))
    answer = cost_rows(tmp_path, placement(start_date=start, end_date=end))
    (line,) = answer.lines
    assert (line.days, line.amount, line.annual_price, line.version, line.first) == (0, 0, None, "", None)
    assert set(line.months.values()) == {0}
    assert (answer.totals.priced, answer.totals.set_aside) == (1, 0)


@pytest.mark.parametrize(("start", "end"), [("2025-03-31", "2025-04-01"), ("2026-03-31", "2026-04-01")])
def test_a_spell_that_touches_the_period_by_a_day_is_due_for_it(tmp_path: Path, start: str, end: str) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.00"))
    line = cost_one(tmp_path, start_date=start, end_date=end)
    assert (line.days, line.amount) == (1, 100)


def test_a_cut_month_takes_what_has_built_up_at_the_cut(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.01"))
    whole = cost_one(tmp_path)
    first = cost_one(tmp_path, "2025-04-01..2025-04-15")
    second = cost_one(tmp_path, "2025-04-16..2025-04-30")
    assert (first.amount, second.amount) == (1500, 1500)
    assert (first.amount or 0) + (second.amount or 0) == whole.months["2025-04"]


@pytest.mark.parametrize(
    "proration", [LAST, 'method = "months"\ncount_day = 15', 'method = "school_days"\nremainder = "last"']
)
def test_a_rule_for_whole_months_refuses_to_cut_one(tmp_path: Path, proration: str) -> None:
    write_framework(tmp_path, YEAR.format(rate="365.01"), proration=proration)
    with pytest.raises(PeriodRefusedError):
        cost_one(tmp_path, "2025-04-01..2025-04-15")
    with pytest.raises(PeriodRefusedError):
        cost_one(tmp_path, "2025-04-02..2025-04-30")


def test_the_last_month_of_a_stint_takes_the_rest_though_the_period_goes_on(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="100.00"), proration=LAST)
    line = cost_one(tmp_path, start_date="2025-04-01", end_date="2025-06-05")
    # 10000 x 30 / 365 = 821.9; x 31 = 849.3; of 66 days 1808.2: 1808 - 822 - 849
    assert paid(line) == [822, 849, 137]


@pytest.mark.parametrize("remainder", ["spread", "last"])
def test_an_amount_below_nothing_mirrors_one_above(tmp_path: Path, remainder: str) -> None:
    uplifts = "code,title,kind,value,provisions,source_id\nUP,,amount,1100.01,,s\nDOWN,,amount,-1100.01,,s\n"
    proration = f'method = "calendar_days"\nremainder = "{remainder}"'
    write_framework(tmp_path, YEAR.format(rate="0.00"), proration=proration, uplifts=uplifts)
    up, down = (cost_one(tmp_path, uplifts=code, fte="0.5") for code in ("UP", "DOWN"))
    assert (up.annual_price, down.annual_price) == (55001, -55001)
    assert list(down.months.values()) == [-(pence or 0) for pence in up.months.values()]


@pytest.mark.parametrize(
    ("count_day", "end", "pence"),
    [
        ('"last"', "2026-02-27", 1000),
        ('"last"', "2026-02-28", 1100),
        ("28", "2026-02-28", 1100),
        ("1", "2026-02-01", 1100),
        ("1", "2026-01-31", 1000),
    ],
)
def test_a_month_counts_on_its_count_day(tmp_path: Path, count_day: str, end: str, pence: int) -> None:
    write_framework(tmp_path, YEAR.format(rate="12.00"), proration=f'method = "months"\ncount_day = {count_day}')
    assert cost_one(tmp_path, end_date=end).amount == pence


def test_a_stint_counts_months_from_its_own_start(tmp_path: Path) -> None:
    write_framework(tmp_path, YEAR.format(rate="100.00"), proration='method = "months"\ncount_day = 15')
    line = cost_one(tmp_path, start_date="2025-06-15")
    # C is round(10000 x k / 12) with k from 1 in June: 833, 1667, 2500 ...
    assert paid(line)[:3] == [833, 834, 833]


def commissioned(folder: Path, period: str = "FY2025-26", **cells: str) -> list[Line]:
    row = placement(provision="ap_transitional", **cells)
    return cost_rows(folder, row, period=period).lines


def test_units_are_priced_at_the_first_covered_day_and_keep_each_stints_version(tmp_path: Path) -> None:
    day = "ap_transitional,,,,tariff,day,{rate},,,no,s\n"
    write_framework(tmp_path, day.format(rate="100.00"), version="v1", end="2025-08-31")
    write_framework(tmp_path, day.format(rate="999.00"), version="v2", start="2025-09-01")
    lines = commissioned(tmp_path, units="20", start_date="2025-08-22", end_date="2025-09-10")
    assert [(line.version, line.days, line.amount) for line in lines] == [
        ("v1", 10, 100000),
        ("v2", 10, 100000),
    ]
    assert [line.annual_price for line in lines] == [1900000, 1900000]


@pytest.mark.parametrize(("units", "pence"), [("0", 0), ("0.5", 5000), ("0.333333", 3333), ("366", 3660000)])
def test_any_number_of_units_can_be_bought(tmp_path: Path, units: str, pence: int) -> None:
    write_framework(tmp_path, "ap_transitional,,,,tariff,day,100.00,,,no,s\n")
    (line,) = commissioned(tmp_path, units=units, start_date="2025-09-08", end_date="2025-10-19")
    assert line.amount == pence


def test_units_in_a_spell_that_began_before_the_period_pay_what_is_left(tmp_path: Path) -> None:
    write_framework(tmp_path, "ap_transitional,,,,tariff,week,100.00,,50.00,no,s\n")
    (line,) = commissioned(tmp_path, units="10", start_date="2025-03-22", end_date="2025-04-10")
    assert (line.amount, line.over_limit, line.days) == (50000, 0, 10)


def test_units_without_an_end_have_no_price(tmp_path: Path) -> None:
    write_framework(tmp_path, "ap_transitional,,,,tariff,week,100.00,,,no,s\n")
    answer = cost_rows(tmp_path, placement(provision="ap_transitional", units="10"))
    assert answer.findings[2] == {"units_open_ended": "error"}
    assert answer.lines[0].amount is None


def test_a_year_without_terms_has_no_price(tmp_path: Path) -> None:
    proration = """method = "school_days"
[[proration.school_terms]]
start = 2024-09-02
end = 2025-03-31
"""
    write_framework(tmp_path, YEAR.format(rate="365.00"), proration=proration)
    answer = cost_rows(tmp_path, placement(start_date="2025-03-31"), period="AY2024-25")
    assert answer.findings[2] == {"no_terms": "error"}
    assert [line.amount for line in answer.lines] == [None, None]
    fine = cost_rows(tmp_path, placement(start_date="2025-03-31", end_date="2025-03-31"), period="AY2024-25")
    assert fine.totals.amount_pence == 242  # one of 151 school days: 36500 / 151 = 241.7
