"""A process is silent, or its jobs crash."""

from __future__ import annotations

from router.store.health.conditions.condition import Sentences, condition
from router.store.health.reading import PATIENCE, VitalsReading


@condition(
    "failing",
    when="no worker was seen for 60 s",
    command="router up, or: python -m workers worker",
)
def worker_silent(seen: VitalsReading) -> Sentences:
    yield from _silent(seen, "worker", "so leads are not routed")


@condition(
    "failing",
    when="no housekeeping process was seen for 60 s, or ever",
    command="router up, or: python -m workers housekeeping",
)
def housekeeping_silent(seen: VitalsReading) -> Sentences:
    yield from _silent(seen, "housekeeping", "so no choice is given back and nobody is reminded")


@condition(
    "failing",
    when="no cron process was seen for 60 s, or ever",
    command="router up, or: python -m workers cron",
)
def cron_silent(seen: VitalsReading) -> Sentences:
    yield from _silent(seen, "cron", "so housekeeping is never asked for")


def _silent(seen: VitalsReading, role: str, consequence: str) -> Sentences:
    if not seen.is_alive(role):
        before = any(one.role == role for one in seen.progress)
        since = f"for {PATIENCE.total_seconds():.0f} s" if before else "within a day"
        yield f"No process '{role}' was seen {since}, {consequence}. Start or restart it."


@condition(
    "degraded",
    when="a job crashed within the last hour",
    command="read the log of that process; restart it",
)
def jobs_crash(seen: VitalsReading) -> Sentences:
    if seen.jobs_failed:
        yield f"{seen.jobs_failed} jobs crashed within the last hour; the log has why."
