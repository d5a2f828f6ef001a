"""What decisions add to the fairness report, for all teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from router.policy.decision.decision import Assigned, Decision
from router.policy.people.roster import Unit
from router.policy.reports.sums.team_sums import TeamSums, team_sums_of
from router.policy.wording.reasons import says_away

QUARTER: Final = timedelta(minutes=15)
QUARTERS: Final = 96
"""Quarters of an hour of a day. Midnight of every time zone falls between two of them."""


@dataclass(slots=True)
class ShareSums:
    """The sums of decisions, in order; those that do not count are only `refunded`."""

    teams: dict[tuple[str, Unit], TeamSums] = field(default_factory=dict)
    refunded: set[str] = field(default_factory=set)
    """The teams of which some lead does not count, because its cost was refunded."""
    away: dict[str, dict[date, int]] = field(default_factory=dict)
    """By rep and UTC day, a bit for each quarter of an hour with a lead for which the rep was away."""

    def count(self, decision: Decision) -> None:
        """Add the next decision that counts."""
        for passed in decision.passed_over:
            if says_away(passed.reason):
                at = decision.decided_at.astimezone(UTC)
                quarters = self.away.setdefault(passed.rep, {})
                quarters[at.date()] = quarters.get(at.date(), 0) | 1 << (at.hour * 4 + at.minute // 15)
        team = team_served(decision)
        if team is not None:
            self.teams.setdefault((team, decision.lead_value.unit), TeamSums()).count(decision)

    def leave_out(self, decision: Decision) -> None:
        """Note a decision that does not count."""
        team = team_served(decision)
        if team is not None:
            self.refunded.add(team)

    def add(self, later: ShareSums) -> None:
        """Add the sums of the decisions that came next."""
        for place, sums in later.teams.items():
            self.teams.setdefault(place, TeamSums()).add(sums)
        self.refunded |= later.refunded
        for rep, quarters in later.away.items():
            mine = self.away.setdefault(rep, {})
            for day, bits in quarters.items():
                mine[day] = mine.get(day, 0) | bits

    def days_away(self, timezone: ZoneInfo) -> dict[str, int]:
        """By rep, the number of local days on which a lead found the rep away."""
        split: dict[date, Mapping[date, int]] = {}
        found: dict[str, set[date]] = {}
        for rep, quarters in self.away.items():
            days = found.setdefault(rep, set())
            for day, bits in quarters.items():
                if day not in split:
                    split[day] = _local_days(day, timezone)
                days.update(local for local, those in split[day].items() if bits & those)
        return {rep: len(days) for rep, days in found.items()}

    def as_record(self) -> dict[str, Any]:
        """The sums as JSON-ready values."""
        return {
            "teams": [[team, unit, sums.as_record()] for (team, unit), sums in self.teams.items()],
            "refunded": sorted(self.refunded),
            "away": {
                rep: {day.isoformat(): f"{bits:x}" for day, bits in quarters.items()}
                for rep, quarters in self.away.items()
            },
        }


def share_sums_of(record: Mapping[str, Any]) -> ShareSums:
    """The sums that `as_record` wrote."""
    return ShareSums(
        teams={(team, unit): team_sums_of(sums) for team, unit, sums in record["teams"]},
        refunded=set(record["refunded"]),
        away={
            rep: {date.fromisoformat(day): int(bits, 16) for day, bits in quarters.items()}
            for rep, quarters in record["away"].items()
        },
    )


def sums_of(decisions: Iterable[Decision]) -> ShareSums:
    """The sums of decisions that all count, oldest first."""
    sums = ShareSums()
    for decision in decisions:
        sums.count(decision)
    return sums


def team_served(decision: Decision) -> str | None:
    """The team whose shares gave this lead, or None for a lead given in any other way."""
    outcome = decision.outcome
    return outcome.team if isinstance(outcome, Assigned) and decision.shares else None


def _local_days(day: date, timezone: ZoneInfo) -> Mapping[date, int]:
    """The local days that a UTC day has a part of, each with the bits of its quarters."""
    midnight = datetime.combine(day, time(), UTC)
    found: dict[date, int] = {}
    for quarter in range(QUARTERS):
        local = (midnight + quarter * QUARTER).astimezone(timezone).date()
        found[local] = found.get(local, 0) | 1 << quarter
    return found
