"""The watch over assigned leads: reps who have not begun are reminded, then the lead is reassigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER, STATUS
from router.plain import as_plain
from router.policy.decision.assignment import Assignment, assignment_of_record, timetable_of
from router.policy.people.availability import Reported
from router.policy.results.work_signs import started, without_ours
from router.policy.rules.policy import Policy
from router.routing.followup.neglected import (
    SOON,
    Neglected,
    breach_reminders,
    noted,
    reassignment_reminders,
    wish_of,
)
from router.routing.followup.reassign import reassign
from router.routing.followup.reminders import remind
from router.routing.followup.work_seen import WORK, signs_of, status_histories
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.store.worklists.watched import Noted
from router.timestamps import in_ms

AT_A_TIME: Final = 100
"""Leads looked at in one step: HubSpot reads at most this many in one call."""
RUN: Final = "watch"
"""The name of these reassignments in the ledger."""


class Watching(Struct, frozen=True):
    """Counts of the leads looked at; those let go were begun, finished or have another owner."""

    looked_at: int = 0
    let_go: int = 0
    overdue: int = 0
    moved: int = 0


def watch_leads(services: Services, *, limit: int = AT_A_TIME) -> Watching:
    """Look at leads that are due, at most 100, and take the steps of `on_breach`.

    One call to HubSpot, one more per fifty leads whose status has changed. A lead that was begun, finished or
    taken over is let go. Safe to repeat. Raises `HubSpotError`, `NoRules`, `redis.RedisError` or what the
    ledger raises; then the leads stay due.
    """
    policy = services.rules.policy()
    due = services.store.watched.due(now_ms=services.now_ms(), limit=limit)
    if not due or policy.mode == "shadow":
        return Watching()
    states = services.store.leads.recall(due)
    on_its_way = [state for state in states.values() if state.state is State.WRITTEN]
    theirs = {one: state for one, state in states.items() if _has_an_owner(state)}
    services.store.watched.let_go(
        [one for one in due if one not in theirs and states.get(one) not in on_its_way]
    )
    _look_soon(services, on_its_way)
    untouched = _untouched(services, policy, theirs)
    leads = _judged(services, policy, untouched)
    wishes = {lead.state.contact_id: wish for lead in leads if (wish := wish_of(policy, lead)) is not None}
    now = services.clock()
    for lead in leads:
        wish = wishes.get(lead.state.contact_id)
        # Reminders are noted before the lead is reassigned, so that no crash loses them; none is sent about a
        # lead that was not reassigned.
        reminders = (
            breach_reminders(policy, lead, now=now)
            if wish is None
            else reassignment_reminders(policy, lead, wish)
        )
        remind(services, policy, reminders)
    answer = reassign(services, list(wishes.values()), run=RUN)
    seen: list[Noted] = []
    for lead in leads:
        one = lead.state.contact_id
        if one in answer.left:
            services.log.info("lead.not_taken", contact_id=one, why=answer.left[one])
            seen.append(noted(lead, percent=lead.state.percent_behind, now=now, soon=True))
        elif one not in answer.moving:
            percent = max([lead.state.percent_behind, *(moment.step.after for moment in lead.reached)])
            seen.append(noted(lead, percent=percent, now=now))
    services.store.watched.note(seen)
    overdue = sum(one.overdue_since_ms is not None for one in seen)
    found = Watching(len(due), len(theirs) - len(untouched), overdue, len(answer.moving))
    services.log.info("leads.watched", **as_plain(found))
    return found


def _has_an_owner(state: LeadState) -> bool:
    return state.state is State.DONE and state.assignment is not None and bool(state.owner_id)


def _look_soon(services: Services, states: Sequence[LeadState]) -> None:
    at_ms = services.now_ms() + in_ms(SOON)
    services.store.watched.note(
        [Noted(one.contact_id, one.episode, one.percent_behind, at_ms) for one in states]
    )


def _untouched(services: Services, policy: Policy, leads: Mapping[str, LeadState]) -> list[LeadState]:
    """The leads that are open, still with their owner, and not begun; the others are let go."""
    if not leads:
        return []
    answer = services.hubspot.read_contacts(list(leads), (OWNER, *WORK), priority="sweep")
    unanswered = [leads[one] for one, why in answer.missing.items() if why == "unknown"]
    _look_soon(services, unanswered)
    open_ones = {
        one: record
        for one, record in answer.records.items()
        if record.merged_into is None
        and record.properties.get(OWNER) == leads[one].owner_id
        and _is_open(policy, record)
    }
    moved = [one for one, record in open_ones.items() if _status_moved(leads[one], record)]
    histories = status_histories(moved, hubspot=services.hubspot)
    untouched = []
    for one, record in open_ones.items():
        work = started(
            without_ours(signs_of(record, histories.get(one, ())), leads[one].tasks),
            assigned_at=_given(leads[one]).at,
            started_when=policy.sla_policy.started_when,
        )
        if work is None:
            untouched.append(leads[one])
    kept = {one.contact_id for one in (*untouched, *unanswered)}
    services.store.watched.let_go([one for one in leads if one not in kept])
    return untouched


def _is_open(policy: Policy, record: Record) -> bool:
    status = record.properties.get(STATUS) or ""
    return not status or status in policy.outcomes.open_statuses


def _status_moved(state: LeadState, record: Record) -> bool:
    """True if the status may have been changed since the assignment: it is not the one we wrote."""
    return (record.properties.get(STATUS) or "") not in ("", _given(state).status)


def _given(state: LeadState) -> Assignment:
    if state.assignment is None:
        raise ValueError(f"Lead {state.contact_id} has no assignment to be watched.")
    return assignment_of_record(state.assignment)


def _judged(services: Services, policy: Policy, states: Sequence[LeadState]) -> list[Neglected]:
    now = services.clock()
    reported: Mapping[str, Reported] = services.people.availability.reported(
        policy.roster, services.people.owners.by_email(), now=now
    )
    leads = []
    for state in states:
        given = _given(state)
        timetable = timetable_of(policy, given, reported=reported)
        leads.append(Neglected(state, given, timetable, timetable.reached(now, beyond=state.percent_behind)))
    return leads
