"""Leads that are decided one after the other in one world get what each would get in a world of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.compiled import compile_policy
from router.policy.decision.decide import decide
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.people.availability import Reported
from router.policy.people.roster import CatchUp, Roster, Team, TimeOff
from router.policy.rules.policy import Assign, Method, Policy, Rule, ToRep, ToTeam
from router.policy.shares.share_book import Book, add_changes
from tests.world.policies import (
    a_lead,
    a_policy,
    a_rep,
    a_rule,
    a_team,
    asks,
    office_hours,
    owners_of,
)

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 12, 21, tzinfo=UTC)
BUREAU, EVENING = office_hours(), office_hours("17:00", "23:00", name="evening")
WAYS = {
    "team": Assign(ToTeam("sales")),
    "any hour": Assign(ToTeam("late"), any_hour=True),
    "load": Assign(ToTeam("late"), method=Method.LEAST_LOADED),
    "queue": Assign(ToTeam("sales"), method=Method.QUEUE, push_after=HOUR),
    "rep": Assign(ToRep("anna"), if_unavailable=Assign(ToTeam("late"))),
}
SLAS = {"team": HOUR, "load": 30 * HOUR}


def the_policy() -> Policy:
    reps = (
        a_rep("anna", hours=BUREAU, public_holidays="FR"),
        a_rep("ben", hours=BUREAU, max_per_day=2),
        a_rep("cleo", hours=EVENING, public_holidays="FR"),
        a_rep("dan"),
    )
    absences = (TimeOff("ben", date(2026, 12, 22), date(2026, 12, 23), backup="dan"),)
    teams = {
        "sales": Team("sales", ("anna", "ben", "cleo"), catch_up=CatchUp()),
        "late": Team("late", ("cleo", "dan", "anna")),
    }
    roster: Roster = replace(a_team(*reps, time_off=absences), teams=teams)
    return a_policy(*map(the_rule, WAYS), roster=roster, types={"way": "text"})


def the_rule(way: str) -> Rule:
    return a_rule(way, asks("way", way), WAYS[way], sla=SLAS.get(way))


POLICIES = compile_policy(the_policy()), compile_policy(replace(the_policy(), default_sla=9 * HOUR))
moments = st.integers(-30, 12 * 24).map(lambda hours: MONDAY + hours * HOUR + timedelta(minutes=7))
reports = st.builds(
    Reported,
    away_until=st.none() | moments,
    present_until=st.none() | moments,
    away_in_hubspot=st.booleans(),
    hours=st.sampled_from([None, EVENING]),
    unreadable=st.sampled_from(["", "hs_out_of_office_hours"]),
)
requests: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"excluded": st.sampled_from([frozenset(), frozenset({"anna"}), frozenset({"owner-dan"})])}
)


@settings(max_examples=150, deadline=None)
@given(
    now=moments,
    reported=st.dictionaries(st.sampled_from(["anna", "ben", "dan"]), reports),
    asked=st.lists(st.tuples(st.sampled_from(sorted(WAYS)), requests, st.sampled_from(POLICIES)), max_size=8),
)
def test_a_lead_is_decided_as_in_a_world_of_its_own(
    now: datetime, reported: dict[str, Reported], asked: list[tuple[str, dict[str, Any], Any]]
) -> None:
    owners, fields = owners_of(the_policy().roster), dict[str, int]()
    shared = World(Book(fields), owners, now, reported)

    for number, (way, request, compiled) in enumerate(asked):
        lead, request_of = a_lead(way=way), DecisionRequest(str(number), **request)
        alone = decide(compiled, lead, World(Book(dict(fields)), owners, now, reported), request_of)
        assert decide(compiled, lead, shared, request_of) == alone
        add_changes(fields, alone.book_changes)
