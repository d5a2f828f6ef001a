"""Pushing waiting leads: once a rep became available, the leads concerned are decided again, in order."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router import time_slice
from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.decision.trigger import Pushed
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.policy.waiting.rep_openings import newly_open, rep_openings, reps_of
from router.routing.intake.transitions import queued
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.routing.queues.groups import group_of, revision_of, rule_of
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from router.store.leads.queues import Tended
from router.store.waiting.groups import RepsSeen
from router.timestamps import in_ms

TRY_EVERY: Final = timedelta(seconds=5)
"""Interval at which it is looked whether a rep became available for whom leads wait."""
RAREST_LOOK: Final = timedelta(hours=1)
"""A group for which nobody becomes available is looked at this often, to let go what left its queue."""
GROUPS_AT_A_TIME: Final = 100
LEADS_AHEAD: Final = 100
"""Leads of a group read together, once its first one found a rep."""


class Pushing(Struct, frozen=True):
    """Counts: leads looked at, and those to be decided again."""

    looked_at: int = 0
    reopened: int = 0


@dataclass(slots=True)
class _Group:
    """One due group: its next leads by rank, and how many of it were taken."""

    name: str
    ahead: list[tuple[int, str]] = field(default_factory=list)
    """Rank and contact id, the next one last."""
    taken: int = 0


@dataclass(slots=True)
class _Search:
    """What one look found."""

    known: dict[str, Tended] = field(default_factory=dict)
    looked_at: int = 0
    reopening: list[Transition] = field(default_factory=list)
    leaving: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    joining: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    nobody: list[str] = field(default_factory=list)
    """Groups of which no lead finds a rep."""
    gave: bool = False
    """True once a lead of this look would have got a rep."""


def push_groups(services: Services, policy: Policy, *, limit: int) -> Pushing:
    """Reopen the leads that a rep would get now, at most `limit`, each counted before the next is judged.

    The leads of a group stand for each other: where the first finds nobody, none does, until a rep has a way
    open that was closed. Leads of several groups go by their rank. Without change this is a handful of calls
    to Redis, however many leads wait.
    """
    store, now_ms = services.store, services.now_ms()
    if not store.waiting.is_due(now_ms=now_ms, every_ms=in_ms(TRY_EVERY)):
        return Pushing()
    compiled, world = services.rules.compiled(), _world(services, policy)
    _wake(services, compiled, world, now_ms=now_ms)
    names = store.waiting.due(now_ms=now_ms, limit=GROUPS_AT_A_TIME)
    if not names:
        return Pushing()
    look = _search(services, compiled, world, names, limit=limit)
    moved = apply(services, look.reopening)
    store.waiting.join(look.joining, now_ms=now_ms)
    store.waiting.leave(look.leaving)
    # A rep who was counted as busy here may stay free: the lead can turn out to be a person's by now.
    again = TRY_EVERY if look.gave else RAREST_LOOK
    store.waiting.look_again(dict.fromkeys(look.nobody, now_ms + in_ms(again)))
    return Pushing(look.looked_at, sum(moved))


def _world(services: Services, policy: Policy) -> World:
    owners, now = services.people.owners.by_email(), services.clock()
    fields, _ = services.store.commits.read_book([policy.roster.day_of(now)])
    reported = services.people.availability.reported(policy.roster, owners, now=now)
    return World(Book(fields), owners, now, reported)


def _wake(services: Services, compiled: CompiledPolicy, world: World, *, now_ms: int) -> None:
    """Make the groups due for which a rep became available since the last look, or the rules changed."""
    waiting, revision = services.store.waiting, compiled.policy.revision
    before, reps = waiting.reps_seen(), rep_openings(compiled, world)
    opened = newly_open(before.reps if before else {}, reps)
    changed = before is None or before.revision != revision
    if opened or changed:
        concerned = {rule.name: reps_of(compiled, rule.name) for rule in compiled.policy.rules}
        woken = [
            name
            for name in waiting.names()
            if changed
            or revision_of(name) != revision
            or (of_rule := concerned.get(rule_of(name))) is None
            or not opened.isdisjoint(of_rule)
        ]
        waiting.look_again(dict.fromkeys(woken, now_ms))
    waiting.note_reps(RepsSeen(now_ms, revision, reps))


def _search(
    services: Services, compiled: CompiledPolicy, world: World, names: Sequence[str], *, limit: int
) -> _Search:
    """Search reps for the leads of these groups, by rank, until none is left that finds one."""
    look = _Search()
    groups = {name: _Group(name) for name in names}
    _read_ahead(services, look, list(groups.values()), count=1)
    heap = [(group.ahead[-1], name) for name, group in groups.items() if group.ahead]
    heapq.heapify(heap)
    look.leaving.update({name: [] for name, group in groups.items() if not group.ahead})
    while heap and len(look.reopening) < limit:
        (rank, contact_id), name = heapq.heappop(heap)
        look.looked_at += 1
        group = groups[name]
        group.ahead.pop()
        group.taken += 1
        after = _search_for(compiled, world, look, group, contact_id=contact_id, rank=rank)
        if after is None:
            look.nobody.append(name)
        else:
            world = after
            if not group.ahead:
                _read_ahead(services, look, [group], count=LEADS_AHEAD)
            if group.ahead:
                heapq.heappush(heap, (group.ahead[-1], name))
        if time_slice.is_over():
            break
    return look


def _search_for(
    compiled: CompiledPolicy, world: World, look: _Search, group: _Group, *, contact_id: str, rank: int
) -> World | None:
    """Search a rep for one lead; the world after it, or None if it, and so its group, finds nobody."""
    lead = look.known.get(contact_id)
    if lead is None or lead.state is not State.QUEUED or lead.decision is None:
        look.leaving[group.name].append(contact_id)
        return world
    belongs_to = group_of(compiled, lead, now=world.now)
    if belongs_to != group.name:  # it was queued again since, or its rule changed with the time
        look.leaving[group.name].append(contact_id)
        if belongs_to is not None:
            look.joining[belongs_to][contact_id] = rank
        return world
    if lead.decision.revision == compiled.policy.revision:
        request = DecisionRequest(contact_id, excluded=frozenset(lead.released_by), trigger=Pushed())
        decision = decide_on_facts(compiled, lead.decision.facts, world, request)
        if not isinstance(decision.outcome, Assigned):
            return None
        look.gave = True
        world = replace(world, book=world.book.apply(decision.book_changes))
    look.reopening.append(queued.reopened(contact_id, episode=lead.episode, now=world.now))
    look.leaving[group.name].append(contact_id)
    return world


def _read_ahead(services: Services, look: _Search, groups: Sequence[_Group], *, count: int) -> None:
    """Read the next leads of these groups."""
    places = {group.name: (group.taken, count) for group in groups}
    found = services.store.waiting.leads(places)
    for group in groups:
        group.ahead = [(rank, contact_id) for contact_id, rank in reversed(found[group.name])]
    ids = [contact_id for rows in found.values() for contact_id, _ in rows]
    look.known.update(services.store.queues.recall(ids) if ids else {})
