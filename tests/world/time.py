"""The time of the tests: a Tuesday morning, and waiting for what takes real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # policy tests need the moment and no portal
    from router.sandbox.http.client import SandboxClient

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
"""A Tuesday, 10:15 in Paris, and no holiday: the moment at which every test begins."""
PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Clock:
    """Starts at NOW and goes on as real time does; the portal, if there is one, lives in the same time."""

    sandbox: SandboxClient | None = None
    ahead: timedelta = field(default_factory=timedelta)

    def __post_init__(self) -> None:
        self.set_to(NOW)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set_to(self, moment: datetime) -> None:
        """Let it be this moment (aware), here and in the portal."""
        self.ahead = moment - datetime.now(UTC)
        if self.sandbox is not None:
            self.ahead = timedelta(seconds=self.sandbox.set_clock(moment))

    def forward(self, seconds: float) -> None:
        """Let this much time pass, here and in the portal."""
        self.ahead += timedelta(seconds=seconds)
        if self.sandbox is not None:
            self.sandbox.put_forward(seconds)


@dataclass(frozen=True)
class Time:
    """The same clock for journeys of hours and days, which pass in milliseconds."""

    clock: Clock

    def pass_by(self, **span: float) -> datetime:
        """So much later, as `timedelta` takes it: `pass_by(hours=4)`."""
        self.clock.forward(timedelta(**span).total_seconds())
        return self.clock()

    def pass_until(self, moment: datetime) -> datetime:
        """Until that moment (aware)."""
        return self.pass_by(seconds=(moment - self.clock()).total_seconds())


def wait_for(condition: Callable[[], bool], *, within_s: float = 10) -> None:
    """Ask again until it is true; fails after the deadline."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
