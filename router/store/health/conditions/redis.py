"""Redis is down, full, or loses what it was given."""

from __future__ import annotations

from typing import Final

from router.store.health.conditions.condition import Sentences, condition
from router.store.health.reading import VitalsReading

NO_ANSWER: Final = "Redis does not answer, so no delivery can be kept. Start it, or correct REDIS_URL."
NEARLY_FULL: Final = 0.8
"""Part of the memory limit above which Redis is nearly full."""


@condition("failing", when="Redis does not answer", command="start Redis, or correct REDIS_URL")
def redis_down(_: VitalsReading) -> Sentences:
    """Never true of a reading: without an answer there is none, and `NO_ANSWER` is said."""
    yield from ()


@condition(
    "failing",
    when="Redis reads its data after a start; until then deliveries get 503",
    command="wait; it ends by itself",
)
def redis_loading(_: VitalsReading) -> Sentences:
    """Never true of a reading: meanwhile Redis answers nothing else, and how far it is is said."""
    yield from ()


@condition(
    "failing",
    when="Redis refuses a write: full, a replica, or its disk fails; deliveries get 503",
    command="redis-cli info memory replication persistence",
)
def redis_refuses_writes(seen: VitalsReading) -> Sentences:
    if seen.redis.refuses_writes:
        yield f"Redis takes no writes, so every delivery is answered with 503: {seen.redis.refuses_writes}"


@condition(
    "failing",
    when="Redis has thrown keys away to save memory",
    command="redis-cli config set maxmemory-policy noeviction",
)
def redis_evicted(seen: VitalsReading) -> Sentences:
    if seen.redis.may_evict and seen.redis.evicted:
        yield f"Redis has thrown away {seen.redis.evicted} keys ({seen.redis.policy}), perhaps leads."


@condition(
    "degraded",
    when="Redis has a memory limit and would throw keys away at it",
    command="redis-cli config set maxmemory-policy noeviction",
)
def redis_may_evict(seen: VitalsReading) -> Sentences:
    if seen.redis.may_evict and not seen.redis.evicted:
        yield f"Redis would throw leads away when its memory is full ({seen.redis.policy}); use noeviction."


@condition(
    "degraded",
    when="Redis uses more than 80 % of its memory limit",
    command="redis-cli config set maxmemory …",
)
def redis_nearly_full(seen: VitalsReading) -> Sentences:
    if seen.redis.most and seen.redis.used > NEARLY_FULL * seen.redis.most:
        yield (
            f"Redis uses {seen.redis.used / 1e6:.0f} of {seen.redis.most / 1e6:.0f} MB; "
            "when they are full, no delivery can be kept."
        )


@condition(
    "degraded",
    when="Redis keeps no append-only file, so a restart loses leads",
    command="redis-cli config set appendonly yes",
)
def redis_not_appending(seen: VitalsReading) -> Sentences:
    if seen.redis.appends is False:
        yield "Redis keeps no append-only file: what waits is lost when it restarts."


@condition(
    "failing",
    when="Redis cannot write its append-only file",
    command="df -h; read the log of Redis",
)
def redis_append_fails(seen: VitalsReading) -> Sentences:
    if seen.redis.append_failed:
        yield "Redis cannot write its append-only file: what it takes now is lost when it restarts."
