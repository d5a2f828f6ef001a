"""Repair of leads whose record in HubSpot or state in Redis differs from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import replace

from router import time_slice
from router.deadlines import STUCK
from router.hubspot.api.records import Record
from router.hubspot.properties import DECISION_ID, OWNER, STATUS
from router.hubspot.routing_properties import changes_for
from router.ledger.latest import last_words
from router.policy.decision.decision import Decision, Queued
from router.policy.decision.trigger import Reassigned, Released, Revised, Trigger
from router.policy.explanation.decision_record import from_record
from router.policy.waiting.queued_record import as_queued_record
from router.routing.intake.new_decision import assigned
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.repair.restoration import RestoredLead
from router.store.sends.send import Send
from router.timestamps import epoch_ms, in_ms

AT_A_TIME: Final = 100
"""Leads compared together: HubSpot reads at most this many in one call."""
PAGES_PER_STEP: Final = 20
YOUNG: Final = timedelta(minutes=10)
"""The owner's history of a lead decided within this time may not have been looked at yet."""

_STAND: Final = frozenset({State.WRITTEN, State.DONE, State.QUEUED})
_ON_THEIR_WAY: Final = frozenset({State.DECIDED, State.REOPENED})


class Repaired(Struct, frozen=True):
    """Counts of one step. `after` is where the next step goes on, "" when all leads were compared."""

    compared: int = 0
    remembered: int = 0
    """Leads that Redis had lost and has again."""
    written_anew: int = 0
    """Leads whose decision never reached HubSpot, or was lost there."""
    after: str = ""


@dataclass(slots=True)
class _Findings:
    remember: list[RestoredLead] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    announce: list[str] = field(default_factory=list)
    rewrite: dict[str, Mapping[str, str]] = field(default_factory=dict)


def repair(services: Services, *, since: datetime, until: datetime, after: str = "") -> Repaired:
    """Compare the leads last decided from `since` to `until`, at most 2,000: one read call per hundred.

    No owner is changed: an owner that a person has chosen stands (`follow` notes it), and where our own write
    is missing the lead is routed as usual, which reads it again before it writes. In shadow mode nothing is
    written; what was decided in it is remembered again, so that it is not decided twice. Safe to repeat.
    Raises `HubSpotError`, `NoRules`, and what ledger and Redis raise.
    """
    policy = services.rules.policy()
    done = Repaired(after=after)
    for _ in range(PAGES_PER_STEP):
        page = last_words(services.ledger, since=since, until=until, after=done.after, limit=AT_A_TIME)
        decisions = [from_record(record) for record in page.records]
        part = _compare(services, decisions, live=policy.mode == "live")
        done = Repaired(
            done.compared + part.compared,
            done.remembered + part.remembered,
            done.written_anew + part.written_anew,
            page.after,
        )
        if not page.after or time_slice.is_over():
            break
    return done


def _compare(services: Services, decisions: Sequence[Decision], *, live: bool) -> Repaired:
    erased = frozenset(services.store.erasures.asked_for())
    known = services.store.leads.recall([one.contact_id for one in decisions]) if decisions else {}
    found = _Findings()
    open_to_doubt: list[Decision] = []
    for one in decisions:
        if one.contact_id in erased:
            continue
        state = known.get(one.contact_id)
        if one.mode == "shadow" and state is None:
            found.remember.append(as_it_stands(services, one, Record(one.contact_id, {})))
        elif one.mode == "live" and live and _is_doubtful(services, one, state):
            open_to_doubt.append(one)
    ids = [one.contact_id for one in open_to_doubt]
    records = services.hubspot.read_contacts(ids, (OWNER, STATUS, DECISION_ID), priority="sweep").records
    for decision in open_to_doubt:
        record, state = records.get(decision.contact_id), known.get(decision.contact_id)
        if record is None or record.merged_into is not None:
            continue  # deleted or merged: there is nothing to repair
        if state is None:
            found.remember.append(as_it_stands(services, decision, record))
        else:
            _put_right(services, decision, state, record, found)
    return _apply(services, found, compared=len(decisions))


def _is_doubtful(services: Services, decision: Decision, state: LeadState | None) -> bool:
    """True if reading the lead in HubSpot can show more than its state in Redis."""
    if state is None:
        return True
    if state.decision_id != decision.id:
        return False
    stuck_before_ms = services.now_ms() - in_ms(STUCK)
    return state.state in _STAND | _ON_THEIR_WAY and state.at_ms < stuck_before_ms


def as_it_stands(services: Services, decision: Decision, record: Record) -> RestoredLead:
    """The state of a lead that Redis does not know (any more), built from its record in HubSpot."""
    if decision.mode == "shadow":
        return RestoredLead(_state(services, decision, State.SHADOW, owner_id=decision.owner_id))
    owner = record.properties.get(OWNER) or ""
    ours = record.properties.get(DECISION_ID) == decision.id
    to = decision.owner_id
    expected = _expected_owner_of(decision)
    verify_at_ms = services.now_ms() if _is_young(services, decision) else None
    if owner and not (ours and owner == to) and not (not ours and owner == expected):
        human = _state(services, decision, State.HUMAN, owner_id=owner)
        return RestoredLead(human, verify_at_ms=verify_at_ms)
    if not owner and ours and to:
        # A person removed the owner.
        return RestoredLead(_state(services, decision, State.HUMAN), verify_at_ms=verify_at_ms)
    if not ours:
        state = _state(services, decision, State.DECIDED, owner_id=to, changes=_changes(decision, record))
        lost = RestoredLead(
            state,
            announce=True,
            record=_kept_record(decision),
            event=_event(services, "write_lost", decision),
        )
        return replace(_watched(services, decision, lost), watch_at_ms=None)  # once it is written
    if isinstance(decision.outcome, Queued):
        return RestoredLead(
            _state(services, decision, State.QUEUED), score=decision.score, record=_kept_record(decision)
        )
    if to and verify_at_ms is not None:
        written = _state(services, decision, State.WRITTEN, owner_id=to)
        return _watched(services, decision, RestoredLead(written, verify_at_ms=verify_at_ms))
    return _watched(services, decision, RestoredLead(_state(services, decision, State.DONE, owner_id=to)))


