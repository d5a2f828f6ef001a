"""Presence classes: numbers for moments, equal for moments with the same presence of a team's reps.

Most moments are equal in this respect: a Tuesday at ten is like a Thursday at eleven. Everything that
depends on presence is computed once for each number.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from router.policy.backtest.judging.columns import moment_at
from router.policy.decision.compiled import CompiledPolicy, CompiledRep
from router.policy.people.availability import time_off_at


class PresenceClasses:
    """The presence classes of teams at the starts of stretches (see `Changes.stretch`)."""

    def __init__(self, compiled: CompiledPolicy) -> None:
        self._compiled = compiled
        self._by_rep: dict[tuple[Hashable, int], Hashable] = {}
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[tuple[str, int], int] = {}

    def of(self, team: str, start_us: int) -> int:
        """The team's presence class in the stretch that starts at `start_us` (µs since 1970)."""
        key = team, start_us
        number = self._known.get(key)
        if number is None:
            found = team, self._all_of(self._compiled.teams[team].reps, start_us)
            number = self._known[key] = self._numbers.setdefault(found, len(self._numbers))
        return number

    def _all_of(self, reps: Sequence[CompiledRep], start_us: int) -> Hashable:
        found = []
        for rep in reps:
            key = rep.week, start_us
            if key not in self._by_rep:
                self._by_rep[key] = _of_rep(rep, start_us)
            found.append(self._by_rep[key])
        return tuple(found)


def _of_rep(rep: CompiledRep, start_us: int) -> Hashable:
    """The time until the rep's next working minute, whether the rep is on leave, whether the day is off."""
    calendar, start = rep.calendar, moment_at(start_us)
    opens = calendar.next_working_minute(start)
    return (
        None if opens is None else opens - start,
        time_off_at(calendar, start) is not None,
        calendar.is_closed(calendar.day_of(start)),
    )
