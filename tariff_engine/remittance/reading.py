"""A remittance, read: one line a payment, with the days that it is for, and what was told on the way. [pence]"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.cells import read_provider_id
from tariff_engine.errors import InputRefused
from tariff_engine.findings import SCHEMA, FindingsLog
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.column_map import ColumnMap
from tariff_engine.remittance.headings import headings, plain
from tariff_engine.remittance.layout import IDENTIFIERS, Cells, Table, table_of
from tariff_engine.remittance.rows import UNREAD, Line, payments_of
from tariff_engine.remittance.spans import Calendar, Label, Span, find_label
from tariff_engine.remittance.totals import Totals
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.covers import check_template, cover_of
from tariff_engine.tables.grids import Grids, read_grids
from tariff_engine.tables.wording import listed, shown

LIMITS = Limits(bytes=64 * MEBIBYTE, rows=200_000, cells=8_000_000)
"""A remittance is far smaller than a caseload may be."""

LINES: Mapping[str, pl.DataType] = {
    "line": pl.Int64(),
    "sheet": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "placement_id": pl.String(),
    "child_id": pl.String(),
    "provider_id": pl.String(),
    "period": pl.String(),
    "from": pl.Date(),
    "to": pl.Date(),
    "amount": pl.Int64(),
    "paid_on": pl.String(),
    "reference": pl.String(),
    "note": pl.String(),
}
"""The columns of the lines; a blank ``amount`` couldn't be read, blank dates say nothing of the days."""

_AN_ID = {"placement_id", "child_id"}
_PAID, _TAKEN_BACK = 1, -1


@dataclass(frozen=True)
class Remittance:
    """What was paid.

    Attributes
    ----------
    lines : columns LINES, one row a payment, numbered from 1.
    findings : as every table of findings, with ``sheet`` at the end.
    """

    lines: pl.DataFrame
    findings: pl.DataFrame
    file_name: str
    sha256: str


@dataclass
class _Sheet:
    """One sheet's lines and what is to be said of them."""

    table: Table
    lines: list[Line] = field(default_factory=list)
    log: FindingsLog = field(default_factory=FindingsLog)


def read_remittance(
    source: pl.DataFrame | str | Path,
    period: FundingPeriod,
    given: ColumnMap,
    known: Callable[[Cells], int],
) -> Remittance:
    """Read every sheet of a remittance.

    Parameters
    ----------
    source : a CSV, XLSX, XLSM, ODS, Parquet or Arrow file, or a frame.
    period : tells which year a month without one belongs to, and where payments that are numbered begin.
    given : what a column map says.
    known : how many of some cells are identifiers of the placements.

    Raises
    ------
    InputRefused : no sheet has payments, or the file can't be taken. UsageError : the map doesn't fit.
    """
    grids = read_grids(source, LIMITS)
    log, words = FindingsLog(), given.spans(period)
    for note in grids.notes:
        log.add(note.code, [note.row], note.column or "", note.message, [note.value])
    sheets = [_Sheet(table) for table in _tables(grids, given, words, known, log)]
    for sheet in sheets:
        _read_sheet(sheet, words)
    _leave_out_repeated(sheets, log)
    calendar = _calendar(sheets, period, given, log)
    signs = _signs(sheets, given, log)
    rows = list(_rows(sheets, calendar, signs, period))
    lines = pl.DataFrame(rows, schema=dict(LINES), orient="row") if rows else pl.DataFrame(schema=dict(LINES))
    return Remittance(lines, _findings(log, sheets), grids.file_name, grids.sha256)


def _tables(
    grids: Grids,
    given: ColumnMap,
    words: Mapping[str, Span],
    known: Callable[[Cells], int],
    log: FindingsLog,
) -> list[Table]:
    covers = [grid.cells for grid in grids.grids if plain(grid.name) == "cover"]
    for note in check_template(cover_of(covers), "remittance"):
        log.add(note.code, [None], note.column or "", note.message, [note.value])
    if given.sheets:
        missing = [name for name in given.sheets if name not in {grid.name for grid in grids.grids}]
        if missing:
            raise InputRefused(f"The column map names the sheet {shown(missing[0])}, which the file hasn't.")
        wanted = [grid for grid in grids.grids if grid.name in given.sheets]
    else:
        wanted = [grid for grid in grids.grids if plain(grid.name) not in headings().explaining]
    tables, without = [], []
    for grid in wanted:
        table = table_of(grid, given, words, known) if grid.cells.height else None
        if table is not None:
            tables.append(table)
        elif grid.cells.height:
            without.append(grid.name)
    if not tables:
        raise InputRefused(
            "No payments were found in the remittance: a header row must name a column of amounts, or of months, and "
            "one of the children or placements. If its headers are words of its own, give a column map with --map."
        )
    if without:
        log.add(
            "sheet_left_out", [None], "", f"{listed([shown(name) for name in without])}: no payments were found there."
        )
    return tables


