"""A grant is paid by the rest of the team, by weight, to the last billionth."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.people.roster import Team
from router.policy.shares.grant import MOST, CannotGrant, granted
from router.policy.shares.share_book import LEAD, Book, credit_field, factor_field
from tests.world.policies import a_rep, a_team

TEAM = a_team(a_rep("anna", weight=2), a_rep("ben", weight=1), a_rep("carl", weight=3))


def test_the_others_pay_by_weight() -> None:
    changes = granted(TEAM, team="sales", rep="anna", amount=2 * LEAD)

    assert changes == {
        credit_field("sales", "anna"): 2 * LEAD,
        credit_field("sales", "ben"): -LEAD // 2,
        credit_field("sales", "carl"): -3 * LEAD // 2,
    }


def test_a_negative_grant_is_the_same_the_other_way_round() -> None:
    gives = granted(TEAM, team="sales", rep="anna", amount=LEAD)
    takes = granted(TEAM, team="sales", rep="anna", amount=-LEAD)

    assert takes == {name: -change for name, change in gives.items()}


def test_a_rep_of_weight_zero_pays_nothing() -> None:
    team = a_team(a_rep("anna"), a_rep("ben", weight=0), a_rep("carl"))

    changes = granted(team, team="sales", rep="anna", amount=LEAD)

    assert credit_field("sales", "ben") not in changes


@given(
    st.lists(st.integers(1, 1000), min_size=2, max_size=20),
    st.integers(-MOST["leads"] * LEAD, MOST["leads"] * LEAD).filter(bool),
)
def test_a_grant_sums_to_zero(weights: list[int], amount: int) -> None:
    team = a_team(*(a_rep(f"rep{place}", weight=weight) for place, weight in enumerate(weights)))

    changes = granted(team, team="sales", rep="rep0", amount=amount)

    assert sum(changes.values()) == 0
    assert changes[credit_field("sales", "rep0")] == amount


@pytest.mark.parametrize(
    ("team", "rep", "amount", "says"),
    [
        ("est", "anna", LEAD, "there is no team 'est'. The teams are: sales."),
        ("sales", "dora", LEAD, "'dora' is not in the team 'sales', which has: anna, ben, carl."),
        ("sales", "anna", 0, "and not 0."),
        ("sales", "anna", 101 * LEAD, "between -100 and +100 leads"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(team: str, rep: str, amount: int, says: str) -> None:
    with pytest.raises(CannotGrant) as refused:
        granted(TEAM, team=team, rep=rep, amount=amount)

    assert says in str(refused.value)


def test_a_rep_alone_has_nobody_who_could_pay() -> None:
    with pytest.raises(CannotGrant, match="nobody could pay"):
        granted(a_team(a_rep("anna")), team="sales", rep="anna", amount=LEAD)


def test_a_team_that_shares_by_value_grants_points() -> None:
    team = Team("sales", tuple(TEAM.reps), fair_by="value")
    roster = replace(TEAM, teams={"sales": team})

    changes = granted(roster, team="sales", rep="anna", amount=120 * LEAD)

    assert changes[credit_field("sales", "anna", "points")] == 120 * LEAD
    assert sum(changes.values()) == 0
    assert all(name.startswith("points:") for name in changes)
    with pytest.raises(CannotGrant, match=r"between -10000 and \+10000 points"):
        granted(roster, team="sales", rep="anna", amount=10_001 * LEAD)


def test_weights_by_results_decide_who_pays_what() -> None:
    by_results = replace(TEAM.teams["sales"], performance=timedelta(days=90))
    roster = replace(TEAM, teams={"sales": by_results})
    reps = [name for name in by_results.reps if name != "anna"]
    book = Book({factor_field("sales", reps[0]): 2000, factor_field("sales", reps[1]): 500})

    usual = granted(TEAM, team="sales", rep="anna", amount=LEAD, book=book)
    found = granted(roster, team="sales", rep="anna", amount=7 * LEAD, book=book)

    ben, carl = (credit_field("sales", rep) for rep in reps)
    assert (usual[ben], usual[carl]) == (-LEAD // 4, -3 * LEAD // 4)
    assert (found[ben], found[carl]) == (-4 * LEAD, -3 * LEAD)
