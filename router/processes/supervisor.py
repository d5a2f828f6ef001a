"""The supervisor: it keeps child processes, and a Valkey server if needed, running until it is stopped.

A child that ends is started again. Children end with us, whichever way we end: in good order they get
SIGTERM, then time, then SIGKILL; after our own SIGKILL they notice by themselves (see child.py), and the
server is stopped by reaper.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from msgspec import Struct, field

from router.processes.child import GRACE_S
from router.processes.valkey_process import Hear, OwnServer
from router.store.embedded import EmbeddedValkey

SHORTEST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
HEALTHY_S: Final = 10.0
"""A child that ran this long (seconds) restarts at once after its end; others wait longer each time."""
HOPELESS: Final = 3
"""A child that ended this often without becoming ready will not become ready."""
LAST_WORDS: Final = 12
LOOK_S: Final = 0.02
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]{0,20}m")
READY: Final = ("listening on http", "process.started")
"""One of these is in the log line with which a child reports that it is ready."""


class NotReady(Exception):
    """A child did not become ready; the message has its last log lines."""


class Role(Struct, frozen=True):
    """A child process to run: `python -m module arguments…`; its name begins its log lines."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """The children of one installation. Use it as a context: leaving it stops everything.

    `valkey` is started, watched and stopped along with the children. `remove` is a directory that reaper.py
    removes if we are killed; in good order the caller removes it.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        hear: Hear,
        valkey: EmbeddedValkey | None = None,
        remove: Path | None = None,
    ) -> None:
        self._environ = {**environ, "PYTHONUNBUFFERED": "1"}
        self._hear = hear
        self._children: dict[str, _Child] = {}
        self._server = OwnServer(valkey, hear=hear, remove=remove) if valkey else None

    def start(self, *roles: Role) -> None:
        """Start these children, and the server before the first of them; returns at once after that."""
        if self._server is not None:
            self._server.start()
        for role in roles:
            self._children[role.name] = _Child(role, environ=self._environ, hear=self._hear)

    def pid(self, name: str) -> int:
        """The process id of a running child. Raises `LookupError` while it is being restarted."""
        return self._children[name].pid()

    def address(self, name: str) -> str:
        """The address where a child listens (`http://…`). Raises `LookupError` before it is logged."""
        address = self._children[name].address
        if address is None:
            raise LookupError(f"{name} has not said yet where it listens.")
        return address

    def wait_until_ready(self, *names: str, within_s: float = 30.0) -> None:
        """Return when these children (all, if none is named) are ready. Raises `NotReady`.

        Workers log it on level info, so their LOG_LEVEL must not be above it.
        """
        children = [self._children[name] for name in names or self._children]
        deadline = time.monotonic() + within_s
        for child in children:
            while not child.ready:
                if time.monotonic() > deadline or child.lives > HOPELESS:
                    words = "\n  ".join(child.last_words) or "(it said nothing)"
                    raise NotReady(f"{child.role.name} did not start. Its last words:\n  {words}")
                time.sleep(LOOK_S)

    def stop(self) -> None:
        """End every child (SIGTERM, 12 s, SIGKILL), then the server. Safe to repeat."""
        children = list(self._children.values())
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + GRACE_S
        for child in children:
            child.await_end(within_s=deadline - time.monotonic())
        if self._server is not None:
            self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Child:
    """One role's process; a thread reads its log and starts it again when it ends."""

    def __init__(self, role: Role, *, environ: Mapping[str, str], hear: Hear) -> None:
        self.role = role
        self.ready = False
        self.address: str | None = None
        self.lives = 0
        self.last_words: list[str] = []
        self._environ = {**environ, **role.environ}
        self._hear = hear
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._live, name=role.name, daemon=True)
        self._thread.start()

    def pid(self) -> int:
        process = self._process
        if process is None or process.poll() is not None:
            raise LookupError(f"{self.role.name} is not running at this moment.")
        return process.pid

    def ask_to_end(self) -> None:
        self._stopping.set()
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()

    def await_end(self, *, within_s: float) -> None:
        self._thread.join(max(0.0, within_s))
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
            self._thread.join()

    def _live(self) -> None:
        pause_s = SHORTEST_PAUSE_S
        while (process := self._begin()) is not None:
            began = time.monotonic()
            code = self._listen(process)
            self.ready = False
            if self._stopping.is_set():
                return
            pause_s = SHORTEST_PAUSE_S if time.monotonic() - began > HEALTHY_S else pause_s
            self._hear(self.role.name, f"ended with exit code {code}; starts again in {pause_s:.1f} s")
            self._stopping.wait(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    def _begin(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            self.lives += 1
            # Its own session: the supervisor passes Ctrl-C on, in the right order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "router.processes.child", self.role.module, *self.role.arguments],
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            return self._process

    def _listen(self, process: subprocess.Popen[str]) -> int:
        with process:  # waits for its end, and closes the pipes
            for line in process.stdout or ():
                self._note(line.rstrip("\n"))
        return process.returncode

    def _note(self, line: str) -> None:
        if any(word in line for word in READY):
            _, _, address = line.partition("listening on ")
            self.address = address.strip() or None
            self.ready = True
        self.last_words = [*self.last_words, _COLOUR.sub("", line)][-LAST_WORDS:]
        self._hear(self.role.name, line)