def _read_sheet(sheet: _Sheet, words: Mapping[str, Span]) -> None:
    """Every payment of a sheet, and what its totals rows say."""
    table, log = sheet.table, sheet.log
    totals, section = Totals(table), _sheet_label(table)
    header = [cell or "" for cell in table.rows[table.header]]
    for sentence in table.guessed:
        log.add("column_guessed", [table.row_number(table.header)], _column_in(sentence), sentence)
    for sentence in table.left_out:
        log.add("column_not_used", [table.row_number(table.header)], _column_in(sentence), sentence)
    if "vat" in table.columns:
        title = table.title_of(table.columns["vat"])
        log.add("vat_left_out", [table.row_number(table.header)], title, f"{shown(title)} is no part of what is due.")
    for at in range(table.header + 1, len(table.rows)):
        cells = table.rows[at]
        filled = [cell for cell in cells if cell]
        if not filled or [cell or "" for cell in cells] == header:
            continue
        if totals.takes(at, log):
            continue
        if len(filled) == 1 and not table.periods:
            section = find_label(filled[0]) or section
            continue
        lines = list(payments_of(table, at, section, words, log))
        sheet.lines += lines
        totals.add(at, lines, log)


def _column_in(sentence: str) -> str:
    return sentence.split("'")[1] if sentence.count("'") > 1 else ""


def _sheet_label(table: Table) -> Label | None:
    """The period that a whole sheet is for, where its name, or one cell above its header, says one."""
    if table.periods or "month" in table.columns or "to" in table.columns or "from" in table.columns:
        return None
    if (named := find_label(table.name)) is not None:
        return named
    found = []
    for cells in table.titles:
        before = ""
        for cell in cells:
            label = find_label(cell) if cell else None
            if label is not None and not any(word in f"{before} {cell}".casefold() for word in _OF_THE_PAPER):
                found.append(label)
            before = cell or before
    return found[0] if len(set(found)) == 1 else None


_OF_THE_PAPER = (
    "paid on",
    "payment date",
    "date of",
    "printed",
    "produced",
    "run date",
    "issued",
    "remittance date",
    "bacs",
)


def _leave_out_repeated(sheets: list[_Sheet], log: FindingsLog) -> None:
    """Leave out sheets that say once more what others say: the same sums, without a period of their own."""
    for sheet in list(sheets):
        others = [other for other in sheets if other is not sheet]
        if not others or any(line.said is not None for line in sheet.lines) or not sheet.lines:
            continue
        if _sums([sheet]) == _sums(others):
            sheets.remove(sheet)
            message = f"Sheet {shown(sheet.table.name)} adds up what the other sheets say, and was left out."
            log.add("sheet_left_out", [None], "", message)


