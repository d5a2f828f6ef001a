"""The tick of a worker process: losing all of RQ's state costs seconds and no lead."""

from __future__ import annotations

import threading
from typing import Final

import redis
import sqlalchemy.exc

from router.bootstrap import Office
from workers import process

EVERY_S: Final = 2.0


def start(office: Office, *, wakes: bool) -> threading.Thread:
    """Tick until the process is asked to end; with `wakes`, leads that nobody drains get a wake-up."""
    ticker = threading.Thread(target=_run, args=(office,), kwargs={"wakes": wakes}, name="tick", daemon=True)
    ticker.start()
    return ticker


def _run(office: Office, *, wakes: bool) -> None:
    while not process.pause_s(EVERY_S):
        try:
            tick(office, wakes=wakes)
        except (redis.RedisError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            office.desk.log.warning("tick.missed", why=str(error))


def tick(office: Office, *, wakes: bool) -> None:
    """Say that we are alive, look at the rule files, and wake a drain if leads wait and nobody is at work."""
    office.progress.report("waits for leads")
    office.desk.rules.refresh()
    if wakes and office.desk.inbox.has_work() and office.drains.should_wake():
        office.wake_ups.drain()
