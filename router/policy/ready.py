"""A policy made ready once to decide many leads fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from router.policy.book import open_field
from router.policy.calendar import time_off_of
from router.policy.conditions import Asking, asking
from router.policy.facts import Reading, facts_needed, reading
from router.policy.roster import Rep, TimeOff
from router.policy.rules import Policy, Rule
from router.policy.scoring import Tally, tallying

_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class ReadyRep:
    """A rep with what every decision asks of them: folded e-mail, time off, the field of open leads."""

    rep: Rep
    email: str
    time_off: tuple[TimeOff, ...]
    open_field: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A policy's conditions, points and reps, made ready; it decides exactly as the policy says."""

    read: Reading
    kept_facts: frozenset[str]
    fit: Tally
    engagement: Tally
    segments: tuple[tuple[str, Asking | None], ...]
    rules: tuple[tuple[Rule, Asking], ...]
    reps: Mapping[str, ReadyRep]
    rep_of_email: Mapping[str, str]
    grades: dict[tuple[int, int], str]
    """Grades found so far, by (fit, engagement)."""


def made_ready(policy: Policy) -> Ready:
    """The policy made ready; remembered for the last policies seen, by identity (comparing them is dear)."""
    known = _READY.get(id(policy))
    if known is not None:
        return known[1]
    if len(_READY) >= _KEPT:
        _READY.clear()
    ready = _make_ready(policy)
    # The policy is kept along, or its id could come back as another's.
    _READY[id(policy)] = (policy, ready)
    return ready


_READY: Final[dict[int, tuple[Policy, Ready]]] = {}


def _make_ready(policy: Policy) -> Ready:
    types = facts_needed(policy)
    roster, scoring = policy.roster, policy.scoring
    return Ready(
        read=reading(types),
        kept_facts=frozenset(types),
        fit=tallying(scoring.fit),
        engagement=tallying(scoring.engagement),
        segments=tuple(
            (segment.name, None if segment.when is None else asking(segment.when))
            for segment in policy.segments
        ),
        rules=tuple((rule, asking(rule.when)) for rule in policy.rules),
        reps={
            name: ReadyRep(
                rep=rep,
                email=rep.owner.lower(),
                time_off=time_off_of(roster, name),
                open_field=open_field(name),
            )
            for name, rep in roster.reps.items()
        },
        rep_of_email={rep.owner.lower(): name for name, rep in roster.reps.items()},
        grades={},
    )
