"""The zip file that a workbook is: looked at before anything in it is parsed, and never unpacked to the disk."""

from __future__ import annotations

import copy
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE
from tariff_engine.tables.incoming.budget import Budget, unreadable

Format = Literal["xlsx", "ods"]

CHUNK_BYTES = MEBIBYTE
XLSX_BOOK = "xl/workbook.xml"
ODS_CONTENT = "content.xml"
ODS_MANIFEST = "META-INF/manifest.xml"

_END = struct.Struct("<4sHHHHIIH")
_END_MARK = b"PK\x05\x06"
_LARGE_MARK = b"PK\x06\x07"
_LARGE_BYTES = 20
_ENTRY_BYTES = 1_024
_SATURATED = (0xFFFF, 0xFFFFFFFF)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SMALL_BYTES = 64 * MEBIBYTE
_XML_NAME = re.compile(r"\.(xml|rels|vml)$", re.IGNORECASE)
_UNSAFE_NAME = re.compile(r"(^|/)\.\.?(/|$)|^/|^[A-Za-z]:|//|[\\\x00-\x1f\x7f]")
# In any of the encodings that XML comes in, each character may have zero bytes beside it.
_DECLARATION = re.compile(rb"<\0{0,3}!\0{0,3}(?:D\0{0,3}O\0{0,3}C|E\0{0,3}N\0{0,3}T)", re.IGNORECASE)
_PROTECTION = re.compile(rb"encryption-data")
_TYPES = "[content_types].xml"
_BOOK_TYPE = re.compile(rb"spreadsheetml\.sheet\.main\+xml|ms-excel\.sheet\.macroEnabled\.main\+xml")
_LONGEST_TYPES = MEBIBYTE
_LONGEST_MARK = 32
_LONGEST_MIME_TYPE = 200
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Container:
    """A workbook's zip file, safe to read from; ``parts`` are the files in it, by their names in small letters."""

    archive: zipfile.ZipFile
    format: Format
    parts: Mapping[str, zipfile.ZipInfo]
    budget: Budget

    @property
    def names(self) -> list[str]:
        """The parts' names as they are spelt."""
        return [info.filename for info in self.parts.values()]

    def chunks(self, name: str) -> Iterator[bytes]:
        """The contents of a part, a piece at a time, checked against its size and checksum at the end."""
        info = self.parts.get(name.lower())
        if info is None:
            raise unreadable("a part of it is missing")
        # With the claimed size the rest of a part that is larger would be left unread, and another reader reads it.
        real = copy.copy(info)
        real.file_size = info.file_size + 1
        count = 0
        try:
            with self.archive.open(real) as part:
                while chunk := part.read(CHUNK_BYTES):
                    count += len(chunk)
                    if count > info.file_size:
                        raise unreadable()
                    self.budget.check_time()
                    yield chunk
        except _BROKEN:
            raise unreadable() from None
        if count != info.file_size:
            raise unreadable()


def open_container(file: BinaryIO, budget: Budget) -> Container:
    """Open a workbook's zip file.

    Raises
    ------
    InputRefused : it is damaged, protected or something else than a workbook; it has too many parts, or is too large
        unpacked; a part is named twice or by a path out of the file; or its XML declares a document type.
    """
    _check_directory(file, budget)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN:
        raise unreadable() from None
    parts = _parts(archive, budget)
    container = Container(archive, _format(parts, archive), parts, budget)
    _check_sizes(container, file)
    for name in container.names:
        if _XML_NAME.search(name) and _holds(container.chunks(name), _DECLARATION):
            raise unreadable("its XML declares a document type or an entity, as no spreadsheet program's does")
    if ODS_MANIFEST.lower() in parts and _holds(container.chunks(ODS_MANIFEST), _PROTECTION):
        raise protected()
    return container


def protected() -> InputRefused:
    """The refusal of a workbook that can't be read without its password."""
    return InputRefused("The selected file is password protected. Save it without a password, and use that file.")


def _check_directory(file: BinaryIO, budget: Budget) -> None:
    """Read the end of the zip file, where it says how much it lists, before anything reads that list.

    It has to be the very end: of a file with two such ends, two readers may read two different workbooks.
    """
    size = file.seek(0, 2)
    if size < _END.size:
        raise unreadable()
    file.seek(max(0, size - _END.size - _LARGE_BYTES))
    tail = file.read(_END.size + _LARGE_BYTES)
    mark, _, _, _, count, directory_bytes, _, comment_bytes = _END.unpack(tail[-_END.size :])
    if mark != _END_MARK or comment_bytes:
        raise unreadable()
    if tail.startswith(_LARGE_MARK) or count in _SATURATED or directory_bytes in _SATURATED:
        raise _too_many_parts(budget)
    if count > budget.limits.parts or directory_bytes > budget.limits.parts * _ENTRY_BYTES:
        raise _too_many_parts(budget)


