"""Cases C: money at its edges, through the front door."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tariff_engine import Costing, FundingPeriod, cost, load_frameworks
from tariff_engine.errors import BoundsError, FrameworkError
from tariff_engine.instalments import month_by_month, settle_paid_months, year_weights
from tariff_engine.pricing import annual_top_up
from tests.small import TARIFFS, TOML, UPLIFTS, a_caseload, a_framework, a_row, a_tariff, cost_rows, write_version

from .files import amounts, errors, finding, nothing_lost, price, row, text

FULL = 4000000

# Ten school days in each of three months, so that a year falls into three equal parts.
THIRDS = """[proration]
method = "school_days"
remainder = "{remainder}"
school_terms = [
    {{ start = 2025-05-12, end = 2025-05-23 }},
    {{ start = 2025-06-09, end = 2025-06-20 }},
    {{ start = 2025-07-07, end = 2025-07-18 }},
]
"""
CALENDAR = '[proration]\nmethod = "calendar_days"\nremainder = "spread"\n'


def in_thirds(folder: Path, remainder: str, agreed: str, uplifts: str = "") -> list[int]:
    """What a year at an agreed price comes to in each of three equal parts."""
    toml = TOML.replace(CALENDAR, THIRDS.format(remainder=remainder))
    framework = write_version(folder / "small", framework_toml=toml, uplifts_csv=UPLIFTS.replace("-1000.00", "-100.00"))
    caseload = a_caseload({**row(1, agreed_price=agreed, end_date="2025-07-18"), "uplifts": uplifts})
    found = cost(caseload, framework, "FY2025-26")
    assert nothing_lost(found, 1)
    return [int(found.lines[month][0]) for month in ("2025-05", "2025-06", "2025-07")]


@pytest.mark.parametrize(("remainder", "parts"), [("spread", [3333, 3334, 3333]), ("last", [3333, 3333, 3334])])
def test_c1_a_hundred_pounds_in_three_equal_parts(tmp_path: Path, remainder: str, parts: list[int]) -> None:
    assert in_thirds(tmp_path, remainder, "100.00") == parts


@pytest.mark.parametrize(("remainder", "parts"), [("spread", [-3333, -3334, -3333]), ("last", [-3333, -3333, -3334])])
def test_c2_a_hundred_pounds_less_is_the_mirror(tmp_path: Path, remainder: str, parts: list[int]) -> None:
    assert in_thirds(tmp_path, remainder, "0.00", "reduction") == parts


def test_c5_half_a_penny_is_rounded_away_from_zero(tmp_path: Path) -> None:
    tariffs = TARIFFS.replace("12132.00", "2.01")
    uplifts = UPLIFTS.replace("-1000.00", "-2.01")
    framework = write_version(tmp_path / "small", tariffs_csv=tariffs, uplifts_csv=uplifts)
    more = a_row(1, fte="0.5")
    less = {**row(2, agreed_price="0", fte="0.5"), "uplifts": "reduction"}
    found = cost(a_caseload(more, less), framework, "FY2025-26")
    assert found.lines["annual_price"].to_list() == [101, -101]
    assert nothing_lost(found, 2)


def test_c7_a_placement_split_inside_a_month_is_within_a_penny_of_the_whole(tmp_path: Path) -> None:
    whole = price(tmp_path, text(row(1, agreed_price="39999.99")))
    first = row(1, agreed_price="39999.99", end_date="2025-11-16")
    second = row(2, child_id="C1", agreed_price="39999.99", start_date="2025-11-17")
    split = price(tmp_path, text(first, second))
    assert abs(split.total - whole.total) <= 1
    for month in whole.months:
        assert abs(int(split.lines[month].sum()) - int(whole.lines[month].sum())) <= 1
    assert int(split.lines["days"].sum()) == 365, "every day is on one row"
    assert nothing_lost(split, 2)


@pytest.mark.parametrize("change", ["2025-11-16", "2026-04-01", "2025-08-31", "2025-09-01"])
def test_c8_a_change_of_band_is_priced_from_its_day_and_no_day_twice(tmp_path: Path, change: str) -> None:
    day = date.fromisoformat(change)
    assert change != "2025-11-16" or day.isoweekday() == 7
    before = a_row(1, end_date=(day - timedelta(days=1)).isoformat(), need_learning="1")
    after = a_row(2, child_id="C1", start_date=change, need_learning="3")
    framework = write_version(tmp_path / "small")
    period = FundingPeriod.parse("2025-04-01..2027-03-31")
    found = cost(a_caseload(before, after), framework, period)
    assert int(found.lines["days"].sum()) == 730
    old = found.lines.filter(pl.col("band") == "B1")
    new = found.lines.filter(pl.col("band") == "B3")
    assert old["to"].max() == day - timedelta(days=1)
    assert new["from"].min() == day
    # £4,500.01 and £20,000.00 a year of 365 days.
    first_year = (min(day, date(2026, 4, 1)) - date(2025, 4, 1)).days
    assert abs(int(old["amount"].sum()) - 450001 * first_year / 365) <= 1
    assert abs(int(new["amount"].sum()) - 2000000 * (730 - first_year) / 365) <= 1
    assert nothing_lost(found, 2)


def test_c8_a_new_version_prices_from_its_first_day(tmp_path: Path) -> None:
    old = TOML.replace('"2025-26"', '"old"').replace("= 2020-04-01", "= 2020-04-01\neffective_to = 2025-08-31")
    new = TOML.replace('"2025-26"', '"new"').replace("= 2020-04-01", "= 2025-09-01")
    write_version(tmp_path / "all" / "old", framework_toml=old)
    write_version(tmp_path / "all" / "new", framework_toml=new, tariffs_csv=TARIFFS.replace("12132.00", "14600.00"))
    found = cost(a_caseload(a_row(1)), tmp_path / "all", "2025-08-31..2025-09-01")
    assert found.lines.select("version", "days", "annual_price").rows() == [("old", 1, 1213200), ("new", 1, 1460000)]
    # A day of 1213200 in 365, from the running figures 1213200 x 152 / 365 and 153 / 365; a day of 1460000 is 4000.
    assert found.lines["amount"].to_list() == [508547 - 505223, 4000]


def test_c9_no_row_for_a_band_is_a_finding_with_band_provision_and_days(tmp_path: Path) -> None:
    tariffs = "".join(line for line in TARIFFS.splitlines(keepends=True) if ",B2," not in line)
    framework = write_version(tmp_path / "small", tariffs_csv=tariffs)
    found = cost(a_caseload(a_row(1, start_date="2025-09-01"), a_row(2, need_learning="1")), framework, "FY2025-26")
    assert errors(found) == [("no_tariff", 2, "provision")]
    said = finding(found, "no_tariff", 2)
    assert all(part in said for part in ("B2", "special", "2025-09-01", "2026-03-31"))
    assert amounts(found) == {"P1": None, "P2": 450001}
    assert nothing_lost(found, 2, 1)


def test_c9_days_without_a_version_have_no_price_and_never_last_year_s(tmp_path: Path) -> None:
    toml = TOML.replace("= 2020-04-01", "= 2020-04-01\neffective_to = 2025-12-31")
    framework = write_version(tmp_path / "small", framework_toml=toml)
    found = cost(a_caseload(a_row(1), a_row(2, end_date="2025-12-31")), framework, "FY2025-26")
    assert errors(found) == [("no_version", 2, "start_date")]
    said = finding(found, "no_version", 2)
    assert "from 2026-01-01 to 2026-03-31" in said
    assert amounts(found)["P1"] is None
    assert found.lines.filter(pl.col("placement_id") == "P1").select(found.money_columns).null_count().row(0) == (
        2,
    ) * len(found.money_columns)
    assert nothing_lost(found, 2, 1)


def test_c10_two_rates_for_the_same_are_refused_when_they_are_loaded(tmp_path: Path) -> None:
    twice = TARIFFS + "special,,B2,,tariff,year,1.00,,,no,s\n"
    with pytest.raises(FrameworkError, match=r"tariffs\.csv, row 9, .* is already on row 3"):
        load_frameworks(write_version(tmp_path / "small", tariffs_csv=twice))


def by_month(found: Costing) -> dict[str, int]:
    return {month: int(found.lines[month].sum()) for month in found.months}


def test_c11_a_band_changed_after_the_event_leaves_paid_months_alone(tmp_path: Path) -> None:
    framework = write_version(tmp_path / "small")
    was = by_month(cost(a_caseload(a_row(1, need_learning="1")), framework, "FY2025-26"))
    due = by_month(cost(a_caseload(a_row(1, need_learning="2")), framework, "FY2025-26"))
    paid = {month: was[month] for month in list(was)[:5]}
    open_months, difference, carried = settle_paid_months(due, paid)
    # April to August are 153 of 365 days: 1213200 x 153 / 365 = 508546.85 now, 450001 x 153 / 365 = 188630.56 paid.
    assert (difference, carried) == (508547 - 188631, 0)
    assert open_months == {month: due[month] for month in list(due)[5:]}
    assert sum(paid.values()) + sum(open_months.values()) + difference + carried == 1213200


def test_c11_with_no_month_open_the_difference_is_carried_over(tmp_path: Path) -> None:
    framework = write_version(tmp_path / "small")
    was = by_month(cost(a_caseload(a_row(1, need_learning="2")), framework, "FY2025-26"))
    due = by_month(cost(a_caseload(a_row(1, need_learning="1")), framework, "FY2025-26"))
    assert settle_paid_months(due, was) == ({}, 0, 450001 - 1213200)


PROVIDERS = "provider_id,closed,successor\n100001,2025-11-12,100009\n100002,2025-11-12,\n"


def closing(folder: Path, *rows: dict[str, str]) -> Costing:
    (folder / "providers.csv").write_text(PROVIDERS, encoding="utf-8")
    return price(folder, text(*rows), providers=folder / "providers.csv")


def test_c12_when_a_provider_closes_the_rest_goes_to_its_successor(tmp_path: Path) -> None:
    plain = price(tmp_path, text(row(1, agreed_price="39999.99")))
    found = closing(tmp_path, row(1, agreed_price="39999.99"))
    lines = found.lines.select("payee", "from", "to", "days")
    assert lines.rows() == [
        ("100001", date(2025, 4, 1), date(2025, 11, 12), 226),
        ("100009", date(2025, 11, 13), date(2026, 3, 31), 139),
    ]
    closed, successor = found.lines.rows(named=True)
    assert [closed[month] for month in ("2025-12", "2026-01", "2026-02", "2026-03")] == [0, 0, 0, 0]
    assert [successor[month] for month in found.months[:7]] == [0] * 7
    # November is 3999999 x 244 / 365 - 3999999 x 214 / 365 = 2673972 - 2345205 = 328767, of which 12 of 30 days.
    assert (closed["2025-11"], successor["2025-11"]) == (131507, 328767 - 131507)
    assert found.total == plain.total == 3999999
    for month in found.months:
        assert int(found.lines[month].sum()) == int(plain.lines[month].sum())
    assert (closed["provider_id"], successor["provider_id"]) == ("100001", "100001")
    assert "closed on 2025-11-12, and its successor is paid" in finding(found, "provider_succeeded", 2)
    assert not found.has_errors
    assert nothing_lost(found, 1)


def test_c12_a_placement_that_begins_after_the_closing_is_the_successor_s_alone(tmp_path: Path) -> None:
    found = closing(tmp_path, row(1, start_date="2026-01-01"), row(2, end_date="2025-11-12"))
    assert found.lines.select("payee", "from").rows() == [("100009", date(2026, 1, 1)), ("100001", date(2025, 4, 1))]
    assert nothing_lost(found, 2)


def test_c12_without_a_successor_it_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    found = closing(tmp_path, row(1, provider_id="100002"))
    assert found.lines["payee"].to_list() == ["100002"]
    assert "no successor is named" in finding(found, "provider_closed", 2)
    assert amounts(found) == {"P1": FULL}


def test_c12_like_children_are_handed_over_together(tmp_path: Path) -> None:
    one = closing(tmp_path, row(1, agreed_price="39999.99"))
    caseload = a_caseload({**row(1, agreed_price="39999.99"), "count": "3"})
    many = cost(caseload, tmp_path / "small", "FY2025-26", providers=tmp_path / "providers.csv")
    assert many.lines["amount"].to_list() == [3 * pence for pence in one.lines["amount"]]


SPELL = {"provision": "ap_time_limited", "start_date": "2025-09-08", "end_date": "2025-10-19"}


@pytest.mark.parametrize(("units", "pence"), [("0", 0), ("0.5", 5163), ("30", 309750)])
def test_c14_alternative_provision_by_days(tmp_path: Path, units: str, pence: int) -> None:
    found = cost(a_caseload(a_row(1, **SPELL, units=units)), write_version(tmp_path / "small"), "FY2025-26")
    assert amounts(found) == {"P1": pence}  # £103.25 a day; half a day is 5162.5
    assert found.lines["amount"][0] is not None
    assert nothing_lost(found, 1)


def test_c15_the_value_of_a_place_is_shown_apart_and_never_added(tmp_path: Path) -> None:
    found = cost(a_caseload(a_row(1), a_row(2, fte="0.5")), write_version(tmp_path / "small"), "FY2025-26")
    assert found.lines["place_value"].to_list() == [1000000, 1000000], "of a place, not scaled"
    assert found.lines["amount"].to_list() == [1213200, 606600]
    assert found.total == 1213200 + 606600
    assert "place_value" in found.money_columns
    assert nothing_lost(found, 2)


def test_c16_one_child_s_year_above_ten_million_is_refused_and_the_rest_priced() -> None:
    # £100,000.00 an hour x 168 hours x 39 weeks.
    framework = a_framework(a_tariff("mainstream", unit="hour", rate_pence=10_000_000), a_tariff())
    rows = [a_row(1, provision="mainstream", support_hours="168"), a_row(2)]
    found = cost_rows(framework, *rows)
    assert errors(found) == [("amount_too_large", 2, "provision")]
    assert "£10,000,000.00" in finding(found, "amount_too_large", 2)
    assert amounts(found) == {"P1": None, "P2": 450000}
    assert nothing_lost(found, 2, 1)


def test_c16_one_child_s_year_of_just_ten_million_is_priced() -> None:
    # £1,000,000.00 a week x 10 weeks; a penny a week more is above it.
    framework = a_framework(a_tariff(unit="week", rate_pence=100_000_000), weeks_per_year=10)
    assert amounts(cost_rows(framework, a_row(1))) == {"P1": 10**9}
    above = a_framework(a_tariff(unit="week", rate_pence=100_000_000), weeks_per_year="10.000001")
    assert amounts(cost_rows(above, a_row(1))) == {"P1": None}


def test_c16_a_run_above_what_a_double_holds_is_refused() -> None:
    framework = a_framework(a_tariff(rate_pence=100_000_000))
    rows = [a_row(n, count="1000000") for n in range(1, 92)]
    with pytest.raises(BoundsError, match="£90,071,992,547,409"):
        cost_rows(framework, *rows)


def some_rows(count: int) -> list[dict[str, str]]:
    """Placements of every sort, the same every time."""
    rng = Random(17)
    rows = []
    for number in range(count):
        start = date(2024, 9, 1) + timedelta(days=rng.randrange(500))
        end = start + timedelta(days=rng.randrange(400))
        cells = {
            "need_learning": str(rng.randrange(4)),
            "nc_year": str(rng.randrange(-1, 14)),
            "fte": rng.choice(["", "0.6"]),
        }
        rows.append(a_row(number, start_date=str(start), end_date=rng.choice(["", str(end)]), **cells))
    return rows


def digest(*costings: Costing) -> str:
    """A hash over all lines, in the order of their identifiers and days."""
    lines = pl.concat([found.lines for found in costings]).sort("placement_id", "from")
    return hashlib.sha256(lines.write_csv().encode()).hexdigest()


def test_c17_shuffled_or_split_the_result_is_the_same(tmp_path: Path) -> None:
    framework = write_version(tmp_path / "small")
    rows = some_rows(200)
    whole = cost(a_caseload(*rows), framework, "FY2025-26")
    shuffled = list(rows)
    Random(1).shuffle(shuffled)
    assert digest(cost(a_caseload(*shuffled), framework, "FY2025-26")) == digest(whole)
    halves = [cost(a_caseload(*part), framework, "FY2025-26") for part in (rows[:77], rows[77:])]
    assert digest(*halves) == digest(whole)
    assert {key: sum(half.counts[key] for half in halves) for key in whole.counts} == whole.counts
    assert nothing_lost(whole, 200)


def test_c18_ten_thousand_placements_one_by_one_and_together() -> None:
    rng = Random(18)
    framework = a_framework(a_tariff(rate_pence=1213207, area_cost=True), areas={"878": 1021330})
    period = FundingPeriod.parse("FY2025-26")
    weights = year_weights(framework, period.start, period.end)
    rows, expected = [], []
    for number in range(10_000):
        start = period.start + timedelta(days=rng.randrange(365))
        end = min(start + timedelta(days=rng.randrange(365)), period.end)
        fte = rng.randrange(1, 1_000_001)
        part = f"{fte // 1_000_000}.{fte % 1_000_000:06d}"
        rows.append(a_row(number, start_date=str(start), end_date=str(end), fte=part, nc_year=""))
        annual = annual_top_up(framework, framework.tariffs[0], fte, None, 1021330)
        assert annual is not None
        months = {m.name: m.instalment for m in month_by_month(annual, weights, start, end, period.months)}
        expected.append((annual, *(months.get(month.name, 0) for month in period.months)))
    found = cost_rows(framework, *rows)
    assert found.lines.select("annual_price", *found.months).rows() == expected
