"""Where the command line writes: plain lines in a pipe, colour and a sign of life on a terminal, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from api.cli.layout import Line
from tariff_engine.tables.wording import printable

_LONGEST = 500
_STYLES = {"heading": "bold", "faint": "dim", "good": "green", "warning": "yellow", "error": "bold red"}


def say(lines: Iterable[Line], *, quiet: bool = False) -> None:
    """Write lines to standard output."""
    if not quiet:
        _write(lines, sys.stdout)


def complain(sentence: str) -> None:
    """Write what is wrong to standard error, in plain sentences."""
    lines = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..." for line in sentence.splitlines()]
    _write([Line(line, "error" if at == 0 else "") for at, line in enumerate(lines)], sys.stderr)


def say_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to standard output."""
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=ascii_only, allow_nan=False, default=str) + "\n")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is being done, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ..."):
        yield


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how many of how many are done, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _write(lines: Iterable[Line], stream: TextIO) -> None:
    if not stream.isatty():
        for line in lines:
            stream.write(_encodable(printable(line.text), stream) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(printable(line.text), style=_STYLES.get(line.style, "")))


def _encodable(text: str, stream: TextIO) -> str:
    """The text with a question mark for what the stream's encoding doesn't have."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
