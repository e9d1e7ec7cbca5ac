"""The file of an OpenDocument spreadsheet: its parts, its styles, and its sheets written as a stream.

The same sheets give the same bytes: no part of the file holds the moment of writing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tariff_engine.tables.book.sheets import Sheet
from tariff_engine.tables.book.styles import BLUE
from tariff_engine.tables.ods_rows import Style, header_row, ods_rows
from tariff_engine.tables.wording import column_letter

_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("number", "datastyle"),
        ("fo", "xsl-fo-compatible"),
        ("config", "config"),
        ("meta", "meta"),
    )
)
# Settings are told apart by a prefix in their names, which has to be declared like any other.
_SPACES += ' xmlns:ooo="http://openoffice.org/2004/office"'
_EARLIEST_IN_A_ZIP = (1980, 1, 1, 0, 0, 0)
_COMPRESSION = 3
_CENTIMETRES_A_CHARACTER = 0.2

_TOP = 'style:vertical-align="top"'
_HEADER = f'fo:background-color="{BLUE}" fo:wrap-option="wrap" {_TOP}'
_STYLES: Mapping[Style, tuple[str, str, str, str]] = {
    "title": ("", "", "", 'fo:font-weight="bold" fo:font-size="13pt"'),
    "header": ("", _HEADER, "start", 'fo:font-weight="bold" fo:color="#FFFFFF"'),
    "header_right": ("", _HEADER, "end", 'fo:font-weight="bold" fo:color="#FFFFFF"'),
    "text": ("as_text", _TOP, "start", ""),
    "wrapped": ("as_text", f'{_TOP} fo:wrap-option="wrap"', "start", ""),
    "money": ("as_money", _TOP, "", ""),
    "whole": ("as_whole", _TOP, "", ""),
    "number": ("", _TOP, "", ""),
    "date": ("as_date", _TOP, "end", ""),
    "flag": ("as_flag", _TOP, "start", ""),
}
"""Each style's number format, cell, alignment and letters."""

_NUMBER_FORMATS = (
    '<number:text-style style:name="as_text"><number:text-content/></number:text-style>'
    '<number:number-style style:name="as_money">'
    '<number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1"'
    ' number:grouping="true"/></number:number-style>'
    '<number:number-style style:name="as_whole">'
    '<number:number number:decimal-places="0" number:min-integer-digits="1"/></number:number-style>'
    '<number:boolean-style style:name="as_flag"><number:boolean/></number:boolean-style>'
    '<number:date-style style:name="as_date"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>"
)


