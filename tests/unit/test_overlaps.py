"""Placements that stand twice, against what a person finds by comparing every pair and adding up every day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tariff_engine.findings import FindingsLog
from tariff_engine.overlaps import overlapping_at_provider, overlapping_elsewhere, repeated_ids, repeated_rows
from tariff_engine.standing import Twice

Findings = list[tuple[str, int, str]]


def numbers(count: int) -> tuple[pl.Series, pl.Series]:
    return pl.Series("row", range(2, count + 2), dtype=pl.Int64), pl.Series([f"P{n}" for n in range(1, count + 1)])


def said(count: int, **found: pl.DataFrame) -> tuple[list[bool], Findings]:
    """Which of some rows anything is said of, and what."""
    log, twice = FindingsLog(), Twice(found)
    (rows, ids), where = numbers(count), np.zeros(count, bool)
    for code in found:
        where |= twice.say(code, rows, ids, log)
    frame = log.frame(pl.DataFrame({"row": rows, "placement_id": ids}))
    return where.tolist(), list(frame.select("code", "row", "message").iter_rows())


def ints(values: Sequence[int]) -> Any:
    return np.array(values, np.int64)


# ---- the same identifier, the same row


def test_every_row_of_a_repeated_identifier_is_set_aside_and_names_the_others() -> None:
    ids = pl.Series(["A", "B", "A", None, None, "A"])
    found, findings = said(6, duplicate_id=repeated_ids(ids, numbers(6)[0]))
    assert found == [True, False, True, False, False, True]
    assert findings == [("duplicate_id", row, "placement_id A is on rows 2, 4, 7") for row in (2, 4, 7)]


def test_many_rows_of_one_identifier_are_named_by_the_first_of_them() -> None:
    found, findings = said(9, duplicate_id=repeated_ids(pl.Series(["A"] * 9), numbers(9)[0]))
    assert all(found)
    assert {message for _, _, message in findings} == {"placement_id A is on rows 2, 3, 4, 5, 6"}


def test_rows_alike_in_everything_are_set_aside_after_the_first() -> None:
    contents = pl.DataFrame({"a": ["x", "x", "y", "x", None, None], "b": [None, None, "1", "2", None, None]})
    found, findings = said(6, duplicate_row=repeated_rows(contents, np.ones(6, bool), *numbers(6)))
    assert found == [False, True, False, False, False, True]
    assert findings == [
        ("duplicate_row", 3, "repeats row 2 (placement P1) in everything but placement_id"),
        ("duplicate_row", 7, "repeats row 6 (placement P5) in everything but placement_id"),
    ]


def test_rows_that_are_not_considered_repeat_nothing() -> None:
    contents = pl.DataFrame({"a": ["x", "x", "x"]})
    found, findings = said(3, duplicate_row=repeated_rows(contents, np.array([False, True, True]), *numbers(3)))
    assert found == [False, False, True]
    assert findings[0][2].startswith("repeats row 3")
    assert repeated_rows(contents, np.zeros(3, bool), *numbers(3)).is_empty()


# ---- the same provider


def at_provider(*spells: tuple[str, str | None, int, int]) -> tuple[list[bool], Findings]:
    """Spells of child, provider, first and last day: which are set aside, and what is said."""
    child, provider, start, end = zip(*spells, strict=True)
    considered = np.ones(len(spells), bool)
    overlap = overlapping_at_provider(
        pl.Series(child, dtype=pl.String),
        pl.Series(provider, dtype=pl.String),
        ints(start),
        ints(end),
        considered,
        *numbers(len(spells)),
    )
    return said(len(spells), overlap=overlap)


def test_a_child_twice_at_a_provider_on_the_same_days_is_set_aside_and_each_names_the_other() -> None:
    found, findings = at_provider(("C", "1", 0, 10), ("C", "1", 9, 20))
    assert found == [True, True]
    says = "the child is at the same provider on the same days in row"
    assert findings == [("overlap", 2, f"{says} 3, placement P2"), ("overlap", 3, f"{says} 2, placement P1")]


def test_a_day_on_which_one_ends_and_the_other_starts_is_no_overlap() -> None:
    assert at_provider(("C", "1", 0, 10), ("C", "1", 10, 20)) == ([False, False], [])
    assert at_provider(("C", "1", 10, 10), ("C", "1", 10, 20)) == ([False, False], [])
    assert at_provider(("C", "1", 5, 5), ("C", "1", 0, 10))[0] == [True, True], "a day inside a spell is in it"


def test_other_children_and_other_providers_are_no_overlap() -> None:
    assert at_provider(("C", "1", 0, 10), ("D", "1", 0, 10), ("C", "2", 0, 10)) == ([False] * 3, [])


def test_a_blank_provider_is_the_same_as_another_blank() -> None:
    assert at_provider(("C", None, 0, 10), ("C", None, 5, 15), ("C", "1", 5, 15))[0] == [True, True, False]


def test_a_long_spell_overlaps_a_later_one_past_short_ones_between() -> None:
    found, findings = at_provider(("C", "1", 0, 100), ("C", "1", 10, 20), ("C", "1", 200, 210), ("C", "1", 50, 60))
    assert found == [True, True, False, True]
    assert findings[2][2].endswith("row 2, placement P1")


# ---- elsewhere


def elsewhere(*spells: tuple[str, float, int, int], left_out: Sequence[int] = ()) -> tuple[list[bool], Findings]:
    """Spells of child, fte, first and last day, not in the sum where left out."""
    child, fte, start, end = zip(*spells, strict=True)
    count = len(spells)
    counted = np.array([index not in left_out for index in range(count)])
    millionths = ints([round(part * 1_000_000) for part in fte])
    considered = np.ones(count, bool)
    too_full, dual = overlapping_elsewhere(
        pl.Series(child), millionths, counted, ints(start), ints(end), considered, *numbers(count)
    )
    return said(count, overlap_fte=too_full)[0], said(count, overlap_fte=too_full, dual_placement=dual)[1]


def test_two_parts_of_a_full_time_place_are_priced_with_an_information() -> None:
    found, findings = elsewhere(("C", 0.6, 0, 10), ("C", 0.4, 5, 15))
    assert found == [False, False]
    says = "the child is also elsewhere on the same days, in row"
    assert findings == [
        ("dual_placement", 2, f"{says} 3, placement P2"),
        ("dual_placement", 3, f"{says} 2, placement P1"),
    ]


def test_more_than_a_full_time_place_is_set_aside_and_each_names_another() -> None:
    found, findings = elsewhere(("C", 0.6, 0, 10), ("C", 0.6, 5, 15))
    assert found == [True, True]
    assert findings == [
        ("overlap_fte", 2, "on some day the child's fte adds to more than 1, with row 3, placement P2"),
        ("overlap_fte", 3, "on some day the child's fte adds to more than 1, with row 2, placement P1"),
    ]


def test_only_the_rows_of_a_full_day_are_set_aside() -> None:
    found, findings = elsewhere(("C", 0.5, 0, 10), ("C", 0.5, 0, 30), ("C", 0.6, 20, 30))
    assert found == [False, True, True]
    assert [code for code, _, _ in findings] == ["dual_placement", "overlap_fte", "overlap_fte"]


def test_rows_that_are_left_out_of_the_sum_are_priced() -> None:
    found, findings = elsewhere(("C", 1, 0, 10), ("C", 1, 0, 10), left_out=[1])
    assert found == [False, False]
    assert [code for code, _, _ in findings] == ["dual_placement", "dual_placement"]


def test_a_child_who_moves_on_a_day_is_not_in_two_places() -> None:
    assert elsewhere(("C", 1, 0, 10), ("C", 1, 10, 20)) == ([False, False], [])


# ---- against every pair and every day

SPELLS = st.lists(
    st.tuples(
        st.sampled_from("CD"),
        st.sampled_from([0.2, 0.4, 0.5, 0.6, 1]),
        st.integers(0, 12),
        st.integers(0, 8),
    ).map(lambda s: (s[0], s[1], s[2], s[2] + s[3])),
    min_size=1,
    max_size=8,
)


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Each starts before the other ends."""
    return one[0] < other[1] and other[0] < one[1]


