"""What the leads of one team add to the fairness report, in one unit of shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from router.policy.decision.decision import Assigned, Decision

EligibleSet = frozenset[tuple[str, int]]


@dataclass(slots=True)
class Run:
    """Leads in a row that a rep could have had and did not get, over some leads in order."""

    first: int = 0
    """Before the first lead that the rep got; all of them without one."""
    longest: int = 0
    last: int = 0
    """Since the last lead that the rep got; all of them without one."""
    got_one: bool = False

    def count(self, *, got_it: bool) -> None:
        """One more lead for which the rep was eligible."""
        if got_it:
            self.last, self.got_one = 0, True
            return
        self.last += 1
        self.longest = max(self.longest, self.last)
        if not self.got_one:
            self.first += 1

    def add(self, later: Run) -> None:
        """Add the run over the leads that came next."""
        self.longest = max(self.longest, later.longest, self.last + later.first)
        if not self.got_one:
            self.first += later.first
        self.last = later.last if later.got_one else self.last + later.last
        self.got_one |= later.got_one


@dataclass(slots=True)
class TeamSums:
    """The sums of leads that a team's shares gave, in order."""

    received: dict[str, int] = field(default_factory=dict)
    lead_value: dict[str, int] = field(default_factory=dict)
    """The amount received by rep, in the team's unit."""
    value: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    """(weight, sum of weights) → by rep, the amount (team's unit) of which the rep had that part."""
    runs: dict[str, Run] = field(default_factory=dict)
    eligible: EligibleSet | None = None
    """The reps with their weights of the first lead; None before it."""
    always_these: bool = True
    """Whether all leads had the same eligible reps with the same weights."""
    anybody_away: bool = False
    from_the_start: bool = False
    """Whether all credits were 0 before the first of these leads."""

    def count(self, decision: Decision) -> None:
        """Add the next lead."""
        outcome = decision.outcome
        winner = outcome.rep if isinstance(outcome, Assigned) and outcome.rep is not None else ""
        lead_value, shares = decision.lead_value.value, decision.shares
        _increase(self.received, winner, 1)
        _increase(self.lead_value, winner, lead_value)
        _increase(self.value, winner, decision.score)
        earned = (*shares, *decision.earned_away) if decision.away else shares
        these = frozenset((share.rep, share.weight) for share in (*earned, *decision.away))
        if self.eligible is None:
            self.eligible = these
            self.from_the_start = all(share.credit == 0 for share in shares)
        self.always_these &= these == self.eligible
        self.anybody_away |= bool(decision.away)
        total = sum(share.weight for share in earned)
        for share in earned:
            _increase(self.parts.setdefault((share.weight, total), {}), share.rep, lead_value)
        for share in shares:
            self.runs.setdefault(share.rep, Run()).count(got_it=share.rep == winner)

    def add(self, later: TeamSums) -> None:
        """Add the sums of the leads that came next."""
        if later.eligible is None:
            return
        for mine, others in (
            (self.received, later.received),
            (self.lead_value, later.lead_value),
            (self.value, later.value),
        ):
            for rep, amount in others.items():
                _increase(mine, rep, amount)
        for part, amounts in later.parts.items():
            mine = self.parts.setdefault(part, {})
            for rep, amount in amounts.items():
                _increase(mine, rep, amount)
        for rep, run in later.runs.items():
            self.runs.setdefault(rep, Run()).add(run)
        if self.eligible is None:
            self.eligible, self.from_the_start = later.eligible, later.from_the_start
        self.always_these &= later.always_these and self.eligible == later.eligible
        self.anybody_away |= later.anybody_away

    def fair_share(self, rep: str) -> Fraction:
        """The rep's fair share of these leads, in the team's unit."""
        by_total: dict[int, int] = {}
        for (weight, total), of_all in self.parts.items():
            if rep in of_all:
                by_total[total] = by_total.get(total, 0) + weight * of_all[rep]
        return sum((Fraction(part, total) for total, part in by_total.items()), start=Fraction(0))

    def as_record(self) -> dict[str, Any]:
        """The sums as JSON-ready values."""
        return {
            "received": self.received,
            "lead_value": self.lead_value,
            "value": self.value,
            "parts": [[*part, of_all] for part, of_all in self.parts.items()],
            "runs": {rep: [run.first, run.longest, run.last, run.got_one] for rep, run in self.runs.items()},
            "eligible": sorted(self.eligible or ()),
            "flags": [self.always_these, self.anybody_away, self.from_the_start],
        }


def team_sums_of(record: Mapping[str, Any]) -> TeamSums:
    """The sums that `as_record` wrote."""
    always_these, anybody_away, from_the_start = record["flags"]
    return TeamSums(
        received=record["received"],
        lead_value=record["lead_value"],
        value=record["value"],
        parts={(weight, total): of_all for weight, total, of_all in record["parts"]},
        runs={rep: Run(*run) for rep, run in record["runs"].items()},
        eligible=frozenset((rep, weight) for rep, weight in record["eligible"]),
        always_these=always_these,
        anybody_away=anybody_away,
        from_the_start=from_the_start,
    )


def _increase(amounts: dict[str, int], name: str, amount: int) -> None:
    amounts[name] = amounts.get(name, 0) + amount
