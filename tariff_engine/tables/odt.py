"""The file of an OpenDocument text: headings, paragraphs and tables, for a letter that a person goes on with.

The same text gives the same bytes: no part of the file holds the moment of writing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tariff_engine.tables.book.styles import BLUE
from tariff_engine.tables.wording import column_letter, printable

_TYPE = "application/vnd.oasis.opendocument.text"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
)
_EARLIEST_IN_A_ZIP = (1980, 1, 1, 0, 0, 0)
_FONT = 'fo:font-family="Arial, Liberation Sans, sans-serif" fo:font-size="11pt"'


@dataclass(frozen=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class TextTable:
    """A table: its header, its rows, the widths of its columns in centimetres, and those that hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: Sequence[int] = ()


Part = Heading | Paragraph | TextTable


def write_odt(path: Path, title: str, parts: Sequence[Part]) -> None:
    """Write a text document."""
    body = "".join(_part(part, number) for number, part in enumerate(parts))
    styles = _AUTOMATIC + "".join(_column_styles(part, number) for number, part in enumerate(parts))
    content = _document("content", f"<office:automatic-styles>{styles}</office:automatic-styles>"
                        f"<office:body><office:text>{body}</office:text></office:body>")  # fmt: skip
    meta = f'<office:meta><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{_text(title)}</dc:title></office:meta>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        # The type comes first and uncompressed: that is how programs tell what the file is.
        package.writestr(zipfile.ZipInfo("mimetype", _EARLIEST_IN_A_ZIP), _TYPE, zipfile.ZIP_STORED)
        for name, text in (
            ("META-INF/manifest.xml", _manifest()),
            ("meta.xml", _document("meta", meta)),
            ("styles.xml", _document("styles", _STYLES)),
            ("content.xml", content),
        ):
            entry = zipfile.ZipInfo(name, _EARLIEST_IN_A_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, text)


_STYLES = (
    f'<office:styles><style:default-style style:family="paragraph">'
    '<style:paragraph-properties fo:margin-bottom="0.25cm"/>'
    f'<style:text-properties {_FONT} fo:language="en" fo:country="GB"/></style:default-style>'
    f'<style:style style:name="Heading" style:family="paragraph"><style:paragraph-properties fo:margin-top="0.4cm"'
    f' fo:margin-bottom="0.2cm" fo:keep-with-next="always"/><style:text-properties fo:font-weight="bold"'
    f' fo:font-size="13pt" fo:color="{BLUE}"/></style:style></office:styles>'
    '<office:automatic-styles><style:page-layout style:name="layout"><style:page-layout-properties fo:page-width="21cm"'
    ' fo:page-height="29.7cm" fo:margin="2cm"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="layout"/>'
    "</office:master-styles>"
)
_AUTOMATIC = (
    '<style:style style:name="head" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0cm"/>'
    '<style:text-properties fo:font-weight="bold" fo:font-size="9.5pt" fo:color="#FFFFFF"/></style:style>'
    '<style:style style:name="headright" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0cm"'
    ' fo:text-align="end"/><style:text-properties fo:font-weight="bold" fo:font-size="9.5pt" fo:color="#FFFFFF"/>'
    "</style:style>"
    '<style:style style:name="cell" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0cm"/>'
    '<style:text-properties fo:font-size="9.5pt"/></style:style>'
    '<style:style style:name="right" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0cm"'
    ' fo:text-align="end"/><style:text-properties fo:font-size="9.5pt"/></style:style>'
    f'<style:style style:name="headcell" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm"'
    f' fo:background-color="{BLUE}"/></style:style>'
    '<style:style style:name="bodycell" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm"'
    ' fo:border-bottom="0.5pt solid #B1B4B6"/></style:style>'
    '<style:style style:name="row" style:family="table-row"><style:table-row-properties fo:keep-together="always"/>'
    "</style:style>"
)


def _part(part: Part, number: int) -> str:
    if isinstance(part, Heading):
        return f'<text:h text:style-name="Heading" text:outline-level="1">{_text(part.text)}</text:h>'
    if isinstance(part, Paragraph):
        return f"<text:p>{_text(part.text)}</text:p>"
    columns = "".join(
        f'<table:table-column table:style-name="t{number}{column_letter(at)}"/>' for at in range(len(part.widths))
    )
    head = _row(part.header, part.numbers, "headcell", ("head", "headright"))
    rows = "".join(_row(row, part.numbers, "bodycell", ("cell", "right")) for row in part.rows)
    return (
        f'<table:table table:name="Table{number}">{columns}<table:table-header-rows>{head}</table:table-header-rows>'
        f"{rows}</table:table><text:p/>"
    )


def _row(cells: Sequence[str], numbers: Sequence[int], style: str, texts: tuple[str, str]) -> str:
    made = "".join(
        f'<table:table-cell table:style-name="{style}" office:value-type="string">'
        f'<text:p text:style-name="{texts[at in numbers]}">{_text(text)}</text:p></table:table-cell>'
        for at, text in enumerate(cells)
    )
    return f'<table:table-row table:style-name="row">{made}</table:table-row>'


def _column_styles(part: Part, number: int) -> str:
    if not isinstance(part, TextTable):
        return ""
    return "".join(
        f'<style:style style:name="t{number}{column_letter(at)}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width:.2f}cm"/></style:style>'
        for at, width in enumerate(part.widths)
    )


def _text(text: str) -> str:
    """Text as XML holds it, on one line, with what can't be shown replaced."""
    return escape(printable(" ".join(text.split())))


def _document(kind: str, body: str) -> str:
    return f'{_XML}<office:document-{kind} {_SPACES} office:version="1.3">{body}</office:document-{kind}>'


def _manifest() -> str:
    parts = [("/", _TYPE), *((name, "text/xml") for name in ("content.xml", "meta.xml", "styles.xml"))]
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>' for name, kind in parts
    )
    return (
        f'{_XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        f' manifest:version="1.3">{entries}</manifest:manifest>'
    )
