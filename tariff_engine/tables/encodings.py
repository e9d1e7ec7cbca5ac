"""Telling the encoding of a text file: it is decoded whole, or refused with the line to look at."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE, Limits, Note
from tariff_engine.tables.sources import too_large

_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WINDOWS = "cp1252"
_SEVERAL_BYTES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]")
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")
_EURO = 0x80
_Y_WITH_DIAERESIS = 0xFF
_LEADS_OF_LATIN = frozenset(b"\xc2\xc3")
_SAVE_AS = "Save the file again as CSV UTF-8."


@dataclass(frozen=True)
class TextScan:
    """How to decode a file, the hash of its bytes, and what its owner should know about it."""

    encoding: str
    sha256: str
    notes: tuple[Note, ...]


def scan_text(file: BinaryIO, limits: Limits) -> TextScan:
    """Read the file through once: its hash, its encoding, and that no line is beyond reason.

    UTF-8 with or without a byte order mark; UTF-16 with one; else Windows-1252, where every byte makes sense
    in it and no character of the file does in UTF-8.
    """
    file.seek(0)
    head = file.read(4)
    if head.startswith(_UTF32_MARKS):
        raise InputRefused(f"The selected file is in UTF-32. {_SAVE_AS}")
    utf16 = head.startswith(_UTF16_MARKS)
    digest, sound = _read_through(file, limits, utf16)
    if utf16:
        message = "The file is in UTF-16, what Excel calls Unicode text, and was read as that."
        return TextScan("utf-16", digest, (Note("encoding", "info", None, None, None, message),))
    if sound:
        return TextScan("utf-8-sig", digest, ())
    return TextScan(_WINDOWS, digest, (_windows_note(file),))


def _read_through(file: BinaryIO, limits: Limits, utf16: bool) -> tuple[str, bool]:
    file.seek(0)
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    sound, size, line_bytes, lines = True, 0, 0, 0
    while chunk := file.read(MEBIBYTE):
        digest.update(chunk)
        size += len(chunk)
        if size > limits.bytes:
            raise too_large(limits)
        if not utf16 and b"\0" in chunk:
            raise _nul(lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1)
        line_ends = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line_bytes = line_bytes + len(chunk) if line_ends < 0 else len(chunk) - line_ends
        lines += chunk.count(b"\n")
        if line_bytes > limits.line_bytes:
            raise InputRefused(f"Line {lines + 1} is too long for a table. Check that the file is CSV.")
        if sound and not utf16:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                sound = False
    if sound and not utf16:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            sound = False
    return digest.hexdigest(), sound


def _nul(line: int) -> InputRefused:
    return InputRefused(f"Line {line} holds a NUL byte, as no CSV file does: it is damaged, or isn't text. {_SAVE_AS}")


def _windows_note(file: BinaryIO) -> Note:
    """The note that the file was read as Windows-1252, or a refusal where that would be a guess."""
    file.seek(0)
    data = file.read()
    broken = _first_stray(data) if _SEVERAL_BYTES.search(data) else _first_implausible(data)
    if broken is not None:
        raise InputRefused(
            f"Line {_line_of(data, broken)} holds a byte (0x{data[broken]:02X}) that is no UTF-8: "
            f"the file is damaged or in another encoding. Correct the line. {_SAVE_AS}"
        )
    first = _ABOVE_ASCII.search(data)
    at = first.start() if first else 0
    char = data[at : at + 1].decode(_WINDOWS)
    message = (
        f"The file isn't in UTF-8. It was read as Windows-1252, what Excel saves as plain CSV; "
        f"the first character this decides is {char} on line {_line_of(data, at)}."
    )
    return Note("encoding", "info", None, None, None, message)


def _first_stray(data: bytes) -> int | None:
    """Where the first byte stands that is no part of a UTF-8 character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _first_implausible(data: bytes) -> int | None:
    for match in _ABOVE_ASCII.finditer(data):
        at = match.start()
        before, after = data[at - 1 : at] if at else b"", data[at + 1 : at + 2]
        if not _plausible(data[at], before, after):
            return at
    return None


def _plausible(byte: int, before: bytes, after: bytes) -> bool:
    """Whether a byte makes sense as Windows-1252 between its neighbours.

    A letter stands beside a letter, and no capital follows a small letter: else the byte is more likely the
    remains of a UTF-8 character or from another encoding. The first bytes of UTF-8's accented letters are the
    likeliest remains, and have to start a word's part.
    """
    if byte in _UNDEFINED or byte == _Y_WITH_DIAERESIS:
        return False
    if byte == _EURO:
        return before.isdigit() or after.isdigit() or after == b" "
    char = bytes([byte]).decode(_WINDOWS)
    if not char.isalpha():
        return True
    if char.isupper() and before.decode(_WINDOWS, errors="replace").islower():
        return False
    if byte in _LEADS_OF_LATIN:
        return _is_letter(after)
    return _is_letter(before) or _is_letter(after)


def _is_letter(byte: bytes) -> bool:
    return byte.decode(_WINDOWS, errors="replace").isalpha()


def _line_of(data: bytes, at: int) -> int:
    before = data[:at]
    return (before.count(b"\n") or before.count(b"\r")) + 1
