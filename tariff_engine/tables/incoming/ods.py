"""Looking through an ODS workbook: one XML part that holds every sheet, where a run of like cells stands once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from tariff_engine.tables.incoming.budget import Budget, unreadable
from tariff_engine.tables.incoming.container import ODS_CONTENT, ODS_MANIFEST, Container
from tariff_engine.tables.incoming.facts import BookFacts, Scan, SheetFacts, check_names
from tariff_engine.tables.incoming.ods_cells import CellScan
from tariff_engine.tables.incoming.ods_plain import PlainRow, PlainRows
from tariff_engine.tables.incoming.shortening import shorten
from tariff_engine.tables.incoming.xml import DEEPEST, walk

_USUAL_DAY_0 = date(1899, 12, 30)
_LINKS = ("table:table-source", "table:cell-range-source", "table:database-source-table")
_NEEDED = ("mimetype", ODS_MANIFEST.lower())
_TAGGED_SPACE = re.compile(rb"<text:(?:(tab)|line-break)(?:\s[^<>]*)?(?:/>|></text:(?:tab|line-break)>)")
_OBJECTS = ("draw:object", "draw:object-ole", "draw:plugin", "draw:applet")


def scan_ods(container: Container) -> Scan:
    """Look through a workbook.

    Raises
    ------
    InputRefused : it has too many sheets, rows or cells, or is put together as no spreadsheet program does it.
    """
    rows = PlainRows()
    scan = ContentScan(rows.found, container.budget)
    walk(rows.shorten(container.chunks(ODS_CONTENT)), scan.start, scan.end, scan.text, scan.aside)
    check_names(scan.sheets)
    macros = any(name.startswith(("basic/", "scripts/")) for name in container.parts)
    facts = BookFacts(tuple(scan.sheets), scan.day_0, macros, tuple(dict.fromkeys(scan.links)))
    return Scan(facts, _with_plain_space(container) if scan.tagged_space else {})


def _with_plain_space(container: Container) -> Mapping[str, Iterable[bytes]]:
    """The parts with a space for every tab and a line end for every tag of one, which the reader leaves out."""
    content = shorten(container.chunks(ODS_CONTENT), b">", _TAGGED_SPACE, lambda tag: b"<text:s/>" if tag[1] else b"\n")
    others = [info.filename for name, info in container.parts.items() if name in _NEEDED]
    return {**{name: container.chunks(name) for name in others}, ODS_CONTENT: content}


class ContentScan:
    """Handles the XML of a workbook's content: its styles, then its sheets one after the other."""

    def __init__(self, plain: dict[str, PlainRow], budget: Budget) -> None:
        self.sheets: list[SheetFacts] = []
        self.links: list[str] = []
        self.tagged_space = False
        self.day_0 = 0
        self._plain, self._budget = plain, budget
        self._path: list[str] = []
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._cells: CellScan | None = None
        self._sheet_depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A tag opens."""
        path = self._path
        path.append(name)
        if len(path) > DEEPEST:
            raise unreadable("its XML is nested too deeply")
        if self._cells is not None:
            self._cells.start(name, attributes, len(path))
            self.tagged_space = self.tagged_space or name in ("text:tab", "text:line-break")
        elif name == "table:table":
            self._open_sheet(attributes)
        elif name == "style:style":
            self._style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table:null-date":
            self.day_0 = _days_after_usual(attributes.get("table:date-value", ""))
        self._note_link(name, attributes)

    def end(self, _name: str) -> None:
        """A tag closes."""
        depth = len(self._path)
        self._path.pop()
        if self._cells is None:
            return
        if depth == self._sheet_depth:
            self._cells.finish()
            self._cells = None
        else:
            self._cells.end(depth)

    def text(self, data: str) -> None:
        """Text between two tags."""
        if self._cells is not None:
            self._cells.text(data)

    def aside(self, *_: str) -> None:
        """A comment or an instruction."""
        if self._cells is not None:
            self._cells.aside()

    def _open_sheet(self, attributes: Mapping[str, str]) -> None:
        hidden = attributes.get("table:style-name") in self._hidden_styles
        # The values that another program sent last are kept as tables of their own; they are no sheets.
        readable = "table:dde-links" not in self._path
        facts = SheetFacts(attributes.get("table:name", ""), hidden, readable)
        self.sheets.append(facts)
        self._budget.take_sheets(len(self.sheets))
        self._cells, self._sheet_depth = CellScan(facts, self._plain, self._budget), len(self._path)

    def _note_link(self, name: str, attributes: Mapping[str, str]) -> None:
        found = ""
        if name == "office:dde-source":
            program = " ".join(attributes.get(f"office:dde-{key}", "") for key in ("application", "topic"))
            found = f"a DDE link to {program}"
        elif name in _LINKS:
            found = f"a link to {attributes.get('xlink:href', '')}"
        elif name in _OBJECTS:
            found = f"an embedded object, {attributes.get('xlink:href', '')}"
        if found:
            self._budget.take_odd(self.sheets[-1].name if self.sheets else "")
            self.links.append(found)


def _days_after_usual(day_0: str) -> int:
    """The day that a workbook counts from, in days after 30 December 1899; none is that day."""
    try:
        return (date.fromisoformat(day_0) - _USUAL_DAY_0).days if day_0 else 0
    except ValueError:
        raise unreadable("the day that it counts its days from is no date") from None
