"""Verdicts on rule files, shared by all processes, and the turn to judge: one process judges the same files.

Turn and verdict belong to a key that names everything on which the verdict depends. A process that dies while
it judges delays the others until its turn expires.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script

TURN_S: Final = 5.0
"""Seconds after which a turn that is not renewed expires: its process died, or stands still."""
RENEWALS: Final = 5
"""Renewals of a turn in its lifetime."""
KEPT_FOR: Final = timedelta(days=2)

Mistakes: TypeAlias = Sequence[Mapping[str, Any]]


class RuleVerdicts:
    """The verdicts of one portal. Safe to share between threads."""

    def __init__(self, client: redis.Redis, keys: Keys, *, turn_s: float = TURN_S) -> None:
        self._turn_s = turn_s
        self._redis = client
        self._keys = keys
        self._keep = script(client, "shared/rule_judge_keep")

    def publish(self, of: str, mistakes: Mistakes) -> None:
        """Store the verdict for this key; without mistakes the files may go live."""
        told = orjson.dumps({"of": of, "mistakes": list(mistakes)}).decode()
        self._redis.set(self._keys.rules_verdict(of), told, ex=KEPT_FOR)

    def of(self, of: str) -> tuple[Mapping[str, Any], ...] | None:
        """The mistakes of the verdict for this key, none for good files; None without a readable verdict."""
        text = cast("str | None", self._redis.get(self._keys.rules_verdict(of)))
        if text is None:
            return None
        try:
            told = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(told, dict) or told.get("of") != of or not isinstance(told.get("mistakes"), list):
            return None
        mistakes = told["mistakes"]
        return tuple(mistakes) if all(_is_mistake(one) for one in mistakes) else None

    @contextmanager
    def turn(self, of: str) -> Iterator[bool]:
        """Take the turn to judge, renewed until the end of the block; False if another process has it.

        Raises `redis.RedisError`, but never for a turn that cannot be renewed or ended: it expires.
        """
        key, name = self._keys.rules_judge(of), secrets.token_hex(8)
        if not self._redis.set(key, name, nx=True, px=int(self._turn_s * 1000)):
            yield False
            return
        ended = threading.Event()
        renewing = threading.Thread(
            target=self._renew, args=(key, name, ended), name="rules-turn", daemon=True
        )
        renewing.start()
        try:
            yield True
        finally:
            ended.set()
            renewing.join()
            self._until(key, name, left_s=0)

    def _renew(self, key: str, name: str, ended: threading.Event) -> None:
        while not ended.wait(self._turn_s / RENEWALS):
            self._until(key, name, left_s=self._turn_s)

    def _until(self, key: str, name: str, *, left_s: float) -> None:
        try:
            self._keep(keys=[key], args=[name, int(left_s * 1000)])
        except redis.RedisError:
            return  # the turn expires by itself; another process may then judge the same files


def _is_mistake(found: object) -> bool:
    return (
        isinstance(found, dict)
        and set(found) == {"file", "line", "column", "message"}
        and all(isinstance(found[name], str) for name in ("file", "message"))
        and all(type(found[name]) is int for name in ("line", "column"))
    )
