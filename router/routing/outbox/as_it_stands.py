"""Whether a notice can go out while the decision about its lead may still change, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from router.deadlines import NOTICE_AFTER, NOTICE_AFTER_OPEN, REVISE_SOON
from router.policy.rules.policy import Policy
from router.policy.wording.phrases import owner_called, say
from router.routing.outbox.send import NoticeToSend
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.store.shared.outbox import OutboxEntry
from router.store.worklists.notices import ASSIGNED, Channel, Notice
from router.timestamps import in_ms

LOST: Final = "taken:revised"
"""The subject of a notice to a rep who was told of a lead that a revision then gave to somebody else."""
_MAY_CHANGE: Final = frozenset({State.WAITING, State.DECIDED, State.WRITTEN, State.REOPENED})


class Later(Struct, frozen=True):
    """The notice has to wait until `at_ms` (epoch milliseconds)."""

    at_ms: int


def losses(lines: Sequence[OutboxEntry], channel: Channel, *, now_ms: int) -> Iterator[Notice]:
    """Notices to the reps from whom a revision took a lead; `as_it_stands` drops those of reps never told."""
    for line in lines:
        record = line.record
        if line.kind != "event" or record["kind"] != "written" or "facts" not in record:
            continue
        before = record.get("from")
        if before and before != record.get("owner_id"):
            yield Notice(str(record["decision"]), line.contact_id, str(before), channel, now_ms, about=LOST)


def as_it_stands(
    services: Services, policy: Policy, notice: Notice, record: dict[str, Any]
) -> NoticeToSend | Later | None:
    """The notice as it can go out now; later, while its lead may be decided again; None if it is needless.

    `record` is that of its decision. A rep is told 5 s after the writing, or 15 s where facts were open, and
    once of a lead that stays with them, unless it is due at another time. Raises `redis.RedisError` or
    `sqlalchemy.exc.SQLAlchemyError`.
    """
    if policy.settle is None or notice.about not in (ASSIGNED, LOST):
        return NoticeToSend(notice, record)
    now_ms = services.now_ms()
    at_ms = notice.since_ms + in_ms(NOTICE_AFTER_OPEN if _still_open(record) else NOTICE_AFTER)
    if now_ms < at_ms:
        return Later(at_ms)
    state = services.store.leads.recall([notice.contact_id]).get(notice.contact_id)
    if _may_change(services, notice.contact_id, state, now_ms=now_ms):
        return Later(now_ms + in_ms(REVISE_SOON))
    trigger = _revision(record)
    if trigger is None:
        return NoticeToSend(notice, record)
    past = _before(services, record)
    if notice.about == LOST:
        return _loss(services, policy, notice, past, state)
    is_due_as_before = trigger["due_at"] == record["due_at"]
    is_told = trigger["owner_id"] == notice.owner_id and _was_told(services, past, notice)
    return None if is_told and is_due_as_before else NoticeToSend(notice, record)


def _still_open(record: dict[str, Any]) -> bool:
    settled = (record.get("inputs") or {}).get("settled")
    return bool(settled and settled["still_open"])


def _may_change(services: Services, contact_id: str, state: LeadState | None, *, now_ms: int) -> bool:
    """True while the lead is decided, written or verified, or its facts are about to be looked at."""
    if state is not None and state.state in _MAY_CHANGE:
        return True
    look_ms = services.store.revise.moment_of(contact_id)
    return look_ms is not None and look_ms <= now_ms


def _revision(record: dict[str, Any]) -> dict[str, Any] | None:
    """The trigger of a decision that a revision made."""
    trigger = (record.get("inputs") or {}).get("occasion")
    return trigger if trigger and trigger["kind"] == "revised" else None


def _before(services: Services, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The decisions before this one that the rep had whom it revised, latest first."""
    revised, past = _revision(record), []
    for earlier in reversed(services.ledger.decisions_of(record["contact_id"])):
        if earlier["episode"] >= record["episode"]:
            continue
        if revised is None or earlier["outcome"].get("owner_id") != revised["owner_id"]:
            break
        past.append(earlier)
        revised = _revision(earlier)
    return past


def _was_told(services: Services, past: Sequence[dict[str, Any]], notice: Notice) -> bool:
    """True if a notice of one of these decisions went out, or may have, by the channel of this one."""
    return bool(services.store.notices.were_sent([one["id"] for one in past], (notice.channel,)))


def _loss(
    services: Services,
    policy: Policy,
    notice: Notice,
    past: Sequence[dict[str, Any]],
    state: LeadState | None,
) -> NoticeToSend | None:
    """The notice that the lead is somebody else's by now; None if nobody was told of it, or it came back."""
    if not past or state is None or state.owner_id == notice.owner_id:
        return None
    if not _was_told(services, past, notice):
        return None
    present = services.ledger.decisions_of(notice.contact_id)[-1]
    text = _lost_in_words(policy.language, present, _revision(present), channel=notice.channel)
    return NoticeToSend(replace(notice, text=text), past[0])


def _lost_in_words(
    language: str, present: dict[str, Any], revised: dict[str, Any] | None, *, channel: Channel
) -> str:
    facts = ", ".join(revised["facts"]) if revised else ""
    known = say(language, "now_known", facts=facts) if facts else say(language, "facts_changed")
    outcome = present["outcome"]
    match outcome["kind"]:
        case "assigned":
            owner_id = outcome["owner_id"]
            rep = outcome["rep"] or owner_called(present["facts"], owner_id, language)
            place = say(language, "has_it_now", rep=rep)
        case "queued":
            place = say(language, "queued_now", team=outcome["team"])
        case _:
            place = say(language, "nobodys_now")
    task = f" {say(language, 'task_is_void')}" if channel == "task" else ""
    return f"{known[0].upper()}{known[1:]}; {place}.{task}"
