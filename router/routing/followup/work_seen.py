"""Signs of work on contacts: one read call, and one more for those whose status has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import HistoryEntry, Record
from router.hubspot.properties import LAST_CONTACTED, LAST_UPDATED, STATUS, UNWORKED
from router.policy.results.work_signs import Signs, StatusMove
from router.routing.followup.contact_history import moment_in

WORK: Final = (STATUS, LAST_CONTACTED, LAST_UPDATED, UNWORKED)
HISTORIES_PER_CALL: Final = 50


def signs_of(record: Record, status_history: Sequence[HistoryEntry] = ()) -> Signs:
    """The signs of work on a contact read with `WORK`."""
    properties = record.properties
    flag = properties.get(UNWORKED)
    return Signs(
        last_contacted=moment_in(properties.get(LAST_CONTACTED) or ""),
        last_updated=moment_in(properties.get(LAST_UPDATED) or ""),
        is_unworked=None if not flag else flag == "true",
        status_moves=tuple(StatusMove(one.at, one.by_person) for one in status_history),
    )


def status_histories(contact_ids: Sequence[str], *, hubspot: Gateway) -> Mapping[str, Sequence[HistoryEntry]]:
    """The lead status histories of these contacts, newest first; one call per fifty."""
    found: dict[str, Sequence[HistoryEntry]] = {}
    for start in range(0, len(contact_ids), HISTORIES_PER_CALL):
        some = contact_ids[start : start + HISTORIES_PER_CALL]
        answers = hubspot.read_owner_history(some, (STATUS,), priority="sweep")
        found |= {one: histories.get(STATUS, ()) for one, histories in answers.items()}
    return found
