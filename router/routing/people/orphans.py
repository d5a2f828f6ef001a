"""Orphans: open leads whose owner was deactivated in HubSpot."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import PortalOwner
from router.hubspot.properties import OWNER, OWNER_ASSIGNED, STATUS
from router.policy.results.outcomes import USUAL
from router.routing.portal.live_rules import LiveRules

OWNERS_PER_SEARCH: Final = 100
"""HubSpot takes at most this many values in one filter."""


class Orphan(Struct, frozen=True):
    """An open lead of a deactivated owner; `since` is its assignment date as in HubSpot ("" unknown)."""

    contact_id: str
    owner: PortalOwner
    status: str
    since: str


def orphaned_leads(*, hubspot: Gateway, rules: LiveRules, limit: int) -> tuple[Orphan, ...]:
    """Up to `limit` open leads whose owner is archived, by contact id within each hundred owners.

    Search lags a moment behind. Raises `HubSpotError`.
    """
    gone = {owner.id: owner for owner in hubspot.owners(priority="sweep") if owner.archived}
    live = rules.live
    open_statuses = (live.outcomes if live else USUAL).open_statuses
    found: list[Orphan] = []
    for start in range(0, len(gone), OWNERS_PER_SEARCH):
        some = list(gone)[start : start + OWNERS_PER_SEARCH]
        filters = [
            {"propertyName": OWNER, "operator": "IN", "values": some},
            {"propertyName": STATUS, "operator": "IN", "values": list(open_statuses)},
        ]
        after_id, more = "0", True
        while more and len(found) < limit:
            page = hubspot.search_contacts(
                [filters], (OWNER, STATUS, OWNER_ASSIGNED), after_id=after_id, priority="sweep"
            )
            for one in page.records:
                owner = gone.get(one.properties.get(OWNER) or "")
                if owner is not None:  # search may show an earlier owner
                    since = one.properties.get(OWNER_ASSIGNED) or ""
                    found.append(Orphan(one.id, owner, one.properties.get(STATUS) or "", since))
            after_id, more = (page.records[-1].id, page.more) if page.records else (after_id, False)
    return tuple(found[:limit])
