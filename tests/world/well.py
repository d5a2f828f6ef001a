"""A Redis in which nothing is wrong: the beginning of every test of the health page."""

from __future__ import annotations

from datetime import datetime, timedelta

import redis

from router.store.health.conditions.table import findings
from router.store.health.progress import CLOCK, DISK, LEDGER, OWNERS, ProgressBoard
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.repair.reconciled import Reconciled, Window
from router.store.shared.rules import RulesRepository

ROLES = ("worker", "housekeeping", "cron")


def board(client: redis.Redis, keys: Keys, role: str = "worker") -> ProgressBoard:
    return ProgressBoard(client, keys, role=role)


def redis_now(client: redis.Redis) -> datetime:
    seconds, _ = client.time()
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(seconds=int(seconds))


def see_a_clock(
    one: ProgressBoard, *, verdict: str = "fine", hubspot: float = 0, of_redis: float = 0
) -> None:
    one.observe(CLOCK, verdict=verdict, ahead_of_hubspot_s=hubspot, ahead_of_redis_s=of_redis)


def see_a_ledger(one: ProgressBoard, *, problem: str = "", set_aside: str = "") -> None:
    sentence = f"The ledger is {problem}." if problem else ""
    one.observe(LEDGER, problem=problem, sentence=sentence, remedy="Look.", set_aside=set_aside)


def see_owners(one: ProgressBoard, *, active: int = 3, empty_teams: str = "") -> None:
    one.observe(OWNERS, reps=3, active=active, empty_teams=empty_teams)


def see_a_disk(one: ProgressBoard, *, free: int = 10**10) -> None:
    one.observe(DISK, path="var", free=free, total=10**11)


def make_well(client: redis.Redis, keys: Keys) -> None:
    """Let every process be there, rules be live, and everything be done in time."""
    now = redis_now(client)
    for role in ROLES:
        board(client, keys, role).report("waits")
    one = board(client, keys)
    see_a_clock(one)
    see_a_ledger(board(client, keys, "housekeeping"))
    see_owners(board(client, keys, "housekeeping"))
    see_a_disk(one)
    RulesRepository(client, keys).publish("r1", {}, at=now, bounds={})
    client.set(keys.whole, now.isoformat())
    client.hset(keys.night, "born", (now - timedelta(days=30)).isoformat())
    client.set(keys.night_ended, (now - timedelta(hours=20)).isoformat())
    Reconciled(client, keys).close(Window(since=now.isoformat(), until=now.isoformat()))
    Inbox(client, keys).append([], (), 10)


def sentences_of(client: redis.Redis, keys: Keys, condition: str) -> tuple[str, ...]:
    """What the health page says of one condition; empty while it is not true."""
    found = findings(Vitals(client, keys).read())
    return tuple(one.sentence for one in found if one.condition == condition)
