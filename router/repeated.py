"""One log line per problem and minute, with the number of times it happened."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Level = Literal["info", "warning", "error"]

EVERY_S: Final = 60.0
MOST_PROBLEMS: Final = 1_000
"""Problems remembered at a time; above that the oldest are forgotten."""


@dataclass(slots=True)
class _Problem:
    began: float
    count: int = 0
    """Times since its last line."""
    write: Callable[[int], None] = field(default=lambda _times: None)


class RepeatedProblems:
    """Problems of loops and of requests. Safe to use from many threads; `clock` is in monotonic seconds.

    The first occurrence is logged at once, with its traceback if it has one. Those of the next minute are
    counted and logged as one line (`times`) when the minute is over: at the problem's next occurrence, or at
    the next `flush`.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, every_s: float = EVERY_S) -> None:
        self._clock = clock
        self._every_s = every_s
        self._lock = threading.Lock()
        self._problems: dict[tuple[str, ...], _Problem] = {}

    def say(
        self,
        log: Any,
        event: str,
        *,
        problem: str = "",
        level: Level = "warning",
        exception: BaseException | None = None,
        **fields: object,
    ) -> bool:
        """Log `event`, or count it; True if a line was written.

        `problem` tells apart what has the same event: a class of error, a status, a job; never an id.
        """

        def write(times: int, *, trace: bool = False) -> None:
            more: dict[str, Any] = {"times": times} if times > 1 else {}
            if trace and exception is not None:
                more["exc_info"] = exception
            getattr(log, level)(event, **fields, **more)

        times = self.count(event, problem, write=write)
        if times:
            write(times, trace=True)
        return bool(times)

    def count(self, *key: str, write: Callable[[int], None] | None = None) -> int:
        """Count the problem `key`; the times that a line has to name now, 0 if no line is due."""
        now = self._clock()
        with self._lock:
            known = self._problems.get(key)
            if known is not None and now - known.began < self._every_s:
                known.count += 1
                if write is not None:
                    known.write = write
                return 0
            times = (known.count if known is not None else 0) + 1
            self._problems.pop(key, None)
            while len(self._problems) >= MOST_PROBLEMS:
                self._problems.pop(next(iter(self._problems)))
            self._problems[key] = _Problem(began=now)
            return times

    def flush(self) -> None:
        """Log the problems whose minute is over and that came again meanwhile."""
        now = self._clock()
        with self._lock:
            over = {key: one for key, one in self._problems.items() if now - one.began >= self._every_s}
            for key, one in over.items():
                if one.count:
                    self._problems[key] = _Problem(began=now)
                else:
                    del self._problems[key]
        for one in over.values():
            if one.count:
                one.write(one.count)


repeated: Final = RepeatedProblems()
"""The problems of this process."""


class RepeatsOfLibraries(logging.Filter):
    """Lets one warning or error per problem and minute of the standard library's loggers through."""

    def __init__(self, problems: RepeatedProblems | None = None) -> None:
        super().__init__()
        self._problems = problems or repeated

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a repetition; a line after some repetitions ends with their number."""
        if record.levelno < logging.WARNING:
            return True
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        what = f"{kind.__name__}: {record.exc_info[1]}"[:200] if kind and record.exc_info else str(record.msg)
        times = self._problems.count("library", record.name, what)
        if times > 1:
            record.msg, record.args = f"{record.getMessage()} ({times} times)", ()
        return times > 0
