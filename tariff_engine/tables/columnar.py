"""Parquet, Arrow and frames in memory: the file's own types are kept, and odd ones refused by name."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.tables.body import too_many_columns, too_many_rows
from tariff_engine.tables.contract import Limits
from tariff_engine.tables.wording import shown

if TYPE_CHECKING:
    from tariff_engine.tables.sources import Kind

_STREAM_MARK = b"\xff\xff\xff\xff"


def read_columnar(file: BinaryIO, kind: Kind, limits: Limits) -> tuple[pl.DataFrame, str]:
    """The frame of a Parquet or Arrow file, and the hash of its bytes."""
    content = file.read(limits.bytes + 1)
    digest = hashlib.sha256(content).hexdigest()
    with damaged(kind):
        source = scan_columnar(io.BytesIO(content), kind)
        check_schema(source.collect_schema(), limits)
        if source.select(pl.len()).collect().item() > limits.rows:
            raise too_many_rows(limits)
        return source.collect(), digest


def scan_columnar(file: BinaryIO, kind: Kind) -> pl.LazyFrame:
    """A Parquet or Arrow file as a query, which reads what it asks for; an Arrow stream is read at once."""
    file.seek(0)
    if kind == "parquet":
        return pl.scan_parquet(file, glob=False, hive_partitioning=False)
    return pl.read_ipc_stream(file).lazy() if is_stream(file) else pl.scan_ipc(file)


def is_stream(file: BinaryIO) -> bool:
    """Whether an Arrow file is a stream, which has no table of what stands where."""
    file.seek(0)
    head = file.read(len(_STREAM_MARK))
    file.seek(0)
    return head == _STREAM_MARK


@contextmanager
def damaged(kind: Kind) -> Iterator[None]:
    """Refuse a file in which anything can't be read."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError):
        raise InputRefused(
            f"The selected {kind.capitalize()} file could not be read: it is damaged or cut short. "
            f"Write it again, or save the table as CSV."
        ) from None


def check_schema(schema: pl.Schema, limits: Limits) -> None:
    """Refuse a table with too many columns, or with one that no cell of a spreadsheet could hold."""
    if len(schema) > limits.columns:
        raise too_many_columns(len(schema), limits)
    if not len(schema):
        raise InputRefused("The table has no columns. The first row must name them.")
    for name, dtype in schema.items():
        if not (
            dtype.is_numeric()
            or isinstance(dtype, (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Categorical, pl.Enum, pl.Null))
        ):
            raise InputRefused(
                f"Column {shown(name)} holds {dtype} values, which no cell can hold. "
                f"Write the column as text, numbers or dates, or leave it out."
            )


def plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with categories, and columns without any value, as text."""
    return frame.with_columns(
        [
            column.cast(pl.String)
            for column in frame.iter_columns()
            if isinstance(column.dtype, (pl.Categorical, pl.Enum, pl.Null))
        ]
    )
