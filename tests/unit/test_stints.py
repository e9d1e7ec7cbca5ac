"""Placements cut into stints: by version, by year of the version's basis, and by phase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from tariff_engine import Framework, FundingPeriod
from tariff_engine.instalments import day_number, day_of
from tariff_engine.stints import (
    FIRST_DAY,
    LAST_DAY,
    NO_PHASE,
    NO_VERSION,
    PhaseCalendar,
    Segment,
    academic_years,
    coverage,
    cut_stints,
    first_of_academic_year,
    segments,
)
from tariff_engine.vocabulary import vocabulary
from tests.small import a_framework

PHASES = ["early_years", "primary", "secondary", "post16"]


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def days(*texts: str) -> Any:
    return np.array([LAST_DAY if text == "open" else day(text) for text in texts], np.int64)


def version(name: str, start: str, end: str | None = None, basis: str = "financial") -> Framework:
    return a_framework(version=name, effective_from=start, effective_to=end, year_basis=basis)


def pieces(*frameworks: Framework, as_if: bool = False) -> list[tuple[str, str | None]]:
    covered = coverage(frameworks, as_if)
    names = [None if v == NO_VERSION else frameworks[v].version for v in covered.versions.tolist()]
    return [(str(day_of(start)), name) for start, name in zip(covered.starts.tolist(), names, strict=True)]


# ---- which version a day falls under


def test_a_version_covers_its_days_and_no_others() -> None:
    assert pieces(version("a", "2025-04-01", "2026-03-31")) == [
        ("1900-01-01", None),
        ("2025-04-01", "a"),
        ("2026-04-01", None),
    ]


def test_an_open_version_covers_every_day_after_its_start() -> None:
    assert pieces(version("a", "2025-04-01")) == [("1900-01-01", None), ("2025-04-01", "a")]


def test_a_day_uses_the_version_in_effect_with_the_latest_start() -> None:
    old, new = version("old", "2024-04-01"), version("new", "2025-09-01", "2025-12-31")
    expected = [("1900-01-01", None), ("2024-04-01", "old"), ("2025-09-01", "new"), ("2026-01-01", "old")]
    assert pieces(old, new) == expected
    assert pieces(new, old) == expected, "the order in which they are given is of no account"


def test_a_gap_between_versions_is_under_none() -> None:
    assert pieces(version("a", "2024-04-01", "2025-03-31"), version("b", "2025-09-01")) == [
        ("1900-01-01", None),
        ("2024-04-01", "a"),
        ("2025-04-01", None),
        ("2025-09-01", "b"),
    ]


def test_a_version_in_force_before_the_calendar_covers_it_from_the_start() -> None:
    assert pieces(version("a", "1850-04-01")) == [("1900-01-01", "a")]


def test_as_if_one_version_covers_every_day() -> None:
    assert pieces(version("a", "2025-04-01", "2026-03-31"), as_if=True) == [("1900-01-01", "a")]


def test_the_version_of_a_day_is_found() -> None:
    covered = coverage([version("a", "2025-04-01", "2026-03-31")], False)
    found = covered.version_on(days("2025-03-31", "2025-04-01", "2026-03-31", "2026-04-01"))
    assert found.tolist() == [NO_VERSION, 0, 0, NO_VERSION]


def test_the_first_covered_day_of_a_spell_is_found() -> None:
    gap = coverage([version("a", "2024-04-01", "2025-03-31"), version("b", "2025-09-01")], False)
    start = days("2024-05-01", "2025-03-31", "2025-04-01", "2025-04-01", "2020-01-01", "2020-01-01")
    end = days("2024-06-01", "2025-04-01", "2025-08-31", "2025-09-01", "open", "2024-03-31")
    found = gap.first_covered(start, end).tolist()
    assert found == [
        day("2024-05-01"),
        day("2025-03-31"),
        LAST_DAY,
        day("2025-09-01"),
        day("2024-04-01"),
        LAST_DAY,
    ]
    ended = coverage([version("a", "2024-04-01", "2025-03-31")], False)
    assert ended.first_covered(days("2025-04-01"), days("open")).tolist() == [LAST_DAY]


# ---- segments


def cut(period: str, *frameworks: Framework) -> list[tuple[str | None, str, str]]:
    found = segments(frameworks, coverage(frameworks, False), FundingPeriod.parse(period))
    return [
        (
            None if part.version == NO_VERSION else frameworks[part.version].version,
            str(day_of(part.start)),
            _day(part.end),
        )
        for part in found
    ]


def _day(number: int) -> str:
    return "open" if number == LAST_DAY else str(day_of(number))


def test_a_segment_ends_with_the_year_of_its_version_s_basis() -> None:
    assert cut("AY2025-26", version("a", "2020-04-01")) == [
        ("a", "2025-04-01", "2026-03-31"),
        ("a", "2026-04-01", "2027-03-31"),
    ]
    assert cut("FY2025-26", version("a", "2020-09-01", basis="academic")) == [
        ("a", "2024-09-01", "2025-08-31"),
        ("a", "2025-09-01", "2026-08-31"),
    ]


def test_a_segment_keeps_its_whole_extent_whatever_the_period() -> None:
    assert cut("2026-01-01..2026-01-31", version("a", "2020-04-01")) == [("a", "2025-04-01", "2026-03-31")]


def test_a_segment_begins_and_ends_with_its_version() -> None:
    assert cut("FY2025-26", version("a", "2020-04-01", "2025-08-15"), version("b", "2025-10-01")) == [
        ("a", "2025-04-01", "2025-08-15"),
        (None, "2025-08-16", "2025-09-30"),
        ("b", "2025-10-01", "2026-03-31"),
    ]


def test_days_without_a_version_are_one_segment_without_a_year() -> None:
    found = segments(
        [version("a", "2030-04-01")], coverage([version("a", "2030-04-01")], False), FundingPeriod.parse("FY2025-26")
    )
    assert found == [Segment(NO_VERSION, FIRST_DAY, day("2030-03-31"), None)]
    ended = [version("a", "2020-04-01", "2021-03-31")]
    found = segments(ended, coverage(ended, False), FundingPeriod.parse("FY2025-26"))
    assert found == [Segment(NO_VERSION, day("2021-04-01"), LAST_DAY, None)]


# ---- phases


def calendar(*nc_years: int | None, reference: str = "2025-04-01") -> PhaseCalendar:
    known = np.array([year is not None for year in nc_years])
    return PhaseCalendar(
        np.array([year or 0 for year in nc_years], np.int64), known, days(*[reference] * len(nc_years))
    )


@pytest.mark.parametrize(
    ("nc_year", "phase"),
    [
        (-4, "early_years"),
        (-1, "early_years"),
        (0, "primary"),
        (6, "primary"),
        (7, "secondary"),
        (11, "secondary"),
        (12, "post16"),
        (20, "post16"),
    ],
)
def test_a_year_group_gives_the_phase(nc_year: int, phase: str) -> None:
    assert list(vocabulary().phases) == PHASES
    found = calendar(nc_year).on(days("2025-04-01"), np.array([0]))
    assert PHASES[int(found[0])] == phase


def test_the_year_group_goes_up_on_1_september_and_down_before() -> None:
    # Year 6 on 1 April 2025: secondary from 1 September 2025, primary since 1 September 2018, before that nursery.
    six = calendar(6)
    dates = days("2018-08-31", "2018-09-01", "2025-08-31", "2025-09-01", "2030-08-31", "2030-09-01")
    found = six.on(dates, np.zeros(6, np.int64))
    assert [PHASES[int(phase)] for phase in found] == [
        "early_years",
        "primary",
        "primary",
        "secondary",
        "secondary",
        "post16",
    ]


def test_the_year_group_is_that_of_the_reference_day_s_academic_year() -> None:
    on_31_august = calendar(6, reference="2025-08-31").on(days("2025-09-01"), np.array([0]))
    on_1_september = calendar(6, reference="2025-09-01").on(days("2025-09-01"), np.array([0]))
    assert [PHASES[int(found[0])] for found in (on_31_august, on_1_september)] == ["secondary", "primary"]


def test_a_blank_year_group_is_in_no_phase() -> None:
    assert calendar(None, 3).on(days("2025-04-01", "2025-04-01"), np.array([0, 1])).tolist() == [NO_PHASE, 1]


def test_the_spans_of_the_phases_follow_each_other() -> None:
    six = calendar(6)
    spans = [six.span(phase, np.array([0])) for phase in six.phases()]
    ends = [int(end[0]) for _, end in spans]
    starts = [int(start[0]) for start, _ in spans]
    assert (starts[0], ends[-1]) == (FIRST_DAY, LAST_DAY)
    assert [end + 1 for end in ends[:-1]] == starts[1:]
    assert _day(ends[1]) == "2025-08-31"


def test_academic_years_of_days_and_their_first_days() -> None:
    found = academic_years(days("2025-08-31", "2025-09-01", "2026-01-01", "1969-12-31", "1970-01-01"))
    assert found.tolist() == [2024, 2025, 2025, 1969, 1969]
    assert [str(day_of(d)) for d in first_of_academic_year(found[:2]).tolist()] == ["2024-09-01", "2025-09-01"]
    assert str(day_of(int(first_of_academic_year(np.array([1968], np.int64))[0]))) == "1968-09-01"


# ---- stints

Shown = tuple[int, int, str | None, str, str]


def stints_of(
    spells: Sequence[tuple[str, str, int | None]], period: str, *frameworks: Framework, reference: str = "2025-04-01"
) -> list[Shown]:
    chosen = FundingPeriod.parse(period)
    parts = segments(frameworks, coverage(frameworks, False), chosen)
    start, end = days(*(spell[0] for spell in spells)), days(*(spell[1] for spell in spells))
    phases = calendar(*(spell[2] for spell in spells), reference=reference)
    found = cut_stints(start, end, phases, parts, chosen)
    assert len(found) == len(found.row)
    return [
        (int(r), int(s), PHASES[int(p)] if p != NO_PHASE else None, str(day_of(int(b))), _day(int(e)))
        for r, s, p, b, e in zip(found.row, found.segment, found.phase, found.start, found.end, strict=True)
    ]


def test_a_placement_inside_one_year_and_phase_is_one_stint() -> None:
    found = stints_of([("2025-09-03", "2026-02-13", 4)], "FY2025-26", version("a", "2020-04-01"))
    assert found == [(0, 0, "primary", "2025-09-03", "2026-02-13")]


def test_a_stint_keeps_its_own_first_and_last_day_in_a_shorter_period() -> None:
    found = stints_of([("2025-09-03", "2026-02-13", 4)], "2025-10-01..2025-10-31", version("a", "2020-04-01"))
    assert found == [(0, 0, "primary", "2025-09-03", "2026-02-13")]


def test_a_placement_that_goes_on_is_cut_at_the_year_s_end() -> None:
    found = stints_of([("2024-01-08", "open", 4)], "AY2025-26", version("a", "2020-04-01"))
    assert [row[3:] for row in found] == [("2025-04-01", "2026-03-31"), ("2026-04-01", "2027-03-31")]


def test_a_change_of_phase_cuts_the_stint_on_1_september() -> None:
    found = stints_of([("2025-04-01", "open", 6)], "FY2025-26", version("a", "2020-04-01"))
    assert [row[2:] for row in found] == [
        ("primary", "2025-04-01", "2025-08-31"),
        ("secondary", "2025-09-01", "2026-03-31"),
    ]


def test_a_change_of_version_cuts_the_stint_on_its_first_day() -> None:
    found = stints_of(
        [("2025-04-01", "open", 4)], "FY2025-26", version("a", "2020-04-01", "2025-11-15"), version("b", "2025-11-16")
    )
    assert [(row[1], *row[3:]) for row in found] == [
        (0, "2025-04-01", "2025-11-15"),
        (1, "2025-11-16", "2026-03-31"),
    ]


def test_every_cut_is_made_at_once() -> None:
    # An academic basis, a year-11 child, and a new version on 1 January 2026, costed for a financial year.
    found = stints_of(
        [("2025-06-02", "2026-03-31", 11)],
        "FY2025-26",
        version("a", "2020-09-01", "2025-12-31", "academic"),
        version("b", "2026-01-01", None, "academic"),
    )
    assert [row[2:] for row in found] == [
        ("secondary", "2025-06-02", "2025-08-31"),
        ("post16", "2025-09-01", "2025-12-31"),
        ("post16", "2026-01-01", "2026-03-31"),
    ]


def test_stints_that_do_not_meet_the_period_are_left_out() -> None:
    spells = [("2020-09-01", "2025-03-31", 4), ("2026-04-01", "open", 4), ("2025-03-31", "2025-04-01", 4)]
    found = stints_of(spells, "FY2025-26", version("a", "2015-04-01"))
    assert found == [(2, 0, "primary", "2025-04-01", "2025-04-01")]


def test_a_phase_that_lies_outside_the_period_is_no_stint_of_it() -> None:
    found = stints_of([("2025-04-01", "2026-03-31", 6)], "2025-10-01..2025-12-31", version("a", "2020-04-01"))
    assert found == [(0, 0, "secondary", "2025-09-01", "2026-03-31")]


def test_stints_come_in_the_order_of_the_placements_and_then_of_their_days() -> None:
    spells = [("2025-09-01", "open", 6), ("2025-04-01", "open", 6), ("2025-04-01", "2025-04-30", None)]
    found = stints_of(spells, "FY2025-26", version("a", "2020-04-01"))
    assert [(row[0], row[3]) for row in found] == [
        (0, "2025-09-01"),
        (1, "2025-04-01"),
        (1, "2025-09-01"),
        (2, "2025-04-01"),
    ]
    assert found[3][2] is None


def test_days_without_a_version_are_a_stint_too() -> None:
    found = stints_of([("2025-01-01", "open", 4)], "FY2025-26", version("a", "2025-09-01"))
    assert [(row[1], row[3], row[4]) for row in found] == [
        (0, "2025-01-01", "2025-08-31"),
        (1, "2025-09-01", "2026-03-31"),
    ]


def test_no_placements_have_no_stints() -> None:
    chosen = FundingPeriod.parse("FY2025-26")
    framework = version("a", "2020-04-01")
    parts = segments([framework], coverage([framework], False), chosen)
    none = np.empty(0, np.int64)
    found = cut_stints(none, none, PhaseCalendar(none, np.empty(0, bool), none), parts, chosen)
    assert len(found) == 0
