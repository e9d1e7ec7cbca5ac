"""Funding periods, the two kinds of year, and the months between two days."""

from __future__ import annotations

from datetime import date

import pytest

from tariff_engine import FundingPeriod
from tariff_engine.errors import PeriodError, UsageError
from tariff_engine.periods import Month, YearBasis, academic_year, months_between


@pytest.mark.parametrize(
    ("text", "start", "end", "months"),
    [
        ("FY2025-26", date(2025, 4, 1), date(2026, 3, 31), 12),
        ("AY2025-26", date(2025, 9, 1), date(2026, 8, 31), 12),
        ("FY2099-00", date(2099, 4, 1), date(2100, 3, 31), 12),
        ("FY1950-51", date(1950, 4, 1), date(1951, 3, 31), 12),
        ("AY2149-50", date(2149, 9, 1), date(2150, 8, 31), 12),
        ("2025-04-01..2026-03-31", date(2025, 4, 1), date(2026, 3, 31), 12),
        ("2025-05-17..2025-05-17", date(2025, 5, 17), date(2025, 5, 17), 1),
        ("2024-02-29..2024-03-01", date(2024, 2, 29), date(2024, 3, 1), 2),
        ("1950-01-01..1950-01-31", date(1950, 1, 1), date(1950, 1, 31), 1),
        ("2150-12-01..2150-12-31", date(2150, 12, 1), date(2150, 12, 31), 1),
        ("2020-04-01..2030-03-31", date(2020, 4, 1), date(2030, 3, 31), 120),
    ],
)
def test_a_period_is_read_with_both_its_days(text: str, start: date, end: date, months: int) -> None:
    period = FundingPeriod.parse(f" {text} ")
    assert (period.name, period.start, period.end, len(period.months)) == (text, start, end, months)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FY2025-27", "Period 'FY2025-27': the two years must follow each other, as in FY2025-26."),
        ("AY2025-25", "Period 'AY2025-25': the two years must follow each other, as in AY2025-26."),
        ("FY2099-01", "Period 'FY2099-01': the two years must follow each other, as in FY2099-00."),
        ("FY1949-50", "Period 'FY1949-50': dates run from 1950-01-01 to 2150-12-31."),
        ("FY2150-51", "Period 'FY2150-51': dates run from 1950-01-01 to 2150-12-31."),
        ("2026-04-01..2026-03-31", "Period 2026-04-01..2026-03-31: it ends before it starts."),
        ("1949-12-31..1950-03-31", "Period 1949-12-31..1950-03-31: dates run from 1950-01-01 to 2150-12-31."),
        ("2150-12-01..2151-01-01", "Period 2150-12-01..2151-01-01: dates run from 1950-01-01 to 2150-12-31."),
        ("2025-02-29..2025-03-31", "Period '2025-02-29..2025-03-31': one of the dates does not exist."),
        ("2025-04-01..2025-13-01", "Period '2025-04-01..2025-13-01': one of the dates does not exist."),
        ("2020-04-01..2030-04-01", "Period 2020-04-01..2030-04-01: it has 121 months, and the most is 120."),
        ("2025", "Period '2025': expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
        ("", "Period '': expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
        ("fy2025-26", "Period 'fy2025-26': expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
        ("FY2025/26", "Period 'FY2025/26': expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
        ("01/04/2025..31/03/2026", "expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
        ("2025-04-01...2026-03-31", "expected FY2025-26, AY2025-26 or 2025-04-01..2026-03-31."),
    ],
)
def test_a_period_that_is_none_is_refused_with_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(PeriodError) as refused:
        FundingPeriod.parse(text)
    assert str(refused.value).endswith(message)
    assert isinstance(refused.value, UsageError), "the command line ends with status 2"


def test_months_are_calendar_months_cut_to_the_period() -> None:
    assert FundingPeriod.parse("2025-11-17..2026-02-03").months == (
        Month("2025-11", date(2025, 11, 17), date(2025, 11, 30)),
        Month("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        Month("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        Month("2026-02", date(2026, 2, 1), date(2026, 2, 3)),
    )


def test_a_financial_year_runs_from_april_to_march_and_an_academic_one_from_september() -> None:
    names = [month.name for month in FundingPeriod.parse("FY2025-26").months]
    assert (names[0], names[-1]) == ("2025-04", "2026-03")
    names = [month.name for month in FundingPeriod.parse("AY2025-26").months]
    assert (names[0], names[-1]) == ("2025-09", "2026-08")


def test_february_has_its_29th_day_in_a_leap_year() -> None:
    (february,) = months_between(date(2028, 2, 1), date(2028, 2, 29))
    assert february == Month("2028-02", date(2028, 2, 1), date(2028, 2, 29))


def test_there_are_no_months_between_a_day_and_an_earlier_one() -> None:
    assert list(months_between(date(2025, 5, 2), date(2025, 5, 1))) == []


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("FY2025-26", True),
        ("2025-04-01..2025-04-30", True),
        ("2028-02-01..2028-02-29", True),
        ("2028-02-01..2028-02-28", False),
        ("2025-04-02..2025-04-30", False),
        ("2025-04-01..2025-05-30", False),
    ],
)
def test_a_period_of_whole_months_is_known(text: str, whole: bool) -> None:
    assert FundingPeriod.parse(text).is_whole_months is whole


@pytest.mark.parametrize(
    ("basis", "day", "start", "end"),
    [
        (YearBasis.FINANCIAL, date(2026, 3, 31), date(2025, 4, 1), date(2026, 3, 31)),
        (YearBasis.FINANCIAL, date(2026, 4, 1), date(2026, 4, 1), date(2027, 3, 31)),
        (YearBasis.FINANCIAL, date(2025, 12, 25), date(2025, 4, 1), date(2026, 3, 31)),
        (YearBasis.ACADEMIC, date(2026, 8, 31), date(2025, 9, 1), date(2026, 8, 31)),
        (YearBasis.ACADEMIC, date(2026, 9, 1), date(2026, 9, 1), date(2027, 8, 31)),
        (YearBasis.ACADEMIC, date(2028, 2, 29), date(2027, 9, 1), date(2028, 8, 31)),
    ],
)
def test_a_day_lies_in_the_year_of_a_basis(basis: YearBasis, day: date, start: date, end: date) -> None:
    assert basis.year_of(day) == (start, end)


def test_the_academic_year_changes_on_1_september() -> None:
    assert academic_year(date(2025, 8, 31)) == 2024
    assert academic_year(date(2025, 9, 1)) == 2025
    assert academic_year(date(2026, 1, 1)) == 2025
