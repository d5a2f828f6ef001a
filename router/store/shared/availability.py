"""The availability of reps from outside the rule files: overrides by people, and HubSpot's report."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
import orjson
import redis
from msgspec import Struct
from redis.client import Pipeline

from router.plain import as_plain
from router.policy.people.availability import MOST_AHEAD, OVERRIDE, Reported
from router.policy.people.availability_record import reported_as_record, reported_from_record
from router.store.keys import Keys

HUBSPOT = "hubspot"
STORED: Final = "HubSpot's report as stored in Redis"
_OVERRIDE = "override:"
_Aware: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class Override(Struct, frozen=True):
    """A person's word that a rep is `away` or `present` until a moment, and when and why they said so.

    Times are aware UTC.
    """

    kind: Literal["away", "present"]
    until: datetime
    said_at: datetime
    why: str = ""


class ReportedAvailability(Struct, frozen=True):
    """HubSpot's report by owner id as read at `at` (None: never), and all overrides by rep name.

    An override whose end has passed may still be among them.
    """

    at: datetime | None
    hubspot: Mapping[str, Reported]
    overrides: Mapping[str, Override]
    unreadable: frozenset[str] = frozenset()
    """Names of the reps whose stored override cannot be read."""


class AvailabilityRepository:
    """The availability of one portal's reps, the same for all processes."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.availability
        self._outbox = keys.outbox
        self._lock = threading.Lock()
        self._read: dict[str, str] | None = None
        self._reported = ReportedAvailability(None, {}, {})

    def reported(self) -> ReportedAvailability:
        """Everything that is known; the same object as long as nothing changes."""
        texts = cast("dict[str, str]", self._redis.hgetall(self._key))
        with self._lock:
            if texts != self._read:
                self._reported, self._read = _reported(texts), texts
            return self._reported

    def put_hubspot(self, reported: Mapping[str, Reported], *, at: datetime) -> None:
        """Store HubSpot's report by owner id; an owner who is not in it is available."""
        said = {owner_id: reported_as_record(one) for owner_id, one in sorted(reported.items())}
        self._redis.hset(self._key, HUBSPOT, orjson.dumps({"at": at.isoformat(), "said": said}).decode())

    def override(self, rep: str, override: Override) -> None:
        """Set the rep's override, in place of an earlier one."""
        event = {"says": override.kind, "until": override.until.isoformat()}
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._key, _OVERRIDE + rep, orjson.dumps(as_plain(override)).decode())
            self._add_event(pipeline, rep, at=override.said_at, event=event)
            pipeline.execute()

    def put_back(self, overrides: Mapping[str, Override], *, now: datetime) -> None:
        """Restore overrides from before Redis was emptied; newer ones stay.

        The ledger has their events already.
        """
        for rep, override in overrides.items():
            if override.until > now:
                self._redis.hsetnx(self._key, _OVERRIDE + rep, orjson.dumps(as_plain(override)).decode())

    def lift(self, rep: str, *, at: datetime) -> bool:
        """Remove the rep's override; False if there is none."""
        if not self._redis.hexists(self._key, _OVERRIDE + rep):
            return False
        with self._redis.pipeline() as pipeline:
            pipeline.hdel(self._key, _OVERRIDE + rep)
            self._add_event(pipeline, rep, at=at, event={"says": "lifted"})
            return bool(pipeline.execute()[0])

    def _add_event(self, pipeline: Pipeline, rep: str, *, at: datetime, event: Mapping[str, str]) -> None:
        """Add an event that belongs to no contact; the reason is for colleagues and not in it."""
        record = orjson.dumps({"at": at.isoformat(), "kind": OVERRIDE, "rep": rep, **event})
        pipeline.xadd(self._outbox, {"kind": "event", "contact": "", "record": record.decode()})

    def forget_ended(self, *, now: datetime) -> None:
        """Drop the overrides that have ended."""
        ended = [rep for rep, override in self.reported().overrides.items() if override.until <= now]
        if ended:
            self._redis.hdel(self._key, *(_OVERRIDE + rep for rep in ended))


def _reported(texts: Mapping[str, str]) -> ReportedAvailability:
    at, said = _hubspots(texts.get(HUBSPOT))
    overrides, unreadable = {}, set()
    for name, text in texts.items():
        if not name.startswith(_OVERRIDE):
            continue
        rep = name.removeprefix(_OVERRIDE)
        try:
            overrides[rep] = _STORED.decode(text).override()
        except (msgspec.DecodeError, OverflowError):
            unreadable.add(rep)
    return ReportedAvailability(at, said, overrides, frozenset(unreadable))


def _hubspots(text: str | None) -> tuple[datetime | None, dict[str, Reported]]:
    """HubSpot's report and its time; None where nothing was stored, or not by us: it is read anew soon."""
    try:
        stored = _HUBSPOTS.decode(text or "")
    except (msgspec.DecodeError, RecursionError):
        return None, {}
    return stored.at, {owner_id: _of_owner(record) for owner_id, record in stored.said.items()}


def _of_owner(record: object) -> Reported:
    """One owner's report; one that cannot be read concerns this owner alone, who counts as away."""
    try:
        return reported_from_record(cast("dict[str, Any]", record))
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return Reported(unreadable=STORED)


class _HubSpots(msgspec.Struct):
    """HubSpot's report as it is stored."""

    at: _Aware
    said: dict[str, Any]


class _Stored(msgspec.Struct):
    """An override as it is stored."""

    kind: Literal["away", "present"]
    until: _Aware
    said_at: _Aware
    why: str = ""

    def override(self) -> Override:
        """The override; what an older version took for longer than two years ends after two years."""
        until = min(self.until, self.said_at + MOST_AHEAD)
        return Override(self.kind, until=until, said_at=self.said_at, why=self.why)


_HUBSPOTS: Final = msgspec.json.Decoder(_HubSpots)
_STORED: Final = msgspec.json.Decoder(_Stored)
