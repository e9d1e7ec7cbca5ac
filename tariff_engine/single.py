"""One placement from its cells, without a frame: what it holds, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.cells import SPREADSHEET_ERRORS, is_upn, read_text, without_upns
from tariff_engine.finding_codes import CODES, PUBLISHED_AS
from tariff_engine.findings import LONGEST_VALUE, PRIVATE_COLUMNS, Finding
from tariff_engine.job import CompiledRules
from tariff_engine.money import Ints
from tariff_engine.placements import REAL_UPN
from tariff_engine.tables.contract import Limits
from tariff_engine.tables.headers import OUTER_SPACE
from tariff_engine.vocabulary import vocabulary

ROW = 2
"""The row of the only placement, as a person sees it, under a header in row 1."""
_LONGEST_CELL = Limits().cell_characters
_IDENTIFIERS = ("child_id", "placement_id")


@dataclass(frozen=True)
class SinglePlacement:
    """A placement that was read: its cells as text, its values by column, and the remarks on them.

    Attributes
    ----------
    values : every column that the versions read, blank ones None; with ``area``, ``known_type`` and ``count`` as a
        caseload has them.
    remarks : code, column and message where a cell was read in another form than the usual one.
    """

    cells: Mapping[str, str]
    values: Mapping[str, Any]
    remarks: Sequence[tuple[str, str, str]]

    def as_given(self, column: str, at: Ints) -> pl.Series:
        """The cell of a column as it was given, once for each of some stints."""
        return pl.Series([self.cells.get(column)] * len(at), dtype=pl.String)

    def visible_rows(self, at: Ints) -> Ints:
        """The placement's row number, once for each of some stints."""
        return np.full(len(at), ROW, np.int64)


def read_single(cells: Mapping[str, str | None], rules: CompiledRules) -> SinglePlacement | None:
    """Read a placement's cells; None where ``cost`` would set it aside, and is to say why."""
    given: dict[str, str] = {}
    values: dict[str, Any] = {}
    remarks: list[tuple[str, str, str]] = []
    for column in rules.columns:
        name = column.name
        text = (cells.get(name) or "").strip(OUTER_SPACE)
        values[name] = None
        if not text:
            if column.filled:
                return None
            continue
        if len(text) > _LONGEST_CELL or (column.reader is read_text and text in SPREADSHEET_ERRORS):
            return None
        try:
            value, remark = column.reader(text)
        except ValueError:
            return None
        given[name], values[name] = text, value
        if remark is not None:
            remarks.append((remark[0], name, remark[1]))
    if not _is_whole(values, rules):
        return None
    values["area"] = values["provider_la"] or values["home_la"]
    values["known_type"] = values["provider_type"]
    values["count"] = values["count"] or 1
    return SinglePlacement(given, values, remarks)


def _is_whole(values: Mapping[str, Any], rules: CompiledRules) -> bool:
    """Whether ``cost`` would take the placement: its days, its provider, and a band that some version has."""
    until, band = values["end_date"], values["band"]
    if until is not None and until < values["start_date"]:
        return False
    needs_one = vocabulary().provisions[values["provision"]].has_provider and values["count"] in (None, 1)
    if needs_one and values["provider_id"] is None:
        return False
    return band is None or any(band in version.band_index for version in rules.versions)


class SingleLog:
    """Collects the findings of one placement, as ``FindingsLog`` does those of a caseload."""

    def __init__(self, placement: SinglePlacement) -> None:
        self._placement_id = without_upns(placement.values["placement_id"])
        self._found: dict[tuple[bool, str, str], Finding] = {}
        for code, column, message in placement.remarks:
            self.add(code, [ROW], column, message, [placement.cells[column]])
        for name in _IDENTIFIERS:
            if is_upn(placement.values[name]):
                self.add("child_id_is_upn", [ROW], name, REAL_UPN.format(name))

    def add(
        self,
        code: str,
        rows: npt.NDArray[np.int64] | Sequence[int | None],
        column: str,
        message: str | Sequence[str] | pl.Series,
        values: Sequence[str | None] | pl.Series | None = None,
        source_id: str | None = None,
    ) -> None:
        """Add a finding of the placement, or of the caseload as a whole where the row is None.

        The first of a code and column stands.
        """
        if not len(rows):
            return
        code_shown, general = PUBLISHED_AS.get(code, code), rows[0] is None
        key = (not general, code_shown, column)
        if key in self._found:
            return
        value = None if values is None or column in PRIVATE_COLUMNS else values[0]
        self._found[key] = Finding(
            code=code_shown,
            severity=CODES[code].severity,
            row=None if general else ROW,
            placement_id=None if general else self._placement_id,
            column=without_upns(column) or None,
            value=None if value is None else without_upns(value[:LONGEST_VALUE]),
            message=without_upns(message if isinstance(message, str) else message[0]),
            source_id=source_id,
        )

    def findings(self) -> tuple[Finding, ...]:
        """The findings in the order of a costing's: those of the whole first."""
        return tuple(self._found[key] for key in sorted(self._found, key=lambda key: key[0]))
