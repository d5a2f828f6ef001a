"""Reconciliation: contacts that no webhook announced are found by search and routed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from router import time_slice
from router.clock import Clock
from router.deadlines import STUCK
from router.hubspot.api.gateway import Gateway
from router.hubspot.properties import CREATED, DECISION_ID, MERGED_IDS, OWNER
from router.routing.intake.decision_ids import is_decided
from router.store.leads.leads import FINISHED, LeadState
from router.store.store import Store
from router.timestamps import epoch_ms, in_ms

PAGES_PER_STEP: Final = 20
"""Pages of one step outside a time slice."""


class ReconcileStep(Struct, frozen=True):
    """The number of contacts found, and the contact id where the next step goes on (None: finished)."""

    found: int
    after_id: str | None


def reconcile_contacts(
    *,
    hubspot: Gateway,
    store: Store,
    clock: Clock,
    since: datetime,
    until: datetime | None = None,
    after_id: str = "0",
) -> ReconcileStep:
    """Look through contacts created from `since` (to `until`) that have no owner and no decision of ours.

    A copied contact can carry another one's decision, which no search can tell: so all contacts of that time
    without owner are looked through, and those with a decision about themselves are left out here. Contacts
    that are unknown or were left half-way join the low-priority stream, once. HubSpot answers
    200 contacts per search, by ascending id, and any number of them; results are a hint only, for search lags
    behind: a contact is read again before anything is decided. Raises `HubSpotError`.
    """
    found = 0
    filters = [
        {"propertyName": OWNER, "operator": "NOT_HAS_PROPERTY"},
        {"propertyName": CREATED, "operator": "GTE", "value": str(epoch_ms(since))},
    ]
    if until is not None:
        filters.append({"propertyName": CREATED, "operator": "LT", "value": str(epoch_ms(until))})
    for _ in range(PAGES_PER_STEP):
        page = hubspot.search_contacts(
            [filters], (DECISION_ID, MERGED_IDS), after_id=after_id, priority="sweep"
        )
        undecided = [one.id for one in page.records if not is_decided(one)]
        found += _announce(undecided, store=store, clock=clock)
        if page.records:
            after_id = page.records[-1].id
        if not page.more:
            return ReconcileStep(found, after_id=None)
        if time_slice.is_over():
            break
    return ReconcileStep(found, after_id=after_id)


def _announce(contact_ids: Sequence[str], *, store: Store, clock: Clock) -> int:
    """Add the contacts that no worker routes to the low-priority stream; the number added."""
    if not contact_ids:
        return 0
    known = store.leads.recall(contact_ids)
    stuck_before_ms = epoch_ms(clock()) - in_ms(STUCK)
    waiting = [one for one in contact_ids if _has_nobody(known.get(one), stuck_before_ms=stuck_before_ms)]
    return store.inbox.append_low(waiting, now_ms=epoch_ms(clock()))


def _has_nobody(state: LeadState | None, *, stuck_before_ms: float) -> bool:
    return state is None or (state.state not in FINISHED and state.at_ms < stuck_before_ms)
