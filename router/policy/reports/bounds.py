"""Bounds of fairness: the largest allowed deviation from the fair share in each team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.policy.people.roster import Team, Unit
from router.policy.rules.policy import Policy
from router.policy.shares.least_loaded import teams_by_load
from router.policy.shares.share_book import BOUND, LEAD, Book, credit_field


class Bound(Struct, frozen=True):
    """Largest allowed deviation from the fair share; `most` is a multiple of the team's largest lead.

    `most` is None where no limit is promised. `waiting`, in the team's unit, is added to the limit: the
    credit that may wait for absent reps.
    """

    unit: Unit = "leads"
    most: int | None = BOUND
    waiting: int = 0

    def given(self, book: Book, team: str) -> float | None:
        """The bound in the team's unit as the book stands, or None.

        Refunds move credits at once, and only the next leads even them out: what they still have to even out
        is added, rounded up to a tenth.
        """
        return self.widened(book, team, by=book.returned(team, self.unit))

    def widened(self, book: Book, team: str, *, by: int) -> float | None:
        """The bound with so much returned credit (billionths), for who asks for many reps of a team."""
        plain = self.plain(book, team)
        return None if plain is None else plain - (-by * 10 // LEAD) / 10

    def plain(self, book: Book, team: str) -> int | None:
        """The bound without refunds."""
        largest = book.largest(team) if self.unit == "points" else 1
        return None if self.most is None else self.most * max(largest, 1) + self.waiting


USUAL: Final = Bound()


def is_within(bound: Bound, book: Book, team: str) -> bool:
    """Whether every rep of the team is within the bound without refunds; True where nothing is promised."""
    most, beginning = bound.plain(book, team), credit_field(team, "", bound.unit)
    return most is None or all(
        abs(credit) <= most * LEAD for name, credit in book.fields.items() if name.startswith(beginning)
    )


def bounds_of(policy: Policy) -> Mapping[str, Bound]:
    """The bound of every team, by team name.

    No limit is promised where a rule shares by load (reps who finish their leads sooner get more of them,
    on purpose), nor where absent reps catch up without a limit.
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
    # In the extreme case all reps but one are away, and that one is ahead by all credits that wait.
    return Bound(team.unit, waiting=team.catch_up.at_most * max(len(team.reps) - 1, 0))
