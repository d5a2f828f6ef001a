"""HubSpot's webhooks do not arrive, are not kept, or are not ours; or nobody looks for what they missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from router.store.health.conditions.condition import FEW, Sentences, condition
from router.store.health.reading import VitalsReading

EVENTS_WITHIN: Final = timedelta(days=3)
FIRST_EVENT_WITHIN: Final = timedelta(hours=1)
RECONCILED_WITHIN: Final = timedelta(hours=1)


@condition(
    "failing",
    when="this web process answered a delivery with 503 in the last minute",
    command="router health",
)
def deliveries_not_kept(seen: VitalsReading) -> Sentences:
    if seen.unkept_here:
        yield f"{seen.unkept_here} deliveries of the last minute could not be kept, and were answered 503."


@condition(
    "failing",
    when="every signed event of the last hour was of another portal",
    command="compare HUBSPOT_PORTAL_ID with the account of the app",
)
def foreign_portal(seen: VitalsReading) -> Sentences:
    if seen.recent.foreign and not seen.recent.events:
        yield (
            f"All {seen.recent.foreign} events of the last hour were of another portal, and ignored. "
            "Compare HUBSPOT_PORTAL_ID with the account in which the app is installed."
        )


@condition(
    "degraded",
    when="most deliveries of the last hour had a wrong signature",
    command="compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL",
)
def signatures_refused(seen: VitalsReading) -> Sentences:
    refused = seen.recent.refused_401
    if refused >= FEW and refused > seen.recent.deliveries:
        yield (
            f"{refused} of {refused + seen.recent.deliveries} deliveries of the last hour had a wrong "
            "signature. Compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL."
        )


@condition(
    "degraded",
    when="no valid event for 3 days, or none within an hour after the installation",
    command="look at the app's webhooks in HubSpot",
)
def no_events(seen: VitalsReading) -> Sentences:
    last = seen.recent.last_event
    if last is not None and seen.at - last > EVENTS_WITHIN:
        yield f"No valid event has come since {last:%Y-%m-%d %H:%M} UTC."
    elif last is None and seen.born is not None and seen.at - seen.born > FIRST_EVENT_WITHIN:
        yield "No valid event has come yet. Look whether the app's webhooks are active."


@condition(
    "degraded",
    when="the search found contacts of the last hour, and no event came",
    command="look at the app's webhooks in HubSpot",
)
def events_missed(seen: VitalsReading) -> Sentences:
    if seen.recent.missed and not seen.recent.events:
        yield (
            f"{seen.recent.missed} new contacts of the last hour were found by search only: "
            "HubSpot's webhooks do not arrive."
        )


@condition(
    "degraded",
    when="unannounced contacts were not looked for within an hour",
    command="read the log of housekeeping",
)
def reconciliation_late(seen: VitalsReading) -> Sentences:
    since = seen.reconciled_until or seen.born
    if since is not None and seen.at - since > RECONCILED_WITHIN:
        hours = (seen.at - since).total_seconds() / 3600
        yield f"Contacts that no webhook announced were not looked for since {hours:.1f} hours."
