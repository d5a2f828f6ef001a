"""Where each of these leads would go by the live rules, or why it stays where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from router.hubspot.api.records import Record
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.decision.trigger import Reassigned, ToOwner
from router.routing.followup.reassign import Reassignment
from router.routing.intake.deciding import decide_trip, leads_of, properties_read
from router.routing.intake.sticky import followed
from router.routing.intake.work_item import Trip
from router.routing.portal.services import Services
from router.routing.take_back.take_back_context import TakeBackContext
from router.routing.take_back.untouched import ASKED, why_touched
from router.store.leads.leads import LeadState


@dataclass(frozen=True, slots=True)
class TakeBackStep:
    """One lead that would go from somebody to somebody, in words, and how that is asked for."""

    came_from: str
    goes_to: str
    rule: str
    wanted: Reassignment


def judged(
    services: Services, context: TakeBackContext, decisions: Sequence[Decision], stay: dict[str, str]
) -> Iterator[TakeBackStep]:
    """The steps of those leads that would move; `stay` learns why each of the others does not.

    The ground's book changes with each step. Raises what HubSpot, Redis and the ledger raise.
    """
    ids = [one.contact_id for one in decisions]
    states = services.store.leads.recall(ids)
    histories = services.hubspot.read_owner_history(ids, ASKED, priority="sweep")
    trips: list[tuple[Decision, Trip]] = []
    for decision in decisions:
        contact_id = decision.contact_id
        state = states.get(contact_id)
        touched = why_touched(decision, state, histories.get(contact_id))
        if touched is not None or state is None:
            stay[contact_id] = touched or ""
        else:
            trips.append((decision, _trip(context, decision, state)))
    records = _read(services, [trip.contact_id for _, trip in trips])
    there = [(decision, trip) for decision, trip in trips if trip.contact_id in records]
    stay |= {
        trip.contact_id: "it was deleted in HubSpot" for _, trip in trips if trip.contact_id not in records
    }
    yield from _decided(services, context, there, records, stay)


def _read(services: Services, ids: Sequence[str]) -> dict[str, Record]:
    answer = services.hubspot.read_contacts(ids, properties_read(services), priority="sweep")
    return {one: found for one, found in answer.records.items() if found.merged_into is None}


def _trip(context: TakeBackContext, decision: Decision, state: LeadState) -> Trip:
    owner_id = decision.owner_id
    before = _owner_before(context, decision) if context.kind == "undo" else None
    taken = Reassigned(
        owner_id,
        context.reps.get(owner_id),
        context.why,
        context.run,
        to=ToOwner(before) if before else None,
        paid=decision.book_changes if owner_id else {},
    )
    named = {before, context.reps.get(before)} if before else frozenset()
    excluded = frozenset(one for one in state.released_by if one not in named)
    return Trip(decision.contact_id, entries=(), state=state, excluded=excluded, trigger=taken)


def _owner_before(context: TakeBackContext, decision: Decision) -> str | None:
    """From whom the decision took the lead, if they are still there."""
    trigger = decision.inputs.trigger if decision.inputs else None
    if not isinstance(trigger, Reassigned):
        return None
    active = {owner.id for owner in context.owners.values() if not owner.archived}
    return trigger.owner_id if trigger.owner_id in active and trigger.owner_id != decision.owner_id else None


def _decided(
    services: Services,
    context: TakeBackContext,
    trips: Sequence[tuple[Decision, Trip]],
    records: Mapping[str, Record],
    stay: dict[str, str],
) -> Iterator[TakeBackStep]:
    """Where each would go, on the book as the ones before it leave it."""
    leads = leads_of(services, [trip for _, trip in trips], records, priority="sweep")
    memory = followed(services.store.companies, context.policy, leads)
    memory.read()
    for old, trip in trips:

        def decide(trip: Trip, *, with_memory: bool) -> Decision:
            remembered = memory.of(trip.contact_id) if with_memory else ()
            return decide_trip(
                context.policy,
                trip,
                leads[trip.contact_id],
                context.book,
                context.owners,
                context.now,
                reported=context.reported,
                remembered=remembered,
            )

        if _stays(context, old, decide(trip, with_memory=False)):
            stay[trip.contact_id] = "the live rules leave it there"
            continue
        new, except_for = decide(trip, with_memory=True), frozenset[str]()
        if old.owner_id and new.owner_id == old.owner_id:
            # Its company is remembered with the very owner it is taken from: that must not decide.
            except_for = frozenset({old.owner_id})
            trip.excluded |= except_for
            new = decide(trip, with_memory=True)
        context.book = context.book.apply(new.book_changes)
        yield _step(context, old, new, trip, except_for=except_for)


def _stays(context: TakeBackContext, old: Decision, new: Decision) -> bool:
    """Whether the live rules leave the lead where it is; a reroute does not deal a team's leads again."""
    match old.outcome, new.outcome:
        case Assigned(owner_id=before), Assigned(owner_id=after) if before == after:
            return True
        case Assigned(rep=rep, team=str(team)), Assigned(team=same) if (
            context.kind == "reroute" and team == same
        ):
            there = context.policy.roster.teams.get(team)
            return there is not None and rep in there.reps
        case Queued(team=before), Queued(team=after):
            return before == after
        case ((Nurtured() | LeftAlone()), (Nurtured() | LeftAlone())):
            return old.outcome == new.outcome
    return False


def _step(
    context: TakeBackContext, old: Decision, new: Decision, trip: Trip, *, except_for: frozenset[str]
) -> TakeBackStep:
    taken = trip.trigger
    if not isinstance(taken, Reassigned) or trip.state is None:
        raise TypeError("a plan only takes back leads that we know")
    wanted = Reassignment(
        trip.contact_id,
        trip.state.episode,
        taken.owner_id,
        taken.why,
        excluded=except_for,
        to=taken.to,
        refund=bool(taken.owner_id),
    )
    return TakeBackStep(_place(context, old), _place(context, new), new.rule, wanted)


def _place(context: TakeBackContext, decision: Decision) -> str:
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id):
            return context.reps.get(owner_id) or rep or context.names.get(owner_id, owner_id)
        case Queued(team=team):
            return f"queue {team}"
        case Nurtured():
            return "nurture"
        case LeftAlone():
            return "nobody"
