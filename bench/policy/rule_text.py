"""Rule files with thousands of rules like a company's, as text that passes every check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from bench.policy.proofs import NOW, made_of
from router.policy.rules.conditions import (
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
from router.policy.rules.policy import Assign, Policy, ToTeam
from router.rulefiles.load import load_files
from router.rulefiles.proofs.prove import prove
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rulefiles.yaml.mistakes import Severity
from router.rules_on_disk import read_rule_files

LONGEST: Final = 127
"""Characters of a condition: 2,000 rules have to fit into the 256 KiB of a rule file."""
MORE: Final = 2.0
"""Rules drawn for each one needed: many are never reached behind the others, or too long."""


def company_files(count: int, *, shipped: Path) -> Mapping[str, bytes]:
    """The shipped files with `count` rules that are all reached, without their tests."""
    files = {name: content for name, content in read_rule_files(shipped).items() if "/" not in name}
    catalog = parse_catalog(files[CATALOG_FILE])
    policy = load_files(files).policy
    if policy is None:
        raise ValueError(f"{shipped} has mistakes; run 'router check'.")
    drawn = made_of(policy, count=int(count * MORE), catalog=catalog)
    dead = {one.line for one in prove(drawn, catalog=catalog, now=NOW) if one.severity is Severity.ERROR}
    text = files["routing.yaml"].decode()
    head, tail = text[: text.index("\nrules:\n")], text[text.index("\notherwise:") :]
    tail = tail.replace(", method: queue}", "}", 1)  # so that every lead gets an owner at once
    kept = _written(replace(drawn, rules=drawn.rules[:-1]), dead)[: count - 1]
    return files | {"routing.yaml": "\n".join([head, "rules:", *kept]).encode() + tail.encode()}


def _written(policy: Policy, dead: set[int]) -> list[str]:
    found = []
    for rule in policy.rules:
        when = _when(rule.when)
        if rule.line not in dead and len(when) <= LONGEST and isinstance(rule.action, Assign):
            team = rule.action.to.team if isinstance(rule.action.to, ToTeam) else ""
            found.append(f"- name: r{rule.line}\n  when: {{{when}}}\n  assign: {{team: {team}}}")
    return found


def _when(condition: Condition) -> str:
    match condition:
        case AllOf(parts):
            return ", ".join(_when(part) for part in parts)
        case AnyOf(parts):
            return f"any: [{', '.join(f'{{{_when(part)}}}' for part in parts)}]"
        case NoneOf(parts):
            return f"none: [{', '.join(f'{{{_when(part)}}}' for part in parts)}]"
        case Test(fact, OneOf(values)):
            return f"{fact}: [{', '.join(sorted(map(str, values)))}]"
        case Test(fact, Between() as between):
            low = "" if between.low is None else between.low
            high = "" if between.below is None else int(str(between.below)) - 1
            return f"{fact}: {low}..{high}"
        case Test(fact, Contains(words)):
            return f"{fact}: 'contains {', '.join(words)}'"
        case Test(fact, Within(span)):
            return f"{fact}: within {span.days}d"
    raise ValueError(f"no text for {condition}")
