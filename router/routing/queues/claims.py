"""Claims and releases: one rep gets a waiting lead or gives one back, and the others learn who has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER
from router.policy.decision.decide import decide
from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Claimed, Released, Trigger
from router.policy.explanation.decision_record import paid_in
from router.policy.leads.lead import Lead
from router.policy.people.roster import Rep, Roster
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book, open_field, today_field
from router.routing.intake.affinity import affinity_memory
from router.routing.intake.new_decision import new_decision
from router.routing.intake.reading import leads_of, read_contacts
from router.routing.intake.transitions import queued
from router.routing.intake.transitions.apply import apply
from router.routing.intake.work_item import WorkItem
from router.routing.outbox.record import last_decision
from router.routing.people.overrides import reason_of
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.routing.queues.claim_words import say
from router.store.claims.claims import (
    ClaimCommitted,
    ClaimLimits,
    Elsewhere,
    Erased,
    Full,
    HandedOver,
    TooOften,
)
from router.store.leads.commits import Memory, NewDecision
from router.store.leads.leads import LeadState, State
from router.timestamps import from_epoch_ms

Kind = Literal["yes", "taken", "unknown", "not_waiting", "not_allowed", "at_limit"]

ATTEMPTS: Final = 3
"""Tries of a claim when the lead is decided once more between our look and our claim."""
WAITS: Final = frozenset({State.QUEUED, State.REOPENED})
CAN_BE_RELEASED: Final = frozenset({State.WRITTEN, State.DONE, State.HUMAN})


class ClaimResult(Struct, frozen=True):
    """The result of a claim or release. `sentence` is for the rep; `owner_id` is the present owner."""

    kind: Kind
    sentence: str
    owner_id: str = ""
    decision_id: str = ""

    @property
    def is_yes(self) -> bool:
        """True if the claim or release stands; HubSpot shows it as soon as a worker has written it."""
        return self.kind == "yes"


def claim_lead(services: Services, contact_id: str, *, rep: str, team: str | None = None) -> ClaimResult:
    """Give a queued lead to the first rep who claims it, within the rep's caps.

    With `team` only out of the queue of that team.
    The next drain of the inbox writes the owner; the caller wakes a worker. One call to HubSpot reads the
    contact, one more its company if rules name any. Raises `HubSpotError`, `NoRules` or `redis.RedisError`;
    then nothing has changed.
    """
    policy = services.rules.policy()
    who = policy.roster.reps.get(rep)
    if who is None or policy.mode == "shadow":
        return _no("not_allowed", policy, "no_such_rep" if who is None else "shadow", rep=rep)
    for _ in range(ATTEMPTS):
        state = services.store.leads.recall([contact_id]).get(contact_id)
        if state is None or not _waits(state):
            return _not_waiting(services, policy, contact_id, state)
        if team not in (None, state.queue):
            words = {"team": team, "contact": contact_id, "queue": state.queue}
            return _no("not_allowed", policy, "link_other_team", **words)
        if rep not in policy.roster.teams[state.queue].reps:
            return _no("not_allowed", policy, "not_in_team", rep=rep, team=state.queue)
        owner = services.people.owners.by_email().get(who.owner.lower())
        if owner is None or owner.archived:
            return _no("not_allowed", policy, "no_owner", rep=rep)
        record = _read(services, contact_id)
        if record is None or record.properties.get(OWNER):
            return _left_already(services, policy, state, record)
        decision, new = _decided(
            services, record, state=state, trigger=Claimed(rep, state.queue), expected_owner_id=""
        )
        new = replace(new, memory=_memory(services, record, decision))
        answer = services.store.claims.claim(
            new, rep=rep, limits=_limits(policy, who, services), now_ms=services.now_ms()
        )
        if isinstance(answer, Elsewhere) and answer.state in WAITS:
            continue  # it was queued again between our look and our claim
        return _result_of(services, policy, contact_id, decision, answer, rep=rep)
    return _no("not_waiting", policy, "try_again", contact=contact_id)


def release_lead(services: Services, contact_id: str, *, rep: str, why: str) -> ClaimResult:
    """Give a lead of the rep back to its team's queue, with the reason; the rep's share is refunded.

    The owner is cleared in HubSpot if the rep still owns the lead there. Raises like `claim_lead`,
    `ReasonUnclear`, and what the ledger raises.
    """
    why = reason_of(why)
    policy = services.rules.policy()
    who = policy.roster.reps.get(rep)
    if who is None or policy.mode == "shadow":
        return _no("not_allowed", policy, "no_such_rep" if who is None else "shadow", rep=rep)
    if not why:
        return _no("not_allowed", policy, "no_reason")
    state = services.store.leads.recall([contact_id]).get(contact_id)
    if state is None:
        return _no("unknown", policy, "unknown", contact=contact_id)
    if state.state not in CAN_BE_RELEASED:
        return _no("not_waiting", policy, "not_released", contact=contact_id, state=state.state)
    owner = services.people.owners.by_email().get(who.owner.lower())
    record = _read(services, contact_id)
    if record is None:
        return _no("unknown", policy, "gone", contact=contact_id)
    owned_by = record.properties.get(OWNER) or ""
    if owner is None or owned_by != owner.id:
        return _no("taken", policy, "not_yours", owner_id=owned_by, who=_called(services, policy, owned_by))
    given = last_decision(services, contact_id, episode=state.episode)
    team = _queue_for(policy.roster, state, given, rep=rep)
    if team is None:
        return _no("not_allowed", policy, "no_team", rep=rep)
    paid = paid_in(given) if given and state.state is not State.HUMAN and _went_to(given, rep) else {}
    trigger = Released(rep, team, why, paid)
    decision, new = _decided(services, record, state=state, trigger=trigger, expected_owner_id=owner.id)
    released_by = tuple(dict.fromkeys((*state.released_by, rep)))
    answer = services.store.claims.release(new, rep=rep, released_by=released_by, now_ms=services.now_ms())
    return _result_of(services, policy, contact_id, decision, answer, rep=rep)


def _waits(state: LeadState) -> bool:
    """True if the lead has no owner, so that it can be claimed."""
    return state.state in WAITS and not (state.trigger and state.trigger["owner_id"])


def _read(services: Services, contact_id: str) -> Record | None:
    """The contact with all properties that a decision reads; None when HubSpot no longer has this id."""
    needed = services.rules.needed()
    answer = read_contacts(services.hubspot, [contact_id], needed=needed, priority="lead")
    record = answer.records.get(contact_id)
    return None if record is None or record.merged_into else record


def _decided(
    services: Services, record: Record, *, state: LeadState, trigger: Trigger, expected_owner_id: str
) -> tuple[Decision, NewDecision]:
    compiled, contact_id = services.rules.compiled(), state.contact_id
    leads = leads_of(services.hubspot, {contact_id: record}, needed=services.rules.needed(), priority="lead")
    memory = affinity_memory(services.store.companies, compiled.affinity, leads)
    lead = memory.with_previous_owners(leads)[contact_id]
    owners, now = services.people.owners.by_email(), services.clock()
    fields, _ = services.store.commits.read_book([compiled.policy.roster.day_of(now)])
    reported = services.people.availability.reported(compiled.policy.roster, owners, now=now)
    item = WorkItem(contact_id, entries=(), state=state, trigger=trigger)
    decision = decide(compiled, lead, World(Book(fields), owners, now, reported), item.request())
    return decision, new_decision(
        decision,
        record,
        compiled=compiled,
        reported=reported,
        trigger=trigger,
        expected_owner_id=expected_owner_id,
    )


def _memory(services: Services, record: Record, decision: Decision) -> Memory | None:
    """The company memory to write: its next lead follows the rep who claimed, if the policy asks for that."""
    contact_id = decision.contact_id
    lead, affinity = Lead(contact_id, properties=record.properties), services.rules.compiled().affinity
    memory = affinity_memory(services.store.companies, affinity, {contact_id: lead})
    memory.read()
    return memory.learn(decision)


def _limits(policy: Policy, who: Rep, services: Services) -> ClaimLimits:
    today = policy.roster.day_of(services.clock())
    caps = {open_field(who.name): who.max_open_leads, today_field(today, who.name): who.max_per_day}
    return ClaimLimits(
        {name: most for name, most in caps.items() if most is not None}, who.max_claims_per_hour
    )


def _went_to(given: Mapping[str, Any], rep: str) -> bool:
    return bool(given["outcome"].get("rep") == rep)


def _queue_for(roster: Roster, state: LeadState, given: Mapping[str, Any] | None, *, rep: str) -> str | None:
    """The team whose queue the lead came from, or else the first team of the rep."""
    came_from = (state.queue, given["outcome"].get("team") if given else None)
    known = next((team for team in came_from if team in roster.teams), None)
    return known or next((team.name for team in roster.teams.values() if rep in team.reps), None)


def _result_of(
    services: Services, policy: Policy, contact_id: str, decision: Decision, answer: HandedOver, *, rep: str
) -> ClaimResult:
    match answer:
        case ClaimCommitted():
            asked = "claimed" if isinstance(decision.outcome, Assigned) else "released"
            services.log.info(f"lead.{asked}", contact_id=contact_id, decision=decision.id, rep=rep)
            owner_id = decision.outcome.owner_id if isinstance(decision.outcome, Assigned) else ""
            sentence = say(policy.language, asked, contact=contact_id)
            return ClaimResult("yes", sentence, owner_id, decision.id)
        case Elsewhere(state=None) | Erased():
            return _no("unknown", policy, "unknown", contact=contact_id)
        case Elsewhere(owner_id=owner_id) if owner_id:
            return _no("taken", policy, "taken", owner_id=owner_id, who=_called(services, policy, owner_id))
        case Elsewhere(state=state):
            return _no("not_waiting", policy, "not_waiting", contact=contact_id, state=state)
        case Full(count=count):
            return _no("at_limit", policy, "full", rep=rep, count=count)
        case TooOften(claims, again_at_ms):
            again = from_epoch_ms(again_at_ms).astimezone(policy.roster.timezone)
            return _no("at_limit", policy, "often", rep=rep, count=claims, at=f"{again:%H:%M}")


def _not_waiting(services: Services, policy: Policy, contact_id: str, state: LeadState | None) -> ClaimResult:
    found = Elsewhere(None, "", 0) if state is None else Elsewhere(state.state, state.owner_id, state.episode)
    if found.state is None:
        return _no("unknown", policy, "unknown", contact=contact_id)
    if found.owner_id:
        who = _called(services, policy, found.owner_id)
        return _no("taken", policy, "taken", owner_id=found.owner_id, who=who)
    return _no("not_waiting", policy, "not_waiting", contact=contact_id, state=found.state)


def _left_already(services: Services, policy: Policy, state: LeadState, record: Record | None) -> ClaimResult:
    """Take the lead out of its queue, because in HubSpot it has an owner or is gone."""
    now, contact_id, episode = services.clock(), state.contact_id, state.episode
    if record is None:
        # Verification looks for it until it is surely gone, or finds what it was merged into.
        services.store.verify.look_again([contact_id], at_ms=services.now_ms())
        return _no("unknown", policy, "gone", contact=contact_id)
    owner_id = record.properties[OWNER]
    rep = reps_by_owner(services.people.owners.by_email(), policy.roster).get(owner_id)
    left = queued.claimed_in_hubspot(contact_id, episode=episode, owner_id=owner_id, rep=rep, now=now)
    apply(services, [left])
    services.store.changed.look_again([contact_id], at_ms=services.now_ms())
    return _no("taken", policy, "taken", owner_id=owner_id, who=_called(services, policy, owner_id))


def _called(services: Services, policy: Policy, owner_id: str) -> str:
    """The name of the lead's owner for reps: the rep's name, else the owner's in HubSpot."""
    if not owner_id:
        return say(policy.language, "nobody")
    owner = next((one for one in services.people.owners.by_email().values() if one.id == owner_id), None)
    if owner is None:
        return say(policy.language, "owner", owner_id=owner_id)
    reps = policy.roster.reps.values()
    return next((rep.name for rep in reps if rep.owner.lower() == owner.email.lower()), owner.name)


def _no(kind: Kind, policy: Policy, phrase: str, *, owner_id: str = "", **words: object) -> ClaimResult:
    return ClaimResult(kind, say(policy.language, phrase, **words), owner_id)
