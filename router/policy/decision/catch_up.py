"""Catch-up: the reps who miss a lead only because of time off, and those who earn a part of it."""

from __future__ import annotations

from collections.abc import Sequence

from router.policy.decision.compiled import CompiledRep
from router.policy.decision.eligibility import DecisionContext, calendar_on, why_barred, why_unfit, wishes_of
from router.policy.people.availability import is_present, why_away
from router.policy.people.public_holidays import holiday_on
from router.policy.people.roster import CatchUp
from router.policy.rules.policy import Need
from router.policy.shares.lead_value import LeadValue
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD


def kept_away(
    context: DecisionContext,
    reps: Sequence[CompiledRep],
    *,
    eligible: Sequence[CompiledRep],
    needs: Sequence[Need],
    prefer: Sequence[Need],
) -> list[CompiledRep]:
    """The reps who miss the lead only because of time off: they have its needs, and free capacity.

    `eligible` are the reps who may take the lead. Time off is leave, an absence from HubSpot or from an
    override, and a public holiday; closed hours are not.
    """
    eligible_names = {one.rep.name for one in eligible}
    wishes = wishes_of(context.facts, needs)
    for wish in wishes_of(context.facts, prefer):
        if any(not wish.folded.isdisjoint(one.has[wish.kind]) for one in eligible):
            wishes.append(wish)
    return [
        one
        for one in reps
        if one.rep.name not in eligible_names
        and one.rep.weight > 0
        and _is_away(context, one)
        and why_barred(context, one) is None
        and why_unfit(context, one, wishes=wishes) is None
    ]


def earning(
    away: Sequence[Share], shares: Sequence[Share], *, catch_up: CatchUp, lead_value: LeadValue
) -> tuple[Share, ...]:
    """The shares among `away` that earn their part of a lead that goes to one of `shares`.

    An absent rep whose credit would exceed `catch_up.at_most` earns nothing from this lead.
    """
    present_weight = sum(share.weight for share in shares)
    found = tuple(away)
    while catch_up.at_most is not None:
        total = present_weight + sum(share.weight for share in found)
        most, lot = catch_up.at_most * LEAD * total, lead_value.value * LEAD
        left = tuple(share for share in found if share.credit * total + share.weight * lot <= most)
        if left == found:
            break
        found = left  # with fewer reps each one earns more, so the limit is checked again
    return found


def _is_away(context: DecisionContext, one: CompiledRep) -> bool:
    calendar, reported = calendar_on(context, one)
    if why_away(calendar, reported, now=context.now, language=context.language) is not None:
        return True
    if calendar.holidays is None or is_present(reported, context.now):
        return False
    return holiday_on(calendar.holidays, calendar.day_of(context.now), context.language) is not None
