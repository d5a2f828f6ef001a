"""What revisions promise: nothing is counted twice, and no eligible holder loses a lead.

The facts of each lead come one after the other, so each is decided once and revised up to three times, in a
book where other leads come between.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.decide import decide, decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Revised, paid_alone
from router.policy.decision.triggered.revision import is_kept
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.people.roster import CatchUp, Roster, Team, TimeOff
from router.policy.reports.bounds import bounds_of
from router.policy.reports.fairness import counts, gave_back, standings
from router.policy.reports.sums.share_sums import sums_of
from router.policy.rules.conditions import IsKnown, OneOf
from router.policy.rules.policy import (
    Assign,
    DoNothing,
    Method,
    Need,
    Nurture,
    Policy,
    ToAccountOwner,
    ToRep,
    ToTeam,
)
from router.policy.rules.scoring import PointsLine, PointsTable, Scorecard
from router.policy.shares.share_book import Book, credit_field, open_field, refund_of, today_field
from tests.world.policies import (
    NOW,
    PARIS,
    a_lead,
    a_policy,
    a_rep,
    a_rule,
    a_world_and_request,
    asks,
    compiled,
    no_points,
    office_hours,
)

quick = settings(max_examples=80, deadline=None)
TODAY = NOW.date()
SKILL = Need("skill", from_fact="topic")
LEAVE = TimeOff("rep0", date(2026, 11, 23), date(2026, 11, 25), backup="rep1")


@dataclass(frozen=True)
class LateLead:
    """A lead, and its properties after each of its steps."""

    contact_id: str
    steps: tuple[dict[str, str], ...]


steps = st.lists(
    st.dictionaries(
        st.sampled_from(["country", "topic", "size"]), st.sampled_from(["a", "b", "c"]), max_size=3
    ),
    min_size=1,
    max_size=4,
)
actions = st.one_of(
    st.builds(
        Assign,
        st.sampled_from([ToTeam("one"), ToTeam("two"), ToRep("rep0"), ToRep("rep1"), ToAccountOwner()]),
        st.sampled_from([Method.FAIR_SHARE, Method.FAIR_SHARE, Method.LEAST_LOADED, Method.QUEUE]),
        needs=st.sampled_from([(), (SKILL,)]),
        prefer=st.sampled_from([(), (SKILL,)]),
        if_unavailable=st.sampled_from([None, Assign(ToTeam("two")), Assign(ToTeam("one"))]),
        any_hour=st.booleans(),
    ),
    st.just(DoNothing()),
    st.just(Nurture(None, {})),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    names = [f"rep{number}" for number in range(5)]
    reps = {
        name: a_rep(
            name,
            weight=draw(st.integers(0, 3)),
            hours=draw(st.sampled_from([None, office_hours(), office_hours("22:00", "23:00")])),
            max_open_leads=draw(st.sampled_from([None, None, 1, 2])),
            max_per_day=draw(st.sampled_from([None, None, 2])),
            skills=draw(st.sampled_from([(), ("a",), ("a", "b", "c")])),
        )
        for name in names
    }
    teams = {
        name: Team(
            name,
            tuple(draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))),
            fair_by=draw(kinds_of_share),
            catch_up=draw(st.sampled_from([None, CatchUp()])),
        )
        for name in ("one", "two")
    }
    roster = Roster(PARIS, reps, teams, time_off=draw(st.sampled_from([(), (LEAVE,)])))
    rules = [
        a_rule(f"{fact} {value}", asks(fact, value), draw(actions), line=line)
        for line, (fact, value) in enumerate([("country", "a"), ("topic", "b"), ("size", "a"), ("size", "c")])
    ]
    points = PointsTable(
        "size", (PointsLine(OneOf(frozenset({"a"})), 90, "a"), PointsLine(IsKnown(), 20, "others"))
    )
    scoring = replace(no_points(), fit=Scorecard(100, (points,)))
    types = dict.fromkeys(("country", "topic", "size"), "text")
    return a_policy(*rules, roster=roster, otherwise=Assign(ToTeam("one")), scoring=scoring, types=types)


kinds_of_share: st.SearchStrategy[Literal["count", "value"]] = st.sampled_from(["count", "value"])
leads = st.lists(steps, min_size=1, max_size=6).map(
    lambda drawn: [
        LateLead(
            str(number),
            tuple({k: v for one in some[: n + 1] for k, v in one.items()} for n in range(len(some))),
        )
        for number, some in enumerate(drawn)
    ]
)


@dataclass(frozen=True)
class Made:
    """A decision, how it was asked for, the world it read, and the book after it."""

    decision: Decision
    trigger: Revised | None
    world: World
    after: Book


def made(policy: Policy, drawn: list[LateLead]) -> Iterator[Made]:
    """All decisions in order: every lead's first step, then every lead's second …"""
    book, latest, paid = Book(), dict[str, Decision](), dict[str, Mapping[str, int]]()
    rounds = max(len(lead.steps) for lead in drawn)
    for number in range(rounds):
        for lead in drawn:
            if number >= len(lead.steps):
                continue
            before = latest.get(lead.contact_id)
            trigger = None if before is None else held(before, paid[lead.contact_id])
            world, request = a_world_and_request(
                policy,
                contact_id=lead.contact_id,
                episode=number,
                book=book,
                now=NOW + timedelta(minutes=number),
                trigger=trigger,
            )
            decision = decide(compiled(policy), a_lead(lead.contact_id, **lead.steps[number]), world, request)
            book = book.apply(decision.book_changes)
            latest[lead.contact_id] = decision
            paid[lead.contact_id] = paid_alone(decision.book_changes, trigger)
            yield Made(decision, trigger, world, book)


def held(before: Decision, paid: Mapping[str, int]) -> Revised:
    rep = before.outcome.rep if isinstance(before.outcome, Assigned) else None
    return Revised(before.owner_id, rep, ("country",), before.due_at, paid)


def has_now(latest: dict[str, Decision]) -> Counter[str]:
    return Counter(
        one.outcome.rep
        for one in latest.values()
        if isinstance(one.outcome, Assigned) and one.outcome.rep is not None
    )


@quick
@given(policies(), leads)
def test_credits_sum_to_nothing_and_counts_are_those_of_the_last_decisions(
    policy: Policy, drawn: list[LateLead]
) -> None:
    latest: dict[str, Decision] = {}
    for one in made(policy, drawn):
        latest[one.decision.contact_id] = one.decision
        for team in policy.roster.teams.values():
            assert sum(one.after.credit(team.name, rep, team.unit) for rep in policy.roster.reps) == 0
        counted = has_now(latest)
        for rep in policy.roster.reps:
            assert one.after.value(open_field(rep)) == counted[rep]
            assert one.after.value(today_field(TODAY, rep)) == counted[rep]


@quick
@given(policies(), leads)
def test_a_refund_of_the_last_decisions_leaves_nothing_behind(policy: Policy, drawn: list[LateLead]) -> None:
    paid, book = dict[str, Mapping[str, int]](), Book()
    for one in made(policy, drawn):
        paid[one.decision.contact_id] = paid_alone(one.decision.book_changes, one.trigger)
        book = one.after
    for changes in paid.values():
        book = book.apply(refund_of(changes))

    for rep in policy.roster.reps:
        assert book.value(open_field(rep)) == book.value(today_field(TODAY, rep)) == 0
        for team in policy.roster.teams.values():
            assert book.value(credit_field(team.name, rep, team.unit)) == 0


@quick
@given(policies(), leads)
def test_a_holder_who_is_eligible_is_never_moved(policy: Policy, drawn: list[LateLead]) -> None:
    for one in made(policy, drawn):
        if one.trigger is None or one.trigger.rep is None:
            continue
        rule = next(rule for rule in policy.rules if rule.name == one.decision.rule)
        if not isinstance(rule.action, Assign):
            continue
        if is_eligible(policy, rule.action, one):
            assert one.decision.owner_id == one.trigger.owner_id
            assert is_kept(one.decision)
            assert one.trigger.due_at is None or (
                one.decision.due_at is not None and one.decision.due_at <= one.trigger.due_at
            )


def is_eligible(policy: Policy, action: Assign, one: Made) -> bool:
    """Whether the holder may keep the lead under the rule's first target, in the words of the contract."""
    holder = policy.roster.reps[str(one.trigger and one.trigger.rep)]
    topic = one.decision.facts.get("topic")
    if policy.roster.time_off and holder.name == LEAVE.rep:
        return False
    if action.needs and topic is not None and topic not in holder.skills:
        return False
    match action.to:
        case ToTeam(team):
            return holder.weight > 0 and holder.name in policy.roster.teams[team].reps
        case ToRep(rep):
            return rep == holder.name
    return False


