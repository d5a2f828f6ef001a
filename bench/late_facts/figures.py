"""The figures of one run, and the table that sets runs beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.late_facts.judging import Moves


@dataclass(frozen=True)
class Figures:
    """One run. Waits are seconds from HubSpot's announcement to the lead's first decision."""

    name: str
    leads: int
    decided: int
    right: int
    """Leads that are where their complete facts belong in the end."""
    again: int
    """Decisions after a lead's first one."""
    moves: Moves
    owner_writes: int
    """Changes of one owner to another one, as the portal's journal has them."""
    waits_s: Sequence[float]
    certain_waits_s: Sequence[float]
    """Waits of the leads that never waited for a fact."""
    calls: int
    events: Counter[str]

    @property
    def moved(self) -> int:
        """Number of moves, whatever the cause."""
        return self.moves.by_cause.total()


ROWS: Final[tuple[tuple[str, Callable[[Figures], str]], ...]] = (
    ("leads, of them decided", lambda one: f"{one.leads}, {one.decided}"),
    ("end where their complete facts belong", lambda one: f"{one.right / one.leads:.1%}"),
    ("decided again, per 1,000 leads", lambda one: per_1000(one.again, one)),
    ("moves from owner to owner, per 1,000", lambda one: per_1000(one.moved, one)),
    ("  needless", lambda one: per_1000(one.moves.needless, one)),
    ("  that a rep was told of", lambda one: per_1000(one.moves.told_of, one)),
    ("  seen in HubSpot", lambda one: per_1000(one.owner_writes, one)),
    ("wait to the first decision, p50 / p99", lambda one: spread(one.waits_s)),
    ("  of leads certain at once", lambda one: spread(one.certain_waits_s)),
    ("leads that waited for a fact", lambda one: f"{len(one.waits_s) - len(one.certain_waits_s)}"),
    ("HubSpot calls per lead", lambda one: f"{one.calls / one.leads:.2f}"),
)
SHOWN_EVENTS: Final = ("waiting", "revising", "refreshed", "not_revised")


def show(runs: Sequence[Figures]) -> None:
    """The table; seconds added are those beside the run before it without `settle`."""
    print("".join([f"{'':<40}", *(f"{one.name:>26}" for one in runs)]))
    for title, text in ROWS:
        print("".join([f"{title:<40}", *(f"{text(one):>26}" for one in runs)]), flush=True)
    for off, on in zip(runs[::2], runs[1::2], strict=False):
        added = [percentile(on.waits_s, share) - percentile(off.waits_s, share) for share in (0.5, 0.99)]
        certain = percentile(on.certain_waits_s, 0.5) - percentile(off.waits_s, 0.5)
        print(
            f"seconds added by {on.name}: p50 {added[0]:.2f}, p99 {added[1]:.2f}; certain: p50 {certain:.2f}"
        )
    for one in runs:
        for cause, times in one.moves.by_cause.most_common():
            print(f"{one.name}: {times} moves, {cause}")
        told = ", ".join(f"{one.events[kind]} {kind}" for kind in SHOWN_EVENTS if one.events[kind])
        if told:
            print(f"{one.name}: events: {told}")


def per_1000(times: int, run: Figures) -> str:
    """The number for each thousand leads."""
    return f"{times * 1000 / run.leads:.1f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def spread(values: Sequence[float]) -> str:
    """The median and the 99th percentile, in seconds."""
    return f"{percentile(values, 0.5):.2f} / {percentile(values, 0.99):.2f} s" if values else "-"
