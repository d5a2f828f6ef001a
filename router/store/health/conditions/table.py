"""Every condition in order, and what is wrong now: `/health`, `router health` and the metrics say this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from router.store.health.conditions import (
    deliveries,
    housekeeping,
    hubspot,
    leads,
    ledger,
    machines,
    processes,
    redis,
    reps,
    rules,
)
from router.store.health.conditions.condition import Condition, HealthFinding
from router.store.health.reading import VitalsReading
from router.store.loading import Loading

CONDITIONS: Final[tuple[Condition, ...]] = (
    redis.redis_down,
    redis.redis_loading,
    redis.redis_refuses_writes,
    deliveries.deliveries_not_kept,
    redis.redis_evicted,
    redis.redis_may_evict,
    redis.redis_nearly_full,
    redis.redis_not_appending,
    redis.redis_append_fails,
    processes.worker_silent,
    processes.housekeeping_silent,
    processes.cron_silent,
    leads.inbox_waits,
    leads.settling_late,
    processes.jobs_crash,
    rules.rules_missing,
    rules.rules_refused,
    rules.portal_changed,
    reps.owners_archived,
    reps.team_without_owner,
    hubspot.hubspot_denies,
    hubspot.hubspot_paused,
    hubspot.calls_used_up,
    hubspot.calls_nearly_used_up,
    machines.clock_far_off,
    machines.clock_off,
    machines.clock_unknown,
    machines.redis_clock_off,
    housekeeping.verification_late,
    housekeeping.verification_stuck,
    ledger.ledger_unusable,
    ledger.ledger_set_aside,
    ledger.outbox_waits,
    ledger.outbox_full,
    ledger.shares_missing,
    ledger.rebuilding,
    deliveries.foreign_portal,
    deliveries.signatures_refused,
    deliveries.no_events,
    deliveries.events_missed,
    deliveries.reconciliation_late,
    leads.most_leads_parked,
    leads.leads_parked,
    leads.leads_parked_by_outage,
    leads.revisions_held,
    reps.unfair,
    housekeeping.changes_wait,
    housekeeping.turns_late,
    housekeeping.night_late,
    housekeeping.night_held,
    reps.notices_failing,
    housekeeping.erasures_wait,
    machines.disk_full,
    machines.disk_nearly_full,
)
"""Every condition; the first ones explain the later ones."""


def findings(reading: VitalsReading | Loading | None) -> tuple[HealthFinding, ...]:
    """Everything that is wrong, what fails first; None stands for a Redis that does not answer."""
    if reading is None:
        return (redis.redis_down.found(redis.NO_ANSWER),)
    if isinstance(reading, Loading):
        return (redis.redis_loading.found(reading.sentence),)
    found = [one.found(sentence) for one in CONDITIONS for sentence in one.sentences(reading)]
    return tuple(sorted(found, key=lambda one: one.level == "degraded"))


def level_of(found: Iterable[HealthFinding]) -> Literal["ok", "degraded", "failing"]:
    """The worst level among the findings."""
    levels = {one.level for one in found}
    return "failing" if "failing" in levels else "degraded" if levels else "ok"
