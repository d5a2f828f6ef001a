"""The way of a batch: recall, read, classify, decide, commit, write, apply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from router.crashpoints import crash_point
from router.routing.intake.classify import classify
from router.routing.intake.deciding import decide_and_commit
from router.routing.intake.merged import note_merges, without_merged_parents
from router.routing.intake.reading import read_contacts
from router.routing.intake.recall import sort_recalled
from router.routing.intake.transitions import parking
from router.routing.intake.transitions.apply import apply
from router.routing.intake.transitions.leads import SHADOWED, WRITTEN
from router.routing.intake.transitions.parking import MOST_TRIES, fault_of
from router.routing.intake.work_item import WorkItem
from router.routing.intake.writing import write
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.inbox.inbox import InboxEntry
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State

ROUNDS: Final = 3
"""Rounds of reading and writing for leads of unknown outcome; the rest stays claimed."""

NO_ROUND_AFTER: Final = timedelta(seconds=10)
"""Time after which no further round begins: the claims of what waits behind this batch must not end."""

SCOUT_FROM: Final = 3
"""Of the leads claimed this often, one travels ahead: its success shows that HubSpot takes writes."""

ALONE_FROM: Final = SCOUT_FROM + 1
"""A lead claimed this often travels alone, so that it can only hold up itself."""


class Routed(Struct, frozen=True):
    """What became of a batch. `left` leads have an unknown outcome and stay claimed, to be read again."""

    leads: int = 0
    finished: int = 0
    duplicates: int = 0
    left: int = 0

    def __add__(self, other: Routed) -> Routed:
        return Routed(
            self.leads + other.leads,
            self.finished + other.finished,
            self.duplicates + other.duplicates,
            self.left + other.left,
        )


def batches_of(entries: Sequence[InboxEntry], *, turn: int = 0) -> list[list[InboxEntry]]:
    """The entries that are routed together, in the order of the batches. Pure.

    A lead that was claimed often before is a batch of its own, after all others. After an outage that are all
    leads: up to `SCOUT_FROM` claims one of them goes ahead, and the others together. `turn` picks it.
    """
    tries: dict[str, int] = {}
    for entry in entries:
        tries[entry.contact_id] = max(entry.deliveries, tries.get(entry.contact_id, 0))
    alone = {one for one, count in tries.items() if count >= ALONE_FROM}
    failed = sorted(one for one, count in tries.items() if count == SCOUT_FROM)
    scout = {failed[turn % len(failed)]} if failed else set()
    groups = [
        tries.keys() - alone - set(failed),
        scout,
        set(failed) - scout,
        *({one} for one in sorted(alone)),
    ]
    batches = ([entry for entry in entries if entry.contact_id in group] for group in groups)
    return [batch for batch in batches if batch]


def priority_of(services: Services, entries: Sequence[InboxEntry]) -> Priority:
    """The place in the call budget: new leads before leads of the low-priority stream."""
    low = services.store.keys.inbox_low
    return "sweep" if all(entry.stream == low for entry in entries) else "lead"


def route(
    services: Services, entries: Sequence[InboxEntry], *, consumer: str, priority: Priority = "lead"
) -> Routed:
    """Route one batch of claimed entries (at most 100).

    Safe to repeat at any step: the first decision per lead stands, and a lead is read before it is
    written. Raises `HubSpotError`, `NoRules` or `redis.RedisError`; then what is not finished is still
    claimed.
    """
    states = _recall(services, entries)
    recalled = sort_recalled(entries, states, now_ms=services.now_ms(), most_tries=MOST_TRIES)
    services.store.inbox.acknowledge([entry for item in recalled.finished for entry in item.entries])
    _leave_to_holder(services, recalled.held_elsewhere, consumer=consumer)
    _give_up(services, recalled.hopeless)
    crash_point("after_recall")
    left, began = list(recalled.to_route), services.clock()
    for _ in range(ROUNDS):
        if not left or services.clock() - began > NO_ROUND_AFTER:
            break
        left = _one_round(services, left, consumer=consumer, priority=priority)
    _count_own_faults(services, left, consumer=consumer)
    duplicates = len(recalled.finished) + len(recalled.held_elsewhere)
    finished = len(recalled.to_route) + len(recalled.hopeless) - len(left)
    return Routed(finished + duplicates + len(left), finished, duplicates, len(left))


def _recall(services: Services, entries: Sequence[InboxEntry]) -> dict[str, LeadState]:
    """What is remembered of the announced leads. One that was gone is open again: it was announced anew."""
    leads = services.store.leads
    states = leads.recall(dict.fromkeys(entry.contact_id for entry in entries))
    # A lead that waits for its facts comes back by itself: its deletion stands.
    gone = [
        one
        for one, state in states.items()
        if state.state is State.GONE or (state.deleted and state.state is not State.WAITING)
    ]
    if gone:
        leads.reopen(gone)
        states = {one: state for one, state in states.items() if one not in gone} | leads.recall(gone)
    return states


def _one_round(
    services: Services, items: Sequence[WorkItem], *, consumer: str, priority: Priority
) -> list[WorkItem]:
    """One read and one write for these leads; returns the leads that have to be read again."""
    rules = services.rules.held()
    policy = rules.policy()
    answer = read_contacts(
        services.hubspot, [item.contact_id for item in items], needed=rules.needed(), priority=priority
    )
    crash_point("after_read")
    items = without_merged_parents(services, items, answer)
    plan = classify(items, answer, shadow=policy.mode == "shadow", now=services.clock())
    if plan.merged or plan.survivors:
        note_merges(services, plan)
    decided = decide_and_commit(services, rules, plan.to_decide, answer.records, priority=priority)
    crash_point("after_commit")
    _leave_to_holder(services, decided.held_elsewhere, consumer=consumer)
    to_write = [*plan.to_write, *decided.to_write]
    written = write(services, to_write, roster=policy.roster, consumer=consumer, priority=priority)
    moves = [*plan.transitions, *decided.transitions]
    _note_written(services, moves)
    apply(services, moves)
    crash_point("after_finish")
    return [*plan.unread, *decided.again, *written.again]


def _leave_to_holder(services: Services, items: Sequence[WorkItem], *, consumer: str) -> None:
    """Let go of entries whose lead another worker carries on, if they are still claimed here."""
    entries = [entry for item in items for entry in item.entries]
    lost = services.store.inbox.renew(consumer, entries) if entries else frozenset()
    services.store.inbox.acknowledge([entry for entry in entries if entry.id not in lost])


def _note_written(services: Services, moves: Sequence[Transition]) -> None:
    """Note what was found written: meanwhile another lead's failure is its own."""
    written = [move.contact_id for move in moves if move.count in (WRITTEN, SHADOWED)]
    services.store.recent_writes.note(written, now_ms=services.now_ms())


def _give_up(services: Services, hopeless: Sequence[WorkItem]) -> None:
    if hopeless:
        last, now = services.store.recent_writes.read(), services.clock()
        apply(services, [parking.given_up(item, last, now=now) for item in hopeless])


def _count_own_faults(services: Services, left: Sequence[WorkItem], *, consumer: str) -> None:
    """Leads of unclear outcome stay claimed; a try counts against a lead only if others were written."""
    often = [item for item in left if item.deliveries >= SCOUT_FROM]
    if not often:
        return
    last, now = services.store.recent_writes.read(), services.clock()
    by_outage = [item for item in often if fault_of(item.contact_id, last, now=now) == "outage"]
    services.store.inbox.uncount(consumer, [entry for item in by_outage for entry in item.entries])
