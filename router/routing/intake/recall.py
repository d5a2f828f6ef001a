"""The claimed entries as work items, sorted by what Redis remembers of their leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from router.deadlines import CLAIM_HELD_FOR
from router.policy.decision.trigger import Pushed, Trigger, trigger_of_record
from router.routing.intake.work_item import WorkItem
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import FINISHED, LeadState, State
from router.timestamps import in_ms


class Recalled(Struct, frozen=True):
    """A batch, sorted. Every work item is in exactly one of the groups."""

    to_route: tuple[WorkItem, ...]
    finished: tuple[WorkItem, ...]
    """Announced again after their lead was finished."""
    held_elsewhere: tuple[WorkItem, ...]
    """Decided by another batch, on an entry of its own that it still holds."""
    hopeless: tuple[WorkItem, ...]
    """Claimed too often without being finished: parked, by whose fault it is."""


def sort_recalled(
    entries: Sequence[InboxEntry], states: Mapping[str, LeadState], *, now_ms: int, most_tries: int
) -> Recalled:
    """The entries of a batch as work items; `states` are by contact id what is remembered; a lead
    claimed more often than `most_tries` is hopeless. Pure."""
    by_contact: dict[str, list[InboxEntry]] = {}
    for entry in entries:
        by_contact.setdefault(entry.contact_id, []).append(entry)
    groups: dict[str, list[WorkItem]] = {"to_route": [], "finished": [], "held_elsewhere": [], "hopeless": []}
    for contact_id, claimed in by_contact.items():
        item = _item(contact_id, claimed, states.get(contact_id))
        groups[_group_of(item, now_ms=now_ms, most_tries=most_tries)].append(item)
    return Recalled(**{name: tuple(items) for name, items in groups.items()})


def _item(contact_id: str, entries: Sequence[InboxEntry], state: LeadState | None) -> WorkItem:
    if state is None:
        return WorkItem(contact_id, entries)
    trigger = _trigger_of(state)
    return WorkItem(
        contact_id,
        entries,
        state=state,
        excluded=frozenset(state.released_by if trigger is not None else ()),
        trigger=trigger,
    )


def _trigger_of(state: LeadState) -> Trigger | None:
    """Why the lead is decided again; a reassignment stays one until its decision is written."""
    if state.trigger is not None and state.state in (State.REOPENED, State.DECIDED):
        return trigger_of_record(state.trigger)
    return Pushed() if state.state is State.REOPENED else None


def _group_of(item: WorkItem, *, now_ms: int, most_tries: int) -> str:
    if item.state is not None and item.state.state in FINISHED and item.state.state is not State.GONE:
        return "finished"
    if _is_held_elsewhere(item, now_ms=now_ms):
        return "held_elsewhere"
    return "hopeless" if item.deliveries > most_tries else "to_route"


def _is_held_elsewhere(item: WorkItem, *, now_ms: int) -> bool:
    state = item.state
    return (
        state is not None
        and state.state is State.DECIDED
        and state.entry_id not in ("", *(entry.id for entry in item.entries))
        and now_ms - state.at_ms < in_ms(CLAIM_HELD_FOR)
    )
