"""The rows of a worksheet as the XML that a workbook stores, made column by column.

Text is always an inline string, so nothing in it can become a formula, a link or markup, and money is written
from its whole pence, so no figure passes through a floating-point number. The only formulas are the sums of a row's
own cells, each with its value beside it for programs that don't calculate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from tariff_engine.tables.book.formulas import MOST_IN_A_ROW
from tariff_engine.tables.wording import column_letter, pounds_text

Style = Literal["title", "header", "header_right", "text", "wrapped", "money", "whole", "number", "date"]
STYLES: tuple[Style, ...] = ("title", "header", "header_right", "text", "wrapped", "money", "whole", "number", "date")
LARGEST_EXACT = 2**53
"""Whole numbers from here on aren't exact in a spreadsheet, and are written as text."""

_BLOCK_ROWS = 20_000
LONG_WIDTH = 80
"""The width of a column of long text, in digits; of ordinary letters ``_LETTERS_A_LINE`` go into it."""
_LETTERS_A_LINE, _LINE_POINTS = 95, 15
_DAY_0 = date(1899, 12, 30)
_FIRST_SAFE_DAY = date(1900, 3, 1)
_CONTROL = "[\x00-\x08\x0b-\x1f\ufffe\uffff]"
_CODES = {chr(code): f"_x{code:04X}_" for code in (*range(0x09), *range(0x0B, 0x20), 0xFFFE, 0xFFFF)}
_CODE_ESCAPES = str.maketrans(_CODES)
_LIKE_ESCAPED = "(_x[0-9A-Fa-f]{4}_)"


@dataclass(frozen=True)
class Block:
    """A table on a sheet: an optional title above it, and whether a header row is shown.

    ``money`` names columns of whole pence, ``wrapped`` columns whose text may take several lines. ``sums`` names
    columns that are formulas, each with the columns, standing side by side, that a row of it adds up.
    """

    frame: pl.DataFrame
    money: Collection[str] = ()
    title: str = ""
    headed: bool = True
    wrapped: Collection[str] = ()
    sums: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Rows on the sheet."""
        return self.frame.height + bool(self.title) + self.headed


def block_rows(blocks: Sequence[Block], styles: Mapping[Style, int]) -> Iterator[bytes]:
    """The XML of the rows of blocks, a blank row between them; styles are the book's indices."""
    row = 1
    for block in blocks:
        if block.title:
            yield _row_of_text([block.title], row, [styles["title"]])
            row += 1
        if block.headed:
            yield _row_of_text(block.frame.columns, row, [styles[style] for style in _header_styles(block.frame)])
            row += 1
        for part in block.frame.iter_slices(_BLOCK_ROWS):
            yield _rows(part, block, row, styles)
            row += part.height
        row += 1


def _header_styles(frame: pl.DataFrame) -> list[Style]:
    """Headers stand over their values: numbers and dates to the right."""
    return ["header_right" if dtype.is_numeric() or dtype == pl.Date else "header" for dtype in frame.dtypes]


def _row_of_text(cells: Sequence[str], row: int, styles: Sequence[int]) -> bytes:
    """One row of text, written out without a frame: a header has many columns, and a run many headers."""
    written = [
        f'<c r="{column_letter(index)}{row}" s="{style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{_escaped_text(cell)}</t></is></c>'
        for index, (cell, style) in enumerate(zip(cells, styles, strict=True))
    ]
    return f'<row r="{row}">{"".join(written)}</row>'.encode()


def _rows(frame: pl.DataFrame, block: Block, first: int, styles: Mapping[Style, int]) -> bytes:
    cells = []
    for index, (name, dtype) in enumerate(frame.schema.items()):
        if name in block.sums:
            cells.append(_summed(frame, name, block.sums[name], index, styles["money"]))
        elif name in block.money:
            cells.append(_value(pounds_text(pl.col(name).cast(pl.Int64)), index, styles["money"]))
        elif dtype == pl.Boolean:
            cells.append(_value(pl.col(name).cast(pl.Int8).cast(pl.String), index, styles["text"], ' t="b"'))
        elif dtype.is_integer():
            exact = pl.col(name).cast(pl.Int128).abs() < LARGEST_EXACT
            cells.append(_either(exact, pl.col(name).cast(pl.String), name, index, styles["whole"], styles["text"]))
        elif dtype.is_numeric():
            number = pl.col(name).cast(pl.Float64)
            cells.append(
                _either(number.is_finite(), number.cast(pl.String), name, index, styles["number"], styles["text"])
            )
        elif dtype == pl.Date:
            serial = (pl.col(name) - pl.lit(_DAY_0)).dt.total_days().cast(pl.String)
            safe = pl.col(name) >= _FIRST_SAFE_DAY
            cells.append(_either(safe, serial, name, index, styles["date"], styles["text"]))
        else:
            cells.append(_text(name, index, styles["wrapped" if name in block.wrapped else "text"]))
    return _xml(frame, cells, first, _height(block.wrapped))


