"""Leads that may have a reason to move tonight, found by search, in the ledger, and in the queues.

A result is a hint only; each lead is read before anything is planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from router.hubspot.api.gateway import Gateway
from router.hubspot.properties import OWNER, STATUS
from router.ledger import Ledger
from router.policy.reports.night_selection import Reason
from router.policy.rules.policy import Policy
from router.routing.night.night_context import NightContext
from router.store.leads.queues import QueuePlace
from router.store.store import Store
from router.timestamps import epoch_ms

AT_A_TIME: Final = 100
"""Leads judged together: HubSpot reads at most this many in one call."""
OWNERS_PER_SEARCH: Final = 100
"""HubSpot takes at most this many values in one filter."""


def candidates(
    context: NightContext, reason: Reason, after: str, *, hubspot: Gateway, store: Store, ledger: Ledger
) -> tuple[list[str], str]:
    """Up to a hundred contacts that may have this reason to move, and the next `after` ("" if none)."""
    night = context.policy.night
    match reason:
        case Reason.GONE if night.when_gone:
            return _of_owners(context.policy, sorted(context.gone), after, hubspot=hubspot)
        case Reason.AWAY:
            return _of_owners(context.policy, sorted(context.away), after, hubspot=hubspot)
        case Reason.OVERDUE if night.when_overdue is not None:
            before = context.now - night.when_overdue
            late = ledger.follow_ups.overdue(before=before, after_id=after, limit=AT_A_TIME)
            return list(late), late[-1] if len(late) == AT_A_TIME else ""
        case Reason.QUEUED if night.when_queued is not None:
            return _queued(context.now - night.when_queued, after, store=store)
        case _:
            return [], ""


def _of_owners(
    policy: Policy, owner_ids: Sequence[str], after: str, *, hubspot: Gateway
) -> tuple[list[str], str]:
    """Open leads of these owners; `after` is the hundred of owners and the last contact, as `1:501`."""
    chunk, _, after_id = after.partition(":")
    start = int(chunk or 0) * OWNERS_PER_SEARCH
    some = list(owner_ids[start : start + OWNERS_PER_SEARCH])
    if not some:
        return [], ""
    page = hubspot.search_contacts(
        [filters_of_open_leads(policy, some)], (OWNER,), after_id=after_id or "0", priority="sweep"
    )
    ids = [one.id for one in page.records]
    if page.more and ids:
        return ids, f"{chunk or 0}:{ids[-1]}"
    return ids, f"{int(chunk or 0) + 1}:" if start + OWNERS_PER_SEARCH < len(owner_ids) else ""


def filters_of_open_leads(policy: Policy, owner_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The filters that find the open leads of these owners."""
    return [
        {"propertyName": OWNER, "operator": "IN", "values": list(owner_ids)},
        {"propertyName": STATUS, "operator": "IN", "values": list(policy.outcomes.open_statuses)},
    ]


def _queued(before: datetime, after: str, *, store: Store) -> tuple[list[str], str]:
    """Leads that have waited since `before`, queue by queue; `after` is the last one's team and place."""
    before_ms, found = epoch_ms(before), list[str]()
    last_team, last = _place_of(after)
    for team in store.queues.lengths():
        if team < last_team:
            continue
        wanted = AT_A_TIME - len(found)
        page = store.queues.waiting_after(last if team == last_team else None, team, limit=wanted)
        found += [lead.contact_id for _, lead in page if lead.since_ms <= before_ms]
        if len(page) == wanted:
            end, _ = page[-1]
            return found, f"{team} {end.rank} {end.contact_id}"
    return found, ""


def _place_of(after: str) -> tuple[str, QueuePlace | None]:
    """Team and place; a contact id alone, as earlier versions wrote it, begins anew."""
    match after.rsplit(" ", 2):
        case [team, rank, contact_id]:
            return team, QueuePlace(int(rank), contact_id)
    return "", None
