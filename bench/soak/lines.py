"""The lines of a soak: each with its slope per minute, its standard error, and whether it grows.

A line *grows* if its slope is at least three standard errors above nothing and would raise it within the
measured time by more than 5 % of its beginning, or by the least step that matters, whichever is more. The
first two minutes are left out where ten or more were measured. Minutes are alike in a row, as the machine is
quick or slow for some of them: the standard error counts that. What Valkey's leads cost is an estimate, of
which 5 % may be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.table import Table

from bench.fits import FittedLine, is_flat, line_through
from bench.soak.samples import Minute

MATTERS: Final = 0.05
WARM_MIN: Final = 2
LONG: Final = 10
MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SoakLine:
    """One line: its unit, its values by minute, and the least rise in the whole run that matters."""

    name: str
    unit: str
    points: Sequence[tuple[float, float]]
    least: float

    @property
    def fitted(self) -> FittedLine | None:
        """The line through the points after the warm-up; None with fewer than two."""
        return line_through(self._judged) if len(self._judged) > 1 else None

    @property
    def verdict(self) -> str:
        """`flat` or `grows`; `too short` with fewer than three points, which have no standard error."""
        if len(self._judged) < 3:
            return "too short"
        began, ended = self._judged[0][0], self._judged[-1][0]
        start = line_through(self._judged).at_zero + line_through(self._judged).slope * began
        allowed = max(MATTERS * start, self.least) / (ended - began)
        return "flat" if is_flat(self._judged, per_unit=allowed) else "grows"

    @property
    def _judged(self) -> Sequence[tuple[float, float]]:
        is_long = len(self.points) >= LONG
        return [(at, value) for at, value in self.points if not is_long or at > WARM_MIN]


def lines_of(minutes: Sequence[Minute]) -> tuple[SoakLine, ...]:
    """Every line of the run, in the order of the table."""

    def line(name: str, unit: str, least: float, value: Callable[[Minute], float]) -> SoakLine:
        return SoakLine(name, unit, [(one.at_min, value(one)) for one in minutes], least)

    names = list(minutes[0].processes) if minutes else []
    estimated_mb = minutes[-1].valkey.due / MB if minutes else 0.0
    return (
        *(one for name in names for one in _lines_of_process(name, minutes)),
        line("Valkey without leads", "MB", max(2, MATTERS * estimated_mb), lambda one: one.valkey.rest / MB),
        line("housekeeping CPU", "s", 0.5, lambda one: one.cpu_s.get("housekeeping", 0.0)),
        line("outbox", "", 100, lambda one: one.outbox),
        line("inbox", "", 100, lambda one: one.inbox),
        line("event to owner p50", "s", 0.02, lambda one: one.p50_s),
        line("event to owner p99", "s", 0.1, lambda one: one.p99_s),
    )


def _lines_of_process(name: str, minutes: Sequence[Minute]) -> Iterator[SoakLine]:
    samples = [(one.at_min, one.processes[name]) for one in minutes]
    yield SoakLine(f"{name} RSS", "MB", [(at, one.rss_kb / 1024) for at, one in samples], 2)
    if all(one.pss_kb for _, one in samples):
        yield SoakLine(f"{name} PSS", "MB", [(at, one.pss_kb / 1024) for at, one in samples], 2)
    yield SoakLine(f"{name} handles", "", [(at, one.handles) for at, one in samples], 2)


def drawn(lines: Sequence[SoakLine]) -> Table:
    """First and last value, slope per minute with its standard error, and the verdict of each line."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("", overflow="fold")
    for heading in ("first", "last", "per minute", "± error"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    for one in lines:
        fitted = one.fitted
        slopes = ("", "") if fitted is None else (f"{fitted.slope:+.4f}", f"{fitted.error:.4f}")
        ends = [f"{value:.2f}" for value in (one.points[0][1], one.points[-1][1])] if one.points else ["", ""]
        name = f"{one.name}, {one.unit}" if one.unit else one.name
        table.add_row(name, *ends, *slopes, one.verdict)
    return table


def as_json(lines: Sequence[SoakLine]) -> Sequence[Mapping[str, object]]:
    """The lines with slopes and verdicts."""
    return [
        {
            "name": one.name,
            "unit": one.unit,
            "points": [list(point) for point in one.points],
            "per_minute": None if one.fitted is None else one.fitted.slope,
            "error": None if one.fitted is None else one.fitted.error,
            "verdict": one.verdict,
        }
        for one in lines
    ]
