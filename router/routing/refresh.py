"""Bring our picture of owners and open leads back to HubSpot's."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from router.hubspot.routing_properties import OWNER, STATUS
from router.policy.book import open_field
from router.routing.desk import Desk

OPEN_STATUSES: Final = ("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "ATTEMPTED_TO_CONTACT", "CONNECTED")
INDEX_LAG: Final = timedelta(minutes=1)
"""HubSpot's search may not know the last minute yet."""


def refresh(desk: Desk) -> dict[str, int]:
    """Read the owners, and count the open leads of each rep who has a cap; the counts by rep.

    One search per capped rep. What we assigned within the last minute is added, because search may not
    show it yet: for five minutes a cap can hold back one lead too many, and never lets one too many through.
    """
    owners = desk.owners.refresh()
    policy, _needed = desk.rules.required()
    lately = desk.ledger.assigned_since(desk.clock() - INDEX_LAG)
    counted = {}
    for rep in policy.roster.reps.values():
        owner = owners.get(rep.owner.lower())
        if rep.max_open_leads is None or owner is None or owner.archived:
            continue
        found = desk.gateway.at("sweep").count_contacts(
            [
                {"propertyName": OWNER, "operator": "EQ", "value": owner.id},
                {"propertyName": STATUS, "operator": "IN", "values": list(OPEN_STATUSES)},
            ]
        )
        counted[rep.name] = found + lately.get(owner.id, 0)
    desk.commits.set_counts({open_field(rep): count for rep, count in counted.items()})
    return counted
