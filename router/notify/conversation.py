"""A conversation with another server that ends in time, whatever the other side does.

The time limit of a socket starts anew with every byte, so a server that sends one now and then would hold its
caller for ever; and looking up a name has no limit at all. Here the whole conversation runs in a thread, and
when its time is over the connection is shut from outside, which ends the thread.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
Socket = TypeVar("Socket", bound=socket.socket)


class TooLate(Exception):
    """The time was over. `established`: the connection stood, so something may have been sent."""

    def __init__(self, *, established: bool) -> None:
        super().__init__("the time for the conversation is over")
        self.established = established


class Conversation:
    """One conversation of at most `deadline_s` seconds: names, connecting, TLS, sending and receiving."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._established = False
        self._over = False

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, which has to give its connections to `guard`.

        Raises what `work` raises, and `TooLate` once the time is over; nothing is sent from then on.
        """
        answer: Future[T] = Future()
        threading.Thread(target=_answer, args=(answer, work), name="conversation", daemon=True).start()
        try:
            return answer.result(self._deadline_s)
        except TimeoutError:
            if answer.done():
                return answer.result()  # it came in this moment, or is an error of the work itself
            raise TooLate(established=self._established) from None
        finally:
            self._end()

    def guard(self, connection: Socket) -> Socket:
        """The same connection, which is shut when the time is over. Raises TimeoutError if it is over."""
        # A second descriptor of the same connection: TLS takes the first one into an object of its own.
        kept = socket.socket(fileno=os.dup(connection.fileno()))
        with self._lock:
            if not self._over:
                self._connections.append(kept)
                return connection
        _shut(kept)
        raise TimeoutError("the time for the conversation is over")

    def establish(self) -> None:
        """Note that the connection stands, TLS included. Raises TimeoutError if the time is over."""
        with self._lock:
            if self._over:
                raise TimeoutError("the time for the conversation is over")
            self._established = True

    def _end(self) -> None:
        with self._lock:
            self._over = True
            for connection in self._connections:
                _shut(connection)
            self._connections.clear()


def _answer(answer: Future[T], work: Callable[[], T]) -> None:
    try:
        answer.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is awaited
        answer.set_exception(error)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
