"""Following what people do in HubSpot with leads that were assigned.

Changes are seen by webhook within seconds, and once more every night. A waiting lead that a person took
leaves its queue; a new owner of a finished lead is recorded; a lead whose owner was cleared goes where
`owner_cleared` says; open leads count for their present owner; first responses and outcomes go to the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, field

from router import time_slice
from router.deadlines import VERIFY_AFTER
from router.hubspot.properties import STATUS
from router.ledger import LEDGER_ERRORS
from router.policy.results.follow_up import FollowUp
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import open_field
from router.repeated import repeated
from router.routing.followup.contact_history import (
    Histories,
    asked_of,
    is_as_it_was,
    left_at,
    now_in,
    owner_in,
    seen_in,
)
from router.routing.followup.owner_cleared import cleared_in, decide_again
from router.routing.intake.transitions import owned, queued
from router.routing.intake.transitions.apply import apply
from router.routing.outbox.record import record_outbox
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.routing.verification.missing import forgotten_and_gone, look_for
from router.routing.verification.owner_history import rightful_owner
from router.store.budget.budget import Priority
from router.store.leads.leads import LeadState, State
from router.timestamps import in_ms

AT_A_TIME: Final = 50
"""Leads looked at in one step: HubSpot returns at most this many histories per call."""
NIGHTLY_READ: Final = 100
_SOON_MS: Final = 3_000
"""A lead that is being written is looked at again after this long (milliseconds)."""
_LEDGER_MS: Final = 60_000
"""A lead whose follow-up the ledger could not take is looked at again after this long (milliseconds)."""
FOLLOWED_FOR: Final = timedelta(days=90)
"""A lead's follow-up is looked at every night for this long after its assignment."""

Leads = Mapping[str, LeadState | None]
"""Contact id → the remembered state of the lead; None once Redis has forgotten it."""

_ON_ITS_WAY: Final = frozenset({State.DECIDED, State.WRITTEN, State.REOPENED})
_FINISHED: Final = frozenset({State.DONE, State.HUMAN})
_SETTLED: Final = _FINISHED | {State.QUEUED}


class FollowResult(Struct, frozen=True):
    """Of the leads looked at: number claimed in HubSpot, and number with another owner."""

    looked_at: int
    claimed: int = 0
    handed_over: int = 0


def follow_changes(services: Services, *, limit: int = AT_A_TIME) -> FollowResult:
    """Look at changed leads that are due, at most 50, with one call to HubSpot; new leads go first.

    Safe to repeat. Raises `HubSpotError`, `NoRules` or `redis.RedisError`; then the leads stay due. While the
    ledger fails, all but the recording is done, and the leads are looked at again for that.
    """
    due = services.store.changed.due(now_ms=services.now_ms(), limit=limit)
    if not due:
        return FollowResult(0)
    policy = services.rules.policy()
    states = services.store.leads.recall(due)
    watched = {one: state for one, state in states.items() if state.state in _SETTLED}
    looked = _look_at(services, policy, watched, priority="verify")
    # HubSpot announced a lead that we gave up, or deleted one that it still shows: verification looks for it.
    unsure = [one for one, state in states.items() if state.state is State.GONE or state.deleted]
    services.store.verify.look_again(unsure, at_ms=services.now_ms() + in_ms(VERIFY_AFTER))
    # What is being written now is judged once that is verified.
    on_its_way = {one for one, state in states.items() if state.state in _ON_ITS_WAY}
    again = on_its_way | looked.unanswered
    services.store.changed.look_again(again, at_ms=services.now_ms() + _SOON_MS)
    services.store.changed.look_again(looked.unrecorded, at_ms=services.now_ms() + _LEDGER_MS)
    again |= looked.unrecorded
    services.store.changed.looked_at({one: at for one, at in due.items() if one not in again})
    return FollowResult(len(due), looked.claimed, looked.handed_over)


class FollowUpStep(Struct, frozen=True):
    """Number of leads looked at. `after` is where the next step goes on, "" when none is left."""

    looked_at: int = 0
    after: str = ""


