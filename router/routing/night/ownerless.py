"""Leads of ours that have no owner any more, and of which no webhook told: found by search, and looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from router import time_slice
from router.hubspot.properties import DECISION_ID, MODIFIED, OWNER
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.timestamps import epoch_ms

PAGES_PER_STEP: Final = 20
"""Pages of one step outside a time slice."""


class OwnerlessStep(Struct, frozen=True):
    """The number of leads to be looked at, and the contact id where the next step goes on (None: done)."""

    found: int
    after_id: str | None


def find_ownerless(services: Services, *, since: datetime, after_id: str = "0") -> OwnerlessStep:
    """Search for leads that changed since `since` (aware UTC) and have a decision of ours and no owner.

    Those that we know to have had an owner are looked at like leads of which a webhook told
    (`followup/follow.py`), which knows what is to become of them. 200 leads per search. Safe to repeat.
    Raises `HubSpotError`.
    """
    filters = [
        {"propertyName": OWNER, "operator": "NOT_HAS_PROPERTY"},
        {"propertyName": DECISION_ID, "operator": "HAS_PROPERTY"},
        {"propertyName": MODIFIED, "operator": "GTE", "value": str(epoch_ms(since))},
    ]
    found = 0
    for _ in range(PAGES_PER_STEP):
        page = services.hubspot.search_contacts([filters], (), after_id=after_id, priority="sweep")
        states = services.store.leads.recall([one.id for one in page.records]) if page.records else {}
        had_one = [one for one, state in states.items() if _had_an_owner(state)]
        services.store.changed.look_again(had_one, at_ms=services.now_ms())
        found += len(had_one)
        if page.records:
            after_id = page.records[-1].id
        if not page.more:
            return OwnerlessStep(found, after_id=None)
        if time_slice.is_over():
            break
    return OwnerlessStep(found, after_id=after_id)


def _had_an_owner(state: LeadState) -> bool:
    """False for a lead that waits, is on its way, or was given to nobody."""
    return state.state is State.HUMAN or (state.state is State.DONE and bool(state.owner_id))
