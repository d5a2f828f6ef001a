"""The data of one contact: its state, its decisions, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
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
from router.rulefiles.load import load_files, load_policy
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.store.leads.leads import LeadState, State
from router.store.repair.redrive import goes_on_by_itself
from router.timestamps import in_iso

STATES: Final[Mapping[State, str]] = {
    State.WAITING: "not decided yet",
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
    """One contact. `decisions` are first to last; `policy` is that of the last one, if its files are kept.

    Without a decision it is the live one.
    """

    contact_id: str
    state: LeadState | None
    parked_because: str | None
    decisions: tuple[Decision, ...]
    policy: Policy | None
    events: tuple[LedgerEvent, ...]
    follow_ups: tuple[FollowUp, ...] = ()
    merged_with: tuple[str, ...] = ()
    """Other ids of the same person: contacts that were merged."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of owners by id."""
    waits_until: datetime | None = None
    """When a lead that waits for its facts is decided on what is there (aware UTC)."""

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
            "merged_with": list(self.merged_with),
            "state": self.state.state if self.state else None,
            "parked_because": self.parked_because,
            "waiting": self._waiting_as_json(),
            "decision": as_record(self.decision) if self.decision else None,
            "steps": [{"title": step.title, "lines": step.lines} for step in self.steps(language)],
            "earlier_decisions": [as_record(one) for one in self.decisions[:-1]],
            "history": [as_plain(line) for line in self.history()],
        }

    def _waiting_as_json(self) -> dict[str, Any] | None:
        if self.state is None or self.state.state is not State.WAITING:
            return None
        until = None if self.waits_until is None else in_iso(self.waits_until)
        return {"for": list(self.state.waits_for), "until": until}


def lead_history_of(services: Services, contact_id: str) -> LeadHistory | None:
    """Everything about a contact, or None if it was never seen.

    The contacts that it was merged with are the same person, whichever of the ids is asked for.
    """
    record_outbox(services)  # events of a moment ago are still on their way to the ledger
    ids = services.ledger.merges.same_person(contact_id)
    states = services.store.leads.recall(ids)
    state = next((one for one in states.values() if one.state is not State.GONE), states.get(contact_id))
    decisions = _decisions(services, ids)
    events = tuple(event for one in ids for event in services.ledger.events_of(one))
    if state is None and not decisions and not events:
        return None
    is_parked = state is not None and state.state is State.PARKED
    why = services.store.leads.parked().get(state.contact_id) if state is not None and is_parked else None
    policy = policy_of(services, decisions[-1].revision) if decisions else _live_policy(services)
    return LeadHistory(
        contact_id=contact_id,
        state=state,
        parked_because=_why(why) if why else None,
        decisions=decisions,
        policy=policy,
        events=events,
        follow_ups=tuple(row for one in ids for row in services.ledger.follow_ups.of_contact(one)),
        merged_with=ids[1:],
        names=_names(services, policy),
        waits_until=services.store.settling.due_at(contact_id),
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


def _live_policy(services: Services) -> Policy | None:
    """The policy that a lead without a decision will be decided by, as its processes published it."""
    published = services.store.published_rules.last_good()
    return load_files(published.files).policy if published else None


def _decisions(services: Services, contact_ids: Iterable[str]) -> tuple[Decision, ...]:
    found = [from_record(record) for one in contact_ids for record in services.ledger.decisions_of(one)]
    return tuple(sorted(found, key=lambda decision: (decision.decided_at, decision.episode)))


def _names(services: Services, policy: Policy | None) -> dict[str, str]:
    """Names by owner id: the rep's name in team.yaml, else the owner's in HubSpot."""
    reps = policy.roster.reps.values() if policy else ()
    called = {rep.owner.lower(): rep.name for rep in reps}
    owners = services.people.owners.last_known()
    return {owner.id: called.get(email) or owner.name or email for email, owner in owners.items()}
