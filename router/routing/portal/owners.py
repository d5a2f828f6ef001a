"""The portal's owners, read from HubSpot at most every five minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

import orjson
import redis

from router.hubspot.api.gateway import Gateway
from router.plain import as_plain
from router.policy.leads.catalog import Owner
from router.policy.people.roster import Roster
from router.store.keys import Keys

FRESH: Final = timedelta(minutes=5)
LOOK_AGAIN: Final = timedelta(seconds=2)


def reps_by_owner(owners: Mapping[str, Owner], roster: Roster) -> dict[str, str]:
    """Owner id → the rep of the rule files with that HubSpot account; `owners` by lower-case e-mail."""
    reps = roster.reps.values()
    return {owner.id: rep.name for rep in reps if (owner := owners.get(rep.owner.lower())) is not None}


class Owners:
    """The owners of one portal, by lower-case e-mail, shared by all processes through Redis."""

    def __init__(
        self, client: redis.Redis, keys: Keys, gateway: Gateway, *, clock: Callable[[], datetime]
    ) -> None:
        self._redis = client
        self._keys = keys
        self._gateway = gateway
        self._clock = clock
        self._known: Mapping[str, Owner] = {}
        self._looked_at: datetime | None = None
        self._lock = threading.Lock()

    def by_email(self) -> Mapping[str, Owner]:
        """Every owner, archived ones included. Asks HubSpot only if no process has within five minutes."""
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at > LOOK_AGAIN:
                self._known = self._shared(now) or self._read(now)
                self._looked_at = now
            return self._known

    def last_known(self) -> Mapping[str, Owner]:
        """The owners as any process last read them, however long ago; HubSpot is not asked."""
        return self._shared(None) or {}

    def refresh(self) -> Mapping[str, Owner]:
        """Read the owners from HubSpot now, for all processes: an owner was just refused, or it is time."""
        with self._lock:
            now = self._clock()
            self._known = self._read(now)
            self._looked_at = now
            return self._known

    def _shared(self, now: datetime | None) -> Mapping[str, Owner] | None:
        text = cast("str | None", self._redis.get(self._keys.owners))
        if text is None:
            return None
        kept = orjson.loads(text)
        if now is not None and now - datetime.fromisoformat(kept["at"]) > FRESH:
            return None
        return _by_email(Owner(**owner) for owner in kept["owners"])

    def _read(self, now: datetime) -> Mapping[str, Owner]:
        owners = [
            Owner(id=one.id, email=one.email, name=one.name, archived=one.archived)
            for one in self._gateway.owners()
        ]
        kept = {"at": now.isoformat(), "owners": [as_plain(owner) for owner in owners]}
        self._redis.set(self._keys.owners, orjson.dumps(kept))
        return _by_email(owners)


def _by_email(owners: Iterable[Owner]) -> Mapping[str, Owner]:
    """Owners by lower-case e-mail; an active owner wins over an archived one with the same address."""
    archived_first = sorted(owners, key=lambda owner: not owner.archived)
    return {owner.email.lower(): owner for owner in archived_first}
