"""The mode of routing.yaml: live unless it says shadow."""

from __future__ import annotations

import pytest

from tests.world.rule_files import ROUTING, MistakeCase, check, policy_of

CASES = (
    MistakeCase(
        "a mode that there is not",
        "segments:\n",
        "mode: dry\nsegments:\n",
        """
        routing.yaml:1:7: error: the mode is live or shadow, not 'dry'
            mode: dry
                  ^
            Write live, or shadow to decide and record without writing to HubSpot.
        """,
    ),
    MistakeCase(
        "an empty mode",
        "segments:\n",
        "mode:\nsegments:\n",
        """
        routing.yaml:1:6: error: 'mode' has no value
            mode:
                 ^
            Fill it in, or remove it.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_the_mode_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(
    ("line", "mode"), [("", "live"), ("mode: live\n", "live"), ("mode: shadow\n", "shadow")]
)
def test_the_mode_is_live_unless_it_is_shadow(line: str, mode: str) -> None:
    assert policy_of({"routing.yaml": line + ROUTING}).mode == mode
