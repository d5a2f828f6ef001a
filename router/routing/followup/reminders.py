"""Reminders of overdue leads: by chat, or as a HubSpot task where no chat address is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from router.policy.decision.assignment import Assignment
from router.policy.rules.policy import Policy
from router.policy.rules.sla_steps import Whom, managers_of
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState
from router.store.worklists.notices import Notice
from router.timestamps import in_ms

AFTER: Final = timedelta(seconds=5)
"""Delay of a reminder: by then a lead to be taken from its rep is reassigned, or stays."""


class Reminder(Struct, frozen=True):
    """A message about a lead to its rep or the managers. `about` is event and step, such as `overdue:100`."""

    state: LeadState
    given: Assignment
    whom: Whom
    about: str
    text: str


def remind(services: Services, policy: Policy, reminders: Sequence[Reminder]) -> None:
    """Note the reminders to be sent, once per person, lead and step. Safe to repeat."""
    notices = [notice for one in reminders for notice in _notices(services, policy, one)]
    services.store.notices.note(notices, due_ms=services.now_ms() + in_ms(AFTER))


def _notices(services: Services, policy: Policy, reminder: Reminder) -> Iterator[Notice]:
    state, given = reminder.state, reminder.given
    people = [(given.rep or "", state.owner_id)]
    if reminder.whom == "manager":
        owners = services.people.owners.by_email()
        managers = managers_of(policy.roster, team=given.team, rep=given.rep)
        people = [(one.name, owner.id if (owner := owners.get(one.owner)) else "") for one in managers]
    for name, owner_id in people:
        in_chat = services.notify.chat.address_of(name or None, team=given.team) is not None
        if not in_chat and not owner_id:
            services.log.warning(
                "manager.untold", contact_id=state.contact_id, why="no chat and no HubSpot owner"
            )
            continue
        yield Notice(
            decision_id=state.decision_id,
            contact_id=state.contact_id,
            owner_id=state.owner_id,
            channel="chat" if in_chat else "task",
            since_ms=services.now_ms(),
            about=reminder.about,
            to=name,
            text=reminder.text,
            task_owner_id=owner_id,
        )
