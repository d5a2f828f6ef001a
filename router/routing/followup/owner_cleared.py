"""What becomes of a lead of ours whose owner a person cleared: into a queue, decided again, or left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from router.hubspot.properties import OWNER, STATUS
from router.policy.decision.trigger import Destination, ToQueue
from router.policy.explanation.decision_record import cost_in
from router.policy.results.outcomes import PropertyChange, outcome_of
from router.policy.rules.policy import Assign, Policy, ToTeam, steps_of
from router.policy.wording.phrases import say
from router.routing.followup.contact_history import Histories, now_in
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.outbox.record import last_decision
from router.routing.outbox.since_then import has_begun, was_refunded
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State

RUN: Final = "owner cleared"
"""The name of these reassignments in the ledger."""
MOST_AGAIN: Final = 3
"""A lead is decided again by its rules at most this often; then it waits in the queue."""

_OURS: Final = ("assigned", "queued")
"""Outcomes of decisions after which sales has the lead."""
_FINISHED: Final = frozenset({State.DONE, State.HUMAN})


class Cleared(Struct, frozen=True):
    """A lead without owner, and the owner whom a person took away from it."""

    state: LeadState
    owner_id: str
    histories: Histories


def cleared_in(
    policy: Policy, leads: Mapping[str, LeadState | None], answers: Mapping[str, Histories]
) -> tuple[Cleared, ...]:
    """Those of these leads that have no owner any more and are still open, if the rules concern themselves.

    None of them in shadow mode, which writes nothing. Pure.
    """
    if policy.owner_cleared == "leave" or policy.mode == "shadow":
        return ()
    found = []
    for contact_id, state in leads.items():
        histories = answers.get(contact_id)
        if state is None or histories is None or state.state not in _FINISHED or not state.decision_id:
            continue
        owners = [one.value for one in histories.get(OWNER, ())]
        status = now_in(histories, STATUS)
        if owners and not owners[0] and any(owners) and status in ("", *policy.outcomes.open_statuses):
            found.append(Cleared(state, next(filter(None, owners)), histories))
    return tuple(found)


def decide_again(services: Services, policy: Policy, cleared: Sequence[Cleared]) -> int:
    """Send these leads where `owner_cleared` says; the number of leads that move.

    Leads that a rule left to marketing or to nobody stay, and so do those that are won or lost. Safe to
    repeat. Raises what the ledger and Redis raise.
    """
    rep_of = reps_by_owner(services.people.owners.by_email(), policy.roster)
    wanted = []
    for one in cleared:
        given = last_decision(services, one.state.contact_id, episode=one.state.episode)
        if given is not None and given["outcome"]["kind"] in _OURS and not _is_over(policy, one, given):
            wanted.append(_wanted(services, policy, one, given, rep=rep_of.get(one.owner_id)))
    moving = reassign(services, wanted, run=RUN).moving
    if moving:
        services.log.info("leads.owner_cleared", leads=len(moving), setting=policy.owner_cleared)
    return len(moving)


def _wanted(
    services: Services, policy: Policy, one: Cleared, given: Mapping[str, Any], *, rep: str | None
) -> Reassignment:
    to = _destination(services, policy, one, given, rep=rep)
    return Reassignment(
        one.state.contact_id,
        one.state.episode,
        expected_owner_id="",
        why=say(policy.language, "owner_cleared"),
        excluded=frozenset({rep or one.owner_id}),
        rule=given["rule"] if isinstance(to, ToQueue) else None,
        to=to,
        paid=_to_refund(services, one, given),
    )


def _destination(
    services: Services, policy: Policy, one: Cleared, given: Mapping[str, Any], *, rep: str | None
) -> Destination | None:
    """The queue for the lead; None where its rules decide."""
    if policy.owner_cleared == "route_again" and _times_again(services, one) < MOST_AGAIN:
        return None
    team = _team_of(policy, given, rep=rep)
    return ToQueue(team) if team is not None else None


def _times_again(services: Services, one: Cleared) -> int:
    """How often the rules have decided the lead again because its owner was cleared."""
    decided = services.ledger.decisions_of(one.state.contact_id)
    triggers = [(record.get("inputs") or {}).get("occasion") or {} for record in decided]
    return sum(trigger.get("run") == RUN and trigger.get("to") is None for trigger in triggers)


def _team_of(policy: Policy, given: Mapping[str, Any], *, rep: str | None) -> str | None:
    """The team that had the lead, else that of its rule, else that of the rep; None if there is none."""
    teams = policy.roster.teams
    rule = next((rule for rule in policy.rules if rule.name == given["rule"]), None)
    steps = steps_of(rule.action) if rule is not None and isinstance(rule.action, Assign) else ()
    candidates = [
        given["outcome"].get("team"),
        *(step.to.team for step in steps if isinstance(step.to, ToTeam)),
        *(name for name, team in teams.items() if rep in team.reps),
    ]
    return next((team for team in candidates if team in teams), None)


def _is_over(policy: Policy, one: Cleared, given: Mapping[str, Any]) -> bool:
    """True if the lead was won or lost since its decision."""
    changes = {
        name: [PropertyChange(entry.value, entry.at) for entry in history]
        for name, history in one.histories.items()
    }
    decided_at = datetime.fromisoformat(given["decided_at"])
    return outcome_of(changes, policy.outcomes, assigned_at=decided_at) is not None


def _to_refund(services: Services, one: Cleared, given: Mapping[str, Any]) -> Mapping[str, int]:
    """What the rep who had the lead paid for it; nothing once it is refunded, or the rep has begun."""
    contact_id, decision_id = one.state.contact_id, given["id"]
    if given["outcome"].get("owner_id") != one.owner_id:
        return {}
    is_over = has_begun(services, contact_id, decision_id) or was_refunded(services, contact_id, decision_id)
    return {} if is_over else cost_in(given)
