"""One lead without work on it: its next reassignment, the reminders, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from router.policy.decision.assignment import Assignment, SlaTimetable
from router.policy.decision.trigger import ToQueue
from router.policy.rules.policy import Policy
from router.policy.rules.sla_steps import Moment, MoveToQueue, Reassign, Whom, part
from router.policy.wording.phrases import moment_in_words, say
from router.routing.followup.reassign import Reassignment
from router.routing.followup.reminders import Reminder
from router.rulefiles.document.phrases import span_in_words
from router.store.leads.leads import LeadState
from router.store.worklists.watched import Noted
from router.timestamps import epoch_ms

SOON: Final = timedelta(minutes=1)
"""A lead that is being written, or that HubSpot did not answer for, is looked at again after this long."""
LOOK_EVERY: Final = timedelta(minutes=5)
LOOK_AT_LEAST: Final = timedelta(days=1)
"""An overdue lead is looked at again after an eighth of the time it is overdue, within these bounds."""


class Neglected(Struct, frozen=True):
    """A lead that its owner has not begun to work on, and the SLA steps that it has reached."""

    state: LeadState
    given: Assignment
    timetable: SlaTimetable
    reached: tuple[Moment, ...]

    @property
    def move(self) -> Moment | None:
        """The last reached step that moves the lead, or None."""
        return next((one for one in reversed(self.reached) if one.step.action is not None), None)

    def is_overdue(self, now: datetime) -> bool:
        """True once the lead is due."""
        return self.timetable.due_at is not None and self.timetable.due_at <= now


def wish_of(policy: Policy, lead: Neglected) -> Reassignment | None:
    """The reassignment that the last reached step wants; None where the lead was reassigned often enough."""
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


def reassignment_reminders(policy: Policy, lead: Neglected, wish: Reassignment) -> list[Reminder]:
    """Reminders that the lead was taken away, to the people whom the steps name, in place of overdue ones."""
    called = lead.given.rep or say(policy.language, "account_owner")
    text = say(policy.language, "taken_away", rep=called, why=wish.why)
    return _reminders(lead, _whom(lead), event="taken", text=text)


def breach_reminders(policy: Policy, lead: Neglected, *, now: datetime) -> list[Reminder]:
    """Reminders to the people whom the steps name; to the managers too if it was reassigned often enough."""
    if not lead.reached:
        return []
    whom, language, overdue = _whom(lead), policy.language, lead.is_overdue(now)
    sentences = []
    if lead.timetable.due_at is not None:
        moment = _in_words(policy, lead.timetable.due_at)
        sentences.append(say(language, "was_due" if overdue else "not_worked_on", moment=moment))
    if lead.move is not None:
        sentences.append(say(language, "taken_often", count=lead.state.times_taken))
        whom["manager"] = None
    sentences += _next_move(policy, lead, now=now)
    return _reminders(lead, whom, event="overdue" if overdue else "due_soon", text=" ".join(sentences))


def _next_move(policy: Policy, lead: Neglected, *, now: datetime) -> list[str]:
    """`Tue 24 Nov 16:15 it goes to somebody else.`; empty where no step will move the lead."""
    for moment in lead.timetable.moments:
        if moment.at is None or moment.at <= now:
            continue
        at = _in_words(policy, moment.at)
        match moment.step.action:
            case MoveToQueue(team):
                return [say(policy.language, "then_queued", moment=at, team=team)]
            case Reassign(at_most=at_most) if lead.state.times_taken < at_most:
                return [say(policy.language, "then_reassigned", moment=at)]
    return []


def _whom(lead: Neglected) -> dict[Whom, None]:
    return dict.fromkeys(one for moment in lead.reached for one in moment.step.notify)


def _reminders(lead: Neglected, whom: Iterable[Whom], *, event: str, text: str) -> list[Reminder]:
    about = f"{event}:{lead.reached[-1].step.after}"
    return [Reminder(lead.state, lead.given, whom=one, about=about, text=text) for one in whom]


def _in_words(policy: Policy, moment: datetime) -> str:
    return moment_in_words(moment.astimezone(policy.roster.timezone), policy.language)


def noted(lead: Neglected, *, percent: int, now: datetime, soon: bool = False) -> Noted:
    """When to look again: at the next step, when it is due, and less and less often while it is overdue."""
    due_at, following = lead.timetable.due_at, lead.timetable.following(now)
    known = [now + SOON] if soon else []
    if following is not None and following.at is not None:
        known.append(following.at)
    since_ms, event = None, None
    if due_at is not None and due_at <= now:
        known.append(now + min(max((now - due_at) / 8, LOOK_EVERY), LOOK_AT_LEAST))
        since_ms = epoch_ms(due_at)
        event = {"at": now.isoformat(), "kind": "overdue", "decision": lead.state.decision_id}
    elif due_at is not None:
        known.append(due_at)
    look_at = min(known, default=None)
    look_at_ms = None if look_at is None else epoch_ms(look_at)
    return Noted(
        lead.state.contact_id,
        lead.state.episode,
        percent,
        look_at_ms=look_at_ms,
        overdue_since_ms=since_ms,
        event=event,
    )
