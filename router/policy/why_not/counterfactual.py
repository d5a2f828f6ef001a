"""Which few changed facts send a lead to where somebody wants it.

A search outwards from the lead. Whatever sends it there must change a fact of the part that stands in
the way: the first failing part of the target rule, or, where that rule holds, a fact of the rule above
that takes the lead. So only those facts are tried, one, then two, then three of them; within the
candidate values no smaller answer is missed (the hitting-set tree of Reiter, "A theory of diagnosis
from first principles", Artificial Intelligence 32, 1987, p. 57).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.explanation.destination import IN_TURN, NOT_THERE, Wanted, arrival
from router.policy.leads.catalog import FactType
from router.policy.leads.derived import OWNER_FACTS
from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import Condition, Matcher, first_failure, holds, parts_of, tests_in
from router.policy.rules.policy import Policy, Rule, facts_asked
from router.policy.shares.share_book import Book
from router.policy.why_not.consequences import changed
from router.policy.why_not.other_values import ANY_OTHER, Other, other_values

MOST_CHANGES: Final = 3
MOST_TARGETS: Final = 24
"""Rules of a team or rep that the search sets out for: those of which the lead misses the fewest parts."""
MOST_TRIALS: Final = 6_000
"""Decisions tried, each a tenth of a millisecond at most: the answer comes within a second."""
_A_NEW_OWNER: Final = 3.0
"""The distance to an account of the wanted rep's own: always possible, and rarely what was asked."""
_CLOSED: Final = frozenset(("departement", "region", "email_kind"))
"""Facts whose values are all known: a value that no rule names may not exist."""
_CARDS: Final = ("fit", "engagement")
_COMPUTED: Final = frozenset((*_CARDS, "score", "grade", "segment"))


@dataclass(frozen=True, slots=True)
class Trial:
    """The facts after some changes, what was decided on them, and how well that meets the wish."""

    facts: Mapping[str, Value]
    changes: Mapping[str, Other]
    decision: Decision
    rank: int

    @property
    def judged(self) -> Facts:
        """The facts as the rules saw them, the score's included."""
        decision = self.decision
        score = {
            "fit": Decimal(decision.fit),
            "engagement": Decimal(decision.engagement),
            "score": Decimal(decision.score),
        }
        named = {"grade": decision.grade, "segment": decision.segment}
        return {**self.facts, **score, **{name: value for name, value in named.items() if value}}

    @property
    def cost(self) -> tuple[bool, float, int]:
        """What makes one of several answers with as many changes the better one: smaller is better."""
        distance = sum(chosen.distance for chosen in self.changes.values())
        return self.rank > IN_TURN, distance, self.rank


