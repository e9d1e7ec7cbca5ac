"""A caseload, read: typed columns, which rows can be priced, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.cells import UPN_PATTERN, is_upn
from tariff_engine.columns import (
    Column,
    Hints,
    as_text,
    need_column,
    placement_columns,
    read_columns,
)
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.money import Ints
from tariff_engine.standing import REPEATED_ID, SAID_ALONE, SET_ASIDE, ReadRows, Twice
from tariff_engine.tables.contract import RawTable
from tariff_engine.tables.covers import misfit
from tariff_engine.tables.headers import Wanted
from tariff_engine.tables.reading import from_frame, read_table
from tariff_engine.vocabulary import nearest, vocabulary

Mask = npt.NDArray[np.bool_]

PLACEMENTS_SHEET = "Placements"
"""The sheet of a workbook that is meant where several have the columns."""
REAL_UPN = "{} is a real unique pupil number; a pseudonym is enough"


@dataclass(frozen=True)
class Placements:
    """A caseload in columns.

    Attributes
    ----------
    raw : the input as it was read, all rows and columns.
    table : the placements that could be read, typed (money in pence, factors in millionths), with ``at``, their
        place in ``raw``, and the provider's type and area as far as known.
    set_aside : which rows of ``table`` stand twice and aren't priced.
    read_rows, read_children : rows and children of the input, unreadable ones too.
    providers : what the providers file says, one row a provider.
    """

    raw: RawTable
    table: pl.DataFrame
    set_aside: Mask
    read_rows: int
    read_children: int
    providers: pl.DataFrame

    @property
    def placement_ids(self) -> pl.Series:
        """The placement's identifier on every row of ``raw``, as text."""
        return as_text(self.raw.frame["placement_id"])

    def ints(self, column: str, blank: int = -1) -> Ints:
        """A column of whole numbers or days, with a number in place of blanks."""
        return self.table[column].cast(pl.Int64).fill_null(blank).to_numpy()

    def filled(self, column: str) -> Mask:
        """Where a column has a value."""
        return self.table[column].is_not_null().to_numpy()

    def as_given(self, column: str, at: Ints) -> pl.Series:
        """Cells of a column as they stand in the input, for rows of ``table``."""
        if column not in self.raw.frame.columns:
            return pl.Series([None] * len(at), dtype=pl.String)
        return as_text(self.raw.frame[column]).gather(self.table["at"].gather(at))

    def visible_rows(self, at: Ints) -> Ints:
        """Row numbers, as a person sees them, of rows of ``table``."""
        return self.raw.rows.gather(self.table["at"].gather(at)).to_numpy()


def read_caseload(caseload: pl.DataFrame | str | Path, frameworks: Sequence[Framework]) -> RawTable:
    """Read all of a caseload, as it stands."""
    wanted = wanted_columns(frameworks)
    if isinstance(caseload, pl.DataFrame):
        return from_frame(caseload, wanted.known, wanted.required)
    dates = [column.name for column in placement_columns().values() if column.dtype == pl.Date()]
    return read_table(Path(caseload), wanted.known, wanted.required, sheet=PLACEMENTS_SHEET, dates=dates)


def read_rows(raw: RawTable, frameworks: Sequence[Framework], log: FindingsLog, hints: Hints | None = None) -> ReadRows:
    """Read rows of a caseload, each by itself: whatever stands in other rows changes nothing."""
    add_notes(raw, log)
    if (message := misfit(raw.cover, frameworks)) is not None:
        log.add("template_version", [None], "", message)
    columns = [*placement_columns().values(), *need_columns(frameworks)]
    typed, readable_series = read_columns(raw.frame, columns, raw.rows, log, hints=hints)
    readable = readable_series.to_numpy().copy()
    counts = typed["count"].fill_null(1).to_numpy().astype(np.int64)  # 1 where it is blank or unreadable
    for identifier in ("child_id", "placement_id"):
        _warn_of_upns(typed[identifier], raw.rows, log)
    readable &= ~_unknown_bands(typed["band"], frameworks, raw.rows, log)
    readable &= ~_ends_before_it_starts(typed, raw.rows, log)
    readable &= ~_without_provider(typed["provision"], raw, counts, log)
    return ReadRows(raw, typed, counts, readable)


def settle(read: ReadRows, twice: Twice, providers: pl.DataFrame, log: FindingsLog) -> Placements:
    """The placements that could be read, those that stand twice set aside, with what is known of their providers."""
    raw, ids = read.raw, read.typed["placement_id"]
    kept = pl.Series(read.readable & ~twice.say(REPEATED_ID, raw.rows, ids, log))
    at = np.flatnonzero(kept)
    table, rows = read.typed.with_columns(count=pl.Series(read.counts)), raw.rows
    if len(at) < table.height:
        table, rows = table.filter(kept), rows.filter(kept)
    table = _with_facts(table, providers).with_columns(at=pl.Series(at))
    set_aside = np.zeros(len(at), bool)
    for code in SET_ASIDE:
        set_aside |= twice.say(code, rows, table["placement_id"], log)
    twice.say(SAID_ALONE, rows, table["placement_id"], log)
    unread = len(raw.bad_rows) + len(raw.apart)
    read_rows, read_children = raw.frame.height + unread, int(read.counts.sum()) + unread
    return Placements(raw, table, set_aside, read_rows, read_children, providers)


