"""The state of the service as Redis shows it, with problems and warnings for a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import redis

from router.policy.people.roster import Unit
from router.policy.reports.bounds import Bound
from router.policy.shares.share_book import BOUND, LEAD, UNITS, Book
from router.store.budget.budget import Pause
from router.store.inbox.inbox import GROUP
from router.store.keys import Keys
from router.store.repair.redrive import goes_on_by_itself
from router.store.worklists.night_plan import PlanAwaitingApproval

PATIENCE: Final = timedelta(seconds=60)
"""Time that a lead may wait, or a worker be silent, before it counts as a problem."""
CHANGES_PATIENCE: Final = timedelta(minutes=10)
"""Time that changes made in HubSpot may wait behind new leads before a warning."""
FORGET_AFTER: Final = timedelta(days=1)
"""A process that was silent for this long is gone, and its entry is dropped."""
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


class Vitals:
    """Reads one portal's Redis in one round trip; `client` decodes its responses."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def read(self) -> VitalsReading:
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
            rules_revision=rules[0],
            rules_loaded_at=rules[1],
            rule_mistakes=_mistakes(rules[2]),
            drift=tuple(orjson.loads(rules[3] or "[]")),
            pause=_pause(pause),
            counts={name: int(count) for name, count in sorted(counts.items())},
            furthest=_furthest(book, orjson.loads(rules[4] or "{}")),
            changed=changed,
            changed_waited_s=max((at.timestamp() - due / 1000 for _, due in longest), default=0.0),
            night_ended_at=datetime.fromisoformat(night_ended) if night_ended else None,
            held=PlanAwaitingApproval(**orjson.loads(brake)) if brake else None,
            overdue=late,
            overdue_for_s=max((max(0.0, at.timestamp() - since / 1000) for _, since in latest), default=None),
        )

    def note_refusal(self, status: int) -> None:
        """Count a delivery that was answered with `status`. Raises `redis.RedisError`."""
        self._redis.hincrby(self._keys.counts, f"refused_{status}", 1)

    def _alive(self, rows: Mapping[str, str], *, at: datetime) -> tuple[Progress, ...]:
        seen = []
        for process, words in rows.items():
            last = orjson.loads(words)
            seen.append(Progress(process, datetime.fromtimestamp(last["at"], UTC), str(last.get("did", ""))))
        gone = [one.process for one in seen if at - one.at > FORGET_AFTER]
        if gone:
            self._redis.hdel(self._keys.progress, *gone)
        alive = (one for one in seen if one.process not in gone)
        return tuple(sorted(alive, key=lambda one: one.at, reverse=True))


def problems(reading: VitalsReading) -> tuple[str, ...]:
    """Problems that keep leads from reaching their reps until they are mended, a sentence each."""
    found = []
    if reading.rules_revision is None and reading.rule_mistakes:
        first, more = reading.rule_mistakes[0], len(reading.rule_mistakes) - 1
        others = f" (and {more} more: router check)" if more else ""
        found.append(f"No rules are live, so every lead waits. {_place(first)}: {first.message}{others}")
    if reading.pause and NO_ACCESS.search(reading.pause.reason):
        found.append(
            f"All HubSpot calls are paused: {reading.pause.reason.rstrip('.')}. "
            "Check HUBSPOT_ACCESS_TOKEN and the app's scopes."
        )
    waited_s = max(reading.inbox.waited_s or 0.0, reading.low.waited_s or 0.0)
    patience_s = PATIENCE.total_seconds()
    if waited_s > patience_s and not _at_work(reading):
        found.append("Leads wait and no worker made progress for 60 s. Start or restart the workers.")
    if (reading.inbox.waited_s or 0.0) > patience_s:
        found.append(
            f"The oldest lead in the inbox has waited {reading.inbox.waited_s:.0f} s. "
            "Look at the workers' log, or start more workers."
        )
    return tuple(found)


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


def _place(mistake: RuleMistake) -> str:
    return f"{mistake.file}:{mistake.line or 1}:{mistake.column or 1}"


def _at_work(reading: VitalsReading) -> bool:
    return any(reading.at - one.at <= PATIENCE for one in reading.progress)


def _sound(answer: Any) -> Any:
    if isinstance(answer, redis.RedisError):
        raise answer
    return answer


def _backlog(answers: list[Any], *, at: datetime) -> Backlog:
    depth, oldest, pending = answers
    if isinstance(pending, redis.ResponseError) and "NOGROUP" in str(pending):
        pending = {"pending": 0}  # nothing has been claimed since Redis was emptied
    waited_s = None
    for entry_id, _ in _sound(oldest):
        waited_s = max(0.0, at.timestamp() - int(entry_id.split("-")[0]) / 1000)
    return Backlog(_sound(depth), _sound(pending)["pending"], waited_s)


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
