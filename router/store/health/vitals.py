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
from router.store.health.progress import OWNERS
from router.store.health.reading import (
    Backlog,
    Furthest,
    Observation,
    Progress,
    RedisState,
    RuleMistake,
    VitalsReading,
)
from router.store.health.recent import RecentCounts
from router.store.inbox.inbox import GROUP
from router.store.keys import Keys
from router.store.repair.redrive import goes_on_by_itself
from router.store.worklists.night_plan import PlanAwaitingApproval
from router.wakeups import FAILURES_KEPT_S, housekeeping_queue, leads_queue

FORGET_AFTER: Final = timedelta(days=1)
"""A process that was silent for this long is gone, and its entry is dropped."""
<<<<<<< HEAD
FRESH: Final = timedelta(minutes=3)
"""An observation older than this says nothing; most are renewed every minute."""
OWNERS_FRESH: Final = timedelta(minutes=20)
LATELY_S: Final = 3600
SAMPLE: Final = 200
PUT_OFF_MS: Final = 15_000
"""A notice that is due later than this (milliseconds) was put off: a new one is due in five seconds."""
=======
NIGHT_OVERDUE: Final = timedelta(hours=30)
"""Time since the last night's end after which something is wrong: a night ends once a day."""
NO_ACCESS: Final = re.compile(r"\b(401|403|access)\b", re.IGNORECASE)
"""Matches the reason of a pause that waiting does not end: HubSpot refuses us access."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """One stream of leads: entries in it, those that are claimed, and the wait of the oldest in seconds."""

    depth: int
    claimed: int
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The last work that a process finished, and its time (aware UTC)."""

    process: str
    at: datetime
    did: str


@dataclass(frozen=True, slots=True)
class RuleMistake:
    """A mistake in the rule files on disk; the last good revision stays live."""

    file: str
    line: int | None
    column: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Furthest:
    """The rep of a team furthest from their fair share: ahead (+) or behind (-), in the team's unit."""

    team: str
    rep: str
    difference: float
    unit: Unit = "leads"
    bound: float | None = BOUND
    """Difference above which a person is warned; None: the team promises no limit."""


@dataclass(frozen=True, slots=True)
class VitalsReading:
    """Everything that `Vitals` read in one round trip; times are by the clock of Redis."""

    at: datetime
    inbox: Backlog
    low: Backlog
    parked: int
    """Leads that need a person."""
    erasures: int
    outbox: int
    progress: tuple[Progress, ...]
    rules_revision: str | None
    rules_loaded_at: str | None
    rule_mistakes: tuple[RuleMistake, ...]
    drift: tuple[str, ...]
    """Sentences on what the portal changed since its catalog was pulled, as far as it touches a rule."""
    pause: Pause | None
    counts: Mapping[str, int]
    furthest: tuple[Furthest, ...] = ()
    """One rep of each team that has credits in the share book."""
    changed: int = 0
    """Number of leads that people worked on in HubSpot and that housekeeping has not looked at yet."""
    changed_waited_s: float = 0.0
    night_ended_at: datetime | None = None
    """End of the last night; None if none has ended yet."""
    held: PlanAwaitingApproval | None = None
    """The plan of the last night, if it waits for a person's approval."""
    overdue: int = 0
    """Number of leads that are due and that no rep has worked on."""
    overdue_for_s: float | None = None
    """Seconds for which the oldest of them has been overdue."""
    parked_by_outage: int = 0
    """Leads that go on by themselves once HubSpot takes writes again."""
