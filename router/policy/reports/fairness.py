"""The fairness report: each rep's received leads, fair share, and the difference between them.

The fair share is the carpool share (Fagin & Williams, IBM J. Res. Dev. 27(2), 1983, p. 133): of every lead
that a team's fair share gave, an eligible rep's part is the rep's weight divided by the sum of eligible
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.trigger import Reassigned, Released, Revised
from router.policy.people.roster import Roster, Unit
from router.policy.reports.bounds import USUAL, Bound
from router.policy.reports.sums.share_sums import ShareSums
from router.policy.reports.sums.team_sums import TeamSums
from router.policy.shares.share_book import ALL_ELIGIBLE, LEAD, Book, is_credit

_ALL_USUAL: Final[Mapping[str, Bound]] = {}


class ShareReport(Struct, frozen=True):
    """The report on one rep in one team. `value` is in points of score, `received` counts leads.

    `fair_share`, `before`, `difference` and `bound` are in `unit`. `difference` is the lead (+) or the
    arrears (-) of the rep since the book began: the difference `before` these decisions, plus the amount
    received, minus `fair_share`. Credits granted by a person are part of `before`.
    """

    team: str
    rep: str
    unit: Unit
    received: int
    fair_share: float
    before: float
    difference: float
    bound: float | None
    """None: no limit is promised, see `bounds_of`."""
    returned: float
    """The part of the bound for leads that came back to the team's shares and are not evened out yet."""
    longest_wait: int
    """The largest number of leads in a row for which the rep was eligible and another rep was chosen."""
    value: int
    days_away: int

    @property
    def beyond(self) -> bool:
        """Whether the rep deviates further from the fair share than the bound allows."""
        return self.bound is not None and abs(self.difference) > self.bound


Episode = tuple[str, str, int]
"""A mode, a contact id and the number of a decision about it."""


def gave_back(decisions: Iterable[Decision], *, ended: Collection[str]) -> frozenset[Episode]:
    """The episodes whose cost these decisions refunded; `ended` are ids of decisions that an event refunded.

    A rep who releases a lead, or who loses it without a chance to work it, gets a refund of its cost: the
    decision that gave the lead to the rep no longer counts. A revision replaces the decision before.
    """
    return frozenset(
        (one.mode, one.contact_id, one.episode - 1) for one in decisions if _gives_back(one, ended=ended)
    )


def _gives_back(decision: Decision, *, ended: Collection[str]) -> bool:
    match decision.inputs.trigger if decision.inputs else None:
        case Revised():
            return True
        case Released(paid=paid) | Reassigned(paid=paid) if paid:
            # A reassignment that was refunded itself has given nothing back.
            return not (decision.id in ended and isinstance(decision.outcome, Assigned))
    return False


def paid_on(decisions: Iterable[Decision]) -> frozenset[Episode]:
    """The episodes whose revision left every credit as it was: the lead stayed, and nothing came back."""
    return frozenset(
        (one.mode, one.contact_id, one.episode - 1)
        for one in decisions
        if one.inputs is not None
        and isinstance(one.inputs.trigger, Revised)
        and not any(map(is_credit, one.book_changes))
    )


def counts(decision: Decision, *, ended: Collection[str], given_back: Collection[Episode]) -> bool:
    """Whether the decision's cost was not refunded."""
    episode = (decision.mode, decision.contact_id, decision.episode)
    return decision.id not in ended and episode not in given_back


def standings(
    sums: ShareSums, *, roster: Roster, book: Book, bounds: Mapping[str, Bound] = _ALL_USUAL
) -> tuple[ShareReport, ...]:
    """The share report of each rep in each team that gave a lead; teams and reps in file order.

    `book` is the share book after these decisions. `bounds` are those of the current teams, see `bounds_of`.
    Decisions from a time when a team used another unit are left out.
    """
    days_away = sums.days_away(roster.timezone)
    teams = {
        team: counted for (team, unit), counted in sums.teams.items() if unit == bounds.get(team, USUAL).unit
    }
    returned = {team: book.returned(team, bounds.get(team, USUAL).unit) for team in teams}
    return tuple(
        _share_report(
            teams[team],
            team,
            rep,
            book=book,
            bound=bounds.get(team, USUAL),
            returned=returned[team],
            refunded=team in sums.refunded,
            days_away=days_away.get(rep, 0),
        )
        for team in sorted(teams, key=_place_in(tuple(roster.teams)))
        for rep in _members(team, teams[team], roster)
    )


_DUST: Final = Fraction(1, 1000)
"""More than rounding to billionths can add up to, in leads or points: a larger `before` was granted."""


def _share_report(
    counted: TeamSums,
    team: str,
    rep: str,
    *,
    book: Book,
    bound: Bound,
    returned: int,
    refunded: bool,
    days_away: int,
) -> ShareReport:
    fair_share = counted.fair_share(rep)
    always_all = counted.from_the_start and counted.always_these and not counted.anybody_away
    difference = Fraction(-book.credit(team, rep, bound.unit), LEAD)
    before = difference - counted.lead_value.get(rep, 0) + fair_share
    if bound.most is not None and always_all and not refunded and abs(before) < _DUST:
        bound = replace(bound, most=ALL_ELIGIBLE, waiting=0)
    return ShareReport(
        team=team,
        rep=rep,
        unit=bound.unit,
        received=counted.received.get(rep, 0),
        fair_share=float(fair_share),
        before=float(before),
        difference=float(difference),
        bound=bound.widened(book, team, by=returned),
        returned=returned / LEAD,
        longest_wait=counted.runs[rep].longest if rep in counted.runs else 0,
        value=counted.value.get(rep, 0),
        days_away=days_away,
    )


def _members(team: str, counted: TeamSums, roster: Roster) -> Sequence[str]:
    """The team's reps in file order, then the reps who have left the team since, by name."""
    present = roster.teams[team].reps if team in roster.teams else ()
    return (*present, *sorted(set(counted.runs) - set(present)))


def _place_in(names: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (names.index(name) if name in names else len(names), name)