def _too_many_parts(budget: Budget) -> InputRefused:
    return InputRefused(
        f"The selected file has too many parts for a workbook (limit {budget.limits.parts:,}). Keep the sheet with the "
        f"table alone, and save it again."
    )


def _parts(archive: zipfile.ZipFile, budget: Budget) -> dict[str, zipfile.ZipInfo]:
    """The parts, once each of them is one that a spreadsheet program writes."""
    entries = archive.infolist()
    if len(entries) > budget.limits.parts:
        raise _too_many_parts(budget)
    parts: dict[str, zipfile.ZipInfo] = {}
    for info in entries:
        if info.flag_bits & _ENCRYPTED:
            raise protected()
        if _UNSAFE_NAME.search(info.filename) or _UNSAFE_NAME.search(info.orig_filename):
            raise unreadable("the name of a part leads out of it")
        if info.filename.lower() in parts:
            raise unreadable("a part is in it twice")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise unreadable()
        parts[info.filename.lower()] = info
    # A part before the first one that is listed belongs to another file, and so does a list that is moved.
    if not entries or min(info.header_offset for info in entries) != 0:
        raise unreadable()
    return parts


def _format(parts: Mapping[str, zipfile.ZipInfo], archive: zipfile.ZipFile) -> Format:
    """What kind of workbook the parts make."""
    if XLSX_BOOK in parts or _says_xlsx(parts, archive):
        return "xlsx"
    if "xl/workbook.bin" in parts:
        raise InputRefused("The selected file is a binary workbook (.xlsb). Open it in Excel and save it as .xlsx.")
    if any(name.endswith(".iwa") for name in parts):
        raise InputRefused("The selected file is a Numbers document. Export it from Numbers to Excel (.xlsx).")
    if ODS_CONTENT in parts:
        try:
            kind = _mime_type(archive) if "mimetype" in parts else b""
        except _BROKEN:
            raise unreadable() from None
        if not kind or b"spreadsheet" in kind:
            return "ods"
    what = "a zip file of something else"
    if any(name.startswith(("word/", "ppt/")) for name in parts) or ODS_CONTENT in parts:
        what = "another kind of document"
    raise InputRefused(f"The selected file must be a CSV, XLSX, XLSM or ODS file. This one is {what}.")


def _says_xlsx(parts: Mapping[str, zipfile.ZipInfo], archive: zipfile.ZipFile) -> bool:
    """Whether the list of what the parts are has a workbook, wherever that is."""
    info = parts.get(_TYPES)
    if info is None or "_rels/.rels" not in parts:
        return False
    try:
        with archive.open(info) as part:
            return _BOOK_TYPE.search(part.read(_LONGEST_TYPES)) is not None
    except _BROKEN:
        raise unreadable() from None


def _check_sizes(container: Container, file: BinaryIO) -> None:
    """Refuse a workbook by the sizes that it claims; they are held against the real ones as each part is read."""
    budget = container.budget
    unpacked = sum(info.file_size for info in container.parts.values())
    most = budget.limits.unpacked_bytes
    swollen = unpacked > _SMALL_BYTES and unpacked > budget.limits.times_packed * file.seek(0, 2)
    if unpacked <= most and not swollen:
        return
    # Somebody with a long table is helped more by hearing of its rows.
    mark = b"<row" if container.format == "xlsx" else b"<table:table-row"
    count = 0
    for name in container.names:
        if "worksheets/" not in name.lower() and name != ODS_CONTENT:
            continue
        rows = 0
        for chunk in container.chunks(name):
            rows += chunk.count(mark)
            count += len(chunk)
            if rows > budget.rows:
                raise budget.too_many_rows()
            if count > most:
                raise budget.too_large()
    raise budget.too_large()


def _mime_type(archive: zipfile.ZipFile) -> bytes:
    with archive.open("mimetype") as part:
        return part.read(_LONGEST_MIME_TYPE)


def _holds(chunks: Iterator[bytes], mark: re.Pattern[bytes]) -> bool:
    """Whether a part holds a mark. All of it is read, so that its real size is known as well."""
    before, found = b"", False
    for chunk in chunks:
        piece = before + chunk
        found = found or mark.search(piece) is not None
        before = piece[-_LONGEST_MARK:]
    return found
