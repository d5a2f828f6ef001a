"""Fair shares from the ledger's decisions, and credit that a person grants to a rep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

import structlog
from msgspec import Struct

from router.clock import Clock
from router.ledger.sums.share_days import SharesOfMode
from router.policy.people.roster import Roster, Unit
from router.policy.reports.bounds import bounds_of
from router.policy.reports.fairness import ShareReport, standings
from router.policy.reports.sums.curves import Curves
from router.policy.reports.sums.missed_sums import Missed
from router.policy.shares.grant import granted
from router.policy.shares.performance_weights import weights_in_force
from router.policy.shares.share_book import LEAD, Book
from router.routing.outbox.record import record_outbox
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.store.leads.credits import Credits
from router.store.store import Store

TRIES: Final = 200
"""Other commits that may come between before a grant gives up; each try takes a few milliseconds."""


class TooBusy(Exception):
    """The book of shares changed at every try."""


CurvesWanted = Literal["", "thin", "whole"]
"""No points over time, four a day, or one for each lead (read from the decisions themselves)."""


class Fairness(Struct, frozen=True):
    """The shares that the decisions since a moment add up to. `missed` is of one rep, if asked for."""

    since: datetime
    roster: Roster
    standings: tuple[ShareReport, ...]
    missed: tuple[Missed, ...]
    curves: Curves


class Granted(Struct, frozen=True):
    """A grant: each rep's credit in the team before and after, in its `unit`."""

    unit: Unit
    credits: Mapping[str, tuple[float, float]]


def fairness_since(
    services: Services, *, since: datetime, rep: str | None = None, curves: CurvesWanted = ""
) -> Fairness:
    """What each rep received since `since` (aware UTC); decisions of the other mode are left out.

    Days that are over are read from their sums. `rep` asks for the leads that a rep missed. Raises `NoRules`,
    `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`.
    """
    policy = services.rules.policy()
    record_outbox(services)  # includes decisions of a moment ago
    sums = services.ledger.sums.shares(mode=policy.mode, since=since, rep=rep, curves=curves)
    fields, _version = services.store.commits.read_book()
    book, roster = Book(fields), policy.roster
    weights = {team: weights_in_force(roster, team, book) for team in roster.teams}
    return Fairness(
        since=since,
        roster=roster,
        standings=standings(sums.shares, roster=roster, book=book, bounds=bounds_of(policy)),
        missed=_missed(sums, rep, weights=weights, roster=roster) if rep is not None else (),
        curves=sums.curves,
    )


def _missed(
    sums: SharesOfMode, rep: str, *, weights: Mapping[str, Mapping[str, int]], roster: Roster
) -> tuple[Missed, ...]:
    of_teams = {team: by_rep[rep] for team, by_rep in weights.items() if rep in by_rep}
    return sums.missed.lines(rep, weights=of_teams, timezone=roster.timezone)


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
