"""Find contacts that no webhook announced, and leads that wait in a queue although somebody is there now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from router.hubspot.routing_properties import DECISION_ID, OWNER
from router.routing.desk import Desk

LOOK_BACK: Final = timedelta(days=3)
PAGES_PER_STEP: Final = 20
"""One step stays well under a minute, so that other housekeeping gets its turn."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found: unannounced contacts, and where the next step goes on (None: finished)."""

    found: int
    after_id: str | None


def reconcile(desk: Desk, *, since: datetime, after_id: str = "0") -> Step:
    """Look through contacts created after `since` that have no owner and no decision of ours.

    They join the low-priority stream; the route itself finds out whether they are known already. Search
    results are at most a hint: a contact is read again before anything is decided. Raises `HubSpotError`.
    """
    found = 0
    filters = [
        {"propertyName": OWNER, "operator": "NOT_HAS_PROPERTY"},
        {"propertyName": "createdate", "operator": "GTE", "value": str(int(since.timestamp() * 1000))},
    ]
    for _ in range(PAGES_PER_STEP):
        page = desk.gateway.at("sweep").search_contacts([filters], (DECISION_ID,), after_id=after_id)
        unannounced = [one.id for one in page.records if not one.properties.get(DECISION_ID)]
        desk.inbox.append_low(unannounced, now_ms=desk.now_ms())
        found += len(unannounced)
        if page.records:
            after_id = page.records[-1].id
        if not page.more:
            return Step(found, after_id=None)
    return Step(found, after_id=after_id)
