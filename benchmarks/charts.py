"""Charts as SVG: bars with their figures, and lines over growing sizes; zero is always on the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
_FONT = 'font-family="Arial, Helvetica, sans-serif" fill="#0b0c0c"'
_WIDTH, _LABELS, _ROW, _TOP = 760, 220, 34, 64
_PLOT = 420


def bars(title: str, unit: str, values: Mapping[str, float], own: Sequence[str]) -> str:
    """One bar a name, in order, with its figure; ``own`` are in the first colour and the others in the second."""
    longest, parts = max(values.values()), []
    for row, (name, value) in enumerate(values.items()):
        middle, length = _TOP + row * _ROW + _ROW / 2, _PLOT * value / longest
        colour = COLOURS[0] if name in own else COLOURS[1]
        parts += [
            _text(_LABELS - 10, middle + 5, name, anchor="end"),
            f'<rect x="{_LABELS}" y="{middle - 11:.1f}" width="{max(length, 1):.1f}" height="22" fill="{colour}"/>',
            _text(_LABELS + length + 8, middle + 5, _shown(value)),
        ]
    return _page(title, unit, _TOP + len(values) * _ROW + 16, parts)


def lines(title: str, unit: str, sizes: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """One line a name over sizes at even steps, from zero, with the figures at the points."""
    bottom, height, step = 330, 240, (_WIDTH - 260) / max(len(sizes) - 1, 1)
    highest = max(max(values) for values in series.values())
    parts = [f'<line x1="60" y1="{bottom}" x2="{_WIDTH - 150}" y2="{bottom}" stroke="#505a5f"/>']
    parts += [_text(80 + at * step, bottom + 24, f"{size:,} rows", anchor="middle") for at, size in enumerate(sizes)]
    for colour, (name, values) in zip(COLOURS, series.items(), strict=False):
        points = [(80 + at * step, bottom - height * value / highest) for at, value in enumerate(values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="3"/>')
        for (x, y), value in zip(points, values, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
            parts.append(_text(x, y - 11, _shown(value), anchor="middle"))
        parts.append(_text(points[-1][0] + 34, points[-1][1] + 5, name))
    return _page(title, unit, bottom + 44, parts)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _text(x: float, y: float, words: str, size: int = 15, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {_FONT}>{escape(words)}</text>'


def _page(title: str, unit: str, height: float, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img">',
            f"<title>{escape(title)}, {escape(unit)}</title>",
            f'<rect width="{_WIDTH}" height="{height:.0f}" fill="#ffffff"/>',
            _text(16, 28, title, 18),
            _text(16, 48, unit, 13),
            *parts,
            "</svg>",
            "",
        ]
    )
