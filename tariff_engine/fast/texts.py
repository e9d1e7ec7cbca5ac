"""Number the distinct texts of a column where they lie, without making a text of any.

A column is read through the Arrow C stream that every Polars column gives. Each cell is a view of 16 bytes: its length
in four, and then the whole text, if it has at most twelve bytes, filled up with zeros; else its first four bytes, in
which buffer it is, and where in it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.fast import compiled

Views = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint32]
MOST_TEXTS = 1 << 15
"""The most distinct texts that are numbered here."""
_VIEWS = b"vu"


class _Array(ctypes.Structure):
    """One piece of a column, as the Arrow C data interface lays it out."""


_Release = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]


class _Schema(ctypes.Structure):
    """The type of a column."""


_ReleaseSchema = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", _ReleaseSchema),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    """Pieces of a column, one after the other."""


_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


@dataclass(frozen=True)
class _Texts:
    """A column of text as it lies in memory: its views, and the bytes that those of long texts point into.

    ``starts`` is where in ``data`` each of the column's buffers begins.
    """

    views: Views
    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]


def number_few_texts(series: pl.Series) -> tuple[Codes, pl.Series] | None:
    """What ``lookups.number_distinct`` gives; None where it is for others to find, because there are many texts."""
    loop = compiled(number_loop, len(series))
    if loop is None:
        return None
    codes, met = np.empty(len(series), np.uint32), np.empty(MOST_TEXTS, np.int64)
    blank = series.is_null().to_numpy() if series.null_count() else np.zeros(0, bool)
    with _texts(series) as texts:
        if texts is None:
            return None
        slots = np.full(2 * MOST_TEXTS, -1, np.int32)
        count = loop(texts.views, texts.data, texts.starts, blank, codes, met, slots)
    if count < 0:
        return None
    if len(blank):
        codes[blank] = count
    return codes, series.gather(met[:count])


def number_loop(
    views: Views,
    data: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    blank: npt.NDArray[np.bool_],
    codes: Codes,
    met: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
) -> int:
    """Fill ``codes`` row by row, and ``met`` with the row at which each text is first met.

    Returns
    -------
    How many texts there are; -1 where there are too many, or too many in one place, whether by chance or by design.
    """
    count, last, low_half = 0, np.uint64(len(slots) - 1), np.uint64(0xFFFFFFFF)
    for row in range(len(views)):
        if len(blank) and blank[row]:
            continue
        low, high = views[row, 0], views[row, 1]
        length, at = np.int64(low & low_half), np.int64(0)
        if length > 12:
            at = starts[np.int64(high & low_half)] + np.int64(high >> np.uint64(32))
            high = np.uint64(0)
            for byte in range(at + 4, at + length):
                high = (high ^ np.uint64(data[byte])) * np.uint64(0x100000001B3)
        mixed = (low * np.uint64(0x9E3779B97F4A7C15)) ^ (high * np.uint64(0xD6E8FEB86659FD93))
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        slot = (mixed >> np.uint64(40)) & last
        for _ in range(64):
            number = slots[slot]
            if number < 0:
                if count == len(met):
                    return -1
                slots[slot], met[count], codes[row] = count, row, count
                count += 1
                break
            other = met[number]
            same = views[other, 0] == low
            if same and length > 12:
                there = views[other, 1]
                start = starts[np.int64(there & low_half)] + np.int64(there >> np.uint64(32))
                for byte in range(4, length):
                    same = same and data[start + byte] == data[at + byte]
            elif same:
                same = views[other, 1] == high
            if same:
                codes[row] = number
                break
            slot = (slot + np.uint64(1)) & last
        else:
            return -1
    return count


@contextmanager
def _texts(series: pl.Series) -> Iterator[_Texts | None]:
    """A column of text where it lies, for as long as it is looked at; None where it has another form."""
    capsule = series.rechunk().__arrow_c_stream__()
    stream = ctypes.cast(_pointer(capsule, b"arrow_array_stream"), ctypes.POINTER(_Stream))
    schema, array = _Schema(), _Array()
    if stream.contents.get_schema(stream, schema) or stream.contents.get_next(stream, array):
        yield None
        return
    try:
        whole = array.length == len(series)
        yield _laid_out(array) if whole and schema.format == _VIEWS else None
    finally:
        array.release(array)
        schema.release(schema)


def _laid_out(array: _Array) -> _Texts:
    """The buffers of a piece: which are blank, the views, bytes of long texts, and how many bytes each of these has."""
    end = array.offset + array.length
    views = np.ctypeslib.as_array(ctypes.cast(array.buffers[1], _UINT64), shape=(end, 2))[array.offset :]
    count = array.n_buffers - 3
    sizes = [ctypes.cast(array.buffers[array.n_buffers - 1], _INT64)[at] for at in range(count)]
    filled = [(array.buffers[2 + at], size) for at, size in enumerate(sizes) if size]
    parts = [np.ctypeslib.as_array(ctypes.cast(where, _UINT8), shape=(size,)) for where, size in filled]
    data = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.uint8), *parts])
    return _Texts(views, data, np.cumsum([0, *sizes], dtype=np.int64))


_UINT8, _UINT64, _INT64 = (ctypes.POINTER(kind) for kind in (ctypes.c_uint8, ctypes.c_uint64, ctypes.c_int64))
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
