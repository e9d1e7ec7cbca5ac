"""What stands twice in a caseload: which rows are set aside for it, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine import overlaps
from tariff_engine.findings import FindingsLog
from tariff_engine.money import MILLION, Ints
from tariff_engine.stints import LAST_DAY
from tariff_engine.tables.contract import RawTable
from tariff_engine.vocabulary import vocabulary

Mask = npt.NDArray[np.bool_]

REPEATED_ID = "duplicate_id"
SET_ASIDE = ("duplicate_row", "overlap", "overlap_fte")
SAID_ALONE = "dual_placement"

_SENTENCES = {
    REPEATED_ID: ("placement_id", pl.format("placement_id {} is on rows {}", "id", "others")),
    "duplicate_row": (
        "placement_id",
        pl.format("repeats row {} (placement {}) in everything but placement_id", "others", "id"),
    ),
    "overlap": (
        "start_date",
        pl.format("the child is at the same provider on the same days in row {}, placement {}", "others", "id"),
    ),
    "overlap_fte": (
        "fte",
        pl.format("on some day the child's fte adds to more than 1, with row {}, placement {}", "others", "id"),
    ),
    SAID_ALONE: (
        "start_date",
        pl.format("the child is also elsewhere on the same days, in row {}, placement {}", "others", "id"),
    ),
}


@dataclass(frozen=True)
class ReadRows:
    """Rows of a caseload, each read by itself.

    Attributes
    ----------
    raw : the rows as they stand in the input.
    typed : their values, one row a row of ``raw``; money in pence, factors in millionths.
    counts : how many children each stands for; 1 where that is blank or can't be read.
    readable : which of them could be read.
    """

    raw: RawTable
    typed: pl.DataFrame
    counts: Ints
    readable: Mask


@dataclass(frozen=True)
class Twice:
    """What stands twice: for each code of a finding, the rows that it is said of, as overlaps.FOUND.

    Found among all the rows of a caseload, and said of those of any part of it.
    """

    found: Mapping[str, pl.DataFrame]

    def say(self, code: str, rows: pl.Series, ids: pl.Series, log: FindingsLog) -> Mask:
        """Log what is said of some rows, numbered upwards, with their placements ``ids``; and give which they are."""
        numbers, found = rows.to_numpy(), self.found[code]
        said = np.zeros(len(numbers), bool)
        if not len(numbers) or not found.height:
            return said
        first, last = np.searchsorted(found["row"].to_numpy(), [numbers[0], numbers[-1] + 1]).tolist()
        here = found[first:last]
        at = np.searchsorted(numbers, here["row"].to_numpy())
        said[at] = True
        column, sentence = _SENTENCES[code]
        values = ids.gather(at) if column == "placement_id" else None
        log.add(code, here["row"].to_numpy(), column, here.select(sentence).to_series(), values)
        return said

    @classmethod
    def among(cls, parts: Sequence[Twice]) -> Twice:
        """What was found in several parts of a caseload, none of which has to do with another."""
        found = {code: [part.found[code] for part in parts if code in part.found] for code in _SENTENCES}
        nothing = pl.DataFrame(schema=overlaps.FOUND)
        return cls({code: pl.concat([nothing, *frames]).sort("row") for code, frames in found.items()})


def standing_twice(read: ReadRows) -> Twice:
    """What stands twice among all the rows of a caseload."""
    repeated = overlaps.repeated_ids(read.typed["placement_id"], read.raw.rows)
    return Twice({REPEATED_ID: repeated, **children_twice(read, repeated).found})


def children_twice(read: ReadRows, repeated: pl.DataFrame) -> Twice:
    """Repeated rows, then overlaps at one provider, then too much at once; each looks at what is left.

    Parameters
    ----------
    read : rows among which every child has all of its rows.
    repeated : what overlaps.repeated_ids found in the whole caseload; those rows can't be read.
    """
    # Rows that are alike in anything are of one child, so only children that are there twice are looked at.
    left = read.readable & (read.counts == 1) & ~_is_among(read.raw.rows, repeated)
    at = np.flatnonzero(left & overlaps.possibly_repeated(read.typed.select("child_id")))
    table, rows = read.typed[at], read.raw.rows.gather(at)
    ids, child = table["placement_id"], table["child_id"]
    contents = read.raw.frame.drop("placement_id")[at]
    alike = overlaps.repeated_rows(contents, np.ones(len(at), bool), rows, ids)
    start, end = _ints(table["start_date"], -1), _ints(table["end_date"], LAST_DAY)
    left = ~_is_among(rows, alike)
    together = overlaps.overlapping_at_provider(child, table["provider_id"], start, end, left, rows, ids)
    left &= ~_is_among(rows, together)
    in_full_time = vocabulary().provisions_where(lambda provision: provision.in_full_time)
    counted = (table["provision"].is_in(in_full_time) & table["units"].is_null()).to_numpy()
    fte = _ints(table["fte"], MILLION)
    too_full, dual = overlaps.overlapping_elsewhere(child, fte, counted, start, end, left, rows, ids)
    return Twice({"duplicate_row": alike, "overlap": together, "overlap_fte": too_full, SAID_ALONE: dual})


def _is_among(rows: pl.Series, found: pl.DataFrame) -> Mask:
    return rows.is_in(found["row"].implode()).to_numpy() if found.height else np.zeros(len(rows), bool)


def _ints(column: pl.Series, blank: int) -> Ints:
    return column.cast(pl.Int64).fill_null(blank).to_numpy()
