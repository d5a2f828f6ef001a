"""A Redis that reads its data after a start: it answers LOADING to everything else until it is done."""

from __future__ import annotations

from typing import Any

import redis
from msgspec import Struct


class Loading(Struct, frozen=True):
    """How far the server is: per cent read, and seconds left by its own estimate; None if it does not say."""

    percent: float | None = None
    left_s: float | None = None

    @property
    def sentence(self) -> str:
        """What the server does, in words."""
        read = "" if self.percent is None else f", {self.percent:.0f} % so far"
        left = "" if not self.left_s else f", about {self.left_s:.0f} s more"
        return f"Redis reads its data after a start{read}{left}. Until then it takes nothing."


def loading_of(client: redis.Redis) -> Loading:
    """How far a server is that answered LOADING. Raises `redis.RedisError` if it does not answer at all."""
    facts: dict[str, Any] = client.info("persistence")
    left_s = facts.get("loading_eta_seconds")
    return Loading(
        percent=_number(facts.get("loading_loaded_perc")),
        left_s=None if left_s is None or float(left_s) < 0 else float(left_s),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value).rstrip("%"))
