"""Reads a workbook's cells, in a process of its own: run as a script, with the workbook as its standard input.

It needs nothing of the engine, so that it starts at once and shares nothing with it. What a workbook makes the library
do (take all memory, run for ever, end the process) happens here. The cells come out as text, each sheet after one line
of JSON that says how much follows.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

CELL_END, ROW_END = "\x1f", "\x1e"
"""What ends a cell and a row: marks that no text of a workbook has."""

TOO_MUCH = 3
"""The exit status where a limit was met; it is 1 where the workbook couldn't be read."""

_MARKS = re.compile("[\x1e\x1f]")
_EXACT = 2**53
_HALF_A_MILLISECOND = timedelta(microseconds=500)
_LAST_MOMENT = datetime.fromisoformat("9999-12-31T23:59:59")


def main(arguments: list[str]) -> int:
    """Write the sheets asked for to the standard output; 0 where all went well."""
    asked = json.loads(arguments[0])
    _limit(asked["memory_bytes"], asked["seconds"], asked["text_bytes"])
    sys.path.append(asked["library"])
    from python_calamine import CalamineWorkbook

    sys.stdin.buffer.seek(0)
    book = CalamineWorkbook.from_filelike(sys.stdin.buffer)
    for at in asked["sheets"]:
        _write_sheet(book.get_sheet_by_index(at), sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return 0


def _limit(memory_bytes: int, seconds: int, text_bytes: int) -> None:
    """Have the system end this process when it takes too much, where the system can."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, text_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _write_sheet(sheet: Any, target: BinaryIO) -> None:
    cells = sheet.to_python(skip_empty_area=False)
    width = max(map(len, cells), default=0)
    rows = [[_TEXTS[type(cell)](cell) for cell in row] for row in cells]
    # A last cell that is always filled keeps a blank row of a narrow sheet from being taken for none.
    body = "".join(f"{CELL_END.join(row)}{CELL_END}.{ROW_END}" for row in rows).encode()
    head = {"name": sheet.name, "height": len(rows), "width": width, "bytes": len(body)}
    target.write(json.dumps(head).encode() + b"\n" + body)


def number_text(number: float) -> str:
    """A number in the fewest digits, at most the 15 that a spreadsheet keeps: ``100002``, ``0.3``."""
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    text = f"{number:.15g}"
    return format(Decimal(text), "f") if "e" in text else text


def day_text(moment: datetime) -> str:
    """A date, with its time of day to the millisecond if it has one; days with the error of a double have none."""
    moment = min(moment, _LAST_MOMENT) + _HALF_A_MILLISECOND
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def length_text(length: timedelta) -> str:
    """A length of time in hours, minutes and seconds: ``38:24:00``."""
    sign = "-" if length < timedelta() else ""
    minutes, seconds = divmod(round(abs(length).total_seconds()), 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _plain_text(text: str) -> str:
    return _MARKS.sub("\ufffd", text) if "\x1e" in text or "\x1f" in text else text


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: _plain_text,
    float: number_text,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: date.isoformat,
    datetime: day_text,
    time: lambda value: value.isoformat(timespec="seconds"),
    timedelta: length_text,
}


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (MemoryError, OSError):
        sys.exit(TOO_MUCH)
