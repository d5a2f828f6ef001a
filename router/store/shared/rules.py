"""The live revision of the rules, shared by all processes, and the mistakes in the files on disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import orjson
import redis
from msgspec import Struct

from router.policy.reports.bounds import Bound
from router.rulefiles.packing import packed, unpacked
from router.rulefiles.words.catalog_file import CATALOG_FILE
from router.store.keys import Keys


class PublishedRules(Struct, frozen=True):
    """A revision as the process that loaded it published it. `files` are the last good ones."""

    revision: str
    loaded_at: str
    files: Mapping[str, bytes]


class RulesRepository:
    """The last good rule files, so that a restart with a broken file continues with them."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.rules
        self._listened = keys.listened

    def publish(
        self,
        revision: str,
        files: Mapping[str, bytes],
        *,
        at: datetime,
        bounds: Mapping[str, Bound],
        listened: Collection[str] = (),
    ) -> str | None:
        """Store these files as live and good; an earlier report of mistakes on disk is dropped.

        `bounds` is the largest allowed distance from the fair share in each team, see `policy.bounds`.
        `listened` are the contact properties whose changes the receiver passes on to leads.
        Returns the revision that was live before, None if none was; of several processes that publish the
        same change only the first gets another revision than its own. Changes found in the portal are
        forgotten when the files bring another catalog.
        """
        with self._redis.pipeline() as pipeline:
            pipeline.hmget(self._key, ["revision", "drift_of", "loaded_at"])
            pipeline.hset(
                self._key,
                mapping={
                    "revision": revision,
                    "loaded_at": at.isoformat(),
                    "files": packed(files),
                    "bounds": orjson.dumps(
                        {team: [one.unit, one.most, one.waiting] for team, one in bounds.items()}
                    ),
                },
            )
            pipeline.hdel(self._key, "error")
            pipeline.delete(self._listened)
            if listened:
                pipeline.sadd(self._listened, *sorted(listened))
            before, drift_of, since = cast("list[str | None]", pipeline.execute()[0])
        if before == revision and since is not None:
            self._redis.hset(self._key, "loaded_at", since)  # a process that starts changes no rules
        if drift_of is not None and drift_of != _digest(files.get(CATALOG_FILE, b"")):
            self._redis.hdel(self._key, "drift", "drift_of")
        return before

    def complain(self, mistakes: Sequence[Mapping[str, Any]]) -> None:
        """Store the mistakes that keep the files on disk from going live.

        Each has its file, line, column and message.
        """
        self._redis.hset(self._key, "error", orjson.dumps(list(mistakes)).decode())

    def note_drift(self, sentences: Sequence[str], *, catalog: bytes) -> None:
        """Store what the portal changed since this catalog was pulled, as far as it touches a rule."""
        self._redis.hset(
            self._key,
            mapping={"drift": orjson.dumps(list(sentences)).decode(), "drift_of": _digest(catalog)},
        )

    def is_blank(self) -> bool:
        """True if neither rules nor mistakes were stored yet, as after Redis was emptied."""
        return not self._redis.hexists(self._key, "revision") and not self._redis.hexists(self._key, "error")

    def last_good(self) -> PublishedRules | None:
        """The last published revision, or None."""
        revision, loaded_at, files = cast(
            "list[str | None]", self._redis.hmget(self._key, ["revision", "loaded_at", "files"])
        )
        if revision is None or loaded_at is None or files is None:
            return None
        return PublishedRules(revision, loaded_at, unpacked(files))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
