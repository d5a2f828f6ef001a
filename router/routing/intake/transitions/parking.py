"""Parking a lead that was not written: whose fault that is, its own or an outage's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from router.routing.intake.transitions.leads import parked
from router.routing.intake.work_item import WorkItem
from router.store.leads.commits import Transition
from router.store.shared.recent_writes import LastWrites
from router.timestamps import epoch_ms

Fault = Literal["lead", "outage"]

SAME_TIME: Final = timedelta(minutes=1)
"""A failure is the lead's own only if another contact was written within this time before it."""

MOST_TRIES: Final = 8
"""A lead that was claimed more often than this, and never finished, is parked."""


def fault_of(contact_id: str, last: LastWrites, *, now: datetime) -> Fault:
    """The fault that a lead was not written: its own if others were, within the last minute. Pure."""
    return "lead" if last.besides(contact_id) >= epoch_ms(now - SAME_TIME) else "outage"


def given_up(item: WorkItem, last: LastWrites, *, now: datetime) -> Transition:
    """The lead was claimed too often: its worker died, or its outcome stayed unclear, each time."""
    if fault_of(item.contact_id, last, now=now) == "lead":
        why = f"It was tried {MOST_TRIES} times and never finished, while others were; the log says why."
        return parked(item, why=why, now=now)
    why = f"It was tried {MOST_TRIES} times and never finished, and no other lead was written either."
    return parked(item, why=why, now=now, fault="outage")


def refused(item: WorkItem, last: LastWrites, *, why: str, asked_at_ms: int, now: datetime) -> Transition:
    """HubSpot refuses this write, which we sent at `asked_at_ms` (epoch milliseconds).

    The fault is the lead's own once any other contact was written after the first refusal.
    """
    first_ms = (item.state.refused_at_ms if item.state else 0) or asked_at_ms
    if last.besides(item.contact_id) >= first_ms:
        return parked(item, why=why, now=now)
    return parked(item, why=why, now=now, fault="outage", refused_at_ms=first_ms)
