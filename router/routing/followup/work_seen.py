"""Signs of work on contacts: one read call, and one more for those whose status has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from router.hubspot.api.records import HistoryEntry, Record
from router.hubspot.routing_properties import STATUS
from router.policy.results.work_signs import Signs, StatusMove
from router.routing.followup.contact_history import CONTACTED, UPDATED, moment_in
from router.routing.portal.services import Services

UNWORKED: Final = "hs_is_unworked"
WORK: Final = (STATUS, CONTACTED, UPDATED, UNWORKED)
HISTORIES_PER_CALL: Final = 50


def signs_of(record: Record, status_history: Sequence[HistoryEntry] = ()) -> Signs:
    """The signs of work on a contact read with `WORK`."""
    properties = record.properties
    flag = properties.get(UNWORKED)
    return Signs(
        last_contacted=moment_in(properties.get(CONTACTED) or ""),
        last_updated=moment_in(properties.get(UPDATED) or ""),
        is_unworked=None if not flag else flag == "true",
        status_moves=tuple(StatusMove(one.at, one.by_person) for one in status_history),
    )


def status_histories(services: Services, contact_ids: Sequence[str]) -> Mapping[str, Sequence[HistoryEntry]]:
    """The lead status histories of these contacts, newest first; one call per fifty."""
    found: dict[str, Sequence[HistoryEntry]] = {}
    for start in range(0, len(contact_ids), HISTORIES_PER_CALL):
        some = contact_ids[start : start + HISTORIES_PER_CALL]
        answers = services.hubspot.read_owner_history(some, (STATUS,), priority="sweep")
        found |= {one: histories.get(STATUS, ()) for one, histories in answers.items()}
    return found
