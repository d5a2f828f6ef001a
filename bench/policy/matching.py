"""How long does it take to find the rule for one contact, against two engines that are made for it?

    python -m bench.policy.matching [--quick]

The same rules over six properties (territory, country, industry, wish, segment, size) for ours,
for rule-engine (one expression per rule, asked in turn) and for zen-engine (one decision table, first
hit). Install those two with: pip install rule-engine zen-engine; a column without its engine is left
out. Medians of several rounds over the same contacts; then HubSpot's strings into typed facts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Lead, Value
from router.policy.rules.conditions import AllOf, Between, OneOf, Test
from router.policy.rules.facts import reading
from router.policy.rules.policy import DoNothing, Rule
from router.policy.rules.rule_index import first_match_among

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
COUNTRIES = ["FR", "DE", "BE", "CH", "ES", "IT", "GB", "NL"]
DEPARTEMENTS = [f"{number:02}" for number in range(1, 96) if number != 20]
INDUSTRIES = ["BANKING", "INSURANCE", "RETAIL", "COMPUTER_SOFTWARE", "MACHINERY", "EDUCATION_MANAGEMENT"]
WISHES = ["demo", "devis", "contenu", "support"]
SEGMENTS = ["chaud", "tiede", "froid"]
CHOICES = {
    "country": COUNTRIES,
    "departement": DEPARTEMENTS,
    "industry": INDUSTRIES,
    "type_demande": WISHES,
    "segment": SEGMENTS,
}
RULES = (10, 1_000, 10_000)
TARGETS_US = {10: 1.5, 1_000: 2.0, 10_000: 3.5}
FACTS_TARGET_US = 8.0

Asked = dict[str, list[str]]
Drawn = tuple[Asked, int | None]
"""What one rule asks: by fact, any of some values; and the least number of employees, or None."""


def drawn_rules(count: int, *, chance: random.Random) -> list[Drawn]:
    """Rules of a territory each, for one country and one or two other properties, sometimes a size.

    They are narrow enough that a contact's rule may stand anywhere in the list, or be the last.
    """
    found = []
    for _ in range(count):
        facts = ["country", *chance.sample(["industry", "type_demande", "segment"], chance.randint(1, 2))]
        asked = {fact: [chance.choice(CHOICES[fact])] for fact in facts}
        asked["departement"] = chance.sample(DEPARTEMENTS, chance.randint(1, 3))
        found.append((asked, chance.choice([None, None, 50, 200, 1000])))
    return found


def drawn_contacts(count: int, *, chance: random.Random) -> list[dict[str, Any]]:
    """Contacts as plain values; about one in twenty has no département."""
    found = []
    for _ in range(count):
        contact: dict[str, Any] = {fact: chance.choice(values) for fact, values in CHOICES.items()}
        contact["employees"] = chance.choice([5, 30, 120, 450, 1500])
        if chance.random() < 0.05:
            contact["departement"] = ""
        found.append(contact)
    return found


def ours(rules: Sequence[Drawn], contacts: Sequence[dict[str, Any]]) -> Callable[[], list[Rule | None]]:
    """Our index; a rule's name is its place."""
    written = [
        Rule(str(number), AllOf(tuple(_tests(asked, least))), DoNothing())
        for number, (asked, least) in enumerate(rules)
    ]
    first = first_match_among([*written, Rule(str(len(rules)), AllOf(()), DoNothing())])
    facts: list[dict[str, Value]] = [
        {
            fact: Decimal(value) if fact == "employees" else value
            for fact, value in contact.items()
            if value != ""
        }
        for contact in contacts
    ]
    return lambda: [first(one, NOW) for one in facts]


def _tests(asked: Asked, least: int | None) -> list[Test]:
    tests = [Test(fact, OneOf(frozenset(values)), "") for fact, values in asked.items()]
    if least is not None:
        tests.append(Test("employees", Between(low=Decimal(least)), ""))
    return tests


def theirs_in_turn(
    engine: ModuleType, rules: Sequence[Drawn], contacts: Sequence[dict[str, Any]]
) -> Callable[[], list[int]]:
    """rule-engine: the first expression that matches."""
    expressions = []
    for asked, least in rules:
        parts = [f"{fact} in {json.dumps(values)}" for fact, values in asked.items()]
        parts += [] if least is None else [f"employees >= {least}"]
        expressions.append(engine.Rule(" and ".join(parts)))

    def first(contact: dict[str, Any]) -> int:
        return next((n for n, rule in enumerate(expressions) if rule.matches(contact)), len(expressions))

    return lambda: [first(contact) for contact in contacts]


