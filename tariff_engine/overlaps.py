"""Placements that stand twice: repeated rows, a child twice in one place, more than full time.

Each function looks at some rows of a caseload and gives FOUND: the rows of which something is to be said, and which
other row each of them names. Rows that aren't alike in child or identifier have nothing to do with one another, so any
choice of rows that keeps those together finds the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.money import MILLION, Ints

Mask = npt.NDArray[np.bool_]

FOUND = {"row": pl.Int64, "others": pl.String, "id": pl.String}
"""A row's number, as a person sees it, rising; and the numbers and the placement of the others."""

_MOST_NAMED = 5


def possibly_repeated(keys: pl.DataFrame) -> Mask:
    """Where another row may have the same key: its 64-bit hash is the same. All repeats are among them.

    Nearly every row is ruled out by one sort of whole numbers; the few that are left are compared as they stand.
    """
    return met_again(keys.hash_rows().to_numpy())


def met_again(hashes: npt.NDArray[np.uint64]) -> Mask:
    """Which of some hashes are there more than once."""
    in_order = np.sort(hashes)
    twice = in_order[1:][in_order[1:] == in_order[:-1]]
    if not len(twice):
        return np.zeros(len(hashes), bool)
    at = np.searchsorted(twice, hashes)
    again: Mask = np.take(twice, at, mode="clip") == hashes
    return again


