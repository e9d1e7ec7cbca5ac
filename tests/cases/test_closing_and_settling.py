"""Cases C beyond the first: every method of instalments, more than one change, and the command line's own end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from api.cli import main
from tariff_engine import Costing, cost, load_frameworks
from tariff_engine.errors import FrameworkError
from tariff_engine.instalments import settle_paid_months
from tests.small import BANDS, TARIFFS, TOML, a_caseload, a_row, write_csv, write_version

from .files import amounts, finding, nothing_lost, price, row, text

YEAR = "FY2025-26"
PLAIN = 'method = "calendar_days"\nremainder = "spread"\n'
LAST = 'method = "calendar_days"\nremainder = "last"\n'
MONTHS = 'method = "months"\ncount_day = 15\n'
TERMS = """method = "terms"
[[proration.terms]]
name = "Summer"
start = 2025-04-01
end = 2025-08-31
share = "5/12"
count_date = 2025-05-15
[[proration.terms]]
name = "Autumn"
start = 2025-09-01
end = 2025-12-31
share = "4/12"
count_date = 2025-10-02
[[proration.terms]]
name = "Spring"
start = 2026-01-01
end = 2026-03-31
share = "3/12"
count_date = 2026-01-15
"""
SCHOOL_DAYS = """method = "school_days"
school_terms = [{ start = 2025-04-22, end = 2025-07-22 }, { start = 2025-09-02, end = 2026-03-27 }]
"""
METHODS = {"calendar": PLAIN, "last": LAST, "months": MONTHS, "terms": TERMS, "school days": SCHOOL_DAYS}


def by_month(found: Costing) -> dict[str, int]:
    """What each month comes to, all lines together. [pence]"""
    return {month: int(found.lines[month].sum()) for month in found.months}


# ---- C10: two rows for the same, or a gap where there can be none

TWICE_LEVEL = BANDS.replace("B2,2,Band 2,,2", "B2,2,Band 2,,1")
NO_WHOLE = TOML.replace(PLAIN, TERMS.replace('"3/12"', '"2/12"'))
TOO_LONG = TOML.replace(PLAIN, TERMS.replace("end = 2025-12-31", "end = 2026-01-10"))
OUTSIDE = TOML.replace(PLAIN, TERMS.replace("count_date = 2026-01-15", "count_date = 2026-04-01"))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"tariffs_csv": TARIFFS + "special,,B2,,agreed,,,,,no,s\n"}, "is already on row 3"),
        ({"bands_csv": BANDS + "B2,4,Again,,4,,s\n"}, "is already on row 3"),
        ({"bands_csv": BANDS.replace("B3,3", "B3,2")}, "is already on row 3"),
        ({"bands_csv": TWICE_LEVEL}, "must rise with order"),
        ({"framework_toml": NO_WHOLE}, "11/12"),
        ({"framework_toml": TOO_LONG}, "another term ends on 2026-01-10"),
        ({"framework_toml": OUTSIDE}, "count_date"),
    ],
    ids=["rate", "band", "order", "level", "shares", "terms", "count-date"],
)
def test_c10_rows_that_overlap_or_leave_a_gap_are_refused_at_load(
    tmp_path: Path, files: Mapping[str, str], says: str
) -> None:
    with pytest.raises(FrameworkError) as refused:
        load_frameworks(write_version(tmp_path / "small", **files))
    assert says in str(refused.value)
    assert "Traceback" not in str(refused.value)


# ---- C9 and C16 at the command line


def test_c9_a_caseload_without_any_rate_is_written_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_version(tmp_path / "small", tariffs_csv=TARIFFS.replace("special,,B2", "nmss,,B2"))
    write_csv(tmp_path / "in.csv", a_row(1))
    assert main(["price", "in.csv", "--framework", "small", "--period", YEAR, "--out", "out.csv"]) == 1
    assert "no_tariff" in capsys.readouterr().out
    written = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert written.select("amount", "annual_price", "2025-04").row(0) == (None, None, None)


def test_c16_a_run_above_the_exact_range_ends_in_a_sentence_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_version(tmp_path / "small", tariffs_csv=TARIFFS.replace("12132.00", "1000000.00"))
    write_csv(tmp_path / "in.csv", *(a_row(number, count="1000000") for number in range(1, 92)))
    assert main(["price", "in.csv", "--framework", "small", "--period", YEAR, "--out", "out.csv"]) == 1
    said = capsys.readouterr()
    assert (said.out, "Traceback" in said.err) == ("", False)
    assert "the most that spreadsheets hold to the penny" in " ".join(said.err.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "small"]


# ---- C11: what was paid stays, whatever comes after


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("paid_months", [0, 5, 12])
def test_c11_paid_open_and_carried_over_are_what_is_due(tmp_path: Path, method: str, paid_months: int) -> None:
    folder = write_version(tmp_path / "small", framework_toml=TOML.replace(PLAIN, METHODS[method]))
    was = by_month(cost(a_caseload(a_row(1, need_learning="3")), folder, YEAR))
    lower_from_june = [
        a_row(1, need_learning="3", end_date="2025-06-14"),
        a_row(2, child_id="C1", start_date="2025-06-15"),
    ]
    due = by_month(cost(a_caseload(*lower_from_june), folder, YEAR))
    paid = dict(list(was.items())[:paid_months])
    open_months, difference, carried = settle_paid_months(due, paid)
    assert list(open_months) == list(due)[paid_months:]
    assert all(open_months[month] == due[month] for month in open_months)
    assert sum(paid.values()) + sum(open_months.values()) + difference + carried == sum(due.values())
    assert (carried if open_months else difference) == 0


# ---- C12: a provider closes and another takes over


def closing(folder: Path, *rows: dict[str, str], providers: str) -> Costing:
    """Price rows with a providers file beside them."""
    (folder / "providers.csv").write_text(f"provider_id,closed,successor\n{providers}", encoding="utf-8")
    return cost(a_caseload(*rows), folder / "small", YEAR, providers=folder / "providers.csv")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("closed", ["2025-04-01", "2025-08-31", "2025-11-12"])
def test_c12_totals_are_conserved_by_month_whatever_the_method(tmp_path: Path, method: str, closed: str) -> None:
    folder = write_version(tmp_path / "small", framework_toml=TOML.replace(PLAIN, METHODS[method]))
    rows = [
        a_row(1),
        a_row(2, start_date="2025-09-03", end_date="2026-02-13", count="3"),
        a_row(3, nc_year="6"),
        a_row(4, provision="ap_time_limited", units="30", start_date="2025-09-08", end_date="2025-12-19"),
        a_row(5, provider_id="100002"),
    ]
    plain = cost(a_caseload(*rows), folder, YEAR)
    found = closing(tmp_path, *rows, providers=f"100001,{closed},100009\n")
    assert by_month(found) == by_month(plain)
    each = ["placement_id", *found.months]
    for one, other in zip(
        found.lines.select(each).group_by("placement_id", maintain_order=True).sum().rows(),
        plain.lines.select(each).group_by("placement_id", maintain_order=True).sum().rows(),
        strict=True,
    ):
        assert one == other
    day = date.fromisoformat(closed)
    paid = found.lines.filter(pl.col("days") > 0)
    assert (paid.filter(pl.col("payee") == "100001")["to"] <= day).all()
    assert (paid.filter(pl.col("payee") == "100009")["from"] > day).all()
    later = [month for month in found.months if month > closed[:7]]
    for month in later:
        assert found.lines.filter(pl.col("payee") == "100001")[month].sum() == 0
    assert int(paid["days"].sum()) == int(plain.lines["days"].sum())
    assert found.by("payee")["amount"].sum() == found.total == plain.total
    assert nothing_lost(found, 5)


def test_c12_a_closing_before_or_after_the_days_of_a_placement_changes_nothing_of_it(tmp_path: Path) -> None:
    write_version(tmp_path / "small")
    rows = [row(1, end_date="2025-06-30"), row(2, start_date="2026-01-05")]
    found = closing(tmp_path, *rows, providers="100001,2025-06-30,100009\n")
    assert found.lines.select("payee", "from", "to").rows() == [
        ("100001", date(2025, 4, 1), date(2025, 6, 30)),
        ("100009", date(2026, 1, 5), date(2026, 3, 31)),
    ]
    assert "closed on 2025-06-30" in finding(found, "provider_succeeded", 3)
    assert nothing_lost(found, 2)


def test_c12_a_successor_that_closes_too_is_paid_nothing_after_its_last_day(tmp_path: Path) -> None:
    write_version(tmp_path / "small")
    found = closing(tmp_path, row(1), providers="100001,2025-06-30,100002\n100002,2025-12-31,100003\n")
    assert found.lines.select("payee", "to").rows()[1:] == [
        ("100002", date(2025, 12, 31)),
        ("100003", date(2026, 3, 31)),
    ]
    assert found.total == 4000000
    assert nothing_lost(found, 1)


def test_c12_a_bad_row_of_the_providers_file_stops_no_placement(tmp_path: Path) -> None:
    providers = tmp_path / "providers.csv"
    providers.write_text("provider_id,closed,successor\n100001,31/06/2025,100009\n100002,30/06/2025,100009\n", "utf-8")
    found = price(tmp_path, text(row(1), row(2, provider_id="100002")), providers=providers)
    bad = found.findings.filter(pl.col("code") == "bad_value")
    assert "providers file: closed '31/06/2025' is not a day that exists" in bad["message"][0]
    assert "row 2" in bad["message"][0]
    assert found.lines.select("placement_id", "payee").rows() == [("P1", "100001"), ("P2", "100002"), ("P2", "100009")]
    assert amounts(found) == {"P1": 4000000, "P2": 4000000}


def test_what_reading_the_providers_file_notes_is_told_apart_from_the_placements_notes(tmp_path: Path) -> None:
    providers = tmp_path / "providers.csv"
    content = "Provider ID;colour;provider_type\n100001;red;academy\n\n100002;blue;academy;x;y\n"
    providers.write_bytes(content.encode("utf-16"))
    found = price(tmp_path, text(row(1)).replace(",fte,", ",FTE,"), providers=providers).findings
    of_file = found.filter(pl.col("message").str.starts_with("providers file: "))
    assert of_file.select("code", "row", "column").rows() == [
        ("encoding", None, "providers file"),
        ("delimiter", None, "providers file"),
        ("header_matched", None, "provider_id (row 1)"),
        ("extra_column", None, "colour (row 1)"),
        ("blank_row", None, "providers file (row 3)"),
        ("ragged_row", None, "providers file (row 4)"),
    ]
    assert found.filter(pl.col("row") == 1)["column"].to_list() == ["fte"]


# ---- C7 and C8: a placement in several rows


@pytest.mark.parametrize("cut", ["2025-06-15", "2025-09-01"])
@pytest.mark.parametrize("method", METHODS)
def test_c7_a_split_moves_no_more_than_a_penny(tmp_path: Path, method: str, cut: str) -> None:
    folder = write_version(tmp_path / "small", framework_toml=TOML.replace(PLAIN, METHODS[method]))
    before = date.fromordinal(date.fromisoformat(cut).toordinal() - 1).isoformat()
    whole = cost(a_caseload(a_row(1, fte="0.7")), folder, YEAR)
    parts = [a_row(1, fte="0.7", end_date=before), a_row(2, child_id="C1", fte="0.7", start_date=cut)]
    split = cost(a_caseload(*parts), folder, YEAR)
    assert abs(split.total - whole.total) <= 1
    assert not split.has_errors
    assert nothing_lost(split, 2)
