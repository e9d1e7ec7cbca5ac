"""Looking through an XLSX or XLSM workbook: its sheets, what in them a reader gets wrong, and what it refers to."""

from __future__ import annotations

import re

from tariff_engine.cells import OLDEST_ERRORS
from tariff_engine.errors import InputRefused
from tariff_engine.tables.incoming.budget import unreadable
from tariff_engine.tables.incoming.container import Container
from tariff_engine.tables.incoming.facts import BookFacts, Scan, SheetFacts, check_names
from tariff_engine.tables.incoming.layout import SheetPart, anew, part_of, read_layout, read_links
from tariff_engine.tables.incoming.xlsx_cells import TRUE, CellScan, is_blank, whole
from tariff_engine.tables.incoming.xlsx_plain import COUNT, PlainRows, shorten_strings
from tariff_engine.tables.incoming.xml import DEEPEST, local, walk
from tariff_engine.tables.wording import shown

_EMBEDDED = re.compile(r"(^|/)(embeddings|activex)/")
_MOST_BLANK = 1_000_000
_DAYS_TO_1904 = 1_462
"""From 30 December 1899 to 1 January 1904: the other day that a workbook may count from."""
_MACROS = re.compile(r"(^|/)(macrosheets/|vbaproject|dialogsheets/)")
_OTHER_FILES = re.compile(r"(^|/)externallinks/[^/]+\.xml$")
_CONNECTIONS = re.compile(r"(^|/)connections\.xml$")


def scan_xlsx(container: Container) -> Scan:
    """Look through a workbook.

    Raises
    ------
    InputRefused : it has too many sheets, rows or cells, or is put together as no spreadsheet program does it.
    """
    layout = read_layout(container)
    entries, day_0 = _read_book(container, layout.book)
    blank_strings = _blank_strings(container, layout.strings) if layout.strings else frozenset[str]()
    sheets: list[SheetFacts] = []
    parts: list[SheetPart] = []
    for name, state, link_id in entries:
        link = layout.links.get(link_id)
        if link is None or link.external:
            raise unreadable("a sheet is missing")
        if "macrosheet" in link.kind.lower():
            raise InputRefused(
                f"Sheet {shown(name)} holds Excel 4 macros, beside which nothing can be read. Save the file as Excel "
                f"Workbook (.xlsx), which leaves them out."
            )
        facts = SheetFacts(name, hidden=state in ("hidden", "veryHidden"), readable=link.kind == "worksheet")
        sheets.append(facts)
        if not facts.readable:
            parts.append(SheetPart(link))
            continue
        part = part_of(container, layout.book, link.target)
        if any(part == other.part for other in parts):
            raise unreadable("two of its sheets are one")
        _scan_cells(container, part, facts, blank_strings)
        parts.append(SheetPart(link, part, any(cell.text not in OLDEST_ERRORS for cell in facts.errors)))
    check_names(sheets)
    macros = any(_MACROS.search(name) for name in container.parts)
    facts_of_all = BookFacts(tuple(sheets), day_0, macros, _outside(container))
    return Scan(facts_of_all, anew(container, layout, parts))


def _scan_cells(container: Container, part: str, facts: SheetFacts, blank_strings: frozenset[str]) -> None:
    rows = PlainRows()
    # Where some shared strings are blank, a plain row can't be counted without looking at each of its cells.
    chunks = container.chunks(part) if blank_strings else rows.shorten(container.chunks(part))
    scan = CellScan(facts, rows.found, blank_strings, container.budget)
    walk(chunks, scan.start, scan.end, scan.text, scan.aside)
    scan.finish()


def _read_book(container: Container, part: str) -> tuple[list[tuple[str, str, str]], int]:
    """Name, state and link of each sheet, and the day that the workbook counts its days from."""
    sheets: list[tuple[str, str, str]] = []
    dates: list[bool] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "sheet":
            link = next((value for key, value in attributes.items() if local(key) == "id" and ":" in key), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", ""), link))
            container.budget.take_sheets(len(sheets))
        elif local(name) == "workbookPr":
            dates.append(attributes.get("date1904") in TRUE)

    walk(container.chunks(part), start)
    return sheets, _DAYS_TO_1904 if any(dates) else 0


def _blank_strings(container: Container, part: str) -> frozenset[str]:
    """The numbers, as text, of those shared strings that show nothing."""
    strings = _SharedStrings()
    walk(shorten_strings(container.chunks(part)), strings.start, strings.end, strings.text, strings.aside)
    return frozenset(strings.blank)


class _SharedStrings:
    """Handles the XML of a workbook's shared strings. ``blank`` are the numbers of those that show nothing."""

    def __init__(self) -> None:
        self.blank: list[str] = []
        self._count = self._depth = 0
        self._in_text = False
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = local(name)
        if self._in_text or self._depth > DEEPEST:
            raise unreadable("its texts are nested")
        self._in_text = name == "t"
        if name == "si":
            # A file that says so by itself gets its cells miscounted, and is refused when they are read.
            self._count += whole(attributes.get(COUNT, "1"))
            self._text = "-" if COUNT in attributes else ""

    def end(self, name: str) -> None:
        self._depth -= 1
        self._in_text = False
        if local(name) == "si" and is_blank(self._text):
            self.blank.append(str(self._count - 1))
            if len(self.blank) > _MOST_BLANK:
                raise unreadable("it lists too many texts without a letter")

    def text(self, data: str) -> None:
        # One mark that shows is enough to know that a string isn't blank.
        if self._in_text and is_blank(self._text):
            self._text += data

    def aside(self, *_: str) -> None:
        if self._in_text:
            raise unreadable("its XML has a comment within a text")


def _outside(container: Container) -> tuple[str, ...]:
    """What a workbook refers to or has embedded: other files, connections and objects. Nothing of it is opened."""
    found: list[str] = []
    for part, info in container.parts.items():
        if part.endswith(".rels"):
            links = read_links(container, info.filename)
            found += [f"a link to {link.target}" for link in links if link.external and link.kind != "hyperlink"]
        elif _EMBEDDED.search(part):
            found.append(f"an embedded object, {info.filename.rpartition('/')[2]}")
        elif _CONNECTIONS.search(part):
            found.append("a data connection")
        elif _OTHER_FILES.search(part):
            found.extend(_dde_of(container, part))
    return tuple(dict.fromkeys(found))


def _dde_of(container: Container, part: str) -> list[str]:
    """The other programs that a part of external links asks for values."""
    programs: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "ddeLink":
            programs.append(f"a DDE link to {attributes.get('ddeService', '')} {attributes.get('ddeTopic', '')}")

    walk(container.chunks(part), start)
    return programs
