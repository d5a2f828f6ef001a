"""Reading the state of the service from Redis in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import redis

from router.policy.people.roster import Unit
from router.policy.reports.bounds import Bound
from router.policy.shares.share_book import BOUND, LEAD, UNITS, Book
from router.store.budget.budget import Pause
from router.store.health.parts import Backlog, Furthest, Observation, Progress, RedisState, RuleMistake
from router.store.health.progress import OWNERS
from router.store.health.reading import VitalsReading
from router.store.health.recent import RecentCounts
from router.store.inbox.inbox import GROUP
from router.store.keys import Keys
from router.store.repair.redrive import goes_on_by_itself
from router.store.worklists.night_plan import PlanAwaitingApproval
from router.wakeups import FAILURES_KEPT_S, housekeeping_queue, leads_queue

FORGET_AFTER: Final = timedelta(days=1)
"""A process that was silent for this long is gone, and its entry is dropped."""
FRESH: Final = timedelta(minutes=3)
"""An observation older than this says nothing; most are renewed every minute."""
OWNERS_FRESH: Final = timedelta(minutes=20)
LATELY_S: Final = 3600
PUT_OFF_MS: Final = 15_000
"""A notice that is due later than this (milliseconds) was put off: a new one is due in five seconds."""


class Vitals:
    """Reads one portal's Redis in one round trip; `client` decodes its responses.

    `calls_per_day` is the account's limit, as far as the settings know it.
    """

    def __init__(self, client: redis.Redis, keys: Keys, *, calls_per_day: int | None = None) -> None:
        self._redis = client
        self._keys = keys
        self._calls_per_day = calls_per_day
        self._recent = RecentCounts(client, keys)

    def read(self) -> VitalsReading:
        """Read everything, and try to write. Raises `redis.RedisError` if Redis cannot answer."""
        seconds, microseconds = self._redis.time()
        at = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        found = self._ask(at)
        rules = _sound(found["rules"])
        worked_on, late = _scores(found["changed_first"]), _scores(found["overdue_first"])
        now_ms = at.timestamp() * 1000
        brake, night_ended, born = (_sound(found[one]) for one in ("brake", "night_ended", "born"))
        reconciled, window = _sound(found["reconciled"])
        limit = _sound(found["limits"])
        parked = [orjson.loads(why) for why in _sound(found["parked"])]
        by_outage = sum(map(goes_on_by_itself, parked))
        recent, old = self._recent.of(_sound(found["recent"]), at=at)
        with suppress(redis.RedisError):  # a replica takes no deletions
            self._recent.drop(old)
        return VitalsReading(
            at=at,
            inbox=_backlog(found, "inbox", at=at),
            low=_backlog(found, "low", at=at),
            parked=len(parked) - by_outage,
            parked_by_outage=by_outage,
            erasures=_sound(found["erasures"]),
            outbox=_sound(found["outbox"]),
            progress=self._alive(_sound(found["progress"]), at=at),
            rules_revision=rules[0],
            rules_loaded_at=rules[1],
            rule_mistakes=_mistakes(rules[2]),
            drift=tuple(orjson.loads(rules[3] or "[]")),
            pause=_pause(_sound(found["pause"])),
            counts={name: int(count) for name, count in sorted(_sound(found["counts"]).items())},
            furthest=_furthest(_sound(found["book"]), orjson.loads(rules[4] or "{}")),
            changed=_sound(found["changed"]),
            changed_waited_s=max(((now_ms - due) / 1000 for due in worked_on), default=0.0),
            night_ended_at=_moment(night_ended),
            held=PlanAwaitingApproval(**orjson.loads(brake)) if brake else None,
            overdue=_sound(found["overdue"]),
            overdue_for_s=max((max(0.0, now_ms - since) / 1000 for since in late), default=None),
            redis=_redis_state(found),
            recent=recent,
            observations=_observations(_sound(found["observations"]), at=at),
            verify_late_s=_late_s(found["verify_first"], now_ms),
            outbox_waited_s=_waited_s(_sound(found["outbox_first"]), at=at) or 0.0,
            notices_parked=_sound(found["notices_parked"]),
            notices_put_off=_sound(found["notices_put_off"]),
            notices_late_s=_late_s(found["notices_first"], now_ms),
            parked_lately=sum(_is_lately(one, at=at) for one in parked),
            jobs_failed=_sound(found["failed_leads"]) + _sound(found["failed_housekeeping"]),
            calls_today=int(_sound(found["calls_today"]) or 0),
            calls_per_day=int(limit) if limit else self._calls_per_day,
            reconciled_until=_moment(reconciled),
            born=_moment(born),
            is_whole=bool(_sound(found["whole"])),
            rebuilding=bool(window),
        )

    def _ask(self, at: datetime) -> dict[str, Any]:
        """Every answer by name; an error of Redis stands where its answer would."""
        keys, now_ms = self._keys, int(at.timestamp() * 1000)
        failed_since = int(at.timestamp()) + FAILURES_KEPT_S - LATELY_S
        names = []
        with self._redis.pipeline(transaction=False) as look:

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
            ask("brake", look.get(keys.night_brake))
            ask("overdue", look.zcard(keys.overdue))
            ask("overdue_first", look.zrange(keys.overdue, 0, 0, withscores=True))
            ask("changed", look.zcard(keys.changed))
            ask("changed_first", look.zrange(keys.changed, 0, 0, withscores=True))
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
            for section in ("memory", "persistence", "stats"):
                ask(f"info_{section}", look.info(section))
            ask("write", look.set(keys.health_probe, "1", ex=60))
            return dict(zip(names, look.execute(raise_on_error=False), strict=True))

    def probe(self) -> None:
        """Write a little. Raises `redis.RedisError` if Redis takes no delivery now."""
        self._redis.set(self._keys.health_probe, "1", ex=60)

    def note_refusal(self, status: int, *, times: int = 1) -> None:
        """Count deliveries that were answered with `status`. Raises `redis.RedisError`."""
        self._redis.hincrby(self._keys.counts, f"refused_{status}", times)
        self._recent.note(f"refused_{status}", times)

    def _alive(self, rows: Mapping[str, str], *, at: datetime) -> tuple[Progress, ...]:
        seen = []
        for process, words in rows.items():
            last = orjson.loads(words)
            seen.append(Progress(process, datetime.fromtimestamp(last["at"], UTC), str(last.get("did", ""))))
        gone = [one.process for one in seen if at - one.at > FORGET_AFTER]
        if gone:
            with suppress(redis.RedisError):
                self._redis.hdel(self._keys.progress, *gone)
                fields = [str(one) for one in self._redis.hkeys(self._keys.observations)]
                stale = [one for one in fields if one.partition(" ")[2] in gone]
                if stale:
                    self._redis.hdel(self._keys.observations, *stale)
        alive = (one for one in seen if one.process not in gone)
        return tuple(sorted(alive, key=lambda one: one.at, reverse=True))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _scores(answer: Any) -> list[float]:
    return [float(score) for _, score in _sound(answer)]


def _late_s(answer: Any, now_ms: float) -> float:
    return max((max(0.0, now_ms - due) / 1000 for due in _scores(answer)), default=0.0)


def _redis_state(found: Mapping[str, Any]) -> RedisState:
    """What Redis says of itself; a server that does not let us ask says nothing."""
    write, facts = found["write"], {}
    for section in ("memory", "persistence", "stats"):
        if isinstance(found[f"info_{section}"], dict):
            facts.update(found[f"info_{section}"])
    appends = facts.get("aof_enabled")
    return RedisState(
        refuses_writes=str(write) if isinstance(write, redis.RedisError) else "",
        used=int(facts.get("used_memory", 0)),
        most=int(facts.get("maxmemory", 0)),
        policy=str(facts.get("maxmemory_policy", "")),
        evicted=int(facts.get("evicted_keys", 0)),
        appends=None if appends is None else bool(int(appends)),
        append_failed="err" in (facts.get("aof_last_write_status"), facts.get("aof_last_bgrewrite_status")),
    )


def _observations(rows: Mapping[str, str], *, at: datetime) -> tuple[Observation, ...]:
    seen = []
    for name, words in sorted(rows.items()):
        kind, _, process = name.partition(" ")
        facts = orjson.loads(words)
        when = datetime.fromtimestamp(facts.pop("at"), UTC)
        if at - when <= (OWNERS_FRESH if kind == OWNERS else FRESH):
            seen.append(Observation(kind, process, when, facts))
    return tuple(seen)


def _is_lately(parked: Mapping[str, Any], *, at: datetime) -> bool:
    """True if a lead was parked within the last hour."""
    with suppress(ValueError, KeyError, TypeError):
        return (at - datetime.fromisoformat(str(parked["since"]))).total_seconds() < LATELY_S
    return False


def _sound(answer: Any) -> Any:
    if isinstance(answer, redis.RedisError):
        raise answer
    return answer


def _backlog(found: Mapping[str, Any], name: str, *, at: datetime) -> Backlog:
    pending = found[f"{name}_claimed"]
    if isinstance(pending, redis.ResponseError) and "NOGROUP" in str(pending):
        pending = {"pending": 0}  # nothing has been claimed since Redis was emptied
    waited_s = _waited_s(_sound(found[f"{name}_first"]), at=at)
    return Backlog(_sound(found[name]), _sound(pending)["pending"], waited_s)


def _waited_s(first: list[Any], *, at: datetime) -> float | None:
    """Seconds since a stream's first entry came; None if it is empty."""
    ages = [at.timestamp() - int(entry_id.split("-")[0]) / 1000 for entry_id, _ in first]
    return max((max(0.0, age) for age in ages), default=None)


