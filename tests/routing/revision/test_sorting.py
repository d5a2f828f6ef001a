"""Which of the due leads can be revised now, later, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from router.routing.revision.sorting import ON_ITS_WAY, sort_due
from router.store.leads.leads import LeadState, State
from tests.world.transitions import KEPT, NOW_MS, a_state


def sorted_into(state: LeadState | None, *, shadow: bool = False) -> str:
    found = sort_due(["501"], {"501": state} if state else {}, shadow=shadow, now_ms=NOW_MS)
    (group,) = [
        name
        for name, ids in (("now", found.to_look_at), ("later", found.on_their_way), ("off", found.off))
        if "501" in ids
    ]
    return group


def decided(state: State, **more: Any) -> LeadState:
    return a_state(state, **{"revisable": KEPT, "revise_until_ms": NOW_MS + 1, **more})


@pytest.mark.parametrize("state", sorted(ON_ITS_WAY))
def test_a_lead_that_is_on_its_way_is_looked_at_later(state: State) -> None:
    assert sorted_into(decided(state)) == "later"


@pytest.mark.parametrize(
    ("state", "group"),
    [
        (decided(State.DONE), "now"),
        (decided(State.DONE, owner_id=""), "now"),
        (decided(State.QUEUED, owner_id="", queue="idf"), "now"),
        (decided(State.DONE, queue="idf"), "off"),  # claimed
        (decided(State.DONE, revise_until_ms=NOW_MS), "off"),
        (decided(State.DONE, revisable=None), "off"),
        (decided(State.HUMAN), "off"),
        (decided(State.PARKED), "off"),
        (decided(State.GONE), "off"),
        (decided(State.SHADOW), "off"),
        (None, "off"),
    ],
)
def test_a_lead_is_revised_while_its_decision_is_ours_and_new(state: LeadState | None, group: str) -> None:
    assert sorted_into(state) == group


def test_in_shadow_mode_only_its_own_leads_are_revised() -> None:
    assert sorted_into(decided(State.SHADOW), shadow=True) == "now"
    assert sorted_into(decided(State.DONE), shadow=True) == "off"
