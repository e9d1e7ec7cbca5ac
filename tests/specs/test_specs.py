"""Every case of this folder holds to the penny."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.specs.funding import differences
from tests.specs.runner import Case, load_cases, mistakes

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_case(case: Case, tmp_path: Path) -> None:
    found = differences(case, tmp_path)
    assert not found, found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_case_is_written_as_the_readme_says(case: Case) -> None:
    assert not mistakes(case), "\n".join([str(case.body.get("title")), *mistakes(case)])


def test_no_two_cases_have_the_same_title() -> None:
    seen = Counter(case.slug for case in CASES)
    assert [slug for slug, times in seen.items() if times > 1] == []


def test_a_wrong_figure_is_shown_in_pounds(tmp_path: Path) -> None:
    body = {"title": "A wrong figure", "why": "£10,000.00 a year.", "expect": {"total": "10000.01"}}
    found = differences(Case("runner", {}, body), tmp_path)
    assert found == "A wrong figure\n  total: expected 10,000.01, got 10,000.00"


def test_a_slip_in_a_case_is_found() -> None:
    body = {"title": "A slip", "why": "", "placement": [{}], "expect": {"amount": "1.00"}}
    found = mistakes(Case("runner", {}, body))
    assert found == ["no why", "unknown key placement", "unknown expectation amount"]
