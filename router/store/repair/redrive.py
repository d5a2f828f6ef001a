"""Redriving: a parked lead is routed again once what stopped it is mended, or over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import epoch_ms, in_ms

_TRIED_OFTEN: Final = re.compile(r"It was tried \d+ times and never finished; the log says why\.")
"""The reason that earlier versions gave, after an outage as well."""

FIRST_PROBE: Final = timedelta(seconds=30)
RAREST_PROBE: Final = timedelta(minutes=15)

Redriven = Literal["written anew", "decided anew", "not parked", "being erased"]


class Redrive:
    """Sends parked leads of one portal again."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._redrive = script(client, "repair/redrive")

    def send_again(self, contact_id: str, *, now: datetime, by_itself: bool = False) -> Redriven:
        """Put the lead back into the inbox, in one step with its state; return what happens to it.

        A decision that was never written is written as it stands; its share stays paid. Without one the lead
        is decided like a new one. `by_itself` is what the ledger says of it: no person asked. Safe to repeat.
        Wake a worker afterwards, or the workers' tick does.
        """
        keys = self._keys
        names = [keys.lead(contact_id), keys.parked, keys.inbox, keys.outbox, keys.erasures]
        kind = "resumed" if by_itself else "redriven"
        event = orjson.dumps({"at": now.isoformat(), "kind": kind, "decision": None}).decode()
        return cast("Redriven", self._redrive(keys=names, args=[contact_id, epoch_ms(now), event]))

    def next_probe_ms(self) -> int:
        """When one parked lead is to be tried, epoch milliseconds; 0 if none was tried lately."""
        return int(cast("str | None", self._redis.hget(self._keys.resume_probe, "next")) or 0)

    def note_probe(self, *, now_ms: int) -> None:
        """A parked lead is tried now; the wait before the next one doubles, up to a quarter of an hour."""
        before = int(cast("str | None", self._redis.hget(self._keys.resume_probe, "wait")) or 0)
        wait = min(max(2 * before, in_ms(FIRST_PROBE)), in_ms(RAREST_PROBE))
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._keys.resume_probe, mapping={"next": now_ms + wait, "wait": wait})
            pipeline.expire(self._keys.resume_probe, 86_400)
            pipeline.execute()

    def end_probes(self) -> None:
        """HubSpot takes writes again: the next outage begins with short waits."""
        self._redis.delete(self._keys.resume_probe)


def goes_on_by_itself(parked: Mapping[str, Any]) -> bool:
    """True for a parked lead that an outage stopped: it is sent again without a person. Pure."""
    if "fault" in parked:
        return bool(parked["fault"] == "outage")
    return _TRIED_OFTEN.fullmatch(str(parked.get("why", ""))) is not None
