"""The web server: robust against slow and greedy clients, and stopping without cutting a request off.

Waitress reads a request to its end before a thread sees it, so a body that drips in costs a socket and no
thread. What Waitress lacks is added here and in `router/web/http`: a SIGTERM that lets requests end, and
limits of what one client may take. Why Waitress: docs/decisions/web-server.md.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import structlog
from waitress import wasyncore
from waitress.adjustments import Adjustments

from router.repeated import repeated
from router.web.http.connections import Limits, Server
from router.web.http.files import within_files
from router.web.one_core import stay_on_one_core

Application = Callable[..., Any]

THREADS: Final = 16
"""HubSpot has at most ten deliveries in flight, reps four requests; two are left for /health."""
MAX_REQUEST_BYTES: Final = 1024 * 1024
"""Twice the receiver's limit, so that the receiver itself can answer that a body is too large."""
MAX_HEADER_BYTES: Final = 32 * 1024
IN_MEMORY_BYTES: Final = 128 * 1024
"""A larger body waits in a temporary file: 500 slow ones must not fill the memory."""
IDLE_S: Final = 75
"""Between requests; longer than the 60 s of usual load balancers, which must be the ones to hang up."""
SWEEP_S: Final = 2
STOP_S: Final = 10
JUST_NOW_S: Final = 0.5
"""While stopping: a connection this new or this recently used may still receive a request."""

log = structlog.get_logger()


def serve(application: Application, *, host: str, port: int, limits: Limits | None = None) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that have begun within 10 s.

    Prints where it listens; port 0 takes a free one. Raises `OSError` if the port is taken. Has to run on the
    main thread, which is the one that gets signals.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    stay_on_one_core()
    wanted = limits or Limits()
    limits = within_files(wanted)
    if limits != wanted:
        log.warning("connections.fewer", connections=limits.connections, why="the limit of open files")
    options = Adjustments(
        host=host,
        port=port,
        threads=THREADS,
        connection_limit=limits.connections + 16,  # never reached: another connection goes before
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
    server = Server(application, options, limits, _too_many)
    stopping = _stop_signals(server)
    name = f"[{server.effective_host}]" if ":" in server.effective_host else server.effective_host
    print(f"listening on http://{name}:{server.effective_port}", flush=True)  # noqa: T201 - its one word on stdout
    while not stopping():
        _run_loop(server, patience_s=SWEEP_S)
    _finish(server)


def _stop_signals(server: Server) -> Callable[[], bool]:
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        server.pull_trigger()  # or the loop would notice only when its wait ends

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return lambda: asked


def _too_many(client: str) -> None:
    """Log, at most once a minute, that a connection of the client was closed for a new one."""
    repeated.say(log, "connections.too_many", problem="connections", client=client)


def _run_loop(server: Server, *, patience_s: float) -> None:
    """Run the event loop once: serve every ready connection, after at most `patience_s` seconds."""
    wasyncore.loop(timeout=patience_s, use_poll=True, map=server._map, count=1)


def _finish(server: Server) -> None:
    deadline = time.monotonic() + STOP_S
    wasyncore.dispatcher.close(server)  # only the listening socket: open connections stay
    _run_loop(server, patience_s=0)  # what has reached us already counts
    while server.active_channels and time.monotonic() < deadline:
        for channel in tuple(server.active_channels.values()):
            if channel.is_idle() and time.monotonic() - channel.quiet_since > JUST_NOW_S:
                channel.handle_close()
        _run_loop(server, patience_s=0.1)
    server.task_dispatcher.shutdown(timeout=max(0.0, deadline - time.monotonic()))
