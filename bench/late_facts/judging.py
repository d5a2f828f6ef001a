"""Where each lead belongs by its complete facts, and how the decisions of a run compare with that."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import rule_for
from router.policy.leads.lead import Lead
from router.policy.rules.policy import Assign, Rule, ToRep, ToTeam, owner_fact, steps_of

FIRST = "first decision"


@dataclass(frozen=True)
class Decided:
    """One decision of the ledger. `cause` is `first decision`, or the kind of trigger and what it names."""

    id: str
    contact: str
    at: datetime
    rule: str
    team: str | None
    rep: str | None
    owner: str | None
    cause: str
    waited: bool = False
    """True if the lead waited for a fact before."""
    told: bool = False
    """True if its rep was told of the lead."""


@dataclass(frozen=True)
class Belongs:
    """The rule that takes the complete lead, and the owner that its facts name, if the rule goes by them."""

    rule: Rule
    owner: str | None

    def holds(self, decided: Decided) -> bool:
        """Whether the decision is of this rule, and of a team, rep or owner that the rule names."""
        if decided.rule != self.rule.name:
            return False
        if not isinstance(self.rule.action, Assign):
            return True
        for step in steps_of(self.rule.action):
            match step.to:
                case ToTeam(team):
                    found = decided.team == team
                case ToRep(rep):
                    found = decided.rep == rep
                case _:
                    found = decided.owner is not None and decided.owner == self.owner
            if found:
                return True
        return False


@dataclass(frozen=True)
class Moves:
    """Changes of owner: all by cause, those that the complete facts did not call for, and those told of."""

    by_cause: Counter[str]
    needless: int
    told_of: int


def where_it_belongs(policy: CompiledPolicy, lead: Lead, at: datetime) -> Belongs:
    """By the pure policy, on the complete facts at the time `at` (aware UTC)."""
    facts = policy.read(lead, at)
    rule = rule_for(policy, facts, at)
    named = next((fact for step in steps_of(rule.action) if (fact := owner_fact(step.to)) is not None), None)
    owner = facts.get(named) if named else None
    return Belongs(rule, None if owner is None else str(owner))


def moves_of(chains: Iterable[Sequence[Decided]], belongs: Mapping[str, Belongs]) -> Moves:
    """The moves in the leads' decisions, each chain in order of time.

    Needless is a move away from an owner whose rule and team or rep are those of the complete facts.
    """
    by_cause: Counter[str] = Counter()
    needless = told_of = 0
    for chain in chains:
        for before, after in pairwise(chain):
            if not before.owner or before.owner == after.owner:
                continue
            by_cause[after.cause] += 1
            needless += belongs[before.contact].holds(before)
            told_of += before.told
    return Moves(by_cause, needless, told_of)


def decisions_in(ledger: Path) -> dict[str, list[Decided]]:
    """The decisions by contact, in order of time."""
    told = {decision for kind, decision, detail in _events(ledger) if _is_told(kind, detail) and decision}
    query = "SELECT id, contact_id, decided_at, rule, team, rep, owner_id, record FROM decisions"
    found: dict[str, list[Decided]] = {}
    with _opened(ledger) as database:
        for row in database.execute(f"{query} ORDER BY decided_at, episode"):
            at, inputs = datetime.fromisoformat(row[2]), json.loads(row[7]).get("inputs") or {}
            waited = bool((inputs.get("settled") or {}).get("waited_for"))
            decision_id, contact_id, _, rule, team, rep, owner_id, _ = row
            went_to = (rule, team, rep, owner_id)
            one = Decided(decision_id, contact_id, at, *went_to, _cause(inputs), waited, decision_id in told)
            found.setdefault(one.contact, []).append(one)
    return found


def events_in(ledger: Path) -> Counter[str]:
    """The number of events of each kind."""
    return Counter(kind for kind, _, _ in _events(ledger))


def lines_in(ledger: Path) -> tuple[int, int]:
    """The leads that have a decision, and the decisions and events, so far."""
    if not ledger.exists():
        return 0, 0
    decided, decisions, events = (
        "SELECT count(DISTINCT contact_id) FROM decisions",
        "SELECT count(*) FROM decisions",
        "SELECT count(*) FROM events",
    )
    with _opened(ledger) as database:
        try:
            found = [database.execute(query).fetchone()[0] for query in (decided, decisions, events)]
        except sqlite3.OperationalError:  # the ledger is being made
            return 0, 0
    return found[0], found[1] + found[2]


def _events(ledger: Path) -> list[tuple[str, str | None, str]]:
    with _opened(ledger) as database:
        return database.execute("SELECT kind, decision_id, detail FROM events").fetchall()


def _opened(ledger: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)


def _is_told(kind: str, detail: str) -> bool:
    if kind != "notified":
        return False
    told = json.loads(detail)
    return "about" not in told and told.get("outcome") not in ("refused", "given_up")


def _cause(inputs: Mapping[str, Any]) -> str:
    trigger = inputs.get("occasion")  # its name in stored records
    if not trigger:
        return FIRST
    return " ".join([trigger["kind"], ", ".join(trigger.get("facts") or ())]).strip()
