"""Verification of owners: what our writes covered is put right, for as long as one can be applied late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from msgspec import Struct

from router.deadlines import LOOK_EVERY, VERIFY_AFTER
from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import OWNER
from router.routing.intake.transitions import owned as transitions
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.routing.verification.correct import Correction, correct, given_up
from router.routing.verification.histories import Histories, read_histories
from router.routing.verification.missing import found_again, look_for, zone_of
from router.routing.verification.next_look import next_look_ms
from router.routing.verification.owner_history import (
    RightfulOwner,
    covered_status,
    rightful_owner,
    was_applied,
)
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.sends.send import Send
from router.timestamps import in_ms

HISTORIES_PER_CALL: Final = 50
_ON_THEIR_WAY: Final = frozenset({State.DECIDED, State.REOPENED})
_UNDER_VERIFICATION: Final = frozenset({State.WRITTEN, State.QUEUED})


class Verified(Struct, frozen=True):
    """Number of leads looked at, and number of owners put right."""

    looked_at: int
    restored: int


@dataclass(slots=True)
class _Look:
    """What one look at some leads found."""

    transitions: list[Transition] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    """Leads with another owner, who has one more open lead whether or not a webhook announces it."""


def verify_owners(services: Services, *, limit: int = HISTORIES_PER_CALL) -> Verified:
    """Look at the leads that are due, at most 50: one read, one write if owners have to be put right.

    Every due lead is taken off the list or put off; safe to repeat. Needs neither the ledger nor, but for the
    language of a reason, the rules. Raises `HubSpotError` or `redis.RedisError`; then the rest stays due.
    """
    due = services.store.verify.due(now_ms=services.now_ms(), limit=limit)
    if not due:
        return Verified(0, 0)
    states = services.store.leads.recall(due)
    services.store.verify.looked_at({one: at_ms for one, at_ms in due.items() if one not in states})
    looked = {one: state for one, state in states.items() if _is_looked_at(state)}
    histories = read_histories(services, looked)
    found = {one: state for one, state in looked.items() if one in histories}
    silent = {
        one: state
        for one, state in looked.items()
        if one not in histories and state.state not in _ON_THEIR_WAY
    }
    later = [one for one in states if one not in found and one not in silent]
    _put_off(services, due, dict.fromkeys(later, services.now_ms() + in_ms(LOOK_EVERY)))
    _look_for(services, due, silent)
    found_again(services, list(found.values()))
    look = _judge(services, found, histories)
    apply(services, look.transitions)
    services.store.changed.look_again(look.followed, at_ms=services.now_ms())
    restored = correct(services, look.corrections)
    corrected = {one.state.contact_id for one in look.corrections}
    _schedule(services, due, [state for one, state in found.items() if one not in corrected])
    return Verified(len(due), restored)


def _is_looked_at(state: LeadState) -> bool:
    """False for a lead that a worker is about to write; after a write without answer it may be dead."""
    return state.state not in _ON_THEIR_WAY or (state.state is State.DECIDED and state.unanswered_at_ms > 0)


def _judge(services: Services, found: Mapping[str, LeadState], histories: Mapping[str, Histories]) -> _Look:
    look, now = _Look(), services.clock()
    for contact_id, state in found.items():
        sends = _sends(state)
        if not sends:
            continue
        history = histories[contact_id]
        owner = rightful_owner(history, sends)
        if state.state is State.DECIDED and (owner.is_present or owner.send is not None):
            continue  # whoever takes the lead over writes it, or finds it written
        if not owner.is_present:
            covered = owner.covered_by
            status = covered_status(history, covered) if covered is not None else None
            _correct(look, Correction(state, owner, status), now=now)
        elif owner.owner_id == state.owner_id:
            if state.state is State.WRITTEN:
                look.transitions.append(transitions.verified(state))
        elif (send := _not_applied(state, history[OWNER])) is not None:
            again = RightfulOwner(send.owner_id, send, is_present=False)
            _correct(look, Correction(state, again, None), now=now)
        else:
            look.followed.append(contact_id)
            if state.state in _UNDER_VERIFICATION:
                changed = transitions.changed_by_a_person(state, owner_id=owner.owner_id, now=now)
                look.transitions.append(changed)
    return look


def _correct(look: _Look, one: Correction, *, now: datetime) -> None:
    if not one.is_vain:
        look.corrections.append(one)
    elif one.state.state is not State.PARKED:
        why = "HubSpot has confirmed it each time, and does not show it."
        look.transitions.append(given_up(one, why=why, now=now))


def _not_applied(state: LeadState, history: Sequence[HistoryEntry]) -> Send | None:
    """The send of the latest decision if HubSpot answered it as written and did not apply it, else None."""
    if state.state not in _UNDER_VERIFICATION:
        return None
    latest = next((one for one in reversed(state.sends) if one.decision_id == state.decision_id), None)
    return None if latest is None or was_applied(history, latest) else latest


def _sends(state: LeadState) -> tuple[Send, ...]:
    """What we sent for the lead; the decision tells what an old version sent and did not keep."""
    if state.state not in _UNDER_VERIFICATION or any(one.episode == state.episode for one in state.sends):
        return state.sends
    decided = Send(state.episode, state.owner_id, state.expected_owner_id, 0, decision_id=state.decision_id)
    return (*state.sends, decided)


def _look_for(services: Services, due: Mapping[str, int], silent: Mapping[str, LeadState]) -> None:
    """Look for the leads without a history: put off until they are found or surely gone."""
    ended, absent, merged = look_for(services, silent)
    given_up = {one for one in absent if silent[one].state is State.GONE and silent[one].missing is None}
    # Who is to be looked for once more at night came onto the list again, and stays on it.
    services.store.verify.looked_at({one: due[one] for one in ended | given_up | merged})
    later = services.now_ms() + in_ms(VERIFY_AFTER)
    _put_off(services, due, {one: later for one in silent if one not in ended | absent | merged})


def _schedule(services: Services, due: Mapping[str, int], states: list[LeadState]) -> None:
    """Put off the leads for which a write may still be applied late, and end the doubt about the others."""
    zone, now_ms = zone_of(services), services.now_ms()
    later: dict[str, int] = {}
    over: dict[str, int] = {}
    for state in states:
        next_ms = next_look_ms(state.unanswered_at_ms, now_ms=now_ms, zone=zone)
        if next_ms is not None:
            later[state.contact_id] = next_ms
        elif state.unanswered_at_ms:
            over[state.contact_id] = state.unanswered_at_ms
    services.store.sends.end_doubt(over)
    _put_off(services, due, later)
    ended = {state.contact_id: due[state.contact_id] for state in states if state.contact_id not in later}
    services.store.verify.looked_at(ended)


def _put_off(services: Services, due: Mapping[str, int], until_ms: Mapping[str, int]) -> None:
    services.store.verify.put_off(due, until_ms=until_ms)
