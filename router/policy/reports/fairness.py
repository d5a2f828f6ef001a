"""What every rep received, what their fair share was, and how far apart the two are.

The fair share is the carpool share (Fagin & Williams, IBM J. Res. Dev. 27(2), 1983, p. 133): of every lead
that a team's fair share gave, each eligible rep's part is their weight by the sum of eligible weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.trigger import Reassigned, Released
from router.policy.people.roster import Roster, Unit
from router.policy.reports.bounds import USUAL, Bound
from router.policy.shares.share_book import ALL_ELIGIBLE, LEAD, Book, credit_field
from router.policy.wording.reasons import lasting, says_away

_ALL_USUAL: Final[Mapping[str, Bound]] = {}


@dataclass(frozen=True, slots=True)
class ShareReport:
    """One rep in one team. Shares, differences and the bound are in `unit`; `value` is in points of score.

    `difference` is how far the rep is ahead (+) or behind (-) since the book began: what they had
    `before`, plus what they received, less `fair_share`; credits that a person granted are in `before` too.
    `received` counts leads.
    """

    team: str
    rep: str
    unit: Unit
    received: int
    fair_share: float
    before: float
    difference: float
    bound: int | None
    """None: the team shares by load, and promises nobody a part."""
    longest_wait: int
    """The most leads in a row that the rep could have had and did not get."""
    value: int
    days_away: int

    @property
    def beyond(self) -> bool:
        """Whether the rep is further from their fair share than the bound allows."""
        return self.bound is not None and abs(self.difference) > self.bound


@dataclass(frozen=True, slots=True)
class Missed:
    """Leads that passed a rep by for one reason, from the first to the last local day.

    `parts` is how many of them would have been theirs by weight.
    """

    first: date
    last: date
    team: str
    reason: str
    leads: int
    parts: float


@dataclass(frozen=True, slots=True)
class Point:
    """How far (in the team's unit) a rep was ahead (+) or behind (-) once that moment's lead was given."""

    at: datetime
    difference: float


def that_count(decisions: Iterable[Decision], *, ended: Collection[str]) -> tuple[Decision, ...]:
    """The decisions whose share is still paid; `ended` are the ids of those that an event gave back.

    A rep who releases a lead, or from whom one is taken that was never theirs to work, gets back what it
    cost: the decision that gave it to them counts no more.
    """
    known = tuple(decisions)
    released = {
        (one.contact_id, one.episode - 1)
        for one in known
        if one.inputs is not None
        and isinstance(one.inputs.trigger, Released | Reassigned)
        and one.inputs.trigger.paid
    }
    return tuple(
        one for one in known if one.id not in ended and (one.contact_id, one.episode) not in released
    )


def standings(
    decisions: Iterable[Decision], *, roster: Roster, book: Book, bounds: Mapping[str, Bound] = _ALL_USUAL
) -> tuple[ShareReport, ...]:
    """Everybody's standing in each team that gave a lead; teams and reps in file order.

    `book` is the book of shares as it is now, after these decisions, which come first to last. `bounds`
    are those of the teams of today; see `bounds_of`. Decisions from a time when a team counted in another
    unit are left out.
    """
    teams: dict[str, _Team] = {}
    days_away: dict[str, set[date]] = {}
    for decision in decisions:
        for passed in decision.passed_over:
            if says_away(passed.reason):
                day = decision.decided_at.astimezone(roster.timezone).date()
                days_away.setdefault(passed.rep, set()).add(day)
        team = team_served(decision)
        if team is not None and decision.lead_value.unit == bounds.get(team, USUAL).unit:
            teams.setdefault(team, _Team()).count(decision)
    return tuple(
        _standing(
            teams[team],
            team,
            rep,
            book=book,
            bound=bounds.get(team, USUAL),
            days_away=len(days_away.get(rep, ())),
        )
        for team in sorted(teams, key=_place_in(tuple(roster.teams)))
        for rep in _members(team, teams[team], roster)
    )


def missed(
    decisions: Iterable[Decision], rep: str, *, weights: Mapping[str, int], timezone: ZoneInfo
) -> tuple[Missed, ...]:
    """Why a rep was not eligible, first to last; equal reasons of days that follow each other, weekends
    apart, are one line. `weights` are the rep's by team (thousandths); none: nothing would be theirs."""
    lines: list[Missed] = []
    latest: dict[tuple[str, str], int] = {}
    for decision in decisions:
        reported = next((passed.reason for passed in decision.passed_over if passed.rep == rep), None)
        team = _team_of(decision)
        if reported is None or team is None:
            continue
        reason = lasting(reported)
        day = decision.decided_at.astimezone(timezone).date()
        eligible, weight = sum(share.weight for share in decision.shares), weights.get(team, 0)
        part = weight / (eligible + weight) if eligible else float(weight > 0)
        place = latest.get((team, reason))
        if place is not None and (day - lines[place].last).days <= _WEEKEND_DAYS:
            line = lines[place]
            lines[place] = Missed(line.first, day, team, reason, line.leads + 1, line.parts + part)
        else:
            latest[team, reason] = len(lines)
            lines.append(Missed(day, day, team, reason, 1, part))
    return tuple(lines)


def differences(
    decisions: Iterable[Decision], *, team: str, unit: Unit = "leads"
) -> Mapping[str, Sequence[Point]]:
    """How every rep's difference in the team went over time, a point for each lead they were eligible for."""
    lines: dict[str, list[Point]] = {}
    for decision in decisions:
        if team_served(decision) == team and decision.lead_value.unit == unit:
            for share in (*decision.shares, *decision.away):
                credit = share.credit + decision.book_changes.get(credit_field(team, share.rep, unit), 0)
                lines.setdefault(share.rep, []).append(Point(decision.decided_at, -credit / LEAD))
    return lines


def team_served(decision: Decision) -> str | None:
    """The team whose fair share gave this lead, or None if it went another way."""
    outcome = decision.outcome
    return outcome.team if isinstance(outcome, Assigned) and decision.shares else None


_WEEKEND_DAYS: Final = 3
_DUST: Final = Fraction(1, 1000)
"""Leads, or points, that rounding to billionths never adds up to; whoever had more before was granted it."""


def _team_of(decision: Decision) -> str | None:
    outcome = decision.outcome
    return outcome.team if isinstance(outcome, Assigned | Queued) else None


@dataclass(slots=True)
class _Team:
    """What a team's leads add up to while they are counted."""

    received: dict[str, int] = field(default_factory=dict)
    lead_value: dict[str, int] = field(default_factory=dict)
    """What they received, in the team's unit."""
    value: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    """Weight and sum of weights → of how much (in the team's unit) each rep had that part."""
    waits: dict[str, int] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    eligible: set[frozenset[tuple[str, int]]] = field(default_factory=set)
    anybody_away: bool = False
    from_the_start: bool = False
    """Whether nobody was owed anything before the first of these leads."""

    def count(self, decision: Decision) -> None:
        outcome = decision.outcome
        winner = outcome.rep if isinstance(outcome, Assigned) and outcome.rep is not None else ""
        if not self.eligible:
            self.from_the_start = all(share.credit == 0 for share in decision.shares)
        self.received[winner] = self.received.get(winner, 0) + 1
        lead_value = decision.lead_value.value
        self.lead_value[winner] = self.lead_value.get(winner, 0) + lead_value
        self.value[winner] = self.value.get(winner, 0) + decision.score
        earned = (*decision.shares, *decision.earned_away)
        self.eligible.add(frozenset((share.rep, share.weight) for share in (*earned, *decision.away)))
        self.anybody_away |= bool(decision.away)
        total = sum(share.weight for share in earned)
        for share in earned:
            of_all = self.parts.setdefault((share.weight, total), {})
            of_all[share.rep] = of_all.get(share.rep, 0) + lead_value
        for share in decision.shares:
            self.waits[share.rep] = 0 if share.rep == winner else self.waits.get(share.rep, 0) + 1
            self.longest[share.rep] = max(self.longest.get(share.rep, 0), self.waits[share.rep])

    def fair_share(self, rep: str) -> Fraction:
        parts = (Fraction(of_all.get(rep, 0) * part[0], part[1]) for part, of_all in self.parts.items())
        return sum(parts, start=Fraction(0))


def _standing(
    counted: _Team, team: str, rep: str, *, book: Book, bound: Bound, days_away: int
) -> ShareReport:
    fair_share = counted.fair_share(rep)
    always_all = counted.from_the_start and len(counted.eligible) == 1 and not counted.anybody_away
    difference = Fraction(-book.credit(team, rep, bound.unit), LEAD)
    before = difference - counted.lead_value.get(rep, 0) + fair_share
    if bound.most is not None and always_all and abs(before) < _DUST:
        bound = replace(bound, most=ALL_ELIGIBLE, waiting=0)
    return ShareReport(
        team=team,
        rep=rep,
        unit=bound.unit,
        received=counted.received.get(rep, 0),
        fair_share=float(fair_share),
        before=float(before),
        difference=float(difference),
        bound=bound.given(book.largest(team) if bound.unit == "points" else 1),
        longest_wait=counted.longest.get(rep, 0),
        value=counted.value.get(rep, 0),
        days_away=days_away,
    )


def _members(team: str, counted: _Team, roster: Roster) -> Sequence[str]:
    """The team's reps in file order, then those who have left it since."""
    present = roster.teams[team].reps if team in roster.teams else ()
    return (*present, *sorted(set(counted.longest) - set(present)))


def _place_in(names: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (names.index(name) if name in names else len(names), name)
