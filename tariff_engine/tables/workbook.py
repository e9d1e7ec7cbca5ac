"""Workbooks out: Summary, Costing, Findings, Rules and Provenance on sheets of one file.

XlsxWriter makes the book's frame, its styles and sheets. The rows are put in as a stream: cell by cell a
large costing takes minutes, and XlsxWriter passes text between <r> and </r> through as markup.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.money import EXACT_IN_A_DOUBLE
from tariff_engine.tables.sheet_rows import STYLES, Block, Style, block_rows
from tariff_engine.tables.wording import column_letter, shown

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767

_HEADER: dict[str, object] = {
    "bold": True,
    "bg_color": "#12436D",
    "font_color": "#FFFFFF",
    "text_wrap": True,
    "valign": "top",
}
_FORMATS: dict[Style, dict[str, object]] = {
    "title": {"bold": True, "font_size": 13},
    "header": {**_HEADER, "indent": 1},
    "header_right": {**_HEADER, "align": "right"},
    "text": {"num_format": "@", "valign": "top", "indent": 1},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "whole": {"num_format": "0", "valign": "top"},
    "number": {"num_format": "General", "valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top"},
}
_NARROWEST, _WIDEST, _MONEY_WIDTH, _DATE_WIDTH = 9, 60, 14, 11
_SAMPLED_ROWS = 1_000
_SHEET_DATA = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_STYLED = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
_COMPRESSION = 3


@dataclass(frozen=True)
class Sheet:
    """One sheet: its blocks below each other; ``filtered`` where it is one table under a fixed header."""

    name: str
    blocks: Sequence[Block]
    filtered: bool = True

    @property
    def height(self) -> int:
        """Rows, with the blank ones between blocks."""
        return sum(block.height for block in self.blocks) + max(len(self.blocks) - 1, 0)

    @property
    def width(self) -> int:
        """Columns of the widest block."""
        return max((block.frame.width for block in self.blocks), default=0)


def write_workbook(
    path: Path,
    tables: Mapping[str, pl.DataFrame],
    provenance: Mapping[str, Any],
    money_columns: Mapping[str, Collection[str]],
    *,
    main: str = "costing",
    rules: pl.DataFrame | None = None,
    summary: Sequence[tuple[str, pl.DataFrame]] = (),
) -> None:
    """Write a result as a workbook: money as pounds, text as text, dates as dates.

    Raises
    ------
    UsageError : a sheet would have more rows, columns or text than a workbook holds, or an amount that
        it can't hold to the penny; or the extra that writes workbooks isn't installed.
    """
    heading = main.replace("_", " ").capitalize()
    blocks = [Block(_facts(provenance), title=heading, headed=False)]
    blocks += _totals(provenance)
    blocks += [Block(frame, money_columns.get("summary", ()), title) for title, frame in summary]
    sheets = [Sheet("Summary", blocks, filtered=False)]
    names = [main, *(name for name in tables if name != main)]
    sheets += [Sheet(_sheet_name(name), [Block(tables[name], money_columns.get(name, ()))]) for name in names]
    if rules is not None:
        sheets.append(Sheet("Rules", [Block(rules, money_columns.get("rules", ()))]))
    sheets.append(Sheet("Provenance", [Block(_flat(provenance))]))
    for sheet in sheets:
        _check(sheet)
    book, styles = _frame_of_book(sheets, provenance)
    _fill(path, book, sheets, styles)


def _check(sheet: Sheet) -> None:
    if sheet.height > MOST_ROWS:
        raise _beyond(f"Sheet {sheet.name} would have {sheet.height:,} rows, and a workbook holds {MOST_ROWS:,}.")
    if sheet.width > MOST_COLUMNS:
        raise _beyond(f"Sheet {sheet.name} would have {sheet.width:,} columns.")
    for block in sheet.blocks:
        for column in block.frame.iter_columns():
            if column.name in block.money:
                largest = max(abs(int(cast(int, value or 0))) for value in (column.min(), column.max()))
                if largest > EXACT_IN_A_DOUBLE:
                    raise _beyond(f"{shown(column.name)} has an amount that a workbook can't hold to the penny.")
            elif column.dtype == pl.String:
                longest = cast("int | None", column.str.len_chars().max()) or 0
                if longest > MOST_CHARACTERS:
                    raise _beyond(f"{shown(column.name)} has a cell of {longest:,} characters.")


def _beyond(what: str) -> UsageError:
    return UsageError(f"{what} Write .csv or .parquet instead.")


def _frame_of_book(sheets: Sequence[Sheet], provenance: Mapping[str, Any]) -> tuple[bytes, dict[Style, int]]:
    """The workbook without its rows, and the index that it gives each style."""
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError(
            "Workbooks need the xlsx extra: pip install 'tariff-engine[xlsx]'. Or write .csv or .parquet."
        ) from None
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    created = _created(provenance)
    book.set_properties({"title": "Costing", "created": created} if created else {"title": "Costing"})
    formats = [book.add_format(_FORMATS[style]) for style in STYLES]
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        # Blank cells in every style: the file then says which index each one has.
        for index, style in enumerate(formats):
            page.write_blank(0, index, None, style)
        for index, width in enumerate(_widths(sheet)):
            page.set_column(index, index, width)
        if sheet.filtered:
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, max(sheet.height - 1, 0), max(sheet.width - 1, 0))
        page.ignore_errors({"number_stored_as_text": f"A1:{column_letter(max(sheet.width - 1, 0))}{MOST_ROWS}"})
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
    book.close()
    content = target.getvalue()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        indices = [int(found) for found in _STYLED.findall(archive.read(_part(1)))]
    return content, dict(zip(STYLES, indices, strict=True))


def _fill(path: Path, book: bytes, sheets: Sequence[Sheet], styles: Mapping[Style, int]) -> None:
    """Copy the book, with each sheet's rows put in."""
    parts = {_part(number): sheet for number, sheet in enumerate(sheets, start=1)}
    with (
        zipfile.ZipFile(io.BytesIO(book)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as target,
    ):
        for info in source.infolist():
            content = source.read(info)
            if info.filename not in parts:
                target.writestr(info, content, zipfile.ZIP_DEFLATED)
                continue
            sheet = parts[info.filename]
            before, after = _around_rows(content, sheet)
            entry = zipfile.ZipInfo(info.filename, info.date_time)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with target.open(entry, "w", force_zip64=True) as stream:
                stream.write(before)
                for rows in block_rows(sheet.blocks, styles):
                    stream.write(rows)
                stream.write(after)


def _around_rows(content: bytes, sheet: Sheet) -> tuple[bytes, bytes]:
    last = f"{column_letter(max(sheet.width - 1, 0))}{max(sheet.height, 1)}".encode()
    content = _DIMENSION.sub(b'<dimension ref="A1:' + last + b'"/>', content, count=1)
    before, after = _SHEET_DATA.split(content, maxsplit=1)
    return before + b"<sheetData>", b"</sheetData>" + after


def _part(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _sheet_name(table: str) -> str:
    return table.replace("_", " ").capitalize()[:31]


def _widths(sheet: Sheet) -> list[int]:
    """A width in characters for each column, from its header and its first rows."""
    widths = [_NARROWEST] * sheet.width
    for block in sheet.blocks:
        for index, column in enumerate(block.frame.head(_SAMPLED_ROWS).iter_columns()):
            if column.name in block.money:
                longest = _MONEY_WIDTH
            elif column.dtype == pl.Date:
                longest = _DATE_WIDTH
            else:
                longest = cast("int | None", column.cast(pl.String).str.len_chars().max()) or 0
            header = len(column.name) + 3 if block.headed else 0
            widths[index] = max(widths[index], min(max(longest + 2, header), _WIDEST))
    return widths


def _facts(provenance: Mapping[str, Any]) -> pl.DataFrame:
    """What a reader has to know before any figure: under what, for when, and how much was priced."""
    facts: list[tuple[str, str]] = []
    for framework in provenance.get("frameworks", ()):
        as_if = ", as if it were in effect" if framework.get("as_if") else ""
        status = str(framework.get("legal_status", "")).replace("_", " ")
        facts.append(("Framework", f"{framework.get('id')} {framework.get('version')} ({status}){as_if}"))
    period = provenance.get("period", {})
    if period:
        facts.append(("Period", f"{period.get('name')}: {period.get('from')} to {period.get('to')}"))
    totals = provenance.get("totals", {})
    for key, words in _COUNTS.items():
        if key in totals:
            facts.append((words, f"{totals[key]:,}"))
    return pl.DataFrame(facts, schema={"item": pl.String, "value": pl.String}, orient="row")


def _totals(provenance: Mapping[str, Any]) -> list[Block]:
    """The pence of the totals, as a block of its own so that they are numbers."""
    totals = provenance.get("totals", {})
    pence = {words: [int(totals[key])] for key, words in _AMOUNTS.items() if key in totals}
    return [Block(pl.DataFrame(pence), money=list(pence))] if pence else []


_AMOUNTS = {"amount_pence": "Paid by high needs", "outside_amount_pence": "Paid by others"}
_COUNTS = {
    "read": "Rows read",
    "priced": "Rows priced",
    "set_aside": "Rows set aside",
    "read_children": "Children read",
    "priced_children": "Children priced",
    "set_aside_children": "Children set aside",
}


def _flat(provenance: Mapping[str, Any]) -> pl.DataFrame:
    rows = _walk(provenance, "")
    return pl.DataFrame(rows, schema={"item": pl.String, "value": pl.String}, orient="row")


def _walk(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [row for key, part in value.items() for row in _walk(part, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list | tuple):
        return [row for at, part in enumerate(value, start=1) for row in _walk(part, f"{name} {at}")]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    return [(name, "" if value is None else str(value))]


def _created(provenance: Mapping[str, Any]) -> datetime | None:
    """The moment of the costing, so that the same costing gives the same bytes."""
    try:
        return datetime.fromisoformat(str(provenance.get("created_at"))).replace(tzinfo=None)
    except ValueError:
        return None
