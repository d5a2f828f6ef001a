"""The fairness report as it was computed before there were sums, from every decision: the oracle of tests.

The fair share is the carpool share (Fagin & Williams, IBM J. Res. Dev. 27(2), 1983, p. 133): of every lead
that a team's fair share gave, an eligible rep's part is the rep's weight divided by the sum of eligible
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.trigger import Reassigned, Released, Revised
from router.policy.people.roster import Roster, Unit
from router.policy.reports.bounds import USUAL, Bound
from router.policy.reports.fairness import ShareReport
from router.policy.reports.sums.curves import Point
from router.policy.reports.sums.missed_sums import Missed
from router.policy.shares.share_book import ALL_ELIGIBLE, LEAD, Book, credit_field
from router.policy.wording.reasons import lasting, says_away

_ALL_USUAL: Final[Mapping[str, Bound]] = {}


def that_count(decisions: Iterable[Decision], *, ended: Collection[str]) -> tuple[Decision, ...]:
    """The decisions whose cost was not refunded; `ended` are the ids of decisions that an event refunded.

    A rep who releases a lead, or who loses it without a chance to work it, gets a refund of its cost: the
    decision that gave the lead to the rep no longer counts. Of a lead that was revised the last one counts.
    """
    known = tuple(decisions)
    released = {
        (one.contact_id, one.episode - 1)
        for one in known
        if one.inputs is not None and isinstance(one.inputs.trigger, Revised)
    } | {
        (one.contact_id, one.episode - 1)
        for one in known
        if one.inputs is not None
        and isinstance(one.inputs.trigger, Released | Reassigned)
        and one.inputs.trigger.paid
        # A reassignment that was refunded itself has given nothing back.
        and not (one.id in ended and isinstance(one.outcome, Assigned))
    }
    return tuple(
        one for one in known if one.id not in ended and (one.contact_id, one.episode) not in released
    )


def teams_refunded(
    decisions: Iterable[Decision], counted: Iterable[Decision], *, ended: Collection[str]
) -> frozenset[str]:
    """The teams of which some decision does not count, because it was refunded."""
    known = tuple(decisions)
    still = {one.id for one in counted}
    # A revision that left every credit as it was has brought nothing back.
    still |= {
        before.id
        for one in known
        for before in known
        if (before.mode, before.contact_id, before.episode) == (one.mode, one.contact_id, one.episode - 1)
        and one.inputs is not None
        and isinstance(one.inputs.trigger, Revised)
        and before.id not in ended
        and not any(name.startswith(("credit:", "points:")) for name in one.book_changes)
    }
    teams = (team_served(one) for one in known if one.id not in still)
    return frozenset(team for team in teams if team is not None)


def standings(
    decisions: Iterable[Decision],
    *,
    roster: Roster,
    book: Book,
    bounds: Mapping[str, Bound] = _ALL_USUAL,
    refunded: Collection[str] = (),
) -> tuple[ShareReport, ...]:
    """The share report of each rep in each team that gave a lead; teams and reps in file order.

    `decisions` come oldest first; `book` is the share book after them. `bounds` are those of the current
    teams, see `bounds_of`; `refunded` are the teams that had leads which do not count. Decisions from a time
    when a team used another unit are left out.
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
        _share_report(
            teams[team],
            team,
            rep,
            book=book,
            bound=bounds.get(team, USUAL),
            refunded=team in refunded,
            days_away=len(days_away.get(rep, ())),
        )
        for team in sorted(teams, key=_place_in(tuple(roster.teams)))
        for rep in _members(team, teams[team], roster)
    )


def missed(
    decisions: Iterable[Decision], rep: str, *, weights: Mapping[str, int], timezone: ZoneInfo
) -> tuple[Missed, ...]:
    """The leads that a rep missed, by reason, oldest first.

    Equal reasons on consecutive days are one line, weekends ignored. `weights` are the rep's weights by
    team (thousandths); a missing one counts as 0. Days are local days of `timezone`.
    """
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
    """Each rep's difference in the team over time: one point for each lead with a share of the rep."""
    lines: dict[str, list[Point]] = {}
    for decision in decisions:
        if team_served(decision) == team and decision.lead_value.unit == unit:
            for share in (*decision.shares, *decision.away):
                field = credit_field(team, share.rep, unit)
                # The shares of a revision are in a book in which the decision before it never was.
                credit = share.credit + decision.book_changes.get(field, 0) + _refunded(decision, field)
                lines.setdefault(share.rep, []).append(Point(decision.decided_at, -credit / LEAD))
    return lines


def _refunded(decision: Decision, field: str) -> int:
    trigger = decision.inputs.trigger if decision.inputs else None
    return trigger.paid.get(field, 0) if isinstance(trigger, Revised) else 0


def team_served(decision: Decision) -> str | None:
    """The team whose shares gave this lead, or None for a lead given in any other way."""
    outcome = decision.outcome
    return outcome.team if isinstance(outcome, Assigned) and decision.shares else None


_WEEKEND_DAYS: Final = 3
_DUST: Final = Fraction(1, 1000)
"""More than rounding to billionths can add up to, in leads or points: a larger `before` was granted."""


def _team_of(decision: Decision) -> str | None:
    outcome = decision.outcome
    return outcome.team if isinstance(outcome, Assigned | Queued) else None


@dataclass(slots=True)
class _Team:
    """The running totals of a team while its decisions are counted."""

    received: dict[str, int] = field(default_factory=dict)
    lead_value: dict[str, int] = field(default_factory=dict)
    """The amount received by rep, in the team's unit."""
    value: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    """(weight, sum of weights) → by rep, the amount (team's unit) of which the rep had that part."""
    waits: dict[str, int] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    eligible: set[frozenset[tuple[str, int]]] = field(default_factory=set)
    anybody_away: bool = False
    from_the_start: bool = False
    """Whether all credits were 0 before the first of these leads."""

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


def _share_report(
    counted: _Team, team: str, rep: str, *, book: Book, bound: Bound, refunded: bool, days_away: int
) -> ShareReport:
    fair_share = counted.fair_share(rep)
    always_all = counted.from_the_start and len(counted.eligible) == 1 and not counted.anybody_away
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
        bound=bound.given(book, team),
        returned=book.returned(team, bound.unit) / LEAD,
        longest_wait=counted.longest.get(rep, 0),
        value=counted.value.get(rep, 0),
        days_away=days_away,
    )


def _members(team: str, counted: _Team, roster: Roster) -> Sequence[str]:
    """The team's reps in file order, then the reps who have left the team since, by name."""
    present = roster.teams[team].reps if team in roster.teams else ()
    return (*present, *sorted(set(counted.longest) - set(present)))


def _place_in(names: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (names.index(name) if name in names else len(names), name)
