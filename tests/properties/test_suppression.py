"""Withheld numbers can't be read, nor worked out from the others, by somebody who knows how every table adds up."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tariff_engine.suppression import SMALLEST_SHOWN, Cell, Relation, linked, withheld_cells

ALL: Cell = ("all", "")


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[Cell, int], list[Relation]]:
    """Children, each in one group of each of some tables: their numbers by cell, and how the cells add up."""
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    places = st.tuples(*(st.integers(0, width - 1) for width in widths))
    kinds = draw(st.lists(st.tuples(places, st.integers(1, 9)), min_size=1, max_size=8))
    cells: list[list[Cell]] = [[(str(table), at) for at in range(width)] for table, width in enumerate(widths)]
    children: dict[Cell, int] = {cell: 0 for groups in cells for cell in groups} | {ALL: 0}
    for where, count in kinds:
        children[ALL] += count
        for table, at in enumerate(where):
            children[str(table), at] += count
    relations: list[Relation] = [{**dict.fromkeys(groups, 1), ALL: -1} for groups in cells]
    for one, other in combinations(range(len(widths)), 2):
        pairs = {((str(one), where[one]), (str(other), where[other])) for where, _ in kinds}
        relations += linked(cells[one], cells[other], pairs)
    return children, relations


def rank(rows: list[list[Fraction]]) -> int:
    """The rank of a matrix, by elimination in fractions."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(found, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for at in range(found + 1, len(rows)):
            times = rows[at][column] / rows[found][column]
            rows[at] = [cell - times * top for cell, top in zip(rows[at], rows[found], strict=True)]
        found += 1
    return found


def is_determined(cell: Cell, hidden: list[Cell], relations: list[Relation]) -> bool:
    """Whether a withheld number has one value only that fits the others: its column adds to the rank by itself."""
    matrix = [[Fraction(relation.get(name, 0)) for name in hidden] for relation in relations]
    at = hidden.index(cell)
    return rank(matrix) > rank([row[:at] + row[at + 1 :] for row in matrix])


@settings(max_examples=300)
@given(tables())
def test_no_small_number_is_shown_or_follows_from_the_others(made: tuple[dict[Cell, int], list[Relation]]) -> None:
    children, relations = made
    hidden = withheld_cells(children, relations)
    small = {cell for cell, count in children.items() if 0 < count < SMALLEST_SHOWN}
    assert small <= hidden
    assert all(children[cell] for cell in hidden)
    assert not [cell for cell in small if is_determined(cell, sorted(hidden, key=repr), relations)]


@settings(max_examples=300)
@given(tables())
def test_what_is_withheld_of_a_sum_that_is_shown_is_never_small(made: tuple[dict[Cell, int], list[Relation]]) -> None:
    children, relations = made
    hidden = withheld_cells(children, relations)
    for relation in relations:
        gone = [cell for cell in relation if cell in hidden]
        if ALL in relation and ALL not in hidden and gone:
            assert len(gone) > 1
            assert sum(children[cell] for cell in gone) >= SMALLEST_SHOWN


@given(tables())
def test_without_a_small_number_nothing_is_withheld(made: tuple[dict[Cell, int], list[Relation]]) -> None:
    children, relations = made
    large = {cell: count * SMALLEST_SHOWN for cell, count in children.items()}
    assert withheld_cells(large, relations) == frozenset()


def test_the_smallest_of_the_others_goes_with_a_small_number() -> None:
    children: dict[Cell, int] = {"a": 3, "b": 40, "c": 7, "d": 0, "all": 50}
    assert withheld_cells(children, [{"a": 1, "b": 1, "c": 1, "d": 1, "all": -1}]) == {"a", "c"}


def test_two_small_numbers_whose_sum_is_small_take_a_third_with_them() -> None:
    children: dict[Cell, int] = {"a": 1, "b": 1, "c": 9, "d": 30, "all": 41}
    assert withheld_cells(children, [{"a": 1, "b": 1, "c": 1, "d": 1, "all": -1}]) == {"a", "b", "c"}


def test_sums_that_only_together_give_a_number_away_are_broken() -> None:
    children: dict[Cell, int] = {"a": 3, "b": 7, "c": 8, "all": 10}
    relations: list[Relation] = [{"a": 1, "b": 1, "all": -1}, {"a": 1, "b": -1, "c": 1}]
    assert is_determined("a", ["a", "b"], relations)
    assert withheld_cells(children, relations) > {"a", "b"}


def test_groups_of_one_table_that_are_a_group_of_another_do_not_give_it_away() -> None:
    children: dict[Cell, int] = {"a": 3, "b": 40, "c": 7, "x": 43, "y": 7, "all": 50}
    whole: list[Relation] = [{"a": 1, "b": 1, "c": 1, "all": -1}, {"x": 1, "y": 1, "all": -1}]
    alone = withheld_cells(children, whole)
    assert alone == {"a", "c"}, "which x less b, and y, would give away"
    parts = list(linked(["a", "b", "c"], ["x", "y"], [("a", "x"), ("b", "x"), ("c", "y")]))
    assert {frozenset(part) for part in parts} == {frozenset("abx"), frozenset("cy")}
    together = withheld_cells(children, [*whole, *parts])
    assert {"a", "c"} < together
    assert not is_determined("a", sorted(together, key=repr), [*whole, *parts])
