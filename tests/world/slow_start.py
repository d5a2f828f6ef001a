"""A server that takes a while to read its data after a start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from router.store.embedded import EmbeddedServerError, EmbeddedValkey
from tests.world.time import wait_for

SLOWLY = {"key-load-delay": "100"}
"""Microseconds per key; meanwhile the server answers once in a thousand keys."""


def filled(directory: Path, *, keys: int) -> None:
    """Fill a server on the directory, and stop it."""
    fill = "for number = 1, ARGV[1] do redis.call('SET', 'filling:' .. number, 'x') end"
    with EmbeddedValkey(directory) as server, redis.Redis.from_url(server.url) as client:
        client.eval(fill, 0, keys)


@contextmanager
def loading(directory: Path, *, keys: int = 400_000) -> Iterator[EmbeddedValkey]:
    """A server that reads its data for longer than a test takes; it is killed at the end."""
    filled(directory, keys=keys)
    server = EmbeddedValkey(directory, options=SLOWLY)
    server.on_loading = lambda _loading: None
    starting = threading.Thread(target=_start, args=(server,), daemon=True)
    starting.start()
    try:
        with redis.Redis.from_url(server.url, retry=None, socket_timeout=5) as client:
            wait_for(lambda: _is_loading(client))
            yield server
    finally:
        server.kill()
        starting.join()


def _start(server: EmbeddedValkey) -> None:
    with suppress(EmbeddedServerError):  # it was killed before it was ready
        server.start()


def _is_loading(client: redis.Redis) -> bool:
    try:
        client.get("anything")
    except redis.BusyLoadingError:
        return True
    except redis.RedisError:
        return False
    raise AssertionError("the server was ready before anybody could look")
