"""What we listen for is what the rules read, and nothing that we write ourselves."""

from __future__ import annotations

import pytest

from router.policy.rules.facts import Needed
from router.policy.settling.listened import compared, listened
from tests.world.rule_files import ROUTING, policy_of

SETTLE = "settle: {wait: 20s}\n"


def test_nothing_is_listened_for_while_settle_is_off() -> None:
    assert listened(policy_of()) == frozenset()


def test_every_property_that_gives_a_fact_is_listened_for() -> None:
    policy = policy_of({"routing.yaml": ROUTING + SETTLE})

    assert listened(policy) == {
        *("country", "hs_country_region_code", "request"),
        *("recent_conversion_date", "associatedcompanyid", "email"),
    }


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("{rep: anna}", "{to: account_owner, if_unavailable: {team: north}}", "associatedcompanyid"),
        ("{country: $nordic}", "{zip: known}", "zip"),
        ("needs: {level: senior}", "needs: {skill: from product}", "product"),
        ("needs: {level: senior}", "sticky: company 30d", "email"),
    ],
)
def test_what_decides_who_gets_a_lead_is_listened_for(old: str, new: str, name: str) -> None:
    routing = ROUTING.replace("{company.industry: GOVERNMENT}", "{request: demo}").replace(old, new)
    policy = policy_of(
        {
            "routing.yaml": routing + SETTLE,
            "scoring.yaml": SCORING_OF_REQUESTS,
        }
    )

    assert name in listened(policy)


def test_what_we_write_and_what_does_not_change_is_not_listened_for() -> None:
    routing = ROUTING.replace("{company.industry: GOVERNMENT}", "{hs_lead_status: NEW, age: 2d..}")
    policy = policy_of({"routing.yaml": routing + SETTLE, "scoring.yaml": SCORING_OF_REQUESTS})

    assert listened(policy) == {"country", "hs_country_region_code", "request"}


SCORING_OF_REQUESTS = """\
fit:
  max: 100
  points:
    request: {demo: 60, other: 10}
engagement:
  points:
    request: {demo: 60, other: 10}
grade:
  fit: {A: 60.., B: ..59}
  engagement: {1: 50.., 2: ..49}
"""


def test_what_our_own_write_changes_is_not_compared() -> None:
    """Else every decision would look changed as soon as it is written."""
    names = ("createdate", "hubspot_owner_id", "lastmodifieddate", "lead_router_score", "zip")

    assert compared(Needed(names, ())) == ("zip",)
    assert compared(Needed(names, ("industry",))) == ("associatedcompanyid", "zip")
