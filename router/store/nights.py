"""Which night's run is due, at work or done: one per local date, however many schedulers there are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final, cast

import orjson
import redis

from router.store.keys import Keys

NIGHTS_KEPT: Final = 60
_BORN: Final = "born"


@dataclass(frozen=True, slots=True)
class Night:
    """One night's run: contacts created after `since` (ISO), looked through up to `after_id`.

    Once all are looked through, the rules are compared with the portal; then it is done.
    """

    since: str
    after_id: str = "0"
    found: int = 0
    looked_through: bool = False
    done_at: str | None = None


class Nights:
    """The nights of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.night

    def born(self, now: datetime) -> datetime:
        """When this portal was first routed: what is older was never ours to give."""
        self._redis.hsetnx(self._key, _BORN, now.isoformat())
        return datetime.fromisoformat(cast("str", self._redis.hget(self._key, _BORN)))

    def begin(self, day: date, *, since: datetime) -> bool:
        """Start the run of a local date; False if somebody has already."""
        night = Night(since=since.isoformat())
        started = bool(self._redis.hsetnx(self._key, day.isoformat(), orjson.dumps(asdict(night)).decode()))
        if started:
            self._forget_old()
        return started

    def of(self, day: date) -> Night | None:
        """The run of a local date, or None while nobody has begun it."""
        text = cast("str | None", self._redis.hget(self._key, day.isoformat()))
        return Night(**orjson.loads(text)) if text else None

    def put(self, day: date, night: Night) -> None:
        """The run got this far."""
        self._redis.hset(self._key, day.isoformat(), orjson.dumps(asdict(night)).decode())

    def _forget_old(self) -> None:
        days = sorted(set(cast("list[str]", self._redis.hkeys(self._key))) - {_BORN})
        if len(days) > NIGHTS_KEPT:
            self._redis.hdel(self._key, *days[:-NIGHTS_KEPT])
