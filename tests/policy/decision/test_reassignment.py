"""Where a lead goes that is taken from its owner, what the record says, and what it costs whom."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, LeftAlone, Queued
from router.policy.decision.trigger import (
    Destination,
    PushedOut,
    Reassigned,
    ToOwner,
    ToQueue,
    trigger_as_record,
    trigger_of_record,
)
from router.policy.people.roster import TimeOff
from router.policy.rules.policy import Assign, DoNothing, Method, ToRep, ToTeam
from router.policy.shares.share_book import Book
from tests.world.policies import NOW, a_policy, a_rep, a_rule, a_team, asks, deciding, owners_of

TAKEN = Reassigned("owner-anna", "anna", "nobody acted within 6 h", "watch", rule="a rule")
ANNA_NOT = frozenset({"anna"})


@pytest.mark.parametrize("to", [None, ToQueue("sales"), ToOwner("7"), PushedOut()])
def test_a_record_of_it_reads_back_the_same(to: Destination | None) -> None:
    taken = replace(TAKEN, to=to, paid={"open:anna": 1})

    assert trigger_of_record(trigger_as_record(taken)) == taken


def test_the_next_rep_gets_it_and_reads_why() -> None:
    decision = deciding(a_policy(a_rule()), trigger=TAKEN, excluded=ANNA_NOT)

    assert decision.outcome == Assigned("ben", "owner-ben", "sales")
    assert decision.reason.endswith("; reassigned from anna because nobody acted within 6 h")
    assert decision.book_changes["open:anna"] == -1
    assert decision.book_changes["open:ben"] == 1


def test_the_sentence_in_french() -> None:
    taken = replace(TAKEN, why="personne n'a agi en 6 h")

    decision = deciding(a_policy(a_rule(), language="fr"), trigger=taken, excluded=ANNA_NOT)

    assert decision.reason.endswith("; repris à anna car personne n'a agi en 6 h".replace(";", " ;").strip())


def test_its_rule_stays_although_an_earlier_one_fits_by_now() -> None:
    policy = a_policy(a_rule("cold", action=DoNothing()), a_rule(line=2))

    same = deciding(policy, trigger=TAKEN)
    anew = deciding(policy, trigger=replace(TAKEN, rule=None))
    dropped = deciding(policy, trigger=replace(TAKEN, rule="no more"))

    assert (same.rule, type(same.outcome)) == ("a rule", Assigned)
    assert [type(one.outcome) for one in (anew, dropped)] == [LeftAlone, LeftAlone]


def test_nobody_left_means_the_queue_and_both_reasons() -> None:
    decision = deciding(a_policy(a_rule()), trigger=TAKEN, excluded=frozenset({"anna", "ben"}))

    assert decision.outcome == Queued(
        "sales", "nobody in sales is eligible; reassigned from anna because nobody acted within 6 h"
    )


def test_a_queue_that_was_asked_for_keeps_it_for_claims() -> None:
    decision = deciding(a_policy(a_rule()), trigger=replace(TAKEN, to=ToQueue("sales")))

    assert decision.outcome == Queued("sales", None)
    assert "reassigned from anna" in decision.reason


def test_it_is_pushed_out_of_a_queue_by_fair_share() -> None:
    queue = a_rule(action=Assign(ToTeam("sales"), method=Method.QUEUE))
    waiting = Reassigned("", None, "it waited for 3 days", "night", rule="a rule")

    stays = deciding(a_policy(queue), trigger=waiting)
    leaves = deciding(a_policy(queue), trigger=replace(waiting, to=PushedOut()))

    assert isinstance(stays.outcome, Queued)
    assert isinstance(leaves.outcome, Assigned)
    assert leaves.reason.endswith("; it waited for 3 days")


@pytest.mark.parametrize(("archived", "owner_id"), [(False, "owner-ben"), (True, "owner-anna")])
def test_an_owner_who_is_named_gets_it_while_active(archived: bool, owner_id: str) -> None:
    roster = a_team(a_rep("anna"), a_rep("ben"))
    owners = owners_of(roster)
    owners["ben@example.com"] = replace(owners["ben@example.com"], archived=archived)

    decision = deciding(
        a_policy(a_rule(), roster=roster), owners=owners, trigger=replace(TAKEN, to=ToOwner("owner-ben"))
    )

    assert isinstance(decision.outcome, Assigned)
    assert decision.outcome.owner_id == owner_id


def test_a_share_is_given_back_only_if_asked() -> None:
    policy = a_policy(a_rule())
    first = deciding(policy)
    book = Book().apply(first.book_changes)

    kept = deciding(policy, book=book, trigger=TAKEN, excluded=ANNA_NOT)
    back = deciding(
        policy, book=book, trigger=replace(TAKEN, paid=dict(first.book_changes)), excluded=ANNA_NOT
    )

    assert book.credit("sales", "anna") < 0
    assert book.apply(kept.book_changes).credit("sales", "anna") == book.credit("sales", "anna")
    after = book.apply(back.book_changes)
    assert after.credit("sales", "anna") == 0
    assert after.credit("sales", "anna") + after.credit("sales", "ben") == 0
    assert after.open_leads("anna") == 0


def test_a_rep_who_is_named_and_was_taken_from_is_stood_in_for() -> None:
    off = (TimeOff("anna", NOW.date(), NOW.date(), backup="ben"),)
    policy = a_policy(a_rule(when=asks("x", "y"), action=Assign(ToRep("anna"))), roster=a_team(time_off=off))

    decision = deciding(policy, trigger=TAKEN, excluded=ANNA_NOT)

    assert decision.rule == "a rule"
    assert isinstance(decision.outcome, Assigned | Queued)
    assert "owner-anna" not in str(decision.outcome)
