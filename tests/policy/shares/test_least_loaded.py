"""Does the rep with the fewest open leads for their weight get the next one, and is the share still paid?"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.decision.decision import Assigned
from router.policy.reports.bounds import Bound, bounds_of
from router.policy.rules.policy import Assign, Method, Policy, ToTeam
from router.policy.shares.fair_share import next_up
from router.policy.shares.least_loaded import least_loaded, reps_counted
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD, Book, credit_field, open_field
from tests.world.policies import a_lead, a_policy, a_rep, a_team, deciding

BY_LOAD = Assign(ToTeam("sales"), Method.LEAST_LOADED)
TEAM = a_team(a_rep("anna", weight=3), a_rep("ben"), a_rep("carl", max_open_leads=4))


def by_load() -> Policy:
    return a_policy(roster=TEAM, otherwise=BY_LOAD)


@pytest.mark.parametrize(
    ("open_leads", "rep"),
    [
        ((6, 1, 2), "ben"),  # two for each of anna's thirds
        ((2, 1, 1), "anna"),
        ((3, 1, 1), "anna"),  # all alike: the fair share decides, and she is due first
        ((0, 0, 0), "anna"),
    ],
)
def test_the_fewest_open_leads_for_the_weight_win(open_leads: tuple[int, int, int], rep: str) -> None:
    book = Book({open_field(name): count for name, count in zip(TEAM.reps, open_leads, strict=True)})

    decision = deciding(by_load(), book=book)

    assert isinstance(decision.outcome, Assigned)
    assert decision.outcome.rep == rep
    assert f"{rep}, who has the fewest open leads for their weight in sales" in decision.reason


def test_caps_hold_and_the_share_is_paid_as_for_any_lead() -> None:
    book = Book({open_field("anna"): 40, open_field("ben"): 20, open_field("carl"): 4})

    decision = deciding(by_load(), book=book)

    assert [passed.rep for passed in decision.passed_over] == ["carl"]
    assert isinstance(decision.outcome, Assigned)
    assert decision.outcome.rep == "anna"
    assert decision.book_changes[credit_field("sales", "anna")] == 3 * LEAD // 4 - LEAD
    assert decision.book_changes[credit_field("sales", "ben")] == LEAD // 4


def test_leads_given_before_count_as_open() -> None:
    policy, book, got = by_load(), Book({open_field("carl"): 4}), Counter[str]()

    for number in range(8):
        decision = deciding(policy, a_lead(str(number)), book=book)
        assert isinstance(decision.outcome, Assigned)
        got[str(decision.outcome.rep)] += 1
        book = book.apply(decision.book_changes)

    assert got == {"anna": 6, "ben": 2}


def test_open_leads_are_counted_where_they_decide_and_such_a_team_promises_no_part() -> None:
    fair = a_policy(roster=TEAM, otherwise=Assign(ToTeam("sales")))
    fallback = a_policy(roster=TEAM, otherwise=Assign(ToTeam("sales"), if_unavailable=BY_LOAD))

    assert reps_counted(fair) == ("carl",)
    assert reps_counted(fallback) == reps_counted(by_load()) == ("anna", "ben", "carl")
    assert (bounds_of(fair), bounds_of(by_load())) == ({"sales": Bound()}, {"sales": Bound(most=None)})


def test_nobody_eligible_is_an_error() -> None:
    with pytest.raises(ValueError, match="Nobody is eligible"):
        least_loaded([], [])


standing = st.tuples(st.integers(1, 5), st.integers(-2, 2), st.integers(0, 6))


@settings(max_examples=200, deadline=None)
@given(st.lists(standing, min_size=1, max_size=8))
def test_nobody_has_less_to_do_than_who_gets_the_lead_and_fair_share_decides_ties(
    team: list[tuple[int, int, int]],
) -> None:
    shares = [
        Share(str(rep), weight * 1000, credit * LEAD // 3) for rep, (weight, credit, _) in enumerate(team)
    ]
    loads = [Fraction(count, weight) for weight, _, count in team]

    winner = least_loaded(shares, [count for _, _, count in team])

    assert loads[int(winner)] == min(loads)
    if len(set(loads)) == 1:
        assert winner == next_up(shares)
