"""How a template looks: colours that say which cells to fill in, and the formats of cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tariff_engine.tables.book.styles import BLUE, GREY, ORANGE, PALE_GREY, TEAL
from tariff_engine.tables.template_fields import Entry, Need

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

TAB, QUIET_TAB = TEAL, PALE_GREY
CELLS: Mapping[Need, str] = {"always": "#FFEFC1", "sometimes": "#FFFBEF", "optional": "#FFFFFF"}
"""The shade of cells to fill in, by whether they must be."""

_HEADS: Mapping[Need, tuple[str, str]] = {
    "always": (BLUE, "#FFFFFF"),
    "sometimes": ("#4F7295", "#FFFFFF"),
    "optional": ("#E3E9EF", BLUE),
}
_RULE = "#C9C9C9"
_NUMBERS: Mapping[Entry, str] = {
    "date": "dd/mm/yyyy",
    "money": "£#,##0.00",
    "whole": "0",
    "level": "0",
    "decimal": "General",
}
_TEXT = "@"
_RIGHT = ("date", "money", "whole", "level", "decimal")

_LEFT = {"align": "left", "valign": "top", "indent": 1}

_STYLES: Mapping[str, Mapping[str, object]] = {
    "title": {"bold": True, "font_size": 20, "font_color": BLUE, "valign": "vcenter"},
    "lead": {"font_size": 11, "valign": "top"},
    "heading": {"bold": True, "font_size": 13, "font_color": BLUE, "valign": "bottom"},
    "label": {"bold": True, "valign": "top", "bottom": 1, "bottom_color": _RULE},
    "fact": {"num_format": _TEXT, "valign": "top", "align": "left", "bottom": 1, "bottom_color": _RULE},
    "fact_date": {"num_format": "dd/mm/yyyy", "valign": "top", "align": "left", "bottom": 1, "bottom_color": _RULE},
    "note": {"font_color": GREY, "text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": _RULE},
    "plain": {"text_wrap": True, "valign": "top", "num_format": _TEXT},
    "step": {"valign": "top", "num_format": _TEXT},
    "warning": {"bold": True, "bg_color": ORANGE, "valign": "vcenter"},
    "count": {"num_format": "#,##0", "align": "left", "valign": "top", "bottom": 1, "bottom_color": _RULE},
    "sum": {"num_format": "£#,##0.00", "align": "left", "valign": "top", "bottom": 1, "bottom_color": _RULE},
    "wrong": {"bg_color": ORANGE, "bold": True},
    "right": {"bg_color": "#D7F0EE"},
    "table_head": {"bold": True, "bg_color": BLUE, "font_color": "#FFFFFF", "valign": "vcenter", "indent": 1},
    "table_cell": {"num_format": _TEXT, **_LEFT, "text_wrap": True, "bottom": 1, "bottom_color": _RULE},
    "list_name": {"bold": True, "bg_color": BLUE, "font_color": "#FFFFFF", **_LEFT},
    "list_code": {"num_format": _TEXT, **_LEFT},
    "list_level": {"num_format": "0", **_LEFT},
    "list_meaning": {"num_format": _TEXT, **_LEFT, "text_wrap": True, "font_color": GREY},
    "shows": {"num_format": _TEXT, **_LEFT, "italic": True, "font_color": GREY},
}  # fmt: skip


class Looks:
    """The formats of one book, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def style(self, name: str) -> Format:
        """A format by its name."""
        return self._format(name, _STYLES[name])

    def head(self, need: Need, valign: str = "vcenter") -> Format:
        """The name of a column to fill in, in the header or beside what is said of it."""
        colour, letters = _HEADS[need]
        look = {**_LEFT, "bold": True, "bg_color": colour, "font_color": letters, "num_format": _TEXT}
        return self._format(f"head {need} {valign}", {**look, "valign": valign})

    def cell(self, entry: Entry, need: Need | None) -> Format:
        """A cell to fill in; without a need it has no shade, as below the rows that are prepared."""
        look: dict[str, Any] = {"num_format": _NUMBERS.get(entry, _TEXT), "valign": "top"}
        look |= {} if entry in _RIGHT else {"align": "left", "indent": 1}
        if need is not None:
            look |= {"bg_color": CELLS[need], "border": 1, "border_color": _RULE}
        return self._format(f"cell {look['num_format']} {need}", look)

    def _format(self, name: str, look: Mapping[str, object]) -> Format:
        if name not in self._made:
            self._made[name] = self._book.add_format(dict(look))
        return self._made[name]
