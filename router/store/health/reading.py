"""The state of the service as one reading of Redis shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from router.policy.people.roster import Unit
from router.policy.shares.share_book import BOUND
from router.store.budget.budget import Pause
from router.store.worklists.night_plan import PlanAwaitingApproval


@dataclass(frozen=True, slots=True)
class Backlog:
    """One stream of leads: entries in it, those that are claimed, and the wait of the oldest in seconds."""

    depth: int
    claimed: int
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The last work that a process finished, and its time (aware UTC)."""

    process: str
    at: datetime
    did: str


@dataclass(frozen=True, slots=True)
class RuleMistake:
    """A mistake in the rule files on disk; the last good revision stays live."""

    file: str
    line: int | None
    column: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Furthest:
    """The rep of a team furthest from their fair share: ahead (+) or behind (-), in the team's unit."""

    team: str
    rep: str
    difference: float
    unit: Unit = "leads"
    bound: float | None = BOUND
    """Difference above which a person is warned; None: the team promises no limit."""


@dataclass(frozen=True, slots=True)
class RedisState:
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


@dataclass(frozen=True, slots=True)
class Recent:
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


@dataclass(frozen=True, slots=True)
class Observation:
    """What one process saw at `at`; `facts` are of that `kind` (see progress.py)."""

    kind: str
    process: str
    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VitalsReading:
    """Everything that `Vitals` read in one round trip; times are by the clock of Redis."""

    at: datetime
    inbox: Backlog
    low: Backlog
    parked: int
    """Number of leads that need a person."""
    erasures: int
    outbox: int
    progress: tuple[Progress, ...]
    rules_revision: str | None
    rules_loaded_at: str | None
    rule_mistakes: tuple[RuleMistake, ...]
    drift: tuple[str, ...]
    """Sentences on what the portal changed since its catalog was pulled, as far as it touches a rule."""
    pause: Pause | None
    counts: Mapping[str, int]
    furthest: tuple[Furthest, ...] = ()
    """One rep of each team that has credits in the share book."""
    changed: int = 0
    """Number of leads that people worked on in HubSpot and that housekeeping has not looked at yet."""
    changed_waited_s: float = 0.0
    night_ended_at: datetime | None = None
    """End of the last night; None if none has ended yet."""
    held: PlanAwaitingApproval | None = None
    """The plan of the last night, if it waits for a person's approval."""
    overdue: int = 0
    """Number of leads that are due and that no rep has worked on."""
    overdue_for_s: float | None = None
    """Seconds for which the oldest of them has been overdue."""
    parked_by_outage: int = 0
    """Number of leads that go on by themselves once HubSpot takes writes again."""
    redis: RedisState = field(default_factory=RedisState)
    recent: Recent = field(default_factory=Recent)
    observations: tuple[Observation, ...] = ()
    """What the processes saw lately; stale ones are left out."""
    verify_late_s: float = 0.0
    """Seconds since the longest waiting verification of an owner was due."""
    outbox_waited_s: float = 0.0
    notices_parked: int = 0
    """Number of notices that were given up after a day."""
    notices_put_off: int = 0
    """Number of notices that could not be delivered and are tried again later."""
    notices_late_s: float = 0.0
    parked_lately: int = 0
    """Number of leads that were parked within the last hour."""
    jobs_failed: int = 0
    """Number of RQ jobs that crashed within the last hour."""
    calls_today: int = 0
    calls_per_day: int | None = None
    reconciled_until: datetime | None = None
    """Moment up to which contacts that no webhook announced were looked for."""
    born: datetime | None = None
    """Moment of the installation, as far as Redis knows."""
    is_whole: bool = True
    """False while Redis lacks the share book, because it is new or was emptied."""
    rebuilding: bool = False
    """True while leads are remembered anew after Redis was emptied."""
    unkept_here: int = 0
    """Deliveries that this very web process answered with 503 in the last minute."""
