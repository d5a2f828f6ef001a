"""A process whose clock is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.world.time import Clock


@dataclass
class OwnClock:
    """The process's clock: the portal's, set wrong by some seconds."""

    right: Clock
    wrong_s: float = 0.0

    def __call__(self) -> datetime:
        return self.right() + timedelta(seconds=self.wrong_s)
