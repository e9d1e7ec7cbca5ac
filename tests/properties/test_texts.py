"""Distinct texts have the same numbers whether they are found by the compiled loop or by Polars."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine import fast
from tariff_engine.fast import texts
from tariff_engine.fast.texts import MOST_TEXTS, number_few_texts
from tariff_engine.lookups import number_distinct

from .strategies import BATCHES

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "mainstream", "resourced_provision", "resourced_provisions", "independent_special"]),
    st.text(max_size=20),
    st.text("ab\0", min_size=10, max_size=14),
)
Numbered = tuple[list[int], list[str | None]]


@pytest.fixture(autouse=True)
def whatever_the_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "FAST_FROM", 0)


def by_polars(series: pl.Series) -> Numbered:
    met = series.drop_nulls().unique(maintain_order=True).to_list()
    return [len(met) if cell is None else met.index(cell) for cell in series.to_list()], met


def by_loop(series: pl.Series) -> Numbered:
    found = number_few_texts(series)
    assert found is not None
    return found[0].tolist(), found[1].to_list()


@BATCHES
@given(cells=st.lists(CELLS, min_size=1, max_size=60))
def test_texts_are_told_apart_however_long_they_are(cells: list[str | None]) -> None:
    series = pl.Series(cells, dtype=pl.String)
    assert by_loop(series) == by_polars(series)


@BATCHES
@given(pieces=st.lists(st.lists(CELLS, min_size=1, max_size=20), min_size=1, max_size=5), data=st.data())
def test_columns_in_pieces_and_parts_of_columns_are_read_too(
    pieces: list[list[str | None]], data: st.DataObject
) -> None:
    whole = pl.concat([pl.Series(piece, dtype=pl.String) for piece in pieces], rechunk=False)
    start = data.draw(st.integers(0, len(whole) - 1))
    part = whole.slice(start, data.draw(st.integers(1, len(whole) - start)))
    for series in (whole, part, whole.reverse(), whole.gather(list(range(start, len(whole))))):
        assert by_loop(series) == by_polars(series)


def test_long_texts_in_many_buffers_are_told_apart() -> None:
    series = pl.concat(
        [pl.Series([f"a long text of number {n % 700:05}" for n in range(k, k + 3000)]) for k in range(9)]
    )
    assert by_loop(series) == by_polars(series)


def test_too_many_texts_are_left_to_others() -> None:
    series = pl.Series([str(n) for n in range(MOST_TEXTS + 1)])
    assert number_few_texts(series.head(20_000)) is not None
    assert number_few_texts(series) is None
    codes, found = number_distinct(series)
    assert codes.tolist() == list(range(len(series)))
    assert found.equals(series)


def slot_of(text: str, slots: int) -> int:
    """Where the loop looks first for a short text."""
    low, high = (int.from_bytes(half, "little") for half in (view_of(text)[:8], view_of(text)[8:]))
    mixed = (low * 0x9E3779B97F4A7C15 ^ high * 0xD6E8FEB86659FD93) % 2**64
    return ((mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93 % 2**64 >> 40) % slots


def view_of(text: str) -> bytes:
    return (len(text).to_bytes(4, "little") + text.encode()).ljust(16, b"\0")


def test_texts_made_to_crowd_in_one_place_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_TEXTS", 512)
    crowd = [text for text in map(str, range(100_000)) if slot_of(text, 1024) == 5]
    assert len(crowd) > 80
    assert number_few_texts(pl.Series([str(n) for n in range(len(crowd))])) is not None
    assert number_few_texts(pl.Series(crowd)) is None
    assert number_distinct(pl.Series(crowd))[1].to_list() == crowd


def test_the_loop_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARIFF_ENGINE_FAST", "off")
    assert number_few_texts(pl.Series(["a"])) is None
    assert number_distinct(pl.Series(["a", None, "a"]))[0].tolist() == [0, 1, 0]
