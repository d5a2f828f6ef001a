"""The list of overdue leads, with their owners and the next step for each."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from router.clock import Clock
from router.policy.decision.assignment import assignment_of_record, timetable_of
from router.policy.rules.sla_steps import Moment, MoveToQueue, Reassign
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.people import People
from router.store.leads.leads import State
from router.store.store import Store

Next = Literal["reassign", "queue", "remind"]


class OverdueLead(Struct, frozen=True):
    """A lead without work on it, due since `due_at`; moments are aware UTC.

    `rep` is None for an owner who is no rep of the rule files. At `next_at` the lead is reassigned, queued
    (in the queue of `queue`), or a reminder is sent; None if no step is left.
    """

    contact_id: str
    owner_id: str
    rep: str | None
    team: str | None
    rule: str
    due_at: datetime
    times_taken: int
    next: Next | None = None
    next_at: datetime | None = None
    queue: str | None = None


def overdue_leads(
    *, store: Store, rules: LiveRules, people: People, clock: Clock, limit: int
) -> tuple[OverdueLead, ...]:
    """Up to `limit` overdue leads, longest overdue first, as the watch saw them some minutes ago.

    HubSpot is not asked. Raises `NoRules` or `redis.RedisError`.
    """
    policy = rules.policy()
    since = store.watched.overdue(limit=limit)
    states = store.leads.recall(since)
    now = clock()
    reported = people.availability.reported(policy.roster, people.owners.by_email(), now=now)
    found = []
    for contact_id, due_at in since.items():
        state = states.get(contact_id)
        if state is None or state.state is not State.DONE or state.assignment is None:
            continue
        given = assignment_of_record(state.assignment)
        following = timetable_of(policy, given, reported=reported).following(now)
        found.append(
            OverdueLead(
                contact_id=contact_id,
                owner_id=state.owner_id,
                rep=given.rep,
                team=given.team,
                rule=given.rule,
                due_at=due_at,
                times_taken=state.times_taken,
                next=None if following is None else _kind(following, times_taken=state.times_taken),
                next_at=None if following is None else following.at,
                queue=_queue(following),
            )
        )
    return tuple(found)


def _kind(following: Moment, *, times_taken: int) -> Next:
    match following.step.action:
        case MoveToQueue():
            return "queue"
        case Reassign(at_most=at_most) if times_taken < at_most:
            return "reassign"
        case _:
            return "remind"


def _queue(following: Moment | None) -> str | None:
    action = None if following is None else following.step.action
    return action.team if isinstance(action, MoveToQueue) else None
