"""The new destination of each lead under the live rules, or why the lead stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from router.hubspot.api.records import Record
from router.policy.decision.decide import decide
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Reassigned, ToOwner
from router.routing.followup.reassign import Reassignment
from router.routing.intake.affinity import affinity_memory
from router.routing.intake.reading import leads_of, read_contacts
from router.routing.intake.work_item import WorkItem
from router.routing.portal.services import Services
from router.routing.take_back.take_back_context import TakeBackContext
from router.routing.take_back.untouched import ASKED, why_touched
from router.store.leads.leads import LeadState


class TakeBackStep(Struct, frozen=True):
    """One lead that would move: its old and new place in words, and the reassignment to request."""

    came_from: str
    goes_to: str
    rule: str
    wanted: Reassignment


def judged(
    services: Services, context: TakeBackContext, decisions: Sequence[Decision], stay: dict[str, str]
) -> Iterator[TakeBackStep]:
    """The steps of the leads that would move; `stay` gets, by contact id, why each other lead stays.

    The book of the context changes with each step. Raises what HubSpot, Redis and the ledger raise.
    """
    ids = [one.contact_id for one in decisions]
    states = services.store.leads.recall(ids)
    histories = services.hubspot.read_owner_history(ids, ASKED, priority="sweep")
    items: list[tuple[Decision, WorkItem]] = []
    for decision in decisions:
        contact_id = decision.contact_id
        state = states.get(contact_id)
        touched = why_touched(decision, state, histories.get(contact_id))
        if touched is not None or state is None:
            stay[contact_id] = touched or ""
        else:
            items.append((decision, _item(context, decision, state)))
    records = _read(services, [item.contact_id for _, item in items])
    there = [(decision, item) for decision, item in items if item.contact_id in records]
    stay |= {
        item.contact_id: "it was deleted in HubSpot" for _, item in items if item.contact_id not in records
    }
    yield from _decided(services, context, there, records, stay)


def _read(services: Services, ids: Sequence[str]) -> dict[str, Record]:
    answer = read_contacts(services.hubspot, ids, needed=services.rules.needed(), priority="sweep")
    return {one: found for one, found in answer.records.items() if found.merged_into is None}


def _item(context: TakeBackContext, decision: Decision, state: LeadState) -> WorkItem:
    owner_id = decision.owner_id
    before = _owner_before(context, decision) if context.kind == "undo" else None
    taken = Reassigned(
        owner_id,
        context.reps.get(owner_id),
        context.why,
        context.run,
        to=ToOwner(before) if before else None,
        paid=decision.paid if owner_id else {},
    )
    named = {before, context.reps.get(before)} if before else frozenset()
    excluded = frozenset(one for one in state.released_by if one not in named)
    return WorkItem(decision.contact_id, entries=(), state=state, excluded=excluded, trigger=taken)


def _owner_before(context: TakeBackContext, decision: Decision) -> str | None:
    """The owner id that the decision took the lead from, if that owner is still active; else None."""
    trigger = decision.inputs.trigger if decision.inputs else None
    if not isinstance(trigger, Reassigned):
        return None
    active = {owner.id for owner in context.owners.values() if not owner.archived}
    return trigger.owner_id if trigger.owner_id in active and trigger.owner_id != decision.owner_id else None


def _decided(
    services: Services,
    context: TakeBackContext,
    items: Sequence[tuple[Decision, WorkItem]],
    records: Mapping[str, Record],
    stay: dict[str, str],
) -> Iterator[TakeBackStep]:
    """The steps of these leads, each decided on the book as the ones before it leave it."""
    compiled, companies = context.compiled, services.store.companies
    deciding = {item.contact_id: records[item.contact_id] for _, item in items}
    leads = leads_of(services.hubspot, deciding, needed=services.rules.needed(), priority="sweep")
    memory = affinity_memory(companies, compiled.affinity, leads)
    leads = memory.with_previous_owners(leads)
    memory.read()
    for old, item in items:

        def decided(item: WorkItem, *, with_memory: bool) -> Decision:
            world = World(context.book, context.owners, context.now, context.reported)
            remembered = memory.of(item.contact_id) if with_memory else ()
            return decide(compiled, leads[item.contact_id], world, item.request(remembered))

        if _stays(context, old, decided(item, with_memory=False)):
            stay[item.contact_id] = "the live rules leave it there"
            continue
        new, except_for = decided(item, with_memory=True), frozenset[str]()
        if old.owner_id and new.owner_id == old.owner_id:
            # Its company memory holds the very owner that it is taken from: that must not decide.
            except_for = frozenset({old.owner_id})
            new = decided(replace(item, excluded=item.excluded | except_for), with_memory=True)
        context.book = context.book.apply(new.book_changes)
        yield _step(context, old, new, item, except_for=except_for)


def _stays(context: TakeBackContext, old: Decision, new: Decision) -> bool:
    """True if the live rules leave the lead where it is; a reroute does not deal a team's leads again."""
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
    context: TakeBackContext, old: Decision, new: Decision, item: WorkItem, *, except_for: frozenset[str]
) -> TakeBackStep:
    taken = item.trigger
    if not isinstance(taken, Reassigned) or item.state is None:
        raise TypeError("a plan only takes back leads that we know")
    wanted = Reassignment(
        item.contact_id,
        item.state.episode,
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
