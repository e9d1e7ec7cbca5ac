"""How a workbook looks: its colours, and the formats of cells."""

from __future__ import annotations

from tariff_engine.tables.sheet_rows import Style

BLUE, TEAL, PLUM, ORANGE, GREY, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
PALE_GREY, PALE_ORANGE, PALE_LILAC, YELLOW = "#F3F2F1", "#FDE9DC", "#EEE9F7", "#FFF6CC"
_INK, _SOFT_INK, _RULE = "#0B0C0C", "#505A5F", "#B1B4B6"

Format = dict[str, object]

_HEADER: Format = {"bold": True, "bg_color": BLUE, "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
_INPUT: Format = {"bg_color": YELLOW, "border": 1, "border_color": _RULE}
STREAMED: dict[Style, Format] = {
    "title": {"bold": True, "font_size": 13},
    "header": {**_HEADER, "align": "left", "indent": 1},
    "header_right": {**_HEADER, "align": "right"},
    "text": {"num_format": "@", "valign": "top", "align": "left", "indent": 1},
    "wrapped": {"num_format": "@", "valign": "top", "align": "left", "indent": 1, "text_wrap": True},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "whole": {"num_format": "0", "valign": "top"},
    "number": {"num_format": "General", "valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top"},
    "text_input": {"num_format": "@", "valign": "top", "align": "left", "indent": 1, **_INPUT},
    "money_input": {"num_format": "#,##0.00", "valign": "top", **_INPUT},
    "number_input": {"num_format": "General", "valign": "top", **_INPUT},
    "choice": {"num_format": '0;"nothing due";"no rate"', "valign": "top", "align": "right"},
}
"""Formats of the sheets whose rows are streamed."""

_CELL: Format = {"valign": "vcenter", "font_color": _INK, "bottom": 4, "bottom_color": _RULE}
_TOTAL: Format = {"bold": True, "valign": "vcenter", "top": 1, "top_color": BLUE, "bg_color": PALE_GREY}
_MONEY: Format = {"num_format": "#,##0.00"}
_WHOLE: Format = {"num_format": "#,##0"}

DRAWN: dict[str, Format] = {
    "heading": {"bold": True, "font_size": 18, "font_color": BLUE, "valign": "vcenter"},
    "warning": {"bold": True, "bg_color": ORANGE, "font_color": _INK, "valign": "vcenter", "indent": 1},
    "title": {"bold": True, "font_size": 13, "font_color": BLUE, "valign": "vcenter"},
    "note": {"font_color": _SOFT_INK, "valign": "vcenter"},
    "header": {**_HEADER, "valign": "vcenter"},
    "header_right": {**_HEADER, "valign": "vcenter", "align": "right"},
    "fact": {"font_color": _SOFT_INK, "valign": "vcenter"},
    "fact_value": {"font_color": _INK, "valign": "vcenter", "num_format": "@"},
    "label": {**_CELL, "num_format": "@"},
    "header_indented": {**_HEADER, "valign": "vcenter", "indent": 1},
    "indented": {**_CELL, "num_format": "@", "indent": 1},
    "wrapped": {**_CELL, "num_format": "@", "text_wrap": True},
    "input": {**_INPUT, "font_color": _INK, "valign": "vcenter", "align": "center"},
    "key": {**_CELL, "num_format": "@", "font_color": _SOFT_INK},
    "whole": {**_CELL, **_WHOLE},
    "money": {**_CELL, **_MONEY},
    "total_label": _TOTAL,
    "total_whole": {**_TOTAL, **_WHOLE},
    "total_money": {**_TOTAL, **_MONEY},
    "right_label": {**_CELL, "num_format": "@", "align": "right"},
    "answer": {"bold": True, "align": "right", "valign": "vcenter"},
}
"""Formats of the Summary sheet."""
