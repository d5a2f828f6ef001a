"""The questions to Redis about the state of the service, asked in one round trip."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import redis

from router.store.inbox.inbox import GROUP
from router.store.keys import Keys
from router.wakeups import FAILURES_KEPT_S, housekeeping_queue, leads_queue

LATELY_S: Final = 3600
"""Seconds for which a crashed job and a parked lead are recent."""
PUT_OFF_MS: Final = 15_000
"""A notice that is due later than this (milliseconds) was put off: a new one is due in five seconds."""
INFO_SECTIONS: Final = ("memory", "persistence", "stats")


def ask_all(client: redis.Redis, keys: Keys, at: datetime) -> dict[str, Any]:
    """Every answer by name; an error of Redis stands where its answer would. It tries to write, too."""
    now_ms = int(at.timestamp() * 1000)
    failed_since = int(at.timestamp()) + FAILURES_KEPT_S - LATELY_S
    names: list[str] = []
    with client.pipeline(transaction=False) as look:

        def ask(name: str, _queued: object) -> None:
            names.append(name)

        for name, stream in (("inbox", keys.inbox), ("low", keys.inbox_low)):
            ask(name, look.xlen(stream))
            ask(f"{name}_first", look.xrange(stream, count=1))
            ask(f"{name}_claimed", look.xpending(stream, GROUP))
        ask("parked", look.hvals(keys.parked))
        ask("erasures", look.scard(keys.erasures))
        ask("outbox", look.xlen(keys.outbox))
        ask("outbox_first", look.xrange(keys.outbox, count=1))
        ask("progress", look.hgetall(keys.progress))
        ask("observations", look.hgetall(keys.observations))
        # The files of the rules are large, and not read.
        ask("rules", look.hmget(keys.rules, "revision", "loaded_at", "error", "drift", "bounds"))
        ask("pause", look.get(keys.pause))
        ask("counts", look.hgetall(keys.counts))
        ask("recent", look.hgetall(keys.recent))
        ask("book", look.hgetall(keys.book))
        ask("turns", look.hgetall(keys.turns))
        ask("brake", look.get(keys.night_brake))
        ask("revision_brake", look.get(keys.revision_brake))
        ask("overdue", look.zcard(keys.overdue))
        ask("overdue_first", look.zrange(keys.overdue, 0, 0, withscores=True))
        ask("changed", look.zcard(keys.changed))
        ask("changed_first", look.zrange(keys.changed, 0, 0, withscores=True))
        ask("settling", look.zcard(keys.settling))
        ask("settling_first", look.zrange(keys.settling, 0, 0, withscores=True))
        ask("verify_first", look.zrange(keys.verify, 0, 0, withscores=True))
        ask("notices_first", look.zrange(keys.notices_due, 0, 0, withscores=True))
        ask("notices_put_off", look.zcount(keys.notices_due, now_ms + PUT_OFF_MS, "+inf"))
        ask("notices_parked", look.hlen(keys.notices_parked))
        ask("night_ended", look.get(keys.night_ended))
        ask("born", look.hget(keys.night, "born"))
        ask("reconciled", look.hmget(keys.reconciled, "until", "rebuild"))
        ask("whole", look.exists(keys.whole))
        ask("calls_today", look.get(keys.calls_of_day(f"{at:%Y-%m-%d}")))
        ask("limits", look.hget(keys.limits, "calls_per_day"))
        for name, queue in (("leads", leads_queue), ("housekeeping", housekeeping_queue)):
            ask(f"failed_{name}", look.zcount(f"rq:failed:{queue(keys.portal)}", failed_since, "+inf"))
        for section in INFO_SECTIONS:
            ask(f"info_{section}", look.info(section))
        ask("write", look.set(keys.health_probe, "1", ex=60))
        return dict(zip(names, look.execute(raise_on_error=False), strict=True))
