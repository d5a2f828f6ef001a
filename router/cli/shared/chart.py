"""Line charts over time, side by side in one SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from msgspec import Struct

COLOURS: Final = (
    *("#1b6ca8", "#d1495b", "#3d8b37", "#edae49", "#6a4c93"),
    *("#00798c", "#b5651d", "#8d96a3", "#c2185b", "#5d737e"),
)
_WIDTH: Final = 340
_HEIGHT: Final = 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 42, 26
_APART: Final = 0.08
"""Share of the height: a level nearer than this to a named one gets no name."""
_MOST_POINTS: Final = 300
"""Largest number of points of a line: a screen shows no more, and files stay small."""


class Chart(Struct, frozen=True):
    """One chart: named lines of (x, y), with x from 0 to 1; `bounds` are drawn as dashed levels."""

    title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    ends: tuple[str, str]
    """The labels below the left and the right end."""
    bounds: tuple[float, ...] = ()
    note: str = ""
    """The text below the title; without it the names, each in the colour of its line."""


def svg(title: str, charts: Sequence[Chart], *, columns: int = 1, scale: int = 1) -> str:
    """The charts as one SVG document, row by row; `scale` enlarges each (1: 340 by 200 pixels)."""
    rows = -(-len(charts) // columns)
    width, height = _WIDTH * columns * scale, (_HEIGHT * rows) * scale + 34
    drawn = [
        f'<g transform="translate({_WIDTH * scale * (place % columns)} '
        f'{34 + _HEIGHT * scale * (place // columns)}) scale({scale})">{_drawn(chart)}</g>'
        for place, chart in enumerate(charts)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="10">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="14" y="22" font-size="15" font-weight="bold">{escape(title)}</text>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _drawn(chart: Chart) -> str:
    levels = [0.0, *chart.bounds, *(y for line in chart.lines.values() for _, y in line)]
    low, high = min(levels), max(levels)
    named_levels = [0.0]
    for y in (*chart.bounds, low, high):
        if all(abs(y - other) > (high - low) * _APART for other in named_levels):
            named_levels.append(y)
    room = (high - low or 1.0) * 0.06
    low, high = low - room, high + room

    def across(x: float) -> float:
        return round(_LEFT + x * (_WIDTH - _LEFT - _RIGHT), 1)

    def down(y: float) -> float:
        return round(_TOP + (high - y) / (high - low) * (_HEIGHT - _TOP - _BOTTOM), 1)

    def level(y: float, style: str) -> str:
        return f'<path d="M{across(0)} {down(y)}H{across(1)}" {style}/>'

    def named(y: float) -> str:
        return f'<text x="{_LEFT - 4}" y="{down(y) + 3}" text-anchor="end">{y:+.3g}</text>'

    parts = [
        f'<text x="{_LEFT}" y="16" font-size="11" font-weight="bold">{escape(chart.title)}</text>',
        f'<text x="{_LEFT}" y="30" fill="#555555">{escape(chart.note) or _key(chart.lines)}</text>',
        level(0, 'stroke="#333333" stroke-width="0.8"'),
        *(level(y, 'stroke="#999999" stroke-width="0.7" stroke-dasharray="4 3"') for y in chart.bounds),
        *map(named, named_levels),
        f'<text x="{across(0)}" y="{_HEIGHT - 10}">{escape(chart.ends[0])}</text>',
        f'<text x="{across(1)}" y="{_HEIGHT - 10}" text-anchor="end">{escape(chart.ends[1])}</text>',
    ]
    for place, (name, line) in enumerate(chart.lines.items()):
        points = " ".join(f"{across(x)},{down(y)}" for x, y in _thinned(line))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[place % len(COLOURS)]}" '
            f'stroke-width="1.1"><title>{escape(name)}</title></polyline>'
        )
    return "\n".join(parts)


def _key(names: Iterable[str]) -> str:
    """Every name in the colour of its line."""
    return " ".join(
        f'<tspan fill="{COLOURS[place % len(COLOURS)]}">{escape(name)}</tspan>'
        for place, name in enumerate(names)
    )


def _thinned(line: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """The line with few enough points, keeping the highest and the lowest of each stretch."""
    if len(line) <= _MOST_POINTS:
        return line
    stretch = -(-2 * len(line) // _MOST_POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(line), stretch):
        part = range(start, min(start + stretch, len(line)))
        ends = {min(part, key=lambda at: line[at][1]), max(part, key=lambda at: line[at][1])}
        kept += [line[at] for at in sorted(ends)]
    return kept