def follow_up_step(
    services: Services, *, before: datetime, after: str = "", limit: int = 1_000
) -> FollowUpStep:
    """Look at leads of the last 90 days that were not looked at since `before`, the oldest first.

    One read per 100 leads, one more per 50 of those that changed. Open counts stay as they are: the searches
    of `refresh_owners` find what no webhook announced. Raises like `follow_changes`.
    """
    policy = services.rules.policy()
    record_outbox(services)
    step = FollowUpStep(after=after)
    while step.looked_at < limit:
        since = services.clock() - FOLLOWED_FOR
        page = services.ledger.follow_ups.not_looked_at(
            before=before, since=since, after=step.after, limit=NIGHTLY_READ
        )
        unseen = page.follow_ups
        changed = _changed(services, policy, unseen)
        states = services.store.leads.recall(changed)
        for start in range(0, len(changed), AT_A_TIME):
            part = {one: states.get(one) for one in changed[start : start + AT_A_TIME]}
            # What is being written is seen by the webhook, or tomorrow.
            settled = {one: state for one, state in part.items() if _is_settled(state)}
            _look_at(services, policy, settled, priority="sweep", moves_book=False)
        services.ledger.follow_ups.looked_at([one.decision_id for one in unseen], at=services.clock())
        step = FollowUpStep(step.looked_at + len(unseen), page.after)
        if not page.after or time_slice.is_over():
            break
    return step


def _changed(services: Services, policy: Policy, unseen: Iterable[FollowUp]) -> list[str]:
    """The contacts whose values changed since they were last looked at."""
    by_contact = {one.contact_id: one for one in unseen if one.contact_id is not None}
    answer = services.hubspot.read_contacts(list(by_contact), asked_of(policy.outcomes), priority="sweep")
    merged = [one for one, record in answer.records.items() if record.merged_into is not None]
    services.store.merged.look_again(merged, at_ms=services.now_ms())
    return [
        contact_id
        for contact_id, follow_up in by_contact.items()
        if (record := answer.records.get(contact_id)) is None
        or not is_as_it_was(follow_up, record.properties, policy.outcomes)
    ]


def _is_settled(state: LeadState | None) -> bool:
    return state is None or state.state in _SETTLED


class _Looked(Struct, frozen=True):
    claimed: int = 0
    handed_over: int = 0
    unanswered: frozenset[str] = field(default_factory=frozenset)
    """Contacts that HubSpot did not answer for, not even that they are gone."""
    unrecorded: frozenset[str] = field(default_factory=frozenset)
    """Contacts whose responses and outcomes the ledger could not take."""


def _look_at(
    services: Services, policy: Policy, leads: Leads, *, priority: Priority, moves_book: bool = True
) -> _Looked:
    """Read the histories of at most 50 contacts, and apply and record what they show."""
    if not leads:
        return _Looked()
    answers = services.hubspot.read_owner_history(list(leads), asked_of(policy.outcomes), priority=priority)
    silent = {one: state for one, state in leads.items() if one not in answers and state is not None}
    gone, absent, merged = look_for(services, silent, priority=priority)
    forgotten = [one for one, state in leads.items() if one not in answers and state is None]
    gone |= forgotten_and_gone(services.hubspot, forgotten, priority=priority)
    verified_first = _covered_by_us(leads, answers)
    services.store.verify.look_again(verified_first, at_ms=services.now_ms())
    answers = {one: histories for one, histories in answers.items() if one not in verified_first}
    unrecorded = _unless_ledger_fails(
        services, answers, lambda: _note(services, policy, leads, answers, gone)
    )
    now, rep_of = services.clock(), reps_by_owner(services.people.owners.by_email(), policy.roster)
    claimed = [
        queued.claimed_in_hubspot(
            one,
            episode=state.episode,
            owner_id=owner.owner_id,
            rep=rep_of.get(owner.owner_id),
            now=owner.at or now,
        )
        for one, state in leads.items()
        if state
        and one in answers
        and state.state is State.QUEUED
        and (owner := owner_in(answers[one])).owner_id
    ]
    handed_over = [
        owned.owner_changed(state, owner_id=owner.owner_id, by=owner.by, now=owner.at or now)
        for one, state in leads.items()
        if state and one in answers and state.state in _FINISHED
        if (owner := owner_in(answers[one])).owner_id != state.owner_id
    ]
    apply(services, [*claimed, *handed_over])
    services.store.watched.look_now(list(answers), now_ms=services.now_ms())
    known = {one: state for one, state in leads.items() if one in answers or one in gone}
    _recount(services, policy, known, answers, moves_book=moves_book)
    cleared = cleared_in(policy, leads, answers)
    if cleared and not unrecorded:
        ids = [one.state.contact_id for one in cleared]
        unrecorded = _unless_ledger_fails(services, ids, lambda: decide_again(services, policy, cleared))
    return _Looked(len(claimed), len(handed_over), frozenset(silent) - absent - gone - merged, unrecorded)


