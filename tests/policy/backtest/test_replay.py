"""A replay of many leads decides as `decide` does, one lead after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.backtest.dealing.dealing import deal, without_open_caps
from router.policy.backtest.dealing.replay import JudgedLeads, ReplayedLeads
from router.policy.backtest.judging.columns import Cell, Chunk, View, instant
from router.policy.backtest.judging.judging import columns_for, judges
from router.policy.decision.decision import Decision
from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.people.roster import CatchUp, Rep, Roster, Team, TimeOff
from router.policy.rules.conditions import AnyOf, Between, Condition, IsKnown, NoneOf, OneOf, Unknown, Within
from router.policy.rules.policy import (
    Assign,
    Method,
    Need,
    Nurture,
    Policy,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.policy.rules.scoring import (
    GradeGrid,
    HalfLife,
    PointsLine,
    PointsTable,
    Scorecard,
    Scoring,
    Segment,
    Steps,
)
from router.policy.shares.share_book import Book
from tests.world.policies import (
    NOW,
    PARIS,
    a_policy,
    a_rep,
    a_rule,
    asks,
    deciding_on,
    office_hours,
    owners_of,
)

TYPES = {
    "need": FactType.CHOICE,
    "size": FactType.NUMBER,
    "seen": FactType.DATETIME,
    "recent_conversion_date": FactType.DATETIME,
    "account_owner": FactType.TEXT,
    "previous_owner": FactType.TEXT,
    "skill": FactType.CHOICES,
}
Facts = Mapping[str, Value]


def replayed(policy: Policy, leads: Sequence[tuple[datetime, Facts]]) -> ReplayedLeads:
    """The replay of these leads (arrival, facts)."""
    return replayed_side_by_side([policy], leads)[0]


def replayed_side_by_side(
    policies: Sequence[Policy], leads: Sequence[tuple[datetime, Facts]], *, chunk: int = 7
) -> list[ReplayedLeads]:
    """The replay of these leads, given in chunks, by policies that are judged together."""
    leads = sorted(leads, key=lambda lead: lead[0])
    side_by_side = judges(*policies)
    columns = columns_for(side_by_side, _as_it_is, sources={})
    kinds: list[list[int]] = [[] for _ in policies]
    standings: list[list[int]] = [[] for _ in policies]
    for start in range(0, len(leads), chunk):
        some = leads[start : start + chunk]
        cells: dict[str, list[Cell]] = {name: [facts.get(name) for _, facts in some] for name in TYPES}
        view = View(columns, Chunk(np.array([instant(at) for at, _ in some]), cells))
        for judge, kind_of, standing_of in zip(side_by_side, kinds, standings, strict=True):
            kind, standing = judge.judged(view)
            kind_of.extend(kind.tolist())
            standing_of.extend(standing.tolist())
    arrived = np.array([instant(at) for at, _ in leads])
    found = []
    for policy, judge, kind_of, standing_of in zip(policies, side_by_side, kinds, standings, strict=True):
        judged = JudgedLeads(judge.kinds, np.array(kind_of), judge.standings, np.array(standing_of))
        owners = owners_of(policy.roster)
        dealt = deal(
            policy,
            judged.kinds,
            owners=owners,
            kind_of=judged.kind_of,
            arrived=arrived,
            scores=judged.scores(),
        )
        found.append(ReplayedLeads(policy, judged, dealt))
    return found


def decided(policy: Policy, leads: Sequence[tuple[datetime, Facts]]) -> list[Decision]:
    """The decisions of these leads one after the other, first come first."""
    policy, book = without_open_caps(policy), Book()
    found = []
    for at, facts in sorted(leads, key=lambda lead: lead[0]):
        decision = deciding_on(policy, facts, book=book, now=at)
        book = book.apply(decision.book_changes)
        found.append(decision)
    return found


def _as_it_is(_fact: str, cell: Cell) -> Value | None:
    return cell  # type: ignore[return-value] # the cells of these tests are values


hours = st.sampled_from(
    [None, office_hours(), office_hours("08:30", "12:30"), office_hours("22:00", "00:00")]
)
reps = st.builds(
    lambda weight, hours, cap, skills, holidays: a_rep(
        weight=weight,
        hours=hours,
        max_per_day=cap,
        skills=skills,
        max_open_leads=1,
        public_holidays=holidays,
    ),
    st.integers(1, 3),
    hours,
    st.sampled_from([None, None, 2]),
    st.sampled_from([(), ("crm",), ("crm", "bi")]),
    st.sampled_from([None, None, "AT"]),  # closed on the 26th
)
slas = st.sampled_from([None, timedelta(minutes=15), timedelta(hours=4), timedelta(hours=12)])
needs = st.sampled_from([(), (Need("skill", "crm"),), (Need("skill", from_fact="skill"),)])


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    drawn = draw(st.lists(reps, min_size=3, max_size=5))
    named = [replace(rep, name=f"rep{n}", owner=f"rep{n}@example.com") for n, rep in enumerate(drawn)]
    fair_by: Literal["count", "value"] = draw(st.sampled_from(["count", "value"]))
    catch_up = draw(st.sampled_from([None, CatchUp(), CatchUp(1), CatchUp(60)]))
    absences = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(20, 28)), max_size=2))
    return Roster(
        timezone=PARIS,
        reps={rep.name: rep for rep in named},
        teams={
            "sales": Team("sales", ("rep0", "rep1", "rep2")),
            "all": Team("all", tuple(r.name for r in named), fair_by=fair_by, catch_up=catch_up),
        },
        time_off=tuple(
            TimeOff(f"rep{rep}", date(2026, 10, day), date(2026, 10, day + 2), backup="rep1")
            for rep, day in absences
        ),
    )


actions = st.one_of(
    st.builds(
        Assign,
        st.sampled_from([ToTeam("sales"), ToTeam("all")]),
        st.sampled_from(list(Method)),
        needs,
        needs,
        st.sampled_from(
            [None, Assign(ToTeam("all"), needs=(Need("skill", "crm"),)), Assign(ToTeam("sales"))]
        ),
        st.booleans(),
    ),
    st.builds(lambda rep: Assign(ToRep(rep), if_unavailable=Assign(ToTeam("all"))), st.just("rep0")),
    st.just(Assign(ToRep("rep1"))),
    st.just(Assign(ToAccountOwner(), if_unavailable=Assign(ToTeam("sales")))),
    st.just(Assign(ToPreviousOwner(), if_unavailable=Assign(ToAccountOwner()))),
    st.just(Nurture("cold")),
)
conditions: st.SearchStrategy[Condition] = st.sampled_from(
    [
        asks("need", "demo"),
        asks("need", IsKnown()),
        asks("size", Between(low=Decimal(50))),
        asks("seen", Within(timedelta(days=2))),
        asks("segment", "hot"),
        NoneOf((asks("skill", "crm"),)),
        AnyOf((asks("size", Unknown()), asks("engagement", Between(low=Decimal(20))))),
    ]
)
scorings = st.builds(
    lambda decay: Scoring(
        fit=Scorecard(100, (_table("size", (Between(low=Decimal(50)), 60), (Unknown(), 5), (None, 10)),)),
        engagement=Scorecard(
            80,
            (
                _table("need", (OneOf(frozenset(["demo"])), 60), (None, -5)),
                _table("seen", (Within(timedelta(days=1)), 40), (Unknown(), 9), (None, 7)),
                _table("recent_conversion_date", (Within(timedelta(days=7)), 20)),
            ),
            decay,
        ),
        grade=GradeGrid(
            (("A", Between(low=Decimal(50))), ("B", Between())),
            (("1", Between(low=Decimal(40))), ("2", Between())),
        ),
    ),
    st.sampled_from([None, HalfLife(timedelta(days=3)), Steps(timedelta(days=2), Decimal("0.5"))]),
)
segments = st.sampled_from(
    [asks("grade", "A1", "B1"), asks("need", "demo"), asks("seen", Within(timedelta(days=3)))]
)
arrivals = st.integers(0, 10 * 24 * 60 * 60).map(
    # From Monday 19 October 2026 on: the clocks go back on the 25th.
    lambda seconds: datetime(2026, 10, 19, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def leads(draw: st.DrawFn) -> tuple[datetime, Facts]:
    at = draw(arrivals)
    days_ago = st.sampled_from([0.0, 0.5, 1.0, 2.5, 7.0]).map(lambda days: at - timedelta(days=days))
    facts: dict[str, st.SearchStrategy[Value]] = {
        "need": st.sampled_from(["demo", "content"]),
        "size": st.sampled_from([Decimal(10), Decimal(50)]),
        "seen": days_ago,
        "recent_conversion_date": days_ago,
        "account_owner": st.sampled_from(["owner-rep0", "owner-rep2", "owner-else"]),
        "previous_owner": st.sampled_from(["owner-rep1", "owner-else"]),
        "skill": st.sampled_from([frozenset(["crm"]), frozenset(["bi", "paie"])]),
    }
    known = draw(st.sets(st.sampled_from(sorted(facts))))
    return at, {name: draw(strategy) for name, strategy in facts.items() if name in known}


@settings(max_examples=150, deadline=None)
@given(
    rosters(),
    st.lists(st.tuples(conditions, actions, slas), max_size=4),
    scorings,
    segments,
    st.lists(leads(), min_size=1, max_size=60),
)
def test_a_replay_decides_as_the_leads_were_decided_one_by_one(
    roster: Roster,
    rules: list[tuple[Condition, Assign | Nurture, timedelta | None]],
    scoring: Scoring,
    hot: Condition,
    leads: list[tuple[datetime, Facts]],
) -> None:
    policy = a_policy(
        *(a_rule(f"rule {n}", when, action, line=n, sla=sla) for n, (when, action, sla) in enumerate(rules)),
        roster=roster,
        scoring=scoring,
        segments=(Segment("hot", hot), Segment("cold", None)),
        types=TYPES,
        otherwise=Assign(ToTeam("all")),
    )

    found = replayed(policy, leads)

    expected = decided(policy, leads)
    assert [found.reason(lead) for lead in range(len(leads))] == [one.reason for one in expected]
    assert [found.outcome(lead) for lead in range(len(leads))] == [one.outcome for one in expected]
    local_hours = [one.due_at.astimezone(PARIS).hour for one in expected if one.due_at is not None]
    assert list(found.dealt.due_by_hour) == [local_hours.count(hour) for hour in range(24)]


@settings(max_examples=100, deadline=None)
@given(
    rosters(),
    st.lists(st.lists(st.tuples(conditions, actions), max_size=5), min_size=2, max_size=3),
    scorings,
    segments,
    st.lists(leads(), min_size=1, max_size=30),
)
def test_policies_judged_side_by_side_decide_as_each_does_alone(
    roster: Roster,
    versions: list[list[tuple[Condition, Assign | Nurture]]],
    scoring: Scoring,
    hot: Condition,
    leads: list[tuple[datetime, Facts]],
) -> None:
    policies = [
        a_policy(
            *(a_rule(f"rule {n}", when, action, line=n) for n, (when, action) in enumerate(rules)),
            roster=roster,
            scoring=replace(scoring, fit=Scorecard(100, scoring.fit.tables[:number])),
            segments=(Segment("hot", hot), Segment("cold", None)),
            types=TYPES,
            otherwise=Assign(ToTeam("all")),
        )
        for number, rules in enumerate(versions)
    ]

    found = replayed_side_by_side(policies, leads)

    for side, policy in zip(found, policies, strict=True):
        expected = decided(policy, leads)
        assert [side.reason(lead) for lead in range(len(leads))] == [one.reason for one in expected]
        assert [side.rule(lead).name for lead in range(len(leads))] == [one.rule for one in expected]


def _table(fact: str, *lines: tuple[object, int]) -> PointsTable:
    return PointsTable(fact, tuple(PointsLine(matcher, points, str(matcher)) for matcher, points in lines))  # type: ignore[arg-type]


def test_nobody_reaches_their_open_leads_in_a_replay() -> None:
    policy = a_policy(roster=_one_rep(a_rep("anna", max_open_leads=1)), otherwise=Assign(ToTeam("sales")))

    found = replayed(policy, [(NOW + timedelta(minutes=n), {}) for n in range(3)])

    assert len(found.dealt.outcome_slots) == 1


def _one_rep(rep: Rep) -> Roster:
    return Roster(PARIS, reps={rep.name: rep}, teams={"sales": Team("sales", (rep.name,))})


MONDAY, HOLIDAY = date(2026, 10, 19), date(2026, 10, 26)
OFF_ON_MONDAY = (TimeOff("anna", MONDAY, MONDAY),)
MORNINGS, AFTERNOONS = office_hours("08:00", "12:00"), office_hours("12:00", "18:00")


@pytest.mark.parametrize(
    ("assign", "team", "time_off"),
    [
        # On leave nobody gets a lead, however late the others start; on a public holiday they do.
        (Assign(ToTeam("sales"), any_hour=True), Team("sales", ("anna", "ben")), OFF_ON_MONDAY),
        # A public holiday is time off that is caught up; a Sunday is not.
        (Assign(ToTeam("sales")), Team("sales", ("anna", "ben"), catch_up=CatchUp()), ()),
        # Nobody in sales can, whoever is there: the hours of the others decide.
        (
            Assign(ToTeam("sales"), needs=(Need("skill", "crm"),), if_unavailable=Assign(ToTeam("shifts"))),
            Team("sales", ("ben",)),
            (),
        ),
    ],
)
def test_times_that_look_alike_but_differ_are_told_apart(
    assign: Assign, team: Team, time_off: tuple[TimeOff, ...]
) -> None:
    anna = a_rep("anna", hours=office_hours(), public_holidays="AT")
    shifts = [a_rep("carl", hours=MORNINGS), a_rep("dora", hours=AFTERNOONS)]
    roster = Roster(
        PARIS,
        reps={rep.name: rep for rep in (anna, a_rep("ben"), *shifts)},
        teams={"sales": team, "shifts": Team("shifts", ("carl", "dora"))},
        time_off=time_off,
    )
    policy = a_policy(roster=roster, types=TYPES, default_sla=timedelta(minutes=30), otherwise=assign)
    days = [
        MONDAY - timedelta(days=1),
        MONDAY,
        MONDAY + timedelta(days=1),
        HOLIDAY,
        HOLIDAY + timedelta(days=1),
    ]
    leads: list[tuple[datetime, Facts]] = [
        (datetime.combine(day, time(hour, 5), tzinfo=PARIS).astimezone(UTC), {})
        for day in days
        for hour in (0, 10, 15)
    ]

    found = replayed(policy, leads)

    expected = decided(policy, leads)
    assert [found.reason(lead) for lead in range(len(leads))] == [one.reason for one in expected]


AWAY = (
    TimeOff("anna", date(2026, 10, 20), date(2026, 10, 22)),
    TimeOff("ben", date(2026, 10, 22), date(2026, 10, 25)),
)


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Team,
        st.just("sales"),
        st.just(("anna", "ben", "carl")),
        fair_by=st.sampled_from(["count", "value"]),
        catch_up=st.sampled_from([None, CatchUp(), CatchUp(1), CatchUp(3), CatchUp(60)]),
    ),
    st.sampled_from([Method.FAIR_SHARE, Method.LEAST_LOADED]),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    scorings,
    st.lists(leads(), min_size=20, max_size=60),
)
def test_a_replay_keeps_the_accounts_of_those_who_are_away_and_of_what_leads_are_worth(
    team: Team, method: Method, weights: list[int], scoring: Scoring, leads: list[tuple[datetime, Facts]]
) -> None:
    reps = {rep: a_rep(rep, weight=weight) for rep, weight in zip(team.reps, weights, strict=True)}
    policy = a_policy(
        roster=Roster(PARIS, reps=reps, teams={"sales": team}, time_off=AWAY),
        scoring=scoring,
        types=TYPES,
        otherwise=Assign(ToTeam("sales"), method),
    )

    found = replayed(policy, leads)

    expected = decided(policy, leads)
    assert [found.reason(lead) for lead in range(len(leads))] == [one.reason for one in expected]
