"""Performance weights: those that results call for, and those in force in the book of shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from router.clock import Clock
from router.ledger import Ledger
from router.policy.people.roster import Team
from router.policy.results.result_sums import ResultSums
from router.policy.shares.performance_weights import (
    UNCHANGED,
    TeamPerformance,
    performance_of,
    ripe_between,
    wins_of,
)
from router.policy.shares.share_book import FACTORS, factor_field
from router.routing.outbox.record import record_outbox
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.store.store import Store

EVENT: Final = "weights_changed"
TRIES: Final = 200
"""Other commits that may come between before a change gives up; each try takes a few milliseconds."""


class TeamWeights(Struct, frozen=True):
    """A team whose weights follow results: the evidence, and each rep's factor in force (thousandths)."""

    team: Team
    performance: TeamPerformance
    in_force: Mapping[str, int]


def weights_of(*, store: Store, ledger: Ledger, rules: LiveRules, clock: Clock) -> tuple[TeamWeights, ...]:
    """Every team whose weights follow results, in file order, judged as of now; nothing is changed.

    Raises `NoRules`, `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`.
    """
    return _judged(store.commits.read_book()[0], ledger=ledger, rules=rules, clock=clock)


def refresh_weights(services: Services) -> bool:
    """Put the factors that results call for in force, all at once, with the evidence in the ledger.

    False if nothing had to change, or other commits always came first: then the old ones hold until the next
    night. Safe to repeat. Raises like `weights_of`.
    """
    record_outbox(services)  # includes leads won a moment ago
    for _ in range(TRIES):
        fields, version = services.store.commits.read_book()
        judged = _judged(fields, ledger=services.ledger, rules=services.rules, clock=services.clock)
        changes = _changes(judged, fields)
        if not changes:
            return False
        evidence = [_evidence(one) for one in judged]
        event = {"at": services.clock().isoformat(), "kind": EVENT, "teams": evidence, "book": changes}
        if services.store.credits.change(changes, version=version, event=event):
            services.log.info(
                "weights.changed", teams=[one.team.name for one in judged], changed=len(changes)
            )
            record_outbox(services)
            return True
    services.log.warning("weights.not_changed", why="The book of shares changed at every try.")
    return False


def _judged(
    fields: Mapping[str, int], *, ledger: Ledger, rules: LiveRules, clock: Clock
) -> tuple[TeamWeights, ...]:
    policy = rules.policy()
    teams = policy.roster.teams.values()
    now, sums = clock(), dict[tuple[datetime, datetime], ResultSums]()
    judged = []
    for team in teams:
        window = ripe_between(team, now=now)
        if window is None:
            continue
        if window not in sums:
            sums[window] = ledger.sums.results(since=window[0], up_to=window[1])
        in_force = {rep: fields.get(factor_field(team.name, rep), 0) or UNCHANGED for rep in team.reps}
        judged.append(TeamWeights(team, performance_of(wins_of(sums[window], team)), in_force))
    return tuple(judged)


def _changes(judged: Sequence[TeamWeights], fields: Mapping[str, int]) -> dict[str, int]:
    """The changes to the book, also for reps who left and teams whose weights no longer follow results."""
    wanted = {
        factor_field(one.team.name, rep.rep): rep.factor
        for one in judged
        for rep in one.performance.reps
        if rep.factor != UNCHANGED
    }
    there = {name: count for name, count in fields.items() if name.startswith(FACTORS) and count}
    return {
        name: wanted.get(name, 0) - there.get(name, 0)
        for name in sorted(wanted.keys() | there.keys())
        if wanted.get(name, 0) != there.get(name, 0)
    }


def _evidence(one: TeamWeights) -> dict[str, Any]:
    return {
        "team": one.team.name,
        "received": one.performance.received,
        "won": one.performance.won,
        "reps": {rep.rep: [rep.received, rep.won, rep.factor] for rep in one.performance.reps},
    }