def _covered_by_us(leads: Leads, answers: Mapping[str, Histories]) -> frozenset[str]:
    """The leads whose record shows a late write of ours; that is put right before it is judged."""
    return frozenset(
        one
        for one, state in leads.items()
        if state is not None
        and one in answers
        and state.sends
        and not rightful_owner(answers[one], state.sends).is_present
    )


def _unless_ledger_fails(
    services: Services, contact_ids: Iterable[str], work: Callable[[], object]
) -> frozenset[str]:
    """Do work on these contacts that needs the ledger; those to be looked at again for it, if it fails."""
    try:
        work()
    except LEDGER_ERRORS as error:
        why = str(error).partition("\n")[0]
        repeated.say(services.log, "follow_up.not_recorded", problem=type(error).__name__, why=why)
        return frozenset(contact_ids)
    return frozenset()


def _note(
    services: Services,
    policy: Policy,
    leads: Leads,
    answers: Mapping[str, Histories],
    gone: frozenset[str],
) -> None:
    """Record each rep's work up to the moment at which the lead left the rep or was deleted."""
    record_outbox(services)
    left_for_ever = services.ledger.follow_ups.running_of(gone)
    services.ledger.follow_ups.end({one.decision_id: services.clock() for one in left_for_ever.values()})
    running = services.ledger.follow_ups.running_of(list(answers))
    left = {one: left_at(answers[one], follow_up) for one, follow_up in running.items()}
    started_when = policy.sla_policy.started_when
    seen = {
        one: seen_in(
            answers[one],
            follow_up,
            policy.outcomes,
            until=left[one],
            started_when=started_when,
            tasks=state.tasks if (state := leads.get(one)) is not None else (),
        )
        for one, follow_up in running.items()
    }
    services.ledger.follow_ups.note(list(seen.values()), at=services.clock())
    begun = [one for one in seen.values() if one.first_response_at is not None]
    mine = {state.decision_id: one for one, state in leads.items() if state is not None}
    services.store.watched.let_go([mine[one.decision_id] for one in begun if one.decision_id in mine])
    services.ledger.follow_ups.end(
        {running[one].decision_id: at for one, at in left.items() if at is not None}
    )


def _recount(
    services: Services,
    policy: Policy,
    leads: Leads,
    answers: Mapping[str, Histories],
    *,
    moves_book: bool,
) -> None:
    """Count each lead as open with its owner if that is a rep and its status is open."""
    rep_of = reps_by_owner(services.people.owners.by_email(), policy.roster)
    places: dict[str, tuple[int, str]] = {}
    for one, state in leads.items():
        if state is None:
            continue
        histories = answers.get(one, {})
        rep = rep_of.get(owner_in(histories).owner_id)
        is_open = rep is not None and now_in(histories, STATUS) in policy.outcomes.open_statuses
        places[one] = (state.episode, open_field(rep) if rep is not None and is_open else "")
    services.store.open_leads.recount(places, now_ms=services.now_ms(), moves_book=moves_book)
