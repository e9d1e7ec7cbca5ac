"""Rules as dense tables: a rule of a few codes is worked out once for each combination that comes up, then gathered.

Codes are small whole numbers from 0. Several make one key by mixed radix, as the digits of a clock do, so that a
row's answer is one gather, whatever the rule. Nothing is sorted, and no row is compared with another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.fast.texts import number_few_texts
from tariff_engine.money import Ints

Codes = npt.NDArray[np.integer[Any]]
DENSEST = 1 << 22
"""The most combinations that a dense table has; rules of more are looked up by what comes up alone."""
_LARGEST_KEY = 2**62
_MOST_IN_A_BYTE = 255


@dataclass(frozen=True)
class CodedText:
    """A column of text as whole numbers: each code points into ``names``, or is ``len(names)`` where it is blank."""

    codes: npt.NDArray[np.uint32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, series: pl.Series) -> CodedText:
        """Number the distinct texts of a column, in one pass."""
        codes, texts = number_distinct(series)
        return cls(codes, tuple(texts.to_list()))

    def numbered(self, index: Mapping[str, int], unknown: int, blank: int) -> Ints:
        """The number of each code: that of its name in ``index``, ``unknown``, or ``blank``."""
        return np.array([*(index.get(name, unknown) for name in self.names), blank], np.int64)


def picked(values: npt.NDArray[Any], rows: Ints | slice) -> npt.NDArray[Any]:
    """The values at some places; those of an unbroken run of them aren't copied."""
    return values[rows] if isinstance(rows, slice) else np.take(values, rows)


def number_distinct(series: pl.Series) -> tuple[npt.NDArray[np.uint32], pl.Series]:
    """Number the distinct values of a column of text, of whole numbers or of days.

    Returns
    -------
    Each cell's place among the distinct values, or their number where it is blank; and the distinct values, in the
    order in which they are first met.
    """
    if series.null_count() == len(series):
        return np.zeros(len(series), np.uint32), series.clear()
    if series.dtype == pl.String:
        return _number_texts(series)
    physical = series.to_physical()
    low, high = physical.min(), physical.max()
    if not isinstance(low, int) or not isinstance(high, int):
        raise TypeError(f"{series.dtype} can't be numbered")
    if high - low >= DENSEST:
        codes, texts = _number_texts(series.cast(pl.String))
        return codes, texts.cast(series.dtype)
    offset = (physical.cast(pl.Int64) - low).fill_null(high - low + 1).to_numpy()
    somewhere = np.full(high - low + 2, -1, np.int64)
    somewhere[offset[::-1]] = np.arange(len(offset) - 1, -1, -1)
    met = np.flatnonzero(somewhere[:-1] >= 0)
    met = met[np.argsort(somewhere[met])]
    number = np.full(len(somewhere), len(met), np.uint32)
    number[met] = np.arange(len(met))
    return np.take(number, offset), series.gather(somewhere[met])


def codes_among(series: pl.Series, values: Sequence[str]) -> npt.NDArray[np.uint8]:
    """The index of each cell in ``values`` (at most 255), or their number where it is blank or not among them."""
    if len(values) > _MOST_IN_A_BYTE:
        raise ValueError("a byte can't number so many values")
    coded, index = CodedText.of(series), {value: at for at, value in enumerate(values)}
    return np.take(coded.numbered(index, len(values), len(values)).astype(np.uint8), coded.codes)


def codes_of(series: pl.Series, values: Sequence[str]) -> Ints:
    """The index of each cell in ``values``, or -1 where it is blank or not among them."""
    coded = CodedText.of(series)
    return np.take(coded.numbered({value: at for at, value in enumerate(values)}, -1, -1), coded.codes)


