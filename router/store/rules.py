"""The live revision of the rules as everybody knows it, and what is wrong with the files on disk."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
import redis

from router.store.keys import Keys


@dataclass(frozen=True, slots=True)
class PublishedRules:
    """What a process that loaded the rules told the others. `files` are the last good ones."""

    revision: str
    loaded_at: str
    files: Mapping[str, bytes]


class RulesShelf:
    """Where the last good rule files are kept, so that a restart with a broken file goes on with them."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.rules

    def publish(self, revision: str, files: Mapping[str, bytes], *, at: datetime) -> None:
        """These files are live and good; an earlier complaint about the disk is settled."""
        packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
        with self._redis.pipeline() as pipeline:
            pipeline.hset(
                self._key,
                mapping={
                    "revision": revision,
                    "loaded_at": at.isoformat(),
                    "files": orjson.dumps(packed).decode(),
                },
            )
            pipeline.hdel(self._key, "error")
            pipeline.execute()

    def complain(self, mistakes: Sequence[Mapping[str, Any]]) -> None:
        """The files on disk cannot go live: file, line, column and message of each mistake."""
        self._redis.hset(self._key, "error", orjson.dumps(list(mistakes)).decode())

    def last_good(self) -> PublishedRules | None:
        """The last revision that anybody published, or None."""
        revision, loaded_at, files = cast(
            "list[str | None]", self._redis.hmget(self._key, ["revision", "loaded_at", "files"])
        )
        if revision is None or loaded_at is None or files is None:
            return None
        packed = orjson.loads(files)
        return PublishedRules(
            revision=revision,
            loaded_at=loaded_at,
            files={name: base64.b64decode(content) for name, content in packed.items()},
        )
