"""The parts of a reading: what is known of one stream, process, rule mistake, team, or of Redis itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from router.policy.people.roster import Unit
from router.policy.shares.share_book import BOUND


class Backlog(Struct, frozen=True):
    """One stream of leads: entries in it, those that are claimed, and the wait of the oldest in seconds."""

    depth: int
    claimed: int
    waited_s: float | None


class Progress(Struct, frozen=True):
    """The last work that a process finished, and its time (aware UTC)."""

    process: str
    at: datetime
    did: str

    @property
    def role(self) -> str:
        """What the process is for: "worker", "housekeeping", "cron"."""
        return self.process.split()[0]


class RuleMistake(Struct, frozen=True):
    """A mistake in the rule files on disk; the last good revision stays live."""

    file: str
    line: int | None
    column: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line or 1}:{self.column or 1}: {self.message}"


class Furthest(Struct, frozen=True):
    """The rep of a team furthest from their fair share: ahead (+) or behind (-), in the team's unit."""

    team: str
    rep: str
    difference: float
    unit: Unit = "leads"
    bound: float | None = BOUND
    """Difference above which a person is warned; None: the team promises no limit."""


class RedisState(Struct, frozen=True):
    """What Redis says of itself; what it does not say is None or empty."""

    refuses_writes: str = ""
    """The words with which it refused a write just now."""
    used: int = 0
    most: int = 0
    """Bytes in use, and the most it may use (0: no limit)."""
    policy: str = ""
    """What it does when memory is full: `noeviction`, or which keys it throws away."""
    evicted: int = 0
    appends: bool | None = None
    """True if it keeps an append-only file."""
    append_failed: bool = False

    @property
    def may_evict(self) -> bool:
        """True if keys are thrown away once memory is full."""
        return bool(self.most) and self.policy not in ("", "noeviction")


class Recent(Struct, frozen=True):
    """Deliveries of this hour and the last, and the hour of the last valid event (aware UTC)."""

    events: int = 0
    """Valid events of our portal."""
    foreign: int = 0
    """Signed events of other portals."""
    deliveries: int = 0
    refused_401: int = 0
    missed: int = 0
    """Contacts that a search found and that no webhook had announced."""
    last_event: datetime | None = None


class Observation(Struct, frozen=True):
    """What one process saw at `at`; `facts` are of that `kind` (see progress.py)."""

    kind: str
    process: str
    at: datetime
    facts: Mapping[str, Any]
