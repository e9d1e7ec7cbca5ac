"""Formulas of a workbook: where they look, which keys they can look for, and when adding pounds is safe."""

from __future__ import annotations

import polars as pl
import pytest

from tariff_engine.tables.book.formulas import Span, adds_up, looked_for_as_they_stand, total, total_where

SPAN = Span("Costing", ["band", "amount"], 2, 90)


def test_a_span_names_the_cells_of_a_column() -> None:
    assert SPAN.of("amount") == "Costing!$B$2:$B$90"
    assert Span("Costing", ["amount"], 2, 1).of("amount") == "Costing!$A$2:$A$2"


def test_a_total_is_rounded_to_pence_or_made_of_whole_pence() -> None:
    assert total("B2:B9") == "=ROUND(SUM(B2:B9),2)"
    assert total("B2:B9", plain=False) == "=SUMPRODUCT(ROUND(B2:B9*100,0))/100"


def test_a_total_of_some_rows_looks_for_the_key_in_its_cell() -> None:
    assert total_where("T2:T9", "J2:J9", "B7", simple=True) == "=ROUND(SUMIFS(T2:T9,J2:J9,B7),2)"
    assert total_where("T2:T9", "J2:J9", "B7", simple=True, blank=True) == '=ROUND(SUMIFS(T2:T9,J2:J9,"="),2)'


def test_a_key_that_sumifs_could_misread_is_compared_letter_by_letter() -> None:
    found = total_where("T2:T9", "J2:J9", "B7", simple=False)
    assert found == "=SUMPRODUCT(EXACT(J2:J9,B7)*ROUND(T2:T9*100,0))/100"


def test_a_total_of_rows_without_an_amount_shows_nothing() -> None:
    found = total_where("T2:T9", "J2:J9", "B7", simple=True, none=True)
    assert found == '=IF(SUMPRODUCT(EXACT(J2:J9,B7)*(T2:T9<>""))=0,"",ROUND(SUMIFS(T2:T9,J2:J9,B7),2))'


@pytest.mark.parametrize(
    ("keys", "simple"),
    [
        (["special", "sen_unit", "specialist_post16", None], True),
        (["B1", "B10", "none"], True),
        (["1", "2"], False),
        (["1.2.3"], False),
        (["MAR1"], False),
        (["B*"], False),
        (["B?"], False),
        ([">5"], False),
        (["=B1"], False),
        (["b1", "B1"], False),
        (["1E5"], False),
        (["3-4"], False),
    ],
)
def test_keys_that_a_program_could_read_as_something_else_are_compared_letter_by_letter(
    keys: list[str | None], simple: bool
) -> None:
    assert looked_for_as_they_stand(keys) is simple


def test_amounts_of_a_caseload_add_up_as_pounds() -> None:
    assert adds_up(pl.Series([10, 20, None, -5]))
    assert adds_up(pl.Series([6_789_012 + number for number in range(10_000)]))
    assert adds_up(pl.Series([], dtype=pl.Int64))


def test_amounts_so_large_that_adding_pounds_loses_pence_do_not_add_up() -> None:
    assert not adds_up(pl.Series([2**53 - 1, *[1] * 100]))
    assert not adds_up(pl.Series([6_789_012] * 150_000))
