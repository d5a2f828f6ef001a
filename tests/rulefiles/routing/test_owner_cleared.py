"""`owner_cleared` of routing.yaml: queue unless it says route_again or leave."""

from __future__ import annotations

import pytest

from tests.world.rule_files import ROUTING, MistakeCase, check, policy_of

MISTAKE = MistakeCase(
    "a setting that there is not",
    "segments:\n",
    "owner_cleared: reassign\nsegments:\n",
    """
    routing.yaml:1:16: error: 'owner_cleared' cannot be 'reassign'
        owner_cleared: reassign
                       ^
        Write queue, route_again or leave.
    """,
)


def test_a_mistake_is_told_with_its_remedy() -> None:
    check("routing.yaml", MISTAKE)


@pytest.mark.parametrize(
    ("line", "setting"),
    [("", "queue"), *((f"owner_cleared: {name}\n", name) for name in ("queue", "route_again", "leave"))],
)
def test_a_cleared_lead_waits_in_the_queue_unless_the_file_says_otherwise(line: str, setting: str) -> None:
    assert policy_of({"routing.yaml": line + ROUTING}).owner_cleared == setting
