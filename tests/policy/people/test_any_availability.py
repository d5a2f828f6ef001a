"""Deciding never fails because of one rep's availability, whatever the years and zones in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.people.availability import Reported
from router.policy.people.roster import CatchUp, Hours, Roster, TimeOff
from router.policy.reports.night_selection import absent
from router.policy.rules.policy import Assign, Method, ToRep, ToTeam
from router.policy.wording.reasons import says_away
from tests.world.policies import (
    NOW,
    a_lead,
    a_policy,
    a_rep,
    a_rule,
    a_team,
    a_world_and_request,
    compiled,
    deciding,
    office_hours,
)

ZONES = sorted(available_timezones())
YEARS = st.one_of(st.sampled_from([1, 2, 1969, 1970, 2026, 2027, 2028, 9998, 9999]), st.integers(1, 9999))
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Any aware moment of the years 1 to 9999, the first and the last ones often."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    edge = draw(st.sampled_from([draw(st.datetimes(timezones=st.just(UTC))), first, last]))
    year = draw(st.one_of(st.just(edge.year), YEARS))
    zone = draw(st.one_of(OFFSETS, st.sampled_from(ZONES).map(ZoneInfo)))
    return edge.replace(year=year, day=min(edge.day, 28) if edge.month == 2 else edge.day, tzinfo=zone)


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    clocks = st.lists(st.times(), min_size=2, max_size=2, unique=True).map(sorted)
    return Hours("HubSpot", tuple(tuple(map(tuple, [draw(clocks)])) for _ in range(7)))  # type: ignore[arg-type]


REPORTS = st.builds(
    Reported,
    away_until=st.none() | moments(),
    present_until=st.none() | moments(),
    away_in_hubspot=st.booleans(),
    out_of_office=st.lists(st.tuples(moments(), moments()), max_size=3).map(tuple),
    hours=st.none() | weeks(),
    timezone=st.none() | st.sampled_from(ZONES).map(ZoneInfo),
    unreadable=st.sampled_from(["", "hs_out_of_office_hours"]),
)
ABSENCES = st.lists(
    st.tuples(st.dates(), st.dates()).map(lambda days: TimeOff("anna", min(days), max(days))), max_size=3
).map(tuple)


def the_roster(zone: str, time_off: tuple[TimeOff, ...]) -> Roster:
    hours = office_hours()
    roster = a_team(a_rep("anna", hours=hours, public_holidays="FR"), a_rep("ben"), time_off=time_off)
    team = replace(roster.teams["sales"], catch_up=CatchUp(3))
    return replace(roster, timezone=ZoneInfo(zone), teams={"sales": team})


@settings(deadline=None)
@given(
    reported=REPORTS,
    zone=st.sampled_from(ZONES),
    time_off=ABSENCES,
    language=st.sampled_from(["en", "fr"]),
    action=st.sampled_from(
        [
            Assign(ToTeam("sales")),
            Assign(ToTeam("sales"), any_hour=True),
            Assign(ToTeam("sales"), method=Method.QUEUE),
            Assign(ToRep("anna")),
        ]
    ),
)
def test_a_decision_never_fails_because_of_a_reps_availability(
    reported: Reported, zone: str, time_off: tuple[TimeOff, ...], language: str, action: Assign
) -> None:
    roster = the_roster(zone, time_off)
    policy = a_policy(a_rule(action=action), roster=roster, language=language)  # type: ignore[arg-type]
    world, request = a_world_and_request(policy, reported={"anna": reported})

    decision = decide_on_facts(compiled(policy), compiled(policy).read(a_lead(), NOW), world, request)
    to_ben = deciding(
        replace(policy, rules=(a_rule(action=Assign(ToRep("ben"))),)), reported={"anna": reported}
    )

    assert decision.outcome is not None
    assert isinstance(to_ben.outcome, Assigned) and to_ben.outcome.rep == "ben"
    absent(roster, {"anna": reported}, now=NOW)


def reason_of(decision: Decision) -> str | None:
    return next((passed.reason for passed in decision.passed_over if passed.rep == "anna"), None)


@pytest.mark.parametrize(
    ("reported", "en", "fr"),
    [
        (
            Reported(away_until=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
            "away for more than two years",
            "absent pour plus de deux ans",
        ),
        (
            Reported(out_of_office=((NOW, datetime(9999, 12, 31, tzinfo=UTC)),)),
            "out of office for more than two years (HubSpot)",
            "absent pour plus de deux ans (HubSpot)",
        ),
        (
            Reported(unreadable="hs_out_of_office_hours"),
            "counts as away: hs_out_of_office_hours cannot be read",
            "compté comme absent : hs_out_of_office_hours est illisible",
        ),
    ],
)
def test_an_absence_without_a_sensible_end_is_an_absence_with_its_reason(
    reported: Reported, en: str, fr: str
) -> None:
    english = deciding(a_policy(a_rule()), reported={"anna": reported})
    french = deciding(a_policy(a_rule(), language="fr"), reported={"anna": reported})

    assert (reason_of(english), reason_of(french)) == (en, fr)
    assert says_away(en) and says_away(fr)
    assert isinstance(english.outcome, Assigned) and english.outcome.rep == "ben"


def test_somebody_who_declares_presence_is_there_whatever_cannot_be_read() -> None:
    there = Reported(present_until=NOW + timedelta(hours=1), unreadable="hs_out_of_office_hours")

    assert reason_of(deciding(a_policy(a_rule()), reported={"anna": there})) is None


def test_time_off_of_the_whole_calendar_is_time_off() -> None:
    roster = a_team(time_off=(TimeOff("anna", date.min, date.max),))

    decision = deciding(a_policy(a_rule(), roster=roster))

    assert isinstance(decision.outcome, Assigned) and decision.outcome.rep == "ben"
    assert reason_of(decision) == "on leave until 31 Dec"
