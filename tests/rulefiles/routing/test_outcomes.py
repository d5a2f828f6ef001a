"""`outcomes` in routing.yaml: when a lead is won, lost or finished."""

from __future__ import annotations

import pytest

from router.policy.results.outcomes import Outcomes
from tests.world.rule_files import ROUTING, MistakeCase, check, policy_of

CASES = (
    MistakeCase(
        "a property that there is not",
        "segments:\n",
        "outcomes: {won: {lifecyclestag: customer}}\nsegments:\n",
        """
        routing.yaml:1:18: error: HubSpot has no contact property 'lifecyclestag'
            outcomes: {won: {lifecyclestag: customer}}
                             ^
            Did you mean 'lifecyclestage'?
        """,
    ),
    MistakeCase(
        "a value that there is not",
        "segments:\n",
        "outcomes: {won: {lifecyclestage: [lead, custommer]}}\nsegments:\n",
        """
        routing.yaml:1:41: error: 'custommer' is not an option of lifecyclestage (Stage)
            outcomes: {won: {lifecyclestage: [lead, custommer]}}
                                                    ^
            Did you mean 'customer'?
        """,
    ),
    MistakeCase(
        "a property without options",
        "segments:\n",
        "outcomes: {lost: {jobtitle: none}}\nsegments:\n",
        """
        routing.yaml:1:19: error: jobtitle (Job title) has no options to choose one from
            outcomes: {lost: {jobtitle: none}}
                              ^
            Write lifecyclestage, hs_lead_status or another property with options.
        """,
    ),
    MistakeCase(
        "values without their property",
        "segments:\n",
        "outcomes: {won: [customer]}\nsegments:\n",
        """
        routing.yaml:1:17: error: 'won' is not written as 'property: values'
            outcomes: {won: [customer]}
                            ^
            Write {lifecyclestage: [opportunity, customer]}.
        """,
    ),
    MistakeCase(
        "a key that there is not",
        "segments:\n",
        "outcomes: {wons: {lifecyclestage: customer}}\nsegments:\n",
        """
        routing.yaml:1:12: error: 'outcomes' has no key 'wons'
            outcomes: {wons: {lifecyclestage: customer}}
                       ^
            Did you mean 'won'?
        """,
    ),
    MistakeCase(
        "won and lost at once",
        "segments:\n",
        "outcomes: {lost: {lifecyclestage: [other, customer]}}\nsegments:\n",
        """
        routing.yaml:1:12: error: lifecyclestage 'customer' is both won and lost
            outcomes: {lost: {lifecyclestage: [other, customer]}}
                       ^
            Take it out of one of them.
        """,
    ),
    MistakeCase(
        "no status with which a rep works on a lead",
        "segments:\n",
        "outcomes: {finished: [NEW, OLD]}\nsegments:\n",
        """
        routing.yaml:1:1: error: no lead status is left with which a lead is open
            outcomes: {finished: [NEW, OLD]}
            ^
            Take those out of 'finished' with which a rep still works on the lead.
        routing.yaml:1:28: warning: 'OLD' is an archived option of hs_lead_status (Status)
            outcomes: {finished: [NEW, OLD]}
                                       ^
            New leads do not have it; remove it when old ones do not matter.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_outcomes_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


def test_hubspot_s_own_words_hold_as_far_as_the_portal_has_them() -> None:
    outcomes = policy_of({"routing.yaml": ROUTING}).outcomes

    assert outcomes == Outcomes({"lifecyclestage": frozenset({"customer"})}, {}, ("NEW", "OLD"))


def test_outcomes_are_as_written_and_a_lost_status_is_no_open_one() -> None:
    line = "outcomes: {won: {lifecyclestage: [customer, other]}, lost: {hs_lead_status: OLD}}\n"

    outcomes = policy_of({"routing.yaml": line + ROUTING}).outcomes

    won, lost = frozenset({"customer", "other"}), frozenset({"OLD"})
    assert outcomes == Outcomes({"lifecyclestage": won}, {"hs_lead_status": lost}, ("NEW",))
    assert outcomes.properties == ("hs_lead_status", "lifecyclestage")
