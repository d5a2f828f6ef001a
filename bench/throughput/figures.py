"""The figures of a run, and the rate behind the burst."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from router.sandbox.http.client import SandboxClient

BURST_S = 13.0
"""Seconds in which a window of calls that is empty at first lets more through than it does for ever."""
STEADY_S = 60.0


@dataclass(frozen=True)
class Figures:
    """What one run gave. `per_s` counts from the first announcement to the last owner."""

    contacts: int
    per_s: float
    calls_per_contact: float
    p50_s: float
    p99_s: float
    cpu_us: float | None = None
    """CPU per contact of the worker processes alone, in microseconds; None where it was not measured."""


@dataclass(frozen=True)
class SteadyRate:
    """Contacts owned per second within `span_s`, after the burst. `span_s` is shorter if they ran out."""

    per_s: float
    span_s: float


def steady_rate(owned_ms: Sequence[float], *, began_ms: float) -> SteadyRate:
    """The rate after the burst of the first 13 s, for 60 s at most; both times are epoch milliseconds.

    Raises ValueError if every contact was owned within the burst.
    """
    first_ms = began_ms + BURST_S * 1000
    last_ms = min(max(owned_ms, default=0.0), first_ms + STEADY_S * 1000)
    if last_ms <= first_ms:
        raise ValueError(f"Every contact was owned within the first {BURST_S:.0f} s: announce more of them.")
    span_s = (last_ms - first_ms) / 1000
    return SteadyRate(sum(first_ms < at <= last_ms for at in owned_ms) / span_s, span_s)


def measure(sandbox: SandboxClient, ids: list[str], *, calls_before: int) -> Figures:
    """Figures of contacts that all have an owner."""
    told = sandbox.contacts(brief=True)
    asked = set(ids)
    times = [(one["announced_at"], one["owned_at"]) for one in told if one["id"] in asked]
    waits_s = sorted((owned - announced) / 1000 for announced, owned in times)
    span_s = (max(owned for _, owned in times) - min(announced for announced, _ in times)) / 1000
    return Figures(
        contacts=len(ids),
        per_s=len(ids) / span_s,
        calls_per_contact=(sandbox.calls()["total"] - calls_before) / len(ids),
        p50_s=statistics.median(waits_s),
        p99_s=waits_s[int(len(waits_s) * 0.99)],
    )


def show(name: str, figures: Figures) -> None:
    """One line of the table."""
    print(
        f"{name:<34} {figures.contacts:>6} {figures.per_s:>10.1f} {figures.calls_per_contact:>9.4f} "
        f"{figures.p50_s:>8.3f} {figures.p99_s:>8.3f}",
        flush=True,
    )
