"""Small worlds in which every lead can be tried: the oracle that proofs are compared with.

It knows nothing of atoms, boxes or covers. It lists leads one by one and asks the matcher that routes
them. `random_policy` makes rules over the same facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations, product
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from router.policy.leads.catalog import Catalog, FactType, Option, Property
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    IsKnown,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
    asking,
)
from router.policy.rules.policy import Assign, Policy, Rule, ToRep, ToTeam
from tests.world.policies import a_policy, a_rep, a_team

NOW: Final = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
COLOURS: Final = ("red", "green", "blue")
TOPICS: Final = ("crm", "bi", "pay")
TITLES: Final = ("direct*", "directeur", "daf", "directeur general", "gen*")
WORDS: Final = ("directeur", "directrice", "daf", "general", "genie", "directeur general", "chef")
SPANS: Final = tuple(timedelta(days=days) for days in (3, 7, 30))
DAYS: Final = (date(2026, 1, 1), date(2026, 1, 2), date(2026, 6, 30))

LEADS: Final[dict[str, list[Any]]] = {
    "colour": [None, *COLOURS],
    "shade": [None, *COLOURS, "retired", "never listed"],
    "staff": [None, *(Decimal(number) for number in range(-1, 9))],
    "revenue": [None, *(Decimal(half) / 2 for half in range(-3, 18))],
    "topics": [frozenset(some) or None for some in chain(*(combinations(TOPICS, size) for size in range(4)))],
    "title": [
        "something else",
        *(" x ".join(some) or None for some in chain(*(combinations(WORDS, size) for size in range(8)))),
    ],
    "agreed": [None, True, False],
    "visit": [
        None,
        *(NOW - span + timedelta(hours=hours) for span in SPANS for hours in (-1, 0, 1)),
        NOW,
        NOW + timedelta(days=9),
    ],
    "birthday": [
        None,
        *(date(2025, 12, 31) + timedelta(days=days) for days in (0, 1, 2, 3, 99, 180, 181, 182)),
    ],
    "domain": [None, "a.com", "b.com", "c.com", "nobody.org"],
}
"""For each fact, enough values: no condition below tells another value from all of these."""


def a_world() -> Catalog:
    """The portal of these facts. `shade` has an archived option, so it may have unlisted values."""
    options = tuple(Option(colour, colour) for colour in COLOURS)
    topics = tuple(Option(topic, topic) for topic in TOPICS)
    known = (
        Property("colour", "", FactType.CHOICE, options),
        Property("shade", "", FactType.CHOICE, (*options, Option("retired", "", archived=True))),
        Property("staff", "", FactType.NUMBER, integer=True),
        Property("revenue", "", FactType.NUMBER),
        Property("topics", "", FactType.CHOICES, topics),
        Property("title", "", FactType.TEXT),
        Property("agreed", "", FactType.BOOL),
        Property("visit", "", FactType.DATETIME),
        Property("birthday", "", FactType.DATE),
        Property("domain", "", FactType.TEXT),
    )
    return Catalog({prop.name: prop for prop in known}, {})


def all_leads(facts: Sequence[str]) -> list[dict[str, Any]]:
    """Every lead of the world, as far as these facts go."""
    return [
        {fact: value for fact, value in zip(facts, values, strict=True) if value is not None}
        for values in product(*(LEADS[fact] for fact in facts))
    ]


def first_matches(policy: Policy, leads: Sequence[dict[str, Any]]) -> list[int | None]:
    """For each lead the first rule whose condition holds."""
    asked = [asking(rule.when) for rule in policy.rules]
    return [next((place for place, holds in enumerate(asked) if holds(lead, NOW)), None) for lead in leads]


def random_policy(chance: Random) -> tuple[Policy, tuple[str, ...]]:
    """Two to seven rules over two or three facts, often without a catch-all, and these facts."""
    facts = tuple(chance.sample([fact for fact in LEADS if fact != "title"], chance.choice((1, 2, 2, 3))))
    if chance.random() < 0.2:
        facts = ("title", chance.choice(("colour", "agreed")))
    roster = a_team(a_rep("anna"), a_rep("ben"))
    actions = (Assign(ToTeam("sales")), Assign(ToRep("anna")), Assign(ToRep("ben")))
    rules = [
        Rule(f"rule {line}", random_condition(chance, facts), chance.choice(actions), line=line)
        for line in range(1, chance.randint(3, 8))
    ]
    policy = a_policy(*rules, roster=roster, types={})
    if chance.random() < 0.6:
        policy = _without_catch_all(policy)
    return policy, facts


def random_condition(chance: Random, facts: Sequence[str], *, depth: int = 0) -> Condition:
    """A condition as rule files have them: tests, `not`, and `any`, `all` and `none` at most two deep."""
    draw = chance.random()
    if depth < 2 and draw < 0.45:
        made = chance.choice((AllOf, AllOf, AnyOf, NoneOf))
        parts = [random_condition(chance, facts, depth=depth + 1) for _ in range(chance.randint(1, 3))]
        return made(tuple(parts))
    fact = chance.choice(facts)
    test = Test(fact, random_matcher(chance, fact), fact)
    return NoneOf((test,)) if chance.random() < 0.25 else test


def random_matcher(chance: Random, fact: str) -> Matcher:
    """A question that the fact's type allows."""
    if chance.random() < 0.15:
        return chance.choice((IsKnown(), Unknown()))
    match fact:
        case "colour" | "shade":
            return OneOf(frozenset(chance.sample(COLOURS, chance.randint(1, 3))))
        case "topics":
            return OneOf(frozenset(chance.sample(TOPICS, chance.randint(1, 2))))
        case "domain":
            return OneOf(frozenset(chance.sample(("a.com", "b.com", "c.com"), chance.randint(1, 2))))
        case "title":
            if chance.random() < 0.2:
                return OneOf(frozenset((chance.choice(WORDS),)))
            return Contains(tuple(chance.sample(TITLES, chance.randint(1, 2))))
        case "agreed":
            return OneOf(frozenset((chance.random() < 0.5,)))
        case "visit":
            return Within(chance.choice(SPANS))
        case "birthday":
            return _range(chance, DAYS)
        case _:
            if chance.random() < 0.2:
                return OneOf(frozenset((Decimal(chance.randint(0, 7)),)))
            return _range(chance, [Decimal(number) for number in range(8)])


def _range(chance: Random, bounds: Sequence[Any]) -> Between:
    low, high = sorted(chance.choices(bounds, k=2))
    way = chance.randrange(4)
    if way == 0:
        return Between(low=low, high=high)
    if way == 1:
        return Between(low=low)
    return Between(high=high) if way == 2 else Between(below=high)


def _without_catch_all(policy: Policy) -> Policy:
    return replace(policy, rules=policy.rules[:-1])
