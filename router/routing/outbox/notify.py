"""Notices to reps about their new leads: one per lead, sent after the lead is safe.

A notice is noted when the ledger records that a lead was written, and is sent a few seconds later by the
`housekeeping` process. By then a person's choice that our write had covered is given back, so no rep gets a
notice about another owner's lead.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from router import time_slice
from router.deadlines import NOTICE_AFTER
from router.notify.turns import answers_within
from router.policy.rules.policy import Policy
from router.routing.outbox.as_it_stands import Later, as_it_stands, losses
from router.routing.outbox.deliver import deliver_all
from router.routing.outbox.send import NoticeToSend
from router.routing.portal.services import Services
from router.store.shared.outbox import OutboxEntry
from router.store.worklists.notices import ASSIGNED, Channel, Notice
from router.timestamps import in_ms

TAKEN_AT_ONCE: Final = 100
"""Notices that one run takes; a run that finds more is followed by another one."""
ANOTHER_TURN: Final = timedelta(seconds=5)
"""Delay of a notice whose receiver is busy with earlier ones."""
_RUN_S: Final = 3.0
"""Seconds after which a run ends, or earlier with its time slice: other work must not wait for chats."""


def note(services: Services, lines: Sequence[OutboxEntry]) -> None:
    """Note the notices for these outbox lines. Safe to repeat."""
    # A command that carries the outbox along knows no rules; a needless notice is dropped when it is due.
    tasks = services.rules.live is None or any(rule.task for rule in services.rules.live.rules)
    is_used: dict[Channel, bool] = {"chat": services.notify.chat.is_known, "task": tasks}
    channels = [channel for channel, used in is_used.items() if used]
    if not channels:
        return
    now_ms = services.now_ms()
    notices = [
        Notice(line.record["decision"], line.contact_id, line.record["owner_id"], channel, now_ms)
        for line in lines
        if line.kind == "event" and line.record["kind"] == "written" and line.record.get("owner_id")
        for channel in channels
    ]
    notices += [one for channel in channels for one in losses(lines, channel, now_ms=now_ms)]
    services.store.notices.note(notices, due_ms=now_ms + in_ms(NOTICE_AFTER))


def notify_reps(services: Services) -> int:
    """Begin to send the due notices, each receiver's in a thread of its own; the number sent meanwhile.

    What takes longer goes on after the return: a receiver that is slow, or refuses, delays nobody else.
    Raises `NoRules`, `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`; the notices that were taken are
    due again.
    """
    policy, ends_at = services.rules.policy(), time.monotonic() + time_slice.left_s(_RUN_S)
    turns = []
    for receiver, notices in _taken(services, policy, ends_at=ends_at).items():
        turn = services.notify.turns.start(receiver, partial(deliver_all, services, policy, notices))
        if turn is None:
            _put_back(services, notices)
        else:
            turns.append(turn)
    sent = sum(answers_within(max(0.0, ends_at - time.monotonic()), turns))
    for turn in turns:
        if not turn.done():
            turn.add_done_callback(partial(_log_failure, services))
    return sent


def _taken(services: Services, policy: Policy, *, ends_at: float) -> Mapping[str, Sequence[NoticeToSend]]:
    """Due notices by receiver; those that nobody has to get any more are settled."""
    taken: dict[str, list[NoticeToSend]] = {}
    for _ in range(TAKEN_AT_ONCE):
        notice = services.store.notices.take(now_ms=services.now_ms()) if time.monotonic() < ends_at else None
        if notice is None:
            break
        try:
            record = services.ledger.decision(notice.decision_id)
            one = None if record is None else as_it_stands(services, policy, notice, record)
        except SQLAlchemyError:
            _put_back(services, [NoticeToSend(notice, {}), *chain.from_iterable(taken.values())])
            raise
        if isinstance(one, Later):
            services.store.notices.put_back(notice, at_ms=one.at_ms)
            continue
        receiver = None if one is None else _receiver(services, policy, one)
        if one is None or receiver is None:
            services.store.notices.settle(notice, None)
        else:
            taken.setdefault(receiver, []).append(one)
    return taken


def _put_back(services: Services, taken: Sequence[NoticeToSend]) -> None:
    later_ms = services.now_ms() + in_ms(ANOTHER_TURN)
    for one in taken:
        services.store.notices.put_back(one.notice, at_ms=later_ms)


def _log_failure(services: Services, turn: Future[int]) -> None:
    """Log the error of a turn that nobody waited for; its notices are taken again after their lease."""
    if (error := turn.exception()) is not None:
        services.log.error("notify.failed", why=type(error).__name__)


def _receiver(services: Services, policy: Policy, one: NoticeToSend) -> str | None:
    """Who gets the notice: HubSpot, or a chat by its address' name; None if nobody has to get it any more."""
    if one.notice.channel == "task":
        if one.notice.about == ASSIGNED and not any(
            rule.task for rule in policy.rules if rule.name == one.record["rule"]
        ):
            return None
        return "HubSpot"
    address = one.chat_address(services)
    return None if address is None else f"chat {address.name}"
