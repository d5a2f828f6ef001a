"""Looks at single queued leads: reading them in HubSpot, joining their group, and the end of their wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from router.hubspot.properties import OWNER
from router.policy.rules.policy import Policy
from router.routing.intake.transitions import queued
from router.routing.intake.transitions.apply import apply
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.routing.queues.groups import group_of, next_push_ms
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from router.store.leads.queues import Tended, rank
from router.timestamps import in_ms

READ_EVERY: Final = timedelta(minutes=3)
"""Interval at which a waiting lead is read, because a person may have set its owner in HubSpot."""
READ_A_MINUTE: Final = 2_000
"""Waiting leads read in a minute: more than 6,000 are read less often, and cost HubSpot no more calls."""
WAITS_AT_MOST: Final = timedelta(days=90)
"""A lead that nobody took in this time is parked: a person decides what becomes of it."""


class LookedAt(Struct, frozen=True):
    """Counts of the leads that were due: all, those that left their queue, and those parked as too old."""

    looked_at: int = 0
    left: int = 0
    ended: int = 0


def look_at_leads(services: Services, policy: Policy, *, limit: int) -> LookedAt:
    """Look at the queued leads that are due by themselves: new in their queue, or not read lately."""
    due = services.store.queues.to_tend(now_ms=services.now_ms(), limit=limit)
    if not due:
        return LookedAt()
    known = services.store.queues.recall(due)
    waiting = {one: lead for one, lead in known.items() if lead.state is State.QUEUED}
    services.store.queues.let_go([one for one in due if one not in waiting])
    ended = _end(services, waiting)
    waiting = {one: lead for one, lead in waiting.items() if one not in ended}
    left, read = _look_in_hubspot(services, policy, waiting)
    _schedule(services, [lead for one, lead in waiting.items() if one not in left], read=read)
    return LookedAt(len(due), len(left), len(ended))


def _schedule(services: Services, leads: Sequence[Tended], *, read: frozenset[str]) -> None:
    """Let leads for which a rep is searched join their group, and note when to look at each again."""
    compiled, now = services.rules.compiled(), services.clock()
    every = max(READ_EVERY, timedelta(minutes=services.store.queues.waiting_in_all() / READ_A_MINUTE))
    again: dict[str, int] = {}
    groups: dict[str, dict[str, int]] = {}
    for lead in leads:
        one, read_at_ms = lead.contact_id, _read_at_ms(lead)
        again[one] = services.now_ms() if one in read else read_at_ms
        again[one] += in_ms(every)
        group, push_ms = group_of(compiled, lead, now=now), next_push_ms(lead, now=now)
        if group is not None:
            groups.setdefault(group, {})[one] = rank(lead.score, since_ms=lead.queued_since_ms)
        if push_ms is not None:
            again[one] = min(again[one], push_ms)
    services.store.waiting.join(groups, now_ms=services.now_ms())
    services.store.queues.look_again(again)


def _read_at_ms(lead: Tended) -> int:
    """When the lead was last read: it was read when it was decided, too."""
    return max(lead.read_at_ms, lead.at_ms)


def _end(services: Services, waiting: Mapping[str, Tended]) -> frozenset[str]:
    """Park the leads that have waited for too long; their contact ids."""
    before_ms, now = services.now_ms() - in_ms(WAITS_AT_MOST), services.clock()
    ending = [
        queued.waited_too_long(one, episode=lead.episode, team=lead.queue, days=WAITS_AT_MOST.days, now=now)
        for one, lead in waiting.items()
        if 0 < lead.queued_since_ms <= before_ms
    ]
    apply(services, ending)
    return frozenset(transition.contact_id for transition in ending)


def _look_in_hubspot(
    services: Services, policy: Policy, waiting: Mapping[str, Tended]
) -> tuple[frozenset[str], frozenset[str]]:
    """Read leads that were not read lately; those that left their queue, and those that were read."""
    before_ms = services.now_ms() - in_ms(READ_EVERY)
    unread = [one for one, lead in waiting.items() if _read_at_ms(lead) <= before_ms]
    if not unread:
        return frozenset(), frozenset()
    answer = services.hubspot.read_contacts(unread, (OWNER,), priority="sweep")
    now, left, free = services.clock(), list[Transition](), list[str]()
    missing, merged = list[str](), list[str]()
    for one in unread:
        record, episode = answer.records.get(one), waiting[one].episode
        if record is not None and record.merged_into is not None:
            merged.append(one)
        elif record is None and answer.missing[one] == "gone":
            missing.append(one)
        elif record is not None and (owner_id := record.properties.get(OWNER)):
            rep = reps_by_owner(services.people.owners.by_email(), policy.roster).get(owner_id)
            left.append(queued.claimed_in_hubspot(one, episode=episode, owner_id=owner_id, rep=rep, now=now))
        elif record is not None:
            free.append(one)
    services.store.merged.look_again(merged, at_ms=services.now_ms())
    # Not found once may be a mistake of HubSpot's: verification looks for them until it is sure.
    services.store.verify.look_again(missing, at_ms=services.now_ms())
    services.store.queues.note_read([*free, *missing, *merged], at_ms=services.now_ms())
    apply(services, left)
    services.store.changed.look_again([transition.contact_id for transition in left], at_ms=services.now_ms())
    for transition in left:
        services.log.info("lead.left_queue", contact_id=transition.contact_id, state=str(transition.state))
    return frozenset(transition.contact_id for transition in left), frozenset(unread)
