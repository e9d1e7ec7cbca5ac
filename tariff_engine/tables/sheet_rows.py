"""The rows of a worksheet as the XML that a workbook stores, made column by column.

Text is always an inline string, so nothing in it can become a formula, a link or markup, and money is written
from its whole pence, so no figure passes through a floating-point number. Formulas are our own, each with its value
beside it for programs that don't calculate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

import polars as pl

from tariff_engine.tables.wording import column_letter, pounds_text

Style = Literal[
    "title", "header", "header_right", "text", "wrapped", "money", "whole", "number", "date",
    "text_input", "money_input", "number_input", "choice",
]  # fmt: skip
STYLES: tuple[Style, ...] = get_args(Style)
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

    ``money`` names columns of whole pence, ``wrapped`` columns whose text may take several lines, ``choices`` columns
    of row numbers. ``heads`` are the headers where they aren't the columns' names, and take ``head_lines`` lines.
    ``formulas`` holds, for columns that have some, the formula of each cell as XML, null for a plain value;
    ``inputs`` where a column's cells are shaded, as figures to change.
    """

    frame: pl.DataFrame
    money: Collection[str] = ()
    title: str = ""
    headed: bool = True
    wrapped: Collection[str] = ()
    choices: Collection[str] = ()
    heads: Sequence[str] = ()
    head_lines: int = 1
    formulas: Mapping[str, pl.Series] = field(default_factory=dict)
    inputs: Mapping[str, pl.Series] = field(default_factory=dict)

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
            heads = block.heads or block.frame.columns
            look = [styles[style] for style in _header_styles(block.frame)]
            yield _row_of_text(heads, row, look, block.head_lines)
            row += 1
        beside = [series.alias(_FORMULA + name) for name, series in block.formulas.items()]
        beside += [series.alias(_INPUT + name) for name, series in block.inputs.items()]
        for part in block.frame.with_columns(beside).iter_slices(_BLOCK_ROWS):
            yield _rows(part, block, row, styles)
            row += part.height
        row += 1


def _header_styles(frame: pl.DataFrame) -> list[Style]:
    """Headers stand over their values: numbers and dates to the right."""
    return ["header_right" if dtype.is_numeric() or dtype == pl.Date else "header" for dtype in frame.dtypes]


def _row_of_text(cells: Sequence[str], row: int, styles: Sequence[int], lines: int = 1) -> bytes:
    """One row of text, written out without a frame: a header has many columns, and a run many headers."""
    written = [
        f'<c r="{column_letter(index)}{row}" s="{style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{_escaped_text(cell)}</t></is></c>'
        for index, (cell, style) in enumerate(zip(cells, styles, strict=True))
    ]
    height = "" if lines == 1 else f' ht="{lines * _LINE_POINTS}" customHeight="1"'
    return f'<row r="{row}"{height}>{"".join(written)}</row>'.encode()


def _rows(frame: pl.DataFrame, block: Block, first: int, styles: Mapping[Style, int]) -> bytes:
    cells = [_cell(name, index, dtype, block, styles) for index, (name, dtype) in enumerate(block.frame.schema.items())]
    return _xml(frame, cells, first, _height(block.wrapped))


def _cell(name: str, index: int, dtype: pl.DataType, block: Block, styles: Mapping[Style, int]) -> pl.Expr:
    column, plain = pl.col(name), _style(name, "text", block, styles)
    fits: pl.Expr = pl.lit(True)
    value, style, kind = column.cast(pl.String), _style(name, "whole", block, styles), ""
    if name in block.money:
        value, style = pounds_text(column.cast(pl.Int64)), _style(name, "money", block, styles)
    elif dtype == pl.Boolean:
        value, style, kind = column.cast(pl.Int8).cast(pl.String), plain, ' t="b"'
    elif dtype.is_integer():
        fits = column.cast(pl.Int128).abs() < LARGEST_EXACT
        style = _style(name, "choice", block, styles) if name in block.choices else style
    elif dtype.is_numeric():
        number = column.cast(pl.Float64)
        fits, value, style = number.is_finite(), number.cast(pl.String), _style(name, "number", block, styles)
    elif dtype == pl.Date:
        fits = column >= _FIRST_SAFE_DAY
        value = (column - pl.lit(_DAY_0)).dt.total_days().cast(pl.String)
        style = _style(name, "date", block, styles)
    else:
        value, style = _escaped(value), _style(name, "wrapped", block, styles) if name in block.wrapped else plain
        kind = ' t="str"'
    text = kind == ' t="str"'
    cell = _text(name, index, style) if text else _either(fits, _value(value, index, style, kind), name, index, plain)
    if name in block.formulas:
        cell = _calculated(name, value, index, style, kind).fill_null(cell)
    if name in block.inputs:
        blank = _opening(index, style) + pl.lit("/>")
        cell = pl.when(cell.is_null() & pl.col(_INPUT + name)).then(blank).otherwise(cell)
    return cell.alias(f"{index}")


def _style(name: str, style: Style, block: Block, styles: Mapping[Style, int]) -> pl.Expr:
    """The index of a column's style, which is another one where its cells are shaded."""
    usual = pl.lit(str(styles[style]))
    if name not in block.inputs:
        return usual
    shaded = str(styles[_SHADED[style]])
    return pl.when(pl.col(_INPUT + name)).then(pl.lit(shaded)).otherwise(usual)


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


_ROW, _FORMULA, _INPUT = "\0row", "\0formula of ", "\0input of "
"""Column names that no file can have."""
_SHADED: Mapping[Style, Style] = {
    "text": "text_input",
    "money": "money_input",
    "number": "number_input",
    "whole": "number_input",
}


def _opening(index: int, style: pl.Expr) -> pl.Expr:
    """The start of a cell, up to its style."""
    return pl.lit(f'<c r="{column_letter(index)}') + pl.col(_ROW) + pl.lit('" s="') + style + pl.lit('"')


def _value(value: pl.Expr, index: int, style: pl.Expr, kind: str) -> pl.Expr:
    return _opening(index, style) + pl.lit(f"{kind}><v>") + value + pl.lit("</v></c>")


def _calculated(name: str, value: pl.Expr, index: int, style: pl.Expr, kind: str) -> pl.Expr:
    """A formula with its value; without one it shows empty text. Null where the cell has no formula."""
    of = pl.when(value.is_null()).then(pl.lit(' t="str"')).otherwise(pl.lit(kind))
    start = _opening(index, style) + of + pl.lit(">") + pl.col(_FORMULA + name)
    return start + pl.lit("<v>") + value.fill_null("") + pl.lit("</v></c>")


def _text(name: str, index: int, style: pl.Expr) -> pl.Expr:
    opening = _opening(index, style) + pl.lit(' t="inlineStr"><is><t xml:space="preserve">')
    return opening + _escaped(pl.col(name).cast(pl.String)) + pl.lit("</t></is></c>")


def _either(fits: pl.Expr, cell: pl.Expr, name: str, index: int, text_style: pl.Expr) -> pl.Expr:
    """A number where it fits one, else the text that shows it."""
    return pl.when(fits).then(cell).otherwise(_text(name, index, text_style))


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
