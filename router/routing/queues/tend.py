"""Tending the queues: waiting leads are pushed, decided again, or found to have an owner in HubSpot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from router.hubspot.properties import OWNER
from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.decision.trigger import Pushed
from router.policy.explanation.decision_record import from_record
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.routing.intake.transitions import gone, queued
from router.routing.intake.transitions.apply import apply
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from router.store.leads.queues import Tended
from router.timestamps import epoch_ms, in_ms

AT_A_TIME: Final = 100
"""Leads looked at in one step: HubSpot reads at most this many in one call."""
READ_EVERY: Final = timedelta(minutes=3)
"""Interval at which a waiting lead is read, because a person may have set its owner in HubSpot."""
TRY_EVERY: Final = timedelta(seconds=5)
"""Interval at which a lead without an eligible rep is tried again."""


@dataclass(frozen=True, slots=True)
class Tending:
    """Counts of the leads that were due."""

    looked_at: int
    reopened: int
    owned: int


def tend_queues(services: Services, *, limit: int = AT_A_TIME) -> Tending:
    """Look at queued leads that are due, at most 100: one call to HubSpot if some were not read lately.

    A lead whose `push_at` is over, or that had no eligible rep, is decided once more as soon as a rep would
    get it; a lead that a person owns in HubSpot leaves the queue. Safe to repeat. Raises `HubSpotError`,
    `NoRules` or `redis.RedisError`; then the leads stay due.
    """
    policy = services.rules.policy()
    due = services.store.queues.to_tend(now_ms=services.now_ms(), limit=limit)
    if not due or policy.mode == "shadow":
        return Tending(0, 0, 0)
    known = services.store.queues.recall(due)
    waiting = {one: lead for one, lead in known.items() if lead.state is State.QUEUED}
    services.store.queues.let_go([one for one in due if one not in waiting])
    left = _look_in_hubspot(services, policy, waiting)
    here = [lead for one, lead in waiting.items() if one not in left]
    return Tending(len(due), _reopen(services, policy, here), len(left))


def _look_in_hubspot(services: Services, policy: Policy, waiting: Mapping[str, Tended]) -> frozenset[str]:
    """Read leads that were not read lately; those that have an owner or are gone leave the queue."""
    before_ms = services.now_ms() - in_ms(READ_EVERY)
    unread = [one for one, lead in waiting.items() if lead.read_at_ms <= before_ms]
    if not unread:
        return frozenset()
    answer = services.hubspot.read_contacts(unread, (OWNER,), priority="sweep")
    now, left, free = services.clock(), list[Transition](), list[str]()
    missing, merged = list[str](), dict[str, str]()
    for one in unread:
        record, episode = answer.records.get(one), waiting[one].episode
        if record is not None and record.merged_into is not None:
            merged[one] = record.merged_into
        elif record is None and answer.missing[one] == "gone":
            missing.append(one)
        elif record is not None and (owner_id := record.properties.get(OWNER)):
            rep = reps_by_owner(services.people.owners.by_email(), policy.roster).get(owner_id)
            left.append(queued.claimed_in_hubspot(one, episode=episode, owner_id=owner_id, rep=rep, now=now))
        elif record is not None:
            free.append(one)
    states = services.store.leads.recall(merged)
    left += [gone.merged(states[one], into=into, now=now) for one, into in merged.items() if one in states]
    services.store.inbox.append_low(merged.values(), now_ms=services.now_ms())
    # Not found once may be a mistake of HubSpot's: verification looks for them until it is sure.
    services.store.verify.look_again(missing, at_ms=services.now_ms())
    services.store.queues.note_read([*free, *missing], at_ms=services.now_ms())
    apply(services, left)
    services.store.changed.look_again([transition.contact_id for transition in left], at_ms=services.now_ms())
    for transition in left:
        services.log.info("lead.left_queue", contact_id=transition.contact_id, state=str(transition.state))
    return frozenset(transition.contact_id for transition in left)


def _reopen(services: Services, policy: Policy, leads: Sequence[Tended]) -> int:
    """Reopen the leads that a rep would get now, and schedule the others; the number reopened."""
    owners, now = services.people.owners.by_email(), services.clock()
    fields, _ = services.store.commits.read_book([policy.roster.day_of(now)])
    reported = services.people.availability.reported(policy.roster, owners, now=now)
    world, compiled = World(Book(fields), owners, now, reported), services.rules.compiled()
    reopening: list[Transition] = []
    again: dict[str, int] = {}
    for lead in leads:
        if lead.record is None:
            again[lead.contact_id] = epoch_ms(now + READ_EVERY)
            continue
        decision = from_record(lead.record)
        if not isinstance(decision.outcome, Queued):
            again[lead.contact_id] = epoch_ms(now + READ_EVERY)
        elif not _is_due(decision.outcome, now):
            again[lead.contact_id] = epoch_ms(
                min(now + READ_EVERY, decision.outcome.push_at or now + READ_EVERY)
            )
        elif decision.revision != policy.revision or _finds_somebody(compiled, lead, decision, world):
            reopening.append(queued.reopened(lead.contact_id, episode=lead.episode, now=now))
        else:
            again[lead.contact_id] = epoch_ms(now + TRY_EVERY)
    services.store.queues.look_again(again)
    return sum(apply(services, reopening))


def _is_due(outcome: Queued, now: datetime) -> bool:
    """True if the lead waits for an eligible rep, or longer than its rule lets it wait in the queue."""
    return outcome.why is not None or (outcome.push_at is not None and outcome.push_at <= now)


def _finds_somebody(compiled: CompiledPolicy, lead: Tended, decision: Decision, world: World) -> bool:
    """True if a decision now, on the stored facts, would assign the lead to a rep."""
    request = DecisionRequest(lead.contact_id, excluded=frozenset(lead.released_by), trigger=Pushed())
    return isinstance(decide_on_facts(compiled, decision.facts, world, request).outcome, Assigned)
