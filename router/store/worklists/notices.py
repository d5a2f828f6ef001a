"""The notices to reps: those to send, those that were sent, and those that could not be sent.

A notice is noted, claimed just before it goes out, and settled after. A notice that is claimed and not
settled may have gone out, so no process sends it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast, get_args

import orjson
import redis
from msgspec import Struct

from router.plain import as_plain
from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import in_ms

LEASE: Final = timedelta(minutes=2)
REMEMBERED: Final = timedelta(days=30)
"""Time in which a notice that was sent is not sent again, even if it is noted twice."""

ASSIGNED: Final = "assigned"
PARKED: Final = "notices_parked"
"""The counter of notices that reached nobody, by its name in /health and /metrics."""
Channel = Literal["chat", "task"]
Claim = Literal["ours", "out", "forgotten"]
"""`out`: it went out already, or may have. `forgotten`: its contact was erased."""


class Notice(Struct, frozen=True):
    """One message to one person about one decision; times are epoch milliseconds.

    `about` is its subject: that the lead was `assigned`, or a later event (`overdue:100`). For a later event
    `to` is the recipient, rep or manager, `text` the message, and `task_owner_id` the owner of the task.
    """

    decision_id: str
    contact_id: str
    owner_id: str
    channel: Channel
    since_ms: int
    attempts: int = 0
    about: str = ASSIGNED
    to: str = ""
    text: str = ""
    task_owner_id: str = ""

    @property
    def id(self) -> str:
        """Unique for each lead, event and channel."""
        about = "" if self.about == ASSIGNED else f"{self.about}|{self.to}|"
        return f"{self.decision_id}|{about}{self.channel}"


class Notices:
    """The notices of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._take = script(client, "worklists/notices_take")
        self._claim = script(client, "worklists/notices_claim")
        self._ended = script(client, "worklists/notices_end")

    def note(self, notices: Iterable[Notice], *, due_ms: int) -> None:
        """Have these sent at `due_ms`.

        Safe to repeat: a notice that waits already or was sent is not doubled.
        """
        noted = list(notices)
        if not noted:
            return
        sent = self._redis.zmscore(self._keys.notices_sent, [n.id for n in noted])
        with self._redis.pipeline() as pipeline:
            for notice, sent_at in zip(noted, sent, strict=True):
                if sent_at is None:
                    pipeline.hsetnx(self._keys.notices, notice.id, orjson.dumps(as_plain(notice)))
                    pipeline.zadd(self._keys.notices_due, {notice.id: due_ms}, nx=True)
            pipeline.execute()

    def is_due(self, *, now_ms: int) -> bool:
        """True if some notice is due."""
        return bool(self._redis.zcount(self._keys.notices_due, "-inf", now_ms))

    def take(self, *, now_ms: int) -> Notice | None:
        """One due notice, hidden from other processes for two minutes, or None."""
        found = self._take(keys=[self._keys.notices_due, self._keys.notices], args=[now_ms, in_ms(LEASE)])
        return Notice(**orjson.loads(found[1])) if found else None

    def claim(self, notice: Notice, *, now_ms: int) -> Claim:
        """Claim a notice just before it goes out."""
        found = self._claim(
            keys=[self._keys.notices, self._keys.notices_sent],
            args=[notice.id, now_ms, in_ms(REMEMBERED)],
        )
        return "forgotten" if found < 0 else "ours" if found else "out"

    def were_sent(
        self, decision_ids: Sequence[str], channels: Sequence[Channel] = get_args(Channel)
    ) -> frozenset[str]:
        """Those of these decisions of which a rep was told, or may have been, by one of these channels."""
        ids = [(one, f"{one}|{channel}") for one in decision_ids for channel in channels]
        if not ids:
            return frozenset()
        sent = self._redis.zmscore(self._keys.notices_sent, [notice for _, notice in ids])
        return frozenset(one for (one, _), at in zip(ids, sent, strict=True) if at is not None)

    def settle(self, notice: Notice, event: Mapping[str, Any] | None) -> None:
        """End the work on this notice; the event goes to the ledger."""
        self._end(notice, event=event)

    def put_back(self, notice: Notice, *, at_ms: int) -> None:
        """Try again at `at_ms` a notice that certainly did not go out, with the attempts that it has now."""
        self._end(notice, again=notice, at_ms=at_ms)

    def park(
        self, notice: Notice, *, why: str, now: datetime, event: Mapping[str, Any] | None = None
    ) -> None:
        """Park a notice that cannot be sent, for a person, and count it; the event is for the ledger."""
        parked = {"contact_id": notice.contact_id, "channel": notice.channel, "why": why}
        self._end(notice, event=event, parked={**parked, "since": now.isoformat()}, count=PARKED)

    def _end(
        self,
        notice: Notice,
        *,
        event: Mapping[str, Any] | None = None,
        parked: Mapping[str, Any] | None = None,
        count: str = "",
        again: Notice | None = None,
        at_ms: int = 0,
    ) -> None:
        keys = self._keys
        as_json = ["" if one is None else orjson.dumps(as_plain(one)) for one in (event, parked, again)]
        self._ended(
            keys=[
                *(keys.notices_due, keys.notices, keys.notices_sent, keys.notices_parked),
                *(keys.outbox, keys.counts),
            ],
            args=[notice.id, notice.contact_id, as_json[0], as_json[1], count, as_json[2], at_ms],
        )

    def waiting(self) -> int:
        """Number of notices that have not gone out yet."""
        return self._redis.hlen(self._keys.notices)

    def parked(self) -> dict[str, dict[str, Any]]:
        """Every parked notice by id, with why and since when."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.notices_parked))
        return {notice: orjson.loads(why) for notice, why in sorted(rows.items())}

    def forget_parked(self) -> int:
        """Drop every parked notice; return how many there were."""
        with self._redis.pipeline() as pipeline:
            pipeline.hlen(self._keys.notices_parked)
            pipeline.delete(self._keys.notices_parked)
            return int(pipeline.execute()[0])

    def forget(self, contact_id: str) -> None:
        """Purge every notice about a contact."""
        keys, mine = self._keys, f"{contact_id}-*"
        ids = {str(one) for one, _ in self._redis.hscan_iter(keys.notices, match=mine)}
        ids |= {str(one) for one, _ in self._redis.hscan_iter(keys.notices_parked, match=mine)}
        ids |= {str(one) for one, _ in self._redis.zscan_iter(keys.notices_sent, match=mine)}
        if ids:
            with self._redis.pipeline() as pipeline:
                for hash_key in (keys.notices, keys.notices_parked):
                    pipeline.hdel(hash_key, *ids)
                for set_key in (keys.notices_due, keys.notices_sent):
                    pipeline.zrem(set_key, *ids)
                pipeline.execute()
