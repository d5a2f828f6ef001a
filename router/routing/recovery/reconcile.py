"""Find contacts that no webhook announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from router.hubspot.api.errors import Refused
from router.hubspot.api.records import SearchPage
from router.hubspot.properties import CREATED, DECISION_ID, OWNER
from router.routing.portal.services import Services
from router.store.inbox.inbox import LEASE
from router.store.leads.leads import FINISHED, LeadState
from router.timestamps import epoch_ms, in_ms

PAGES_PER_STEP: Final = 20
"""One step stays well under a minute, so that other housekeeping gets its turn."""

STUCK_AFTER: Final = 5 * LEASE
"""So long after it was decided a lead that is not written has lost whoever was at it."""


@dataclass(frozen=True, slots=True)
class ReconcileStep:
    """What one step found: contacts to route, and where the next step goes on (None: finished)."""

    found: int
    after_id: str | None


def reconcile_contacts(
    services: Services, *, since: datetime, until: datetime | None = None, after_id: str = "0"
) -> ReconcileStep:
    """Look through contacts created from `since` (to `until`) that have no owner and no decision of ours.

    Who is not known, or was left half-way, joins the low-priority stream, once. HubSpot answers 200
    contacts per search, by ascending id, and any number of them; results are a hint only, for search lags
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
        page = _undecided(services, filters, after_id=after_id)
        found += _announce(services, [one.id for one in page.records if not one.properties.get(DECISION_ID)])
        if page.records:
            after_id = page.records[-1].id
        if not page.more:
            return ReconcileStep(found, after_id=None)
    return ReconcileStep(found, after_id=after_id)


def _undecided(services: Services, filters: Sequence[Mapping[str, str]], *, after_id: str) -> SearchPage:
    search = partial(services.hubspot.search_contacts, priority="sweep")
    undecided = {"propertyName": DECISION_ID, "operator": "NOT_HAS_PROPERTY"}
    try:
        return search([[*filters, undecided]], (DECISION_ID,), after_id=after_id)
    except Refused:
        # Before `router setup` the portal has no such property; shadow mode can do without.
        return search([filters], (), after_id=after_id)


def _announce(services: Services, contact_ids: Sequence[str]) -> int:
    """Have those routed that nobody routes; how many joined the stream."""
    if not contact_ids:
        return 0
    known = services.store.leads.recall(contact_ids)
    stuck_before_ms = services.now_ms() - in_ms(STUCK_AFTER)
    waiting = [one for one in contact_ids if _has_nobody(known.get(one), stuck_before_ms=stuck_before_ms)]
    return services.store.inbox.append_low(waiting, now_ms=services.now_ms())


def _has_nobody(state: LeadState | None, *, stuck_before_ms: float) -> bool:
    return state is None or (state.state not in FINISHED and state.at_ms < stuck_before_ms)
