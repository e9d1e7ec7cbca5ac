"""Workbooks as people have them and as attackers make them, written part by part, so that each byte is known."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Limits, RawTable, WorkbookLimits
from tariff_engine.tables.reading import read_table
from tariff_engine.tables.wording import column_letter

from .files import COLUMNS, row

Cell = str | int | float | bool | None

REQUIRED = ("placement_id", "child_id", "home_la", "provision", "start_date")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/>'
    '<xf numFmtId="9"/></cellXfs></styleSheet>'
)
DATE, DATE_AND_TIME, PERCENT = 1, 2, 3
_LETTERS = dict(zip(COLUMNS, "ABCDEFGHIJKLM", strict=True))
_DAY_0 = date(1899, 12, 30)
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"


def serial(day: date) -> int:
    """A day as Excel counts it."""
    return (day - _DAY_0).days


def read(folder: Path, content: bytes, name: str = "x.xlsx", limits: Limits | None = None) -> RawTable:
    """The placements table of a file."""
    path = folder / name
    path.write_bytes(content)
    return read_table(path, COLUMNS, REQUIRED, limits=limits or Limits(), sheet="Placements")


def refusal(folder: Path, content: bytes, name: str = "x.xlsx", limits: Limits | None = None) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(InputRefused) as refused:
        read(folder, content, name, limits)
    return str(refused.value)


def limited(**most: int | bool) -> Limits:
    """Limits of which some of those for workbooks are others."""
    return Limits(workbook=replace(WorkbookLimits(), **most))  # type: ignore[arg-type]


def c(reference: str, value: Cell = None, kind: str = "", style: int | None = None, formula: str | None = None) -> str:
    """One cell's XML. Text is in the cell unless a kind is given; ``value`` None with a formula leaves none saved."""
    inline = isinstance(value, str) and not kind
    kind = "inlineStr" if inline else "b" if isinstance(value, bool) else kind
    opening = f'<c r="{reference}"' + (f' s="{style}"' if style is not None else "") + (f' t="{kind}"' if kind else "")
    body = "" if formula is None else f"<f>{escape(formula)}</f>"
    if inline:
        body += f'<is><t xml:space="preserve">{escape(str(value))}</t></is>'
    elif value is not None:
        body += f"<v>{escape(str(int(value) if isinstance(value, bool) else value))}</v>"
    return f"{opening}>{body}</c>" if body else f"{opening}/>"


def r(number: int, *cells: str, attributes: str = "") -> str:
    """One row's XML."""
    return f'<row r="{number}"{attributes and " " + attributes}>{"".join(cells)}</row>'


def line(number: int, values: Sequence[Cell], attributes: str = "") -> str:
    """A row of plain values from column A on; None and blank text leave a gap."""
    cells = [c(f"{column_letter(at)}{number}", value) for at, value in enumerate(values) if value not in (None, "")]
    return r(number, *cells, attributes=attributes)


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    """A sheet's XML."""
    data = "".join(rows)
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'


def table(*placements: Mapping[str, Cell], first: int = 1, columns: Sequence[str] = COLUMNS) -> list[str]:
    """The rows of a placements table, its header in row ``first``."""
    rows: list[Sequence[Cell]] = [columns, *([placement.get(name) for name in columns] for placement in placements)]
    return [line(first + at, cells) for at, cells in enumerate(rows)]


def placements(*rows: Mapping[str, Cell], **options: str) -> str:
    """A sheet with nothing but a placements table."""
    return sheet(*table(*rows), **options)


def with_cells(count: int, *cells: tuple[str, int, dict[str, Any]]) -> str:
    """A sheet of good rows in which some cells, by column and row, are others."""
    rows = []
    for number, values in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), *(row(n + 1) for n in range(count))], 1):
        others = {name: options for name, at, options in cells if at == number}
        made = [
            c(f"{letter}{number}", **others.get(name, {"value": values.get(name)})) for name, letter in _LETTERS.items()
        ]
        rows.append(r(number, *made))
    return sheet(*rows)


def xlsx(
    sheets: str | bytes | Mapping[str, str | bytes],
    *,
    properties: str = "",
    states: Mapping[str, str] | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    without: Iterable[str] = (),
) -> bytes:
    """A whole workbook: sheets by name, a state for those that are hidden, and more parts or other ones."""
    named = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"'
        + (f' state="{(states or {})[name]}"' if name in (states or {}) else "")
        + "/>"
        for at, name in enumerate(named, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(named) + 1)
    )
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr {properties}/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{at}.xml": xml for at, xml in enumerate(named.values(), start=1)},
        **(parts or {}),
    }
    return zipped({name: part for name, part in content.items() if name not in set(without)})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of some parts, in their order."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def o(value: Cell = None, kind: str = "", attributes: str = "", shown: str | None = None) -> str:
    """One ODS cell's XML."""
    tag = f"<table:table-cell{attributes and ' ' + attributes}"
    if value is None and shown is None:
        return f"{tag}/>"
    kind = kind or ("string" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "float")
    names = {"date": "date-value", "boolean": "boolean-value", "time": "time-value", "string": ""}
    name = names.get(kind, "value")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    typed = f' office:value-type="{kind}"' + (f" office:{name}={quoteattr(text)}" if name else "")
    return f"{tag}{typed}><text:p>{escape(text if shown is None else shown)}</text:p></table:table-cell>"


def o_row(*cells: str, attributes: str = "") -> str:
    """One ODS row's XML."""
    return f"<table:table-row{attributes and ' ' + attributes}>{''.join(cells)}</table:table-row>"


def o_table(*placements: Mapping[str, Cell]) -> list[str]:
    """The rows of a placements table."""
    rows: list[Sequence[Cell]] = [COLUMNS, *([placement.get(name) for name in COLUMNS] for placement in placements)]
    return [o_row(*(o(value) if value != "" else o() for value in cells)) for cells in rows]


def ods(sheets: str | Mapping[str, str], styles: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A whole ODS workbook: the rows of sheets by name."""
    named = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    tables = "".join(f"<table:table table:name={quoteattr(name)}>{xml}</table:table>" for name, xml in named.items())
    return ods_of(tables, styles, parts)


def ods_of(tables: str, styles: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A whole ODS workbook from the XML of its tables."""
    spaces = "".join(f' xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "table", "text", "style", "drawing"))
    spaces += f' xmlns:calcext="{_CALC}" xmlns:xlink="http://www.w3.org/1999/xlink"'
    content = (
        f"<office:document-content{spaces}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0"/>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
            **(parts or {}),
        }
    )
