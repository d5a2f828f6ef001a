"""HubSpot refuses our calls, or they are paused or used up."""

from __future__ import annotations

import re
from typing import Final

from router.store.health.conditions.condition import Sentences, condition
from router.store.health.reading import VitalsReading

NO_ACCESS: Final = re.compile(r"\b(401|403|access)\b", re.IGNORECASE)
"""Matches the reason of a pause that waiting does not end: HubSpot refuses us access."""
NEARLY_USED_UP: Final = 0.9
"""Part of the day's calls from which they are nearly used up."""


@condition(
    "failing",
    when="HubSpot refuses our token or a scope",
    command="check HUBSPOT_ACCESS_TOKEN and the app's scopes",
)
def hubspot_denies(seen: VitalsReading) -> Sentences:
    if seen.pause and NO_ACCESS.search(seen.pause.reason):
        yield (
            f"All HubSpot calls are paused: {seen.pause.reason.rstrip('.')}. "
            "Check HUBSPOT_ACCESS_TOKEN and the app's scopes."
        )


@condition(
    "degraded",
    when="all HubSpot calls are paused: a limit was hit, or HubSpot fails",
    command="lower HUBSPOT_CALLS_PER_10S if it says 429",
)
def hubspot_paused(seen: VitalsReading) -> Sentences:
    if seen.pause and not NO_ACCESS.search(seen.pause.reason):
        ends_in_s = (seen.pause.until - seen.at).total_seconds()
        yield f"HubSpot calls are paused for {max(0.0, ends_in_s):.0f} s more: {seen.pause.reason}"


@condition(
    "failing",
    when="the day's HubSpot calls are used up",
    command="raise the account's limit and HUBSPOT_CALLS_PER_DAY",
)
def calls_used_up(seen: VitalsReading) -> Sentences:
    if seen.calls_per_day and seen.calls_today >= seen.calls_per_day:
        yield f"All {seen.calls_per_day} HubSpot calls of today are used, so leads wait until midnight (UTC)."


@condition(
    "degraded",
    when="more than 90 % of the day's HubSpot calls are used",
    command="look which other apps call HubSpot",
)
def calls_nearly_used_up(seen: VitalsReading) -> Sentences:
    most = seen.calls_per_day
    if most and NEARLY_USED_UP * most <= seen.calls_today < most:
        yield f"{seen.calls_today} of {most} HubSpot calls of today are used."
