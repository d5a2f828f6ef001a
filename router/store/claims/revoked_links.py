"""The moments since which the claim links of a rep count again; links made earlier were revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, cast

import orjson
import redis

from router.store.keys import Keys

REVOKED: Final = "links_revoked"
"""The kind of the ledger's lines about revoked claim links."""


class RevokedLinks:
    """The revocations of one portal, the same for all processes."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def valid_since(self, rep: str) -> datetime | None:
        """The moment (aware UTC) since which links of the rep count; None if none were revoked lately."""
        text = cast("str | None", self._redis.get(self._keys.links_revoked(rep)))
        return None if text is None else datetime.fromtimestamp(int(text), UTC)

    def revoke(self, rep: str, *, valid_since: datetime, at: datetime, remember: timedelta) -> None:
        """Revoke the rep's links made before `valid_since` (whole seconds); the ledger gets an event.

        Remembered here for `remember`, which has to be longer than a link lasts.
        """
        record = {"at": at.isoformat(), "kind": REVOKED, "rep": rep, "valid_since": valid_since.isoformat()}
        event = {"kind": "event", "contact": "", "record": orjson.dumps(record).decode()}
        with self._redis.pipeline() as pipeline:
            pipeline.set(self._keys.links_revoked(rep), int(valid_since.timestamp()), ex=remember)
            pipeline.xadd(self._keys.outbox, event)  # type: ignore[arg-type] # redis-py's own dict type is invariant
            pipeline.execute()
