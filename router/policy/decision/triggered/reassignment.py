"""The placement of a lead that is taken from its owner."""

from __future__ import annotations

from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Queued
from router.policy.decision.eligibility import DecisionContext
from router.policy.decision.placement import Placement, place
from router.policy.decision.trigger import PushedOut, Reassigned, ToOwner, ToQueue
from router.policy.rules.policy import Action, Assign, Method, Policy
from router.policy.shares.share_book import back_from, received
from router.policy.wording.phrases import say


def reassigned(
    policy: Policy, action: Action, taken: Reassigned, context: DecisionContext
) -> Placement | None:
    """The new placement of the lead, with the reason; None if the rule gives the lead to nobody.

    The old owner had a chance to work the lead, so its cost stays paid, unless `taken.paid` refunds it.
    The lead no longer counts as open with the old owner.
    """
    placement = _placement(policy, action, taken, context)
    if placement is None:
        return None
    changes = dict(placement.changes)
    for name, change in back_from(taken.rep, taken.paid).items():
        changes[name] = changes.get(name, 0) + change
    why = _why(taken, context.language)
    outcome = placement.outcome
    already = placement.detour or (outcome.why if isinstance(outcome, Queued) else None)
    detour = why if already is None else f"{already}; {why}"
    if isinstance(outcome, Queued) and outcome.why is not None:
        outcome = replace(outcome, why=detour)
    return replace(placement, outcome=outcome, changes=changes, detour=detour)


def _placement(
    policy: Policy, action: Action, taken: Reassigned, context: DecisionContext
) -> Placement | None:
    if isinstance(taken.to, ToQueue) and taken.to.team in policy.roster.teams:
        return Placement(Queued(taken.to.team, why=None))
    if isinstance(taken.to, ToOwner):
        given = _to_owner(taken.to, context)
        if given is not None:
            return given
    if not isinstance(action, Assign):
        return None
    pushed_out = isinstance(taken.to, PushedOut)
    return place(policy, replace(action, method=Method.FAIR_SHARE) if pushed_out else action, context)


def _to_owner(to: ToOwner, context: DecisionContext) -> Placement | None:
    owner = next((one for one in context.owners.values() if one.id == to.owner_id), None)
    if owner is None or owner.archived or context.excluded & {owner.id}:
        return None
    rep = context.compiled.rep_of_email.get(owner.email.lower())
    if rep in context.excluded:
        return None
    changes = received(rep, day=context.cache.today) if rep else {}
    return Placement(Assigned(rep=rep, owner_id=owner.id, team=None), how="chosen", changes=changes)


def _why(taken: Reassigned, language: str) -> str:
    if not taken.owner_id:
        return taken.why
    called = taken.rep or say(language, "owner_of_id", owner_id=taken.owner_id)
    return say(language, "reassigned", rep=called, why=taken.why)
