"""How fast reps answer: medians, the slowest tenth, and who was in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from router.policy.results.follow_up import FollowUp
from router.policy.results.response_times import promptness, responses
from router.policy.results.result_sums import result_sums_of

ASSIGNED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NOW = ASSIGNED + timedelta(hours=8)


def hours(count: float) -> datetime:
    return ASSIGNED + timedelta(hours=count)


def a_follow_up(rep: str | None = "anna", **facts: Any) -> FollowUp:
    """A lead given at nine, due at one."""
    usual: dict[str, Any] = {"due_at": hours(4)}
    return FollowUp(
        decision_id="d",
        contact_id="501",
        team="sales",
        rep=rep,
        owner_id="1",
        rule="a rule",
        revision="r1",
        score=10,
        assigned_at=ASSIGNED,
        **(usual | facts),
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"first_response_at": hours(4)}, "in time"),
        ({"first_response_at": hours(4.1)}, "late"),
        ({"first_response_at": hours(400), "due_at": None}, "in time"),
        ({}, "late"),
        ({"due_at": hours(9)}, "waiting"),
        ({"due_at": None}, "waiting"),
        ({"ended_at": hours(3)}, "no longer theirs"),
        ({"ended_at": hours(5)}, "late"),
    ],
)
def test_a_lead_is_judged_by_its_due_time_while_it_is_theirs(facts: dict[str, Any], expected: str) -> None:
    assert promptness(a_follow_up(**facts), now=NOW) == expected


def test_each_rep_has_their_median_slowest_tenth_and_outcomes() -> None:
    answered = [a_follow_up(first_response_at=hours(number)) for number in range(1, 11)]
    leads = [*answered, a_follow_up(outcome="won"), a_follow_up("ben", outcome="lost"), a_follow_up(None)]

    anna, ben = responses(result_sums_of(leads), now=NOW)

    assert (anna.received, anna.answered, anna.won, anna.lost) == (11, 10, 1, 0)
    assert (anna.median, anna.p90) == (timedelta(hours=5.5), timedelta(hours=9))
    assert (anna.in_time, anna.late, anna.share_in_time) == (4, 7, pytest.approx(4 / 11))
    assert (ben.median, ben.p90, ben.lost, ben.share_in_time) == (None, None, 1, 0.0)