def _furthest(
    book: Mapping[str, str], bounds: Mapping[str, tuple[Unit, int | None, int]]
) -> tuple[Furthest, ...]:
    """The rep of each team whose credit is furthest from 0; a credit is how far a rep is behind.

    It is in the team's unit. Credit that refunds gave back and the next leads have still to even out is part
    of the bound.
    """
    found: dict[str, Furthest] = {}
    shares = Book({name: int(value) for name, value in book.items()})
    for name, credit in sorted(shares.fields.items()):
        unit = UNITS.get(name.partition(":")[0])
        if unit is None:
            continue
        _, team, rep = name.split(":", 2)
        counted_in, most, waiting = bounds.get(team, (unit, BOUND, 0))
        if unit != counted_in:
            continue  # left over from a time when the team shared in another unit
        difference = -credit / LEAD
        if team not in found or abs(difference) > abs(found[team].difference):
            bound = Bound(unit, most, waiting).given(shares, team)
            found[team] = Furthest(team, rep, difference, unit, bound)
    return tuple(found.values())


def _mistakes(words: str | None) -> tuple[RuleMistake, ...]:
    return tuple(
        RuleMistake(one["file"], one.get("line"), one.get("column"), one["message"])
        for one in orjson.loads(words or "[]")
    )


def _pause(words: str | None) -> Pause | None:
    if not words:
        return None
    held = orjson.loads(words)
    since, until = (datetime.fromtimestamp(held[name] / 1000, UTC) for name in ("since_ms", "until_ms"))
    return Pause(str(held["reason"]), since, until)
