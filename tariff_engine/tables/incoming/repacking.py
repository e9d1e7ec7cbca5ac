"""A copy of a workbook for the reader of cells alone, where it wouldn't find or understand the parts as they stand."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

_FASTEST = 1


@contextmanager
def readable(file: BinaryIO, anew: Mapping[str, Iterable[bytes]]) -> Iterator[BinaryIO]:
    """The file itself, or one with nothing but the parts that are written anew. It goes when it was read."""
    if not anew:
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as archive:
            for name, chunks in anew.items():
                with archive.open(name, "w") as part:
                    for chunk in chunks:
                        part.write(chunk)
        yield copy
