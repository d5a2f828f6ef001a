"""Blocks of leads judged by two rule sets, and the judged blocks merged in order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from msgspec import Struct

from router.policy.backtest.dealing.replay import JudgedLeads
from router.policy.backtest.judging.columns import View
from router.policy.backtest.judging.condition_index import COMPUTED
from router.policy.backtest.judging.grading import ScoreClass
from router.policy.backtest.judging.judging import Judge, Kind, columns_for, judges
from router.policy.backtest.judging.numbering import Ints
from router.policy.leads.catalog import Owner
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy
from router.routing.backtest.csv_leads import CsvLeads
from router.routing.backtest.ledger_leads import LedgerLeads

Leads: TypeAlias = CsvLeads | LedgerLeads
T = TypeVar("T", Kind, ScoreClass)
ProgressCallback: TypeAlias = Callable[[int], None]
"""Called now and then with the number of leads read since the last call."""


class RuleSet(Struct, frozen=True):
    """One policy and the portal's owners by lower-case e-mail; `name` says where its files are from."""

    name: str
    policy: Policy
    owners: Mapping[str, Owner]


@dataclass(slots=True)
class Side:
    """One rule set's results for some blocks; arrays hold positions in the lists `kinds` and `standings`."""

    kinds: list[Kind]
    standings: list[ScoreClass]
    kind_of: list[Ints]
    standing_of: list[Ints]


@dataclass(slots=True)
class Part:
    """Some blocks of leads, judged by both rule sets; `numbers` are the blocks' positions in the file."""

    numbers: list[int]
    arrived: list[Ints]
    ids: list[str]
    """Contact ids, one text per block and one id per line; empty in an export without ids."""
    sides: tuple[Side, Side]
    left_out: int = 0


class Work(NamedTuple):
    """The leads to replay, and the two rule sets."""

    leads: Leads
    sides: tuple[RuleSet, RuleSet]


def judge_part(work: Work, *, wanted: Callable[[int], bool], progress: ProgressCallback) -> Part:
    """Judge every block whose number is `wanted`; that is asked once per block, in order."""
    leads, policies = work.leads, [rules.policy for rules in work.sides]
    both = judges(*policies)
    types = {fact: found for policy in policies for fact, found in facts_needed(policy).items()}
    columns = columns_for(both, leads.reader(types), sources=leads.sources(types))
    stored = {fact: found for fact, found in types.items() if fact not in COMPUTED}
    found = Part([], [], [], (_side(both[0]), _side(both[1])))
    for number, chunk in leads.chunks(stored, wanted=wanted):
        found.left_out += chunk.left_out
        if not len(chunk.arrived):
            continue
        view = View(columns, chunk)
        for judge, side in zip(both, found.sides, strict=True):
            kinds, standings = judge.judged(view)
            side.kind_of.append(kinds)
            side.standing_of.append(standings)
        found.numbers.append(number)
        found.arrived.append(chunk.arrived)
        found.ids.append(_in_lines(chunk.ids))
        progress(len(chunk.arrived))
    return found


def _in_lines(ids: Sequence[str]) -> str:
    """All ids in one text: it is passed between processes faster than a thousand texts."""
    lines = "\n".join(ids)
    return lines if lines.count("\n") < len(ids) else "\n".join([" ".join(one.split()) for one in ids])


def _side(judge: Judge) -> Side:
    return Side(judge.kinds, judge.standings, [], [])


class MergedBlocks:
    """All parts merged: leads in order of arrival, and in the order of the source where that is equal."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        numbers = [number for part in parts for number in part.numbers]
        self._blocks = sorted(range(len(numbers)), key=numbers.__getitem__)
        as_read = self._joined([block for part in parts for block in part.arrived])
        self._order: Ints | None = None
        if (as_read[1:] < as_read[:-1]).any():
            self._order = as_read.argsort(kind="stable")
        self.arrived = self._in_order(as_read)

    def judged(self, side: int) -> JudgedLeads:
        """The merged results of one side (0 or 1)."""
        sides = [part.sides[side] for part in self._parts]
        kinds, kind_of = self._merged([(one.kinds, one.kind_of) for one in sides])
        standings, standing_of = self._merged([(one.standings, one.standing_of) for one in sides])
        return JudgedLeads(kinds, kind_of, standings, standing_of)

    def _merged(self, parts: Sequence[tuple[list[T], list[Ints]]]) -> tuple[list[T], Ints]:
        """The distinct entries of the parts' lists, and each lead's position in that list."""
        numbers: dict[T, int] = {}
        blocks: list[Ints] = []
        for listed, of_part in parts:
            renumbered = np.array([numbers.setdefault(one, len(numbers)) for one in listed], np.int64)
            blocks += (renumbered[block] for block in of_part)
        return list(numbers), self._in_order(self._joined(blocks))

    def ids_of(self, leads: Iterable[int]) -> tuple[str, ...]:
        """The contacts' ids; in an export without ids, their row numbers among the rows read."""
        rows = [lead if self._order is None else self._order[lead] for lead in leads]
        blocks = [ids for part in self._parts for ids in part.ids]
        if not any(blocks):
            return tuple(f"number {row + 1} of those replayed" for row in rows)
        ids = "\n".join([blocks[block] for block in self._blocks]).split("\n")
        return tuple(ids[row] for row in rows)

    def _joined(self, blocks: Sequence[Ints]) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *(blocks[place] for place in self._blocks)])

    def _in_order(self, as_read: Ints) -> Ints:
        return as_read if self._order is None else as_read[self._order]
