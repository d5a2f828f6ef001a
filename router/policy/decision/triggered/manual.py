"""The placement of a lead that a rep claims from a queue or gives back."""

from __future__ import annotations

from datetime import datetime

from router.policy.decision.decision import Assigned, Queued
from router.policy.decision.eligibility import DecisionContext
from router.policy.decision.placement import Placement
from router.policy.decision.trigger import LONGEST_WHY, Claimed, Released
from router.policy.rules.policy import Action, Assign, Method, Policy
from router.policy.rules.sla import queue_due_at
from router.policy.shares.share_book import received, refund_of
from router.policy.wording.phrases import say


def claimed(claim: Claimed, context: DecisionContext) -> Placement:
    """The placement with the rep who claims. The lead counts as open and as received today.

    The team's credits do not change. Raises KeyError when the rep is unknown or has no HubSpot owner.
    """
    owner = context.owners[context.compiled.reps[claim.rep].email]
    return Placement(
        Assigned(rep=claim.rep, owner_id=owner.id, team=claim.team),
        how="claimed",
        changes=received(claim.rep, day=context.cache.today),
    )


def given_back(policy: Policy, action: Action, release: Released, context: DecisionContext) -> Placement:
    """The placement in the team's queue, with a refund of the lead's cost to the rep.

    Under a rule with `method: queue` the lead waits for a claim or for `push_after`; any other rule gives
    the lead to the next rep at once.
    """
    why = release.why if len(release.why) <= LONGEST_WHY else f"{release.why[: LONGEST_WHY - 1].rstrip()}…"
    return Placement(
        Queued(release.team, why=None, push_at=_push_at(policy, action, release, context)),
        changes=refund_of(release.paid),
        detour=say(context.language, "released", rep=release.rep, why=why),
    )


def _push_at(policy: Policy, action: Action, release: Released, context: DecisionContext) -> datetime | None:
    if not isinstance(action, Assign):
        return None
    if action.method is not Method.QUEUE:
        return context.now
    if action.push_after is None:
        return None
    return queue_due_at(context.now, action.push_after, roster=policy.roster, team=release.team)