def _height(wrapped: Collection[str]) -> pl.Expr:
    """The attributes of a row that give it the height of its longest text, as not every program finds it out."""
    if not wrapped:
        return pl.lit("")
    lines = pl.max_horizontal(pl.col(name).str.len_chars().fill_null(0) // _LETTERS_A_LINE for name in wrapped) + 1
    height = pl.format(' ht="{}" customHeight="1"', lines * _LINE_POINTS)
    return pl.when(lines > 1).then(height).otherwise(pl.lit(""))


def _xml(frame: pl.DataFrame, cells: Sequence[pl.Expr], first: int, height: pl.Expr | None = None) -> bytes:
    """The rows of a frame, given each column's cells; a null cell isn't written."""
    row = pl.int_range(first, first + frame.height, dtype=pl.Int64).cast(pl.String)
    numbered = frame.with_columns(row.alias(_ROW))
    opening = pl.format('<row r="{}"{}>', pl.col(_ROW), pl.lit("") if height is None else height)
    text = numbered.select(pl.concat_str([opening, *cells, pl.lit("</row>")], ignore_nulls=True)).to_series()
    return str(text.str.join("").item()).encode()


_ROW = "\0row"
"""A column name that no file can have."""


def _value(value: pl.Expr, index: int, style: int, kind: str = "") -> pl.Expr:
    start = f'<c r="{column_letter(index)}'
    cell = pl.lit(start) + pl.col(_ROW) + pl.lit(f'" s="{style}"{kind}><v>') + value + pl.lit("</v></c>")
    return cell.alias(f"{index}")


def _summed(frame: pl.DataFrame, name: str, parts: Sequence[str], index: int, style: int) -> pl.Expr:
    """Pounds as the sum of other cells of the row, where that is what they are; else as a plain figure."""
    first, last = (column_letter(frame.columns.index(part)) for part in (parts[0], parts[-1]))
    pence = pl.col(name).cast(pl.Int64)
    is_sum = (pl.sum_horizontal(parts, ignore_nulls=False) == pence) & (pence.abs() <= MOST_IN_A_ROW)
    formula = pl.format("<f>ROUND(SUM(" + first + "{}:" + last + "{}),2)</f>", _ROW, _ROW)
    start = f'<c r="{column_letter(index)}'
    cell = pl.lit(start) + pl.col(_ROW) + f'" s="{style}">' + pl.when(is_sum).then(formula).otherwise(pl.lit(""))
    return (cell + "<v>" + pounds_text(pence) + "</v></c>").alias(f"{index}")


def _text(name: str, index: int, style: int) -> pl.Expr:
    start = f'<c r="{column_letter(index)}'
    opening = pl.lit(start) + pl.col(_ROW) + f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
    return (opening + _escaped(pl.col(name).cast(pl.String)) + "</t></is></c>").alias(f"{index}")


def _either(fits: pl.Expr, value: pl.Expr, name: str, index: int, number_style: int, text_style: int) -> pl.Expr:
    """A number where it fits one, else the text that shows it."""
    cell = _value(value, index, number_style)
    return pl.when(fits).then(cell).otherwise(_text(name, index, text_style)).alias(f"{index}")


def _escaped_text(text: str) -> str:
    """One text as XML holds it, the same as ``_escaped`` makes of a column."""
    text = re.sub(_LIKE_ESCAPED, r"_x005F\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.translate(_CODE_ESCAPES)


def _escaped(text: pl.Expr) -> pl.Expr:
    """Text as XML holds it; control characters, and what looks like one escaped, in the book's own form."""
    text = text.str.replace_all(_LIKE_ESCAPED, "_x005F${1}")
    text = text.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])
    controls = text.str.replace_many(list(_CODES), list(_CODES.values()))
    return pl.when(text.str.contains(_CONTROL)).then(controls).otherwise(text)
