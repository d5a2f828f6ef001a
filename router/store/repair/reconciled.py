"""The span of time that was searched for contacts whose announcement never came."""

from __future__ import annotations

from typing import Final, cast

import orjson
import redis
from msgspec import Struct

from router.plain import as_plain
from router.store.health.recent import RecentCounts
from router.store.keys import Keys

_WINDOW: Final = "window"
_UNTIL: Final = "until"


class Window(Struct, frozen=True):
    """Contacts created from `since` to `until` (ISO), searched up to `after_id`."""

    since: str
    until: str
    after_id: str = "0"


class Reconciled:
    """The windows of one portal. One is open at a time, and an interrupted one continues where it stopped."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.reconciled
        self._recent = RecentCounts(client, keys)

    def until(self) -> str | None:
        """Moment (ISO) before which all created contacts were looked for; None if none ever were."""
        return cast("str | None", self._redis.hget(self._key, _UNTIL))

    def open_window(self) -> Window | None:
        """The window that was begun and not finished, or None."""
        text = cast("str | None", self._redis.hget(self._key, _WINDOW))
        return Window(**orjson.loads(text)) if text else None

    def put(self, window: Window) -> None:
        """Record how far the window has been searched."""
        self._redis.hset(self._key, _WINDOW, orjson.dumps(as_plain(window)).decode())

    def note_missed(self, contacts: int) -> None:
        """Count contacts that no webhook had announced, for the health page."""
        self._recent.note("missed", contacts)

    def close(self, window: Window) -> None:
        """Record that the window has been searched to its end."""
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._key, _UNTIL, window.until)
            pipeline.hdel(self._key, _WINDOW)
            pipeline.execute()
