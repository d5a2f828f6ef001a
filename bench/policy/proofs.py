"""How long do the proofs take on 1,000 and 3,000 rules like a company's?

    python -m bench.policy.proofs [rules …]

Territory tables (département, size, segment), accounts by e-mail domain, products, industries, sources,
job titles and negations; one rule in fifty is an earlier one once more, narrowed, and never
reached. Limits: 1,000 rules in 2 s, 3,000 in 15 s, no verdict left unknown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

from msgspec.structs import replace

from router.policy.leads.catalog import Catalog
from router.policy.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    NoneOf,
    OneOf,
    Test,
    Within,
)
from router.policy.rules.policy import Assign, Method, Policy, Rule, ToTeam
from router.rulefiles.load import load_files
from router.rulefiles.proofs.boxes.domains import kinds_of
from router.rulefiles.proofs.prove import prove
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files

NOW: Final = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
LIMITS_S: Final = {1000: 2.0, 3000: 15.0}
SIZES: Final = (None, 10, 50, 200, 500, 1000, 5000, None)
WORDS: Final = (
    "pdg",
    "direct*",
    "daf",
    "drh",
    "dsi",
    "responsable*",
    "stagiaire*",
    "achat*",
    "juridique",
    "paie",
)


def company_rules(teams: list[str], *, count: int, options: dict[str, list[str]]) -> tuple[Rule, ...]:
    """So many rules, the same for the same count."""
    chance = Random(count)
    territories = _territories(chance, options)
    rules: list[Rule] = []
    while len(rules) < count - 1:
        line = len(rules) + 1
        draw = chance.random()
        if draw < 0.02 and rules:
            parts = (chance.choice(rules).when, _is("langue", chance.choice(options["langue"])))
            when: Condition = AllOf(parts)
        elif draw < 0.55:
            when = next(territories)
        elif draw < 0.70:
            when = _is("email_domain", f"compte{line}.fr", f"compte{line}.com")
        elif draw < 0.85:
            when = _expertise(chance, options)
        else:
            when = _source(chance, options)
        action = Assign(ToTeam(chance.choice(teams)), Method.FAIR_SHARE)
        rules.append(
            Rule(f"rule {line}", when, action, line=line, sla=timedelta(hours=chance.choice((1, 2, 4))))
        )
    last = Assign(ToTeam(teams[0]), Method.QUEUE)
    return (*rules, Rule("otherwise", ALWAYS, last, line=count))


def _territories(chance: Random, options: dict[str, list[str]]) -> Iterator[Condition]:
    """The rows of territory tables, each once, in any order: département, size and mostly segment."""
    rows = list(product(options["departement"], range(len(SIZES) - 1), options["segment"]))
    for departement, low, segment in chance.sample(rows, len(rows)):
        size = Between(low=_number(SIZES[low]), below=_number(SIZES[low + 1]))
        parts: list[Condition] = [_is("country", "FR"), _is("departement", departement)]
        parts.append(Test("company.numberofemployees", size, "size"))
        if chance.random() < 0.9:
            parts.append(_is("segment", segment))
        if chance.random() < 0.3:
            parts.append(NoneOf((_is("company.industry", *chance.sample(options["company.industry"], 2)),)))
        yield AllOf(tuple(parts))


def _expertise(chance: Random, options: dict[str, list[str]]) -> Condition:
    words = Test("jobtitle", Contains(tuple(chance.sample(WORDS, 2))), "title")
    product = Test("produit_interesse", OneOf(frozenset((chance.choice(options["produit_interesse"]),))), "p")
    industry = _is("company.industry", *chance.sample(options["company.industry"], 3))
    return AllOf((product, AnyOf((words, industry)), NoneOf((_is("email_kind", "free", "disposable"),))))


def _source(chance: Random, options: dict[str, list[str]]) -> Condition:
    recent = Test("recent_conversion_date", Within(timedelta(days=chance.choice((3, 7, 14, 30)))), "recent")
    country = _is("country", *chance.sample(options["country"], 4))
    channel = _is("channel", chance.choice(options["channel"]))
    return AllOf(
        (channel, country, recent) if chance.random() < 0.5 else (channel, NoneOf((country,)), recent)
    )


def _is(fact: str, *values: str) -> Test:
    return Test(fact, OneOf(frozenset(values)), f"{fact}: {', '.join(values)}")


def _number(bound: int | None) -> Decimal | None:
    return None if bound is None else Decimal(bound)


def made_of(policy: Policy, *, count: int, catalog: Catalog) -> Policy:
    """The policy with so many rules instead of its own, over values that the portal has."""
    words = kinds_of(policy, catalog)
    named = (
        "departement",
        "country",
        "segment",
        "company.industry",
        "langue",
        "produit_interesse",
        "channel",
    )
    options = {name: [*words.fact(name).options] for name in named}
    return replace(policy, rules=company_rules([*policy.roster.teams], count=count, options=options))


def main(counts: list[int]) -> int:
    """Print a line for each number of rules; 1 if a limit is broken or a verdict unknown."""
    files = read_rule_files(Path("config"))
    catalog = parse_catalog(files[CATALOG_FILE])
    shipped = load_files(files).policy
    if shipped is None:
        print("config/ has mistakes; run 'router check'.")
        return 1
    broken = False
    for count in counts:
        policy = made_of(shipped, count=count, catalog=catalog)
        started = time.perf_counter()
        found = prove(policy, catalog=catalog, now=NOW)
        took_s = time.perf_counter() - started
        unknown = sum("unknown:" in mistake.message for mistake in found)
        unreachable = sum("never reached" in mistake.message for mistake in found)
        false = sum("never be true" in mistake.message for mistake in found)
        limit = LIMITS_S.get(count)
        broken |= (limit is not None and took_s > limit) or unknown > 0
        print(
            f"{count:>6} rules {took_s:7.2f} s (limit {limit or '-'} s): {unreachable} never reached, "
            f"{false} never true, {unknown} unknown, {len(found)} findings"
        )
    return int(broken)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("counts", nargs="*", type=int, default=[*LIMITS_S], metavar="rules")
    raise SystemExit(main(parser.parse_args().counts))
