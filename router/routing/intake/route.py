"""The way of a batch: recall, read, classify, decide, commit, write, apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from router.crashpoints import crash_point
from router.routing.intake.classify import classify
from router.routing.intake.deciding import decide_and_commit
from router.routing.intake.reading import read_contacts
from router.routing.intake.recall import sort_recalled
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.transitions.apply import apply
from router.routing.intake.work_item import WorkItem
from router.routing.intake.writing import write
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import LeadState, State

ROUNDS: Final = 3
"""Rounds of reading and writing for leads of unknown outcome; the rest stays claimed."""

MOST_TRIES: Final = 8
"""A lead that was claimed more often than this, and never finished, is parked: it needs a person."""

ALONE_FROM: Final = 3
"""A lead claimed this often travels alone, so that it can only hold up itself."""


@dataclass(frozen=True, slots=True)
class Routed:
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


def batches_of(entries: Sequence[InboxEntry]) -> list[list[InboxEntry]]:
    """The entries that are routed together; a lead that was claimed often before is a batch of its own."""
    alone = {entry.contact_id for entry in entries if entry.deliveries >= ALONE_FROM}
    together = [entry for entry in entries if entry.contact_id not in alone]
    batches = [together, *([entry for entry in entries if entry.contact_id == one] for one in sorted(alone))]
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
    why = f"It was tried {MOST_TRIES} times and never finished; the log says why."
    apply(services, [transitions.parked(item, why=why, now=services.clock()) for item in recalled.hopeless])
    crash_point("after_recall")
    left = list(recalled.to_route)
    for _ in range(ROUNDS):
        if not left:
            break
        left = _one_round(services, left, consumer=consumer, priority=priority)
    duplicates = len(recalled.finished) + len(recalled.held_elsewhere)
    finished = len(recalled.to_route) + len(recalled.hopeless) - len(left)
    return Routed(finished + duplicates + len(left), finished, duplicates, len(left))


def _recall(services: Services, entries: Sequence[InboxEntry]) -> dict[str, LeadState]:
    """What is remembered of the announced leads. One that was gone is open again: it was announced anew."""
    leads = services.store.leads
    states = leads.recall(dict.fromkeys(entry.contact_id for entry in entries))
    gone = [one for one, state in states.items() if state.state is State.GONE or state.deleted]
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
    plan = classify(items, answer, shadow=policy.mode == "shadow", now=services.clock())
    if plan.merged_into:
        services.store.inbox.append([(into, services.now_ms()) for into in plan.merged_into])
    decided = decide_and_commit(services, rules, plan.to_decide, answer.records, priority=priority)
    crash_point("after_commit")
    _leave_to_holder(services, decided.held_elsewhere, consumer=consumer)
    to_write = [*plan.to_write, *decided.to_write]
    written = write(services, to_write, roster=policy.roster, consumer=consumer, priority=priority)
    apply(services, [*plan.transitions, *decided.transitions])
    crash_point("after_finish")
    return [*plan.unread, *written.again]


def _leave_to_holder(services: Services, items: Sequence[WorkItem], *, consumer: str) -> None:
    """Let go of entries whose lead another worker carries on, if they are still claimed here."""
    entries = [entry for item in items for entry in item.entries]
    lost = services.store.inbox.renew(consumer, entries) if entries else frozenset()
    services.store.inbox.acknowledge([entry for entry in entries if entry.id not in lost])
