"""What a line of a costing is worked out from: its rules, its days, and why some lines aren't worked out again."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing, Framework, cost
from tariff_engine.framework import PlaceRate
from tariff_engine.recalculation import recalculation
from tariff_engine.tables.book.pages import NO_RATE, NOTHING_DUE
from tests.small import a_band, a_caseload, a_framework, a_row, a_tariff, an_uplift, cost_rows

AP = a_tariff("ap_time_limited", rate_pence=10325, unit="day")
PLACES = (
    PlaceRate("special", "pre16", "commissioned", 1_000_000, "s"),
    PlaceRate("special", "post16", "commissioned", 900_000, "s"),
)


def reasons(costing: Costing) -> list[str | None]:
    return recalculation(costing).why_not.to_list()


def line(costing: Costing, number: int = 0) -> dict[str, Any]:
    return recalculation(costing).lines.row(number, named=True)


def passed(costing: Costing, number: int = 0) -> list[int]:
    """The weight that had passed before the period and by the end of each month."""
    found = line(costing, number)
    return [found[f"passed_{at}"] for at in range(len(costing.months) + 1)]


def test_a_line_without_a_price_or_outside_the_period_is_not_worked_out_again() -> None:
    costing = cost_rows(a_framework(), a_row(1), a_row(2, provision="nmss"), a_row(3, end_date="2025-04-01"), a_row(4))
    assert reasons(costing) == [None, "No price: see Findings.", None, None]
    costing = cost_rows(a_framework(), a_row(1, start_date="2020-04-01", end_date="2021-03-31"))
    assert reasons(costing) == ["Not in the period, so nothing is due."]


def test_a_provider_that_hands_over_leaves_both_lines_as_they_are() -> None:
    columns = ("provider_id", "closed", "successor")
    providers = pl.DataFrame([("100001", "2025-10-10", "100002"), ("100002", "", "")], schema=columns, orient="row")
    rows = a_caseload(a_row(1), a_row(2, provider_id="100003"))
    costing = cost(rows, a_framework(), "FY2025-26", providers=providers)
    said = "Its provider hands over to another, and the closing month is shared between them."
    assert reasons(costing) == [said, said, None]


def test_units_on_a_rate_that_is_not_sold_by_them_leave_the_line_as_it_is() -> None:
    spell = {"units": "30", "start_date": "2025-09-08", "end_date": "2025-10-19"}
    costing = cost_rows(a_framework(a_tariff(), AP), a_row(1, **spell), a_row(2, provision="ap_time_limited", **spell))
    assert reasons(costing) == ["Its units are for a rate that isn't sold by the week or day.", None]
    assert line(costing)["by_unit"]


def test_an_unknown_uplift_that_was_not_read_leaves_the_line_as_it_is() -> None:
    banded = a_framework(a_tariff(band="B2"), uplifts=[an_uplift("extra")])
    rows = a_row(1, need_learning="0", uplifts="extr"), a_row(2, need_learning="0", uplifts="extra")
    costing = cost_rows(banded, *rows)
    assert costing.lines["amount"].to_list() == [0, 0]
    assert reasons(costing) == ["It has an uplift that isn't known, which counts as soon as it has a rate.", None]


def test_a_remainder_that_earlier_months_leave_needs_the_whole_stint() -> None:
    last = a_framework(proration={"method": "calendar_days", "remainder": "last"})
    rows = a_row(1), a_row(2, start_date="2025-07-05")
    assert reasons(cost_rows(last, *rows)) == [None, None]
    quarter = cost_rows(last, *rows, period="2025-07-01..2025-09-30")
    assert reasons(quarter) == [
        "It began before the period, and its last month takes the remainder of earlier ones too.",
        None,
    ]
    assert reasons(cost_rows(a_framework(), *rows, period="2025-07-01..2025-09-30")) == [None, None]


@pytest.mark.parametrize(("end", "month"), [("2025-04-01", 1), ("2025-09-30", 6), ("", 12)])
def test_the_month_that_takes_the_remainder_is_the_stints_last(end: str, month: int) -> None:
    last = a_framework(proration={"method": "calendar_days", "remainder": "last"})
    assert line(cost_rows(last, a_row(end_date=end)))["last_month"] == month


def test_a_stint_that_goes_on_after_the_period_has_no_last_month_in_it() -> None:
    last = a_framework(proration={"method": "calendar_days", "remainder": "last"})
    assert line(cost_rows(last, a_row(), period="2025-04-01..2025-09-30"))["last_month"] == -1
    assert line(cost_rows(a_framework(), a_row()))["last_month"] == 0


def test_days_are_counted_from_the_stints_start_to_each_months_end() -> None:
    costing = cost_rows(a_framework(), a_row(start_date="2025-09-03", end_date="2026-02-13"))
    assert passed(costing) == [0, 0, 0, 0, 0, 0, 28, 59, 89, 120, 151, 164, 164]
    assert line(costing)["whole"] == 365


def test_days_before_the_period_have_passed() -> None:
    costing = cost_rows(a_framework(), a_row(start_date="2025-09-03"), period="2026-01-01..2026-02-15")
    assert passed(costing) == [120, 151, 166]


def test_a_spell_bought_by_the_unit_has_its_own_length_as_the_year() -> None:
    spell = a_row(provision="ap_time_limited", units="30", start_date="2025-09-08", end_date="2025-10-19")
    costing = cost_rows(a_framework(AP), spell, period="2025-09-01..2025-10-31")
    assert (passed(costing), line(costing)["whole"]) == ([0, 23, 42], 42)


def test_a_placement_that_is_cut_has_its_lines_together() -> None:
    costing = cost_rows(a_framework(), a_row(1), a_row(2, nc_year="6"), a_row(3))
    found = recalculation(costing).lines.select("line", "first_line", "lines").rows()
    assert found == [(0, 0, 1), (1, 1, 2), (2, 1, 2), (3, 3, 1)]


def test_the_tariff_row_of_every_band_is_the_most_specific_that_fits() -> None:
    framework = a_framework(
        a_tariff(band="B1"),
        a_tariff(band="B1", phase="secondary"),
        a_tariff(band="B2", provider_id="100001"),
        a_tariff("mainstream"),
    )
    other = a_row(1, provider_id="100009", nc_year="8", need_learning="1")
    own = a_row(2, nc_year="8", need_learning="2")
    costing = cost_rows(framework, other, own, a_row(3, provision="mainstream", provider_id="100009"))
    found = recalculation(costing)
    assert list(found.bands) == ["none", "B1", "B2", "B3"]
    by_line = [found.choices.row(choice) for choice in found.lines["choice"]]
    assert by_line == [
        ("small@2025-26", "special", None, "secondary", NO_RATE, NOTHING_DUE, 1, NO_RATE, NO_RATE),
        ("small@2025-26", "special", "100001", "secondary", NO_RATE, NOTHING_DUE, 1, 2, NO_RATE),
        ("small@2025-26", "mainstream", None, "primary", 3, 3, 3, 3, 3),
    ]


def two_versions() -> list[Framework]:
    first = a_framework(
        a_tariff(band="B1"), a_tariff(), version="1", effective_to="2025-08-31", areas={"878": 1_100_000}
    )
    bands = (a_band("B1", 1, level=1), a_band("X", 2, level=2))
    second = a_framework(
        a_tariff(band="X"),
        a_tariff(),
        bands=bands,
        version="2",
        effective_from="2025-09-01",
        areas={"202": 1_000_000, "878": 1_200_000},
        places=PLACES,
        uplifts=[an_uplift("other"), an_uplift("extra")],
    )
    return [first, second]


def test_rows_of_a_later_version_stand_below_those_of_the_earlier() -> None:
    costing = cost_rows(two_versions(), a_row(uplifts=""), a_row(2, start_date="2025-09-01", uplifts="extra;extra"))
    lines = recalculation(costing).lines
    assert lines["version"].to_list() == [0, 1, 1]
    assert lines["area"].to_list() == [0, 2, 2]
    assert lines["place"].to_list() == [None, 0, 0]
    assert lines["uplifts"].to_list() == [[], [], [1]]


def test_a_band_of_another_version_is_no_band_here() -> None:
    found = recalculation(cost_rows(two_versions(), a_row(uplifts="")))
    assert list(found.bands) == ["none", "B1", "B2", "B3", "X"]
    first, second = (row[4:] for row in found.choices.rows())
    assert first == (1, 1, 0, 1, 1, 1)
    assert second == (3, 3, 3, 3, 3, 2)


def test_the_place_is_that_of_the_phase() -> None:
    framework = a_framework(places=PLACES)
    costing = cost_rows(framework, a_row(1), a_row(2, nc_year="13"), a_row(3, nc_year=""))
    assert recalculation(costing).lines["place"].to_list() == [0, 1, None]


def test_figures_that_may_be_changed_are_those_of_the_files_columns() -> None:
    costing = cost_rows(a_framework(), a_row(1, fte="0.5"), a_row(2, provision="nmss"))
    found = recalculation(costing).inputs
    assert list(found) == ["fte"]
    values, bounds = found["fte"]
    assert values.to_list() == [500_000, None]
    assert bounds == (0.000001, 1)


def test_an_override_needs_who_and_why() -> None:
    rows = a_row(1, override_by="Head"), a_row(2, override_by="Head", override_reason="Tribunal")
    assert recalculation(cost_rows(a_framework(), *rows)).lines["overridden"].to_list() == [False, True]


def test_a_costing_of_nothing_has_nothing_to_work_out() -> None:
    found = recalculation(cost_rows(a_framework(), a_row(provision="specialx")))
    assert (found.lines.height, len(found.why_not), found.choices.height) == (0, 0, 0)
