"""`night` in routing.yaml: what happens once a night."""

from __future__ import annotations

from datetime import time

import pytest

from router.policy.night import NIGHT, Night
from tests.rulefiles.builders import ROUTING, Case, check, policy_of

CASES = (
    Case(
        "no time of the day",
        "segments:\n",
        "night: {at: 25:00}\nsegments:\n",
        """
        routing.yaml:1:13: error: '25:00' is no time of the day
            night: {at: 25:00}
                        ^
            Write 02:30.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_night_is_told_with_its_remedy(case: Case) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(("line", "night"), [("", NIGHT), ("night: {at: 04:00}\n", Night(at=time(4, 0)))])
def test_the_night_is_as_written(line: str, night: Night) -> None:
    assert policy_of({"routing.yaml": line + ROUTING}).night == night
