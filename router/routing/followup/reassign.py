"""Reassignment: leads are taken from their owners and decided once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from router.policy.decision.trigger import Destination, Reassigned, ToOwner, ToQueue
from router.policy.explanation.decision_record import paid_in
from router.policy.rules.policy import Policy
from router.routing.intake.transitions import owned
from router.routing.intake.transitions.apply import apply
from router.routing.outbox.record import last_decision
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.store.inbox.inbox import BATCH
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState


class Reassignment(Struct, frozen=True):
    """One lead to take from `expected_owner_id` ("" for nobody), because `why`.

    `why` ends the sentence "reassigned from X because …", in the policy's language. `episode` is that of the
    lead as its state was read; None for a contact that has no state. `excluded` are rep names or owner ids
    that must not get it, besides those from whom it was taken before. The rule named `rule` decides if it
    still exists, else the first that fits; `to` overrules it. With `refund` the owner's share is given back,
    because the owner should not have got the lead; `paid` are book changes to give back that the caller
    knows. With `for_breach` it counts towards `at_most`.
    """

    contact_id: str
    episode: int | None
    expected_owner_id: str
    why: str
    excluded: frozenset[str] = frozenset()
    rule: str | None = None
    to: Destination | None = None
    refund: bool = False
    paid: Mapping[str, int] = field(default_factory=dict)
    for_breach: bool = False


class Reassigning(Struct, frozen=True):
    """The contact ids to be decided once more, and by contact id why each other lead stays."""

    moving: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)


def reassign(services: Services, wanted: Sequence[Reassignment], *, run: str) -> Reassigning:
    """Mark these leads to be decided once more, after new leads; `run` names the caller in the ledger.

    HubSpot is not asked here. The drain reads each lead again: if its owner is not the expected one by then,
    nothing is written and the ledger says so; a person who was faster wins. Safe to repeat: a lead is
    reassigned once per episode. Raises `NoRules`, `redis.RedisError`, and with `refund` what the ledger
    raises.
    """
    policy = services.rules.policy()
    if policy.mode == "shadow":
        why = "The rules are in shadow mode, which writes nothing."
        return Reassigning(left={one.contact_id: why for one in wanted})
    rep_of = reps_by_owner(services.people.owners.by_email(), policy.roster)
    moving: list[str] = []
    left: dict[str, str] = {}
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        states = services.store.leads.recall([one.contact_id for one in batch])
        steps: list[Transition] = []
        for one in batch:
            state = states.get(one.contact_id)
            why_left = _why_left(one, state, policy)
            if why_left is not None:
                left[one.contact_id] = why_left
                continue
            rep = rep_of.get(one.expected_owner_id)
            before = _still_excluded(one, state, rep_of)
            steps.append(
                owned.reassigning(
                    one.contact_id,
                    episode=one.episode,
                    taken=_taken(services, one, rep=rep, run=run),
                    times_taken=(state.times_taken if state else 0) + 1 if one.for_breach else None,
                    excluded=tuple(dict.fromkeys((*before, *sorted(one.excluded)))),
                    now=services.clock(),
                )
            )
        for step, moved in zip(steps, apply(services, steps), strict=True):
            if moved:
                moving.append(step.contact_id)
            else:
                left[step.contact_id] = "It moved on meanwhile, or is being erased."
    return Reassigning(tuple(moving), left)


def _still_excluded(one: Reassignment, state: LeadState | None, rep_of: Mapping[str, str]) -> tuple[str, ...]:
    """The reps from whom it was taken before, except the rep or owner whom the reassignment names."""
    before = state.released_by if state else ()
    named = {one.to.owner_id, rep_of.get(one.to.owner_id)} if isinstance(one.to, ToOwner) else frozenset()
    return tuple(rep for rep in before if rep not in named)


def _why_left(one: Reassignment, state: LeadState | None, policy: Policy) -> str | None:
    if isinstance(one.to, ToQueue) and one.to.team not in policy.roster.teams:
        return f"team.yaml has no team '{one.to.team}' whose queue could take it."
    if state is None:
        return None if one.episode is None else "We know nothing of it any more."
    if one.episode is None:
        return f"It is known by now, and {state.state}."
    if state.episode != one.episode:
        return f"It was decided once more meanwhile (episode {state.episode})."
    if state.state not in owned.CAN_BE_REASSIGNED:
        return f"It is {state.state}, and only a lead that is done, a person's or queued can be taken."
    return None


def _taken(services: Services, one: Reassignment, *, rep: str | None, run: str) -> Reassigned:
    paid = one.paid
    if one.refund and one.episode is not None:
        given = last_decision(services, one.contact_id, episode=one.episode)
        if given is not None and given["outcome"].get("owner_id") == one.expected_owner_id:
            paid = paid_in(given)
    return Reassigned(one.expected_owner_id, rep, one.why, run, one.rule, one.to, paid)
