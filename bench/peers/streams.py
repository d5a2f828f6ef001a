"""The same leads for every method: who could take each one, on which day, and what it is worth."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REPS = 10
DAYS = 60
LEADS_PER_DAY = 40
WEIGHTS = (0.5, 1, 1.5, 2, 2.5, 3)
SHARE_AWAY = 0.3
SHARE_TAKEN = 0.3
SEEN_AFTER = 40
"""A person's choice is seen within this many leads: the history of a write is read seconds after it."""
JOINS_ON = 20
"""The day on which the last rep joins, where somebody does."""


@dataclass(frozen=True)
class Arrival:
    """A lead that the reps of `group` could take if they were there; `value` is 1 on average."""

    day: int
    group: frozenset[int]
    value: float = 1.0


@dataclass(frozen=True)
class Stream:
    """A team and its leads, in order. Reps are numbers; weights are in whole leads."""

    weights: tuple[float, ...]
    arrivals: tuple[Arrival, ...]
    away: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Who is on leave, by day."""
    joins: Mapping[int, int] = field(default_factory=dict)
    """Reps who were not there from the beginning, and the day they came."""
    taken: Mapping[int, int] = field(default_factory=dict)
    """Leads that a person takes before their rep has them, and the lead by whose time that is seen."""

    @property
    def reps(self) -> range:
        """All reps, those who join later too."""
        return range(len(self.weights))

    @property
    def unseen(self) -> int:
        """The most leads at the same time that a person has taken and that is not seen yet."""
        spans = self.taken.items()
        return max((sum(lead <= at < seen for lead, seen in spans) for at, _ in spans), default=0)

    def here(self, day: int) -> frozenset[int]:
        """The reps who have joined and are not on leave."""
        return frozenset(
            rep
            for rep in self.reps
            if rep not in self.away.get(day, frozenset()) and day >= self.joins.get(rep, 0)
        )

    def eligible(self, arrival: Arrival, day: int) -> list[int]:
        """Who can take the lead on that day, in the order of the file."""
        return sorted(arrival.group & self.here(day))


def _weights(chance: random.Random) -> tuple[float, ...]:
    return tuple(chance.choice(WEIGHTS) for _ in range(REPS))


def _stream(
    chance: random.Random,
    *,
    groups: Callable[[], frozenset[int]] | None = None,
    values: Callable[[], float] = lambda: 1.0,
    leave: bool = False,
    joiner: bool = False,
    equal: bool = False,
    edits: bool = False,
) -> Stream:
    everyone = frozenset(range(REPS))
    weights = (1.0,) * REPS if equal else _weights(chance)
    away = _leave(chance) if leave else {}
    empty = Stream(weights, (), away, {REPS - 1: JOINS_ON} if joiner else {})
    arrivals = []
    for day in range(DAYS):
        here = empty.here(day)
        for _ in range(chance.randint(LEADS_PER_DAY // 2, LEADS_PER_DAY * 3 // 2)):
            group = groups() if groups is not None else everyone
            # Every lead can be taken: how methods treat leads that nobody may have is another question.
            arrivals.append(Arrival(day, group if group & here else group | {min(here)}, values()))
    taken = _taken(chance, len(arrivals)) if edits else {}
    return Stream(weights, tuple(arrivals), away, empty.joins, taken)


def _leave(chance: random.Random) -> dict[int, frozenset[int]]:
    """Leave in blocks of 2 to 15 days, so that about 30 % are away on any day, and never all of them."""
    away: dict[int, set[int]] = {day: set() for day in range(DAYS)}
    for rep in range(REPS):
        day = 0
        while day < DAYS:
            off = chance.randint(2, 15)
            day += round(chance.expovariate(SHARE_AWAY / (8.5 * (1 - SHARE_AWAY))))
            for one in range(day, min(day + off, DAYS)):
                if len(away[one]) < REPS - 1:
                    away[one].add(rep)
            day += off
    return {day: frozenset(reps) for day, reps in away.items()}


def _taken(chance: random.Random, leads: int) -> dict[int, int]:
    """People take 30 % of the leads, which is seen within forty leads."""
    return {
        lead: lead + chance.randint(1, SEEN_AFTER) for lead in range(leads) if chance.random() < SHARE_TAKEN
    }


def _anybody(chance: random.Random) -> Callable[[], frozenset[int]]:
    """Each lead suits each rep with 60 %."""
    return lambda: frozenset(rep for rep in range(REPS) if chance.random() < 0.6) or frozenset({0})


def _by_skill(chance: random.Random) -> Callable[[], frozenset[int]]:
    """Four skills of unequal demand, each with two to five reps; some reps have several."""
    skills = [frozenset(chance.sample(range(REPS), chance.randint(2, 5))) for _ in range(4)]
    return lambda: chance.choices(skills, weights=(4, 3, 2, 1))[0]


def _unequal(chance: random.Random) -> Callable[[], float]:
    """Most leads are small and some are ten times the average: lognormal with mean 1, in hundredths."""
    return lambda: max(0.01, round(chance.lognormvariate(-0.5, 1.0), 2))


SCENARIOS: Mapping[str, Callable[[random.Random], Stream]] = {
    "everyone eligible": _stream,
    "equal weights": lambda chance: _stream(chance, equal=True),
    "equal, 30 % time off": lambda chance: _stream(chance, equal=True, leave=True),
    "30 % time off": lambda chance: _stream(chance, leave=True),
    "a joiner": lambda chance: _stream(chance, joiner=True),
    "random eligibility": lambda chance: _stream(chance, groups=_anybody(chance)),
    "skills in blocks": lambda chance: _stream(chance, groups=_by_skill(chance)),
    "human edits": lambda chance: _stream(chance, edits=True),
    "unequal values": lambda chance: _stream(chance, values=_unequal(chance)),
    "all at once": lambda chance: _stream(
        chance, groups=_by_skill(chance), values=_unequal(chance), leave=True, joiner=True
    ),
}