def _watched(services: Services, decision: Decision, known: RestoredLead) -> RestoredLead:
    """The lead, to be watched for work from now on; each rep it was taken from counts once."""
    given = assigned(services.rules.compiled(), decision, reported={})
    if given is None:
        return known
    taken = len(decision.inputs.excluded) if decision.inputs else 0
    state = replace(known.state, assignment=given, times_taken=taken)
    return replace(known, state=state, watch_at_ms=given["look"])


def _put_right(
    services: Services, decision: Decision, state: LeadState, record: Record, found: _Findings
) -> None:
    """Compare a lead's state with its record, and note the repair that it needs."""
    owner = record.properties.get(OWNER) or ""
    ours = record.properties.get(DECISION_ID) == decision.id
    if state.state in _ON_THEIR_WAY:
        found.announce.append(state.contact_id)
    elif not ours and owner == state.expected_owner_id and owner != decision.owner_id:
        found.transitions.append(_written_anew(services, decision, state, _changes(decision, record)))
    elif not ours and not owner and not decision.owner_id:
        # The lead is to have no owner, so no choice can be covered: our properties are written again.
        found.rewrite[state.contact_id] = _changes(decision, record)


def _written_anew(
    services: Services, decision: Decision, state: LeadState, changes: Mapping[str, str]
) -> Transition:
    return Transition(
        state.contact_id,
        state.episode,
        State.DECIDED,
        come_from=frozenset({State.WRITTEN, State.DONE}),
        set={lead_fields.CHANGES: orjson.dumps(dict(changes)).decode(), lead_fields.ENTRY_ID: ""},
        announce=True,
        event=_event(services, "write_lost", decision),
        keep=True,
        count="writes_lost",
    )


def _apply(services: Services, found: _Findings, *, compared: int) -> Repaired:
    remembered = services.store.restoration.remember(found.remember, now_ms=services.now_ms())
    moved = apply(services, found.transitions)
    announced = services.store.inbox.append_low(found.announce, now_ms=services.now_ms())
    outcomes = services.hubspot.update_contacts(found.rewrite, priority="sweep")
    rewritten = sum(outcome.kind == "written" for outcome in outcomes.values())
    anew = [move for move, done in zip(found.transitions, moved, strict=True) if done]
    for contact_id in (*found.announce, *found.rewrite):
        services.log.warning("lead.write_lost", contact_id=contact_id)
    lost = sum(one.announce and done for one, done in zip(found.remember, remembered, strict=True))
    return Repaired(
        compared=compared,
        remembered=sum(remembered),
        written_anew=len(anew) + announced + rewritten + lost,
    )


def _is_young(services: Services, decision: Decision) -> bool:
    return services.clock() - decision.decided_at < YOUNG


def _state(
    services: Services,
    decision: Decision,
    state: State,
    *,
    owner_id: str = "",
    changes: Mapping[str, str] | None = None,
) -> LeadState:
    outcome, trigger = decision.outcome, _trigger_of(decision)
    at_ms = epoch_ms(decision.decided_at)
    return LeadState(
        contact_id=decision.contact_id,
        episode=decision.episode,
        state=state,
        owner_id=owner_id,
        expected_owner_id=_expected_owner_of(decision),
        decision_id=decision.id,
        at_ms=at_ms,
        changes=changes or {},
        queue=outcome.team if isinstance(outcome, Queued) else "",
        queued_since_ms=at_ms if isinstance(outcome, Queued) else 0,
        released_by=(trigger.rep,) if isinstance(trigger, Released) else (),
        sends=_sends(decision),
        # Nobody remembers whether its write was answered: it may be applied late.
        unanswered_at_ms=services.now_ms() if _is_young(services, decision) else 0,
    )


def _sends(decision: Decision) -> tuple[Send, ...]:
    """What was sent for the decision; what a release expected is not known any more."""
    expected = None if isinstance(_trigger_of(decision), Released) else _expected_owner_of(decision)
    if not decision.owner_id and expected == "":
        return ()
    return (Send(decision.episode, decision.owner_id, expected, 0, decision_id=decision.id),)


def _kept_record(decision: Decision) -> bytes:
    """The decision record that a queue keeps: it decides again from the facts of its leads."""
    return orjson.dumps(as_queued_record(decision)) if isinstance(decision.outcome, Queued) else b""


def _changes(decision: Decision, record: Record) -> dict[str, str]:
    changes = changes_for(decision, current_status=record.properties.get(STATUS) or "")
    return {OWNER: "", **changes} if _expected_owner_of(decision) else changes


def _trigger_of(decision: Decision) -> Trigger | None:
    return decision.inputs.trigger if decision.inputs else None


def _expected_owner_of(decision: Decision) -> str:
    """The owner that the record had to have for the decision to be written; "" for nobody."""
    trigger = _trigger_of(decision)
    return trigger.owner_id if isinstance(trigger, Reassigned | Revised) else ""


def _event(services: Services, kind: str, decision: Decision) -> dict[str, Any]:
    return {"at": services.clock().isoformat(), "kind": kind, "decision": decision.id}
