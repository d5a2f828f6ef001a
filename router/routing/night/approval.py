"""Approval of a plan that the brake holds: exactly its leads move, unless their owner changed."""

from __future__ import annotations

from datetime import date

import structlog
from msgspec.structs import replace

from router.clock import Clock
from router.plain import as_plain
from router.policy.reports.night_report import Brake
from router.store.store import Store
from router.store.worklists.nights import Nights


class NotApproved(Exception):
    """The plan cannot be approved; the message says why, and what to do."""


def approve_plan(
    nights: Nights, *, store: Store, clock: Clock, log: structlog.stdlib.BoundLogger, plan: str, by: str
) -> int:
    """Let the held plan of that name move in the `housekeeping` process; the number of its leads.

    `by` is the person who approves. Raises `NotApproved` if another plan waits by now, or none, and
    `redis.RedisError`.
    """
    with nights.lock() as ours:
        if not ours:
            raise NotApproved(
                "The process 'housekeeping' is at work on the plan this very moment. Try again in a minute."
            )
        waiting = store.night_plan.waiting()
        if waiting is None or waiting.plan != plan:
            raise NotApproved("That plan does not wait any more. Look again: router sweep --approve")
        day = date.fromisoformat(waiting.day)
        night = nights.of(day)
        if night is None or night.brake is None:
            raise NotApproved("The night of that plan is forgotten. The next night plans anew.")
        now = clock().isoformat()
        brake = replace(Brake(**night.brake), approved_by=by, approved_at=now)
        nights.put(day, replace(night, stage="move", brake=as_plain(brake), moved_to=0))
        store.night_plan.release()
    log.info("night.approved", day=waiting.day, leads=waiting.moves)
    return waiting.moves