>>>>>>> main


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
<<<<<<< HEAD
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
        recent, old = self._recent.of(_sound(found["recent"]), at=at)
        with suppress(redis.RedisError):  # a replica takes no deletions
            self._recent.drop(old)
        return VitalsReading(
            at=at,
            inbox=_backlog(found, "inbox", at=at),
            low=_backlog(found, "low", at=at),
            parked=_sound(found["parked"]),
            erasures=_sound(found["erasures"]),
            outbox=_sound(found["outbox"]),
            progress=self._alive(_sound(found["progress"]), at=at),
=======
        """Read everything. Raises `redis.RedisError` if Redis cannot answer."""
        keys = self._keys
        with self._redis.pipeline(transaction=False) as look:
            look.time()
            for stream in (keys.inbox, keys.inbox_low):
                look.xlen(stream)
                look.xrange(stream, count=1)
                look.xpending(stream, GROUP)
            look.hvals(keys.parked)
            look.scard(keys.erasures)
            look.xlen(keys.outbox)
            look.hgetall(keys.progress)
            look.hmget(keys.rules, "revision", "loaded_at", "error", "drift", "bounds")  # its files are large
            look.get(keys.pause)
            look.hgetall(keys.counts)
            look.hgetall(keys.book)
            look.get(keys.night_brake)
            look.zcard(keys.overdue)
            look.zrange(keys.overdue, 0, 0, withscores=True)
            look.zcard(keys.changed)
            look.zrange(keys.changed, 0, 0, withscores=True)
            look.get(keys.night_ended)
            answers = look.execute(raise_on_error=False)
        seconds, microseconds = _sound(answers[0])
        at = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        inbox, low = _backlog(answers[1:4], at=at), _backlog(answers[4:7], at=at)
        parked, erasures, outbox, progress, rules, pause, counts, book, brake = map(_sound, answers[7:16])
        late, latest, changed, longest, night_ended = map(_sound, answers[16:])
        by_outage = sum(goes_on_by_itself(orjson.loads(why)) for why in parked)
        return VitalsReading(
            at=at,
            inbox=inbox,
            low=low,
            parked=len(parked) - by_outage,
            parked_by_outage=by_outage,
            erasures=erasures,
            outbox=outbox,
            progress=self._alive(progress, at=at),
>>>>>>> main
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
            parked_lately=_lately(found["parked_sample"], _sound(found["parked"]), at=at),
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
            ask("parked", look.hlen(keys.parked))
            ask("parked_sample", look.hrandfield(keys.parked, SAMPLE, withvalues=True))
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


<<<<<<< HEAD
def _scores(answer: Any) -> list[float]:
    return [float(score) for _, score in _sound(answer)]
=======
def warnings(reading: VitalsReading) -> tuple[str, ...]:
    """Warnings to look at today although leads are being routed, a sentence each."""
    found = []
    if reading.rules_revision is not None:
        found += [
            f"{_place(mistake)}: {mistake.message} (the last good rules stay live)"
            for mistake in reading.rule_mistakes
        ]
    found += [f"The portal has changed: {sentence}" for sentence in reading.drift]
    if reading.pause and not NO_ACCESS.search(reading.pause.reason):
        ends_in_s = (reading.pause.until - reading.at).total_seconds()
        found.append(f"HubSpot calls are paused for {max(0.0, ends_in_s):.0f} s more: {reading.pause.reason}")
    for one in reading.furthest:
        if one.bound is not None and abs(one.difference) > one.bound:
            side = "ahead of" if one.difference > 0 else "behind"
            found.append(
                f"{one.rep} is {abs(one.difference):.1f} {one.unit} {side} the fair share of {one.team}, "
                f"more than {one.bound:g}. See: router fairness --team {one.team}"
            )
    if reading.changed_waited_s > CHANGES_PATIENCE.total_seconds():
        found.append(
            f"What people did with {reading.changed} leads in HubSpot waits to be looked at for "
            f"{reading.changed_waited_s / 60:.0f} min. Start or restart the process 'housekeeping'."
        )
    if reading.night_ended_at is not None and reading.at - reading.night_ended_at > NIGHT_OVERDUE:
        found.append(
            f"No night has ended since {reading.night_ended_at:%Y-%m-%d %H:%M} UTC. Look whether the "
            "processes 'cron' and 'housekeeping' run, and at their log."
        )
    if reading.held is not None:
        found.append(
            f"The night of {reading.held.day} would move {reading.held.moves} leads, more than "
            f"{reading.held.limit}, so it moved none. Look: router night. To let them: router sweep --approve"
        )
    if reading.parked:
        found.append(f"Parked leads that need a person: {reading.parked}. See: router parked")
    if reading.parked_by_outage:
        found.append(
            f"Leads parked by an outage: {reading.parked_by_outage}. They go on by themselves once HubSpot "
            "takes writes again. See: router parked"
        )
    return tuple(found)
>>>>>>> main


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


def _lately(answer: Any, parked: int, *, at: datetime) -> int:
    """Leads parked within the last hour, scaled up from the sample; 0 where they cannot be sampled."""
    if isinstance(answer, redis.RedisError) or not answer:
        return 0
    pairs = (
        answer if isinstance(answer[0], list | tuple) else list(zip(answer[::2], answer[1::2], strict=True))
    )
    lately = 0
    for _, words in pairs:
        with suppress(ValueError, KeyError, TypeError):
            since = datetime.fromisoformat(str(orjson.loads(words)["since"]))
            lately += (at - since).total_seconds() < LATELY_S
    return round(lately / len(pairs) * parked)


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
