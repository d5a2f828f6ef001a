"""The data of one contact: its state, its decisions, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from router.cli.leads.history import Happening, history_of
from router.ledger.ledger import LedgerEvent
from router.plain import as_plain
from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.explanation import explain
from router.policy.explanation.step import Step
from router.policy.results.follow_up import FollowUp
from router.policy.rules.policy import Policy
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.rulefiles.load import load_policy
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.store.leads.leads import LeadState, State
from router.store.repair.redrive import goes_on_by_itself

STATES: Final[Mapping[State, str]] = {
    State.DECIDED: "decided; the write to HubSpot is under way",
    State.WRITTEN: "written to HubSpot; its owner history is about to be looked at",
    State.DONE: "done",
    State.HUMAN: "in the hands of a person, whose choice of owner stands",
    State.GONE: "gone: HubSpot has no such contact any more",
    State.QUEUED: "waits in the queue of its team (see: router queue)",
    State.REOPENED: "about to be decided once more, for another owner",
    State.PARKED: "parked (see: router parked)",
    State.SHADOW: "decided in shadow mode: nothing is written to HubSpot (see: router compare)",
}


class LeadHistory(Struct, frozen=True):
    """One contact. `decisions` are first to last; `policy` is that of the last one, if its files are kept."""

    contact_id: str
    state: LeadState | None
    parked_because: str | None
    decisions: tuple[Decision, ...]
    policy: Policy | None
    events: tuple[LedgerEvent, ...]
    follow_ups: tuple[FollowUp, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of owners by id."""

    @property
    def decision(self) -> Decision | None:
        """The decision that counts: the last one."""
        return self.decisions[-1] if self.decisions else None

    def steps(self, language: str | None) -> tuple[Step, ...]:
        """The last decision step by step, in the policy's language by default; empty without its rules."""
        if self.decision is None or self.policy is None:
            return ()
        return explain(self.decision, self.policy, language=language or self.policy.language)

    def history(self) -> tuple[Happening, ...]:
        """Every decision, event and outcome, in order."""
        return history_of(self.decisions, self.events, self.follow_ups, names=self.names)

    def as_json(self, language: str | None) -> dict[str, Any]:
        """All of it for machines."""
        return {
            "contact_id": self.contact_id,
            "state": self.state.state if self.state else None,
            "parked_because": self.parked_because,
            "decision": as_record(self.decision) if self.decision else None,
            "steps": [{"title": step.title, "lines": step.lines} for step in self.steps(language)],
            "earlier_decisions": [as_record(one) for one in self.decisions[:-1]],
            "history": [as_plain(line) for line in self.history()],
        }


def lead_history_of(services: Services, contact_id: str) -> LeadHistory | None:
    """Everything about a contact, or None if it was never seen."""
    record_outbox(services)  # events of a moment ago are still on their way to the ledger
    state = services.store.leads.recall([contact_id]).get(contact_id)
    decisions = _decisions(services, contact_id)
    events = services.ledger.events_of(contact_id)
    if state is None and not decisions and not events:
        return None
    why = services.store.leads.parked().get(contact_id) if state and state.state is State.PARKED else None
    policy = policy_of(services, decisions[-1].revision) if decisions else None
    return LeadHistory(
        contact_id=contact_id,
        state=state,
        parked_because=_why(why) if why else None,
        decisions=decisions,
        policy=policy,
        events=events,
        follow_ups=services.ledger.follow_ups.of_contact(contact_id),
        names=_names(services, policy),
    )


def _why(parked: Mapping[str, Any]) -> str:
    goes_on = " It goes on by itself once HubSpot takes writes again." if goes_on_by_itself(parked) else ""
    return f"{parked['why']}{goes_on}"


def policy_of(services: Services, revision: str) -> Policy | None:
    """The policy of a revision; None if the ledger lost its files, or today's program refuses them."""
    files = services.ledger.files_of(revision)
    if files is None or CATALOG_FILE not in files:
        return None
    return load_policy(files, catalog=parse_catalog(files[CATALOG_FILE])).policy


def _decisions(services: Services, contact_id: str) -> tuple[Decision, ...]:
    return tuple(from_record(one) for one in services.ledger.decisions_of(contact_id))


def _names(services: Services, policy: Policy | None) -> dict[str, str]:
    """Names by owner id: the rep's name in team.yaml, else the owner's in HubSpot."""
    reps = policy.roster.reps.values() if policy else ()
    called = {rep.owner.lower(): rep.name for rep in reps}
    owners = services.people.owners.last_known()
    return {owner.id: called.get(email) or owner.name or email for email, owner in owners.items()}
