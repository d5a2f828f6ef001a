"""The trip of a batch: recall, read, decide, commit, write, finish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from router.crashpoints import crash_point
from router.hubspot.api.errors import OutcomeUnknown
from router.hubspot.api.records import Outcome, Record
from router.hubspot.routing_properties import DECISION_ID, OWNER
from router.policy.decision.trigger import Pushed, Reassigned, Trigger, trigger_of_record
from router.routing.intake import transitions
from router.routing.intake.deciding import decide_and_commit, properties_read
from router.routing.intake.work_item import Trip
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.inbox.inbox import LEASE, InboxEntry
from router.store.leads.commits import Transition
from router.store.leads.leads import FINISHED, LeadState, State

ROUNDS: Final = 3
"""How often a batch looks again at leads whose outcome it does not know; the rest stay claimed."""

TOO_OFTEN: Final = 8
"""A lead that was claimed more often than this, and never finished, needs a person."""

HANDS_HOLD: Final = 5 * LEASE
"""After so long a decision that nobody finished is anybody's to write, wherever its announcement went."""


@dataclass(frozen=True, slots=True)
class Routed:
    """What became of a batch. `left` leads have an unknown outcome and stay claimed, to be read again."""

    leads: int
    finished: int
    duplicates: int
    left: int


def route(
    services: Services, entries: Sequence[InboxEntry], *, consumer: str, priority: Priority = "lead"
) -> Routed:
    """Route one batch of claimed entries (at most 100).

    Safe to repeat at any step: the first decision per lead stands, and a lead is read before it is
    written. Raises `HubSpotError`, `NoRules` or `redis.RedisError`; then what is not finished is still
    claimed.
    """
    trips = _recall(services, entries)
    duplicates = [trip for trip in trips if trip.state is not None and trip.state.state in FINISHED]
    services.store.commits.acknowledge([entry for trip in duplicates for entry in trip.entries])
    twins = [trip for trip in trips if trip not in duplicates and _is_in_other_hands(services, trip)]
    _leave_to_others(services, twins, consumer=consumer)
    waiting = _park_the_hopeless(services, [trip for trip in trips if trip not in duplicates + twins])
    crash_point("after_recall")
    for _ in range(ROUNDS):
        if not waiting:
            break
        waiting = _go_round(services, waiting, consumer=consumer, priority=priority)
    return Routed(
        leads=len(trips),
        finished=len(trips) - len(duplicates) - len(twins) - len(waiting),
        duplicates=len(duplicates) + len(twins),
        left=len(waiting),
    )


def _recall(services: Services, entries: Sequence[InboxEntry]) -> list[Trip]:
    by_contact: dict[str, list[InboxEntry]] = {}
    for entry in entries:
        by_contact.setdefault(entry.contact_id, []).append(entry)
    known = services.store.leads.recall(by_contact)
    triggers = {one: why for one, state in known.items() if (why := _trigger(state)) is not None}
    return [
        Trip(
            contact_id,
            entries=claimed,
            state=known.get(contact_id),
            # Decided and not finished: somebody's write may be on its way.
            doubtful=contact_id in known and known[contact_id].state is State.DECIDED,
            excluded=frozenset(known[contact_id].released_by if contact_id in triggers else ()),
            trigger=triggers.get(contact_id),
        )
        for contact_id, claimed in by_contact.items()
    ]


def _trigger(state: LeadState) -> Trigger | None:
    """Why the lead is decided once more; a reassignment stays one until its decision is written."""
    if state.trigger is not None and state.state in (State.REOPENED, State.DECIDED):
        return trigger_of_record(state.trigger)
    return Pushed() if state.state is State.REOPENED else None


def _is_in_other_hands(services: Services, trip: Trip) -> bool:
    """Whether another batch decided this lead on an announcement of its own, and still holds that."""
    state = trip.state
    return (
        state is not None
        and state.state is State.DECIDED
        and state.entry_id not in ("", *(entry.id for entry in trip.entries))
        and services.now_ms() - state.at_ms < HANDS_HOLD / timedelta(milliseconds=1)
    )


