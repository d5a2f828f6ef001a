"""Refreshing owners, their availability, and the counts of open leads from HubSpot."""

from __future__ import annotations

import structlog

from router.clock import Clock
from router.hubspot.api.errors import AccessDenied, NotFound, Refused, Unreachable
from router.hubspot.api.gateway import Gateway
from router.hubspot.availability import reported_by_owner
from router.routing.people.open_counts import count_some, plan_counts
from router.routing.people.returned import settle_returned
from router.routing.portal.people import People
from router.routing.portal.services import Services


def refresh_owners(services: Services) -> dict[str, int]:
    """Read owners and absences, and put right the open counts that a decision needs; the counts by rep.

    At most 30 searches (see open_counts.py); what does not fit in the time slice goes on with the next call.
    HubSpot's search may lack the last minute, so the leads that moved in it are left out of the search and
    counted as we know them. If those are more than 100, our own counts stand wherever they can be right.
    """
    if not services.store.open_counts.is_unfinished():
        owners = services.people.owners.refresh()
        refresh_availability(
            hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
        )
        settle_returned(services)
        plan_counts(services, owners)
    return count_some(services)


def refresh_availability(
    *, hubspot: Gateway, people: People, clock: Clock, log: structlog.stdlib.BoundLogger
) -> bool:
    """Read absences and working hours from HubSpot; False if it does not give them, then the old ones stay.

    A portal may not let us read its users (scope `crm.objects.users.read`); its leads are routed all the
    same. Raises `ComeBackLater`.
    """
    now, hubspot = clock(), hubspot
    people.availability.repository.forget_ended(now=now)
    try:
        reported, unread = reported_by_owner(
            hubspot.owners(priority="sweep"), hubspot.read_users(priority="sweep")
        )
    except (AccessDenied, NotFound, Refused, Unreachable) as error:
        log.info("availability.unknown", why=str(error), scope="crm.objects.users.read")
        return False
    for one in unread:
        log.warning("availability.unreadable", owner_id=one.owner_id, property=one.property)
    people.availability.repository.put_hubspot(reported, at=now)
    return True
