"""Bring our picture of owners, their availability and open leads back to HubSpot's."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from router.hubspot.availability import said_by_owner
from router.hubspot.errors import AccessDenied, NotFound, Refused, Unreachable
from router.hubspot.routing_properties import OWNER, STATUS
from router.policy.book import open_field
from router.policy.load import reps_counted
from router.routing.desk import Desk

OPEN_STATUSES: Final = ("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "ATTEMPTED_TO_CONTACT", "CONNECTED")
INDEX_LAG: Final = timedelta(minutes=1)
"""HubSpot's search may not know the last minute yet."""


def refresh(desk: Desk) -> dict[str, int]:
    """Read the owners and who is away, and count the open leads that decide something; the counts by rep.

    One search per rep who has a cap or is in a team that shares by load. What we assigned within the last
    minute is added, because search may not show it yet: for five minutes a cap can hold back one lead too
    many, and never lets one too many through.
    """
    owners = desk.owners.refresh()
    refresh_availability(desk)
    policy, _needed = desk.rules.required()
    lately = desk.ledger.assigned_since(desk.clock() - INDEX_LAG)
    counted = {}
    for name in reps_counted(policy):
        rep = policy.roster.reps[name]
        owner = owners.get(rep.owner.lower())
        if owner is None or owner.archived:
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


def refresh_availability(desk: Desk) -> bool:
    """Ask HubSpot who is away and when people work; False if it does not tell, then what was known stays.

    A portal may well not let us read its users (scope `crm.objects.users.read`), and its leads are routed
    all the same. Raises `ComeBackLater`.
    """
    now, gateway = desk.clock(), desk.gateway.at("sweep")
    desk.availability.shelf.forget_ended(now=now)
    try:
        said, unread = said_by_owner(gateway.owners(), gateway.read_users())
    except (AccessDenied, NotFound, Refused, Unreachable) as error:
        desk.log.info("availability.unknown", why=str(error), scope="crm.objects.users.read")
        return False
    for one in unread:
        desk.log.warning("availability.unreadable", owner_id=one.owner_id, property=one.property)
    desk.availability.shelf.put_hubspot(said, at=now)
    return True
