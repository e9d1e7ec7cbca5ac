"""Rules as dense tables: every combination answered once, by the rule; codes out of range refused."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import polars as pl
import pytest

from tariff_engine import lookups
from tariff_engine.lookups import CodedText, Lookup, codes_among, codes_of, number_distinct


def answer(a: int, b: int, c: int) -> tuple[int, int]:
    return 100 * a + 10 * b + c, -a


COMBINATIONS = [np.array(codes, np.uint8) for codes in zip(*product(range(3), range(4), range(2)), strict=True)]


@pytest.mark.parametrize("densest", [1 << 22, 5])
def test_every_combination_has_the_rule_s_answer(monkeypatch: pytest.MonkeyPatch, densest: int) -> None:
    monkeypatch.setattr(lookups, "DENSEST", densest)
    lookup = Lookup((3, 4, 2), answer, 2)
    assert lookup.is_dense == (densest > 24)
    found = lookup.find(*COMBINATIONS)
    wanted = [answer(*codes) for codes in product(range(3), range(4), range(2))]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == wanted


def test_the_rule_is_asked_once_for_each_combination_that_comes_up() -> None:
    asked: list[tuple[int, ...]] = []

    def rule(*codes: int) -> tuple[int]:
        asked.append(codes)
        return (sum(codes),)

    lookup = Lookup((200, 200), rule, 1)
    rows = np.array([7, 199, 7, 7, 199] * 1000, np.uint8)
    for _ in range(3):
        assert lookup.find(rows, rows)[0][:3].tolist() == [14, 398, 14]
    assert sorted(asked) == [(7, 7), (199, 199)]


def test_a_small_code_does_not_wrap_into_another_combination() -> None:
    lookup = Lookup((250, 250), lambda a, b: (1000 * a + b,), 1)
    code = np.array([249], np.uint8)
    assert lookup.find(code, code)[0].tolist() == [249_249]


@pytest.mark.parametrize("codes", [np.array([0, 3]), np.array([-1, 0])])
def test_a_code_out_of_range_is_refused(codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    with pytest.raises(ValueError, match="outside 0 to 2"):
        Lookup((3,), lambda code: (code,), 1).find(codes)


def test_texts_are_numbered_in_the_order_in_which_they_come() -> None:
    coded = CodedText.of(pl.Series(["b", None, "a", "b"]))
    assert coded.names == ("b", "a")
    assert coded.codes.tolist() == [0, 2, 1, 0]
    assert coded.numbered({"a": 5}, -1, -2)[coded.codes].tolist() == [-1, -2, 5, -1]


def test_a_blank_column_has_no_names() -> None:
    coded = CodedText.of(pl.Series([None, None], dtype=pl.String))
    assert (coded.names, coded.codes.tolist()) == ((), [0, 0])


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([5, None, -3, 5]),
        pl.Series([2**40, None, -(2**40), 2**40]),
        pl.Series([date(2025, 4, 1), None, date(1999, 1, 1), date(2025, 4, 1)]),
    ],
)
def test_numbers_and_days_are_numbered_too(values: pl.Series) -> None:
    codes, found = number_distinct(values)
    assert codes.tolist() == [0, 2, 1, 0]
    assert found.to_list() == [values[0], values[2]]


def test_more_texts_than_a_table_has_places_are_numbered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "DENSEST", 2)
    codes, found = number_distinct(pl.Series(["d", "c", "b", "a", None, "c"]))
    assert (codes.tolist(), found.to_list()) == ([0, 1, 2, 3, 4, 1], ["d", "c", "b", "a"])


def test_codes_among_known_values() -> None:
    cells = pl.Series(["b", None, "x", "a"])
    assert codes_among(cells, ["a", "b"]).tolist() == [1, 2, 2, 0]
    assert codes_of(cells, ["a", "b"]).tolist() == [1, -1, -1, 0]
    with pytest.raises(ValueError, match="a byte"):
        codes_among(cells, [str(n) for n in range(256)])
