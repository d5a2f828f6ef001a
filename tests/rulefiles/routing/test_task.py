"""`task` in routing.yaml: whether the rep gets a HubSpot task, too."""

from __future__ import annotations

import pytest

from tests.world.rule_files import ROUTING, MistakeCase, check, policy_of

CASES = (
    MistakeCase(
        "neither true nor false",
        "sla: 2h",
        "task: perhaps",
        """
        routing.yaml:11:11: error: 'task' is true or false, not 'perhaps'
                task: perhaps
                      ^
            Write true for a HubSpot task with the due time, or false.
        """,
    ),
    MistakeCase(
        "a rule that gives its leads to nobody",
        "assign: {rep: anna}",
        "do: nothing\n    task: true",
        """
        routing.yaml:8:5: error: 'task' has no effect on leads that get no owner
                task: true
                ^
            Remove 'task'.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_task_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(("line", "task"), [("sla: 2h", False), ("task: true", True), ("task: false", False)])
def test_a_task_is_made_only_where_a_rule_asks_for_it(line: str, task: bool) -> None:
    assert policy_of({"routing.yaml": ROUTING.replace("sla: 2h", line)}).rules[1].task is task
