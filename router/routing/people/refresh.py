"""Refreshing owners, their availability, and the counts of open leads from HubSpot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from router.clock import Clock
from router.hubspot.api.errors import AccessDenied, NotFound, Refused, Unreachable
from router.hubspot.api.gateway import Gateway
from router.hubspot.availability import reported_by_owner
from router.hubspot.properties import OBJECT_ID, OWNER, STATUS
from router.ledger import LEDGER_ERRORS
from router.policy.shares.least_loaded import reps_counted
from router.policy.shares.share_book import open_field
from router.repeated import repeated
from router.routing.outbox.record import record_outbox
from router.routing.people.returned import settle_returned
from router.routing.portal.people import People
from router.routing.portal.services import Services
from router.store.leads.open_leads import LATELY

MOST_LEFT_OUT: Final = 100
"""Contacts that a search can leave out: HubSpot takes 3,000 characters."""


def refresh_owners(services: Services) -> dict[str, int]:
    """Read owners and absences, and count the open leads that a decision needs; the counts by rep.

    One search per rep who has a cap or is in a team that shares by load. HubSpot's search may lack the last
    minute, so the leads that moved in it are left out of the search and counted as we know them. If those are
    more than 100, what was assigned is added to what was found: for five minutes a cap can then hold back
    some leads too many, and never lets one too many through.
    """
    owners = services.people.owners.refresh()
    refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    policy = services.rules.policy()
    try:
        lately = _lately(services)
    except LEDGER_ERRORS as error:
        # Counts stay as they are, moved by what is decided and seen; the next refresh counts anew.
        why = str(error).partition("\n")[0]
        repeated.say(services.log, "open_leads.not_counted", problem=type(error).__name__, why=why)
        return {}
    counted = {}
    for name in reps_counted(policy):
        rep = policy.roster.reps[name]
        owner = owners.get(rep.owner.lower())
        if owner is None or owner.archived:
            continue
        filters: list[Mapping[str, object]] = [
            {"propertyName": OWNER, "operator": "EQ", "value": owner.id},
            {"propertyName": STATUS, "operator": "IN", "values": list(policy.outcomes.open_statuses)},
        ]
        if lately.places:
            left_out = {
                "propertyName": OBJECT_ID,
                "operator": "NOT_IN",
                "values": list(lately.places),
            }
            filters.append(left_out)
        found = services.hubspot.count_contacts(filters, priority="sweep")
        known = sum(place == open_field(name) for place in lately.places.values())
        counted[name] = found + known + lately.assigned.get(owner.id, 0)
    settle_returned(services)
    services.store.commits.set_counts({open_field(rep): count for rep, count in counted.items()})
    return counted


@dataclass(frozen=True, slots=True)
class _Lately:
    """Leads moved within the last minute: by contact the book field they count in, or a count by owner."""

    places: Mapping[str, str] = field(default_factory=dict)
    assigned: Mapping[str, int] = field(default_factory=dict)


def _lately(services: Services) -> _Lately:
    record_outbox(services)
    assigned = services.ledger.assigned_since(services.clock() - LATELY)
    moved = {*assigned, *services.store.open_leads.moved_lately(now_ms=services.now_ms())}
    if len(moved) > MOST_LEFT_OUT:
        return _Lately(assigned=Counter(assigned.values()))
    return _Lately(places=services.store.open_leads.places(sorted(moved)))


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
