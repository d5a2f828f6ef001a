"""What would have happened to real leads under other rules: both rule sets replayed, and compared."""

from __future__ import annotations

import gc
import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, TypeAlias

from router.policy.backtest.columns import View
from router.policy.backtest.comparison import Comparison, compare
from router.policy.backtest.judging import COMPUTED, Verdict, columns_for, judges
from router.policy.backtest.replay import Replayed, deal
from router.policy.catalog import Catalog, Owner
from router.policy.facts import facts_needed
from router.policy.rules import Policy
from router.routing.backtest_csv import CsvLeads, LeadsUnreadable
from router.routing.backtest_ledger import LedgerLeads

WORKERS: Final = min(os.cpu_count() or 1, 4)
_LOOK_EVERY_S: Final = 0.1

Leads: TypeAlias = CsvLeads | LedgerLeads
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
        numbers = [number for part in parts for number in part.numbers]
        in_order = sorted(range(len(numbers)), key=numbers.__getitem__)
        blocks = [block for part in parts for block in part.arrived]
        arrived = array("q")
        for place in in_order:
            arrived.extend(blocks[place])
        if not arrived:
            raise LeadsUnreadable("There is no lead to replay. Choose an earlier --since, or another file.")
        replayed = pool.dealt(
            [
                (one, *_merged([part.sides[side] for part in parts], in_order), arrived)
                for side, one in enumerate((before, after))
            ]
        )
    by_arrival = replayed[0].order
    comparison = compare(
        *replayed, arrived=lambda lead: arrived[lead if by_arrival is None else by_arrival[lead]]
    )
    ids: list[str] = []
    id_blocks = [block for part in parts for block in part.ids]
    for place in in_order:
        ids.extend(id_blocks[place])
    return Backtest(
        comparison=comparison,
        example_ids=tuple(ids[one.lead] if ids else str(one.lead + 2) for one in comparison.examples),
        left_out=sum(part.left_out for part in parts),
    )


@dataclass(slots=True)
class _Side:
    """What one rule set says of some blocks of leads; each block gives places in `verdicts`."""

    verdicts: list[Verdict]
    blocks: list[array[int]]


@dataclass(slots=True)
class _Part:
    """Some blocks of leads, judged by both rule sets; `numbers` are the blocks' places in the file."""

    numbers: list[int]
    arrived: list[array[int]]
    ids: list[list[str]]
    sides: tuple[_Side, _Side]
    left_out: int = 0


def _judge_part(leads: Leads, before: Policy, after: Policy, *, part: int, parts: int, tell: Tell) -> _Part:
    """Judge every block whose number is `part` modulo `parts`."""
    both = judges(before, after)
    types = {**facts_needed(before), **facts_needed(after)}
    columns = columns_for(both, leads.reader(types))
    facts = [fact for fact in types if fact not in COMPUTED]
    found = _Part([], [], [], (_Side(both[0].verdicts, []), _Side(both[1].verdicts, [])))
    for number, chunk in leads.chunks(facts, wanted=lambda number: number % parts == part):
        view = View(columns, chunk)
        for judge, side in zip(both, found.sides, strict=True):
            side.blocks.append(array("l", judge.judged(view)))
        found.numbers.append(number)
        found.arrived.append(array("q", chunk.arrived))
        found.ids.append(list(chunk.ids))
        found.left_out += chunk.left_out
        tell(len(chunk.arrived))
    return found


def _merged(sides: Sequence[_Side], in_order: Sequence[int]) -> tuple[list[Verdict], array[int]]:
    """The verdicts of all parts in one list, and each lead's place in it."""
    numbers: dict[Verdict, int] = {}
    blocks = []
    for side in sides:
        renumbered = [numbers.setdefault(verdict, len(numbers)) for verdict in side.verdicts]
        blocks += [(block, renumbered) for block in side.blocks]
    merged = array("l")
    for place in in_order:
        block, renumbered = blocks[place]
        merged.extend(map(renumbered.__getitem__, block))
    return list(numbers), merged


_ToDeal: TypeAlias = "tuple[RuleSet, list[Verdict], array[int], array[int]]"


def _deal(rules: RuleSet, verdicts: list[Verdict], verdict_of: array[int], arrived: array[int]) -> Replayed:
    return deal(rules.policy, verdicts, owners=rules.owners, verdict_of=verdict_of, arrived=arrived)


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

    def dealt(self, sides: Sequence[_ToDeal]) -> list[Replayed]:
        """Both sides, dealt out."""
        if self._pool is None:
            return [_deal(*side) for side in sides]
        return self._results([self._pool.submit(_deal, *side) for side in sides], lambda _leads: None)

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
