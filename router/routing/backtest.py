"""What would have happened to real leads under other rules: both rule sets replayed, and compared."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import numpy as np

from router.policy.backtest.columns import View
from router.policy.backtest.comparison import Comparison, compare
from router.policy.backtest.grading import Standing
from router.policy.backtest.judging import Judge, Kind, columns_for, judges
from router.policy.backtest.numbering import Ints
from router.policy.backtest.replay import Dealt, Judged, Replayed, deal
from router.policy.backtest.sieve import COMPUTED
from router.policy.catalog import Catalog, Owner
from router.policy.facts import facts_needed
from router.policy.rules import Policy
from router.routing.backtest_csv import CsvLeads, LeadsUnreadable
from router.routing.backtest_ledger import LedgerLeads

WORKERS: Final = min(os.cpu_count() or 1, 4)
_LOOK_EVERY_S: Final = 0.1

Leads: TypeAlias = CsvLeads | LedgerLeads
T = TypeVar("T", Kind, Standing)
Tell: TypeAlias = Callable[[int], None]
"""Told how many leads have been read, now and then."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One policy and the portal's owners by lower-case e-mail; `name` says where its files are from."""

    name: str
    policy: Policy
    owners: Mapping[str, Owner]


@dataclass(frozen=True, slots=True)
class Backtest:
    """The comparison, the contact id of each example, and how many rows had no date to place them by."""

    comparison: Comparison
    example_ids: tuple[str, ...]
    left_out: int


def rule_set(name: str, policy: Policy, catalog: Catalog) -> RuleSet:
    """A policy whose owners are those of its catalog."""
    archived_first = sorted(catalog.owners, key=lambda owner: not owner.archived)
    return RuleSet(name, policy, {owner.email.lower(): owner for owner in archived_first})


def run_backtest(leads: Leads, before: RuleSet, after: RuleSet, *, workers: int, tell: Tell) -> Backtest:
    """Replay the leads through both rule sets, in order, each with a book of shares of its own.

    With more than one worker, leads are judged and dealt in processes. Raises LeadsUnreadable when there
    are none, or none that can be read.
    """
    with _pool(workers) as pool:
        parts = pool.judged(leads, before, after, tell)
        read = _Reading(parts)
        if not len(read.arrived):
            raise LeadsUnreadable("There is no lead to replay. Choose an earlier --since, or another file.")
        judged = [read.judged(side) for side in (0, 1)]
        dealt = pool.dealt(
            [
                _ToDeal(rules, found.kinds, found.kind_of, read.arrived, found.scores())
                for rules, found in zip((before, after), judged, strict=True)
            ]
        )
    was, becomes = (
        Replayed(rules.policy, said, found)
        for rules, said, found in zip((before, after), judged, dealt, strict=True)
    )
    comparison = compare(was, becomes, arrived=read.arrived)
    return Backtest(
        comparison=comparison,
        example_ids=read.ids_of(one.lead for one in comparison.examples),
        left_out=sum(part.left_out for part in parts),
    )


@dataclass(slots=True)
class _Side:
    """What one rule set says of some blocks of leads: places in the judge's `kinds` and `standings`."""

    kinds: list[Kind]
    standings: list[Standing]
    kind_of: list[Ints]
    standing_of: list[Ints]


@dataclass(slots=True)
class _Part:
    """Some blocks of leads, judged by both rule sets; `numbers` are the blocks' places in the file."""

    numbers: list[int]
    arrived: list[Ints]
    ids: list[str]
    """The block's contact ids, a line each; empty in an export without ids."""
    sides: tuple[_Side, _Side]
    left_out: int = 0


def _judge_part(leads: Leads, before: Policy, after: Policy, *, part: int, parts: int, tell: Tell) -> _Part:
    """Judge every block whose number is `part` modulo `parts`."""
    both = judges(before, after)
    types = {**facts_needed(before), **facts_needed(after)}
    columns = columns_for(both, leads.reader(types), sources=leads.sources(types))
    told = {fact: found for fact, found in types.items() if fact not in COMPUTED}
    found = _Part([], [], [], (_side(both[0]), _side(both[1])))
    for number, chunk in leads.chunks(told, wanted=lambda number: number % parts == part):
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
        tell(len(chunk.arrived))
    return found


def _in_lines(ids: Sequence[str]) -> str:
    """One text, which goes from process to process faster than a thousand do."""
    lines = "\n".join(ids)
    return lines if lines.count("\n") < len(ids) else "\n".join([" ".join(one.split()) for one in ids])


