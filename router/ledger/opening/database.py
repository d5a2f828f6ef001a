"""The ledger's database, opened and upgraded at its first use, and left in peace while it fails.

Nothing happens before the first statement, so a process starts whatever state the ledger is in. After a
failure every statement fails at once for some seconds: what needs the ledger waits, and does not hold up what
does not need it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from sqlalchemy import Connection, Dialect, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from tenacity import stop_after_delay

from router.ledger.engine import BUSY_TIMEOUT_MS, begin_writing, engine_of, name_of
from router.ledger.opening.conflicts import again_after_a_conflict
from router.ledger.opening.ledger_file import LedgerFile
from router.ledger.opening.problems import LedgerProblem, problem_of
from router.ledger.schema import LedgerWaits, NewerLedger, UnusableLedger, bring_up_once, bring_up_to_date

REST_S: Final = 5.0
"""Seconds for which a database that failed is not asked again."""
PROBE_MS: Final = 500
"""Milliseconds that a database waits for a lock while it is opened, or fails."""
STARTING_S: Final = 1.0
"""Seconds for which the first statement tries again, as processes that start together make the same file."""
OPENING_MS: Final = 5_000
"""Milliseconds for which the first statement waits for another process's upgrade of the schema."""

Result = TypeVar("Result")


class Database:
    """Connections to one ledger, as SQLAlchemy's engine gives them. Safe to use from many threads.

    `may_create` is asked before a SQLite file that is not there is made: False where Lead Router has seen one
    before, because then a disk may not be mounted. `clock` is in monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        may_create: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine_of(url, patience_ms=self._patience_ms)
        self._may_create = may_create
        self._clock = clock
        self._lock = threading.Lock()
        self._file = LedgerFile(self._engine)
        self._opened: int | None = None
        """The file's inode when its schema was brought up to date."""
        self._problem: LedgerProblem | None = None
        self._failing = self._is_patient = False
        self._again_at = 0.0
        event.listen(self._engine, "handle_error", self._note)

    @property
    def url(self) -> URL:
        """The database's URL."""
        return self._engine.url

    @property
    def dialect(self) -> Dialect:
        """SQLAlchemy's dialect of the database."""
        return self._engine.dialect

    @property
    def problem(self) -> LedgerProblem | None:
        """What was wrong at the last use, or None; it is over once a `probe` succeeds."""
        return self._problem

    def connect(self) -> Connection:
        """A connection, to be used as a context. Raises `UnusableLedger` or `SQLAlchemyError`."""
        self._be_ready()
        return self._engine.connect()

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction, as a context. Raises `UnusableLedger` or `SQLAlchemyError`."""
        self._be_ready()
        return self._engine.begin()

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """The result of `work` in a transaction of its own. Raises `UnusableLedger` or `SQLAlchemyError`.

        If another transaction comes in the way, `work` is called again: it must change nothing but rows. On
        SQLite it has the write lock from the start, so what it reads is still so when it writes.
        """
        self._be_ready()

        def transaction() -> Result:
            with self._engine.begin() as connection:
                begin_writing(connection)
                return work(connection)

        return again_after_a_conflict(transaction)

    def open(self, *, waits_ms: int | None = None) -> None:
        """Bring the schema up to date now, whatever failed before, and wait for another process's upgrade."""
        self._is_patient = True
        try:
            self._open(waits_ms=waits_ms)
        finally:
            self._is_patient = False

    def probe(self) -> LedgerProblem | None:
        """Open and write for real, without changing anything; what is wrong, or None."""
        with self._lock:
            self._probe()
            return self._problem

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _be_ready(self) -> None:
        if self._problem is None and self._is_open():
            return
        with self._lock:
            if self._problem is None and self._is_open():
                return
            if self._problem is not None:
                if self._clock() < self._again_at:
                    raise _waits(self._problem)
                self._probe()
                if self._problem is not None:
                    raise _waits(self._problem)
                return
            self._open(waits_ms=OPENING_MS)

    def _probe(self) -> None:
        self._failing, self._problem = self._problem is not None, None
        if self._failing:
            self._engine.dispose()  # the file or server may be another one now
        try:
            self._open(waits_ms=PROBE_MS)
            with self._engine.begin() as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
        except SQLAlchemyError as error:
            if self._problem is None:  # an error that stands for no known problem still is one
                self._fail(LedgerProblem("broken_disk", name_of(self.url), str(error).partition("\n")[0]))
        except UnusableLedger:
            pass  # noted where it was raised
        self._failing = self._problem is not None

    def _open(self, *, waits_ms: int | None) -> None:
        if self._is_open():
            return
        if self._file.is_missing and not self._may_create():
            problem = LedgerProblem("absent", name_of(self.url))
            self._fail(problem)
            raise _waits(problem)
        try:
            self._bring_up(waits_ms=waits_ms)
        except NewerLedger:
            self._fail(LedgerProblem("newer", name_of(self.url)))
            raise
        self._opened = self._file.inode

    def _bring_up(self, *, waits_ms: int | None) -> None:
        if self._failing:
            bring_up_once(self._engine, waits_ms=waits_ms)
        elif self._is_patient:
            bring_up_to_date(self._engine, waits_ms=waits_ms)
        else:
            soon = bring_up_to_date.retry_with(stop=stop_after_delay(STARTING_S))
            soon(self._engine, waits_ms=waits_ms)

    def _patience_ms(self) -> int:
        is_sound = self._opened is not None and not self._failing
        return BUSY_TIMEOUT_MS if is_sound or self._is_patient else PROBE_MS

    def _is_open(self) -> bool:
        return self._opened is not None and self._opened == self._file.inode

    def _note(self, context: ExceptionContext) -> None:
        problem = problem_of(context.original_exception, self.url)
        if problem is not None:
            self._fail(problem)

    def _fail(self, problem: LedgerProblem) -> None:
        self._problem, self._failing = problem, True
        self._again_at = self._clock() + REST_S


def _waits(problem: LedgerProblem) -> LedgerWaits:
    return LedgerWaits(f"{problem.sentence} See: router ledger check")
