"""Won, lost, or neither: what a contact's histories tell since the assignment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from router.hubspot.properties import STAGE, STATUS
from router.policy.results.follow_up import Ending
from router.policy.results.outcomes import USUAL, PropertyChange, outcome_of

ASSIGNED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

Steps = list[tuple[int, str]]


def history(steps: Steps) -> list[PropertyChange]:
    """Values with the hours after the assignment at which they came, oldest first."""
    return [PropertyChange(value, ASSIGNED + timedelta(hours=hours)) for hours, value in reversed(steps)]


@pytest.mark.parametrize(
    ("stages", "statuses", "ending", "hours"),
    [
        ([], [], None, None),
        ([(-5, "lead")], [(0, "NEW")], None, None),
        ([(-5, "lead"), (3, "opportunity")], [(0, "NEW")], "won", 3),
        ([(1, "opportunity"), (9, "customer")], [], "won", 1),
        ([(-5, "customer")], [(0, "NEW")], None, None),
        ([(-5, "opportunity"), (4, "customer")], [], "won", 4),
        ([(2, "opportunity"), (6, "lead")], [], None, None),
        ([], [(0, "NEW"), (2, "UNQUALIFIED")], "lost", 2),
        ([], [(2, "UNQUALIFIED"), (4, "OPEN")], None, None),
        ([(2, "opportunity")], [(7, "UNQUALIFIED")], "lost", 7),
        ([(8, "customer")], [(2, "UNQUALIFIED")], "won", 8),
        ([], [(3, "BAD_TIMING")], None, None),
    ],
)
def test_the_latest_word_since_the_assignment_counts(
    stages: Steps, statuses: Steps, ending: Ending | None, hours: int | None
) -> None:
    found = outcome_of({STAGE: history(stages), STATUS: history(statuses)}, USUAL, assigned_at=ASSIGNED)

    expected = None if ending is None or hours is None else (ending, ASSIGNED + timedelta(hours=hours))
    assert found == expected
