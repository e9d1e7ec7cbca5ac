"""Mistakes on purpose: about one row in a hundred has something wrong, so that findings show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from scenarios.sampling.assumptions import assumptions
from scenarios.sampling.draws import Draws, Mask
from tariff_engine.allocation import allocate
from tariff_engine.money import Ints

_FEW = 5
_SHIFTED_DAYS = 21


def spoil(frame: pl.DataFrame, whole_spells: Mask, needs_levels: Mask, draws: Draws) -> pl.DataFrame:
    """Put typical mistakes into a caseload.

    Parameters
    ----------
    frame : the caseload as text.
    whole_spells : rows of a child with one placement that goes on, for mistakes that overlap.
    needs_levels : rows whose price needs their levels.
    """
    rows = frame.height * assumptions().problems.rows_per_mille // 1000
    kinds = _possible(frame, needs_levels)
    counts = allocate(rows, [getattr(assumptions().problems, kind) for kind in kinds])
    often = frame["provision"].is_in(_frequent(frame).implode()).to_numpy()
    # A row is spoilt once, and no provision loses its last rows to mistakes.
    free = whole_spells & often & frame["provider_id"].is_not_null().to_numpy()
    order = draws.order("problems", frame.height)
    for kind, count in zip(kinds, counts, strict=True):
        at = order[(free & _suits(kind, frame, needs_levels))[order]]
        at = at[: count * (2 if kind in _PAIRED else 1)]
        free[at] = False
        frame = _KINDS[kind][0](frame, at)
    return frame


def _possible(frame: pl.DataFrame, needs_levels: Mask) -> list[str]:
    somewhere = [kind for kind in _KINDS if _suits(kind, frame, needs_levels).any()]
    return [kind for kind in somewhere if getattr(assumptions().problems, kind)]


def _suits(kind: str, frame: pl.DataFrame, needs_levels: Mask) -> Mask:
    """The rows in which a mistake of the kind can be made."""
    marked = frame.with_columns(pl.Series(_LEVELS, needs_levels))
    return np.array(marked.select(_KINDS[kind][1]).to_series(), bool)


def _frequent(frame: pl.DataFrame) -> pl.Series:
    counts = frame["provision"].value_counts()
    return counts.filter(pl.col("count") >= _FEW)["provision"]


def _blank_level(frame: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Blank the levels of one area after another."""
    columns = [name for name in frame.columns if name.startswith("need_")]
    for index, name in enumerate(columns):
        frame = _put(frame, name, at[index :: len(columns)], None)
    return frame


def _overlap(frame: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Make every second row the row before it again, started some days later."""
    first, second = at[0::2], at[1::2]
    for name in frame.columns:
        if name not in ("placement_id", "start_date"):
            frame = _put(frame, name, second, frame[name].gather(first[: len(second)]).to_list())
    later = frame["start_date"].gather(first[: len(second)]).str.to_date() + pl.duration(days=_SHIFTED_DAYS)
    return _put(frame, "start_date", second, pl.select(later.dt.to_string("iso")).to_series().to_list())


def _too_much_at_once(frame: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Make every second row another full-time placement of the child of the row before it."""
    first, second = at[0::2], at[1::2]
    frame = _put(frame, "fte", at, None)
    return _put(frame, "child_id", second, frame["child_id"].gather(first[: len(second)]).to_list())


def _word(column: str, word: str) -> Callable[[pl.DataFrame, Ints], pl.DataFrame]:
    def spoilt(frame: pl.DataFrame, at: Ints) -> pl.DataFrame:
        return _put(frame, column, at, getattr(assumptions().wrong, word))

    return spoilt


def _put(frame: pl.DataFrame, column: str, at: Ints, value: str | list[str | None] | None) -> pl.DataFrame:
    """The frame with one value, or one for each row, put into a column."""
    if not len(at):
        return frame
    cells = frame[column].to_list()
    values = value if isinstance(value, list) else [value] * len(at)
    for row, cell in zip(at, values, strict=True):
        cells[row] = cell
    return frame.with_columns(pl.Series(column, cells, dtype=pl.String))


_ANY_ROW = pl.col("placement_id").is_not_null()
_LEVELS = "needs levels"
_PAIRED = ("overlap", "too_much_at_once")
_KINDS: dict[str, tuple[Callable[[pl.DataFrame, Ints], pl.DataFrame], pl.Expr]] = {
    "blank_level": (_blank_level, pl.col(_LEVELS) & pl.col("band").is_null()),
    "overlap": (_overlap, _ANY_ROW),
    "too_much_at_once": (_too_much_at_once, _ANY_ROW),
    "unknown_provision": (_word("provision", "provision"), _ANY_ROW),
    "unknown_need": (_word("primary_need", "need"), _ANY_ROW),
    "impossible_date": (_word("start_date", "date"), _ANY_ROW),
    "unknown_band": (_word("band", "band"), _ANY_ROW),
    "unknown_uplift": (_word("uplifts", "uplift"), _ANY_ROW),
    "price_in_words": (_word("agreed_price", "price"), pl.col("agreed_price").is_not_null()),
}
