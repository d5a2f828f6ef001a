"""Leads that come back are owed to their reps: only a difference beyond what is to even out is a fault."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.reports.bounds import Bound, is_within
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.share import Share
from router.policy.shares.share_book import (
    BOUND,
    LEAD,
    Book,
    credit_field,
    refund_of,
    returned_field,
)

TEAM = "sales"


def test_a_refund_notes_the_credit_that_its_rep_gets_back() -> None:
    paid = {credit_field(TEAM, "anna"): -LEAD // 2, credit_field(TEAM, "ben"): LEAD // 2, "served:sales": 1}

    back = refund_of(paid)

    assert back == {
        credit_field(TEAM, "anna"): LEAD // 2,
        credit_field(TEAM, "ben"): -LEAD // 2,
        returned_field(TEAM): LEAD // 2,
    }
    assert refund_of({returned_field(TEAM): 5}) == {}, "a note is not refunded itself"
    assert refund_of({credit_field(TEAM, "anna", "points"): -7})[returned_field(TEAM, "points")] == 7


def test_no_more_is_to_even_out_than_the_team_owes() -> None:
    noted = {
        returned_field(TEAM): 9 * LEAD,
        credit_field(TEAM, "anna"): LEAD,
        credit_field(TEAM, "ben"): -LEAD,
    }

    assert Book(noted).returned(TEAM) == LEAD
    assert Bound().given(Book(noted), TEAM) == BOUND + 1
    assert Bound().given(Book(noted), "others") == BOUND
    assert Bound(most=None).given(Book(noted), TEAM) is None


@given(
    weights=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    taken=st.sampled_from([0.1, 0.3, 0.6]),
    seen_within=st.sampled_from([1, 30, 300]),
    fit=st.sampled_from([1.0, 0.5, 0.2]),
    of_one=st.booleans(),
    ends_at=st.sampled_from([150, 400]),
    seed=st.integers(0, 10**6),
)
def test_nobody_is_further_away_than_the_bound_with_what_came_back(
    weights: list[int],
    taken: float,
    seen_within: int,
    fit: float,
    of_one: bool,
    ends_at: int,
    seed: int,
) -> None:
    """People take leads at random, or of one rep only; they are seen later, even after the last lead."""
    chance, book = random.Random(seed), Book()
    coming_back: dict[int, list[dict[str, int]]] = {}
    for place in range(400 + seen_within):
        for paid in coming_back.pop(place, ()):
            book = book.apply(refund_of(paid))
        if place % 50 == 0 and is_within(Bound(), book, TEAM):
            book = book.apply({returned_field(TEAM): -book.value(returned_field(TEAM))})
        limit = Bound().given(book, TEAM)
        assert limit is not None
        assert furthest(book, len(weights)) <= limit
        if place >= ends_at:
            continue
        winner, changes = one_lead(book, weights, chance, fit=fit)
        book = book.apply(changes)
        if chance.random() < taken and (winner == "0" or not of_one):
            coming_back.setdefault(place + chance.randint(1, seen_within), []).append(changes)


@pytest.mark.parametrize("weights", [[2, 1, 1], [1] * 10, [9, 1]])
def test_the_next_leads_even_out_what_came_back(weights: list[int]) -> None:
    chance, book = random.Random(3), Book()
    paid = []
    for _ in range(200):
        winner, changes = one_lead(book, weights, chance, fit=1.0)
        book = book.apply(changes)
        paid += [changes] if winner == str(len(weights) - 1) else []
    for changes in paid[-15:]:
        book = book.apply(refund_of(changes))
    before = furthest(book, len(weights))
    for _ in range(30):
        book = book.apply(one_lead(book, weights, chance, fit=1.0)[1])

    assert before > 2 * BOUND
    assert furthest(book, len(weights)) <= 1


def one_lead(
    book: Book, weights: list[int], chance: random.Random, *, fit: float
) -> tuple[str, dict[str, int]]:
    """One lead that suits each rep with this chance, and one at least: its rep, and the changes."""
    reps = [rep for rep in range(len(weights)) if chance.random() < fit] or [chance.randrange(len(weights))]
    shares = [
        Share(str(rep), weights[rep] * 1000, book.credit(TEAM, str(rep)), book.last(TEAM, str(rep)))
        for rep in reps
    ]
    winner = next_up(shares)
    return winner, dict(pay(shares, winner, team=TEAM, book=book))


def furthest(book: Book, reps: int) -> float:
    return max(abs(book.credit(TEAM, str(rep))) for rep in range(reps)) / LEAD
