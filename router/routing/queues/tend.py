"""Tending the queues: waiting leads are pushed, decided again, or found to have an owner in HubSpot."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from router.routing.portal.services import Services
from router.routing.queues.push import TRY_EVERY, push_groups
from router.routing.queues.waiting import look_at_leads
from router.timestamps import in_ms

AT_A_TIME: Final = 100
"""Leads looked at in one step: HubSpot reads at most this many in one call."""


class Tending(Struct, frozen=True):
    """Counts of one step."""

    looked_at: int
    """Leads that were due by themselves, or in their group."""
    reopened: int
    owned: int
    """Leads that left their queue because of what HubSpot shows of them."""
    ended: int = 0
    """Leads that were parked because they had waited for too long."""


def tends_something(services: Services) -> bool:
    """True if a queued lead or a group of them is due, or a rep may have become available meanwhile."""
    now_ms = services.now_ms()
    due = services.store.queues.to_tend(now_ms=now_ms, limit=1)
    return bool(due) or services.store.waiting.is_due(now_ms=now_ms, every_ms=in_ms(TRY_EVERY))


def tend_queues(services: Services, *, limit: int = AT_A_TIME) -> Tending:
    """Look at queued leads that are due, at most 100, and at groups of leads for which somebody is there now.

    One call to HubSpot if some leads were not read lately. A lead whose `push_at` is over, or that had no
    eligible rep, is decided once more as soon as a rep would get it; a lead that a person owns in HubSpot
    leaves the queue. Safe to repeat. Raises `HubSpotError`, `NoRules` or `redis.RedisError`; then the leads
    stay due.
    """
    policy = services.rules.policy()
    if policy.mode == "shadow":
        return Tending(0, 0, 0)
    leads = look_at_leads(services, policy, limit=limit)
    groups = push_groups(services, policy, limit=limit)
    return Tending(leads.looked_at + groups.looked_at, groups.reopened, leads.left, leads.ended)
