"""Starting the process that reads a workbook's cells, and taking from it nothing but text."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.tables.incoming import child
from tariff_engine.tables.incoming.budget import Budget, too_slow, unreadable
from tariff_engine.tables.incoming.facts import MOST_COLUMNS

_LONGEST_HEAD = 4_096
# What a process needs to start at all; nothing else of this one's surroundings is handed on.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class SheetCells:
    """The cells of a sheet as text, from its first row and column; blank is null."""

    name: str
    frame: pl.DataFrame


def library_folder() -> str:
    """Where the library that reads workbooks is installed.

    Raises
    ------
    UsageError : it isn't.
    """
    found = importlib.util.find_spec("python_calamine")
    if found is None or found.origin is None:
        raise UsageError("Reading workbooks needs the xlsx extra: pip install 'tariff-engine[xlsx]'.")
    return str(Path(found.origin).resolve().parents[1])


def read_cells(file: BinaryIO, sheets: Sequence[int], budget: Budget) -> list[SheetCells]:
    """Read some sheets of a workbook, by their places in it, in a process that is ended at the limits.

    Raises
    ------
    InputRefused : the process was ended, came to its own end, or found the workbook damaged.
    """
    library = library_folder()
    with tempfile.TemporaryFile() as answer:
        _run(file, answer, library, sheets, budget)
        if answer.tell() > budget.limits.text_bytes:
            raise _too_much()
        answer.seek(0)
        return [take_sheet(answer) for _ in sheets]


def take_sheet(answer: BinaryIO) -> SheetCells:
    """The next sheet of an answer, which is checked as anything is that comes from outside."""
    try:
        head = json.loads(answer.readline(_LONGEST_HEAD))
        name, height, width, size = (head[key] for key in ("name", "height", "width", "bytes"))
        body = answer.read(size)
        frame = _frame(body, width) if 0 < width <= MOST_COLUMNS else pl.DataFrame()
    except (ValueError, KeyError, TypeError, OverflowError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise unreadable() from None
    if len(body) != size or frame.height != height:
        raise unreadable()
    return SheetCells(str(name), frame)


def _run(file: BinaryIO, answer: BinaryIO, library: str, sheets: Sequence[int], budget: Budget) -> None:
    asked = {
        "library": library,
        "sheets": list(sheets),
        "memory_bytes": budget.limits.memory_bytes,
        "seconds": budget.limits.seconds,
        "text_bytes": budget.limits.text_bytes,
    }
    # -I and -S: no settings, packages or start-up code of the user's, and nothing from the folder this runs in.
    command = [sys.executable, "-I", "-S", child.__file__, json.dumps(asked)]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        process = subprocess.Popen(command, stdin=file, stdout=answer, stderr=subprocess.DEVNULL, env=kept)
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise UsageError(f"Workbooks are read by a second Python process, which can't be started: {reason}.") from None
    with process:
        try:
            status = process.wait(timeout=budget.seconds_left)
        except subprocess.TimeoutExpired:
            raise too_slow() from None
        finally:
            process.kill()
            # Both read from one place in the file, and the other has moved it: to the end, so as not to trust a buffer.
            file.seek(0, os.SEEK_END)
    answer.seek(0, os.SEEK_END)
    if status != 0:
        raise unreadable() if status == 1 else _too_much()


def _too_much() -> InputRefused:
    return InputRefused(
        "The selected file could not be read: it takes more memory or time than a table should, or it is damaged. "
        "Keep the sheet with the table alone and save it again in Excel, or save it as CSV UTF-8."
    )


def _frame(body: bytes, width: int) -> pl.DataFrame:
    names = [str(at) for at in range(width)]
    frame = pl.read_csv(
        io.BytesIO(body),
        has_header=False,
        new_columns=[*names, "end"],
        separator=child.CELL_END,
        eol_char=child.ROW_END,
        quote_char=None,
        infer_schema=False,
    ).drop("end")
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
