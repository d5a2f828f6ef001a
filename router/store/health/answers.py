"""What the answers of Redis to `questions.py` mean: a reading."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import redis

from router.store.budget.budget import Pause
from router.store.health.furthest import furthest_of
from router.store.health.parts import Backlog, Observation, Progress, RedisState, RuleMistake
from router.store.health.progress import OWNERS
from router.store.health.questions import INFO_SECTIONS, LATELY_S
from router.store.health.reading import VitalsReading
from router.store.health.recent import recent_of
from router.store.repair.redrive import goes_on_by_itself
from router.store.settling.revision_brake import RevisionsHeld
from router.store.worklists.night_plan import PlanAwaitingApproval

FORGET_AFTER: Final = timedelta(days=1)
"""A process that was silent for this long is gone, and its entry is dropped."""
FRESH: Final = timedelta(minutes=3)
"""An observation older than this says nothing; most are renewed every minute."""
OWNERS_FRESH: Final = timedelta(minutes=20)


def reading_of(found: Mapping[str, Any], *, at: datetime, calls_per_day: int | None) -> VitalsReading:
    """The reading of the answers by name. Raises `redis.RedisError` if one of them is an error."""
    rules = _sound(found["rules"])
    worked_on, late = _scores(found["changed_first"]), _scores(found["overdue_first"])
    now_ms = at.timestamp() * 1000
    brake, night_ended, born = (_sound(found[one]) for one in ("brake", "night_ended", "born"))
    reconciled, window = _sound(found["reconciled"])
    limit = _sound(found["limits"])
    parked = [orjson.loads(why) for why in _sound(found["parked"])]
    by_outage = sum(map(goes_on_by_itself, parked))
    return VitalsReading(
        at=at,
        inbox=_backlog(found, "inbox", at=at),
        low=_backlog(found, "low", at=at),
        parked=len(parked) - by_outage,
        parked_by_outage=by_outage,
        erasures=_sound(found["erasures"]),
        outbox=_sound(found["outbox"]),
        progress=_alive(_sound(found["progress"]), at=at),
        rules_revision=rules[0],
        rules_loaded_at=rules[1],
        rule_mistakes=_mistakes(rules[2]),
        drift=tuple(orjson.loads(rules[3] or "[]")),
        pause=_pause(_sound(found["pause"])),
        counts={name: int(count) for name, count in sorted(_sound(found["counts"]).items())},
        furthest=furthest_of(_sound(found["book"]), orjson.loads(rules[4] or "{}")),
        changed=_sound(found["changed"]),
        changed_waited_s=max(((now_ms - due) / 1000 for due in worked_on), default=0.0),
        night_ended_at=_moment(night_ended),
        held=PlanAwaitingApproval(**orjson.loads(brake)) if brake else None,
        revisions_held=_revisions_held(_sound(found["revision_brake"])),
        overdue=_sound(found["overdue"]),
        overdue_for_s=max((max(0.0, now_ms - since) / 1000 for since in late), default=None),
        redis=_redis_state(found),
        recent=recent_of(_sound(found["recent"]), at=at),
        observations=_observations(_sound(found["observations"]), at=at),
        settling=_sound(found["settling"]),
        settling_late_s=_late_s(found["settling_first"], now_ms),
        verify_late_s=_late_s(found["verify_first"], now_ms),
        outbox_waited_s=_waited_s(_sound(found["outbox_first"]), at=at) or 0.0,
        notices_parked=_sound(found["notices_parked"]),
        notices_put_off=_sound(found["notices_put_off"]),
        notices_late_s=_late_s(found["notices_first"], now_ms),
        parked_lately=sum(_is_lately(one, at=at) for one in parked),
        jobs_failed=_sound(found["failed_leads"]) + _sound(found["failed_housekeeping"]),
        turns_waited={
            job.rpartition(".")[2]: max(0.0, now_ms - int(since)) / 1000
            for job, since in sorted(_sound(found["turns"]).items())
        },
        calls_today=int(_sound(found["calls_today"]) or 0),
        calls_per_day=int(limit) if limit else calls_per_day,
        reconciled_until=_moment(reconciled),
        born=_moment(born),
        is_whole=bool(_sound(found["whole"])),
        rebuilding=bool(window),
    )


def _revisions_held(text: str | None) -> RevisionsHeld | None:
    return RevisionsHeld(**orjson.loads(text)) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _scores(answer: Any) -> list[float]:
    return [float(score) for _, score in _sound(answer)]


def _late_s(answer: Any, now_ms: float) -> float:
    return max((max(0.0, now_ms - due) / 1000 for due in _scores(answer)), default=0.0)


def _redis_state(found: Mapping[str, Any]) -> RedisState:
    """What Redis says of itself; a server that does not let us ask says nothing."""
    write, facts = found["write"], {}
    for section in INFO_SECTIONS:
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


def _alive(rows: Mapping[str, str], *, at: datetime) -> tuple[Progress, ...]:
    """The processes that were seen lately, the newest progress first."""
    seen = []
    for process, words in rows.items():
        last = orjson.loads(words)
        seen.append(Progress(process, datetime.fromtimestamp(last["at"], UTC), str(last.get("did", ""))))
    alive = (one for one in seen if at - one.at <= FORGET_AFTER)
    return tuple(sorted(alive, key=lambda one: one.at, reverse=True))


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
