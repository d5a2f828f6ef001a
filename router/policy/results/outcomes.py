"""Outcomes of leads: won, lost or finished, by HubSpot's lead statuses and lifecycle stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct

from router.hubspot.properties import STAGE, STATUS
from router.policy.results.follow_up import Ending

Values: TypeAlias = Mapping[str, frozenset[str]]
"""Contact property → the values that mean the outcome."""


class Outcomes(Struct, frozen=True):
    """The property values that mean won and lost, and the lead statuses of open leads."""

    won: Values
    lost: Values
    open_statuses: tuple[str, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The contact properties to read."""
        return tuple(dict.fromkeys((STATUS, STAGE, *self.won, *self.lost)))


WON: Final[Values] = {STAGE: frozenset(("opportunity", "customer", "evangelist"))}
LOST: Final[Values] = {STATUS: frozenset(("UNQUALIFIED",))}
FINISHED: Final = frozenset(("UNQUALIFIED", "BAD_TIMING"))
"""Lead statuses of leads that need no more work."""
STATUSES: Final = (
    *("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED"),
    *("ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"),
)
"""HubSpot's own lead statuses; a portal may have others."""
USUAL: Final = Outcomes(WON, LOST, tuple(status for status in STATUSES if status not in FINISHED))


class PropertyChange(NamedTuple):
    """A property got the value `value` at `at` (aware UTC)."""

    value: str
    at: datetime


def outcome_of(
    histories: Mapping[str, Sequence[PropertyChange]], outcomes: Outcomes, *, assigned_at: datetime
) -> tuple[Ending, datetime] | None:
    """The ending of a lead since `assigned_at` (aware UTC) and its time, or None; histories: newest first.

    A property counts by its current value, and only if it got it after the assignment: a contact who was a
    customer already is no win. If two properties disagree, the later change counts.
    """
    found: list[tuple[datetime, Ending]] = []
    endings: tuple[tuple[Ending, Values], ...] = (("won", outcomes.won), ("lost", outcomes.lost))
    for ending, values in endings:
        for name, meaning in values.items():
            since = _since(histories.get(name, ()), meaning, assigned_at=assigned_at)
            if since is not None:
                found.append((since, ending))
    if not found:
        return None
    at, ending = max(found)
    return ending, at


def _since(
    history: Sequence[PropertyChange], meaning: frozenset[str], *, assigned_at: datetime
) -> datetime | None:
    """The time since which the property has had one of these values, if after the assignment; else None."""
    since: datetime | None = None
    for change in history:
        if change.value not in meaning or change.at < assigned_at:
            break
        since = change.at
    return since
