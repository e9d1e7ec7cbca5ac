"""The charts of a Summary sheet: native ones, over the cells of its tables, so that they move with the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tariff_engine.money import PENCE

WIDTH = 640
"""Of every chart. [pixels]"""

_MILLION_POUNDS = 1_000_000 * PENCE
_MOST_LABELLED = 20
_FONT = {"size": 9, "color": "#0B0C0C"}
_NO_LINE = {"none": True}


@dataclass(frozen=True)
class Series:
    """What a chart shows: where the names and amounts stand, and the pence that they hold now.

    ``kind`` is bar, lying, for amounts by what something is; column, standing, for amounts over time.
    """

    title: str
    kind: Literal["bar", "column"]
    names: str
    amounts: str
    pence: Sequence[int]
    colour: str


def add_chart(book: Any, page: Any, row: int, column: int, series: Series, height: int) -> None:
    """Draw a series with its top left corner in a cell; the height is in pixels."""
    unit, number = _unit(series.pence)
    labelled = len(series.pence) <= _MOST_LABELLED
    chart = book.add_chart({"type": series.kind})
    label = {"data_labels": {"value": True, "num_format": number, "font": _FONT}} if labelled else {}
    chart.add_series(
        {
            "name": series.title,
            "categories": series.names,
            "values": series.amounts,
            "fill": {"color": series.colour},
            "border": _NO_LINE,
            "gap": 40,
            **label,
        }
    )
    title = f"{series.title} ({unit})"
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True, "color": "#0B0C0C"}})
    chart.set_legend({"none": True})
    lying = series.kind == "bar"
    names = {
        # Said to be upright, because some programs otherwise leave out every other name.
        "num_font": {**_FONT, "size": 8, "rotation": 0},
        "reverse": lying,
        "interval_unit": 1,
        "major_tick_mark": "none",
        "line": {"color": "#B1B4B6"},
        "label_position": "low",
    }
    amounts = {
        "visible": not labelled,
        "major_gridlines": {"visible": not labelled, "line": {"color": "#D9D9D9"}},
        "num_format": number,
        "num_font": _FONT,
        **({} if any(amount < 0 for amount in series.pence) else {"min": 0}),
    }
    # Of a lying chart XlsxWriter takes the upright axis, that of the names, for y.
    chart.set_x_axis(amounts if lying else names)
    chart.set_y_axis(names if lying else amounts)
    chart.set_chartarea({"border": _NO_LINE})
    chart.set_size({"width": WIDTH, "height": height})
    page.insert_chart(row, column, chart, {"description": title, "object_position": 2})


def _unit(pence: Sequence[int]) -> tuple[str, str]:
    """The unit that a chart's title states, and the format that shows pounds in it."""
    largest = max((abs(amount) for amount in pence), default=0)
    if largest < _MILLION_POUNDS:
        return "£", "#,##0"
    return "£m", "#,##0.0,," if largest >= 10 * _MILLION_POUNDS else "#,##0.00,,"