def _leave_to_others(services: Services, twins: Sequence[Trip], *, consumer: str) -> None:
    """Let go of a second announcement, if it is ours still: the first one's claim carries the lead."""
    entries = [entry for trip in twins for entry in trip.entries]
    lost = services.store.inbox.renew(consumer, entries) if entries else frozenset()
    services.store.commits.acknowledge([entry for entry in entries if entry.id not in lost])


def _park_the_hopeless(services: Services, trips: Sequence[Trip]) -> list[Trip]:
    why = f"It was tried {TOO_OFTEN} times and never finished; the log says why."
    hopeless = [trip for trip in trips if trip.deliveries > TOO_OFTEN]
    _finish(services, [transitions.parked(trip, why=why, now=services.clock()) for trip in hopeless])
    return [trip for trip in trips if trip not in hopeless]


def _go_round(services: Services, trips: Sequence[Trip], *, consumer: str, priority: Priority) -> list[Trip]:
    """One read and one write for these leads; returns those that have to be read again."""
    services = replace(services, rules=services.rules.held())
    records, unread = _read(services, trips, priority=priority)
    crash_point("after_read")
    fresh, to_write, finished = _sort(services, trips, records)
    decided = decide_and_commit(services, fresh, records, priority=priority)
    crash_point("after_commit")
    _leave_to_others(services, decided.left_to_others, consumer=consumer)
    finished += [transitions.parked(trip, why=why, now=services.clock()) for trip, why in decided.parked]
    to_write += decided.to_write
    policy = services.rules.policy()
    if policy.mode == "shadow":
        decided.shadowed += to_write
        to_write = []
    finished += [
        transitions.shadowed(trip, owner_id=_owner_in(records[trip.contact_id]), now=services.clock())
        for trip in decided.shadowed
    ]
    written, unsure = _write(services, _still_ours(services, to_write, consumer=consumer), priority=priority)
    crash_point("after_write")
    _finish(services, finished + written)
    crash_point("after_finish")
    return unread + unsure


def _read(
    services: Services, trips: Sequence[Trip], *, priority: Priority
) -> tuple[Mapping[str, Record], list[Trip]]:
    """The records by contact id, and the trips that HubSpot said nothing about."""
    answer = services.hubspot.read_contacts(
        [trip.contact_id for trip in trips], properties_read(services), priority=priority
    )
    merged = {asked: record.merged_into for asked, record in answer.records.items()}
    unread: list[Trip] = []
    ended: list[Transition] = []
    for trip in trips:
        into = merged.get(trip.contact_id)
        if into is not None:
            # It lives on under a new id, which may never be announced.
            services.store.inbox.append([(into, services.now_ms())])
            ended.append(transitions.gone(trip, now=services.clock(), merged_into=into))
        elif answer.missing.get(trip.contact_id) == "gone":
            ended.append(transitions.gone(trip, now=services.clock()))
        elif trip.contact_id in answer.missing:
            unread.append(trip)
    _finish(services, ended)
    records = {contact_id: record for contact_id, record in answer.records.items() if not record.merged_into}
    return records, unread


