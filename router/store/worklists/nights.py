"""The runs of the nights, one per local date however many schedulers there are: due, under way or done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

import msgspec
import orjson
import redis
from msgspec import Struct, field
from redis.exceptions import LockError

from router.plain import as_plain
from router.store.keys import Keys

NIGHTS_KEPT: Final = 60
TURN: Final = timedelta(seconds=150)
"""Lease of the lock, longer than a step may take: a process killed with the lock delays others by this."""
CATALOG_KEPT: Final = timedelta(minutes=10)
_BORN: Final = "born"


class NightRun(Struct, frozen=True):
    """One night's run. `stage` is its next step (see `workers.nightly_run`), "" once all is done.

    Contacts created after `since` (ISO) were searched up to `after_id`, and `found` of them had not been
    announced. Leads decided since then were compared with HubSpot up to `compared_to`, and `repaired` of them
    repaired; those assigned in the last 90 days were followed up to `followed_to`, and those without owner
    looked through up to `ownerless_to`. `sweep` is how far the planning is (see `routing.sweep.Sweeping`),
    `away_since` since when (ISO) reps are away without a known end, `brake` why the plan was held and who
    approved it (see `policy.night_report.Brake`). The leads before `moved_to` on the plan were moved; the
    report is written when they have arrived, or at `settle_by` (ISO). `drifted` are sentences on what the
    portal has changed.
    """

    since: str
    stage: str = ""
    day: str = ""
    began_at: str = ""
    after_id: str = "0"
    found: int = 0
    compared_to: str = ""
    repaired: int = 0
    followed_to: str = ""
    ownerless_to: str = "0"
    sweep: Mapping[str, Any] | None = None
    away_since: Mapping[str, str] = field(default_factory=dict)
    brake: Mapping[str, Any] | None = None
    moved_to: int = 0
    settle_by: str = ""
    drifted: Sequence[str] = ()
    done_at: str | None = None


class Nights:
    """The nights of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.night
        self._catalog = keys.night_catalog
        self._ended = keys.night_ended
        self._lock = client.lock(keys.night_lock, timeout=TURN.total_seconds(), blocking=False)

    def born(self, now: datetime) -> datetime:
        """First moment at which this portal was routed; contacts created earlier are not ours to route."""
        self._redis.hsetnx(self._key, _BORN, now.isoformat())
        return datetime.fromisoformat(cast("str", self._redis.hget(self._key, _BORN)))

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Yield True to one process at a time; one that gets False leaves the night to the other."""
        is_ours = self._lock.acquire()
        try:
            yield bool(is_ours)
        finally:
            if is_ours:
                with suppress(LockError):  # the lease ran out, and another process has the lock
                    self._lock.release()

    def begin(self, day: date, *, since: datetime, stage: str, now: datetime) -> bool:
        """Start the run of a local date with a stage; False if it was started already."""
        night = NightRun(since=since.isoformat(), stage=stage, day=day.isoformat(), began_at=now.isoformat())
        started = bool(self._redis.hsetnx(self._key, day.isoformat(), orjson.dumps(as_plain(night))))
        if started:
            self._forget_old()
        return started

    def of(self, day: date) -> NightRun | None:
        """The run of a local date, or None if it has not begun."""
        text = cast("str | None", self._redis.hget(self._key, day.isoformat()))
        # Fields that an earlier version kept and this one does not know are left out.
        return _READER.decode(text) if text else None

    def before(self, day: date) -> NightRun | None:
        """The last run before that of a local date, if it is still known."""
        days = [one for one in self._days() if one < day.isoformat()]
        return self.of(date.fromisoformat(days[-1])) if days else None

    def put(self, day: date, night: NightRun) -> None:
        """Store how far the run is."""
        self._redis.hset(self._key, day.isoformat(), orjson.dumps(as_plain(night)))
        if night.done_at and not night.stage:
            self._redis.set(self._ended, night.done_at)

    def keep_catalog(self, content: bytes) -> None:
        """Keep the portal's catalog for the run's next step, at most ten minutes."""
        self._redis.set(self._catalog, content, ex=CATALOG_KEPT)

    def take_catalog(self) -> bytes | None:
        """The catalog that was kept, which is forgotten; None if there is none."""
        content = cast("str | None", self._redis.getdel(self._catalog))
        return None if content is None else content.encode()

    def _forget_old(self) -> None:
        days = self._days()
        if len(days) > NIGHTS_KEPT:
            self._redis.hdel(self._key, *days[:-NIGHTS_KEPT])

    def _days(self) -> list[str]:
        return sorted(set(cast("list[str]", self._redis.hkeys(self._key))) - {_BORN})


_READER: Final = msgspec.json.Decoder(NightRun)
