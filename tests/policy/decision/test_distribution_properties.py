"""What the distribution promises whoever the reps are: no lead waits while somebody may take it, caps hold.

Who may take a lead is worked out here once more, minute by minute where hours are concerned, from the words
of the rule and not from the product's own code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.people.availability import Reported
from router.policy.people.roster import CatchUp, Rep, Roster, Team, TimeOff
from router.policy.rules.conditions import IsKnown, OneOf
from router.policy.rules.policy import Assign, Method, Need, Policy, ToTeam
from router.policy.rules.scoring import PointsLine, PointsTable, Scorecard
from router.policy.shares.share_book import (
    LEAD,
    Book,
    closed,
    credit_field,
    factor_field,
    open_field,
    today_field,
)
from tests.world.policies import NOW, PARIS, a_lead, a_policy, a_rep, deciding, no_points, office_hours

STEP = timedelta(minutes=30)
"""All hours open and close at such moments, and leads come at them."""
HORIZON = timedelta(days=12)
SLA = timedelta(hours=4)
BY_TOPIC = (Need("skill", from_fact="topic"),)

quick = settings(max_examples=60, deadline=None)


@dataclass(frozen=True)
class Arrival:
    """A lead that comes so long after the one before, and whose leads are closed meanwhile."""

    after: timedelta
    topic: str | None
    closing: int | None


reps = st.builds(
    lambda weight, hours, most_open, most_a_day, skills: a_rep(
        weight=weight, hours=hours, max_open_leads=most_open, max_per_day=most_a_day, skills=skills
    ),
    st.integers(1, 5),
    st.sampled_from([None, office_hours(), office_hours("06:00", "12:30"), office_hours("22:00", "00:00")]),
    st.sampled_from([None, 1, 3]),
    st.sampled_from([None, None, 2]),
    st.sampled_from([(), ("crm",), ("crm", "bi")]),
)
arrivals = st.lists(
    st.builds(
        Arrival,
        st.integers(0, 20).map(lambda steps: steps * STEP),
        st.sampled_from([None, None, "crm", "bi", "paie"]),
        st.none() | st.integers(0, 4),
    ),
    min_size=5,
    max_size=25,
)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    drawn = draw(st.lists(reps, min_size=2, max_size=5))
    named = [replace(rep, name=f"rep{n}", owner=f"rep{n}@example.com") for n, rep in enumerate(drawn)]
    leaves = draw(st.lists(st.tuples(st.sampled_from(named), st.integers(23, 28)), max_size=3))
    fair_by: Literal["count", "value"] = draw(st.sampled_from(["count", "value"]))
    by_results = draw(st.sampled_from([None, timedelta(days=90)]))
    catch_up = draw(st.sampled_from([None, CatchUp(), CatchUp(2)]))
    names = tuple(rep.name for rep in named)
    return Roster(
        timezone=PARIS,
        reps={rep.name: rep for rep in named},
        teams={"sales": Team("sales", names, fair_by=fair_by, performance=by_results, catch_up=catch_up)},
        time_off=tuple(
            TimeOff(rep.name, date(2026, 11, day), date(2026, 11, day + 1)) for rep, day in leaves
        ),
    )


@st.composite
def words(draw: st.DrawFn) -> Reported:
    """What is said of a rep outside of the rule files."""
    moments = st.integers(0, 96).map(lambda steps: NOW.replace(minute=0) + steps * STEP)
    kind = draw(st.sampled_from(["nothing", "nothing", "away", "present", "hubspot", "out_of_office"]))
    first, second = sorted((draw(moments), draw(moments)))
    return {
        "nothing": Reported(),
        "away": Reported(away_until=second),
        "present": Reported(away_in_hubspot=True, present_until=second),
        "hubspot": Reported(away_in_hubspot=True),
        "out_of_office": Reported(out_of_office=((first, second),)),
    }[kind]


def is_there(rep: Rep, roster: Roster, reported: Reported, at: datetime) -> bool:
    """Nobody says that the rep is away at that moment."""
    if reported.away_until is not None and at < reported.away_until:
        return False
    if reported.present_until is not None and at < reported.present_until:
        return True
    if any(start <= at < end for start, end in reported.out_of_office):
        return False
    local = at.astimezone(roster.timezone).date()
    return not any(off.rep == rep.name and off.start <= local <= off.end for off in roster.time_off)


def starts(rep: Rep, roster: Roster, reported: Reported, now: datetime) -> datetime | None:
    """The first moment from `now` on at which the rep works, step by step."""
    at = now
    while at < now + HORIZON:
        local = at.astimezone(roster.timezone)
        week = rep.hours.week[local.weekday()] if rep.hours else ((time(0), time(0)),)
        is_open = any(
            opens <= local.time() and (local.time() < ends or ends == time(0)) for opens, ends in week
        )
        if is_open and is_there(rep, roster, reported, at):
            return at
        at += STEP
    return None


def may_take(
    roster: Roster, reported: dict[str, Reported], fields: dict[str, int], topic: str | None, now: datetime
) -> set[str]:
    """Who may take the lead by the rule's words."""
    today = now.astimezone(roster.timezone).date()
    able: dict[str, datetime | None] = {}
    for rep in roster.reps.values():
        word = reported[rep.name]
        is_gone = word.away_in_hubspot and not (word.present_until and now < word.present_until)
        if is_gone or not is_there(rep, roster, word, now):
            continue
        if topic is not None and topic not in rep.skills:
            continue
        if rep.max_open_leads is not None and fields.get(open_field(rep.name), 0) >= rep.max_open_leads:
            continue
        if rep.max_per_day is not None and fields.get(today_field(today, rep.name), 0) >= rep.max_per_day:
            continue
        able[rep.name] = starts(rep, roster, word, now)
    known = [at for at in able.values() if at is not None]
    return {rep for rep, at in able.items() if at is not None and at <= min(known) + SLA}


