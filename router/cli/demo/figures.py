"""The figures of the demo: shares, counts, times and calls, as plain numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from router.plain import as_plain
from router.policy.decision.decision import Assigned, Decision

BUCKET: Final = 25
"""Points per bucket of the scores."""
PERCENTILES: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}


class RepShare(Struct, frozen=True):
    """A rep's leads from a team's rotation, and the rep's fair share of them, in leads."""

    team: str
    rep: str
    weight: float
    leads: int
    fair: float

    @property
    def credit(self) -> float:
        """Leads that the rep is owed; negative is ahead of the fair share."""
        return self.fair - self.leads


class Figures(Struct, frozen=True):
    """All figures. `latency_s` is from the sending of the webhook to the owner on the record."""

    shares: tuple[RepShare, ...]
    named: Mapping[str, int]
    """Leads given to a rep outside of a team's rotation, by rep."""
    counts: Mapping[str, Mapping[str, int]]
    """Number of decisions by outcome, segment, grade, and score bucket."""
    latency_s: Mapping[str, float]
    calls: Mapping[str, int]
    """HubSpot calls by endpoint."""
    leads: int

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return as_plain(self)


def figures(
    decisions: Sequence[Decision], contacts: Iterable[Mapping[str, Any]], calls: Mapping[str, Any]
) -> Figures:
    """The figures of these decisions, of the portal's contacts, and of the calls it counted."""
    made: Mapping[str, Mapping[str, int]] = calls["endpoints"]
    return Figures(
        shares=tuple(_shares(decisions)),
        named=_named(decisions),
        counts=_counts(decisions),
        latency_s=_latency_s(contacts),
        calls={endpoint: sum(outcomes.values()) for endpoint, outcomes in made.items()},
        leads=len(decisions),
    )


def _shares(decisions: Iterable[Decision]) -> list[RepShare]:
    """Each lead of a team is owed to its eligible reps by weight; one of them got all of it."""
    fair: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    weights: dict[tuple[str, str], int] = {}
    leads: Counter[tuple[str, str]] = Counter()
    for decision in decisions:
        outcome = decision.outcome
        if not isinstance(outcome, Assigned) or outcome.team is None or outcome.rep is None:
            continue
        if not decision.shares:
            continue  # claimed, or kept where the rule says queue: no share gave it
        total = sum(share.weight for share in decision.shares)
        for share in decision.shares:
            fair[outcome.team, share.rep] += Fraction(share.weight, total)
            weights[outcome.team, share.rep] = share.weight
        leads[outcome.team, outcome.rep] += 1
    return [
        RepShare(team, rep, weights[team, rep] / 1000, leads[team, rep], float(fair[team, rep]))
        for team, rep in sorted(fair)
    ]


def _named(decisions: Iterable[Decision]) -> dict[str, int]:
    given = Counter(
        decision.outcome.rep or decision.outcome.owner_id
        for decision in decisions
        if isinstance(decision.outcome, Assigned) and decision.outcome.team is None
    )
    return dict(sorted(given.items()))


def _counts(decisions: Sequence[Decision]) -> dict[str, dict[str, int]]:
    kinds: dict[str, Callable[[Decision], str]] = {
        "outcome": lambda one: kind_of(one),
        "segment": lambda one: one.segment or "(none)",
        "grade": lambda one: one.grade or "(none)",
        "score": lambda one: _bucket(one.score),
    }
    return {kind: dict(Counter(sorted(map(of, decisions)))) for kind, of in kinds.items()}


def kind_of(decision: Decision) -> str:
    """The outcome in a word."""
    names = {"Assigned": "assigned", "Queued": "queued", "Nurtured": "nurtured", "LeftAlone": "left alone"}
    return names[type(decision.outcome).__name__]


def _bucket(score: int) -> str:
    low = score // BUCKET * BUCKET
    return f"{low:>3}–{low + BUCKET - 1}"


def _latency_s(contacts: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Nearest-rank percentiles over the contacts that got an owner from us."""
    took = sorted(
        (one["owned_at"] - one["announced_at"]) / 1000
        for one in contacts
        if one["owned_at"] is not None and one["announced_at"] is not None
    )
    if not took:
        return {}
    return {
        name: round(took[max(0, -int(-part * len(took) // 1) - 1)], 3) for name, part in PERCENTILES.items()
    }
