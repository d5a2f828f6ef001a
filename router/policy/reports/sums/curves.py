"""Each rep's difference from the fair share over time, whole or with four points a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from msgspec import Struct

from router.policy.decision.decision import Decision
from router.policy.people.roster import Unit
from router.policy.reports.sums.share_sums import team_served
from router.policy.shares.share_book import LEAD, credit_field

_Moment = tuple[str, int]
"""A moment (ISO, UTC) and the rep's credit then, in billionths."""


class Point(Struct, frozen=True):
    """A rep's difference from the fair share (team's unit, + is ahead) after the lead given at `at`."""

    at: datetime
    difference: float


@dataclass(slots=True)
class Curves:
    """Each rep's credit by team and unit: one point for each lead with a share of the rep."""

    lines: dict[tuple[str, Unit], dict[str, list[_Moment]]] = field(default_factory=dict)

    def count(self, decision: Decision) -> None:
        """Add the next decision that counts."""
        team, unit = team_served(decision), decision.lead_value.unit
        if team is None:
            return
        paid = decision.paid
        lines, at = self.lines.setdefault((team, unit), {}), decision.decided_at.astimezone(UTC).isoformat()
        for share in (*decision.shares, *decision.away):
            credit = share.credit + paid.get(credit_field(team, share.rep, unit), 0)
            lines.setdefault(share.rep, []).append((at, credit))

    def add(self, later: Curves) -> None:
        """Add the points that came next."""
        for place, lines in later.lines.items():
            mine = self.lines.setdefault(place, {})
            for rep, points in lines.items():
                mine.setdefault(rep, []).extend(points)

    def thinned(self) -> Curves:
        """Of each UTC day only the first, the lowest, the highest and the last point of each rep."""
        return Curves(
            {
                place: {rep: _thinned(points) for rep, points in lines.items()}
                for place, lines in self.lines.items()
            }
        )

    def of(self, *, team: str, unit: Unit = "leads") -> Mapping[str, Sequence[Point]]:
        """Each rep's difference in the team over time."""
        return {
            rep: [Point(datetime.fromisoformat(at), -credit / LEAD) for at, credit in points]
            for rep, points in self.lines.get((team, unit), {}).items()
        }

    def as_record(self) -> list[Any]:
        """The points as JSON-ready values."""
        return [[team, unit, lines] for (team, unit), lines in self.lines.items()]


def curves_of_record(record: Sequence[Any]) -> Curves:
    """The points that `as_record` wrote."""
    return Curves({(team, unit): lines for team, unit, lines in record})


def curves_of(decisions: Iterable[Decision]) -> Curves:
    """The points of decisions that all count, oldest first."""
    curves = Curves()
    for decision in decisions:
        curves.count(decision)
    return curves


def _thinned(points: Sequence[_Moment]) -> list[_Moment]:
    by_day: dict[str, list[int]] = {}
    for place, (at, _) in enumerate(points):
        by_day.setdefault(at[:10], []).append(place)
    kept: set[int] = set()
    for places in by_day.values():
        of_day = [(points[place][1], place) for place in places]
        kept |= {places[0], places[-1], min(of_day)[1], max(of_day, key=itemgetter(0))[1]}
    return [points[place] for place in sorted(kept)]
