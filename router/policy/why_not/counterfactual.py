"""The search for the fewest changed facts that send a lead to a wanted destination.

The search starts at the lead's own facts. Any change that helps must change a fact of the obstacle: the
first failing part of the target rule or, where that rule holds, a fact of the rule above that takes the
lead. So only those facts are changed: one, then two, then three of them. Within the candidate values no
smaller answer is missed (the hitting-set tree of Reiter, "A theory of diagnosis
from first principles", Artificial Intelligence 32, 1987, p. 57).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

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
"""Largest number of target rules in a search: those with the fewest parts that fail for the lead."""
MOST_TRIALS: Final = 6_000
"""Largest number of decisions tried, at most 0.1 ms each: the answer comes within a second."""
_A_NEW_OWNER: Final = 3.0
"""Distance of making the wanted rep the owner: always possible, and rarely a useful answer."""
_CLOSED: Final = frozenset(("departement", "region", "email_kind"))
"""Facts with a closed list of values: a value that no rule names may not exist."""
_CARDS: Final = ("fit", "engagement")
_COMPUTED: Final = frozenset((*_CARDS, "score", "grade", "segment"))


class Trial(Struct, frozen=True):
    """The facts after some changes, the decision on them, and its rank (see `destination`)."""

    facts: Mapping[str, Value]
    changes: Mapping[str, Other]
    decision: Decision
    rank: int

    @property
    def judged(self) -> Facts:
        """The facts as the rules read them, with the facts of the score."""
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
        """The order among answers with the same number of changes; smaller is better."""
        distance = sum(chosen.distance for chosen in self.changes.values())
        return self.rank > IN_TURN, distance, self.rank


@dataclass(slots=True)
class Search:
    """One search: the wanted destination, the rules that lead there, and the number of trials."""

    compiled: CompiledPolicy
    wanted: Wanted
    targets: tuple[Rule, ...]
    rules: Mapping[tuple[str, int], Rule]
    """All rules by name and line."""
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
        """The number of decisions that may still be tried."""
        return MOST_TRIALS - self.trials

    @property
    def is_whole(self) -> bool:
        """Whether the search was complete: no limit on trials or target rules was reached."""
        return self.trials_left > 0 and len(self.heading_for) == len(self.targets)

    def head_for_nearest(self, actual: Trial) -> None:
        """Limit the search to the target rules with the fewest failing parts."""
        judged = actual.judged
        nearest_first = sorted(self.targets, key=lambda rule: _parts_failing(rule.when, judged, self.now))
        self.heading_for = tuple(nearest_first[:MOST_TARGETS])

    def first(self, facts: Facts) -> Trial:
        """The trial with the lead's own facts, without changes."""
        own = {fact: value for fact, value in facts.items() if fact not in _COMPUTED}
        return self.tried(own, {})

    def tried(self, facts: Mapping[str, Value], changes: Mapping[str, Other]) -> Trial:
        """The trial after these changes; it counts towards `MOST_TRIALS`."""
        self.trials += 1
        after = self.with_changes(facts, changes)
        decision = self.decided(after, self.world.book)
        return Trial(after, changes, decision, arrival(decision, self.wanted, self.policy))

    def decided(self, facts: Mapping[str, Value], book: Book) -> Decision:
        """The decision on these facts with this share book."""
        return decide_on_facts(self.compiled, facts, replace(self.world, book=book), self.request)

    def with_changes(self, facts: Mapping[str, Value], changes: Mapping[str, Other]) -> dict[str, Value]:
        """The facts after these changes and their consequences."""
        after = dict(facts)
        for fact, chosen in changes.items():
            after = changed(after, fact, chosen.value, types=self.types)
        return after

    def others(self, fact: str, current: Value | None) -> tuple[Other, ...]:
        """The other values of a fact to try, nearest first."""
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
        """The owners to try: the wanted rep, and other values that rules name.

        An owner outside `team.yaml` is tried only if no rep is wanted.
        """
        reps = self.policy.roster.reps
        if self.wanted.kind == "rep":
            owner = self.world.owners.get(reps[self.wanted.name].owner.lower())
            if owner is not None:
                yield Other(owner.id, _A_NEW_OWNER)
        yield from (one for one in found if one.value != ANY_OTHER or self.wanted.kind != "rep")


def nearest(search: Search, actual: Trial) -> Trial | None:
    """The trial with the fewest changes that reaches the destination, the nearest of several, or None."""
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
    """The changes of a trial plus one more, of a fact that is an obstacle for some target rule."""
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
        yield from _sources(search.policy, search.rules[decision.rule, decision.rule_line].when)


def _parts_failing(condition: Condition, facts: Facts, now: datetime) -> int:
    return sum(not holds(part, facts, now=now) for part in parts_of(condition))


def _sources(policy: Policy, condition: Condition) -> Iterator[str]:
    """The facts that a condition depends on; segment, grade and score are replaced by their own sources."""
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
