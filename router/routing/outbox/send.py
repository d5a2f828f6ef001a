"""Sending one notice: as a task in HubSpot, or as a message in the chat."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from msgspec import Struct

from router.notify import Address, Message
from router.notify.message import Event
from router.policy.rules.policy import Policy
from router.policy.wording.phrases import owner_called
from router.routing.portal.services import Services
from router.store.worklists.notices import ASSIGNED, Notice
from router.timestamps import epoch_ms


class NoticeToSend(Struct, frozen=True):
    """A notice that this process has taken to send, with the record of its decision."""

    notice: Notice
    record: dict[str, Any]

    def chat_address(self, services: Services) -> Address | None:
        """The chat address of the notice's recipient, or None."""
        outcome = self.record["outcome"]
        return services.notify.chat.address_of(self.notice.to or outcome["rep"], team=outcome["team"])


def send(services: Services, policy: Policy, one: NoticeToSend) -> None:
    """Create the task, or write into the chat.

    Raises `HubSpotError` or `NotifyError`; `LookupError` or the like if the record makes no message.
    """
    notice, message = one.notice, _message(services, policy, one)
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
    address = one.chat_address(services)
    if address is not None:
        services.notify.chat.send(address, message)


def _message(services: Services, policy: Policy, one: NoticeToSend) -> Message:
    notice, record = one.notice, one.record
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
        link=_record_link(services.portal, record["contact_id"]),
        contact_id=record["contact_id"],
    )


def _record_link(portal: str, contact_id: str) -> str:
    """The address of a contact's page in HubSpot."""
    return f"https://app.hubspot.com/contacts/{portal}/record/0-1/{contact_id}"
