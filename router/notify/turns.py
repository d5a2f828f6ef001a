"""Turns: each neighbour is spoken to in a thread of its own, so that a slow one holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST: Final = 32
"""Turns at the same time; a thread that waits costs next to nothing."""


class Turns:
    """The neighbours that this process speaks to now; safe to use from many threads."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._running: dict[str, Future[Any]] = {}

    def start(self, neighbour: str, work: Callable[[], T]) -> Future[T] | None:
        """Begin the neighbour's turn; None while an earlier one goes on, or as many as there may be."""
        turn: Future[T] = Future()
        with self._lock:
            if neighbour in self._running or len(self._running) >= self._most:
                return None
            self._running[neighbour] = turn
        threading.Thread(target=self._run, args=(neighbour, turn, work), name="turn", daemon=True).start()
        return turn

    def finish(self, *, within_s: float) -> bool:
        """Wait for the turns that go on now; False if some still do after `within_s`."""
        with self._lock:
            running = list(self._running.values())
        return not wait(running, within_s).not_done

    def _run(self, neighbour: str, turn: Future[T], work: Callable[[], T]) -> None:
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is asked for
            self._end(neighbour)
            turn.set_exception(error)
        else:
            self._end(neighbour)
            turn.set_result(answer)

    def _end(self, neighbour: str) -> None:
        with self._lock:
            del self._running[neighbour]


def answers_within(seconds: float, turns: Iterable[Future[T]]) -> Sequence[T]:
    """The answers of the turns that end in time; the others go on. Raises what a turn raised."""
    ended, _going_on = wait(list(turns), seconds)
    return [turn.result() for turn in ended]
