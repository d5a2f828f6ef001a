"""Does every rep work on the leads they have? Who does not is reminded; then somebody else gets the lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from router.hubspot.records import Record
from router.hubspot.routing_properties import OWNER, STATUS
from router.policy.assignment import Assignment, Course, assignment_of_record, course_of
from router.policy.availability import Said
from router.policy.breach import Moment, MoveToQueue, Reassign, Whom, part
from router.policy.occasion import ToQueue
from router.policy.phrases import moment_in_words, say
from router.policy.rules import Policy
from router.policy.started import started
from router.routing.desk import Desk
from router.routing.reassign import Reassignment, reassign
from router.routing.reminders import Reminder, remind
from router.routing.work_seen import WORK, signs_of, status_histories
from router.rulefiles.document.phrases import span_in_words
from router.store.leads import LeadState, State
from router.store.watched import Noted

AT_A_TIME: Final = 100
"""Leads looked at in one step: HubSpot reads so many in one call."""
RUN: Final = "watch"
"""What the ledger calls these moves."""
SOON: Final = timedelta(minutes=1)
"""A lead that is being written, or of which HubSpot said nothing, is looked at again after this long."""
LOOK_EVERY: Final = timedelta(minutes=5)
LOOK_AT_LEAST: Final = timedelta(days=1)
"""An overdue lead is looked at again after an eighth of the time that it is overdue, within these bounds."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What became of the leads that were looked at."""

    looked_at: int = 0
    started: int = 0
    overdue: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class _Lead:
    """One lead that its owner has and nobody has begun to work on, and the steps that it has come to."""

    state: LeadState
    given: Assignment
    course: Course
    reached: tuple[Moment, ...]

    @property
    def move(self) -> Moment | None:
        """The last of the steps reached that moves the lead."""
        return next((one for one in reversed(self.reached) if one.step.action is not None), None)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is due by now."""
        return self.course.due_at is not None and self.course.due_at <= now


def watch(desk: Desk, *, limit: int = AT_A_TIME) -> Watching:
    """Look at leads that are due to be looked at, at most 100, and take the steps of `on_breach`.

    One call to HubSpot, one more per fifty leads whose status has moved. A lead that somebody has begun,
    finished or taken over is let go. Safe to repeat. Raises `HubSpotError`, `NoRules`,
    `redis.RedisError` or what the ledger raises; then the leads stay due.
    """
    policy, _needed = desk.rules.required()
    due = desk.watched.due(now_ms=desk.now_ms(), limit=limit)
    if not due or policy.mode == "shadow":
        return Watching()
    states = desk.leads.recall(due)
    on_its_way = [state for state in states.values() if state.state is State.WRITTEN]
    theirs = {one: state for one, state in states.items() if _has_an_owner(state)}
    desk.watched.let_go([one for one in due if one not in theirs and states.get(one) not in on_its_way])
    _look_soon(desk, on_its_way)
    untouched = _untouched(desk, policy, theirs)
    leads = _judged(desk, policy, untouched)
    wishes = {lead.state.contact_id: wish for lead in leads if (wish := _wish(policy, lead)) is not None}
    answer = reassign(desk, list(wishes.values()), run=RUN)
    now = desk.clock()
    noted: list[Noted] = []
    for lead in leads:
        one = lead.state.contact_id
        if one in answer.moving:
            remind(desk, policy, _of_the_move(policy, lead, why=wishes[one].why))
        elif one in answer.left:
            desk.log.info("lead.not_taken", contact_id=one, why=answer.left[one])
            noted.append(_noted(lead, steps=lead.state.steps_taken, now=now, soon=True))
        else:
            remind(desk, policy, _of_the_breach(policy, lead, now=now))
            steps = max((moment.number + 1 for moment in lead.reached), default=lead.state.steps_taken)
            noted.append(_noted(lead, steps=steps, now=now))
    desk.watched.note(noted)
    overdue = sum(one.overdue_since_ms is not None for one in noted)
    return Watching(len(due), len(theirs) - len(untouched), overdue, len(answer.moving))


def _has_an_owner(state: LeadState) -> bool:
    return state.state is State.DONE and state.assignment is not None and bool(state.owner_id)


def _look_soon(desk: Desk, states: Sequence[LeadState]) -> None:
    at_ms = desk.now_ms() + SOON // timedelta(milliseconds=1)
    desk.watched.note([Noted(one.contact_id, one.episode, one.steps_taken, at_ms) for one in states])


def _untouched(desk: Desk, policy: Policy, leads: Mapping[str, LeadState]) -> list[LeadState]:
    """Those that are their owner's still and open, and that nobody has begun; the others are let go."""
    if not leads:
        return []
    answer = desk.gateway.at("sweep").read_contacts(list(leads), (OWNER, *WORK))
    untold = [leads[one] for one, why in answer.missing.items() if why == "unknown"]
    _look_soon(desk, untold)
    open_ones = {
        one: record
        for one, record in answer.records.items()
        if record.merged_into is None
        and record.properties.get(OWNER) == leads[one].owner_id
        and _is_open(policy, record)
    }
    moved = [one for one, record in open_ones.items() if _status_moved(leads[one], record)]
    histories = status_histories(desk, moved)
    untouched = []
    for one, record in open_ones.items():
        work = started(
            signs_of(record, histories.get(one, ())),
            assigned_at=_given(leads[one]).at,
            started_when=policy.breach.started_when,
        )
        if work is None:
            untouched.append(leads[one])
    kept = {one.contact_id for one in (*untouched, *untold)}
    desk.watched.let_go([one for one in leads if one not in kept])
    return untouched


