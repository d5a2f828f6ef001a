"""Decide a batch against one reading of the book, and commit it whole; whoever comes second decides anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from router.hubspot.api.records import Record
from router.hubspot.routing_properties import ALWAYS_READ, COMPANY, OWNER, STATUS, changes_for
from router.policy.decision.decide import decide
from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.inputs import Inputs, Watched, inputs_seen
from router.policy.decision.trigger import Reassigned, trigger_as_record
from router.policy.explanation.decision_record import as_record
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Lead, Value
from router.policy.people.availability import Reported
from router.policy.rules.affinity import Remembered
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.routing.intake.assigned import assigned
from router.routing.intake.restore import make_whole
from router.routing.intake.sticky import followed, with_previous_owners
from router.routing.intake.work_item import Trip
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.leads.commits import Committed, Lost, Memory, NewDecision, Outdated
from router.store.leads.leads import LeadState, State


@dataclass(slots=True)
class Decided:
    """What became of the leads that needed a decision."""

    to_write: list[Trip] = field(default_factory=list)
    """Decided by us, not written yet."""

    shadowed: list[Trip] = field(default_factory=list)
    """Decided and recorded in shadow mode, so never written."""

    left_to_others: list[Trip] = field(default_factory=list)
    """Somebody else was first and carries the lead on, or it is being erased: nothing is left to do here."""

    parked: list[tuple[Trip, str]] = field(default_factory=list)
    """No decision could be computed, and why."""


def decide_and_commit(
    services: Services, trips: Sequence[Trip], records: Mapping[str, Record], *, priority: Priority
) -> Decided:
    """Decide these leads and commit all decisions in one step; each trip then carries its state.

    Raises `NoRules` while no good rule files were ever seen.
    """
    decided = Decided()
    if not trips:
        return decided
    policy = services.rules.policy()
    leads = leads_of(services, trips, records, priority=priority)
    owners = services.people.owners.by_email()
    memory = followed(services.store.companies, policy, leads)
    waiting = list(trips)
    with services.store.decision_lock:
        while waiting:
            make_whole(services)
            fields, version = services.store.commits.read_book()
            book, now = Book(fields), services.clock()
            reported = services.people.availability.reported(policy.roster, owners, now=now)
            memory.read()
            committing: list[tuple[Trip, Decision, NewDecision]] = []
            for trip in list(waiting):
                try:
                    decision = decide_trip(
                        policy,
                        trip,
                        leads[trip.contact_id],
                        book,
                        owners,
                        now,
                        reported=reported,
                        remembered=memory.of(trip.contact_id),
                    )
                except Exception:  # one poisonous lead must not hold up ninety-nine others
                    services.log.exception("lead.undecidable", contact_id=trip.contact_id)
                    decided.parked.append((trip, "The decision failed: a bug in Lead Router; see its log."))
                    waiting.remove(trip)
                    continue
                book = book.apply(decision.book_changes)
                new = _new(
                    trip,
                    decision,
                    records[trip.contact_id],
                    memory=memory.learn(decision),
                    assignment=assigned(policy, decision, reported=reported),
                )
                committing.append((trip, decision, new))
            answer = services.store.commits.commit(
                [new for _, _, new in committing], version=version, now_ms=services.now_ms()
            )
            match answer:
                case Committed():
                    for trip, decision, new in committing:
                        trip.state = _state(decision, new)
                        trip.refused = False
                        (decided.shadowed if new.shadow else decided.to_write).append(trip)
                    waiting = []
                case Outdated():
                    pass  # somebody else's commit came between: the book is read again
                case Lost(contact_ids):
                    decided.left_to_others += [trip for trip in waiting if trip.contact_id in contact_ids]
                    waiting = [trip for trip in waiting if trip.contact_id not in contact_ids]
    return decided


def decide_trip(
    policy: Policy,
    trip: Trip,
    lead: Lead,
    book: Book,
    owners: Mapping[str, Owner],
    now: datetime,
    *,
    reported: Mapping[str, Reported],
    remembered: tuple[Remembered, ...] = (),
) -> Decision:
    """The decision with everything it looked at, so that it can be computed again from the ledger."""
    fields_seen, owners_seen, said_seen = Watched(book.fields), Watched(owners), Watched(reported)

    def seen(facts: Mapping[str, Value]) -> Inputs:
        return inputs_seen(
            fields_seen,
            owners_seen,
            policy=policy,
            account_owner=facts.get("account_owner"),
            previous_owner=facts.get("previous_owner"),
            excluded=trip.excluded,
            reported=said_seen,
            remembered=remembered,
            trigger=trip.trigger,
        )

    return decide(
        policy,
        lead,
        book=Book(fields_seen),
        owners=owners_seen,
        now=now,
        episode=trip.next_episode,
        excluded=trip.excluded,
        reported=said_seen,
        remembered=remembered,
        trigger=trip.trigger,
        seen=seen,
    )


def properties_read(services: Services, *more: str) -> tuple[str, ...]:
    """The contact properties that deciding by the live rules asks for, and `more`, each once."""
    needed = services.rules.needed()
    company = (COMPANY,) if needed.company else ()
    return tuple(dict.fromkeys((*ALWAYS_READ, *more, *company, *needed.contact)))


def leads_of(
    services: Services, trips: Sequence[Trip], records: Mapping[str, Record], *, priority: Priority = "lead"
) -> Mapping[str, Lead]:
    """The leads as the policy sees them, with their companies and previous owners if it names any."""
    policy, needed = services.rules.policy(), services.rules.needed()
    company_of = {
        trip.contact_id: company_id
        for trip in trips
        if needed.company and (company_id := records[trip.contact_id].properties.get(COMPANY))
    }
    companies: Mapping[str, Record] = {}
    if company_of:
        companies = services.hubspot.read_companies(
            list(dict.fromkeys(company_of.values())), needed.company, priority=priority
        ).records
    leads = {}
    for trip in trips:
        company = companies.get(company_of.get(trip.contact_id, ""))
        leads[trip.contact_id] = Lead(
            trip.contact_id,
            properties=records[trip.contact_id].properties,
            company=company.properties if company else {},
        )
    return with_previous_owners(services.store.companies, policy, leads)


def _new(
    trip: Trip,
    decision: Decision,
    record: Record,
    *,
    memory: Memory | None,
    assignment: Mapping[str, Any] | None,
) -> NewDecision:
    shadow = decision.mode == "shadow"
    taken = isinstance(trip.trigger, Reassigned)
    changes = {} if shadow else changes_for(decision, current_status=record.properties.get(STATUS) or "")
    if taken and not shadow:
        changes.setdefault(OWNER, "")
    return NewDecision(
        contact_id=trip.contact_id,
        episode=decision.episode,
        decision_id=decision.id,
        owner_id=decision.outcome.owner_id if isinstance(decision.outcome, Assigned) else "",
        expected_owner_id=trip.expected_owner_id,
        changes=changes,
        paid=decision.book_changes,
        queue=decision.outcome.team if isinstance(decision.outcome, Queued) else "",
        entry_id=trip.entries[0].id,
        record=orjson.dumps(as_record(decision)),
        shadow=shadow,
        memory=memory,
        trigger=trigger_as_record(trip.trigger) if taken and trip.trigger else None,
        assignment=assignment,
    )


def _state(decision: Decision, new: NewDecision) -> LeadState:
    return LeadState(
        contact_id=new.contact_id,
        episode=new.episode,
        state=State.SHADOW if new.shadow else State.DECIDED,
        owner_id=new.owner_id,
        expected_owner_id=new.expected_owner_id,
        decision_id=decision.id,
        at_ms=int(decision.decided_at.timestamp() * 1000),
        changes=new.changes,
        queue=new.queue,
        entry_id=new.entry_id,
        assignment=new.assignment,
    )
