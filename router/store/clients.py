"""Redis clients for workers, RQ and the receiver, each with its timeouts and retries."""

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
    """URL of the Redis to use: REDIS_URL, or an embedded server under VAR_DIR, started or joined.

    Raises `EmbeddedServerError` when the embedded server cannot start.
    """
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    server = EmbeddedValkey(settings.var_dir / "valkey").start()
    atexit.register(server.stop)
    return server.url


def text_client(url: str) -> redis.Redis:
    """Client for workers and commands: decodes responses, and survives a short restart of Redis."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=WORKER_READ_S,
        socket_connect_timeout=CONNECT_S,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
    )


def queue_client(url: str) -> redis.Redis:
    """Client for RQ, which needs bytes and blocking calls."""
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_S, health_check_interval=30)


def receiver_client(url: str, *, decode: bool) -> redis.Redis:
    """Client for the receiver: fails within 3 s, so that HubSpot gets a 503 before its timeout of 5 s.

    A connection that broke while idle is opened again once; a slow answer is not asked for again.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=decode,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=RECEIVER_READ_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
