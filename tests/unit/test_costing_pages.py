"""What the Summary of a costing says: facts, warnings, groups in their order, findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tariff_engine import Costing, Framework
from tariff_engine.costing_pages import costing_pages
from tariff_engine.tables.book.pages import GroupTotals, SummaryPage
from tests.small import a_band, a_framework, a_row, a_tariff, cost_rows


def summary(framework: Framework | None = None, *rows: dict[str, str], **options: Any) -> SummaryPage:
    return costing_pages(cost_rows(framework or a_framework(), *(rows or (a_row(),)), **options)).summary


def group(page: SummaryPage, column: str) -> GroupTotals:
    return next(group for group in page.groups if group.column == column)


def keys(page: SummaryPage, column: str) -> list[str | None]:
    return group(page, column).frame["key"].to_list()


def labels(page: SummaryPage, column: str) -> list[str]:
    return group(page, column).frame["label"].to_list()


def test_the_facts_say_what_is_priced_under_what_and_for_when() -> None:
    costing: Costing = cost_rows(a_framework(effective_to="2026-03-31"), a_row())
    facts = dict(costing_pages(costing).summary.facts)
    assert facts.pop("Made").startswith(f"{costing.created_at.day} {costing.created_at:%B %Y}, by tariff-engine ")
    assert facts == {
        "Framework": "A small framework, by Example County Council",
        "Version": "small@2025-26, in force, from 1 April 2020 to 31 March 2026",
        "Period": "FY2025-26: 1 April 2025 to 31 March 2026",
    }


def test_a_version_that_is_open_goes_on() -> None:
    assert dict(summary().facts)["Version"] == "small@2025-26, in force, from 1 April 2020 on"


def test_a_caseload_priced_as_published_has_nothing_to_warn_of() -> None:
    assert summary().warnings == []


@pytest.mark.parametrize("status", ["illustrative", "consultation"])
def test_prices_that_are_not_in_force_are_warned_of(status: str) -> None:
    (warning,) = summary(a_framework(legal_status=status)).warnings
    assert warning.startswith(f"{status.upper()}: ")
    assert "small@2025-26" in warning


def test_prices_as_if_are_warned_of() -> None:
    (warning,) = summary(as_if=True).warnings
    assert warning == (
        "AS IF: every day is priced as if small@2025-26 were in effect. These amounts are not what is due."
    )


def test_rates_of_a_version_in_force_that_nobody_published_are_counted() -> None:
    derived = {"id": "d", "title": "Worked out", "status": "derived", "working": "By hand"}
    published = {"id": "s", "title": "By hand", "url": "https://www.example.gov.uk"}
    framework = a_framework(a_tariff(source_id="d"), a_tariff("nmss"), sources=[published, derived])
    (warning,) = summary(framework).warnings
    assert warning == "1 of the 2 rates of small@2025-26 were worked out, not published."


@pytest.mark.parametrize(
    ("aside", "warning"),
    [(1, "1 of 3 rows is set aside (1 child), "), (2, "2 of 3 rows are set aside (2 children), ")],
)
def test_what_is_set_aside_is_warned_of_in_rows_and_children(aside: int, warning: str) -> None:
    rows = [a_row(number, provision="x" if number <= aside else "special") for number in (1, 2, 3)]
    assert summary(None, *rows).warnings == [f"{warning}so the totals are without them. The findings say why."]


def test_groups_stand_in_the_order_of_the_vocabulary_and_of_the_bands() -> None:
    bands = (a_band("Z", 1, level=1), a_band("A", 2, level=2))
    framework = a_framework(a_tariff(), a_tariff("mainstream"), bands=bands)
    page = summary(
        framework,
        a_row(1, primary_need="ASD"),
        a_row(2, provision="mainstream", need_learning="1", primary_need="MLD"),
        a_row(3, need_learning="0", nc_year="", primary_need=""),
    )
    assert keys(page, "provision") == ["mainstream", "special"]
    assert keys(page, "primary_need") == ["MLD", "ASD", None]
    assert labels(page, "primary_need") == ["Moderate learning difficulty", "Autistic spectrum disorder", "Not given"]
    assert keys(page, "band") == ["none", "Z", "A"]
    assert labels(page, "band")[0] == "No band reached"
    assert labels(page, "phase") == ["Primary", "Year group not given"]


def test_bands_of_one_title_are_told_apart_by_their_codes() -> None:
    bands = [a_band("B1", 1, level=1), a_band("B2", 2, level=2)]
    alike = [replace(band, title="Band") for band in bands]
    page = summary(a_framework(bands=alike), a_row(1, need_learning="1"), a_row(2))
    assert labels(page, "band") == ["B1", "B2"]


def test_section_251_lines_are_charted_by_their_numbers() -> None:
    page = summary(None, a_row(1), a_row(2, provider_type=""))
    lines = group(page, "s251_line")
    assert lines.coded
    assert keys(page, "s251_line") == ["1.2.1", "unresolved"]
    assert labels(page, "s251_line")[1] == "Can't be told: provider type not known"


def test_errors_come_first_in_the_findings_and_then_what_is_found_most() -> None:
    rows = [a_row(1, provider_type=""), a_row(2, provider_type=""), a_row(3, units="4"), a_row(4, band="B9")]
    page = summary(None, *rows)
    assert page.findings["code"].to_list() == ["unknown_band", "line_unresolved", "units_ignored"]
    assert page.findings["count"].to_list() == [1, 2, 1]


def test_a_finding_of_two_severities_has_two_lines_with_their_own_words() -> None:
    framework = a_framework(a_tariff(band="B2"))
    page = summary(framework, a_row(1, need_learning=""), a_row(2, need_learning="", band="B2"))
    found = {row["severity"]: row["what_to_do"] for row in page.findings.rows(named=True)}
    assert found["error"] != found["warning"]
    assert page.findings["code"].to_list() == ["need_missing", "need_missing"]
