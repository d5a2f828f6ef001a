"""Sharing by load: the rep with the fewest open leads per weight, and the reps to count them for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from router.policy.rules.policy import Method, Policy, ToTeam, steps_of
from router.policy.shares.fair_share import next_up
from router.policy.shares.lead_value import ONE_LEAD, LeadValue
from router.policy.shares.share import Share


def least_loaded(
    shares: Sequence[Share],
    open_leads: Sequence[int],
    *,
    lead_value: LeadValue = ONE_LEAD,
    away: Sequence[Share] = (),
) -> str:
    """The rep with the fewest open leads per weight; fair share decides between equal reps.

    `open_leads` are the counts in the order of `shares`, 0 or more; the other arguments are those of
    `next_up`. Raises ValueError when `shares` is empty, or when the two lengths differ.
    """
    loads = [Fraction(count, share.weight) for share, count in zip(shares, open_leads, strict=True)]
    least = min(loads, default=None)
    equals = [share for share, load in zip(shares, loads, strict=True) if load == least]
    return next_up(shares, among=equals, lead_value=lead_value, away=away)


def teams_by_load(policy: Policy) -> frozenset[str]:
    """The teams for which some rule shares leads by load."""
    return frozenset(
        step.to.team
        for rule in policy.rules
        for step in steps_of(rule.action)
        if step.method is Method.LEAST_LOADED and isinstance(step.to, ToTeam)
    )


def reps_counted(policy: Policy) -> tuple[str, ...]:
    """The reps whose open leads matter, in file order: reps with a cap, or in a team by load."""
    in_team_by_load = {rep for team in teams_by_load(policy) for rep in policy.roster.teams[team].reps}
    return tuple(
        name
        for name, rep in policy.roster.reps.items()
        if rep.max_open_leads is not None or name in in_team_by_load
    )
