"""Builders that fill in what a test does not care about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from msgspec.structs import replace

from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Lead, Value
from router.policy.people.availability import Reported
from router.policy.people.roster import Hours, Rep, Roster, Team, TimeOff
from router.policy.rules.conditions import ALWAYS, Between, Condition, Matcher, OneOf, Test
from router.policy.rules.policy import Action, Assign, Method, Policy, Rule, ToTeam
from router.policy.rules.scoring import GradeGrid, Scorecard, Scoring, Segment
from router.policy.shares.share_book import Book
from tests.world.time import NOW, PARIS


def office_hours(opens: str = "09:00", closes: str = "18:00", *, name: str = "context") -> Hours:
    """Monday to Friday, without a break."""
    day = ((time.fromisoformat(opens), time.fromisoformat(closes)),)
    return Hours(name, (day, day, day, day, day, (), ()))


def a_rep(name: str = "anna", *, weight: int = 1, **fields: Any) -> Rep:
    """A rep who works round the clock without caps; `weight` is in whole parts, as in team.yaml."""
    return replace(Rep(name=name, owner=f"{name}@example.com", weight=weight * 1000), **fields)


def a_team(*reps: Rep, name: str = "sales", time_off: tuple[TimeOff, ...] = ()) -> Roster:
    """A roster of one team with these reps, in this order."""
    reps = reps or (a_rep("anna"), a_rep("ben"))
    return Roster(
        timezone=PARIS,
        reps={rep.name: rep for rep in reps},
        teams={name: Team(name, tuple(rep.name for rep in reps))},
        time_off=time_off,
    )


def a_lead(contact_id: str = "501", *, company: Mapping[str, str] | None = None, **properties: str) -> Lead:
    """A contact with these HubSpot texts and nothing else."""
    return Lead(contact_id, properties, company or {})


def asks(fact: str, *values: str | Matcher) -> Test:
    """A condition on one fact: one of the values, or a matcher."""
    matcher = values[0] if values and not isinstance(values[0], str) else None
    if matcher is None:
        matcher = OneOf(frozenset(value for value in values if isinstance(value, str)))
    return Test(fact=fact, matcher=matcher, written=f"{fact}: {', '.join(str(value) for value in values)}")


def a_rule(
    name: str = "a rule",
    when: Condition = ALWAYS,
    action: Action | None = None,
    *,
    line: int = 1,
    sla: timedelta | None = None,
    status: str | None = None,
) -> Rule:
    """A rule that gives every lead to the team `sales`."""
    return Rule(name, when, action or Assign(ToTeam("sales")), line=line, sla=sla, status=status)


def no_points() -> Scoring:
    """A scoring that gives no points and grade C3."""
    everything = Between(low=Decimal(0))
    card = Scorecard(maximum=100, tables=())
    return Scoring(fit=card, engagement=card, grade=GradeGrid((("C", everything),), (("3", everything),)))


def a_policy(
    *rules: Rule,
    roster: Roster | None = None,
    scoring: Scoring | None = None,
    segments: tuple[Segment, ...] = (Segment("cold", None),),
    types: Mapping[str, str] | None = None,
    language: Literal["fr", "en"] = "en",
    otherwise: Action | None = None,
    default_sla: timedelta = timedelta(hours=4),
) -> Policy:
    """A policy of these rules; `otherwise` every lead waits in the queue of the roster's first team."""
    roster = roster or a_team()
    first_team = next(iter(roster.teams))
    catch_all = Rule(
        "otherwise", ALWAYS, otherwise or Assign(ToTeam(first_team), method=Method.QUEUE), line=99
    )
    return Policy(
        revision="r1",
        roster=roster,
        scoring=scoring or no_points(),
        segments=segments,
        rules=(*rules, catch_all),
        default_sla=default_sla,
        default_status="NEW",
        language=language,
        types=types or {},
    )


def owners_of(roster: Roster) -> dict[str, Owner]:
    """An active HubSpot owner for every rep; its id is `owner-<name>`."""
    return {
        rep.owner.lower(): Owner(id=f"owner-{rep.name}", email=rep.owner, name=rep.name)
        for rep in roster.reps.values()
    }


def compiled(policy: Policy) -> CompiledPolicy:
    """The policy compiled; the latest one is kept, because tests decide many leads with one policy."""
    if not _LATEST or _LATEST[0].policy is not policy:
        _LATEST[:] = [compile_policy(policy)]
    return _LATEST[0]


_LATEST: list[CompiledPolicy] = []


def deciding(policy: Policy, lead: Lead | None = None, **given: Any) -> Decision:
    """The decision with an empty book, active owners and a Tuesday morning, unless given."""
    lead = lead or a_lead()
    now = given.get("now", NOW)
    return deciding_on(policy, compiled(policy).read(lead, now), **{"contact_id": lead.id, **given})


def deciding_on(policy: Policy, facts: Mapping[str, Value], **given: Any) -> Decision:
    """`deciding` from facts."""
    world, request = a_world_and_request(policy, **given)
    return decide_on_facts(compiled(policy), facts, world, request)


def a_world_and_request(
    policy: Policy,
    *,
    contact_id: str = "1",
    book: Book | None = None,
    owners: Mapping[str, Owner] | None = None,
    now: datetime = NOW,
    reported: Mapping[str, Reported] | None = None,
    **asked: Any,
) -> tuple[World, DecisionRequest]:
    """What `decide` takes besides policy and lead; all else goes into the request."""
    owners = owners_of(policy.roster) if owners is None else owners
    return World(book or Book(), owners, now, reported or {}), DecisionRequest(contact_id, **asked)


def deal(roster: Roster, *, leads: int) -> dict[str, int]:
    """How many of so many leads each rep gets from the roster's first team by fair share."""
    policy = a_policy(otherwise=Assign(ToTeam(next(iter(roster.teams)))), roster=roster)
    book, got = Book(), Counter[str]()
    for number in range(leads):
        decision = deciding(policy, a_lead(str(number)), book=book)
        if isinstance(decision.outcome, Assigned) and decision.outcome.rep is not None:
            got[decision.outcome.rep] += 1
        book = book.apply(decision.book_changes)
    return dict(got)
