"""Reading a table of plans in the layout of Explore education statistics, cell by cell and without a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from scenarios.plans.cells import NOT_RECORDED, placement_types
from scenarios.plans.findings import PlanFindings
from tariff_engine.cells import read_la_code
from tariff_engine.columns import as_text
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.tables.reading import from_frame, read_table
from tariff_engine.tables.wording import listed, shown
from tariff_engine.vocabulary import nearest, vocabulary

PLANS = "ehc_plans"
SYMBOLS = {
    "x": "unavailable",
    "z": "not applicable",
    "c": "confidential",
    "low": "too low to show",
    "u": "of low reliability",
}
"""What stands in a cell in place of a number. None of them is 0."""

_PREFIX, _UNKNOWN = "number_", "number_need_unknown"
_OPTIONAL = ("DS", "NSA")
_LEVELS = {"national": True, "local authority": False}
_PERIOD = re.compile(r"(\d{4})(\d{2})?")
_NUMBER = re.compile(r"(\d{1,7})(?:\.0+)?")
_TOTAL = re.compile(r"(?:(.*?)[\s-]+)?total", re.IGNORECASE)


@dataclass(frozen=True)
class PlanRow:
    """One row of the table.

    Attributes
    ----------
    row : as a person sees it. england : whether it is for the whole country.
    la : the authority's code; what stands there where it is no code; blank for England.
    type : the placement type. group : for a total, the start of the labels that it adds up, blank for all of them.
    plans : how many; None where that is unavailable. needs : the same by need, in the order of the table's needs.
    problem : why the row's plans are set aside; blank where they aren't.
    """

    row: int
    england: bool
    la: str
    type: str
    group: str | None
    plans: int | None
    needs: tuple[int | None, ...]
    problem: str = ""


@dataclass(frozen=True)
class PlansTable:
    """A table of plans of one time period. ``needs`` ends in NOT_RECORDED."""

    rows: tuple[PlanRow, ...]
    needs: tuple[str, ...]
    time_period: str
    file_name: str
    sha256: str

    @property
    def first_day(self) -> str:
        """The first day of the school year of the count, which is taken in January."""
        return first_day_of(self.time_period)


def read_plans(
    source: pl.DataFrame | str | Path,
    findings: PlanFindings,
    time_period: str | None = None,
    *,
    by_placement: bool = True,
) -> PlansTable:
    """Read a table of plans by need and placement type, or by need alone.

    Raises
    ------
    InputRefused : a column is missing, or there is no row of an authority. UsageError : the time period has to be said.
    """
    needs = [code for code in vocabulary().need_codes if code not in _OPTIONAL]
    columns = ["time_period", "geographic_level", "old_la_code", *(["placement_type"] if by_placement else [])]
    required = [*columns, PLANS, *(_PREFIX + need.lower() for need in needs), _UNKNOWN]
    known = [*required, "new_la_code", "la_name", *(_PREFIX + need.lower() for need in _OPTIONAL)]
    if isinstance(source, pl.DataFrame):
        raw = from_frame(source, known, required)
    else:
        raw = read_table(Path(source), known, required)
    where = "" if by_placement else "table by need: "
    findings.add_notes(raw, where)
    frame = raw.frame.select(as_text(raw.frame[name]).alias(name) for name in known if name in raw.frame.columns)
    given = [*needs, *(need for need in _OPTIONAL if _PREFIX + need.lower() in frame.columns)]
    number_columns = [PLANS, *(_PREFIX + need.lower() for need in given), _UNKNOWN]
    period = _one_period(frame["time_period"], time_period)
    rows = []
    left_out: dict[str, list[int]] = {}
    for number, cells in zip(raw.rows.to_list(), frame.iter_rows(named=True), strict=True):
        level = (cells["geographic_level"] or "").casefold()
        if cells["time_period"] != period or level not in _LEVELS:
            why = f"of {cells['time_period']}" if cells["time_period"] != period else f"for {cells['geographic_level']}"
            left_out.setdefault(why, []).append(number)
            continue
        rows.append(_read_row(number, cells, number_columns, _LEVELS[level], by_placement, where, findings))
    for why, numbers in left_out.items():
        findings.add("rows_left_out", f"{where}{len(numbers):,} rows {why} were left out", numbers[0])
    if not any(not row.england for row in rows):
        raise InputRefused(f"{where}There is no row of a local authority for {period}.")
    return PlansTable(tuple(rows), (*given, NOT_RECORDED), period, raw.file_name, raw.sha256)


def first_day_of(time_period: str) -> str:
    """The first day of the school year of a count, which is taken in January: 2024-09-01 of 202425 and of 2025."""
    start, two_years = _period_parts(time_period)
    return f"{start if two_years else start - 1}-09-01"


def _read_row(
    number: int,
    cells: dict[str, str | None],
    columns: Sequence[str],
    england: bool,
    by_placement: bool,
    where: str,
    findings: PlanFindings,
) -> PlanRow:
    la, problem = ("", "") if england else _authority(number, cells, where, findings)
    label = cells["placement_type"] or "" if by_placement else ""
    kind, group, unknown = _placement_type(number, label, findings) if by_placement else ("", None, "")
    plans, *needs = (_number(number, name, cells[name], where, findings) for name in columns)
    return PlanRow(number, england, la, kind, group, plans, tuple(needs), problem or unknown)


def _authority(number: int, cells: dict[str, str | None], where: str, findings: PlanFindings) -> tuple[str, str]:
    """The authority's code, or what stands there and why its plans are set aside."""
    code, gss = cells["old_la_code"] or "", cells.get("new_la_code") or ""
    text = gss if code in ("", *SYMBOLS) else code
    try:
        return str(read_la_code(text).value), ""
    except ValueError as error:
        findings.add("unknown_authority", f"{where}old_la_code {shown(text)}: {error}", number, "old_la_code", text)
        return text, "The authority isn't known."


