"""What a revision does with a decision that stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.policy.revising.comparison import Stands, revision_of, stands_of
from router.policy.rules.policy import DoNothing, Nurture
from tests.world.policies import a_policy, a_rule, deciding

HOURS = timedelta(hours=4)
OWNED = Stands("7", "assigned", "sales", "all", HOURS, "hot", "NEW", shown=("40", "B2"))
QUEUED = replace(OWNED, owner_id="", outcome="queued")
NURTURED = replace(OWNED, owner_id="", outcome="nurtured", team=None, target="nurture")


@pytest.mark.parametrize("before", [OWNED, QUEUED, NURTURED])
def test_nothing_that_counts_has_changed(before: Stands) -> None:
    assert revision_of(before, before) == "same"
    assert revision_of(before, replace(before, shown=("80", "A1"))) == "refreshed"


@pytest.mark.parametrize(
    "change",
    [{"rule": "other"}, {"sla": HOURS / 2}, {"segment": "cold"}, {"status": None}],
)
@pytest.mark.parametrize("before", [OWNED, QUEUED, NURTURED])
def test_the_lead_stays_where_it_is_under_other_terms(before: Stands, change: dict[str, Any]) -> None:
    assert revision_of(before, replace(before, **change)) == "kept"


def test_an_owner_keeps_the_lead_in_another_team() -> None:
    assert revision_of(OWNED, replace(OWNED, team="care")) == "kept"
    assert revision_of(OWNED, replace(OWNED, target="other words of the same rule")) == "same"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (OWNED, replace(OWNED, owner_id="8")),
        (OWNED, QUEUED),
        (OWNED, NURTURED),
        (QUEUED, OWNED),
        (QUEUED, replace(QUEUED, team="care")),
        (QUEUED, NURTURED),
        (NURTURED, QUEUED),
        (NURTURED, replace(NURTURED, target="another workflow")),
        (NURTURED, replace(NURTURED, outcome="left_alone")),
    ],
)
def test_the_lead_goes_elsewhere(before: Stands, now: Stands) -> None:
    assert revision_of(before, now) == "moved"


def test_the_values_of_a_decision() -> None:
    owned = deciding(a_policy(a_rule()))
    queued = deciding(a_policy())
    nurtured = deciding(a_policy(a_rule(action=Nurture(None, {}))))
    left = deciding(a_policy(a_rule(action=DoNothing())))

    assert stands_of(owned, sla=HOURS) == Stands(
        "owner-anna", "assigned", "sales", "a rule", HOURS, "cold", "NEW", shown=("0", "C3")
    )
    assert (stands_of(queued, sla=HOURS).outcome, stands_of(queued, sla=HOURS).team) == ("queued", "sales")
    assert stands_of(nurtured, sla=HOURS, target="x").target == "x"
    assert [stands_of(one, sla=HOURS).outcome for one in (nurtured, left)] == ["nurtured", "left_alone"]
