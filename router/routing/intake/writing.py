"""One batch update of owner, status and reason; every record's outcome is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from router.crashpoints import crash_point
from router.hubspot.api.errors import HubSpotError, NotSent, OutcomeUnknown
from router.hubspot.api.records import Outcome
from router.hubspot.properties import OWNER
from router.policy.decision.trigger import Revised
from router.policy.people.roster import Roster
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.transitions.apply import apply
from router.routing.intake.transitions.parking import refused
from router.routing.intake.work_item import WorkItem
from router.routing.portal.people import People
from router.routing.portal.services import Services
from router.store.budget.budget import Priority
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from router.store.sends.permit import Permit
from router.store.sends.send import Send
from router.store.sends.sends import Sending


@dataclass(slots=True)
class Written:
    """What became of a batch update."""

    transitions: list[Transition] = field(default_factory=list)
    again: list[WorkItem] = field(default_factory=list)
    """Of unknown outcome, or with an owner whom HubSpot refused: they are read again."""


def write(
    services: Services, items: Sequence[WorkItem], *, roster: Roster, consumer: str, priority: Priority
) -> Written:
    """Write the decisions of these items in one call, look at each record's outcome, and apply it.

    Only items that are still claimed by `consumer` are written, and each send is kept before it goes out. A
    process that was stopped between the two sends nothing; one that was stopped while it sent has everything
    verified. `roster` names the reps of the owners whom HubSpot refuses.
    """
    if not items:
        return Written()
    permit, asked_at_ms = Permit(services.clock()), services.now_ms()
    sendings = [_sending(item) for item in items]
    mine = services.store.sends.begin(sendings, consumer=consumer, now_ms=asked_at_ms)
    items = [item for item in items if item.contact_id in mine]
    crash_point("before_write")
    changes = {item.contact_id: item.state.changes for item in items if item.state is not None}
    try:
        outcomes = services.hubspot.update_contacts(
            changes, priority=priority, may_send=lambda: permit.may_send(services.clock())
        )
    except OutcomeUnknown as error:
        services.log.warning("write.unclear", leads=len(items), why=str(error))
        outcomes = dict.fromkeys(changes, Outcome("unknown", reason=str(error)))
    except HubSpotError as error:  # nothing was changed: no write of ours is on its way
        services.store.sends.withdraw(changes, now_ms=asked_at_ms)
        if not isinstance(error, NotSent):
            raise
        services.log.warning("write.not_sent", leads=len(items), why=str(error))
        return Written(again=items)
    crash_point("after_write")
    if not permit.holds(services.clock()):
        services.store.sends.doubt(changes, now_ms=services.now_ms())
    written = [contact_id for contact_id, outcome in outcomes.items() if outcome.kind == "written"]
    services.store.recent_writes.note(written, now_ms=services.now_ms())
    found, now = Written(), services.clock()
    for item in items:
        outcome = outcomes[item.contact_id]
        _look_at(services, item, outcome, found, roster=roster, asked_at_ms=asked_at_ms, now=now)
    moved = apply(services, found.transitions)
    # Somebody else finished these meanwhile: what was sent for them may stand over a person's choice.
    overtaken = [one.contact_id for one, moves in zip(found.transitions, moved, strict=True) if not moves]
    services.store.sends.doubt(overtaken, now_ms=services.now_ms())
    return found


def _sending(item: WorkItem) -> Sending:
    state = item.state
    if state is None:
        raise ValueError(f"Lead {item.contact_id} has no decision to write.")
    send = Send(
        state.episode,
        state.changes.get(OWNER, ""),
        state.expected_owner_id,
        item.seen_ms,
        decision_id=state.decision_id,
    )
    sets_owner = OWNER in state.changes
    return Sending(item.contact_id, State.DECIDED, state.episode, item.entries, send if sets_owner else None)


def _look_at(
    services: Services,
    item: WorkItem,
    outcome: Outcome,
    found: Written,
    *,
    roster: Roster,
    asked_at_ms: int,
    now: datetime,
) -> None:
    match outcome.kind:
        case "written":
            found.transitions.append(transitions.written(item, answered=True, now=now))
        case "refused" if outcome.property == OWNER and not item.chosen_again:
            found.again.append(_without_refused_owner(item, roster, people=services.people))
            found.transitions.append(transitions.owner_refused(item, why=outcome.reason, now=now))
        case "refused":
            last = services.store.recent_writes.read()
            parked = refused(item, last, why=outcome.reason, asked_at_ms=asked_at_ms, now=now)
            found.transitions.append(replace(parked, answered=True))
        case "gone" | "merged" | "unknown":  # a merged contact, too, is "not found": reading it tells
            found.again.append(item)


def _without_refused_owner(item: WorkItem, roster: Roster, *, people: People) -> WorkItem:
    """The item for a second decision: its owner was archived since the owners were last read."""
    refused = "" if item.state is None else item.state.owner_id
    owners = people.owners.refresh()
    reps = frozenset(
        rep.name
        for rep in roster.reps.values()
        if (owner := owners.get(rep.owner.lower())) is not None and owner.id == refused
    )
    trigger = item.trigger
    if isinstance(trigger, Revised):
        # The decision before is refunded already, and stays so when this one is.
        trigger = replace(trigger, rep=None, paid={})
    excluded = item.excluded | reps
    return replace(item, refused=True, chosen_again=True, excluded=excluded, trigger=trigger)