def repeated_ids(placement_id: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """Every row of a repeated ``placement_id``; it names the first few of them, itself too."""
    possible = np.flatnonzero(possibly_repeated(placement_id.to_frame()) & placement_id.is_not_null().to_numpy())
    at = possible[placement_id[possible].is_duplicated().to_numpy()]
    same = pl.DataFrame({"row": rows[at], "id": placement_id[at]}, schema={"row": pl.Int64, "id": pl.String})
    named = same.group_by("id", maintain_order=True).agg(pl.col("row").sort().head(_MOST_NAMED))
    named = named.select("id", pl.col("row").cast(pl.List(pl.String)).list.join(", ").alias("others"))
    return same.join(named, on="id", how="left", maintain_order="left").select(*FOUND)


def repeated_rows(contents: pl.DataFrame, considered: Mask, rows: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Rows alike, as text, in every column of ``contents`` (all but the identifier), after the first of each."""
    columns = contents.columns
    if not columns or not considered.any():
        return pl.DataFrame(schema=FOUND)
    at = np.flatnonzero(considered & possibly_repeated(contents))
    marked = contents[at].with_columns(pl.all().cast(pl.String)).with_columns(pl.Series("_at", at))
    first = marked.with_columns(pl.col("_at").min().over(columns).alias("_first"))["_first"].to_numpy()
    later = first != at
    return _naming(at[later], first[later], rows, ids)


def overlapping_at_provider(
    child: pl.Series, provider: pl.Series, start: Ints, end: Ints, considered: Mask, rows: pl.Series, ids: pl.Series
) -> pl.DataFrame:
    """Rows of one child at one provider (blank equals blank) that share days; each names another."""
    at = np.flatnonzero(considered)
    keys = pl.DataFrame({"child": child[at], "provider": provider[at].fill_null("")})
    overlaps, other = _overlaps(_groups(keys), start[at], end[at])
    return _naming(at[overlaps], at[other[overlaps]], rows, ids)


def overlapping_elsewhere(
    child: pl.Series,
    fte: Ints,
    counted: Mask,
    start: Ints,
    end: Ints,
    considered: Mask,
    rows: pl.Series,
    ids: pl.Series,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of one child at several providers on the same days.

    Only ``counted`` rows are in the sum of a day's fte.

    Returns
    -------
    All rows of the days whose fte adds to more than 1; and the others that overlap.
    """
    at = np.flatnonzero(considered)
    group = _groups(pl.DataFrame({"child": child[at]}))
    overlaps, other = _overlaps(group, start[at], end[at])
    summed = np.flatnonzero(counted[at])
    too_full = _too_full(group[summed], start[at][summed], end[at][summed], fte[at][summed])
    full = np.zeros(len(at), bool)
    full[summed[too_full]] = True
    _, other_summed = _overlaps(group[summed], start[at][summed], end[at][summed])
    named = summed[other_summed[too_full]]
    dual = overlaps & ~full
    return _naming(at[full], at[named], rows, ids), _naming(at[dual], at[other[dual]], rows, ids)


def _naming(at: Ints, other: Ints, rows: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Rows with the other row that each names."""
    found = {"row": rows.gather(at), "others": rows.gather(other), "id": ids.gather(other)}
    return pl.DataFrame(found).cast(pl.Schema(FOUND))


def _groups(keys: pl.DataFrame) -> Ints:
    """A number for each row, the same where all the keys are the same."""
    if keys.height == 0:
        return np.empty(0, np.int64)
    first = keys.with_row_index("_row").select(pl.col("_row").min().over(keys.columns))
    return first.to_series().to_numpy().astype(np.int64)


def _overlaps(group: Ints, start: Ints, end: Ints) -> tuple[Mask, Ints]:
    """Which rows share days with another of their group, and one row that each shares them with.

    Two rows overlap where each starts before the other ends, so a day on which one ends and the other starts
    isn't an overlap.
    """
    count = len(group)
    overlaps, other = np.zeros(count, bool), np.zeros(count, np.int64)
    if count < 2:
        return overlaps, other
    order = np.lexsort((end, start, group))
    g, s, e = group[order], start[order], end[order]
    same_group = g[1:] == g[:-1]
    starts_of_group = np.concatenate([[True], ~same_group])
    # The row that ends last among the earlier ones of the group, by a running maximum on (group, end).
    position = np.arange(count)
    key = np.cumsum(starts_of_group) * (int(e.max() - e.min()) + 1) + (e - e.min())
    furthest = np.maximum.accumulate(np.where(key == np.maximum.accumulate(key), position, 0))
    previous = np.concatenate([[0], furthest[:-1]])
    with_previous = ~starts_of_group & (s < e[previous]) & (s[previous] < e)
    following = np.minimum(position + 1, count - 1)
    with_next = np.concatenate([same_group, [False]]) & (s[following] < e) & (s < e[following])
    found = with_previous | with_next
    named = np.where(with_previous, previous, following)
    overlaps[order] = found
    other[order] = order[named]
    return overlaps, other


def _too_full(group: Ints, start: Ints, end: Ints, fte: Ints) -> Mask:
    """Which rows take part in a day whose fte adds to more than 1.

    A sum can only rise where a row starts, so the starts are the only days to look at.
    """
    if len(group) == 0:
        return np.zeros(0, bool)
    low = int(start.min())
    span = int(end.max()) - low + 2
    opens, closes = group * span + (start - low), group * span + (end - low)
    longer = end > start
    running_open, open_keys = _running(opens[longer], fte[longer])
    running_close, close_keys = _running(closes[longer], fte[longer])
    opened_by = np.where(longer, np.searchsorted(open_keys, opens, "right"), np.searchsorted(open_keys, opens, "left"))
    closed_by = np.searchsorted(close_keys, opens, "right")
    total = running_open[opened_by] - running_close[closed_by] + np.where(longer, 0, fte)
    full_starts = np.sort(opens[(total > MILLION) & longer])
    full_days = np.sort(opens[(total > MILLION) & ~longer])
    within = np.searchsorted(full_starts, closes, "left") > np.searchsorted(full_starts, opens, "left")
    within |= np.searchsorted(full_days, closes, "left") > np.searchsorted(full_days, opens, "right")
    return np.where(longer, within, total > MILLION)


def _running(keys: Ints, amounts: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(keys, kind="stable")
    return np.concatenate([[0], np.cumsum(amounts[order])]).astype(np.int64), keys[order]
