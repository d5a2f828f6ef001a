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
from router.policy.backtest.dealing import Dealt, deal
from router.policy.backtest.grading import Standing
from router.policy.backtest.judging import Judge, Kind, columns_for, judges
from router.policy.backtest.numbering import Ints
from router.policy.backtest.replay import Judged, Replayed
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
    with _pool(workers, _Work(leads, (before, after))) as pool:
        parts = pool.judged(tell)
        read = _Reading(parts)
        if not len(read.arrived):
            raise LeadsUnreadable("There is no lead to replay. Choose an earlier --since, or another file.")
        judged = [read.judged(side) for side in (0, 1)]
        dealt = pool.dealt(
            [
                _ToDeal(side, found.kinds, found.kind_of, read.arrived, found.scores())
                for side, found in enumerate(judged)
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


class _Work(NamedTuple):
    """What is replayed, and through which rules."""

    leads: Leads
    sides: tuple[RuleSet, RuleSet]


def _judge_part(work: _Work, *, wanted: Callable[[int], bool], tell: Tell) -> _Part:
    """Judge every block whose number is `wanted`, which is asked once for each, in order."""
    leads, policies = work.leads, [rules.policy for rules in work.sides]
    both = judges(*policies)
    types = {fact: found for policy in policies for fact, found in facts_needed(policy).items()}
    columns = columns_for(both, leads.reader(types), sources=leads.sources(types))
    told = {fact: found for fact, found in types.items() if fact not in COMPUTED}
    found = _Part([], [], [], (_side(both[0]), _side(both[1])))
    for number, chunk in leads.chunks(told, wanted=wanted):
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
    """One side (0 or 1), ready to be dealt out."""

    side: int
    kinds: Sequence[Kind]
    kind_of: Ints
    arrived: Ints
    scores: Ints


def _deal(work: _Work, found: _ToDeal) -> Dealt:
    rules = work.sides[found.side]
    return deal(
        rules.policy,
        found.kinds,
        owners=rules.owners,
        kind_of=found.kind_of,
        arrived=found.arrived,
        scores=found.scores,
    )


@contextmanager
def _pool(workers: int, work: _Work) -> Iterator[_Pool]:
    if workers < 2:
        yield _Pool(None, None, 1, work)
        return
    context = get_context()
    told, next_block = context.SimpleQueue(), context.Value("q", 0)
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(work, told, next_block)
    ) as pool:
        yield _Pool(pool, told, workers, work)


class _Pool:
    """Does the work in processes, or here when there is none."""

    def __init__(self, pool: ProcessPoolExecutor | None, told: Any, workers: int, work: _Work) -> None:
        self._pool = pool
        self._told = told
        self._workers = workers
        self._work = work

    def judged(self, tell: Tell) -> list[_Part]:
        """All blocks of leads, judged by both."""
        if self._pool is None:
            return [_judge_part(self._work, wanted=lambda _number: True, tell=tell)]
        return self._results([self._pool.submit(_judge_there) for _ in range(self._workers)], tell)

    def dealt(self, sides: Sequence[_ToDeal]) -> list[Dealt]:
        """Both sides, dealt out."""
        if self._pool is None:
            return [_deal(self._work, side) for side in sides]
        return self._results([self._pool.submit(_deal_there, side) for side in sides], lambda _leads: None)

    def _results(self, futures: Sequence[Future[Any]], tell: Tell) -> list[Any]:
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=_LOOK_EVERY_S)
            while not self._told.empty():
                tell(self._told.get())
        return [future.result() for future in futures]


class _Here(NamedTuple):
    """What a process of the pool has: the work, whom to tell how far it is, and the block that is next."""

    work: _Work
    told: Any
    next_block: Any


_here: _Here | None = None


def _begin(work: _Work, told: Any, next_block: Any) -> None:
    """In a new process: remember what there is, and spare a million small objects the garbage collector."""
    global _here
    _here = _Here(work, told, next_block)
    gc.disable()


def _found_here() -> _Here:
    if _here is None:
        raise RuntimeError("This process is not one of a backtest's.")
    return _here


def _judge_there() -> _Part:
    """Judge the blocks that no other process takes: whoever is done with one draws the next."""
    work, told, next_block = _found_here()

    def drawn() -> int:
        with next_block.get_lock():
            next_block.value += 1
            return int(next_block.value) - 1

    mine = drawn()

    def wanted(number: int) -> bool:
        nonlocal mine
        if number != mine:
            return False
        mine = drawn()
        return True

    return _judge_part(work, wanted=wanted, tell=told.put)


def _deal_there(found: _ToDeal) -> Dealt:
    return _deal(_found_here().work, found)
