"""Who rightly owns a contact, read from the history of its owner and from what we sent. Pure.

A write of ours is recognised by its source in HubSpot's history and by its value; the order of things is read
from HubSpot's moments alone. Our clock plays no part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import DECISION_ID, OWNER, STATUS
from router.store.sends.send import Send
from router.timestamps import epoch_ms

HISTORIES: Final = (OWNER, STATUS, DECISION_ID)
"""The properties whose histories are read."""

_APP: Final = "INTEGRATION"
_IN_THE_SAME_MINUTE: Final = timedelta(minutes=1)
"""Where it is not known what a decision expected: a choice this short before our write was not seen by it."""


class RightfulOwner(Struct, frozen=True):
    """Who rightly owns a contact: `owner_id`, "" for nobody.

    `send` is ours that gave the contact to them, None if it was somebody else's choice. `is_present` is True
    if the record shows this owner. `covered_by` is the send that covers a choice, if any does.
    """

    owner_id: str
    send: Send | None
    is_present: bool
    covered_by: Send | None = None


def rightful_owner(histories: Mapping[str, Sequence[HistoryEntry]], sends: Collection[Send]) -> RightfulOwner:
    """Judge the owner's history (newest first) by what we sent, over all decisions of the lead.

    Somebody else's choice stands until a write of ours that had seen it. Of our own writes the one of the
    later decision stands, whichever was applied last.
    """
    history, apps = histories[OWNER], _our_apps(histories[DECISION_ID])
    owner_id, by, since = "", None, None
    covered_by: Send | None = None
    for entry in reversed(history):
        mine = [one for one in sends if one.owner_id == entry.value] if _is_ours(entry, apps) else []
        if not mine:
            owner_id, by, since, covered_by = entry.value, None, entry, None
            continue
        newest = max(mine, key=lambda one: one.episode)
        if by is not None:
            if newest.episode >= by.episode:
                owner_id, by = entry.value, newest
        elif since is None or any(_had_seen(one, since, written=entry) for one in mine):
            owner_id, by, since, covered_by = entry.value, newest, None, None
        elif entry.value != owner_id:
            covered_by = newest
    present = history[0].value if history else ""
    return RightfulOwner(owner_id, by, present == owner_id, covered_by if present != owner_id else None)


def was_applied(history: Sequence[HistoryEntry], send: Send) -> bool:
    """False if the owner's history (newest first) ends with what the decision of `send` had seen.

    HubSpot answered the send and did not apply it, then: nobody has chosen anything since.
    """
    if not history:
        return send.expected_owner_id != ""
    newest = history[0]
    seen = bool(send.seen_ms) and epoch_ms(newest.at) <= send.seen_ms
    return not (seen and newest.value == send.expected_owner_id)


def covered_status(histories: Mapping[str, Sequence[HistoryEntry]], send: Send) -> str | None:
    """The lead status that somebody had set after the decision of `send` was made, and that it covers."""
    statuses, apps = histories[STATUS], _our_apps(histories[DECISION_ID])
    if len(statuses) < 2 or not _is_ours(statuses[0], apps):
        return None
    before = statuses[1]
    unseen = not _is_ours(before, apps) and epoch_ms(before.at) > send.seen_ms
    return before.value if unseen and before.value else None


def _had_seen(send: Send, choice: HistoryEntry, *, written: HistoryEntry) -> bool:
    """True if the decision of this send was made in the knowledge of somebody's choice."""
    if send.expected_owner_id is None:
        return written.at - choice.at > _IN_THE_SAME_MINUTE
    known = not send.seen_ms or epoch_ms(choice.at) <= send.seen_ms
    return choice.value == send.expected_owner_id and known


def _our_apps(decision_ids: Sequence[HistoryEntry]) -> frozenset[str]:
    """The ids of the apps as which we write: nobody else writes our decision's id."""
    return frozenset(one.source_id for one in decision_ids if one.source_type == _APP and one.source_id)


def _is_ours(entry: HistoryEntry, apps: Collection[str]) -> bool:
    return entry.source_type == _APP and (not apps or not entry.source_id or entry.source_id in apps)
