"""Where a lead goes when a rep claims it from a queue, or gives it back."""

from __future__ import annotations

from collections.abc import Mapping

from router.policy.book import received
from router.policy.decision import Assigned, Queued
from router.policy.eligibility import Case
from router.policy.occasion import LONGEST_WHY, Claimed, Released
from router.policy.phrases import say
from router.policy.placement import Placement

_NOT_GIVEN_BACK = ("last:", "served:")
"""Fields that number the leads a team has given: a lead that comes back was given all the same."""


def claimed(claim: Claimed, case: Case) -> Placement:
    """The rep owns the lead. It counts as open and as received today; turns of the team stay as they are.

    Raises KeyError when the rep is unknown or has no HubSpot owner.
    """
    owner = case.owners[case.ready.reps[claim.rep].email]
    return Placement(
        Assigned(rep=claim.rep, owner_id=owner.id, team=claim.team),
        how="claimed",
        changes=received(claim.rep, day=case.today),
    )


def given_back(release: Released, case: Case) -> Placement:
    """The lead waits in the team's queue again, and what it had cost the rep is refunded."""
    why = release.why if len(release.why) <= LONGEST_WHY else f"{release.why[: LONGEST_WHY - 1].rstrip()}…"
    return Placement(
        Queued(release.team, why=None),
        changes=refund_of(release.paid),
        detour=say(case.language, "released", rep=release.rep, why=why),
    )


def refund_of(paid: Mapping[str, int]) -> dict[str, int]:
    """The changes that take back what a decision added to the book."""
    return {name: -change for name, change in paid.items() if change and not name.startswith(_NOT_GIVEN_BACK)}
