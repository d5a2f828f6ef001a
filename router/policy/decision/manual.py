"""Where a lead goes when a rep claims it from a queue, or gives it back."""

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
    """The rep owns the lead. It counts as open and as received today; turns of the team stay as they are.

    Raises KeyError when the rep is unknown or has no HubSpot owner.
    """
    owner = context.owners[context.compiled.reps[claim.rep].email]
    return Placement(
        Assigned(rep=claim.rep, owner_id=owner.id, team=claim.team),
        how="claimed",
        changes=received(claim.rep, day=context.today),
    )


def given_back(policy: Policy, action: Action, release: Released, context: DecisionContext) -> Placement:
    """The lead waits in the team's queue again, and what it had cost the rep is refunded.

    A rule that leaves its leads to a queue may let it wait there; any other rule gives it on at once.
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
