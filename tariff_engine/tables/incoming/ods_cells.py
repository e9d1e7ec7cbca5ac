"""The cells of one sheet of an ODS workbook, as they stand in its XML."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tariff_engine.tables.contract import MEBIBYTE
from tariff_engine.tables.incoming.budget import Budget, unreadable
from tariff_engine.tables.incoming.facts import MOST_COLUMNS, Area, CellAt, SheetFacts, reaches_outside
from tariff_engine.tables.incoming.ods_plain import PLAIN, PlainRow

_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)|Err:[0-9]+")
_VALUES: Mapping[str, str] = {
    "float": "office:value",
    "percentage": "office:value",
    "currency": "office:value",
    "date": "office:date-value",
    "time": "office:time-value",
    "boolean": "office:boolean-value",
}
_CELLS = ("table:table-cell", "table:covered-table-cell")
_HIDDEN = ("collapse", "filter")
_LONGEST_TEXT = MEBIBYTE
_FAR = 10**9


class CellScan:
    """Handles the XML of one sheet, and fills in its facts. Depths are those of the tags, the outermost 1.

    ``plain`` says what rows held that come emptied.
    """

    def __init__(self, facts: SheetFacts, plain: dict[str, PlainRow], budget: Budget) -> None:
        self.facts = facts
        self._plain = plain
        self._budget = budget
        self._row_depth = self._cell_depth = self._aside_depth = 0
        self._row, self._row_times, self._row_hidden = 0, 1, False
        self._column, self._columns = 0, 0
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._characters = 0
        self._paragraphs = 0
        self._filled = 0
        self._filled_rows = 0
        self._odd: list[tuple[list[CellAt], int, int, str]] = []
        self._hidden: list[tuple[int, int]] = []
        self._blank_width = 0
        self._reach = 0, 0

    def start(self, name: str, attributes: dict[str, str], depth: int) -> None:
        """A tag within the sheet opens."""
        if self._aside_depth:
            return
        if self._cell_depth:
            if name == "text:p":
                self._paragraphs += 1
            elif not name.startswith("text:"):
                self._aside_depth = depth  # A comment or a drawing: its text isn't the cell's.
        elif name in _CELLS and self._row_depth:
            self._cell, self._cell_depth = attributes, depth
            self._text, self._characters, self._paragraphs = [], 0, 0
        elif name == PLAIN and self._row_depth:
            row = self._plain.pop(attributes.get("at", ""), PlainRow(0, 0))
            self._filled += row.filled
            self.facts.width = max(self.facts.width, row.width)
        elif name == "table:table-row" and not self._row_depth:
            self._row_depth, self._column = depth, 0
            self._row_times = _times(attributes, "table:number-rows-repeated")
            self._row_hidden = attributes.get("table:visibility") in _HIDDEN
            self._filled, self._odd, self._blank_width = 0, [], 0
        elif name == "table:table-column":
            self._take_column(attributes)
        elif name == "table:table":
            raise unreadable("a sheet holds another")
        elif name in ("table:shapes", "office:forms"):
            self._aside_depth = depth

    def end(self, depth: int) -> None:
        """A tag within the sheet closes."""
        if self._aside_depth:
            if depth == self._aside_depth:
                self._aside_depth = 0
        elif depth == self._cell_depth:
            self._close_cell()
        elif depth == self._row_depth:
            self._close_row()

    def text(self, data: str) -> None:
        """Text between two tags: a cell's where it stands in one of its paragraphs."""
        if self._paragraphs and self._cell_depth and not self._aside_depth:
            self._text.append(data)
            self._characters += len(data)
            if self._characters > _LONGEST_TEXT:
                raise unreadable("one of its cells holds more text than a cell can")

    def aside(self) -> None:
        """A comment or an instruction in the XML: among a cell's own text, readers differ on what is left."""
        if self._cell_depth and not self._aside_depth:
            raise unreadable("its XML has a comment within a cell")

    def finish(self) -> None:
        """Work out what needs the whole sheet."""
        facts = self.facts
        hidden = {at for first, last in self._hidden for at in range(first, min(last, facts.width))}
        facts.hidden_columns = sorted(hidden)
        height, width = max(facts.height, self._reach[0]), max(facts.width, self._reach[1])
        self._budget.take_extent(facts.name, height, width, facts.filled + len(facts.errors))

    def _take_column(self, attributes: Mapping[str, str]) -> None:
        first, self._columns = self._columns, self._columns + _times(attributes, "table:number-columns-repeated")
        if attributes.get("table:visibility") in _HIDDEN:
            self._hidden.append((first, self._columns))

    def _close_cell(self) -> None:
        cell, text = self._cell, "".join(self._text).strip()
        first, times = self._column, _times(cell, "table:number-columns-repeated")
        self._cell_depth, self._column = 0, first + times
        self._note_merged(cell, first)
        kind, formula = cell.get("office:value-type"), cell.get("table:formula")
        if kind is None and formula is None and not text:
            return
        if self._column > MOST_COLUMNS:
            raise unreadable("a row of it goes on beyond the last column")
        if formula is not None and reaches_outside(formula):
            self._odd.append((self.facts.outside, first, times, ""))
        if cell.get("calcext:value-type") == "error" or _ERROR.fullmatch(text):
            self._odd.append((self.facts.errors, first, times, text))
        elif kind == "string" and not cell.get("office:string-value", text).strip():
            self._blank_width = max(self._blank_width, self._column)
            return
        elif kind == "string" or (kind is not None and cell.get(_VALUES.get(kind, ""))):
            self._filled += times
        else:
            self._odd.append((self.facts.unsaved, first, times, ""))
            return
        self.facts.width = max(self.facts.width, self._column)

    def _note_merged(self, cell: Mapping[str, str], column: int) -> None:
        down, right = _times(cell, "table:number-rows-spanned"), _times(cell, "table:number-columns-spanned")
        if down > 1 or right > 1:
            self._budget.take_odd(self.facts.name)
            self.facts.merged.append(Area(self._row, column, self._row + down - 1, column + right - 1))

    def _close_row(self) -> None:
        facts, times = self.facts, self._row_times
        first, self._row = self._row, min(self._row + times, _FAR)
        self._row_depth = 0
        if self._blank_width:
            # Nothing is in a cell with blank text, but it takes the reader memory to come to it.
            self._reach = self._row, max(self._reach[1], self._blank_width)
        if not self._filled and not self._odd:
            return
        facts.filled += self._filled * times
        for cells, column, columns, text in self._odd:
            self._budget.take_odd(facts.name, times * columns)
            across = range(column, column + columns)
            cells += [CellAt(row, at, text) for row in range(first, self._row) for at in across]
        facts.height = self._row
        self._filled_rows += times
        self._budget.take_row(facts.name, self._filled_rows, facts.filled)
        if self._row_hidden:
            facts.hidden_rows += range(first, self._row)


def _times(attributes: Mapping[str, str], name: str) -> int:
    """How often a cell, row or column is repeated, or how far it goes: 1 where nothing says it."""
    text = attributes.get(name, "1")
    if not text.isascii() or not text.isdigit():
        raise unreadable()
    return max(1, min(int(text[:12]), _FAR))
