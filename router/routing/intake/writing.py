"""One batch update of owner, status and reason; every record's outcome is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from router.clock import Clock
from router.crashpoints import crash_point
from router.hubspot.api.errors import OutcomeUnknown
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import Outcome
from router.hubspot.properties import OWNER
from router.policy.people.roster import Roster
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.work_item import WorkItem
from router.routing.portal.people import People
from router.store.budget.budget import Priority
from router.store.leads.commits import Transition
from router.store.store import Store


@dataclass(slots=True)
class Written:
    """What became of a batch update."""

    transitions: list[Transition] = field(default_factory=list)
    again: list[WorkItem] = field(default_factory=list)
    """Of unknown outcome, or with an owner whom HubSpot refused: they are read again."""
    refused: list[tuple[WorkItem, str]] = field(default_factory=list)
    """Refused by HubSpot, with its reason."""


def keep_claims(items: Sequence[WorkItem], *, store: Store, consumer: str) -> list[WorkItem]:
    """Renew the claims for the time of a write; items that another worker took over are left out."""
    if not items:
        return []
    lost = store.inbox.renew(consumer, [entry for item in items for entry in item.entries])
    return [item for item in items if not any(entry.id in lost for entry in item.entries)]


def write(
    items: Sequence[WorkItem],
    *,
    hubspot: Gateway,
    people: People,
    clock: Clock,
    log: structlog.stdlib.BoundLogger,
    roster: Roster,
    priority: Priority,
) -> Written:
    """Write the decisions of these items in one call, and look at each record's outcome.

    `roster` names the reps of the owners whom HubSpot refuses.
    """
    found = Written()
    if not items:
        return found
    crash_point("before_write")
    changes = {item.contact_id: item.state.changes for item in items if item.state is not None}
    try:
        outcomes = hubspot.update_contacts(changes, priority=priority)
    except OutcomeUnknown as error:
        log.warning("write.unclear", leads=len(items), why=str(error))
        outcomes = dict.fromkeys(changes, Outcome("unknown", reason=str(error)))
    now = clock()
    for item in items:
        outcome = outcomes[item.contact_id]
        match outcome.kind:
            case "written":
                found.transitions.append(transitions.written(item, now=now))
            case "refused" if outcome.property == OWNER and not item.chosen_again:
                found.again.append(_without_refused_owner(item, roster, people=people))
                found.transitions.append(transitions.owner_refused(item, why=outcome.reason, now=now))
            case "refused":
                found.refused.append((item, outcome.reason))
            case "gone" | "merged" | "unknown":  # a merged contact, too, is "not found": reading it tells
                found.again.append(replace(item, doubtful=True))
    return found


def _without_refused_owner(item: WorkItem, roster: Roster, *, people: People) -> WorkItem:
    """The item for a second decision: its owner was archived since the owners were last read."""
    refused = "" if item.state is None else item.state.owner_id
    owners = people.owners.refresh()
    reps = frozenset(
        rep.name
        for rep in roster.reps.values()
        if (owner := owners.get(rep.owner.lower())) is not None and owner.id == refused
    )
    return replace(item, refused=True, chosen_again=True, excluded=item.excluded | reps)
