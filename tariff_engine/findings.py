"""Findings: what is wrong or worth knowing about the data, each with a code that other systems match on.

A finding never holds a child's identifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.cells import UPN_PATTERN, without_upns
from tariff_engine.finding_codes import CODES, PUBLISHED_AS, Severity

SCHEMA: dict[str, pl.DataType] = {
    "code": pl.String(),
    "severity": pl.String(),
    "row": pl.Int64(),
    "placement_id": pl.String(),
    "column": pl.String(),
    "value": pl.String(),
    "message": pl.String(),
    "source_id": pl.String(),
}

PRIVATE_COLUMNS = frozenset({"child_id"})
LONGEST_VALUE = 80


@dataclass(frozen=True)
class Finding:
    """One finding, as a value. ``row`` is the row a person sees: the header of a plain file is row 1."""

    code: str
    severity: Severity
    row: int | None
    placement_id: str | None
    column: str | None
    value: str | None
    message: str
    source_id: str | None = None


class Log(Protocol):
    """What takes findings: those of a caseload, or of one placement."""

    def add(
        self,
        code: str,
        rows: npt.NDArray[np.int64] | Sequence[int | None],
        column: str,
        message: str | Sequence[str] | pl.Series,
        values: Sequence[str | None] | pl.Series | None = None,
        source_id: str | None = None,
    ) -> None:
        """Add one finding of ``code`` for each of ``rows``."""


@dataclass(frozen=True)
class _Batch:
    """Findings of one kind: the texts that all of them share, and those of each."""

    code: str
    severity: Severity
    column: str | None
    source_id: str | None
    rows: pl.Series
    values: pl.Series
    messages: pl.Series


class FindingsLog:
    """Collects findings in batches and gives them as one frame, one finding a row, code and column."""

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def add(
        self,
        code: str,
        rows: npt.NDArray[np.int64] | Sequence[int | None],
        column: str,
        message: str | Sequence[str] | pl.Series,
        values: Sequence[str | None] | pl.Series | None = None,
        source_id: str | None = None,
    ) -> None:
        """Add one finding of ``code`` for each of ``rows``; message and values are one for all, or one a row.

        Values of columns that identify a child are dropped here, so no caller can leak one; a unique pupil number is
        masked wherever it stands, as one may have been typed into any cell.
        """
        count = len(rows)
        if count == 0:
            return
        if isinstance(message, str):
            messages = pl.repeat(without_upns(message), count, dtype=pl.String, eager=True)
        else:
            messages = _masked(pl.Series(message, dtype=pl.String))
        batch = _Batch(
            PUBLISHED_AS.get(code, code),
            CODES[code].severity,
            without_upns(column) or None,
            source_id,
            pl.Series(rows, dtype=pl.Int64),
            _values(values, column, count),
            messages,
        )
        self._batches.append(batch)

    def frame(self, placement_ids: pl.DataFrame) -> pl.DataFrame:
        """All findings in the order of the rows, with each row's placement (columns row, placement_id)."""
        if not self._batches:
            return pl.DataFrame(schema=SCHEMA)
        batches = self._batches
        texts = pl.DataFrame(
            {
                "value": pl.concat([batch.values for batch in batches]),
                "message": pl.concat([batch.messages for batch in batches]),
            }
        )
        rows = pl.concat([batch.rows for batch in batches]).fill_null(_NO_ROW).to_numpy()
        of_batch = np.repeat(np.arange(len(batches)), [len(batch.rows) for batch in batches])
        kept = np.argsort(rows, kind="stable")
        kept = kept[_first_of_kind(rows[kept], of_batch[kept], batches)]
        rows, of_batch, texts = rows[kept], of_batch[kept], texts[kept]

        def shared(name: str) -> pl.Series:
            return pl.Series([getattr(batch, name) for batch in batches], dtype=pl.String).gather(of_batch)

        columns = {
            **{name: shared(name) for name in ("code", "severity", "column", "source_id")},
            "row": pl.Series(rows).set(pl.Series(rows == _NO_ROW), None),
            "placement_id": _masked(_placements_of(rows, placement_ids)),
            "value": texts["value"],
            "message": texts["message"],
        }
        return pl.DataFrame([columns[name].alias(name) for name in SCHEMA])


_NO_ROW = -1


def _first_of_kind(
    rows: npt.NDArray[np.int64], of_batch: npt.NDArray[np.int64], batches: Sequence[_Batch]
) -> npt.NDArray[np.bool_]:
    """Which findings, in the order of rows, are the first of their row, code and column."""
    kinds = {kind: at for at, kind in enumerate(dict.fromkeys((batch.code, batch.column) for batch in batches))}
    kind = np.array([kinds[batch.code, batch.column] for batch in batches], np.int64)[of_batch]
    key = (rows + 1) * len(kinds) + kind
    first = np.ones(len(key), bool)
    in_order = np.argsort(key, kind="stable")
    again = key[in_order[1:]] == key[in_order[:-1]]
    first[in_order[1:][again]] = False
    return first


def _placements_of(rows: npt.NDArray[np.int64], placement_ids: pl.DataFrame) -> pl.Series:
    """The placement on each row, of those whose numbers rise; blank where there is none."""
    known = placement_ids["row"].to_numpy()
    at = np.searchsorted(known, rows)
    here = np.take(known, at, mode="clip") == rows if len(known) else np.zeros(len(rows), bool)
    ids = pl.concat([placement_ids["placement_id"], pl.Series([None], dtype=pl.String)])
    return ids.gather(np.where(here, at, placement_ids.height))


def _masked(texts: pl.Series) -> pl.Series:
    hits = texts.filter(texts.str.contains(UPN_PATTERN).fill_null(False)).unique()
    return texts.replace({text: without_upns(text) for text in hits}) if len(hits) else texts


def _values(values: Sequence[str | None] | pl.Series | None, column: str, count: int) -> pl.Series:
    if values is None or column in PRIVATE_COLUMNS:
        return pl.repeat(None, count, dtype=pl.String, eager=True)
    series = values if isinstance(values, pl.Series) else pl.Series(list(values), dtype=pl.String)
    return _masked(series.cast(pl.String).str.slice(0, LONGEST_VALUE))
