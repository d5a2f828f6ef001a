"""The night's brake: leads that a plan moves, counted against the open leads of the team."""

from __future__ import annotations

from router.hubspot.api.gateway import Gateway
from router.policy.reports.night_selection import Held, held_back
from router.routing.night.candidates import OWNERS_PER_SEARCH, filters_of_open_leads
from router.routing.night.night_context import NightContext


def brake(moves: int, context: NightContext, *, hubspot: Gateway) -> tuple[int, Held | None]:
    """The number of open leads, and the brake if a plan of so many moves needs a person's approval.

    The limits stand below `night` in routing.yaml, as a count and as a share of the open leads. One search
    per hundred reps, none for a plan without moves.
    """
    now_open = open_leads(context, hubspot=hubspot) if moves else 0
    return now_open, held_back(moves, open_leads=now_open, limits=context.policy.night.limits)


def open_leads(context: NightContext, *, hubspot: Gateway) -> int:
    """Number of open leads of the roster's reps, by one search per hundred reps."""
    ids = sorted(context.reps)
    parts = (ids[start : start + OWNERS_PER_SEARCH] for start in range(0, len(ids), OWNERS_PER_SEARCH))
    return sum(
        hubspot.count_contacts(filters_of_open_leads(context.policy, part), priority="sweep")
        for part in parts
    )
