"""`sticky` in routing.yaml: for every team, by team, and by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.policy.rules.policy import Assign
from tests.world.rule_files import ROUTING, MistakeCase, check, policy_of

SHARED = ROUTING.replace("method: queue", "method: fair_share")

CASES = (
    MistakeCase(
        "a word that there is not",
        "segments:\n",
        "sticky: companies\nsegments:\n",
        """
        routing.yaml:1:9: error: 'sticky' cannot be 'companies'
            sticky: companies
                    ^
            Did you mean 'company'?
        """,
    ),
    MistakeCase(
        "a memory that is too long",
        "needs: {level: senior}",
        "sticky: company 2000d",
        """
        routing.yaml:10:35: error: 'sticky' cannot be 'company 2000d'
                assign: {team: north, sticky: company 2000d}
                                              ^
            Write company, company 60d (1 to 90 days) or off.
        """,
    ),
    MistakeCase(
        "a team that there is not",
        "segments:\n",
        "sticky: {nort: company}\nsegments:\n",
        """
        routing.yaml:1:10: error: there is no team 'nort'
            sticky: {nort: company}
                     ^
            Did you mean 'north'?
        """,
    ),
    MistakeCase(
        "a rep, who has no turns",
        "{rep: anna}",
        "{rep: anna, sticky: company}",
        """
        routing.yaml:7:25: error: 'sticky' has no effect with 'rep'
                assign: {rep: anna, sticky: company}
                                    ^
            Remove 'sticky', or name a team.
        """,
    ),
    MistakeCase(
        "a queue",
        "method: queue}",
        "method: queue, sticky: company}",
        """
        routing.yaml:13:40: error: 'sticky' has no effect on a queue, which takes every lead
              assign: {team: north, method: queue, sticky: company}
                                                   ^
            Remove 'sticky', or use method: fair_share.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_sticky_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(
    ("top", "rule", "days"),
    [
        ("", "", None),
        ("sticky: company\n", "", 30),
        ("sticky: company 60d\n", "", 60),
        ("sticky: {north: company 2 weeks}\n", "", 14),
        ("sticky: {south: company}\n", "", None),
        ("sticky: company\n", ", sticky: off", None),
        ("", ", sticky: company 7d", 7),
    ],
)
def test_a_rule_goes_before_its_team_and_the_team_before_the_file(
    top: str, rule: str, days: int | None
) -> None:
    routing = top + SHARED.replace("needs: {level: senior}", f"needs: {{level: senior}}{rule}")

    nordic = policy_of({"routing.yaml": routing}).rules[1].action

    assert isinstance(nordic, Assign)
    assert nordic.sticky == (None if days is None else timedelta(days=days))


def test_named_reps_and_queues_never_follow() -> None:
    policy = policy_of({"routing.yaml": "sticky: company\n" + ROUTING})

    assert [rule.action.sticky for rule in policy.rules if isinstance(rule.action, Assign)] == [
        None,
        timedelta(days=30),
        None,
    ]