def a_push(roster: Roster, method: Method) -> Policy:
    action = Assign(ToTeam("sales"), method, needs=BY_TOPIC)
    lines = (PointsLine(OneOf(frozenset({"crm"})), 90, "crm"), PointsLine(IsKnown(), 20, "others"))
    return a_policy(
        roster=roster,
        otherwise=action,
        scoring=replace(no_points(), fit=Scorecard(100, (PointsTable("topic", lines),))),
        types={"topic": "text"},
        default_sla=SLA,
    )


def dealt(
    policy: Policy, reported: dict[str, Reported], leads: Sequence[Arrival], book: Book
) -> list[tuple[Decision, Book, set[str]]]:
    """Each decision with the book before it, and who might have had the lead."""
    now, found = NOW.replace(minute=0), []
    names = list(policy.roster.reps)
    for number, lead in enumerate(leads):
        now += lead.after
        if lead.closing is not None and lead.closing < len(names):
            rep = names[lead.closing]
            book = book.apply(closed(rep)) if book.open_leads(rep) else book
        properties = {} if lead.topic is None else {"topic": lead.topic}
        decision = deciding(policy, a_lead(str(number), **properties), book=book, now=now, reported=reported)
        found.append((decision, book, may_take(policy.roster, reported, dict(book.fields), lead.topic, now)))
        book = book.apply(decision.book_changes)
    return found


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Policy, dict[str, Reported], Sequence[Arrival], Book]:
    roster = draw(rosters())
    factors = {factor_field("sales", rep): draw(st.sampled_from([0, 500, 870, 2000])) for rep in roster.reps}
    method = draw(st.sampled_from([Method.FAIR_SHARE, Method.LEAST_LOADED]))
    reported = {rep: draw(words()) for rep in roster.reps}
    return a_push(roster, method), reported, draw(arrivals), Book(factors)


@quick
@given(worlds())
def test_no_lead_waits_while_somebody_may_take_it(
    world: tuple[Policy, dict[str, Reported], Sequence[Arrival], Book],
) -> None:
    for decision, _book, able in dealt(*world):
        match decision.outcome:
            case Assigned(rep=rep):
                assert rep in able
                assert {share.rep for share in decision.shares} == able
            case Queued(why=why):
                assert not able and why
            case _:
                raise AssertionError(decision.outcome)
        everyone = {share.rep for share in decision.shares} | {one.rep for one in decision.passed_over}
        assert everyone == set(world[0].roster.reps)


