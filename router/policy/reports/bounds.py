"""How far from their fair share may somebody be in each team before a person should look?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from router.policy.people.roster import Team, Unit
from router.policy.rules.policy import Policy
from router.policy.shares.least_loaded import teams_by_load
from router.policy.shares.share_book import BOUND


@dataclass(frozen=True, slots=True)
class Bound:
    """How far from their fair share nobody should be: so many of the team's largest leads, in its unit.

    None: the team promises nobody a part. `waiting` comes on top: what may wait for those who are away.
    """

    unit: Unit = "leads"
    most: int | None = BOUND
    waiting: int = 0

    def given(self, largest: int) -> int | None:
        """The bound in the unit; `largest` is the team's largest lead so far (1 where leads are counted)."""
        return None if self.most is None else self.most * max(largest, 1) + self.waiting


USUAL: Final = Bound()


def bounds_of(policy: Policy) -> Mapping[str, Bound]:
    """The bound of every team.

    There is none where a rule shares by load: reps who finish their leads sooner then get more of them, on
    purpose; nor where reps catch up with whatever they missed.
    """
    by_load = teams_by_load(policy)
    return {
        name: Bound(team.unit, most=None) if name in by_load else _bound(team)
        for name, team in policy.roster.teams.items()
    }


def _bound(team: Team) -> Bound:
    if team.catch_up is None:
        return Bound(team.unit)
    if team.catch_up.at_most is None:
        return Bound(team.unit, most=None)
    # All but one may be away, and that one is ahead by what waits for them all.
    return Bound(team.unit, waiting=team.catch_up.at_most * max(len(team.reps) - 1, 0))
