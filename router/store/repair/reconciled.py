"""Which span of time has been looked through for contacts that nobody announced."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, cast

import orjson
import redis

from router.store.keys import Keys

_WINDOW: Final = "window"
_UNTIL: Final = "until"


@dataclass(frozen=True, slots=True)
class Window:
    """Contacts created from `since` to `until` (ISO), looked through up to `after_id`."""

    since: str
    until: str
    after_id: str = "0"


class Reconciled:
    """The windows of one portal: one is open at a time, and a window that was left goes on where it was."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.reconciled

    def until(self) -> str | None:
        """Everything created before this moment (ISO) was looked for; None if nothing ever was."""
        return cast("str | None", self._redis.hget(self._key, _UNTIL))

    def open_window(self) -> Window | None:
        """The window that somebody has begun, or None."""
        text = cast("str | None", self._redis.hget(self._key, _WINDOW))
        return Window(**orjson.loads(text)) if text else None

    def put(self, window: Window) -> None:
        """The window is looked through so far."""
        self._redis.hset(self._key, _WINDOW, orjson.dumps(asdict(window)).decode())

    def close(self, window: Window) -> None:
        """The window is looked through to its end."""
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._key, _UNTIL, window.until)
            pipeline.hdel(self._key, _WINDOW)
            pipeline.execute()