def _sums(sheets: Sequence[_Sheet]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            key = next((line.cells[name] for name in IDENTIFIERS if line.cells.get(name)), None)
            sums[(key or "").strip().casefold()] += line.pence or 0
    return Counter({key: pence for key, pence in sums.items() if pence})


def _calendar(sheets: Sequence[_Sheet], period: FundingPeriod, given: ColumnMap, log: FindingsLog) -> Calendar:
    """How the labels of the whole remittance are read, and what is said of the guess."""
    labels = {line.said for sheet in sheets for line in sheet.lines if isinstance(line.said, Label)}
    calendar = Calendar.of(labels, period)
    if given.dates is not None:
        step = 0 if given.dates == "month" else 7 * given.weeks
        return Calendar(period, step, given.dates == "end")
    kinds = {label.kind for label in labels}
    if calendar.step and kinds & {"date", "number", "ending", "four weeks"}:
        which = "last" if calendar.dates_end else "first"
        dates = f"; a date is the {which} day that its payment is for" if kinds & {"date", "ending"} else ""
        first = f"; number 1 starts on {period.start}" if kinds & {"number", "four weeks"} else ""
        log.add(
            "period_guessed", [None], "", f"Payments were taken to come every {calendar.step // 7} weeks{dates}{first}."
        )
    elif "number" in kinds:
        log.add("period_guessed", [None], "", f"Period 1 was taken for {period.months[0].start:%B %Y}.")
    if "term" in kinds:
        log.add(
            "period_guessed",
            [None],
            "",
            "Terms were taken for April to August, September to December, January to March.",
        )
    return calendar


def _signs(sheets: Sequence[_Sheet], given: ColumnMap, log: FindingsLog) -> Mapping[str, int]:
    """What CR and DR mean: the one that fewer lines have is money taken back, unless a map says otherwise."""
    marks = Counter(line.mark for sheet in sheets for line in sheet.lines if line.mark != UNREAD)
    if not marks["cr"] and not marks["dr"]:
        return {}
    if given.credit is not None:
        credit = _PAID if given.credit == "paid" else _TAKEN_BACK
        return {"cr": credit, "dr": -credit}
    if marks[""]:
        signs = {"cr": _TAKEN_BACK, "dr": _PAID if marks["cr"] else _TAKEN_BACK}
    else:
        credit = _PAID if marks["cr"] > marks["dr"] else _TAKEN_BACK
        signs = {"cr": credit, "dr": -credit}
    words = {_PAID: "was paid", _TAKEN_BACK: "was taken back"}
    said = " and ".join(f"{mark.upper()} {words[sign]}" for mark, sign in signs.items() if marks[mark])
    log.add("sign_guessed", [None], "", f"An amount marked {said}, as most lines go.")
    return signs


def _rows(
    sheets: Sequence[_Sheet], calendar: Calendar, signs: Mapping[str, int], period: FundingPeriod
) -> Iterator[tuple[Any, ...]]:
    number = 0
    for sheet in sheets:
        by_payment: list[int] = []
        undated: list[int] = []
        for line in sheet.lines:
            number += 1
            span = line.said if isinstance(line.said, Span) else calendar.span(line.said) if line.said else None
            if line.said is not None and span is None:
                said = f"{line.text[:60]!r} is no period of {period.name}; a column map can say what it means"
                sheet.log.add("bad_value", [line.row], "month", said, [line.text])
            if line.by_payment:
                by_payment.append(line.row)
            elif line.said is None and not line.text:
                undated.append(line.row)
            taken_back = signs.get(line.mark) == _TAKEN_BACK
            pence = line.pence if line.pence is None or not taken_back else -abs(line.pence)
            yield (
                *(number, line.sheet, line.row, line.column),
                *(_cell(line, "placement_id"), _cell(line, "child_id"), _provider(line)),
                *(line.text or None, span.first if span else None, span.last if span else None, pence),
                *(_cell(line, "paid_on"), _cell(line, "reference"), _cell(line, "note")),
            )
        if by_payment:
            said = f"{len(by_payment):,} payments say no period; the days on which they were made were taken for it."
            sheet.log.add("period_guessed", [by_payment[0]], "paid_on", said)
        if undated:
            said = f"{len(undated):,} payments say no period; each was taken to be for all of {period.name}."
            sheet.log.add("period_guessed", [undated[0]], "month", said)


def _cell(line: Line, name: str) -> str | None:
    return line.cells.get(name)


def _provider(line: Line) -> str | None:
    text = line.cells.get("provider_id")
    if not text:
        return None
    try:
        return str(read_provider_id(text).value)
    except ValueError:
        return text


def _findings(log: FindingsLog, sheets: Sequence[_Sheet]) -> pl.DataFrame:
    """The findings of the file and of each sheet, with the sheet that each row is on."""
    nowhere = pl.DataFrame(schema={"row": pl.Int64, "placement_id": pl.String})
    parts = [(None, log), *((sheet.table.name or None, sheet.log) for sheet in sheets)]
    frames = [part.frame(nowhere).with_columns(pl.lit(name, pl.String).alias("sheet")) for name, part in parts]
    return pl.concat(frames) if frames else pl.DataFrame(schema={**SCHEMA, "sheet": pl.String()})
