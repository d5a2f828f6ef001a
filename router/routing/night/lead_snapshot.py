"""Snapshots of leads from their records: owner, work begun or not, and the reason to move."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER, OWNER_ASSIGNED, RULE, STATUS
from router.policy.reports.night_selection import LeadSnapshot, Why, why_moved
from router.policy.results.follow_up import FollowUp
from router.policy.results.work_signs import started, without_ours
from router.policy.rules.policy import Policy
from router.routing.followup.contact_history import moment_in
from router.routing.followup.work_seen import WORK, signs_of
from router.routing.intake.reading import read_contacts
from router.routing.night.night_context import NightContext
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.timestamps import from_epoch_ms


def read(services: Services, ids: Sequence[str]) -> dict[str, Record]:
    """The records that still exist, with every property that deciding and judging read."""
    more = (RULE, OWNER_ASSIGNED, *WORK)
    needed = services.rules.needed()
    answer = read_contacts(services.hubspot, ids, needed=needed, priority="sweep", more=more)
    return {one: record for one, record in answer.records.items() if record.merged_into is None}


def standing_of(
    policy: Policy, record: Record, state: LeadState | None, running: FollowUp | None
) -> LeadSnapshot | None:
    """The lead's snapshot from its record; None if it is closed, or differs from our state."""
    owner_id, status = record.properties.get(OWNER) or "", record.properties.get(STATUS) or ""
    if status and status not in policy.outcomes.open_statuses:
        return None
    if not owner_id:
        if state is None or state.state is not State.QUEUED or not state.queued_since_ms:
            return None
        return LeadSnapshot("", queued_since=from_epoch_ms(state.queued_since_ms))
    ours = running if running is not None and running.owner_id == owner_id else None
    assigned_at = ours.assigned_at if ours else moment_in(record.properties.get(OWNER_ASSIGNED) or "")
    return LeadSnapshot(
        owner_id,
        started=_has_begun(policy, record, assigned_at, tasks=state.tasks if state else ()),
        due_at=ours.due_at if ours else None,
    )


def _has_begun(
    policy: Policy, record: Record, assigned_at: datetime | None, *, tasks: Collection[datetime]
) -> bool:
    """True if anything shows work on the lead; in doubt it counts as begun, and the owner keeps it."""
    status = record.properties.get(STATUS) or ""
    if status and status not in {policy.default_status, *(rule.status for rule in policy.rules)}:
        return True  # we never set it, so a person did
    signs = without_ours(signs_of(record), tasks)
    if assigned_at is None:
        return any(sign is not None for sign in (signs.last_contacted, signs.last_updated))
    return started(signs, assigned_at=assigned_at, started_when=policy.sla_policy.started_when) is not None


def why_of(context: NightContext, snapshot: LeadSnapshot) -> Why | None:
    """The reason for which the lead would move tonight, or None."""
    return why_moved(snapshot, context.policy.night, gone=context.gone, away=context.away, now=context.now)
