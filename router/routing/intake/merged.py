"""Merged contacts in a batch: which of them are decided here, and which are settled with their old leads."""

from __future__ import annotations

from collections.abc import Sequence

from router.hubspot.api.records import ReadAnswer
from router.hubspot.properties import MERGED_IDS
from router.routing.intake.classify import BatchPlan
from router.routing.intake.decision_ids import former_ids
from router.routing.intake.work_item import WorkItem
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State


def without_merged_parents(
    services: Services, items: Sequence[WorkItem], answer: ReadAnswer
) -> Sequence[WorkItem]:
    """The items but for new contacts into which leads of ours were merged: those are decided already.

    Their old leads are noted instead, and settled by housekeeping (`recovery/merges.py`).
    """
    former = {
        item.contact_id: former_ids(record)
        for item in items
        if item.state is None
        and (record := answer.records.get(item.contact_id)) is not None
        and record.merged_into is None
        and record.properties.get(MERGED_IDS)
    }
    if not any(former.values()):
        return items
    known = services.store.leads.recall({one for ids in former.values() for one in ids})
    settled_apart = set()
    for contact_id, ids in former.items():
        decided = [one for one in ids if one in known and _lives(known[one])]
        if decided:
            services.store.merged.look_again(decided, at_ms=services.now_ms())
            settled_apart.add(contact_id)
    done = [item for item in items if item.contact_id in settled_apart]
    services.store.inbox.acknowledge([entry for item in done for entry in item.entries])
    return [item for item in items if item.contact_id not in settled_apart]


def note_merges(services: Services, plan: BatchPlan) -> None:
    """Announce the contacts that undecided leads live on in; have leads that were decided before settled."""
    store, now_ms = services.store, services.now_ms()
    store.merged.look_again([item.contact_id for item in plan.merged], at_ms=now_ms)
    store.inbox.acknowledge([entry for item in plan.merged for entry in item.entries])
    # What goes on under the new id is announced by the settling of an old lead that was decided.
    store.inbox.append([(into, now_ms) for into in plan.survivors])


def _lives(state: LeadState) -> bool:
    return bool(state.decision_id) and state.state not in (State.GONE, State.DECIDED)
