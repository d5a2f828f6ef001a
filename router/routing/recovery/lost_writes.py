"""Writes that an emptied Redis has lost before the ledger had them: found on the records, and verified."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from router import time_slice
from router.hubspot.api.errors import Refused
from router.hubspot.api.records import Record
from router.hubspot.properties import DECISION_ID, MODIFIED, OWNER
from router.ledger.latest import recorded
from router.routing.intake.decision_ids import lost_send
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.store.repair.restoration import LostWrites, RestoredLead
from router.timestamps import epoch_ms

PAGES_PER_STEP: Final = 10


def is_due(services: Services) -> bool:
    """True if a search for lost writes has to be made now."""
    search = services.store.restoration.lost_writes()
    return search is not None and search.looks_ms[0] <= services.now_ms()


def find_lost_writes(services: Services) -> int:
    """Search for contacts with a decision of ours that neither Redis nor the ledger knows; their number.

    One step of a search, at most 2,000 contacts. They are remembered with the owner that stands on their
    record, and verified at once and for as long as a write of ours may be applied late. Safe to repeat.
    Raises `HubSpotError`, and what ledger and Redis raise; then the search goes on where it was.
    """
    search = services.store.restoration.lost_writes()
    if search is None or search.looks_ms[0] > services.now_ms():
        return 0
    found = 0
    for _ in range(PAGES_PER_STEP):
        records, more = _page(services, search)
        found += _remember(services, records)
        if not more:
            search = replace(search, looks_ms=search.looks_ms[1:], after_id="0")
            break
        search = replace(search, after_id=records[-1].id)
        if time_slice.is_over():
            break
    services.store.restoration.put_lost_writes(search)
    if found:
        services.log.warning("writes.found_again", found=found, since=search.since)
    return found


def _page(services: Services, search: LostWrites) -> tuple[Sequence[Record], bool]:
    since_ms = epoch_ms(datetime.fromisoformat(search.since))
    filters = [
        {"propertyName": DECISION_ID, "operator": "HAS_PROPERTY"},
        {"propertyName": MODIFIED, "operator": "GTE", "value": str(since_ms)},
    ]
    try:
        page = services.hubspot.search_contacts(
            [filters], (DECISION_ID, OWNER), after_id=search.after_id, priority="verify"
        )
    except Refused:
        return (), False  # before `router setup` the portal has no such property, and no decision of ours
    return page.records, page.more


def _remember(services: Services, records: Sequence[Record]) -> int:
    """Remember the leads whose decision is known nowhere; the number remembered."""
    known = recorded(services.ledger, [one.properties.get(DECISION_ID, "") for one in records])
    unknown = [one for one in records if one.properties.get(DECISION_ID) not in known]
    leads = [lead for one in unknown if (lead := _as_it_stands(services, one)) is not None]
    return sum(services.store.restoration.remember(leads, now_ms=services.now_ms()))


def _as_it_stands(services: Services, record: Record) -> RestoredLead | None:
    send, now_ms = lost_send(record), services.now_ms()
    if send is None:
        return None
    state = LeadState(
        contact_id=record.id,
        episode=send.episode,
        state=State.WRITTEN,
        owner_id=send.owner_id,
        expected_owner_id="",
        decision_id=send.decision_id,
        at_ms=now_ms,
        sends=(send,),
        unanswered_at_ms=now_ms,
    )
    event = {"at": services.clock().isoformat(), "kind": "unrecorded", "decision": send.decision_id}
    return RestoredLead(state, verify_at_ms=now_ms, event=event)
