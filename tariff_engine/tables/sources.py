"""Opening a file that a person chose, and telling what it is before anything reads it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO, Literal

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.wording import printable, shown

Kind = Literal["delimited", "workbook", "parquet", "arrow"]

_KINDS: dict[str, Kind] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".ods": "workbook",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET = b"PAR1"
_ARROW_FILE = b"ARROW1"
_ARROW_STREAM = b"\xff\xff\xff\xff"
_OTHER_FORMATS = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a recording"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a word processor's document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"SQLite format 3", "a database"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(!doctype|html|(\?xml)|table)", re.IGNORECASE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t|"
_HEAD_BYTES = 65_536
_WORKBOOKS_TO_SAVE = {
    ".xls": "an old Excel workbook. Open it in Excel and save it as Excel Workbook (.xlsx)",
    ".xlsb": "a binary Excel workbook. Open it in Excel and save it as Excel Workbook (.xlsx)",
    ".xltx": "an Excel template. Open it in Excel and save it as Excel Workbook (.xlsx)",
    ".xltm": "an Excel template. Open it in Excel and save it as Excel Workbook (.xlsx)",
    ".ots": "a template. Open it in LibreOffice and save it as ODF Spreadsheet (.ods)",
    ".fods": "an ODF workbook without its container. Open it in LibreOffice and save it as ODF Spreadsheet (.ods)",
    ".numbers": "a Numbers document. Export it from Numbers to Excel (.xlsx)",
}
_MUST_BE = "must be a CSV, XLSX, XLSM or ODS file, or a Parquet or Arrow file"


def kind_of(path: Path) -> Kind:
    """What a file is by its ending. Anything else is refused."""
    ending = path.suffix.lower()
    if ending in _WORKBOOKS_TO_SAVE:
        raise InputRefused(f"The selected file {_MUST_BE}; {shown(path.name)} is {_WORKBOOKS_TO_SAVE[ending]}.")
    kind = _KINDS.get(ending)
    if kind is None:
        raise InputRefused(f"The selected file {_MUST_BE}; {shown(path.name)} ends in none of their endings.")
    return kind


def safe_name(path: Path) -> str:
    """The file's own name, without its folder and without characters that can't be shown or stored."""
    return printable(path.name)


def open_source(path: Path, limits: Limits) -> BinaryIO:
    """Open an ordinary, filled file within the size limit; refuse anything else with what to do."""
    name = shown(path.name)
    try:
        # Asked before opening: opening a pipe that nobody writes to would wait for ever.
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputRefused(f"{name} is a folder. Choose a file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise InputRefused(f"{name} is a pipe or a device, not a file. Save the table as a file first.")
        if status.st_size == 0:
            raise InputRefused("The selected file is empty.")
        if status.st_size > limits.bytes:
            raise too_large(limits)
        return path.open("rb")
    except FileNotFoundError:
        raise InputRefused(f"There is no file {name}. Check its name and folder.") from None
    except PermissionError:
        raise InputRefused(f"{name} can't be opened: you have no permission to read it.") from None
    except (OSError, ValueError):
        raise InputRefused(f"{name} can't be opened. Check its name and folder.") from None


def too_large(limits: Limits) -> InputRefused:
    """The refusal of a file above the limit of size."""
    return InputRefused(f"The selected file is larger than {limits.bytes // MEBIBYTE} MB. Split it into several files.")


def unchanged(file: BinaryIO, before: os.stat_result) -> None:
    """Refuse a file that was written to while it was read: what was read is not what its hash says."""
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise InputRefused(
            "The selected file changed while it was being read. Try again when nothing is writing to it."
        )


def check_contents(file: BinaryIO, kind: Kind) -> None:
    """Refuse a file whose first bytes say that it isn't what its ending says."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    other = next((what for mark, what in _OTHER_FORMATS if head.startswith(mark)), None)
    if other is not None:
        raise InputRefused(f"The selected file {_MUST_BE}. This one looks like {other}, whatever its ending says.")
    if page := _WEB_PAGE.match(head):
        raise InputRefused(
            f"The selected file {_MUST_BE}. This one looks like {'XML' if page[2] else 'a web page'}, whatever its "
            f"ending says. If it opens in Excel, save it there as Excel Workbook (.xlsx)."
        )
    if kind == "workbook":
        _refuse_other_workbooks(head)
        return
    actual = _columnar_kind(head)
    if kind == "delimited":
        _refuse_binary_as_text(head, actual)
    elif actual != kind:
        looks = " It looks like CSV: give it the ending .csv." if _looks_like_text(head) else ""
        raise InputRefused(f"The selected file isn't a {kind.capitalize()} file, or its beginning is lost.{looks}")


def _columnar_kind(head: bytes) -> Kind | None:
    if head.startswith(_PARQUET):
        return "parquet"
    return "arrow" if head.startswith((_ARROW_FILE, _ARROW_STREAM)) else None


def _refuse_binary_as_text(head: bytes, actual: Kind | None) -> None:
    if head.startswith(_ZIP):
        raise InputRefused(
            "The selected file is named as CSV but looks like a workbook or a zip file. "
            "Open it in your spreadsheet program and save it as CSV UTF-8."
        )
    if head.startswith(_OLE):
        raise InputRefused(
            "The selected file is named as CSV but looks like an old or password protected workbook. "
            "Open it in Excel and save it as CSV UTF-8."
        )
    if actual is not None and not head.startswith(_ARROW_STREAM):
        raise InputRefused(
            f"The selected file is named as CSV but looks like {actual.capitalize()}. Name it .{actual}."
        )


def _refuse_other_workbooks(head: bytes) -> None:
    """Refuse what is no zip file: the workbooks that are read are."""
    if head.startswith(_OLE):
        raise InputRefused(
            "The selected file is password protected, or an old .xls under another name. "
            "Save it without a password as Excel Workbook (.xlsx)."
        )
    if head.startswith(_ZIP):
        return
    if _looks_like_text(head):
        raise InputRefused("The selected file is named as a workbook but looks like CSV. Give it the ending .csv.")
    raise InputRefused(f"The selected file {_MUST_BE}. What this one is can't be told.")


def _looks_like_text(head: bytes) -> bool:
    encoding = "utf-16" if head.startswith(_UTF16_MARKS) else "cp1252"
    text = head.decode(encoding, errors="replace")
    return "\0" not in text and any(char in text for char in _DELIMITERS) and "\n" in text.replace("\r", "\n")
