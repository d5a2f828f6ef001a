"""When the steps for an overdue lead are due: counted minute by minute in the rep's working time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.assignment import (
    Assignment,
    assignment_as_record,
    assignment_of,
    assignment_of_record,
    first_look,
    sla_of,
    timetable_of,
)
from router.policy.explanation.explanation import explain
from router.policy.people.availability import Reported, calendar_of
from router.policy.people.roster import Hours, Manager, Roster, TimeOff
from router.policy.rules.policy import Assign, DoNothing, Method, Policy, ToTeam
from router.policy.rules.sla_steps import MoveToQueue, Reassign, SlaPolicy, SlaStep, managers_of, moments
from tests.world.policies import NOW, PARIS, a_policy, a_rep, a_rule, a_team, deciding, office_hours

MINUTE = timedelta(minutes=1)
STEPS = (
    SlaStep(100, ("rep",)),
    SlaStep(150, (), Reassign()),
    SlaStep(300, (), MoveToQueue("sales")),
)
spans = st.sampled_from(
    ((time(8), time(12)), (time(14), time(18, 30)), (time(22), time(0)), (time(1), time(4)))
)
weeks = st.lists(st.lists(spans, max_size=1).map(tuple), min_size=7, max_size=7).map(tuple).filter(any)
CHANGES_OF_CLOCKS = (datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 10, 23, 9, tzinfo=UTC), NOW)


def context(**more: object) -> Roster:
    return a_team(a_rep("anna", hours=office_hours(), **more))


def counted(roster: Roster, rep: str, *, since: datetime, span: timedelta) -> datetime:
    """By looking at every minute, whether it is worked."""
    calendar, at, left = calendar_of(roster, rep), since, span
    while left > timedelta():
        if calendar.is_working(at):
            left -= MINUTE
        at += MINUTE
    return at


@given(
    week=weeks,
    since=st.builds(
        lambda start, minutes: start + minutes * MINUTE,
        st.sampled_from(CHANGES_OF_CLOCKS),
        st.integers(0, 4 * 24 * 60),
    ),
    quarters=st.integers(1, 16),
    percents=st.lists(st.integers(1, 15).map(lambda n: n * 20), min_size=1, max_size=4, unique=True).map(
        sorted
    ),
)
def test_a_share_of_the_time_is_what_counting_its_minutes_gives(
    week: tuple[tuple[tuple[time, time], ...], ...],
    since: datetime,
    quarters: int,
    percents: list[int],
) -> None:
    roster = a_team(a_rep("anna", hours=Hours("odd", week)))
    sla = quarters * 15 * MINUTE
    steps = tuple(SlaStep(percent, ("rep",)) for percent in percents)

    found = moments(steps, assigned_at=since, sla=sla, roster=roster, rep="anna")

    assert [one.at for one in found] == [
        counted(roster, "anna", since=since, span=sla * percent / 100) for percent in percents
    ]


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def test_time_runs_in_the_reps_hours_from_their_next_opening() -> None:
    at_night = paris("2026-11-24T22:00")

    found = moments(STEPS, assigned_at=at_night, sla=timedelta(hours=4), roster=context(), rep="anna")

    assert [one.at for one in found] == [
        paris("2026-11-25T13:00"),
        paris("2026-11-25T15:00"),
        paris("2026-11-26T12:00"),
    ]


def test_no_time_passes_while_the_rep_is_away() -> None:
    off = a_team(
        a_rep("anna", hours=office_hours()),
        time_off=(TimeOff("anna", NOW.date(), NOW.date() + timedelta(1)),),
    )
    reported = {"anna": Reported(out_of_office=((NOW, NOW + timedelta(days=2)),))}
    span = {"assigned_at": NOW, "sla": timedelta(hours=1), "rep": "anna"}

    by_file = moments(STEPS[:1], roster=off, **span)  # type: ignore[arg-type]
    by_hubspot = moments(STEPS[:1], roster=context(), reported=reported, **span)  # type: ignore[arg-type]

    assert by_file[0].at == paris("2026-11-26T10:00")
    assert by_hubspot[0].at == paris("2026-11-26T11:15")


def test_the_course_knows_what_is_behind_and_what_comes() -> None:
    policy = a_policy_with(SlaPolicy(on_breach=STEPS), roster=context())
    decision = deciding(policy)
    assignment = assignment_of(decision, sla=policy.default_sla)
    assert assignment is not None

    timetable = timetable_of(policy, assignment)
    tomorrow = paris("2026-11-25T10:00")

    assert timetable.due_at == decision.due_at == paris("2026-11-24T14:15")
    assert [one.step.after for one in timetable.reached(tomorrow, beyond=0)] == [100, 150]
    assert [one.step.after for one in timetable.reached(tomorrow, beyond=100)] == [150]
    assert timetable.reached(tomorrow, beyond=900) == ()
    following = timetable.following(tomorrow)
    assert following is not None
    assert following.step.after == 300
    assert timetable.following(tomorrow + timedelta(days=9)) is None


@pytest.mark.parametrize(
    ("steps", "look"),
    [
        ((), "2026-11-24T14:15"),
        (STEPS[1:], "2026-11-24T14:15"),
        ((SlaStep(50, ("rep",)), *STEPS), "2026-11-24T12:15"),
    ],
)
def test_somebody_looks_first_when_it_is_due_or_before_if_a_step_says_so(
    steps: tuple[SlaStep, ...], look: str
) -> None:
    policy = a_policy_with(SlaPolicy(on_breach=steps), roster=context())
    decision = deciding(policy)
    assignment = assignment_of(decision, sla=policy.default_sla)
    assert assignment is not None

    assert first_look(policy, decision, assignment) == paris(look)


def a_policy_with(sla_policy: SlaPolicy, *, roster: Roster) -> Policy:
    return replace(a_policy(a_rule(), roster=roster), sla_policy=sla_policy)


def test_an_explanation_tells_when_what_would_happen() -> None:
    policy = a_policy_with(SlaPolicy(on_breach=STEPS), roster=context())
    decision = deciding(policy)

    outcome = explain(decision, policy, language="en")[-1]

    assert outcome.lines[1:5] == (
        "due Tue 24 Nov 14:15",
        "not worked on Tue 24 Nov 14:15: a reminder",
        "not worked on Tue 24 Nov 16:15: it goes to somebody else",
        "not worked on Wed 25 Nov 13:15: it goes to the queue of sales",
    )


def test_what_nobody_owns_is_nobodys_assignment() -> None:
    queue = a_rule(action=Assign(ToTeam("sales"), method=Method.QUEUE))

    for rule in (queue, a_rule(action=DoNothing())):
        policy = a_policy(rule)
        assert assignment_of(deciding(policy), sla=policy.default_sla) is None


def test_a_record_of_an_assignment_reads_back_the_same() -> None:
    policy = a_policy(a_rule(sla=timedelta(minutes=15)))
    decision = deciding(policy)
    assignment = assignment_of(decision, sla=sla_of(policy, decision))

    assert assignment == Assignment(
        NOW, timedelta(minutes=15), "a rule", "cold", rep="anna", team="sales", status="NEW"
    )
    assert assignment_of_record(assignment_as_record(assignment)) == assignment


def test_a_rep_who_left_the_files_is_counted_round_the_clock() -> None:
    policy = a_policy(a_rule(), roster=context())
    given = Assignment(NOW, timedelta(hours=20), "a rule", "cold", rep="gone", team="sales")

    assert timetable_of(policy, given).due_at == NOW + timedelta(hours=20)


def test_managers_are_those_of_the_team_or_of_the_reps_teams() -> None:
    managers = (
        Manager("all", "a@x.fr"),
        Manager("sales_boss", "b@x.fr", ("sales",)),
        Manager("c", "c@x.fr", ("x",)),
    )
    roster = Roster(PARIS, context().reps, context().teams, managers=managers)

    def names(team: str | None, rep: str | None) -> list[str]:
        return [one.name for one in managers_of(roster, team=team, rep=rep)]

    assert names("sales", "anna") == names(None, "anna") == ["all", "sales_boss"]
    assert names("x", None) == ["all", "c"]
    assert names(None, None) == ["all"]
