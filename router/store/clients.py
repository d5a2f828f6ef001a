"""How each kind of process talks to Redis: what it waits for, and when it gives up."""

from __future__ import annotations

import atexit
from typing import Final

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from router.settings import Settings
from router.store.embedded import EmbeddedValkey

CONNECT_S: Final = 1.0
RECEIVER_READ_S: Final = 2.0
WORKER_READ_S: Final = 5.0


def redis_url(settings: Settings) -> str:
    """The Redis to use: REDIS_URL, or a server of our own under VAR_DIR, started or joined.

    Raises `EmbeddedServerError` when our own cannot start.
    """
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    server = EmbeddedValkey(settings.var_dir / "valkey").start()
    atexit.register(server.stop)
    return server.url


def text_client(url: str) -> redis.Redis:
    """For workers and commands: answers with text, and survives a short restart of Redis."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=WORKER_READ_S,
        socket_connect_timeout=CONNECT_S,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
    )


def queue_client(url: str) -> redis.Redis:
    """For RQ, which wants bytes and blocks."""
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_S, health_check_interval=30)


def receiver_client(url: str, *, decode: bool) -> redis.Redis:
    """For the receiver: fails within 3 s, so that HubSpot hears 503 before it stops listening at 5 s.

    A connection that broke while it lay idle is made anew, once; a slow answer is not asked for again.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=decode,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=RECEIVER_READ_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
