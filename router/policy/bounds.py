"""How far from their fair share may somebody be in each team before a person should look?"""

from __future__ import annotations

from collections.abc import Mapping

from router.policy.book import BOUND
from router.policy.load import teams_by_load
from router.policy.rules import Policy


def bounds_of(policy: Policy) -> Mapping[str, int | None]:
    """By team, the leads that nobody should be away from their fair share by.

    None where a rule shares by load: reps who finish their leads sooner then get more of them, on purpose.
    """
    by_load = teams_by_load(policy)
    return {team: None if team in by_load else BOUND for team in policy.roster.teams}
