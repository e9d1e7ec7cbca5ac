"""The cells of one sheet of an XLSX workbook, as they stand in its XML."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from tariff_engine.tables.contract import MEBIBYTE
from tariff_engine.tables.incoming.budget import Budget, unreadable
from tariff_engine.tables.incoming.facts import MOST_COLUMNS, MOST_ROWS, Area, CellAt, SheetFacts, reaches_outside
from tariff_engine.tables.incoming.xlsx_plain import PlainRow
from tariff_engine.tables.incoming.xml import DEEPEST, local

TRUE = ("1", "true")

_LONGEST_TEXT = MEBIBYTE
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# A reader of cells takes any other form for the number of the first text.
_STRING_NUMBER = re.compile(r"[0-9]{1,9}")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")

_OUTSIDE, _ROWS, _ROW, _CELL, _VALUE, _FORMULA, _INLINE = range(7)


@lru_cache(maxsize=MOST_COLUMNS)
def column_index(letters: str) -> int:
    """The place of a column by its letters, counted from 0; -1 where they name none."""
    index = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            return -1
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1 if 0 < index <= MOST_COLUMNS else -1


def is_blank(text: str) -> bool:
    """Whether text shows nothing: space, or characters in the code that workbooks have for those XML can't hold."""
    if "_x" in text:
        text = _CODED.sub(lambda code: chr(int(code[1], 16)), text)
    return not text.strip()


