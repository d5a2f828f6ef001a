"""What we know of one contact: where it stands, how that was decided, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from router.ledger.ledger import Entry
from router.policy.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.explanation import Step, explain
from router.policy.record import as_record, from_record
from router.policy.rules import Policy
from router.routing.desk import Desk
from router.routing.record import record
from router.rulefiles.catalog_file import CATALOG_FILE, parse_catalog
from router.rulefiles.load import load_policy
from router.store.leads import LeadState, State

STATES: Final[Mapping[State, str]] = {
    State.DECIDED: "decided; the write to HubSpot is under way",
    State.WRITTEN: "written to HubSpot; its owner history is about to be looked at",
    State.DONE: "done",
    State.HUMAN: "in the hands of a person, whose choice of owner stands",
    State.GONE: "gone: HubSpot has no such contact any more",
    State.QUEUED: "waits in the queue of its team (see: router queue)",
    State.REOPENED: "about to be decided once more, for another owner",
    State.PARKED: "parked: it needs a person (see: router parked)",
    State.SHADOW: "decided in shadow mode: nothing is written to HubSpot (see: router compare)",
}
EVENTS: Final[Mapping[str, str]] = {
    "written": "written to HubSpot",
    "owned_already": "had an owner when we first looked, so it was left alone",
    "taken_by_a_person": "a person chose an owner before our write; theirs stands",
    "changed_by_a_person": "a person chose an owner after our write; theirs stands",
    "restored": "our write had covered a person's choice; theirs was given back",
    "owner_refused": "HubSpot refused the owner; another one is chosen",
    "gone": "HubSpot has no such contact any more",
    "shadowed": "decided in shadow mode, so nothing was written",
    "parked": "parked: it needs a person",
    "notified": "the rep was told",
    "redriven": "sent again by a person",
    "reopened": "nobody claimed it in time, or somebody is eligible by now: it is decided once more",
    "reassigning": "to be taken from its owner and decided once more",
    "not_reassigned": "somebody else owned it by then, so it was left alone",
    "claimed_in_hubspot": "somebody became its owner in HubSpot, so it left the queue",
}
SAID_ALREADY: Final = frozenset({"decision"})


@dataclass(frozen=True, slots=True)
class Dossier:
    """One contact. `decisions` are the first to the last; `policy` is the last one's, if we still have it."""

    contact_id: str
    state: LeadState | None
    parked_because: str | None
    decisions: tuple[Decision, ...]
    policy: Policy | None
    events: tuple[Entry, ...]

    @property
    def decision(self) -> Decision | None:
        """The decision that counts: the last one."""
        return self.decisions[-1] if self.decisions else None

    def steps(self, language: str | None) -> tuple[Step, ...]:
        """The last decision step by step, in the policy's language by default; empty without its rules."""
        if self.decision is None or self.policy is None:
            return ()
        return explain(self.decision, self.policy, language=language or self.policy.language)

    def history(self) -> tuple[tuple[str, str], ...]:
        """Every decision and event: when (ISO, UTC) and what, in order."""
        told = [(one.decided_at.isoformat(), f"decided: {outcome_in_words(one)}") for one in self.decisions]
        told += [(event.at, _event_in_words(event)) for event in self.events]
        return tuple(sorted(told))

    def as_json(self, language: str | None) -> dict[str, Any]:
        """All of it for machines."""
        return {
            "contact_id": self.contact_id,
            "state": self.state.state if self.state else None,
            "parked_because": self.parked_because,
            "decision": as_record(self.decision) if self.decision else None,
            "steps": [{"title": step.title, "lines": step.lines} for step in self.steps(language)],
            "earlier_decisions": [as_record(one) for one in self.decisions[:-1]],
            "history": [{"at": at, "what": what} for at, what in self.history()],
        }


def open_dossier(desk: Desk, contact_id: str) -> Dossier | None:
    """Everything about a contact, or None if it was never seen."""
    state = desk.leads.recall([contact_id]).get(contact_id)
    decisions = _decisions(desk, contact_id)
    if state is not None and state.decision_id not in ("", *(one.id for one in decisions)):
        record(desk)  # it was decided a moment ago, and is still on its way to the ledger
        decisions = _decisions(desk, contact_id)
    events = desk.ledger.events_of(contact_id)
    if state is None and not decisions and not events:
        return None
    why = desk.leads.parked().get(contact_id) if state and state.state is State.PARKED else None
    return Dossier(
        contact_id=contact_id,
        state=state,
        parked_because=why["why"] if why else None,
        decisions=decisions,
        policy=policy_of(desk, decisions[-1].revision) if decisions else None,
        events=events,
    )


def policy_of(desk: Desk, revision: str) -> Policy | None:
    """The policy of a revision; None if the ledger lost its files, or today's program refuses them."""
    files = desk.ledger.files_of(revision)
    if files is None or CATALOG_FILE not in files:
        return None
    return load_policy(files, catalog=parse_catalog(files[CATALOG_FILE])).policy


def outcome_in_words(decision: Decision) -> str:
    """Who has it now, in a few words."""
    match decision.outcome:
        case Assigned(rep, owner_id, team):
            of_team = f" of team {team}" if team else ""
            return f"assigned to {rep or 'the account owner'}{of_team} (owner {owner_id})"
        case Queued(team, why):
            return f"waits in the queue of {team}" + (f" ({why})" if why else "")
        case Nurtured(_, workflow):
            return "left to marketing" + (f" ({workflow})" if workflow else "")
        case LeftAlone():
            return "left alone, as the rule says"


def _decisions(desk: Desk, contact_id: str) -> tuple[Decision, ...]:
    return tuple(from_record(one) for one in desk.ledger.decisions_of(contact_id))


def _event_in_words(event: Entry) -> str:
    words = EVENTS.get(event.kind, event.kind.replace("_", " "))
    more = ", ".join(_details(event.detail))
    return f"{words} ({more})" if more else words


def _details(detail: Mapping[str, Any]) -> Iterator[str]:
    for name, value in detail.items():
        if value is None or name in SAID_ALREADY:
            continue
        if name == "waited_ms":
            yield f"{int(value) / 1000:.1f} s after HubSpot told us"
        elif name == "why":
            yield str(value)
        else:
            yield f"{name.removesuffix('_id').replace('_', ' ')} {value}"
