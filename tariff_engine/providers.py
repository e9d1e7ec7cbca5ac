"""The providers file: what kind of provider each is, where, and who takes over when it closes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from tariff_engine.columns import provider_columns, read_columns
from tariff_engine.findings import FindingsLog
from tariff_engine.frozen import FrozenDict
from tariff_engine.instalments import day_number
from tariff_engine.tables.reading import from_frame, read_table
from tariff_engine.vocabulary import vocabulary

SCHEMA = {
    "provider_id": pl.String,
    "name": pl.String,
    "type": pl.String,
    "la": pl.String,
    "closed": pl.Date,
    "successor": pl.String,
}
_NAMED = 10
_FILE = "providers file: "


def read_providers(source: pl.DataFrame | str | Path | None, log: FindingsLog) -> pl.DataFrame:
    """Read a providers file, or none.

    Returns
    -------
    Columns SCHEMA, one row a provider that could be read and stands once; ``type`` is the file's own provider type,
    else the one that its GIAS type gives. A provider that names itself as its successor has none.
    """
    if source is None:
        return pl.DataFrame(schema=SCHEMA)
    columns = provider_columns()
    required = [column.name for column in columns.values() if column.required]
    if isinstance(source, pl.DataFrame):
        raw = from_frame(source, list(columns), required)
    else:
        dates = [column.name for column in columns.values() if column.dtype == pl.Date()]
        raw = read_table(Path(source), list(columns), required, sheet="Providers", dates=dates)
    for note in raw.notes:
        log.add(note.code, [None], _place(note.column, note.row), f"{_FILE}{note.message}", [note.value])
    for bad in raw.bad_rows:
        log.add("ragged_row", [None], _place(None, bad.row), f"{_FILE}{bad.message}")
    own = FindingsLog()
    typed, readable = read_columns(raw.frame, columns.values(), raw.rows, own, where=_FILE)
    twice = typed["provider_id"].is_duplicated() & typed["provider_id"].is_not_null()
    repeated = typed["provider_id"].filter(twice).unique(maintain_order=True).head(_NAMED).to_list()
    if repeated:
        message = f"{_FILE}more than one row for {', '.join(repeated)}; none of them is used"
        log.add("bad_value", [None], "provider_id", message)
    names = pl.DataFrame({"row": raw.rows, "placement_id": typed["provider_id"]})
    for found in own.frame(names).iter_rows(named=True):
        message = f"{found['message']} (row {found['row']})"
        log.add(found["code"], [None], _place(found["column"], found["row"]), message, [found["value"]])
    gias = {code: row.get("provider_type") for code, row in vocabulary().gias_types.items()}
    of_gias = pl.col("gias_type").replace_strict(gias, default=None, return_dtype=pl.String)
    itself = pl.col("successor") == pl.col("provider_id")
    return typed.filter(readable & ~twice).select(
        "provider_id",
        "name",
        pl.coalesce("provider_type", of_gias).alias("type"),
        pl.col("la_code").alias("la"),
        "closed",
        pl.when(itself).then(None).otherwise(pl.col("successor")).alias("successor"),
    )


def closings(providers: pl.DataFrame) -> Mapping[str, tuple[int, str | None]]:
    """The last day of every provider that closes, as a day number, and its successor."""
    closing = providers.drop_nulls("closed").select("provider_id", "closed", "successor")
    return FrozenDict({name: (day_number(closed), successor) for name, closed, successor in closing.iter_rows()})


def _place(column: str | None, row: int | None) -> str:
    """Where something stands in the providers file, so that it isn't taken for a place among the placements."""
    name = column or "providers file"
    return name if row is None else f"{name} (row {row})"
