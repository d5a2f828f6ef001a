"""The context of one night: rules, the portal's owners, deactivated owners, and absent reps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from router.clock import Clock
from router.hubspot.api.gateway import Gateway
from router.policy.decision.compiled import CompiledPolicy
from router.policy.leads.catalog import Owner
from router.policy.people.availability import Reported
from router.policy.reports.night_selection import absent, is_long
from router.policy.rules.policy import Policy
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.people import People

NIGHTS_VARY: Final = timedelta(hours=2)
"""Nights are about 24 hours apart: with this tolerance five nights count as five days."""


class NightContext(Struct, frozen=True):
    """The facts that are the same for all leads of one night."""

    compiled: CompiledPolicy
    owners: Mapping[str, Owner]
    reported: Mapping[str, Reported]
    gone: frozenset[str]
    away: Mapping[str, datetime | None]
    names: Mapping[str, str]
    """Owner id → name: the rep's name, or else the owner's name or e-mail."""
    reps: Mapping[str, str]
    now: datetime

    @property
    def policy(self) -> Policy:
        """The policy that decides."""
        return self.compiled.policy


def night_context(
    *, hubspot: Gateway, rules: LiveRules, people: People, clock: Clock, away_since: Mapping[str, str]
) -> NightContext:
    """The context of tonight's plan; `away_since` has the ISO start of absences without an end.

    Raises `HubSpotError`, `NoRules` or `redis.RedisError`.
    """
    policy = rules.policy()
    now, owners = clock(), people.owners.refresh()
    # An owner who came back has a new id under the old address; leads of the old id are orphans all the same.
    everybody = hubspot.owners(priority="sweep")
    reported = people.availability.reported(policy.roster, owners, now=now)
    reps = reps_by_owner(owners, policy.roster)
    ids = {rep: owner_id for owner_id, rep in reps.items()}
    away: dict[str, datetime | None] = {}
    for one in absent(policy.roster, reported, now=now):
        since = datetime.fromisoformat(away_since[one.rep]) if one.rep in away_since else now
        span = policy.night.when_away
        if span is not None and one.rep in ids and is_long(one, span, since=since, now=now):
            away[ids[one.rep]] = one.back_at
    return NightContext(
        compiled=rules.compiled(),
        owners=owners,
        reported=reported,
        gone=frozenset(owner.id for owner in everybody if owner.archived),
        away=away,
        names={owner.id: owner.name or owner.email for owner in everybody} | reps,
        reps=reps,
        now=now,
    )


def away_without_end(
    *, rules: LiveRules, people: People, clock: Clock, before: Mapping[str, str]
) -> dict[str, str]:
    """ISO start of the absence, by rep without a known end; `before` is the result of last night."""
    policy = rules.policy()
    now = clock()
    reported = people.availability.reported(policy.roster, people.owners.by_email(), now=now)
    gone = [one.rep for one in absent(policy.roster, reported, now=now) if one.back_at is None]
    return {rep: before.get(rep, (now - NIGHTS_VARY).isoformat()) for rep in gone}
