"""The web server: robust against slow clients, and stopping without cutting a request off.

Waitress reads a request to its end before a thread sees it, so a body that drips in costs a socket and no
thread. What Waitress lacks is added here: a deadline for the whole request (its own timeout starts again with
each byte) and a SIGTERM that lets requests end.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import waitress.channel
import waitress.parser
import waitress.server
from waitress import wasyncore
from waitress.adjustments import Adjustments

from router.web.one_core import stay_on_one_core

Application = Callable[..., Any]

THREADS: Final = 16
"""HubSpot has at most ten deliveries in flight, reps four requests; two are left for /health."""
MAX_CONNECTIONS: Final = 500
"""Below the 1,024 files that most hosts let a process open."""
MAX_REQUEST_BYTES: Final = 1024 * 1024
"""Twice the receiver's limit, so that the receiver itself can answer that a body is too large."""
MAX_HEADER_BYTES: Final = 32 * 1024
IN_MEMORY_BYTES: Final = 128 * 1024
"""A larger body waits in a temporary file: 500 slow ones must not fill the memory."""
WHOLE_REQUEST_S: Final = 30
"""A request not complete after this time is cut off; HubSpot itself gives up after 5 to 10 s."""
IDLE_S: Final = 75
"""Longer than the 60 s of usual load balancers, which must be the ones to hang up."""
SWEEP_S: Final = 2
STOP_S: Final = 10
JUST_NOW_S: Final = 0.5
"""While stopping: a connection this new or this recently used may still receive a request."""


def serve(application: Application, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that have begun within 10 s.

    Prints where it listens; port 0 takes a free one. Raises `OSError` if the port is taken. Has to run on the
    main thread, which is the one that gets signals.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    stay_on_one_core()
    options = Adjustments(
        host=host,
        port=port,
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        channel_timeout=IDLE_S,
        cleanup_interval=SWEEP_S,
        max_request_body_size=MAX_REQUEST_BYTES,
        max_request_header_size=MAX_HEADER_BYTES,
        inbuf_overflow=IN_MEMORY_BYTES,
        recv_bytes=64 * 1024,
        asyncore_use_poll=True,  # select() cannot see the 1,024th file
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server = _Server(application, map={}, adj=options, sockinfo=options.listen[0])
    stopping = _stop_signals(server)
    name = f"[{server.effective_host}]" if ":" in server.effective_host else server.effective_host
    print(f"listening on http://{name}:{server.effective_port}", flush=True)  # noqa: T201 - its one word on stdout
    while not stopping():
        _run_loop(server, patience_s=SWEEP_S)
    _finish(server)


class _Parser(waitress.parser.HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """Records when the first byte of its request came."""

    def __init__(self, options: Adjustments) -> None:
        super().__init__(options)
        self.began = time.monotonic()


class _Channel(waitress.channel.HTTPChannel):  # type: ignore[misc] # waitress has no types
    parser_class = _Parser

    def is_late(self) -> bool:
        arriving = self.request
        return arriving is not None and time.monotonic() - arriving.began > WHOLE_REQUEST_S

    def is_idle(self) -> bool:
        busy = self.requests or self.request is not None or self.total_outbufs_len
        # Waitress dates what happened by the machine's clock.
        return not busy and time.time() - self.last_activity > JUST_NOW_S


class _Server(waitress.server.TcpWSGIServer):  # type: ignore[misc] # waitress has no types
    channel_class = _Channel

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_late():
                channel.will_close = True


def _stop_signals(server: _Server) -> Callable[[], bool]:
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        server.pull_trigger()  # or the loop would notice only when its wait ends

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return lambda: asked


def _run_loop(server: _Server, *, patience_s: float) -> None:
    """Run the event loop once: serve every ready connection, after at most `patience_s` seconds."""
    wasyncore.loop(timeout=patience_s, use_poll=True, map=server._map, count=1)


def _finish(server: _Server) -> None:
    deadline = time.monotonic() + STOP_S
    wasyncore.dispatcher.close(server)  # only the listening socket: open connections stay
    _run_loop(server, patience_s=0)  # what has reached us already counts
    while server.active_channels and time.monotonic() < deadline:
        for channel in tuple(server.active_channels.values()):
            if channel.is_idle():
                channel.handle_close()
        _run_loop(server, patience_s=0.1)
    server.task_dispatcher.shutdown(timeout=max(0.0, deadline - time.monotonic()))
