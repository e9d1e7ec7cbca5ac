"""The rows of an OpenDocument sheet as XML, made column by column.

Text is always a string cell, so nothing in it can become a formula or a link, and money is written from its whole
pence, so no figure passes through a floating-point number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import polars as pl

from tariff_engine.tables.sheet_rows import LARGEST_EXACT, Block
from tariff_engine.tables.wording import pounds_text

Style = Literal["title", "header", "header_right", "text", "wrapped", "money", "whole", "number", "date", "flag"]

_BLOCK_ROWS = 5_000
_BLANK = "<table:table-cell/>"
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_NOT_PLAIN = "[\t\n\r]|  |^ | $"
_MARKUP = (["&", "<", ">", '"'], ["&amp;", "&lt;", "&gt;", "&quot;"])
_IN_ATTRIBUTE = (["\t", "\n", "\r"], ["&#9;", "&#10;", "&#13;"])
_BREAK = "</text:p><text:p>"
_IN_PARAGRAPHS = (["\r\n", "\n", "\r", "\t", " "], [_BREAK, _BREAK, _BREAK, "<text:tab/>", "<text:s/>"])
_GAP = f"<table:table-row>{_BLANK}</table:table-row>"


def ods_rows(blocks: Sequence[Block]) -> Iterator[bytes]:
    """The XML of the rows of blocks, a blank row between them.

    Cells name their style as ``Style`` has it. Control characters, which this format has no way to write, become
    U+FFFD.
    """
    for number, block in enumerate(blocks):
        if number:
            yield _GAP.encode()
        if block.title:
            yield _row_of_text([(block.title, "title")])
        if block.headed:
            yield header_row(block.frame)
        for part in block.frame.iter_slices(_BLOCK_ROWS):
            yield _rows(part, block)


def header_row(frame: pl.DataFrame) -> bytes:
    """The row of column names, those of numbers and dates to the right."""
    return _row_of_text(
        [
            (name, "header_right" if dtype.is_numeric() or dtype == pl.Date else "header")
            for name, dtype in frame.schema.items()
        ]
    )


def _row_of_text(cells: Sequence[tuple[str, Style]]) -> bytes:
    frame = pl.DataFrame([pl.Series(str(at), [text], dtype=pl.String) for at, (text, _) in enumerate(cells)])
    return _xml(frame, [_text(pl.col(str(at)), style) for at, (_, style) in enumerate(cells)])


def _rows(frame: pl.DataFrame, block: Block) -> bytes:
    return _xml(frame, [_cell(name, dtype, block) for name, dtype in frame.schema.items()])


def _cell(name: str, dtype: pl.DataType, block: Block) -> pl.Expr:
    column = pl.col(name)
    as_text = _text(column.cast(pl.String), "wrapped" if name in block.wrapped else "text")
    if name in block.money:
        return _value(pounds_text(column.cast(pl.Int64)), "money", 'currency" office:currency="GBP', "value")
    if dtype == pl.Boolean:
        return _value(column.cast(pl.String), "flag", "boolean", "boolean-value")
    if dtype.is_integer():
        exact = column.cast(pl.Int128).abs() < LARGEST_EXACT
        return pl.when(exact).then(_value(column.cast(pl.String), "whole", "float", "value")).otherwise(as_text)
    if dtype.is_numeric():
        number = column.cast(pl.Float64)
        cell = _value(number.cast(pl.String), "number", "float", "value")
        return pl.when(number.is_finite()).then(cell).otherwise(as_text)
    if dtype == pl.Date:
        return _value(column.dt.to_string("iso"), "date", "date", "date-value")
    return as_text


def _xml(frame: pl.DataFrame, cells: Sequence[pl.Expr]) -> bytes:
    filled = [cell.fill_null(_BLANK) for cell in cells]
    row = pl.concat_str([pl.lit("<table:table-row>"), *filled, pl.lit("</table:table-row>")])
    return str(frame.select(row.alias("row")).to_series().str.join("").item()).encode()


def _value(value: pl.Expr, style: Style, kind: str, attribute: str) -> pl.Expr:
    """A cell of a typed value; what it shows is there too, for programs that don't work it out."""
    start = f'<table:table-cell table:style-name="{style}" office:value-type="{kind}" office:{attribute}="'
    return pl.lit(start) + value + pl.lit('"><text:p>') + value + pl.lit("</text:p></table:table-cell>")


def _text(text: pl.Expr, style: Style) -> pl.Expr:
    """A cell of text. Where white space matters the exact text is in an attribute, as paragraphs don't keep it."""
    start = f'<table:table-cell table:style-name="{style}" office:value-type="string"'
    safe = text.str.replace_all(_CONTROL, "\ufffd").str.replace_many(*_MARKUP)
    plain = pl.lit(f"{start}><text:p>") + safe
    exact = pl.lit(f'{start} office:string-value="') + safe.str.replace_many(*_IN_ATTRIBUTE)
    spaced = exact + pl.lit('"><text:p>') + safe.str.replace_many(*_IN_PARAGRAPHS)
    return pl.when(text.str.contains(_NOT_PLAIN)).then(spaced).otherwise(plain) + pl.lit("</text:p></table:table-cell>")