@dataclass(slots=True)
class Search:
    """One search: what is wanted, the rules that lead there, and how much was tried."""

    compiled: CompiledPolicy
    wanted: Wanted
    targets: tuple[Rule, ...]
    rules: Mapping[tuple[str, int], Rule]
    """Every rule by name and line."""
    questions: Mapping[str, tuple[Matcher, ...]]
    types: Mapping[str, str]
    world: World
    request: DecisionRequest
    trials: int = 0
    heading_for: tuple[Rule, ...] = ()
    known: dict[tuple[str, Value | None], tuple[Other, ...]] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The policy that decides."""
        return self.compiled.policy

    @property
    def now(self) -> datetime:
        """The moment of every trial (aware UTC)."""
        return self.world.now

    @property
    def trials_left(self) -> int:
        """How many more decisions may be tried."""
        return MOST_TRIALS - self.trials

    @property
    def is_whole(self) -> bool:
        """True if nothing was left out for want of time."""
        return self.trials_left > 0 and len(self.heading_for) == len(self.targets)

    def head_for_nearest(self, actual: Trial) -> None:
        """Set out for the targets of which the fewest parts fail."""
        judged = actual.judged
        nearest_first = sorted(self.targets, key=lambda rule: _parts_failing(rule.when, judged, self.now))
        self.heading_for = tuple(nearest_first[:MOST_TARGETS])

    def first(self, facts: Facts) -> Trial:
        """The lead as it is."""
        own = {fact: value for fact, value in facts.items() if fact not in _COMPUTED}
        return self.tried(own, {})

    def tried(self, facts: Mapping[str, Value], changes: Mapping[str, Other]) -> Trial:
        """What is decided after these changes."""
        self.trials += 1
        after = self.with_changes(facts, changes)
        decision = self.decided(after, self.world.book)
        return Trial(after, changes, decision, arrival(decision, self.wanted, self.policy))

    def decided(self, facts: Mapping[str, Value], book: Book) -> Decision:
        """The decision on these facts with this book of shares."""
        return decide_on_facts(self.compiled, facts, replace(self.world, book=book), self.request)

    def with_changes(self, facts: Mapping[str, Value], changes: Mapping[str, Other]) -> dict[str, Value]:
        """The facts after these changes and what follows from them."""
        after = dict(facts)
        for fact, chosen in changes.items():
            after = changed(after, fact, chosen.value, types=self.types)
        return after

    def others(self, fact: str, current: Value | None) -> tuple[Other, ...]:
        """The other values of a fact worth trying, nearest first."""
        if (fact, current) not in self.known:
            kind = self.types.get(fact, FactType.TEXT)
            found = other_values(kind, self.questions.get(fact, ()), current=current, now=self.now)
            if fact in OWNER_FACTS:
                found = tuple(self._owners(found))
            elif fact in _CLOSED:
                found = tuple(one for one in found if one.value != ANY_OTHER)
            self.known[fact, current] = found
        return self.known[fact, current]

    def _owners(self, found: Iterable[Other]) -> Iterator[Other]:
        """Which owner it is matters: the rep who is wanted, or else an owner who is no rep of ours."""
        reps = self.policy.roster.reps
        if self.wanted.kind == "rep":
            owner = self.world.owners.get(reps[self.wanted.name].owner.lower())
            if owner is not None:
                yield Other(owner.id, _A_NEW_OWNER)
        yield from (one for one in found if one.value != ANY_OTHER or self.wanted.kind != "rep")


def nearest(search: Search, actual: Trial) -> Trial | None:
    """The fewest changes that send the lead there, of those the nearest; None if none was found."""
    if actual.rank < NOT_THERE:
        return actual
    search.head_for_nearest(actual)
    edge = [actual]
    seen: set[frozenset[tuple[str, Value | None]]] = set()
    for _ in range(MOST_CHANGES):
        found: list[Trial] = []
        grown: list[Trial] = []
        for trial in sorted(edge, key=lambda one: one.cost):
            for changes in _steps(search, actual, trial):
                mark = frozenset((fact, chosen.value) for fact, chosen in changes.items())
                if mark in seen:
                    continue
                seen.add(mark)
                if search.trials_left <= 0:
                    return min(found, key=lambda one: one.cost, default=None)
                after = search.tried(actual.facts, changes)
                (found if after.rank < NOT_THERE else grown).append(after)
        if found:
            return min(found, key=lambda one: one.cost)
        edge = grown
    return None


def _steps(search: Search, actual: Trial, trial: Trial) -> Iterator[dict[str, Other]]:
    """The changes of a trial with one more: to a fact that stands in the way of some target rule."""
    in_the_way: dict[str, None] = {}
    judged = trial.judged
    for rule in search.heading_for:
        in_the_way.update(dict.fromkeys(_in_the_way(search, rule, trial.decision, judged)))
    for fact in in_the_way:
        if fact not in trial.changes:
            for chosen in search.others(fact, actual.facts.get(fact)):
                yield {**trial.changes, fact: chosen}


def _in_the_way(search: Search, target: Rule, decision: Decision, judged: Facts) -> Iterator[str]:
    failure = first_failure(target.when, judged, now=search.now)
    if failure is not None:
        yield from _sources(search.policy, failure)
    elif (target.name, target.line) == (decision.rule, decision.rule_line):
        yield from facts_asked(target.action)
    else:
        winner = search.rules[decision.rule, decision.rule_line]
        yield from _sources(search.policy, winner.when)


def _parts_failing(condition: Condition, facts: Facts, now: datetime) -> int:
    return sum(not holds(part, facts, now=now) for part in parts_of(condition))


def _sources(policy: Policy, condition: Condition) -> Iterator[str]:
    """The facts that a condition depends on; behind segment, grade and score stand those that earn points."""
    for test in tests_in(condition):
        yield from _behind(policy, test.fact)


def _behind(policy: Policy, fact: str) -> Iterator[str]:
    if fact == "segment":
        for segment in policy.segments:
            if segment.when is not None:
                yield from _sources(policy, segment.when)
    elif fact in _COMPUTED:
        for name, card in zip(_CARDS, (policy.scoring.fit, policy.scoring.engagement), strict=True):
            if fact in ("grade", "score", name):
                yield from (table.fact for table in card.tables)
                if card.use is not None:
                    yield card.use
    else:
        yield fact
