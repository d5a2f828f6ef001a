"""Plots of a backtest as inline SVG: flows between places, shares per rep, leads due per hour.

Every plot gives its figures in text too, and a table stands beside it for readers who cannot see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from router.policy.backtest.dealing.comparison import CountChange, LeadFlow

WIDTH: Final = 520
"""Width of the drawing in its own units; the page scales it, and names stay readable on a phone."""
_ROW: Final = 34
_FLOWS: Final = 10
_NAME: Final = 120
_FIGURES: Final = 110
_LONGEST: Final = 17


def flows(moves: Sequence[LeadFlow]) -> str:
    """Bands from old to new place; the thickness of a band is its number of leads."""
    shown = moves[:_FLOWS]
    left, right = 140, WIDTH - 140
    groups = []
    for number, move in enumerate(shown):
        middle = number * _ROW + _ROW / 2
        half = max(1.0, 11 * move.leads / shown[0].leads)
        band = f"M{left} {middle - half:.1f}H{right - 14}l14 {half:.1f}l-14 {half:.1f}H{left}z"
        groups.append(
            _group(
                f"{move.leads:,} leads: {move.before} → {move.after}",
                _text(left - 10, middle + 5, move.before, anchor="end"),
                f'<path class="flow" d="{band}"/>',
                _text(WIDTH / 2, middle + 5, f"{move.leads:,}", anchor="middle", kind="on"),
                _text(right + 10, middle + 5, move.after),
            )
        )
    return _svg(groups, height=len(shown) * _ROW, label="Where leads went, and where they go")


def shares(reps: Sequence[tuple[str, CountChange]]) -> str:
    """Two bars for each rep: leads before, leads after."""
    most = max((max(change.before, change.after) for _, change in reps), default=0) or 1
    scale = (WIDTH - _NAME - _FIGURES) / most
    groups = []
    for number, (rep, change) in enumerate(reps):
        top = number * _ROW
        end = _NAME + scale * max(change.before, change.after)
        groups.append(
            _group(
                f"{rep}: {change.before:,} before, {change.after:,} after",
                _text(_NAME - 10, top + 21, rep, anchor="end"),
                _bar("before", _NAME, top + 5, width=scale * change.before, height=11),
                _bar("after", _NAME, top + 17, width=scale * change.after, height=11),
                _text(end + 8, top + 21, f"{change.before:,} → {change.after:,}", kind="figure"),
            )
        )
    return _svg(groups, height=len(reps) * _ROW, label="Leads per rep before and after")


def hours(by_hour: Sequence[CountChange]) -> str:
    """Two columns for each hour of the day: leads that fall due, before and after."""
    floor, step = 200, WIDTH / 24
    most = max((max(change.before, change.after) for change in by_hour), default=0) or 1
    groups = [
        _text(0, 12, f"{most:,} leads", kind="figure"),
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{floor}" y2="{floor}"/>',
    ]
    for hour, change in enumerate(by_hour):
        left = hour * step
        old, new = (180 * count / most for count in (change.before, change.after))
        groups.append(
            _group(
                f"{hour} h: {change.before:,} before, {change.after:,} after",
                _bar("before", left + 2, floor - old, width=8, height=old),
                _bar("after", left + 11, floor - new, width=8, height=new),
                _text(left + step / 2, floor + 18, str(hour), anchor="middle", kind="figure"),
            )
        )
    return _svg(groups, height=floor + 24, label="Leads due in each hour of the day")


def _group(title: str, *parts: str) -> str:
    """Parts that belong together; the title is shown to a pointer and read by a screen reader."""
    return f"<g><title>{escape(title)}</title>{''.join(parts)}</g>"


def _bar(kind: str, x: float, y: float, *, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(short)}</text>'


def _svg(groups: Sequence[str], *, height: float, label: str) -> str:
    box = f"0 0 {WIDTH} {height:.0f}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(groups)}</svg>'
