"""Writing one table as CSV, Parquet or Arrow, some rows at a time; the bytes are the same however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import BinaryIO

import polars as pl

from tariff_engine.tables.guarding import mark, mark_text
from tariff_engine.tables.wording import pounds_text

STREAMED_SUFFIXES = (".csv", ".parquet", ".arrow")

Write = Callable[[pl.DataFrame], None]

_BLOCK_ROWS = 100_000
_ROW_GROUP = 131_072
_RECORD_BATCH = 65_536
_WAITING_PARTS = 1
_PATIENCE_SECONDS = 1.0


@contextmanager
def open_table(path: Path, suffix: str, money: Collection[str]) -> Iterator[Write]:
    """Give what writes the next rows of a table, whose columns are those of the first; at least one call is made.

    ``money`` names the columns of whole pence, which CSV shows as pounds.
    """
    if suffix == ".csv":
        with path.open("wb") as file:
            yield _CsvTable(file, money).write
    else:
        with _sunk(path, suffix) as write:
            yield write


def write_csv(path: Path, frame: pl.DataFrame, money: Collection[str]) -> None:
    """Write one table as CSV: UTF-8 without a mark, lines ending in a line feed, a null as a blank cell.

    ``money`` names the columns of whole pence, shown as pounds. Text that a spreadsheet would run is marked.
    """
    with open_table(path, ".csv", money) as write:
        write(frame)


class _CsvTable:
    """A CSV file that grows."""

    def __init__(self, file: BinaryIO, money: Collection[str]) -> None:
        self._file, self._money, self._begun = file, money, False

    def write(self, frame: pl.DataFrame) -> None:
        """Write rows, after the header where they are the first."""
        if not self._begun:
            header = pl.DataFrame({mark(name): [] for name in frame.columns}, schema_overrides=None)
            header.write_csv(self._file, include_header=True)
            self._begun = True
        shown_columns = _as_shown(frame.schema, self._money)
        for block in frame.iter_slices(_BLOCK_ROWS):
            block.select(shown_columns).write_csv(self._file, include_header=False, quote_style="necessary")


@contextmanager
def _sunk(path: Path, suffix: str) -> Iterator[Write]:
    """Write through a query that takes its rows from here, in a thread of its own."""
    sink = _Sink(path, suffix)
    try:
        yield sink.write
        sink.close()
    finally:
        sink.stop()


class _Sink:
    """Parts on their way to a file: few of them wait, so that they are made no faster than they are written."""

    def __init__(self, path: Path, suffix: str) -> None:
        self._path, self._suffix = path, suffix
        self._parts: Queue[pl.DataFrame | None] = Queue(_WAITING_PARTS)
        self._thread: Thread | None = None
        self._failure: BaseException | None = None
        self._stopped = False

    def write(self, frame: pl.DataFrame) -> None:
        """Hand rows over, as soon as there is room."""
        if self._thread is None:
            self._thread = Thread(target=self._run, args=(frame.schema,))
            self._thread.start()
        self._put(frame)

    def close(self) -> None:
        """Wait until all rows are written."""
        if self._thread is not None:
            self._put(None)
            self._thread.join()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the thread, whatever is left to write."""
        self._stopped = True
        while self._thread is not None and self._thread.is_alive():
            self._offer(None)
            self._thread.join(_PATIENCE_SECONDS)

    def _put(self, part: pl.DataFrame | None) -> None:
        while not self._offer(part):
            if self._failure is not None:
                raise self._failure
            if self._thread is None or not self._thread.is_alive():
                return

    def _offer(self, part: pl.DataFrame | None) -> bool:
        try:
            self._parts.put(part, timeout=_PATIENCE_SECONDS)
        except Full:
            return False
        return True

    def _run(self, schema: pl.Schema) -> None:
        from polars.io.plugins import register_io_source

        def parts(*_: object) -> Iterator[pl.DataFrame]:
            while (part := self._parts.get()) is not None and not self._stopped:
                yield part

        query = register_io_source(parts, schema=schema)
        try:
            if self._suffix == ".parquet":
                query.sink_parquet(self._path, row_group_size=_ROW_GROUP)
            else:
                query.sink_ipc(self._path, compression="zstd", record_batch_size=_RECORD_BATCH)
        except BaseException as failure:  # whatever it is, it is raised where the rows come from
            self._failure = failure


def _as_shown(schema: pl.Schema, money: Collection[str]) -> list[pl.Expr]:
    columns = []
    for name, dtype in schema.items():
        column = pl.col(name)
        if name in money:
            column = pounds_text(column.cast(pl.Int64)).alias(name)
        elif dtype in (pl.String, pl.Categorical, pl.Enum):
            column = mark_text(column.cast(pl.String)).alias(name)
        columns.append(column)
    return columns
