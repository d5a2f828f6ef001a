"""Leads wait in the inbox, or are parked."""

from __future__ import annotations

from router.store.health.conditions.condition import FEW, Sentences, condition
from router.store.health.reading import PATIENCE, VitalsReading


@condition(
    "failing",
    when="the oldest new lead has waited for more than 60 s",
    command="read the workers' log; start more workers",
)
def inbox_waits(seen: VitalsReading) -> Sentences:
    if (seen.inbox.waited_s or 0.0) > PATIENCE.total_seconds():
        yield (
            f"The oldest lead in the inbox has waited {seen.inbox.waited_s:.0f} s. "
            "Look at the workers' log, or start more workers."
        )


@condition(
    "failing",
    when="a lead's wait for its facts was over more than 60 s ago, and no worker took it",
    command="read the workers' log; start more workers",
)
def settling_late(seen: VitalsReading) -> Sentences:
    if seen.settling_late_s > PATIENCE.total_seconds():
        yield (
            f"A lead that waited for its facts should have been decided {seen.settling_late_s:.0f} s ago. "
            "Look at the workers' log, or start more workers."
        )


@condition(
    "failing",
    when="more than half of the last hour's leads, and at least 5, were parked",
    command="router parked",
)
def most_leads_parked(seen: VitalsReading) -> Sentences:
    if seen.parked_lately >= FEW and seen.parked_lately > seen.recent.events / 2:
        yield f"About {seen.parked_lately} leads were parked within the last hour, more than half of all."


@condition("degraded", when="a lead is parked and needs a person", command="router parked")
def leads_parked(seen: VitalsReading) -> Sentences:
    if seen.parked:
        yield f"Parked leads that need a person: {seen.parked}. See: router parked"


@condition(
    "degraded",
    when="leads were parked because HubSpot took no writes; they go on by themselves",
    command="router parked",
)
def leads_parked_by_outage(seen: VitalsReading) -> Sentences:
    if seen.parked_by_outage:
        yield (
            f"Leads parked by an outage: {seen.parked_by_outage}. They go on by themselves once HubSpot "
            "takes writes again. See: router parked"
        )


@condition(
    "degraded",
    when="facts that came late would take more leads from their owners within an hour than the brake allows",
    command="router revise, then: router revise --approve",
)
def revisions_held(seen: VitalsReading) -> Sentences:
    if seen.revisions_held is not None:
        yield (
            f"Facts that changed after the decision would take {seen.revisions_held.moves} leads from their "
            f"owners within an hour, more than {seen.revisions_held.limit}: such leads stay for now. Look: "
            "router revise. "
            "To let them move: router revise --approve"
        )
