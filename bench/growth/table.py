"""The measured rows with their verdicts, as a table of 80 columns and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from rich import box
from rich.console import Console
from rich.table import Table

from bench.fits import LOGARITHMIC, exponent
from bench.growth.running import Cost
from bench.growth.shares import RoutingRate

WAITS_S: Final = 1.0
"""Longest time that a person waits for a command or page."""
NOISE_OF_BASE: Final = 0.25
"""Part of a row's cost on the smallest ledger that may be chance."""
LIKE_NEW: Final = 1.15
"""CPU per lead after years, as a multiple of that on the first day, up to which routing counts as flat."""


@dataclass(slots=True)
class GrowthRow:
    """One row: its costs by size of the ledger, the smallest being that of the really routed leads.

    `clock` names the costs that are judged: `wall` seconds, or `cpu` seconds of our processes alone. A call
    whose cost is divided by `leads` costs, per lead, what it costs beyond its run on the smallest ledger.
    `waits` says that a person waits for it; `noise_s` is the least excess that is no chance; `problems` holds
    by size why there is no figure.
    """

    database: str
    name: str
    unit: Literal["run", "lead"]
    clock: Literal["wall", "cpu"] = "wall"
    waits: bool = False
    noise_s: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)
    cpu_s: dict[int, float] = field(default_factory=dict)
    leads: dict[int, int] = field(default_factory=dict)
    peak_mb: dict[int, float] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)

    def note(self, size: int, cost: Cost, *, leads: int | None = None, peak_mb: float = 0.0) -> None:
        """Add what was measured at that size."""
        self.seconds[size], self.cpu_s[size] = cost.seconds, cost.cpu_s
        if leads is not None:
            self.leads[size] = leads
        if peak_mb:
            self.peak_mb[size] = peak_mb

    @property
    def costs(self) -> Mapping[int, float]:
        """Judged seconds by size, per unit."""
        found = self.seconds if self.clock == "wall" else self.cpu_s
        if not self.leads:
            return found
        least = min(found)
        return {
            size: max(0.0, cost - found[least]) / max(1, self.leads[size] - self.leads[least])
            for size, cost in found.items()
            if size != least
        }

    @property
    def grows(self) -> float | None:
        """The growth exponent of what is above the cost on the smallest ledger."""
        costs = dict(self.costs)
        base = 0.0 if self.leads or not costs else costs.pop(min(costs))
        return exponent(costs, base=base, noise=max(self.noise_s, NOISE_OF_BASE * base))

    @property
    def verdict(self) -> str:
        """`ok`, or what is wrong: no figure, growth beyond a logarithm, or too long for a person."""
        found = list(dict.fromkeys(self.problems.values()))
        if self.grows is not None and self.grows > LOGARITHMIC:
            found.append("grows")
        if self.waits and max(self.costs.values(), default=0.0) > WAITS_S:
            found.append("> 1 s")
        return ", ".join(found) or "ok"

    def as_json(self) -> dict[str, Any]:
        """Everything, with the verdict."""
        return asdict(self) | {"costs": dict(self.costs), "grows": self.grows, "verdict": self.verdict}


def drawn(rows: Sequence[GrowthRow], sizes: Sequence[int], *, title: str) -> Table:
    """The rows of one database; a star marks costs per lead."""
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), title=title,
        title_justify="left",
    )  # fmt: skip
    table.add_column("", max_width=27, overflow="fold")
    for size in sizes:
        table.add_column(_short(size), justify="right", no_wrap=True)
    for heading in ("n^", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rows:
        cells = [_span(row.costs[size]) if size in row.costs else "–" for size in sizes]
        grows = "" if row.grows is None else f"{row.grows:.1f}"
        peak = f"{max(row.peak_mb.values()):.0f}" if row.peak_mb else ""
        name = f"{row.name} *" if row.unit == "lead" else row.name
        table.add_row(name, *cells, grows, peak, row.verdict)
    return table


def drawn_rates(rates: Sequence[RoutingRate]) -> Table:
    """Routing after years of 50 or 200 reps, each judged against the first day."""
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        title="Routing after years",
        title_justify="left",
    )
    for heading in ("reps", "years", "fields", "leads/s", "CPU µs/lead", "health ms"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for one in rates:
        table.add_row(
            str(one.reps), str(one.years), f"{one.fields:,}", f"{one.per_s:.0f}", f"{one.cpu_us:.0f}",
            f"{one.health_ms:.0f}", verdict_of_rate(one, rates),
        )  # fmt: skip
    return table


def verdict_of_rate(one: RoutingRate, rates: Iterable[RoutingRate]) -> str:
    """`ok` if a lead costs as much CPU as on the first day, give or take 15 %."""
    if one.problem:
        return one.problem
    first = next(
        (other for other in rates if (other.reps, other.years) == (one.reps, 0) and not other.problem), None
    )
    if first is None or one.cpu_us <= LIKE_NEW * first.cpu_us:
        return "ok"
    return f"{one.cpu_us / first.cpu_us:.1f} x first day"


def print_all(rows: Sequence[GrowthRow], rates: Sequence[RoutingRate], *, sizes: Sequence[int]) -> None:
    """Print what was measured, and how to read it."""
    out = Console(width=80, highlight=False, markup=False, emoji=False)
    for database in dict.fromkeys(row.database for row in rows):
        mine = [row for row in rows if row.database == database]
        out.print(drawn(mine, sizes, title=f"{database}: costs by decisions in the ledger"))
        out.print()
    if rates:
        out.print(drawn_rates(rates))
        out.print()
    if rows:
        clock = "CPU time of our own processes" if rows[0].clock == "cpu" else "time on the clock"
        out.print(
            f"Judged: {clock}. *: for each lead. n^: growth exponent of what is above the first column, "
            f"to {LOGARITHMIC} it counts as logarithmic. MB: peak memory."
        )


def as_json(rows: Sequence[GrowthRow], rates: Sequence[RoutingRate]) -> Mapping[str, Any]:
    """Rows and rates as they go into the file of --json."""
    judged = [asdict(one) | {"verdict": verdict_of_rate(one, rates)} for one in rates]
    return {"rows": [row.as_json() for row in rows], "routing": judged}


def _span(seconds: float) -> str:
    if seconds >= 0.9995:
        return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"
    if seconds >= 0.0009995:
        return f"{seconds * 1e3:.0f} ms" if seconds >= 0.00995 else f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e6:.0f} µs"


def _short(size: int) -> str:
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)
