"""The state of the service as one reading of Redis shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, field

from router.store.budget.budget import Pause
from router.store.health.parts import (
    Backlog,
    Furthest,
    Observation,
    Progress,
    Recent,
    RedisState,
    RuleMistake,
)
from router.store.health.progress import LEDGER
from router.store.settling.revision_brake import RevisionsHeld
from router.store.worklists.night_plan import PlanAwaitingApproval

PATIENCE: Final = timedelta(seconds=60)
"""Time that a lead may wait, or a process be silent, before it counts."""


class VitalsReading(Struct, frozen=True):
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
    revisions_held: RevisionsHeld | None = None
    """Why and since when revisions move no lead, until a person lets them go on."""
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
    settling: int = 0
    """Number of new leads that wait for facts which come late."""
    settling_late_s: float = 0.0
    """Seconds since the wait of the first of them was over."""
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
    turns_waited: Mapping[str, float] = field(default_factory=dict)
    """Housekeeping jobs that wait for their turn, and since how many seconds."""
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

    def is_alive(self, role: str) -> bool:
        """True if a process of the role was seen lately."""
        return any(one.role == role and self.at - one.at <= PATIENCE for one in self.progress)

    def observed(self, kind: str) -> list[Observation]:
        """What the processes saw of this kind, one observation each."""
        return [one for one in self.observations if one.kind == kind]

    def newest(self, kind: str) -> Observation | None:
        """The newest observation of this kind."""
        return max(self.observed(kind), key=lambda one: one.at, default=None)

    @property
    def has_ledger_problem(self) -> bool:
        """True if housekeeping saw that the ledger cannot be used."""
        found = self.newest(LEDGER)
        return found is not None and bool(found.facts["problem"])
