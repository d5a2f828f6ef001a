"""Who is next up, case by case."""

from __future__ import annotations

import pytest

from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD, Book, credit_field
from tests.world.policies import a_rep, a_team, deal


def a_share(rep: str, *, weight: int = 1000, credit: float = 0, last: int = 0) -> Share:
    return Share(rep, weight, round(credit * LEAD), last)


def test_a_heavier_weight_earns_more_leads() -> None:
    team = a_team(a_rep("anna", weight=2), a_rep("ben"))

    assert deal(team, leads=30) == {"anna": 20, "ben": 10}


def test_two_to_one_to_one_over_400_leads_is_200_100_100() -> None:
    team = a_team(a_rep("anna", weight=2), a_rep("ben"), a_rep("chloe"))

    got = deal(team, leads=400)

    assert abs(got["anna"] - 200) <= 1
    assert abs(got["ben"] - 100) <= 1
    assert abs(got["chloe"] - 100) <= 1


@pytest.mark.parametrize(
    ("shares", "winner"),
    [
        ([a_share("anna", credit=-0.2), a_share("ben", credit=0.2)], "ben"),
        ([a_share("anna"), a_share("ben")], "anna"),
        ([a_share("anna", last=9), a_share("ben", last=3)], "ben"),
        ([a_share("anna", credit=-3), a_share("ben", credit=-2)], "ben"),
        # Anna's lead falls due in 2 leads, Ben's in 8: a large credit alone does not decide.
        ([a_share("anna", weight=9000), a_share("ben", credit=0.1)], "anna"),
        ([a_share("anna", credit=2e-9), a_share("ben", last=-1)], "ben"),
    ],
    ids=["furthest behind", "file order", "longest since", "nobody owed", "first due", "dust is a tie"],
)
def test_next_up_is_the_one_whose_lead_falls_due_first(shares: list[Share], winner: str) -> None:
    assert next_up(shares) == winner


def test_nobody_eligible_is_refused() -> None:
    with pytest.raises(ValueError, match="Nobody is eligible"):
        next_up([])


def test_paying_moves_credit_from_the_winner_to_the_others() -> None:
    shares = [a_share("anna"), a_share("ben"), a_share("chloe")]

    changes = pay(shares, "anna", team="sales", book=Book({"served:sales": 6, "last:sales:anna": 4}))

    assert changes["served:sales"] == 1
    assert changes["last:sales:anna"] == 3
    assert changes[credit_field("sales", "anna")] < 0 < changes[credit_field("sales", "ben")]
    assert sum(changes[credit_field("sales", share.rep)] for share in shares) == 0