def their_table(
    engine: ModuleType, rules: Sequence[Drawn], contacts: Sequence[dict[str, Any]]
) -> Callable[[], list[int]]:
    """zen-engine: one decision table, first hit."""
    facts = [*CHOICES, "employees"]
    inputs = [{"id": fact, "type": "expression", "name": fact, "field": fact} for fact in facts]
    rows = [
        {
            "_id": str(number),
            **{fact: ", ".join(map(json.dumps, asked.get(fact, []))) for fact in CHOICES},
            "employees": "" if least is None else f">= {least}",
            "rule": str(number),
        }
        for number, (asked, least) in enumerate(rules)
    ]
    rows.append({"_id": "last", **dict.fromkeys(facts, ""), "rule": str(len(rules))})
    content = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "rule", "type": "expression", "name": "rule", "field": "rule"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
        {
            "id": "table",
            "type": "decisionTableNode",
            "name": "t",
            "content": content,
            "position": {"x": 1, "y": 0},
        },
        {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    decision = engine.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda: [int(decision.evaluate(contact)["result"]["rule"]) for contact in contacts]


def median_us(run: Callable[[], object], *, each: int, rounds: int) -> float:
    """The median time per contact in microseconds; one round before it warms up."""
    run()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) / each * 1e6)
    return statistics.median(times)


def an_engine(name: str) -> ModuleType | None:
    """The engine, or None with a line that says how to get it."""
    try:
        return importlib.import_module(name.replace("-engine", "_engine").replace("zen_engine", "zen"))
    except ImportError:
        print(f"{name} is not installed, so its column is left out. Install it with: pip install {name}")
        return None


def matching(*, quick: bool) -> bool:
    """Print the table; whether every figure of ours is within its target."""
    turn, table = an_engine("rule-engine"), an_engine("zen-engine")
    print(f"{'rules':>7} {'ours, us':>9} {'target':>7} {'rule-engine, us':>16} {'zen table, us':>14}  ratios")
    good = True
    for count in RULES:
        chance = random.Random(count)
        rules, contacts = drawn_rules(count, chance=chance), drawn_contacts(2_000, chance=chance)
        run = ours(rules, contacts)
        found = [int(rule.name) if rule else -1 for rule in run()]
        mine = median_us(run, each=len(contacts), rounds=5 if quick else 25)
        good = good and mine <= TARGETS_US[count]
        line = f"{count:>7,} {mine:>9.2f} {TARGETS_US[count]:>7.1f}"
        ratios = []
        for engine, build, width in ((turn, theirs_in_turn, 16), (table, their_table, 14)):
            if engine is None:
                line += f" {'-':>{width}}"
                continue
            some = max(4, 20_000 // count)
            few = contacts[:some]
            other = build(engine, rules, few)
            if other() != found[:some]:
                raise AssertionError(f"{engine.__name__} finds other rules than we do at {count} rules")
            theirs = median_us(other, each=some, rounds=1 if quick else 3)
            line += f" {theirs:>{width},.1f}"
            ratios.append(f"{theirs / mine:,.0f}x")
        print(f"{line}  {' '.join(ratios)}", flush=True)
    return good


def facts(*, quick: bool) -> bool:
    """Print the time to turn a contact's strings into facts; whether it is within its target."""
    types = {
        "departement": FactType.CHOICE,
        "country": FactType.CHOICE,
        "email_domain": FactType.TEXT,
        "email_kind": FactType.CHOICE,
        "jobtitle": FactType.TEXT,
        "type_demande": FactType.CHOICE,
        "recent_conversion_date": FactType.DATETIME,
        "hs_analytics_last_visit_timestamp": FactType.DATETIME,
        "company.numberofemployees": FactType.NUMBER,
        "company.industry": FactType.CHOICE,
    }
    read, chance = reading(types), random.Random(3)
    leads = [
        Lead(
            str(number),
            {
                "zip": f"{chance.choice(DEPARTEMENTS)}{chance.randrange(100, 999)}",
                "country": chance.choice(["France", "Allemagne", "Suisse", "FR"]),
                "email": f"contact{number}@societe{number % 977}.fr",
                "jobtitle": chance.choice(["Directrice financière", "DSI", "Responsable RH"]),
                "type_demande": chance.choice(WISHES),
                "recent_conversion_date": f"2026-11-{chance.randrange(10, 24)}T08:15:00Z",
                "hs_analytics_last_visit_timestamp": str(1_790_000_000_000 + chance.randrange(10**9)),
            },
            {"numberofemployees": str(chance.randrange(1, 3000)), "industry": chance.choice(INDUSTRIES)},
        )
        for number in range(5_000)
    ]
    took = median_us(lambda: [read(lead, NOW) for lead in leads], each=len(leads), rounds=3 if quick else 15)
    print(f"strings → {len(types)} facts: {took:.2f} us per contact (target {FACTS_TARGET_US:.0f})")
    return took <= FACTS_TARGET_US


def main() -> None:
    """Run everything; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs")
    quick = parser.parse_args().quick
    good = [matching(quick=quick), facts(quick=quick)]
    raise SystemExit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
