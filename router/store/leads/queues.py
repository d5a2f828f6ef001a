"""The leads that wait in the shared queues of teams: their order, and when to look at each again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

import orjson
import redis
from msgspec import Struct

from router.policy.waiting.queued_record import QueuedDecision, queued_decision
from router.store import lead_fields
from router.store.keys import Keys
from router.store.leads.leads import State

HIGHEST_SCORE: Final = 4095
"""A higher score counts like this one in the order of a queue, and one below 0 like 0."""
_SPAN: Final = 2**41
"""Milliseconds: epoch times stay below it until 2039, and Redis keeps every rank exactly."""


def rank(score: int, *, since_ms: int) -> int:
    """A lead's rank in its queue, smallest first: by score, and between equal scores by longest wait."""
    return (HIGHEST_SCORE - min(max(score, 0), HIGHEST_SCORE)) * _SPAN + since_ms


class WaitingLead(Struct, frozen=True):
    """A lead that any rep of the team may claim; `since_ms` is epoch milliseconds."""

    contact_id: str
    score: int
    since_ms: int


class QueuePlace(Struct, frozen=True):
    """A lead's place in its queue: its rank there (0 and up, smallest first), and its contact id."""

    rank: int
    contact_id: str


class Tended(Struct, frozen=True):
    """A queued lead to look at: its state and since when, what queued it, and its last reading.

    Times are epoch milliseconds; 0 if unknown.
    """

    contact_id: str
    episode: int
    state: State
    decision: QueuedDecision | None
    read_at_ms: int
    at_ms: int
    queued_since_ms: int
    released_by: tuple[str, ...]
    queue: str

    @property
    def score(self) -> int:
        """The lead's score when it was queued."""
        return self.decision.score if self.decision else 0


class Queues:
    """The shared queues of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def lengths(self) -> dict[str, int]:
        """Number of waiting leads by team; teams whose queue was never used are absent."""
        teams = sorted(cast("set[str]", self._redis.smembers(self._keys.queues)))
        with self._redis.pipeline(transaction=False) as pipeline:
            for team in teams:
                pipeline.zcard(self._keys.queue(team))
            return dict(zip(teams, pipeline.execute(), strict=True))

    def waiting(self, team: str, *, limit: int = 100) -> tuple[WaitingLead, ...]:
        """The first leads of the team's queue: highest score first, then longest wait."""
        rows = self._redis.zrange(self._keys.queue(team), 0, limit - 1, withscores=True)
        return tuple(_waiting(row[0], int(row[1])) for row in cast("list[tuple[str, float]]", rows))

    def waiting_after(
        self, place: QueuePlace | None, team: str, *, limit: int
    ) -> list[tuple[QueuePlace, WaitingLead]]:
        """Up to `limit` leads of the team's queue behind a place (None: from its front), each with its place.

        The lead at that place may have left meanwhile.
        """
        key, start = self._keys.queue(team), 0
        if place is not None:
            at = cast("int | None", self._redis.zrank(key, place.contact_id))
            start = at + 1 if at is not None else self._redis.zcount(key, "-inf", f"({place.rank}")
        rows = self._redis.zrange(key, start, start + limit - 1, withscores=True)
        found = cast("list[tuple[str, float]]", rows)
        return [(QueuePlace(int(rank), one), _waiting(one, int(rank))) for one, rank in found]

    def waiting_in_all(self) -> int:
        """Number of queued leads on the list of leads to look at."""
        return self._redis.zcard(self._keys.tended)

    def to_tend(self, *, now_ms: int, limit: int) -> tuple[str, ...]:
        """Contact ids of queued leads that are due to be looked at, longest due first."""
        due = self._redis.zrangebyscore(self._keys.tended, "-inf", now_ms, start=0, num=limit)
        return tuple(cast("list[str]", due))

    def look_again(self, at_ms: Mapping[str, int]) -> None:
        """Look at these leads again at these times; a lead taken off the list meanwhile stays off it."""
        if at_ms:
            self._redis.zadd(self._keys.tended, dict(at_ms), xx=True)

    def let_go(self, contact_ids: Iterable[str]) -> None:
        """Take these leads off the list of queued leads to look at."""
        ids = list(contact_ids)
        if ids:
            self._redis.zrem(self._keys.tended, *ids)

    def note_read(self, contact_ids: Iterable[str], *, at_ms: int) -> None:
        """Remember that these leads were read in HubSpot, and had no owner."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for contact_id in contact_ids:
                pipeline.hset(self._keys.lead(contact_id), lead_fields.READ_AT, at_ms)
            pipeline.execute()

    def recall(self, contact_ids: Iterable[str]) -> dict[str, Tended]:
        """The known ones of these leads, by contact id."""
        ids = list(contact_ids)
        with self._redis.pipeline(transaction=False) as pipeline:
            for contact_id in ids:
                pipeline.hmget(
                    self._keys.lead(contact_id),
                    lead_fields.EPISODE,
                    lead_fields.STATE,
                    lead_fields.RECORD,
                    lead_fields.READ_AT,
                    lead_fields.AT,
                    lead_fields.QUEUED_SINCE,
                    lead_fields.RELEASED_BY,
                    lead_fields.QUEUE,
                )
            rows = pipeline.execute()
        found = zip(ids, rows, strict=True)
        return {one: _tended(one, row) for one, row in found if row[1] is not None}


def _tended(contact_id: str, row: list[str | None]) -> Tended:
    episode, state, record, read_at, at, since, released_by, queue = row
    return Tended(
        contact_id=contact_id,
        episode=int(episode or 0),
        state=State(cast("str", state)),
        decision=queued_decision(orjson.loads(record)) if record else None,
        read_at_ms=int(read_at or 0),
        at_ms=int(at or 0),
        queued_since_ms=int(since or 0),
        released_by=tuple(filter(None, (released_by or "").split(","))),
        queue=queue or "",
    )


def _waiting(contact_id: str, place: int) -> WaitingLead:
    behind, since_ms = divmod(place, _SPAN)
    return WaitingLead(contact_id, HIGHEST_SCORE - behind, since_ms)
