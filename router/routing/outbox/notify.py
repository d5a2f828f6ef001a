"""Notices to reps about their new leads: one per lead, sent after the lead is safe.

A notice is noted when the ledger records that a lead was written, and is sent a few seconds later by the
`housekeeping` process. By then a person's choice that our write had covered is given back, so no rep gets a
notice about another owner's lead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from router.hubspot.api.errors import HubSpotError, OutcomeUnknown
from router.notify import Message, NotifyError, Unclear
from router.notify.message import Event
from router.policy.rules.policy import Policy
from router.policy.wording.phrases import owner_called
from router.routing.portal.services import Services
from router.store.leads.leads import State
from router.store.shared.outbox import OutboxEntry
from router.store.worklists.notices import ASSIGNED, Notice
from router.timestamps import epoch_ms, in_ms

AFTER: Final = timedelta(seconds=5)
"""Delay of a notice: owner histories are looked at three seconds after a write."""
GIVE_UP_AFTER: Final = timedelta(days=1)
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=1)
_RUN_S: Final = 3.0
"""Seconds after which a run ends: other work of the `housekeeping` process must not wait for chats."""


def note(services: Services, lines: Sequence[OutboxEntry]) -> None:
    """Note the notices for these outbox lines. Safe to repeat."""
    # A command that carries the outbox along knows no rules; a needless notice is dropped when it is due.
    tasks = services.rules.live is None or any(rule.task for rule in services.rules.live.rules)
    channels = [*(["chat"] if services.notify.chat.is_known else []), *(["task"] if tasks else [])]
    if not channels:
        return
    notices = [
        Notice(line.record["decision"], line.contact_id, line.record["owner_id"], channel, services.now_ms())  # type: ignore[arg-type]
        for line in lines
        if line.kind == "event" and line.record["kind"] == "written" and line.record.get("owner_id")
        for channel in channels
    ]
    services.store.notices.note(notices, due_ms=services.now_ms() + in_ms(AFTER))


def notify_reps(services: Services) -> int:
    """Send due notices until none is due, one fails, or 3 s are over; the number sent.

    Raises `NoRules`, `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`; the notice being sent is then
    sent again after its lease.
    """
    policy = services.rules.policy()
    sent, ends_at = 0, time.monotonic() + _RUN_S
    while time.monotonic() < ends_at:
        notice = services.store.notices.take(now_ms=services.now_ms())
        if notice is None or not _deliver(services, policy, notice):
            break
        sent += 1
    return sent


def record_link(portal: str, contact_id: str) -> str:
    """The address of a contact's page in HubSpot."""
    return f"https://app.hubspot.com/contacts/{portal}/record/0-1/{contact_id}"


def _deliver(services: Services, policy: Policy, notice: Notice) -> bool:
    """Deliver one notice; False once one could not be delivered, and the run should end."""
    record = services.ledger.decision(notice.decision_id)
    if record is None or not _is_true(services, notice) or not _is_wanted(services, policy, notice, record):
        services.store.notices.settle(notice, None)
        return True
    if not services.store.notices.claim(notice, now_ms=services.now_ms()):
        _settle(services, notice, record, outcome="unclear", why="A process ended while it was sending this.")
        return True
    try:
        _send(services, policy, notice, record)
    except (Unclear, OutcomeUnknown) as error:
        _settle(services, notice, record, outcome="unclear", why=str(error))
    except (NotifyError, HubSpotError) as error:
        _put_off(services, notice, why=str(error))
        return False
    else:
        _settle(services, notice, record, outcome="sent")
    return True


def _is_true(services: Services, notice: Notice) -> bool:
    """True if the notice still holds: the owner has the lead, or for `taken` no longer has it."""
    return _is_theirs(services, notice) is not notice.about.startswith("taken")


def _is_theirs(services: Services, notice: Notice) -> bool:
    """True if the lead is still with the owner that the notice names."""
    state = services.store.leads.recall([notice.contact_id]).get(notice.contact_id)
    return (
        state is not None
        and state.state in (State.WRITTEN, State.DONE)
        and (state.decision_id, state.owner_id) == (notice.decision_id, notice.owner_id)
    )


def _is_wanted(services: Services, policy: Policy, notice: Notice, record: dict[str, Any]) -> bool:
    if notice.about != ASSIGNED:
        return True
    if notice.channel == "task":
        return any(rule.task for rule in policy.rules if rule.name == record["rule"])
    outcome = record["outcome"]
    return services.notify.chat.address_of(outcome["rep"], team=outcome["team"]) is not None


def _send(services: Services, policy: Policy, notice: Notice, record: dict[str, Any]) -> None:
    message = _message(services, policy, record, notice)
    if notice.channel == "task":
        due_at = message.due_at or services.clock()
        # Noted before the task is created, so that no crash lets the task count as work on the lead.
        moments_ms = [services.now_ms(), epoch_ms(due_at)]
        services.store.leads.note_task(notice.contact_id, moments_ms=moments_ms)
        services.hubspot.create_task(
            notice.contact_id,
            owner_id=notice.task_owner_id or notice.owner_id,
            subject=message.title,
            body=message.reason,
            due_at=due_at,
            priority="verify",
        )
        return
    name = notice.to or record["outcome"]["rep"]
    address = services.notify.chat.address_of(name, team=record["outcome"]["team"])
    if address is not None:
        services.notify.chat.send(address, message)


def _message(services: Services, policy: Policy, record: dict[str, Any], notice: Notice) -> Message:
    is_new = notice.about == ASSIGNED
    due_at = record["due_at"] if is_new else None
    zone = policy.roster.timezone
    return Message(
        cast("Event", notice.about.partition(":")[0]),
        rep=record["outcome"]["rep"]
        or owner_called(record["facts"], record["outcome"]["owner_id"], policy.language),
        reason=record["reason"] if is_new else notice.text,
        language=policy.language,
        due_at=None if due_at is None else datetime.fromisoformat(due_at).astimezone(zone),
        link=record_link(services.portal, record["contact_id"]),
        contact_id=record["contact_id"],
    )


def _settle(
    services: Services, notice: Notice, record: dict[str, Any], *, outcome: str, why: str = ""
) -> None:
    """Record the outcome of the notice in ledger and log."""
    event = {
        "at": services.clock().isoformat(),
        "kind": "notified",
        "decision": notice.decision_id,
        "channel": notice.channel,
        "rep": notice.to or record["outcome"]["rep"],
        "outcome": outcome,
        **({} if notice.about == ASSIGNED else {"about": notice.about}),
        **({"why": why} if why else {}),
    }
    services.store.notices.settle(notice, event)
    services.log.info("rep.notified", contact_id=notice.contact_id, channel=notice.channel, outcome=outcome)


def _put_off(services: Services, notice: Notice, *, why: str) -> None:
    """Schedule another try after twice the last wait; after a day the notice is parked for a person."""
    now, now_ms = services.clock(), services.now_ms()
    fields = {"contact_id": notice.contact_id, "channel": notice.channel, "why": why}
    if now_ms - notice.since_ms >= in_ms(GIVE_UP_AFTER):
        services.store.notices.park(notice, why=why, now=now)
        services.log.warning("notice.parked", **fields)
        return
    wait = min(_FIRST_WAIT * 2 ** min(notice.attempts, 10), _LONGEST_WAIT)
    services.store.notices.again(notice, at_ms=now_ms + in_ms(wait))
    services.log.info("notice.put_off", **fields, attempts=notice.attempts + 1)
