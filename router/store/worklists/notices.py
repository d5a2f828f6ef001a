"""What reps have still to be told, what they were told, and what nobody could tell them.

A notice is noted, claimed just before it goes out, and settled after. Whoever finds one claimed and not
settled cannot know whether it went out, and does not send it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import in_ms

LEASE: Final = timedelta(minutes=2)
REMEMBERED: Final = timedelta(days=30)
"""So long a notice that was sent is not sent again, whatever is announced twice."""

ASSIGNED: Final = "assigned"
Channel = Literal["chat", "task"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one person about one decision; times are epoch milliseconds.

    `about` is what it tells of: that the lead was `assigned`, or what became of it since (`overdue:100`).
    Then `to` is who is told, rep or manager, `text` what they read, and `task_owner_id` who gets the task.
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
        """One for each lead, event and channel."""
        about = "" if self.about == ASSIGNED else f"{self.about}|{self.to}|"
        return f"{self.decision_id}|{about}{self.channel}"


class Notices:
    """The notices of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._take = script(client, "worklists/notices_take")

    def note(self, notices: Iterable[Notice], *, due_ms: int) -> None:
        """Have these sent at `due_ms`. Safe to repeat: what waits already or was sent is not doubled."""
        noted = list(notices)
        if not noted:
            return
        sent = self._redis.zmscore(self._keys.notices_sent, [n.id for n in noted])
        with self._redis.pipeline() as pipeline:
            for notice, told in zip(noted, sent, strict=True):
                if told is None:
                    pipeline.hsetnx(self._keys.notices, notice.id, _text(notice))
                    pipeline.zadd(self._keys.notices_due, {notice.id: due_ms}, nx=True)
            pipeline.execute()

    def is_due(self, *, now_ms: int) -> bool:
        """Whether some notice should go out."""
        return bool(self._redis.zcount(self._keys.notices_due, "-inf", now_ms))

    def take(self, *, now_ms: int) -> Notice | None:
        """One due notice, which nobody else is given for two minutes."""
        lease_ms = in_ms(LEASE)
        found = self._take(keys=[self._keys.notices_due, self._keys.notices], args=[now_ms, lease_ms])
        return Notice(**orjson.loads(found[1])) if found else None

    def claim(self, notice: Notice, *, now_ms: int) -> bool:
        """Just before it goes out: False if it did already, or may have."""
        forgotten_ms = now_ms - in_ms(REMEMBERED)
        self._redis.zremrangebyscore(self._keys.notices_sent, "-inf", forgotten_ms)
        return bool(self._redis.zadd(self._keys.notices_sent, {notice.id: now_ms}, nx=True))

    def settle(self, notice: Notice, event: Mapping[str, Any] | None) -> None:
        """It is over with this notice; the event goes to the ledger."""
        with self._redis.pipeline() as pipeline:
            pipeline.zrem(self._keys.notices_due, notice.id)
            pipeline.hdel(self._keys.notices, notice.id)
            if event is not None:
                fields = {"kind": "event", "contact": notice.contact_id, "record": orjson.dumps(event)}
                pipeline.xadd(self._keys.outbox, cast("Any", fields))
            pipeline.execute()

    def again(self, notice: Notice, *, at_ms: int) -> None:
        """It certainly did not go out: another try at `at_ms`."""
        later = Notice(**{**asdict(notice), "attempts": notice.attempts + 1})
        with self._redis.pipeline() as pipeline:
            pipeline.zrem(self._keys.notices_sent, notice.id)
            pipeline.hset(self._keys.notices, notice.id, _text(later))
            pipeline.zadd(self._keys.notices_due, {notice.id: at_ms})
            pipeline.execute()

    def park(self, notice: Notice, *, why: str, now: datetime) -> None:
        """Nobody could tell the rep for a day: a person is needed."""
        parked = {"contact_id": notice.contact_id, "channel": notice.channel, "why": why}
        with self._redis.pipeline() as pipeline:
            pipeline.hset(
                self._keys.notices_parked, notice.id, orjson.dumps({**parked, "since": now.isoformat()})
            )
            pipeline.zrem(self._keys.notices_due, notice.id)
            pipeline.hdel(self._keys.notices, notice.id)
            pipeline.execute()

    def waiting(self) -> int:
        """How many notices have not gone out yet."""
        return self._redis.hlen(self._keys.notices)

    def parked(self) -> dict[str, dict[str, Any]]:
        """Every notice that nobody could send, by id, with why and since when."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.notices_parked))
        return {notice: orjson.loads(why) for notice, why in sorted(rows.items())}

    def forget_parked(self) -> int:
        """Strike every parked notice off the list; how many."""
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


def _text(notice: Notice) -> str:
    return orjson.dumps(asdict(notice)).decode()
