"""Fair shares from the ledger's decisions, and credit that a person grants to a rep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from router.clock import Clock
from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import from_record
from router.policy.people.roster import Roster, Unit
from router.policy.reports.bounds import bounds_of
from router.policy.reports.fairness import ShareReport, standings, teams_refunded, that_count
from router.policy.shares.grant import granted
from router.policy.shares.performance_weights import weights_in_force
from router.policy.shares.share_book import LEAD, REFUNDED, Book
from router.routing.outbox.record import record_outbox
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.store.leads.credits import Credits
from router.store.store import Store

TRIES: Final = 200
"""Other commits that may come between before a grant gives up; each try takes a few milliseconds."""


class TooBusy(Exception):
    """The book of shares changed at every try."""


@dataclass(frozen=True, slots=True)
class Fairness:
    """The decisions since a moment that still count, first to last, and the shares they add up to."""

    since: datetime
    roster: Roster
    decisions: tuple[Decision, ...]
    standings: tuple[ShareReport, ...]
    weights: Mapping[str, Mapping[str, int]]
    """By team and rep, the weights in force now (thousandths)."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant: each rep's credit in the team before and after, in its `unit`."""

    unit: Unit
    credits: Mapping[str, tuple[float, float]]


def fairness_since(services: Services, *, since: datetime) -> Fairness:
    """What each rep received since `since` (aware UTC); decisions of the other mode are left out.

    Raises `NoRules`, `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`.
    """
    policy = services.rules.policy()
    record_outbox(services)  # includes decisions of a moment ago
    given_back = services.ledger.decisions_ended_by(REFUNDED, since=since)
    decided = map(from_record, services.ledger.decided_since(since))
    of_mode = tuple(one for one in decided if one.mode == policy.mode)
    decisions = that_count(of_mode, ended=given_back)
    fields, _version = services.store.commits.read_book()
    return Fairness(
        since=since,
        roster=policy.roster,
        decisions=decisions,
        standings=standings(
            decisions,
            roster=policy.roster,
            book=Book(fields),
            bounds=bounds_of(policy),
            refunded=teams_refunded(of_mode, decisions),
        ),
        weights={team: weights_in_force(policy.roster, team, Book(fields)) for team in policy.roster.teams},
    )


def plan_grant(*, store: Store, rules: LiveRules, team: str, rep: str, amount: Decimal) -> Granted:
    """The effect that a grant would have; nothing is changed. Raises `CannotGrant` or `NoRules`."""
    fields, _version = store.commits.read_book()
    return _after(
        fields, _changes(fields, team=team, rep=rep, amount=amount, rules=rules), team=team, rules=rules
    )


def grant(
    repository: Credits,
    *,
    store: Store,
    rules: LiveRules,
    clock: Clock,
    log: structlog.stdlib.BoundLogger,
    team: str,
    rep: str,
    amount: Decimal,
    why: str,
) -> Granted:
    """Grant the rep credit of `amount` in the team's unit, paid by the others; the ledger keeps why.

    Raises `CannotGrant`, `NoRules`, and `TooBusy` if other commits always came first.
    """
    changes = _changes(store.commits.read_book()[0], team=team, rep=rep, amount=amount, rules=rules)
    event: dict[str, str | Mapping[str, int]] = {
        "at": clock().isoformat(),
        "kind": "credit_granted",
        "team": team,
        "rep": rep,
        _unit_of(team, rules=rules): str(amount),
        "why": why,
        "book": changes,
    }
    for _ in range(TRIES):
        fields, version = store.commits.read_book()
        if repository.change(changes, version=version, event=event):
            log.info("credit.granted", team=team, rep=rep, amount=str(amount))
            return _after(fields, changes, team=team, rules=rules)
    raise TooBusy("The book of shares changed at every try, so no credit was granted. Try again.")


def _changes(
    fields: Mapping[str, int], *, rules: LiveRules, team: str, rep: str, amount: Decimal
) -> Mapping[str, int]:
    policy = rules.policy()
    return granted(policy.roster, team=team, rep=rep, amount=int(amount * LEAD), book=Book(fields))


def _after(fields: Mapping[str, int], changes: Mapping[str, int], *, rules: LiveRules, team: str) -> Granted:
    policy = rules.policy()
    before, after = Book(fields), Book(fields).apply(changes)
    shared = policy.roster.teams[team]
    return Granted(
        shared.unit,
        {
            rep: (before.credit(team, rep, shared.unit) / LEAD, after.credit(team, rep, shared.unit) / LEAD)
            for rep in shared.reps
        },
    )


def _unit_of(team: str, *, rules: LiveRules) -> Unit:
    return rules.policy().roster.teams[team].unit
