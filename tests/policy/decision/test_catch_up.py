"""What reps earn while they are away, in a team that lets them catch up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.catch_up import earning
from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.explanation import explain
from router.policy.people.availability import Reported
from router.policy.people.roster import CatchUp, Rep, TimeOff
from router.policy.reports.bounds import Bound, bounds_of
from router.policy.reports.fairness import standings
from router.policy.reports.sums.share_sums import sums_of
from router.policy.rules.policy import Assign, Need, Policy, ToTeam
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.lead_value import ONE_LEAD, points_of
from router.policy.shares.share import Share
from router.policy.shares.share_book import (
    BOUND,
    LEAD,
    Book,
    credit_field,
    largest_field,
    last_field,
    refund_of,
)
from tests.world.policies import NOW, a_lead, a_policy, a_rep, a_team, deciding, office_hours, owners_of

TEAM = "sales"
quick = settings(max_examples=100, deadline=None)
BACK = NOW + timedelta(days=7)
LEAVE = (TimeOff("anna", NOW.date(), date(2026, 11, 30)),)


def catching_up(
    *reps: Rep, at_most: int | None = None, time_off: tuple[TimeOff, ...] = LEAVE, **action: Any
) -> Policy:
    roster = a_team(*(reps or (a_rep("anna"), a_rep("ben"), a_rep("carl"))), time_off=time_off)
    team = replace(roster.teams[TEAM], catch_up=CatchUp(at_most))
    return a_policy(
        roster=replace(roster, teams={TEAM: team}),
        otherwise=Assign(ToTeam(TEAM), **action),
        types={"langue": "choice"},
    )


def decided(
    policy: Policy, leads: int, *, now: datetime = NOW, book: Book | None = None
) -> tuple[list[Decision], Book]:
    book, found = book or Book(), []
    for number in range(leads):
        decision = deciding(policy, a_lead(str(number)), book=book, now=now)
        book = book.apply(decision.book_changes)
        found.append(decision)
    return found, book


def winners(decisions: Sequence[Decision]) -> list[str]:
    return [one.outcome.rep for one in decisions]  # type: ignore[union-attr]


def test_who_is_away_keeps_earning_and_is_served_until_even() -> None:
    policy = catching_up()

    away, book = decided(policy, 6)
    back, after = decided(policy, 6, now=BACK, book=book)

    assert winners(away) == ["ben", "carl"] * 3
    assert book.credit(TEAM, "anna") == pytest.approx(2 * LEAD, abs=5)
    assert winners(back) == ["anna", "anna", "anna", "ben", "carl", "anna"]
    assert all(abs(after.credit(TEAM, rep)) <= 5 for rep in ("anna", "ben", "carl"))


def test_the_team_never_owes_more_than_its_limit() -> None:
    policy = catching_up(at_most=2)

    away, book = decided(policy, 60)
    back, _after = decided(policy, 4, now=BACK, book=book)

    assert 2 * LEAD - LEAD // 3 < book.credit(TEAM, "anna") <= 2 * LEAD
    assert winners(back) == ["anna", "anna", "anna", "ben"]
    assert away[0].earned_away == away[0].away
    assert (away[-1].earned_away, [one.rep for one in away[-1].away]) == ((), ["anna"])


def test_a_team_that_forgives_owes_nothing() -> None:
    policy = catching_up()
    roster = policy.roster
    forgiving = replace(
        policy, roster=replace(roster, teams={TEAM: replace(roster.teams[TEAM], catch_up=None)})
    )

    decisions, book = decided(forgiving, 6)

    assert book.credit(TEAM, "anna") == 0
    assert not any(one.away for one in decisions)


@pytest.mark.parametrize("at_most", [None, 3])
def test_among_those_at_work_nothing_changes(at_most: int | None) -> None:
    reps = (a_rep("anna", weight=4), a_rep("ben", weight=3), a_rep("carl", weight=1), a_rep("dora", weight=2))

    catching = decided(catching_up(*reps, at_most=at_most), 60)[0]
    without = decided(a_policy(roster=a_team(*reps[1:]), otherwise=Assign(ToTeam(TEAM))), 60)[0]

    assert winners(catching) == winners(without)


@pytest.mark.parametrize(
    ("fields", "given_"),
    [
        ({"languages": ("de",)}, {}),
        ({"max_open_leads": 3}, {}),
        ({"max_per_day": 2}, {}),
        ({"weight": 0}, {}),
        ({}, {"excluded": frozenset({"anna"})}),
        ({"skills": ()}, {}),
    ],
    ids=["needs", "open", "day", "weight", "excluded", "preferred"],
)
def test_who_could_not_have_had_the_lead_earns_nothing_of_it(
    fields: dict[str, Any], given_: dict[str, Any]
) -> None:
    able: dict[str, Any] = {"languages": ("fr",), "skills": ("crm",)}
    policy = catching_up(
        a_rep("anna", **{**able, **fields}),
        a_rep("ben", **able),
        needs=(Need("language", "fr"),),
        prefer=(Need("skill", "crm"),),
    )
    book = Book({"open:anna": 3, "today:2026-11-24:anna": 2})

    decision = deciding(policy, book=book, **given_)

    assert decision.away == ()
    assert credit_field(TEAM, "anna") not in decision.book_changes


def test_who_left_earns_nothing() -> None:
    policy = catching_up()
    owners = owners_of(policy.roster)
    owners["anna@example.com"] = replace(owners["anna@example.com"], archived=True)

    assert deciding(policy, owners=owners).away == ()


@pytest.mark.parametrize(
    "reported",
    [
        Reported(away_in_hubspot=True),
        Reported(away_until=NOW + timedelta(days=1)),
        Reported(out_of_office=((NOW - timedelta(hours=1), NOW + timedelta(hours=1)),)),
    ],
)
def test_time_off_is_what_hubspot_and_overrides_say_too(reported: Reported) -> None:
    decision = deciding(catching_up(time_off=()), reported={"anna": reported})

    assert [one.rep for one in decision.earned_away] == ["anna"]


def test_a_public_holiday_is_time_off_and_closed_hours_are_not() -> None:
    a_monday = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    christmas = datetime(2026, 12, 25, 9, 0, tzinfo=UTC)
    hours = {"hours": office_hours()}
    reps = (
        a_rep("anna", public_holidays="FR", **hours),
        a_rep("ben", hours=office_hours("06:00", "08:00")),
        a_rep("carl"),
    )
    policy = catching_up(*reps, time_off=())

    shut, open_ = deciding(policy, now=christmas), deciding(policy, now=a_monday)

    assert [one.rep for one in shut.away] == ["anna"]
    assert open_.away == ()
    assert {passed.rep for passed in shut.passed_over} >= {"anna", "ben"}


def test_the_steps_say_so_and_the_record_keeps_it() -> None:
    policy = catching_up(at_most=1)
    decisions, _book = decided(policy, 4)

    told = [
        next(step.lines for step in explain(one, policy, language="en") if step.title.startswith("Shares"))
        for one in (decisions[1], decisions[-1])
    ]

    assert "anna: away, credit +0.3, earns their part to catch up" in told[0]
    assert told[0][-1] == "next up: carl"
    assert "anna: away, credit +1.0, no more can wait for them" in told[1]
    assert all(from_record(as_record(one)) == one for one in decisions)
    assert "away" not in as_record(replace(decisions[0], away=()))


def test_standings_count_what_was_earned_away() -> None:
    policy = catching_up(at_most=5)
    decisions, book = decided(policy, 30)

    found = standings(sums_of(decisions), roster=policy.roster, book=book, bounds=bounds_of(policy))

    anna = found[0]
    assert (anna.rep, anna.received, anna.bound, anna.days_away) == ("anna", 0, BOUND + 2 * 5, 1)
    assert anna.difference == pytest.approx(-5, abs=0.4)
    assert all(one.before == pytest.approx(0, abs=1e-6) for one in found)
    assert sum(one.fair_share for one in found) == pytest.approx(30)
    assert not any(one.beyond for one in found)


def test_who_may_catch_up_with_everything_has_no_bound() -> None:
    assert bounds_of(catching_up()) == {TEAM: Bound(most=None)}
    assert bounds_of(catching_up(at_most=4)) == {TEAM: Bound(waiting=8)}


class Months:
    """Deals leads while reps come and go; some leads suit some reps only."""

    def __init__(self, weights: Sequence[int], *, catch_up: CatchUp, by_value: bool, seed: int) -> None:
        self.weights = weights
        self.catch_up = catch_up
        self.unit = "points" if by_value else "leads"
        self.fields: dict[str, int] = {}
        self.chance = random.Random(seed)
        self.leave = [0] * len(weights)
        self.paid: list[dict[str, int]] = []

    def share(self, rep: int) -> Share:
        credit = self.fields.get(credit_field(TEAM, str(rep), self.unit), 0)  # type: ignore[arg-type]
        return Share(
            str(rep), self.weights[rep] * 1000, credit, self.fields.get(last_field(TEAM, str(rep)), 0)
        )

    def lead(self, group: Sequence[int], away: set[int]) -> str | None:
        there = [self.share(rep) for rep in group if rep not in away]
        absent = [self.share(rep) for rep in group if rep in away]
        if not there:
            return None
        largest = self.fields.get(largest_field(TEAM), 0)
        lead_value = (
            points_of(self.chance.randint(1, 120), largest=largest) if self.unit == "points" else ONE_LEAD
        )
        earns = earning(absent, there, catch_up=self.catch_up, lead_value=lead_value)
        winner = next_up(there, lead_value=lead_value, away=absent)
        paid = pay(there, winner, team=TEAM, book=Book(self.fields), lead_value=lead_value, earning=earns)
        self.add(paid)
        self.paid.append(dict(paid))
        return winner

    def add(self, changes: Any) -> None:
        for name, change in changes.items():
            self.fields[name] = self.fields.get(name, 0) + change

    def away(self, leads: int) -> set[int]:
        """In blocks of up to 40 leads, about a third of the time."""
        for rep, until in enumerate(self.leave):
            if leads >= abs(until):
                off = self.chance.random() < 0.35
                self.leave[rep] = (1 if off else -1) * (leads + self.chance.randint(5, 40))
        return {rep for rep, until in enumerate(self.leave) if until > 0}

    def credits(self) -> list[int]:
        return [self.share(rep).credit for rep in range(len(self.weights))]

    def largest(self) -> int:
        return self.fields.get(largest_field(TEAM), 0) if self.unit == "points" else 1


weights = st.lists(st.integers(1, 50), min_size=2, max_size=8)


@quick
@given(weights, st.integers(1, 10), st.booleans(), st.booleans(), st.integers(0))
def test_sums_are_exact_and_nobody_is_beyond_the_bound(
    team: list[int], most: int, by_value: bool, in_groups: bool, seed: int
) -> None:
    months = Months(team, catch_up=CatchUp(most), by_value=by_value, seed=seed)
    everyone = range(len(team))
    groups = [sorted(months.chance.sample(everyone, months.chance.randint(1, len(team)))) for _ in range(3)]

    for number in range(120):
        before, away = months.credits(), months.away(number)
        group = months.chance.choice(groups) if in_groups else list(everyone)
        winner = months.lead(group, away)

        assert sum(months.credits()) == 0
        assert winner is not None or set(group) <= away  # no lead waits while somebody is there
        assert winner is None or int(winner) not in away
        for rep in away:
            after = months.credits()[rep]
            assert after <= max(before[rep], most * LEAD + 1)
        bound = BOUND * months.largest() + most * (len(team) - 1)
        assert max(map(abs, months.credits())) <= bound * LEAD


@quick
@given(weights, st.booleans(), st.integers(0))
def test_once_all_are_back_everybody_has_their_part_of_everything(
    team: list[int], by_value: bool, seed: int
) -> None:
    months = Months(team, catch_up=CatchUp(), by_value=by_value, seed=seed)
    everyone = list(range(len(team)))
    for number in range(60):
        months.lead(everyone, months.away(number) - {0})

    for _ in range(60 * sum(team)):
        months.lead(everyone, set())
        if max(map(abs, months.credits())) <= months.largest() * LEAD:
            break

    assert max(map(abs, months.credits())) <= months.largest() * LEAD


@quick
@given(weights, st.booleans(), st.integers(0))
def test_leads_that_are_given_back_leave_no_trace_in_whatever_order(
    team: list[int], by_value: bool, seed: int
) -> None:
    months = Months(team, catch_up=CatchUp(3), by_value=by_value, seed=seed)
    for number in range(40):
        months.lead(list(range(len(team))), months.away(number))
    months.chance.shuffle(months.paid)
    kept, refunded = months.paid[:20], months.paid[20:]

    for one in refunded:
        months.add(refund_of(one))

    assert sum(months.credits()) == 0
    alone = Book({})
    for one in kept:
        alone = alone.apply(one)
    unit = "points" if by_value else "leads"
    assert months.credits() == [alone.credit(TEAM, str(rep), unit) for rep in range(len(team))]