@quick
@given(policies(), leads)
def test_a_revision_is_computed_again_from_its_record(policy: Policy, drawn: list[LateLead]) -> None:
    for one in made(policy, drawn):
        decision = one.decision
        written: dict[str, Any] = json.loads(json.dumps(as_record(decision)))
        read = from_record(written)
        assert read == decision
        inputs = read.inputs
        assert inputs is not None
        again = decide_on_facts(
            compiled(policy),
            read.facts,
            inputs.world_again(policy, now=read.decided_at),
            inputs.request_again(read.contact_id, episode=read.episode),
        )
        assert again == replace(decision, inputs=None)
        assert set(inputs.book) <= set(one.world.book.fields)


@quick
@given(policies(), leads)
def test_the_fairness_report_counts_the_last_decisions_and_fits_the_book(
    policy: Policy, drawn: list[LateLead]
) -> None:
    """Nothing is left "before" these decisions: the credits are those of the leads that count."""
    all_made = list(made(policy, drawn))
    decisions, book = [one.decision for one in all_made], all_made[-1].after
    latest = {one.contact_id: one.id for one in decisions}
    given_back = gave_back(decisions, ended=())

    counted = [one for one in decisions if counts(one, ended=(), given_back=given_back)]
    reports = standings(sums_of(counted), roster=policy.roster, book=book, bounds=bounds_of(policy))

    assert [one.id for one in counted] == [one.id for one in decisions if one.id in latest.values()]
    for one in reports:
        assert one.before == pytest.approx(0, abs=1e-6)
