"""What a lead has become: won, lost, or finished with, told by HubSpot's statuses and stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from router.hubspot.properties import STAGE, STATUS
from router.policy.results.follow_up import Ending

Values: TypeAlias = Mapping[str, frozenset[str]]
"""Contact property → those of its values that say so."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Which values mean that a lead is won or lost, and with which lead statuses it is open."""

    won: Values
    lost: Values
    open_statuses: tuple[str, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The contact properties that have to be read."""
        return tuple(dict.fromkeys((STATUS, STAGE, *self.won, *self.lost)))


WON: Final[Values] = {STAGE: frozenset(("opportunity", "customer", "evangelist"))}
LOST: Final[Values] = {STATUS: frozenset(("UNQUALIFIED",))}
FINISHED: Final = frozenset(("UNQUALIFIED", "BAD_TIMING"))
"""Lead statuses of leads that nobody has to work on any more."""
STATUSES: Final = (
    *("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED"),
    *("ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"),
)
"""HubSpot's own lead statuses; a portal may have others."""
USUAL: Final = Outcomes(WON, LOST, tuple(status for status in STATUSES if status not in FINISHED))


class PropertyChange(NamedTuple):
    """A property got this value then (aware UTC)."""

    value: str
    at: datetime


def outcome_of(
    histories: Mapping[str, Sequence[PropertyChange]], outcomes: Outcomes, *, assigned_at: datetime
) -> tuple[Ending, datetime] | None:
    """How a lead ended since `assigned_at` and since when, or None; histories are newest first.

    A property tells by the value it has now, and only if it got there after the assignment: who came in
    as a customer is no win. If two properties tell different things, the later one is right.
    """
    found: list[tuple[datetime, Ending]] = []
    endings: tuple[tuple[Ending, Values], ...] = (("won", outcomes.won), ("lost", outcomes.lost))
    for ending, values in endings:
        for name, telling in values.items():
            since = _since(histories.get(name, ()), telling, assigned_at=assigned_at)
            if since is not None:
                found.append((since, ending))
    if not found:
        return None
    at, ending = max(found)
    return ending, at


def _since(
    history: Sequence[PropertyChange], telling: frozenset[str], *, assigned_at: datetime
) -> datetime | None:
    """The moment after the assignment from which on the property has had one of these values, if it has."""
    since: datetime | None = None
    for change in history:
        if change.value not in telling or change.at < assigned_at:
            break
        since = change.at
    return since
