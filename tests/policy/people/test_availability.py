"""Who is away, and whose word counts?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from router.policy.decision.decide import decide, decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.destination import wanted_named
from router.policy.people.availability import Reported
from router.policy.people.availability_record import reported_as_record, reported_from_record
from router.policy.people.roster import Roster, TimeOff
from router.policy.rules.policy import Assign, Method, ToRep, ToTeam
from router.policy.why_not.question import why_not
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

HOUR = timedelta(hours=1)
TOMORROW_MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC)
"""In Paris; the day is the 24th until then."""
LEAVE = TimeOff("anna", date(2026, 11, 23), date(2026, 11, 27))
EVERY_SOURCE = Reported(
    away_until=NOW + HOUR,
    away_in_hubspot=True,
    out_of_office=((NOW - HOUR, NOW + 2 * HOUR),),
)


def with_said(reported: dict[str, Reported], roster: Roster | None = None, **given: object) -> Decision:
    policy = a_policy(a_rule(), roster=roster or a_team(), default_sla=HOUR)
    return deciding(policy, reported=reported, **given)


def reason_of(decision: Decision, rep: str = "anna") -> str | None:
    return next((passed.reason for passed in decision.passed_over if passed.rep == rep), None)


@pytest.mark.parametrize(
    ("reported", "leave", "reason"),
    [
        (EVERY_SOURCE, (LEAVE,), "away until Tue 24 Nov 11:15+"),
        (Reported(away_until=TOMORROW_MIDNIGHT), (), "away until 24 Nov"),
        (replace(EVERY_SOURCE, away_until=None), (LEAVE,), "out of office until Tue 24 Nov 12:15 (HubSpot)"),
        (Reported(away_in_hubspot=True), (LEAVE,), "away in HubSpot"),
        (Reported(), (LEAVE,), "on leave until 27 Nov"),
        (Reported(away_until=NOW), (), None),
        (Reported(out_of_office=((NOW + HOUR, NOW + 2 * HOUR),)), (), None),
        (Reported(present_until=NOW + HOUR, away_in_hubspot=True), (LEAVE,), None),
        (Reported(present_until=NOW), (LEAVE,), "on leave until 27 Nov"),
    ],
)
def test_the_strongest_word_says_why_a_rep_is_away(
    reported: Reported, leave: tuple[TimeOff, ...], reason: str | None
) -> None:
    decision = with_said({"anna": reported}, a_team(time_off=leave))

    assert reason_of(decision) == (reason.rstrip("+") if reason else None)
    assert isinstance(decision.outcome, Assigned)
    assert decision.outcome.rep == ("anna" if reason is None else "ben")


def test_a_rep_whose_colleagues_work_on_their_holiday_is_passed_over_with_its_name() -> None:
    hours = office_hours()
    roster = a_team(
        a_rep("anna", hours=hours, public_holidays="FR-67"), a_rep("ben", hours=hours, public_holidays="FR")
    )
    good_friday = datetime(2026, 4, 3, 8, tzinfo=UTC)

    decision = with_said({}, roster, now=good_friday)

    assert reason_of(decision) == "public holiday: Good Friday"
    french = deciding(a_policy(a_rule(), roster=roster, language="fr", default_sla=HOUR), now=good_friday)
    assert reason_of(french) == "jour férié : Vendredi saint"


def test_on_a_holiday_of_everybody_leads_are_shared_as_on_a_weekend() -> None:
    hours = office_hours()
    roster = a_team(*(a_rep(name, hours=hours, public_holidays="FR") for name in ("anna", "ben")))
    christmas = datetime(2026, 12, 25, 10, tzinfo=UTC)

    decision = with_said({}, roster, now=christmas)

    assert isinstance(decision.outcome, Assigned)
    assert decision.due_at == datetime(2026, 12, 28, 9, tzinfo=UTC)


def test_a_rule_that_ignores_hours_gives_leads_to_who_is_not_at_work_and_never_to_who_is_away() -> None:
    reps = (a_rep("anna", weight=9, hours=office_hours("14:00", "18:00")), a_rep("ben"), a_rep("chloe"))
    by_hours = a_policy(a_rule(), roster=a_team(*reps), default_sla=HOUR)
    at_any_hour = a_policy(
        a_rule(action=Assign(ToTeam("sales"), any_hour=True)), roster=a_team(*reps), default_sla=HOUR
    )
    reported = {"ben": Reported(away_in_hubspot=True)}

    kept_to_hours, ignoring = deciding(by_hours, reported=reported), deciding(at_any_hour, reported=reported)

    assert reason_of(kept_to_hours) == "not at work before Tue 24 Nov 14:00"
    assert isinstance(ignoring.outcome, Assigned) and ignoring.outcome.rep == "anna"
    assert [passed.rep for passed in ignoring.passed_over] == ["ben"]
    assert ignoring.due_at == datetime(2026, 11, 24, 14, tzinfo=UTC)


def test_hours_in_hubspot_replace_those_of_the_team_file_in_their_own_time_zone() -> None:
    roster = a_team(a_rep("anna", hours=office_hours("08:00", "12:00")))
    montreal = Reported(
        hours=office_hours("09:00", "17:00", name="HubSpot"), timezone=ZoneInfo("America/Montreal")
    )

    decision = with_said({"anna": montreal}, roster)

    assert decision.due_at == datetime(2026, 11, 24, 15, tzinfo=UTC)


def test_the_sla_does_not_run_while_the_rep_is_out_of_office() -> None:
    lunch = Reported(out_of_office=((NOW + HOUR / 2, NOW + 2 * HOUR),))

    decision = with_said({"anna": lunch}, a_team(a_rep("anna")))

    assert decision.due_at == NOW + 2.5 * HOUR


def test_a_queue_is_due_in_the_hours_of_somebody_who_is_there() -> None:
    roster = a_team(a_rep("anna", hours=office_hours()), a_rep("ben", hours=office_hours("14:00", "18:00")))
    policy = a_policy(
        a_rule(action=Assign(ToTeam("sales"), method=Method.QUEUE)), roster=roster, default_sla=HOUR
    )

    decision = deciding(policy, reported={"anna": Reported(away_in_hubspot=True)})

    assert decision.due_at == datetime(2026, 11, 24, 14, tzinfo=UTC)


def test_the_backup_of_a_leave_is_not_asked_once_somebody_said_that_the_rep_is_there() -> None:
    roster = a_team(time_off=(replace(LEAVE, backup="ben"),))
    policy = a_policy(a_rule(action=Assign(ToRep("anna"))), roster=roster)

    on_leave = deciding(policy)
    back = deciding(policy, reported={"anna": Reported(present_until=NOW + HOUR)})

    assert isinstance(on_leave.outcome, Assigned) and on_leave.outcome.rep == "ben"
    assert isinstance(back.outcome, Assigned) and back.outcome.rep == "anna"


def test_what_was_said_is_kept_with_the_decision_which_comes_out_again() -> None:
    policy = a_policy(a_rule(), roster=a_team(time_off=(LEAVE,)), default_sla=HOUR)
    reported = {"anna": EVERY_SOURCE, "zoe": Reported(away_in_hubspot=True)}
    world, request = a_world_and_request(policy, reported=reported)
    decision = decide(compiled(policy), a_lead(), world, request)
    kept = from_record(as_record(decision))

    assert kept.inputs is not None
    assert kept.inputs.reported == {"anna": EVERY_SOURCE}
    again = decide_on_facts(
        compiled(policy),
        kept.facts,
        kept.inputs.world_again(policy, now=kept.decided_at),
        kept.inputs.request_again(kept.contact_id, episode=kept.episode),
    )
    assert replace(again, inputs=kept.inputs) == kept


def test_what_was_said_then_answers_why_the_lead_did_not_go_to_a_rep() -> None:
    policy = a_policy(a_rule(), roster=a_team(), default_sla=HOUR)
    decision = deciding(policy, reported={"anna": Reported(away_in_hubspot=True)})
    wanted = wanted_named(policy, "anna")
    assert wanted is not None

    world, request = a_world_and_request(policy, reported={"anna": Reported(away_in_hubspot=True)})
    answer = why_not(compiled(policy), decision.facts, wanted, world, request)

    assert answer.passed_over == "away in HubSpot"


@pytest.mark.parametrize(
    "reported",
    [
        Reported(),
        EVERY_SOURCE,
        Reported(present_until=NOW),
        Reported(hours=office_hours(name="HubSpot"), timezone=ZoneInfo("Asia/Kolkata")),
    ],
)
def test_what_was_said_is_written_and_read_without_loss(reported: Reported) -> None:
    assert reported_from_record(reported_as_record(reported)) == reported