def _sort(
    services: Services, trips: Sequence[Trip], records: Mapping[str, Record]
) -> tuple[list[Trip], list[Trip], list[Transition]]:
    """Who needs a decision, whose decision needs writing, and who is finished already."""
    fresh: list[Trip] = []
    to_write: list[Trip] = []
    finished: list[Transition] = []
    now = services.clock()
    policy = services.rules.policy()
    # In shadow mode HubSpot's own rotation owns the leads, and theirs is what ours is compared with.
    shadow = policy.mode == "shadow"
    for trip in trips:
        if trip.contact_id not in records:
            continue
        properties = records[trip.contact_id].properties
        owner_id = _owner_in(records[trip.contact_id])
        if trip.state is None and owner_id and not shadow:
            finished.append(transitions.owned_already(trip, owner_id=owner_id, now=now))
        elif trip.needs_decision and _is_kept(trip, owner_id, shadow=shadow):
            finished.append(transitions.not_reassigned(trip, owner_id=owner_id, now=now))
        elif trip.state is None or (trip.needs_decision and owner_id == trip.expected_owner_id):
            fresh.append(trip)
        elif properties.get(DECISION_ID) == trip.state.decision_id and owner_id == trip.state.owner_id:
            finished.append(transitions.written(trip, now=now))
        elif owner_id in (trip.state.expected_owner_id, trip.state.owner_id):
            to_write.append(trip)
        else:
            finished.append(transitions.taken_by_a_person(trip, owner_id=owner_id, now=now))
    return fresh, to_write, finished


def _is_kept(trip: Trip, owner_id: str, *, shadow: bool) -> bool:
    """Whether a lead that was to be taken from its owner stays: it is no longer theirs, or we only watch."""
    return isinstance(trip.trigger, Reassigned) and (shadow or owner_id != trip.expected_owner_id)


def _owner_in(record: Record) -> str:
    return record.properties.get(OWNER) or ""


def _still_ours(services: Services, trips: Sequence[Trip], *, consumer: str) -> list[Trip]:
    """Keep the claims for the time of a write. What somebody took over meanwhile is theirs to write."""
    if not trips:
        return []
    lost = services.store.inbox.renew(consumer, [entry for trip in trips for entry in trip.entries])
    return [trip for trip in trips if not any(entry.id in lost for entry in trip.entries)]


def _write(
    services: Services, trips: Sequence[Trip], *, priority: Priority
) -> tuple[list[Transition], list[Trip]]:
    """One batch update; every record's outcome is looked at, whatever the answer's status said."""
    if not trips:
        return [], []
    crash_point("before_write")
    changes = {trip.contact_id: trip.state.changes for trip in trips if trip.state is not None}
    try:
        outcomes = services.hubspot.update_contacts(changes, priority=priority)
    except OutcomeUnknown as error:
        services.log.warning("write.unclear", leads=len(trips), why=str(error))
        outcomes = dict.fromkeys(changes, Outcome("unknown", reason=str(error)))
    now = services.clock()
    finished: list[Transition] = []
    again: list[Trip] = []
    for trip in trips:
        outcome = outcomes[trip.contact_id]
        match outcome.kind:
            case "written":
                finished.append(transitions.written(trip, now=now))
            case "refused" if outcome.property == OWNER and _choose_anew(services, trip, why=outcome.reason):
                again.append(trip)
            case "refused":
                finished.append(transitions.parked(trip, why=outcome.reason, now=now))
            case "gone" | "merged" | "unknown":  # a merged contact, too, is "not found": reading it tells
                trip.doubtful = True
                again.append(trip)
    return finished, again


def _choose_anew(services: Services, trip: Trip, *, why: str) -> bool:
    """Whether another owner may be chosen for a lead whose owner HubSpot refused: once, the share goes back.

    The owner was archived since we last looked. The next round decides again.
    """
    if trip.state is None or trip.chosen_anew:
        return False
    owners = services.people.owners.refresh()
    policy = services.rules.policy()
    refused = trip.state.owner_id
    trip.excluded |= frozenset(
        rep.name
        for rep in policy.roster.reps.values()
        if (owner := owners.get(rep.owner.lower())) is not None and owner.id == refused
    )
    trip.refused = trip.chosen_anew = True
    _finish(services, [transitions.owner_refused(trip, why=why, now=services.clock())])
    return True


def _finish(services: Services, finished: Sequence[Transition]) -> None:
    services.store.commits.finish(finished, now_ms=services.now_ms())
    for move in finished:
        if move.event is not None:
            facts = {name: value for name, value in move.event.items() if name not in ("at", "kind")}
            services.log.info(f"lead.{move.event['kind']}", contact_id=move.contact_id, **facts)