def _is_open(policy: Policy, record: Record) -> bool:
    status = record.properties.get(STATUS) or ""
    return not status or status in policy.outcomes.open_statuses


def _status_moved(state: LeadState, record: Record) -> bool:
    """Whether the status may have been moved since the rep has the lead: it is not the one we gave it."""
    return (record.properties.get(STATUS) or "") not in ("", _given(state).status)


def _given(state: LeadState) -> Assignment:
    if state.assignment is None:
        raise ValueError(f"Lead {state.contact_id} has no assignment to be watched.")
    return assignment_of_record(state.assignment)


def _judged(desk: Desk, policy: Policy, states: Sequence[LeadState]) -> list[_Lead]:
    now = desk.clock()
    said: Mapping[str, Said] = desk.availability.said(policy.roster, desk.owners.by_email(), now=now)
    leads = []
    for state in states:
        given = _given(state)
        course = course_of(policy, given, said=said)
        leads.append(_Lead(state, given, course, course.reached(now, taken=state.steps_taken)))
    return leads


def _wish(policy: Policy, lead: _Lead) -> Reassignment | None:
    """What the last step reached asks for; None where the lead was reassigned often enough."""
    move = lead.move
    if move is None:
        return None
    action = move.step.action
    if isinstance(action, Reassign) and lead.state.times_taken >= action.at_most:
        return None
    span = span_in_words(part(lead.given.sla, move.step.after), policy.language)
    anew = isinstance(action, Reassign) and not action.same_rule
    return Reassignment(
        lead.state.contact_id,
        lead.state.episode,
        lead.state.owner_id,
        why=say(policy.language, "nobody_acted", span=span),
        excluded=frozenset({lead.given.rep or lead.state.owner_id}),
        rule=None if anew else lead.given.rule,
        to=ToQueue(action.team) if isinstance(action, MoveToQueue) else None,
        for_breach=True,
    )


def _of_the_move(policy: Policy, lead: _Lead, *, why: str) -> list[Reminder]:
    """Whom the steps name is told that the lead was taken away, instead of that it is overdue."""
    called = lead.given.rep or say(policy.language, "account_owner")
    text = say(policy.language, "taken_away", rep=called, why=why)
    return _reminders(lead, _whom(lead), event="taken", text=text)


def _of_the_breach(policy: Policy, lead: _Lead, *, now: datetime) -> list[Reminder]:
    """Whom the steps name is reminded; where the lead was reassigned often enough, its managers anyway."""
    if not lead.reached:
        return []
    whom, language, overdue = _whom(lead), policy.language, lead.is_overdue(now)
    told = []
    if lead.course.due_at is not None:
        moment = _in_words(policy, lead.course.due_at)
        told.append(say(language, "was_due" if overdue else "not_worked_on", moment=moment))
    if lead.move is not None:
        told.append(say(language, "taken_often", count=lead.state.times_taken))
        whom["manager"] = None
    following = lead.course.following(now)
    if following is not None:
        told.append(next_in_words(policy, following))
    event = "overdue" if overdue else "due_soon"
    return _reminders(lead, whom, event=event, text=" ".join(filter(None, told)))


def next_in_words(policy: Policy, moment: Moment) -> str:
    """`Tue 24 Nov 16:15 it goes to somebody else.`; nothing for a step that only reminds."""
    if moment.at is None or moment.step.action is None:
        return ""
    at = _in_words(policy, moment.at)
    if isinstance(moment.step.action, MoveToQueue):
        return say(policy.language, "then_queued", moment=at, team=moment.step.action.team)
    return say(policy.language, "then_reassigned", moment=at)


def _whom(lead: _Lead) -> dict[Whom, None]:
    return dict.fromkeys(one for moment in lead.reached for one in moment.step.notify)


def _reminders(lead: _Lead, whom: Iterable[Whom], *, event: str, text: str) -> list[Reminder]:
    about = f"{event}:{lead.reached[-1].step.after}"
    return [Reminder(lead.state, lead.given, whom=one, about=about, text=text) for one in whom]


def _in_words(policy: Policy, moment: datetime) -> str:
    return moment_in_words(moment.astimezone(policy.roster.timezone), policy.language)


def _noted(lead: _Lead, *, steps: int, now: datetime, soon: bool = False) -> Noted:
    """When to look again: at the next step, when it is due, and while it is overdue ever less often."""
    due_at, following = lead.course.due_at, lead.course.following(now)
    known = [now + SOON] if soon else []
    if following is not None and following.at is not None:
        known.append(following.at)
    since_ms, event = None, None
    if due_at is not None and due_at <= now:
        known.append(now + min(max((now - due_at) / 8, LOOK_EVERY), LOOK_AT_LEAST))
        since_ms = _ms(due_at)
        event = {"at": now.isoformat(), "kind": "overdue", "decision": lead.state.decision_id}
    elif due_at is not None:
        known.append(due_at)
    look_at = min(known, default=None)
    look_at_ms = None if look_at is None else _ms(look_at)
    return Noted(
        lead.state.contact_id,
        lead.state.episode,
        steps,
        look_at_ms=look_at_ms,
        overdue_since_ms=since_ms,
        event=event,
    )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
