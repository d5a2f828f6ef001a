"""The Valkey server of a small installation, started and stopped with its supervisor."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from router.store.embedded import EmbeddedValkey

Hear = Callable[[str, str], None]
"""Called with a process name and a line of its log, from many threads."""

LOOK_S: Final = 0.5


class OwnServer:
    """A server that is started again when it dies, and stops with `stop` or with our own death.

    Its whole life is on one thread: a Ctrl-C, which interrupts the main thread, cannot come between its start
    and our knowing of it.
    """

    def __init__(self, valkey: EmbeddedValkey, *, hear: Hear, remove: Path | None) -> None:
        self._valkey = valkey
        valkey.on_loading = lambda loading: hear("valkey", loading.sentence)
        self._hear = hear
        self._remove = [str(remove)] if remove else []
        self._up = threading.Event()
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._reaper: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="valkey", daemon=True)

    def start(self) -> None:
        """Return when the server answers. Raises what `EmbeddedValkey.start` raises. Safe to repeat."""
        if not self._thread.ident:
            self._thread.start()
        self._up.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident:
            self._thread.join()

    def _keep(self) -> None:
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "router.processes.reaper", str(self._valkey.directory), *self._remove],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._valkey.start()
        except Exception as error:  # noqa: BLE001 - it is raised where the start was asked for
            self._failure = error
        self._up.set()
        while self._failure is None and not self._stopping.wait(LOOK_S):
            if not self._answers():
                self._hear("valkey", "is gone; starts again")
                with contextlib.suppress(OSError, RuntimeError):  # tried again at the next look
                    self._valkey.start()
        self._valkey.stop()
        self._reaper.communicate(b"done")

    def _answers(self) -> bool:
        """False only if no server listens: beside a slow or full one no second server may start."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(LOOK_S)
            try:
                line.connect(str(self._valkey.socket))
            except (ConnectionRefusedError, FileNotFoundError):
                return False
            except OSError:
                return True
        return True
