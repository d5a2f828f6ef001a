"""Redriving: a parked lead is routed again once a person has mended what stopped it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import epoch_ms

Redriven = Literal["written anew", "decided anew", "not parked", "being erased"]


class Redrive:
    """Sends parked leads of one portal again."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._redrive = script(client, "repair/redrive")

    def send_again(self, contact_id: str, *, now: datetime) -> Redriven:
        """Put the lead back into the inbox, in one step with its state; return what happens to it.

        A decision that was never written is written as it stands; its share stays paid. Without one the lead
        is decided like a new one. Safe to repeat. Wake a worker afterwards, or the workers' tick does.
        """
        keys = self._keys
        names = [keys.lead(contact_id), keys.parked, keys.inbox, keys.outbox, keys.erasures]
        event = orjson.dumps({"at": now.isoformat(), "kind": "redriven", "decision": None}).decode()
        return cast("Redriven", self._redrive(keys=names, args=[contact_id, epoch_ms(now), event]))
