"""Judging and dealing leads in several processes, or in this one."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

from router.policy.backtest.dealing.dealing import Dealt, deal
from router.policy.backtest.judging.judging import Kind
from router.policy.backtest.judging.numbering import Ints
from router.routing.backtest.blocks import Part, ProgressCallback, Work, judge_part

_LOOK_EVERY_S: Final = 0.1


class ToDeal(NamedTuple):
    """One side (0 or 1), ready to be dealt out."""

    side: int
    kinds: Sequence[Kind]
    kind_of: Ints
    arrived: Ints
    scores: Ints


def deal_out(work: Work, found: ToDeal) -> Dealt:
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
def a_pool(workers: int, work: Work) -> Iterator[Pool]:
    if workers < 2:
        yield Pool(None, None, 1, work)
        return
    context = get_context()
    progress, next_block = context.SimpleQueue(), context.Value("q", 0)
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(work, progress, next_block)
    ) as pool:
        yield Pool(pool, progress, workers, work)


class Pool:
    """Worker processes that judge and deal leads; without them the work is done in this process."""

    def __init__(self, pool: ProcessPoolExecutor | None, progress: Any, workers: int, work: Work) -> None:
        self._pool = pool
        self._progress = progress
        self._workers = workers
        self._work = work

    def judged(self, progress: ProgressCallback) -> list[Part]:
        """All blocks of leads, judged by both rule sets; `progress` gets the number of leads read."""
        if self._pool is None:
            return [judge_part(self._work, wanted=lambda _number: True, progress=progress)]
        return self._results([self._pool.submit(_judge_there) for _ in range(self._workers)], progress)

    def dealt(self, sides: Sequence[ToDeal]) -> list[Dealt]:
        """The results of dealing out both sides."""
        if self._pool is None:
            return [deal_out(self._work, side) for side in sides]
        return self._results([self._pool.submit(_deal_there, side) for side in sides], lambda _leads: None)

    def _results(self, futures: Sequence[Future[Any]], progress: ProgressCallback) -> list[Any]:
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=_LOOK_EVERY_S)
            while not self._progress.empty():
                progress(self._progress.get())
        return [future.result() for future in futures]


class _Here(NamedTuple):
    """What a process of the pool holds: the work, the progress queue, and the number of the next block."""

    work: Work
    progress: Any
    next_block: Any


_here: _Here | None = None


def _begin(work: Work, progress: Any, next_block: Any) -> None:
    """Set up a new process. Garbage collection is off: it would walk a million small objects for nothing."""
    global _here
    _here = _Here(work, progress, next_block)
    gc.disable()


def _found_here() -> _Here:
    if _here is None:
        raise RuntimeError("This process is not one of a backtest's.")
    return _here


def _judge_there() -> Part:
    """Judge blocks one after the other; each process takes the next number that no other process took."""
    work, progress, next_block = _found_here()

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

    return judge_part(work, wanted=wanted, progress=progress.put)


def _deal_there(found: ToDeal) -> Dealt:
    return deal_out(_found_here().work, found)