def need_columns(frameworks: Sequence[Framework]) -> list[Column]:
    """The columns of need levels that the versions' areas of need call for."""
    highest: dict[str, int] = {}
    for framework in frameworks:
        for area in framework.header.need_areas:
            highest[area.code] = max(highest.get(area.code, 0), area.highest_level)
    return [need_column(area, level) for area, level in highest.items()]


def wanted_columns(frameworks: Sequence[Framework]) -> Wanted:
    """The columns that are looked for in a file of placements, and those that must be there."""
    columns = [*placement_columns().values(), *need_columns(frameworks)]
    return Wanted.of([column.name for column in columns], [column.name for column in columns if column.required])


def add_notes(raw: RawTable, log: FindingsLog) -> None:
    """Log what reading a table noted, and its rows that couldn't be split into columns."""
    for (code, column), alike in groupby(raw.notes, key=lambda note: (note.code, note.column or "")):
        notes = list(alike)
        messages, values = [note.message for note in notes], [note.value for note in notes]
        log.add(code, [note.row for note in notes], column, messages, values)
    for bad in raw.bad_rows:
        log.add("ragged_row", [bad.row], "", bad.message)


def _warn_of_upns(identifier: pl.Series, rows: pl.Series, log: FindingsLog) -> None:
    alike = identifier.filter(identifier.str.contains(UPN_PATTERN).fill_null(False)).unique()
    upns = [text for text in alike if is_upn(text)]
    if upns:
        found = rows.filter(identifier.is_in(upns).fill_null(False)).to_numpy()
        log.add("child_id_is_upn", found, identifier.name, REAL_UPN.format(identifier.name))


def _unknown_bands(band: pl.Series, frameworks: Sequence[Framework], rows: pl.Series, log: FindingsLog) -> Mask:
    known = {NO_BAND, *(b.code for framework in frameworks for b in framework.bands)}
    unknown = (~band.is_in(list(known))).fill_null(False)
    if unknown.any():
        cells = band.filter(unknown)
        messages = {cell: _no_such_band(cell, known, frameworks) for cell in cells.unique()}
        log.add("unknown_band", rows.filter(unknown).to_numpy(), "band", [messages[cell] for cell in cells], cells)
    return unknown.to_numpy()


def _no_such_band(cell: str, known: set[str], frameworks: Sequence[Framework]) -> str:
    near = nearest(cell, known)
    hint = f"; did you mean {near}?" if near else ""
    versions = ", ".join(framework.name for framework in frameworks)
    return f"band {cell[:60]!r} is no band of {versions}{hint}"


def _ends_before_it_starts(typed: pl.DataFrame, rows: pl.Series, log: FindingsLog) -> Mask:
    wrong = (typed["end_date"] < typed["start_date"]).fill_null(False)
    if wrong.any():
        pairs = typed.filter(wrong).select("start_date", "end_date")
        messages = [f"end_date {end} is before start_date {start}" for start, end in pairs.iter_rows()]
        log.add(
            "bad_value",
            rows.filter(wrong).to_numpy(),
            "end_date",
            messages,
            pairs["end_date"].cast(pl.String),
        )
    return wrong.to_numpy()


def _without_provider(provision: pl.Series, raw: RawTable, counts: Ints, log: FindingsLog) -> Mask:
    named = vocabulary().provisions_where(lambda provision: provision.has_provider)
    missing: Mask = provision.is_in(named).fill_null(False).to_numpy() & (counts <= 1)
    if "provider_id" in raw.frame.columns:
        missing &= raw.frame["provider_id"].is_null().to_numpy()
    if missing.any():
        message = "provider_id is blank; only eotas, and rows with a count above 1, may do without"
        log.add("missing_value", raw.rows.filter(pl.Series(missing)).to_numpy(), "provider_id", message)
    return missing


def _with_facts(typed: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Add the provider's type and area: the placement's own beat the providers file's."""
    if not facts.height:
        area = pl.coalesce("provider_la", "home_la")
        return typed.with_columns(pl.col("provider_type").alias("known_type"), area.alias("area"))
    known = facts.select("provider_id", pl.col("type").alias("_type"), pl.col("la").alias("_la"))
    return (
        typed.join(known, on="provider_id", how="left", maintain_order="left")
        .with_columns(
            known_type=pl.coalesce("provider_type", "_type"),
            area=pl.coalesce("provider_la", "_la", "home_la"),
        )
        .drop("_type", "_la")
    )