def _side(judge: Judge) -> _Side:
    return _Side(judge.kinds, judge.standings, [], [])


class _Reading:
    """The parts put together: leads in the order of arrival, and in the source's where that is the same."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts
        numbers = [number for part in parts for number in part.numbers]
        self._blocks = sorted(range(len(numbers)), key=numbers.__getitem__)
        as_read = self._joined([block for part in parts for block in part.arrived])
        self._order: Ints | None = None
        if (as_read[1:] < as_read[:-1]).any():
            self._order = as_read.argsort(kind="stable")
        self.arrived = self._in_order(as_read)

    def judged(self, side: int) -> Judged:
        """What the parts say on that side."""
        sides = [part.sides[side] for part in self._parts]
        kinds, kind_of = self._merged([(one.kinds, one.kind_of) for one in sides])
        standings, standing_of = self._merged([(one.standings, one.standing_of) for one in sides])
        return Judged(kinds, kind_of, standings, standing_of)

    def _merged(self, parts: Sequence[tuple[list[T], list[Ints]]]) -> tuple[list[T], Ints]:
        """What is in the parts' lists, each once, and each lead's place in it."""
        numbers: dict[T, int] = {}
        blocks: list[Ints] = []
        for listed, of_part in parts:
            renumbered = np.array([numbers.setdefault(one, len(numbers)) for one in listed], np.int64)
            blocks += (renumbered[block] for block in of_part)
        return list(numbers), self._in_order(self._joined(blocks))

    def ids_of(self, leads: Iterable[int]) -> tuple[str, ...]:
        """The contacts' ids; in an export without ids, their rows."""
        rows = [lead if self._order is None else self._order[lead] for lead in leads]
        blocks = [ids for part in self._parts for ids in part.ids]
        if not any(blocks):
            return tuple(f"in row {row + 2}" for row in rows)
        ids = "\n".join([blocks[block] for block in self._blocks]).split("\n")
        return tuple(ids[row] for row in rows)

    def _joined(self, blocks: Sequence[Ints]) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *(blocks[place] for place in self._blocks)])

    def _in_order(self, as_read: Ints) -> Ints:
        return as_read if self._order is None else as_read[self._order]


class _ToDeal(NamedTuple):
    """One side, ready to be dealt out."""

    rules: RuleSet
    kinds: Sequence[Kind]
    kind_of: Ints
    arrived: Ints
    scores: Ints


def _deal(side: _ToDeal) -> Dealt:
    return deal(
        side.rules.policy,
        side.kinds,
        owners=side.rules.owners,
        kind_of=side.kind_of,
        arrived=side.arrived,
        scores=side.scores,
    )


@contextmanager
def _pool(workers: int) -> Iterator[_Pool]:
    if workers < 2:
        yield _Pool(None, None, 1)
        return
    context = get_context()
    told = context.SimpleQueue()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(told,)) as pool:
        yield _Pool(pool, told, workers)


class _Pool:
    """Does the work in processes, or here when there is none."""

    def __init__(self, pool: ProcessPoolExecutor | None, told: Any, workers: int) -> None:
        self._pool = pool
        self._told = told
        self._workers = workers

    def judged(self, leads: Leads, before: RuleSet, after: RuleSet, tell: Tell) -> list[_Part]:
        """All blocks of leads, judged by both."""
        if self._pool is None:
            return [_judge_part(leads, before.policy, after.policy, part=0, parts=1, tell=tell)]
        futures = [
            self._pool.submit(_judge_there, leads, before.policy, after.policy, part, self._workers)
            for part in range(self._workers)
        ]
        return self._results(futures, tell)

    def dealt(self, sides: Sequence[_ToDeal]) -> list[Dealt]:
        """Both sides, dealt out."""
        if self._pool is None:
            return [_deal(side) for side in sides]
        return self._results([self._pool.submit(_deal, side) for side in sides], lambda _leads: None)

    def _results(self, futures: Sequence[Future[Any]], tell: Tell) -> list[Any]:
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=_LOOK_EVERY_S)
            while not self._told.empty():
                tell(self._told.get())
        return [future.result() for future in futures]


_told: Any = None


def _begin(told: Any) -> None:
    """In a new process: remember whom to tell, and spare a million small objects the garbage collector."""
    global _told
    _told = told
    gc.disable()


def _judge_there(leads: Leads, before: Policy, after: Policy, part: int, parts: int) -> _Part:
    return _judge_part(leads, before, after, part=part, parts=parts, tell=_told.put)