def on_roll(start: int, end: int, half_day: int) -> bool:
    """Whether a spell holds an instant, in half days, so that a day of change is held once."""
    return start * 2 < half_day < end * 2 if start < end else half_day == start * 2


@settings(max_examples=300)
@given(spells=SPELLS)
def test_overlaps_are_those_that_comparing_every_pair_finds(spells: list[tuple[str, float, int, int]]) -> None:
    found, findings = at_provider(*((child, None, start, end) for child, _, start, end in spells))
    pairs = [
        [
            other
            for other, (who, _, first, last) in enumerate(spells)
            if other != index and who == child and meet((start, end), (first, last))
        ]
        for index, (child, _, start, end) in enumerate(spells)
    ]
    assert found == [bool(others) for others in pairs]
    for _, row, message in findings:
        assert any(message.endswith(f"row {other + 2}, placement P{other + 1}") for other in pairs[row - 2])


@settings(max_examples=300)
@given(spells=SPELLS, left_out=st.sets(st.integers(0, 7), max_size=3))
def test_full_days_are_those_that_adding_up_every_day_finds(
    spells: list[tuple[str, float, int, int]], left_out: set[int]
) -> None:
    found, findings = elsewhere(*spells, left_out=sorted(left_out))
    expected = [False] * len(spells)
    for child in "CD":
        own = [i for i, spell in enumerate(spells) if spell[0] == child and i not in left_out]
        for instant in range(50):
            there = [i for i in own if on_roll(spells[i][2], spells[i][3], instant)]
            one_day = [i for i in there if spells[i][2] == spells[i][3]]
            # Two spells of one day on the same day don't meet: the child moved. Each is added to the longer ones.
            longer = [i for i in there if i not in one_day]
            for group in [[*longer, i] for i in one_day] or [longer]:
                if sum(round(spells[i][1] * 10) for i in group) > 10:
                    for i in group:
                        expected[i] = True
    assert found == expected
    codes = {row: code for code, row, _ in findings}
    assert [codes.get(row) == "overlap_fte" for row in range(2, len(spells) + 2)] == expected
