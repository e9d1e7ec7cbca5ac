"""Formulas of a workbook: where they look, which keys they can look for, and when adding pounds is safe."""

from __future__ import annotations

import polars as pl
import pytest

from tariff_engine.tables.book.formulas import (
    Span,
    adds_up,
    as_cells,
    count_where,
    looked_for_as_they_stand,
    total,
    total_where,
)

SPAN = Span("Costing", ["band", "amount"], 2, 90)
LINES = pl.DataFrame({"line": [0, 1, 2, 3], "row": [7, 8, 9, 10]})
SOME = pl.Series([False, True, False, True])


def cells(formula: str, where: pl.Series = SOME) -> list[str | None]:
    """The cells of a formula in column D, in which {a} is column A and {b} column B of another sheet."""
    return as_cells(LINES, formula, where, {"a": "A", "b": "Other!B"}.__getitem__, "D", 5).to_list()


def test_a_formula_that_differs_by_its_row_alone_is_written_once_and_shared() -> None:
    assert cells('IF({a}<1,"",{a}&"x")') == [
        None,
        '<f t="shared" ref="D3:D5" si="5">IF(A3&lt;1,"",A3&amp;"x")</f>',
        None,
        '<f t="shared" si="5"/>',
    ]


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("{b}*2", ["<f>Other!B3*2</f>", "<f>Other!B5*2</f>"]),
        ("Other!$A$1+{a}", ["<f>Other!$A$1+A3</f>", "<f>Other!$A$1+A5</f>"]),
        ("COUNT({a@row})", ["<f>COUNT(A8)</f>", "<f>COUNT(A10)</f>"]),
        ("{a}+#row#", ["<f>A3+8</f>", "<f>A5+10</f>"]),
    ],
)
def test_a_formula_that_looks_at_another_sheet_or_row_is_written_in_every_cell(
    formula: str, written: list[str]
) -> None:
    assert cells(formula) == [None, written[0], None, written[1]]


def test_a_formula_that_no_line_has_is_not_written() -> None:
    assert cells("{unknown}", pl.Series([False] * 4)) == [None] * 4


def test_a_span_names_columns_cells_and_headers() -> None:
    span = Span("Rules by band", ["a", "b", "c"], 2, 9)
    assert span.from_top("b") == "'Rules by band'!$B$1:$B$9"
    assert span.cell("c", "#row#") == "'Rules by band'!$C$#row#"
    assert span.beside("a") == "'Rules by band'!A"
    assert span.heads(1) == "'Rules by band'!$B$1:$C$1"
    assert span.whole == "'Rules by band'!$A$1:$C$9"


def test_counts_are_those_of_lines_with_a_price_or_without() -> None:
    at = ("W!D2:D9", "W!E2:E9", "J2:J9", "B7")
    assert count_where(*at, with_price=True, simple=True) == "=SUMIFS(W!D2:D9,J2:J9,B7,W!E2:E9,1)"
    assert count_where(*at, with_price=False, simple=True, blank=True) == '=SUMIFS(W!D2:D9,J2:J9,"=",W!E2:E9,0)'
    assert count_where(*at, with_price=True, simple=False) == "=SUMPRODUCT(EXACT(J2:J9,B7)*(W!E2:E9=1),W!D2:D9)"


@pytest.mark.parametrize("simple", [True, False])
def test_amounts_of_which_some_may_vanish_are_added_up_without_turning_text_into_a_number(simple: bool) -> None:
    found = total_where("T2:T9", "J2:J9", "B7", simple=simple, live="C7")
    added = "SUMIFS(T2:T9,J2:J9,B7)" if simple else "SUMPRODUCT(EXACT(J2:J9,B7)*1,T2:T9)"
    assert found == f'=IF(C7=0,"",ROUND({added},2))'


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
