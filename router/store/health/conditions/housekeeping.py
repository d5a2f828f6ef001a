"""The work of housekeeping and of the night is late, or waits for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from router.deadlines import TURN
from router.store.health.conditions.condition import WAITS_S, Sentences, condition
from router.store.health.reading import PATIENCE, VitalsReading
from router.wakeups import Job

ROUND_S: Final = len(Job) * TURN.total_seconds()
"""Seconds of one round, in which every housekeeping job has its turn."""
MOST_ROUNDS: Final = 3
VERIFY_STUCK_S: Final = 600.0
NIGHT_OVERDUE: Final = timedelta(hours=30)
"""Time since the last night's end after which something is wrong: a night ends once a day."""


@condition(
    "degraded",
    when="the owner of a lead should have been verified 60 s ago",
    command="read the log of housekeeping",
)
def verification_late(seen: VitalsReading) -> Sentences:
    if PATIENCE.total_seconds() < seen.verify_late_s <= VERIFY_STUCK_S:
        yield f"The oldest verification of an owner is {seen.verify_late_s:.0f} s late."


@condition(
    "failing",
    when="the owner of a lead should have been verified 10 minutes ago",
    command="read the log of housekeeping; restart it",
)
def verification_stuck(seen: VitalsReading) -> Sentences:
    if seen.verify_late_s > VERIFY_STUCK_S:
        yield (
            f"The oldest verification of an owner is {seen.verify_late_s / 60:.0f} min late: "
            "a person's choice that we covered is not given back."
        )


@condition(
    "degraded",
    when="what people did in HubSpot was not looked at for 10 minutes",
    command="restart the process housekeeping",
)
def changes_wait(seen: VitalsReading) -> Sentences:
    if seen.changed_waited_s > WAITS_S:
        yield (
            f"What people did with {seen.changed} leads in HubSpot waits to be looked at for "
            f"{seen.changed_waited_s / 60:.0f} min. Start or restart the process 'housekeeping'."
        )


@condition(
    "degraded",
    when="a housekeeping job has waited for its turn for three rounds, about 90 s",
    command="read the log of housekeeping; restart it",
)
def turns_late(seen: VitalsReading) -> Sentences:
    late = {job: wait for job, wait in seen.turns_waited.items() if wait > MOST_ROUNDS * ROUND_S}
    if late and seen.is_alive("housekeeping"):
        jobs = ", ".join(f"{job} ({wait:.0f} s)" for job, wait in late.items())
        yield f"Jobs of housekeeping that had no turn for {MOST_ROUNDS} rounds: {jobs}."


@condition(
    "degraded",
    when="no night has ended for 30 hours",
    command="read the log of cron and housekeeping",
)
def night_late(seen: VitalsReading) -> Sentences:
    since = seen.night_ended_at or seen.born
    if since is not None and seen.at - since > NIGHT_OVERDUE:
        yield (
            f"No night has ended since {since:%Y-%m-%d %H:%M} UTC. Look whether the "
            "processes 'cron' and 'housekeeping' run, and at their log."
        )


@condition(
    "degraded",
    when="the night would move more leads than its brake allows",
    command="router night, then: router sweep --approve",
)
def night_held(seen: VitalsReading) -> Sentences:
    if seen.held is not None:
        yield (
            f"The night of {seen.held.day} would move {seen.held.moves} leads, more than "
            f"{seen.held.limit}, so it moved none. Look: router night. To let them: router sweep --approve"
        )


@condition(
    "degraded",
    when="a contact is to be erased, and housekeeping or the ledger cannot do it",
    command="router ledger check",
)
def erasures_wait(seen: VitalsReading) -> Sentences:
    if seen.erasures and (seen.has_ledger_problem or not seen.is_alive("housekeeping")):
        yield f"{seen.erasures} contacts are to be erased, and wait for housekeeping or for the ledger."