def write_package(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets as an OpenDocument spreadsheet: money as pounds, text as text, dates as dates."""
    write_parts(path, _content(sheets), _document("document-settings", _settings(sheets)))


def write_parts(path: Path, content: Iterable[bytes], settings: str = "", meta: str = "") -> None:
    """Write an OpenDocument spreadsheet of which the contents, the settings and what it says of itself are made."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as package:
        # The type comes first and uncompressed: that is how programs tell what the file is.
        package.writestr(zipfile.ZipInfo("mimetype", _EARLIEST_IN_A_ZIP), _TYPE, zipfile.ZIP_STORED)
        for name, text in (
            ("META-INF/manifest.xml", _manifest()),
            ("meta.xml", meta or _document("document-meta", "<office:meta/>")),
            ("styles.xml", _document("document-styles", _page())),
            ("settings.xml", settings or _document("document-settings", "<office:settings/>")),
        ):
            package.writestr(_entry(name), text)
        with package.open(_entry("content.xml"), "w", force_zip64=True) as stream:
            for piece in content:
                stream.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST_IN_A_ZIP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _content(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    widths = [sheet.widths() for sheet in sheets]
    styles = _NUMBER_FORMATS + "".join(_cell_style(name) for name in _STYLES)
    styles += "".join(_column_style(width) for width in sorted({width for row in widths for width in row}))
    styles += '<style:style style:name="sheet" style:family="table" style:master-page-name="page"/>'
    start = f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
    yield f'{_XML}<office:document-content {_SPACES} office:version="1.3">{start}'.encode()
    for sheet, row in zip(sheets, widths, strict=True):
        columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in row)
        yield f'<table:table table:name={quoteattr(sheet.name)} table:style-name="sheet">{columns}'.encode()
        if sheet.filtered:
            (block,) = sheet.blocks
            yield b"<table:table-header-rows>" + header_row(block.frame) + b"</table:table-header-rows>"
            yield from ods_rows([replace(block, headed=False)])
        else:
            yield from ods_rows(sheet.blocks)
        yield b"</table:table>"
    yield f"{_filters(sheets)}</office:spreadsheet></office:body></office:document-content>".encode()


def _filters(sheets: Sequence[Sheet]) -> str:
    """A filter over every sheet that is one table."""
    ranges = []
    for number, sheet in enumerate(sheets):
        if sheet.filtered and sheet.width:
            name = "'" + sheet.name.replace("'", "''") + "'"
            to = f"{name}.A1:{name}.{column_letter(sheet.width - 1)}{sheet.height}"
            ranges.append(
                f'<table:database-range table:name="__Anonymous_Sheet_DB__{number}"'
                f' table:target-range-address={quoteattr(to)} table:display-filter-buttons="true"/>'
            )
    return f"<table:database-ranges>{''.join(ranges)}</table:database-ranges>" if ranges else ""


def _cell_style(name: Style) -> str:
    number, cell, align, letters = _STYLES[name]
    data = f' style:data-style-name="{number}"' if number else ""
    parts = f"<style:table-cell-properties {cell}/>" if cell else ""
    indent = ' fo:margin-left="0.15cm"' if align == "start" else ""
    parts += f'<style:paragraph-properties fo:text-align="{align}"{indent}/>' if align else ""
    parts += f"<style:text-properties {letters}/>" if letters else ""
    return f'<style:style style:name="{name}" style:family="table-cell"{data}>{parts}</style:style>'


def _column_style(width: int) -> str:
    size = f'<style:table-column-properties style:column-width="{width * _CENTIMETRES_A_CHARACTER:.2f}cm"/>'
    return f'<style:style style:name="w{width}" style:family="table-column">{size}</style:style>'


def _page() -> str:
    """Landscape A4, as wide as the sheet."""
    layout = (
        '<style:page-layout style:name="layout"><style:page-layout-properties fo:page-width="29.7cm"'
        ' fo:page-height="21cm" style:print-orientation="landscape" style:scale-to-X="1" style:scale-to-Y="0"'
        ' fo:margin="1.5cm"/></style:page-layout>'
    )
    return (
        f"<office:automatic-styles>{layout}</office:automatic-styles><office:master-styles>"
        '<style:master-page style:name="page" style:page-layout-name="layout"/></office:master-styles>'
    )


def _settings(sheets: Sequence[Sheet]) -> str:
    """The header of every sheet that is one table stays in view."""
    frozen = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2),
            ("VerticalSplitPosition", "int", 1),
            ("ActiveSplitRange", "short", 2),
            ("PositionTop", "int", 0),
            ("PositionBottom", "int", 1),
        )
    )
    entries = "".join(
        f"<config:config-item-map-entry config:name={quoteattr(sheet.name)}>{frozen}</config:config-item-map-entry>"
        for sheet in sheets
        if sheet.filtered
    )
    return (
        '<office:settings><config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>'
        f'<config:config-item-map-named config:name="Tables">{entries}</config:config-item-map-named>'
        "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings>"
    )


def _document(kind: str, body: str) -> str:
    return f'{_XML}<office:{kind} {_SPACES} office:version="1.3">{body}</office:{kind}>'


def _manifest() -> str:
    parts = [("/", _TYPE), *((name, "text/xml") for name in ("content.xml", "meta.xml", "settings.xml", "styles.xml"))]
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>' for name, kind in parts
    )
    return (
        f'{_XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        f' manifest:version="1.3">{entries}</manifest:manifest>'
    )
