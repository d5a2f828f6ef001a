"""Decide a batch against one reading of the share book, and commit it whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from msgspec import Struct

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER
from router.policy.decision.decide import decide
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Revised
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Lead
from router.policy.settling.listened import compared
from router.policy.shares.share_book import Book, add_changes
from router.routing.intake.affinity import AffinityMemory, affinity_memory
from router.routing.intake.late_facts.revisable import with_revisable
from router.routing.intake.late_facts.settling import sort_by_certainty
from router.routing.intake.new_decision import new_decision
from router.routing.intake.reading import leads_of
from router.routing.intake.restore import make_whole
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.work_item import WorkItem
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.leads.commits import Committed, Lost, NewDecision, Outdated, Transition, state_after
from router.store.leads.leads import State
from router.store.settling.settling_leads import SettlingLead

UNDECIDABLE: Final = "The decision failed: a bug in Lead Router; see its log."


@dataclass(slots=True)
class Decided:
    """What became of the leads that needed a decision."""

    to_write: list[WorkItem] = field(default_factory=list)
    held_elsewhere: list[WorkItem] = field(default_factory=list)
    """Another worker was first and carries the lead on, or it is being erased."""
    again: list[WorkItem] = field(default_factory=list)
    """Another worker was first on an entry that it has lost to us since: these leads are ours to carry on."""
    transitions: list[Transition] = field(default_factory=list)
    """Leads that cannot be decided, and those of shadow mode, which are never written."""


class _Batch(Struct, frozen=True):
    """What is read before the decision lock is taken, by contact id."""

    rules: LiveRules
    leads: Mapping[str, Lead]
    records: Mapping[str, Record]
    memory: AffinityMemory
    owners: Mapping[str, Owner]
    """By lower-case e-mail. Read before, because that may call HubSpot."""


def decide_and_commit(
    services: Services,
    rules: LiveRules,
    items: Sequence[WorkItem],
    records: Mapping[str, Record],
    *,
    priority: Priority,
) -> Decided:
    """Decide these leads and commit all decisions in one step; `records` are keyed by contact id.

    Raises `NoRules` while no good rule files were ever seen.
    """
    decided = Decided()
    if not items:
        return decided
    affinity = rules.compiled().affinity
    mine = {item.contact_id: records[item.contact_id] for item in items}
    leads = leads_of(services.hubspot, mine, needed=rules.needed(), priority=priority)
    memory = affinity_memory(services.store.companies, affinity, leads)
    leads = memory.with_previous_owners(leads)
    batch = _Batch(rules, leads, mine, memory, services.people.owners.by_email())
    found = sort_by_certainty(rules.settling(), items, leads, now=services.clock())
    _let_wait(services, found.waiting)
    waiting = found.to_decide
    while waiting:
        with services.store.decision_lock:
            waiting = _decide_under_lock(services, batch, waiting, decided)
        if waiting:
            make_whole(services)
    return decided


def _let_wait(services: Services, leads: Sequence[SettlingLead]) -> None:
    """Let leads wait for their facts; another worker may have decided one of them meanwhile."""
    waits = services.store.settling.wait(leads, now_ms=services.now_ms())
    for lead, is_waiting in zip(leads, waits, strict=True):
        if is_waiting:
            services.log.info("lead.waiting", contact_id=lead.contact_id, waits_for=",".join(lead.waits_for))


def _decide_under_lock(
    services: Services, batch: _Batch, waiting: list[WorkItem], decided: Decided
) -> list[WorkItem]:
    """Decide and commit until nothing waits; returns what is left if Redis has lost the share book."""
    while waiting and services.store.restoration.is_whole():
        now = services.clock()
        fields, version = services.store.commits.read_book([batch.rules.policy().roster.day_of(now)])
        new = _decide_all(services, batch, waiting, decided, fields=fields, now=now)
        waiting = [item for item, _ in new]
        if not waiting:
            break
        answer = services.store.commits.commit(
            [one for _, one in new], version=version, now_ms=services.now_ms()
        )
        match answer:
            case Committed():
                _note_committed(services, batch, new, decided)
                return []
            case Outdated():
                pass  # another worker's commit came between: the book is read again
            case Lost(contact_ids):
                _sort_lost(services, [item for item in waiting if item.contact_id in contact_ids], decided)
                waiting = [item for item in waiting if item.contact_id not in contact_ids]
    return waiting


def _sort_lost(services: Services, lost: Sequence[WorkItem], decided: Decided) -> None:
    """Leads that another worker decided first: it carries them on unless we hold its entry by now."""
    states = services.store.leads.recall([item.contact_id for item in lost])
    for item in lost:
        state = states.get(item.contact_id)
        if (
            state is not None
            and state.state is State.DECIDED
            and state.entry_id in {entry.id for entry in item.entries}
        ):
            decided.again.append(item.as_decided(state))
        else:
            decided.held_elsewhere.append(item)


def _decide_all(
    services: Services,
    batch: _Batch,
    waiting: Sequence[WorkItem],
    decided: Decided,
    *,
    fields: dict[str, int],
    now: datetime,
) -> list[tuple[WorkItem, NewDecision]]:
    """One decision per lead, each in the world that the ones before it leave; nothing is committed.

    `fields` are the book's, with the counts of the day of `now`; each decision's changes are added to them.
    """
    compiled = batch.rules.compiled()
    reported = services.people.availability.reported(compiled.policy.roster, batch.owners, now=now)
    world = World(Book(fields), batch.owners, now, reported)
    batch.memory.read()
    needed = batch.rules.needed()
    names = compared(needed)
    new: list[tuple[WorkItem, NewDecision]] = []
    for item in waiting:
        contact_id = item.contact_id
        try:
            remembered = batch.memory.of(contact_id, own=not isinstance(item.trigger, Revised))
            decision = decide(compiled, batch.leads[contact_id], world, item.request(remembered))
        except Exception:  # one poisonous lead must not hold up ninety-nine others
            services.log.exception("lead.undecidable", contact_id=contact_id)
            decided.transitions.append(transitions.parked(item, why=UNDECIDABLE, now=now))
            continue
        add_changes(fields, decision.book_changes)
        kept = new_decision(
            decision,
            batch.records[contact_id],
            compiled=compiled,
            reported=reported,
            trigger=item.trigger,
            expected_owner_id=item.expected_owner_id,
            entry_id=item.entries[0].id,
            before=item.state,
            memory=batch.memory.learn(decision),
        )
        kept = with_revisable(
            kept,
            decision,
            batch.leads[contact_id],
            item,
            compiled=compiled,
            names=names,
            of_company=needed.company,
        )
        new.append((item, kept))
    return new


def _note_committed(
    services: Services, batch: _Batch, new: Sequence[tuple[WorkItem, NewDecision]], decided: Decided
) -> None:
    now, at_ms = services.clock(), services.now_ms()
    for item, kept in new:
        item = item.as_decided(state_after(kept, at_ms=at_ms, before=item.state))
        if kept.shadow:
            owner_id = batch.records[item.contact_id].properties.get(OWNER) or ""
            decided.transitions.append(transitions.shadowed(item, owner_id=owner_id, now=now))
        else:
            decided.to_write.append(item)