class CellScan:
    """Handles the XML of one sheet, and fills in its facts.

    Rows, cells and their parts have to come in the order of the format. A reader of cells that meets them otherwise
    leaves values out without a word, so such a file is refused. ``plain`` says what rows held that come emptied.
    """

    def __init__(
        self, facts: SheetFacts, plain: dict[int, PlainRow], blank_strings: Collection[str], budget: Budget
    ) -> None:
        self.facts = facts
        self._plain = plain
        self._blank_strings = blank_strings
        self._budget = budget
        self._at, self._back = _OUTSIDE, _OUTSIDE
        self._depth, self._inner_depth = 0, 0
        self._done = False
        self._row, self._row_text, self._row_hidden = 0, "0", False
        self._filled_before, self._filled_rows = 0, 0
        self._column = -1
        self._kind, self._text, self._has_value = "n", "", False
        self._formula: str | None = None
        self._columns = 0
        self._hidden: list[tuple[int, int]] = []
        self._reach = 0, 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A tag opens."""
        if ":" in name:
            name = local(name)
        at = self._at
        if at == _ROW and name == "c":
            self._open_cell(attributes)
        elif at == _CELL:
            self._open_part(name)
        elif at == _ROWS and name == "row":
            self._open_row(attributes)
        elif at == _INLINE and name == "t":
            self._at, self._back = _VALUE, _INLINE
        elif at == _OUTSIDE:
            self._depth += 1
            self._open_other(name, attributes)
        elif at == _INLINE:
            self._inner_depth += 1
        else:
            raise unreadable("its XML has something among the cells that doesn't belong there")
        if self._depth > DEEPEST or self._inner_depth > DEEPEST:
            raise unreadable("its XML is nested too deeply")

    def end(self, _name: str) -> None:
        """A tag closes; XML that is well formed closes the one opened last."""
        at = self._at
        if at == _VALUE:
            self._at = self._back
        elif at == _CELL:
            self._close_cell()
        elif at == _FORMULA or (at == _INLINE and not self._inner_depth):
            self._at = _CELL
        elif at == _INLINE:
            self._inner_depth -= 1
        elif at == _ROW:
            self._close_row()
        elif at == _ROWS:
            self._at, self._done, self._depth = _OUTSIDE, True, self._depth - 1
        else:
            self._depth -= 1

    def text(self, data: str) -> None:
        """Text between two tags."""
        at = self._at
        if at == _VALUE:
            self._text += data
        elif at == _FORMULA:
            self._formula = (self._formula or "") + data
        if len(self._text) + len(self._formula or "") > _LONGEST_TEXT:
            raise unreadable("one of its cells holds more text than a cell can")

    def aside(self, *_: str) -> None:
        """A comment or an instruction: among a cell's own text, readers differ on what is left."""
        if self._at not in (_OUTSIDE, _ROWS, _ROW):
            raise unreadable("its XML has a comment within a cell")

    def finish(self) -> None:
        """Work out what needs the whole sheet."""
        facts = self.facts
        hidden = {at for first, last in self._hidden for at in range(first, min(last, facts.width))}
        facts.hidden_columns = sorted(hidden)
        height, width = max(facts.height, self._reach[0]), max(facts.width, self._reach[1])
        self._budget.take_extent(facts.name, height, width, facts.filled + len(facts.errors))

    def _open_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheetData":
            if self._done:
                raise unreadable("a sheet has its cells twice")
            self._at = _ROWS
        elif name == "mergeCell":
            area = area_of(attributes.get("ref", ""))
            if area is None:
                raise unreadable()
            if area[:2] != area[2:]:
                self._budget.take_odd(self.facts.name)
                self.facts.merged.append(area)
        elif name == "col":
            # Columns come in order; a second word on one of them counts for nothing.
            first, self._columns = self._columns, max(self._columns, whole(attributes.get("max")))
            if attributes.get("hidden") in TRUE and first < self._columns:
                self._hidden.append((max(first, whole(attributes.get("min")) - 1), self._columns))

    def _open_row(self, attributes: dict[str, str]) -> None:
        row = whole(attributes["r"]) if "r" in attributes else self._row + 1
        if not self._row < row <= MOST_ROWS:
            raise unreadable("its rows are out of order")
        self._at, self._column = _ROW, -1
        self._row, self._row_text = row, str(row)
        self._row_hidden = attributes.get("hidden") in TRUE
        self._filled_before = self.facts.filled + len(self.facts.errors)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        reference = attributes.get("r")
        if reference is not None:
            letters = reference.removesuffix(self._row_text)
            column = column_index(letters)
            if column <= self._column or letters == reference:
                raise unreadable("its cells are out of order")
        if column >= MOST_COLUMNS:
            raise unreadable("its cells are out of order")
        self._at, self._column = _CELL, column
        self._kind = attributes.get("t", "n")
        self._text, self._formula, self._has_value = "", None, False

    def _open_part(self, name: str) -> None:
        if name == "v" and not self._has_value and self._kind != "inlineStr":
            self._at, self._back, self._has_value = _VALUE, _CELL, True
        elif name == "f" and not self._has_value and self._formula is None:
            self._at, self._formula = _FORMULA, ""
        elif name == "is" and not self._has_value and self._kind == "inlineStr":
            self._at, self._has_value, self._inner_depth = _INLINE, True, 0
        else:
            raise unreadable("the parts of a cell are out of order")

    def _close_cell(self) -> None:
        self._at = _ROW
        facts, text, kind = self.facts, self._text, self._kind
        if self._formula is not None and self._note_formula(facts, text, kind):
            return
        if kind == "s" and self._has_value and not _STRING_NUMBER.fullmatch(text):
            raise unreadable("a cell of it names a text that isn't there")
        if kind == "e" and self._has_value:
            self._budget.take_odd(facts.name)
            facts.errors.append(CellAt(self._row - 1, self._column, text.strip()))
        elif is_blank(text) or (kind == "s" and text in self._blank_strings):
            if self._has_value:
                self._take_blank(self._column)
            return
        else:
            facts.filled += 1
        if self._column >= facts.width:
            facts.width = self._column + 1

    def _take_blank(self, column: int) -> None:
        """Count a cell with blank text: nothing is in it, but it takes the reader memory to come to it."""
        self._reach = self._row, max(self._reach[1], column + 1)

    def _note_formula(self, facts: SheetFacts, text: str, kind: str) -> bool:
        """Note a formula that reaches outside, and whether it has no value."""
        if self._formula and reaches_outside(self._formula):
            self._budget.take_odd(facts.name)
            facts.outside.append(CellAt(self._row - 1, self._column))
        # A formula that gives no text is saved as text, with an empty value.
        if text.strip() or (kind in ("str", "inlineStr") and self._has_value):
            return False
        self._budget.take_odd(facts.name)
        facts.unsaved.append(CellAt(self._row - 1, self._column))
        return True

    def _close_row(self) -> None:
        self._at = _ROWS
        facts = self.facts
        plain = self._plain.pop(self._row, None)
        if plain is not None:
            facts.filled += plain.filled
            facts.width = max(facts.width, column_index(plain.last_column) + 1)
            if plain.blank_column:
                self._take_blank(column_index(plain.blank_column))
        filled = facts.filled + len(facts.errors)
        if filled == self._filled_before:
            return
        facts.height = self._row
        self._filled_rows += 1
        self._budget.take_row(facts.name, self._filled_rows, filled)
        if self._row_hidden:
            facts.hidden_rows.append(self._row - 1)


def area_of(reference: str) -> Area | None:
    """``B2:C9`` as an area; None where the reference is no area."""
    match = _AREA.fullmatch(reference)
    if match is None:
        return None
    left, right = column_index(match[1]), column_index(match[3] or match[1])
    top, bottom = int(match[2]) - 1, int(match[4] or match[2]) - 1
    return Area(top, left, bottom, right) if 0 <= left <= right and 0 <= top <= bottom else None


def whole(text: str | None) -> int:
    """A whole number of at most seven digits, as rows and columns have; 0 for anything else."""
    return int(text) if text is not None and len(text) <= 7 and text.isascii() and text.isdigit() else 0
