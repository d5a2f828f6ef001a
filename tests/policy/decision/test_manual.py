"""A queue that pushes, a rep who claims, a rep who gives back: what is decided, and that it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.policy.decision.decision import Assigned, Queued
from router.policy.decision.trigger import (
    Claimed,
    Pushed,
    Released,
    Trigger,
    trigger_as_record,
    trigger_of_record,
)
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.explanation import explain
from router.policy.rules.policy import Assign, Method, ToTeam
from router.policy.shares.share_book import Book, credit_field, open_field
from tests.world.policies import NOW, a_policy, a_rep, a_rule, a_team, deciding, office_hours

HALF_AN_HOUR = timedelta(minutes=30)
HYBRID = Assign(ToTeam("sales"), method=Method.QUEUE, push_after=HALF_AN_HOUR)


def test_a_queue_that_pushes_says_when() -> None:
    decision = deciding(a_policy(a_rule(action=HYBRID)))

    assert decision.outcome == Queued("sales", why=None, push_at=NOW + HALF_AN_HOUR)
    assert from_record(as_record(decision)) == decision


def test_an_explanation_says_when_the_lead_is_pushed() -> None:
    policy = a_policy(a_rule(action=HYBRID))

    *_, outcome = explain(deciding(policy), policy, language="en")

    assert "given by fair share Tue 24 Nov 10:45 if nobody claims it" in outcome.lines


def test_the_time_to_push_counts_in_the_hours_of_the_team() -> None:
    roster = a_team(a_rep("anna", hours=office_hours("14:00", "18:00")))

    decision = deciding(a_policy(a_rule(action=HYBRID), roster=roster))

    assert decision.outcome == Queued("sales", why=None, push_at=NOW.replace(hour=13, minute=30))


def test_what_nobody_claimed_goes_by_fair_share_and_says_so() -> None:
    decision = deciding(a_policy(a_rule(action=HYBRID)), trigger=Pushed())

    assert isinstance(decision.outcome, Assigned)
    assert decision.outcome.rep == "anna"
    assert decision.book_changes[credit_field("sales", "anna")] < 0
    assert "nobody claimed it in time" in decision.reason


def test_a_queue_without_push_after_keeps_its_leads() -> None:
    decision = deciding(
        a_policy(a_rule(action=Assign(ToTeam("sales"), method=Method.QUEUE))), trigger=Pushed()
    )

    assert decision.outcome == Queued("sales", why=None)


def test_a_claim_gives_the_lead_to_the_rep_and_leaves_turns_alone() -> None:
    decision = deciding(a_policy(a_rule(action=HYBRID)), trigger=Claimed("ben", "sales"))

    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team="sales")
    assert decision.book_changes == {"open:ben": 1, "today:2026-11-24:ben": 1}
    assert "ben, who claimed it from the queue of sales" in decision.reason
    assert decision.due_at == NOW + timedelta(hours=4)


def test_a_release_takes_back_what_the_assignment_had_cost() -> None:
    policy = a_policy(a_rule(action=Assign(ToTeam("sales"))))
    given = deciding(policy)
    book = Book().apply(given.book_changes)

    back = deciding(
        policy, book=book, trigger=Released("anna", "sales", "a friend of mine", given.book_changes)
    )

    after = book.apply(back.book_changes)
    assert back.outcome == Queued("sales", why=None, push_at=NOW)
    assert "given back by anna: a friend of mine" in back.reason
    assert (after.credit("sales", "anna"), after.credit("sales", "ben")) == (0, 0)
    assert after.value(open_field("anna")) == 0


@pytest.mark.parametrize(
    "trigger", [Pushed(), Claimed("anna", "sales"), Released("a", "b", "c", {"open:a": 1})]
)
def test_a_trigger_survives_its_record(trigger: Trigger) -> None:
    assert trigger_of_record(trigger_as_record(trigger)) == trigger