def _placement_type(number: int, label: str, findings: PlanFindings) -> tuple[str, str | None, str]:
    """The placement type; for a total, what it adds up; and why plans of an unknown one are set aside."""
    if total := _TOTAL.fullmatch(label):
        return label, total[1] or "", ""
    folded = {name.casefold(): name for name in placement_types()}
    kind = folded.get(" ".join(label.split()).casefold())
    if kind is not None:
        return kind, None, ""
    near = nearest(label, placement_types())
    hint = f"; the nearest is {shown(near)}" if near else ""
    message = f"{shown(label)} is no placement type that is known{hint}"
    findings.add("unknown_placement_type", message, number, "placement_type", label)
    return label, None, "The placement type isn't known."


def _number(row: int, column: str, cell: str | None, where: str, findings: PlanFindings) -> int | None:
    """A whole number, or None where a symbol says that it is unavailable or nothing readable stands there."""
    text = cell or ""
    if match := _NUMBER.fullmatch(text):
        return int(match[1])
    if text.casefold() not in SYMBOLS:
        symbols = listed([f"{symbol} ({meaning})" for symbol, meaning in SYMBOLS.items()])
        said = "is blank" if cell is None else f"{shown(text)} is neither a whole number nor one of {symbols}"
        findings.add("bad_number", f"{where}{column} {said}; it was taken as unavailable", row, column, cell)
    return None


def _one_period(column: pl.Series, wanted: str | None) -> str:
    found: list[str] = sorted(column.drop_nulls().unique().to_list())
    if not found:
        raise InputRefused("No row of the table has a time_period.")
    if wanted is None and len(found) > 1:
        raise UsageError(f"The table has the time periods {listed(found)}. Choose one with --time-period.")
    if wanted is not None and wanted not in found:
        raise UsageError(f"The table has no time_period {shown(wanted)}; it has {listed(found)}.")
    _period_parts(wanted or found[0])
    return wanted or found[0]


def _period_parts(period: str) -> tuple[int, bool]:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise InputRefused(f"time_period {shown(period)} is not a year such as 2025, or two such as 202425.")
    return int(match[1]), match[2] is not None