class Lookup:
    """The answers of a rule for every row, by the row's codes.

    Parameters
    ----------
    sizes : for each code, how many values it has.
    rule : gives the answers, whole numbers, for one combination of codes.
    answers : how many answers the rule gives.
    """

    def __init__(self, sizes: Sequence[int], rule: Callable[..., tuple[int, ...]], answers: int) -> None:
        self._sizes, self._rule, self._answers = tuple(sizes), rule, answers
        self._space = int(np.prod([float(size) for size in sizes]))
        self._lock = Lock()

    @property
    def is_dense(self) -> bool:
        """Whether the whole space of combinations is one table."""
        return self._space <= DENSEST

    def find(self, *codes: Codes) -> tuple[Ints, ...]:
        """The rule's answers for each row.

        Raises
        ------
        ValueError : a code is outside its range, which would be another combination's answer.
        """
        for code, size in zip(codes, self._sizes, strict=True):
            if len(code) and not 0 <= int(code.min()) <= int(code.max()) < size:
                raise ValueError(f"a code is outside 0 to {size - 1}")
        return self._dense(codes) if self.is_dense else self._sparse(codes)

    def one(self, *codes: int) -> tuple[int, ...]:
        """The rule's answers for one combination."""
        return self._rule(*codes)

    @cached_property
    def _tables(self) -> tuple[npt.NDArray[np.bool_], Ints]:
        return np.zeros(self._space, bool), np.zeros((self._answers, self._space), np.int64)

    def _dense(self, codes: Sequence[Codes]) -> tuple[Ints, ...]:
        key = codes[0].astype(np.int32)
        for code, size in zip(codes[1:], self._sizes[1:], strict=True):
            key *= np.int32(size)
            key += code.astype(np.int32, copy=False)
        known, tables = self._tables
        found = np.take(known, key)
        if not found.all():
            self._fill(key[~found])
        return tuple(np.take(table, key) for table in tables)

    def _fill(self, keys: npt.NDArray[np.int32]) -> None:
        known, tables = self._tables
        with self._lock:
            wanted = np.zeros(self._space, bool)
            wanted[keys] = True
            for key in np.flatnonzero(wanted & ~known).tolist():
                tables[:, key] = self._rule(*self._combination(key))
                known[key] = True

    def _combination(self, key: int) -> list[int]:
        codes = []
        for size in reversed(self._sizes):
            key, code = divmod(key, size)
            codes.append(code)
        return codes[::-1]

    def _sparse(self, codes: Sequence[Codes]) -> tuple[Ints, ...]:
        first, which = distinct(*(code.astype(np.int64) for code in codes))
        with self._lock:
            answers = [self._rule(*(int(code[row]) for code in codes)) for row in first]
        table = np.array(answers, np.int64).reshape(len(first), self._answers)
        return tuple(np.take(table[:, answer], which) for answer in range(self._answers))


def distinct(*columns: Ints) -> tuple[Ints, Ints]:
    """The distinct combinations of some columns of whole numbers, by sorting: for few rows, or for what has no table.

    Returns
    -------
    The index of the first row of each combination; and for each row which combination it has.
    """
    key = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        if not len(column):
            break
        low, high = int(column.min()), int(column.max())
        if size * (high - low + 1) > _LARGEST_KEY:
            values, key = np.unique(key, return_inverse=True)
            size = len(values)
        size *= high - low + 1
        key = key * (high - low + 1) + (column - low)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), which.reshape(-1).astype(np.int64)


def _number_texts(series: pl.Series) -> tuple[npt.NDArray[np.uint32], pl.Series]:
    """Number texts by a compiled loop where they are short, else by way of a set of categories of their own."""
    numbered = number_few_texts(series)
    if numbered is not None:
        return numbered
    coded = series.cast(pl.Categorical(pl.Categories.random()))
    met = coded.unique(maintain_order=True).drop_nulls()
    number = np.empty(int(met.to_physical().max() or 0) + 2, np.uint32)  # type: ignore[arg-type]
    number[-1] = len(met)
    number[met.to_physical().to_numpy()] = np.arange(len(met))
    return np.take(number, coded.to_physical().fill_null(len(number) - 1).to_numpy()), met.cast(pl.String)
