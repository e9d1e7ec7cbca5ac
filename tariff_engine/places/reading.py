"""A file of commissioned places, read: typed columns, and what stands twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.columns import as_text, place_columns, read_columns
from tariff_engine.findings import FindingsLog
from tariff_engine.placements import add_notes
from tariff_engine.providers import read_providers
from tariff_engine.tables.contract import RawTable
from tariff_engine.tables.reading import from_frame, read_table

Mask = npt.NDArray[np.bool_]

PLACES_SHEET = "Places"
"""The sheet of a workbook that is meant where several have the columns."""

KEY = ("provider_id", "provision", "phase", "occupancy")
"""What one row of places is for."""

_NUMBERS = ("places_first", "places_second")
_NAMED = 5


@dataclass(frozen=True)
class Places:
    """Commissioned places in columns.

    Attributes
    ----------
    raw : the input as it was read, all rows and columns.
    table : every row that has the header's columns, typed; a cell that couldn't be read is null.
    usable : which rows were read whole and stand once.
    read_rows : the rows of the input, those included that couldn't be split into columns.
    """

    raw: RawTable
    table: pl.DataFrame
    usable: Mask
    read_rows: int

    def visible_rows(self, where: Mask) -> npt.NDArray[np.int64]:
        """Row numbers, as a person sees them, of some rows."""
        return self.raw.rows.filter(pl.Series(where)).to_numpy()

    def as_given(self, column: str) -> pl.Series:
        """A column of text with the cell as it stands in the file where it couldn't be read."""
        if column not in self.raw.frame.columns:
            return self.table[column]
        given = as_text(self.raw.frame[column])
        return pl.select(pl.coalesce(self.table[column], given).alias(column)).to_series()


def read_places(
    source: pl.DataFrame | str | Path, log: FindingsLog, providers: pl.DataFrame | str | Path | None = None
) -> Places:
    """Read commissioned places, one row a provider, provision, phase and occupancy.

    A blank ``la_code`` is the one of the providers file.

    Raises
    ------
    InputRefused : the file as a whole can't be taken.
    """
    columns = place_columns()
    required = [column.name for column in columns.values() if column.required]
    if isinstance(source, pl.DataFrame):
        raw = from_frame(source, list(columns), required)
    else:
        raw = read_table(Path(source), list(columns), required, sheet=PLACES_SHEET)
    add_notes(raw, log)
    table, readable = read_columns(raw.frame, columns.values(), raw.rows, log)
    usable = readable.to_numpy().copy()
    others = [as_text(raw.frame[name]).alias(f"other {name}") for name in raw.frame.columns if name not in columns]
    usable &= ~_standing_twice(table.with_columns(others), usable, raw.rows, log)
    areas = read_providers(providers, log).select("provider_id", "la")
    table = table.join(areas, on="provider_id", how="left", maintain_order="left")
    table = table.with_columns(la_code=pl.coalesce("la_code", "la")).drop("la")
    return Places(raw, table, usable, raw.frame.height + len(raw.bad_rows))


def _standing_twice(table: pl.DataFrame, usable: Mask, rows: pl.Series, log: FindingsLog) -> Mask:
    """Rows that repeat an earlier one, and rows of the same places that nothing but their numbers tells apart.

    Rows of the same places that another column tells apart are paid each, with a warning.
    """
    left = table.with_columns(row=rows, at=pl.Series(np.arange(table.height))).filter(pl.Series(usable))
    alike = [name for name in table.columns if name not in _NUMBERS]
    left = left.with_columns(first=pl.col("row").first().over(table.columns))
    again = left.filter(pl.col("first") != pl.col("row"))
    log.add(
        "duplicate_row",
        again["row"].to_numpy(),
        "provider_id",
        [f"the row repeats row {first}, which is the one that is paid" for first in again["first"]],
        again["provider_id"],
    )
    once = left.filter(pl.col("first") == pl.col("row"))
    apart = pl.len().over(alike)
    twice = once.filter(apart > 1)
    _note_together(twice, alike, "duplicate_places", "none of them is paid: nothing but the numbers differs", log)
    _note_together(once.filter(apart == 1), KEY, "places_repeated", "each of them is paid", log)
    found = np.zeros(table.height, bool)
    found[again["at"].to_numpy()] = True
    found[twice["at"].to_numpy()] = True
    return found


def _note_together(
    rows: pl.DataFrame, columns: tuple[str, ...] | list[str], code: str, what: str, log: FindingsLog
) -> None:
    """A finding on every row that has others like it in some columns, naming them."""
    together = pl.col("row").implode().over(columns)
    for row, provider, others in (
        rows.filter(pl.len().over(columns) > 1).select("row", "provider_id", together.alias("others")).iter_rows()
    ):
        named = [str(other) for other in others if other != row]
        more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
        noun = "rows" if len(named) > 1 else "row"
        message = f"the same places are on {noun} {', '.join(named[:_NAMED])}{more} too; {what}"
        log.add(code, [row], "provider_id", message, [provider])
