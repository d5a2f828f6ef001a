"""The leads for which reps were passed over, by UTC day, team and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.wording.reasons import lasting

_WEEKEND_DAYS: Final = 3


class Missed(Struct, frozen=True):
    """Leads for which a rep was passed over for one reason, from the first to the last local day.

    `parts` is the rep's part of these leads by weight, in leads.
    """

    first: date
    last: date
    team: str
    reason: str
    leads: int
    parts: float


@dataclass(slots=True)
class _Line:
    """One rep's leads of one UTC day; moments are epoch seconds. `eligible`: sum of weights → leads."""

    first_s: int
    last_s: int
    eligible: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class MissedSums:
    """By UTC day and rep, the leads missed by team and reason, each in the order of its first lead."""

    days: dict[str, dict[str, dict[tuple[str, str], _Line]]] = field(default_factory=dict)

    def count(self, decision: Decision) -> None:
        """Add the next decision that counts."""
        outcome = decision.outcome
        team = outcome.team if isinstance(outcome, Assigned | Queued) else None
        if team is None or not decision.passed_over:
            return
        at = decision.decided_at.astimezone(UTC)
        at_s, eligible = int(at.timestamp() // 1), sum(share.weight for share in decision.shares)
        reps = self.days.setdefault(at.date().isoformat(), {})
        seen: set[str] = set()
        for passed in decision.passed_over:
            if passed.rep not in seen:
                seen.add(passed.rep)
                lines = reps.setdefault(passed.rep, {})
                line = lines.setdefault((team, lasting(passed.reason)), _Line(at_s, at_s))
                line.last_s = at_s
                line.eligible[eligible] = line.eligible.get(eligible, 0) + 1

    def as_record(self) -> dict[str, Any]:
        """The sums as JSON-ready values."""
        return {
            day: {
                rep: [
                    [team, reason, line.first_s, line.last_s, [*line.eligible.items()]]
                    for (team, reason), line in lines.items()
                ]
                for rep, lines in reps.items()
            }
            for day, reps in self.days.items()
        }

    def add_record(self, record: Mapping[str, Any], *, rep: str) -> None:
        """Add one rep's sums of the days that came next, as `as_record` wrote them."""
        for day, reps in record.items():
            for team, reason, first_s, last_s, eligible in reps.get(rep, ()):
                lines = self.days.setdefault(day, {}).setdefault(rep, {})
                lines[team, reason] = _Line(first_s, last_s, dict(eligible))

    def add(self, later: MissedSums) -> None:
        """Add the sums of the decisions that came next; a day may have begun here."""
        for day, reps in later.days.items():
            for rep, lines in reps.items():
                mine = self.days.setdefault(day, {}).setdefault(rep, {})
                for place, line in lines.items():
                    before = mine.setdefault(place, _Line(line.first_s, line.last_s))
                    before.last_s = line.last_s
                    for total, leads in line.eligible.items():
                        before.eligible[total] = before.eligible.get(total, 0) + leads

    def lines(self, rep: str, *, weights: Mapping[str, int], timezone: ZoneInfo) -> tuple[Missed, ...]:
        """The leads that a rep missed, by reason, oldest first.

        Equal reasons on consecutive local days of `timezone` are one line, weekends ignored. `weights` are
        the rep's weights by team (thousandths); a missing one counts as 0.
        """
        found: list[tuple[date, date, str, str, int, Fraction]] = []
        latest: dict[tuple[str, str], int] = {}
        for reps in self.days.values():
            for (team, reason), line in reps.get(rep, {}).items():
                first, last = (_local_day(at_s, timezone) for at_s in (line.first_s, line.last_s))
                leads, parts = sum(line.eligible.values()), _parts(line, weights.get(team, 0))
                place = latest.get((team, reason))
                if place is not None and (first - found[place][1]).days <= _WEEKEND_DAYS:
                    began, _, _, _, before, parts_before = found[place]
                    found[place] = (began, last, team, reason, before + leads, parts_before + parts)
                else:
                    latest[team, reason] = len(found)
                    found.append((first, last, team, reason, leads, parts))
        return tuple(
            Missed(first, last, team, reason, leads, float(parts))
            for first, last, team, reason, leads, parts in found
        )


def missed_sums_of(decisions: Iterable[Decision]) -> MissedSums:
    """The sums of decisions that all count, oldest first."""
    sums = MissedSums()
    for decision in decisions:
        sums.count(decision)
    return sums


def _parts(line: _Line, weight: int) -> Fraction:
    return sum(
        (
            leads * (Fraction(weight, total + weight) if total else Fraction(int(weight > 0)))
            for total, leads in line.eligible.items()
        ),
        start=Fraction(0),
    )


def _local_day(at_s: int, timezone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_s, timezone).date()