@quick
@given(worlds())
def test_nobody_is_ever_above_a_cap_and_credits_sum_to_nothing(
    world: tuple[Policy, dict[str, Reported], Sequence[Arrival], Book],
) -> None:
    for decision, before, _able in dealt(*world):
        book = before.apply(decision.book_changes)
        today = decision.decided_at.astimezone(PARIS).date()
        for rep in world[0].roster.reps.values():
            assert rep.max_open_leads is None or book.open_leads(rep.name) <= rep.max_open_leads
            assert rep.max_per_day is None or book.value(today_field(today, rep.name)) <= rep.max_per_day
        team = world[0].roster.teams["sales"]
        assert sum(book.credit("sales", rep, team.unit) for rep in team.reps) == 0
        if isinstance(decision.outcome, Assigned):
            assert (
                book.credit("sales", str(decision.outcome.rep), team.unit)
                < before.credit("sales", str(decision.outcome.rep), team.unit)
                or len(decision.shares) == 1
            )


@quick
@given(worlds())
def test_only_whoever_is_away_earns_without_being_there_and_no_more_than_may_wait(
    world: tuple[Policy, dict[str, Reported], Sequence[Arrival], Book],
) -> None:
    policy, reported = world[0], world[1]
    team = policy.roster.teams["sales"]
    for decision, before, able in dealt(*world):
        book = before.apply(decision.book_changes)
        earned = {
            rep
            for rep in team.reps
            if rep not in able and credit_field("sales", rep, team.unit) in decision.book_changes
        }
        assert earned == {share.rep for share in decision.earned_away}
        assert not earned or team.catch_up is not None
        for rep in earned:
            word = reported[rep]
            was_there = is_there(policy.roster.reps[rep], policy.roster, word, decision.decided_at)
            assert not was_there or word.away_in_hubspot
            if team.catch_up is not None and team.catch_up.at_most is not None:
                assert book.credit("sales", rep, team.unit) <= team.catch_up.at_most * LEAD + 1


@quick
@given(worlds(), st.data())
def test_the_order_of_the_file_decides_ties_only(
    world: tuple[Policy, dict[str, Reported], Sequence[Arrival], Book], data: st.DataObject
) -> None:
    policy, reported, leads, start = world
    team = policy.roster.teams["sales"]
    shuffled = replace(team, reps=tuple(data.draw(st.permutations(team.reps))))
    again = replace(policy, roster=replace(policy.roster, teams={"sales": shuffled}))

    for decision, book, _able in dealt(policy, reported, leads, start):
        other = deciding(
            again,
            a_lead(decision.contact_id, **_topic_of(decision)),
            book=book,
            now=decision.decided_at,
            reported=reported,
        )
        if not isinstance(decision.outcome, Assigned) or not isinstance(other.outcome, Assigned):
            assert decision.outcome == other.outcome
            continue
        ours, theirs = (
            next(share for share in one.shares if share.rep == one.outcome.rep)  # type: ignore[union-attr]
            for one in (decision, other)
        )
        same_load = book.open_leads(ours.rep) * theirs.weight == book.open_leads(theirs.rep) * ours.weight
        level = (ours.weight, ours.last) == (theirs.weight, theirs.last)
        owed = [book.credit("sales", one.rep, team.unit) for one in (ours, theirs)]
        near = abs(owed[0] - owed[1]) <= LEAD // 10_000_000
        assert ours.rep == theirs.rep or (level and near and (same_load or _by_share(policy)))


def _topic_of(decision: Decision) -> dict[str, str]:
    topic = decision.facts.get("topic")
    return {} if topic is None else {"topic": str(topic)}


def _by_share(policy: Policy) -> bool:
    action = policy.rules[-1].action
    return isinstance(action, Assign) and action.method is Method.FAIR_SHARE


def test_credit_fields_are_those_of_the_team() -> None:
    """The sums above are not of nothing: a decision by fair share does move credits."""
    policy = a_push(
        Roster(
            timezone=PARIS,
            reps={"rep0": a_rep("rep0"), "rep1": a_rep("rep1")},
            teams={"sales": Team("sales", ("rep0", "rep1"))},
        ),
        Method.FAIR_SHARE,
    )

    ((decision, _book, able),) = dealt(
        policy, {"rep0": Reported(), "rep1": Reported()}, [Arrival(STEP, None, None)], Book()
    )

    assert able == {"rep0", "rep1"}
    assert decision.book_changes[credit_field("sales", "rep0")] == -LEAD // 2
