"""Published workbooks as OpenDocument spreadsheets, the form that public bodies are asked to publish in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tariff_engine.tables.ods_package import write_parts
from tariff_engine.tables.published import (
    COVER,
    COVER_WIDTH,
    FONT,
    POINTS,
    TITLE_POINTS,
    Publication,
    PublishedTable,
    widths,
)
from tariff_engine.tables.wording import column_letter, printable

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = " ".join(
    f'xmlns:{prefix}="{space}"'
    for prefix, space in (
        ("office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
        ("table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"),
        ("text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
        ("style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"),
        ("number", "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"),
        ("fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"),
        ("meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("xlink", "http://www.w3.org/1999/xlink"),
    )
)
_CENTIMETRES_A_CHARACTER = 0.24
_BOLD, _WRAP, _RIGHT = (
    'fo:font-weight="bold"',
    'fo:wrap-option="wrap"',
    '<style:paragraph-properties fo:text-align="end"/>',
)
_LINE = 'fo:border-bottom="0.75pt solid #000000"'
_LOOKS: dict[str, tuple[str, str, str, str]] = {
    "title": ("", "", "", f'{_BOLD} fo:font-size="{TITLE_POINTS}pt"'),
    "heading": ("", "", "", _BOLD),
    "said": ("", _WRAP, "", ""),
    "unwrapped": ("", "", "", ""),
    "header": ("", f"{_WRAP} {_LINE}", "", _BOLD),
    "header_right": ("", f"{_WRAP} {_LINE}", _RIGHT, _BOLD),
    "text": ("", _WRAP, "", ""),
    "whole": ("as_whole", "", "", ""),
    "money": ("as_money", "", "", ""),
    "marker": ("", "", _RIGHT, ""),
}
"""Each look's number format, cell, alignment and letters."""

_NUMBERS = "".join(
    f'<number:number-style style:name="{name}"><number:number number:min-integer-digits="1" number:grouping="true"'
    f' number:decimal-places="{places}" number:min-decimal-places="{places}"/></number:number-style>'
    for name, places in (("as_whole", 0), ("as_money", 2))
)


def write_published_ods(path: Path, publication: Publication) -> None:
    """Write a publication as an OpenDocument spreadsheet."""
    meta = (
        f"<office:meta><dc:title>{_text(publication.title)}</dc:title>"
        f"<dc:language>en-GB</dc:language><dc:date>{publication.created:%Y-%m-%dT%H:%M:%S}</dc:date></office:meta>"
    )
    document = f'{_XML}<office:document-meta {_SPACES} office:version="1.3">{meta}</office:document-meta>'
    write_parts(path, _content(publication), meta=document)


def _content(publication: Publication) -> Iterator[bytes]:
    sheets = publication.sheets
    wide = {COVER_WIDTH, *(width for sheet in sheets for width in widths(sheet.frame))}
    styles = _NUMBERS + "".join(map(_cell_style, _LOOKS)) + "".join(map(_column_style, sorted(wide)))
    styles += '<style:style style:name="sheet" style:family="table" style:master-page-name="page"/>'
    start = f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
    yield f'{_XML}<office:document-content {_SPACES} office:version="1.3">{start}'.encode()
    cover = "".join(_row(_cell(text, look)) for text, look in publication.cover_lines)
    yield _sheet(COVER, [COVER_WIDTH], cover).encode()
    for sheet in sheets:
        yield _sheet(sheet.name, widths(sheet.frame), _table(sheet)).encode()
    ranges = "".join(_marked_up(sheet, number) for number, sheet in enumerate(sheets, start=1))
    end = f"<table:database-ranges>{ranges}</table:database-ranges></office:spreadsheet></office:body>"
    yield f"{end}</office:document-content>".encode()


def _sheet(name: str, wide: list[int], rows: str) -> str:
    columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in wide)
    return f'<table:table table:name={quoteattr(name)} table:style-name="sheet">{columns}{rows}</table:table>'


def _table(sheet: PublishedTable) -> str:
    """The rows of a sheet: its title, what is said of the table, the header and the values."""
    frame = sheet.frame
    right = [dtype.is_numeric() for dtype in frame.dtypes]
    header = "".join(
        _cell(name, "header_right" if number else "header") for name, number in zip(frame.columns, right, strict=True)
    )
    rows = [_row(_cell(sheet.title, "title")), *(_row(_cell(sentence, "unwrapped")) for sentence in sheet.said)]
    rows.append(f"<table:table-header-rows>{_row(header)}</table:table-header-rows>")
    rows += [
        _row("".join(_value(row, *at, sheet) for at in zip(frame.columns, cells, strict=True)))
        for row, cells in enumerate(frame.rows())
    ]
    return "".join(rows)


def _value(row: int, name: str, value: object, sheet: PublishedTable) -> str:
    if value is None:
        return _cell(sheet.marker(row, name), "marker" if sheet.frame.schema[name].is_numeric() else "text")
    if sheet.links and name == sheet.frame.columns[0]:
        link = f'<text:a xlink:type="simple" xlink:href={quoteattr(f"#{value}.A1")}>{_text(str(value))}</text:a>'
        return _cell_of("text", 'office:value-type="string"', link)
    if not isinstance(value, int):
        return _cell(str(value), "text")
    money = name in sheet.money
    sign, size = ("-" if value < 0 else ""), abs(value)
    number = f"{sign}{size // 100}.{size % 100:02d}" if money else str(value)
    shown = f"{sign}{size // 100:,}.{size % 100:02d}" if money else f"{value:,}"
    return _cell_of("money" if money else "whole", f'office:value-type="float" office:value="{number}"', shown)


def _cell(text: str, look: str) -> str:
    return _cell_of(look, 'office:value-type="string"', _text(text))


def _cell_of(look: str, value: str, content: str) -> str:
    return f'<table:table-cell table:style-name="{look}" {value}><text:p>{content}</text:p></table:table-cell>'


def _row(cells: str) -> str:
    return f"<table:table-row>{cells}</table:table-row>"


def _text(text: str) -> str:
    return escape(printable(text))


def _marked_up(sheet: PublishedTable, number: int) -> str:
    """The table of a sheet as a range with a name and a header row, which is what programs take for a table."""
    last = f"{column_letter(sheet.frame.width - 1)}{sheet.first_row + 1 + sheet.frame.height}"
    address = f"'{sheet.name}'.A{sheet.first_row + 1}:'{sheet.name}'.{last}"
    return (
        f'<table:database-range table:name="table_{number}" table:target-range-address={quoteattr(address)}'
        f' table:contains-header="true" table:display-filter-buttons="false"/>'
    )


def _cell_style(look: str) -> str:
    number, cell, align, letters = _LOOKS[look]
    data = f' style:data-style-name="{number}"' if number else ""
    sized = letters if "font-size" in letters else f'{letters} fo:font-size="{POINTS}pt"'
    return (
        f'<style:style style:name="{look}" style:family="table-cell"{data}>'
        f'<style:table-cell-properties style:vertical-align="top" {cell}/>{align}'
        f'<style:text-properties fo:font-family="{FONT}" fo:language="en" fo:country="GB" {sized}/></style:style>'
    )


def _column_style(width: int) -> str:
    size = f'<style:table-column-properties style:column-width="{width * _CENTIMETRES_A_CHARACTER:.2f}cm"/>'
    return f'<style:style style:name="w{width}" style:family="table-column">{size}</style:style>'
