"""Random amounts, frameworks and caseloads, and how many of each a property is tried on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tariff_engine import Framework
from tariff_engine.framework import PlaceRate, Tariff
from tariff_engine.periods import academic_year
from tests.small import a_framework, a_row, a_tariff, an_uplift

Row = dict[str, str]

# One example of a caseload is a whole costing; one example of a batch is forty cases.
CASELOADS = settings(max_examples=25)
BATCHES = settings(max_examples=250)
FEWER_BATCHES = settings(max_examples=60)
SINGLES = settings(max_examples=500)
BATCH = 40

MILLION = 1_000_000


def often(*likely: int, between: tuple[int, int]) -> st.SearchStrategy[int]:
    """Whole numbers of a span, with some that are likely to make ties and edges."""
    return st.one_of(st.sampled_from(likely), st.integers(*between))


RATES = often(0, 1, 5, 450001, 1213200, 99_999_999, 100_000_000, between=(0, 100_000_000))
FTES = often(1, 200_000, 500_000, 600_000, 999_999, MILLION, between=(1, MILLION))
HOURS = often(0, 1, 500_000, 22_500_000, 167_999_999, 168_000_000, between=(0, 168_000_000))
AREA_COSTS = often(1, 500_000, MILLION, 1_021_330, 9_999_999, 10_000_000, between=(1, 10_000_000))
UNITS = often(0, 1, 500_000, 30_000_000, 366_000_000, between=(0, 366_000_000))
YEARS = often(0, 1, 50, 10_000, 1_239_078, 10**9, between=(0, 10**9))
SIGNED_YEARS = st.one_of(YEARS, YEARS.map(lambda pence: -pence))
LIMITS = st.one_of(st.none(), RATES)

TERM_SHARES = [
    ("5/12", "4/12", "3/12"),
    ("1/3", "1/3", "1/3"),
    ("0.416667", "0.333333", "0.25"),
    ("3/7", "2/7", "2/7"),
]
TERM_DAYS = [("04-01", "07-31", "05-15"), ("09-01", "12-31", "10-02"), ("01-01", "03-31", "01-15")]


def terms(first_year: int, last_year: int, shares: tuple[str, str, str]) -> list[dict[str, str]]:
    """Three terms in each financial year."""
    found = []
    for year in range(first_year, last_year + 1):
        for (start, end, count), share in zip(TERM_DAYS, shares, strict=True):
            calendar = year + 1 if start == "01-01" else year
            days = {"start": f"{calendar}-{start}", "end": f"{calendar}-{end}", "count_date": f"{calendar}-{count}"}
            found.append({**days, "share": share})
    return found


def school_terms(first_year: int, last_year: int) -> list[dict[str, str]]:
    """School terms of each calendar year."""
    spans = [("01-05", "02-13"), ("02-23", "03-27"), ("04-13", "07-22"), ("09-02", "12-18")]
    years = range(first_year, last_year + 1)
    return [{"start": f"{year}-{start}", "end": f"{year}-{end}"} for year in years for start, end in spans]


@st.composite
def prorations(draw: st.DrawFn) -> dict[str, Any]:
    """Every method and remainder, with the dates that it needs from 2023 to 2029."""
    method = draw(st.sampled_from(["calendar_days", "calendar_days", "school_days", "months", "terms"]))
    if method == "months":
        return {"method": method, "count_day": draw(st.one_of(st.integers(1, 28), st.just("last")))}
    if method == "terms":
        return {"method": method, "terms": terms(2023, 2028, draw(st.sampled_from(TERM_SHARES)))}
    found: dict[str, Any] = {"method": method, "remainder": draw(st.sampled_from(["spread", "last"]))}
    if method == "school_days":
        found |= {"school_terms": school_terms(2023, 2029), "closed": ["2025-05-05", "2026-05-04"]}
    return found


UPLIFTS = (
    an_uplift("amount", "amount", 150_000),
    an_uplift("percent", "percent", 2_500_000),
    an_uplift("less", "amount", -100_000),
    an_uplift("special", "percent", 10_000_000, "special"),
)
PLACES = (PlaceRate("special", "pre16", "commissioned", 1_000_000, "s"),)


def rates(factor: int = 100) -> tuple[Tariff, ...]:
    """A rate for every unit and basis, in all sorts of specificity, times a factor in hundredths."""

    def at(pence: int) -> int:
        return pence * factor // 100

    return (
        a_tariff(band="B1", rate_pence=at(450_001), area_cost=True),
        a_tariff(band="B2", rate_pence=at(1_213_200), area_cost=True),
        a_tariff(band="B3", rate_pence=at(2_000_003), area_cost=True),
        a_tariff(band="B2", phase="secondary", rate_pence=at(1_300_001)),
        a_tariff(provider_id="100002", rate_pence=at(777_777)),
        a_tariff("mainstream", unit="hour", rate_pence=at(1_304)),
        a_tariff("independent_special", price_basis="agreed", rate_pence=None, maximum_pence=6_300_000),
        a_tariff("nmss", price_basis="agreed", rate_pence=at(3_000_001), minimum_pence=450_000),
        a_tariff("ap_time_limited", unit="day", rate_pence=at(10_325)),
        a_tariff("ap_targeted", unit="week", rate_pence=at(45_001)),
        a_tariff("respite", rate_pence=at(123_457)),
    )


def a_rich_framework(factor: int = 100, **header: Any) -> Framework:
    """A version with every kind of rate, uplifts, places and area costs."""
    areas = {"878": 1_021_330, "879": 998_877}
    return a_framework(*rates(factor), uplifts=UPLIFTS, places=PLACES, areas=areas, **header)


PROVISIONS = ["special"] * 4 + [
    "mainstream",
    "independent_special",
    "nmss",
    "ap_time_limited",
    "ap_targeted",
    "respite",
]
LEVELS = st.integers(0, 3).map(str)
DAYS = st.dates(date(2024, 9, 1), date(2026, 12, 31))


@st.composite
def good_rows(draw: st.DrawFn, number: int, *, units: bool = True) -> Row:
    """A row that can be read and, but for a missing hour or price, priced; each its own child."""
    provision = draw(st.sampled_from(PROVISIONS))
    start = draw(DAYS)
    goes_on = draw(st.booleans())
    end = start + timedelta(days=draw(st.integers(0, 600)))
    row = a_row(
        number,
        provision=provision,
        provider_id=draw(st.sampled_from(["100001", "100002", "100003"])),
        provider_type=draw(st.sampled_from(["maintained", "academy", "independent"])),
        provider_la=draw(st.sampled_from(["", "878", "879"])),
        home_la=draw(st.sampled_from(["878", "879"])),
        nc_year=draw(st.one_of(st.just(""), st.integers(-1, 13).map(str))),
        need_learning=draw(LEVELS),
        need_social=draw(LEVELS),
        start_date=start.isoformat(),
        end_date="" if goes_on else end.isoformat(),
        fte=draw(st.one_of(st.just(""), st.sampled_from(["0.2", "0.5", "0.333333", "1"]))),
    )
    row["band"] = draw(st.sampled_from(["", "", "", "B1", "B3", "none"]))
    row["uplifts"] = draw(st.sampled_from(["", "", "amount", "percent;less", "special; amount", "amount;amount"]))
    row["support_hours"] = draw(st.sampled_from(["22.5", "0", "12.345678"])) if provision == "mainstream" else ""
    if provision in ("independent_special", "nmss"):
        row["agreed_price"] = draw(st.sampled_from(["40000.00", "64000.01", "0"]))
    if provision.startswith("ap_") and not goes_on and units:
        row["units"] = draw(st.sampled_from(["", "30", "0.5", "0"]))
    row["count"] = draw(st.sampled_from(["", "", "1", "7"]))
    return row


@st.composite
def good_caseloads(draw: st.DrawFn, most: int = 12, *, units: bool = True) -> list[Row]:
    """Rows of different children that can be read."""
    size = draw(st.integers(1, most))
    return [draw(good_rows(number, units=units)) for number in range(1, size + 1)]


BAD_CELLS: list[Row] = [
    {"start_date": "soon"},
    {"start_date": ""},
    {"end_date": "2020-01-01"},
    {"provision": "Special"},
    {"home_la": "000"},
    {"fte": "2"},
    {"count": "lots"},
    {"band": "B9"},
    {"need_social": ""},
    {"uplifts": "never-heard-of"},
    {"provider_id": ""},
    {"provision": "further_education"},
    {"support_hours": "", "provision": "mainstream"},
    {"agreed_price": "TBC"},
    {"placement_id": "P1"},
    {"child_id": "C1"},
    {"child_id": "C1", "fte": "0.2", "provider_id": "100009"},
    {"units": "12", "provision": "ap_targeted", "end_date": ""},
]


@st.composite
def any_caseloads(draw: st.DrawFn, most: int = 12) -> list[Row]:
    """Rows of which some can't be read, stand twice or overlap."""
    rows = draw(good_caseloads(most))
    for index, row in enumerate(rows):
        if draw(st.booleans()):
            rows[index] = {**row, **draw(st.sampled_from(BAD_CELLS))}
    if draw(st.booleans()):
        rows.append({**rows[0], "placement_id": "again"})
    return rows


def year_group_on(row: Row, period_start: date, other_start: date) -> Row:
    """The row with the year group that the same child has on another period's reference day."""
    if not row["nc_year"]:
        return row
    start = date.fromisoformat(row["start_date"])
    older = academic_year(max(start, other_start)) - academic_year(max(start, period_start))
    return {**row, "nc_year": str(int(row["nc_year"]) + older)}
