"""Going through XML that nobody vouches for: in pieces, without entities, and within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn
from xml.parsers import expat

from tariff_engine.tables.contract import MEBIBYTE
from tariff_engine.tables.incoming.budget import unreadable

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]
Aside = Callable[..., None]

DEEPEST = 64
"""How deeply the tags of a workbook may be nested."""

_LONGEST_TOKEN = 4 * MEBIBYTE
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")
_ENCODINGS = (None, "utf-8", "us-ascii", "ascii")


def walk(
    chunks: Iterable[bytes], start: Start, end: End | None = None, text: Text | None = None, aside: Aside | None = None
) -> None:
    """Call ``start``, ``end`` and ``text`` for what a document holds, and ``aside`` for comments and instructions.

    Names keep their prefix.

    Raises
    ------
    InputRefused : it isn't well formed, isn't in UTF-8, declares a document type, has one tag of megabytes, or a CDATA
        section, which readers of XML don't agree on.
    """
    parser = _parser(start, end, text)
    if aside is not None:
        parser.CommentHandler = parser.ProcessingInstructionHandler = aside
    fed = 0
    try:
        for chunk in chunks:
            if not fed and chunk.startswith(_OTHER_ENCODINGS):
                raise unreadable("its XML isn't in UTF-8")
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise unreadable("one tag in it has no end")
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise unreadable() from None


def _parser(start: Start, end: End | None, text: Text | None) -> Any:
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.XmlDeclHandler = _check_encoding
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartCdataSectionHandler = _refuse_cdata
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    return parser


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding.lower() if encoding else None) not in _ENCODINGS:
        raise unreadable("its XML isn't in UTF-8")


def _refuse_doctype(*_: object) -> NoReturn:
    raise unreadable("its XML declares a document type")


def _refuse_cdata() -> NoReturn:
    raise unreadable("its XML has a CDATA section, as no spreadsheet program's has")


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]
